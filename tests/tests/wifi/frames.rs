//! Stops at 802.11 frames, and at the Ethernet frames that they carry.

use super::*;
use esplens_core::debug::Stop;
use esplens_core::time::TICKS_PER_US;
use esplens_soc::machine::{Goal, RunExit};
use esplens_soc::net::air::frame::{Mpdu, Subtype};
use esplens_soc::system::NetFrame;

/// Returns whether an Ethernet frame carries UDP from this port.
fn udp_from(frame: &NetFrame, port: u16) -> bool {
    let ip = frame.air.is_none() && frame.bytes.get(12..14) == Some(&[8, 0]);
    ip && frame.bytes.get(23) == Some(&17) && frame.bytes.get(34..36) == Some(&port.to_be_bytes())
}

fn is(frame: &NetFrame, subtype: Subtype) -> bool {
    frame.air.is_some() && Mpdu::parse(&frame.bytes).is_some_and(|f| f.subtype() == subtype)
}

/// A replayed run is in the same state at the stop as the original run.
#[test]
fn a_stop_at_a_frame_is_the_same_when_it_is_repeated() {
    let Some(flash) = image("idf-5.1-wifi-sta") else { return };
    let mut session =
        UartSession::boot(&flash, |c| networks(c, &["ssid=myssid,psk=mypassword,channel=6"])).unwrap();
    session.run_ms(650).unwrap();
    let machine = &mut session.machine;
    machine.break_on_frames(true);
    let until = PATIENCE_MS * 1000 * TICKS_PER_US;
    for _ in 0..12 {
        let before = machine.save();
        assert!(matches!(machine.run_debug(until), RunExit::Stopped { stop: Stop::NetFrame, .. }));
        let (position, hash) = (machine.position(), machine.state_hash());
        assert!(machine.rewind(&before, machine.frozen()));
        while !matches!(
            machine.run_goal(Goal::Position(position), until, &mut |_, _, _| false),
            RunExit::Stopped { stop: Stop::Step, .. }
        ) {}
        assert_eq!(machine.state_hash(), hash, "at {position:?}");
        while machine.is_replaying() {
            machine.run_goal(Goal::Cycles(0, u64::MAX), until, &mut |_, _, _| false);
        }
    }
}

#[test]
fn debuggers_see_what_passes_in_both_forms() {
    let Some(flash) = image("idf-5.1-wifi-sta") else { return };
    let mut session =
        UartSession::boot(&flash, |c| networks(c, &["ssid=myssid,psk=mypassword,channel=6"])).unwrap();
    let machine = &mut session.machine;
    machine.break_on_frames(true);
    let until = PATIENCE_MS * 1000 * TICKS_PER_US;
    // Direction to the guest, and the condition.
    type Seen = (bool, fn(&NetFrame) -> bool);
    let mut wanted: Vec<Seen> = vec![
        (false, |f| is(f, Subtype::ProbeRequest)),
        (true, |f| is(f, Subtype::Beacon)),
        (false, |f| is(f, Subtype::Authentication)),
        (true, |f| is(f, Subtype::AssociationResponse)),
        // These are encrypted on the air.
        (false, |f| udp_from(f, 68)),
        (true, |f| udp_from(f, 67)),
    ];
    while !wanted.is_empty() {
        match machine.run_debug(until) {
            RunExit::Stopped { stop: Stop::NetFrame, .. } => {
                let seen = machine.frames_seen();
                wanted.retain(|(to_guest, what)| !seen.iter().any(|f| f.to_guest == *to_guest && what(f)));
            }
            other => panic!("{other:?}, {} kinds of frames missing", wanted.len()),
        }
    }
}
