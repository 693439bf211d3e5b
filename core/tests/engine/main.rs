//! Cases in which the interpreter's block cache must have no visible effect: changed code, changed maps,
//! breakpoints and watchpoints, loops that end at any instruction, devices that change code.

mod changed_code;
#[path = "../common/mod.rs"]
mod common;
mod loops;
mod points;

use common::{CODE, Rig, fib};
use esplens_core::debug::Stop;
use esplens_core::engine::{Engine, Exit};
use esplens_core::isa::{Insn, Op};
use esplens_core::memory::{Access, Bus, Fault, flag};

fn movi(t: u8, imm: i32) -> Insn {
    Insn::new(Op::Movi, 0, 0, t, imm)
}

fn nop() -> Insn {
    Insn::new(Op::Nop, 0, 0, 0, 0)
}

fn addi(t: u8, imm: i32) -> Insn {
    Insn::new(Op::Addi, 0, t, t, imm)
}

/// Runs until `n` cycles have passed; continues after attention exits.
fn run_through(rig: &mut Rig, n: u64) {
    let end = rig.cpu.cycles + n;
    while rig.cpu.cycles < end {
        let left = end - rig.cpu.cycles;
        assert!(matches!(rig.run(left), Exit::Budget | Exit::Service));
    }
}

/// Bus with a device that, when written to, rewrites code by DMA or replaces the code page.
struct Meddler;

impl Bus for Meddler {
    fn read(&mut self, _a: &mut Access, _addr: u32, _size: u8) -> Result<u32, Fault> {
        Ok(0)
    }
    fn write(&mut self, a: &mut Access, _addr: u32, _size: u8, value: u32) -> Result<(), Fault> {
        if value == 0 {
            a.mem.poke(0, CODE + 9, &movi(4, 2).encode().to_le_bytes()[..3]);
        } else {
            a.mem.map_page(0, CODE, value, flag::EXEC | flag::READ);
        }
        Ok(())
    }
}

#[test]
fn windows_spill_and_come_back_through_deep_recursion() {
    let (code, start) = fib(15);
    let mut rig = Rig::with_program(&code, start);
    rig.engine.set_breakpoint(start + 6, true);
    assert_eq!(rig.run(1_000_000), Exit::Stop(Stop::Breakpoint));
    assert_eq!(rig.cpu.a(10), 610);
    assert_eq!((rig.cpu.windowbase(), rig.cpu.windowstart & 1), (0, 1));
}

#[test]
fn flush_forgets_decoded_code_but_not_breakpoints() {
    let mut rig = Rig::default();
    rig.place(CODE, &[nop(), nop()]);
    rig.run(1);
    rig.engine.set_breakpoint(CODE + 3, true);
    rig.engine.flush();
    assert_eq!(rig.run(1), Exit::Stop(Stop::Breakpoint));
}

#[test]
fn blocks_longer_than_the_cache_takes_go_on() {
    let mut rig = Rig::default();
    rig.place(CODE, &[addi(4, 1); 500]);
    rig.run(500);
    assert_eq!((rig.cpu.a(4), rig.cpu.pc), (500, CODE + 1500));
}
