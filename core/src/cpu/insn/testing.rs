//! Test bench for single instructions: encode, decode, run on the interpreter, inspect the state.

use crate::cpu::{Cpu, ps};
use crate::engine::{Engine, Exit, interp::Interp};
use crate::isa::{Insn, Op};
use crate::memory::{Access, Bus, Fault, Memory, Region, flag};

/// Address of the instruction under test.
pub const CODE: u32 = 0x4008_0000;
/// Plain memory for data.
pub const DATA: u32 = 0x3FFB_0000;

/// Bus without devices.
pub struct NoBus;

impl Bus for NoBus {
    fn read(&mut self, _a: &mut Access, addr: u32, _size: u8) -> Result<u32, Fault> {
        Err(Fault::Bus(addr))
    }
    fn write(&mut self, _a: &mut Access, addr: u32, _size: u8, _value: u32) -> Result<(), Fault> {
        Err(Fault::Bus(addr))
    }
}

/// One core with a page of code and two pages of data.
pub struct InsnBench {
    /// The core.
    pub cpu: Cpu,
    /// Its memory.
    pub mem: Memory,
    /// The engine that runs it.
    pub engine: Interp,
    code: Region,
}

impl InsnBench {
    /// Creates a core past reset: windows enabled, EXCM clear, FPU enabled, PC at [`CODE`], stack pointer in
    /// [`DATA`].
    pub fn new() -> Self {
        let mut mem = Memory::default();
        let code = mem.add(8192, 0);
        let data = mem.add(8192, 0);
        mem.map_region(0, CODE, code, flag::EXEC | flag::READ | flag::WRITE | flag::WORD_ONLY);
        mem.map_region(0, DATA, data, flag::READ | flag::WRITE);
        let mut cpu = Cpu::new(0);
        cpu.set_ps(ps::WOE | ps::UM);
        cpu.cpenable = 1;
        cpu.pc = CODE;
        cpu.vecbase = CODE;
        cpu.set_a(1, DATA + 0x1000);
        // Not 0, so that no timer matches by accident.
        cpu.ccompare = [u32::MAX; 3];
        Self { cpu, mem, engine: Interp::default(), code }
    }

    /// Sets an address register.
    pub fn with(mut self, n: u8, value: u32) -> Self {
        self.cpu.set_a(n, value);
        self
    }

    /// Changes the core's state.
    pub fn set(mut self, f: impl FnOnce(&mut Cpu)) -> Self {
        f(&mut self.cpu);
        self.cpu.sync_window();
        self
    }

    /// Writes data memory.
    pub fn data(mut self, addr: u32, bytes: &[u8]) -> Self {
        assert_eq!(self.mem.poke(0, addr, bytes), bytes.len());
        self
    }

    /// Runs one instruction built from its fields.
    pub fn run(self, op: Op, r: u8, s: u8, t: u8, imm: i32) -> Self {
        self.run_insn(Insn::new(op, r, s, t, imm))
    }

    /// Runs one instruction at the PC, through encoder and decoder.
    pub fn run_insn(self, insn: Insn) -> Self {
        let pc = self.cpu.pc;
        self.place(pc, &[insn]).steps(1)
    }

    /// Places a sequence of instructions at `addr` in the code page.
    pub fn place(mut self, addr: u32, insns: &[Insn]) -> Self {
        let mut at = addr.wrapping_sub(CODE) as usize;
        for i in insns {
            self.mem.write_region(self.code, at, &i.encode().to_le_bytes()[..i.len.into()]);
            at += usize::from(i.len);
        }
        self
    }

    /// Runs `n` cycles. Fails the test when the engine stops for any other reason.
    pub fn steps(mut self, n: u64) -> Self {
        let exit = self.engine.run(&mut self.cpu, 0, &mut self.mem, &mut NoBus, n);
        assert!(matches!(exit, Exit::Budget | Exit::Waiting), "{exit:?}");
        self
    }

    /// Runs `n` cycles and returns the exit reason.
    pub fn exit(&mut self, n: u64) -> Exit {
        self.engine.run(&mut self.cpu, 0, &mut self.mem, &mut NoBus, n)
    }

    /// Returns an address register.
    pub fn reg(&self, n: u8) -> u32 {
        self.cpu.a(n)
    }

    /// Returns the number of retired instructions.
    pub fn retired(&self) -> u64 {
        self.cpu.retired
    }

    /// Returns a word of data memory.
    pub fn word(&self, addr: u32) -> u32 {
        let mut bytes = [0; 4];
        assert_eq!(self.mem.peek(0, addr, &mut bytes), 4);
        u32::from_le_bytes(bytes)
    }
}
