//! The slow path: accesses that the page table's fast bits do not allow, debugger reads and writes, and DMA.

use super::{Access, Bus, Fault, Map, Memory, NO_PAGE, PAGE_SIZE, Page, Region, flag};
use std::sync::Arc;

/// Location of a virtual address in storage.
struct Location {
    phys: u32,
    offset: usize,
    flags: u32,
}

impl Memory {
    /// Returns the storage of a virtual address, reversed word order included.
    #[inline]
    fn location(&self, core: usize, addr: u32) -> Option<Location> {
        let e = self.maps[core].entry(addr);
        if e.phys == NO_PAGE {
            return None;
        }
        let offset = addr as usize % PAGE_SIZE;
        let offset = if e.flags & flag::REVERSED != 0 {
            (PAGE_SIZE - 4 - (offset & !3)) | (offset & 3)
        } else {
            offset
        };
        Some(Location { phys: e.phys, offset, flags: e.flags })
    }

    #[inline]
    fn check(&self, core: usize, addr: u32, size: u8, store: bool) -> Result<(), Fault> {
        match self.watch_hit(core, addr, size, store) {
            Some(id) => Err(Fault::Watch(id)),
            None => Ok(()),
        }
    }

    /// Loads `size` (1, 2, 4) bytes for a core: from storage, else from the bus. Unaligned loads are allowed
    /// where the memory allows byte accesses (XCHAL_UNALIGNED_LOAD_HW).
    ///
    /// # Errors
    /// A [`Fault`], which the engine turns into an exception.
    pub fn load(core: usize, a: &mut Access, bus: &mut dyn Bus, addr: u32, size: u8) -> Result<u32, Fault> {
        a.mem.check(core, addr, size, false)?;
        let Some(location) = a.mem.location(core, addr) else {
            return bus.read(a, addr, size);
        };
        if location.flags & flag::READ == 0 {
            return Err(Fault::Bus(addr));
        }
        if location.flags & flag::WORD_ONLY != 0 && (size != 4 || !addr.is_multiple_of(4)) {
            return Err(Fault::Bus(addr));
        }
        let size = usize::from(size);
        if location.offset + size > PAGE_SIZE {
            return Self::load_bytes(core, a, bus, addr, size);
        }
        let mut bytes = [0; 4];
        bytes[..size].copy_from_slice(
            &a.mem.phys.pages[location.phys as usize].0[location.offset..location.offset + size],
        );
        Ok(u32::from_le_bytes(bytes))
    }

    /// Reads the word at an aligned location.
    fn word(&self, location: &Location) -> u32 {
        let bytes = &self.phys.pages[location.phys as usize].0[location.offset..];
        bytes.first_chunk().map_or(0, |b| u32::from_le_bytes(*b))
    }

    /// Loads byte by byte across a page boundary.
    fn load_bytes(
        core: usize,
        a: &mut Access,
        bus: &mut dyn Bus,
        addr: u32,
        size: usize,
    ) -> Result<u32, Fault> {
        (0..size as u32).try_fold(0, |value, n| {
            let byte = Self::load(core, a, bus, addr.wrapping_add(n), 1)?;
            Ok(value | byte << (8 * n))
        })
    }

    /// Stores the low `size` bytes of `value` for a core. Sets `a.request_exit` when it changed decoded code.
    ///
    /// # Errors
    /// A [`Fault`], which the engine turns into an exception.
    pub fn store(
        core: usize,
        a: &mut Access,
        bus: &mut dyn Bus,
        addr: u32,
        size: u8,
        value: u32,
    ) -> Result<(), Fault> {
        a.mem.check(core, addr, size, true)?;
        let Some(location) = a.mem.location(core, addr) else {
            return bus.write(a, addr, size, value);
        };
        if location.flags & flag::WRITE == 0
            || location.flags & flag::WORD_ONLY != 0 && (size != 4 || !addr.is_multiple_of(4))
        {
            return Err(Fault::Bus(addr));
        }
        let len = usize::from(size);
        if location.offset + len > PAGE_SIZE {
            // Write the second page first: if it faults, nothing has been written.
            let bytes = (0..len as u32).rev().try_for_each(|n| {
                Self::store(core, a, bus, addr.wrapping_add(n), 1, value >> (8 * n) & 0xFF)
            });
            return bytes.map_err(|e| if let Fault::Bus(_) = e { Fault::Bus(addr) } else { e });
        }
        let probed = a.mem.is_probed(addr, size).then(|| a.mem.word(&location));
        a.mem.write_phys(location.phys, location.offset, &value.to_le_bytes()[..len]);
        if let Some(old) = probed {
            bus.on_probed_store(a, addr, old, value);
        }
        Ok(())
    }

    /// Returns up to 4 bytes at `addr` for the decoder, without side effects. `None` where fetching is not
    /// allowed; fewer bytes than an instruction when the next page is not executable.
    #[must_use]
    pub fn fetch(&self, core: usize, addr: u32) -> Option<([u8; 4], usize)> {
        let mut out = [0; 4];
        let mut n = 0;
        while n < 4 {
            let Some(location) = self.location(core, addr.wrapping_add(n as u32)) else { break };
            if location.flags & flag::EXEC == 0 {
                break;
            }
            out[n] = self.phys.pages[location.phys as usize].0[location.offset];
            n += 1;
        }
        (n > 0).then_some((out, n))
    }

    /// Sets the virtual address ranges (address, length in bytes) of `core` whose contents a busy-waiting loop depends on.
    /// None of them may cross a page. Returns false and sets none if one is not storage.
    pub fn set_awaited(&mut self, core: usize, ranges: &[(u32, u32)]) -> bool {
        let part = |&(addr, len): &(u32, u32)| {
            let location = self.location(core, addr)?;
            let reversed = location.flags & flag::REVERSED != 0;
            let (from, to) = (location.offset, location.offset + len as usize);
            (!reversed && to <= PAGE_SIZE).then_some((location.phys, from, to))
        };
        let parts: Option<Vec<_>> = ranges.iter().map(part).collect();
        let found = parts.is_some();
        self.replace_awaited(parts.unwrap_or_default());
        found
    }

    /// Removes the ranges set with [`Memory::set_awaited`].
    pub fn clear_awaited(&mut self) {
        self.replace_awaited(Vec::new());
    }

    fn replace_awaited(&mut self, parts: Vec<(u32, usize, usize)>) {
        self.disturbed = false;
        if parts != self.awaited {
            let pages: Vec<u32> = self.awaited.iter().chain(&parts).map(|part| part.0).collect();
            self.awaited = parts;
            pages.into_iter().for_each(|phys| self.refresh_phys(phys));
        }
    }

    /// Returns true when ranges are set with [`Memory::set_awaited`].
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Returns true when a write has reached one of the ranges set with [`Memory::set_awaited`] since then.
    #[must_use]
    pub fn is_disturbed(&self) -> bool {
        self.disturbed
    }

    /// Marks the instruction bytes at `addr..addr+len` as decoded for `core`.
    pub fn note_code(&mut self, core: usize, addr: u32, len: usize) {
        for n in 0..len as u32 {
            if let Some(location) = self.location(core, addr.wrapping_add(n)) {
                self.mark_code(location.phys, location.offset, 1);
            }
        }
    }

    /// Reads storage through the map of `core`, without side effects. Stops at the first byte that is not
    /// storage. Returns the number of bytes read.
    pub fn peek(&self, core: usize, addr: u32, out: &mut [u8]) -> usize {
        let mut done = 0;
        while done < out.len() {
            let Some(location) = self.location(core, addr.wrapping_add(done as u32)) else { return done };
            // In reversed pages the next byte may lie elsewhere.
            let piece = if location.flags & flag::REVERSED == 0 { PAGE_SIZE - location.offset } else { 1 };
            let n = piece.min(out.len() - done);
            let page = &self.phys.pages[location.phys as usize].0;
            out[done..done + n].copy_from_slice(&page[location.offset..location.offset + n]);
            done += n;
        }
        done
    }

    /// Returns true when `core` maps a page of `region` at `addr`.
    #[must_use]
    pub fn shows(&self, core: usize, addr: u32, region: Region) -> bool {
        self.location(core, addr)
            .is_some_and(|s| (region.first..region.first + region.pages).contains(&s.phys))
    }

    /// Writes storage through the map of `core`, read-only memories included (for a debugger or a loader).
    /// Returns the number of bytes written.
    pub fn poke(&mut self, core: usize, addr: u32, data: &[u8]) -> usize {
        for (n, byte) in data.iter().enumerate() {
            let Some(location) = self.location(core, addr.wrapping_add(n as u32)) else { return n };
            self.write_phys(location.phys, location.offset, &[*byte]);
        }
        data.len()
    }

    /// Writes within one physical page. Handles decoded code and shared pages.
    fn write_phys(&mut self, phys: u32, offset: usize, data: &[u8]) {
        let end = offset + data.len();
        self.disturbed |= self.awaited.iter().any(|&(p, from, to)| p == phys && from < end && offset < to);
        if self.phys.has_code(phys, offset, offset + data.len()) {
            self.code_changed(phys);
        }
        self.make_exclusive(phys).0[offset..offset + data.len()].copy_from_slice(data);
    }

    /// Reads from a region (a flash chip, a RAM bank) at a byte offset; bytes past its end read as 0xFF.
    pub fn read_region(&self, region: Region, offset: usize, out: &mut [u8]) {
        self.work.charge(out.len() as u64);
        let mut done = 0;
        while done < out.len() {
            let at = offset + done;
            let left = region.bytes().saturating_sub(at);
            let n = (out.len() - done).min(PAGE_SIZE - at % PAGE_SIZE).min(left);
            if n == 0 {
                return out[done..].fill(0xFF);
            }
            let page = &self.phys.pages[region.first as usize + at / PAGE_SIZE].0;
            out[done..done + n].copy_from_slice(&page[at % PAGE_SIZE..at % PAGE_SIZE + n]);
            done += n;
        }
    }

    /// Writes into a region at a byte offset; bytes past its end are dropped.
    pub fn write_region(&mut self, region: Region, offset: usize, data: &[u8]) {
        let mut at = offset;
        let mut rest = &data[..data.len().min(region.bytes().saturating_sub(offset))];
        self.work.charge(rest.len() as u64);
        while !rest.is_empty() {
            let n = rest.len().min(PAGE_SIZE - at % PAGE_SIZE);
            self.write_phys(region.first + (at / PAGE_SIZE) as u32, at % PAGE_SIZE, &rest[..n]);
            at += n;
            rest = &rest[n..];
        }
    }

    /// Returns the pages of a region, to keep or to share with another machine. The next write to each copies
    /// it first.
    #[must_use]
    pub fn region_pages(&mut self, region: Region) -> &[Arc<Page>] {
        for phys in region.first..region.first + region.pages {
            self.mark_shared(phys);
        }
        &self.phys.pages[region.first as usize..(region.first + region.pages) as usize]
    }

    /// Returns the virtual page index of `addr` with its physical page, for engines' caches.
    #[must_use]
    pub fn exec_page(&self, core: usize, addr: u32) -> Option<(usize, u32)> {
        let i = Map::index(addr)?;
        let e = self.maps[core].at(i);
        (e.phys != NO_PAGE && e.flags & flag::EXEC != 0).then_some((i, e.phys))
    }
}
