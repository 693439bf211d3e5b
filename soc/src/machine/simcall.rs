//! SIMCALL semihosting (ISA 8; the call numbers are those of Tensilica's simulator, as QEMU and newlib use them).

use super::{Input, Machine};
use crate::hostfile;
use crate::system::Output;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

const SYS_EXIT: u32 = 1;
const SYS_READ: u32 = 3;
const SYS_WRITE: u32 = 4;
const SYS_OPEN: u32 = 5;
const SYS_CLOSE: u32 = 6;
const SYS_LSEEK: u32 = 19;
const SYS_ARGC: u32 = 1000;
const SYS_ARGV_SZ: u32 = 1001;
/// newlib's error numbers.
const ENOENT: u32 = 2;
const EIO: u32 = 5;
const EBADF: u32 = 9;
const EACCES: u32 = 13;
pub(super) const EINVAL: u32 = 22;
pub(super) const ENOSYS: u32 = 88;
/// newlib's flags of `open`.
pub(super) const O_WRONLY: u32 = 1;
pub(super) const O_RDWR: u32 = 2;
pub(super) const O_APPEND: u32 = 8;
pub(super) const O_CREAT: u32 = 0x200;
pub(super) const O_TRUNC: u32 = 0x400;
/// Limit for bytes transferred by one call.
const MAX_BYTES: u32 = 1 << 20;
/// Host work of a call, in addition to its bytes.
const CALL_WORK: u64 = 20_000;
/// Limit for files open at once.
const MAX_FILES: usize = 64;

/// Files that the guest opened, all below one folder chosen by the user.
pub(super) struct Files {
    root: Option<PathBuf>,
    open: Vec<Option<File>>,
}

/// Result of a call: a2 if it succeeded, else a3.
pub(super) type Outcome = Result<u32, u32>;

/// A request to the host's files: descriptors, then addresses and lengths in the guest's memory.
pub(super) enum FileCall {
    /// Name, newlib's flags.
    Open(String, u32),
    Close(u32),
    /// Descriptor, buffer, bytes.
    Read(u32, u32, u32),
    /// Descriptor, buffer, bytes.
    Write(u32, u32, u32),
    /// Descriptor, offset, origin: 0 the beginning, 1 the current position, 2 the end.
    Seek(u32, u32, u32),
    Length(u32),
    /// A name and its length.
    Remove(u32, u32),
    /// Two names and their lengths.
    Rename([u32; 2], [u32; 2]),
}

/// The host's answer to a call, as kept in the input log: a replay returns the same and accesses no file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileAnswer {
    outcome: Outcome,
    /// Bytes read.
    pub(super) bytes: Vec<u8>,
}

impl From<Outcome> for FileAnswer {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, bytes: Vec::new() }
    }
}

impl Files {
    pub fn new(root: Option<PathBuf>) -> Self {
        Self { root, open: Vec::new() }
    }

    /// Returns the host path of a guest's name: relative, below the folder, without `..` or links that lead outside.
    fn path(&self, name: &str) -> Result<PathBuf, u32> {
        let root = self.root.as_ref().ok_or(EACCES)?;
        let name = Path::new(name.trim_start_matches('/'));
        if name.components().any(|c| !matches!(c, Component::Normal(_) | Component::CurDir)) {
            return Err(EACCES);
        }
        hostfile::confine(&root.join(name), std::slice::from_ref(root)).map_err(|e| match e.kind() {
            ErrorKind::PermissionDenied => EACCES,
            _ => ENOENT,
        })
    }

    fn open(&mut self, name: &str, flags: u32) -> Outcome {
        let path = self.path(name)?;
        let mut options = File::options();
        options.read(flags & 3 != O_WRONLY).write(flags & 3 != 0).append(flags & O_APPEND != 0);
        options
            .create(flags & O_CREAT != 0 && flags & 3 != 0)
            .truncate(flags & O_TRUNC != 0 && flags & 3 != 0);
        let file = hostfile::open_with(&mut options, &path).map_err(|e| match e.kind() {
            ErrorKind::InvalidInput => EACCES,
            _ => ENOENT,
        })?;
        let slot = match self.open.iter().position(Option::is_none) {
            Some(slot) => slot,
            None if self.open.len() < MAX_FILES => {
                self.open.push(None);
                self.open.len() - 1
            }
            None => return Err(EIO),
        };
        self.open[slot] = Some(file);
        Ok(slot as u32 + 3)
    }

    fn get(&mut self, fd: u32) -> Result<&mut File, u32> {
        let slot = fd.checked_sub(3).ok_or(EBADF)? as usize;
        self.open.get_mut(slot).and_then(Option::as_mut).ok_or(EBADF)
    }

    fn seek(&mut self, fd: u32, offset: u32, whence: u32) -> Outcome {
        let to = match whence {
            0 => SeekFrom::Start(offset.into()),
            1 => SeekFrom::Current((offset as i32).into()),
            2 => SeekFrom::End((offset as i32).into()),
            _ => return Err(EINVAL),
        };
        self.get(fd)?.seek(to).map(|n| n as u32).map_err(|_| EINVAL)
    }

    fn close(&mut self, fd: u32) -> Outcome {
        self.get(fd)?;
        self.open[fd as usize - 3] = None;
        Ok(0)
    }
}

impl Machine {
    /// Carries out the SIMCALL at `core`'s PC and steps over it. `Some(code)`: the guest ended.
    pub(super) fn simcall(&mut self, core: usize) -> Option<i32> {
        let cpu = &self.cpus[core];
        let (call, args) = (cpu.a(2), [cpu.a(3), cpu.a(4), cpu.a(5)]);
        self.pass_instruction(core, 3);
        if call == SYS_EXIT {
            return Some(args[0] as i32);
        }
        self.mem.work.charge(CALL_WORK + u64::from(args[2].min(MAX_BYTES)));
        let outcome = self.host_call(call, args);
        let cpu = &mut self.cpus[core];
        cpu.set_a(2, outcome.unwrap_or(u32::MAX));
        cpu.set_a(3, outcome.err().unwrap_or(0));
        None
    }

    /// Steps over the instruction of `len` bytes at a core's PC and counts it as retired.
    pub(super) fn pass_instruction(&mut self, core: usize, len: u32) {
        let cpu = &mut self.cpus[core];
        cpu.pc = cpu.pc.wrapping_add(len);
        cpu.cycles += 1;
        cpu.retired += 1;
    }

    fn host_call(&mut self, call: u32, args: [u32; 3]) -> Outcome {
        match (call, args[0]) {
            (SYS_WRITE, 1 | 2) => self.console_write(args),
            (SYS_READ, 0) => Ok(0),
            (SYS_OPEN, name) => {
                let name = self.guest_string(name)?;
                self.file_call(FileCall::Open(name, args[1]))
            }
            (SYS_CLOSE, fd) => self.file_call(FileCall::Close(fd)),
            (SYS_READ, fd) => self.file_call(FileCall::Read(fd, args[1], args[2])),
            (SYS_WRITE, fd) => self.file_call(FileCall::Write(fd, args[1], args[2])),
            (SYS_LSEEK, fd) => self.file_call(FileCall::Seek(fd, args[1], args[2])),
            (SYS_ARGC | SYS_ARGV_SZ, _) => Ok(0),
            _ => {
                self.soc.sys.warn(format!("SIMCALL {call} is not supported"));
                Err(ENOSYS)
            }
        }
    }

    /// Answers a call from the log of an earlier run or, if there is none, from the host's files.
    pub(super) fn file_call(&mut self, call: FileCall) -> Outcome {
        let buffer = if let FileCall::Read(_, addr, _) = call { addr } else { 0 };
        let answer = match self.replay.front() {
            Some((_, Input::File(answer))) => {
                let answer = answer.clone();
                self.replay.pop_front();
                answer
            }
            // The log has no answer here, or the machine is muted: nothing external may enter.
            _ if self.quiet() => Err(EIO).into(),
            _ => self.ask_files(call).unwrap_or_else(|errno| Err(errno).into()),
        };
        self.logged(Input::File(answer.clone()));
        let FileAnswer { outcome, bytes } = answer;
        if self.poke(buffer, &bytes) < bytes.len() { Err(EINVAL) } else { outcome }
    }

    fn ask_files(&mut self, call: FileCall) -> Result<FileAnswer, u32> {
        let outcome = match call {
            FileCall::Read(fd, _, len) => {
                let mut bytes = vec![0; len.min(MAX_BYTES) as usize];
                let n = self.files.get(fd)?.read(&mut bytes).map_err(|_| EIO)?;
                bytes.truncate(n);
                return Ok(FileAnswer { outcome: Ok(n as u32), bytes });
            }
            FileCall::Write(fd, addr, len) => {
                let bytes = self.guest_bytes(addr, len)?;
                self.files.get(fd)?.write(&bytes).map(|n| n as u32).map_err(|_| EIO)
            }
            FileCall::Open(name, flags) => self.files.open(&name, flags),
            FileCall::Close(fd) => self.files.close(fd),
            FileCall::Seek(fd, offset, whence) => self.files.seek(fd, offset, whence),
            FileCall::Length(fd) => {
                let length = self.files.get(fd)?.metadata().map_err(|_| EIO)?.len();
                u32::try_from(length).map_err(|_| EINVAL)
            }
            FileCall::Remove(name, len) => {
                let path = self.files.path(&self.guest_name(name, len)?)?;
                std::fs::remove_file(path).map(|()| 0).map_err(|_| ENOENT)
            }
            FileCall::Rename([from, from_len], [to, to_len]) => {
                let from = self.files.path(&self.guest_name(from, from_len)?)?;
                let to = self.files.path(&self.guest_name(to, to_len)?)?;
                std::fs::rename(from, to).map(|()| 0).map_err(|_| ENOENT)
            }
        };
        Ok(outcome.into())
    }

    pub(super) fn console_write(&mut self, [fd, addr, len]: [u32; 3]) -> Outcome {
        let bytes = self.guest_bytes(addr, len)?;
        let len = bytes.len() as u32;
        self.soc.sys.out.push(Output::Console { fd: fd as u8, bytes });
        Ok(len)
    }

    /// Returns the guest's memory at `addr`, at most [`MAX_BYTES`].
    pub(super) fn guest_bytes(&self, addr: u32, len: u32) -> Result<Vec<u8>, u32> {
        let mut bytes = vec![0; len.min(MAX_BYTES) as usize];
        if self.mem.peek(0, addr, &mut bytes) < bytes.len() { Err(EINVAL) } else { Ok(bytes) }
    }

    /// Returns a name of this length from the guest's memory.
    pub(super) fn guest_name(&self, addr: u32, len: u32) -> Result<String, u32> {
        String::from_utf8(self.guest_bytes(addr, len)?).map_err(|_| EINVAL)
    }

    /// Returns a zero-terminated name of less than 1024 bytes from the guest's memory.
    pub(super) fn guest_string(&self, addr: u32) -> Result<String, u32> {
        let mut bytes = vec![0; 1024];
        let n = self.mem.peek(0, addr, &mut bytes);
        let end = bytes[..n].iter().position(|b| *b == 0).ok_or(EINVAL)?;
        String::from_utf8(bytes[..end].to_vec()).map_err(|_| EINVAL)
    }
}
