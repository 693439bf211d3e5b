//! The internal DMA: descriptors with one buffer and a link, or with two buffers (TRM 9.8; IDF `sdmmc_desc_t`).

use crate::dev::Cx;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Limit of descriptors handled at once; more are assumed to be a ring of empty ones.
const MAX_DESCRIPTORS: usize = 256;

/// Bits of a descriptor's first word.
mod flag {
    pub const DISABLE_INT: u32 = 1 << 1;
    pub const LAST: u32 = 1 << 2;
    pub const CHAINED: u32 = 1 << 4;
    pub const END_OF_RING: u32 = 1 << 5;
    pub const OWN: u32 = 1 << 31;
}

/// Bits of IDSTS.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod idsts {
    pub const TI: u32 = 1 << 0;
    pub const RI: u32 = 1 << 1;
    pub const FBE: u32 = 1 << 2;
    pub const DU: u32 = 1 << 4;
    pub const NIS: u32 = 1 << 8;
    pub const AIS: u32 = 1 << 9;
}

/// State of the internal DMA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idmac {
    /// Value of IDSTS.
    pub status: u32,
    /// Address of the current buffer.
    pub buffer: u32,
    /// First descriptor (DBADDR), and the current one.
    first: u32,
    current: u32,
    /// Bytes of the current descriptor's buffers that were used.
    used: usize,
    /// The DMA waits: after the last descriptor, or for PLDMND.
    stopped: bool,
}

/// A descriptor.
struct Descriptor {
    flags: u32,
    sizes: [usize; 2],
    buffers: [u32; 2],
}

impl Descriptor {
    fn load(at: u32, cx: &Cx) -> Option<Self> {
        let mut raw = [0; 16];
        let word = |raw: &[u8; 16], n: usize| u32::from_le_bytes(std::array::from_fn(|b| raw[n * 4 + b]));
        cx.dma_read(at, &mut raw).then(|| {
            let (flags, sizes) = (word(&raw, 0), word(&raw, 1));
            let second = if flags & flag::CHAINED != 0 { 0 } else { sizes as usize >> 13 & 0x1FFF };
            Self { flags, sizes: [sizes as usize & 0x1FFF, second], buffers: [word(&raw, 2), word(&raw, 3)] }
        })
    }

    fn size(&self) -> usize {
        self.sizes[0] + self.sizes[1]
    }

    /// Returns the address after `used` bytes, and the bytes from there to the end of that buffer.
    fn place(&self, used: usize) -> (u32, usize) {
        match used.checked_sub(self.sizes[0]) {
            None => (self.buffers[0].wrapping_add(used as u32), self.sizes[0] - used),
            Some(used) => (self.buffers[1].wrapping_add(used as u32), self.sizes[1].saturating_sub(used)),
        }
    }
}

impl Idmac {
    /// Returns the address of the current descriptor.
    pub fn current(&self) -> u32 {
        self.current
    }

    /// Goes back to the first descriptor.
    pub fn reset(&mut self, first: u32) {
        *self = Self { status: self.status, first, current: first, ..Self::default() };
    }

    /// Handles PLDMND: reads the current descriptor again.
    pub fn resume(&mut self) {
        self.stopped = false;
    }

    /// Writes the FIFO's bytes to memory; `last`: no more will come. Returns their number.
    pub fn receive(&mut self, fifo: &mut VecDeque<u8>, last: bool, cx: &mut Cx) -> u32 {
        let mut moved = 0;
        // After the last byte, a descriptor that was begun is closed.
        let begun = |dma: &Self| dma.used > 0;
        for _ in 0..MAX_DESCRIPTORS {
            if self.stopped || fifo.is_empty() && !(last && begun(self)) {
                break;
            }
            let Some(d) = self.load(cx) else { break };
            while self.used < d.size() && !fifo.is_empty() {
                let (at, room) = d.place(self.used);
                let data: Vec<u8> = fifo.drain(..room.min(fifo.len())).collect();
                self.buffer = at;
                if !cx.dma_write(at, &data) {
                    return self.bus_error(at, cx);
                }
                self.used += data.len();
                moved += data.len() as u32;
            }
            if self.used >= d.size() || last && fifo.is_empty() {
                self.close(&d, idsts::RI, cx);
            } else {
                break;
            }
        }
        moved
    }

    /// Fills the FIFO with up to `wanted` bytes from memory. Returns their number.
    pub fn send(&mut self, fifo: &mut VecDeque<u8>, mut wanted: usize, cx: &mut Cx) -> u32 {
        let mut moved = 0;
        for _ in 0..MAX_DESCRIPTORS {
            if self.stopped || wanted == 0 || fifo.len() >= super::FIFO_BYTES {
                break;
            }
            let Some(d) = self.load(cx) else { break };
            while self.used < d.size() && wanted > 0 && fifo.len() < super::FIFO_BYTES {
                let (at, room) = d.place(self.used);
                let mut data = vec![0; room.min(wanted).min(super::FIFO_BYTES - fifo.len())];
                self.buffer = at;
                if !cx.dma_read(at, &mut data) {
                    return self.bus_error(at, cx);
                }
                fifo.extend(&data);
                self.used += data.len();
                wanted -= data.len();
                moved += data.len() as u32;
            }
            if self.used >= d.size() || wanted == 0 {
                self.close(&d, idsts::TI, cx);
            }
        }
        moved
    }

    /// Loads the current descriptor. If it is not the DMA's, waits for PLDMND.
    fn load(&mut self, cx: &mut Cx) -> Option<Descriptor> {
        cx.charge(100);
        let Some(d) = Descriptor::load(self.current, cx) else {
            self.bus_error(self.current, cx);
            return None;
        };
        if d.flags & flag::OWN == 0 {
            self.status |= idsts::DU | idsts::AIS;
            self.stopped = true;
            return None;
        }
        Some(d)
    }

    /// Gives the current descriptor back to the CPU and goes to the next one.
    fn close(&mut self, d: &Descriptor, done: u32, cx: &mut Cx) {
        cx.dma_write(self.current, &(d.flags & !flag::OWN).to_le_bytes());
        if d.flags & flag::DISABLE_INT == 0 {
            self.status |= done | idsts::NIS;
        }
        self.used = 0;
        if d.flags & flag::LAST != 0 {
            self.stopped = true;
        }
        self.current = match d.flags {
            f if f & flag::END_OF_RING != 0 => self.first,
            f if f & flag::CHAINED != 0 => d.buffers[1],
            _ => self.current.wrapping_add(16),
        };
    }

    fn bus_error(&mut self, at: u32, cx: &mut Cx) -> u32 {
        cx.sys.warn(format!("SDMMC: the DMA's address {at:#010x} is not in internal memory"));
        self.status |= idsts::FBE | idsts::AIS;
        self.stopped = true;
        0
    }
}
