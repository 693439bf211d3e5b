//! Tests of stops at registers, interrupts and network frames.

use super::conditions::{MS, stops};
use super::*;
use esplens_core::memory::WatchKind;
use esplens_core::time::Ticks;
use esplens_soc::boot::{LoadOptions, input};
use esplens_soc::machine::{Input, Machine, MachineConfig, RunExit};
use esplens_soc::system::Output;

/// Returns a supervisor with a point, and the client that set it.
fn with(point: impl FnOnce(&Client) -> Point) -> (Supervisor, Client) {
    let mut s = Supervisor::new(machine());
    let me = s.handle().client().clone();
    s.session().insert_point(point(&me)).unwrap();
    (s, me)
}

/// Runs to the first stop before `until`.
fn first_stop(s: &mut Supervisor, until: Ticks) -> Option<Stopped> {
    let by = s.handle().client().clone();
    s.session().resume(&Plan::default(), &by);
    loop {
        return match s.run(until) {
            DriveResult::Paused => match s.view().status().state {
                RunState::Stopped(stopped) => Some(stopped),
                RunState::Running => None,
            },
            // The supervisor may return early.
            DriveResult::Machine(RunExit::Until) if s.view().machine().now() < until => continue,
            DriveResult::Machine(RunExit::Until) => None,
            other => panic!("{other:?}"),
        };
    }
}

fn hash(s: &mut Supervisor) -> [u8; 32] {
    s.session().machine_mut().state_hash()
}

fn uart_fifo(kind: WatchKind) -> impl Fn(&Client) -> Point {
    move |by| {
        let name = Some("UART0.FIFO".to_string());
        Point { name, ..Point::new(PointKind::Register(kind), 0x3FF4_0000, 4, by) }
    }
}

#[test]
fn a_register_stops_before_the_access_by_either_address_and_survives_resets() {
    // The ROM writes UART0's FIFO at its AHB address.
    let (mut s, me) = with(uart_fifo(WatchKind::Write));
    for _ in 0..2 {
        let stopped = first_stop(&mut s, 100 * MS).expect("the ROM prints");
        assert_eq!(stopped.why, Why::Register { name: "UART0.FIFO".into(), store: true });
        assert!(stopped.to_string().contains("register UART0.FIFO: write"), "{stopped}");
        let sent = s.take_output().iter().any(|o| matches!(o, Output::Uart { .. }));
        assert!(!sent, "nothing has left yet");
        s.session().reset(&me);
    }
    let (mut s, _) = with(uart_fifo(WatchKind::Read));
    assert_eq!(first_stop(&mut s, 20 * MS), None, "nobody reads it");
}

#[test]
fn an_interrupt_stops_at_its_vector_and_leaves_the_run_as_it_was() {
    let mut plain = Supervisor::new(machine());
    stops(&mut plain, 2500 * MS);
    for irq in [IrqSelector::Number(6), IrqSelector::Source(10)] {
        let (mut s, _) = with(|by| Point::new(PointKind::Irq(irq), 0, 1, by));
        let count = stops(&mut s, 2500 * MS);
        assert_eq!(count > 0, irq == IrqSelector::Number(6), "CCOMPARE0 counts the seconds");
        assert_eq!(hash(&mut s), hash(&mut plain), "{irq:?}");
    }
    let (mut s, _) = with(|by| Point::new(PointKind::Irq(IrqSelector::Number(6)), 0, 1, by));
    let stopped = first_stop(&mut s, 2500 * MS).unwrap();
    let cpu = s.view().machine().cpu(stopped.core);
    assert_eq!(stopped.why, Why::Interrupt { number: 6, name: None });
    assert!(matches!(stopped.pc.wrapping_sub(cpu.vecbase), 0x300 | 0x340), "{stopped}");
    assert_eq!((cpu.exccause, cpu.ps & 0x10), (4, 0x10), "a level 1 interrupt, EXCM");
}

#[test]
fn a_frame_that_passes_the_filter_stops_the_machine() {
    let frame = [&[0xFF; 6][..], &[2, 0, 0, 0, 0, 9], &[0x08, 0x06], &[0; 46]].concat();
    for (filter, hit) in [("arp", true), ("tcp port 80", false)] {
        let filter = Some(std::sync::Arc::new(filter.parse().unwrap()));
        let (mut s, me) = with(|by| Point { filter, ..Point::new(PointKind::NetFrame, 0, 1, by) });
        stops(&mut s, 10 * MS);
        s.session().stop(&me);
        s.session().machine_mut().input(Input::Frame(frame.clone()));
        let stopped = first_stop(&mut s, 12 * MS);
        match &stopped.as_ref().map(|s| &s.why) {
            Some(Why::NetFrame(text)) => assert!(hit && text.contains("to the guest: arp"), "{text}"),
            None => assert!(!hit),
            other => panic!("{other:?}"),
        }
        stops(&mut s, 20 * MS);
        let mut plain = Supervisor::new(machine());
        stops(&mut plain, 10 * MS);
        plain.session().stop(&me);
        plain.session().machine_mut().input(Input::Frame(frame.clone()));
        stops(&mut plain, 20 * MS);
        assert_eq!(hash(&mut s), hash(&mut plain), "the stop changed nothing");
    }
}

#[test]
fn a_frame_that_the_guest_sends_stops_at_the_store_that_sends_it() {
    let demo = || {
        let flash = include_bytes!("../../../../fixtures/demo/flash.bin");
        let input = input::from_bytes("demo".as_ref(), flash, &LoadOptions::default()).unwrap();
        let network = Some(Default::default());
        Supervisor::new(Machine::new(MachineConfig { network, ..MachineConfig::new(input.flash) }))
    };
    let until = 2000 * MS;
    let mut s = demo();
    let me = s.handle().client().clone();
    let filter = Some(std::sync::Arc::new("udp src port 68".parse().unwrap()));
    s.session().insert_point(Point { filter, ..Point::new(PointKind::NetFrame, 0, 1, &me) }).unwrap();
    let stopped = first_stop(&mut s, until).expect("the demo asks for an address");
    assert!(
        matches!(&stopped.why, Why::NetFrame(t) if t.contains("from the guest: udp 0.0.0.0 port 68")),
        "{stopped}"
    );
    let sent = s.view().machine().frames_seen()[0].pc;
    assert!((2..=3).contains(&(stopped.pc - sent)), "{sent:#x}, stopped at {:#x}", stopped.pc);
    assert!(stops(&mut s, until) > 0, "the request follows the discover");
    let mut plain = demo();
    stops(&mut plain, until);
    assert_eq!(hash(&mut s), hash(&mut plain), "the stops changed nothing");
}

#[test]
fn a_run_that_comes_back_to_look_around_is_the_same_run() {
    let end = 100 * MS;
    let mut s = Supervisor::new(machine());
    let by = s.handle().client().clone();
    s.session().resume(&Plan::default(), &by);
    let mut early = 0;
    while s.view().machine().now() < end {
        assert_eq!(s.run(end), DriveResult::Machine(RunExit::Until));
        early += u32::from(s.view().machine().now() < end);
        s.take_output();
    }
    assert!(early > 0, "never came back early");
    let mut plain = machine();
    while plain.now() < end {
        plain.run(end);
    }
    assert_eq!(hash(&mut s), plain.state_hash());
}
