//! What the instructions of a busy-waiting loop do to the address registers.

use crate::isa::{Insn, Op, sr};

/// A field that names an address register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    R,
    S,
    T,
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    Signed,
    Unsigned,
}

/// What AR(s) is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum With {
    T,
    Imm,
    Zero,
}

/// What an instruction computes, as far as a loop may contain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// No address register is read or written, and no memory.
    Nothing,
    /// AR(dest) = factor * AR(s) + factor * AR(t) + constant.
    Linear(Field, u32, u32),
    /// AR(dest) is some function of AR(s), AR(t) and state that the loop leaves alone.
    Function(Field),
    /// AR(r) = AR(s) on a condition.
    Conditional,
    /// State other than address registers is a function of AR(s).
    State,
    /// AR(t) = CCOUNT.
    Ccount,
    Load,
    /// L32R.
    Literal,
    Store,
    /// A branch by a comparison.
    Compare(Test, With),
    /// A branch by bits of AR(s) and AR(t), or of AR(s) alone.
    Bits,
    BitsOfS,
    /// CALL0, CALL4, ..: the number of the register that gets the return address.
    Call(u8),
    /// A jump or call to AR(s), as [`Class::Call`].
    CallX(u8),
    /// A jump to AR(s).
    JumpX,
    Entry,
    /// A return to AR(0).
    Return,
}

const MINUS: u32 = u32::MAX;

/// The class of an instruction; `None` when a loop with it is not skipped.
pub(super) fn of(insn: &Insn) -> Option<Class> {
    use Class::*;
    Some(match insn.op {
        Op::Nop | Op::NopN | Op::Memw | Op::Extw | Op::Rsync | Op::Esync | Op::Dsync | Op::Excw => Nothing,
        Op::J | Op::Bf | Op::Bt | Op::Ssai => Nothing,
        Op::Rsr if insn.imm == i32::from(sr::CCOUNT) => Ccount,
        Op::Rsr if steady(insn.imm) => Linear(Field::T, 0, 0),
        Op::L8ui | Op::L16ui | Op::L16si | Op::L32i | Op::L32iN | Op::L32ai => Load,
        Op::L32r => Literal,
        Op::S8i | Op::S16i | Op::S32i | Op::S32iN => Store,
        Op::Call0 => Call(0),
        Op::Call4 => Call(4),
        Op::Call8 => Call(8),
        Op::Call12 => Call(12),
        Op::Callx0 => CallX(0),
        Op::Callx4 => CallX(4),
        Op::Callx8 => CallX(8),
        Op::Callx12 => CallX(12),
        Op::Jx => JumpX,
        Op::Entry => Entry,
        Op::Ret | Op::RetN | Op::Retw | Op::RetwN => Return,
        Op::Loop | Op::Loopnez | Op::Loopgtz => BitsOfS,
        _ => return arithmetic(insn).or_else(|| branch(insn.op)),
    })
}

/// Special registers that only instructions outside the admitted classes change.
fn steady(n: i32) -> bool {
    let n = n as u8;
    n == sr::PS
        || n == sr::PRID
        || (sr::EXCSAVE1..=sr::EXCSAVE7).contains(&n)
        || (sr::MISC0..=sr::MISC3).contains(&n)
}

fn arithmetic(insn: &Insn) -> Option<Class> {
    use Class::*;
    use Field::*;
    Some(match insn.op {
        Op::Add | Op::AddN => Linear(R, 1, 1),
        Op::Addx2 => Linear(R, 2, 1),
        Op::Addx4 => Linear(R, 4, 1),
        Op::Addx8 => Linear(R, 8, 1),
        Op::Sub => Linear(R, 1, MINUS),
        Op::Subx2 => Linear(R, 2, MINUS),
        Op::Subx4 => Linear(R, 4, MINUS),
        Op::Subx8 => Linear(R, 8, MINUS),
        Op::Neg => Linear(R, 0, MINUS),
        Op::AddiN => Linear(R, 1, 0),
        Op::Addi | Op::Addmi | Op::MovN => Linear(T, 1, 0),
        Op::Movi => Linear(T, 0, 0),
        Op::MoviN => Linear(S, 0, 0),
        Op::Or if insn.s == insn.t => Linear(R, 1, 0),
        Op::Slli => Linear(R, 1u32.checked_shl(insn.imm as u32).unwrap_or(0), 0),
        Op::And | Op::Or | Op::Xor | Op::Min | Op::Max | Op::Minu | Op::Maxu => Function(R),
        Op::Mul16u | Op::Mul16s | Op::Mull | Op::Muluh | Op::Mulsh | Op::Src => Function(R),
        Op::Quou | Op::Quos | Op::Remu | Op::Rems => Function(R),
        Op::Abs | Op::Srl | Op::Sra | Op::Srai | Op::Srli | Op::Extui => Function(R),
        Op::Sext | Op::Clamps | Op::Sll => Function(R),
        Op::Nsa | Op::Nsau => Function(T),
        Op::Moveqz | Op::Movnez | Op::Movltz | Op::Movgez | Op::Movf | Op::Movt => Conditional,
        Op::Ssr | Op::Ssl | Op::Ssa8l | Op::Ssa8b => State,
        _ => return None,
    })
}

fn branch(op: Op) -> Option<Class> {
    use Class::{Bits, BitsOfS, Compare};
    use Test::*;
    Some(match op {
        Op::Beqz | Op::Bnez | Op::BeqzN | Op::BnezN => Compare(Equal, With::Zero),
        Op::Bgez | Op::Bltz => Compare(Signed, With::Zero),
        Op::Beqi | Op::Bnei => Compare(Equal, With::Imm),
        Op::Bgei | Op::Blti => Compare(Signed, With::Imm),
        Op::Bgeui | Op::Bltui => Compare(Unsigned, With::Imm),
        Op::Beq | Op::Bne => Compare(Equal, With::T),
        Op::Bge | Op::Blt => Compare(Signed, With::T),
        Op::Bgeu | Op::Bltu => Compare(Unsigned, With::T),
        Op::Bany | Op::Bnone | Op::Ball | Op::Bnall | Op::Bbc | Op::Bbs => Bits,
        Op::Bbci | Op::Bbsi => BitsOfS,
        _ => return None,
    })
}
