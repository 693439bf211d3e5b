//! Debuggers' access to memory.

use super::super::Machine;
use super::DebugAction;
use esplens_core::memory::{Access, Bus, Fault, Memory};

impl Machine {
    /// Reads memory as mapped for `core`, without side effects on FIFOs or clear-on-read registers. Stops at the first
    /// unmapped byte. Returns the number of bytes read.
    #[must_use]
    pub fn peek(&self, core: usize, addr: u32, out: &mut [u8]) -> usize {
        let mut n = 0;
        while n < out.len() {
            let Some(at) = addr.checked_add(n as u32) else { break };
            let got = self.mem.peek(core, at, &mut out[n..]);
            n += got;
            if n == out.len() {
                break;
            }
            let at = addr.wrapping_add(n as u32);
            if let Some((region, offset)) = crate::cache::behind(&self.soc.sys, core, at) {
                self.mem.read_region(region, offset, &mut out[n..=n]);
                n += 1;
                continue;
            }
            let Some(word) = self.soc.peek(&self.mem, at) else { break };
            let skip = (at & 3) as usize;
            let take = (4 - skip).min(out.len() - n);
            out[n..n + take].copy_from_slice(&word.to_le_bytes()[skip..skip + take]);
            n += take;
        }
        n
    }

    /// Performs the load that the core would, with side effects of registers. `size` is 1, 2 or 4.
    ///
    /// # Errors
    /// The fault that the core would get as an exception.
    pub fn read_real(&mut self, core: usize, addr: u32, size: u8) -> Result<u32, Fault> {
        self.note(DebugAction::Read(core as u8, addr, size));
        self.do_read_real(core, addr, size)
    }

    pub(super) fn do_read_real(&mut self, core: usize, addr: u32, size: u8) -> Result<u32, Fault> {
        self.access(core, |core, a, bus| Memory::load(core, a, bus, addr, size))
    }

    /// Performs the store that the core would. `size` is 1, 2 or 4.
    fn write_real(&mut self, core: usize, addr: u32, size: u8, value: u32) -> Result<(), Fault> {
        self.access(core, |core, a, bus| Memory::store(core, a, bus, addr, size, value))
    }

    /// Writes a debugger's data: storage except mask ROM and mapped flash, which no store can change, and registers
    /// with a real store, in words if the range allows. Returns the number of bytes written.
    pub fn write_memory(&mut self, core: usize, addr: u32, data: &[u8]) -> usize {
        self.note(DebugAction::Memory(core as u8, addr, data.to_vec()));
        self.do_write_memory(core, addr, data)
    }

    pub(super) fn do_write_memory(&mut self, core: usize, addr: u32, data: &[u8]) -> usize {
        let writable = (0..data.len()).take_while(|n| !self.is_read_only(core, addr.wrapping_add(*n as u32)));
        let data = &data[..writable.count()];
        let mut n = 0;
        while n < data.len() {
            let Some(at) = addr.checked_add(n as u32) else { break };
            n += self.mem.poke(core, at, &data[n..]);
            if n == data.len() {
                break;
            }
            let at = addr.wrapping_add(n as u32);
            let left = data.len() - n;
            let size = match at & 3 {
                0 if left >= 4 => 4,
                0 | 2 if left >= 2 => 2,
                _ => 1,
            };
            if self.soc.peek(&self.mem, at).is_none() {
                break;
            }
            let mut bytes = [0; 4];
            bytes[..size].copy_from_slice(&data[n..n + size]);
            if self.write_real(core, at, size as u8, u32::from_le_bytes(bytes)).is_err() {
                break;
            }
            n += size;
        }
        n
    }

    /// Returns true if mask ROM or flash is mapped for `core` at `addr`: nothing can be written there.
    #[must_use]
    pub fn is_read_only(&self, core: usize, addr: u32) -> bool {
        let sys = &self.soc.sys;
        let roms = [sys.banks.rom0_pro, sys.banks.rom0_app, sys.banks.rom1];
        roms.into_iter().chain([sys.flash]).flatten().any(|region| self.mem.shows(core, addr, region))
    }

    fn access<R>(&mut self, core: usize, f: impl FnOnce(usize, &mut Access, &mut dyn Bus) -> R) -> R {
        let (cycle, pc) = (self.cpus[core].cycles, self.cpus[core].pc);
        let paused = std::mem::replace(&mut self.mem.watch_paused, true);
        let mut a = Access { core, cycle, pc, mem: &mut self.mem, request_exit: false };
        let r = f(core, &mut a, &mut self.soc);
        self.mem.watch_paused = paused;
        r
    }
}
