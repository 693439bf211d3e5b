//! The packets, one by one, with the built-in example; and packets of hostile clients.

use esplens_server::listen::Address;
use esplens_server::{gdb, monitor};
use esplens_supervisor::Handle;
use esplens_testkit::{Rsp, hello, serve, unhex};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// Waits for a condition that must become true; a busy host may take long.
fn eventually(what: &str, mut true_now: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(120);
    while !true_now() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn running(handle: &Handle) -> bool {
    handle.call(|s| s.is_running()).unwrap()
}

#[test]
fn attach_registers_and_detach() {
    let (handle, port) = serve(hello());
    let mut g = Rsp::connect(port);
    let features = g.call("qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+");
    for feature in [
        "PacketSize=010000",
        "QStartNoAckMode+",
        "swbreak+",
        "hwbreak+",
        "qXfer:memory-map:read+",
        "qXfer:threads:read+",
        "vContSupported+",
    ] {
        assert!(features.contains(feature), "{feature} in {features}");
    }
    assert_eq!(g.call("QStartNoAckMode"), "OK");
    g.no_ack = true;
    assert!(g.call("?").starts_with("T05thread:p01.01;"));
    assert_eq!(g.call("qAttached"), "1");
    assert_eq!(g.call("vMustReplyEmpty"), "");
    assert_eq!(g.call("qfThreadInfo"), "mp01.01,p01.02");
    assert_eq!(g.call("qsThreadInfo"), "l");
    assert_eq!(g.call("vCont?"), "vCont;c;C;s;S;r");
    let info = String::from_utf8(unhex(&g.call("qThreadExtraInfo,p1.2"))).unwrap();
    assert!(info.starts_with("APP_CPU"), "{info}");
    let threads = g.call("qXfer:threads:read::0,fff");
    assert!(threads.starts_with("l<?xml") && threads.contains("name=\"PRO_CPU\""), "{threads}");
    let map = g.call("qXfer:memory-map:read::0,fff");
    assert!(map.starts_with("m<?xml") && map.contains("0x3f400000"), "{map}");

    assert_eq!(g.call("Hgp1.1"), "OK");
    let all = g.call("g");
    assert_eq!(all.len(), 105 * 8, "g holds 105 registers");
    assert_eq!(u32::from_le_bytes(unhex(&all[..8]).try_into().unwrap()), 0x4000_0400, "pc");
    for n in 0..212 {
        let bytes = match n {
            173..=188 => 1,
            195 | 197 => 8,
            _ => 4,
        };
        assert_eq!(unhex(&g.call(&format!("p{n:x}"))).len(), bytes, "p{n}");
    }
    assert_eq!(g.call("pd4"), "E16", "past the last register");
    assert_eq!(g.call("pffffff"), "E16");
    assert_eq!(g.call("qC"), "QCp1.1");
    assert_eq!(g.call("D"), "OK");
    // The reply is sent before the machine is resumed.
    eventually("who detaches lets it run", || running(&handle));
}

#[test]
fn register_writes_have_their_effects() {
    let (_handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    g.set_register(69, 5); // windowbase
    g.set_register(158, 0xABCD); // a1
    assert_eq!(g.register(1 + 21), 0xABCD, "ar21 is a1 of window 5");
    g.set_register(73, 0x4_0123); // ps
    assert_eq!((g.register(189), g.register(191)), (3, 1), "psintlevel, pswoe");
    g.set_register(189, 5);
    assert_eq!(g.register(73) & 15, 5);
    g.set_register(68, 0xFF);
    assert_eq!(g.register(68), 0x3F, "sar has 6 bits");
    g.set_register(138, 0xFFFF_FFFF);
    assert_eq!(g.register(138), 0, "interrupt is read-only");
    g.set_register(139, 0x80);
    assert_eq!(g.register(138), 0x80, "intset sets software interrupts");
    g.set_register(140, 0x80);
    assert_eq!(g.register(138), 0);
    g.set_register(146, 1);
    assert_eq!(g.register(146), 0xCDCD, "prid");
    let all = g.call("g");
    assert_eq!(g.call(&format!("G{all}")), "OK");
    assert_eq!(g.call("g"), all);
    assert_eq!(g.call("G00"), "E16", "too short");
    g.call("Hgp1.2");
    assert_eq!(g.register(146), 0xABAB, "the other core");
}

#[test]
fn memory_of_every_kind() {
    let (_handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    assert_eq!(g.call("M3ffb0000,4:01020304"), "OK");
    assert_eq!(g.word(0x3FFB_0000), 0x0403_0201);
    g.send_bytes(b"X3ffb0000,4:a}\x03}\x04}]");
    assert_eq!(g.receive(), "OK");
    assert_eq!(g.call("m3ffb0000,4"), "6123247d");
    assert_eq!(g.call("X3ffb0000,0:"), "OK", "GDB asks so whether X is known");
    assert_eq!(g.call("m40000400,3").len(), 6, "ROM");
    assert_eq!(g.call("m3ff80000,10").len(), 32, "RTC fast");
    assert_eq!(g.call("m50000000,10").len(), 32, "RTC slow");
    assert_eq!(g.call("m3ff40000,40").len(), 128, "UART0, without taking a byte from it");
    assert_eq!(g.call("m1000,4"), "E0e");
    assert_eq!(g.call("m3fffffff,8").len(), 16, "across SRAM and ROM");
    assert_eq!(g.call("m50001ffc,10").len(), 8, "what there is of it");
    assert_eq!(g.call("mffffffff,ffffffff"), "E0e");
    assert_eq!(g.call("M1000,1:00"), "E0e");
    let rom = g.call("m40000400,4");
    assert_eq!(g.call("M40000400,4:00000000"), "E0e", "mask ROM");
    assert_eq!(g.call("M3ff90000,1:00"), "E0e", "mask ROM, data bus");
    assert_eq!(g.call("m40000400,4"), rom);
    assert_eq!(g.call("M3ff44004,4:10000000"), "OK", "GPIO_OUT");
    assert_eq!(g.word(0x3FF4_4004), 0x10);
}

#[test]
fn looking_leaves_a_fifo_alone_and_the_real_access_takes_from_it() {
    let (handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    // Past the ROM's set-up of the UART, which empties the FIFO.
    let by = handle.client().clone();
    handle.call(move |s| s.resume(&Default::default(), &by)).unwrap();
    eventually("virtual time passes", || handle.call(|s| s.machine().now()).unwrap() >= 480_000 * 200);
    handle.call(|s| s.machine_mut().uart_input(0, b"AB")).unwrap();
    let fifo = |g: &mut Rsp| g.word(0x3FF4_001C) & 0xFF; // UART_STATUS: RXFIFO_CNT
    eventually("two bytes at line rate", || fifo(&mut g) == 2);
    let by = handle.client().clone();
    handle.call(move |s| s.stop(&by)).unwrap();
    for _ in 0..3 {
        assert_eq!(g.word(0x3FF4_0000) & 0xFF, u32::from(b'A'), "a look");
        assert!(g.monitor("mdw 0x3ff40000").contains("41\n"));
    }
    assert_eq!(fifo(&mut g), 2);
    assert_eq!(g.monitor("mdw --real 0x3ff40000"), "0x41\n");
    assert_eq!((fifo(&mut g), g.word(0x3FF4_0000) & 0xFF), (1, u32::from(b'B')));
    assert_eq!(g.monitor("mdw --real 0x3ff40000"), "0x42\n");
    assert_eq!(fifo(&mut g), 0);
}

#[test]
fn run_step_break_watch_and_interrupt() {
    let (handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    let mut pcs = vec![g.pc()];
    for _ in 0..200 {
        assert_eq!(g.call("vCont;s:p1.1;c"), "T05thread:p01.01;");
        pcs.push(g.pc());
    }
    assert!(pcs.windows(2).filter(|w| w[0] == w[1]).count() < 5, "steps move on");
    let there = pcs[150];
    assert_eq!(g.call("s"), "T05thread:p01.01;", "the old packet steps the same thread");

    g.monitor("system_reset");
    assert_eq!(g.pc(), 0x4000_0400);
    assert_eq!(g.call(&format!("Z0,{there:x},2")), "OK");
    assert_eq!(g.call("vCont;c"), "T05thread:p01.01;swbreak:;");
    assert_eq!(g.pc(), there);
    assert_eq!(g.call(&format!("z0,{there:x},2")), "OK");
    g.monitor("reset halt");
    assert_eq!(g.call(&format!("Z1,{there:x},2")), "OK");
    assert_eq!(g.call("c"), "T05thread:p01.01;hwbreak:;", "a breakpoint survives the reset");
    assert_eq!(g.call(&format!("z1,{there:x},2")), "OK");

    // SRAM1: the ROM's data, stacks and the program's own.
    assert_eq!(g.call("Z2,3ffe0000,20000"), "OK");
    let stop = g.call("vCont;c");
    assert_eq!(stop, "T05thread:p01.01;watch:3ffe0000;");
    let pc = g.pc();
    assert_eq!(g.call("z2,3ffe0000,20000"), "OK");
    g.call("vCont;s:p1.1;c");
    assert_ne!(g.pc(), pc);

    g.send("vCont;c");
    eventually("it runs", || running(&handle));
    g.raw(b"\x03");
    assert_eq!(g.receive(), "T02thread:p01.01;");
    assert!(!running(&handle));

    // A client that reads window registers one by one gets them with the stops from then on.
    let a1 = g.register(158);
    let stop = g.call("vCont;s:p1.1;c");
    assert_eq!(stop, format!("T05thread:p01.01;9e:{:08x};", g.register(158).swap_bytes()), "{a1:x}");

    // The other core is in reset: a step there ends at once, and steps with scheduler locking leave the first core
    // alone.
    assert!(g.call("vCont;s:p1.2").starts_with("T05thread:p01.02;"));
    g.send("vCont;c");
    // Both requests are under way at once: the second client is to find the machine running.
    eventually("it runs", || running(&handle));
    let mut other = Rsp::ready(port);
    assert!(g.receive().starts_with("T02thread:"), "the second client's attach stopped it");
    assert!(g.console.contains("stopped by gdb 2"), "{}", g.console);
    assert!(other.monitor("info status").contains("stopped by gdb 2"));
    assert_eq!(g.call("D"), "OK");
    eventually("it is gone", || handle.attached().len() == 1);
    assert!(!running(&handle), "the other one looks at it");
    assert_eq!(other.call("D"), "OK");
    eventually("detach lets it run", || running(&handle));
}

#[test]
fn extended_mode_resets_and_a_plain_kill_ends_the_program() {
    let (handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    assert_eq!(g.call("!"), "OK");
    g.call("vCont;s:1;c");
    assert_ne!(g.pc(), 0x4000_0400);
    assert!(g.call("vRun;").starts_with("T05thread:"));
    assert_eq!(g.pc(), 0x4000_0400);
    assert_eq!(g.call("vKill;1"), "OK");
    assert_eq!(g.pc(), 0x4000_0400, "the connection lives on");
    assert_eq!(g.call("qfThreadInfo"), "l", "nobody lives");
    assert!(!g.call("qXfer:threads:read::0,fff").contains("<thread "));
    assert!(g.call("vAttach;1").starts_with("T05thread:"));
    assert_ne!(g.call("qfThreadInfo"), "l");
    drop(g);
    let mut plain = Rsp::ready(port);
    plain.send("k");
    eventually("kill ends the program", || handle.call(|s| s.quit_asked().is_some()).unwrap_or(true));
}

#[test]
fn a_taken_port_means_the_next_one_and_unix_sockets_work() {
    let (handle, port) = serve(hello());
    let again = Address::Tcp { host: "127.0.0.1".into(), port, search: true };
    let listening = gdb::listen(&again, &handle, monitor::run).unwrap();
    assert!(listening.moved && listening.address != again, "{listening:?}");
    let fixed = Address::Tcp { host: "127.0.0.1".into(), port, search: false };
    assert!(gdb::listen(&fixed, &handle, monitor::run).is_err(), "a port that was asked for is not moved");
    let dir = std::env::temp_dir().join(format!("esplens-{}", std::process::id()));
    let unix = gdb::listen(&Address::Unix(dir.clone()), &handle, monitor::run).unwrap();
    assert!(!unix.moved);
    let mut stream = std::os::unix::net::UnixStream::connect(&dir).unwrap();
    stream.write_all(b"$?#3f").unwrap();
    let mut reply = [0; 4];
    stream.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"+$T0");
    std::fs::remove_file(dir).unwrap();
}

#[test]
fn the_monitor_has_a_socket_of_its_own_and_does_not_stop_the_machine() {
    let (handle, _port) = serve(hello());
    let h = handle.register("test");
    let by = h.client().clone();
    h.call(move |s| s.resume(&Default::default(), &by)).unwrap();
    let at = monitor::listen(&"tcp::0".parse().unwrap(), &handle).unwrap();
    let Address::Tcp { port, .. } = at.address else { unreachable!("tcp was asked for") };
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"info status\nmdw 0x40000400\nquit\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.contains("VM status: running") && text.contains("40000400: 0x"), "{text}");
}

#[test]
fn monitor_help_is_there() {
    let (_handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    let help = g.monitor("help");
    assert!(help.contains("system_reset") && help.contains("savevm"), "{help}");
}

#[test]
fn hostile_packets_leave_the_server_working() {
    let (handle, port) = serve(hello());
    for no_ack in [false, true] {
        let mut g = if no_ack { Rsp::ready(port) } else { Rsp::connect(port) };
        for body in [
            "",
            "m",
            "m,",
            "mzz,1",
            "m0,",
            "m0,ffffffffffffffffffff",
            "M",
            "M0,4:",
            "M0,ffffffff:00",
            "X",
            "Z",
            "Z9,0,0",
            "Z0",
            "Z2,fffffff0,ffffffff",
            "z2,fffffff0,ffffffff",
            "p",
            "pzz",
            "P",
            "P0",
            "P0=zz",
            "G",
            "Gzz",
            "H",
            "Hx",
            "Hgp0.0",
            "Hg-1",
            "T",
            "T99",
            "vCont;",
            "vCont;x",
            "vCont;t",
            "vCont;r1:1",
            "qXfer:threads:read::",
            "qXfer:memory-map:read::ffffffffffff,ffffffffffff",
            "qThreadExtraInfo,99",
            "qRcmd,",
            "qRcmd,zz",
            "vFile:open:",
            "qSupported:x;;=",
            "QTDP",
            "!",
            "R00",
            "vKill;1",
            "bc",
            "bs",
            "\u{7f}\u{1}",
        ] {
            // vKill;1 and R end or restart the program; everything else gets a reply.
            if body.starts_with("vKill") || body == "R00" {
                continue;
            }
            g.send(body);
            let reply = g.receive();
            eprintln!("{body:?}: {reply}");
            assert!(reply.len() < 70_000, "{body}");
        }
        let all = g.call("g");
        assert_eq!(all.len(), 840, "works after that: {all}");
        g.raw(b"$m0,4#00");
        if !no_ack {
            assert_eq!(g.byte(), b'-', "a bad checksum is refused");
        }
        g.raw(b"\x03\x03");
        g.raw(&vec![b'$'; 100_000]);
        g.raw(&vec![b'a'; 300_000]);
        g.raw(b"#00");
        if !no_ack {
            assert_eq!(g.byte(), b'+', "sending it again would not help");
        }
        assert!(g.receive().starts_with('E'));
        assert!(g.call("g").len() == 840);
    }
    // Connections that break off at any point, and compete for the machine.
    let mut seed = 12345u32;
    for _ in 0..60 {
        let mut g = Rsp::connect(port);
        for _ in 0..200 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let pick = [
                b"$vCont;c#a8".as_slice(),
                b"$g#67",
                b"\x03",
                b"$?#3f",
                b"$vCont;s:1#23",
                b"+",
                b"#$",
                &seed.to_le_bytes(),
            ];
            if !g.try_raw(pick[(seed >> 24) as usize % pick.len()]) {
                break;
            }
        }
    }
    let mut g = Rsp::ready(port);
    assert_eq!(g.call("g").len(), 840);
    assert!(handle.call(|s| s.points().count()).unwrap() == 0 || g.call("D") == "OK");
}
