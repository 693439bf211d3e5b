//! Measures a dashboard's cost to the machine: time per second on the machine's thread for each layout, and its share.
//! `cargo run --release -p esplens --example dash_cost`

use esplens::dash::collect::{KnownFirmware, collect};
use esplens::dash::layout::LayoutId;
use esplens::dash::rig::Rig;
use esplens::dash::wire::{Action, DebugQuery, Query};

/// Frames per second, and how many times per second the slow parts are read.
const FRAMES: f64 = 30.0;
const SLOW: f64 = 1.0 / 0.15;

/// Returns the nanoseconds of CPU time that this thread has used.
fn on_cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn main() {
    let mut rig = Rig::demo(200, 60);
    rig.act(None, Action::Run);
    rig.run_to(2500);
    println!("{:<10} {:>12} {:>12} {:>8}", "layout", "fast, us", "slow, us", "share");
    for (n, layout) in LayoutId::ALL.iter().enumerate() {
        rig.keys(&(n + 1).to_string());
        let query = rig.state.query();
        let fast = Query { debug: DebugQuery::default(), ..query.clone() };
        let known = KnownFirmware::of(rig.handle());
        let session = rig.session();
        let cost = |query: &Query| {
            let runs = 3000;
            let _ = collect(session, query, &[], &known);
            let begun = on_cpu();
            for _ in 0..runs {
                std::hint::black_box(collect(session, query, &[], &known));
            }
            (on_cpu() - begun) as f64 / f64::from(runs) / 1e3
        };
        let (all, fast) = (cost(&query), cost(&fast));
        let slow = (all - fast).max(0.0);
        let share = (fast * FRAMES + slow * SLOW) / 1e6;
        println!("{:<10} {fast:>12.1} {slow:>12.1} {:>7.2}%", layout.name(), share * 100.0);
    }
}
