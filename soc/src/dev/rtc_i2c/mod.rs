//! RTC_I2C: the I2C master of the ULP coprocessor. No slave is connected to it: I2C_RD reads ones, I2C_WR is lost, both
//! take the time of the transfer. The other registers only store what is written; no driver of the main CPUs waits for
//! them.

pub mod spec;

use super::regfile::{Stored, StoredSpec};
use super::spec::Spec;

/// Clock pulses of I2C_WR: address, sub-address, data, each with its acknowledge bit.
pub const WRITE_BITS: u64 = 3 * 9;
/// Clock pulses of I2C_RD: the address a second time.
pub const READ_BITS: u64 = 4 * 9;
/// Mask of the registers' periods, in RTC fast clock periods.
pub const PERIOD: u32 = 0xF_FFFF;

/// Marker type with the register table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RtcI2cSpec;

impl StoredSpec for RtcI2cSpec {
    const SPEC: &'static Spec = &spec::SPEC;
}

/// The RTC I2C controller, storage only.
pub type RtcI2c = Stored<RtcI2cSpec>;
