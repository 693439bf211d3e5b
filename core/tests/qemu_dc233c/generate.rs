//! Generator of the random instructions of a case.

use crate::common::Rng;
use crate::program::{CALLS, FUNCTIONS};
use crate::{IN, PER_CASE, SCRATCH};
use esplens_core::isa::operand::Operand;
use esplens_core::isa::table::row;
use esplens_core::isa::{Flow, Insn, Op, decode, sr, ur};

/// Returns an address register that random code may write: a0 points to the record, a1 to the stack.
pub fn dst(rng: &mut Rng) -> u8 {
    2 + rng.below(14) as u8
}

/// Returns the register-to-register instructions, selected by their operands.
pub fn register_ops() -> Vec<Op> {
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

/// Returns an instruction of `ops` with random fields that writes only a2..a15.
pub fn register_insn(rng: &mut Rng, ops: &[Op]) -> Insn {
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
            // 32 results only from the encoding that the manual leaves undefined.
            Some(Operand::ImmSll) => i.imm = 1 + rng.below(31) as i32,
            _ => {}
        }
        if i.op == op && decode(i.encode()) == Some(i) {
            return i;
        }
    }
}

/// Forward branches.
pub const BRANCHES: &[Op] = &[
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
pub const LOADS: &[Op] = &[Op::L32i, Op::L32iN, Op::L16ui, Op::L16si, Op::L8ui, Op::L32ai];
pub const STORES: &[Op] = &[Op::S32i, Op::S32iN, Op::S16i, Op::S8i, Op::S32ri, Op::S32c1i];

/// Jump to the next instruction. QEMU keeps two copies of M0..M3 within a block, as special registers and for
/// MAC16; a write to one is not visible in the other before the block ends.
pub const BLOCK_END: Insn = Insn { op: Op::J, len: 3, r: 0, s: 0, t: 0, disp: 0, imm: -1 };

/// Generated instruction with its constraints.
#[derive(Clone, Copy)]
pub enum Item {
    Insn(Insn),
    /// Jumps, branches or loops over this many of the following items.
    Over(Insn, usize),
    /// Like `Insn`, but tied to the item before it, so nothing may jump here.
    Tied(Insn),
    /// A windowed call of function n.
    Call(Op, usize),
}

impl Item {
    pub fn len(&self) -> u32 {
        match self {
            Item::Insn(i) | Item::Tied(i) | Item::Over(i, _) => i.len.into(),
            Item::Call(..) => 3,
        }
    }
}

pub fn memory_insn(rng: &mut Rng) -> Insn {
    let store = rng.below(2) == 0;
    let op = rng.pick(if store { STORES } else { LOADS });
    let size = match op {
        Op::L8ui | Op::S8i => 1,
        Op::L16ui | Op::L16si | Op::S16i => 2,
        _ => 4,
    };
    // The density forms reach only 15 words: they use the record's inputs.
    let at = match op {
        Op::L32iN | Op::S32iN => rng.below(IN as u32) * 4,
        _ => (IN * 4) as u32 + rng.below((SCRATCH * 4) as u32 / size) * size,
    };
    Insn::new(op, 0, 0, dst(rng), at as i32)
}

/// Returns MAC16 loads or special register moves: a few instructions that belong together.
pub fn sequence(rng: &mut Rng, mac_loads: &[Op]) -> Vec<Insn> {
    let x = dst(rng);
    match rng.below(4) {
        3 => vec![
            // QEMU 7.2 shifts right by 0 where SSL or SSA8B has set SAR to 32 (32 in the manual): shift
            // left only.
            Insn::new(rng.pick(&[Op::Ssl, Op::Ssa8b]), 0, x, 0, 0),
            Insn::new(Op::Sll, dst(rng), dst(rng), 0, 0),
            Insn::new(Op::Rsr, 0, 0, dst(rng), sr::SAR.into()),
            Insn::new(Op::Ssai, 0, 0, 0, rng.below(32) as i32),
        ],
        0 => {
            let op = rng.pick(mac_loads);
            let at = (IN * 4) as i32 + 4 + 4 * rng.below(SCRATCH as u32 - 2) as i32;
            // Bit 2 of r and of t selects operands, bits 0..1 of r select the destination.
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
            // Bits 31..8 of ACCHI read back differently in QEMU: only write it.
            let op = if n == sr::ACCHI { Op::Wsr } else { op };
            vec![BLOCK_END, Insn::new(op, 0, 0, x, n.into()), BLOCK_END]
        }
        _ => match rng.below(2) {
            0 => vec![Insn::new(Op::Wur, 0, 0, x, ur::THREADPTR.into())],
            _ => vec![Insn::new(Op::Rur, x, 0, 0, ur::THREADPTR.into())],
        },
    }
}

pub fn branch(rng: &mut Rng) -> Insn {
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

pub struct Generator {
    pub rng: Rng,
    pub ops: Vec<Op>,
    mac_loads: Vec<Op>,
}

impl Generator {
    pub fn new(seed: u64, unknown: &[Op]) -> Self {
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

    /// Returns the random body of a case.
    pub fn items(&mut self) -> Vec<Item> {
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
                    // A LOOPNEZ with a negative count would not end in practice: LOOPGTZ takes those.
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
                    // dc233c has 32 registers where the LX6 has 64, so the values left by the callee's
                    // callees differ.
                    let reload = |t| Item::Tied(Insn::new(Op::L32i, 0, 0, t, i32::from(t) * 4 - 8));
                    items.extend((4 * n + 4..16).map(reload));
                }
            }
        }
        // The last item may be jumped over.
        items.extend([Item::Insn(Insn::new(Op::Nop, 0, 0, 0, 0)); 2]);
        items
    }
}
