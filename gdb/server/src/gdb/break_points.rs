//! gdbstub's breakpoint and watchpoint extensions.

use super::target::{GdbTarget, io_error};
use esplens_supervisor::PointKind;
use gdbstub::target::TargetResult;
use gdbstub::target::ext::breakpoints::{
    Breakpoints, HwBreakpoint, HwBreakpointOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint, SwBreakpointOps,
    WatchKind,
};

impl Breakpoints for GdbTarget {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_breakpoint(&mut self) -> Option<HwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl SwBreakpoint for GdbTarget {
    fn add_sw_breakpoint(&mut self, addr: u32, _kind: usize) -> TargetResult<bool, Self> {
        self.points.add(&self.handle, PointKind::Break, addr, 1, false).map_err(io_error)
    }

    fn remove_sw_breakpoint(&mut self, addr: u32, _kind: usize) -> TargetResult<bool, Self> {
        self.points.remove(&self.handle, PointKind::Break, addr, 1, false).map_err(io_error)
    }
}

impl HwBreakpoint for GdbTarget {
    fn add_hw_breakpoint(&mut self, addr: u32, _kind: usize) -> TargetResult<bool, Self> {
        self.points.add(&self.handle, PointKind::Break, addr, 1, true).map_err(io_error)
    }

    fn remove_hw_breakpoint(&mut self, addr: u32, _kind: usize) -> TargetResult<bool, Self> {
        self.points.remove(&self.handle, PointKind::Break, addr, 1, true).map_err(io_error)
    }
}

fn kind_of(kind: WatchKind) -> PointKind {
    use esplens_core::memory::WatchKind as Core;
    PointKind::Watch(match kind {
        WatchKind::Write => Core::Write,
        WatchKind::Read => Core::Read,
        WatchKind::ReadWrite => Core::Access,
    })
}

impl HwWatchpoint for GdbTarget {
    fn add_hw_watchpoint(&mut self, addr: u32, len: u32, kind: WatchKind) -> TargetResult<bool, Self> {
        self.points.add(&self.handle, kind_of(kind), addr, len, true).map_err(io_error)
    }

    fn remove_hw_watchpoint(&mut self, addr: u32, len: u32, kind: WatchKind) -> TargetResult<bool, Self> {
        self.points.remove(&self.handle, kind_of(kind), addr, len, true).map_err(io_error)
    }
}
