//! `flasher_args.json` of ESP-IDF build folders.
#![no_main]

use esplens_soc::boot::build_dir;
use libfuzzer_sys::fuzz_target;
use std::path::Component;

fuzz_target!(|data: &[u8]| {
    if let Ok(args) = build_dir::parse_flasher_args(data) {
        let inside = |c: Component| matches!(c, Component::Normal(_) | Component::CurDir);
        assert!(args.files.iter().all(|(at, path)| *at < 16 << 20 && path.components().all(inside)));
    }
});
