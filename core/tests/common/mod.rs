//! A core with plain memory, for tests and benches that use only the public interface.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod random;

use esplens_core::cpu::{Cpu, ps};
use esplens_core::engine::{Engine, Exit, interp::Interp};
use esplens_core::isa::{Insn, Op};
use esplens_core::memory::{Access, Bus, Fault, Memory, Region, flag};

/// Start of the code memory: 64 KiB, writable by aligned words.
pub const CODE: u32 = 0x4008_0000;
/// Alias of the code memory on the data side.
pub const ALIAS: u32 = 0x3FF0_0000;
/// Start of the data memory: 128 KiB.
pub const DATA: u32 = 0x3FFB_0000;
pub const CODE_BYTES: usize = 0x1_0000;
pub const DATA_BYTES: usize = 0x2_0000;

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

/// One core and its memories.
pub struct Rig {
    pub cpu: Cpu,
    pub mem: Memory,
    pub engine: Interp,
    pub code: Region,
    pub data: Region,
}

impl Default for Rig {
    fn default() -> Self {
        let mut mem = Memory::default();
        let code = mem.add(CODE_BYTES, 0);
        let data = mem.add(DATA_BYTES, 0);
        for core in 0..2 {
            mem.map_region(core, CODE, code, flag::EXEC | flag::READ | flag::WRITE | flag::WORD_ONLY);
            mem.map_region(core, ALIAS, code, flag::READ | flag::WRITE);
            mem.map_region(core, DATA, data, flag::READ | flag::WRITE);
        }
        let mut cpu = Cpu::new(0);
        cpu.set_ps(ps::WOE | ps::UM);
        cpu.cpenable = 1;
        cpu.pc = CODE;
        cpu.vecbase = CODE + 0xF000;
        cpu.ccompare = [u32::MAX; 3];
        cpu.set_a(1, DATA + DATA_BYTES as u32 - 0x100);
        Self { cpu, mem, engine: Interp::default(), code, data }
    }
}

impl Rig {
    /// Runs at most `n` cycles.
    pub fn run(&mut self, n: u64) -> Exit {
        self.engine.run(&mut self.cpu, 0, &mut self.mem, &mut NoBus, n)
    }

    /// Places instructions at `addr`; returns the address after them.
    pub fn place(&mut self, addr: u32, insns: &[Insn]) -> u32 {
        insns.iter().fold(addr, |at, i| {
            let len = usize::from(i.len);
            assert_eq!(self.mem.poke(0, at, &i.encode().to_le_bytes()[..len]), len);
            at + u32::from(i.len)
        })
    }

    pub fn word(&self, addr: u32) -> u32 {
        let mut bytes = [0; 4];
        assert_eq!(self.mem.peek(0, addr, &mut bytes), 4);
        u32::from_le_bytes(bytes)
    }
}

/// Small assembler: labels are addresses, branches are patched when the target is known.
#[derive(Default)]
pub struct Asm {
    pub bytes: Vec<u8>,
    pub base: u32,
}

impl Asm {
    pub fn at(base: u32) -> Self {
        Self { bytes: Vec::new(), base }
    }

    pub fn here(&self) -> u32 {
        self.base + self.bytes.len() as u32
    }

    pub fn insn(&mut self, i: Insn) -> &mut Self {
        self.bytes.extend_from_slice(&i.encode().to_le_bytes()[..usize::from(i.len)]);
        self
    }

    pub fn op(&mut self, op: Op, r: u8, s: u8, t: u8, imm: i32) -> &mut Self {
        self.insn(Insn::new(op, r, s, t, imm))
    }

    /// Adds a branch, jump, loop, call or literal load whose `imm` is a displacement, to `target`.
    pub fn to(&mut self, op: Op, s: u8, t: u8, target: u32) -> &mut Self {
        let pc = self.here();
        let from = match op {
            Op::Call0 | Op::Call4 | Op::Call8 | Op::Call12 => (pc & !3) + 4,
            Op::L32r => (pc + 3) & !3,
            _ => pc + 4,
        };
        self.op(op, 0, s, t, target.wrapping_sub(from) as i32)
    }

    /// Adds a branch with a constant operand.
    #[allow(clippy::wrong_self_convention, reason = "it appends a branch `to` a place, it converts nothing")]
    pub fn to_imm(&mut self, op: Op, s: u8, imm: i32, target: u32) -> &mut Self {
        let disp = target.wrapping_sub(self.here() + 4) as i32;
        self.insn(Insn::new(op, 0, s, 0, imm).with_disp(disp as i8))
    }

    /// Pads to a multiple of `n`.
    pub fn align(&mut self, n: usize) -> &mut Self {
        while !self.bytes.len().is_multiple_of(n) {
            self.bytes.push(0);
        }
        self
    }

    pub fn word(&mut self, w: u32) -> &mut Self {
        self.bytes.extend_from_slice(&w.to_le_bytes());
        self
    }
}

/// Generator of pseudo-random numbers (xorshift), so that programs are the same on every host.
pub struct Rng(pub u64);

impl Rng {
    pub fn word(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    pub fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.word()) * u64::from(n)) >> 32) as u32
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }
}

/// Returns the window overflow and underflow handlers of the windowed ABI at their offsets from VECBASE.
pub fn window_vectors() -> Vec<u8> {
    let mut a = Asm::default();
    let run = |a: &mut Asm, op: Op, regs: std::ops::RangeInclusive<u8>, base: u8, first: i32| {
        for (n, t) in regs.enumerate() {
            a.op(op, 0, base, t, first + 4 * n as i32);
        }
    };
    // Frames of 4, 8, 12 registers: the callee's a1 is the window's a5, a9, a13.
    for (n, extra) in [(5u8, -16), (9, -32), (13, -48)] {
        a.align(64);
        a.op(Op::S32e, 0, n, 0, -16);
        if n != 5 {
            a.op(Op::L32e, 0, 1, 0, -12);
        }
        run(&mut a, Op::S32e, 1..=3, n, -12);
        if n != 5 {
            run(&mut a, Op::S32e, 4..=n - 2, 0, extra);
        }
        a.op(Op::Rfwo, 0, 0, 0, 0);
        a.align(64);
        run(&mut a, Op::L32e, 0..=2, n, -16);
        if n != 5 {
            a.op(Op::L32e, 0, 1, n - 2, -12);
        }
        a.op(Op::L32e, 0, n, 3, -4);
        if n != 5 {
            run(&mut a, Op::L32e, 4..=n - 2, n - 2, extra);
        }
        a.op(Op::Rfwu, 0, 0, 0, 0);
    }
    a.bytes
}

impl Rig {
    /// Creates a rig with window handlers and `code` at [`CODE`], starting at `start`.
    pub fn with_program(code: &[u8], start: u32) -> Self {
        let mut rig = Self::default();
        rig.mem.write_region(rig.code, 0xF000, &window_vectors());
        rig.mem.write_region(rig.code, 0, code);
        rig.cpu.pc = start;
        // An overflow handler reads the stack pointer of the outermost frame's imaginary caller from here.
        let sp = rig.cpu.a(1);
        assert_eq!(rig.mem.poke(0, sp - 12, &(sp + 0x80).to_le_bytes()), 4);
        rig
    }
}

/// Returns code and start address of fib(n) by windowed recursion, repeated forever.
pub fn fib(n: i32) -> (Vec<u8>, u32) {
    let mut a = Asm::at(CODE);
    a.op(Op::Entry, 0, 1, 0, 32);
    let rest = a.here() + 5;
    a.to_imm(Op::Bgei, 2, 2, rest).op(Op::RetwN, 0, 0, 0, 0);
    a.op(Op::Addi, 0, 2, 10, -1).to(Op::Call8, 0, 0, CODE).op(Op::MovN, 0, 10, 3, 0);
    a.op(Op::Addi, 0, 2, 10, -2).to(Op::Call8, 0, 0, CODE).op(Op::AddN, 2, 3, 10, 0);
    a.op(Op::RetwN, 0, 0, 0, 0).align(4);
    let start = a.here();
    a.op(Op::Movi, 0, 0, 10, n).to(Op::Call8, 0, 0, CODE).to(Op::J, 0, 0, start);
    (a.bytes, start)
}
