//! Resuming the machine: continuing, stepping a core or a task, and steps that wait until a task is scheduled.

use super::target::GdbTarget;
use super::threads::{ThreadState, ThreadView};
use esplens_core::memory::CORES;
use esplens_soc::machine::{Plan, Step};
use esplens_supervisor::{Client, Gone, Point, PointId, PointKind, Session, Stopped, Why};
use gdbstub::common::{Signal, Tid};
use gdbstub::target::ext::base::multithread as mt;
use gdbstub::target::ext::base::reverse_exec::{ReverseContOps, ReverseStepOps};
use std::ops::Range;

/// A pending step of a task that is not running.
pub struct Awaited {
    point: PointId,
    tid: Tid,
    range: Range<u32>,
}

impl GdbTarget {
    /// Handles `monitor threads cores|tasks`, which selects the kind of threads for this connection.
    pub(super) fn threads_command(&mut self, line: &str) -> Option<String> {
        let mut words = line.split_whitespace();
        if words.next() != Some("threads") {
            return None;
        }
        let known = self.handle.rtos().is_some();
        Some(match words.next() {
            Some("cores") => {
                self.view.cores = true;
                "threads are the cores\n".into()
            }
            Some("tasks") if known => {
                self.view.cores = false;
                "threads are tasks once the scheduler runs\n".into()
            }
            Some("tasks") => "no FreeRTOS is known: there are no symbols for it\n".into(),
            None if known && !self.view.cores => "tasks\n".into(),
            None => "cores\n".into(),
            Some(other) => format!("threads: {other:?} is neither cores nor tasks\n"),
        })
    }

    /// Continues a pending task step, or a step that ended in another task. Returns true if the stop must not be
    /// reported; a further stop that follows at once is stored in [`GdbTarget::stopped`].
    pub fn continue_task_step(&mut self, stopped: &Stopped) -> Result<bool, Gone> {
        match self.awaited.take() {
            Some(awaited) => self.step_awaited(awaited, stopped),
            None if stopped.why.is_step() => self.step_back(stopped.core),
            None => Ok(false),
        }
    }

    /// Continues a step that ended in another task until its own task is scheduled again. If the core stepped into its
    /// first task, that task keeps the core's thread ID instead.
    fn step_back(&mut self, core: usize) -> Result<bool, Gone> {
        let Some((tid, range)) = self.stepped.take() else { return Ok(false) };
        let (view, by) = (self.view(), self.handle.client().clone());
        if !view.has_tasks() {
            return Ok(false);
        }
        let first = view.kept.get(tid.get() - 1).is_some_and(Option::is_none);
        let now = self.handle.call(move |s| {
            let m = s.machine();
            let task = view.task_on(m, core).filter(|_| view.on_core(m, core) != tid)?;
            let comes_back = view.resumes_at(m, tid).is_some() && view.condition(m, tid).is_some();
            let resumed =
                (!first && comes_back).then(|| resume(s, &view, Some((tid, range.clone())), None, &by));
            Some((task, resumed.and_then(|r| Some((r.before, r.stopped, r.awaited?, range)))))
        })?;
        match now {
            Some((_, Some((before, stopped, point, range)))) => {
                self.awaited = Some(Awaited { point, tid, range });
                (self.resumed_after, self.stopped) = (before, stopped);
                Ok(true)
            }
            Some((task, None)) if first => {
                self.view.kept[core] = Some(task);
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn step_awaited(&mut self, awaited: Awaited, stopped: &Stopped) -> Result<bool, Gone> {
        let (view, by, core) = (self.view(), self.handle.client().clone(), stopped.core);
        let here = stopped.why == Why::Breakpoint;
        let Awaited { point, tid, range } = awaited;
        self.stepped = Some((tid, range.clone()));
        let next = self.handle.call(move |s| {
            s.remove_point(point);
            if !here || view.on_core(s.machine(), core) != tid {
                return None;
            }
            let step = Some(Step { core, range, irq: s.step_irq() });
            let before = s.stop_number();
            Some((before, s.resume(&Plan { frozen: [false; CORES], step }, &by)))
        })?;
        let Some((number, stop)) = next else { return Ok(false) };
        self.resumed_after = number;
        self.stopped = stop;
        Ok(true)
    }
}

/// Result of resuming.
struct Resumed {
    before: u64,
    stopped: Option<Stopped>,
    awaited: Option<PointId>,
}

/// Executes a vCont packet.
fn resume(
    s: &mut Session,
    view: &ThreadView,
    step: Option<(Tid, Range<u32>)>,
    named: Option<&[Tid]>,
    by: &Client,
) -> Resumed {
    let mut plan = Plan::default();
    if let Some(named) = named {
        let on = std::array::from_fn(|core| {
            named.iter().any(|tid| view.place(s.machine(), *tid) == Some(ThreadState::Core(core)))
        });
        // A task that is not running cannot run alone: the other tasks must yield first.
        plan.frozen = if on == [false; CORES] { on } else { on.map(|named| !named) };
    }
    let mut awaited = None;
    if let Some((tid, range)) = step {
        match view.place(s.machine(), tid) {
            Some(ThreadState::Core(core)) => plan.step = Some(Step { core, range, irq: s.step_irq() }),
            _ => {
                let at = view.resumes_at(s.machine(), tid).zip(view.condition(s.machine(), tid));
                awaited = at.and_then(|(pc, condition)| {
                    s.insert_point(Point::new(PointKind::Break, pc, 1, by).when(Some(condition)))
                });
            }
        }
    }
    let before = s.stop_number();
    let stopped = s.resume(&plan, by);
    Resumed { before, stopped, awaited }
}

impl mt::MultiThreadResume for GdbTarget {
    fn resume(&mut self) -> Result<(), Gone> {
        let (view, by) = (self.view(), self.handle.client().clone());
        (self.load, self.loaded) = Default::default();
        self.tracing.frame = None;
        let (step, named) = (self.step.take(), self.locked.then(|| std::mem::take(&mut self.named)));
        let awaits = step.clone();
        self.stepped = step.clone();
        let resumed = self.handle.call(move |s| resume(s, &view, step, named.as_deref(), &by))?;
        self.awaited = resumed.awaited.zip(awaits).map(|(point, (tid, range))| Awaited { point, tid, range });
        self.resumed_after = resumed.before;
        self.stopped = resumed.stopped;
        Ok(())
    }

    fn clear_resume_actions(&mut self) -> Result<(), Gone> {
        self.step = None;
        self.named.clear();
        self.locked = false;
        Ok(())
    }

    fn set_resume_action_continue(&mut self, tid: Tid, _signal: Option<Signal>) -> Result<(), Gone> {
        self.named.push(tid);
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<mt::MultiThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_range_step(&mut self) -> Option<mt::MultiThreadRangeSteppingOps<'_, Self>> {
        Some(self)
    }

    fn support_reverse_cont(&mut self) -> Option<ReverseContOps<'_, Tid, Self>> {
        Some(self)
    }

    fn support_reverse_step(&mut self) -> Option<ReverseStepOps<'_, Tid, Self>> {
        Some(self)
    }

    fn support_scheduler_locking(&mut self) -> Option<mt::MultiThreadSchedulerLockingOps<'_, Self>> {
        Some(self)
    }
}

impl mt::MultiThreadSingleStep for GdbTarget {
    fn set_resume_action_step(&mut self, tid: Tid, _signal: Option<Signal>) -> Result<(), Gone> {
        mt::MultiThreadRangeStepping::set_resume_action_range_step(self, tid, 0, 0)
    }
}

impl mt::MultiThreadRangeStepping for GdbTarget {
    fn set_resume_action_range_step(&mut self, tid: Tid, start: u32, end: u32) -> Result<(), Gone> {
        self.named.push(tid);
        // If two threads step at the same time, the step of the first one determines the stop.
        self.step.get_or_insert((tid, start..end));
        Ok(())
    }
}

impl mt::MultiThreadSchedulerLocking for GdbTarget {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), Gone> {
        self.locked = true;
        Ok(())
    }
}
