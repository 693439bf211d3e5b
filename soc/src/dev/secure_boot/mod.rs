//! Digest engine of secure boot version 1. It accepts the ROM's commands and completes them immediately without
//! computing anything, so that a chip whose eFuses enable secure boot does not hang. The digest and the result of a
//! check read 0.

pub mod spec;

use super::Cx;
use super::regfile::{RegFile, Stored, StoredSpec};
use super::spec::Spec;
use spec::{BUSY, FINISH, SPEC, START};

/// Marker type with the register table and the commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecureBootSpec;

/// The digest engine.
pub type SecureBoot = Stored<SecureBootSpec>;

impl StoredSpec for SecureBootSpec {
    const SPEC: &'static Spec = &SPEC;

    fn write(regs: &mut RegFile, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            START if value & 1 != 0 => {
                cx.warn_reg(&SPEC, START, "secure boot is not modelled, digest and result read 0");
            }
            START..=FINISH | BUSY => {}
            _ => regs.write(&SPEC, offset, value, cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::spec::*;
    use super::*;
    use crate::dev::DevId;
    use crate::dev::testing::Bench;

    /// Runs `ets_secure_boot_check_start` and `_check_finish`: every command, followed by the wait for BUSY.
    #[test]
    fn the_roms_check_ends_with_one_warning() {
        let mut b = Bench::new(DevId::SecureBoot, SecureBoot::default());
        for i in 0..32 {
            b.write(BLOCK + 4 * i, i);
        }
        for command in [START, HASH, HASH, OBTAIN, CHECK, FINISH] {
            b.write(command, 1);
            assert_eq!(b.read(BUSY), 0);
        }
        assert_eq!((b.read(BLOCK + 4 * 31), b.read(RESULT)), (31, 0));
        assert_eq!(b.warnings().len(), 1);
    }
}
