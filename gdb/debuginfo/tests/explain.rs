//! Explanations of third-party firmware's panics.

use esplens_debuginfo::coredump::{self, CoreFile};
use esplens_debuginfo::explain::{Explainer, explain_core};
use esplens_debuginfo::rtos::Rtos;
use esplens_debuginfo::symbols::{Elf, Symbols};
use esplens_testkit::{boot, firmware};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

fn symbols(elf: &Path) -> Arc<Symbols> {
    Arc::new(Symbols::new(vec![Arc::new(Elf::open(elf).unwrap())]))
}

#[test]
fn marks_at_the_end_of_sections_name_nothing_behind_them() {
    let Some(dir) = firmware("idf-5.3-blink") else { return };
    let symbols = symbols(&dir.join("app.elf"));
    for mark in ["_text_end", "_iram_end"] {
        let end = symbols.symbol(mark).unwrap().addr;
        for behind in [1, 0x40, 0x3000] {
            assert_eq!(symbols.function_at(end + behind).map(|s| s.name), None, "{mark}+{behind:#x}");
        }
    }
}

#[test]
fn the_null_store_of_idf_61_is_explained_from_its_log() {
    let Some(dir) = firmware("idf-6.1-coredump") else { return };
    let symbols = symbols(&dir.join("app.elf"));
    let text = std::fs::read_to_string(dir.join("qemu.serial.txt")).unwrap();
    let mut explainer = Explainer::new(symbols.clone());
    let said: Vec<String> = text.lines().flat_map(|l| explainer.line(l, &|_| Vec::new())).collect();
    let all = said.join("\n");
    eprintln!("{all}");
    for part in [
        "--- 0x400d525d: app_main at",
        "--- 0x400daa61: vPortTaskWrapper at",
        "--- StoreProhibited: a store to an address where nothing can be written",
        "hello_world_main.c:17",
        "s32i    a8, a8, 0 stored to 0x00000000, a NULL pointer",
        "a8, the pointer, is NULL",
    ] {
        let plain = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain(&all).contains(&plain(part)), "{part}");
    }
    assert!(!all.contains("entry"), "the boot log is left alone: {all}");

    // The log ends in the middle of its dump: the part that exists is decoded.
    let dump = coredump::decode_uart(&text).expect("the log holds a core dump's beginning");
    let core = CoreFile::parse(&dump).unwrap();
    assert_eq!((core.threads[0].context.pc, core.memory.len()), (0x400D_5260, 0));
}

#[test]
fn a_live_panic_tells_task_and_stack_and_its_core_dump_all_tasks() {
    let Some(dir) = firmware("idf-6.1-coredump") else { return };
    let symbols = symbols(&dir.join("app.elf"));
    let rtos = Rtos::find(symbols.clone()).unwrap();
    let mut machine = boot(&std::fs::read(dir.join("flash.bin")).unwrap(), "coredump");
    let mut explainer = Explainer::new(symbols.clone());
    let mut said = Vec::new();
    let text = esplens_testkit::uart_lines(&mut machine, "CORE DUMP END", |line, machine| {
        said.extend(
            explainer.line(line, &|core| esplens_supervisor::panics::live(machine, Some(&rtos), core)),
        );
    });
    eprintln!("{}", said.join("\n"));
    assert!(said.iter().any(|l| l.contains("task main on core 0")), "{said:?}");
    let dump = coredump::decode_uart(&text).expect("the log holds a core dump");
    if let Some(path) = std::env::var_os("ESPLENS_CORE_OUT") {
        std::fs::write(path, &dump).unwrap();
    }
    let core = CoreFile::parse(&dump).unwrap();
    let told = explain_core(&core, &symbols);
    eprintln!("{told}");
    for part in
        ["main (stopped here)", "app_main at", "IDLE0", "IDLE1", "ipc0", "ipc1", "prvIdleTask", "ipc_task"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    // The machine's current state has the same tasks.
    let own = esplens_supervisor::core_file::capture(&machine, Some(&rtos), 0);
    let ids = |c: &CoreFile| c.threads.iter().map(|t| t.id).collect::<BTreeSet<_>>();
    assert_eq!(ids(&core), ids(&own));
}

#[test]
fn a_log_of_another_build_is_said_to_be_one() {
    let (Some(log), Some(other)) = (firmware("idf-6.1-coredump"), firmware("idf-6.1-dht")) else { return };
    let text = std::fs::read_to_string(log.join("qemu.serial.txt")).unwrap();
    let told = |elf: &Path| {
        let mut explainer = Explainer::new(symbols(elf));
        let lines = text.lines().flat_map(|l| explainer.line(l, &|_| Vec::new()));
        lines.filter(|l| l.contains("is not what this firmware was built from")).count()
    };
    assert_eq!((told(&log.join("app.elf")), told(&other.join("app.elf"))), (0, 1));
    // An image without a hash prints zeros.
    let said = |line: &str| Explainer::new(symbols(&other.join("app.elf"))).line(line, &|_| Vec::new());
    assert_eq!(said("ELF file SHA256: 000000000"), Vec::<String>::new());
    assert_eq!(said("ELF file SHA256: 000000001").len(), 1);
}

/// Dumps of both cores, as ESP-IDF prints them when the interrupt watchdog times out.
#[test]
fn the_interrupt_watchdog_tells_which_core_holds_the_lock() {
    let Some(dir) = firmware("idf-5.3-blink") else { return };
    let symbols = symbols(&dir.join("app.elf"));
    let at = |name: &str| symbols.find(name).unwrap()[0];
    let (lock, take, idle) =
        (at("xPortEnterCriticalTimeout"), at("xTaskRemoveFromEventList"), at("prvIdleTask"));
    let text = format!(
        "Guru Meditation Error: Core  1 panic'ed (Interrupt wdt timeout on CPU1).\n\n\
         Core  1 register dump:\nPC      : {lock:#010x}  PS      : 0x00060034\n\n\
         Backtrace: {lock:#010x}:0x3ffb5ad0 {take:#010x}:0x3ffb5af0\n\n\
         Core  0 register dump:\nPC      : {idle:#010x}\n\nBacktrace: {idle:#010x}:0x3ffb5ad0\n"
    );
    let mut explainer = Explainer::new(symbols.clone());
    let said: Vec<String> = text.lines().flat_map(|l| explainer.line(l, &|_| Vec::new())).collect();
    let waits: Vec<_> = said.iter().filter(|l| l.contains("spinlock")).collect();
    assert_eq!(
        waits,
        ["--- core 1 waits for a spinlock for xTaskRemoveFromEventList: the other core holds it"]
    );
}
