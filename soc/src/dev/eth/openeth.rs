//! open_eth: registers and descriptors.

use super::counters::Counters;
use super::mii::{BMSR, BMSR_LINK, PHY_ADDR, Phy};
use super::spec::*;
use crate::dev::{Cx, RegFile};
use crate::irq::IrqSource;
use crate::trace::TraceEvent;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;

/// Total number of transmit and receive descriptors.
pub const DESCRIPTORS: u32 = 128;

/// open_eth's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenEth {
    /// `MODER`.
    pub moder: u32,
    /// `INT_SOURCE`.
    pub int_source: u32,
    int_mask: u32,
    /// The interrupt line's level.
    raised: bool,
    /// `PACKETLEN`.
    pub packet_len: u32,
    /// `TX_BD_NUM`, 0..128.
    pub tx_bd_num: u32,
    /// Index of the next transmit descriptor.
    pub tx_next: u32,
    /// Index of the next receive descriptor.
    pub rx_next: u32,
    /// `HASH0_ADR` and `HASH1_ADR`.
    pub hash: [u32; 2],
    mac: [u32; 2],
    mii_address: u32,
    mii_tx: u32,
    mii_rx: u32,
    /// Scanning: the PHY register is read continuously.
    scan: bool,
    /// `MIISTATUS`: the PHY's status register, when last read, reported no link.
    link_fail: bool,
    /// The PHY.
    pub phy: Phy,
    /// `CTRLMODER`.
    pub ctrl_moder: u32,
    /// `TXCTRL`.
    pub tx_ctrl: u32,
    /// End of the pause that the peer requested.
    pub paused: Ticks,
    /// Statistics.
    pub counters: Counters,
    #[serde(with = "BigArray")]
    descriptors: [u32; 256],
    stored: RegFile,
}

impl Default for OpenEth {
    fn default() -> Self {
        Self {
            moder: 0xA000,
            int_source: 0,
            int_mask: 0,
            raised: false,
            packet_len: 0x0040_0600,
            tx_bd_num: 64,
            tx_next: 0,
            rx_next: 64,
            hash: [0; 2],
            mac: [0; 2],
            mii_address: 0,
            mii_tx: 0,
            mii_rx: 0,
            scan: false,
            link_fail: false,
            phy: Phy::default(),
            ctrl_moder: 0,
            tx_ctrl: 0,
            paused: 0,
            counters: Counters::default(),
            descriptors: [0; 256],
            stored: RegFile::default(),
        }
    }
}

impl OpenEth {
    /// Returns length and status of descriptor `i` (0..127); 0 beyond.
    #[must_use]
    pub fn bd_word(&self, i: u32) -> u32 {
        self.descriptors.get(2 * i as usize).copied().unwrap_or(0)
    }

    /// Sets length and status of descriptor `i`.
    pub fn set_bd_word(&mut self, i: u32, value: u32) {
        if let Some(word) = self.descriptors.get_mut(2 * i as usize) {
            *word = value;
        }
    }

    /// Returns the buffer address of descriptor `i`.
    #[must_use]
    pub fn bd_addr(&self, i: u32) -> u32 {
        self.descriptors.get(2 * i as usize + 1).copied().unwrap_or(0)
    }

    /// Returns the own Ethernet address.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        let (high, low) = (self.mac[1].to_be_bytes(), self.mac[0].to_be_bytes());
        [high[2], high[3], low[0], low[1], low[2], low[3]]
    }

    /// Returns a register's value without side effects.
    #[must_use]
    pub fn peek(&self, offset: u32) -> u32 {
        match offset {
            MODER => self.moder,
            INT_SOURCE => self.int_source,
            INT_MASK => self.int_mask,
            PACKETLEN => self.packet_len,
            TX_BD_NUM => self.tx_bd_num,
            CTRLMODER => self.ctrl_moder,
            TXCTRL => self.tx_ctrl,
            MIICOMMAND if self.scan => miicommand::SCANSTAT,
            MIICOMMAND => 0,
            MIISTATUS => self.mii_status(),
            MIIRX_DATA if self.scan => self.phy.peek(self.mii_address, self.mii_address >> 8).into(),
            MIIADDRESS => self.mii_address,
            MIITX_DATA => self.mii_tx,
            MIIRX_DATA => self.mii_rx,
            MAC_ADDR0 => self.mac[0],
            MAC_ADDR1 => self.mac[1],
            HASH0_ADR => self.hash[0],
            HASH1_ADR => self.hash[1],
            DESC..0x800 => self.descriptors[((offset - DESC) / 4) as usize],
            _ => self.stored.get(&SPEC, offset),
        }
    }

    /// Handles a guest's write.
    pub fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            MODER => self.write_moder(value, cx),
            INT_SOURCE => self.int_source &= !value,
            INT_MASK => self.int_mask = value & int::ALL,
            PACKETLEN => self.packet_len = value,
            TX_BD_NUM => {
                self.tx_bd_num = (value & 0xFF).min(DESCRIPTORS);
                self.rx_next = self.tx_bd_num;
            }
            CTRLMODER => self.ctrl_moder = value & 7,
            TXCTRL => self.write_txctrl(value, cx),
            MIICOMMAND => self.mii_command(value, cx),
            MIIADDRESS => self.mii_address = value & 0x1F1F,
            MIITX_DATA => self.mii_tx = value & 0xFFFF,
            MAC_ADDR0 => self.mac[0] = value,
            MAC_ADDR1 => self.mac[1] = value & 0xFFFF,
            HASH0_ADR => self.hash[0] = value,
            HASH1_ADR => self.hash[1] = value,
            DESC..0x800 => self.descriptors[((offset - DESC) / 4) as usize] = value,
            MIIRX_DATA | MIISTATUS => {}
            _ => self.stored.write(&SPEC, offset, value, cx),
        }
        self.transmit(cx);
    }

    /// Writes `MODER`. Enabling a direction sets it to its first descriptor; the reset bit does so for both.
    fn write_moder(&mut self, value: u32, cx: &mut Cx) {
        let set = value & !self.moder;
        self.moder = value & moder::ALL;
        if set & moder::DLYCRCEN != 0 {
            cx.warn_reg(&SPEC, MODER, "DLYCRCEN is not modelled: checksums cover the whole frame");
        }
        if set & (moder::TXEN | moder::RST) != 0 {
            self.tx_next = 0;
        }
        if set & (moder::RXEN | moder::RST) != 0 {
            self.rx_next = self.tx_bd_num;
        }
    }

    fn mii_status(&self) -> u32 {
        let link = if self.scan { !self.phy.link() } else { self.link_fail };
        (if link { miistatus::LINKFAIL } else { 0 }) | if self.scan { miistatus::BUSY } else { 0 }
    }

    /// Executes a management command. Commands complete at once, except scanning, which lasts until the next command.
    fn mii_command(&mut self, value: u32, cx: &mut Cx) {
        let (addr, reg) = (self.mii_address & 31, self.mii_address >> 8 & 31);
        if self.scan && value & miicommand::SCANSTAT == 0 {
            self.mii_rx = self.phy.read(addr, reg).into();
            self.link_fail = !self.phy.link();
        }
        self.scan = value & miicommand::SCANSTAT != 0;
        if value & miicommand::WCTRLDATA != 0 {
            self.phy.write(addr, reg, self.mii_tx as u16);
            if addr == PHY_ADDR {
                cx.trace(TraceEvent::OpenEthMiiWrite, || format!("MII[{reg:#04x}] <- {:#06x}", self.mii_tx));
            }
        }
        if value & miicommand::RSTAT != 0 {
            self.mii_rx = self.phy.read(addr, reg).into();
            if addr == PHY_ADDR && reg == BMSR {
                self.link_fail = self.mii_rx & u32::from(BMSR_LINK) == 0;
            }
            if addr == PHY_ADDR {
                cx.trace(TraceEvent::OpenEthMiiRead, || format!("MII[{reg:#04x}] -> {:#06x}", self.mii_rx));
            }
        }
    }

    /// Drives the interrupt line.
    pub fn sync_irq(&mut self, cx: &mut Cx) {
        let pending = self.int_source & self.int_mask;
        if (pending != 0) != self.raised {
            self.raised = pending != 0;
            cx.trace(TraceEvent::OpenEthUpdateIrq, || format!("IRQ <- {pending:#x}"));
        }
        cx.irq(IrqSource::EthMac, self.raised);
    }
}
