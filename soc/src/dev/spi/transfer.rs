//! One exchange on an SPI bus, from chip select to deselect, as the chip sees it.

use esplens_core::time::Ticks;

/// A bit string in transmission order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    bytes: Vec<u8>,
    len: u32,
}

impl Bits {
    /// Appends the first `n` bits of `from`, the most significant bit of each byte first.
    pub fn push(&mut self, from: &[u8], n: u32) {
        let n = n.min(from.len() as u32 * 8);
        if self.len.is_multiple_of(8) && n.is_multiple_of(8) {
            self.bytes.extend_from_slice(&from[..n as usize / 8]);
            self.len += n;
            return;
        }
        for i in 0..n {
            if self.len.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = from[i as usize / 8] >> (7 - i % 8) & 1;
            let last = self.bytes.len() - 1;
            self.bytes[last] |= bit << (7 - self.len % 8);
            self.len += 1;
        }
    }

    /// Returns the last `n` bits as bytes; the last byte is padded with zeros.
    #[must_use]
    pub fn tail(&self, n: u32) -> Vec<u8> {
        let first = self.len - n.min(self.len);
        let mut out = vec![0; (self.len - first).div_ceil(8) as usize];
        for i in first..self.len {
            let bit = self.bytes[i as usize / 8] >> (7 - i % 8) & 1;
            out[(i - first) as usize / 8] |= bit << (7 - (i - first) % 8);
        }
        out
    }

    /// Returns the length in bits.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Returns true if there are no bits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the bits as bytes; the last byte is padded with zeros.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Data that the controller sends, and number of bytes that it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Command, address and write data, concatenated.
    pub out: Bits,
    /// Number of data lines (1, 2, 4) for the first bits.
    pub first_lanes: u32,
    /// Number of data lines in the address phase.
    pub addr_lanes: u32,
    /// Number of clocks in the dummy phase.
    pub dummy: u32,
    /// Number of bytes to read.
    pub miso: usize,
    /// Time at which the chip is deselected.
    pub end: Ticks,
    /// Number of write data bits, which are the last bits of `out`.
    pub data_bits: u32,
}

impl Transfer {
    /// Creates a one-line exchange that sends `out` and reads `miso` bytes.
    #[must_use]
    pub fn plain(out: &[u8], miso: usize, end: Ticks) -> Self {
        let mut bits = Bits::default();
        bits.push(out, out.len() as u32 * 8);
        Self { out: bits, first_lanes: 1, addr_lanes: 1, dummy: 0, miso, end, data_bits: 0 }
    }

    /// Returns the first byte sent.
    #[must_use]
    pub fn opcode(&self) -> Option<u8> {
        if self.out.len() < 8 { None } else { self.out.bytes().first().copied() }
    }

    /// Returns the address in the `bytes` bytes that follow the opcode; missing bytes read 0.
    #[must_use]
    pub fn address(&self, bytes: usize) -> u32 {
        (1..=bytes).fold(0, |a, i| a << 8 | u32::from(self.out.bytes().get(i).copied().unwrap_or(0)))
    }

    /// Returns the bytes written after the first `header` bytes.
    #[must_use]
    pub fn data(&self, header: usize) -> &[u8] {
        self.out.bytes().get(header..).unwrap_or(&[])
    }

    /// Returns the bytes of the read phase, when the chip's data starts `wait` clocks after the first `header` bytes.
    ///
    /// Surplus dummy clocks are assumed to compensate for the delay of the GPIO matrix, as drivers configure them. If
    /// the transfer has fewer wait clocks than the chip needs, each whole missing byte reads as ones before the data,
    /// as on the wire.
    pub fn answer(&self, header: usize, wait: u32, mut byte: impl FnMut(usize) -> u8) -> Vec<u8> {
        let lanes = self.addr_lanes.max(1);
        let sent = self.out.len().saturating_sub(header as u32 * 8) / lanes + self.dummy;
        let owed = (header as u32 * 8).saturating_sub(self.out.len());
        let late = (wait.saturating_sub(sent) + owed) as usize / 8;
        (0..self.miso).map(|i| i.checked_sub(late).map_or(0xFF, &mut byte)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_lengths_join_without_gaps() {
        let mut b = Bits::default();
        b.push(&[0x00], 2);
        b.push(&[0x9F, 0x12], 16);
        assert_eq!((b.bytes(), b.len()), (&[0x27, 0xC4, 0x80][..], 18));
        assert_eq!(b.tail(16), [0x9F, 0x12]);
        assert_eq!(b.tail(99).len(), 3);
    }

    #[test]
    fn missing_wait_clocks_show_as_ones_and_surplus_ones_do_not_matter() {
        let mut t = Transfer::plain(&[0x0B, 0, 0, 0], 3, 0);
        assert_eq!(t.answer(4, 8, |i| i as u8), [0xFF, 0, 1]);
        t.dummy = 8;
        assert_eq!(t.answer(4, 8, |i| i as u8), [0, 1, 2]);
        t.dummy = 10;
        assert_eq!(t.answer(4, 8, |i| i as u8), [0, 1, 2]);
    }
}
