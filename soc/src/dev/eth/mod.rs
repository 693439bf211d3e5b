//! Ethernet at 0x3FF6_9000: QEMU's open_eth, which transfers Ethernet frames, or the chip's own EMAC, which finds no
//! PHY. Their addresses overlap. Firmware that accesses registers that only the EMAC has gets the EMAC.

pub mod control;
pub mod counters;
pub mod emac;
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

use super::spec::Spec;
use super::{Cx, DevMsg, DevView, Device};
use crate::net::Ready;
use crate::trace::TraceEvent;
use emac::Emac;
use openeth::OpenEth;
use serde::{Deserialize, Serialize};

/// First offset that only the EMAC has: its clock registers, then the MAC's.
const EMAC_ONLY: u32 = 0x800;

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
    /// Selects the controller.
    pub fn set_model(&mut self, model: EthModel) {
        self.model = model;
        self.seen_emac = false;
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

    /// Returns whether the MAC can receive an Ethernet frame now.
    #[must_use]
    pub fn ready(&self) -> Ready {
        if self.is_emac() { Ready::Off } else { self.openeth.ready() }
    }

    /// Plugs the cable in (true) or pulls it out.
    pub fn set_link(&mut self, up: bool) {
        self.openeth.phy.set_link(up);
    }

    /// Returns true if the link is up.
    #[must_use]
    pub fn link(&self) -> bool {
        self.openeth.phy.link()
    }

    /// Returns the Ethernet address in open_eth's registers.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        self.openeth.mac()
    }

    fn is_emac(&self) -> bool {
        self.model == EthModel::Emac || self.seen_emac
    }

    /// Checks whether an access to `offset` reveals an EMAC driver, and switches to the EMAC if so.
    fn touch(&mut self, offset: u32, cx: &mut Cx) {
        if self.model == EthModel::Auto && offset >= EMAC_ONLY && !self.seen_emac {
            self.seen_emac = true;
            cx.sys.warn(
                "EMAC: the firmware drives the chip's own Ethernet MAC; it will find no PHY. \
                 Frames pass through open_eth only (CONFIG_ETH_USE_OPENETH)"
                    .into(),
            );
        }
    }

    fn sync_irq(&mut self, cx: &mut Cx) {
        if self.is_emac() {
            cx.irq(crate::irq::IrqSource::EthMac, false);
        } else {
            self.openeth.sync_irq(cx);
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

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        if self.is_emac() { self.emac.peek(offset) } else { self.openeth.peek(offset) }
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
            self.emac.write(offset, value, cx)
        } else {
            trace_access(offset, value, true, cx);
            self.openeth.write(offset, value, cx)
        }
        self.sync_irq(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        if let DevMsg::Frame(frame) = msg
            && !self.is_emac()
        {
            // Without a link no Ethernet frame reaches the MAC.
            if self.link() {
                self.openeth.receive(frame, cx);
            } else {
                self.openeth.counters.off += 1;
            }
            self.sync_irq(cx);
        }
        if let DevMsg::Link(up) = msg {
            self.set_link(*up);
        }
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        if tag == control::RESUME && !self.is_emac() {
            self.openeth.transmit(cx);
            self.sync_irq(cx);
        }
    }

    fn reset(&mut self, cx: &mut Cx) {
        let mut phy = std::mem::take(&mut self.openeth.phy);
        phy.reset();
        *self = Self { model: self.model, seen_emac: self.seen_emac, ..Self::default() };
        self.openeth.phy = phy;
        self.sync_irq(cx);
    }
}
