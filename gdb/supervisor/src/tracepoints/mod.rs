//! Tracepoints: a hit collects registers, memory and expressions into a bounded buffer without affecting the guest. A
//! machine has one trace experiment, shared by its clients. Terms are GDB's (manual, "Tracepoints").

mod buffer;
mod collect;
mod definition;
mod frame;
mod variables;

pub use buffer::{Buffer, DEFAULT_SIZE, Find, MAX_SIZE};
pub use definition::{About, CollectAction, SourceString, Tracepoint};
pub use frame::{TraceBlock, TraceFrame};
pub use variables::{TIMESTAMP, TraceVariable, Variables};

use super::{AgentError, Client, PointHit};
use collect::Collector;
use esplens_core::debug::Stop;
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;
use esplens_soc::machine::Machine;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Maximum number of tracepoints.
const MAX_POINTS: usize = 1024;
/// Maximum number of ranges of read-only memory.
const MAX_READ_ONLY: usize = 1024;

/// State of the trace run, with the reason for its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TraceState {
    /// No trace has run yet.
    #[default]
    NotRun,
    /// The trace is running.
    Running,
    /// A client stopped it.
    Stopped,
    /// The buffer is full.
    Full,
    /// The client that started it disconnected.
    Left,
    /// This tracepoint reached its pass count.
    PassCount(u32),
    /// An error at a hit, and the tracepoint's number.
    Error(AgentError, u32),
}

/// Notes by clients about a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// User who runs it.
    pub user: Vec<u8>,
    /// Purpose of the run.
    pub notes: Vec<u8>,
    /// Reason why it was stopped.
    pub stop: Vec<u8>,
}

/// The trace experiment of a machine.
#[derive(Debug, Default)]
pub struct Traces {
    /// Tracepoints by address and number.
    points: BTreeMap<(u32, u32), Tracepoint>,
    /// Trace state variables.
    pub variables: Variables,
    /// Read-only memory, which need not be collected.
    read_only: Vec<Range<u32>>,
    /// Notes by clients.
    pub notes: Notes,
    /// The collected trace frames.
    pub buffer: Buffer,
    state: TraceState,
    /// The trace continues when its client disconnects.
    pub disconnected: bool,
    owner: Option<Client>,
    /// Virtual times of its start and its end.
    times: (Ticks, Ticks),
    /// Addresses at which the machine has a breakpoint for a tracepoint.
    installed: BTreeSet<u32>,
    /// `installed` may be out of date.
    changed: bool,
    /// The last hit on each core, as cycle count and PC: several calls for one instruction count as one hit.
    seen: [Option<(u64, u32)>; CORES],
}

impl Traces {
    /// Deletes all tracepoints, variables and frames.
    pub fn init(&mut self) {
        let (disconnected, installed) = (self.disconnected, std::mem::take(&mut self.installed));
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        *self = Self { disconnected, installed, buffer, changed: true, ..Self::default() };
    }

    /// Returns the state of the trace run.
    #[must_use]
    pub fn state(&self) -> &TraceState {
        &self.state
    }

    /// Returns true while the trace is running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state == TraceState::Running
    }

    /// Returns the virtual times of the last run's start and end.
    #[must_use]
    pub fn times(&self) -> (Ticks, Ticks) {
        self.times
    }

    /// Returns all tracepoints.
    pub fn points(&self) -> impl Iterator<Item = &Tracepoint> {
        self.points.values()
    }

    /// Returns a tracepoint by number and address, for modification.
    pub fn point(&mut self, number: u32, addr: u32) -> Option<&mut Tracepoint> {
        self.points.get_mut(&(addr, number))
    }

    /// Adds a tracepoint or replaces the one with this number and address. Returns false if there are too many.
    pub fn define(&mut self, point: Tracepoint) -> bool {
        let key = (point.addr, point.number);
        if self.points.len() >= MAX_POINTS && !self.points.contains_key(&key) {
            return false;
        }
        self.points.insert(key, point);
        self.changed = true;
        true
    }

    /// Sets the ranges of read-only memory; ranges beyond the first 1024 are dropped.
    pub fn set_read_only(&mut self, mut ranges: Vec<Range<u32>>) {
        ranges.truncate(MAX_READ_ONLY);
        self.read_only = ranges;
    }

    /// Returns the ranges of memory that need not be collected.
    #[must_use]
    pub fn read_only(&self) -> &[Range<u32>] {
        &self.read_only
    }

    /// Starts a run with an empty buffer.
    pub fn start(&mut self, now: Ticks, by: &Client) {
        self.buffer.clear();
        self.variables.reset();
        self.points.values_mut().for_each(|p| (p.hits, p.bytes) = (0, 0));
        self.notes.stop.clear();
        self.owner = Some(by.clone());
        self.times = (now, 0);
        self.state = TraceState::Running;
        self.seen = Default::default();
        self.changed = true;
    }

    /// Stops the run on a client's request.
    pub fn stop(&mut self, now: Ticks) {
        self.end(now, TraceState::Stopped);
    }

    /// Ends the run if `client` started it and it should not continue without that client.
    pub fn left(&mut self, now: Ticks, client: &Client) {
        if !self.disconnected && self.owner.as_ref() == Some(client) {
            self.end(now, TraceState::Left);
        }
    }

    fn end(&mut self, now: Ticks, state: TraceState) {
        if self.is_running() {
            (self.state, self.times.1) = (state, now);
            self.changed = true;
        }
    }

    /// Handles a change of the machine's past: an instruction seen before may be hit again.
    pub fn forget_seen(&mut self) {
        self.seen = Default::default();
    }

    /// Updates the machine's breakpoints for the tracepoints.
    pub fn install(&mut self, machine: &mut Machine) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        let running = self.is_running();
        let wanted: BTreeSet<u32> = self.points.keys().filter(|_| running).map(|(addr, _)| *addr).collect();
        self.installed.difference(&wanted).for_each(|addr| _ = machine.remove_breakpoint(*addr));
        wanted.difference(&self.installed).for_each(|addr| machine.add_breakpoint(*addr));
        self.installed = wanted;
    }

    /// Collects for the tracepoints at a core's PC; called before an instruction with a breakpoint runs.
    pub fn collect_at(&mut self, machine: &Machine, core: usize, stop: Stop) {
        let cpu = machine.cpu(core);
        let here = Some((cpu.cycles, cpu.pc));
        if !self.is_running() || stop != Stop::Breakpoint || self.seen[core] == here {
            return;
        }
        self.seen[core] = here;
        let hit = PointHit { machine, core };
        let Self { points, variables, buffer, .. } = self;
        let all = points.range_mut((cpu.pc, 0)..=(cpu.pc, u32::MAX)).map(|(_, p)| p).filter(|p| p.enabled);
        let ending = all.map(|point| collect(&hit, point, variables, buffer)).find_map(Result::err);
        if let Some(state) = ending {
            self.end(machine.now(), state);
        }
    }
}

/// Handles one hit of one tracepoint. An error ends the run.
fn collect(
    hit: &PointHit,
    point: &mut Tracepoint,
    variables: &mut Variables,
    buffer: &mut Buffer,
) -> Result<(), TraceState> {
    let wrong = |error| match error {
        AgentError::Full => TraceState::Full,
        error => TraceState::Error(error, point.number),
    };
    let mut collector = Collector::new(hit, point.number, variables, buffer.room());
    if !collector.wanted(point.condition.as_deref()).map_err(wrong)? {
        return Ok(());
    }
    let (frame, result) = collector.collect_all(point);
    if result == Err(AgentError::Full) {
        return Err(TraceState::Full);
    }
    let bytes = frame.size() as u64;
    if !buffer.push(frame) {
        return Err(TraceState::Full);
    }
    result.map_err(wrong)?;
    (point.hits, point.bytes) = (point.hits + 1, point.bytes + bytes);
    if point.pass_count > 0 && point.hits >= point.pass_count {
        return Err(TraceState::PassCount(point.number));
    }
    Ok(())
}

/// Collection without a run, for tests.
#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Executes a tracepoint's actions.
    pub fn collect(
        hit: &PointHit,
        point: &Tracepoint,
        variables: &mut Variables,
        room: usize,
    ) -> (TraceFrame, Result<(), AgentError>) {
        Collector::new(hit, point.number, variables, room).collect_all(point)
    }
}
