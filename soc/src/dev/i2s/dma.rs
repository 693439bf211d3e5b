//! Linked descriptors (`lldesc_t`, TRM 3.3.4.2: control word, buffer, next) of one direction.

use crate::dev::Cx;
use serde::{Deserialize, Serialize};

const OWNER_DMA: u32 = 1 << 31;
const EOF: u32 = 1 << 30;
const LENGTH_S: u32 = 12;
const FIELD: u32 = 0xFFF;

/// A descriptor as read from memory.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    control: u32,
    /// Address of the data.
    pub buffer: u32,
    next: u32,
}

impl Descriptor {
    /// Bytes of data.
    pub fn length(&self) -> u32 {
        self.control >> LENGTH_S & FIELD
    }

    /// Bytes of room.
    fn size(&self) -> u32 {
        self.control & FIELD
    }

    /// The end-of-frame bit.
    pub fn eof(&self) -> bool {
        self.control & EOF != 0
    }

    /// Clears the owner bit of the descriptor at `at`.
    pub fn give_back(&self, at: u32, cx: &mut Cx) {
        cx.dma_write(at, &(self.control & !OWNER_DMA).to_le_bytes());
    }
}

/// Where a direction stands in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The link was started and has not ended.
    pub active: bool,
    /// A descriptor is under way.
    pub busy: bool,
    /// Address of the current descriptor.
    pub at: u32,
    /// Bytes received since the last end of frame.
    received: u32,
}

impl Channel {
    /// Starts at a descriptor.
    pub fn begin(&mut self, at: u32) {
        *self = Self { active: true, at, ..Self::default() };
    }

    /// Goes on behind the descriptor where the list ended, when one was appended.
    pub fn resume(&mut self, cx: &Cx) {
        if let Some(d) = self.fetch(false, cx) {
            self.active = self.advance(&d);
        }
    }

    /// Reads the current descriptor; `None` when it is not in memory or not the DMA's.
    pub fn fetch(&self, owner_check: bool, cx: &Cx) -> Option<Descriptor> {
        let mut raw = [0; 12];
        if !cx.dma_read(self.at, &mut raw) {
            return None;
        }
        let word = |i: usize| u32::from_le_bytes([raw[i], raw[i + 1], raw[i + 2], raw[i + 3]]);
        let d = Descriptor { control: word(0), buffer: word(4), next: word(8) };
        (!owner_check || d.control & OWNER_DMA != 0).then_some(d)
    }

    /// Bytes that the current receive descriptor takes, given the length of a frame.
    pub fn room(&self, d: &Descriptor, eof_bytes: u32) -> u32 {
        d.size().min(eof_bytes.saturating_sub(self.received))
    }

    /// Fills the current receive descriptor with silence; true at an end of frame.
    pub fn fill(&mut self, d: &Descriptor, bytes: u32, eof_bytes: u32, cx: &mut Cx) -> bool {
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

    /// Moves to the next descriptor; false at the end of the list.
    pub fn advance(&mut self, d: &Descriptor) -> bool {
        if d.next == 0 {
            self.active = false;
        } else {
            self.at = d.next;
        }
        self.active
    }
}
