//! eFuse files.
#![no_main]

use esplens_soc::boot::persist;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    assert_eq!(persist::parse_efuse(data).is_ok(), data.len() == persist::EFUSE_BYTES);
});
