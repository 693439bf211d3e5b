//! The Wi-Fi MAC: interrupt, receive list, address filters, transmit slots, key slots and the MAC clock.

pub mod filter;
pub mod keys;
pub mod rx;
pub mod spec;
#[cfg(test)]
mod tests;
pub mod tx;

use crate::dev::spec::Spec;
use crate::dev::{Cx, DevMsg, DevView, Device, RegFile, STEADY};
use crate::irq::IrqSource;
use crate::net::air::frame::{Mpdu, Subtype};
use crate::trace::TraceEvent;
use esplens_core::time::Ticks;
use filter::Match;
use rx::RxList;
use serde::{Deserialize, Serialize};
use spec::*;
use tx::TxSlot;

/// First event tag for the end of slot 0, 1, ... after the response time. Lower tags: a slot's frame has left the
/// antenna.
const ANSWERED: u8 = 8;

/// The Wi-Fi MAC at 0x3FF7_3000.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WifiMac {
    regs: RegFile,
    status: u32,
    /// Slots whose transmission is complete (`TXQ_COMPLETE`).
    complete: u32,
    rx: RxList,
    slots: [Option<TxSlot>; SLOTS as usize],
    /// Virtual time of the MAC's reset.
    started: Ticks,
}

impl WifiMac {
    fn get(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    fn set(&mut self, offset: u32, value: u32) {
        self.regs.set(offset, value);
    }

    /// Returns the receive list.
    #[must_use]
    pub fn rx_list(&self) -> RxList {
        self.rx
    }

    /// Returns true if the driver has set up the MAC, that is, has enabled its interrupt.
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.get(INT_ENABLE) != 0
    }

    /// Returns the slots with a transmission in progress, one bit per slot.
    #[must_use]
    pub fn busy_slots(&self) -> u32 {
        (0..SLOTS).filter(|s| self.slots[*s as usize].is_some()).map(|s| 1 << s).sum()
    }

    /// Returns the address in an interface's receiver address filter, if the filter is enabled.
    #[must_use]
    pub fn address(&self, interface: u32) -> Option<[u8; 6]> {
        self.filter_address(RA_FILTER, RA_MASK, interface)
    }

    /// Returns the address in an interface's BSSID filter, if the filter is enabled.
    #[must_use]
    pub fn bssid_filter(&self, interface: u32) -> Option<[u8; 6]> {
        self.filter_address(BSSID_FILTER, BSSID_MASK, interface)
    }

    fn filter_address(&self, filter: u32, mask: u32, interface: u32) -> Option<[u8; 6]> {
        let on = self.get(mask + 8 * interface + 4) >> 16 & 1 != 0;
        let (low, high) = (self.get(filter + 8 * interface), self.get(filter + 8 * interface + 4));
        let ([a, b, c, d], [e, f, ..]) = (low.to_le_bytes(), high.to_le_bytes());
        on.then_some([a, b, c, d, e, f])
    }

    /// Returns a transmit slot with a transmission in progress.
    #[must_use]
    pub fn slot(&self, slot: u32) -> Option<&TxSlot> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// Returns true in promiscuous mode.
    #[must_use]
    pub fn promiscuous(&self) -> bool {
        self.get(FILTER_CONTROL + 4 * SNIFFER) & SNIFFER_ON != 0
    }

    fn raise(&mut self, bits: u32, cx: &mut Cx) {
        self.status |= bits;
        self.sync_irq(cx);
    }

    fn sync_irq(&mut self, cx: &mut Cx) {
        let pending = self.status & self.get(INT_ENABLE);
        if (pending != 0) != cx.sys.irq.level(IrqSource::WifiMac) {
            cx.trace(TraceEvent::WifiUpdateIrq, || {
                format!("IRQ <- {}, status {pending:#010x}", u8::from(pending != 0))
            });
        }
        cx.irq(IrqSource::WifiMac, pending != 0);
    }

    /// Sets the station's TSF from a beacon of its network.
    fn follow_tsf(&self, frame: &Mpdu, found: Match, cx: &mut Cx) {
        if frame.subtype() != Subtype::Beacon || found.bssid & 1 == 0 {
            return;
        }
        // The timestamp is the first field of the body.
        if let Some(stamp) = frame.body().first_chunk::<8>() {
            cx.sys.radio.tsf[0].set(cx.now, u64::from_le_bytes(*stamp));
            cx.trace(TraceEvent::WifiTsf, || format!("TSF 0 <- {}", u64::from_le_bytes(*stamp)));
        }
    }

    fn write_rx_ctrl(&mut self, value: u32, cx: &mut Cx) {
        self.set(RX_CTRL, value & !rx_ctrl::RELOAD);
        if value & rx_ctrl::RELOAD != 0 {
            self.rx.reload(cx);
        }
    }
}

impl Device for WifiMac {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match offset {
            RX_DESCR_BASE => self.rx.base,
            RX_DESCR_NEXT => self.rx.next_register(),
            RX_DESCR_LAST => self.rx.last,
            HW_STAT_FULL2 => self.rx.lost,
            MAC_TIME => self.mac_time(v.now),
            INT_STATUS => self.status,
            INT_CLEAR | TXQ_ERROR | TXQ_ERROR_CLEAR | TXQ_COMPLETE_CLEAR => 0,
            TXQ_COMPLETE => self.complete,
            CTRL => self.get(CTRL) & !CTRL_BUSY,
            MAC_READY => self.get(MAC_READY) | 1,
            _ => self.get(offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        let value = self.peek(offset, &cx.view());
        trace_access(TraceEvent::WifiRegRead, offset, value, cx);
        value
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            MAC_TIME => v.now,
            _ if v.sys.trace.on(TraceEvent::WifiRegRead) => v.now,
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        trace_access(TraceEvent::WifiRegWrite, offset, value, cx);
        match offset {
            RX_CTRL => self.write_rx_ctrl(value, cx),
            RX_DESCR_BASE => self.rx.set_base(value),
            RX_DESCR_NEXT | RX_DESCR_LAST | MAC_TIME | INT_STATUS | TXQ_ERROR | TXQ_COMPLETE => {}
            INT_CLEAR => self.status &= !value,
            TXQ_ERROR_CLEAR => {}
            TXQ_COMPLETE_CLEAR => self.complete &= !value,
            _ => match slot_of(offset) {
                Some(slot) => self.write_plcp0(slot, value, cx),
                None => self.set(offset, value),
            },
        }
        self.trace_key(offset, cx);
        self.sync_irq(cx);
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        match tag.checked_sub(ANSWERED) {
            Some(slot) => self.complete(slot.into(), cx),
            None => self.sent(tag.into(), cx),
        }
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        match msg {
            DevMsg::AirFrame(frame) => self.receive(frame, cx),
            DevMsg::AirAnswer(slot, rssi) => self.answered((*slot).into(), *rssi, cx),
            _ => {}
        }
    }

    fn reset(&mut self, cx: &mut Cx) {
        for slot in (0..SLOTS).rev() {
            self.cancel(slot, cx);
        }
        *self = Self { started: cx.now, ..Self::default() };
        self.sync_irq(cx);
    }
}

/// Returns the slot whose `PLCP0` is at an offset.
fn slot_of(offset: u32) -> Option<u32> {
    let n = offset.checked_sub(PLCP0)?;
    (n.is_multiple_of(8) && n / 8 < SLOTS).then(|| SLOTS - 1 - n / 8)
}

/// Traces a guest's register access in the format of open_eth's trace. Never shows the words of a key.
fn trace_access(event: TraceEvent, offset: u32, value: u32, cx: &mut Cx) {
    cx.trace(event, || {
        let arrow = if event == TraceEvent::WifiRegWrite { "<-" } else { "->" };
        let name = SPEC.at(offset).map_or("", |r| r.name);
        if keys::is_secret(offset) {
            return format!("MAC[{offset:#06x}] {arrow} (key) {name}");
        }
        format!("MAC[{offset:#06x}] {arrow} {value:#010x} {name}").trim_end().into()
    });
}
