//! Single-precision floating point on the host's unit, where result and flags are provably the same: rounding
//! to nearest, with results that are zero or normal. Everything else is left to the handlers, which use
//! `esplens_core::cpu::fpu`.
//!
//! The function's prologue has checked that coprocessor 0 is enabled and that FCR selects rounding to
//! nearest.

use super::InsnAt;
use super::memory::{load, store};
use crate::emit::{Emit, Next, Slot};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use esplens_core::cpu::fpu::INEXACT;
use esplens_core::engine::DecOp;
use esplens_core::isa::Op;

/// Returns whether the translation of an instruction assumes that coprocessor 0 is enabled.
pub fn needs_fpu(op: Op) -> bool {
    computes(op) || is_access(op) || is_move(op)
}

/// Returns whether the translation of an instruction assumes rounding to nearest.
pub fn computes(op: Op) -> bool {
    matches!(op, Op::AddS | Op::SubS | Op::MulS | Op::MaddS | Op::MsubS | Op::MaddnS)
}

fn is_access(op: Op) -> bool {
    matches!(op, Op::Lsi | Op::Lsip | Op::Lsx | Op::Lsxp | Op::Ssi | Op::Ssip | Op::Ssx | Op::Ssxp)
}

fn is_move(op: Op) -> bool {
    use Op::{AbsS, MoveqzS, MovgezS, MovltzS, MovnezS};
    matches!(op, AbsS | Op::NegS | Op::MovS | MoveqzS | MovnezS | MovltzS | MovgezS | Op::Wfr | Op::Rfr)
}

/// Translates an instruction of the family.
pub fn lower(e: &mut Emit, at: InsnAt) -> Option<Next> {
    let (o, op) = (at.o, at.insn.op);
    if is_access(op) {
        access(e, at);
    } else if op == Op::Rfr {
        let value = f(e, o.s);
        let value = e.b.ins().bitcast(types::I32, MemFlagsData::new(), value);
        e.set_a(o.r, value);
    } else if is_move(op) {
        let value = moved(e, at);
        e.set(Slot::f(o.r), value);
    } else if computes(op) {
        let value = arithmetic(e, at);
        e.set(Slot::f(o.r), value);
    } else {
        return None;
    }
    Some(Next::Falls)
}

fn f(e: &mut Emit, n: u8) -> Value {
    e.get(Slot::f(n))
}

fn access(e: &mut Emit, at: InsnAt) {
    let (o, op) = (at.o, at.insn.op);
    let (n, constant) = match op {
        Op::Lsi | Op::Lsip | Op::Ssi | Op::Ssip => (o.t, true),
        _ => (o.r, false),
    };
    let base = e.a(o.s);
    let offset = if constant { e.word(o.imm) } else { e.a(o.t) };
    let sum = e.b.ins().iadd(base, offset);
    let later = matches!(op, Op::Lsip | Op::Lsxp | Op::Ssip | Op::Ssxp);
    let addr = if later { base } else { sum };
    if matches!(op, Op::Lsi | Op::Lsip | Op::Lsx | Op::Lsxp) {
        let value = load(e, o, addr, types::F32, 4);
        e.set(Slot::f(n), value);
    } else {
        let value = f(e, n);
        store(e, o, addr, 4, value);
    }
    if later {
        e.set_a(o.s, sum);
    }
}

/// Translates moves and sign operations.
fn moved(e: &mut Emit, at: InsnAt) -> Value {
    let (o, op) = (at.o, at.insn.op);
    if op == Op::Wfr {
        let value = e.a(o.s);
        return e.b.ins().bitcast(types::F32, MemFlagsData::new(), value);
    }
    let s = f(e, o.s);
    let cond = match op {
        Op::AbsS => return e.b.ins().fabs(s),
        Op::NegS => return e.b.ins().fneg(s),
        Op::MoveqzS => IntCC::Equal,
        Op::MovnezS => IntCC::NotEqual,
        Op::MovltzS => IntCC::SignedLessThan,
        Op::MovgezS => IntCC::SignedGreaterThanOrEqual,
        _ => return s,
    };
    let (t, r) = (e.a(o.t), f(e, o.r));
    let cond = e.b.ins().icmp_imm_s(cond, t, 0);
    e.b.ins().select(cond, s, r)
}

fn arithmetic(e: &mut Emit, at: InsnAt) -> Value {
    let (o, op) = (at.o, at.insn.op);
    let (s, t) = (f(e, o.s), f(e, o.t));
    if op == Op::AddS {
        return sum(e, o, s, t);
    }
    if op == Op::SubS {
        // Subtraction rounds like addition of the negated operand. They differ only for NaNs, which are left
        // to the handler.
        let t = e.b.ins().fneg(t);
        return sum(e, o, s, t);
    }
    let (a, b) = (wide(e, s), wide(e, t));
    // The product of two 24-bit significands fits a double's 53 bits, so it is exact.
    let mut exact = e.b.ins().fmul(a, b);
    if op == Op::MsubS {
        exact = e.b.ins().fneg(exact);
    }
    if op != Op::MulS {
        let acc = f(e, o.r);
        let acc = wide(e, acc);
        exact = sum_to_odd(e, exact, acc);
    }
    rounded(e, o, exact, op != Op::MaddnS)
}

fn wide(e: &mut Emit, v: Value) -> Value {
    e.b.ins().fpromote(types::F64, v)
}

/// Returns the exact rounding error of `sum`, which is `x + y` rounded (Knuth's two-sum).
fn rest(e: &mut Emit, x: Value, y: Value, sum: Value) -> Value {
    let y_part = e.b.ins().fsub(sum, x);
    let x_part = e.b.ins().fsub(sum, y_part);
    let (x_rest, y_rest) = (e.b.ins().fsub(x, x_part), e.b.ins().fsub(y, y_part));
    e.b.ins().fadd(x_rest, y_rest)
}

/// Returns `x + y` in single precision.
fn sum(e: &mut Emit, o: &DecOp, x: Value, y: Value) -> Value {
    let exit = e.exit_at(o);
    let sum = e.b.ins().fadd(x, y);
    let bits = e.b.ins().bitcast(types::I32, MemFlagsData::new(), sum);
    let exponent = e.b.ins().band_imm_s(bits, 0x7F80_0000);
    let finite = e.b.ins().icmp_imm_s(IntCC::NotEqual, exponent, 0x7F80_0000);
    e.go_on_if(finite, exit);
    let rest = rest(e, x, y, sum);
    let zero = e.b.ins().f32const(0.0);
    let inexact = e.b.ins().fcmp(FloatCC::NotEqual, rest, zero);
    raise_inexact(e, inexact);
    sum
}

fn raise_inexact(e: &mut Emit, inexact: Value) {
    let bit = e.b.ins().uextend(types::I32, inexact);
    let bit = e.b.ins().ishl_imm_s(bit, i64::from(INEXACT.trailing_zeros()));
    let flags = e.get(Slot::FSR);
    let flags = e.b.ins().bor(flags, bit);
    e.set(Slot::FSR, flags);
}

/// Returns `x + y` as a double rounded to odd. Rounding that once more to single precision is correct.
fn sum_to_odd(e: &mut Emit, x: Value, y: Value) -> Value {
    let sum = e.b.ins().fadd(x, y);
    let rest = rest(e, x, y, sum);
    let zero = e.b.ins().f64const(0.0);
    let inexact = e.b.ins().fcmp(FloatCC::NotEqual, rest, zero);
    let bits = e.b.ins().bitcast(types::I64, MemFlagsData::new(), sum);
    let rest = e.b.ins().bitcast(types::I64, MemFlagsData::new(), rest);
    // Away from zero by one unit if the error has the sum's sign, else toward zero.
    let signs = e.b.ins().bxor(bits, rest);
    let by = e.b.ins().sshr_imm_s(signs, 63);
    let by = e.b.ins().bor_imm_s(by, 1);
    let odd = e.b.ins().iadd(bits, by);
    let last = e.b.ins().band_imm_s(bits, 1);
    let even = e.b.ins().icmp_imm_s(IntCC::Equal, last, 0);
    let adjust = e.b.ins().band(inexact, even);
    let bits = e.b.ins().select(adjust, odd, bits);
    e.b.ins().bitcast(types::F64, MemFlagsData::new(), bits)
}

/// Rounds an exact value, or one rounded to odd, to single precision. Exits before `o` unless the result is
/// an exact zero, or a normal number well above the smallest one.
fn rounded(e: &mut Emit, o: &DecOp, exact: Value, raises: bool) -> Value {
    let exit = e.exit_at(o);
    let result = e.b.ins().fdemote(types::F32, exact);
    let bits = e.b.ins().bitcast(types::I32, MemFlagsData::new(), result);
    let exponent = e.b.ins().band_imm_s(bits, 0x7F80_0000);
    let above = e.b.ins().iadd_imm_s(exponent, -0x0100_0000);
    let normal = e.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, above, 0x7E80_0000);
    let zero = e.b.ins().f64const(0.0);
    let nothing = e.b.ins().fcmp(FloatCC::Equal, exact, zero);
    let plain = e.b.ins().bor(normal, nothing);
    e.go_on_if(plain, exit);
    if raises {
        let back = wide(e, result);
        let inexact = e.b.ins().fcmp(FloatCC::NotEqual, back, exact);
        raise_inexact(e, inexact);
    }
    result
}
