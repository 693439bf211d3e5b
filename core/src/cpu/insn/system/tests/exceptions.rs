//! Exception entry and return.

use super::{CODE, Cause, InsnBench, nop, op, took};
use crate::cpu::exception::vector;
use crate::cpu::insn::testing::DATA;
use crate::cpu::ps;
use crate::debug::Stop;
use crate::engine::Exit;
use crate::isa::{Insn, Op};
use crate::memory::flag;

#[test]
fn the_vector_follows_the_mode() {
    let run = |ps: u32| InsnBench::new().set(|c| c.set_ps(ps)).run(Op::Syscall, 0, 0, 0, 0);
    let b = run(ps::UM | ps::WOE | 2);
    assert!(took(&b, Cause::Syscall, CODE, vector::USER));
    assert_eq!(b.cpu.ps, ps::UM | ps::WOE | ps::EXCM | 2);
    let b = run(ps::WOE);
    assert!(took(&b, Cause::Syscall, CODE, vector::KERNEL));
    for um in [0, ps::UM] {
        let b = run(ps::EXCM | um);
        assert_eq!((b.cpu.pc, b.cpu.depc, b.cpu.epc[1]), (CODE + vector::DOUBLE, CODE, 0));
        assert_eq!((b.cpu.exccause, b.cpu.ps), (Cause::Syscall as u32, ps::EXCM | um));
    }
}

#[test]
fn vectors_move_with_vecbase() {
    let b = InsnBench::new().set(|c| c.vecbase = CODE + 0x400).run(Op::Syscall, 0, 0, 0, 0);
    assert_eq!(b.cpu.pc, CODE + 0x400 + vector::USER);
}

#[test]
fn a_taken_exception_costs_a_cycle_and_retires_nothing() {
    let b = InsnBench::new().place(CODE, &[nop(), op(Op::Syscall, 0, 0, 0)]).steps(2);
    assert_eq!((b.cpu.cycles, b.retired(), b.cpu.epc[1]), (2, 1, CODE + 3));
}

#[test]
fn an_endless_chain_of_faults_uses_up_the_budget() {
    // The vectors hold zeros, which decode as ILL: first at the user vector, then at the double vector
    // forever.
    let b = InsnBench::new().run(Op::Syscall, 0, 0, 0, 0).steps(1000);
    assert_eq!((b.cpu.cycles, b.cpu.pc, b.cpu.depc), (1001, CODE + vector::DOUBLE, CODE + vector::DOUBLE));
}

#[test]
fn returns() {
    let b = InsnBench::new().set(|c| {
        c.ps |= ps::EXCM | 3;
        (c.epc[1], c.depc) = (CODE + 0x81, CODE + 0x92);
        (c.epc[5], c.eps[5]) = (CODE + 0xA3, ps::UM | 1);
    });
    let b = b.run(Op::Rfde, 0, 0, 0, 0);
    assert_eq!((b.cpu.pc, b.cpu.ps & ps::EXCM), (CODE + 0x92, ps::EXCM));
    let b = b.run(Op::Rfe, 0, 0, 0, 0);
    assert_eq!((b.cpu.pc, b.cpu.ps), (CODE + 0x81, ps::WOE | ps::UM | 3));
    let b = b.run(Op::Rfi, 0, 0, 0, 5);
    assert_eq!((b.cpu.pc, b.cpu.ps), (CODE + 0xA3, ps::UM | 1));
    for level in [0, 1, 8, 15] {
        let b = InsnBench::new().set(|c| c.exccause = 9).run(Op::Rfi, 0, 0, 0, level);
        assert!(took(&b, Cause::IllegalInstruction, CODE, vector::USER), "RFI {level}");
    }
}

#[test]
fn rsil_returns_the_old_ps() {
    let b = InsnBench::new().run(Op::Rsil, 0, 0, 4, 5);
    assert_eq!((b.reg(4), b.cpu.ps), (ps::WOE | ps::UM, ps::WOE | ps::UM | 5));
    let b = b.run(Op::Rsil, 0, 0, 4, 0);
    assert_eq!(b.cpu.ps, ps::WOE | ps::UM);
}

#[test]
fn simcall_stops_before_it() {
    let mut b = InsnBench::new().place(CODE, &[nop(), op(Op::Simcall, 0, 0, 0)]);
    assert_eq!(b.exit(10), Exit::Stop(Stop::Simcall));
    assert_eq!((b.cpu.pc, b.cpu.cycles, b.retired()), (CODE + 3, 1, 1));
    // The machine skips the instruction itself.
    b.cpu.pc += 3;
    assert_eq!(b.steps(1).cpu.cycles, 2);
}

#[test]
fn words_without_meaning_are_illegal() {
    // ILL, ILL.N, a reserved 24-bit word, op0 14 and 15.
    for word in [0u32, 0xF06D, 0x00_F0_00, 0x0E, 0xFFFF_FFFF] {
        let mut b = InsnBench::new().set(|c| c.exccause = 63);
        assert_eq!(b.mem.poke(0, CODE, &word.to_le_bytes()), 4);
        let b = b.steps(1);
        assert!(took(&b, Cause::IllegalInstruction, CODE, vector::USER), "{word:#x}");
    }
}

#[test]
fn fetching_where_nothing_is() {
    for at in [0u32, 0x5000_0000, DATA, 0xFFFF_FFFF, 0x4000_0000] {
        let b = InsnBench::new().set(|c| c.pc = at).steps(1);
        assert!(took(&b, Cause::InstructionFetchError, at, vector::USER), "{at:#x}");
        assert_eq!(b.cpu.excvaddr, at);
    }
}

#[test]
fn an_instruction_may_straddle_pages() {
    let at = CODE + 0xFFE;
    let b = InsnBench::new().set(|c| c.pc = at).run(Op::Movi, 0, 0, 4, 1234);
    assert_eq!((b.reg(4), b.cpu.pc), (1234, at + 3));
    // The second page is not executable, so the whole instruction cannot be fetched. A density instruction
    // before it can.
    let mut b = InsnBench::new()
        .set(|c| c.pc = at - 2)
        .place(at - 2, &[op(Op::MovN, 4, 5, 0), op(Op::Movi, 0, 4, 9)]);
    let phys = b.mem.map(0).entry(CODE + 0x1000).phys;
    b.mem.map_page(0, CODE + 0x1000, phys, flag::READ);
    let b = b.with(4, 7).steps(2);
    assert!(took(&b, Cause::InstructionFetchError, at, vector::USER));
    assert_eq!((b.reg(4), b.reg(5)), (7, 7));
}

#[test]
fn faults_of_loads_and_stores_leave_registers_alone() {
    for o in [Op::L32i, Op::L16si, Op::L8ui, Op::S32i, Op::S8i, Op::L32ai, Op::S32c1i, Op::S32ri] {
        let b = InsnBench::new().with(5, 0x6000_0000).with(4, 0x55).run(o, 0, 5, 4, 4);
        assert!(took(&b, Cause::LoadStoreError, CODE, vector::USER), "{o:?}");
        assert_eq!((b.cpu.excvaddr, b.reg(4)), (0x6000_0004, 0x55), "{o:?}");
    }
}

#[test]
fn instruction_memory_takes_aligned_words_only() {
    let at = CODE + 0x1100;
    let b = InsnBench::new().with(5, at).with(4, 77).run(Op::S32i, 0, 5, 4, 0).run(Op::L32i, 0, 5, 6, 0);
    assert_eq!(b.reg(6), 77);
    for (o, off) in [(Op::L8ui, 0), (Op::L16ui, 0), (Op::S8i, 0), (Op::S16i, 0), (Op::L8ui, 3)] {
        let b = InsnBench::new().with(5, at).run(o, 0, 5, 4, off);
        assert!(took(&b, Cause::LoadStoreError, CODE, vector::USER), "{o:?}");
    }
    for o in [Op::L32i, Op::S32i] {
        let b = InsnBench::new().with(5, at + 2).run(o, 0, 5, 4, 0);
        assert!(took(&b, Cause::LoadStoreError, CODE, vector::USER), "{o:?}");
    }
}

#[test]
fn the_window_check_comes_before_the_instruction() {
    // An ILL word names no register. A faulting instruction that names a register of a live frame spills
    // first.
    let load = Insn::new(Op::L32i, 0, 8, 4, 0);
    let b = InsnBench::new().set(|c| c.windowstart = 0b101).place(CODE, &[load]).steps(1);
    assert_eq!((b.cpu.pc, b.cpu.exccause), (CODE + vector::OVERFLOW12, 0));
    let b = InsnBench::new().set(|c| (c.windowstart, c.exccause) = (0b11, 9)).run(Op::Ill, 0, 0, 0, 0);
    assert!(took(&b, Cause::IllegalInstruction, CODE, vector::USER));
}
