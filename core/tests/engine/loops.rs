//! Zero-overhead loops that end at any instruction.

use crate::common::{CODE, DATA, Rig};
use crate::{addi, nop, run_through};
use esplens_core::engine::Exit;
use esplens_core::isa::{Insn, Op, sr};

/// Creates a rig with twelve `addi a4, a4, 1`; the tests set up loops by hand.
fn adders() -> Rig {
    let mut rig = Rig::default();
    rig.place(CODE, &[addi(4, 1); 12]);
    rig
}

#[test]
fn a_loop_may_end_in_the_middle_of_a_decoded_block() {
    for lend in 1..12u32 {
        let mut rig = adders();
        rig.run(12);
        rig.cpu.set_a(4, 0);
        rig.cpu.pc = CODE;
        (rig.cpu.lbeg, rig.cpu.lend, rig.cpu.lcount) = (CODE, CODE + 3 * lend, 2);
        let passes = u64::from(3 * lend);
        assert_eq!(rig.run(passes), Exit::Budget);
        assert_eq!((rig.cpu.a(4), rig.cpu.pc, rig.cpu.lcount), (3 * lend, CODE + 3 * lend, 0), "{lend}");
        // Then it continues straight on.
        rig.run(u64::from(12 - lend));
        assert_eq!(rig.cpu.pc, CODE + 36);
    }
}

#[test]
fn lend_inside_an_instruction_never_ends_the_loop() {
    let mut rig = adders();
    (rig.cpu.lbeg, rig.cpu.lend, rig.cpu.lcount) = (CODE, CODE + 7, 5);
    assert_eq!(rig.run(12), Exit::Budget);
    assert_eq!((rig.cpu.pc, rig.cpu.lcount), (CODE + 36, 5));
}

#[test]
fn lend_at_the_blocks_start_or_at_the_ends_of_the_address_space() {
    for lend in [CODE, CODE - 1, 0, u32::MAX, CODE + 36] {
        let mut rig = adders();
        (rig.cpu.lbeg, rig.cpu.lend, rig.cpu.lcount) = (CODE + 3, lend, 1);
        rig.run(12);
        let back = lend == CODE + 36;
        assert_eq!(
            (rig.cpu.pc, rig.cpu.lcount),
            if back { (CODE + 3, 0) } else { (CODE + 36, 1) },
            "{lend:#x}"
        );
    }
}

#[test]
fn two_loops_that_share_code_but_not_their_end() {
    let mut rig = adders();
    for round in 0..6u32 {
        let lend = CODE + if round % 2 == 0 { 9 } else { 15 };
        rig.cpu.pc = CODE;
        rig.cpu.set_a(4, 0);
        (rig.cpu.lbeg, rig.cpu.lend, rig.cpu.lcount) = (CODE, lend, 3);
        let body = (lend - CODE) / 3;
        rig.run(u64::from(4 * body));
        assert_eq!((rig.cpu.a(4), rig.cpu.pc, rig.cpu.lcount), (4 * body, lend, 0));
    }
}

#[test]
fn a_loop_body_across_a_page() {
    for shift in 0..9u32 {
        let mut rig = Rig::default();
        let at = CODE + 0x1000 - 3 - shift;
        rig.place(
            at,
            &[Insn::new(Op::Loop, 0, 5, 0, 11), addi(4, 1), addi(4, 2), addi(4, 4), addi(4, 8), nop()],
        );
        rig.cpu.pc = at;
        rig.cpu.set_a(5, 10);
        run_through(&mut rig, 41);
        assert_eq!((rig.cpu.a(4), rig.cpu.pc), (150, at + 15), "{shift}");
    }
}

#[test]
fn lcount_written_in_the_loop_takes_effect() {
    // loop a5 { addi a4; wsr.lcount a6; addi a7 }: the count restarts each time until a6 is 0.
    let mut rig = Rig::default();
    let body = [
        Insn::new(Op::Loop, 0, 5, 0, 11),
        addi(4, 1),
        Insn::new(Op::Wsr, 0, 0, 6, sr::LCOUNT.into()),
        addi(6, -1),
        nop(),
        nop(),
    ];
    rig.place(CODE, &body);
    rig.cpu.set_a(5, 1);
    rig.cpu.set_a(6, 5);
    rig.run(1 + 6 * 4);
    assert_eq!((rig.cpu.a(4), rig.cpu.pc, rig.cpu.lcount), (6, CODE + 15, 0));
}

#[test]
fn a_branch_to_lend_leaves_and_a_branch_not_taken_loops() {
    // loop a5 { addi a4, 1; beqz a4, LEND; nop }, LEND: nop
    let mut rig = Rig::default();
    let insns =
        [Insn::new(Op::Loop, 0, 5, 0, 8), addi(4, 1), Insn::new(Op::Beqz, 0, 4, 0, 2), nop(), nop(), nop()];
    rig.place(CODE, &insns);
    rig.cpu.set_a(5, 9);
    rig.cpu.set_a(4, -3i32 as u32);
    run_through(&mut rig, 1 + 3 + 3 + 2);
    assert_eq!((rig.cpu.pc, rig.cpu.lcount, rig.cpu.a(4)), (CODE + 12, 6, 0));
    // A branch that is not taken, as the last instruction of a loop, loops back.
    let mut rig = Rig::default();
    rig.place(CODE, &[Insn::new(Op::Loop, 0, 5, 0, 5), addi(4, 1), Insn::new(Op::Beqz, 0, 5, 0, 9), nop()]);
    rig.cpu.set_a(5, 4);
    run_through(&mut rig, 9);
    assert_eq!((rig.cpu.pc, rig.cpu.a(4)), (CODE + 9, 4));
}

#[test]
fn an_exception_in_the_last_instruction_comes_back_and_loops() {
    let mut rig = Rig::default();
    rig.place(CODE, &[Insn::new(Op::Loop, 0, 5, 0, 5), addi(4, 1), Insn::new(Op::L32i, 0, 8, 9, 0), nop()]);
    // The handler makes a8 point to memory and returns.
    let user = rig.cpu.vecbase + 0x340;
    rig.place(user, &[Insn::new(Op::MovN, 0, 10, 8, 0), Insn::new(Op::Rfe, 0, 0, 0, 0)]);
    rig.cpu.set_a(5, 3);
    rig.cpu.set_a(8, 0x6000_0000);
    rig.cpu.set_a(10, DATA);
    run_through(&mut rig, 1 + 2 + 2 + 1 + 4);
    assert_eq!((rig.cpu.pc, rig.cpu.a(4), rig.cpu.lcount), (CODE + 9, 3, 0));
}
