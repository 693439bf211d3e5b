//! The monitor's commands: each works in GDB, and on the monitor's own socket.

use crate::script::Bench;
use esplens_server::listen::Address;
use esplens_server::monitor;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Commands in an order that makes sense, and a part of each answer; "" for no answer at all.
const WORDS: [(&str, &str); 51] = [
    ("reset halt", "halted at the reset vector"),
    ("reset init", "halted at the reset vector"),
    ("system_reset", ""),
    ("info registers", "windowbase"),
    ("info mtree", "40000000-4006ffff rom"),
    ("info qtree", "UART0"),
    ("info irq", "PRO_CPU: level"),
    ("info network", "open_eth"),
    ("info roms", "ROM 1"),
    ("info snapshots", "There is no snapshot"),
    ("info status", "VM status: paused"),
    ("info cpus", "APP_CPU"),
    ("xp/2xw 0x40000400", "40000400: 0x"),
    ("x/2i 0x40000400", "40000400: "),
    ("reg", "windowstart"),
    ("reg a3 0x1234", "a3 0x00001234"),
    ("savevm one", ""),
    ("loadvm one", ""),
    ("delvm one", ""),
    ("watch 0x3ffb0000 4 rw", "watch rw 0x3ffb0000"),
    ("trace open_eth* on", " on "),
    ("trace open_eth* off", " off "),
    ("speed max", "speed is max"),
    ("gdb tcp::0", "waiting for gdb on tcp:127.0.0.1:"),
    ("esp32 smpbreak BreakIn BreakOut", "nothing to do"),
    ("esp appimage_offset 0x10000", "nothing to do"),
    ("init", "nothing to do"),
    ("targets", "esp32.cpu1"),
    ("mww 0x3ffb0000 0x600df00d", ""),
    ("mdw 0x3ffb0000", "3ffb0000: 0x600df00d"),
    ("mdw --real 0x3ffb0000", "0x600df00d"),
    ("bp 0x400d0000 2 hw", "break 0x400d0000"),
    ("rbp all", ""),
    ("wp 0x3ffb0000 4 w", "watch w"),
    ("rwp all", ""),
    ("flash banks", "esp32.flash"),
    ("flash info 0", "factory"),
    ("flash mdb 0x10000", "0xe9"),
    ("break frame 'tcp port 80'", "break frame 'tcp port 80'"),
    ("break irq 6", "break irq 6"),
    ("break reg UART0.FIFO w", "break reg UART0.FIFO w"),
    ("step-irq off", "step-irq is off"),
    ("step 2", "4000"),
    ("reverse-stepi", "core 0 at 0x4000"),
    ("record", "moments kept"),
    ("rc", "nothing earlier is recorded"),
    ("record off", "recording is off; nothing is kept"),
    ("help", "system_reset"),
    ("help trace", "Usage: trace"),
    ("resume", ""),
    // Stopped by this command, or by one of the points set before.
    ("halt", ", core "),
];

#[track_caller]
fn answers(command: &str, part: &str, said: &str) {
    assert!(said.contains(part) && (!part.is_empty() || said.is_empty()), "{command}: {said:?}");
}

#[test]
fn every_word_works_in_gdb() {
    let Some(bench) = Bench::demo() else { return };
    let typed: Vec<String> = WORDS.iter().map(|(command, _)| format!("monitor {command}")).collect();
    let t = bench.run(&typed.iter().map(String::as_str).collect::<Vec<_>>());
    for (typed, (command, part)) in typed.iter().zip(WORDS) {
        answers(command, part, t.of(typed));
    }
}

#[test]
fn every_word_works_on_the_monitors_own_socket() {
    let Some(bench) = Bench::demo() else { return };
    let at = monitor::listen(&"tcp::0".parse().unwrap(), &bench.handle).unwrap();
    let Address::Tcp { port, .. } = at.address else { unreachable!("tcp was asked for") };
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let lines: String = WORDS.iter().map(|(command, _)| format!("{command}\n")).collect();
    stream.write_all(format!("{lines}quit\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let said: Vec<&str> = text.split("(esplens) ").skip(1).collect();
    for (said, (command, part)) in said.iter().zip(WORDS) {
        answers(command, part, said.trim());
    }
    assert!(said.len() > WORDS.len(), "{text}");
}
