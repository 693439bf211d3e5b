#![no_main]
//! ELF files with DWARF: every query of `symbols`. Seed with `cp ../fixtures/*/*.elf corpus/symbols`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = esplens_debuginfo::symbols::exercise::exercise(
        bytes.to_vec(),
        &[0x400D_2E84, 0x4008_0400, 0x3FFB_0000],
    );
});
