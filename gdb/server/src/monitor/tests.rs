//! Tests of monitor commands against a machine.

use super::*;
use esplens_supervisor::{Speed, spawn};
use esplens_testkit::hello as machine;

fn handle() -> Handle {
    spawn(machine(), Speed::Max).unwrap().0.register("test")
}

#[test]
fn the_definition_is_sound_and_every_command_has_a_line_of_help() {
    Command::command().debug_assert();
    assert!(commands().iter().all(|(_, about)| !about.is_empty()));
}

#[test]
fn commands_people_type() {
    let h = handle();
    let says = |line: &str| run(&h, line);
    assert!(says("info status").contains("paused: not started"), "{}", says("info status"));
    assert_eq!(says("system_reset"), "");
    assert!(says("reset halt").contains("0x40000400"));
    assert!(says("x/2i 0x40000400").starts_with("40000400: "), "{}", says("x/2i 0x40000400"));
    assert!(says("xp/2xw 0x40000400").starts_with("40000400: 0x"));
    assert!(says("x /2xb 0x40000400").starts_with("40000400: 0x"));
    assert_eq!(says("mww 0x3ffb0000 0x12345678"), "");
    assert_eq!(says("mdw 0x3ffb0000"), "3ffb0000: 0x12345678\n");
    assert_eq!(says("mdh 0x3ffb0002"), "3ffb0002: 0x1234\n");
    assert_eq!(says("mdw --real 0x3ffb0000"), "0x12345678\n");
    assert!(says("mww 0x1000 1").contains("nothing answers"));
    assert!(says("mww 0x40000400 1").contains("read only"), "{}", says("mww 0x40000400 1"));
    assert!(says("mwb 0x3ff90000 1").contains("read only"));
    assert_eq!(says("mww 0x3ffb0010 0x00214948"), "");
    assert_eq!(says("x/2s 0x3ffb0010"), "3ffb0010: \"HI!\"\n3ffb0014: \"\"\n");
    assert!(says("bp 0x400d0000 2 hw").contains("break 0x400d0000"));
    assert!(says("wp 0x3ffb0000 4 w").contains("watch"));
    assert_eq!((says("rbp 0x400d0000"), says("rwp all"), says("rbp all")), Default::default());
    assert!(says("rbp 0x400d0000").contains("none at"));
    assert!(says("targets").contains("esp32.cpu1  halted"));
    assert_eq!(says("init"), "init: nothing to do here\n");
    assert_eq!(says("reg a3 0x55"), "a3 0x00000055\n");
    assert!(says("reg nosuch").contains("no register"));
    assert!(says("info registers").contains("PRO_CPU"));
    assert!(says("step 3").starts_with("4000"));
    assert_eq!(says("strap"), "strap 0x12 (flash boot)\n");
    assert_eq!(says("strap 0x0f"), "strap 0x12 (flash boot); from the next reset on 0x0f (download)\n");
    assert_eq!((says("system_reset"), says("strap")), (String::new(), "strap 0x0f (download)\n".into()));
    says("strap 0x12");
    assert_eq!(says("system_reset"), "");
    assert_eq!(says("savevm one"), "");
    assert!(says("info snapshots").contains("one  "), "{}", says("info snapshots"));
    assert_eq!(says("loadvm one"), "");
    assert!(says("loadvm two").contains("no snapshot"));
    assert!(says("speed x2").contains("2"));
    assert!(says("break 0x400d0000").contains("break"));
    assert!(says("break frame 'tcp port 80'").contains("break frame 'tcp port 80'"));
    assert!(says("break frame tcp prot 80").contains("prot"));
    assert!(says("break irq 5").contains("irq 5"));
    assert!(says("break irq ETS_UART0_INTR_SOURCE").contains("uart0 (source 34)"));
    assert!(says("break irq source 34").contains("uart0"));
    assert!(says("break irq nosuch").contains("tg0t0"));
    assert!(says("break irq 69").contains("irq source 69"));
    assert!(says("break reg UART0.FIFO w").contains("UART0.FIFO w (0x3ff40000)"));
    assert!(says("break reg open_eth.MODER").contains("MODER rw (0x3ff69000)"));
    assert!(says("break reg GPIO.PIN[5]").contains("GPIO.PIN[5]"), "{}", says("break reg GPIO.PIN[5]"));
    assert!(says("break reg UART0.FIFE").contains("FIFO"));
    assert!(says("break reg NOSUCH.X").contains("UART0"));
    let done = |line: &str| complete(&h, line);
    assert_eq!(done("sys"), ["system_reset"]);
    assert_eq!(done("info n"), ["network"]);
    assert_eq!(done("reset "), ["halt", "init", "run"]);
    assert_eq!(done("break irq uart"), ["uart0", "uart1", "uart2"]);
    assert_eq!(done("break reg UART0.FI"), ["UART0.FIFO"]);
    assert_eq!(done("trace net"), ["net_host"]);
    assert_eq!(done("loadvm o"), ["one"]);
    assert!(done("nosuch ").is_empty() && done("").len() > 20);
    assert!(says("flash info 0").contains("* 0x00010000"), "{}", says("flash info 0"));
    assert!(says("flash mdb 0x10000").contains("0xe9"), "an application image");
    assert!(says("flash erase_sector 0 16 17").contains("8192 bytes at 0x10000"));
    assert_eq!(says("flash mdw 0x10000"), "00010000: 0xffffffff\n");
    assert!(says("flash erase_check 0").contains("not erased"));
    assert_eq!(says("flash fillb 0x10000 0xe9 2"), "2 bytes at 0x10000\n");
    assert_eq!(says("flash mdh 0x10000 2"), "00010000: 0xe9e9 0xffff\n");
    assert!(says("flash erase_sector 0 0 99999").contains("sectors are 0 to"));
    assert!(says("flash write_image x.bin").contains("no files"));
    assert!(says("flash").contains("erase_check"));
    let points = says("info breakpoints");
    assert!(points.lines().count() >= 7 && points == says("break"), "{points}");
    let id = points.lines().find(|l| l.contains("irq 5")).and_then(|l| l.split(':').next()).unwrap();
    assert_eq!(says(&format!("delete {id}")), "");
    assert!(!says("break").contains("irq 5"));
    assert_eq!(says("trace reset on"), "reset                      on  The chip or a core was reset.\n");
    assert!(says("trace open_eth* on").lines().all(|l| l.contains(" on ")));
    assert!(says("trace").contains("net_host                   off"));
    assert!(says("trace * off").lines().all(|l| l.contains(" off ")));
    assert!(says("trace nosuch on").contains("nosuch"));
    assert!(says("symbol-file").contains("no symbols"));
    assert!(says("break nosuch").contains("no symbol \"nosuch\""));
    assert!(says("help").contains("savevm"));
    assert!(says("help reset").contains("halt"));
    assert!(says("set_link wlan0 off").contains("'wlan0' not found"), "{}", says("set_link wlan0 off"));
    assert_eq!(says("set_link open_eth.0 off"), "");
    assert!(says("hostfwd_add tcp::1-:2").contains("could not set up host forwarding rule 'tcp::1-:2'"));
    assert!(says("hostfwd_add other tcp::1-:2").contains("unrecognized netdev id 'other'"));
    assert!(says("hostfwd_add nonsense").contains("hostport"));
    assert_eq!(says("hostfwd_remove tcp::1"), "host forwarding rule for tcp::1 not found\n");
    assert!(says("hostfwd_remove nonsense").contains("invalid format"));
    assert!(says("nonsense").contains("nonsense"));
    assert_eq!(says(""), "");
    for line in [
        "nonsense",
        "info nonsense",
        "info",
        "mdw",
        "mdw zz",
        "system_reset now",
        "reset sideways",
        "reg a b c d",
    ] {
        let said = says(line);
        assert!(said.lines().count() == 1 && !said.contains("Usage"), "{line}: {said:?}");
    }
    assert!(says("info versoin").contains("version"), "{}", says("info versoin"));
    assert!(says("info version").starts_with("9.2.2 (esplens "));
    assert!(
        says("info trace-events").contains("open_eth_reg_write : state 0"),
        "{}",
        says("info trace-events")
    );
    assert!(says("info block").contains("no file"));
    h.call(|s| {
        s.set_outside(esplens_supervisor::Outside {
            drives: vec![esplens_supervisor::DriveFile {
                name: "mtd0".into(),
                file: "f.bin".into(),
                kept: true,
            }],
            lines: vec![esplens_supervisor::HostLine { label: "serial0".into(), to: "stdio".into() }],
            ..Default::default()
        });
    })
    .unwrap();
    assert!(says("info block").starts_with("mtd0: f.bin (raw"));
    assert_eq!(says("info chardev"), "serial0: filename=stdio\n");
    assert!(says("program_esp app.bin 0x10000 verify").contains("GDB: load"));
    assert!(says("load_image ram.bin 0x3ffb0000").contains("restore"));
    assert!(says("dump_image ram.bin 0x3ffb0000 16").contains("dump binary memory"));
    for what in ["mtree", "qtree", "irq", "network", "roms", "cpus", "breakpoints"] {
        assert!(!says(&format!("info {what}")).is_empty(), "{what}");
    }
}

#[test]
fn cards_are_inserted_and_ejected() {
    let (h, dir) = (handle(), tempfile::tempdir().unwrap());
    let file = dir.path().join("my card.img");
    std::fs::write(&file, vec![0; 1 << 20]).unwrap();
    let says = |line: &str| run(&h, line);
    assert!(says("info sd").contains("no sockets"));
    assert!(says("sd eject").contains("no card"));
    assert!(says("sd insert /nonexistent").contains("no such file"));
    assert!(says(&format!("sd insert {}", file.display())).contains("--allow-write"));
    h.allow_write(dir.path().into());
    assert!(says(&format!("sd insert {},slot=3", file.display())).contains("slot=N"));
    let said = says(&format!("sd insert {},readonly=on", file.display()));
    assert_eq!(said, "inserted in slot=1; its changes stay in memory\n");
    says("step 5000");
    let status = says("sd status");
    assert!(status.contains("slot=1: ") && status.contains("my card.img (SDSC, 1 MiB, Idle"), "{status}");
    assert!(says("info block").contains("sd slot=1: "), "{}", says("info block"));
    assert!(says("sd eject slot=0").contains("no card"));
    assert_eq!(says("sd eject slot=1"), "");
    // A slice has at most 4096 cycles.
    says("step 5000");
    assert_eq!(says("info sd"), "slot=1: empty\n");
    h.call(move |s| {
        s.set_outside(esplens_supervisor::Outside { kept_cards: vec![file], ..Default::default() })
    })
    .unwrap();
    let said = says(&format!("sd insert {},cs=5", dir.path().join("my card.img").display()));
    assert_eq!(said, "inserted in cs=5\n");
}

#[test]
fn the_mask_roms_symbols_are_written_for_gdb() {
    let (h, dir) = (handle(), tempfile::tempdir().unwrap());
    h.allow_write(dir.path().into());
    let file = dir.path().join("rom.elf");
    let says = |file: &std::path::Path| run(&h, &format!("rom-elf {}", file.display()));
    for _ in 0..2 {
        let said = says(&file);
        assert!(said.contains("revision 3") && said.contains("add-symbol-file /"), "{said}");
    }
    let elf = esplens_debuginfo::symbols::Elf::open(&file).unwrap();
    let symbols = esplens_debuginfo::symbols::Symbols::new(vec![std::sync::Arc::new(elf)]);
    assert_eq!(symbols.symbol("ets_printf").map(|s| s.addr >> 20), Some(0x400));
    std::fs::write(&file, "somebody's own").unwrap();
    assert!(says(&file).contains("there already"), "{}", says(&file));
    assert_eq!(std::fs::read(&file).unwrap(), b"somebody's own");
    assert!(says(std::path::Path::new("/etc/esplens.elf")).contains("outside of the working folder"));
    assert!(says(std::path::Path::new("/dev/zero")).contains("outside of the working folder"));
}

#[test]
fn symbols_name_addresses_and_places() {
    let h = handle();
    let says = |line: &str| run(&h, line);
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/demo");
    assert!(says(&format!("symbol-file {fixtures}/demo.elf")).ends_with("demo.elf\n"));
    let symbols = h.symbols().current();
    let tick = symbols.symbol("xTickCount").unwrap().addr;
    assert_eq!(
        says(&format!("whatis {tick:#x}")),
        format!("{tick:#010x}: xTickCount, volatile TickType_t (demo.elf)\n            data RAM (SRAM2)\n")
    );
    assert!(says("whatis $sp").starts_with("$sp = 0x"), "{}", says("whatis $sp"));
    assert!(
        says("whatis xTickCount + 1").starts_with("xTickCount + 1: "),
        "{}",
        says("whatis xTickCount + 1")
    );
    assert!(says("p/x 255").ends_with(" = 0xff\n"), "{}", says("p/x 255"));
    assert!(says("p /x xTickCount").contains(" = 0x"), "{}", says("p /x xTickCount"));
    assert!(says("p/d 255").ends_with(" = 255\n") && says("p/x $sp").contains(" = 0x"));
    assert!(says("p/q 1").contains("/x (hexadecimal)"), "{}", says("p/q 1"));
    let main = symbols.symbol("uart_interrupt").unwrap();
    let list = says(&format!("list {}", main.name));
    assert!(list.contains("main.c:") && list.contains('>'), "{list}");
    assert!(says(&format!("break {}", main.name)).contains("break 0x400"));
    assert!(says("break main.c:1").contains("break 0x400"));
    assert!(says("list 0x10").contains("no line"));
}

#[test]
fn points_of_every_kind_are_listed_and_deleted() {
    let h = handle();
    for line in ["break reg UART0.FIFO w", "break irq 6", "break frame 'arp'"] {
        assert!(run(&h, line).contains(line), "{line}: {}", run(&h, "break"));
    }
    for id in 1..=3 {
        assert_eq!(run(&h, &format!("delete {id}")), "");
    }
    assert!(run(&h, "info breakpoints").starts_with("no "));
    assert!(!h.call(|s| s.machine().soc().sys.tap.on).unwrap(), "frames pass unseen again");
}
