//! Interrupt sources and the matrix that routes each one to an interrupt of each CPU (TRM chapter 2, "Interrupt
//! Matrix").

use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;

/// Number of sources (TRM table 2-1; IDF `soc/interrupts.h`).
pub const SOURCES: usize = 69;

macro_rules! sources {
    ($($name:ident = $n:literal),+ $(,)?) => {
        /// A peripheral's interrupt line, by its number in the matrix.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the names are the manual's")]
        #[repr(u8)]
        pub enum IrqSource { $($name = $n),+ }
        impl IrqSource {
            /// Every source, in order.
            pub const ALL: [IrqSource; SOURCES] = [$(IrqSource::$name),+];
        }
    };
}

sources! {
    WifiMac = 0, WifiMacNmi = 1, WifiBb = 2, BtMac = 3, BtBb = 4, BtBbNmi = 5, Rwbt = 6, Rwble = 7, RwbtNmi = 8,
    RwbleNmi = 9, Slc0 = 10, Slc1 = 11, Uhci0 = 12, Uhci1 = 13, Tg0T0 = 14, Tg0T1 = 15, Tg0Wdt = 16, Tg0Lact = 17,
    Tg1T0 = 18, Tg1T1 = 19, Tg1Wdt = 20, Tg1Lact = 21, Gpio = 22, GpioNmi = 23, FromCpu0 = 24, FromCpu1 = 25,
    FromCpu2 = 26, FromCpu3 = 27, Spi0 = 28, Spi1 = 29, Spi2 = 30, Spi3 = 31, I2s0 = 32, I2s1 = 33, Uart0 = 34,
    Uart1 = 35, Uart2 = 36, SdioHost = 37, EthMac = 38, Pwm0 = 39, Pwm1 = 40, Pwm2 = 41, Pwm3 = 42, Ledc = 43,
    Efuse = 44, Twai = 45, RtcCore = 46, Rmt = 47, Pcnt = 48, I2cExt0 = 49, I2cExt1 = 50, Rsa = 51, Spi1Dma = 52,
    Spi2Dma = 53, Spi3Dma = 54, Wdt = 55, Timer1 = 56, Timer2 = 57, Tg0T0Edge = 58, Tg0T1Edge = 59, Tg0WdtEdge = 60,
    Tg0LactEdge = 61, Tg1T0Edge = 62, Tg1T1Edge = 63, Tg1WdtEdge = 64, Tg1LactEdge = 65, MmuIa = 66, MpuIa = 67,
    CacheIa = 68,
}

/// Levels of all sources and the DPORT's routing of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IrqMatrix {
    /// Levels, one bit per source.
    levels: u128,
    /// `map[core][source]`: CPU interrupt number 0..31 (DPORT_PRO/APP_*_INTR_MAP_REG; reset 16).
    #[serde(with = "BigArray")]
    map_pro: [u8; SOURCES],
    #[serde(with = "BigArray")]
    map_app: [u8; SOURCES],
    /// Set when a CPU's input may have changed; the machine clears it.
    pub changed: bool,
}

impl Default for IrqMatrix {
    fn default() -> Self {
        Self { levels: 0, map_pro: [16; SOURCES], map_app: [16; SOURCES], changed: true }
    }
}

impl IrqMatrix {
    /// Drives a source's line. Returns true if its level changed.
    pub fn set(&mut self, source: IrqSource, level: bool) -> bool {
        let bit = 1u128 << source as u8;
        let new = if level { self.levels | bit } else { self.levels & !bit };
        let moved = new != self.levels;
        self.changed |= moved;
        self.levels = new;
        moved
    }

    /// Describes a source: number, name, level and the CPU interrupts it is routed to.
    #[must_use]
    pub fn describe(&self, source: IrqSource) -> String {
        let n = source as usize;
        let [pro, app] = [0, 1].map(|core| self.mapping(core, n));
        format!("{source:?} ({n}) <- {}, PRO {pro}, APP {app}", u8::from(self.level(source)))
    }

    /// Returns the level of a source's line.
    #[must_use]
    pub fn level(&self, source: IrqSource) -> bool {
        self.levels >> source as u8 & 1 != 0
    }

    /// Returns the levels of all sources, one bit each (DPORT_PRO_INTR_STATUS_0..2).
    #[must_use]
    pub fn levels(&self) -> u128 {
        self.levels
    }

    /// Returns the CPU interrupt that `source` (0..68) is routed to on `core`.
    #[must_use]
    pub fn mapping(&self, core: usize, source: usize) -> u8 {
        if core == 0 { self.map_pro[source] } else { self.map_app[source] }
    }

    /// Routes `source` (0..68) to CPU interrupt `to` (5 bits) of `core`.
    pub fn set_mapping(&mut self, core: usize, source: usize, to: u8) {
        let map = if core == 0 { &mut self.map_pro } else { &mut self.map_app };
        map[source] = to & 31;
        self.changed = true;
    }

    /// Returns the external interrupt inputs of a core, one bit per interrupt number.
    #[must_use]
    pub fn inputs(&self, core: usize) -> u32 {
        let map = if core == 0 { &self.map_pro } else { &self.map_app };
        let mut rest = self.levels;
        let mut out = 0;
        while rest != 0 {
            let source = rest.trailing_zeros() as usize;
            out |= 1 << map[source];
            rest &= rest - 1;
        }
        out
    }
}
