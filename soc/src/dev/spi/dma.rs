//! SPI DMA: chains of descriptors (`lldesc_t`) in internal SRAM.

use super::spec::{dma_conf, dma_int};
use crate::dev::Cx;
use serde::{Deserialize, Serialize};

/// Limit on the descriptors of a chain; a longer chain is assumed to be a ring.
const MAX_DESCRIPTORS: usize = 1024;
/// The upper 12 bits of every descriptor address.
const BASE: u32 = 0x3FF0_0000;
/// Owner bit: the descriptor belongs to the DMA.
const OWNER: u32 = 1 << 31;
/// The last descriptor of a frame.
const EOF: u32 = 1 << 30;

/// DMA state that is kept between transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dma {
    /// First descriptor to send; `None` before a start and once it has been used.
    pub out: Option<u32>,
    /// First descriptor to fill; `None` before a start and once it has been used.
    pub inp: Option<u32>,
    /// Interrupts that have occurred.
    pub raw: u32,
    /// Interrupts to raise at the end of the transaction.
    pub pending: u32,
    /// Value of OUT_EOF_DES_ADDR.
    pub out_eof: u32,
    /// Value of OUT_EOF_BFR_DES_ADDR.
    pub out_eof_buffer: u32,
    /// Value of IN_SUC_EOF_DES_ADDR.
    pub in_eof: u32,
    /// Value of IN_ERR_EOF_DES_ADDR.
    pub in_err: u32,
}

struct Descriptor {
    at: u32,
    flags: u32,
    buffer: u32,
    next: u32,
}

impl Descriptor {
    fn load(cx: &Cx, at: u32) -> Option<Self> {
        let mut raw = [0; 12];
        let word = |raw: &[u8; 12], i: usize| u32::from_le_bytes(std::array::from_fn(|b| raw[i * 4 + b]));
        cx.dma_read(at, &mut raw).then(|| Self {
            at,
            flags: word(&raw, 0),
            buffer: word(&raw, 1),
            next: word(&raw, 2),
        })
    }

    /// Returns the size of the buffer in bytes.
    fn size(&self) -> usize {
        self.flags as usize & 0xFFF
    }

    /// Returns the number of data bytes in the buffer.
    fn length(&self) -> usize {
        self.flags as usize >> 12 & 0xFFF
    }
}

impl Dma {
    /// Returns the address in a link register's 20 address bits.
    #[must_use]
    pub fn link(value: u32) -> u32 {
        BASE | value & 0xF_FFFF
    }

    /// Reads up to `want` bytes from the transmit chain.
    pub fn fetch(&mut self, want: usize, conf: u32, cx: &mut Cx) -> Vec<u8> {
        let mut data = Vec::new();
        let Some(mut at) = self.out.take() else { return data };
        for _ in 0..MAX_DESCRIPTORS {
            let Some(d) = Descriptor::load(cx, at) else {
                self.pending |= dma_int::OUTLINK_DSCR_ERROR;
                break;
            };
            let n = d.length().min(want - data.len());
            let mut part = vec![0; n];
            if !cx.dma_read(d.buffer, &mut part) {
                self.pending |= dma_int::OUTLINK_DSCR_ERROR;
                break;
            }
            data.extend(part);
            if conf & dma_conf::OUT_AUTO_WRBACK != 0 {
                cx.dma_write(d.at, &(d.flags & !OWNER).to_le_bytes());
            }
            self.pending |= dma_int::OUT_DONE;
            if d.flags & EOF != 0 || d.next == 0 || data.len() >= want {
                (self.out_eof, self.out_eof_buffer) = (d.at, d.buffer);
                self.pending |= dma_int::OUT_EOF | dma_int::OUT_TOTAL_EOF;
                break;
            }
            at = d.next;
        }
        data
    }

    /// Writes received bytes into the receive chain.
    pub fn deliver(&mut self, mut data: &[u8], cx: &mut Cx) {
        let Some(mut at) = self.inp.take() else { return };
        for _ in 0..MAX_DESCRIPTORS {
            let Some(d) = Descriptor::load(cx, at) else {
                self.in_err = at;
                self.pending |= dma_int::INLINK_DSCR_ERROR;
                return;
            };
            let n = d.size().min(data.len());
            let last = n == data.len();
            if !cx.dma_write(d.buffer, &data[..n]) {
                self.in_err = at;
                self.pending |= dma_int::INLINK_DSCR_ERROR;
                return;
            }
            let flags =
                d.flags & !(OWNER | EOF | 0xFFF << 12) | (n as u32) << 12 | if last { EOF } else { 0 };
            cx.dma_write(d.at, &flags.to_le_bytes());
            self.pending |= dma_int::IN_DONE;
            data = &data[n..];
            if last {
                self.in_eof = d.at;
                self.pending |= dma_int::IN_SUC_EOF;
                return;
            }
            if d.next == 0 {
                self.in_err = d.at;
                self.pending |= dma_int::INLINK_DSCR_EMPTY;
                return;
            }
            at = d.next;
        }
    }
}
