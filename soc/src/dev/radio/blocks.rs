//! The blocks, as IDF's `reg_base.h` and `esp_hw_support/port/esp32` (sleep) name them.

use super::{Answer, Block, Undocumented};
use crate::dev::spec::Spec;

macro_rules! blocks {
    ($( $(#[$doc:meta])+ $ty:ident, $marker:ident, $name:literal, $source:literal, [$($answer:expr),*], [$($quiet:literal),*]; )+) => {
        $(
            /// Marks the block.
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $marker;
            impl Block for $marker {
                const SPEC: &'static Spec = &Spec { name: $name, source: $source, regs: &[] };
                const ANSWERS: &'static [Answer] = &[$($answer),*];
                const QUIET: &'static [u32] = &[$($quiet),*];
            }
            $(#[$doc])+
            pub type $ty = Undocumented<$marker>;
        )+
    };
}

const BIT31: u32 = 1 << 31;

/// Reads 1 in bit 31 at an offset.
const fn done(offset: u32) -> Answer {
    Answer { offset, ones: BIT31, zeros: 0 }
}

/// Reads 0 in bit 31 at an offset.
const fn idle(offset: u32) -> Answer {
    Answer { offset, ones: 0, zeros: BIT31 }
}

blocks! {
    /// Front end, second part.
    Fe2, Fe2Block, "FE2", "soc/reg_base.h; undocumented", [], [0xF0];
    /// Front end: I/Q estimation and parameter bus.
    Fe, FeBlock, "FE", "soc/reg_base.h, ROM rom_iq_est_enable, rom_pbus_force_test; undocumented",
        [done(0x7C), idle(0xA0)], [0x90];
    /// Bluetooth radio.
    BtRf, BtRfBlock, "BT", "soc/reg_base.h; undocumented", [], [];
    /// Receiver (from 0xC00 on), and what the PHY library sets below it.
    Nrx, NrxBlock, "NRX", "soc/reg_base.h, IDF PHY library; undocumented", [], [0xCD4];
    /// Baseband.
    Bb, BbBlock, "BB", "soc/reg_base.h; undocumented", [], [0x54];
    /// Bluetooth controller (classic, from 0x200 low energy).
    BtMac, BtMacBlock, "BTMAC", "ROM r_rwble_reset, r_ea_time_get_slot_rounded; undocumented",
        [idle(0x1C), idle(0x21C)], [];
    /// Wi-Fi controller.
    WifiMac, WifiMacBlock, "WIFIMAC", "IDF Wi-Fi library; undocumented", [], [];
}
