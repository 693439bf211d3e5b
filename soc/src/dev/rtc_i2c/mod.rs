//! RTC_I2C: the I2C master of the ULP coprocessor. The ULP is not modelled, so the registers only store what is
//! written; no driver of the main CPUs waits for them.

pub mod spec;

use super::regfile::{Stored, StoredSpec};
use super::spec::Spec;

/// Marker type with the register table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RtcI2cSpec;

impl StoredSpec for RtcI2cSpec {
    const SPEC: &'static Spec = &spec::SPEC;
}

/// The RTC I2C controller, storage only.
pub type RtcI2c = Stored<RtcI2cSpec>;
