//! Runs of the same program on both machines.

use crate::common::{Asm, NoBus};
use crate::program::Program;
use crate::{CODE, CODE_BYTES, RECORDS, RESET, STACK};
use esplens_core::cpu::Cpu;
use esplens_core::debug::Stop;
use esplens_core::engine::{Engine, Exit, interp::Interp};
use esplens_core::isa::Op;
use esplens_core::memory::{Memory, flag};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs the program on our engine and returns the records.
pub fn ours(p: &Program) -> Vec<u8> {
    let mut mem = Memory::default();
    let code = mem.add(CODE_BYTES, 0);
    let data = mem.add(p.records.len(), 0);
    let stack = mem.add(4096 * 2, 0);
    mem.map_region(0, CODE, code, flag::EXEC | flag::READ | flag::WRITE);
    mem.map_region(0, RECORDS, data, flag::READ | flag::WRITE);
    mem.map_region(0, STACK - 0x1000, stack, flag::READ | flag::WRITE);
    mem.write_region(code, 0, &p.asm.bytes);
    mem.write_region(data, 0, &p.records);
    assert_eq!(mem.poke(0, STACK - 12, &(STACK + 128).to_le_bytes()), 4);
    let mut cpu = Cpu::new(0);
    cpu.pc = p.entry;
    let mut engine = Interp::default();
    let exit = engine.run(&mut cpu, 0, &mut mem, &mut NoBus, 200_000_000);
    assert_eq!(
        exit,
        Exit::Stop(Stop::Simcall),
        "at {:#x}, cause {} epc {:#x}",
        cpu.pc,
        cpu.exccause,
        cpu.epc[1]
    );
    let mut out = vec![0; p.records.len()];
    mem.read_region(data, 0, &mut out);
    out
}

/// Returns a minimal ELF file: code, records, a word of stack, the reset vector.
pub fn elf(p: &Program) -> Vec<u8> {
    let stack = (STACK + 128).to_le_bytes();
    // The machine starts at its reset vector and ignores the ELF's entry point.
    let mut reset = Asm::at(RESET);
    reset.to(Op::J, 0, 0, RESET + 8).align(4).word(p.entry).to(Op::L32r, 0, 2, RESET + 4).op(
        Op::Jx,
        0,
        2,
        0,
        0,
    );
    let segments: [(u32, &[u8]); 4] =
        [(CODE, &p.asm.bytes), (RECORDS, &p.records), (STACK - 12, &stack), (RESET, &reset.bytes)];
    let mut out = b"\x7fELF\x01\x01\x01".to_vec();
    out.resize(16, 0);
    for half in [2u16, 94] {
        out.extend(half.to_le_bytes());
    }
    for word in [1u32, p.entry, 52, 0, 0x300] {
        out.extend(word.to_le_bytes());
    }
    for half in [52u16, 32, segments.len() as u16, 40, 0, 0] {
        out.extend(half.to_le_bytes());
    }
    let mut offset = 0x1000u32;
    for (addr, bytes) in segments {
        let len = bytes.len() as u32;
        for word in [1, offset, addr, addr, len, len, 7, 4] {
            out.extend(word.to_le_bytes());
        }
        offset += len;
    }
    out.resize(0x1000, 0);
    for (_, bytes) in segments {
        out.extend(bytes);
    }
    out
}

/// Runs the program on QEMU and returns the records that it writes to its standard output.
pub fn theirs(p: &Program) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("esplens-qemu-{}.elf", std::process::id()));
    std::fs::File::create(&path)
        .and_then(|mut f| f.write_all(&elf(p)))
        .expect("the temporary folder takes a file");
    let child = Command::new("timeout")
        .args([
            "60",
            "qemu-system-xtensa",
            "-machine",
            "sim",
            "-cpu",
            "dc233c",
            "-m",
            "1100M",
            "-semihosting",
        ])
        .args(["-display", "none", "-monitor", "none", "-serial", "none", "-kernel"])
        .arg(&path)
        .stdin(Stdio::null())
        .output();
    let out = child.expect("ESPLENS_QEMU is set, so qemu-system-xtensa must be there");
    if std::env::var_os("ESPLENS_KEEP").is_none() {
        let _ = std::fs::remove_file(&path);
    }
    assert!(out.status.success(), "qemu: {} {}", out.status, String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.stdout.len(), p.records.len(), "qemu: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}
