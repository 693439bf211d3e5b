//! Flash images, application images and partition tables, and the output of `esplens info` for them.
#![no_main]

use esplens_soc::boot::info::ImageInfo;
use esplens_soc::boot::{LoadOptions, image, input, partition};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|data: &[u8]| {
    let _ = image::parse(data, 0);
    let _ = partition::parse(data, 0);
    // Most of a flash image is empty: put the fuzzer's bytes at the offsets that are parsed.
    let mut flash = vec![0xFF; 0x1000];
    flash.extend(data);
    let opts = LoadOptions { accept_any: data.first().is_some_and(|b| b & 1 != 0), ..LoadOptions::default() };
    for bytes in [data, &flash] {
        if let Ok(input) = input::from_bytes(Path::new("fuzz"), bytes, &opts) {
            assert!(input.flash_size() <= input::MAX_FLASH);
            let _ = ImageInfo::of(&input).to_string();
        }
    }
});
