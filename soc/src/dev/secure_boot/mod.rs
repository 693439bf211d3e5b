//! Secure boot version 1's digest engine: takes the ROM's commands and is done at once, but computes nothing, so that
//! a chip whose eFuses ask for it does not hang. The digest and the result of a check read 0.

pub mod spec;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, Device, View};
use serde::{Deserialize, Serialize};
use spec::{BUSY, FINISH, SPEC, START};

/// The block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecureBoot {
    regs: RegFile,
}

impl Device for SecureBoot {
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
                cx.warn_reg(&SPEC, START, "secure boot is not modelled, digest and result read 0");
            }
            START..=FINISH | BUSY => {}
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
    }

    fn reset(&mut self, _cx: &mut Cx) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::spec::*;
    use super::*;
    use crate::dev::DevId;
    use crate::dev::testing::Bench;

    /// `ets_secure_boot_check_start` and `_check_finish`: every command, then the wait for BUSY.
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
