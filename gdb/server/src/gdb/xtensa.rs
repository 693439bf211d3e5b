//! The ESP32's Xtensa architecture for gdbstub, in the layout of gdbstub_arch, which does not have it.

pub(super) use esplens_supervisor::xtensa::{compose, read, table, write};

use gdbstub::arch::{Arch, RegId, Registers};
use std::num::NonZeroUsize;

/// The architecture of `xtensa-esp32-elf-gdb`.
pub enum Xtensa {}

impl Arch for Xtensa {
    type Usize = u32;
    type Registers = GRegisters;
    /// GDB's breakpoint kind is the length of the instruction to insert; no instruction is inserted here.
    type BreakpointKind = usize;
    type RegId = RegNumber;
}

/// The registers of a `g` or `G` packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GRegisters(pub [u32; table::IN_G]);

impl Default for GRegisters {
    fn default() -> Self {
        Self([0; table::IN_G])
    }
}

impl Registers for GRegisters {
    type ProgramCounter = u32;

    fn pc(&self) -> u32 {
        self.0[0]
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        self.0.iter().flat_map(|r| r.to_le_bytes()).for_each(|b| write_byte(Some(b)));
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        if bytes.len() < self.0.len() * 4 {
            return Err(());
        }
        for (reg, chunk) in self.0.iter_mut().zip(bytes.chunks_exact(4)) {
            *reg = u32::from_le_bytes(chunk.try_into().map_err(|_| ())?);
        }
        Ok(())
    }
}

/// GDB's number of a register; see [`table`]. All numbers are accepted: GDB stops using `p` after one empty response,
/// so a number past the end is a read error, not an unknown register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegNumber(pub usize);

impl RegId for RegNumber {
    fn from_raw_id(id: usize) -> Option<(Self, Option<NonZeroUsize>)> {
        let bytes = match id.checked_sub(table::VIEW0) {
            Some(n) => table::VIEWS.get(n).map_or(4, |v| v.bytes.into()),
            None => 4,
        };
        Some((Self(id), NonZeroUsize::new(bytes)))
    }

    fn to_raw_id(&self) -> Option<usize> {
        Some(self.0)
    }
}
