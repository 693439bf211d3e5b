//! The engine's contract: a program passes through the same states in budgets of any size.

mod common;

use common::Rig;
use common::random::{rig, run_in};
use esplens_core::engine::Engine;
use proptest::prelude::*;

fn same(a: &mut Rig, b: &mut Rig, what: &str) {
    assert!(a.cpu == b.cpu, "{what}:\n{:#x?}\n{:#x?}", a.cpu, b.cpu);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_budget_gives_the_same_states(seed: u64, slices in prop::collection::vec(1u64..200, 20)) {
        let (mut whole, mut single, mut fresh) = (rig(seed), rig(seed), rig(seed));
        for (n, slice) in slices.into_iter().enumerate() {
            let end = whole.cpu.cycles + slice;
            run_in(&mut whole, end, u64::MAX);
            run_in(&mut single, end, 1);
            same(&mut whole, &mut single, "one at a time");
            if n % 4 == 0 {
                fresh.engine.flush();
            }
            run_in(&mut fresh, end, 1 + seed % 7);
            same(&mut whole, &mut fresh, "with forgotten code");
        }
        let (a, b, c) = (whole.mem.save(), single.mem.save(), fresh.mem.save());
        prop_assert!(a == b && a == c, "memory differs");
    }
}

#[test]
fn the_random_programs_are_worth_running() {
    // Most cycles retire an instruction, and code is written while it runs.
    let (mut cycles, mut retired, mut changed) = (0, 0, 0);
    for seed in 1..100u64 {
        let mut r = rig(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let before = r.mem.save();
        run_in(&mut r, 3000, u64::MAX);
        cycles += r.cpu.cycles;
        retired += r.cpu.retired;
        changed += u32::from(r.mem.save() != before);
    }
    assert!(retired * 4 > cycles * 3 && changed > 50, "{retired} of {cycles}, {changed} changed");
}

#[test]
fn a_state_restored_in_the_middle_goes_on_the_same() {
    for seed in 1..20u64 {
        let mut r = rig(seed.wrapping_mul(0x1234_5678_9ABC_DEF1));
        run_in(&mut r, 700, u64::MAX);
        let (cpu, mem) = (r.cpu.clone(), r.mem.save());
        run_in(&mut r, 1500, u64::MAX);
        let (end, end_mem) = (r.cpu.clone(), r.mem.save());
        r.cpu = cpu;
        r.mem.restore(&mem);
        r.cpu.sync_dbreak(0, &mut r.mem);
        r.engine.flush();
        run_in(&mut r, 1500, 13);
        assert!(r.cpu == end && r.mem.save() == end_mem, "{seed}");
    }
}
