//! Host I/O (`vFile`) and `qXfer:exec-file`: GDB may read the ELF file that the user started the machine with, so that
//! it needs no copy of its own. No other file is opened, and nothing is written.

use super::target::GdbTarget;
use gdbstub::common::Pid;
use gdbstub::target::TargetResult;
use gdbstub::target::ext::exec_file::ExecFile;
use gdbstub::target::ext::host_io::*;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

/// Maximum number of open files.
const MAX_FILES: usize = 8;
/// Maximum number of bytes in a response; escaping can double it.
const MAX_READ: usize = 0x4000;

/// A client's open files.
#[derive(Debug, Default)]
pub struct OpenFiles(Vec<Option<File>>);

impl OpenFiles {
    fn get(&mut self, fd: u32) -> Result<&mut File, HostIoErrno> {
        self.0.get_mut(fd as usize).and_then(Option::as_mut).ok_or(HostIoErrno::EBADF)
    }
}

impl GdbTarget {
    fn exec_file(&self) -> Option<PathBuf> {
        self.handle.call(|s| s.exec_file().map(Into::into)).ok().flatten()
    }
}

impl ExecFile for GdbTarget {
    fn get_exec_file(
        &self,
        _pid: Option<Pid>,
        offset: u64,
        length: usize,
        buf: &mut [u8],
    ) -> TargetResult<usize, Self> {
        let path = self.exec_file().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(super::packets::window(path.as_bytes(), offset, length, buf))
    }
}

impl HostIo for GdbTarget {
    fn support_open(&mut self) -> Option<HostIoOpenOps<'_, Self>> {
        Some(self)
    }

    fn support_close(&mut self) -> Option<HostIoCloseOps<'_, Self>> {
        Some(self)
    }

    fn support_pread(&mut self) -> Option<HostIoPreadOps<'_, Self>> {
        Some(self)
    }

    fn support_fstat(&mut self) -> Option<HostIoFstatOps<'_, Self>> {
        Some(self)
    }

    fn support_setfs(&mut self) -> Option<HostIoSetfsOps<'_, Self>> {
        Some(self)
    }
}

impl HostIoSetfs for GdbTarget {
    fn setfs(&mut self, _fs: FsKind) -> HostIoResult<(), Self> {
        Ok(())
    }
}

impl HostIoOpen for GdbTarget {
    fn open(
        &mut self,
        filename: &[u8],
        flags: HostIoOpenFlags,
        _mode: HostIoOpenMode,
    ) -> HostIoResult<u32, Self> {
        let path = self.exec_file().filter(|p| p.to_string_lossy().as_bytes() == filename);
        let path = path.ok_or(HostIoError::Errno(HostIoErrno::ENOENT))?;
        let writes = HostIoOpenFlags::O_WRONLY | HostIoOpenFlags::O_RDWR | HostIoOpenFlags::O_CREAT;
        if flags.intersects(writes | HostIoOpenFlags::O_TRUNC | HostIoOpenFlags::O_APPEND) {
            return Err(HostIoError::Errno(HostIoErrno::EROFS));
        }
        let file = esplens_soc::hostfile::open(&path).map_err(HostIoError::from)?;
        let free = self.files.0.iter().position(Option::is_none);
        let fd = match free {
            Some(fd) => fd,
            None if self.files.0.len() < MAX_FILES => {
                self.files.0.push(None);
                self.files.0.len() - 1
            }
            None => return Err(HostIoError::Errno(HostIoErrno::EMFILE)),
        };
        self.files.0[fd] = Some(file);
        Ok(fd as u32)
    }
}

impl HostIoClose for GdbTarget {
    fn close(&mut self, fd: u32) -> HostIoResult<(), Self> {
        self.files.get(fd).map_err(HostIoError::Errno)?;
        self.files.0[fd as usize] = None;
        Ok(())
    }
}

impl HostIoPread for GdbTarget {
    fn pread(&mut self, fd: u32, count: usize, offset: u64, buf: &mut [u8]) -> HostIoResult<usize, Self> {
        let file = self.files.get(fd).map_err(HostIoError::Errno)?;
        let n = count.min(buf.len()).min(MAX_READ);
        file.seek(SeekFrom::Start(offset)).map_err(HostIoError::from)?;
        file.read(&mut buf[..n]).map_err(HostIoError::from)
    }
}

impl HostIoFstat for GdbTarget {
    fn fstat(&mut self, fd: u32) -> HostIoResult<HostIoStat, Self> {
        let file = self.files.get(fd).map_err(HostIoError::Errno)?;
        let size = file.metadata().map_err(HostIoError::from)?.len();
        Ok(HostIoStat {
            st_dev: 0,
            st_ino: 0,
            st_mode: HostIoOpenMode::S_IFREG | HostIoOpenMode::S_IRUSR,
            st_nlink: 1,
            st_uid: 0,
            st_gid: 0,
            st_rdev: 0,
            st_size: size,
            st_blksize: 512,
            st_blocks: size.div_ceil(512),
            st_atime: 0,
            st_mtime: 0,
            st_ctime: 0,
        })
    }
}
