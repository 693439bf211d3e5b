//! Source of addresses, offsets and names.

use crate::symbols::{SymbolKind, Symbols};
use crate::unwind::UnwindNames;
use esplens_soc::map::CODE_BASE;
use std::collections::BTreeMap;

/// Lookup of names and types.
pub trait SymbolSource: UnwindNames + Send + Sync {
    /// Returns a symbol's address and size; size 0 if it is unknown.
    fn symbol(&self, name: &str) -> Option<(u32, u32)>;

    /// Returns the offset of a member, `a.b[2].c`, in a structure.
    fn offset(&self, ty: &str, path: &str) -> Option<u32>;

    /// Returns the size of a structure.
    fn size(&self, ty: &str) -> Option<u32>;

    /// Returns the name of the object at `addr`, with the offset in it.
    fn object(&self, addr: u32) -> Option<String>;

    /// Returns all variables that have the size of a pointer: address and name.
    fn pointers(&self) -> Vec<(u32, String)>;

    /// Returns the variables outside of functions with one of these types, as C names it: address and name.
    fn of_type(&self, types: &[&str]) -> Vec<(u32, String)>;

    /// Returns function, file and line of `pc`, inlined calls first.
    fn lines(&self, pc: u32) -> Vec<(String, Option<(String, u32)>)>;
}

impl UnwindNames for Symbols {
    fn function(&self, pc: u32) -> Option<(String, u32)> {
        let symbol = self.function_at(pc)?;
        Some((symbol.linkage_name, symbol.addr))
    }
}

impl SymbolSource for Symbols {
    fn symbol(&self, name: &str) -> Option<(u32, u32)> {
        self.symbol(name).map(|s| (s.addr, s.size))
    }

    fn offset(&self, ty: &str, path: &str) -> Option<u32> {
        self.member_path(self.type_named(ty)?, path).ok().map(|m| m.0)
    }

    fn size(&self, ty: &str) -> Option<u32> {
        self.size_of(self.type_named(ty)?).ok().filter(|n| *n > 0)
    }

    fn object(&self, addr: u32) -> Option<String> {
        let symbol = self.symbol_at(addr)?;
        (symbol.kind == SymbolKind::Object && addr.wrapping_sub(symbol.addr) < symbol.size.max(1))
            .then(|| symbol.with_offset(addr))
    }

    fn pointers(&self) -> Vec<(u32, String)> {
        let all = self.symbols().filter(|s| s.kind == SymbolKind::Object && s.size == 4);
        all.map(|s| (s.addr, s.name)).collect()
    }

    fn of_type(&self, types: &[&str]) -> Vec<(u32, String)> {
        let wanted = self.variables().into_iter().filter(|v| types.contains(&&*self.type_name(v.ty)));
        wanted.map(|v| (v.addr, v.name)).collect()
    }

    fn lines(&self, pc: u32) -> Vec<(String, Option<(String, u32)>)> {
        let frames = self.frames_at(pc).into_iter();
        frames.map(|f| (f.function.unwrap_or_else(|| "??".into()), f.file.zip(f.line))).collect()
    }
}

/// Symbols to ask a debugger for if the server has none itself (GDB's `qSymbol`).
pub const WANTED: [&str; 33] = [
    "pxCurrentTCB",
    "pxCurrentTCBs",
    "pxReadyTasksLists",
    "pxReadyTasksList",
    "xDelayedTaskList1",
    "xDelayedTaskList2",
    "pxDelayedTaskList",
    "pxOverflowDelayedTaskList",
    "xPendingReadyList",
    "xSuspendedTaskList",
    "xTasksWaitingTermination",
    "uxCurrentNumberOfTasks",
    "xSchedulerRunning",
    "port_xSchedulerRunning",
    "xTickCount",
    "uxTopUsedPriority",
    "registered_heaps",
    "xActiveTimerList1",
    "xActiveTimerList2",
    "pxCurrentTimerList",
    "pxOverflowTimerList",
    "vPortYield",
    "_frxt_dispatch",
    "_frxt_int_enter",
    "_frxt_int_exit",
    "_xt_lowint1",
    "_xt_user_exit",
    "_xt_user_exc",
    "_xt_context_save",
    "_xt_context_restore",
    "_xt_medint2",
    "_xt_medint3",
    "vPortTaskWrapper",
];

/// Addresses without sizes and types, as a debugger gave them.
#[derive(Clone, Debug, Default)]
pub struct Addresses(pub BTreeMap<String, u32>);

impl UnwindNames for Addresses {
    /// Returns the nearest symbol at most 512 bytes below `pc`, because the symbols have no ends.
    fn function(&self, pc: u32) -> Option<(String, u32)> {
        let below = self.0.iter().filter(|(_, a)| (CODE_BASE..=pc).contains(*a) && pc - **a < 512);
        below.max_by_key(|(_, a)| **a).map(|(name, a)| (name.clone(), *a))
    }
}

impl SymbolSource for Addresses {
    fn symbol(&self, name: &str) -> Option<(u32, u32)> {
        self.0.get(name).map(|a| (*a, 0))
    }

    fn offset(&self, _ty: &str, _path: &str) -> Option<u32> {
        None
    }

    fn size(&self, _ty: &str) -> Option<u32> {
        None
    }

    fn object(&self, _addr: u32) -> Option<String> {
        None
    }

    fn pointers(&self) -> Vec<(u32, String)> {
        Vec::new()
    }

    fn of_type(&self, _types: &[&str]) -> Vec<(u32, String)> {
        Vec::new()
    }

    fn lines(&self, _pc: u32) -> Vec<(String, Option<(String, u32)>)> {
        Vec::new()
    }
}
