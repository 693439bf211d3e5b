//! Special registers, exceptions and interrupts, synchronisation, debugging (ISA 4.3.15, 4.4).

use super::{Table, compute, fpu_off, illegal};
use crate::cpu::debug_regs::cause as debug_cause;
use crate::cpu::exception::Cause;
use crate::cpu::ps;
use crate::debug::Stop;
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::{Op, sr, ur};

pub(super) const TABLE: Table = &[
    (Op::Rsr, rsr),
    (Op::Wsr, wsr),
    (Op::Xsr, xsr),
    (Op::Rur, rur),
    (Op::Wur, wur),
    (Op::Rer, rer),
    (Op::Wer, wer),
    (Op::Rsil, rsil),
    (Op::Waiti, waiti),
    (Op::Rfe, rfe),
    (Op::Rfde, rfde),
    (Op::Rfi, rfi),
    (Op::Syscall, syscall),
    (Op::Simcall, simcall),
    (Op::Break, break_),
    (Op::BreakN, break_n),
    (Op::Isync, exit_block),
    (Op::Rsync, nothing),
    (Op::Esync, nothing),
    (Op::Dsync, nothing),
    (Op::Excw, nothing),
    (Op::Memw, nothing),
    (Op::Extw, nothing),
    (Op::ReadImpwire, read_impwire),
    (Op::SetbExpstate, setb_expstate),
    (Op::ClrbExpstate, clrb_expstate),
    (Op::WrmskExpstate, wrmsk_expstate),
];

fn nothing(_c: &mut Ctx, _o: &DecOp) -> Done {
    Done::Next
}

fn exit_block(_c: &mut Ctx, _o: &DecOp) -> Done {
    Done::Exit
}

fn read_sr(c: &Ctx, o: &DecOp, n: u8) -> Option<u32> {
    match n {
        sr::CCOUNT => Some(c.ccount_at(o)),
        _ => c.cpu.read_special(n),
    }
}

fn write_sr(c: &mut Ctx, o: &DecOp, n: u8, v: u32) -> Option<()> {
    if n == sr::CCOUNT {
        // The write takes effect at this instruction's cycle.
        c.cpu.ccount_offset = v.wrapping_sub(c.base.wrapping_add(u64::from(o.index)) as u32);
        return Some(());
    }
    c.cpu.write_special(n, v, c.core, c.mem)
}

fn rsr(c: &mut Ctx, o: &DecOp) -> Done {
    match read_sr(c, o, o.imm as u8) {
        Some(v) => {
            c.set(o.t, v);
            if o.imm == u32::from(sr::CCOUNT) {
                c.polls.note(o.pc, c.cycle_of(o));
            }
            c.done()
        }
        None => illegal(c, o),
    }
}

fn wsr(c: &mut Ctx, o: &DecOp) -> Done {
    let v = c.a(o.t);
    match write_sr(c, o, o.imm as u8, v) {
        Some(()) => Done::Exit,
        None => illegal(c, o),
    }
}

fn xsr(c: &mut Ctx, o: &DecOp) -> Done {
    let (n, new) = (o.imm as u8, c.a(o.t));
    let Some(old) = read_sr(c, o, n) else { return illegal(c, o) };
    if write_sr(c, o, n, new).is_none() {
        return illegal(c, o);
    }
    // Use the window that the instruction was fetched with: WINDOWBASE may have changed.
    if n == sr::WINDOWBASE {
        let at = (old * 4 + u32::from(o.t)) as usize % crate::cpu::AREGS;
        c.cpu.ar[at] = old;
    } else {
        c.set(o.t, old);
    }
    Done::Exit
}

/// Returns true for FCR and FSR while coprocessor 0, which they belong to, is disabled.
fn user_register_off(c: &Ctx, n: u8) -> bool {
    matches!(n, ur::FCR | ur::FSR) && fpu_off(c)
}

fn rur(c: &mut Ctx, o: &DecOp) -> Done {
    let n = o.imm as u8;
    if user_register_off(c, n) {
        return c.raise(o, Cause::Coprocessor0Disabled);
    }
    match c.cpu.read_user(n) {
        Some(v) => {
            c.set(o.r, v);
            Done::Next
        }
        None => illegal(c, o),
    }
}

fn wur(c: &mut Ctx, o: &DecOp) -> Done {
    let (n, v) = (o.imm as u8, c.a(o.t));
    if user_register_off(c, n) {
        return c.raise(o, Cause::Coprocessor0Disabled);
    }
    match c.cpu.write_user(n, v) {
        Some(()) => Done::Next,
        None => illegal(c, o),
    }
}

fn rer(c: &mut Ctx, o: &DecOp) -> Done {
    let v = c.rer(o, c.a(o.s));
    c.set(o.t, v);
    c.done()
}

fn wer(c: &mut Ctx, o: &DecOp) -> Done {
    c.wer(o, c.a(o.s), c.a(o.t));
    Done::Exit
}

fn rsil(c: &mut Ctx, o: &DecOp) -> Done {
    let old = c.cpu.ps;
    c.set(o.t, old);
    c.cpu.set_ps(old & !ps::INTLEVEL | o.imm & 15);
    Done::Exit
}

fn waiti(c: &mut Ctx, o: &DecOp) -> Done {
    let new = c.cpu.ps & !ps::INTLEVEL | o.imm & 15;
    c.cpu.set_ps(new);
    c.cpu.waiting = true;
    Done::Exit
}

fn rfe(c: &mut Ctx, _o: &DecOp) -> Done {
    let new = c.cpu.ps & !ps::EXCM;
    c.cpu.set_ps(new);
    c.cpu.pc = c.cpu.epc[1];
    Done::ExitJump
}

fn rfde(c: &mut Ctx, _o: &DecOp) -> Done {
    c.cpu.pc = c.cpu.depc;
    Done::ExitJump
}

fn rfi(c: &mut Ctx, o: &DecOp) -> Done {
    let level = o.imm as usize & 15;
    if !(2..=7).contains(&level) {
        return illegal(c, o);
    }
    c.cpu.pc = c.cpu.epc[level];
    let new = c.cpu.eps[level];
    c.cpu.set_ps(new);
    Done::ExitJump
}

fn syscall(c: &mut Ctx, o: &DecOp) -> Done {
    c.raise(o, Cause::Syscall)
}

fn simcall(c: &mut Ctx, _o: &DecOp) -> Done {
    c.stop = Some(Stop::Simcall);
    Done::Stop
}

/// Executes BREAK: raises the debug exception, or does nothing where it is masked (ISA 6, BREAK). Stops
/// instead if a debugger or host has asked for that.
fn debug_break(c: &mut Ctx, o: &DecOp, cause: u32) -> Done {
    if !c.cpu.debug_enabled() {
        return Done::Next;
    }
    if c.stops_at_breaks {
        c.stop = Some(Stop::Break);
        return Done::Stop;
    }
    c.cpu.raise_debug(cause, o.pc);
    Done::Fault
}

fn break_(c: &mut Ctx, o: &DecOp) -> Done {
    debug_break(c, o, debug_cause::BREAK)
}

fn break_n(c: &mut Ctx, o: &DecOp) -> Done {
    debug_break(c, o, debug_cause::BREAK_N)
}

compute! {
    // Nothing drives the ESP32's IMPWIRE inputs.
    read_impwire: t = |_c, _o| 0;
}

fn setb_expstate(c: &mut Ctx, o: &DecOp) -> Done {
    c.cpu.expstate |= 1 << (o.imm & 31);
    Done::Next
}

fn clrb_expstate(c: &mut Ctx, o: &DecOp) -> Done {
    c.cpu.expstate &= !(1 << (o.imm & 31));
    Done::Next
}

/// Executes WRMSK_EXPSTATE: AR(t) is the mask, AR(s) the bits (the operand order of TIE's GPIO32 option).
fn wrmsk_expstate(c: &mut Ctx, o: &DecOp) -> Done {
    let (mask, bits) = (c.a(o.t), c.a(o.s));
    c.cpu.expstate = c.cpu.expstate & !mask | bits & mask;
    Done::Next
}

#[cfg(test)]
mod tests;
