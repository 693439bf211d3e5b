//! Floating point: loads and stores, moves, arithmetic, conversions, comparisons, the divide and square-root helpers
//! and the double-precision accelerator (ISA 4.3.11). The arithmetic itself is in [`crate::cpu::fpu`].

use super::boolean::{get, put};
use super::load_store::attempt;
use super::{Table, fpu_off, illegal};
use crate::cpu::exception::Cause;
use crate::cpu::fpu;
use crate::cpu::fpu::dfp::{self, DfpState};
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

pub(super) const TABLE: Table = &[
    (Op::Lsi, lsi),
    (Op::Lsip, lsip),
    (Op::Lsx, lsx),
    (Op::Lsxp, lsxp),
    (Op::Ssi, ssi),
    (Op::Ssip, ssip),
    (Op::Ssx, ssx),
    (Op::Ssxp, ssxp),
    (Op::AbsS, abs_s),
    (Op::NegS, neg_s),
    (Op::MovS, mov_s),
    (Op::MoveqzS, moveqz_s),
    (Op::MovnezS, movnez_s),
    (Op::MovltzS, movltz_s),
    (Op::MovgezS, movgez_s),
    (Op::MovfS, movf_s),
    (Op::MovtS, movt_s),
    (Op::Wfr, wfr),
    (Op::Rfr, rfr),
    (Op::RoundS, round_s),
    (Op::CeilS, ceil_s),
    (Op::FloorS, floor_s),
    (Op::TruncS, trunc_s),
    (Op::UtruncS, utrunc_s),
    (Op::FloatS, float_s),
    (Op::UfloatS, ufloat_s),
    (Op::UnS, un_s),
    (Op::UltS, ult_s),
    (Op::UleS, ule_s),
    (Op::UeqS, ueq_s),
    (Op::OltS, olt_s),
    (Op::OleS, ole_s),
    (Op::OeqS, oeq_s),
    (Op::AddS, add_s),
    (Op::SubS, sub_s),
    (Op::MulS, mul_s),
    (Op::MaddS, madd_s),
    (Op::MsubS, msub_s),
    (Op::MaddnS, maddn_s),
    (Op::DivnS, divn_s),
    (Op::Sqrt0S, sqrt0_s),
    (Op::Div0S, div0_s),
    (Op::Recip0S, recip0_s),
    (Op::Rsqrt0S, rsqrt0_s),
    (Op::ConstS, const_s),
    (Op::Nexp01S, nexp01_s),
    (Op::AddexpS, addexp_s),
    (Op::AddexpmS, addexpm_s),
    (Op::MkdadjS, mkdadj_s),
    (Op::MksadjS, mksadj_s),
    (Op::F64cmpl, f64cmpl),
    (Op::F64cmph, f64cmph),
    (Op::F64iter, not_established),
    (Op::F64rnd, not_established),
    (Op::F64addc, not_established),
    (Op::F64subc, not_established),
    (Op::F64sig, not_established),
    (Op::F64norm, not_established),
    (Op::F64sexp, not_established),
    (Op::Rf64r, not_established),
    (Op::Wf64r, not_established),
];

/// Returns float register `n`.
#[inline(always)]
fn f(c: &Ctx, n: u8) -> u32 {
    c.cpu.fr[usize::from(n & 15)]
}

#[inline(always)]
fn set_f(c: &mut Ctx, n: u8, v: u32) {
    c.cpu.fr[usize::from(n & 15)] = v;
}

#[cold]
fn disabled(c: &mut Ctx, o: &DecOp) -> Done {
    c.raise(o, Cause::Coprocessor0Disabled)
}

/// Defines handlers that compute a float register (`fr`), an address register (`ar`) or a boolean (`br`) at
/// field r.
macro_rules! float_op {
    ($( $name:ident: $kind:ident = |$c:ident, $o:ident| $value:expr; )+) => {
        $( fn $name($c: &mut Ctx, $o: &DecOp) -> Done {
            if fpu_off($c) {
                return disabled($c, $o);
            }
            let value = $value;
            float_op!(@$kind $c, $o, value);
            Done::Next
        } )+
    };
    (@fr $c:ident, $o:ident, $v:ident) => { set_f($c, $o.r, $v) };
    (@ar $c:ident, $o:ident, $v:ident) => { $c.set($o.r, $v) };
    (@br $c:ident, $o:ident, $v:ident) => { put($c, $o.r, $v) };
}

float_op! {
    abs_s: fr = |c, o| fpu::abs(f(c, o.s));
    neg_s: fr = |c, o| fpu::neg(f(c, o.s));
    mov_s: fr = |c, o| fpu::mov(f(c, o.s));
    moveqz_s: fr = |c, o| if c.a(o.t) == 0 { f(c, o.s) } else { f(c, o.r) };
    movnez_s: fr = |c, o| if c.a(o.t) != 0 { f(c, o.s) } else { f(c, o.r) };
    movltz_s: fr = |c, o| if (c.a(o.t) as i32) < 0 { f(c, o.s) } else { f(c, o.r) };
    movgez_s: fr = |c, o| if c.a(o.t) as i32 >= 0 { f(c, o.s) } else { f(c, o.r) };
    movf_s: fr = |c, o| if get(c, o.t) { f(c, o.r) } else { f(c, o.s) };
    movt_s: fr = |c, o| if get(c, o.t) { f(c, o.s) } else { f(c, o.r) };
    wfr: fr = |c, o| c.a(o.s);
    rfr: ar = |c, o| f(c, o.s);
    round_s: ar = |c, o| { let a = f(c, o.s); fpu::round(&mut c.cpu.fp, a, o.imm) };
    ceil_s: ar = |c, o| { let a = f(c, o.s); fpu::ceil(&mut c.cpu.fp, a, o.imm) };
    floor_s: ar = |c, o| { let a = f(c, o.s); fpu::floor(&mut c.cpu.fp, a, o.imm) };
    trunc_s: ar = |c, o| { let a = f(c, o.s); fpu::trunc(&mut c.cpu.fp, a, o.imm) };
    utrunc_s: ar = |c, o| { let a = f(c, o.s); fpu::utrunc(&mut c.cpu.fp, a, o.imm) };
    float_s: fr = |c, o| { let a = c.a(o.s) as i32; fpu::float_s(&mut c.cpu.fp, a, o.imm) };
    ufloat_s: fr = |c, o| { let a = c.a(o.s); fpu::ufloat_s(&mut c.cpu.fp, a, o.imm) };
    un_s: br = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::un(&mut c.cpu.fp, a, b) };
    ult_s: br = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::ult(&mut c.cpu.fp, a, b) };
    ule_s: br = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::ule(&mut c.cpu.fp, a, b) };
    ueq_s: br = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::ueq(&mut c.cpu.fp, a, b) };
    olt_s: br = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::olt(&mut c.cpu.fp, a, b) };
    ole_s: br = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::ole(&mut c.cpu.fp, a, b) };
    oeq_s: br = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::oeq(&mut c.cpu.fp, a, b) };
    add_s: fr = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::add(&mut c.cpu.fp, a, b) };
    sub_s: fr = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::sub(&mut c.cpu.fp, a, b) };
    mul_s: fr = |c, o| { let (a, b) = (f(c, o.s), f(c, o.t)); fpu::mul(&mut c.cpu.fp, a, b) };
    madd_s: fr = |c, o| { let (d, a, b) = (f(c, o.r), f(c, o.s), f(c, o.t)); fpu::madd(&mut c.cpu.fp, d, a, b) };
    msub_s: fr = |c, o| { let (d, a, b) = (f(c, o.r), f(c, o.s), f(c, o.t)); fpu::msub(&mut c.cpu.fp, d, a, b) };
    maddn_s: fr = |c, o| fpu::maddn(f(c, o.r), f(c, o.s), f(c, o.t));
    divn_s: fr = |c, o| { let (d, a, b) = (f(c, o.r), f(c, o.s), f(c, o.t)); fpu::divn(&mut c.cpu.fp, d, a, b) };
    sqrt0_s: fr = |c, o| fpu::sqrt0(f(c, o.s));
    div0_s: fr = |c, o| fpu::div0(f(c, o.s));
    recip0_s: fr = |c, o| fpu::recip0(f(c, o.s));
    rsqrt0_s: fr = |c, o| fpu::rsqrt0(f(c, o.s));
    const_s: fr = |_c, o| fpu::const_s(o.imm);
    nexp01_s: fr = |c, o| fpu::nexp01(f(c, o.s));
    addexp_s: fr = |c, o| fpu::addexp(f(c, o.r), f(c, o.s));
    addexpm_s: fr = |c, o| fpu::addexpm(f(c, o.r), f(c, o.s));
    mkdadj_s: fr = |c, o| { let (d, a) = (f(c, o.r), f(c, o.s)); fpu::mkdadj(&mut c.cpu.fp, d, a) };
    mksadj_s: fr = |c, o| { let a = f(c, o.s); fpu::mksadj(&mut c.cpu.fp, a) };
}

/// Implements the common part of the loads: reads `addr` into FR(`n`), then sets AR(s) to `update` if there
/// is one.
#[inline(always)]
fn load(c: &mut Ctx, o: &DecOp, n: u8, addr: u32, update: Option<u32>) -> Done {
    if fpu_off(c) {
        return disabled(c, o);
    }
    let v = match c.fast_load32(addr) {
        Some(v) => v,
        None => attempt!(c.slow_load(o, addr, 4)),
    };
    set_f(c, n, v);
    if let Some(v) = update {
        c.set(o.s, v);
    }
    c.done()
}

/// Implements the common part of the stores: writes FR(`n`) to `addr`, then sets AR(s) to `update` if there
/// is one.
#[inline(always)]
fn store(c: &mut Ctx, o: &DecOp, n: u8, addr: u32, update: Option<u32>) -> Done {
    if fpu_off(c) {
        return disabled(c, o);
    }
    let v = f(c, n);
    if !c.fast_store32(addr, v) {
        attempt!(c.slow_store(o, addr, 4, v));
    }
    if let Some(v) = update {
        c.set(o.s, v);
    }
    c.done()
}

/// Defines the plain form (`at base + offset`) and the post-modified form (`at base, then base += offset`) of
/// an access.
macro_rules! float_access {
    ($( $plain:ident $post:ident: $what:ident $reg:ident |$c:ident, $o:ident| $offset:expr; )+) => {
        $(
            fn $plain($c: &mut Ctx, $o: &DecOp) -> Done {
                let addr = $c.a($o.s).wrapping_add($offset);
                $what($c, $o, $o.$reg, addr, None)
            }
            fn $post($c: &mut Ctx, $o: &DecOp) -> Done {
                let addr = $c.a($o.s);
                let next = addr.wrapping_add($offset);
                $what($c, $o, $o.$reg, addr, Some(next))
            }
        )+
    };
}

float_access! {
    lsi lsip: load t |c, o| o.imm;
    lsx lsxp: load r |c, o| c.a(o.t);
    ssi ssip: store t |c, o| o.imm;
    ssx ssxp: store r |c, o| c.a(o.t);
}

/// Runs `go` on the accelerator's registers.
fn with_dfp<R>(c: &mut Ctx, go: impl FnOnce(&mut DfpState) -> R) -> R {
    let mut st = DfpState { f64r_lo: c.cpu.f64r_lo, f64r_hi: c.cpu.f64r_hi, f64s: c.cpu.f64s };
    let r = go(&mut st);
    (c.cpu.f64r_lo, c.cpu.f64r_hi, c.cpu.f64s) = (st.f64r_lo, st.f64r_hi, st.f64s);
    r
}

fn f64cmpl(c: &mut Ctx, o: &DecOp) -> Done {
    let (s, t) = (c.a(o.s), c.a(o.t));
    with_dfp(c, |st| dfp::f64cmpl(st, s, t));
    Done::Next
}

fn f64cmph(c: &mut Ctx, o: &DecOp) -> Done {
    let (s, t) = (c.a(o.s), c.a(o.t));
    match with_dfp(c, |st| dfp::f64cmph(st, s, t, o.imm)) {
        Some(v) => {
            c.set(o.r, v);
            Done::Next
        }
        None => not_established(c, o),
    }
}

/// Raises IllegalInstruction for accelerator operations that no public source specifies
/// (docs/decisions/dfp-accel.md), rather than computing a wrong number.
fn not_established(c: &mut Ctx, o: &DecOp) -> Done {
    tracing::warn!(
        pc = format_args!("{:#010x}", o.pc),
        "double-precision accelerator operation is not modelled"
    );
    illegal(c, o)
}

#[cfg(test)]
mod tests;
