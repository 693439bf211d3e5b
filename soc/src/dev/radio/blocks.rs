//! The blocks, named as in IDF's `reg_base.h` and `esp_hw_support/port/esp32` (sleep).

use super::{FixedBits, RadioBlock, Undocumented};
use crate::dev::spec::Spec;

macro_rules! blocks {
    ($( $(#[$doc:meta])+ $ty:ident, $marker:ident, $name:literal, $source:literal, [$($answer:expr),*], [$($warning:expr),*]; )+) => {
        $(
            /// Marker type of the block.
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $marker;
            impl RadioBlock for $marker {
                const SPEC: &'static Spec = &Spec { name: $name, source: $source, regs: &[], layouts: &[] };
                const FIXED_BITS: &'static [FixedBits] = &[$($answer),*];
                const WARNINGS: &'static [(u32, &'static str)] = &[$($warning),*];
            }
            $(#[$doc])+
            pub type $ty = Undocumented<$marker>;
        )+
    };
}

/// Warning when the firmware enables interrupts of the Bluetooth controller.
const NO_BLUETOOTH: &str =
    "Bluetooth is not modelled: registers only store what is written; there are no events or interrupts";

const BIT31: u32 = 1 << 31;

/// Bit 31 at `offset` always reads 1.
const fn done(offset: u32) -> FixedBits {
    FixedBits { offset, ones: BIT31, zeros: 0 }
}

/// Bit 31 at `offset` always reads 0.
const fn idle(offset: u32) -> FixedBits {
    FixedBits { offset, ones: 0, zeros: BIT31 }
}

/// The noise floor measurement is always done.
const fn noise() -> FixedBits {
    FixedBits { offset: 0x18, ones: 1 << 24, zeros: 0 }
}

blocks! {
    /// Front end, second part.
    Fe2, Fe2Block, "FE2", "soc/reg_base.h; undocumented", [], [];
    /// Front end: I/Q estimation and parameter bus.
    Fe, FeBlock, "FE", "soc/reg_base.h, ROM rom_iq_est_enable, rom_pbus_force_test; undocumented",
        [done(0x7C), idle(0xA0)], [];
    /// Bluetooth radio.
    BtRf, BtRfBlock, "BT", "soc/reg_base.h; undocumented", [], [];
    /// Receiver (from 0xC00 on), and registers below it that the PHY library writes.
    Nrx, NrxBlock, "NRX", "soc/reg_base.h, IDF PHY library ram_check_noise_floor; undocumented", [noise()], [];
    /// Baseband.
    Bb, BbBlock, "BB", "soc/reg_base.h; undocumented", [], [];
    /// Bluetooth controller (classic; Low Energy from 0x200 on).
    BtMac, BtMacBlock, "BTMAC", "ROM r_rwble_reset, r_ea_time_get_slot_rounded; undocumented",
        [idle(0x1C), idle(0x21C)], [(0x0C, NO_BLUETOOTH), (0x20C, NO_BLUETOOTH)];
}
