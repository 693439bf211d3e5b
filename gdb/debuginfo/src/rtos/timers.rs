//! Software timers.

use super::Rtos;
use crate::unwind::{ReadMemory, Words};

/// A running timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtosTimer {
    /// Its handle.
    pub at: u32,
    /// Name.
    pub name: String,
    /// Ticks from start to expiry.
    pub period: u32,
    /// Restarts automatically.
    pub reload: bool,
    /// Tick at which it expires.
    pub expires: u32,
    /// Function that it calls.
    pub callback: u32,
}

/// Offsets in `Timer_t`.
struct Layout {
    period: u32,
    callback: u32,
    /// Offset of the reload flag. True: it is a word of its own (before V10). False: it is bit 2 of the status byte.
    reload: (u32, bool),
}

fn layout(rtos: &Rtos) -> Layout {
    let s = &*rtos.source;
    let ty = ["tmrTimerControl", "Timer_t", "xTIMER"]
        .into_iter()
        .find(|t| s.offset(t, "pxCallbackFunction").is_some());
    let at = |path: &str| ty.and_then(|t| s.offset(t, path));
    let after = 4 + rtos.layout.lists.item;
    let status = at("ucStatus").map(|o| (o, false)).or_else(|| at("uxAutoReload").map(|o| (o, true)));
    Layout {
        period: at("xTimerPeriodInTicks").unwrap_or(after),
        callback: at("pxCallbackFunction").unwrap_or(after + 8),
        reload: status.unwrap_or((after + 12, false)),
    }
}

/// Returns the running timers in the order in which they expire, and a description of an inconsistency, if any.
#[must_use]
pub fn timers(rtos: &Rtos, mem: &dyn ReadMemory) -> (Vec<RtosTimer>, Option<String>) {
    if rtos.layout.is_stale(mem) {
        return (Vec::new(), None);
    }
    let l = layout(rtos);
    let (mut out, mut inconsistency) = (Vec::new(), None);
    for name in ["xActiveTimerList1", "xActiveTimerList2"] {
        let Some((list, _)) = rtos.source.symbol(name) else { continue };
        if !rtos.layout.lists.is_list(mem, list) {
            continue;
        }
        let walk = rtos.layout.lists.walk(mem, list);
        inconsistency = inconsistency.or(walk.inconsistency);
        for item in walk.items {
            let word = |o: u32| mem.u32(item.owner.wrapping_add(o));
            let name = word(0).and_then(|at| mem.text(at, 64)).unwrap_or_default();
            let (Some(period), Some(callback)) = (word(l.period), word(l.callback)) else { continue };
            let reload = match l.reload {
                (o, true) => word(o).is_some_and(|v| v != 0),
                (o, false) => mem.u8(item.owner.wrapping_add(o)).is_some_and(|v| v & 4 != 0),
            };
            out.push(RtosTimer { at: item.owner, name, period, reload, expires: item.value, callback });
        }
    }
    out.sort_by_key(|t| t.expires);
    (out, inconsistency)
}
