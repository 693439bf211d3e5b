//! Linked DMA descriptors (`lldesc_t`, TRM 3.3.4.2: control word, buffer, next) of one direction.

use crate::dev::Cx;
use serde::{Deserialize, Serialize};

const OWNER_DMA: u32 = 1 << 31;
const EOF: u32 = 1 << 30;
const LENGTH_S: u32 = 12;
const FIELD: u32 = 0xFFF;

/// A descriptor as read from memory.
#[derive(Clone, Copy, Debug)]
pub struct DmaDescriptor {
    control: u32,
    /// Address of the data buffer.
    pub buffer: u32,
    next: u32,
}

impl DmaDescriptor {
    /// Returns the length of the data in bytes.
    pub fn length(&self) -> u32 {
        self.control >> LENGTH_S & FIELD
    }

    /// Returns the size of the buffer in bytes.
    fn size(&self) -> u32 {
        self.control & FIELD
    }

    /// Returns the end-of-frame (EOF) bit.
    pub fn eof(&self) -> bool {
        self.control & EOF != 0
    }

    /// Clears the owner bit of the descriptor at `at`.
    pub fn give_back(&self, at: u32, cx: &mut Cx) {
        cx.dma_write(at, &(self.control & !OWNER_DMA).to_le_bytes());
    }
}

/// Position and state of one direction in its descriptor list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DmaChannel {
    /// The list was started and has not ended.
    pub active: bool,
    /// A descriptor is being transferred.
    pub busy: bool,
    /// Address of the current descriptor.
    pub at: u32,
    /// Bytes received since the last end of frame.
    received: u32,
}

impl DmaChannel {
    /// Starts the list at the descriptor at `at`.
    pub fn begin(&mut self, at: u32) {
        *self = Self { active: true, at, ..Self::default() };
    }

    /// Continues after the descriptor where the list ended, if another one was appended.
    pub fn resume(&mut self, cx: &Cx) {
        if let Some(d) = self.fetch(false, cx) {
            self.active = self.advance(&d);
        }
    }

    /// Reads the current descriptor. Returns `None` if it is not in DMA-capable memory, or if `owner_check` is set and
    /// the DMA does not own it.
    pub fn fetch(&self, owner_check: bool, cx: &Cx) -> Option<DmaDescriptor> {
        let mut raw = [0; 12];
        if !cx.dma_read(self.at, &mut raw) {
            return None;
        }
        let word = |i: usize| u32::from_le_bytes([raw[i], raw[i + 1], raw[i + 2], raw[i + 3]]);
        let d = DmaDescriptor { control: word(0), buffer: word(4), next: word(8) };
        (!owner_check || d.control & OWNER_DMA != 0).then_some(d)
    }

    /// Returns the number of bytes that the current receive descriptor takes. `eof_bytes` is the number of bytes up to
    /// an end of frame.
    pub fn room(&self, d: &DmaDescriptor, eof_bytes: u32) -> u32 {
        d.size().min(eof_bytes.saturating_sub(self.received))
    }

    /// Fills the current receive descriptor with silence. Returns true at an end of frame.
    pub fn fill(&mut self, d: &DmaDescriptor, bytes: u32, eof_bytes: u32, cx: &mut Cx) -> bool {
        cx.dma_write(d.buffer, &vec![0; bytes as usize]);
        self.received += bytes;
        let eof = self.received >= eof_bytes;
        if eof {
            self.received = 0;
        }
        let control = d.size() | bytes << LENGTH_S | if eof { EOF } else { 0 };
        cx.dma_write(self.at, &control.to_le_bytes());
        eof
    }

    /// Moves to the next descriptor. Returns false at the end of the list.
    pub fn advance(&mut self, d: &DmaDescriptor) -> bool {
        if d.next == 0 {
            self.active = false;
        } else {
            self.at = d.next;
        }
        self.active
    }
}
