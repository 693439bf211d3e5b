//! Input voltages of the ADCs, given from outside, and the duration of a conversion.

use super::spec::{
    SAR_ATTEN1, SAR_ATTEN2, SAR_MEAS_WAIT1, SAR_MEAS_WAIT2, SAR_READ_CTRL, SAR_READ_CTRL2, read_ctrl,
};
use super::{ADC1, ADC2, Sens};
use crate::system::System;
use serde::{Deserialize, Serialize};

/// A voltage at a pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnalogLevel {
    /// In millivolts. The reading follows ESP-IDF's line for an ideal reference of 1100 mV, so that its calibration
    /// driver returns this voltage.
    Millivolt(u16),
    /// The reading itself at 12 bits (0..4095), whatever the attenuation is.
    Raw(u16),
}

/// Slope by attenuation for ADC 1 and 2 (ESP-IDF `esp_adc/esp32/adc_cali_line_fitting.c`, `adcN_vref_atten_scale`).
const SCALE: [[u32; 4]; 2] = [[57431, 76236, 105_481, 196_602], [57236, 76175, 105_678, 197_170]];
/// Offset by attenuation in millivolts (`adcN_vref_atten_offset`).
const OFFSET: [[u32; 4]; 2] = [[75, 78, 107, 142], [63, 66, 89, 128]];
/// Ideal reference voltage in millivolts.
const VREF: u32 = 1100;
/// Highest reading at 12 bits.
const FULL: u32 = 4095;

impl AnalogLevel {
    /// Returns the reading of ADC `n` (0, 1) at 12 bits for an attenuation 0..3.
    #[must_use]
    pub fn reading(self, n: usize, attenuation: u32) -> u32 {
        let at = attenuation as usize & 3;
        match self {
            Self::Raw(raw) => u32::from(raw).min(FULL),
            Self::Millivolt(mv) => {
                let above = u32::from(mv).saturating_sub(OFFSET[n & 1][at]);
                // VREF * SCALE / 4096 is the slope in 1/65536 mV.
                (above * 65536 / (VREF * SCALE[n & 1][at] / 4096)).min(FULL)
            }
        }
    }
}

impl Sens {
    /// Returns the result of a conversion by ADC `n` (0, 1) of `channel`. Without a given voltage, the reading is full
    /// scale or 0 if the pad is driven from outside, else mid-scale. A channel that does not exist reads mid-scale.
    pub(in crate::dev) fn convert(&self, n: usize, channel: usize, sys: &System) -> u32 {
        let n = n & 1;
        let (ctrl, pads) = [(SAR_READ_CTRL, &ADC1[..]), (SAR_READ_CTRL2, &ADC2[..])][n];
        let ctrl = self.get(ctrl);
        let width = 9 + (ctrl >> read_ctrl::SAMPLE_BIT_S & 3);
        let full = (1 << width) - 1;
        let bit = |set: u64, pin: u8| set >> pin & 1 != 0;
        let value = match pads.get(channel) {
            Some(pin) if self.analog.contains_key(pin) => {
                let attenuation = self.get([SAR_ATTEN1, SAR_ATTEN2][n]) >> (2 * channel as u32) & 3;
                self.analog[pin].reading(n, attenuation) >> (12 - width)
            }
            Some(pin) if bit(sys.pads.driven, *pin) => u32::from(bit(sys.pads.level, *pin)) * full,
            _ => full / 2,
        };
        let inverted = ctrl & [read_ctrl::SAR1_DATA_INV, read_ctrl::SAR2_DATA_INV][n] != 0;
        // The converters count downwards: software inverts the result.
        if inverted { value } else { full - value }
    }

    /// Returns the RTC fast clock periods of the ULP's instruction ADC (ESP-IDF "ULP Coprocessor Instruction Set",
    /// ADC).
    pub(in crate::dev) fn convert_cycles(&self, n: usize) -> u64 {
        let ctrl = self.get([SAR_READ_CTRL, SAR_READ_CTRL2][n & 1]);
        let (wait1, wait2) = (self.get(SAR_MEAS_WAIT1), self.get(SAR_MEAS_WAIT2));
        let waits = [wait1 & 0xFFFF, wait1 >> 16, wait2 & 0xFFFF].map(|wait| u64::from(wait.max(1)));
        let sample = u64::from(ctrl >> 8 & 0xFF) + u64::from(9 + (ctrl >> read_ctrl::SAMPLE_BIT_S & 3));
        23 + waits.iter().sum::<u64>() + sample
    }
}
