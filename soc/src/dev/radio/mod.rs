//! The radio: the Wi-Fi MAC, the TSFs of its interfaces, and the undocumented blocks of PHY and Bluetooth. Those only
//! store what is written and return the status bits that calibration waits for.

mod blocks;
pub mod mac;
pub mod state;
pub mod tsf;

pub use blocks::{Bb, BtMac, BtRf, Fe, Fe2, Nrx};
pub use mac::WifiMac;
pub use state::RadioState;

use super::spec::Spec;
use super::{Cx, DevView, Device, STEADY};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// Description of one block.
pub trait RadioBlock {
    /// Name and source of the block.
    const SPEC: &'static Spec;
    /// Bits with a fixed read value: states that a loop in the ROM waits for.
    const FIXED_BITS: &'static [FixedBits] = &[];
    /// Offsets whose use needs unmodelled functions, and the warning to give.
    const WARNINGS: &'static [(u32, &'static str)] = &[];
}

/// Bits with a fixed value.
#[derive(Clone, Copy, Debug)]
pub struct FixedBits {
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

impl<B: RadioBlock> Undocumented<B> {
    fn warn(offset: u32, cx: &mut Cx) {
        if let Some((_, text)) = B::WARNINGS.iter().find(|w| w.0 == offset) {
            cx.sys.warn(format!("{}: {text}", B::SPEC.name));
        }
    }
}

impl<B: RadioBlock> Device for Undocumented<B> {
    fn spec(&self) -> &'static Spec {
        B::SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        let value = self.values.get(&offset).copied().unwrap_or(0);
        let answers = B::FIXED_BITS.iter().filter(|a| a.offset == offset);
        answers.fold(value, |v, a| v & !a.zeros | a.ones)
    }

    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
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
    fn values_stay_and_bluetooth_is_warned_of() {
        let mut b = Bench::new(DevId::Bb, Bb::default());
        b.write(0xC08, 7);
        assert_eq!((b.read(0xC08), b.read(0x10)), (7, 0));
        assert!(b.warnings().is_empty());
        b.reset();
        assert_eq!(b.read(0xC08), 0);
        let mut bt = Bench::new(DevId::BtMac, BtMac::default());
        // Wi-Fi resets the MAC by clearing bits here, too.
        bt.write(0xD0, 0);
        assert!(bt.warnings().is_empty());
        bt.write(0x20C, 1);
        bt.write(0x20C, 3);
        assert_eq!(bt.warnings().len(), 1);
    }

    #[test]
    fn the_roms_loops_end() {
        // rom_iq_est_enable waits for bit 31 to be set, rom_pbus_force_test for it to be clear.
        let mut fe = Bench::new(DevId::Fe, Fe::default());
        fe.write(0x7C, 3);
        assert_eq!(fe.read(0x7C), 3 | 1 << 31);
        fe.write(0xA0, u32::MAX);
        assert_eq!(fe.read(0xA0) >> 31, 0);
        // r_rwble_reset and r_ea_time_get_slot_rounded request a time sample and wait for it.
        let mut bt = Bench::new(DevId::BtMac, BtMac::default());
        for offset in [0x1C, 0x21C] {
            bt.write(offset, 1 << 31);
            assert_eq!(bt.read(offset) >> 31, 0);
        }
    }
}
