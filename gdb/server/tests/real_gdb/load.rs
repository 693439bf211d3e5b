//! `load`: another application over the one in flash, a program for RAM, one that does not fit.

use crate::script::{Bench, Transcript};
use esplens_soc::system::Output;
use esplens_supervisor::Event;
use esplens_testkit::{Served, boot, gdb, serve, symbol};
use std::path::{Path, PathBuf};
use tokio::sync::broadcast::Receiver;

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(path)
}

/// Creates a machine with one firmware in flash, and GDB with another one's ELF file.
fn over(flash: &str, elf: PathBuf) -> Option<Bench> {
    let (handle, port) = serve(boot(&std::fs::read(fixture(flash)).unwrap(), flash));
    Some(Bench::new("load", gdb()?, elf, handle, port))
}

/// Returns all of the firmware's output so far.
fn console(handle: &Served, events: &mut Receiver<Event>) -> String {
    let mut said = String::new();
    // The machine's output is published before the next request is carried out.
    handle.call(|_| ()).unwrap();
    while let Ok(event) = events.try_recv() {
        let Event::Output(list) = event else { continue };
        said.extend(list.iter().filter_map(|o| match o {
            Output::Uart { n: 0, byte } => Some(char::from(*byte)),
            _ => None,
        }));
    }
    said
}

/// Checks that every section that the ELF loads is reported as equal.
#[track_caller]
fn all_sections_match(t: &Transcript, n: usize) {
    let compared = t.nth("compare-sections", n);
    assert!(compared.lines().count() >= 2, "{t}");
    assert!(compared.lines().all(|l| l.ends_with(": matched.")), "{t}");
}

#[test]
fn the_demo_replaces_another_application_and_runs() {
    let Some(bench) = over("deepsleep/flash.bin", fixture("demo/demo.elf")) else { return };
    let mut events = bench.handle.subscribe();
    let t = bench.run(&[
        "load",
        "compare-sections",
        "maintenance flush register-cache",
        "p/x $pc",
        "tb app_main",
        "c",
        "compare-sections -r",
        "tb consumer_task",
        "c",
        "bt",
        // Again, over the running application.
        "load",
        "compare-sections",
        "monitor reset halt",
        "maintenance flush register-cache",
        "tb app_main",
        "c",
        "bt",
    ]);
    t.expect("load", &["Loading section ", "Start address ", "Transfer rate: "]);
    all_sections_match(&t, 0);
    assert_eq!(t.number("p/x $pc"), 0x4000_0400, "the reset vector\n{t}");
    t.expect("c", &["app_main ()"]);
    // The image tool puts the ELF file's hash into the application description; everything else is as in the ELF file.
    let running = t.of("compare-sections -r").lines().filter(|l| l.starts_with("Section "));
    assert!(running.filter(|l| !l.contains(".flash.appdesc")).all(|l| l.ends_with(": matched.")), "{t}");
    t.expect("bt", &["consumer_task ("]);
    all_sections_match(&t, 1);
    t.expect_nth("bt", 1, &["#0  app_main ()", "start_common"]);
    t.no_complaints();
    let said = console(&bench.handle, &mut events);
    assert!(said.contains("entry 0x"), "the ROM or bootloader says so: {said}");
}

#[test]
fn a_program_for_ram_runs_from_where_it_was_loaded() {
    let Some(bench) = over("hello/flash.bin", fixture("loops/loops.elf")) else { return };
    let t = bench.run(&[
        "load",
        "compare-sections",
        "p/x $pc",
        "p/x *(unsigned *)0x3ff5f048",
        "p/x *(unsigned *)0x3ff4808c",
        "stepi",
        "x/i $pc",
        "c",
    ]);
    t.expect("load", &["Start address ", "Transfer rate: "]);
    all_sections_match(&t, 0);
    assert_eq!(t.number("p/x $pc"), u64::from(symbol(&fixture("loops/loops.elf"), "start")), "{t}");
    // The watchdogs that guard a boot from flash are off: they would reset a program that takes longer.
    assert_eq!(t.number("p/x *(unsigned *)0x3ff5f048") >> 14 & 1, 0, "{t}");
    assert_eq!(t.number("p/x *(unsigned *)0x3ff4808c") >> 10 & 1, 0, "{t}");
    t.expect("x/i $pc", &["=> 0x4008"]);
    // The program has finished its checks.
    t.expect("c", &["esplens: the guest ended with code 0"]);
    t.no_complaints();
}

#[test]
fn a_load_that_does_not_fit_says_why() {
    let Some(bench) = over("hello/flash.bin", fixture("demo/demo.elf")) else { return };
    let before = bench.handle.call(|s| s.machine().flash_bytes()).unwrap();
    // No partition table, no application.
    bench.handle.call(|s| s.machine_mut().write_flash(0x8000, &[0xFF; 0x1000])).unwrap();
    let t = bench.run(&["load", "monitor info status"]);
    t.expect("load", &["Error finishing flash operation"]);
    t.expect("monitor info status", &["the last load failed: ", "VM status: "]);
    let after = bench.handle.call(|s| s.machine().flash_bytes()).unwrap();
    assert!(before[0x1_0000..] == after[0x1_0000..]);
}
