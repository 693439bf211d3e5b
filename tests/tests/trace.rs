//! Traced events of real firmware: their contents, and that tracing does not disturb the firmware.

use esplens_soc::machine::{Machine, MachineConfig};
use esplens_soc::system::Output;
use esplens_soc::trace::{TraceEvent, TraceLine};
use esplens_tests::firmware;
use esplens_tests::session::MS;
use object::{Object, ObjectSymbol};
use std::collections::BTreeMap;

/// Firmware that runs a scheduler on both cores.
const IMAGE: &str = "idf-5.3-blink";

fn config() -> Option<MachineConfig> {
    let path = firmware::file(&format!("{IMAGE}/flash.bin"))?;
    Some(MachineConfig::new(firmware::input(&path).unwrap().flash))
}

fn task_words() -> [u32; 2] {
    let elf = std::fs::read(firmware::file(&format!("{IMAGE}/app.elf")).unwrap()).unwrap();
    let elf = object::File::parse(&*elf).unwrap();
    let at = elf.symbols().find(|s| s.name() == Ok("pxCurrentTCBs")).unwrap().address() as u32;
    [at, at + 4]
}

/// Runs for `ms`, 1 ms at a time. Returns the traced lines.
fn run(machine: &mut Machine, ms: u64) -> Vec<TraceLine> {
    let mut lines = Vec::new();
    for n in 1..=ms {
        while machine.now() < n * MS {
            machine.run(n * MS);
        }
        let line = |o| if let Output::Trace(line) = o { Some(line) } else { None };
        lines.extend(machine.take_output().into_iter().filter_map(line));
    }
    lines
}

fn traced(patterns: &[&str], ms: u64) -> Option<(Machine, Vec<TraceLine>)> {
    let mut machine = Machine::new(config()?);
    machine.watch_tasks(task_words());
    assert!(patterns.iter().all(|p| machine.trace_mut().apply(p)));
    let lines = run(&mut machine, ms);
    Some((machine, lines))
}

#[test]
fn everything_is_told_and_nothing_is_disturbed() {
    const MS: u64 = 400;
    let Some((mut machine, lines)) = traced(&["*"], MS) else { return };
    let mut quiet = Machine::new(config().unwrap());
    assert!(run(&mut quiet, MS).is_empty());
    assert_eq!(machine.instructions(), quiet.instructions());
    assert_eq!(machine.state_hash(), quiet.state_hash(), "a traced run is the same run");
    let mut count = BTreeMap::new();
    lines.iter().for_each(|l| *count.entry(l.event.name()).or_insert(0_u32) += 1);
    println!("{count:#?}");
    for event in [
        "irq_source",
        "irq_take",
        "window_overflow",
        "window_underflow",
        "task_switch",
        "uart_tx",
        "mmu_entry",
        "mmu_cache",
        "flash_command",
        "timer_wdt_feed",
        "reset",
    ] {
        assert!(count.get(event).is_some_and(|n| *n > 0), "no {event} in {count:?}");
    }
    assert!(lines.iter().all(|l| l.core < 2 && l.at <= machine.now()));
}

/// Returns a task's name: the NUL-terminated text in its FreeRTOS control block.
fn name(machine: &Machine, tcb: u32) -> String {
    let mut block = [0; 128];
    machine.memory().peek(0, tcb, &mut block);
    let text = block.split(|b| !(0x20..0x7F).contains(b)).max_by_key(|s| s.len()).unwrap();
    String::from_utf8_lossy(text).into_owned()
}

#[test]
fn task_switches_make_an_unbroken_line_on_each_core() {
    let Some((machine, lines)) = traced(&["task_switch"], 2_500) else { return };
    assert!(lines.iter().all(|l| l.event == TraceEvent::TaskSwitch));
    let mut names = Vec::new();
    for core in 0..2 {
        let mut running = 0;
        for line in lines.iter().filter(|l| l.core == core) {
            assert_eq!(line.text, format!("{running:#010x} -> {:#010x}", line.tcb));
            running = line.tcb;
        }
        assert_eq!(running, machine.current_task(core.into()), "core {core}: the last one still runs");
        names.push(name(&machine, running));
    }
    // The byte before a name may be printable too.
    let idle = names[0].ends_with("IDLE0") && names[1].ends_with("IDLE1");
    assert!(idle, "both cores idle between two blinks: {names:?}");
    let all: Vec<String> = lines.iter().map(|l| name(&machine, l.tcb)).collect();
    assert!(all.iter().any(|n| n.ends_with("main")), "{all:?}");
}

#[test]
fn events_tell_which_task_caused_them() {
    let Some((machine, lines)) = traced(&["mmu_*", "uart_tx", "irq_take"], 2_500) else { return };
    // The ROM and the bootloader run without tasks.
    assert!(lines.iter().any(|l| l.event == TraceEvent::MmuEntry && l.pc != 0 && l.tcb == 0));
    let tick = lines.iter().rfind(|l| l.event == TraceEvent::IrqTake && l.core == 1).unwrap();
    assert!(name(&machine, tick.tcb).ends_with("IDLE1"), "{tick:?}");
    // A byte leaves the UART without a core's action: no core, no task.
    let tx = lines.iter().rfind(|l| l.event == TraceEvent::UartTx).unwrap();
    assert_eq!((tx.pc, tx.tcb), (0, 0));
}
