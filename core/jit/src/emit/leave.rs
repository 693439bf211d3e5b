//! Prologue, exits and handler calls of a function. They are emitted last, when it is known which registers
//! the function uses and which may have changed at each exit.

use super::{AccessKind, Changed, Emit, Slot, quad};
use crate::lower::{self, Rotated};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, Block, InstBuilder, Signature, Value, types};
use esplens_core::cpu::{Cpu, ps};
use esplens_core::engine::native::{code, exec, layout};
use esplens_core::engine::{DecOp, Done};
use esplens_core::isa::Op;
use std::mem::offset_of;

/// Kind of exit from a function.
#[derive(Clone, Copy)]
pub enum ExitKind {
    /// To a constant PC, `ran` instructions after the block's start.
    Go { pc: u32, ran: usize },
    /// To a PC computed at run time.
    GoTo { pc: Value, ran: usize },
    /// To a PC computed at run time, in another register window.
    Return { pc: Value, window: Rotated, ran: usize },
    /// Before an instruction, number `ran` of the block.
    At { op: *const DecOp, ran: usize },
    /// A handler returned `result` for instruction number `ran` of the block.
    Done { result: Value, ran: usize },
}

/// Exit that is not emitted yet.
#[derive(Clone, Copy)]
pub struct PendingExit {
    label: Block,
    from: usize,
    changed: Changed,
    way: ExitKind,
}

/// Handler call that is not emitted yet.
#[derive(Clone, Copy)]
pub struct Call {
    label: Block,
    from: usize,
    changed: Changed,
    op: *const DecOp,
    index: usize,
    /// Slots that the handler may change.
    writes: u64,
    next: Block,
}

impl Emit<'_> {
    /// Creates an exit from the current position.
    pub fn exit(&mut self, way: ExitKind) -> Block {
        let label = self.b.create_block();
        self.b.set_cold_block(label);
        self.exits.push(PendingExit { label, from: self.current, changed: self.changed, way });
        label
    }

    /// Creates an exit before `op` runs.
    pub fn exit_at(&mut self, op: &DecOp) -> Block {
        self.exit(ExitKind::At { op, ran: usize::from(op.index) })
    }

    /// Calls the handler of `op`, which may change the slots in `writes`.
    pub fn call(&mut self, op: &DecOp, writes: u64) {
        let (label, next) = (self.b.create_block(), self.b.create_block());
        self.b.ins().jump(label, &[]);
        let index = usize::from(op.index);
        self.calls.push(Call { label, from: self.current, changed: self.changed, op, index, writes, next });
        self.used |= writes;
        self.changed = Changed { written: 0, stored: true };
        self.b.switch_to_block(next);
    }

    /// Emits the prologue, calls and exits that were deferred.
    pub(super) fn leave(&mut self) {
        let dirty = self.dirty();
        let quads = self.prologue();
        for call in std::mem::take(&mut self.calls) {
            let stored = call.changed.before(dirty[call.from]);
            self.write_call(&call, stored, &quads);
        }
        for exit in std::mem::take(&mut self.exits) {
            let stored = exit.changed.before(dirty[exit.from]);
            self.b.switch_to_block(exit.label);
            self.store(stored, &quads);
            self.write_exit(exit.way);
        }
        self.b.switch_to_block(self.declined);
        self.give_back(0, code::DECLINED);
    }

    /// Returns, for the start of each block, the slots that may differ from [`Cpu`].
    fn dirty(&self) -> Vec<u64> {
        let mut dirty = vec![0; self.blocks.len()];
        loop {
            let mut settled = true;
            for &(from, to, changed) in &self.edges {
                let now = dirty[to] | changed.before(dirty[from]);
                settled &= now == dirty[to];
                dirty[to] = now;
            }
            if settled {
                return dirty;
            }
        }
    }

    /// Checks that the function can run in the current state, and loads the slots that it uses.
    fn prologue(&mut self) -> [Value; 4] {
        self.b.switch_to_block(self.prologue);
        self.b.set_cold_block(self.declined);
        self.check_fpu();
        self.check_loop();
        match self.entry {
            Some(op) => self.enter(&op),
            None => self.check_first_window(self.declined),
        }
        let wb4 = self.cpu_word(offset_of!(Cpu, wb4));
        let quads = [0, 4, 8, 12].map(|n| self.register(wb4, n));
        self.load(self.used, &quads);
        let first = self.blocks[0].label;
        self.b.ins().jump(first, &[]);
        quads
    }

    /// Returns the host address of address register `n` of the window at `wb4`.
    pub fn register(&mut self, wb4: Value, n: u8) -> Value {
        let at = self.b.ins().iadd_imm_s(wb4, i64::from(n));
        let at = self.b.ins().band_imm_s(at, 63);
        let at = self.b.ins().ishl_imm_s(at, 2);
        let at = self.b.ins().uextend(types::I64, at);
        let at = self.b.ins().iadd(self.cpu, at);
        self.b.ins().iadd_imm_s(at, offset_of!(Cpu, ar) as i64)
    }

    /// Loads a 32-bit word of [`Cpu`].
    pub fn cpu_word(&mut self, offset: usize) -> Value {
        let flags = self.flags(AccessKind::Cpu);
        self.b.ins().load(types::I32, flags, self.cpu, offset as i32)
    }

    /// Emits ENTRY. If the registers that the first block needs are not free, the function ends after it.
    fn enter(&mut self, op: &DecOp) {
        let left = self.b.use_var(self.left);
        self.go_on_if(left, self.declined);
        lower::enter(self, op, self.declined);
        let left = self.b.ins().iadd_imm_s(left, -1);
        self.b.def_var(self.left, left);
        let full = self.b.create_block();
        self.b.set_cold_block(full);
        self.check_first_window(full);
        let here = self.b.create_block();
        self.b.ins().jump(here, &[]);
        self.b.switch_to_block(full);
        self.write_exit(ExitKind::Go { pc: op.next(), ran: 0 });
        self.b.switch_to_block(here);
    }

    /// Goes to `other` unless the registers of the first block are free. Blocks that use higher registers
    /// check them themselves.
    fn check_first_window(&mut self, other: Block) {
        self.check_window(quad(self.blocks[0].ops), other);
    }

    /// Goes to `other` unless the window's registers up to `quad` are free.
    pub(super) fn check_window(&mut self, quad: u8, other: Block) {
        if quad > 0 {
            let flags = self.flags(AccessKind::Cpu);
            let free = self.b.ins().uload8(types::I32, flags, self.cpu, offset_of!(Cpu, window_room) as i32);
            let enough = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, free, i64::from(quad));
            self.go_on_if(enough, other);
        }
    }

    /// Declines unless coprocessor 0 is enabled and rounds to nearest, if the function assumes that.
    fn check_fpu(&mut self) {
        let any = |emit: &Self, what: fn(Op) -> bool| {
            emit.blocks.iter().flat_map(|b| b.insns).flatten().any(|insn| what(insn.op))
        };
        if any(self, lower::needs_fpu) {
            let enabled = self.cpu_word(offset_of!(Cpu, cpenable));
            let on = self.b.ins().band_imm_s(enabled, 1);
            self.go_on_if(on, self.declined);
        }
        if any(self, lower::computes) {
            let control = self.cpu_word(offset_of!(Cpu, fp.fcr));
            let rounding = self.b.ins().band_imm_s(control, 3);
            let nearest = self.b.ins().icmp_imm_s(IntCC::Equal, rounding, 0);
            self.go_on_if(nearest, self.declined);
        }
    }

    /// Declines unless an active loop ends where the function expects it or outside the function, and
    /// exceptions are not masked (PS.EXCM) if a loop may end in it.
    fn check_loop(&mut self) {
        if !self.ends.is_empty() {
            let ps = self.cpu_word(offset_of!(Cpu, ps));
            let mode = self.b.ins().band_imm_s(ps, i64::from(ps::EXCM));
            let normal = self.b.ins().icmp_imm_s(IntCC::Equal, mode, 0);
            self.go_on_if(normal, self.declined);
        }
        let (count, lend) = (self.cpu_word(offset_of!(Cpu, lcount)), self.cpu_word(offset_of!(Cpu, lend)));
        let mut fine = self.b.ins().icmp_imm_s(IntCC::Equal, count, 0);
        for end in self.ends.keys().copied().collect::<Vec<_>>() {
            let end = self.word(end);
            let same = self.b.ins().icmp(IntCC::Equal, lend, end);
            fine = self.b.ins().bor(fine, same);
        }
        let first = self.blocks.iter().map(|b| b.start).min().unwrap_or(0);
        let last = self.blocks.iter().map(|b| b.ops[b.ops.len() - 1].next()).max().unwrap_or(0);
        let base = self.word(first.wrapping_add(1));
        let from = self.b.ins().isub(lend, base);
        let length = self.word(last.wrapping_sub(first));
        let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, from, length);
        let fine = self.b.ins().bor(fine, outside);
        self.go_on_if(fine, self.declined);
    }

    fn load(&mut self, set: u64, quads: &[Value; 4]) {
        let flags = self.flags(AccessKind::Cpu);
        for slot in Slot::of(set) {
            let (quad, offset) = slot.place();
            let base = quad.map_or(self.cpu, |n| quads[n]);
            let value = self.b.ins().load(slot.ty(), flags, base, offset);
            self.b.def_var(self.vars[slot.index()], value);
        }
    }

    fn store(&mut self, set: u64, quads: &[Value; 4]) {
        let flags = self.flags(AccessKind::Cpu);
        for slot in Slot::of(set) {
            let (quad, offset) = slot.place();
            let base = quad.map_or(self.cpu, |n| quads[n]);
            let value = self.b.use_var(self.vars[slot.index()]);
            self.b.ins().store(flags, value, base, offset);
        }
    }

    fn write_call(&mut self, call: &Call, stored: u64, quads: &[Value; 4]) {
        self.b.switch_to_block(call.label);
        self.store(stored, quads);
        let mut signature = Signature::new(self.b.func.signature.call_conv);
        signature.params.extend([AbiParam::new(types::I64); 3]);
        signature.returns.push(AbiParam::new(types::I64));
        let signature = self.b.import_signature(signature);
        let target = self.b.ins().iconst(types::I64, exec as *const () as i64);
        let op = self.b.ins().iconst(types::I64, call.op as i64);
        let left = self.b.use_var(self.left);
        let done = self.b.ins().call_indirect(signature, target, &[self.ctx, op, left]);
        let result = self.b.inst_results(done)[0];
        self.load(call.writes, quads);
        let label = self.b.create_block();
        self.b.set_cold_block(label);
        let changed = Changed { written: 0, stored: true };
        let way = ExitKind::Done { result, ran: call.index };
        self.exits.push(PendingExit { label, from: call.from, changed, way });
        let fine = self.b.ins().icmp_imm_s(IntCC::Equal, result, Done::Next as i64);
        self.b.ins().brif(fine, call.next, &[], label, &[]);
    }

    fn write_exit(&mut self, way: ExitKind) {
        match way {
            ExitKind::Go { pc, ran } => {
                let pc = self.word(pc);
                self.go_out(pc, ran);
            }
            ExitKind::GoTo { pc, ran } => self.go_out(pc, ran),
            ExitKind::Return { pc, window, ran } => {
                window.store(self);
                self.go_out(pc, ran);
            }
            ExitKind::At { op, ran } => {
                let flags = self.flags(AccessKind::Cpu);
                let op = self.b.ins().iconst(types::I64, op as i64);
                self.b.ins().store(flags, op, self.ctx, layout::OP as i32);
                self.give_back(ran, code::AT);
            }
            ExitKind::Done { result, ran } => {
                let panicked = self.b.ins().icmp_imm_s(IntCC::Equal, result, i64::from(u8::MAX));
                let yes = self.b.ins().iconst(types::I64, code::PANIC as i64);
                let no = self.b.ins().iconst(types::I64, code::DONE as i64);
                let with = self.b.ins().select(panicked, yes, no);
                self.give_back_value(ran, with);
            }
        }
    }

    /// Returns with `pc` set, `ran` instructions after the block's start.
    fn go_out(&mut self, pc: Value, ran: usize) {
        let flags = self.flags(AccessKind::Cpu);
        self.b.ins().store(flags, pc, self.cpu, offset_of!(Cpu, pc) as i32);
        self.give_back(ran, code::GO);
    }

    /// Returns a [`code`] and the cycles left, `ran` instructions after the block's start.
    fn give_back(&mut self, ran: usize, with: u64) {
        let with = self.b.ins().iconst(types::I64, with as i64);
        self.give_back_value(ran, with);
    }

    fn give_back_value(&mut self, ran: usize, with: Value) {
        let left = self.b.use_var(self.left);
        let left = self.b.ins().iadd_imm_s(left, -(ran as i64));
        let out = self.b.ins().ishl_imm_s(left, 8);
        let out = self.b.ins().bor(out, with);
        self.b.ins().return_(&[out]);
    }
}

impl Changed {
    /// Returns the slots that may differ from [`Cpu`] now; `before` may have differed at the block's start.
    fn before(self, before: u64) -> u64 {
        self.written | if self.stored { 0 } else { before }
    }
}
