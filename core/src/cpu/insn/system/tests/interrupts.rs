//! Interrupts of every kind and level, WAITI and the cycle timers.

use super::{CODE, InsnBench, nop, op};
use crate::cpu::exception::{Cause, vector};
use crate::cpu::interrupt::{LEVEL_MASK, TYPE_EDGE, TYPE_LEVEL, TYPE_NMI, TYPE_SOFTWARE, TYPE_TIMER};
use crate::cpu::ps;
use crate::engine::Exit;
use crate::isa::{Insn, Op, sr};

/// Returns the level of interrupt `n` of the ESP32.
fn level_of(n: u32) -> u32 {
    (1..8).find(|&l| LEVEL_MASK[l as usize] >> n & 1 != 0).expect("every interrupt has a level")
}

fn vector_of(level: u32) -> u32 {
    if level == 1 { vector::USER } else { vector::LEVEL2 + (level - 2) * 0x40 }
}

/// Returns a bench with NOPs at [`CODE`] + 0x800 and all interrupts enabled.
fn idle() -> InsnBench {
    let b = InsnBench::new().set(|c| (c.pc, c.intenable) = (CODE + 0x800, u32::MAX));
    b.place(CODE + 0x800, &[nop(); 40])
}

#[test]
fn levels_and_types_cover_all_32_once() {
    assert_eq!(
        LEVEL_MASK.iter().fold(0, |all, m| {
            assert_eq!(all & m, 0);
            all | m
        }),
        u32::MAX
    );
    let types = [TYPE_EDGE, TYPE_LEVEL, TYPE_NMI, TYPE_SOFTWARE, TYPE_TIMER, 1 << 11];
    assert_eq!(
        types.iter().fold(0, |all, m| {
            assert_eq!(all & m, 0);
            all | m
        }),
        u32::MAX
    );
}

#[test]
fn each_interrupt_enters_its_vector() {
    for n in (0..32).filter(|n| (TYPE_LEVEL | TYPE_EDGE | TYPE_NMI) >> n & 1 != 0) {
        let level = level_of(n);
        let b = idle().set(|c| c.set_external(1 << n)).steps(0);
        let old = b.cpu.ps;
        assert_eq!(b.cpu.interrupt(), 1 << n);
        // The vectors hold ILL. Check right after entry, because one cycle would run it.
        let mut b = b;
        assert!(b.cpu.take_interrupt());
        assert_eq!(b.cpu.pc, CODE + vector_of(level), "interrupt {n}");
        assert_eq!(b.cpu.epc[level as usize], CODE + 0x800, "interrupt {n}");
        if level == 1 {
            assert_eq!((b.cpu.exccause, b.cpu.ps), (Cause::Level1Interrupt as u32, old | ps::EXCM));
        } else {
            assert_eq!((b.cpu.eps[level as usize], b.cpu.ps), (old, old | ps::EXCM | level), "{n}");
        }
        assert!(!b.cpu.take_interrupt(), "interrupt {n} is masked by its own level");
    }
}

#[test]
fn the_engine_takes_them_between_instructions() {
    let b = idle().place(CODE + vector::USER, &[nop()]).steps(3).set(|c| c.set_external(1)).steps(1);
    assert_eq!((b.cpu.pc, b.cpu.epc[1], b.cpu.cycles), (CODE + vector::USER + 3, CODE + 0x809, 4));
}

#[test]
fn levels_mask_what_is_not_above_them() {
    for n in (0..32).filter(|n| (TYPE_LEVEL | TYPE_EDGE) >> n & 1 != 0) {
        for intlevel in 0..16 {
            for excm in [0, ps::EXCM] {
                let mut b = idle().set(|c| c.set_ps(intlevel | excm));
                b.cpu.set_external(1 << n);
                let masked = level_of(n) <= if excm != 0 { intlevel.max(3) } else { intlevel };
                assert_eq!(b.cpu.take_interrupt(), !masked, "{n} {intlevel} {excm}");
            }
        }
    }
}

#[test]
fn disabled_interrupts_wait_but_the_nmi_does_not() {
    let mut b = idle().set(|c| c.intenable = 0);
    b.cpu.set_external(!TYPE_NMI);
    assert!(!b.cpu.take_interrupt());
    b.cpu.set_external(u32::MAX);
    assert!(b.cpu.take_interrupt());
    assert_eq!((b.cpu.pc, b.cpu.epc[7]), (CODE + vector_of(7), CODE + 0x800));
    assert_eq!(b.cpu.interrupt() & TYPE_NMI, 0, "taking it clears it");
    // INTLEVEL does not mask it either, not even at its own level.
    for level in [7, 15] {
        let mut b = idle().set(|c| (c.intenable, c.ps) = (0, level | ps::EXCM));
        b.cpu.set_external(TYPE_NMI);
        assert!(b.cpu.take_interrupt(), "INTLEVEL {level}");
    }
}

#[test]
fn the_highest_level_goes_first() {
    let mut b = idle();
    b.cpu.set_external(u32::MAX);
    let mut taken = Vec::new();
    for _ in 0..6 {
        assert!(b.cpu.take_interrupt());
        taken.push((b.cpu.pc - CODE - vector::LEVEL2) / 0x40 + 2);
        // Lower ones wait until the level is lowered. NMI is edge-triggered.
        let level = *taken.last().expect("just pushed");
        b.cpu.set_external(b.cpu.external & !LEVEL_MASK[level as usize]);
        b.cpu.intclear(LEVEL_MASK[level as usize]);
        let eps = b.cpu.eps[level as usize];
        if level != 8 {
            b.cpu.set_ps(eps);
        }
        if taken.len() == 5 {
            break;
        }
    }
    assert_eq!(taken, [7, 5, 4, 3, 2]);
    assert!(b.cpu.take_interrupt());
    assert_eq!(b.cpu.pc, CODE + vector::USER);
}

#[test]
fn handlers_nest_and_return_in_order() {
    // Levels 1..5: each handler is NOP and RFE or RFI. Each raises the next level's interrupt while it runs.
    let rfi = |n| op(Op::Rfi, 0, 0, n);
    let mut b = idle().place(CODE + vector::USER, &[nop(), op(Op::Rfe, 0, 0, 0)]);
    for level in 2..=5 {
        b = b.place(CODE + vector_of(level), &[nop(), rfi(level as i32)]);
    }
    // 0: level 1, 19: level 2, 23: level 3, 24: level 4, 26: level 5.
    let lines = [0u32, 19, 23, 24, 26];
    // EXCM masks up to level 3: the handlers of low levels clear it first, as an RTOS does.
    for (n, line) in lines.into_iter().enumerate() {
        b = b.set(|c| {
            c.ps &= !ps::EXCM;
            c.set_external(c.external | 1 << line);
        });
        b = b.steps(1);
        assert_eq!(b.cpu.pc, CODE + vector_of(n as u32 + 1) + 3, "level {}", n + 1);
    }
    b.cpu.set_external(0);
    for level in (2..=5).rev() {
        b = b.steps(1);
        assert_eq!(b.cpu.pc, CODE + vector_of(level - 1) + 3, "back from level {level}");
    }
    b.cpu.ps |= ps::EXCM;
    let b = b.steps(1);
    assert_eq!((b.cpu.pc, b.cpu.ps), (CODE + 0x800, ps::WOE | ps::UM));
}

#[test]
fn edges_latch_and_levels_follow() {
    let mut c = idle().cpu;
    c.set_external(u32::MAX);
    c.set_external(0);
    assert_eq!(c.interrupt(), TYPE_EDGE | TYPE_NMI);
    c.intclear(u32::MAX);
    assert_eq!(c.interrupt(), 0);
    // A line that stays high is no new edge.
    c.set_external(TYPE_EDGE);
    c.intclear(u32::MAX);
    c.set_external(TYPE_EDGE);
    assert_eq!(c.interrupt(), 0);
    // A level-triggered input cannot be cleared by INTCLEAR, nor set by INTSET.
    c.set_external(TYPE_LEVEL);
    c.intclear(u32::MAX);
    assert_eq!(c.interrupt(), TYPE_LEVEL);
    c.set_external(0);
    c.intset(u32::MAX);
    assert_eq!(c.interrupt(), TYPE_SOFTWARE);
    c.intclear(1 << 7);
    assert_eq!(c.interrupt(), 1 << 29);
}

#[test]
fn software_interrupts_by_register() {
    let b = InsnBench::new().with(4, u32::MAX).run(Op::Wsr, 0, 0, 4, sr::INTSET.into());
    let b = b.run(Op::Rsr, 0, 0, 5, sr::INTERRUPT.into());
    assert_eq!(b.reg(5), TYPE_SOFTWARE);
    let b = b.run(Op::Wsr, 0, 0, 4, sr::INTCLEAR.into()).run(Op::Rsr, 0, 0, 5, sr::INTERRUPT.into());
    assert_eq!(b.reg(5), 0);
    // An enabled one is taken before the next instruction.
    let insns = [op(Op::Wsr, 0, 4, sr::INTSET.into()), op(Op::MovN, 4, 6, 0)];
    let b = InsnBench::new().set(|c| c.intenable = 1 << 7).with(4, 1 << 7).place(CODE, &insns).steps(1);
    let b = b.place(CODE + vector::USER, &[nop()]).steps(1);
    assert_eq!((b.cpu.epc[1], b.reg(6)), (CODE + 3, 0));
}

#[test]
fn lowering_the_level_lets_a_pending_one_in_at_once() {
    for lower in [op(Op::Rsil, 0, 4, 0), op(Op::Wsr, 0, 5, sr::PS.into()), op(Op::Xsr, 0, 5, sr::PS.into())] {
        let b = InsnBench::new().set(|c| {
            (c.intenable, c.latched) = (1 << 7, 1 << 7);
            c.set_ps(ps::UM | 3);
        });
        let b = b.with(5, ps::UM).place(CODE, &[lower, nop()]).place(CODE + vector::USER, &[nop()]);
        let b = b.steps(2);
        assert_eq!((b.cpu.epc[1], b.cpu.pc), (CODE + 3, CODE + vector::USER + 3), "{:?}", lower.op);
    }
}

#[test]
fn waiti_sleeps_until_something_is_deliverable() {
    let mut b = idle().place(CODE + 0x800, &[op(Op::Waiti, 0, 0, 2)]).place(CODE + vector_of(3), &[nop()]);
    assert_eq!(b.exit(100), Exit::Waiting);
    assert_eq!((b.cpu.cycles, b.cpu.pc, b.cpu.ps & ps::INTLEVEL), (1, CODE + 0x803, 2));
    assert_eq!((b.exit(100), b.cpu.cycles), (Exit::Waiting, 1));
    // INTLEVEL 2 masks level 2, but not level 3.
    b.cpu.set_external(1 << 19);
    assert_eq!((b.exit(100), b.cpu.waiting), (Exit::Waiting, true));
    b.cpu.set_external(1 << 23);
    assert_eq!((b.exit(1), b.cpu.waiting), (Exit::Budget, false));
    assert_eq!((b.cpu.epc[3], b.cpu.pc), (CODE + 0x803, CODE + vector_of(3) + 3));
}

#[test]
fn waiti_with_one_already_pending_does_not_sleep() {
    let b = idle().set(|c| (c.latched, c.ps) = (1 << 7, c.ps | 3));
    let b = b.place(CODE + 0x800, &[op(Op::Waiti, 0, 0, 0)]).place(CODE + vector::USER, &[nop()]).steps(2);
    assert_eq!((b.cpu.epc[1], b.cpu.pc), (CODE + 0x803, CODE + vector::USER + 3));
}

#[test]
fn a_timer_wakes_the_sleeper_at_its_cycle() {
    let mut b = idle().set(|c| c.ccompare[1] = 500).place(CODE + 0x800, &[op(Op::Waiti, 0, 0, 0)]);
    assert_eq!(b.exit(1000), Exit::Waiting);
    assert_eq!(b.cpu.cycles_to_timer(), 499);
    b.cpu.idle(499);
    assert_eq!((b.cpu.ccount(), b.cpu.interrupt()), (500, 1 << 15));
    let b = b.place(CODE + vector_of(3), &[nop()]).steps(1);
    assert_eq!(b.cpu.epc[3], CODE + 0x803);
}

#[test]
fn timers_match_exactly_at_their_cycle() {
    for (n, int, level) in [(0, 6u32, 1), (1, 15, 3), (2, 16, 5)] {
        for at in 1..30 {
            for chunk in [1u64, 3, 7, 100] {
                let mut b = idle().set(|c| c.ccompare[n] = at);
                b = b.place(CODE + vector_of(level), &[nop(); 4]);
                while b.cpu.epc[level as usize] == 0 {
                    let left = 40 - b.cpu.cycles;
                    b = b.steps(chunk.min(left));
                    assert!(b.cpu.cycles < 40 || b.cpu.epc[level as usize] != 0);
                }
                // `at` NOPs ran, then the handler.
                assert_eq!(b.cpu.epc[level as usize], CODE + 0x800 + 3 * at, "{int} {at} {chunk}");
            }
        }
    }
}

#[test]
fn a_timer_latches_even_when_disabled_and_clears_by_its_register() {
    let b = idle().set(|c| (c.intenable, c.ccompare) = (0, [5, 6, u32::MAX])).steps(10);
    assert_eq!(b.cpu.interrupt(), 1 << 6 | 1 << 15);
    let b = b.with(4, 1 << 6).run(Op::Wsr, 0, 0, 4, sr::INTCLEAR.into());
    assert_eq!(b.cpu.interrupt(), 1 << 6 | 1 << 15, "INTCLEAR does not");
    let b = b.with(4, 99).run(Op::Wsr, 0, 0, 4, sr::CCOMPARE0.into());
    assert_eq!((b.cpu.interrupt(), b.cpu.ccompare[0]), (1 << 15, 99));
    let b = b.run(Op::Xsr, 0, 0, 4, sr::CCOMPARE1.into());
    assert_eq!((b.cpu.interrupt(), b.reg(4)), (0, 6));
}

#[test]
fn ccount_reads_its_own_cycle_anywhere_in_a_block() {
    let rsr = |t| op(Op::Rsr, 0, t, sr::CCOUNT.into());
    let b = InsnBench::new().place(CODE, &[rsr(4), nop(), rsr(5), rsr(6), nop(), rsr(7)]).steps(6);
    assert_eq!([4, 5, 6, 7].map(|n| b.reg(n)), [0, 2, 3, 5]);
    // Also when the block is entered again in the middle.
    let b = InsnBench::new().place(CODE, &[rsr(4), nop(), rsr(5), rsr(6), nop(), rsr(7)]).steps(3).steps(3);
    assert_eq!([4, 5, 6, 7].map(|n| b.reg(n)), [0, 2, 3, 5]);
}

#[test]
fn ccount_can_be_written() {
    let rsr = |t| op(Op::Rsr, 0, t, sr::CCOUNT.into());
    let insns = [
        nop(),
        op(Op::Wsr, 0, 4, sr::CCOUNT.into()),
        rsr(5),
        nop(),
        op(Op::Xsr, 0, 4, sr::CCOUNT.into()),
        rsr(6),
    ];
    let b = InsnBench::new().with(4, 1000).place(CODE, &insns).steps(6);
    assert_eq!([5, 4, 6].map(|n| b.reg(n)), [1001, 1003, 1001]);
    assert_eq!(b.cpu.cycles, 6, "the cycle count itself continues");
}

#[test]
fn a_timer_matches_after_ccount_jumps() {
    let insns = [op(Op::Wsr, 0, 4, sr::CCOUNT.into()), nop(), nop(), nop(), nop(), nop()];
    let b = idle().set(|c| c.ccompare[0] = 1003).with(4, 1000).place(CODE + 0x800, &insns);
    let b = b.place(CODE + vector::USER, &[nop(); 4]).steps(5);
    // WSR at 1000, NOPs at 1001 and 1002, then CCOUNT is 1003.
    assert_eq!(b.cpu.epc[1], CODE + 0x809);
    // The jump skips the match: nothing happens until CCOUNT wraps around.
    let b = idle().set(|c| c.ccompare[0] = 3).with(4, 1000).place(CODE + 0x800, &insns).steps(6);
    assert_eq!(b.cpu.interrupt(), 0);
}

#[test]
fn ccount_wraps() {
    let b = idle().set(|c| (c.ccount_offset, c.ccompare[0], c.intenable) = (u32::MAX - 4, 2, 1 << 6));
    let b = b.place(CODE + vector::USER, &[nop(); 4]).steps(9);
    assert_eq!(b.cpu.epc[1], CODE + 0x800 + 3 * 7);
}

#[test]
fn an_interrupt_in_a_loop_comes_back_into_it() {
    // loop a5 { addi a4 } with a level-2 handler that only returns.
    let insns = [Insn::new(Op::Loop, 0, 5, 0, 2), Insn::new(Op::Addi, 0, 4, 4, 1), nop()];
    for at in 1..12 {
        let b = InsnBench::new().with(4, 0).with(5, 10).place(CODE + 0x800, &insns);
        let b = b.set(|c| (c.pc, c.intenable, c.ccompare[1]) = (CODE + 0x800, 1 << 15, at));
        let handler = [
            op(Op::Wsr, 0, 4, sr::EXCSAVE3.into()),
            op(Op::Wsr, 0, 2, sr::CCOMPARE1.into()),
            op(Op::Rfi, 0, 0, 3),
        ];
        let b = b.with(2, 0).place(CODE + vector_of(3), &handler).steps(1 + 10 + 3);
        let here = CODE + 0x806;
        assert_eq!((b.reg(4), b.cpu.lcount, b.cpu.pc), (10, 0, here), "match at {at}");
    }
}
