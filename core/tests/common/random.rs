//! Random programs with handlers that keep them running, for comparisons of engines.

use super::{ALIAS, Asm, CODE, DATA, Rig, Rng, window_vectors};
use esplens_core::cpu::ps;
use esplens_core::debug::Stop;
use esplens_core::engine::Exit;
use esplens_core::isa::operand::Operand;
use esplens_core::isa::table::row;
use esplens_core::isa::{Insn, Op, decode, sr};

/// Bytes of random code, starting at [`CODE`].
pub const RANDOM: u32 = 0x800;
/// Address of the vectors.
pub const VECTORS: u32 = CODE + 0xF000;

/// Returns an instruction of the table with random operands. Displacements are short, so that control stays
/// nearby.
pub fn random_insn(rng: &mut Rng) -> Insn {
    loop {
        let op = rng.pick(Op::ALL);
        let row = row(op);
        let Some(mut insn) = decode(rng.word() & !row.mask & 0xFF_FFFF | row.bits) else { continue };
        // Exclude those that would end the useful part: moved vectors, code made inaccessible.
        let moves_vectors = matches!(op, Op::Wsr | Op::Xsr) && insn.imm == i32::from(sr::VECBASE);
        if moves_vectors || op == Op::Witlb || insn.op != op {
            continue;
        }
        let near = rng.below(96) as i32 - 40;
        if row.operands.contains(&Operand::DispExtra) {
            insn.disp = near as i8;
        }
        match row.imm {
            Some(Operand::Disp8 | Operand::Disp12 | Operand::Disp18) => insn.imm = near,
            Some(Operand::DispCall) => insn.imm = near * 4,
            Some(Operand::DispLoop) => insn.imm = near & 31,
            Some(Operand::Literal) => insn.imm = -4 - (near & 63) * 4,
            _ => {}
        }
        return insn;
    }
}

/// Returns handlers that skip the faulting instruction, point a2..a6 at memory again and return to the random
/// code.
pub fn handlers() -> Vec<u8> {
    let mut a = Asm::at(VECTORS);
    a.bytes = window_vectors();
    a.bytes.resize(0x500, 0);
    // Literals first: L32R only reaches backwards.
    let literals = a.here();
    a.word(CODE)
        .word(DATA + 0x40)
        .word(ALIAS + 0x20)
        .word(CODE + 0x100)
        .word(DATA + 0xFF0)
        .word(ps::WOE | ps::UM);
    let mut entry = Vec::new();
    for (reg, back) in
        [(sr::EPC1, 0), (sr::DEPC, 0)].into_iter().chain((2..=7).map(|l| (sr::EPC1 - 1 + l, l)))
    {
        entry.push(a.here());
        a.op(Op::Rsr, 0, 0, 2, reg.into()).op(Op::AddiN, 2, 2, 0, 3).op(Op::Extui, 2, 0, 2, 11 << 8);
        a.to(Op::L32r, 0, 3, literals).op(Op::Or, 2, 2, 3, 0).op(Op::Wsr, 0, 0, 2, reg.into());
        for n in 1..5u32 {
            a.to(Op::L32r, 0, 2 + n as u8, literals + 4 * n);
        }
        match (reg, back) {
            (sr::EPC1, _) => a.op(Op::Rfe, 0, 0, 0, 0),
            (sr::DEPC, _) => {
                a.to(Op::L32r, 0, 3, literals + 20).op(Op::Wsr, 0, 0, 3, sr::PS.into()).op(Op::Jx, 0, 2, 0, 0)
            }
            _ => a.op(Op::Rfi, 0, 0, 0, back.into()),
        };
    }
    for (offset, to) in [
        (0x300, 0),
        (0x340, 0),
        (0x3C0, 1),
        (0x180, 2),
        (0x1C0, 3),
        (0x200, 4),
        (0x240, 5),
        (0x280, 6),
        (0x2C0, 7),
    ] {
        let mut v = Asm::at(VECTORS + offset);
        v.to(Op::J, 0, 0, entry[to]);
        let at = offset as usize;
        a.bytes[at..at + 3].copy_from_slice(&v.bytes);
    }
    a.bytes
}

/// Creates a rig with a random program and a random but useful state.
pub fn rig(seed: u64) -> Rig {
    let mut rng = Rng(seed | 1);
    let mut rig = Rig::default();
    let mut at = CODE;
    while at < CODE + RANDOM {
        at = rig.place(at, &[random_insn(&mut rng)]);
    }
    let code = rig.code;
    rig.mem.write_region(code, 0xF000, &handlers());
    let c = &mut rig.cpu;
    for (n, ar) in c.ar.iter_mut().enumerate() {
        *ar = match n % 4 {
            0 => rng.word(),
            1 => DATA + rng.below(0x2000) * 4,
            2 => ALIAS + rng.below(RANDOM),
            _ => rng.below(300),
        };
    }
    c.pc = CODE + rng.below(64);
    (c.lbeg, c.lend, c.lcount) = (CODE + rng.below(200), CODE + rng.below(300), rng.below(5));
    c.windowstart |= rng.word() & 0xFFFF;
    c.sar = rng.below(33);
    c.br = rng.word() & 0xFFFF;
    c.intenable = rng.word();
    c.ccompare = std::array::from_fn(|_| 1 + rng.below(2000));
    if rng.below(3) == 0 {
        c.ibreaka = std::array::from_fn(|_| CODE + rng.below(RANDOM));
        c.ibreakenable = 3;
    }
    if rng.below(3) == 0 {
        c.dbreaka = std::array::from_fn(|_| DATA + rng.below(0x400));
        c.dbreakc = std::array::from_fn(|_| rng.below(4) << 30 | 0x3F << rng.below(7) & 0x3F);
        c.sync_dbreak(0, &mut rig.mem);
    }
    rig.cpu.sync_window();
    rig
}

/// Runs to cycle `end` in budgets of at most `slice`.
pub fn advance(rig: &mut Rig, end: u64, slice: u64) {
    while rig.cpu.cycles < end {
        let budget = slice.min(end - rig.cpu.cycles);
        let before = rig.cpu.cycles;
        match rig.run(budget) {
            Exit::Budget => assert_eq!(rig.cpu.cycles - before, budget),
            Exit::Service => assert!(rig.cpu.cycles - before <= budget),
            Exit::Stop(Stop::Simcall) => rig.cpu.pc = rig.cpu.pc.wrapping_add(3),
            Exit::Waiting if rig.cpu.cycles < end => {
                // Idle as the machine does: to the next timer, but not past the end.
                let left = (end - rig.cpu.cycles).min(slice).min(rig.cpu.cycles_to_timer());
                rig.cpu.idle(left);
                // Wake a core that no enabled interrupt will ever wake, to keep the test useful.
                if rig.cpu.cycles.is_multiple_of(64) {
                    rig.cpu.waiting = false;
                }
            }
            Exit::Waiting => {}
            exit => panic!("{exit:?}"),
        }
    }
}

/// Does the same as [`advance`], but idle cores wake at the same cycles for any slice: idling stops at
/// multiples of 64.
pub fn run_in(rig: &mut Rig, end: u64, slice: u64) {
    while rig.cpu.cycles < end {
        let stop = ((rig.cpu.cycles / 64 + 1) * 64).min(end);
        advance(rig, stop, slice);
    }
}
