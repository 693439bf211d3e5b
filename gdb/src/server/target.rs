//! gdbstub's view of the machine: registers, memory, running.

use super::flash::{Load, Loaded};
use super::host_io::Files;
use super::points::Points;
use super::resume::Awaited;
use super::reverse::Chosen;
use super::threads::{Asking, Line, View, core_tid};
use super::tracepoints::{self, Tracing};
use super::xtensa::{GRegisters, Number, Xtensa, table};
use crate::monitor;
use crate::supervisor::{Console, Gone, Handle, Session, Stopped};
use gdbstub::common::Tid;
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
use gdbstub::target::ext::tracepoints::TracepointsOps;
use gdbstub::target::{Target, TargetError, TargetResult};
use std::ops::Range;

/// The machine as one GDB connection sees it.
pub struct Guest {
    /// The way to the machine.
    pub handle: Handle,
    /// This connection's points.
    pub points: Points,
    /// The thread that the vCont packet steps, and the addresses it may step through.
    pub(super) step: Option<(Tid, Range<u32>)>,
    /// Threads that the vCont packet names, to be told from those that scheduler locking holds.
    pub(super) named: Vec<Tid>,
    pub(super) locked: bool,
    /// The thread that steps since the last resume.
    pub(super) stepped: Option<(Tid, Range<u32>)>,
    /// A step of a task that waits for its turn.
    pub(super) awaited: Option<Awaited>,
    /// Tasks or cores, and whose kernel.
    pub(super) view: View,
    /// The questions about symbols under way.
    pub asking: Asking,
    /// The threads that its packets are about.
    pub(super) chosen: Chosen,
    /// The stop that a resume came back with at once.
    pub stopped: Option<Stopped>,
    /// Number of the last stop before the resume.
    pub resumed_after: u64,
    /// What it wrote: perhaps a `load`.
    pub load: Load,
    /// What its last `load` put into flash.
    pub loaded: Loaded,
    /// What its user is to hear at the next opportunity: GDB takes console output only while it waits for the machine
    /// or for a monitor command.
    pub(super) remarks: Vec<String>,
    /// What it has open of the host's files.
    pub files: Files,
    /// It said `target extended-remote`.
    pub extended: bool,
    /// Whether there is a program for it.
    pub program: Program,
    /// What it does with tracepoints.
    pub(super) tracing: Tracing,
    /// Where its breakpoints say what they have to say.
    pub console: Console,
}

/// The program as a client of `target extended-remote` knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// It runs or stands still.
    There,
    /// Killed: the chip is held in reset until the client runs or attaches again.
    Killed,
    /// Detached: the machine is no matter of this client until it runs or attaches again.
    Detached,
}

/// Most lines kept for the user of a client that never listens, and the characters of each.
const MAX_REMARKS: usize = 8;
const MAX_REMARK: usize = 500;

/// Errno values, as GDB shows them.
const EIO: u8 = 5;
pub const EFAULT: u8 = 14;
pub const EINVAL: u8 = 22;
/// A trace frame is the past.
const EROFS: u8 = 30;

impl Guest {
    /// For one connection.
    pub fn new(handle: Handle, console: Console) -> Self {
        Self {
            handle,
            points: Points::default(),
            step: None,
            named: Vec::new(),
            locked: false,
            stepped: None,
            awaited: None,
            view: View::default(),
            asking: Asking::default(),
            chosen: Chosen::default(),
            stopped: None,
            resumed_after: 0,
            load: Load::default(),
            loaded: Loaded::default(),
            remarks: Vec::new(),
            files: Files::default(),
            extended: false,
            program: Program::There,
            tracing: Tracing::default(),
            console,
        }
    }

    /// Keeps a line for the client's user, as long as there are few.
    pub(super) fn remark(&mut self, text: &str) {
        if self.remarks.len() < MAX_REMARKS {
            self.remarks.push(text.chars().take(MAX_REMARK).collect());
        }
    }

    /// Asks the machine; a machine that is gone is an I/O error.
    pub fn ask<R: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Session) -> R + Send + 'static,
    ) -> TargetResult<R, Self> {
        self.handle.call(f).map_err(|Gone| TargetError::Errno(EIO))
    }

    /// An error while a trace frame is selected.
    fn live(&self) -> TargetResult<(), Self> {
        if self.frame().is_some() { Err(TargetError::Errno(EROFS)) } else { Ok(()) }
    }

    /// How threads look to this connection now.
    pub fn view(&self) -> View {
        View { rtos: self.handle.rtos(), ..self.view.clone() }
    }

    /// All threads, also those that only the client still knows.
    pub(super) fn lines(&mut self) -> Result<Vec<Line>, Gone> {
        if self.program != Program::There {
            return Ok(Vec::new());
        }
        let view = self.view();
        let lines = self.handle.call(move |s| view.list(s.machine()))?;
        Ok(self.view.standing.complete(lines))
    }

    /// Takes note of a packet that may select a thread.
    pub(super) fn standing(&mut self, body: &[u8]) {
        self.view.standing.note(body);
    }

    /// A stop on `core` is reported: the client stands at the thread that the core runs.
    pub(super) fn stands_at(&mut self, core: usize) -> Result<(), Gone> {
        let tid = self.thread_of(core)?;
        self.view.standing.stopped(tid, core);
        Ok(())
    }

    /// The client has detached and keeps the connection: nothing of the program is its own any more.
    pub(super) fn let_go(&mut self) {
        self.program = Program::Detached;
        self.points = Points::default();
        self.view.standing = Default::default();
        (self.step, self.stepped, self.awaited, self.stopped) = Default::default();
        (self.load, self.loaded) = Default::default();
        self.tracing.frame = None;
    }

    /// From now on tasks are threads, but the client knows those that run now by their cores.
    pub fn keep_threads(&mut self) {
        let view = self.view();
        let kept = self.handle.call(move |s| std::array::from_fn(|core| view.task_on(s.machine(), core)));
        self.view.kept = kept.unwrap_or_default();
    }

    /// The thread that a core runs.
    pub fn thread_of(&self, core: usize) -> Result<Tid, Gone> {
        let view = self.view();
        if !view.has_tasks() {
            return Ok(core_tid(core));
        }
        self.handle.call(move |s| view.on_core(s.machine(), core))
    }
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

    fn support_tracepoints(&mut self) -> Option<TracepointsOps<'_, Self>> {
        Some(self)
    }
}

impl mt::MultiThreadBase for Guest {
    fn read_registers(&mut self, regs: &mut GRegisters, tid: Tid) -> TargetResult<(), Self> {
        if let Some(frame) = self.frame() {
            tracepoints::registers(&frame, regs);
            return Ok(());
        }
        let view = self.view();
        let values = self.ask(move |s| view.read(s.machine(), tid, 0..table::IN_G))?;
        let values = values.ok_or(TargetError::Errno(EINVAL))?;
        regs.0.iter_mut().zip(values).for_each(|(reg, value)| *reg = value as u32);
        Ok(())
    }

    fn write_registers(&mut self, regs: &GRegisters, tid: Tid) -> TargetResult<(), Self> {
        self.live()?;
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
        if let Some(frame) = self.frame() {
            return self.frame_memory(&frame, addr, data);
        }
        let (view, len) = (self.view(), data.len());
        if let Some(bytes) = self.loaded(addr, len) {
            data[..bytes.len()].copy_from_slice(&bytes);
            return Ok(bytes.len());
        }
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
        self.live()?;
        self.load.ram(addr, data);
        let (view, bytes, len) = (self.view(), data.to_vec(), data.len());
        let done = self.ask(move |s| {
            let core = view.eyes(s.machine(), tid);
            s.machine_mut().write_memory(core, addr, &bytes)
        })?;
        if done < len { Err(TargetError::Errno(EFAULT)) } else { Ok(()) }
    }

    fn list_active_threads(&mut self, thread_is_active: &mut dyn FnMut(Tid)) -> Result<(), Gone> {
        self.lines()?.into_iter().for_each(|line| thread_is_active(line.tid));
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
        // A register that cannot be read is zero: an error would make GDB give up on all of them.
        let value = if let Some(frame) = self.frame() {
            frame.register(reg.0)
        } else {
            let view = self.view();
            let read = self.ask(move |s| view.read(s.machine(), tid, std::iter::once(reg.0)))?;
            read.and_then(|v| v.first().copied())
        };
        let value = value.ok_or(TargetError::Errno(EINVAL))?;
        let n = buf.len().min(8);
        buf[..n].copy_from_slice(&value.to_le_bytes()[..n]);
        Ok(n)
    }

    fn write_register(&mut self, tid: Tid, reg: Number, val: &[u8]) -> TargetResult<(), Self> {
        self.live()?;
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

impl From<Gone> for TargetError<Gone> {
    fn from(_: Gone) -> Self {
        TargetError::Errno(EIO)
    }
}

impl MonitorCmd for Guest {
    fn handle_monitor_cmd(&mut self, cmd: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Gone> {
        std::mem::take(&mut self.remarks).iter().for_each(|r| out.write_raw(format!("{r}\n").as_bytes()));
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
        let line = self.view.standing.clone().complete(lines).into_iter().find(|l| l.tid == tid);
        let text = line.map_or(String::new(), |l| match l.state.as_str() {
            "" => l.name,
            state => format!("{} ({state})", l.name),
        });
        let n = text.len().min(buf.len());
        buf[..n].copy_from_slice(&text.as_bytes()[..n]);
        Ok(n)
    }
}
