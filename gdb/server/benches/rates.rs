//! Measures the cost of debugging: `cargo bench -p esplens-server --bench rates`. The client is the tests' own, over TCP.
//!
//! The guest is fixtures/bench, 18 million instructions without a pause. Ratios compare CPU time of the machine's
//! thread, the best of several interleaved runs. Rates are given per second of wall time and per second of CPU time.
//! Each line is `rate TAB what TAB figure`, for `cargo xtask bench`.

use esplens_debuginfo::symbols::Elf;
use esplens_soc::boot::{LoadOptions, input, kernel};
use esplens_soc::machine::{Machine, MachineConfig, RunExit};
use esplens_supervisor::Handle;
use esplens_testkit::{Rsp, Served, serve, symbol};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

/// Interleaved runs of each kind.
const RUNS: usize = 7;
const BREAKPOINTS: usize = 1000;
const STEPS: u32 = 40_000;
/// Stops per machine; the program calls the function more often than that.
const STOPS: u32 = 1_000;
/// The function with the breakpoint.
const FIBONACCI: &str = "_RNvNtCslnY7iSAcP3S_5bench4work9fibonacci";
/// Steps for `reverse-stepi`; `reverse-continue` makes half as many stops.
const BACK: u32 = 2_000;
const ROUNDS: u32 = 10;
/// The program's code in internal RAM, and the pages of its stack.
const CODE: std::ops::Range<u32> = 0x4008_0400..0x4008_1900;
const STACK_PAGES: [u32; 5] = [0x3FFB_0000, 0x3FFB_1000, 0x3FFB_2000, 0x3FFB_3000, 0x3FFB_4000];

fn main() {
    let elf = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/bench/bench.elf");
    symbols();
    breakpoints(&elf);
    watchpoints(&elf);
    steps(&elf);
    stops(&elf);
    recording(&elf);
    backwards(&elf);
}

fn show(what: &str, figure: &str) {
    println!("rate\t{what}\t{figure}");
}

/// Measures opening an ELF file with DWARF and reading all names, as background loading does. The file is the largest
/// of the samples.
fn symbols() {
    let Some(dir) = esplens_testkit::firmware("idf-4.0-httpd-wifi") else { return };
    let path = dir.join("app.elf");
    let megabytes = std::fs::metadata(&path).expect("app.elf").len() as f64 / 1e6;
    let load = || {
        let begun = Instant::now();
        Elf::open(&path).expect("app.elf").index();
        begun.elapsed().as_secs_f64()
    };
    let best = (0..RUNS).map(|_| load()).fold(f64::MAX, f64::min);
    let figure = format!("{:.2} s ({best:.3} s for {megabytes:.1} MB)", 10.0 * best / megabytes);
    show("symbols of a 10 MB ELF read (goal: 1 s)", &figure);
}

/// Starts a server with the program at its first instruction.
fn start(elf: &std::path::Path) -> (Served, u16) {
    let flash = input::from_bytes(
        "erased".as_ref(),
        &[0xFF],
        &LoadOptions { accept_any: true, ..Default::default() },
    );
    let mut config = MachineConfig::new(flash.expect("an erased flash").flash);
    config.kernel = Some(kernel::load(elf).expect("fixtures/bench/bench.elf"));
    serve(Machine::new(config))
}

/// Returns this thread's CPU time in nanoseconds, from the scheduler (Linux).
fn thread_cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Returns the CPU time of all threads of this process so far, in seconds.
fn process_cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

/// Runs the program to its end over RSP. Returns the CPU time of the machine's thread in nanoseconds, and the stop
/// reply.
fn run(handle: &Handle, g: &mut Rsp) -> (u64, String) {
    let cpu = || handle.call(|_| thread_cpu()).expect("the machine is there");
    let before = cpu();
    let stop = g.call("vCont;c");
    (cpu() - before, stop)
}

/// Runs the program to its end with these breakpoints and removes each one when it is hit. Returns those that were hit.
fn hits(elf: &std::path::Path, set: BTreeSet<u32>) -> BTreeSet<u32> {
    let run = move |s: &mut esplens_supervisor::Session| {
        let (machine, mut hits) = (s.machine_mut(), BTreeSet::new());
        set.iter().for_each(|&a| machine.add_breakpoint(a));
        loop {
            match machine.run_debug(u64::MAX / 2) {
                RunExit::Stopped { core, .. } => {
                    let pc = machine.cpu(core).pc;
                    hits.insert(pc);
                    machine.remove_breakpoint(pc);
                }
                RunExit::Exit(_) => return hits,
                _ => {}
            }
        }
    };
    start(elf).0.call(run).expect("the machine is there")
}

/// Returns addresses in the program's code and the ROM that are never executed.
fn quiet_addresses(elf: &std::path::Path) -> Vec<u32> {
    let rom = (0x4000_0000..0x4006_0000).step_by(401);
    let candidates: BTreeSet<u32> = CODE.step_by(3).chain(rom).collect();
    let hit = hits(elf, candidates.clone());
    let mut quiet: Vec<u32> = candidates.difference(&hit).copied().collect();
    quiet.truncate(BREAKPOINTS);
    assert_eq!(quiet.len(), BREAKPOINTS);
    quiet
}

/// Returns the program's CPU time without (`false`) and with (`true`) the setup of `prepare`: the best of interleaved
/// runs.
fn without_and_with(elf: &std::path::Path, prepare: impl Fn(bool, &Handle, &mut Rsp)) -> [f64; 2] {
    let mut best = [u64::MAX; 2];
    for _ in 0..RUNS {
        for (with, best) in [false, true].into_iter().zip(&mut best) {
            let (handle, port) = start(elf);
            let mut g = Rsp::ready(port);
            prepare(with, &handle, &mut g);
            let (time, stop) = run(&handle, &mut g);
            assert!(!stop.contains("break"), "{stop}");
            *best = (*best).min(time);
        }
    }
    best.map(|time| time as f64)
}

fn breakpoints(elf: &std::path::Path) {
    let quiet = quiet_addresses(elf);
    let inside = quiet.iter().filter(|a| CODE.contains(a)).count();
    let [without, with] = without_and_with(elf, |with, _, g| {
        for addr in quiet.iter().filter(|_| with) {
            assert_eq!(g.call(&format!("Z0,{addr:x},2")), "OK");
        }
    });
    let speed = 100.0 * without / with;
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
        let [without, with] = without_and_with(elf, |with, _, g| {
            if with {
                assert_eq!(g.call(&format!("Z2,{at:x},4")), "OK");
            }
        });
        let ratio = with / without;
        if ratio > worst.0 {
            worst = (ratio, page);
        }
    }
    let what = format!("a watchpoint on the program's hottest page, {:#x} (goal: 2x)", worst.1);
    show(&what, &format!("{:.2}x the time without", worst.0));
}

/// Finds a word of the page that the program never writes.
fn quiet_word(elf: &std::path::Path, page: u32) -> Option<u32> {
    (page..page + 0x1000).step_by(0x1FC).find(|&at| {
        let (handle, port) = start(elf);
        let mut g = Rsp::ready(port);
        assert_eq!(g.call(&format!("Z2,{at:x},4")), "OK");
        !run(&handle, &mut g).1.contains("watch")
    })
}

/// Runs `f`, which makes `n` exchanges, and shows the rate per second of wall time and per second of CPU time.
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
    let function = symbol(elf, FIBONACCI);
    let mut rounds: Vec<(Served, Rsp)> = (0..ROUNDS)
        .map(|_| {
            let (served, port) = start(elf);
            let mut g = Rsp::ready(port);
            assert_eq!(g.call(&format!("Z0,{function:x},2")), "OK");
            assert!(g.call("vCont;c").ends_with("swbreak:;"));
            (served, g)
        })
        .collect();
    rate("`continue` to a breakpoint (goal: 5000/s)", ROUNDS * STOPS, || {
        for (_, g) in &mut rounds {
            for n in 0..STOPS {
                let stop = g.call("vCont;c");
                assert!(stop.ends_with("swbreak:;"), "{n}: {stop}");
            }
        }
    });
}

/// Measures the cost of taking checkpoints for reverse execution, which is on for every connection.
fn recording(elf: &std::path::Path) {
    let [without, with] = without_and_with(elf, |on, handle, _| {
        handle.call(move |s| s.set_recording(on)).expect("the machine is there");
    });
    let speed = 100.0 * without / with;
    show("guest speed while it is recorded (goal: 97%)", &format!("{speed:.1}% of the speed without"));
}

fn backwards(elf: &std::path::Path) {
    let function = symbol(elf, FIBONACCI);
    let (_handle, port) = start(elf);
    let mut g = Rsp::ready(port);
    assert_eq!(g.call(&format!("Z0,{function:x},2")), "OK");
    (0..BACK).for_each(|_| assert!(g.call("vCont;c").ends_with("swbreak:;")));
    rate("`reverse-stepi` over RSP", BACK, || {
        (0..BACK).for_each(|_| assert!(g.call("bs").starts_with("T05")));
    });
    rate("`reverse-continue` to a breakpoint", BACK / 2, || {
        (0..BACK / 2).for_each(|n| {
            let stop = g.call("bc");
            assert!(stop.ends_with("swbreak:;"), "{n}: {stop}");
        });
    });
}
