//! Compares variables, locals, location lists and types with a real GDB, on core files. Skipped with a message if there
//! is no GDB with Python.
//!
//! Locals are read in GDB's own stack frames (its registers, its frame addresses), so that the comparison covers the
//! debug information and not the unwinder.

mod compare;
mod plain;

use compare::Bench;
use esplens_testkit::firmware::WITH_ELF;

#[test]
fn locals_variables_and_types_are_those_of_gdb() {
    let Some(gdb) = esplens_testkit::gdb() else { return };
    if !compare::has_python(&gdb) {
        eprintln!("skipped: {} has no Python", gdb.display());
        return;
    }
    let only = std::env::var("ESPLENS_ONLY").ok();
    let mut bad = Vec::new();
    // The demo is in C and Rust, the others are in C and C++.
    let images = ["demo"].into_iter().chain(WITH_ELF);
    for name in images.filter(|n| only.as_deref().is_none_or(|o| o == *n)) {
        let Some(mut bench) = Bench::new(name) else { continue };
        for ms in [40, 350, 700] {
            let sum = bench.at(ms, &gdb);
            eprintln!("{name} at {ms} ms: {}", sum.counts());
            if !sum.has_frames() {
                eprintln!(
                    "locals skipped: this GDB reads no frames from core files; cargo xtask gdb builds one"
                );
            }
            bad.extend(sum.bad.into_iter().map(|b| format!("{name} at {ms} ms: {b}")));
        }
    }
    assert!(bad.is_empty(), "{} differ:\n{}", bad.len(), bad.join("\n"));
}
