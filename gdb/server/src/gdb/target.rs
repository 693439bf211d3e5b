//! gdbstub's target: registers, memory, execution.

use super::flash::{LoadState, Loaded};
use super::host_io::OpenFiles;
use super::points::GdbPoints;
use super::resume::Awaited;
use super::reverse::Chosen;
use super::threads::{Asking, ThreadLine, ThreadView, core_tid};
use super::tracepoints::{self, Tracing};
use super::xtensa::{GRegisters, RegNumber, Xtensa, table};
use esplens_supervisor::{Console, Gone, Handle, Session, Stopped};
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

/// Executes a line of the monitor for a client and returns its output.
pub type RunCommand = fn(&Handle, &str) -> String;

/// The machine as seen by one GDB connection.
pub struct GdbTarget {
    /// Handle to the machine.
    pub handle: Handle,
    /// This connection's points.
    pub points: GdbPoints,
    /// The thread stepped by the vCont packet and its address range.
    pub(super) step: Option<(Tid, Range<u32>)>,
    /// Threads named by the vCont packet; with scheduler locking the others do not run.
    pub(super) named: Vec<Tid>,
    pub(super) locked: bool,
    /// The thread stepped since the last resume.
    pub(super) stepped: Option<(Tid, Range<u32>)>,
    /// A pending step of a task that is not running.
    pub(super) awaited: Option<Awaited>,
    /// The kind of threads, and the kernel.
    pub(super) view: ThreadView,
    /// Symbol lookups in progress.
    pub asking: Asking,
    /// The threads selected by the client.
    pub(super) chosen: Chosen,
    /// A stop that a resume returned at once.
    pub stopped: Option<Stopped>,
    /// Number of the last stop before the resume.
    pub resumed_after: u64,
    /// Memory writes of the client, possibly a `load`.
    pub load: LoadState,
    /// Data written to flash by the last `load`.
    pub loaded: Loaded,
    /// Console messages queued until GDB accepts them: it takes console output only while it waits for the machine or
    /// for a monitor command.
    pub(super) remarks: Vec<String>,
    /// Open host files.
    pub files: OpenFiles,
    /// The client uses `target extended-remote`.
    pub extended: bool,
    /// State of the program for this client.
    pub program: ProgramState,
    /// Tracepoint state.
    pub(super) tracing: Tracing,
    /// Output channel for its breakpoint commands.
    pub console: Console,
    /// Executes a `monitor` command.
    run: RunCommand,
}

/// State of the program for a client of `target extended-remote`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramState {
    /// Running or stopped.
    There,
    /// Killed: the chip is held in reset until the client runs or attaches again.
    Killed,
    /// Detached: the client does not control the machine until it runs or attaches again.
    Detached,
}

/// Maximum number of queued console messages, and of characters in each.
const MAX_REMARKS: usize = 8;
const MAX_REMARK: usize = 500;

/// Errno values, as shown by GDB.
const EIO: u8 = 5;
pub const EFAULT: u8 = 14;
pub const EINVAL: u8 = 22;
/// A trace frame is read-only.
const EROFS: u8 = 30;

impl GdbTarget {
    /// Creates the target for one connection.
    pub fn new(handle: Handle, console: Console, run: RunCommand) -> Self {
        Self {
            handle,
            points: GdbPoints::default(),
            step: None,
            named: Vec::new(),
            locked: false,
            stepped: None,
            awaited: None,
            view: ThreadView::default(),
            asking: Asking::default(),
            chosen: Chosen::default(),
            stopped: None,
            resumed_after: 0,
            load: LoadState::default(),
            loaded: Loaded::default(),
            remarks: Vec::new(),
            files: OpenFiles::default(),
            extended: false,
            program: ProgramState::There,
            tracing: Tracing::default(),
            console,
            run,
        }
    }

    /// Queues a console message unless too many are queued.
    pub(super) fn remark(&mut self, text: &str) {
        if self.remarks.len() < MAX_REMARKS {
            self.remarks.push(text.chars().take(MAX_REMARK).collect());
        }
    }

    /// Executes `f` on the machine. Returns an I/O error if the machine is gone.
    pub fn ask<R: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Session) -> R + Send + 'static,
    ) -> TargetResult<R, Self> {
        self.handle.call(f).map_err(io_error)
    }

    /// Returns an error while a trace frame is selected.
    fn live(&self) -> TargetResult<(), Self> {
        if self.frame().is_some() { Err(TargetError::Errno(EROFS)) } else { Ok(()) }
    }

    /// Returns the current thread view of this connection.
    pub fn view(&self) -> ThreadView {
        ThreadView { rtos: self.handle.rtos(), ..self.view.clone() }
    }

    /// Returns all threads, including removed ones that the client may still have selected.
    pub(super) fn lines(&mut self) -> Result<Vec<ThreadLine>, Gone> {
        if self.program != ProgramState::There {
            return Ok(Vec::new());
        }
        let view = self.view();
        let lines = self.handle.call(move |s| view.list(s.machine()))?;
        Ok(self.view.selected.complete(lines))
    }

    /// Records a packet that may select a thread.
    pub(super) fn note_selection(&mut self, body: &[u8]) {
        self.view.selected.note(body);
    }

    /// Records a stop reply for `core`: the client's current thread is the one that the core runs.
    pub(super) fn stands_at(&mut self, core: usize) -> Result<(), Gone> {
        let tid = self.thread_of(core)?;
        self.view.selected.stopped(tid, core);
        Ok(())
    }

    /// Handles a detach that keeps the connection: drops the client's state for the program.
    pub(super) fn detach_program(&mut self) {
        self.program = ProgramState::Detached;
        self.points = GdbPoints::default();
        self.view.selected = Default::default();
        (self.step, self.stepped, self.awaited, self.stopped) = Default::default();
        (self.load, self.loaded) = Default::default();
        self.tracing.frame = None;
    }

    /// Makes tasks threads; tasks that run now keep the thread IDs of their cores, which the client knows.
    pub fn keep_threads(&mut self) {
        let view = self.view();
        let kept = self.handle.call(move |s| std::array::from_fn(|core| view.task_on(s.machine(), core)));
        self.view.kept = kept.unwrap_or_default();
    }

    /// Returns the thread that a core runs.
    pub fn thread_of(&self, core: usize) -> Result<Tid, Gone> {
        let view = self.view();
        if !view.has_tasks() {
            return Ok(core_tid(core));
        }
        self.handle.call(move |s| view.on_core(s.machine(), core))
    }
}

impl Target for GdbTarget {
    type Arch = Xtensa;
    type Error = Gone;

    fn base_ops(&mut self) -> BaseOps<'_, Xtensa, Gone> {
        BaseOps::MultiThread(self)
    }

    // Run-length encoding costs more than it saves on a local socket.
    fn use_rle(&self) -> bool {
        false
    }

    // There are no processes that fork.
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

impl mt::MultiThreadBase for GdbTarget {
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
                // Writes only changed registers: a write can have side effects.
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
            let n = s.machine().peek(view.memory_core(s.machine(), tid), addr, &mut bytes);
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
            let core = view.memory_core(s.machine(), tid);
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

impl SingleRegisterAccess<Tid> for GdbTarget {
    fn read_register(&mut self, tid: Tid, reg: RegNumber, buf: &mut [u8]) -> TargetResult<usize, Self> {
        if reg.0 >= table::COUNT {
            return Err(TargetError::Errno(EINVAL));
        }
        // A register that cannot be read is 0: after an error GDB would stop reading any of them.
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

    fn write_register(&mut self, tid: Tid, reg: RegNumber, val: &[u8]) -> TargetResult<(), Self> {
        self.live()?;
        let mut bytes = [0; 8];
        let n = val.len().min(8);
        bytes[..n].copy_from_slice(&val[..n]);
        let value = u64::from_le_bytes(bytes);
        if reg.0 == table::PC && self.take_entry(value as u32).map_err(io_error)? {
            return Ok(());
        }
        let view = self.view();
        let done = self.ask(move |s| view.write(s, tid, reg.0, value))?;
        if done { Ok(()) } else { Err(TargetError::Errno(EINVAL)) }
    }
}

/// Returns GDB's error for a request that the machine cannot answer because it is gone.
pub fn io_error(_: Gone) -> TargetError<Gone> {
    TargetError::Errno(EIO)
}

impl MonitorCmd for GdbTarget {
    fn handle_monitor_cmd(&mut self, cmd: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Gone> {
        std::mem::take(&mut self.remarks).iter().for_each(|r| out.write_raw(format!("{r}\n").as_bytes()));
        let line = String::from_utf8_lossy(cmd).into_owned();
        let said = self.threads_command(&line).unwrap_or_else(|| (self.run)(&self.handle, &line));
        out.write_raw(said.as_bytes());
        Ok(())
    }
}

impl MemoryMap for GdbTarget {
    fn memory_map_xml(&self, offset: u64, length: usize, buf: &mut [u8]) -> TargetResult<usize, Self> {
        Ok(super::packets::window(super::map::xml().as_bytes(), offset, length, buf))
    }
}

impl ThreadExtraInfo for GdbTarget {
    fn thread_extra_info(&self, tid: Tid, buf: &mut [u8]) -> Result<usize, Gone> {
        let view = self.view();
        let lines = self.handle.call(move |s| view.list(s.machine()))?;
        let line = self.view.selected.clone().complete(lines).into_iter().find(|l| l.tid == tid);
        let text = line.map_or(String::new(), |l| match l.state.as_str() {
            "" => l.name,
            state => format!("{} ({state})", l.name),
        });
        let n = text.len().min(buf.len());
        buf[..n].copy_from_slice(&text.as_bytes()[..n]);
        Ok(n)
    }
}
