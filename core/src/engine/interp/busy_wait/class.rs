//! Instruction classes that a busy-waiting loop may contain, by their effect on the address registers.

use crate::isa::{Insn, Op, sr};

/// Comparison of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    Signed,
    Unsigned,
}

/// Second operand of a comparison; the first one is AR(s).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum With {
    T,
    Imm,
    Zero,
}

/// Effect of an instruction. Its operands are those of the instruction table; the destination is the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Destination = factor * AR(s) + factor * AR(t) + constant.
    Linear(u32, u32),
    /// Destination = a function of the other operands and of state that the loop does not change.
    Function,
    /// A branch, or a change of state other than address registers, that depends on the operands. A conditional move
    /// belongs here, too: it is admitted only if its destination does not change.
    Steady,
    /// AR(t) = CCOUNT.
    Ccount,
    /// A load from AR(s) + constant.
    Load,
    /// L32R.
    Literal,
    /// A store.
    Store,
    /// A branch that compares AR(s).
    Compare(Test, With),
    /// A call; the address register that receives the return address.
    Call(u8),
    /// ENTRY.
    Entry,
    /// A return to AR(0).
    Return,
}

/// The factor -1, modulo 2^32.
const MINUS: u32 = u32::MAX;

/// Returns the class of an instruction; `None` if loops that contain it are not skipped.
pub(super) fn of(insn: &Insn) -> Option<Class> {
    use Class::*;
    Some(match insn.op {
        Op::Nop | Op::NopN | Op::Memw | Op::Extw | Op::Rsync | Op::Esync | Op::Dsync | Op::Excw => Steady,
        Op::J | Op::Jx | Op::Bf | Op::Bt | Op::Loop | Op::Loopnez | Op::Loopgtz => Steady,
        Op::Rsr if insn.imm == i32::from(sr::CCOUNT) => Ccount,
        Op::Rsr if is_unchanged(insn.imm as u8) => Function,
        Op::L8ui | Op::L16ui | Op::L16si | Op::L32i | Op::L32iN | Op::L32ai => Load,
        Op::L32r => Literal,
        Op::S8i | Op::S16i | Op::S32i | Op::S32iN => Store,
        Op::Call0 | Op::Callx0 => Call(0),
        Op::Call4 | Op::Callx4 => Call(4),
        Op::Call8 | Op::Callx8 => Call(8),
        Op::Call12 | Op::Callx12 => Call(12),
        Op::Entry => Entry,
        Op::Ret | Op::RetN | Op::Retw | Op::RetwN => Return,
        _ => return arithmetic(insn).or_else(|| branch(insn.op)),
    })
}

/// Returns true for special registers that no admitted instruction changes.
fn is_unchanged(n: u8) -> bool {
    n == sr::PS
        || n == sr::PRID
        || (sr::EXCSAVE1..=sr::EXCSAVE7).contains(&n)
        || (sr::MISC0..=sr::MISC3).contains(&n)
}

fn arithmetic(insn: &Insn) -> Option<Class> {
    use Class::{Function, Linear, Steady};
    Some(match insn.op {
        Op::Add | Op::AddN => Linear(1, 1),
        Op::Addx2 => Linear(2, 1),
        Op::Addx4 => Linear(4, 1),
        Op::Addx8 => Linear(8, 1),
        Op::Sub => Linear(1, MINUS),
        Op::Subx2 => Linear(2, MINUS),
        Op::Subx4 => Linear(4, MINUS),
        Op::Subx8 => Linear(8, MINUS),
        Op::Neg => Linear(0, MINUS),
        Op::AddiN | Op::Addi | Op::Addmi | Op::MovN => Linear(1, 0),
        Op::Or if insn.s == insn.t => Linear(1, 0),
        Op::Slli => Linear(1u32.checked_shl(insn.imm as u32).unwrap_or(0), 0),
        Op::Movi | Op::MoviN | Op::And | Op::Or | Op::Xor | Op::Abs | Op::Sext | Op::Clamps => Function,
        Op::Min | Op::Max | Op::Minu | Op::Maxu | Op::Nsa | Op::Nsau => Function,
        Op::Sll | Op::Srl | Op::Sra | Op::Src | Op::Srai | Op::Srli | Op::Extui => Function,
        Op::Mul16u | Op::Mul16s | Op::Mull | Op::Muluh | Op::Mulsh => Function,
        Op::Quou | Op::Quos | Op::Remu | Op::Rems => Function,
        Op::Moveqz | Op::Movnez | Op::Movltz | Op::Movgez | Op::Movf | Op::Movt => Steady,
        Op::Ssr | Op::Ssl | Op::Ssa8l | Op::Ssa8b | Op::Ssai => Steady,
        _ => return None,
    })
}

fn branch(op: Op) -> Option<Class> {
    use Class::{Compare, Steady};
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
        Op::Bany | Op::Bnone | Op::Ball | Op::Bnall | Op::Bbc | Op::Bbs | Op::Bbci | Op::Bbsi => Steady,
        _ => return None,
    })
}
