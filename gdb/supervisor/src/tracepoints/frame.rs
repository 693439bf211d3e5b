//! A trace frame: the data collected by one hit of a tracepoint.

use crate::xtensa::{self, table};
use esplens_soc::machine::Machine;

/// Buffer bytes used by a frame without blocks: its registers and bookkeeping.
const OVERHEAD: usize = 680;
/// Maximum number of memory bytes in a block of a trace file: the length has 16 bits.
const MAX_FILE_BLOCK: usize = 0xFFFF;

/// A block of a trace frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceBlock {
    /// Memory.
    Memory {
        /// First byte.
        addr: u32,
        /// Contents.
        bytes: Vec<u8>,
    },
    /// A trace state variable.
    Variable {
        /// Its number.
        number: u16,
        /// Its value at the hit.
        value: u64,
    },
}

impl TraceBlock {
    /// Returns the memory in the block starting at `at`, if the block contains that byte.
    fn from(&self, at: u32) -> Option<&[u8]> {
        let Self::Memory { addr, bytes } = self else { return None };
        bytes.get(at.checked_sub(*addr)? as usize..).filter(|rest| !rest.is_empty())
    }
}

/// A trace frame: all registers of the core and the data collected by the tracepoint's actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFrame {
    /// The tracepoint's number.
    pub tracepoint: u32,
    /// The core that hit it.
    pub core: usize,
    registers: Box<[u32; table::A0]>,
    blocks: Vec<TraceBlock>,
    size: usize,
}

impl TraceFrame {
    /// Buffer bytes used by a block besides its contents.
    pub const BLOCK: usize = 32;

    /// Creates a frame with a core's registers.
    #[must_use]
    pub fn new(tracepoint: u32, machine: &Machine, core: usize) -> Self {
        let read = |n| xtensa::read(machine, core, n).unwrap_or(0) as u32;
        let registers = Box::new(std::array::from_fn(read));
        Self { tracepoint, core, registers, blocks: Vec::new(), size: OVERHEAD }
    }

    /// Adds a block.
    pub fn push(&mut self, block: TraceBlock) {
        self.size += Self::BLOCK;
        if let TraceBlock::Memory { bytes, .. } = &block {
            self.size += bytes.len();
        }
        self.blocks.push(block);
    }

    /// Returns the buffer bytes that the frame uses.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Returns the PC of the hit.
    #[must_use]
    pub fn pc(&self) -> u32 {
        self.registers[table::PC]
    }

    /// Returns the stack pointer at the hit.
    #[must_use]
    pub fn stack_pointer(&self) -> u32 {
        self.register(table::A0 + 1).unwrap_or(0) as u32
    }

    /// Returns a register by GDB's number, or `None` if there is no such register.
    #[must_use]
    pub fn register(&self, number: usize) -> Option<u64> {
        xtensa::compose(number, |n| self.registers[n])
    }

    /// Returns the value of a trace state variable if it was collected.
    #[must_use]
    pub fn variable(&self, wanted: u16) -> Option<u64> {
        self.blocks.iter().find_map(|b| match b {
            TraceBlock::Variable { number, value } if *number == wanted => Some(*value),
            _ => None,
        })
    }

    /// Reads memory starting at `addr` as far as it was collected; returns the number of bytes.
    #[must_use]
    pub fn memory(&self, addr: u32, out: &mut [u8]) -> usize {
        let mut done = 0;
        while done < out.len() {
            let Some(at) = addr.checked_add(done as u32) else { break };
            let Some(from) = self.blocks.iter().find_map(|b| b.from(at)) else { break };
            let n = from.len().min(out.len() - done);
            out[done..done + n].copy_from_slice(&from[..n]);
            done += n;
        }
        done
    }

    /// Returns the data collected besides the registers.
    #[must_use]
    pub fn blocks(&self) -> &[TraceBlock] {
        &self.blocks
    }

    /// Returns the frame in GDB's trace file format (GDB manual, "Trace File Format"); the register block has the
    /// contents of a `g` packet.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let mut data = vec![b'R'];
        data.extend(self.registers[..table::IN_G].iter().flat_map(|r| r.to_le_bytes()));
        for block in &self.blocks {
            match block {
                TraceBlock::Memory { addr, bytes } => {
                    for (n, part) in bytes.chunks(MAX_FILE_BLOCK).enumerate() {
                        let at = u64::from(*addr) + (n * MAX_FILE_BLOCK) as u64;
                        data.push(b'M');
                        data.extend(at.to_le_bytes());
                        data.extend((part.len() as u16).to_le_bytes());
                        data.extend(part);
                    }
                }
                TraceBlock::Variable { number, value } => {
                    data.push(b'V');
                    data.extend(u32::from(*number).to_le_bytes());
                    data.extend(value.to_le_bytes());
                }
            }
        }
        let head =
            (self.tracepoint as u16).to_le_bytes().into_iter().chain((data.len() as u32).to_le_bytes());
        head.chain(data.iter().copied()).collect()
    }
}
