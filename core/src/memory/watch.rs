//! Watchpoints: the debugger's and the guest's own (DBREAKA/DBREAKC), one list.

use super::{CORES, MAP_BASE, MAP_PAGES, Map, Memory, flag};

/// Which accesses a watchpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchKind {
    /// Loads.
    Read,
    /// Stores.
    Write,
    /// Both.
    Access,
}

/// Whose watchpoint it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchOwner {
    /// A debugger's: stops the machine.
    Debugger,
    /// The guest's DBREAK register pair `n` of a core: raises its debug exception.
    Guest {
        /// The core whose register it is.
        core: usize,
        /// 0 or 1.
        n: usize,
    },
}

/// A watched range of virtual addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// First byte.
    pub addr: u32,
    /// Bytes, at least 1.
    pub len: u32,
    /// Accesses that hit.
    pub kind: WatchKind,
    /// Whose it is.
    pub owner: WatchOwner,
}

impl Watch {
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
        self.watches.insert(id, watch);
        self.mark_watches();
    }

    /// Removes watchpoint `id`; unknown ids are ignored.
    pub fn clear_watch(&mut self, id: usize) {
        if self.watches.remove(&id).is_some() {
            self.mark_watches();
        }
    }

    /// The watchpoint with this id.
    #[must_use]
    pub fn watch(&self, id: usize) -> Option<&Watch> {
        self.watches.get(&id)
    }

    /// All watchpoints.
    pub fn watches(&self) -> impl Iterator<Item = (usize, &Watch)> {
        self.watches.iter().map(|(id, w)| (*id, w))
    }

    /// The first watchpoint that an access would hit.
    #[inline]
    pub(super) fn watch_hit(&self, core: usize, addr: u32, size: u8, store: bool) -> Option<usize> {
        if self.watches.is_empty() || self.watch_paused {
            return None;
        }
        self.watches.iter().find(|(_, w)| w.hit(core, addr, size.into(), store)).map(|(id, _)| *id)
    }

    fn mark_watches(&mut self) {
        for core in 0..CORES {
            for i in 0..MAP_PAGES {
                let addr = MAP_BASE + ((i as u32) << 12);
                let wanted = self.watches.values().any(|w| {
                    u64::from(w.addr) < u64::from(addr) + 4096
                        && u64::from(addr) < u64::from(w.addr) + u64::from(w.len)
                });
                let e = self.maps[core].at_mut(i);
                if (e.flags & flag::WATCH != 0) != wanted {
                    e.flags ^= flag::WATCH;
                    self.refresh(core, i);
                }
            }
        }
        debug_assert!(Map::index(MAP_BASE).is_some());
    }
}
