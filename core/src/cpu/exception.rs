//! Exceptions: causes, vectors and entry (ISA 4.4.1).

use super::{Cpu, ps};

/// EXCCAUSE values (ISA table 4-64).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the manual's")]
#[repr(u8)]
pub enum Cause {
    IllegalInstruction = 0,
    Syscall = 1,
    InstructionFetchError = 2,
    LoadStoreError = 3,
    Level1Interrupt = 4,
    Alloca = 5,
    IntegerDivideByZero = 6,
    Privileged = 8,
    LoadStoreAlignment = 9,
    InstFetchProhibited = 20,
    LoadProhibited = 28,
    StoreProhibited = 29,
    /// The first of eight causes: add the coprocessor's number.
    Coprocessor0Disabled = 32,
}

/// Returns the manual's name of an EXCCAUSE value (ISA table 4-64). Accepts any number.
#[must_use]
pub const fn cause_name(cause: u32) -> &'static str {
    match cause {
        0 => "IllegalInstruction",
        1 => "Syscall",
        2 => "InstructionFetchError",
        3 => "LoadStoreError",
        4 => "Level1Interrupt",
        5 => "Alloca",
        6 => "IntegerDivideByZero",
        8 => "Privileged",
        9 => "LoadStoreAlignment",
        12 => "InstrPIFDataError",
        13 => "LoadStorePIFDataError",
        14 => "InstrPIFAddrError",
        15 => "LoadStorePIFAddrError",
        20 => "InstFetchProhibited",
        28 => "LoadProhibited",
        29 => "StoreProhibited",
        32..=39 => "CoprocessorDisabled",
        _ => "reserved",
    }
}

/// Vector offsets from VECBASE (IDF `core-isa.h`, XCHAL_*_VECOFS).
pub mod vector {
    /// Window overflow, 4 registers.
    pub const OVERFLOW4: u32 = 0x00;
    /// Window underflow, 4 registers.
    pub const UNDERFLOW4: u32 = 0x40;
    /// Window overflow, 8 registers.
    pub const OVERFLOW8: u32 = 0x80;
    /// Window underflow, 8 registers.
    pub const UNDERFLOW8: u32 = 0xC0;
    /// Window overflow, 12 registers.
    pub const OVERFLOW12: u32 = 0x100;
    /// Window underflow, 12 registers.
    pub const UNDERFLOW12: u32 = 0x140;
    /// Interrupts of level 2; level n is at `LEVEL2 + (n - 2) * 0x40`, debug is level 6, NMI level 7.
    pub const LEVEL2: u32 = 0x180;
    /// Exception with PS.UM clear.
    pub const KERNEL: u32 = 0x300;
    /// Exception with PS.UM set.
    pub const USER: u32 = 0x340;
    /// Exception with PS.EXCM set.
    pub const DOUBLE: u32 = 0x3C0;
}

impl Cpu {
    /// Takes a general exception at `pc`: to the double vector if EXCM is set, else to the user or kernel
    /// vector.
    pub fn raise(&mut self, cause: Cause, pc: u32) {
        self.exccause = cause as u32;
        let to = if self.ps & ps::EXCM != 0 {
            self.depc = pc;
            vector::DOUBLE
        } else {
            self.epc[1] = pc;
            if self.ps & ps::UM != 0 { vector::USER } else { vector::KERNEL }
        };
        self.ps |= ps::EXCM;
        self.pc = self.vecbase.wrapping_add(to);
        self.sync_window();
    }

    /// Takes an exception that sets EXCVADDR.
    pub fn raise_at(&mut self, cause: Cause, pc: u32, vaddr: u32) {
        self.excvaddr = vaddr;
        self.raise(cause, pc);
    }

    /// Enters the handler of interrupt level 2..7, with `pc` as return address.
    pub fn enter_level(&mut self, level: u32, pc: u32) {
        self.epc[level as usize] = pc;
        self.eps[level as usize] = self.ps;
        self.ps = self.ps & !ps::INTLEVEL | level | ps::EXCM;
        self.pc = self.vecbase.wrapping_add(vector::LEVEL2 + (level - 2) * 0x40);
        self.sync_window();
    }
}
