//! Memory for machine code: first writable, then executable, never both at once.

use std::io;
use std::ptr::NonNull;

/// Capacity in bytes. When it is full, all code is discarded.
const SIZE: usize = 16 << 20;
/// Alignment of functions in bytes.
const ALIGN: usize = 32;

/// Mapping of [`SIZE`] bytes. It occupies memory only where code was written.
pub struct Arena {
    base: NonNull<u8>,
    used: usize,
    page: usize,
}

// SAFETY: only the arena owns the mapping, and the mapping moves between threads with it.
unsafe impl Send for Arena {}

impl Arena {
    /// Creates an empty arena.
    ///
    /// # Errors
    /// When the host refuses to allocate memory or to make it executable.
    pub fn new() -> io::Result<Self> {
        // SAFETY: a fresh private mapping; no memory of the program is touched.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                SIZE,
                libc::PROT_READ | libc::PROT_EXEC,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let Some(base) = NonNull::new(base.cast::<u8>()) else {
            return Err(io::ErrorKind::OutOfMemory.into());
        };
        // SAFETY: only queries a number.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        let mut arena = Self { base, used: 0, page };
        // A security policy may refuse to make written memory executable: detect that now.
        arena.add(&[0; 16])?;
        arena.clear();
        Ok(arena)
    }

    /// Copies code into the arena. Returns `None` if the arena is full.
    ///
    /// # Errors
    /// When the host refuses to change the memory's protection.
    pub fn add(&mut self, code: &[u8]) -> io::Result<Option<NonNull<u8>>> {
        let start = self.used.next_multiple_of(ALIGN);
        let end = start + code.len();
        if end > SIZE {
            return Ok(None);
        }
        let (from, to) = (start / self.page * self.page, end.next_multiple_of(self.page).min(SIZE));
        self.protect(from, to, libc::PROT_READ | libc::PROT_WRITE)?;
        // SAFETY: start..end lies in the mapping and is writable now. No code runs, because the thread that
        // owns the arena is the one that would run it.
        let at = unsafe {
            let at = self.base.add(start);
            at.copy_from_nonoverlapping(NonNull::from(code).cast(), code.len());
            at
        };
        self.protect(from, to, libc::PROT_READ | libc::PROT_EXEC)?;
        synchronize(at, code.len());
        self.used = end;
        Ok(Some(at))
    }

    fn protect(&mut self, from: usize, to: usize, prot: libc::c_int) -> io::Result<()> {
        // SAFETY: from..to consists of whole pages of the mapping.
        let done = unsafe { libc::mprotect(self.base.as_ptr().add(from).cast(), to - from, prot) };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Discards all code.
    pub fn clear(&mut self) {
        self.used = 0;
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the mapping belongs to the arena, and its owner has dropped every pointer into it.
        unsafe { libc::munmap(self.base.as_ptr().cast(), SIZE) };
    }
}

/// Makes written code visible to instruction fetch. x86 needs nothing: its instruction cache is coherent.
#[cfg(not(target_arch = "aarch64"))]
fn synchronize(_at: NonNull<u8>, _len: usize) {}

/// Makes written code visible to instruction fetch.
#[cfg(target_arch = "aarch64")]
fn synchronize(at: NonNull<u8>, len: usize) {
    // Smallest line size that CTR_EL0 can report. Larger lines are cleaned more than once.
    const LINE: usize = 16;
    let start = at.as_ptr() as usize & !(LINE - 1);
    let end = at.as_ptr() as usize + len;
    // SAFETY: cleans and invalidates cache lines of mapped, readable memory.
    unsafe {
        for line in (start..end).step_by(LINE) {
            std::arch::asm!("dc cvau, {0}", in(reg) line);
        }
        std::arch::asm!("dsb ish");
        for line in (start..end).step_by(LINE) {
            std::arch::asm!("ic ivau, {0}", in(reg) line);
        }
        std::arch::asm!("dsb ish", "isb");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_kept_until_there_is_no_room() {
        let mut arena = Arena::new().unwrap();
        let chunk = vec![0xC3u8; SIZE / 3];
        let first = arena.add(&chunk).unwrap().unwrap();
        assert!(arena.add(&chunk).unwrap().is_some());
        assert!(arena.add(&chunk).unwrap().is_none());
        arena.clear();
        assert_eq!(arena.add(&chunk).unwrap().unwrap(), first);
    }
}
