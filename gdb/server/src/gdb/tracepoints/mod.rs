//! Tracepoints for GDB: gdbstub's extension is implemented here, packets that it does not support in `packets`,
//! registers and memory of a selected trace frame in `frames`.

mod frames;
mod packets;

pub use frames::registers;
pub use packets::intercept;

use super::target::{EINVAL, GdbTarget};
use esplens_core::time::TICKS_PER_US;
use esplens_supervisor::Agent;
use esplens_supervisor::tracepoints::{
    self as traces, About, CollectAction, DEFAULT_SIZE, Find, SourceString, TraceFrame, TraceState,
};
use gdbstub::target::ext::tracepoints::{
    BufferShape, ExperimentExplanation as Explanation, ExperimentStatus as Status, FrameDescription,
    FrameRequest, NewTracepoint, SourceTracepoint, TraceBufferConfig, Tracepoint, TracepointAction,
    TracepointEnumerateState, TracepointEnumerateStep as Step, TracepointSource, TracepointSourceOps,
    TracepointSourceType, TracepointStatus, Tracepoints,
};
use gdbstub::target::{TargetError, TargetResult};
use std::sync::Arc;

/// Errno: too many tracepoints or actions.
const ENOMEM: u8 = 12;
/// Frame number for "none" (GDB's -1).
const NO_FRAME: u64 = 0xFFFF_FFFF;
/// Maximum number of trace buffer bytes in a packet.
const MAX_READ: usize = 0x4000;

/// Tracepoint state of a connection.
#[derive(Default)]
pub struct Tracing {
    /// The selected trace frame with its number; registers and memory are read from it.
    pub frame: Option<(u64, Arc<TraceFrame>)>,
    /// The tracepoint that receives actions: number and address.
    defining: (u32, u32),
    /// Tracepoints being listed for a client, and the position in the list.
    listed: (Vec<traces::Tracepoint>, usize),
    /// gdbstub's position in the list.
    enumerate: TracepointEnumerateState<u32>,
    /// Trace state variables still to be listed.
    variables: Vec<String>,
}

/// Converts gdbstub's tracepoint number.
fn number(tp: Tracepoint) -> u32 {
    u32::try_from(tp.0).unwrap_or(u32::MAX)
}

impl GdbTarget {
    /// Defines a tracepoint; its actions follow.
    fn begin_tracepoint(&mut self, point: traces::Tracepoint) -> TargetResult<(), Self> {
        self.tracing.defining = (point.number, point.addr);
        let done = self.ask(move |s| s.traces_mut().define(point))?;
        if done { Ok(()) } else { Err(TargetError::Errno(ENOMEM)) }
    }

    /// Adds an action to the tracepoint defined last.
    fn add_action(&mut self, action: CollectAction) -> TargetResult<(), Self> {
        let (number, addr) = self.tracing.defining;
        let done =
            self.ask(move |s| s.traces_mut().point(number, addr).is_some_and(|p| p.add_action(action)))?;
        if done { Ok(()) } else { Err(TargetError::Errno(ENOMEM)) }
    }

    /// Returns the item that follows the listed tracepoint's first `actions` actions and `sources` texts.
    fn listed_next(&self, actions: usize, sources: usize) -> Step<u32> {
        let (all, at) = &self.tracing.listed;
        match (all.get(*at), all.get(at + 1)) {
            (Some(p), _) if actions < p.actions.len() => Step::Action,
            (Some(p), _) if sources < p.sources.len() => Step::Source,
            (_, Some(next)) => Step::Next { tp: Tracepoint(next.number as usize), addr: next.addr },
            _ => Step::Done,
        }
    }

    fn listed(&self) -> TargetResult<&traces::Tracepoint, Self> {
        let (all, at) = &self.tracing.listed;
        all.get(*at).ok_or(TargetError::Errno(EINVAL))
    }
}

impl Tracepoints for GdbTarget {
    fn tracepoints_init(&mut self) -> TargetResult<(), Self> {
        self.tracing = Tracing::default();
        self.ask(|s| s.traces_mut().init())
    }

    fn tracepoint_create_begin(&mut self, tdp: NewTracepoint<u32>) -> TargetResult<(), Self> {
        let point = traces::Tracepoint::new(number(tdp.number), tdp.addr);
        self.begin_tracepoint(traces::Tracepoint {
            enabled: tdp.enabled,
            pass_count: tdp.pass_count,
            ..point
        })
    }

    fn tracepoint_create_continue(
        &mut self,
        _tp: Tracepoint,
        action: &TracepointAction<'_, u32>,
    ) -> TargetResult<(), Self> {
        self.add_action(match action {
            TracepointAction::Registers { mask } => CollectAction::Registers(mask.to_vec()),
            TracepointAction::Memory { basereg, offset, length } => CollectAction::Memory {
                base: basereg.and_then(|n| u16::try_from(n).ok()),
                offset: *offset,
                len: u32::try_from(*length).unwrap_or(u32::MAX),
            },
            TracepointAction::Expression { expr } => {
                let agent = Agent::new(expr.to_vec()).ok_or(TargetError::Errno(ENOMEM))?;
                CollectAction::Expression(Arc::new(agent))
            }
        })
    }

    fn tracepoint_create_complete(&mut self, _tp: Tracepoint) -> TargetResult<(), Self> {
        Ok(())
    }

    fn tracepoint_status(&self, tp: Tracepoint, addr: u32) -> TargetResult<TracepointStatus, Self> {
        let counts =
            self.ask(move |s| s.traces_mut().point(number(tp), addr).map_or((0, 0), |p| (p.hits, p.bytes)))?;
        Ok(TracepointStatus { hit_count: counts.0, bytes_used: counts.1 })
    }

    fn tracepoint_enumerate_state(&mut self) -> &mut TracepointEnumerateState<u32> {
        &mut self.tracing.enumerate
    }

    fn tracepoint_enumerate_start(
        &mut self,
        tp: Option<Tracepoint>,
        f: &mut dyn FnMut(&NewTracepoint<u32>),
    ) -> TargetResult<Step<u32>, Self> {
        // gdbstub queries by number, which several locations can share, so the list continues in its own order.
        match tp {
            None => self.tracing.listed = (self.ask(|s| s.traces().points().cloned().collect())?, 0),
            Some(_) => self.tracing.listed.1 += 1,
        }
        if let Ok(p) = self.listed() {
            f(&NewTracepoint {
                number: Tracepoint(p.number as usize),
                enabled: p.enabled,
                addr: p.addr,
                step_count: 0,
                pass_count: p.pass_count,
            });
        }
        Ok(self.listed_next(0, 0))
    }

    fn tracepoint_enumerate_action(
        &mut self,
        _tp: Tracepoint,
        step: u64,
        f: &mut dyn FnMut(&TracepointAction<'_, u32>),
    ) -> TargetResult<Step<u32>, Self> {
        let at = step as usize;
        match self.listed()?.actions.get(at).ok_or(TargetError::Errno(EINVAL))? {
            CollectAction::Registers(mask) => f(&TracepointAction::Registers { mask: mask.clone().into() }),
            CollectAction::Memory { base, offset, len } => f(&TracepointAction::Memory {
                basereg: base.map(u64::from),
                offset: *offset,
                length: u64::from(*len),
            }),
            CollectAction::Expression(a) => {
                f(&TracepointAction::Expression { expr: a.code().to_vec().into() })
            }
        }
        Ok(self.listed_next(at + 1, 0))
    }

    fn trace_buffer_configure(&mut self, config: TraceBufferConfig) -> TargetResult<(), Self> {
        let done = self.ask(move |s| {
            let buffer = &mut s.traces_mut().buffer;
            match config {
                TraceBufferConfig::Shape(shape) => {
                    buffer.circular = matches!(shape, BufferShape::Circular);
                    true
                }
                TraceBufferConfig::Size(size) => buffer.resize(size.unwrap_or(DEFAULT_SIZE as u64)),
            }
        })?;
        if done { Ok(()) } else { Err(TargetError::Errno(ENOMEM)) }
    }

    fn trace_buffer_request(
        &mut self,
        offset: u64,
        len: usize,
        f: &mut dyn FnMut(&mut [u8]),
    ) -> TargetResult<(), Self> {
        let mut bytes = self.ask(move |s| s.traces().buffer.read(offset, len.min(MAX_READ)))?;
        if !bytes.is_empty() {
            f(&mut bytes);
        }
        Ok(())
    }

    fn trace_experiment_status(&self, report: &mut dyn FnMut(Status<'_>)) -> TargetResult<(), Self> {
        let (state, note) = self.ask(|s| (s.traces().state().clone(), s.traces().notes.stop.clone()))?;
        report(match &state {
            TraceState::NotRun => Status::NotRun,
            TraceState::Running => Status::Running,
            // Without a text, even an empty one, GDB's tsave dereferences a null pointer.
            TraceState::Stopped => Status::Stop(Some(&note)),
            TraceState::Full => Status::Full,
            TraceState::Left => Status::Disconnected,
            TraceState::PassCount(n) => Status::PassCount(Tracepoint(*n as usize)),
            TraceState::Error(error, n) => {
                report(Status::Error(error.to_string().as_bytes(), Tracepoint(*n as usize)));
                return Ok(());
            }
        });
        Ok(())
    }

    fn trace_experiment_info(&self, report: &mut dyn FnMut(Explanation<'_>)) -> TargetResult<(), Self> {
        let (facts, texts) = self.ask(|s| {
            let t = s.traces();
            let facts = [
                Explanation::Frames(t.buffer.len()),
                Explanation::Created(t.buffer.created() as usize),
                Explanation::Size(t.buffer.size()),
                Explanation::Free(t.buffer.free()),
                Explanation::Circular(t.buffer.circular),
                Explanation::DisconnectedTracing(t.disconnected),
            ];
            let us = |ticks| ticks / TICKS_PER_US;
            let mut texts = vec![format!("starttime:{:x};stoptime:{:x}", us(t.times().0), us(t.times().1))];
            for (key, text) in [("username", &t.notes.user), ("notes", &t.notes.notes)] {
                if !text.is_empty() {
                    texts.push(format!("{key}:{}", super::frame::to_hex(text)));
                }
            }
            (facts, texts)
        })?;
        facts.into_iter().for_each(&mut *report);
        texts.iter().for_each(|t| report(Explanation::Other(t)));
        Ok(())
    }

    fn trace_experiment_start(&mut self) -> TargetResult<(), Self> {
        let by = self.handle.client().clone();
        self.tracing.frame = None;
        self.ask(move |s| {
            let now = s.machine().now();
            s.traces_mut().start(now, &by);
        })
    }

    fn trace_experiment_stop(&mut self) -> TargetResult<(), Self> {
        self.ask(|s| {
            let now = s.machine().now();
            s.traces_mut().stop(now);
        })
    }

    fn select_frame(
        &mut self,
        frame: FrameRequest<u32>,
        report: &mut dyn FnMut(FrameDescription),
    ) -> TargetResult<(), Self> {
        let what = match frame {
            FrameRequest::Select(NO_FRAME) => {
                self.tracing.frame = None;
                return Ok(());
            }
            FrameRequest::Select(n) => Find::Number(n),
            FrameRequest::Hit(tp) => Find::Tracepoint(number(tp)),
            FrameRequest::AtPC(pc) => Find::Inside(pc..=pc),
            FrameRequest::Between(first, last) => Find::Inside(first..=last),
            FrameRequest::Outside(first, last) => Find::Outside(first..=last),
        };
        let after = self.tracing.frame.as_ref().map(|(n, _)| *n);
        if let Some((n, frame)) = self.ask(move |s| s.traces().buffer.find(&what, after))? {
            report(FrameDescription::FrameNumber(n));
            report(FrameDescription::Hit(Tracepoint(frame.tracepoint as usize)));
            self.tracing.frame = Some((n, frame));
        }
        Ok(())
    }

    fn support_tracepoint_source(&mut self) -> Option<TracepointSourceOps<'_, Self>> {
        Some(self)
    }
}

impl TracepointSource for GdbTarget {
    fn tracepoint_attach_source(&mut self, src: SourceTracepoint<'_, u32>) -> TargetResult<(), Self> {
        let (number, addr) = (number(src.number), src.addr);
        let about = match src.kind {
            TracepointSourceType::At => About::Place,
            TracepointSourceType::Cond => About::Condition,
            TracepointSourceType::Cmd => About::Command,
        };
        let source = SourceString { about, start: src.start, total: src.slen, text: src.bytes.to_vec() };
        let done =
            self.ask(move |s| s.traces_mut().point(number, addr).is_some_and(|p| p.add_source(source)))?;
        if done { Ok(()) } else { Err(TargetError::Errno(ENOMEM)) }
    }

    fn tracepoint_enumerate_source(
        &mut self,
        _tp: Tracepoint,
        step: u64,
        f: &mut dyn FnMut(&SourceTracepoint<'_, u32>),
    ) -> TargetResult<Step<u32>, Self> {
        let at = step as usize;
        let point = self.listed()?;
        let source = point.sources.get(at).ok_or(TargetError::Errno(EINVAL))?;
        f(&SourceTracepoint {
            number: Tracepoint(point.number as usize),
            addr: point.addr,
            kind: match source.about {
                About::Place => TracepointSourceType::At,
                About::Condition => TracepointSourceType::Cond,
                About::Command => TracepointSourceType::Cmd,
            },
            start: source.start,
            slen: source.total,
            bytes: source.text.clone().into(),
        });
        Ok(self.listed_next(usize::MAX, at + 1))
    }
}
