//! Bare programs for `--kernel`: assembled and put into ELF files by the tests.

use esplens_core::isa::{Insn, Op};

/// Start address of programs, in instruction RAM.
pub const CODE: u32 = 0x4008_0000;

/// Program under construction: code at [`CODE`], with its literals and data before the entry.
#[derive(Default)]
pub struct ProgramBuilder {
    data: Vec<u8>,
    code: Vec<u8>,
}

/// Bytes reserved for literals and data.
const DATA: u32 = 0x400;

impl ProgramBuilder {
    /// Puts bytes into the program's memory and returns their address.
    ///
    /// # Panics
    /// When the memory is full.
    pub fn bytes(&mut self, bytes: &[u8]) -> u32 {
        let at = CODE + self.data.len() as u32;
        self.data.extend(bytes);
        self.data.resize(self.data.len().next_multiple_of(4), 0);
        assert!(self.data.len() <= DATA as usize);
        at
    }

    /// Appends an instruction.
    pub fn op(&mut self, op: Op, r: u8, s: u8, t: u8, imm: i32) {
        let insn = Insn::new(op, r, s, t, imm);
        self.code.extend(&insn.encode().to_le_bytes()[..insn.len.into()]);
    }

    /// Loads a constant into an address register.
    pub fn set(&mut self, reg: u8, value: u32) {
        let literal = self.bytes(&value.to_le_bytes());
        let pc = CODE + DATA + self.code.len() as u32;
        self.op(Op::L32r, 0, 0, reg, literal.wrapping_sub((pc + 3) & !3) as i32);
    }

    /// Stores a word; registers 8 and 9 are used.
    pub fn store(&mut self, addr: u32, value: u32) {
        self.set(8, addr);
        self.set(9, value);
        self.op(Op::S32i, 0, 8, 9, 0);
    }

    /// Stores `value` to `words` words from `addr` on; registers 8 to 10 are used.
    pub fn fill(&mut self, addr: u32, words: u32, value: u32) {
        self.set(8, addr);
        self.set(9, value);
        self.set(10, words);
        let again = self.here();
        self.op(Op::S32i, 0, 8, 9, 0);
        self.op(Op::Addi, 0, 8, 8, 4);
        self.op(Op::Addi, 0, 10, 10, -1);
        let back = self.back_to(again);
        self.op(Op::Bnez, 0, 10, 0, back);
    }

    /// Returns the address of the next instruction.
    #[must_use]
    pub fn here(&self) -> u32 {
        CODE + DATA + self.code.len() as u32
    }

    /// Returns the displacement to `to` for a jump at the current address.
    fn back_to(&self, to: u32) -> i32 {
        to.wrapping_sub(self.here() + 4) as i32
    }

    /// Jumps to `to`.
    pub fn jump(&mut self, to: u32) {
        let back = self.back_to(to);
        self.op(Op::J, 0, 0, 0, back);
    }

    /// Appends a SIMCALL with its number and three arguments.
    pub fn simcall(&mut self, call: u32, args: [u32; 3]) {
        self.set(2, call);
        (3..).zip(args).for_each(|(reg, value)| self.set(reg, value));
        self.op(Op::Simcall, 0, 0, 0, 0);
    }

    /// Appends SIMCALL write of text to standard output.
    pub fn print(&mut self, text: &str) {
        let at = self.bytes(text.as_bytes());
        self.simcall(4, [1, at, text.len() as u32]);
    }

    /// Appends SIMCALL exit.
    pub fn exit(&mut self, code: u32) {
        self.simcall(1, [code, 0, 0]);
    }

    /// Appends SIMCALL exit with the value of register `reg` as code.
    pub fn exit_with(&mut self, reg: u8) {
        self.op(Op::Or, 3, reg, reg, 0);
        self.set(2, 1);
        self.op(Op::Simcall, 0, 0, 0, 0);
    }

    /// Returns the ELF file.
    #[must_use]
    pub fn elf(&self) -> Vec<u8> {
        let mut memory = self.data.clone();
        memory.resize(DATA as usize, 0);
        memory.extend(&self.code);
        memory.resize(memory.len().next_multiple_of(4), 0);
        elf(CODE, CODE + DATA, &memory)
    }
}

/// Returns a little-endian 32-bit Xtensa executable with one segment.
#[must_use]
pub fn elf(addr: u32, entry: u32, bytes: &[u8]) -> Vec<u8> {
    let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let half = |file: &mut Vec<u8>, v: u16| file.extend(v.to_le_bytes());
    half(&mut file, 2); // ET_EXEC
    half(&mut file, 94); // EM_XTENSA
    for word in [1, entry, 52, 0, 0] {
        file.extend(u32::to_le_bytes(word));
    }
    for v in [52, 32, 1, 40, 0, 0] {
        half(&mut file, v);
    }
    let size = bytes.len() as u32;
    for word in [1, 84, addr, addr, size, size, 7, 4] {
        file.extend(u32::to_le_bytes(word));
    }
    file.extend(bytes);
    file
}
