//! IO_MUX: function, pulls and input enable of each pad. This device holds the registers and sends every change to the
//! GPIO device as [`DevMsg::IoMux`]; the GPIO device computes the pad levels. Sleep settings and drive strength are
//! stored but have no effect.

pub mod spec;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevId, DevMsg, DevView, Device, STEADY};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// The IO_MUX registers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IoMux {
    regs: RegFile,
}

/// Returns the GPIO number of the pad whose register is at `offset`.
#[must_use]
pub fn pin_at(offset: u32) -> Option<u8> {
    (offset != 0).then(|| spec::OFFSET.iter().position(|o| *o == offset))?.map(|pin| pin as u8)
}

/// Returns the reset value of a pad's register; 0 if there is no such pad.
#[must_use]
pub fn reset_value(pin: u8) -> u32 {
    let offset = spec::OFFSET[usize::from(pin)];
    if offset == 0 { 0 } else { spec::SPEC.at(offset).map_or(0, |r| r.reset) }
}

impl Device for IoMux {
    fn spec(&self) -> &'static Spec {
        &spec::SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        self.regs.get(&spec::SPEC, offset)
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.regs.read(&spec::SPEC, offset, cx)
    }

    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let Some(pin) = pin_at(offset) else {
            return self.regs.write(&spec::SPEC, offset, value, cx);
        };
        let value = value & spec::pad::MASK;
        if self.regs.get(&spec::SPEC, offset) != value {
            self.regs.set(offset, value);
            cx.send(DevId::Gpio, DevMsg::IoMux(pin, value));
        }
    }

    fn reset(&mut self, cx: &mut Cx) {
        self.regs = RegFile::default();
        for pin in (0..40).filter(|pin| spec::OFFSET[usize::from(*pin)] != 0) {
            cx.send(DevId::Gpio, DevMsg::IoMux(pin, reset_value(pin)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::testing::Bench;

    #[test]
    fn registers_are_ordered_by_pad_and_changes_reach_gpio() {
        let mut b = Bench::new(DevId::IoMux, IoMux::default());
        assert_eq!(b.read(0x44), 0xB00, "GPIO0: input on, pulled up");
        assert_eq!(b.read(spec::U0TXD), 0xB00);
        b.write(spec::MTDI, 0xFFFF_2A00);
        b.write(spec::MTDI, 0x2A00);
        assert_eq!(
            b.sent,
            [(DevId::Gpio, DevMsg::IoMux(12, 0x2A00))],
            "unimplemented bits stay 0, no repeats"
        );
        assert_eq!(b.read(spec::MTDI), 0x2A00);
        b.reset();
        assert_eq!(b.read(spec::MTDI), 0xA80);
        assert!(b.sent.contains(&(DevId::Gpio, DevMsg::IoMux(12, 0xA80))));
    }

    #[test]
    fn every_pad_has_one_register() {
        let pins: Vec<u8> = spec::SPEC.regs.iter().filter_map(|r| pin_at(r.offset)).collect();
        assert_eq!(pins.len(), 36);
        assert_eq!(pin_at(0), None);
    }
}
