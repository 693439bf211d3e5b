//! FreeRTOS and backtraces of foreign firmware and the demo, at many instants.

mod common;

use common::{boot, firmware};
use esplens_core::time::TICKS_PER_US;
use esplens_gdb::rtos::{self, Rtos};
use esplens_gdb::symbols::{Elf, Symbols};
use esplens_gdb::unwind::{Backtrace, Context, End, MachineMemory};
use esplens_soc::machine::Machine;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const IMAGES: [&str; 6] =
    ["idf-5.2-deadline", "idf-5.3-blink", "idf-4.0-httpd-wifi", "idf-3.2-hello", "idf-6.1-dht", "demo"];

fn files(name: &str) -> Option<(PathBuf, PathBuf)> {
    if name == "demo" {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/demo");
        return Some((dir.join("flash.bin"), dir.join("demo.elf")));
    }
    let dir = firmware(name)?;
    Some((dir.join("flash.bin"), dir.join("app.elf")))
}

struct Bench {
    machine: Machine,
    rtos: Rtos,
    symbols: Arc<Symbols>,
}

fn bench(name: &str) -> Option<Bench> {
    let (flash, elf) = files(name)?;
    let symbols = Arc::new(Symbols::new(vec![Arc::new(Elf::open(&elf).unwrap())]));
    let rtos = Rtos::find(symbols.clone()).unwrap_or_else(|| panic!("{name}: no FreeRTOS"));
    Some(Bench { machine: boot(&std::fs::read(flash).unwrap(), name), rtos, symbols })
}

impl Bench {
    fn names(&self, bt: &Backtrace) -> Vec<String> {
        let name = |pc| self.symbols.function_at(pc).map_or("??".into(), |s| s.with_offset(pc));
        bt.frames.iter().map(|f| name(f.lookup())).collect()
    }
}

#[test]
fn look() {
    for name in IMAGES {
        let Some(mut b) = bench(name) else { return };
        for us in [10_000u64, 400_000, 1_300_001] {
            b.machine.run(us * TICKS_PER_US);
            let m = &b.machine;
            let mem = MachineMemory { machine: m, core: 0 };
            let sp = [0, 1].map(|c| Some(m.cpu(c).a(1)));
            let cores = [0, 1].map(|c| Context::of_core(m.cpu(c), c));
            let s = b.rtos.snapshot(&mem, sp);
            eprintln!("== {name} at {us}\n{}", rtos::task_table(&s));
            for c in &cores {
                let bt = rtos::core_backtrace(Some(&b.rtos), &mem, &*b.rtos.source, c);
                eprintln!("core {:?}: {:?} {:?}", c.core, b.names(&bt), bt.end);
            }
            for t in &s.tasks {
                let bt = rtos::backtrace(&b.rtos, &mem, t, &cores);
                eprintln!("{}: {:?} {}", t.name, b.names(&bt), bt.end);
                assert!(us < 100_000 || bt.end == End::Outermost || true);
            }
            eprintln!(
                "{}",
                rtos::queue_table(
                    &s,
                    &rtos::queues(&b.rtos, &mem, &s),
                    &rtos::event_groups(&b.rtos, &mem, &s)
                )
            );
            eprintln!("{}", rtos::heap_table(&rtos::heaps(&b.rtos, &mem)));
            eprintln!("{}", rtos::timer_table(s.tick, &rtos::timers(&b.rtos, &mem).0, |a| format!("{a:#x}")));
        }
    }
}
