//! A connection's breakpoints and watchpoints by GDB's key: kind, address, length.

use esplens_supervisor::{Commands, Condition, Gone, Handle, Point, PointId, PointKind};

/// A point.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mine {
    kind: PointKind,
    id: PointId,
}

/// The points of one connection, by address.
#[derive(Debug, Default)]
pub struct GdbPoints {
    mine: std::collections::BTreeMap<(u32, u32, bool, u8), Mine>,
    pending: (Option<Condition>, Option<Commands>),
}

fn rank(kind: PointKind) -> u8 {
    use esplens_core::memory::WatchKind;
    match kind {
        PointKind::Break => 0,
        PointKind::Watch(WatchKind::Write) => 1,
        PointKind::Watch(WatchKind::Read) => 2,
        PointKind::Watch(WatchKind::Access) => 3,
        // GDB has no packet for these.
        PointKind::Register(_) | PointKind::Irq(_) | PointKind::NetFrame => 4,
    }
}

impl GdbPoints {
    /// Sets the condition and commands of the next added point.
    pub fn next(&mut self, condition: Option<Condition>, commands: Option<Commands>) {
        self.pending = (condition, commands);
    }

    /// Adds a point, or replaces the condition and commands of an existing one. Returns false if there are too many.
    pub fn add(
        &mut self,
        handle: &Handle,
        kind: PointKind,
        addr: u32,
        len: u32,
        hardware: bool,
    ) -> Result<bool, Gone> {
        let key = (addr, len, hardware, rank(kind));
        let (condition, commands) = std::mem::take(&mut self.pending);
        if let Some(id) = self.mine.get(&key).map(|m| m.id)
            && handle.call({
                let (condition, commands) = (condition.clone(), commands.clone());
                move |s| s.refine_point(id, condition, commands)
            })?
        {
            return Ok(true);
        }
        let point = Point::new(kind, addr, len, handle.client()).when(condition).doing(commands);
        let Some(id) = handle.call(move |s| s.insert_point(point))? else { return Ok(false) };
        self.mine.insert(key, Mine { kind, id });
        Ok(true)
    }

    /// Removes a point; has no effect if it does not exist.
    pub fn remove(
        &mut self,
        handle: &Handle,
        kind: PointKind,
        addr: u32,
        len: u32,
        hardware: bool,
    ) -> Result<bool, Gone> {
        if let Some(mine) = self.mine.remove(&(addr, len, hardware, rank(kind))) {
            handle.call(move |s| s.remove_point(mine.id))?;
        }
        Ok(true)
    }

    /// Returns the kind of a point of this connection by its ID.
    pub fn kind(&self, id: PointId) -> Option<PointKind> {
        self.mine.values().find(|m| m.id == id).map(|m| m.kind)
    }

    /// Returns `Some(hardware)` if this connection has a breakpoint at `addr`.
    pub fn breakpoint(&self, addr: u32) -> Option<bool> {
        let at = |hardware| self.mine.contains_key(&(addr, 1, hardware, rank(PointKind::Break)));
        if at(false) { Some(false) } else { at(true).then_some(true) }
    }
}
