//! Ethernet at 0x3FF6_9000: QEMU's open_eth, or the chip's own EMAC ([`crate::dev::emac`]). Their addresses overlap.
//! Unless one is chosen, firmware that accesses registers that only the EMAC has gets the EMAC.

pub mod control;
pub mod counters;
pub mod mii;
pub mod openeth;
pub mod rx;
pub mod spec;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_hostile;
#[cfg(test)]
mod tests_modes;
pub mod tx;

use super::emac::phy::PhyConfig;
use super::emac::{self, Emac};
use super::spec::Spec;
use super::{Cx, DevMsg, DevView, Device};
use crate::net::Ready;
use crate::trace::TraceEvent;
use esplens_core::time::Ticks;
use openeth::OpenEth;
use serde::{Deserialize, Serialize};

/// First offset that only the EMAC has: its clock registers, then the MAC's.
const EMAC_ONLY: u32 = 0x800;
/// Warning about an EMAC driver that gets the EMAC.
const EMAC_FOUND: &str = "EMAC: the firmware drives the chip's own Ethernet MAC, so it finds that and a PHY instead of \
    open_eth. --nic user,model=emac chooses it from the start, and with phy= and phyaddr= the PHY";
/// Warning about an EMAC driver that gets open_eth.
const EMAC_WANTED: &str = "ETH: the firmware drives the chip's own Ethernet MAC, but --nic has model=open_eth, so it \
    finds no Ethernet. Use --nic user,model=emac";
/// Warning about an open_eth driver that gets the EMAC.
const OPENETH_WANTED: &str = "EMAC: the firmware drives open_eth (CONFIG_ETH_USE_OPENETH), but --nic has model=emac, so \
    it finds no Ethernet. Use --nic user,model=open_eth";

/// Selection of the controller at the EMAC's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EthModel {
    /// open_eth until the firmware accesses registers that only the EMAC has.
    #[default]
    Auto,
    /// The OpenCores MAC.
    OpenEth,
    /// The chip's EMAC.
    Emac,
}

/// The Ethernet controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eth {
    model: EthModel,
    /// With `Auto`: an EMAC driver was detected. A reset of the peripheral keeps this, because the driver continues
    /// after it.
    seen_emac: bool,
    openeth: OpenEth,
    emac: Emac,
}

impl Eth {
    /// Selects the controller, and the EMAC's PHY. Before power-on.
    pub fn set_model(&mut self, model: EthModel, phy: PhyConfig) {
        self.model = model;
        self.seen_emac = false;
        self.emac = Emac::new(phy);
    }

    /// Returns the selection made by [`Eth::set_model`].
    #[must_use]
    pub fn model(&self) -> EthModel {
        self.model
    }

    /// Returns open_eth's state; `None` while the firmware drives the chip's own EMAC.
    #[must_use]
    pub fn openeth(&self) -> Option<&OpenEth> {
        (!self.is_emac()).then_some(&self.openeth)
    }

    /// Returns the EMAC's state; `None` unless it was chosen or the firmware drives it.
    #[must_use]
    pub fn emac(&self) -> Option<&Emac> {
        self.is_emac().then_some(&self.emac)
    }

    /// Returns whether the MAC can receive an Ethernet frame now.
    #[must_use]
    pub fn ready(&self, v: &DevView) -> Ready {
        if self.is_emac() { self.emac.ready(v) } else { self.openeth.ready() }
    }

    /// Plugs the cable in (true) or pulls it out.
    fn set_link(&mut self, up: bool, now: Ticks) {
        self.openeth.phy.set_link(up);
        self.emac.phy.set_cable(up, now);
    }

    /// Returns true if the link is up; for the EMAC, if the cable is plugged in.
    #[must_use]
    pub fn link(&self) -> bool {
        if self.is_emac() { self.emac.phy.cable() } else { self.openeth.phy.link() }
    }

    /// Returns the Ethernet address in the MAC's registers.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        if self.is_emac() { self.emac.mac() } else { self.openeth.mac() }
    }

    fn is_emac(&self) -> bool {
        self.model == EthModel::Emac || self.seen_emac
    }

    /// Checks whether an access to `offset` reveals the driver of the other controller. Switches to the EMAC if that is
    /// not decided, else warns.
    fn touch(&mut self, offset: u32, cx: &mut Cx) {
        match self.model {
            EthModel::Auto if offset >= EMAC_ONLY && !self.seen_emac => {
                self.seen_emac = true;
                cx.sys.warn(EMAC_FOUND.into());
            }
            EthModel::OpenEth if offset >= EMAC_ONLY => cx.sys.warn(EMAC_WANTED.into()),
            EthModel::Emac if (spec::DESC..EMAC_ONLY).contains(&offset) => cx.sys.warn(OPENETH_WANTED.into()),
            _ => {}
        }
    }
}

/// Traces a guest's access in its original width, as QEMU does.
fn trace_access(offset: u32, value: u32, write: bool, cx: &mut Cx) {
    let desc = (spec::DESC..0x800).contains(&offset);
    let event = match (desc, write) {
        (false, false) => TraceEvent::OpenEthRegRead,
        (false, true) => TraceEvent::OpenEthRegWrite,
        (true, false) => TraceEvent::OpenEthDescRead,
        (true, true) => TraceEvent::OpenEthDescWrite,
    };
    let narrow = cx.sys.narrow;
    cx.trace(event, || {
        let (byte, value) = match narrow {
            Some(n) if write => (n.byte, n.value),
            Some(n) => (n.byte, value >> (8 * n.byte) & n.mask),
            None => (0, value),
        };
        let arrow = if write { "<-" } else { "->" };
        let at = offset + byte;
        if desc {
            format!("DESC[{:#06x}] {arrow} {value:#010x}", at - spec::DESC)
        } else {
            format!("MAC[{at:#04x}] {arrow} {value:#010x}")
        }
    });
}

impl Device for Eth {
    fn spec(&self) -> &'static Spec {
        if self.is_emac() { &emac::spec::SPEC } else { &spec::SPEC }
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        if self.is_emac() { self.emac.peek(offset, v) } else { self.openeth.peek(offset) }
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        if self.is_emac() { self.emac.steady_until(offset, v) } else { v.now }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        // A read of the version date does not count: drivers use it to detect an emulator.
        if offset != emac::spec::EX_DATE {
            self.touch(offset, cx);
        }
        if self.is_emac() {
            return self.emac.read(offset, cx);
        }
        if spec::SPEC.at(offset).is_none() && offset < EMAC_ONLY {
            cx.warn_reg(&spec::SPEC, offset, "read of an unknown register, reads 0");
        }
        let value = self.openeth.peek(offset);
        trace_access(offset, value, false, cx);
        value
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        self.touch(offset, cx);
        if self.is_emac() {
            return self.emac.write(offset, value, cx);
        }
        trace_access(offset, value, true, cx);
        self.openeth.write(offset, value, cx);
        self.openeth.sync_irq(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        match msg {
            DevMsg::Frame(frame) if self.is_emac() => self.emac.receive(frame, cx),
            // Without a link no Ethernet frame reaches the MAC.
            DevMsg::Frame(frame) if self.link() => self.openeth.receive(frame, cx),
            DevMsg::Frame(_) => self.openeth.counters.off += 1,
            DevMsg::Link(up) => self.set_link(*up, cx.now),
            _ => {}
        }
        if !self.is_emac() {
            self.openeth.sync_irq(cx);
        }
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        if self.is_emac() {
            self.emac.event(tag, cx);
        } else if tag == control::RESUME {
            self.openeth.transmit(cx);
            self.openeth.sync_irq(cx);
        }
    }

    fn reset(&mut self, cx: &mut Cx) {
        let mut phy = std::mem::take(&mut self.openeth.phy);
        phy.reset();
        self.openeth = OpenEth::default();
        self.openeth.phy = phy;
        self.emac.reset(cx);
        if !self.is_emac() {
            self.openeth.sync_irq(cx);
        }
    }
}
