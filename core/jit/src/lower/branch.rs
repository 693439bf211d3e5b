//! Branches, jumps, calls and zero-overhead loops.

use super::InsnAt;
use crate::emit::{AccessKind, Emit, ExitKind, Next, Slot};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};
use esplens_core::cpu::{Cpu, ps};
use esplens_core::isa::Op;
use std::mem::offset_of;

/// Translates an instruction of the family.
pub fn lower(e: &mut Emit, at: InsnAt) -> Option<Next> {
    let (o, op) = (at.o, at.insn.op);
    let ran = usize::from(o.index) + 1;
    if let Some(taken) = condition(e, at) {
        let target = at.insn.target(o.pc)?;
        e.branch(taken, target, ran);
        return Some(Next::Falls);
    }
    match op {
        Op::Loop | Op::Loopnez | Op::Loopgtz => start_loop(e, at, ran),
        Op::J => e.go(o.imm, ran),
        Op::Jx => {
            let to = e.a(o.s);
            leave(e, to, ran);
        }
        Op::Ret | Op::RetN => {
            let to = e.a(0);
            leave(e, to, ran);
        }
        Op::Call0 => {
            let back = e.word(o.next());
            e.set_a(0, back);
            e.go(o.imm, ran);
        }
        Op::Callx0 => {
            let (to, back) = (e.a(o.s), e.word(o.next()));
            e.set_a(0, back);
            leave(e, to, ran);
        }
        Op::Call4 | Op::Call8 | Op::Call12 | Op::Callx4 | Op::Callx8 | Op::Callx12 => call(e, at, ran),
        _ => return None,
    }
    Some(Next::Ended)
}

/// Returns the condition under which a branch is taken.
fn condition(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let (o, op) = (at.o, at.insn.op);
    let compare = match op {
        Op::Beqz | Op::BeqzN | Op::Beqi | Op::Beq => IntCC::Equal,
        Op::Bnez | Op::BnezN | Op::Bnei | Op::Bne => IntCC::NotEqual,
        Op::Bgez | Op::Bgei | Op::Bge => IntCC::SignedGreaterThanOrEqual,
        Op::Bltz | Op::Blti | Op::Blt => IntCC::SignedLessThan,
        Op::Bgeui | Op::Bgeu => IntCC::UnsignedGreaterThanOrEqual,
        Op::Bltui | Op::Bltu => IntCC::UnsignedLessThan,
        _ => return bits(e, at),
    };
    let s = e.a(o.s);
    let other = match op {
        Op::Beqz | Op::BeqzN | Op::Bnez | Op::BnezN | Op::Bgez | Op::Bltz => e.word(0),
        Op::Beq | Op::Bne | Op::Bge | Op::Blt | Op::Bgeu | Op::Bltu => e.a(o.t),
        _ => e.word(o.imm),
    };
    Some(e.b.ins().icmp(compare, s, other))
}

/// Returns the condition of branches that test bits.
fn bits(e: &mut Emit, at: InsnAt) -> Option<Value> {
    let (o, op) = (at.o, at.insn.op);
    let seen = match op {
        Op::Bbci | Op::Bbsi => {
            let s = e.a(o.s);
            e.b.ins().band_imm_s(s, i64::from(1u32 << (o.imm & 31)))
        }
        Op::Bbc | Op::Bbs => {
            let (s, t) = (e.a(o.s), e.a(o.t));
            let bit = e.b.ins().ushr(s, t);
            e.b.ins().band_imm_s(bit, 1)
        }
        Op::Bany | Op::Bnone => {
            let (s, t) = (e.a(o.s), e.a(o.t));
            e.b.ins().band(s, t)
        }
        Op::Ball | Op::Bnall => {
            let (s, t) = (e.a(o.s), e.a(o.t));
            e.b.ins().band_not(t, s)
        }
        Op::Bf | Op::Bt => {
            let flags = e.cpu_word(offset_of!(Cpu, br));
            e.b.ins().band_imm_s(flags, 1 << (o.s & 15))
        }
        _ => return None,
    };
    let set = matches!(op, Op::Bbsi | Op::Bbs | Op::Bany | Op::Bnall | Op::Bt);
    Some(e.b.ins().icmp_imm_s(if set { IntCC::NotEqual } else { IntCC::Equal }, seen, 0))
}

/// Ends the block with a jump to an address computed at run time.
fn leave(e: &mut Emit, pc: Value, ran: usize) {
    let exit = e.exit(ExitKind::GoTo { pc, ran });
    e.b.ins().jump(exit, &[]);
}

/// Sets up LBEG, LEND and LCOUNT.
fn start_loop(e: &mut Emit, at: InsnAt, ran: usize) {
    let o = at.o;
    let times = e.a(o.s);
    let count = e.b.ins().iadd_imm_s(times, -1);
    let (begin, end) = (e.word(o.next()), e.word(o.imm));
    e.set(Slot::LCOUNT, count);
    e.set(Slot::LBEG, begin);
    e.set(Slot::LEND, end);
    let skip = match at.insn.op {
        Op::Loopnez => Some(IntCC::Equal),
        Op::Loopgtz => Some(IntCC::SignedLessThanOrEqual),
        _ => None,
    };
    if let Some(skip) = skip {
        let skipped = e.b.ins().icmp_imm_s(skip, times, 0);
        e.branch(skipped, o.imm, ran);
    }
    e.go(o.next(), ran);
}

/// Translates CALLn and CALLXn: sets PS.CALLINC, and the return address with the call increment in its two
/// top bits. Without windows they are illegal, which is left to the interpreter.
fn call(e: &mut Emit, at: InsnAt, ran: usize) {
    let (o, op) = (at.o, at.insn.op);
    let by = match op {
        Op::Call4 | Op::Callx4 => 1,
        Op::Call8 | Op::Callx8 => 2,
        _ => 3,
    };
    let exit = e.exit_at(o);
    let status = e.cpu_word(offset_of!(Cpu, ps));
    let windows = e.b.ins().band_imm_s(status, i64::from(ps::WOE));
    e.go_on_if(windows, exit);
    let keep = e.word(!ps::CALLINC);
    let status = e.b.ins().band(status, keep);
    let status = e.b.ins().bor_imm_s(status, i64::from(by << ps::CALLINC_SHIFT));
    let flags = e.flags(AccessKind::Cpu);
    e.b.ins().store(flags, status, e.cpu, offset_of!(Cpu, ps) as i32);
    let target = matches!(op, Op::Callx4 | Op::Callx8 | Op::Callx12).then(|| e.a(o.s));
    let back = e.word(by << 30 | o.next() & 0x3FFF_FFFF);
    e.set_a((by * 4) as u8, back);
    match target {
        Some(pc) => leave(e, pc, ran),
        None => e.go(o.imm, ran),
    }
}
