//! Tests of the debug interface with real firmware: the built-in example.

use super::*;
use crate::boot::{LoadOptions, input};
use crate::machine::MachineConfig;
use esplens_core::memory::WatchKind;
use esplens_core::time::TICKS_PER_US;

const MS: Ticks = 1000 * TICKS_PER_US;

fn machine() -> Machine {
    let flash = include_bytes!("../../../../fixtures/hello/flash.bin");
    let input = input::from_bytes("hello".as_ref(), flash, &LoadOptions::default()).unwrap();
    Machine::new(MachineConfig::new(input.flash))
}

fn hash_at(m: &mut Machine, until: Ticks) -> [u8; 32] {
    while m.run_debug(until) != RunExit::Until {}
    m.state_hash()
}

#[test]
fn steps_and_breakpoints_leave_the_run_as_it_was() {
    let expected = hash_at(&mut machine(), 8 * MS);
    let mut m = machine();
    hash_at(&mut m, 2 * MS);
    for _ in 0..3000 {
        m.begin(&Plan { frozen: [false; 2], step: Some(Step { core: 0, range: 0..0, irq: true }) });
        let before = m.cpu(0).retired;
        match m.run_debug(8 * MS) {
            RunExit::Stopped { core: 0, stop: Stop::Step } => {}
            other => panic!("{other:?}"),
        }
        assert!(m.cpu(0).retired >= before);
    }
    let pc = m.cpu(0).pc;
    m.add_breakpoint(pc);
    let mut hits = 0;
    while m.run_debug(8 * MS) != RunExit::Until {
        hits += 1;
        if hits == 50 {
            m.remove_breakpoint(pc);
        }
    }
    assert!(hits > 0);
    assert_eq!(hash_at(&mut m, 8 * MS), expected);
}

#[test]
fn a_watchpoint_stops_before_the_store_and_the_next_run_passes_it() {
    let mut m = machine();
    let sp_page = 0x3FFE_0000;
    m.add_watchpoint(1, sp_page, 0x2_0000, WatchKind::Write);
    let RunExit::Stopped { core, stop: Stop::Watchpoint { id: 1, addr, store: true } } = m.run_debug(50 * MS)
    else {
        panic!("no store to SRAM1 in 50 ms");
    };
    let pc = m.cpu(core).pc;
    let retired = m.cpu(core).retired;
    assert!(addr >= sp_page);
    m.remove_watchpoint(1);
    m.begin(&Plan { frozen: [false; 2], step: Some(Step { core, range: 0..0, irq: false }) });
    assert!(matches!(m.run_debug(50 * MS), RunExit::Stopped { stop: Stop::Step, .. }));
    assert_ne!(m.cpu(core).pc, pc);
    assert_eq!(m.cpu(core).retired, retired + 1);
}

#[test]
fn registers_have_the_effects_of_the_architecture() {
    let mut m = machine();
    hash_at(&mut m, MS);
    m.set_core_register(0, reg::SR + 72, 3).unwrap();
    m.set_core_register(0, reg::A0 + 1, 0x1234).unwrap();
    assert_eq!(m.core_register(0, reg::AR0 + 13), Some(0x1234), "a1 of window 3");
    m.set_core_register(0, reg::SR + 235, 7).unwrap();
    assert_eq!(m.core_register(0, reg::SR + 235), Some(0xCDCD), "PRID cannot be written");
    assert_eq!(m.core_register(0, 0x0400), None);
    m.set_core_register(1, reg::PC, 0x4000_0400).unwrap();
    assert_eq!(m.cpu(1).pc, 0x4000_0400);
}

#[test]
fn peeking_is_bounded_and_reads_all_kinds_of_memory() {
    let mut m = machine();
    hash_at(&mut m, MS);
    let before = m.state_hash();
    let mut out = [0; 64];
    for addr in [0x4000_0400, 0x3FF9_0000, 0x3FFB_0000, 0x3FF4_0000, 0x5000_0000, 0x3FF8_0000, 0x4008_0000] {
        assert_eq!(m.peek(0, addr, &mut out), 64, "{addr:#x}");
    }
    assert_eq!(m.peek(0, 0x1000, &mut out), 0);
    assert_eq!(m.peek(0, 0xFFFF_FFF0, &mut out), 0);
    assert_eq!(m.peek(0, 0x4000_0400 - 2, &mut out[..4]), 4);
    assert_eq!(m.state_hash(), before, "peeking changes nothing");
    assert_eq!(m.write_memory(0, 0x3FFB_0001, &[1, 2, 3, 4, 5]), 5);
    assert_eq!(m.peek(0, 0x3FFB_0000, &mut out[..8]), 8);
    assert_eq!(out[1..6], [1, 2, 3, 4, 5]);
    assert_eq!(m.write_memory(0, 0x1000, &[1]), 0);
}

#[test]
fn a_frozen_core_stands_still_while_time_passes() {
    let mut m = machine();
    hash_at(&mut m, 2 * MS);
    m.begin(&Plan { frozen: [true, true], step: None });
    let (pc, retired) = (m.cpu(0).pc, m.instructions());
    assert_eq!(m.run_debug(5 * MS), RunExit::Until);
    assert_eq!((m.cpu(0).pc, m.instructions()), (pc, retired));
    assert!(m.now() >= 5 * MS);
}

/// Runs the machine to `until` with debugger actions on the way.
fn debugged(m: &mut Machine, until: Ticks) {
    let data = 0x3FFB_0000;
    hash_at(m, 3 * MS + 7);
    m.write_memory(0, data, b"while it runs");
    let pc = m.cpu(0).pc;
    m.add_breakpoint(pc);
    for n in 0..40 {
        if m.run_debug(until) == RunExit::Until {
            break;
        }
        m.set_core_register(0, reg::SR + 209, n); // EXCSAVE1
        m.write_memory(0, data + 4 * n, &[n as u8; 3]);
        m.begin(&Plan { frozen: [false, n % 3 == 0], step: Some(Step { core: 0, range: 0..0, irq: false }) });
        assert!(matches!(m.run_debug(until), RunExit::Stopped { .. }));
    }
    m.remove_breakpoint(pc);
    let _ = m.read_real(0, 0x3FF4_0000, 4);
    m.write_flash(0x1F_0000, b"flash");
    m.reset();
    hash_at(m, until - 2 * MS);
    m.write_memory(0, 0x3FF4_4004, &0xFFFF_u32.to_le_bytes()); // GPIO_OUT: a real store
    m.write_memory(1, 0x3FFE_4000, &[7; 100]);
}

#[test]
fn a_replay_does_again_what_the_debugger_did() {
    let until = 30 * MS;
    let mut m = machine();
    debugged(&mut m, until);
    let expected = hash_at(&mut m, until);
    assert!(m.log().len() > 10, "{} entries", m.log().len());
    for step in [until, 777_777] {
        let mut again = machine();
        again.replay(m.log().iter().cloned());
        let mut at = 0;
        while at < until {
            at = (at + step).min(until);
            while !matches!(again.run(at), RunExit::Until) {}
        }
        assert_eq!(again.replay_left(), 0);
        assert!(again.log() == m.log(), "the log of the replay is the log");
        assert_eq!(again.state_hash(), expected, "in pieces of {step} ticks");
    }
}

#[test]
fn steps_that_keep_interrupts_waiting_are_replayed() {
    let until = 1005 * MS;
    let mut m = machine();
    // The tick of the first second occurs while the machine is stepped.
    hash_at(&mut m, 1000 * MS);
    while m.now() < until && m.cpu(0).interrupt() & 1 << 6 == 0 {
        m.begin(&Plan { frozen: [false; 2], step: Some(Step { core: 0, range: 0..0, irq: false }) });
        m.run_debug(until);
    }
    for _ in 0..500 {
        m.begin(&Plan { frozen: [false; 2], step: Some(Step { core: 0, range: 0..0, irq: false }) });
        m.run_debug(until);
    }
    let expected = hash_at(&mut m, until);
    let mut again = machine();
    again.replay(m.log().iter().cloned());
    while !matches!(again.run(until), RunExit::Until) {}
    assert_eq!((again.replay_left(), again.state_hash()), (0, expected));
}
