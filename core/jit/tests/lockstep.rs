//! Translated code against the interpreter: with early translation every program passes through the same
//! states.

#[path = "../../tests/common/mod.rs"]
mod common;

use common::Rig;
use common::random::{rig, run_in};
use esplens_core::engine::interp::Interp;
use proptest::prelude::*;

/// Builds the same program on an engine that translates a block after `threshold` of its instructions have
/// run.
fn translated(seed: u64, threshold: u32) -> Rig {
    let engine = Interp::with_translator(esplens_jit::translator().unwrap(), threshold);
    Rig { engine, ..rig(seed) }
}

/// Fails with the register lines that differ between the two machines.
fn same(a: &Rig, b: &Rig, what: &str) {
    if a.cpu != b.cpu {
        let (a, b) = (format!("{:#x?}", a.cpu), format!("{:#x?}", b.cpu));
        let lines = a.lines().zip(b.lines()).enumerate().filter(|(_, (a, b))| a != b);
        panic!("{what}: {:#?}", lines.collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_programs_pass_through_the_same_states(seed: u64, slices in prop::collection::vec(1u64..200, 20)) {
        let (mut plain, mut whole, mut cut) = (rig(seed), translated(seed, 0), translated(seed, 8));
        for slice in slices {
            let end = plain.cpu.cycles + slice;
            run_in(&mut plain, end, u64::MAX);
            run_in(&mut whole, end, u64::MAX);
            same(&plain, &whole, "translated");
            run_in(&mut cut, end, 1 + seed % 17);
            same(&plain, &cut, "translated, in small budgets");
        }
        let (a, b, c) = (plain.mem.save(), whole.mem.save(), cut.mem.save());
        prop_assert!(a == b && a == c, "memory differs");
    }
}

#[test]
fn many_random_programs_end_in_the_same_state() {
    let seeds = if std::env::var_os("ESPLENS_FULL").is_some() { 20_000 } else { 200 };
    for seed in 1..seeds {
        let seed = u64::from(seed as u32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (mut plain, mut fast) = (rig(seed), translated(seed, (seed % 50) as u32));
        for end in (0..3000).step_by(100) {
            run_in(&mut plain, end, u64::MAX);
            run_in(&mut fast, end, 1 + seed % 300);
            same(&plain, &fast, &format!("{seed:#x} at {end}"));
        }
        assert!(plain.mem.save() == fast.mem.save(), "{seed:#x}: memory differs");
    }
}
