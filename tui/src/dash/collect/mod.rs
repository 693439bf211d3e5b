//! Takes a [`Sample`] of the machine, on the machine's thread: fast and without side effects.

mod code;
mod cpu;
mod devices;
pub mod names;
mod symbolic;
mod wifi;

pub use devices::{by_name as device, fields, manual_name, register};
pub use symbolic::address;

use super::wire::*;
use esplens_debuginfo::rtos::Rtos;
use esplens_debuginfo::symbols::Symbols;
use esplens_soc::machine::Machine;
use esplens_supervisor::{Handle, PointKind, RunState, Session, Stopped, Why, panics};
use std::sync::Arc;

/// Maximum number of bytes read for one range.
const MAX_RANGE: u32 = 1 << 16;
/// Maximum number of ranges.
const MAX_RANGES: usize = 64;
/// Maximum number of points listed.
const MAX_POINTS: usize = 1000;

/// Symbols and kernel data of the firmware.
#[derive(Clone, Default)]
pub struct KnownFirmware {
    /// Symbols of the firmware.
    pub symbols: Option<Arc<Symbols>>,
    /// FreeRTOS data of the firmware.
    pub rtos: Option<Arc<Rtos>>,
}

impl KnownFirmware {
    /// Returns the data that a machine's clients share.
    #[must_use]
    pub fn of(handle: &Handle) -> Self {
        let symbols = handle.symbols().current();
        Self { symbols: (!symbols.is_empty()).then_some(symbols), rtos: handle.rtos() }
    }
}

/// Collects the current state that `query` requests. Names and lines are added later by [`names::add`].
#[must_use]
pub fn collect(s: &Session, query: &Query, clients: &[String], known: &KnownFirmware) -> Sample {
    crate::dash::fault::point("machine");
    let (m, status) = (s.machine(), s.status());
    let stop = match &status.state {
        RunState::Stopped(stopped) => Some(stop_info(stopped)),
        RunState::Running => None,
    };
    let mut sample = Sample {
        now: status.now,
        instructions: status.instructions,
        running: stop.is_none(),
        past: s.past(),
        behind: s.instructions_past().unwrap_or(0),
        oldest: s.oldest(),
        panic_stop: s.stops_at_panics(),
        alarm: alarm(s, &status.state, known),
        stop,
        speed: status.speed.to_string(),
        pc: status.pc,
        cores: [m.core_status(0), m.core_status(1)],
        clients: clients.to_vec(),
        snapshots: s.snapshots().map(Into::into).collect(),
        ..Sample::default()
    };
    if query.cpu {
        sample.cpu = Some(Box::new([cpu::registers(m, 0), cpu::registers(m, 1)]));
    }
    if query.irq {
        sample.irq = [cpu::interrupts(m, 0), cpu::interrupts(m, 1)];
    }
    sample.code = query.code.as_ref().map(|want| code::around(m, want, known.symbols.as_deref()));
    sample.mem = query.mem.iter().take(MAX_RANGES).map(|want| memory(m, want)).collect();
    sample.eth = query.eth.then(|| devices::eth(m));
    sample.wifi = query.wifi.then(|| wifi::sample(m));
    sample.devs = query.devs.iter().filter_map(|name| devices::registers(m, name)).collect();
    (sample.frames, sample.watches) = symbolic::stacks(m, known, &query.debug);
    if query.debug.tasks {
        (sample.tasks, sample.tasks_note) = symbolic::tasks(m, known);
    }
    if query.points {
        sample.points = s.points().take(MAX_POINTS).map(|(id, p)| point(id, p)).collect();
    }
    sample
}

/// Returns the cause of a stop that the user did not request.
fn alarm(s: &Session, state: &RunState, known: &KnownFirmware) -> Option<String> {
    let RunState::Stopped(stop) = state else { return None };
    match (&stop.why, &known.symbols) {
        (Why::Panic(_), Some(symbols)) => {
            Some(panics::describe(s.machine(), stop.core, symbols, known.rtos.as_deref()).to_string())
        }
        (Why::Panic(what), None) => Some(what.clone()),
        (Why::Reset(cause), _) => Some(format!("reset ({cause:?})")),
        _ => None,
    }
}

/// Converts a stop into the dashboard's form.
#[must_use]
pub fn stop_info(s: &Stopped) -> StopInfo {
    StopInfo { number: s.number, core: s.core, pc: s.pc, why: s.to_string() }
}

fn memory(m: &Machine, want: &MemQuery) -> MemSample {
    let mut bytes = vec![0; want.len.min(MAX_RANGE) as usize];
    let n = m.peek(want.core & 1, want.addr, &mut bytes);
    bytes.truncate(n);
    MemSample { addr: want.addr, bytes }
}

fn point(id: usize, p: &esplens_supervisor::Point) -> PointSample {
    let kind = match p.kind {
        PointKind::Break => "break",
        PointKind::Watch(_) => "watch",
        PointKind::Register(_) => "reg",
        PointKind::Irq(_) => "irq",
        PointKind::NetFrame => "frame",
    };
    PointSample {
        id,
        kind: kind.into(),
        addr: p.addr,
        len: p.len,
        client: p.client.to_string(),
        note: p.words(),
        off: !p.enabled,
        hits: p.hits,
    }
}
