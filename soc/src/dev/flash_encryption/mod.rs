//! The flash encryption block: accepts the handshake but does not encrypt. SPI1 then programs the plain text. The
//! caches do not decrypt either, so firmware reads back what it wrote.

pub mod spec;

use super::Cx;
use super::regfile::{RegFile, Stored, StoredSpec};
use super::spec::Spec;
use spec::{DONE, SPEC, START};

/// Register table and commands of the block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlashEncryptionSpec;

/// The flash encryption block.
pub type FlashEncryption = Stored<FlashEncryptionSpec>;

impl StoredSpec for FlashEncryptionSpec {
    const SPEC: &'static Spec = &SPEC;

    fn write(regs: &mut RegFile, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            START if value & 1 != 0 => {
                cx.warn_reg(&SPEC, START, "encryption is not modelled, flash is written in plain text");
            }
            START | DONE => {}
            _ => regs.write(&SPEC, offset, value, cx),
        }
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
