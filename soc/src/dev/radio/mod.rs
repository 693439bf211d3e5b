//! Radio and PHY: address ranges that no public manual names. They keep what is written, give the answers that
//! the mask ROM's calibration code waits for, and say once that there is no radio.

mod blocks;

pub use blocks::{Bb, BtMac, BtRf, Fe, Fe2, Nrx, WifiMac};

use super::spec::Spec;
use super::{Cx, Device, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// What is known about one block.
pub trait Block {
    /// Name and source.
    const SPEC: &'static Spec;
    /// Bits that never read as they were written: a state that some loop in the ROM waits for.
    const ANSWERS: &'static [Answer] = &[];
    /// Offsets that IDF sets up before any radio is used (power-down of idle memories): no reason to warn.
    const QUIET: &'static [u32] = &[];
}

/// Bits with a fixed value.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Byte offset.
    pub offset: u32,
    /// Bits that always read 1.
    pub ones: u32,
    /// Bits that always read 0.
    pub zeros: u32,
}

/// A block of undocumented registers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Undocumented<B> {
    values: BTreeMap<u32, u32>,
    #[serde(skip)]
    block: PhantomData<B>,
}

impl<B: Block> Undocumented<B> {
    fn warn(offset: u32, cx: &mut Cx) {
        if !B::QUIET.contains(&offset) {
            let name = B::SPEC.name;
            cx.sys
                .warn(format!("{name}: the radio is not modelled, its registers only keep what is written"));
        }
    }
}

impl<B: Block> Device for Undocumented<B> {
    fn spec(&self) -> &'static Spec {
        B::SPEC
    }

    fn peek(&self, offset: u32, _v: &View) -> u32 {
        let value = self.values.get(&offset).copied().unwrap_or(0);
        let answers = B::ANSWERS.iter().filter(|a| a.offset == offset);
        answers.fold(value, |v, a| v & !a.zeros | a.ones)
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        Self::warn(offset, cx);
        self.peek(offset, &cx.view())
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        Self::warn(offset, cx);
        self.values.insert(offset, value);
    }

    fn reset(&mut self, _cx: &mut Cx) {
        self.values.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::DevId;
    use crate::dev::testing::Bench;

    #[test]
    fn values_stay_and_one_warning_comes() {
        let mut b = Bench::new(DevId::WifiMac, WifiMac::default());
        b.write(0xC08, 7);
        assert_eq!(b.read(0xC08), 7);
        assert_eq!(b.read(0x10), 0);
        assert_eq!(b.warnings().len(), 1);
        b.reset();
        assert_eq!(b.read(0xC08), 0);
    }

    #[test]
    fn the_roms_loops_end() {
        // rom_iq_est_enable waits for bit 31, rom_pbus_force_test for its fall.
        let mut fe = Bench::new(DevId::Fe, Fe::default());
        fe.write(0x7C, 3);
        assert_eq!(fe.read(0x7C), 3 | 1 << 31);
        fe.write(0xA0, u32::MAX);
        assert_eq!(fe.read(0xA0) >> 31, 0);
        // r_rwble_reset and r_ea_time_get_slot_rounded request a time sample and wait.
        let mut bt = Bench::new(DevId::BtMac, BtMac::default());
        for offset in [0x1C, 0x21C] {
            bt.write(offset, 1 << 31);
            assert_eq!(bt.read(offset) >> 31, 0);
        }
    }

    #[test]
    fn the_sleep_code_of_idf_is_no_use_of_the_radio() {
        let mut b = Bench::new(DevId::Nrx, Nrx::default());
        b.write(0xCD4, 5);
        assert_eq!(b.read(0xCD4), 5);
        assert!(b.warnings().is_empty());
        b.write(0, 5);
        assert_eq!(b.warnings().len(), 1);
    }
}
