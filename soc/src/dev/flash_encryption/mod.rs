//! Flash encryption for writing: takes the handshake, encrypts nothing. What SPI1 then programs is the plain
//! text, and the caches do not decrypt either, so that firmware reads back what it wrote.

pub mod spec;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, Device, View};
use serde::{Deserialize, Serialize};
use spec::{DONE, SPEC, START};

/// The block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashEncryption {
    regs: RegFile,
}

impl Device for FlashEncryption {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, _v: &View) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.regs.read(&SPEC, offset, cx)
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            START if value & 1 != 0 => {
                cx.warn_reg(&SPEC, START, "encryption is not modelled, flash is written in plain text");
            }
            START | DONE => {}
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
    }

    fn reset(&mut self, _cx: &mut Cx) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::spec::{ADDRESS, BUFFER};
    use super::*;
    use crate::dev::DevId;
    use crate::dev::testing::Bench;

    #[test]
    fn the_roms_handshake_ends_with_one_warning() {
        let mut b = Bench::new(DevId::FlashEncryption, FlashEncryption::default());
        for i in 0..8 {
            b.write(BUFFER + i * 4, i);
        }
        b.write(ADDRESS, 0x1_0000);
        b.write(START, 1);
        b.write(START, 1);
        assert_eq!((b.read(DONE), b.read(START), b.read(BUFFER + 28), b.warnings().len()), (1, 0, 7, 1));
    }
}
