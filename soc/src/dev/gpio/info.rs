//! Description of a pad for users.

use super::spec::{in_sel, out_sel, pin};
use super::{Gpio, PINS, matrix};
use crate::system::System;
use esplens_core::time::Ticks;

/// The function that a pad has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadFunction {
    /// GPIO_OUT and GPIO_IN.
    Gpio,
    /// An output signal of the GPIO matrix.
    Matrix(u8),
    /// An output signal that IO_MUX connects directly, or the IO_MUX function without a modelled signal.
    IoMux(u8, Option<u8>),
    /// The RTC (RTCIO, touch, analog).
    Rtc,
}

/// The cause of a pad's level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadSource {
    /// The chip drives it.
    Chip,
    /// It is driven from outside.
    Outside,
    /// An external resistor.
    OutsidePull,
    /// The pad's own pull-up or pull-down.
    Pull,
    /// Nothing: it floats and reads low.
    Floating,
}

/// State of a pad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PadInfo {
    /// GPIO number.
    pub pin: u8,
    /// Level.
    pub level: bool,
    /// Cause of the level.
    pub source: PadSource,
    /// The pad's output driver is on.
    pub output: bool,
    /// The digital input is enabled.
    pub input: bool,
    /// The RTC's input is enabled.
    pub rtc_input: bool,
    /// Open drain.
    pub open_drain: bool,
    /// The pad is on hold.
    pub held: bool,
    /// The pad's own pull-up and pull-down.
    pub pulls: (bool, bool),
    /// Output function.
    pub function: PadFunction,
    /// Input signals that the pad feeds, and whether they are inverted.
    pub feeds: Vec<(u8, bool)>,
    /// Level for which a driver outside the chip drives it.
    pub outside: Option<bool>,
    /// Level to which an external resistor pulls it.
    pub outside_pull: Option<bool>,
    /// Pulses from outside still to come.
    pub pulses: u32,
    /// Interrupt type (`GPIO_PINn_INT_TYPE`), 0 if off.
    pub int_type: u8,
}

impl Gpio {
    /// Describes a pad at `now`; `None` if it does not exist.
    #[must_use]
    pub fn pad_info(&self, n: u8, sys: &System, now: Ticks) -> Option<PadInfo> {
        if n >= 40 || PINS >> n & 1 == 0 {
            return None;
        }
        let (rtc, conf) = (self.rtc[usize::from(n)], self.pin[usize::from(n)]);
        let outside = (self.outside_on >> n & 1 != 0).then_some(self.outside_level >> n & 1 != 0);
        let (pulls, output) = (self.pulls(n), self.drive(n).is_some());
        let source = match (output, outside, self.outside_pull(n), pulls) {
            (true, ..) => PadSource::Chip,
            (_, Some(_), ..) => PadSource::Outside,
            (_, _, Some(_), _) => PadSource::OutsidePull,
            (.., (false, false)) => PadSource::Floating,
            _ => PadSource::Pull,
        };
        Some(PadInfo {
            pin: n,
            level: self.wave(n, sys, now).unwrap_or_else(|| self.resolve(n)),
            source,
            output,
            input: self.input_enabled(n),
            rtc_input: rtc.input,
            open_drain: conf & pin::PAD_DRIVER != 0,
            held: self.held(n),
            pulls,
            function: self.pad_function(n),
            feeds: self.feeds(n),
            outside,
            outside_pull: self.outside_pull(n),
            pulses: self.pulses_left(n),
            int_type: (conf >> pin::INT_TYPE_S & 7) as u8,
        })
    }

    fn pad_function(&self, n: u8) -> PadFunction {
        let function = self.function(n);
        if self.rtc[usize::from(n)].selected {
            return PadFunction::Rtc;
        }
        if !matrix::is_gpio(n, function) {
            return PadFunction::IoMux(function, matrix::direct_output(n, function));
        }
        match u8::try_from(self.out_cfg[usize::from(n)] & out_sel::SEL) {
            Ok(signal) => PadFunction::Matrix(signal),
            Err(_) => PadFunction::Gpio,
        }
    }

    /// Returns the input signals that a pad feeds through the matrix or directly.
    fn feeds(&self, n: u8) -> Vec<(u8, bool)> {
        let inverted = |signal: u8| {
            let cfg = self.in_cfg.get(&signal).copied().unwrap_or(0);
            cfg & in_sel::SIG != 0 && cfg & in_sel::INV != 0
        };
        (0..=255).filter(|s| self.source(*s) == Some(n)).map(|s| (s, inverted(s))).collect()
    }
}
