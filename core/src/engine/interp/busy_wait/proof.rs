//! Whether a recorded iteration repeats.
//!
//! Let the address registers change by constants from one iteration to the next. Every value that the iteration computes
//! then changes by a constant, too, or the instruction that computes it is refused. If the registers at the iteration's end
//! change by the same constants as those at its begin, the next iteration is the same again, for as long as all of its
//! branches go the same way.

use super::bound::{self, Series};
use super::class::{Class, With};
use crate::cpu::AREGS;
use crate::engine::{Ctx, DecOp};
use crate::isa::operand::Operand;
use crate::isa::table::row;
use crate::isa::{Insn, Op};

/// An executed instruction with its operands.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) op: DecOp,
    insn: Insn,
    pub(super) class: Class,
    /// Value of a load.
    pub(super) loaded: u32,
    /// Physical number of a0.
    window: u32,
    /// Quads that ENTRY rotates the window by.
    callinc: u8,
    /// AR(s) and AR(t) before it.
    s: u32,
    t: u32,
}

impl Step {
    /// Creates the record of an instruction before its execution.
    pub(super) fn before(c: &Ctx, op: DecOp, insn: &Insn, class: Class) -> Self {
        let (window, callinc) = (c.cpu.wb4, c.cpu.callinc() as u8);
        Self { op, insn: *insn, class, loaded: 0, window, callinc, s: c.a(op.s), t: c.a(op.t) }
    }

    /// Returns the address of a load or store.
    pub(super) fn address(&self) -> u32 {
        self.s.wrapping_add(self.insn.imm as u32)
    }

    /// Returns true for a store to plain memory that changes nothing.
    pub(super) fn stores_what_is_there(&self, c: &Ctx) -> bool {
        let size = match self.insn.op {
            Op::S8i => 1,
            Op::S16i => 2,
            _ => 4,
        };
        let mask = u32::MAX >> (32 - 8 * u32::from(size));
        c.plain_store_of(self.address(), size, self.t & mask)
    }

    /// Returns the physical number of an address register.
    fn physical(&self, register: u8) -> usize {
        (self.window + u32::from(register)) as usize % AREGS
    }

    /// Returns the physical numbers of the address registers among the operands, the destination first.
    fn registers(&self) -> impl Iterator<Item = usize> {
        row(self.insn.op).operands.iter().filter_map(|operand| match operand {
            Operand::Ar => Some(self.physical(self.insn.r)),
            Operand::As => Some(self.physical(self.insn.s)),
            Operand::At => Some(self.physical(self.insn.t)),
            _ => None,
        })
    }

    /// Returns the second operand of a comparison.
    fn other(&self, with: With, change: u32) -> Series {
        match with {
            With::T => Series { value: self.t, step: change },
            With::Imm => Series::constant(self.insn.imm as u32),
            With::Zero => Series::constant(0),
        }
    }
}

/// Returns for how many further iterations everything goes as in a recorded one of `cycles` cycles, in which the registers
/// changed by `change`. `None` if that is not known.
pub(super) fn iterations(steps: &[Step], change: &[u32; AREGS], cycles: u32) -> Option<u64> {
    let mut now = *change;
    let mut same = u64::MAX;
    for step in steps {
        same = same.min(follow(step, &mut now, cycles)?);
    }
    (now == *change).then_some(same)
}

/// Follows the changes through an instruction. Returns for how many iterations it goes the same way.
fn follow(step: &Step, change: &mut [u32; AREGS], cycles: u32) -> Option<u64> {
    let (s, t) = (change[step.physical(step.insn.s)], change[step.physical(step.insn.t)]);
    let steady = |from: usize| step.registers().skip(from).all(|n| change[n] == 0).then_some(());
    let (register, by) = match step.class {
        Class::Steady | Class::Store => return steady(0).map(|()| u64::MAX),
        Class::Compare(test, with) => {
            let a = Series { value: step.s, step: s };
            return Some(bound::iterations(test, a, step.other(with, t)));
        }
        Class::Return => return (change[step.physical(0)] == 0).then_some(u64::MAX),
        Class::Linear(by_s, by_t) => {
            (step.registers().next()?, s.wrapping_mul(by_s).wrapping_add(t.wrapping_mul(by_t)))
        }
        Class::Function | Class::Load | Class::Literal => {
            steady(1)?;
            (step.registers().next()?, 0)
        }
        Class::Ccount => (step.registers().next()?, cycles),
        Class::Call(register) => {
            steady(0)?;
            (step.physical(register), 0)
        }
        Class::Entry => (step.physical(step.callinc << 2 | step.insn.s), s),
    };
    change[register] = by;
    Some(u64::MAX)
}
