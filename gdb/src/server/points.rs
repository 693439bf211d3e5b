//! A connection's break- and watchpoints, by what GDB calls them: kind, address, length.

use crate::supervisor::{Gone, Handle, PointId, PointKind};

/// One point.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mine {
    kind: PointKind,
    addr: u32,
    len: u32,
    hardware: bool,
    id: PointId,
}

/// The points of one connection, sorted by address.
#[derive(Debug, Default)]
pub struct Points(std::collections::BTreeMap<(u32, u32, bool, u8), Mine>);

fn rank(kind: PointKind) -> u8 {
    use esplens_core::memory::WatchKind;
    match kind {
        PointKind::Break => 0,
        PointKind::Watch(WatchKind::Write) => 1,
        PointKind::Watch(WatchKind::Read) => 2,
        PointKind::Watch(WatchKind::Access) => 3,
    }
}

impl Points {
    /// Adds one; the same one twice is one. False: there are too many.
    pub fn add(
        &mut self,
        handle: &Handle,
        kind: PointKind,
        addr: u32,
        len: u32,
        hardware: bool,
    ) -> Result<bool, Gone> {
        let key = (addr, len, hardware, rank(kind));
        if self.0.contains_key(&key) {
            return Ok(true);
        }
        let client = handle.client().clone();
        let Some(id) = handle.call(move |s| s.add_point(kind, addr, len, &client))? else { return Ok(false) };
        self.0.insert(key, Mine { kind, addr, len, hardware, id });
        Ok(true)
    }

    /// Takes one away; one that is not there is gone already.
    pub fn remove(
        &mut self,
        handle: &Handle,
        kind: PointKind,
        addr: u32,
        len: u32,
        hardware: bool,
    ) -> Result<bool, Gone> {
        if let Some(mine) = self.0.remove(&(addr, len, hardware, rank(kind))) {
            handle.call(move |s| s.remove_point(mine.id))?;
        }
        Ok(true)
    }

    /// The kind of the point with this id, when it is one of these.
    pub fn kind(&self, id: PointId) -> Option<PointKind> {
        self.0.values().find(|m| m.id == id).map(|m| m.kind)
    }

    /// Whether a breakpoint at `addr` is one of these: `Some(hardware)`.
    pub fn breakpoint(&self, addr: u32) -> Option<bool> {
        let at = |hardware| self.0.contains_key(&(addr, 1, hardware, rank(PointKind::Break)));
        if at(false) { Some(false) } else { at(true).then_some(true) }
    }
}
