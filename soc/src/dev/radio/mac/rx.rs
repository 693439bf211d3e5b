//! The receiver: stores each 802.11 frame, preceded by a header of 28 bytes, through a list of descriptors in RAM.
//!
//! The list is not a ring: its last descriptor has a null `next`. The receiver stops there. It continues when the
//! driver has linked more descriptors and requests a reload, or sets a new list.

use super::WifiMac;
use super::filter::Match;
use super::spec::*;
use crate::dev::Cx;
use crate::net::air::OnAir;
use crate::net::air::frame::Mpdu;
use crate::trace::TraceEvent;
use esplens_core::time::TICKS_PER_US;
use serde::{Deserialize, Serialize};

/// Size in bytes of the header in front of each frame.
pub const HEADER: usize = 28;
/// Longest MPDU that is received, in bytes.
const MAX_MPDU: usize = 4096;
/// Limit on the descriptors of one frame.
const MAX_DESCRIPTORS: usize = 8;
/// Offset of the signal strength in the header; the driver subtracts it.
const RSSI_OFFSET: i16 = 96;

/// Bits of a descriptor's first word.
pub mod desc {
    /// Mask of the buffer size in bytes.
    pub const SIZE: u32 = 0xFFF;
    /// First bit of the number of bytes in the buffer.
    pub const LENGTH: u32 = 12;
    /// The last descriptor of a frame.
    pub const EOF: u32 = 1 << 30;
    /// The descriptor belongs to the hardware.
    pub const OWNER: u32 = 1 << 31;
}

/// State of the receive list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RxList {
    /// First descriptor, as set by the driver.
    pub base: u32,
    /// Descriptor for the next frame; 0 at the end of the list.
    pub next: u32,
    /// Descriptor that was filled last; the reload continues after it.
    pub last: u32,
    /// Frames lost because no descriptor was free.
    pub lost: u32,
}

/// A descriptor, read from RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RxDescriptor {
    /// Its address.
    pub at: u32,
    /// Size, length and flags word.
    pub flags: u32,
    /// Address of its buffer.
    pub buffer: u32,
    /// Address of the next descriptor; 0 if there is none.
    pub next: u32,
}

impl RxDescriptor {
    /// Reads a descriptor; `None` if it is not in RAM that DMA can access.
    pub fn read(at: u32, cx: &Cx) -> Option<Self> {
        let mut bytes = [0; 12];
        if at == 0 || !at.is_multiple_of(4) || !cx.dma_read(at, &mut bytes) {
            return None;
        }
        let word = |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        Some(Self { at, flags: word(0), buffer: word(4), next: word(8) })
    }
}

impl RxList {
    /// Sets a new list.
    pub fn set_base(&mut self, base: u32) {
        self.base = base;
        self.next = base;
    }

    /// Continues the list with the descriptors that the driver has linked to the last one.
    pub fn reload(&mut self, cx: &Cx) {
        if self.next == 0 {
            self.next = RxDescriptor::read(self.last, cx).map_or(0, |d| d.next);
        }
    }

    /// Returns the value of `RX_DESCR_NEXT`; 0x3FF0_0000 at the end of the list.
    #[must_use]
    pub fn next_register(&self) -> u32 {
        if self.next == 0 { LIST_END } else { self.next }
    }

    /// Returns the descriptors for `bytes`; `None` if too few are free.
    fn claim(&self, bytes: usize, cx: &Cx) -> Option<Vec<RxDescriptor>> {
        let (mut room, mut at, mut found) = (0, self.next, Vec::new());
        while room < bytes && found.len() < MAX_DESCRIPTORS {
            let d = RxDescriptor::read(at, cx)?;
            let size = (d.flags & desc::SIZE) as usize & !3;
            if d.flags & desc::OWNER == 0 || size == 0 {
                return None;
            }
            room += size;
            at = d.next;
            found.push(d);
        }
        (room >= bytes).then_some(found)
    }

    /// Fills the claimed descriptors. Returns false if a buffer is not in RAM.
    fn fill(&mut self, claimed: &[RxDescriptor], data: &[u8], cx: &mut Cx) -> bool {
        let mut rest = data;
        for d in claimed {
            let n = rest.len().min((d.flags & desc::SIZE) as usize & !3);
            let (now, later) = rest.split_at(n);
            let eof = if later.is_empty() { desc::EOF } else { 0 };
            let flags = d.flags & (desc::SIZE | desc::OWNER) | (n as u32) << desc::LENGTH | eof;
            if !cx.dma_write(d.buffer, now) || !cx.dma_write(d.at, &flags.to_le_bytes()) {
                return false;
            }
            rest = later;
            (self.last, self.next) = (d.at, d.next);
        }
        true
    }
}

impl WifiMac {
    /// Returns true if the receiver is enabled.
    #[must_use]
    pub fn receiving(&self) -> bool {
        self.get(RX_CTRL) & rx_ctrl::ENABLE != 0 && self.get(CTRL) & CTRL_STOP == 0
    }

    /// Handles an 802.11 frame that reaches the antenna.
    pub(super) fn receive(&mut self, air: &OnAir, cx: &mut Cx) {
        let Some(frame) = Mpdu::parse(&air.mpdu).filter(|_| air.mpdu.len() <= MAX_MPDU) else { return };
        if !self.receiving() || !cx.sys.radio.tuned(air) {
            return;
        }
        let found = self.matches(&frame);
        let passes = self.passes(&frame, found);
        cx.trace(TraceEvent::WifiFilter, || {
            let verdict = if passes { "accept" } else { "reject" };
            format!("RX filter: {verdict}, receiver {:#x}, bssid {:#x}", found.receiver, found.bssid)
        });
        if !passes {
            return;
        }
        self.follow_tsf(&frame, found, cx);
        let Some((mpdu, overhead)) = self.decrypt(air, &frame, cx) else { return };
        self.store(&mpdu, overhead, air, found, cx);
    }

    /// Writes a frame into the next descriptors. Its length includes `overhead` bytes that are not stored.
    fn store(&mut self, mpdu: &[u8], overhead: usize, air: &OnAir, found: Match, cx: &mut Cx) {
        let mut data = self.header(mpdu.len() + overhead, air, found, cx);
        data.extend(mpdu);
        data.resize(data.len().next_multiple_of(4), 0);
        let mut list = self.rx;
        let stored = list.claim(data.len(), cx).is_some_and(|claimed| list.fill(&claimed, &data, cx));
        if !stored {
            self.rx.lost = self.rx.lost.wrapping_add(1);
            cx.trace(TraceEvent::WifiRx, || format!("RX: no descriptor for {} bytes", mpdu.len()));
            return;
        }
        self.rx = list;
        cx.sys.radio.answered = Mpdu::parse(&air.mpdu).is_some_and(|f| self.acknowledges(&f.addr1()));
        let at = self.rx.last;
        cx.trace(TraceEvent::WifiRx, || {
            let text = crate::net::air::frame::describe(&air.mpdu);
            format!("RX: desc {at:#010x}, len {}, {} dBm, {text}", mpdu.len(), air.rssi)
        });
        self.raise(int::RX, cx);
    }

    /// Builds the seven header words of a frame of `length` bytes plus its FCS (IDF `wifi_pkt_rx_ctrl_t`).
    fn header(&self, length: usize, air: &OnAir, found: Match, cx: &Cx) -> Vec<u8> {
        let sig_len = (length + 4) as u32 & 0xFFF;
        let rssi = (i16::from(air.rssi) + RSSI_OFFSET).clamp(0, 127) as u32;
        let (rate, mode, mcs) = match air.rate {
            0x10..=0x1F => (0, 1, u32::from(air.rate & 7)),
            legacy => (u32::from(legacy & 0x1F), 0, 0),
        };
        let words = [
            rssi | rate << 8 | mode << 14 | sig_len << 16 | found.header_bits(),
            mcs,
            0x9F | u32::from(air.channel()) << 16,
            self.mac_time(cx.now),
            0,
            0,
            sig_len | sig_len << 12,
        ];
        words.iter().flat_map(|w| w.to_le_bytes()).collect()
    }

    /// Returns the MAC clock: microseconds since the MAC's reset.
    pub(super) fn mac_time(&self, now: u64) -> u32 {
        (now.saturating_sub(self.started) / TICKS_PER_US) as u32
    }
}
