//! Checks that backtraces at every instruction of an interrupt's or exception's entry and exit contain the frames of
//! the interrupted code.

use esplens_core::time::TICKS_PER_US;
use esplens_debuginfo::rtos;
use esplens_debuginfo::unwind::Backtrace;
use esplens_soc::machine::{Plan, RunExit, Step};
use esplens_supervisor::MachineMemory;
use esplens_testkit::kernel::Bench;

/// Most instructions of one entry and exit.
const LONGEST: usize = 20_000;
/// Number of tests of each entry.
const TIMES: usize = 5;

/// Operations of these tests on a bench.
trait EntryBench: Sized {
    fn backtrace(&self, core: usize) -> Backtrace;
    fn current(&self, core: usize) -> Option<u32>;
    fn run_to(&mut self, entry: u32) -> Option<usize>;
    fn follow(&mut self, core: usize) -> usize;
}

impl EntryBench for Bench {
    fn backtrace(&self, core: usize) -> Backtrace {
        let mem = MachineMemory { machine: &self.machine, core };
        rtos::core_backtrace(Some(&self.rtos), &mem, &*self.symbols, &self.context(core))
    }

    /// Returns the TCB of the task that runs on this core.
    fn current(&self, core: usize) -> Option<u32> {
        self.rtos.running(&self.mem(), core)
    }

    /// Runs until a core reaches `entry`; returns `None` if that does not happen within a second.
    fn run_to(&mut self, entry: u32) -> Option<usize> {
        self.machine.add_breakpoint(entry);
        let until = self.machine.now() + 1_000_000 * TICKS_PER_US;
        let exit = self.machine.run_debug(until);
        self.machine.remove_breakpoint(entry);
        match exit {
            RunExit::Stopped { core, .. } => Some(core),
            _ => None,
        }
    }

    /// Steps from the entry to the return into the interrupted code or to another task. Returns the number of
    /// instructions.
    fn follow(&mut self, core: usize) -> usize {
        let pcs = |bt: &Backtrace| bt.frames.iter().map(|f| f.pc).collect::<Vec<_>>();
        let first = pcs(&self.backtrace(core));
        let (below, task, back) = (&first[1..], self.current(core), self.context(core).epc[1]);
        assert!(!below.is_empty(), "{}: nothing interrupted: {first:x?}", self.name);
        for n in 0..LONGEST {
            if self.machine.cpu(core).pc == back || self.current(core) != task {
                return n;
            }
            let bt = self.backtrace(core);
            assert!(
                pcs(&bt).ends_with(below),
                "{}: instruction {n} of core {core}: {:x?} ({}) is not from {below:x?}",
                self.name,
                pcs(&bt),
                bt.end
            );
            self.machine
                .begin(&Plan { step: Some(Step { core, range: 0..0, irq: false }), ..Plan::default() });
            let until = self.machine.now() + 1_000_000 * TICKS_PER_US;
            self.machine.run_debug(until);
        }
        panic!("{}: no way back to {back:#x}", self.name);
    }
}

#[test]
fn the_interrupted_frames_are_there_at_every_instruction() {
    let mut seen = 0;
    for name in ["idf-5.3-blink", "idf-4.0-httpd-wifi", "idf-3.2-hello", "idf-6.1-dht", "idf-5.2-deadline"] {
        let Some(mut b) = Bench::open(name) else { return };
        b.machine.run(500_000 * TICKS_PER_US);
        // The FPU's entry is reached if a task's first use of floating point comes late enough.
        for entry in ["_xt_lowint1", "_xt_coproc_exc"] {
            let at = b.symbols.symbol(entry).unwrap().addr;
            for _ in 0..TIMES {
                let Some(core) = b.run_to(at) else { break };
                let n = b.follow(core);
                eprintln!("{name}: {entry} on core {core}: {n} instructions");
                seen += usize::from(n > 0);
            }
        }
    }
    assert!(seen >= 5 * TIMES);
}
