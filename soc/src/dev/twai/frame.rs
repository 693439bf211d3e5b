//! CAN frames in the controller's buffer layout, their length on the bus, and the acceptance filter.

use serde::{Deserialize, Serialize};

/// A CAN frame in the layout of the 13 buffer bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanFrame(pub [u8; 13]);

impl CanFrame {
    /// Returns true for a 29-bit identifier.
    fn extended(&self) -> bool {
        self.0[0] & 0x80 != 0
    }

    /// Returns true for a remote request, which has no data.
    fn remote(&self) -> bool {
        self.0[0] & 0x40 != 0
    }

    /// Returns the number of data bytes, at most 8.
    fn data_len(&self) -> usize {
        if self.remote() { 0 } else { usize::from(self.0[0] & 0xF).min(8) }
    }

    fn data_at(&self) -> usize {
        if self.extended() { 5 } else { 3 }
    }

    /// Returns the bytes that the frame occupies in the receive FIFO of 64.
    pub fn fifo_bytes(&self) -> usize {
        self.data_at() + self.data_len()
    }

    /// Returns the bits on the bus including the intermission, without stuffing (ISO 11898-1).
    pub fn bits(&self) -> u64 {
        (if self.extended() { 67 } else { 47 }) + 8 * self.data_len() as u64
    }

    /// Returns the frame in the form in which a receiver stores it: the remote bit follows the identifier, unused bits
    /// are clear.
    pub fn as_received(&self) -> Self {
        let mut out = [0; 13];
        let end = self.fifo_bytes();
        out[..end].copy_from_slice(&self.0[..end]);
        out[0] &= 0xCF;
        let remote = u8::from(self.remote());
        if self.extended() {
            out[4] = out[4] & 0xF8 | remote << 2;
        } else {
            out[2] = out[2] & 0xE0 | remote << 4;
        }
        Self(out)
    }

    /// Returns true if the filter accepts a received frame. A mask bit of 1 means "do not care".
    pub fn accepted(&self, code: [u8; 4], mask: [u8; 4], single: bool) -> bool {
        let f = &self.0;
        // A missing data byte compares equal.
        let data = |i: usize| if i < self.data_len() { f[self.data_at() + i] } else { 0 };
        let differs = |i: usize, value: u8, bits: u8| (code[i] ^ value) & !mask[i] & bits != 0;
        let data_differs = |c: usize, d: usize| d < self.data_len() && differs(c, data(d), 0xFF);
        match (single, self.extended()) {
            (true, true) => !(0..4).any(|i| differs(i, f[i + 1], if i == 3 { 0xFC } else { 0xFF })),
            (true, false) => {
                !(differs(0, f[1], 0xFF)
                    || differs(1, f[2], 0xF0)
                    || data_differs(2, 0)
                    || data_differs(3, 1))
            }
            (false, true) => {
                let first = !(differs(0, f[1], 0xFF) || differs(1, f[2], 0xFF));
                let second = !(differs(2, f[1], 0xFF) || differs(3, f[2], 0xFF));
                first || second
            }
            (false, false) => {
                let byte = self.data_len() > 0
                    && (differs(1, data(0) >> 4, 0x0F) || differs(3, data(0) & 0x0F, 0x0F));
                let first = !(differs(0, f[1], 0xFF) || differs(1, f[2], 0xF0) || byte);
                let second = !(differs(2, f[1], 0xFF) || differs(3, f[2], 0xF0));
                first || second
            }
        }
    }
}
