//! Semantics of the instructions: one file per family, each with its table of handlers and its tests.

mod alu;
mod boolean;
mod branch;
mod call;
mod float;
mod load_store;
mod mac16;
mod mul_div;
mod shift;
mod system;
#[cfg(test)]
mod testing;
mod tlb;

use crate::cpu::exception::Cause;
use crate::engine::{Ctx, DecOp, Done, Exec};
use crate::isa::{Insn, Op};
use std::sync::LazyLock;

/// Handlers of a family.
type Table = &'static [(Op, Exec)];

const FAMILIES: [Table; 11] = [
    alu::TABLE,
    boolean::TABLE,
    branch::TABLE,
    call::TABLE,
    float::TABLE,
    load_store::TABLE,
    mac16::TABLE,
    mul_div::TABLE,
    shift::TABLE,
    system::TABLE,
    tlb::TABLE,
];

static HANDLERS: LazyLock<Vec<Exec>> = LazyLock::new(|| {
    let mut all: Vec<Exec> = vec![illegal; Op::ALL.len()];
    for (op, exec) in FAMILIES.iter().flat_map(|t| t.iter()) {
        all[*op as usize] = *exec;
    }
    all
});

/// Returns the handler of an instruction.
#[must_use]
pub fn handler(op: Op) -> Exec {
    HANDLERS[op as usize]
}

/// Prepares a decoded instruction at `pc` for execution as number `index` of its block.
#[must_use]
pub fn prepare(insn: &Insn, pc: u32, index: u8) -> DecOp {
    let imm = match (insn.disp, insn.target(pc)) {
        (0, Some(target)) if !insn.has_disp() => target,
        _ => insn.imm as u32,
    };
    DecOp {
        exec: handler(insn.op),
        imm,
        pc,
        r: insn.r,
        s: insn.s,
        t: insn.t,
        index,
        len: insn.len,
        quad: insn.window_quad(),
        aux: insn.disp.into(),
    }
}

/// Prepares an instruction word that the configuration does not have; `len` is the length that the fetch unit
/// assumes.
#[must_use]
pub fn prepare_illegal(pc: u32, len: u8, index: u8) -> DecOp {
    DecOp { exec: illegal, imm: 0, pc, r: 0, s: 0, t: 0, index, len, quad: 0, aux: 0 }
}

/// Raises IllegalInstruction.
pub fn illegal(c: &mut Ctx, o: &DecOp) -> Done {
    c.raise(o, Cause::IllegalInstruction)
}

/// Returns true when coprocessor 0 (the FPU) is disabled.
#[inline(always)]
fn fpu_off(c: &Ctx) -> bool {
    c.cpu.cpenable & 1 == 0
}

/// Defines handlers that compute a register and continue: `name: r = expression of (context, op)`.
macro_rules! compute {
    ($( $name:ident: $dst:ident = |$c:ident, $o:ident| $value:expr; )+) => {
        $( fn $name($c: &mut Ctx, $o: &DecOp) -> Done {
            let value: u32 = $value;
            $c.set($o.$dst, value);
            Done::Next
        } )+
    };
}
use compute;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_of_the_table_has_a_handler_of_its_own() {
        // These are expected to raise IllegalInstruction: ILL itself, debug-mode-only instructions, and the
        // accelerator operations that no public source specifies (docs/decisions/dfp-accel.md).
        let deliberate = ["ill", "ill.n", "rfdo", "rfdd", "lddr32.p", "sddr32.p"];
        for op in Op::ALL {
            let name = op.mnemonic();
            let known = FAMILIES.iter().flat_map(|t| t.iter()).filter(|(o, _)| o == op).count();
            assert!(known <= 1, "{name} has {known} handlers");
            assert_eq!(known == 0, deliberate.contains(&name), "{name}");
        }
    }
}
