//! open_eth's transmitter: ready descriptors are sent at once, as IDF's driver expects.

use super::openeth::{DESCRIPTORS, OpenEth};
use super::rx::crc32;
use super::spec::*;
use crate::dev::Cx;
use crate::trace::TraceEvent;

/// Shortest Ethernet frame on the line, in bytes without the checksum.
pub const MIN_FRAME: usize = 60;

impl OpenEth {
    /// Sends all ready descriptors, starting at the current one.
    pub fn transmit(&mut self, cx: &mut Cx) {
        for _ in 0..DESCRIPTORS {
            let i = self.tx_next;
            let word = self.bd_word(i);
            let off = self.moder & moder::TXEN == 0 || self.tx_bd_num == 0 || self.paused > cx.now;
            if off || word & tx_bd::RD == 0 {
                break;
            }
            let status = self.transmit_one(word, self.bd_addr(i), cx);
            self.set_bd_word(i, word & !(tx_bd::RD | tx_bd::STATUS) | status);
            if word & tx_bd::IRQ != 0 {
                self.int_source |= if status == 0 { int::TXB } else { int::TXE };
            }
            self.tx_next = if word & tx_bd::WR != 0 || i + 1 >= self.tx_bd_num { 0 } else { i + 1 };
        }
    }

    /// Sends the Ethernet frame of one descriptor. Returns the error bits for the descriptor.
    fn transmit_one(&mut self, word: u32, addr: u32, cx: &mut Cx) -> u32 {
        let len = word >> 16;
        let mut frame = vec![0; len as usize];
        if frame.is_empty() || !cx.dma_read(addr, &mut frame) {
            self.counters.underrun += 1;
            return tx_bd::UR;
        }
        let longest = (self.packet_len & 0xFFFF) as usize;
        if self.moder & moder::HUGEN == 0 && frame.len() > longest.max(MIN_FRAME) {
            frame.truncate(longest.max(MIN_FRAME));
        }
        let own_sum = self.moder & moder::CRCEN == 0 && word & tx_bd::CRC == 0;
        let sum = if own_sum { frame.split_off(frame.len().saturating_sub(4)) } else { Vec::new() };
        // Length without padding, as in QEMU's trace.
        let sent = frame.len();
        cx.trace(TraceEvent::OpenEthStartXmit, || format!("TX: {addr:#010x}, len: {len}, tx_len: {sent}"));
        let pad = self.moder & moder::PAD != 0 || word & tx_bd::PAD != 0;
        if pad && !own_sum && frame.len() < MIN_FRAME {
            frame.resize(MIN_FRAME, 0);
        }
        self.counters.sent += 1;
        self.counters.sent_bytes += frame.len() as u64;
        self.put_on_line(frame, own_sum.then_some(sum), cx)
    }

    /// Sends an Ethernet frame. `own_sum` is its checksum if the guest computed it. Returns the error bits for the
    /// descriptor.
    pub fn put_on_line(&mut self, mut frame: Vec<u8>, own_sum: Option<Vec<u8>>, cx: &mut Cx) -> u32 {
        let right = crc32(&frame).to_le_bytes().to_vec();
        if self.moder & moder::LOOPBCK != 0 {
            let len = frame.len();
            frame.extend(own_sum.unwrap_or(right));
            self.receive_line(frame, len, cx);
        } else if !self.phy.link() {
            return if self.moder & moder::FULLD == 0 { tx_bd::CS } else { 0 };
        } else if own_sum.is_some_and(|sum| sum != right) {
            let what = "CRCEN is clear, and the Ethernet frame's own checksum is wrong: the frame is dropped";
            cx.warn_reg(&SPEC, MODER, what);
        } else {
            cx.send_frame(frame);
        }
        0
    }
}
