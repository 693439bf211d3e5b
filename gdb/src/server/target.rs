//! gdbstub's view of the machine: registers, memory, running.

use super::flash::Load;
use super::host_io::Files;
use super::points::Points;
use super::threads::{Asking, Place, View};
use super::xtensa::{GRegisters, Number, Xtensa, table};
use crate::monitor;
use crate::supervisor::{Gone, Handle, Point, PointId, PointKind, Session, Stopped};
use esplens_core::memory::CORES;
use esplens_soc::machine::{Plan, Step};
use gdbstub::common::{Signal, Tid};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread as mt;
use gdbstub::target::ext::base::single_register_access::{SingleRegisterAccess, SingleRegisterAccessOps};
use gdbstub::target::ext::breakpoints::BreakpointsOps;
use gdbstub::target::ext::exec_file::ExecFileOps;
use gdbstub::target::ext::extended_mode::ExtendedModeOps;
use gdbstub::target::ext::flash::FlashOps;
use gdbstub::target::ext::host_io::HostIoOps;
use gdbstub::target::ext::memory_map::{MemoryMap, MemoryMapOps};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::ext::thread_extra_info::{ThreadExtraInfo, ThreadExtraInfoOps};
use gdbstub::target::{Target, TargetError, TargetResult};
use std::ops::Range;

/// The machine as one GDB connection sees it.
pub struct Guest {
    /// The way to the machine.
    pub handle: Handle,
    /// This connection's points.
    pub points: Points,
    /// The thread that the vCont packet steps, and the addresses it may step through.
    step: Option<(Tid, Range<u32>)>,
    /// Threads that the vCont packet names, to be told from those that scheduler locking holds.
    named: Vec<Tid>,
    locked: bool,
    /// A step of a task that waits for its turn.
    awaited: Option<Awaited>,
    /// Tasks or cores, and whose kernel.
    view: View,
    /// The questions about symbols under way.
    pub asking: Asking,
    /// The stop that a resume came back with at once.
    pub stopped: Option<Stopped>,
    /// Number of the last stop before the resume.
    pub resumed_after: u64,
    /// The client resumed the machine at least once.
    pub resumed: bool,
    /// What it wrote: perhaps a `load`.
    pub load: Load,
    /// What it has open of the host's files.
    pub files: Files,
    /// It said `target extended-remote`.
    pub extended: bool,
}

/// A task is to be stepped once it gets a core.
struct Awaited {
    point: PointId,
    tid: Tid,
    range: Range<u32>,
}

/// Errno values, as GDB shows them.
const EIO: u8 = 5;
const EFAULT: u8 = 14;
pub const EINVAL: u8 = 22;

impl Guest {
    /// For one connection.
    pub fn new(handle: Handle) -> Self {
        Self {
            handle,
            points: Points::default(),
            step: None,
            named: Vec::new(),
            locked: false,
            awaited: None,
            view: View::default(),
            asking: Asking::default(),
            stopped: None,
            resumed_after: 0,
            resumed: false,
            load: Load::default(),
            files: Files::default(),
            extended: false,
        }
    }

    /// Asks the machine; a machine that is gone is an I/O error.
    pub fn ask<R: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Session) -> R + Send + 'static,
    ) -> TargetResult<R, Self> {
        self.handle.call(f).map_err(|Gone| TargetError::Errno(EIO))
    }

    /// How threads look to this connection now.
    pub fn view(&self) -> View {
        View { rtos: self.handle.rtos(), ..self.view.clone() }
    }

    /// The thread that a core runs.
    pub fn thread_of(&self, core: usize) -> Result<Tid, Gone> {
        let view = self.view();
        self.handle.call(move |s| view.on_core(s.machine(), core))
    }

    /// `monitor threads cores|tasks`: what threads are, for this connection.
    fn threads_command(&mut self, line: &str) -> Option<String> {
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
            Some("tasks") => "no FreeRTOS is known: no symbols name one\n".into(),
            None if known && !self.view.cores => "tasks\n".into(),
            None => "cores\n".into(),
            Some(other) => format!("threads: {other:?} is neither cores nor tasks\n"),
        })
    }

    /// The stop that a waiting step was for: steps on. True when the client is not to hear of it; a stop that the step
    /// comes back with at once is in [`Guest::stopped`].
    pub fn go_on(&mut self, stopped: &Stopped) -> Result<bool, Gone> {
        let Some(awaited) = self.awaited.take() else { return Ok(false) };
        let (view, by, core) = (self.view(), self.handle.client().clone(), stopped.core);
        let here = stopped.why == crate::supervisor::Why::Breakpoint;
        let Awaited { point, tid, range } = awaited;
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

/// What a resume became.
struct Resumed {
    before: u64,
    stopped: Option<Stopped>,
    awaited: Option<PointId>,
}

/// Carries out a vCont packet.
fn resume(
    s: &mut Session,
    view: &View,
    step: Option<(Tid, Range<u32>)>,
    named: Option<&[Tid]>,
    by: &crate::supervisor::Client,
) -> Resumed {
    let mut plan = Plan::default();
    if let Some(named) = named {
        let on = std::array::from_fn(|core| {
            named.iter().any(|tid| view.place(s.machine(), *tid) == Some(Place::Core(core)))
        });
        // A stopped task alone cannot run: it needs the others to make room.
        plan.frozen = if on == [false; CORES] { on } else { on.map(|named| !named) };
    }
    let mut awaited = None;
    if let Some((tid, range)) = step {
        match view.place(s.machine(), tid) {
            Some(Place::Core(core)) => plan.step = Some(Step { core, range, irq: s.step_irq() }),
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

impl Target for Guest {
    type Arch = Xtensa;
    type Error = Gone;

    fn base_ops(&mut self) -> BaseOps<'_, Xtensa, Gone> {
        BaseOps::MultiThread(self)
    }

    // Run-length encoding costs more than it saves on a local socket.
    fn use_rle(&self) -> bool {
        false
    }

    // There are no processes to fork.
    fn use_fork_stop_reason(&self) -> bool {
        false
    }

    fn use_vfork_stop_reason(&self) -> bool {
        false
    }

    fn use_vforkdone_stop_reason(&self) -> bool {
        false
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }

    fn support_extended_mode(&mut self) -> Option<ExtendedModeOps<'_, Self>> {
        Some(self)
    }

    fn support_host_io(&mut self) -> Option<HostIoOps<'_, Self>> {
        Some(self)
    }

    fn support_exec_file(&mut self) -> Option<ExecFileOps<'_, Self>> {
        Some(self)
    }

    fn support_flash_operations(&mut self) -> Option<FlashOps<'_, Self>> {
        Some(self)
    }

    fn support_memory_map(&mut self) -> Option<MemoryMapOps<'_, Self>> {
        Some(self)
    }
}

impl mt::MultiThreadBase for Guest {
    fn read_registers(&mut self, regs: &mut GRegisters, tid: Tid) -> TargetResult<(), Self> {
        let view = self.view();
        let values = self.ask(move |s| view.read(s.machine(), tid, 0..table::IN_G))?;
        let values = values.ok_or(TargetError::Errno(EINVAL))?;
        regs.0.iter_mut().zip(values).for_each(|(reg, value)| *reg = value as u32);
        Ok(())
    }

    fn write_registers(&mut self, regs: &GRegisters, tid: Tid) -> TargetResult<(), Self> {
        let (view, values) = (self.view(), regs.0);
        self.ask(move |s| {
            let Some(old) = view.read(s.machine(), tid, 0..table::IN_G) else { return };
            for (n, (value, old)) in values.into_iter().zip(old).enumerate() {
                // Only what changed: a write may have more effects than its value.
                if old != u64::from(value) {
                    view.write(s, tid, n, value.into());
                }
            }
        })
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, Tid, Self>> {
        Some(self)
    }

    fn read_addrs(&mut self, addr: u32, data: &mut [u8], tid: Tid) -> TargetResult<usize, Self> {
        let (view, len) = (self.view(), data.len());
        let bytes = self.ask(move |s| {
            let mut bytes = vec![0; len];
            let n = s.machine().peek(view.eyes(s.machine(), tid), addr, &mut bytes);
            bytes.truncate(n);
            bytes
        })?;
        if bytes.is_empty() && len > 0 {
            return Err(TargetError::Errno(EFAULT));
        }
        data[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn write_addrs(&mut self, addr: u32, data: &[u8], tid: Tid) -> TargetResult<(), Self> {
        self.load.ram(addr, data);
        let (view, bytes, len) = (self.view(), data.to_vec(), data.len());
        let done = self.ask(move |s| {
            let core = view.eyes(s.machine(), tid);
            s.machine_mut().write_memory(core, addr, &bytes)
        })?;
        if done < len { Err(TargetError::Errno(EFAULT)) } else { Ok(()) }
    }

    fn list_active_threads(&mut self, thread_is_active: &mut dyn FnMut(Tid)) -> Result<(), Gone> {
        let view = self.view();
        let lines = self.handle.call(move |s| view.list(s.machine()))?;
        lines.into_iter().for_each(|line| thread_is_active(line.tid));
        Ok(())
    }

    fn support_resume(&mut self) -> Option<mt::MultiThreadResumeOps<'_, Self>> {
        Some(self)
    }

    fn support_thread_extra_info(&mut self) -> Option<ThreadExtraInfoOps<'_, Self>> {
        Some(self)
    }
}

impl SingleRegisterAccess<Tid> for Guest {
    fn read_register(&mut self, tid: Tid, reg: Number, buf: &mut [u8]) -> TargetResult<usize, Self> {
        if reg.0 >= table::COUNT {
            return Err(TargetError::Errno(EINVAL));
        }
        let view = self.view();
        // A register that cannot be read is zero: an error would make GDB give up on all of them.
        let value = self.ask(move |s| view.read(s.machine(), tid, std::iter::once(reg.0)))?;
        let value = value.and_then(|v| v.first().copied()).ok_or(TargetError::Errno(EINVAL))?;
        let n = buf.len().min(8);
        buf[..n].copy_from_slice(&value.to_le_bytes()[..n]);
        Ok(n)
    }

    fn write_register(&mut self, tid: Tid, reg: Number, val: &[u8]) -> TargetResult<(), Self> {
        let mut bytes = [0; 8];
        let n = val.len().min(8);
        bytes[..n].copy_from_slice(&val[..n]);
        let value = u64::from_le_bytes(bytes);
        if reg.0 == table::PC && self.take_entry(value as u32)? {
            return Ok(());
        }
        let view = self.view();
        let done = self.ask(move |s| view.write(s, tid, reg.0, value))?;
        if done { Ok(()) } else { Err(TargetError::Errno(EINVAL)) }
    }
}

impl mt::MultiThreadResume for Guest {
    fn resume(&mut self) -> Result<(), Gone> {
        self.load = Load::default();
        let (view, by) = (self.view(), self.handle.client().clone());
        let (step, named) = (self.step.take(), self.locked.then(|| std::mem::take(&mut self.named)));
        let awaits = step.clone();
        let resumed = self.handle.call(move |s| resume(s, &view, step, named.as_deref(), &by))?;
        self.awaited = resumed.awaited.zip(awaits).map(|(point, (tid, range))| Awaited { point, tid, range });
        self.resumed_after = resumed.before;
        self.resumed = true;
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

    fn support_scheduler_locking(&mut self) -> Option<mt::MultiThreadSchedulerLockingOps<'_, Self>> {
        Some(self)
    }
}

impl mt::MultiThreadSingleStep for Guest {
    fn set_resume_action_step(&mut self, tid: Tid, _signal: Option<Signal>) -> Result<(), Gone> {
        mt::MultiThreadRangeStepping::set_resume_action_range_step(self, tid, 0, 0)
    }
}

impl mt::MultiThreadRangeStepping for Guest {
    fn set_resume_action_range_step(&mut self, tid: Tid, start: u32, end: u32) -> Result<(), Gone> {
        self.named.push(tid);
        // Two threads that step at once: the first named one decides when the stop is.
        self.step.get_or_insert((tid, start..end));
        Ok(())
    }
}

impl mt::MultiThreadSchedulerLocking for Guest {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), Gone> {
        self.locked = true;
        Ok(())
    }
}

impl From<Gone> for TargetError<Gone> {
    fn from(_: Gone) -> Self {
        TargetError::Errno(EIO)
    }
}

impl MonitorCmd for Guest {
    fn handle_monitor_cmd(&mut self, cmd: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Gone> {
        let line = String::from_utf8_lossy(cmd).into_owned();
        let said = self.threads_command(&line).unwrap_or_else(|| monitor::run(&self.handle, &line));
        out.write_raw(said.as_bytes());
        Ok(())
    }
}

impl MemoryMap for Guest {
    fn memory_map_xml(&self, offset: u64, length: usize, buf: &mut [u8]) -> TargetResult<usize, Self> {
        Ok(super::extra::window(super::map::xml().as_bytes(), offset, length, buf))
    }
}

impl ThreadExtraInfo for Guest {
    fn thread_extra_info(&self, tid: Tid, buf: &mut [u8]) -> Result<usize, Gone> {
        let view = self.view();
        let lines = self.handle.call(move |s| view.list(s.machine()))?;
        let line = lines.into_iter().find(|l| l.tid == tid);
        let text = line.map_or(String::new(), |l| match l.state.as_str() {
            "" => l.name,
            state => format!("{} ({state})", l.name),
        });
        let n = text.len().min(buf.len());
        buf[..n].copy_from_slice(&text.as_bytes()[..n]);
        Ok(n)
    }
}
