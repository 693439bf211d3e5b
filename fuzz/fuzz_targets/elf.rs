//! ELF files: as applications, kernels and mask ROMs.
#![no_main]

use esplens_soc::boot::{RomSet, app_elf, kernel};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(pieces) = app_elf::flash_pieces(data, 4 << 20) {
        assert!(pieces.iter().all(|(at, bytes)| at + bytes.len() <= 4 << 20));
    }
    let _ = kernel::parse(data);
    let _ = RomSet::from_elf(data);
});
