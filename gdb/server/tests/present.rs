//! The bootloader's code is where the application's will be: a backtrace uses the names of the code that is in memory.

use esplens_core::time::TICKS_PER_US;
use esplens_debuginfo::symbols::FileRole;
use esplens_testkit::{Rsp, boot, firmware, serve};

#[test]
fn a_backtrace_in_the_bootloader_names_the_bootloaders_functions() {
    let Some(dir) = firmware("idf-5.3-blink") else { return };
    let flash = std::fs::read(dir.join("flash.bin")).unwrap();
    let backtrace = |files: &[(FileRole, &str)]| {
        let mut machine = boot(&flash, "blink");
        let mut at = 0;
        while !(0x4007_8000..0x4008_0000).contains(&machine.cpu(0).pc) {
            at += 200 * TICKS_PER_US;
            machine.run(at);
        }
        let (handle, port) = serve(machine);
        let mut g = Rsp::ready(port);
        for (role, name) in files {
            handle.symbols().load_now(*role, &dir.join(name)).unwrap();
        }
        g.monitor("bt 0")
    };
    let app = (FileRole::App, "app.elf");
    let both = backtrace(&[(FileRole::Bootloader, "bootloader.elf"), app]);
    assert!(both.contains("call_start_cpu0 at ") && both.contains("bootloader_start.c:"), "{both}");
    assert!(!both.contains(" sp 0x"), "{both}");
    // Without the bootloader's file its code has no name, and in particular none of the application's.
    let app_only = backtrace(&[app]);
    let of_it: Vec<_> = app_only.lines().filter(|l| l.contains("0x4007") || l.contains("0x4008")).collect();
    assert!(of_it.len() >= 3 && of_it.iter().all(|l| l.contains(" sp 0x3ffe")), "{app_only}");
}
