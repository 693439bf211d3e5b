//! Register access by GDB's numbers.

use super::table::{A0, RAW, RegView, VIEW0, VIEWS};
use esplens_soc::machine::Machine;

/// INTERRUPT: has the same target number as INTSET but is read-only.
const INTERRUPT: usize = 138;
/// The first of the 64 address registers.
const AR0: usize = 1;
/// WINDOWBASE: start of the window in the address registers, in units of 4.
const WINDOWBASE: usize = 69;

/// Reads a register; the value is in the low bits. Returns `None` if it does not exist.
#[must_use]
pub fn read(m: &Machine, core: usize, number: usize) -> Option<u64> {
    match number {
        0..A0 => m.core_register(core, RAW[number].target).map(u64::from),
        A0..VIEW0 => m.core_register(core, (number - A0) as u16).map(u64::from),
        _ => read_view(m, core, VIEWS.get(number - VIEW0)?),
    }
}

fn mask(bits: u8) -> u64 {
    (1 << bits) - 1
}

fn read_view(m: &Machine, core: usize, view: &RegView) -> Option<u64> {
    from_parts(view, |n| m.core_register(core, RAW[n].target))
}

fn from_parts(view: &RegView, raw: impl Fn(usize) -> Option<u32>) -> Option<u64> {
    let mut at = 0;
    view.parts.iter().try_fold(0, |value, &(n, first, bits)| {
        let part = u64::from(raw(n.into())?) >> first & mask(bits);
        at += bits;
        Some(value | part << (at - bits))
    })
}

/// Returns a register of a saved context, computed from its raw registers. Returns `None` if it does not exist.
#[must_use]
pub fn compose(number: usize, raw: impl Fn(usize) -> u32) -> Option<u64> {
    match number {
        0..A0 => Some(raw(number).into()),
        A0..VIEW0 => Some(raw(AR0 + (raw(WINDOWBASE) as usize * 4 + number - A0) % 64).into()),
        _ => from_parts(VIEWS.get(number - VIEW0)?, |n| Some(raw(n))),
    }
}

/// Writes a register with the architecture's side effects. Returns `None` if it does not exist.
pub fn write(m: &mut Machine, core: usize, number: usize, value: u64) -> Option<()> {
    match number {
        INTERRUPT => Some(()),
        0..A0 => m.set_core_register(core, RAW[number].target, value as u32),
        A0..VIEW0 => m.set_core_register(core, (number - A0) as u16, value as u32),
        _ => write_view(m, core, VIEWS.get(number - VIEW0)?, value),
    }
}

fn write_view(m: &mut Machine, core: usize, view: &RegView, value: u64) -> Option<()> {
    let mut at = 0;
    for &(raw, first, bits) in view.parts {
        let target = RAW[usize::from(raw)].target;
        let old = u64::from(m.core_register(core, target)?);
        let part = value >> at & mask(bits);
        m.set_core_register(core, target, (old & !(mask(bits) << first) | part << first) as u32)?;
        at += bits;
    }
    Some(())
}
