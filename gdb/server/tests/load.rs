//! GDB's `load` and writes to flash, packet by packet.

use esplens_soc::system::Output;
use esplens_supervisor::{Event, Handle};
use esplens_testkit::{Rsp, boot, hello, serve};
use object::{Object, ObjectSection, SectionFlags, elf};
use tokio::sync::broadcast::Receiver;

/// Returns a packet with binary data.
fn binary(head: &str, data: &[u8]) -> Vec<u8> {
    let mut out = head.as_bytes().to_vec();
    for &byte in data {
        if matches!(byte, b'#' | b'$' | b'}' | b'*') {
            out.extend([b'}', byte ^ 0x20]);
        } else {
            out.push(byte);
        }
    }
    out
}

fn call(g: &mut Rsp, packet: &[u8]) -> String {
    g.send_bytes(packet);
    g.receive()
}

/// Sends the packets that a user's GDB sends for `load`.
fn load(g: &mut Rsp, bytes: &[u8]) {
    let file = object::File::parse(bytes).unwrap();
    let sections: Vec<(u32, &[u8])> = file
        .sections()
        .filter(
            |s| matches!(s.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(elf::SHF_ALLOC)),
        )
        .map(|s| (s.address() as u32, s.data().unwrap()))
        .filter(|(_, data)| !data.is_empty())
        .collect();
    let flash = |addr: u32| (0x3F40_0000..0x3F80_0000).contains(&addr) || addr >= 0x400C_2000;
    for (addr, data) in sections.iter().filter(|s| !flash(s.0)) {
        for (n, chunk) in data.chunks(1000).enumerate() {
            let head = format!("X{:x},{:x}:", addr + 1000 * n as u32, chunk.len());
            assert_eq!(call(g, &binary(&head, chunk)), "OK");
        }
    }
    for (addr, data) in sections.iter().filter(|s| flash(s.0)) {
        let page = addr & !0xFFF;
        let len = (addr + data.len() as u32 - page).next_multiple_of(0x1000);
        assert_eq!(g.call(&format!("vFlashErase:{page:x},{len:x}")), "OK");
    }
    for (addr, data) in sections.iter().filter(|s| flash(s.0)) {
        for (n, chunk) in data.chunks(999).enumerate() {
            let head = format!("vFlashWrite:{:x}:", addr + 999 * n as u32);
            assert_eq!(call(g, &binary(&head, chunk)), "OK");
        }
    }
    assert_eq!(g.call("vFlashDone"), "OK");
    g.set_register(0, file.entry() as u32);
}

/// Runs until UART0 has printed `text`.
fn wait_for(handle: &Handle, events: &mut Receiver<Event>, text: &str) {
    let mut said = String::new();
    while !said.contains(text) {
        let Event::Output(list) = events.blocking_recv().unwrap() else { continue };
        let bytes = list.iter().filter_map(|o| match o {
            Output::Uart { n: 0, byte } => Some(char::from(*byte)),
            _ => None,
        });
        said.extend(bytes);
        let now = handle.call(|s| s.machine().now()).unwrap();
        assert!(now < 480_000_000 * 20, "20 s and no {text:?} in {said}");
    }
}

#[test]
fn load_puts_a_new_application_into_flash_and_boots_it() {
    let other = boot(include_bytes!("../../../fixtures/deepsleep/flash.bin"), "deepsleep");
    let (handle, port) = serve(other);
    let mut events = handle.subscribe();
    let mut g = Rsp::ready(port);
    let map = g.call("qXfer:memory-map:read::0,fff");
    let map = map + &g.call("qXfer:memory-map:read::ffe,fff");
    assert!(
        map.contains("type=\"flash\" start=\"0x400c2000\"") && map.contains("\"blocksize\">0x1000<"),
        "{map}"
    );
    load(&mut g, include_bytes!("../../../fixtures/hello/hello.elf"));
    assert_eq!(g.pc(), 0x4000_0400, "the chip stands at its reset vector");
    g.send("vCont;c");
    wait_for(&handle, &mut events, "Hello from esplens");
    g.raw(b"\x03");
    assert!(g.receive().starts_with("T02"));

    // Again, over the running application.
    load(&mut g, include_bytes!("../../../fixtures/hello/hello.elf"));
    g.send("vCont;c");
    wait_for(&handle, &mut events, "Hello from esplens");
    let by = handle.client().clone();
    handle.call(move |s| s.quit(&by)).unwrap();
}

#[test]
fn a_load_that_makes_no_image_is_an_error_and_changes_nothing() {
    let (handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    let before = handle.call(|s| s.machine().flash_bytes()).unwrap();
    assert_eq!(g.call("vFlashErase:3ffb0000,1000"), "E16", "no flash there");
    assert_eq!(g.call("vFlashErase:3f7ff000,2000"), "E16", "past the window");
    assert_eq!(g.call("vFlashErase:3f400000,1000"), "OK");
    assert_eq!(g.call("vFlashWrite:3ffb0000:abc"), "E16");
    assert_eq!(g.call("vFlashDone"), "OK", "nothing to do");
    // More than fits into a partition of one megabyte.
    for n in 0..40 {
        let head = format!("vFlashWrite:{:x}:", 0x400D_0020 + n * 60_000);
        assert_eq!(call(&mut g, &binary(&head, &[7; 60_000])), "OK");
    }
    assert!(g.call("vFlashDone").starts_with("E"), "too big");
    for packet in ["M400d0000,1:00", "M3f400000,4:00000000", "X3f400000,1:a"] {
        assert!(g.call(packet).starts_with("E.flash is mapped there"), "{packet}");
    }
    assert_eq!(g.call("X3f400000,0:"), "OK", "GDB asks whether there are X packets");
    let after = handle.call(|s| s.machine().flash_bytes()).unwrap();
    assert!(before == after);
}

#[test]
fn memory_is_searched_and_summed_here() {
    let (_handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    assert_eq!(call(&mut g, &binary("X3ffb0100,9:", b"123456789")), "OK");
    assert_eq!(call(&mut g, &binary("qSearch:memory:3ffb0000;20000;", b"345")), "1,3ffb0102");
    assert_eq!(call(&mut g, &binary("qSearch:memory:3ffb0103;ffff;", b"345")), "0");
    assert_eq!(call(&mut g, &binary("qSearch:memory:1000;10;", b"345")), "E14");
    assert_eq!(g.call("qCRC:3ffb0100,9"), "C376e6e7");
    for bad in [
        "qSearch:memory:",
        "qSearch:memory:0;10;",
        "qCRC:",
        "qCRC:0,ffffffffffff",
        "qCRC:ffffffffffffffff,1",
        "qCRC:1000,4",
    ] {
        assert!(g.call(bad).starts_with('E'), "{bad}");
    }
}

#[test]
fn gdb_may_read_the_one_file_that_runs() {
    let dir = tempfile::tempdir().unwrap();
    let (elf, other) = (dir.path().join("app.elf"), dir.path().join("other"));
    std::fs::write(&elf, b"\x7fELF and more").unwrap();
    std::fs::write(&other, b"secret").unwrap();
    let (handle, port) = serve(hello());
    let path = elf.clone();
    handle.call(move |s| s.set_exec_file(Some(path))).unwrap();
    let mut g = Rsp::ready(port);
    let hex =
        |p: &std::path::Path| p.to_str().unwrap().bytes().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(g.call("qXfer:exec-file:read::0,fff")[1..], elf.display().to_string());
    assert_eq!(g.call("qXfer:exec-file:read::fff,fff"), "l");
    assert!(["F0", "F00"].contains(&g.call("vFile:setfs:0").as_str()));
    let open = |g: &mut Rsp, path: &std::path::Path, flags: &str| {
        g.call(&format!("vFile:open:{},{flags},0", hex(path)))
    };
    assert!(["F0", "F00"].contains(&open(&mut g, &elf, "0").as_str()));
    assert!(g.call("vFile:pread:0,4,0").ends_with(";\x7fELF"));
    assert!(g.call("vFile:pread:0,100,5").ends_with("and more"));
    assert!(["F0", "F00"].contains(&g.call("vFile:close:0").as_str()));
    assert!(g.call("vFile:pread:0,4,0").starts_with("F-1"));
    for (path, flags) in [(&other, "0"), (&elf, "1"), (&elf, "2"), (&elf, "401")] {
        assert!(open(&mut g, path, flags).starts_with("F-1"), "{} {flags}", path.display());
    }
    for _ in 0..20 {
        open(&mut g, &elf, "0");
    }
    assert!(open(&mut g, &elf, "0").starts_with("F-1"), "a bounded number of files");
}
