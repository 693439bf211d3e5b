//! Takes samples for one dashboard, with the events since the last one.

use super::collect::{KnownFirmware, collect, names};
use super::source::Sources;
use super::wire::*;
use esplens_debuginfo::rtos::Rtos;
use esplens_debuginfo::symbols::Symbols;
use esplens_soc::system::NetFrame;
use esplens_soc::trace::{TraceEvent, TraceLine, TraceSet};
use esplens_supervisor::{Gone, Handle, MachineMemory, Session, Subscription, panics};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Maximum number of traced events and task switches waiting for the next sample.
const MAX_LINES: usize = 20_000;
/// Maximum number of captured frames waiting for the next sample.
const MAX_FRAMES: usize = 2000;
/// Maximum number of task names kept.
const MAX_NAMES: usize = 1000;
/// Interval for reading stacks, tasks and expressions while the machine runs: they take the most time.
const SLOW: Duration = Duration::from_millis(150);

/// Events that a dashboard wants traced, set by its actions and read by its sampler.
#[derive(Clone, Default)]
pub struct Traced(Arc<Mutex<TraceSet>>);

impl Traced {
    /// Changes the selection.
    pub fn change<R>(&self, f: impl FnOnce(&mut TraceSet) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Sampler of one dashboard.
pub struct Sampler {
    handle: Handle,
    sources: Sources,
    traced: Traced,
    /// Events that `lines` streams.
    streamed: TraceSet,
    lines: Option<Subscription<TraceLine>>,
    switches: Option<Subscription<TraceLine>>,
    frames: Option<Subscription<NetFrame>>,
    names: HashMap<u32, String>,
    /// Symbols that name the panic handlers at which the machine stops.
    armed: Option<Arc<Symbols>>,
    /// Last sample with all slow parts, its queries, and the time when it was taken.
    last: Option<(Instant, Query, Sample)>,
    slow: Duration,
}

impl Sampler {
    /// Creates a sampler for a client. Captured frames are streamed from the first sample on.
    #[must_use]
    pub fn new(handle: Handle, sources: Sources, traced: Traced) -> Self {
        Self {
            handle,
            sources,
            traced,
            streamed: TraceSet::default(),
            lines: None,
            switches: None,
            frames: None,
            names: HashMap::new(),
            armed: None,
            last: None,
            slow: SLOW,
        }
    }

    /// Sets the interval for reading the slow parts, for tests.
    #[must_use]
    pub fn slow(self, slow: Duration) -> Self {
        Self { slow, ..self }
    }

    /// Takes a sample, with the events since the last one.
    ///
    /// # Errors
    /// When the machine is gone.
    pub fn take(&mut self, query: Query) -> Result<(Sample, Vec<DashEvent>), Gone> {
        super::fault::point("client");
        let known = KnownFirmware::of(&self.handle);
        self.arm(&known)?;
        self.subscribe(&query, &known)?;
        let (asked, recent) = (query.clone(), self.recent(&query));
        let clients: Vec<String> = self.handle.attached().iter().map(ToString::to_string).collect();
        let from = known.clone();
        let mut sample = self.handle.call(move |s| {
            // A stopped machine is always read completely: no further request follows.
            if recent && s.is_running() {
                let quick = Query { debug: DebugQuery::default(), code: None, ..query };
                return collect(s, &quick, &clients, &from);
            }
            collect(s, &query, &clients, &from)
        })?;
        self.sources.follow(&self.handle.symbols().sources());
        let around = asked.code.map_or(0, |code| code.source);
        names::add(&mut sample, &known, &mut self.sources, around);
        match &self.last {
            Some((_, _, last)) if recent && sample.running => {
                // All data that show the cores' positions are from the same time.
                (sample.pc, sample.at) = (last.pc, last.at.clone());
                sample.code.clone_from(&last.code);
                sample.frames.clone_from(&last.frames);
                sample.tasks.clone_from(&last.tasks);
                sample.tasks_note.clone_from(&last.tasks_note);
                sample.watches.clone_from(&last.watches);
            }
            _ => self.last = Some((Instant::now(), asked, sample.clone())),
        }
        self.remember(&sample);
        let dash_events = self.drain(&known)?;
        Ok((sample, dash_events))
    }

    /// Returns true if the slow parts of the last sample can be reused while the machine runs.
    fn recent(&self, query: &Query) -> bool {
        self.last.as_ref().is_some_and(|(at, asked, sample)| {
            sample.running
                && at.elapsed() < self.slow
                && asked.debug == query.debug
                && asked.code == query.code
        })
    }

    /// Sets breakpoints at the panic handlers that new symbols name, if the machine stops at panics.
    fn arm(&mut self, known: &KnownFirmware) -> Result<(), Gone> {
        let same = match (&self.armed, &known.symbols) {
            (Some(armed), Some(symbols)) => Arc::ptr_eq(armed, symbols),
            (armed, symbols) => armed.is_none() && symbols.is_none(),
        };
        if same {
            return Ok(());
        }
        self.armed.clone_from(&known.symbols);
        if self.handle.call(|s| s.stops_at_panics())? {
            panics::stop(&self.handle, true)?;
        }
        Ok(())
    }

    fn remember(&mut self, sample: &Sample) {
        if self.names.len() > MAX_NAMES {
            self.names.clear();
        }
        self.names.extend(sample.tasks.iter().map(|t| (t.tcb, t.name.clone())));
    }

    /// Opens missing streams.
    fn subscribe(&mut self, query: &Query, known: &KnownFirmware) -> Result<(), Gone> {
        let traced = self.traced.change(|t| *t);
        if traced != self.streamed {
            self.streamed = traced;
            let open = move |s: &mut Session| s.stream_lines(traced, MAX_LINES);
            self.lines = if traced.is_empty() { None } else { Some(self.handle.call(open)?) };
        }
        if self.frames.is_none() {
            self.frames = Some(self.handle.call(|s| s.stream_frames(MAX_FRAMES))?);
        }
        if let (None, true, Some(rtos)) = (&self.switches, query.switches || query.debug.tasks, &known.rtos) {
            let rtos = rtos.clone();
            self.switches = Some(self.handle.call(move |s| watch_tasks(s, &rtos))?);
        }
        Ok(())
    }

    /// Returns the streamed events since the last call.
    fn drain(&mut self, known: &KnownFirmware) -> Result<Vec<DashEvent>, Gone> {
        let mut out = Vec::new();
        let mut lost = 0;
        if let Some(stream) = &self.frames {
            let batch = stream.take();
            lost += batch.lost;
            out.extend(batch.items.iter().map(|f| DashEvent::Frame(frame(f))));
        }
        if let Some(stream) = &self.lines {
            let batch = stream.take();
            lost += batch.lost;
            out.extend(batch.items.iter().map(|l| DashEvent::Trace(self.record(l, known))));
        }
        let switches = self.switches.as_ref().map(Subscription::take);
        if let Some(batch) = switches {
            lost += batch.lost;
            for line in &batch.items {
                let task = self.task(line.tcb, known)?;
                out.push(DashEvent::Switch(line.at, line.core, task));
            }
        }
        if lost > 0 {
            out.push(DashEvent::Lost(lost));
        }
        Ok(out)
    }

    fn record(&self, line: &TraceLine, known: &KnownFirmware) -> TraceRecord {
        let task = line.task.as_deref().or_else(|| self.names.get(&line.tcb).map(String::as_str));
        let symbol = line.symbol.as_deref().map(String::from).or_else(|| {
            let symbols = known.symbols.as_ref().filter(|_| line.pc != 0)?;
            Some(symbols.function_at(line.pc)?.with_offset(line.pc))
        });
        let context: Vec<&str> = task.into_iter().chain(symbol.as_deref()).collect();
        TraceRecord {
            at: line.at,
            core: line.core,
            pc: line.pc,
            event: line.event.name().into(),
            text: line.text.clone(),
            context: context.join(" "),
        }
    }

    /// Returns a task's name; the first call reads it from memory.
    fn task(&mut self, tcb: u32, known: &KnownFirmware) -> Result<String, Gone> {
        if let Some(name) = self.names.get(&tcb) {
            return Ok(name.clone());
        }
        if let Some(rtos) = known.rtos.clone() {
            let tasks = self.handle.call(move |s| {
                let mem = MachineMemory { machine: s.machine(), core: 0 };
                rtos.snapshot(&mem, [None; 2]).tasks
            })?;
            self.names.extend(tasks.into_iter().map(|t| (t.tcb, t.name)));
        }
        Ok(self.names.entry(tcb).or_insert_with(|| format!("{tcb:#010x}")).clone())
    }
}

/// Enables the machine's reports of task switches.
fn watch_tasks(s: &mut Session, rtos: &Rtos) -> Subscription<TraceLine> {
    let current = rtos.layout.current;
    s.watch_tasks([current, if rtos.layout.cores > 1 { current + 4 } else { 0 }]);
    let mut trace = TraceSet::default();
    trace.apply(TraceEvent::TaskSwitch.name());
    s.stream_lines(trace, MAX_LINES)
}

fn frame(f: &NetFrame) -> FrameRecord {
    let air = f.air.map(|a| AirRecord { frequency: a.frequency, rate: a.rate, rssi: a.rssi, clear: a.clear });
    FrameRecord { at: f.at, rx: f.to_guest, core: f.core, pc: f.pc, bytes: f.bytes.clone(), air }
}
