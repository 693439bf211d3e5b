//! The program around the cases: vectors, functions to call, and for each case the loading of inputs and the
//! dump of registers.

use crate::common::{Asm, Rng, window_vectors};
use crate::generate::{BLOCK_END, Generator, Item, register_insn};
use crate::{CODE, CODE_ROOM, DUMPED, IN, OUT, RECORD, RECORDS, SCRATCH, STACK, VECTORS};
use esplens_core::isa::operand::Operand;
use esplens_core::isa::table::row;
use esplens_core::isa::{Flow, Insn, Op, sr, ur};

/// One case: its instructions with their addresses.
pub struct Case {
    pub insns: Vec<(u32, Insn)>,
}

/// Batch of cases, ready to run from `entry`.
pub struct Program {
    pub asm: Asm,
    pub records: Vec<u8>,
    pub cases: Vec<Case>,
    pub generated: u64,
    pub entry: u32,
}
pub const FUNCTIONS: usize = 14;
pub const CALLS: [Op; 4] = [Op::Call0, Op::Call4, Op::Call8, Op::Call12];

/// Emits `items` at the end of `asm` with all displacements resolved. Returns each instruction's address.
pub fn emit(asm: &mut Asm, items: &[Item], functions: &[u32]) -> Vec<(u32, Insn)> {
    let mut at = vec![asm.here()];
    for item in items {
        at.push(at[at.len() - 1] + item.len());
    }
    // Nothing may jump between a loop's count and the loop, nor to a tied item.
    let landing = |n: usize| {
        let bound = |item: &Item| match item {
            Item::Tied(_) => true,
            Item::Over(i, _) => i.op.flow() == Flow::Loop,
            _ => false,
        };
        (n.min(items.len())..items.len()).find(|&k| !bound(&items[k])).unwrap_or(items.len())
    };
    let mut placed = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let pc = at[n];
        let insn = match *item {
            Item::Insn(i) | Item::Tied(i) => i,
            Item::Call(op, f) => Insn::new(op, 0, 0, 0, functions[f].wrapping_sub((pc & !3) + 4) as i32),
            Item::Over(i, over) => {
                // Density branches do not reach the instruction directly after them.
                let to = (n + 1 + over..).map(|k| at[landing(k)]).find(|&to| to >= pc + 4).expect("padded");
                let by = to as i32 - pc as i32 - 4;
                if row(i.op).operands.last() == Some(&Operand::DispExtra) {
                    i.with_disp(by as i8)
                } else {
                    Insn { imm: by, ..i }
                }
            }
        };
        asm.insn(insn);
        placed.push((pc, insn));
    }
    placed
}

/// Emits the exception handler: MISC0 = cause + 1, a3 = EPC1 + 3, continue after the instruction.
pub fn handler(a: &mut Asm) {
    a.op(Op::Rsr, 0, 0, 3, sr::EXCCAUSE.into()).op(Op::AddiN, 3, 3, 0, 1).op(
        Op::Wsr,
        0,
        0,
        3,
        sr::MISC0.into(),
    );
    a.op(Op::Rsr, 0, 0, 3, sr::EPC1.into()).op(Op::AddiN, 3, 3, 0, 3).op(Op::Wsr, 0, 0, 3, sr::EPC1.into());
    a.op(Op::Rfe, 0, 0, 0, 0);
}

/// Emits chains of windowed functions, each calling the next.
pub fn functions(g: &mut Generator, asm: &mut Asm) -> Vec<u32> {
    let mut at = vec![0; FUNCTIONS];
    for n in (0..FUNCTIONS).rev() {
        asm.align(4);
        at[n] = asm.here();
        asm.op(Op::Entry, 0, 1, 0, 48 + 16 * g.rng.below(4) as i32);
        let fill = |asm: &mut Asm, from: u8, g: &mut Generator| {
            for t in from..16 {
                asm.op(Op::Movi, 0, 0, t, g.rng.below(4000) as i32 - 2000);
            }
        };
        fill(asm, 4, g);
        for _ in 0..5 {
            let i = register_insn(&mut g.rng, &g.ops);
            asm.insn(i);
        }
        if n + 1 < FUNCTIONS && g.rng.below(8) != 0 {
            let by = 1 + g.rng.below(3) as u8;
            asm.to(CALLS[by as usize], 0, 0, at[n + 1]);
            fill(asm, 4 * by + 4, g);
        }
        for _ in 0..3 {
            let i = register_insn(&mut g.rng, &g.ops);
            asm.insn(i);
        }
        asm.op(if n % 2 == 0 { Op::Retw } else { Op::RetwN }, 0, 0, 0, 0);
    }
    at
}

/// Builds the program: vectors, prologue, cases until the code memory is full, epilogue.
pub fn program(g: &mut Generator, mut next: impl FnMut(&mut Generator) -> Option<Vec<Item>>) -> Program {
    let mut asm = Asm::at(CODE);
    vectors(&mut asm);
    let functions = functions(g, &mut asm);
    asm.align(4);
    let entry = asm.here();
    prologue(&mut asm);
    let mut p = Program { asm, records: Vec::new(), cases: Vec::new(), generated: 0, entry };
    while p.asm.bytes.len() < CODE_ROOM {
        let Some(items) = next(g) else { break };
        case(&mut p, &mut g.rng, &items, &functions);
    }
    let size = p.records.len();
    epilogue(&mut p.asm, size);
    p
}

/// Emits the literals of the prologue and the window and exception vectors.
fn vectors(asm: &mut Asm) {
    asm.word(VECTORS).word(1 << 18).word(RECORDS).word(STACK);
    asm.bytes.resize(0x400, 0);
    let mut vectors = window_vectors();
    vectors.resize(0x300, 0);
    asm.bytes.extend(vectors);
    for _ in 0..2 {
        handler(asm);
        asm.align(64);
    }
    asm.bytes.resize(0x800, 0);
}

fn prologue(asm: &mut Asm) {
    asm.op(Op::Movi, 0, 0, 2, 1).op(Op::Wsr, 0, 0, 2, sr::WINDOWSTART.into());
    asm.to(Op::L32r, 0, 2, CODE).op(Op::Wsr, 0, 0, 2, sr::VECBASE.into());
    // S32C1I is allowed everywhere.
    asm.op(Op::Movi, 0, 0, 2, 0x2A).op(Op::Wsr, 0, 0, 2, sr::ATOMCTL.into());
    asm.to(Op::L32r, 0, 2, CODE + 4).op(Op::Wsr, 0, 0, 2, sr::PS.into()).op(Op::Rsync, 0, 0, 0, 0);
    asm.to(Op::L32r, 0, 0, CODE + 8).to(Op::L32r, 0, 1, CODE + 12);
}

/// Emits one case: load of its inputs, its code, dump of the registers.
fn case(p: &mut Program, rng: &mut Rng, items: &[Item], functions: &[u32]) {
    for n in 0..14u32 {
        p.records.extend(interesting(rng).to_le_bytes());
        p.asm.op(Op::L32i, 0, 0, 2 + n as u8, n as i32 * 4);
    }
    for _ in 14..IN + SCRATCH {
        p.records.extend(interesting(rng).to_le_bytes());
    }
    p.records.resize(p.records.len() + OUT * 4, 0x5A);
    // SAR is 0..=32, and MISC0, which marks an exception, is cleared.
    p.asm.op(Op::Movi, 0, 0, 2, p.cases.len() as i32 % 33).op(Op::Wsr, 0, 0, 2, sr::SAR.into());
    p.asm.op(Op::Movi, 0, 0, 2, 0).op(Op::Wsr, 0, 0, 2, sr::MISC0.into());
    p.generated += items.len() as u64;
    p.cases.push(Case { insns: emit(&mut p.asm, items, functions) });
    dump(&mut p.asm);
}

/// Emits the end: writes the records to standard output and exits, by SIMCALL.
fn epilogue(asm: &mut Asm, size: usize) {
    asm.op(Op::Movi, 0, 0, 2, 4).op(Op::Movi, 0, 0, 3, 1);
    let over = asm.here();
    asm.to(Op::J, 0, 0, ((over + 3 + 3) & !3) + 8).align(4).word(RECORDS).word(size as u32);
    let here = asm.here();
    asm.to(Op::L32r, 0, 4, here - 8).to(Op::L32r, 0, 5, here - 4);
    asm.op(Op::Simcall, 0, 0, 0, 0).op(Op::Movi, 0, 0, 2, 1).op(Op::Movi, 0, 0, 3, 0);
    asm.op(Op::Simcall, 0, 0, 0, 0);
}

/// Emits code that writes all registers after the record's inputs and advances a0 to the next record.
pub fn dump(asm: &mut Asm) {
    let out = ((IN + SCRATCH) * 4) as i32;
    asm.insn(BLOCK_END);
    for n in 0..16 {
        asm.op(Op::S32i, 0, 0, n, out + 4 * i32::from(n));
    }
    for (n, (reg, _)) in DUMPED.iter().enumerate() {
        asm.op(Op::Rsr, 0, 0, 2, (*reg).into()).op(Op::S32i, 0, 0, 2, out + 64 + 4 * n as i32);
    }
    asm.op(Op::Rur, 2, 0, 0, ur::THREADPTR.into()).op(Op::S32i, 0, 0, 2, out + 64 + 4 * DUMPED.len() as i32);
    asm.op(Op::Addmi, 0, 0, 0, 256).op(Op::Addi, 0, 0, 0, RECORD as i32 - 256);
}

/// Returns random words, with edge cases more often than by chance.
pub fn interesting(rng: &mut Rng) -> u32 {
    match rng.below(6) {
        0 => rng.below(40),
        1 => rng.below(40).wrapping_neg(),
        2 => rng.pick(&[0, 1, u32::MAX, 0x8000_0000, 0x7FFF_FFFF, 0x8000, 0x7FFF, 0xFFFF, 0x1_0000]),
        3 => 1 << rng.below(32),
        _ => rng.word(),
    }
}
