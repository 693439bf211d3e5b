//! Tracepoints: at a hit registers, memory and expressions are collected into a bounded buffer; the guest goes on as if
//! nothing had been. One trace experiment a machine, shared by its clients; its words are GDB's (manual, "Tracepoints").

mod buffer;
mod collect;
mod definition;
mod frame;
mod variables;

pub use buffer::{Buffer, DEFAULT_SIZE, Find, MAX_SIZE};
pub use definition::{About, Action, Source, Tracepoint};
pub use frame::{Block, Frame};
pub use variables::{TIMESTAMP, Variable, Variables};

use super::{AgentError, Client, Hit};
use collect::Collector;
use esplens_core::debug::Stop;
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;
use esplens_soc::machine::Machine;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Most tracepoints.
const MAX_POINTS: usize = 1024;
/// Most ranges of read-only memory.
const MAX_READ_ONLY: usize = 1024;

/// Whether a trace runs, or why not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// None ran yet.
    #[default]
    NotRun,
    /// It runs.
    Running,
    /// A client ended it.
    Stopped,
    /// The buffer was full.
    Full,
    /// The client left that started it.
    Left,
    /// This tracepoint was hit as often as it asked for.
    PassCount(u32),
    /// What went wrong at a hit, and of which tracepoint.
    Error(AgentError, u32),
}

/// What clients say about a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Who runs it.
    pub user: Vec<u8>,
    /// What for.
    pub notes: Vec<u8>,
    /// Why it was ended.
    pub stop: Vec<u8>,
}

/// The trace experiment of a machine.
#[derive(Debug, Default)]
pub struct Traces {
    /// By address and number.
    points: BTreeMap<(u32, u32), Tracepoint>,
    /// Trace state variables.
    pub variables: Variables,
    /// Memory that no frame needs, for it does not change.
    read_only: Vec<Range<u32>>,
    /// What clients say about it.
    pub notes: Notes,
    /// What was collected.
    pub buffer: Buffer,
    state: State,
    /// It goes on when its client leaves.
    pub disconnected: bool,
    owner: Option<Client>,
    /// Virtual time of its start and its end.
    times: (Ticks, Ticks),
    /// Addresses where the machine has a breakpoint for it.
    installed: BTreeSet<u32>,
    /// They may have to change.
    changed: bool,
    /// The last look at each core, as cycle count and PC: several looks at an instruction are one hit.
    seen: [Option<(u64, u32)>; CORES],
}

impl Traces {
    /// Forgets all tracepoints, variables and frames.
    pub fn init(&mut self) {
        let (disconnected, installed) = (self.disconnected, std::mem::take(&mut self.installed));
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        *self = Self { disconnected, installed, buffer, changed: true, ..Self::default() };
    }

    /// Whether a trace runs, or why not.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// True while it collects.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// Virtual time of the last run's start, and of its end.
    #[must_use]
    pub fn times(&self) -> (Ticks, Ticks) {
        self.times
    }

    /// All tracepoints.
    pub fn points(&self) -> impl Iterator<Item = &Tracepoint> {
        self.points.values()
    }

    /// A tracepoint by its number and address, to be changed.
    pub fn point(&mut self, number: u32, addr: u32) -> Option<&mut Tracepoint> {
        self.points.get_mut(&(addr, number))
    }

    /// Adds a tracepoint, or replaces the one of this number and address. False: there are too many.
    pub fn define(&mut self, point: Tracepoint) -> bool {
        let key = (point.addr, point.number);
        if self.points.len() >= MAX_POINTS && !self.points.contains_key(&key) {
            return false;
        }
        self.points.insert(key, point);
        self.changed = true;
        true
    }

    /// Takes ranges of memory as unchanging; those past the first thousand are not kept.
    pub fn set_read_only(&mut self, mut ranges: Vec<Range<u32>>) {
        ranges.truncate(MAX_READ_ONLY);
        self.read_only = ranges;
    }

    /// Memory that need not be collected.
    #[must_use]
    pub fn read_only(&self) -> &[Range<u32>] {
        &self.read_only
    }

    /// Starts collecting, into an empty buffer.
    pub fn start(&mut self, now: Ticks, by: &Client) {
        self.buffer.clear();
        self.variables.reset();
        self.points.values_mut().for_each(|p| (p.hits, p.bytes) = (0, 0));
        self.notes.stop.clear();
        self.owner = Some(by.clone());
        self.times = (now, 0);
        self.state = State::Running;
        self.seen = Default::default();
        self.changed = true;
    }

    /// Ends collecting, by a client's wish.
    pub fn stop(&mut self, now: Ticks) {
        self.end(now, State::Stopped);
    }

    /// Ends collecting where `client` started it and did not ask for more.
    pub fn left(&mut self, now: Ticks, client: &Client) {
        if !self.disconnected && self.owner.as_ref() == Some(client) {
            self.end(now, State::Left);
        }
    }

    fn end(&mut self, now: Ticks, state: State) {
        if self.is_running() {
            (self.state, self.times.1) = (state, now);
            self.changed = true;
        }
    }

    /// The machine's past changed: an instruction seen there may be seen again.
    pub fn forget_seen(&mut self) {
        self.seen = Default::default();
    }

    /// Tells the machine where to look in.
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

    /// A core is about to run an instruction with a breakpoint: collects where it is a tracepoint's.
    pub fn look(&mut self, machine: &Machine, core: usize, stop: Stop) {
        let cpu = machine.cpu(core);
        let here = Some((cpu.cycles, cpu.pc));
        if !self.is_running() || stop != Stop::Breakpoint || self.seen[core] == here {
            return;
        }
        self.seen[core] = here;
        let hit = Hit { machine, core };
        let Self { points, variables, buffer, .. } = self;
        let all = points.range_mut((cpu.pc, 0)..=(cpu.pc, u32::MAX)).map(|(_, p)| p).filter(|p| p.enabled);
        let ending = all.map(|point| collect(&hit, point, variables, buffer)).find_map(Result::err);
        if let Some(state) = ending {
            self.end(machine.now(), state);
        }
    }
}

/// One hit of one tracepoint. The error is the end of the run.
fn collect(
    hit: &Hit,
    point: &mut Tracepoint,
    variables: &mut Variables,
    buffer: &mut Buffer,
) -> Result<(), State> {
    let wrong = |error| match error {
        AgentError::Full => State::Full,
        error => State::Error(error, point.number),
    };
    let mut collector = Collector::new(hit, point.number, variables, buffer.room());
    if !collector.wanted(point.condition.as_deref()).map_err(wrong)? {
        return Ok(());
    }
    let (frame, result) = collector.collect_all(point);
    if result == Err(AgentError::Full) {
        return Err(State::Full);
    }
    let bytes = frame.size() as u64;
    if !buffer.push(frame) {
        return Err(State::Full);
    }
    result.map_err(wrong)?;
    (point.hits, point.bytes) = (point.hits + 1, point.bytes + bytes);
    if point.pass_count > 0 && point.hits >= point.pass_count {
        return Err(State::PassCount(point.number));
    }
    Ok(())
}

/// Collecting without a run.
#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Carries out a tracepoint's actions.
    pub fn collect(
        hit: &Hit,
        point: &Tracepoint,
        variables: &mut Variables,
        room: usize,
    ) -> (Frame, Result<(), AgentError>) {
        Collector::new(hit, point.number, variables, room).collect_all(point)
    }
}
