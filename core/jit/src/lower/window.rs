//! Register windows: ENTRY at the start of a function, RETW at its end (`esplens_core::cpu::Cpu::entry`, `retw`).

use super::InsnAt;
use crate::emit::{AccessKind, Emit, ExitKind, Next};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use esplens_core::cpu::{Cpu, ps};
use esplens_core::engine::DecOp;
use esplens_core::isa::Op;
use std::mem::offset_of;

/// Window state after a rotation.
#[derive(Clone, Copy)]
pub struct Rotated {
    wb4: Value,
    windowstart: Value,
    window_room: Value,
}

impl Rotated {
    /// Stores the state to `Cpu`.
    pub fn store(self, e: &mut Emit) {
        let flags = e.flags(AccessKind::Cpu);
        e.b.ins().store(flags, self.wb4, e.cpu, offset_of!(Cpu, wb4) as i32);
        e.b.ins().store(flags, self.windowstart, e.cpu, offset_of!(Cpu, windowstart) as i32);
        e.b.ins().istore8(flags, self.window_room, e.cpu, offset_of!(Cpu, window_room) as i32);
    }

    /// Computes the state for WINDOWBASE = `wb4` / 4 and WINDOWSTART = `windowstart`, with windows enabled
    /// (see `Cpu::sync_window`).
    fn at(e: &mut Emit, wb4: Value, windowstart: Value) -> Self {
        let base = e.b.ins().ushr_imm_s(wb4, 2);
        let by = e.b.ins().iadd_imm_s(base, 1);
        let by = e.b.ins().band_imm_s(by, 15);
        let twice = e.b.ins().ishl_imm_s(windowstart, 16);
        let twice = e.b.ins().bor(twice, windowstart);
        let above = e.b.ins().ushr(twice, by);
        // Bit 3 means "three or more".
        let above = e.b.ins().bor_imm_s(above, 8);
        let window_room = e.b.ins().ctz(above);
        Self { wb4, windowstart, window_room }
    }
}

/// Goes to `other` unless windows are enabled and PS.EXCM is clear. Returns PS.
fn check_enabled(e: &mut Emit, other: Block) -> Value {
    let status = e.cpu_word(offset_of!(Cpu, ps));
    let bits = e.b.ins().band_imm_s(status, i64::from(ps::WOE | ps::EXCM));
    let enabled = e.b.ins().icmp_imm_s(IntCC::Equal, bits, i64::from(ps::WOE));
    e.go_on_if(enabled, other);
    status
}

/// Translates ENTRY at the start of a function, before any register is loaded. Goes to `other` without any
/// effect where ENTRY is illegal or raises a window overflow.
pub fn enter(e: &mut Emit, o: &DecOp, other: Block) {
    let status = check_enabled(e, other);
    let by = e.b.ins().ushr_imm_s(status, i64::from(ps::CALLINC_SHIFT));
    let by = e.b.ins().band_imm_s(by, 3);
    let flags = e.flags(AccessKind::Cpu);
    let free = e.b.ins().uload8(types::I32, flags, e.cpu, offset_of!(Cpu, window_room) as i32);
    let fits = e.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, by, free);
    e.go_on_if(fits, other);
    let (old, frames) = (e.cpu_word(offset_of!(Cpu, wb4)), e.cpu_word(offset_of!(Cpu, windowstart)));
    let shift = e.b.ins().ishl_imm_s(by, 2);
    let sum = e.b.ins().iadd(old, shift);
    let wb4 = e.b.ins().band_imm_s(sum, 63);
    let (from, to) = (e.register(old, o.s), e.register(wb4, o.s));
    let stack = e.b.ins().load(types::I32, flags, from, 0);
    let frame = e.word(o.imm);
    let stack = e.b.ins().isub(stack, frame);
    e.b.ins().store(flags, stack, to, 0);
    let base = e.b.ins().ushr_imm_s(wb4, 2);
    let one = e.word(1);
    let bit = e.b.ins().ishl(one, base);
    let frames = e.b.ins().bor(frames, bit);
    Rotated::at(e, wb4, frames).store(e);
}

/// Translates RETW. Where it is illegal or raises a window underflow, it is left to the interpreter.
pub fn lower(e: &mut Emit, at: InsnAt) -> Option<Next> {
    let o = at.o;
    if !matches!(at.insn.op, Op::Retw | Op::RetwN) {
        return None;
    }
    let exit = e.exit_at(o);
    check_enabled(e, exit);
    let (back, old, frames) =
        (e.a(0), e.cpu_word(offset_of!(Cpu, wb4)), e.cpu_word(offset_of!(Cpu, windowstart)));
    let by = e.b.ins().ushr_imm_s(back, 30);
    // Bits 0..2 are the three frames below, the nearest in bit 2. The frame returned to must be the nearest
    // live one.
    let twice = e.b.ins().ishl_imm_s(frames, 16);
    let twice = e.b.ins().bor(twice, frames);
    let base = e.b.ins().ushr_imm_s(old, 2);
    let down = e.b.ins().iadd_imm_s(base, 13);
    let below = e.b.ins().ushr(twice, down);
    let below = e.b.ins().band_imm_s(below, 7);
    let nearest = e.b.ins().clz(below);
    let wanted = e.b.ins().iadd_imm_s(by, 28);
    let live = e.b.ins().icmp(IntCC::Equal, nearest, wanted);
    e.go_on_if(live, exit);
    let shift = e.b.ins().ishl_imm_s(by, 2);
    let wb4 = e.b.ins().isub(old, shift);
    let wb4 = e.b.ins().band_imm_s(wb4, 63);
    let one = e.word(1);
    let bit = e.b.ins().ishl(one, base);
    let frames = e.b.ins().band_not(frames, bit);
    let window = Rotated::at(e, wb4, frames);
    let (low, high) = (e.word(0x3FFF_FFFF), e.word(o.pc & 0xC000_0000));
    let pc = e.b.ins().band(back, low);
    let pc = e.b.ins().bor(pc, high);
    let out = e.exit(ExitKind::Return { pc, window, ran: usize::from(o.index) + 1 });
    e.b.ins().jump(out, &[]);
    Some(Next::Ended)
}
