//! Differential test against `qemu-system-xtensa -cpu dc233c`: random programs of the instructions that both
//! support, with thousands of cases each. Registers are compared after every case.
//!
//! Runs with `ESPLENS_QEMU=1` (Debian: apt install qemu-system-misc); `ESPLENS_QEMU=<n>` sets the number of batches.

#[path = "../common/mod.rs"]
mod common;
mod compare;
mod generate;
mod machines;
mod program;

use compare::{compare, unknown};
use esplens_core::isa::sr;
use generate::Generator;
use program::program;
use std::collections::BTreeMap;

const CODE: u32 = 0x4008_0000;
const CODE_BYTES: usize = 0x8_0000;
/// Code size limit, leaving space for the epilogue and the last case.
const CODE_ROOM: usize = CODE_BYTES - 0x1000;
const RECORDS: u32 = 0x3F40_0000;
const STACK: u32 = 0x3F3F_F000;
const VECTORS: u32 = CODE + 0x400;
/// dc233c's reset vector.
const RESET: u32 = 0xFE00_0000;
/// Input part of a record in words: 14 register values. After it come 16 words of scratch and 36 words of
/// output.
const IN: usize = 16;
const SCRATCH: usize = 16;
const OUT: usize = 36;
const RECORD: usize = (IN + SCRATCH + OUT) * 4;
/// Special registers dumped after the 16 address registers.
const DUMPED: [(u8, &str); 15] = [
    (sr::SAR, "sar"),
    (sr::ACCLO, "acclo"),
    (sr::ACCHI, "acchi"),
    (sr::M0, "m0"),
    (sr::M1, "m1"),
    (sr::M2, "m2"),
    (sr::M3, "m3"),
    (sr::LBEG, "lbeg"),
    (sr::LEND, "lend"),
    (sr::LCOUNT, "lcount"),
    (sr::MISC0, "misc0"),
    (sr::SCOMPARE1, "scompare1"),
    (sr::WINDOWBASE, "windowbase"),
    (sr::WINDOWSTART, "windowstart"),
    (sr::PS, "ps"),
];
/// Random instructions per case.
const PER_CASE: u32 = 24;

#[test]
fn random_programs_run_as_on_qemu() {
    let Some(batches) = std::env::var_os("ESPLENS_QEMU") else {
        println!("skipped: set ESPLENS_QEMU=1 to compare with qemu-system-xtensa -cpu dc233c");
        return;
    };
    let batches = batches.to_str().and_then(|n| n.parse().ok()).filter(|&n| n > 1u64).unwrap_or(25);
    let unknown = unknown();
    println!("dc233c lacks {:?}", unknown.iter().map(|o| o.mnemonic()).collect::<Vec<_>>());
    let (mut complaints, mut suspects, mut total) = (Vec::new(), BTreeMap::new(), 0);
    for batch in 0..batches {
        let mut g = Generator::new(0x9E37_79B9_7F4A_7C15u64.wrapping_mul(batch + 1), &unknown);
        let p = program(&mut g, |g| Some(g.items()));
        total += p.generated;
        compare(&p, &mut complaints, &mut suspects);
        if !complaints.is_empty() {
            break;
        }
    }
    println!("{total} random instructions compared");
    let mut by_count: Vec<_> = suspects.into_iter().collect();
    by_count.sort_by_key(|e| std::cmp::Reverse(e.1));
    assert!(complaints.is_empty(), "{}\nmost frequent: {by_count:?}", complaints.join("\n\n"));
    assert!(unknown.len() < 12, "too little is left to compare");
}
