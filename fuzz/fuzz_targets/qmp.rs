//! Bytes of a QMP client: framing, JSON, commands and their arguments, against a stopped machine.
#![no_main]

use esplens_server::qmp::QmpServer;
use esplens_soc::boot::{LoadOptions, input};
use esplens_soc::machine::{Machine, MachineConfig};
use esplens_supervisor::{Handle, Speed, spawn};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static HANDLE: LazyLock<Handle> = LazyLock::new(|| {
    let any = LoadOptions { accept_any: true, ..LoadOptions::default() };
    let input = input::from_bytes("erased".as_ref(), &[0xFF], &any).expect("an erased flash");
    spawn(Machine::new(MachineConfig::new(input.flash)), Speed::Max).expect("a thread").0
});

fuzz_target!(|data: &[u8]| {
    // Skip commands that write files, run or end the machine: they do not concern the parser.
    let text = String::from_utf8_lossy(data);
    let acts = ["memsave", "dump", "cont", "quit", "monitor"];
    if acts.iter().any(|word| text.contains(word)) {
        return;
    }
    let bytes = [b"{\"execute\":\"qmp_capabilities\"}", data].concat();
    let answers = QmpServer::new(&HANDLE, None).answer(&bytes);
    for line in answers.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        assert!(line.starts_with(b"{") && line.trim_ascii_end().ends_with(b"}"), "each answer is an object");
    }
});
