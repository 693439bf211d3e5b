//! Breakpoints and watchpoints.

use crate::common::{Asm, CODE, DATA, Rig};
use crate::{Meddler, addi, movi, nop};
use esplens_core::debug::Stop;
use esplens_core::engine::{Engine, Exit};
use esplens_core::isa::{Insn, Op};
use esplens_core::memory::{Watch, WatchKind, WatchOwner};

#[test]
fn thousands_of_breakpoints() {
    let mut rig = Rig::default();
    for n in 0..5000u32 {
        rig.engine.set_breakpoint(CODE + 0x4000 + n * 3, true);
    }
    let mut a = Asm::at(CODE + 0x4000);
    for _ in 0..5000 {
        a.insn(nop());
    }
    let (region, bytes) = (rig.code, a.bytes);
    rig.mem.write_region(region, 0x4000, &bytes);
    rig.cpu.pc = CODE + 0x4000;
    for n in 0..5000u32 {
        assert_eq!(rig.run(100), Exit::Stop(Stop::Breakpoint));
        assert_eq!((rig.cpu.pc, rig.cpu.cycles), (CODE + 0x4000 + n * 3, u64::from(n)));
        assert_eq!(rig.run(100), Exit::Stop(Stop::Breakpoint), "and stays");
        if n % 100 == 0 {
            rig.engine.set_breakpoint(CODE + 0x4000 + n * 3, false);
            assert_eq!(rig.run(1), Exit::Budget);
        } else {
            rig.engine.step_over();
            assert_eq!(rig.run(1), Exit::Budget);
        }
    }
}

#[test]
fn a_breakpoint_in_a_decoded_block_is_met() {
    let mut rig = Rig::default();
    rig.place(CODE, &[nop(), nop(), movi(4, 1), nop()]);
    rig.run(4);
    (rig.cpu.pc, rig.cpu.ar[4]) = (CODE, 0);
    rig.engine.set_breakpoint(CODE + 6, true);
    // Also when a budget ended in the block before.
    assert_eq!(rig.run(1), Exit::Budget);
    assert_eq!(rig.run(9), Exit::Stop(Stop::Breakpoint));
    assert_eq!((rig.cpu.pc, rig.cpu.a(4)), (CODE + 6, 0));
    rig.engine.set_breakpoint(CODE + 6, false);
    assert_eq!(rig.run(2), Exit::Budget);
    assert_eq!(rig.cpu.a(4), 1);
}

#[test]
fn a_breakpoint_on_a_loops_first_and_last_instruction() {
    let mut rig = Rig::default();
    rig.place(CODE, &[Insn::new(Op::Loop, 0, 5, 0, 8), addi(4, 1), nop(), nop(), nop()]);
    rig.cpu.set_a(5, 4);
    rig.engine.set_breakpoint(CODE + 3, true);
    rig.engine.set_breakpoint(CODE + 9, true);
    let mut stops = Vec::new();
    while rig.run(50) == Exit::Stop(Stop::Breakpoint) {
        stops.push(rig.cpu.pc - CODE);
        rig.engine.step_over();
        if stops.len() == 8 {
            break;
        }
    }
    assert_eq!(stops, [3, 9, 3, 9, 3, 9, 3, 9]);
    assert_eq!(rig.cpu.a(4), 4);
}

fn watch(kind: WatchKind, addr: u32, len: u32) -> Watch {
    Watch { addr, len, kind, owner: WatchOwner::Debugger }
}

#[test]
fn watchpoints_stop_before_the_access_and_step_over_passes() {
    for (op, store, kind) in [
        (Op::S32i, true, WatchKind::Write),
        (Op::L32i, false, WatchKind::Read),
        (Op::S8i, true, WatchKind::Access),
    ] {
        let mut rig = Rig::default();
        rig.place(CODE, &[nop(), Insn::new(op, 0, 5, 4, 0), addi(7, 1), nop()]);
        rig.cpu.set_a(5, DATA + 0x10);
        rig.cpu.set_a(4, 0x55);
        rig.mem.poke(0, DATA + 0x10, &[9, 0, 0, 0]);
        rig.run(3);
        rig.mem.poke(0, DATA + 0x10, &[9, 0, 0, 0]);
        rig.cpu.set_a(4, 0x55);
        rig.cpu.pc = CODE;
        rig.mem.set_watch(3, watch(kind, DATA + 0x10, 1));
        let before = rig.cpu.cycles;
        let Exit::Stop(Stop::Watchpoint { id: 3, store: s, .. }) = rig.run(10) else { panic!("no stop") };
        assert_eq!((s, rig.cpu.pc, rig.cpu.cycles - before), (store, CODE + 3, 1), "{op:?}");
        assert_eq!((rig.cpu.a(4), rig.word(DATA + 0x10)), (0x55, 9), "{op:?}: nothing happened yet");
        // It hits until stepped over, and hits again afterwards.
        assert!(matches!(rig.run(10), Exit::Stop(Stop::Watchpoint { .. })));
        rig.engine.step_over();
        assert_eq!(rig.run(2), Exit::Budget);
        assert_eq!((rig.cpu.a(4), rig.word(DATA + 0x10)), if store { (0x55, 0x55) } else { (9, 9) });
        rig.cpu.pc = CODE + 3;
        assert!(matches!(rig.run(1), Exit::Stop(Stop::Watchpoint { .. })));
        // The other kind of access and neighbouring addresses do not hit. Nothing hits after removal.
        let pass = if store { Op::L8ui } else { Op::S8i };
        if kind != WatchKind::Access {
            rig.place(CODE + 0x100, &[Insn::new(pass, 0, 5, 6, 0)]);
            rig.cpu.pc = CODE + 0x100;
            assert_eq!(rig.run(1), Exit::Budget);
        }
        rig.mem.clear_watch(3);
        rig.cpu.pc = CODE + 3;
        assert_eq!(rig.run(1), Exit::Budget);
    }
}

#[test]
fn a_watchpoint_on_a_device_register_too() {
    let mut rig = Rig::default();
    rig.place(CODE, &[Insn::new(Op::L32i, 0, 5, 4, 0)]);
    rig.cpu.set_a(5, 0x6000_0040);
    rig.mem.set_watch(0, watch(WatchKind::Read, 0x6000_0040, 4));
    let exit = rig.engine.run(&mut rig.cpu, 0, &mut rig.mem, &mut Meddler, 1);
    assert!(matches!(exit, Exit::Stop(Stop::Watchpoint { id: 0, .. })));
    rig.engine.step_over();
    assert_eq!(rig.engine.run(&mut rig.cpu, 0, &mut rig.mem, &mut Meddler, 1), Exit::Budget);
    assert_eq!(rig.cpu.pc, CODE + 3);
}

#[test]
fn breakpoints_hold_while_the_guest_counts_instructions() {
    let mut rig = Rig::default();
    rig.place(CODE, &[nop(), nop(), nop(), nop()]);
    rig.cpu.icountlevel = 3;
    rig.engine.set_breakpoint(CODE + 6, true);
    assert_eq!(rig.run(10), Exit::Stop(Stop::Breakpoint));
    assert_eq!((rig.cpu.pc, rig.cpu.icount), (CODE + 6, 2));
    rig.engine.step_over();
    assert_eq!(rig.run(1), Exit::Budget);
    assert_eq!((rig.cpu.pc, rig.cpu.icount), (CODE + 9, 3));
}
