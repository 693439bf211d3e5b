//! Integer arithmetic, logic, moves, bit counts, multiplication and division.

use super::InsnAt;
use crate::emit::{Emit, Next};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use esplens_core::isa::Op;

/// Translates an instruction of the family.
pub fn lower(e: &mut Emit, at: InsnAt) -> Option<Next> {
    let (o, op) = (at.o, at.insn.op);
    let value = constant(e, at)
        .or_else(|| sum(e, at))
        .or_else(|| conditional(e, at))
        .or_else(|| unary(e, at))
        .or_else(|| product(e, at))
        .or_else(|| quotient(e, at));
    let value = match op {
        Op::Nop | Op::NopN | Op::Rsync | Op::Esync | Op::Dsync | Op::Excw | Op::Memw | Op::Extw => {
            return Some(Next::Falls);
        }
        _ => value?,
    };
    let to = match op {
        Op::Addi | Op::Addmi | Op::MovN | Op::Movi | Op::Nsa | Op::Nsau => o.t,
        Op::MoviN => o.s,
        _ => o.r,
    };
    e.set_a(to, value);
    Some(Next::Falls)
}

fn constant(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let (o, op) = (at.o, at.insn.op);
    Some(match op {
        Op::Movi | Op::MoviN => e.word(o.imm),
        Op::MovN => e.a(o.s),
        Op::Addi | Op::Addmi | Op::AddiN => {
            let (s, imm) = (e.a(o.s), e.word(o.imm));
            e.b.ins().iadd(s, imm)
        }
        _ => return None,
    })
}

fn sum(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let (o, op) = (at.o, at.insn.op);
    let shift = match op {
        Op::Addx2 | Op::Subx2 => 1,
        Op::Addx4 | Op::Subx4 => 2,
        Op::Addx8 | Op::Subx8 => 3,
        Op::Add | Op::AddN | Op::Sub | Op::And | Op::Or | Op::Xor => 0,
        _ => return None,
    };
    let (mut s, t) = (e.a(o.s), e.a(o.t));
    if shift > 0 {
        s = e.b.ins().ishl_imm_s(s, shift);
    }
    Some(match op {
        Op::Sub | Op::Subx2 | Op::Subx4 | Op::Subx8 => e.b.ins().isub(s, t),
        Op::And => e.b.ins().band(s, t),
        Op::Or if o.s == o.t => s,
        Op::Or => e.b.ins().bor(s, t),
        Op::Xor => e.b.ins().bxor(s, t),
        _ => e.b.ins().iadd(s, t),
    })
}

/// Translates moves that depend on a register, minimum and maximum.
fn conditional(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let (o, op) = (at.o, at.insn.op);
    let moved = match op {
        Op::Moveqz => Some(IntCC::Equal),
        Op::Movnez => Some(IntCC::NotEqual),
        Op::Movltz => Some(IntCC::SignedLessThan),
        Op::Movgez => Some(IntCC::SignedGreaterThanOrEqual),
        _ => None,
    };
    if let Some(cond) = moved {
        let (s, t, r) = (e.a(o.s), e.a(o.t), e.a(o.r));
        let cond = e.b.ins().icmp_imm_s(cond, t, 0);
        return Some(e.b.ins().select(cond, s, r));
    }
    if !matches!(op, Op::Min | Op::Max | Op::Minu | Op::Maxu) {
        return None;
    }
    let (s, t) = (e.a(o.s), e.a(o.t));
    Some(match op {
        Op::Min => e.b.ins().smin(s, t),
        Op::Max => e.b.ins().smax(s, t),
        Op::Minu => e.b.ins().umin(s, t),
        _ => e.b.ins().umax(s, t),
    })
}

fn unary(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let (o, op) = (at.o, at.insn.op);
    Some(match op {
        Op::Abs => {
            let t = e.a(o.t);
            e.b.ins().iabs(t)
        }
        Op::Neg => {
            let t = e.a(o.t);
            e.b.ins().ineg(t)
        }
        Op::Nsau => {
            let s = e.a(o.s);
            e.b.ins().clz(s)
        }
        Op::Nsa => {
            let s = e.a(o.s);
            let sign = e.b.ins().sshr_imm_s(s, 31);
            let folded = e.b.ins().bxor(s, sign);
            let zeros = e.b.ins().clz(folded);
            e.b.ins().iadd_imm_s(zeros, -1)
        }
        Op::Sext => {
            let by = 31 - i64::from(o.imm & 31);
            let s = e.a(o.s);
            let high = e.b.ins().ishl_imm_s(s, by);
            e.b.ins().sshr_imm_s(high, by)
        }
        Op::Clamps => {
            let top = (1i64 << (o.imm & 31)) - 1;
            let s = e.a(o.s);
            let (low, high) =
                (e.b.ins().iconst(types::I32, (-top - 1) & 0xFFFF_FFFF), e.b.ins().iconst(types::I32, top));
            let s = e.b.ins().smax(s, low);
            e.b.ins().smin(s, high)
        }
        _ => return None,
    })
}

fn product(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let (o, op) = (at.o, at.insn.op);
    if !matches!(op, Op::Mull | Op::Muluh | Op::Mulsh | Op::Mul16u | Op::Mul16s) {
        return None;
    }
    let (s, t) = (e.a(o.s), e.a(o.t));
    let low = |e: &mut Emit, v| e.b.ins().ireduce(types::I16, v);
    Some(match op {
        Op::Mull => e.b.ins().imul(s, t),
        Op::Muluh => e.b.ins().umulhi(s, t),
        Op::Mulsh => e.b.ins().smulhi(s, t),
        Op::Mul16u => {
            let (s, t) = (e.b.ins().band_imm_s(s, 0xFFFF), e.b.ins().band_imm_s(t, 0xFFFF));
            e.b.ins().imul(s, t)
        }
        _ => {
            let (s, t) = (low(e, s), low(e, t));
            let (s, t) = (e.b.ins().sextend(types::I32, s), e.b.ins().sextend(types::I32, t));
            e.b.ins().imul(s, t)
        }
    })
}

/// Translates division. A zero divisor raises an exception and is left to the interpreter.
fn quotient(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let (o, op) = (at.o, at.insn.op);
    if !matches!(op, Op::Quou | Op::Remu | Op::Quos | Op::Rems) {
        return None;
    }
    let (s, t) = (e.a(o.s), e.a(o.t));
    let exit = e.exit_at(o);
    e.go_on_if(t, exit);
    Some(match op {
        Op::Quou => e.b.ins().udiv(s, t),
        Op::Remu => e.b.ins().urem(s, t),
        _ => signed_quotient(e, op, s, t),
    })
}

/// Translates signed division. The host's division of the most negative number by -1 would trap, so division
/// by -1 is handled separately.
fn signed_quotient(e: &mut Emit, op: Op, s: Value, t: Value) -> Value {
    let minus = e.b.ins().icmp_imm_s(IntCC::Equal, t, -1);
    let one = e.word(1);
    let by = e.b.ins().select(minus, one, t);
    if op == Op::Quos {
        let (plain, negated) = (e.b.ins().sdiv(s, by), e.b.ins().ineg(s));
        e.b.ins().select(minus, negated, plain)
    } else {
        // The remainder is 0 for divisors 1 and -1 alike.
        e.b.ins().srem(s, by)
    }
}
