//! Semihosting by `break 1, 14`, as used by firmware under OpenOCD: ESP-IDF's VFS driver, Rust's `semihosting` and
//! `embedded-test`. The operation numbers are Arm's (Arm, "Semihosting for AArch32 and AArch64"), those from 0x100 on
//! Espressif's.
//!
//! a2 is the operation, a3 the address of a block of words. a2 returns the result, a3 the error number. Files are
//! handled as for SIMCALL: below the folder that the user gave, and logged.

use super::Machine;
use super::simcall::{EINVAL, ENOSYS, FileCall, O_APPEND, O_CREAT, O_RDWR, O_TRUNC, O_WRONLY, Outcome};
use crate::system::Output;
use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US};

/// The instruction `break 1, 14`.
const BREAK_1_14: [u8; 3] = [0xE0, 0x41, 0x00];

const SYS_OPEN: u32 = 0x01;
const SYS_CLOSE: u32 = 0x02;
const SYS_WRITEC: u32 = 0x03;
const SYS_WRITE0: u32 = 0x04;
const SYS_WRITE: u32 = 0x05;
const SYS_READ: u32 = 0x06;
const SYS_ISERROR: u32 = 0x08;
const SYS_ISTTY: u32 = 0x09;
const SYS_SEEK: u32 = 0x0A;
const SYS_FLEN: u32 = 0x0C;
const SYS_REMOVE: u32 = 0x0E;
const SYS_RENAME: u32 = 0x0F;
const SYS_CLOCK: u32 = 0x10;
const SYS_TIME: u32 = 0x11;
const SYS_ERRNO: u32 = 0x13;
const SYS_GET_CMDLINE: u32 = 0x15;
const SYS_HEAPINFO: u32 = 0x16;
const SYS_EXIT: u32 = 0x18;
const SYS_EXIT_EXTENDED: u32 = 0x20;
const SYS_ELAPSED: u32 = 0x30;
const SYS_TICKFREQ: u32 = 0x31;
/// ESP-IDF passes its driver's version; embedded-test passes the list of its tests.
const ESP_DRV_INFO: u32 = 0x100;
const ESP_SEEK: u32 = 0x105;
/// Exit reason of a program that ends successfully.
const APPLICATION_EXIT: u32 = 0x2_0026;
/// The name of the console.
const CONSOLE: &str = ":tt";
/// Flags of the modes of `SYS_OPEN`, two modes each: text and binary.
const MODES: [u32; 6] = [
    0,
    O_RDWR,
    O_WRONLY | O_CREAT | O_TRUNC,
    O_RDWR | O_CREAT | O_TRUNC,
    O_WRONLY | O_CREAT | O_APPEND,
    O_RDWR | O_CREAT | O_APPEND,
];

/// Result of a call.
enum Answer {
    /// The guest continues with this outcome.
    Back(Outcome),
    /// The guest ended with this code.
    Exit(i32),
}

impl Machine {
    /// Returns true if the instruction at a core's PC is a call that is handled here.
    pub(super) fn is_semihost_call(&self, core: usize) -> bool {
        let mut bytes = [0; 3];
        self.config.semihosting.is_some()
            && self.mem.peek(core, self.cpus[core].pc, &mut bytes) == 3
            && bytes == BREAK_1_14
    }

    /// Carries out the call at `core`'s PC and steps over it. `Some(code)`: the guest ended.
    pub(super) fn semihost(&mut self, core: usize) -> Option<i32> {
        let (op, block) = (self.cpus[core].a(2), self.cpus[core].a(3));
        self.pass_instruction(core, BREAK_1_14.len() as u32);
        let outcome = match self.semihost_call(op, block) {
            Answer::Exit(code) => return Some(code),
            Answer::Back(outcome) => outcome,
        };
        if let Err(errno) = outcome {
            self.soc.sys.semihost_errno = errno;
        }
        let cpu = &mut self.cpus[core];
        cpu.set_a(2, outcome.unwrap_or(u32::MAX));
        cpu.set_a(3, outcome.err().unwrap_or(0));
        None
    }

    fn semihost_call(&mut self, op: u32, block: u32) -> Answer {
        // An unmapped block reads as zeros, which no call accepts as a name or a buffer.
        let arg = self.block(block);
        let us = self.now() / TICKS_PER_US;
        Answer::Back(match op {
            SYS_EXIT => return Answer::Exit(i32::from(block != APPLICATION_EXIT)),
            SYS_EXIT_EXTENDED => {
                return Answer::Exit(if arg[0] == APPLICATION_EXIT { arg[1] as i32 } else { 1 });
            }
            SYS_OPEN => self.semihost_open(arg),
            SYS_WRITE if matches!(arg[0], 1 | 2) => self.console_write([arg[0], arg[1], arg[2]]).map(|_| 0),
            SYS_READ if arg[0] == 0 => Ok(arg[2]),
            // These return the number of bytes that were not transferred.
            SYS_WRITE => {
                self.file_call(FileCall::Write(arg[0], arg[1], arg[2])).map(|n| arg[2] - n.min(arg[2]))
            }
            SYS_READ => {
                self.file_call(FileCall::Read(arg[0], arg[1], arg[2])).map(|n| arg[2] - n.min(arg[2]))
            }
            SYS_CLOSE if arg[0] < 3 => Ok(0),
            SYS_CLOSE => self.file_call(FileCall::Close(arg[0])),
            SYS_SEEK => self.file_call(FileCall::Seek(arg[0], arg[1], 0)).map(|_| 0),
            ESP_SEEK => self.file_call(FileCall::Seek(arg[0], arg[1], arg[2])),
            SYS_FLEN => self.file_call(FileCall::Length(arg[0])),
            SYS_REMOVE => self.file_call(FileCall::Remove(arg[0], arg[1])),
            SYS_RENAME => self.file_call(FileCall::Rename([arg[0], arg[1]], [arg[2], arg[3]])),
            SYS_WRITEC => self.console_write([1, block, 1]).map(|_| 0),
            SYS_WRITE0 => self.guest_string(block).map(|text| self.console(text.into_bytes())),
            SYS_ISERROR => Ok(u32::from((arg[0] as i32) < 0)),
            SYS_ISTTY => Ok(u32::from(arg[0] < 3)),
            SYS_CLOCK => Ok((us / 10_000) as u32),
            SYS_TIME => Ok((self.now() / TICKS_PER_SEC) as u32),
            SYS_ELAPSED => self.put(block, &us.to_le_bytes()),
            SYS_TICKFREQ => Ok(1_000_000),
            SYS_ERRNO => Ok(self.soc.sys.semihost_errno),
            SYS_GET_CMDLINE => self.command_line(block, arg),
            SYS_HEAPINFO => self.put(arg[0], &[0; 16]),
            ESP_DRV_INFO if arg[1] == 4 => Ok(0),
            ESP_DRV_INFO => self.guest_bytes(arg[0], arg[1]).map(|mut text| {
                text.push(b'\n');
                self.console(text)
            }),
            _ => {
                self.soc.sys.warn(format!("semihosting call {op:#x} is not supported"));
                Err(ENOSYS)
            }
        })
    }

    fn semihost_open(&mut self, [name, mode, len, _]: [u32; 4]) -> Outcome {
        let text = self.guest_name(name, len)?;
        if text == CONSOLE {
            return Ok(mode / 4);
        }
        let flags = *MODES.get(mode as usize / 2).ok_or(EINVAL)?;
        self.file_call(FileCall::Open(text, flags))
    }

    /// Copies the command line to the guest's buffer and its length to the block's second word.
    fn command_line(&mut self, block: u32, arg: [u32; 4]) -> Outcome {
        let mut text = self.config.semihosting_args.clone().into_bytes();
        let len = text.len() as u32;
        text.push(0);
        if arg[1] <= len {
            return Err(EINVAL);
        }
        self.put(arg[0], &text)?;
        self.put(block.wrapping_add(4), &len.to_le_bytes())
    }

    fn console(&mut self, bytes: Vec<u8>) -> u32 {
        self.soc.sys.out.push(Output::Console { fd: 1, bytes });
        0
    }

    fn put(&mut self, addr: u32, bytes: &[u8]) -> Outcome {
        if self.poke(addr, bytes) < bytes.len() { Err(EINVAL) } else { Ok(0) }
    }

    fn block(&self, addr: u32) -> [u32; 4] {
        let mut bytes = [0; 16];
        self.mem.peek(0, addr, &mut bytes);
        std::array::from_fn(|n| u32::from_le_bytes([0, 1, 2, 3].map(|b| bytes[4 * n + b])))
    }
}
