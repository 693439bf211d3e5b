//! What debugging costs: `cargo bench -p esplens-gdb --bench rates`. The client is the tests' own, over TCP.
//!
//! The guest is fixtures/bench, 18 million instructions without a pause. Ratios compare CPU time of the machine's
//! thread, the best of several interleaved runs; rates are wall time, and what of it the process had the CPU.
//! Each line is `rate TAB what TAB figure`, for `cargo xtask bench`.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Rsp, serve, symbol};
use esplens_gdb::supervisor::Handle;
use esplens_soc::boot::{LoadOptions, input, kernel};
use esplens_soc::machine::{Machine, MachineConfig, RunExit};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

/// Interleaved runs of each kind.
const RUNS: usize = 7;
const BREAKPOINTS: usize = 1000;
const STEPS: u32 = 40_000;
const STOPS: u32 = 5_000;
/// The program's code, in internal RAM, and its stack.
const CODE: std::ops::Range<u32> = 0x4008_0400..0x4008_1900;
const STACK_PAGES: [u32; 5] = [0x3FFB_0000, 0x3FFB_1000, 0x3FFB_2000, 0x3FFB_3000, 0x3FFB_4000];

fn main() {
    let elf = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/bench/bench.elf");
    breakpoints(&elf);
    watchpoints(&elf);
    steps(&elf);
    stops(&elf);
}

fn show(what: &str, figure: &str) {
    println!("rate\t{what}\t{figure}");
}

/// The program at its first instruction, behind a server.
fn start(elf: &std::path::Path) -> (Handle, u16) {
    let flash = input::from_bytes(
        "erased".as_ref(),
        &[0xFF],
        &LoadOptions { accept_any: true, ..Default::default() },
    );
    let mut config = MachineConfig::new(flash.expect("an erased flash").flash);
    config.kernel = Some(kernel::load(elf).expect("fixtures/bench/bench.elf"));
    serve(Machine::new(config))
}

/// CPU nanoseconds of this thread, from the scheduler (Linux).
fn thread_cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// CPU seconds of all threads of this process so far.
fn process_cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

/// Runs the program to its end on the machine's thread: CPU nanoseconds, and where it stopped on the way.
fn run(handle: &Handle) -> (u64, Vec<u32>) {
    let run = |s: &mut esplens_gdb::supervisor::Session| {
        let (machine, mut stops) = (s.machine_mut(), Vec::new());
        let begin = thread_cpu();
        loop {
            match machine.run_debug(u64::MAX / 2) {
                RunExit::Stopped { core, .. } => {
                    let pc = machine.cpu(core).pc;
                    stops.push(pc);
                    machine.remove_breakpoint(pc);
                    machine.remove_watchpoint(1);
                }
                RunExit::Exit(_) => return (thread_cpu() - begin, stops),
                _ => {}
            }
        }
    };
    handle.call(run).expect("the machine is there")
}

/// Addresses among the program's hot code and the ROM's that no run comes to.
fn quiet_addresses(elf: &std::path::Path) -> Vec<u32> {
    let rom = (0x4000_0000..0x4006_0000).step_by(401);
    let candidates: BTreeSet<u32> = CODE.step_by(3).chain(rom).collect();
    let (handle, _) = start(elf);
    let set = candidates.clone();
    handle.call(move |s| set.iter().for_each(|&a| s.machine_mut().add_breakpoint(a))).expect("the machine");
    let hit: BTreeSet<u32> = run(&handle).1.into_iter().collect();
    let mut quiet: Vec<u32> = candidates.difference(&hit).copied().collect();
    quiet.truncate(BREAKPOINTS);
    assert_eq!(quiet.len(), BREAKPOINTS);
    quiet
}

fn breakpoints(elf: &std::path::Path) {
    let quiet = quiet_addresses(elf);
    let inside = quiet.iter().filter(|a| CODE.contains(a)).count();
    let mut best = [u64::MAX; 2];
    for _ in 0..RUNS {
        for (kind, best) in best.iter_mut().enumerate() {
            let (handle, port) = start(elf);
            let mut g = Rsp::ready(port);
            for addr in quiet.iter().take(kind * BREAKPOINTS) {
                assert_eq!(g.call(&format!("Z0,{addr:x},2")), "OK");
            }
            let (time, stops) = run(&handle);
            assert!(stops.is_empty(), "{stops:x?}");
            *best = (*best).min(time);
        }
    }
    let speed = 100.0 * best[0] as f64 / best[1] as f64;
    show(
        &format!(
            "guest speed with {BREAKPOINTS} breakpoints not hit ({inside} of them in its own code) (goal: 95%)"
        ),
        &format!("{speed:.1}% of the speed with none"),
    );
}

fn watchpoints(elf: &std::path::Path) {
    let mut worst: (f64, u32) = (0.0, 0);
    for page in STACK_PAGES {
        let Some(at) = quiet_word(elf, page) else { continue };
        let mut best = [u64::MAX; 2];
        for _ in 0..RUNS {
            for (kind, best) in best.iter_mut().enumerate() {
                let (handle, port) = start(elf);
                let mut g = Rsp::ready(port);
                if kind == 1 {
                    assert_eq!(g.call(&format!("Z2,{at:x},4")), "OK");
                }
                *best = (*best).min(run(&handle).0);
            }
        }
        let ratio = best[1] as f64 / best[0] as f64;
        if ratio > worst.0 {
            worst = (ratio, page);
        }
    }
    let what = format!("a watchpoint on the program's hottest page, {:#x} (goal: 2x)", worst.1);
    show(&what, &format!("{:.2}x the time without", worst.0));
}

/// A word of the page that the program never writes.
fn quiet_word(elf: &std::path::Path, page: u32) -> Option<u32> {
    (page..page + 0x1000).step_by(0x1FC).find(|&at| {
        let (handle, port) = start(elf);
        let mut g = Rsp::ready(port);
        assert_eq!(g.call(&format!("Z2,{at:x},4")), "OK");
        run(&handle).1.is_empty()
    })
}

/// `n` exchanges: how many a second, and how many a second of CPU time.
fn rate(what: &str, n: u32, f: impl FnOnce()) {
    let (wall, cpu) = (Instant::now(), process_cpu());
    f();
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), process_cpu() - cpu);
    let per = |seconds: f64| f64::from(n) / seconds.max(0.001);
    show(what, &format!("{:.0}/s; {:.0} a second of CPU time, client included", per(wall), per(cpu)));
}

fn steps(elf: &std::path::Path) {
    let (_handle, port) = start(elf);
    let mut g = Rsp::ready(port);
    rate("single steps over RSP (goal: 20000/s)", STEPS, || {
        for _ in 0..STEPS {
            assert!(g.call("vCont;s:p1.1;c").starts_with("T05"));
        }
    });
}

fn stops(elf: &std::path::Path) {
    let (_handle, port) = start(elf);
    let mut g = Rsp::ready(port);
    let function = symbol(elf, "_RNvNtCslnY7iSAcP3S_5bench4work9ackermann");
    assert_eq!(g.call(&format!("Z0,{function:x},2")), "OK");
    rate("`continue` to a breakpoint (goal: 5000/s)", STOPS, || {
        for _ in 0..STOPS {
            assert!(g.call("vCont;c").ends_with("swbreak:;"));
        }
    });
}
