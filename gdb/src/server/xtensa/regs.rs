//! Reading and writing registers by GDB's numbers.

use super::table::{A0, RAW, VIEW0, VIEWS, View};
use esplens_soc::machine::Machine;

/// INTERRUPT: shares its target number with INTSET, but cannot be written.
const INTERRUPT: usize = 138;

/// A register's value, in the low bits. `None`: no such register.
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

fn read_view(m: &Machine, core: usize, view: &View) -> Option<u64> {
    let mut value = 0;
    let mut at = 0;
    for &(raw, first, bits) in view.parts {
        let part = u64::from(m.core_register(core, RAW[usize::from(raw)].target)?) >> first & mask(bits);
        value |= part << at;
        at += bits;
    }
    Some(value)
}

/// Writes a register, with the effect the architecture gives the write. `None`: no such register.
pub fn write(m: &mut Machine, core: usize, number: usize, value: u64) -> Option<()> {
    match number {
        INTERRUPT => Some(()),
        0..A0 => m.set_core_register(core, RAW[number].target, value as u32),
        A0..VIEW0 => m.set_core_register(core, (number - A0) as u16, value as u32),
        _ => write_view(m, core, VIEWS.get(number - VIEW0)?, value),
    }
}

fn write_view(m: &mut Machine, core: usize, view: &View, value: u64) -> Option<()> {
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
