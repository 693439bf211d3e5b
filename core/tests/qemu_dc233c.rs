//! Differential test against `qemu-system-xtensa -cpu dc233c`: random programs of the instructions that both know,
//! thousands of cases in each, registers compared after every case.
//!
//! Runs with `ESPLENS_QEMU=1` (Debian: apt install qemu-system-misc); `ESPLENS_QEMU=<n>` sets the number of batches.

mod common;

use common::{Asm, NoBus, Rng, window_vectors};
use esplens_core::cpu::Cpu;
use esplens_core::debug::Stop;
use esplens_core::engine::{Engine, Exit, interp::Interp};
use esplens_core::isa::operand::Operand;
use esplens_core::isa::table::row;
use esplens_core::isa::{Flow, Insn, Op, decode, sr, ur};
use esplens_core::memory::{Memory, flag};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

const CODE: u32 = 0x4008_0000;
const CODE_BYTES: usize = 0x8_0000;
/// Room left for the epilogue and the last case.
const CODE_ROOM: usize = CODE_BYTES - 0x1000;
const RECORDS: u32 = 0x3F40_0000;
const STACK: u32 = 0x3F3F_F000;
const VECTORS: u32 = CODE + 0x400;
/// dc233c's reset vector.
const RESET: u32 = 0xFE00_0000;
/// A record: 14 register values in, 16 words of scratch, 36 words out.
const IN: usize = 16;
const SCRATCH: usize = 16;
const OUT: usize = 36;
const RECORD: usize = (IN + SCRATCH + OUT) * 4;
/// Special registers dumped after the 16 address registers.
const DUMPED: [(u8, &str); 15] = [
    (sr::SAR, "sar"),
    (sr::ACCLO, "acclo"),
    (sr::ACCHI, "acchi"),
    (sr::M0, "m0"),
    (sr::M1, "m1"),
    (sr::M2, "m2"),
    (sr::M3, "m3"),
    (sr::LBEG, "lbeg"),
    (sr::LEND, "lend"),
    (sr::LCOUNT, "lcount"),
    (sr::MISC0, "misc0"),
    (sr::SCOMPARE1, "scompare1"),
    (sr::WINDOWBASE, "windowbase"),
    (sr::WINDOWSTART, "windowstart"),
    (sr::PS, "ps"),
];
/// Random instructions a case.
const PER_CASE: u32 = 24;

/// One case: where its code lies and what it is made of.
struct Case {
    insns: Vec<(u32, Insn)>,
}

struct Program {
    asm: Asm,
    records: Vec<u8>,
    cases: Vec<Case>,
    generated: u64,
    entry: u32,
}

/// Address registers that random code may write: a0 points to the record, a1 to the stack.
fn dst(rng: &mut Rng) -> u8 {
    2 + rng.below(14) as u8
}

/// Register-to-register instructions, chosen by their operands.
fn register_ops() -> Vec<Op> {
    use Operand::*;
    let fine = |o: &Operand| {
        matches!(
            o,
            Ar | As | At | Mx | My | Imm8S | Imm8S256 | ImmAddiN | ImmMovi | ImmMoviN | ImmTp7 | ImmSas
        ) || matches!(o, ImmSll | ImmSra | ImmExtui | ImmS | Literal)
    };
    let system = [
        "ssl",
        "ssa8b",
        "entry",
        "movsp",
        "rsil",
        "waiti",
        "rer",
        "wer",
        "wrmsk_expstate",
        "read_impwire",
        "break.n",
    ];
    let all = Op::ALL.iter().copied();
    all.filter(|&op| {
        let r = row(op);
        let name = r.mnemonic;
        r.flow == Flow::Plain
            && r.operands.iter().all(fine)
            && !r.operands.is_empty()
            && !system.contains(&name)
            && !name.contains("tlb")
            && !name.contains("ddr32")
            && !name.contains("f64")
    })
    .collect()
}

/// An instruction of `ops` with random fields that writes a2..a15 only.
fn register_insn(rng: &mut Rng, ops: &[Op]) -> Insn {
    loop {
        let op = rng.pick(ops);
        let row = row(op);
        let Some(mut i) = decode(rng.word() & !row.mask & 0xFF_FFFF | row.bits) else { continue };
        match row.operands[0] {
            Operand::Ar => i.r = dst(rng),
            Operand::At => i.t = dst(rng),
            Operand::As if row.imm.is_some() && row.operands.len() == 2 => i.s = dst(rng),
            _ => {}
        }
        match row.imm {
            Some(Operand::Literal) => i.imm = -4 * (4 + rng.below(100) as i32),
            // 32 comes from the encoding that the manual leaves undefined.
            Some(Operand::ImmSll) => i.imm = 1 + rng.below(31) as i32,
            _ => {}
        }
        if i.op == op && decode(i.encode()) == Some(i) {
            return i;
        }
    }
}

/// The forward branches.
const BRANCHES: &[Op] = &[
    Op::Beqz,
    Op::Bnez,
    Op::Bgez,
    Op::Bltz,
    Op::BeqzN,
    Op::BnezN,
    Op::Beqi,
    Op::Bnei,
    Op::Bgei,
    Op::Blti,
    Op::Bgeui,
    Op::Bltui,
    Op::Bbci,
    Op::Bbsi,
    Op::Beq,
    Op::Bne,
    Op::Bge,
    Op::Blt,
    Op::Bgeu,
    Op::Bltu,
    Op::Bany,
    Op::Bnone,
    Op::Ball,
    Op::Bnall,
    Op::Bbc,
    Op::Bbs,
    Op::J,
];
const LOADS: &[Op] = &[Op::L32i, Op::L32iN, Op::L16ui, Op::L16si, Op::L8ui, Op::L32ai];
const STORES: &[Op] = &[Op::S32i, Op::S32iN, Op::S16i, Op::S8i, Op::S32ri, Op::S32c1i];

/// A jump to the next instruction. QEMU keeps M0..M3 twice within a block, as special registers and for MAC16, so that
/// neither sees the other's writes before the block ends.
const BLOCK_END: Insn = Insn { op: Op::J, len: 3, r: 0, s: 0, t: 0, disp: 0, imm: -1 };

/// What a generated instruction still needs.
#[derive(Clone, Copy)]
enum Item {
    Insn(Insn),
    /// Jumps, branches and loops over this many of the following items.
    Over(Insn, usize),
    /// As `Insn`; belongs to what stands before it, so nothing may jump here.
    Tied(Insn),
    /// A windowed call of function n.
    Call(Op, usize),
}

impl Item {
    fn len(&self) -> u32 {
        match self {
            Item::Insn(i) | Item::Tied(i) | Item::Over(i, _) => i.len.into(),
            Item::Call(..) => 3,
        }
    }
}

fn memory_insn(rng: &mut Rng) -> Insn {
    let store = rng.below(2) == 0;
    let op = rng.pick(if store { STORES } else { LOADS });
    let size = match op {
        Op::L8ui | Op::S8i => 1,
        Op::L16ui | Op::L16si | Op::S16i => 2,
        _ => 4,
    };
    // The density forms reach 15 words only: they use the record's inputs.
    let at = match op {
        Op::L32iN | Op::S32iN => rng.below(IN as u32) * 4,
        _ => (IN * 4) as u32 + rng.below((SCRATCH * 4) as u32 / size) * size,
    };
    Insn::new(op, 0, 0, dst(rng), at as i32)
}

/// MAC16 loads and special register moves: a few instructions that belong together.
fn sequence(rng: &mut Rng, mac_loads: &[Op]) -> Vec<Insn> {
    let x = dst(rng);
    match rng.below(4) {
        3 => vec![
            // QEMU 7.2 shifts right by 0 where SSL or SSA8B has made SAR 32 (the manual says 32): shift left only.
            Insn::new(rng.pick(&[Op::Ssl, Op::Ssa8b]), 0, x, 0, 0),
            Insn::new(Op::Sll, dst(rng), dst(rng), 0, 0),
            Insn::new(Op::Rsr, 0, 0, dst(rng), sr::SAR.into()),
            Insn::new(Op::Ssai, 0, 0, 0, rng.below(32) as i32),
        ],
        0 => {
            let op = rng.pick(mac_loads);
            let at = (IN * 4) as i32 + 4 + 4 * rng.below(SCRATCH as u32 - 2) as i32;
            // Bits 2 of r and t choose operands, bits 0..1 of r the destination.
            let load = decode(Insn::new(op, rng.below(8) as u8, x, dst(rng), 0).encode());
            vec![Insn::new(Op::Addi, 0, 0, x, at), load.expect("encodes to itself"), BLOCK_END]
        }
        1 => {
            let n = rng.pick(&[
                sr::ACCLO,
                sr::ACCHI,
                sr::M0,
                sr::M1,
                sr::M2,
                sr::M3,
                sr::SCOMPARE1,
                sr::EXCSAVE1 + 1,
            ]);
            let op = rng.pick(&[Op::Wsr, Op::Rsr, Op::Xsr]);
            // Bits 31..8 of ACCHI read back in QEMU's own way: only write it.
            let op = if n == sr::ACCHI { Op::Wsr } else { op };
            vec![BLOCK_END, Insn::new(op, 0, 0, x, n.into()), BLOCK_END]
        }
        _ => match rng.below(2) {
            0 => vec![Insn::new(Op::Wur, 0, 0, x, ur::THREADPTR.into())],
            _ => vec![Insn::new(Op::Rur, x, 0, 0, ur::THREADPTR.into())],
        },
    }
}

fn branch(rng: &mut Rng) -> Insn {
    let op = rng.pick(BRANCHES);
    loop {
        let row = row(op);
        if let Some(mut i) = decode(rng.word() & !row.mask & 0xFF_FFFF | row.bits)
            && i.op == op
        {
            i.disp = 0;
            if row.imm.is_some_and(Operand::is_label) {
                i.imm = 0;
            }
            return i;
        }
    }
}

struct Generator {
    rng: Rng,
    ops: Vec<Op>,
    mac_loads: Vec<Op>,
}

impl Generator {
    fn new(seed: u64, unknown: &[Op]) -> Self {
        let known = |op: &Op| !unknown.contains(op);
        let mac_loads = Op::ALL
            .iter()
            .copied()
            .filter(|o| o.mnemonic().contains("ldinc") || o.mnemonic().contains("lddec"));
        Self {
            rng: Rng(seed | 1),
            ops: register_ops().into_iter().filter(known).collect(),
            mac_loads: mac_loads.filter(known).collect(),
        }
    }

    /// The random body of a case.
    fn items(&mut self) -> Vec<Item> {
        let rng = &mut self.rng;
        let mut items = Vec::new();
        while (items.len() as u32) < PER_CASE {
            match rng.below(100) {
                0..60 => items.push(Item::Insn(register_insn(rng, &self.ops))),
                60..72 => items.push(Item::Insn(memory_insn(rng))),
                72..80 => {
                    let insns = sequence(rng, &self.mac_loads);
                    items.push(Item::Insn(insns[0]));
                    items.extend(insns[1..].iter().map(|&i| Item::Tied(i)));
                }
                80..92 => items.push(Item::Over(branch(rng), 1 + rng.below(5) as usize)),
                92..96 => {
                    let n = dst(rng);
                    items.push(Item::Insn(Insn::new(Op::Movi, 0, 0, n, rng.below(7) as i32 - 2)));
                    let op = rng.pick(&[Op::Loopnez, Op::Loopgtz]);
                    // A negative LOOPNEZ would never end: LOOPGTZ takes those.
                    let op =
                        if op == Op::Loopnez && !matches!(items.last(), Some(Item::Insn(i)) if i.imm >= 0) {
                            Op::Loopgtz
                        } else {
                            op
                        };
                    items.push(Item::Over(Insn::new(op, 0, n, 0, 0), 2 + rng.below(4) as usize));
                }
                _ => {
                    let n = 1 + rng.below(3) as u8;
                    items.push(Item::Call(CALLS[n as usize], rng.below(FUNCTIONS as u32) as usize));
                    // dc233c has 32 registers where we have 64: what the callee's callees left differs.
                    let reload = |t| Item::Tied(Insn::new(Op::L32i, 0, 0, t, i32::from(t) * 4 - 8));
                    items.extend((4 * n + 4..16).map(reload));
                }
            }
        }
        // Whatever stands last can be jumped over.
        items.extend([Item::Insn(Insn::new(Op::Nop, 0, 0, 0, 0)); 2]);
        items
    }
}

const FUNCTIONS: usize = 14;
const CALLS: [Op; 4] = [Op::Call0, Op::Call4, Op::Call8, Op::Call12];

/// Writes `items` at the end of `asm`, all displacements resolved; gives each instruction's place.
fn emit(asm: &mut Asm, items: &[Item], functions: &[u32]) -> Vec<(u32, Insn)> {
    let mut at = vec![asm.here()];
    for item in items {
        at.push(at[at.len() - 1] + item.len());
    }
    // No jump between a loop's count and the loop, nor into what is tied.
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
                // Density branches do not reach back to the instruction right behind them.
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

/// The exception handler: MISC0 = cause + 1, a3 = EPC1 + 3, and on behind the instruction.
fn handler(a: &mut Asm) {
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

/// Chains of windowed functions, each calling the next.
fn functions(g: &mut Generator, asm: &mut Asm) -> Vec<u32> {
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

/// Everything around the cases: vectors, prologue, cases while there is room, epilogue.
fn program(g: &mut Generator, mut next: impl FnMut(&mut Generator) -> Option<Vec<Item>>) -> Program {
    let mut asm = Asm::at(CODE);
    asm.word(VECTORS).word(1 << 18).word(RECORDS).word(STACK);
    asm.bytes.resize(0x400, 0);
    let mut vectors = window_vectors();
    vectors.resize(0x300, 0);
    asm.bytes.extend(vectors);
    for _ in 0..2 {
        handler(&mut asm);
        asm.align(64);
    }
    asm.bytes.resize(0x800, 0);
    let functions = functions(g, &mut asm);
    asm.align(4);
    let entry = asm.here();
    asm.op(Op::Movi, 0, 0, 2, 1).op(Op::Wsr, 0, 0, 2, sr::WINDOWSTART.into());
    asm.to(Op::L32r, 0, 2, CODE).op(Op::Wsr, 0, 0, 2, sr::VECBASE.into());
    // S32C1I is allowed everywhere.
    asm.op(Op::Movi, 0, 0, 2, 0x2A).op(Op::Wsr, 0, 0, 2, sr::ATOMCTL.into());
    asm.to(Op::L32r, 0, 2, CODE + 4).op(Op::Wsr, 0, 0, 2, sr::PS.into()).op(Op::Rsync, 0, 0, 0, 0);
    asm.to(Op::L32r, 0, 0, CODE + 8).to(Op::L32r, 0, 1, CODE + 12);
    let (mut cases, mut records, mut generated) = (Vec::new(), Vec::new(), 0);
    while asm.bytes.len() < CODE_ROOM {
        let Some(items) = next(g) else { break };
        for n in 0..14u32 {
            records.extend(interesting(&mut g.rng).to_le_bytes());
            asm.op(Op::L32i, 0, 0, 2 + n as u8, n as i32 * 4);
        }
        for _ in 14..IN + SCRATCH {
            records.extend(interesting(&mut g.rng).to_le_bytes());
        }
        records.resize(records.len() + OUT * 4, 0x5A);
        // SAR 0..=32 and a clear mark.
        asm.op(Op::Movi, 0, 0, 2, cases.len() as i32 % 33).op(Op::Wsr, 0, 0, 2, sr::SAR.into());
        asm.op(Op::Movi, 0, 0, 2, 0).op(Op::Wsr, 0, 0, 2, sr::MISC0.into());
        generated += items.len() as u64;
        cases.push(Case { insns: emit(&mut asm, &items, &functions) });
        dump(&mut asm);
    }
    let size = records.len();
    asm.op(Op::Movi, 0, 0, 2, 4).op(Op::Movi, 0, 0, 3, 1);
    let over = asm.here();
    asm.to(Op::J, 0, 0, ((over + 3 + 3) & !3) + 8).align(4).word(RECORDS).word(size as u32);
    let here = asm.here();
    asm.to(Op::L32r, 0, 4, here - 8).to(Op::L32r, 0, 5, here - 4);
    asm.op(Op::Simcall, 0, 0, 0, 0).op(Op::Movi, 0, 0, 2, 1).op(Op::Movi, 0, 0, 3, 0).op(
        Op::Simcall,
        0,
        0,
        0,
        0,
    );
    Program { asm, records, cases, generated, entry }
}

/// Writes all registers behind the record's inputs and steps a0 to the next record.
fn dump(asm: &mut Asm) {
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

/// Random words, edges more often than chance would have them.
fn interesting(rng: &mut Rng) -> u32 {
    match rng.below(6) {
        0 => rng.below(40),
        1 => rng.below(40).wrapping_neg(),
        2 => rng.pick(&[0, 1, u32::MAX, 0x8000_0000, 0x7FFF_FFFF, 0x8000, 0x7FFF, 0xFFFF, 0x1_0000]),
        3 => 1 << rng.below(32),
        _ => rng.word(),
    }
}

/// Runs the program on our engine: the records afterwards.
fn ours(p: &Program) -> Vec<u8> {
    let mut mem = Memory::default();
    let code = mem.add(CODE_BYTES, 0);
    let data = mem.add(p.records.len(), 0);
    let stack = mem.add(4096 * 2, 0);
    mem.map_region(0, CODE, code, flag::EXEC | flag::READ | flag::WRITE);
    mem.map_region(0, RECORDS, data, flag::READ | flag::WRITE);
    mem.map_region(0, STACK - 0x1000, stack, flag::READ | flag::WRITE);
    mem.write_region(code, 0, &p.asm.bytes);
    mem.write_region(data, 0, &p.records);
    assert_eq!(mem.poke(0, STACK - 12, &(STACK + 128).to_le_bytes()), 4);
    let mut cpu = Cpu::new(0);
    cpu.pc = p.entry;
    let mut engine = Interp::default();
    let exit = engine.run(&mut cpu, 0, &mut mem, &mut NoBus, 200_000_000);
    assert_eq!(
        exit,
        Exit::Stop(Stop::Simcall),
        "at {:#x}, cause {} epc {:#x}",
        cpu.pc,
        cpu.exccause,
        cpu.epc[1]
    );
    let mut out = vec![0; p.records.len()];
    mem.read_region(data, 0, &mut out);
    out
}

/// A little ELF: code, records, a word of stack, the reset vector.
fn elf(p: &Program) -> Vec<u8> {
    let stack = (STACK + 128).to_le_bytes();
    // The machine starts at its reset vector, whatever the ELF's entry says.
    let mut reset = Asm::at(RESET);
    reset.to(Op::J, 0, 0, RESET + 8).align(4).word(p.entry).to(Op::L32r, 0, 2, RESET + 4).op(
        Op::Jx,
        0,
        2,
        0,
        0,
    );
    let segments: [(u32, &[u8]); 4] =
        [(CODE, &p.asm.bytes), (RECORDS, &p.records), (STACK - 12, &stack), (RESET, &reset.bytes)];
    let mut out = b"\x7fELF\x01\x01\x01".to_vec();
    out.resize(16, 0);
    for half in [2u16, 94] {
        out.extend(half.to_le_bytes());
    }
    for word in [1u32, p.entry, 52, 0, 0x300] {
        out.extend(word.to_le_bytes());
    }
    for half in [52u16, 32, segments.len() as u16, 40, 0, 0] {
        out.extend(half.to_le_bytes());
    }
    let mut offset = 0x1000u32;
    for (addr, bytes) in segments {
        let len = bytes.len() as u32;
        for word in [1, offset, addr, addr, len, len, 7, 4] {
            out.extend(word.to_le_bytes());
        }
        offset += len;
    }
    out.resize(0x1000, 0);
    for (_, bytes) in segments {
        out.extend(bytes);
    }
    out
}

/// Runs the program on QEMU: the records that it writes to its standard output.
fn theirs(p: &Program) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("esplens-qemu-{}.elf", std::process::id()));
    std::fs::File::create(&path)
        .and_then(|mut f| f.write_all(&elf(p)))
        .expect("the temporary folder takes a file");
    let child = Command::new("timeout")
        .args([
            "60",
            "qemu-system-xtensa",
            "-machine",
            "sim",
            "-cpu",
            "dc233c",
            "-m",
            "1100M",
            "-semihosting",
        ])
        .args(["-display", "none", "-monitor", "none", "-serial", "none", "-kernel"])
        .arg(&path)
        .stdin(Stdio::null())
        .output();
    let out = child.expect("ESPLENS_QEMU is set, so qemu-system-xtensa must be there");
    if std::env::var_os("ESPLENS_KEEP").is_none() {
        let _ = std::fs::remove_file(&path);
    }
    assert!(out.status.success(), "qemu: {} {}", out.status, String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.stdout.len(), p.records.len(), "qemu: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn word(records: &[u8], case: usize, n: usize) -> u32 {
    let at = case * RECORD + n * 4;
    u32::from_le_bytes(records[at..at + 4].try_into().expect("four bytes"))
}

/// Index of MISC0 in a record.
fn misc0() -> usize {
    IN + SCRATCH + 16 + DUMPED.iter().position(|d| d.0 == sr::MISC0).expect("it is dumped")
}

/// The instructions that dc233c does not have: each alone in a case, looking for IllegalInstruction.
fn unknown() -> Vec<Op> {
    let mut g = Generator::new(7, &[]);
    let ops: Vec<Op> = g.ops.clone().into_iter().filter(|&o| row(o).format.bytes() == 3).collect();
    let mut left = ops.clone().into_iter();
    let p = program(&mut g, |g| {
        let op = left.next()?;
        Some(vec![Item::Insn(register_insn(&mut g.rng, &[op]))])
    });
    let theirs = theirs(&p);
    ops.into_iter().enumerate().filter(|(n, _)| word(&theirs, *n, misc0()) == 1).map(|(_, op)| op).collect()
}

/// Compares one batch; adds a line for each of the first disagreements.
fn compare(p: &Program, complaints: &mut Vec<String>, suspects: &mut BTreeMap<&'static str, u32>) {
    let (a, b) = (ours(p), theirs(p));
    for (n, case) in p.cases.iter().enumerate() {
        let differs = |w: usize| {
            // QEMU sign-extends ACCHI; PS.OWB tells how many registers there are.
            let mask = match w.checked_sub(IN + SCRATCH + 16).and_then(|n| DUMPED.get(n)) {
                Some((sr::ACCHI, _)) => 0xFF,
                Some((sr::PS, _)) => !0xF00,
                _ => u32::MAX,
            };
            (word(&a, n, w) ^ word(&b, n, w)) & mask != 0
        };
        let words: Vec<usize> = (0..RECORD / 4).filter(|&w| differs(w)).collect();
        if words.is_empty() {
            continue;
        }
        for (_, i) in &case.insns {
            *suspects.entry(i.op.mnemonic()).or_default() += 1;
        }
        if complaints.len() < 3 {
            let name = |w: usize| match w.checked_sub(IN + SCRATCH) {
                None => format!("scratch{w}"),
                Some(r @ 0..16) => format!("a{r}"),
                Some(r) => DUMPED.get(r - 16).map_or("threadptr", |d| d.1).to_string(),
            };
            let diffs: Vec<String> = words
                .iter()
                .map(|&w| format!("{} ours {:#x} qemu {:#x}", name(w), word(&a, n, w), word(&b, n, w)))
                .collect();
            let end: Vec<String> = (0..DUMPED.len())
                .map(|w| format!("{} {:#x}", DUMPED[w].1, word(&b, n, IN + SCRATCH + 16 + w)))
                .collect();
            let code: Vec<String> =
                case.insns.iter().map(|(pc, i)| format!("  {pc:#x}: {}", i.disasm(*pc))).collect();
            let inputs: Vec<String> = (0..14)
                .map(|w| {
                    format!(
                        "a{} {:#x}",
                        w + 2,
                        u32::from_le_bytes(p.records[n * RECORD + w * 4..][..4].try_into().expect("four"))
                    )
                })
                .collect();
            complaints.push(format!(
                "case {n}: {}\n{}\n{}",
                diffs.join(", "),
                inputs.join(" "),
                code.join("\n") + "\nqemu at the end: " + &end.join(" ")
            ));
        }
    }
}

#[test]
fn random_programs_run_as_on_qemu() {
    let Some(batches) = std::env::var_os("ESPLENS_QEMU") else {
        println!("skipped: set ESPLENS_QEMU=1 to compare with qemu-system-xtensa -cpu dc233c");
        return;
    };
    let batches = batches.to_str().and_then(|n| n.parse().ok()).filter(|&n| n > 1u64).unwrap_or(25);
    let unknown = unknown();
    println!("dc233c lacks {:?}", unknown.iter().map(|o| o.mnemonic()).collect::<Vec<_>>());
    let (mut complaints, mut suspects, mut total) = (Vec::new(), BTreeMap::new(), 0);
    for batch in 0..batches {
        let mut g = Generator::new(0x9E37_79B9_7F4A_7C15u64.wrapping_mul(batch + 1), &unknown);
        let p = program(&mut g, |g| Some(g.items()));
        total += p.generated;
        compare(&p, &mut complaints, &mut suspects);
        if !complaints.is_empty() {
            break;
        }
    }
    println!("{total} random instructions compared");
    let mut by_count: Vec<_> = suspects.into_iter().collect();
    by_count.sort_by_key(|e| std::cmp::Reverse(e.1));
    assert!(complaints.is_empty(), "{}\nmost frequent: {by_count:?}", complaints.join("\n\n"));
    assert!(unknown.len() < 12, "too little is left to compare");
}
