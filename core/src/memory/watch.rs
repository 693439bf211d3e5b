//! Watchpoints of the debugger and of the guest (DBREAKA/DBREAKC), in one list.

use super::{CORES, MAP_BASE, MAP_PAGES, Map, Memory, flag};

/// Accesses that a watchpoint covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchKind {
    /// Loads.
    Read,
    /// Stores.
    Write,
    /// Both.
    Access,
}

/// Owner of a watchpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchOwner {
    /// The debugger: a hit stops the machine.
    Debugger,
    /// The guest's DBREAK register pair `n` of a core: a hit raises the debug exception.
    Guest {
        /// Core that the register belongs to.
        core: usize,
        /// 0 or 1.
        n: usize,
    },
}

/// Watched range of virtual addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Address of the first byte.
    pub addr: u32,
    /// Length in bytes, at least 1.
    pub len: u32,
    /// Accesses that hit.
    pub kind: WatchKind,
    /// Owner of the watchpoint.
    pub owner: WatchOwner,
}

impl Watch {
    /// Returns whether part of the 4 KiB page at `page` is watched.
    fn touches_page(&self, page: u32) -> bool {
        u64::from(self.addr) < u64::from(page) + 4096
            && u64::from(page) < u64::from(self.addr) + u64::from(self.len)
    }

    fn hit(&self, core: usize, addr: u32, size: u32, store: bool) -> bool {
        let kind = match self.kind {
            WatchKind::Read => !store,
            WatchKind::Write => store,
            WatchKind::Access => true,
        };
        let mine = !matches!(self.owner, WatchOwner::Guest { core: c, .. } if c != core);
        let overlap = u64::from(addr) < u64::from(self.addr) + u64::from(self.len)
            && u64::from(self.addr) < u64::from(addr) + u64::from(size);
        kind && mine && overlap
    }
}

impl Memory {
    /// Adds or replaces watchpoint `id`.
    pub fn set_watch(&mut self, id: usize, watch: Watch) {
        let old = self.watches.insert(id, watch);
        self.mark_watches(old);
        self.mark_watches(Some(watch));
    }

    /// Removes watchpoint `id`; unknown ids are ignored.
    pub fn clear_watch(&mut self, id: usize) {
        let old = self.watches.remove(&id);
        self.mark_watches(old);
    }

    /// Returns the watchpoint with this id.
    #[must_use]
    pub fn watch(&self, id: usize) -> Option<&Watch> {
        self.watches.get(&id)
    }

    /// Iterates over all watchpoints.
    pub fn watches(&self) -> impl Iterator<Item = (usize, &Watch)> {
        self.watches.iter().map(|(id, w)| (*id, w))
    }

    /// Sets the aligned addresses (0: none) whose word stores are reported to [`super::Bus::on_probed_store`]. This
    /// neither stops the machine nor is visible to the guest.
    pub fn set_store_probes(&mut self, words: [u32; CORES]) {
        let old = std::mem::replace(&mut self.store_probes, words);
        old.into_iter().chain(words).filter(|w| *w != 0).for_each(|w| self.mark_from(w & !0xFFF, w));
    }

    /// Returns whether a store of `size` bytes at `addr` is reported to the bus.
    #[inline]
    pub(super) fn is_probed(&self, addr: u32, size: u8) -> bool {
        self.store_probes != [0; CORES] && size == 4 && self.store_probes.contains(&addr)
    }

    /// Returns the id of the first watchpoint that an access would hit.
    #[inline]
    pub(crate) fn watch_hit(&self, core: usize, addr: u32, size: u8, store: bool) -> Option<usize> {
        if self.watches.is_empty() || self.watch_paused {
            return None;
        }
        self.watches.iter().find(|(_, w)| w.hit(core, addr, size.into(), store)).map(|(id, _)| *id)
    }

    /// Updates the flags of the pages that `changed` covers. FreeRTOS moves a DBREAK at every task switch, so
    /// only those pages are checked.
    fn mark_watches(&mut self, changed: Option<Watch>) {
        let Some(changed) = changed else { return };
        let last = changed
            .addr
            .saturating_add(changed.len.max(1) - 1)
            .min(MAP_BASE + ((MAP_PAGES as u32) << 12) - 1);
        self.mark_from((changed.addr & !0xFFF).max(MAP_BASE), last);
    }

    /// Updates the flags of the pages from `page` to that of `last`.
    fn mark_from(&mut self, mut page: u32, last: u32) {
        while page <= last {
            let store_probes = self.store_probes.iter().any(|w| *w != 0 && w & !0xFFF == page);
            let wanted = store_probes || self.watches.values().any(|w| w.touches_page(page));
            if let Some(i) = Map::index(page) {
                self.mark_page(i, wanted);
            }
            page += 0x1000;
        }
    }

    fn mark_page(&mut self, index: usize, wanted: bool) {
        for core in 0..CORES {
            let e = self.maps[core].at_mut(index);
            if (e.flags & flag::WATCH != 0) != wanted {
                e.flags ^= flag::WATCH;
                self.refresh(core, index);
            }
        }
    }
}
