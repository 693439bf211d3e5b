//! Whether a recorded iteration repeats.
//!
//! Let the address registers change by constants from one iteration to the next. Every value that the iteration computes
//! then changes by a constant, too, or the instruction that computes it is refused. If the registers at the iteration's end
//! change by the same constants as those at its begin, the next iteration is the same again, for as long as all of its
//! branches go the same way.

use super::bound::{self, Series};
use super::class::{Class, Field, With};
use crate::cpu::AREGS;
use crate::engine::{Ctx, DecOp};
use crate::isa::{Insn, Op};

/// An executed instruction, with what it found.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) op: DecOp,
    insn: Insn,
    pub(super) class: Class,
    /// The value that a load gives.
    pub(super) loaded: u32,
    /// Physical number of a0.
    window: u32,
    /// Quads that ENTRY rotates the window by.
    callinc: u32,
    /// AR(s) and AR(t) before it.
    s: u32,
    t: u32,
}

impl Step {
    /// The instruction that is about to be executed.
    pub(super) fn before(c: &Ctx, op: DecOp, insn: &Insn, class: Class) -> Self {
        let (window, callinc) = (c.cpu.wb4, c.cpu.callinc());
        Self { op, insn: *insn, class, loaded: 0, window, callinc, s: c.a(op.s), t: c.a(op.t) }
    }

    /// The address of a load or store.
    pub(super) fn address(&self) -> u32 {
        self.s.wrapping_add(self.insn.imm as u32)
    }

    /// True for a store to plain memory that changes nothing.
    pub(super) fn stores_what_is_there(&self, c: &Ctx) -> bool {
        let size = match self.insn.op {
            Op::S8i => 1,
            Op::S16i => 2,
            _ => 4,
        };
        let mask = u32::MAX >> (32 - 8 * u32::from(size));
        c.plain_store_of(self.address(), size, self.t & mask)
    }

    fn physical(&self, register: u32) -> usize {
        (self.window + register) as usize % AREGS
    }

    fn register(&self, field: Field) -> usize {
        let n = match field {
            Field::R => self.insn.r,
            Field::S => self.insn.s,
            Field::T => self.insn.t,
        };
        self.physical(n.into())
    }

    /// What AR(s) is compared with.
    fn other(&self, with: With, change: u32) -> Series {
        match with {
            With::T => Series { value: self.t, step: change },
            With::Imm => Series::constant(self.insn.imm as u32),
            With::Zero => Series::constant(0),
        }
    }
}

/// Further iterations that are like a recorded one, of `cycles` cycles, in which the registers changed by `change`. `None`
/// when that cannot be told.
pub(super) fn iterations(steps: &[Step], change: &[u32; AREGS], cycles: u32) -> Option<u64> {
    let mut now = *change;
    let mut same = u64::MAX;
    for step in steps {
        same = same.min(follow(step, &mut now, cycles)?);
    }
    (now == *change).then_some(same)
}

/// Follows the changes through an instruction; returns for how many iterations it goes the same way.
fn follow(step: &Step, change: &mut [u32; AREGS], cycles: u32) -> Option<u64> {
    let (s, t) = (change[step.register(Field::S)], change[step.register(Field::T)]);
    let steady = |registers: &[u32]| registers.iter().all(|c| *c == 0).then_some(());
    match step.class {
        Class::Nothing => {}
        Class::Linear(dest, by_s, by_t) => {
            change[step.register(dest)] = s.wrapping_mul(by_s).wrapping_add(t.wrapping_mul(by_t));
        }
        Class::Function(dest) => {
            steady(&sources(step, s, t))?;
            change[step.register(dest)] = 0;
        }
        Class::Conditional => {
            steady(&[s, if matches!(step.insn.op, Op::Movf | Op::Movt) { 0 } else { t }])?;
            steady(&[change[step.register(Field::R)]])?;
        }
        Class::State | Class::BitsOfS | Class::JumpX => steady(&[s])?,
        Class::Bits => steady(&[s, t])?,
        Class::Ccount => change[step.register(Field::T)] = cycles,
        Class::Load => {
            steady(&[s])?;
            change[step.register(Field::T)] = 0;
        }
        Class::Literal => change[step.register(Field::T)] = 0,
        Class::Store => steady(&[s, t])?,
        Class::Compare(test, with) => {
            let a = Series { value: step.s, step: s };
            return Some(bound::iterations(test, a, step.other(with, t)));
        }
        Class::Call(register) => change[step.physical(register.into())] = 0,
        Class::CallX(register) => {
            steady(&[s])?;
            change[step.physical(register.into())] = 0;
        }
        Class::Entry => change[step.physical(4 * step.callinc + u32::from(step.insn.s))] = s,
        Class::Return => steady(&[change[step.physical(0)]])?,
    }
    Some(u64::MAX)
}

/// The changes of the registers that a function is one of: AR(t) alone, AR(s) alone, or both.
fn sources(step: &Step, s: u32, t: u32) -> [u32; 2] {
    match step.insn.op {
        Op::Abs | Op::Srl | Op::Sra | Op::Srai | Op::Srli | Op::Extui => [t, 0],
        Op::Sext | Op::Clamps | Op::Sll | Op::Nsa | Op::Nsau => [s, 0],
        _ => [s, t],
    }
}
