//! Translation of a region into a function of Cranelift's intermediate code: function and block boundaries.
//! Single instructions are translated in [`crate::lower`].
//!
//! The window's address registers, SAR and the loop registers are variables, so that a loop keeps them in
//! registers of the host. They are loaded once at the start, and stored where the function exits or calls a
//! handler. Which of them changed on a path is known only when all blocks are emitted, so exits and calls are
//! emitted last ([`leave`]).

mod leave;
mod slot;

pub use leave::ExitKind;
pub use slot::Slot;

use crate::lower;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, AliasRegion, AliasRegionData, Block, Function, InstBuilder, MemFlagsData, Signature,
    UserFuncName, Value, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use esplens_core::engine::DecOp;
use esplens_core::engine::native::{CodeRegion, layout};
use esplens_core::isa::{Flow, Insn, Op};
use leave::{Call, PendingExit};
use std::collections::BTreeMap;

/// Emits the function of `region`.
pub fn function(
    func: &mut Function,
    context: &mut FunctionBuilderContext,
    isa: &dyn TargetIsa,
    region: &CodeRegion,
) {
    func.name = UserFuncName::user(0, 0);
    func.signature = Signature::new(isa.default_call_conv());
    func.signature.params.extend([AbiParam::new(types::I64); 2]);
    func.signature.returns.push(AbiParam::new(types::I64));
    let mut emit = Emit::new(FunctionBuilder::new(func, context), region);
    for n in 0..emit.blocks.len() {
        emit.block(n);
    }
    emit.leave();
    emit.b.seal_all_blocks();
    emit.b.finalize(isa.frontend_config());
}

/// Guest block being translated.
struct Body<'r> {
    /// The Cranelift block with its code.
    label: Block,
    start: u32,
    /// Instructions up to the start of another block of the region.
    ops: &'r [DecOp],
    insns: &'r [Option<Insn>],
}

/// Slots that the current block has changed so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Changed {
    /// Changed slots, one bit each.
    written: u64,
    /// All earlier changes have been stored to `Cpu`.
    stored: bool,
}

/// Function being emitted.
pub struct Emit<'r> {
    /// Cranelift's function builder.
    pub b: FunctionBuilder<'r>,
    /// Context argument of the function.
    pub ctx: Value,
    /// The core's registers.
    pub cpu: Value,
    /// The core's page table.
    pub map: Value,
    regions: [AliasRegion; 3],
    vars: Vec<Variable>,
    left: Variable,
    blocks: Vec<Body<'r>>,
    by_start: BTreeMap<u32, usize>,
    /// LBEG of each zero-overhead loop that may be active, by LEND.
    ends: BTreeMap<u32, u32>,
    /// Number of the block being emitted.
    current: usize,
    changed: Changed,
    /// Slots that any instruction uses.
    used: u64,
    /// Jumps between blocks: source, target, slots changed before the jump.
    edges: Vec<(usize, usize, Changed)>,
    exits: Vec<PendingExit>,
    calls: Vec<Call>,
    prologue: Block,
    declined: Block,
    /// ENTRY that the function starts with.
    entry: Option<DecOp>,
}

/// Kind of memory that an access goes to. Accesses of different kinds never alias.
#[derive(Clone, Copy)]
pub enum AccessKind {
    /// The core's registers and the context.
    Cpu,
    /// The page table.
    Map,
    /// The guest's memory.
    Guest,
}

/// Continuation of a block after an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The block continues with the next instruction.
    Falls,
    /// The block has ended.
    Ended,
}

impl<'r> Emit<'r> {
    fn new(mut b: FunctionBuilder<'r>, region: &'r CodeRegion) -> Self {
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        let regions = [(0, "cpu"), (1, "map"), (2, "guest")].map(|(user_id, name)| {
            b.func.dfg.alias_regions.insert(AliasRegionData { user_id, description: name.into() })
        });
        let (ctx, left_in) = (b.block_params(entry)[0], b.block_params(entry)[1]);
        let flags = MemFlagsData::trusted();
        let cpu = b.ins().load(types::I64, flags, ctx, layout::CPU as i32);
        let map = b.ins().load(types::I64, flags, ctx, layout::MAP as i32);
        let vars = Slot::all().map(|slot| b.declare_var(slot.ty())).collect();
        let left = b.declare_var(types::I64);
        b.def_var(left, left_in);
        let (prologue, declined) = (b.create_block(), b.create_block());
        b.ins().jump(prologue, &[]);
        let mut emit = Self {
            b,
            ctx,
            cpu,
            map,
            regions,
            vars,
            left,
            blocks: Vec::new(),
            by_start: BTreeMap::new(),
            ends: ends(region),
            current: 0,
            changed: Changed::default(),
            used: 0,
            edges: Vec::new(),
            exits: Vec::new(),
            calls: Vec::new(),
            prologue,
            declined,
            entry: starts_with_entry(region),
        };
        emit.cut(region);
        emit
    }

    /// Splits the region into blocks, each ending where another one starts.
    fn cut(&mut self, region: &'r CodeRegion) {
        let blocks = &region.blocks[usize::from(self.entry.is_some())..];
        self.by_start = blocks.iter().enumerate().map(|(n, block)| (block.start, n)).collect();
        for block in blocks {
            let inner = block.ops.iter().skip(1).position(|op| self.by_start.contains_key(&op.pc));
            let n = inner.map_or(block.ops.len(), |at| at + 1);
            let label = self.b.create_block();
            let (ops, insns) = (&block.ops[..n], &block.insns[..n]);
            self.blocks.push(Body { label, start: block.start, ops, insns });
        }
    }

    /// Returns the flags for accesses to a kind of memory.
    pub fn flags(&self, kind: AccessKind) -> MemFlagsData {
        MemFlagsData::trusted().with_alias_region(Some(self.regions[kind as usize]))
    }

    /// Returns the value of a slot.
    pub fn get(&mut self, slot: Slot) -> Value {
        self.used |= slot.bit();
        self.b.use_var(self.vars[slot.index()])
    }

    /// Sets a slot. Float registers are stored to `Cpu` at once: floating-point code has many exits, and code
    /// generation takes too long if each of them stores all float registers.
    pub fn set(&mut self, slot: Slot, value: Value) {
        self.used |= slot.bit();
        self.b.def_var(self.vars[slot.index()], value);
        match slot.place() {
            (None, offset) if slot.is_float() => {
                let flags = self.flags(AccessKind::Cpu);
                self.b.ins().store(flags, value, self.cpu, offset);
            }
            _ => self.changed.written |= slot.bit(),
        }
    }

    /// Returns address register `n` of the window.
    pub fn a(&mut self, n: u8) -> Value {
        self.get(Slot::a(n))
    }

    /// Sets address register `n` of the window.
    pub fn set_a(&mut self, n: u8, value: Value) {
        self.set(Slot::a(n), value);
    }

    /// Returns a 32-bit constant.
    pub fn word(&mut self, value: u32) -> Value {
        self.b.ins().iconst(types::I32, i64::from(value))
    }

    /// Emits a guest block.
    fn block(&mut self, n: usize) {
        let Body { label, start, ops, insns } = self.blocks[n];
        self.current = n;
        self.changed = Changed::default();
        self.b.switch_to_block(label);
        let left = self.b.use_var(self.left);
        let enough = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, left, ops.len() as i64);
        let short = self.exit(ExitKind::Go { pc: start, ran: 0 });
        self.go_on_if(enough, short);
        if quad(ops) > quad(self.blocks[0].ops) {
            self.check_window(quad(ops), short);
        }
        for (op, insn) in ops.iter().zip(insns) {
            if lower::instruction(self, op, insn.as_ref()) == Next::Ended {
                return;
            }
            let ran = usize::from(op.index) + 1;
            if let Some(&begin) = self.ends.get(&op.next()) {
                self.loop_end(op.next(), begin, ran);
            }
        }
        let end = ops[ops.len() - 1];
        self.go(end.next(), usize::from(end.index) + 1);
    }

    /// Continues if `cond` is true; else jumps to `other`.
    pub fn go_on_if(&mut self, cond: Value, other: Block) {
        let next = self.b.create_block();
        self.b.ins().brif(cond, next, &[], other, &[]);
        self.b.switch_to_block(next);
    }

    /// Ends the block with a jump to `pc`, `ran` instructions after the block's start.
    pub fn go(&mut self, pc: u32, ran: usize) {
        match self.by_start(pc) {
            Some(target) => self.pass(target, ran),
            None => {
                let exit = self.exit(ExitKind::Go { pc, ran });
                self.b.ins().jump(exit, &[]);
            }
        }
    }

    /// Branches to `pc` if `cond` is true; else continues.
    pub fn branch(&mut self, cond: Value, pc: u32, ran: usize) {
        let (next, to) = (self.b.create_block(), self.by_start(pc));
        match to {
            Some(target) => {
                let way = self.b.create_block();
                self.b.ins().brif(cond, way, &[], next, &[]);
                self.b.switch_to_block(way);
                self.pass(target, ran);
            }
            None => {
                let exit = self.exit(ExitKind::Go { pc, ran });
                self.b.ins().brif(cond, exit, &[], next, &[]);
            }
        }
        self.b.switch_to_block(next);
    }

    /// Returns the number of the region's block that starts at `pc`.
    fn by_start(&self, pc: u32) -> Option<usize> {
        self.by_start.get(&pc).copied()
    }

    /// Jumps to a block of the region, `ran` instructions after the start of the current one.
    fn pass(&mut self, target: usize, ran: usize) {
        let left = self.b.use_var(self.left);
        let left = self.b.ins().iadd_imm_s(left, -(ran as i64));
        self.b.def_var(self.left, left);
        self.edges.push((self.current, target, self.changed));
        let label = self.blocks[target].label;
        self.b.ins().jump(label, &[]);
    }

    /// Emits the loop-back check at LEND: continues at LBEG if a loop is active (ISA 4.3.2.2).
    fn loop_end(&mut self, end: u32, begin: u32, ran: usize) {
        let (count, lend, lbeg) = (self.get(Slot::LCOUNT), self.get(Slot::LEND), self.get(Slot::LBEG));
        let active = self.b.ins().icmp_imm_s(IntCC::NotEqual, count, 0);
        let at = self.word(end);
        let here = self.b.ins().icmp(IntCC::Equal, lend, at);
        let back = self.b.ins().band(active, here);
        let (turn, next) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(back, turn, &[], next, &[]);
        self.b.switch_to_block(turn);
        let before = self.changed;
        let fewer = self.b.ins().iadd_imm_s(count, -1);
        self.set(Slot::LCOUNT, fewer);
        let out = self.exit(ExitKind::GoTo { pc: lbeg, ran });
        if let Some(target) = self.by_start(begin) {
            let at = self.word(begin);
            let inside = self.b.ins().icmp(IntCC::Equal, lbeg, at);
            self.go_on_if(inside, out);
            self.pass(target, ran);
        } else {
            self.b.ins().jump(out, &[]);
        }
        self.changed = before;
        self.b.switch_to_block(next);
    }
}

/// Returns the highest quad of address registers that the instructions use.
fn quad(ops: &[DecOp]) -> u8 {
    ops.iter().map(|op| op.quad).max().unwrap_or(0)
}

/// Returns the ENTRY that a region starts with.
fn starts_with_entry(region: &CodeRegion) -> Option<DecOp> {
    let block = &region.blocks[0];
    block.insns[0].filter(|insn| insn.op == Op::Entry).map(|_| block.ops[0])
}

/// Returns LBEG by LEND for every loop that the region sets up, and for the one active at translation time.
fn ends(region: &CodeRegion) -> BTreeMap<u32, u32> {
    let mut ends: BTreeMap<u32, u32> = region.active.iter().map(|&(begin, end)| (end, begin)).collect();
    for (op, insn) in region.blocks.iter().flat_map(|b| b.ops.iter().zip(&*b.insns)) {
        if insn.is_some_and(|insn| insn.op.flow() == Flow::Loop) {
            ends.insert(op.imm, op.next());
        }
    }
    ends
}
