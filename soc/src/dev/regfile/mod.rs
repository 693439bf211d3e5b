//! Registers that only store what is written: whole peripherals without behaviour, and the stored registers of others.

use super::spec::{How, Spec};
use super::{Cx, DevView, Device, STEADY};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// Stored register values of a peripheral, by offset. Registers that have not been written read as their reset value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegFile {
    values: BTreeMap<u32, u32>,
}

impl RegFile {
    /// Returns the value at `offset`: the stored value, else the table's reset value, else 0.
    #[must_use]
    pub fn get(&self, spec: &Spec, offset: u32) -> u32 {
        self.values.get(&offset).copied().unwrap_or_else(|| spec.at(offset).map_or(0, |r| r.reset))
    }

    /// Stores a value without consulting the table.
    pub fn set(&mut self, offset: u32, value: u32) {
        self.values.insert(offset, value);
    }

    /// Handles a guest's read: as [`RegFile::get`], with a warning (once) if the table has no register at the offset.
    pub fn read(&self, spec: &Spec, offset: u32, cx: &mut Cx) -> u32 {
        if spec.at(offset).is_none() {
            cx.warn_reg(spec, offset, "read of an unknown register, reads 0");
        }
        self.get(spec, offset)
    }

    /// Handles a guest's write: stores the value if the table has the register as modelled or stored, else warns
    /// (once).
    pub fn write(&mut self, spec: &Spec, offset: u32, value: u32, cx: &mut Cx) {
        match spec.at(offset).map(|r| r.how) {
            Some(How::Modelled | How::Stored) => self.set(offset, value),
            Some(How::Absent) => cx.warn_reg(spec, offset, "write to a register that is not modelled"),
            None => cx.warn_reg(spec, offset, "write to an unknown register, ignored"),
        }
    }
}

/// Definition of a [`Stored`] peripheral: its register table, and its commands, if any.
pub trait StoredSpec {
    /// The register table.
    const SPEC: &'static Spec;

    /// Handles a guest's write. Stores the value by default.
    fn write(regs: &mut RegFile, offset: u32, value: u32, cx: &mut Cx) {
        regs.write(Self::SPEC, offset, value, cx);
    }
}

/// A peripheral that consists of a [`RegFile`]. Its commands, if any, only warn that they are not modelled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Stored<S> {
    regs: RegFile,
    #[serde(skip)]
    table: PhantomData<S>,
}

impl<S: StoredSpec> Device for Stored<S> {
    fn spec(&self) -> &'static Spec {
        S::SPEC
    }
    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        self.regs.get(S::SPEC, offset)
    }
    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.regs.read(S::SPEC, offset, cx)
    }
    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }
    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        S::write(&mut self.regs, offset, value, cx);
    }
    fn reset(&mut self, _cx: &mut Cx) {
        self.regs = RegFile::default();
    }
}

/// An address range of undocumented registers (radio, PHY) that only stores what is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct StoredUndocumented<S> {
    values: BTreeMap<u32, u32>,
    #[serde(skip)]
    table: PhantomData<S>,
}

impl<S: StoredSpec> Device for StoredUndocumented<S> {
    fn spec(&self) -> &'static Spec {
        S::SPEC
    }
    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        self.values.get(&offset).copied().unwrap_or(0)
    }
    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        cx.sys.warn(format!("{}: not modelled, its registers only keep what is written", S::SPEC.name));
        self.peek(offset, &cx.view())
    }
    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }
    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        cx.sys.warn(format!("{}: not modelled, its registers only keep what is written", S::SPEC.name));
        self.values.insert(offset, value);
    }
    fn reset(&mut self, _cx: &mut Cx) {
        self.values.clear();
    }
}
