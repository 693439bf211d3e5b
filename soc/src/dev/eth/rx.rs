//! open_eth's receiver: address filter, choice of the descriptor, checksum, interrupt.

use super::openeth::{DESCRIPTORS, OpenEth};
use super::spec::*;
use super::tx::MIN_FRAME;
use crate::dev::Cx;
use crate::net::Ready;
use crate::trace::TraceEvent;

/// Longest Ethernet frame accepted from the line, in bytes.
const MAX_FRAME: usize = 16 << 10;

/// Result of the address filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    No,
    ByAddress,
    /// Accepted only because `PRO` is set.
    Promiscuous,
}

impl OpenEth {
    /// Receives an Ethernet frame without checksum. Pads a short one as a sender would, and appends the checksum.
    pub fn receive(&mut self, frame: &[u8], cx: &mut Cx) {
        let mut data = frame.to_vec();
        data.resize(frame.len().max(MIN_FRAME), 0);
        data.extend(crc32(&data).to_le_bytes());
        self.receive_line(data, frame.len(), cx);
    }

    /// Receives an Ethernet frame from the line, with its checksum. `len` is the length to trace.
    pub fn receive_line(&mut self, mut data: Vec<u8>, len: usize, cx: &mut Cx) {
        if self.moder & moder::RXEN == 0 || data.len() > MAX_FRAME {
            self.counters.off += 1;
            return;
        }
        cx.trace(TraceEvent::OpenEthReceive, || format!("RX: len: {len}"));
        let control = self.control(&data, cx);
        if control && self.ctrl_moder & ctrlmoder::PASSALL == 0 {
            self.counters.filtered += 1;
            return;
        }
        let taken = if control { Taken::ByAddress } else { self.filter(&data) };
        self.trace_filter(&data, taken, cx);
        if taken == Taken::No {
            self.counters.filtered += 1;
            return;
        }
        let Some(mut status) = self.length_status(data.len()) else {
            self.counters.short += 1;
            return;
        };
        let (body, sum) = data.split_at(data.len().saturating_sub(4));
        if sum != crc32(body).to_le_bytes() {
            status |= rx_bd::CRC;
        }
        if taken == Taken::Promiscuous {
            status |= rx_bd::M;
        }
        if control {
            status |= rx_bd::CF;
        }
        self.store(&mut data, status, cx);
    }

    /// Returns whether an Ethernet frame can be received now.
    #[must_use]
    pub fn ready(&self) -> Ready {
        match (self.moder & moder::RXEN != 0 && self.phy.link(), self.bd_word(self.rx_next) & rx_bd::E != 0) {
            (false, _) => Ready::Off,
            (true, true) => Ready::Yes,
            (true, false) => Ready::Full,
        }
    }

    /// Writes an Ethernet frame to the buffer of the next descriptor.
    fn store(&mut self, data: &mut Vec<u8>, mut status: u32, cx: &mut Cx) {
        let i = self.rx_next;
        let word = self.bd_word(i);
        if i >= DESCRIPTORS || word & rx_bd::E == 0 {
            self.int_source |= int::BUSY;
            self.counters.no_descriptor += 1;
            return;
        }
        let longest = (self.packet_len & 0xFFFF) as usize;
        if self.moder & moder::HUGEN == 0 {
            data.truncate(longest.max(MIN_FRAME));
        }
        if !cx.dma_write(self.bd_addr(i), data) {
            status |= rx_bd::OR;
        }
        self.count(data.len(), status);
        let kept = word & (rx_bd::WR | rx_bd::IRQ);
        let filled = (data.len() as u32) << 16 | kept | status;
        self.set_bd_word(i, filled);
        let addr = self.bd_addr(i);
        cx.trace(TraceEvent::OpenEthReceiveDesc, || format!("RX: {addr:#010x}, len_flags: {filled:#010x}"));
        if word & rx_bd::IRQ != 0 {
            let bad = status & (rx_bd::OR | rx_bd::TL | rx_bd::SF | rx_bd::CRC) != 0;
            self.int_source |= if bad { int::RXE } else { int::RXB };
        }
        let last = word & rx_bd::WR != 0 || i + 1 >= DESCRIPTORS;
        self.rx_next = if last { self.tx_bd_num } else { i + 1 };
    }

    fn count(&mut self, len: usize, status: u32) {
        let c = &mut self.counters;
        c.received += 1;
        c.received_bytes += len as u64;
        c.crc += u64::from(status & rx_bd::CRC != 0);
        c.long += u64::from(status & rx_bd::TL != 0);
        c.overrun += u64::from(status & rx_bd::OR != 0);
    }

    /// Returns the status bits for a length including the checksum; `None` if it is too short to be received.
    fn length_status(&self, len: usize) -> Option<u32> {
        let (shortest, longest) = ((self.packet_len >> 16) as usize, (self.packet_len & 0xFFFF) as usize);
        if len < shortest {
            return (self.moder & moder::RECSMALL != 0).then_some(rx_bd::SF);
        }
        Some(if len > longest && self.moder & moder::HUGEN == 0 { rx_bd::TL } else { 0 })
    }

    fn trace_filter(&self, frame: &[u8], taken: Taken, cx: &mut Cx) {
        if let Some(to) = frame.first_chunk::<6>().filter(|to| to[0] & 1 != 0 && **to != [0xFF; 6]) {
            let [low, high] = self.hash;
            cx.trace(TraceEvent::OpenEthReceiveMcast, || {
                format!("MCAST: idx = {}, hash: {low:08x}:{high:08x}", hash(to))
            });
        }
        if taken == Taken::No {
            cx.trace(TraceEvent::OpenEthReceiveReject, || "RX: rejected".into());
        }
    }

    fn filter(&self, frame: &[u8]) -> Taken {
        let Some(to) = frame.first_chunk::<6>() else { return Taken::No };
        let by_address = if *to == [0xFF; 6] {
            self.moder & moder::BRO == 0
        } else if to[0] & 1 != 0 {
            let bit = hash(to);
            self.moder & moder::IAM != 0 && self.hash[bit / 32] >> (bit % 32) & 1 != 0
        } else {
            *to == self.mac()
        };
        match (by_address, self.moder & moder::PRO != 0) {
            (true, _) => Taken::ByAddress,
            (false, true) => Taken::Promiscuous,
            (false, false) => Taken::No,
        }
    }
}

/// Returns the hash-table bit of a multicast address: the top six bits of its CRC in the order they are shifted out.
fn hash(addr: &[u8; 6]) -> usize {
    ((!crc32(addr)).reverse_bits() >> 26) as usize
}

/// Returns the Ethernet checksum (IEEE 802.3, 3.2.9), which is sent low byte first.
#[must_use]
pub fn crc32(data: &[u8]) -> u32 {
    crc32fast::hash(data)
}
