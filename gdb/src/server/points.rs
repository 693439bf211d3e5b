//! A connection's break- and watchpoints, by what GDB calls them: kind, address, length.

use crate::supervisor::{Commands, Condition, Gone, Handle, Point, PointId, PointKind};

/// One point.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mine {
    kind: PointKind,
    id: PointId,
}

/// The points of one connection, sorted by address.
#[derive(Debug, Default)]
pub struct Points {
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
        PointKind::Register(_) | PointKind::Irq(_) | PointKind::Frame => 4,
    }
}

impl Points {
    /// The condition and the commands that the next point added gets.
    pub fn next(&mut self, condition: Option<Condition>, commands: Option<Commands>) {
        self.pending = (condition, commands);
    }

    /// Adds one; the same one again replaces its condition and its commands. False: there are too many.
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

    /// Takes one away; one that is not there is gone already.
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

    /// The kind of the point with this id, when it is one of these.
    pub fn kind(&self, id: PointId) -> Option<PointKind> {
        self.mine.values().find(|m| m.id == id).map(|m| m.kind)
    }

    /// Whether a breakpoint at `addr` is one of these: `Some(hardware)`.
    pub fn breakpoint(&self, addr: u32) -> Option<bool> {
        let at = |hardware| self.mine.contains_key(&(addr, 1, hardware, rank(PointKind::Break)));
        if at(false) { Some(false) } else { at(true).then_some(true) }
    }
}
