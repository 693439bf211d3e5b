//! The devices on the buses of SPI2 and SPI3: SD cards in SPI mode.
//!
//! A device is selected while the pad of its chip select is low, driven by a GPIO or by the controller's own chip
//! select. It sees a transaction as bytes: command, address and data phase after one another, ones while only the
//! device sends. Dummy phases shorter than a byte are not seen: drivers use them to compensate the delay of the GPIO
//! matrix.

use super::transfer::{Bits, Transfer};
use super::{DevId, Spi, spec::*};
use crate::card;
use crate::dev::Cx;
use esplens_core::time::periods_to_ticks;

/// Host work charged for each byte that a device exchanges.
const BYTE_WORK: u64 = 40;

/// Output signals of the chip selects (IDF `HSPICS0_OUT_IDX`, ...), CS0 to CS2.
fn select_signals(dev: DevId) -> Option<[u8; 3]> {
    match dev {
        DevId::Spi2 => Some([11, 61, 62]),
        DevId::Spi3 => Some([68, 69, 70]),
        _ => None,
    }
}

impl Spi {
    /// Carries out a transfer with the selected device. Returns the bytes read; `None` if no device is selected.
    pub(super) fn on_bus(&self, t: &Transfer, cx: &mut Cx) -> Option<Vec<u8>> {
        let signals = select_signals(cx.dev)?;
        let watched = cx.sys.sd.chip_selects();
        if watched == 0 {
            return None;
        }
        let off = self.reg(PIN);
        let driven = |cs: &u8| {
            let signal = cx.sys.spi_selects.get(cs);
            signal.is_some_and(|s| (0..3).any(|n| signals[n] == *s && off >> n & 1 == 0))
        };
        let by_hardware = (0..40).filter(|n| watched >> n & 1 != 0).find(driven);
        let by_gpio = (0..40u8).find(|n| watched >> n & 1 != 0 && cx.sys.pads.level >> n & 1 == 0);
        let cs = by_hardware.or(by_gpio)?;
        let (sent, first) = self.stream(t);
        cx.charge(BYTE_WORK * sent.len() as u64);
        let (start, hz) = (cx.now, self.hz(cx));
        let time = |n: usize| start + periods_to_ticks(8 * (n as u64 + 1), hz);
        let answer = cx.sys.sd.exchange((cx.dev, cs), &sent, time);
        card::trace(cx);
        if by_hardware.is_some() && off & pin::CS_KEEP_ACTIVE == 0 {
            cx.sys.sd.deselect(cs);
        }
        let answer = answer?;
        Some((0..t.miso).map(|n| answer.get(first + n).copied().unwrap_or(0xFF)).collect())
    }

    /// Returns the bytes on the data line during a transfer, and the index of the first one that is read.
    fn stream(&self, t: &Transfer) -> (Vec<u8>, usize) {
        let duplex = self.reg(USER) & user::DOUTDIN != 0;
        let header = t.out.len() - t.data_bits.min(t.out.len());
        let mut line = Bits::default();
        line.push(t.out.bytes(), header);
        if t.dummy >= 8 {
            line.push(&[0xFF; 32], t.dummy);
        }
        let data_at = (line.len() as usize).div_ceil(8);
        line.push(&t.out.tail(t.data_bits), t.data_bits);
        let mut sent = line.bytes().to_vec();
        let first = if duplex { data_at } else { sent.len() };
        sent.resize(sent.len().max(first + t.miso), 0xFF);
        (sent, first)
    }
}
