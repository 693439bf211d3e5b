//! Shifts and the shift amount register.

use super::InsnAt;
use crate::emit::{Emit, Next, Slot};
use cranelift_codegen::ir::{InstBuilder, Value, types};
use esplens_core::isa::Op;

/// Translates an instruction of the family.
pub fn lower(e: &mut Emit, at: InsnAt) -> Option<Next> {
    if let Some(amount) = amount(e, at) {
        e.set(Slot::SAR, amount);
        return Some(Next::Falls);
    }
    let value = by_constant(e, at).or_else(|| by_sar(e, at))?;
    e.set_a(at.o.r, value);
    Some(Next::Falls)
}

fn amount(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let o = at.o;
    let mask = match at.insn.op {
        Op::Ssai => return Some(e.word(o.imm & 31)),
        Op::Ssr | Op::Ssl => 31,
        Op::Ssa8l | Op::Ssa8b => 3,
        _ => return None,
    };
    let s = e.a(o.s);
    let mut amount = e.b.ins().band_imm_s(s, mask);
    if mask == 3 {
        amount = e.b.ins().ishl_imm_s(amount, 3);
    }
    if matches!(at.insn.op, Op::Ssl | Op::Ssa8b) {
        let all = e.word(32);
        amount = e.b.ins().isub(all, amount);
    }
    Some(amount)
}

fn by_constant(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let o = at.o;
    Some(match at.insn.op {
        // 32 is the decoded amount of the undefined encoding 0: all bits are shifted out.
        Op::Slli if o.imm & 63 >= 32 => e.word(0),
        Op::Slli => {
            let s = e.a(o.s);
            e.b.ins().ishl_imm_s(s, i64::from(o.imm & 31))
        }
        Op::Srli => {
            let t = e.a(o.t);
            e.b.ins().ushr_imm_s(t, i64::from(o.imm & 31))
        }
        Op::Srai => {
            let t = e.a(o.t);
            e.b.ins().sshr_imm_s(t, i64::from(o.imm & 31))
        }
        Op::Extui => {
            let t = e.a(o.t);
            let shifted = e.b.ins().ushr_imm_s(t, i64::from(o.imm & 31));
            let mask = u32::MAX >> (32 - (o.imm >> 8 & 31).clamp(1, 16));
            e.b.ins().band_imm_s(shifted, i64::from(mask))
        }
        _ => return None,
    })
}

/// Translates 64-bit right shifts by SAR whose result is the low word.
fn by_sar(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let (o, op) = (at.o, at.insn.op);
    let wide = match op {
        Op::Srl | Op::Sra => {
            let t = e.a(o.t);
            if op == Op::Srl { e.b.ins().uextend(types::I64, t) } else { e.b.ins().sextend(types::I64, t) }
        }
        Op::Sll | Op::Src => {
            let s = e.a(o.s);
            let s = e.b.ins().uextend(types::I64, s);
            let high = e.b.ins().ishl_imm_s(s, 32);
            if op == Op::Sll {
                high
            } else {
                let t = e.a(o.t);
                let t = e.b.ins().uextend(types::I64, t);
                e.b.ins().bor(high, t)
            }
        }
        _ => return None,
    };
    // The host shifts by the amount modulo 64; SAR has six bits.
    let sar = e.get(Slot::SAR);
    let shifted = if op == Op::Sra { e.b.ins().sshr(wide, sar) } else { e.b.ins().ushr(wide, sar) };
    Some(e.b.ins().ireduce(types::I32, shifted))
}
