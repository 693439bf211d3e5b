//! gdbstub's view of the machine: registers, memory, running.

use super::flash::Load;
use super::host_io::Files;
use super::points::Points;
use super::xtensa::{self, GRegisters, Number, Xtensa, table};
use crate::monitor;
use crate::supervisor::{Gone, Handle, Session, Stopped};
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
use std::num::NonZeroUsize;

/// The machine as one GDB connection sees it.
pub struct Guest {
    /// The way to the machine.
    pub handle: Handle,
    /// This connection's points.
    pub points: Points,
    plan: Plan,
    /// Cores that the vCont packet names, to be told from those that scheduler locking holds.
    named: [bool; CORES],
    locked: bool,
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

/// The thread of a core: 1 is PRO_CPU, 2 APP_CPU.
pub fn tid(core: usize) -> Tid {
    NonZeroUsize::MIN.saturating_add(core)
}

fn core_of(tid: Tid) -> Option<usize> {
    Some(tid.get() - 1).filter(|&core| core < CORES)
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
            plan: Plan::default(),
            named: [false; CORES],
            locked: false,
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

    fn core(tid: Tid) -> TargetResult<usize, Self> {
        core_of(tid).ok_or(TargetError::Errno(EINVAL))
    }

    fn step(&mut self, tid: Tid, start: u32, end: u32) -> Result<(), Gone> {
        let Some(core) = core_of(tid) else { return Ok(()) };
        self.named[core] = true;
        // Two cores that step at once: the first named one decides when the stop is.
        if self.plan.step.is_none() {
            self.plan.step = Some(Step { core, range: start..end, irq: false });
        }
        Ok(())
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
}

impl mt::MultiThreadBase for Guest {
    fn read_registers(&mut self, regs: &mut GRegisters, tid: Tid) -> TargetResult<(), Self> {
        let core = Self::core(tid)?;
        *regs = self.ask(move |s| {
            let mut all = GRegisters::default();
            for (n, reg) in all.0.iter_mut().enumerate() {
                *reg = xtensa::read(s.machine(), core, n).unwrap_or(0) as u32;
            }
            all
        })?;
        Ok(())
    }

    fn write_registers(&mut self, regs: &GRegisters, tid: Tid) -> TargetResult<(), Self> {
        let core = Self::core(tid)?;
        let values = regs.0;
        self.ask(move |s| {
            for (n, value) in values.into_iter().enumerate() {
                // Only what changed: a write may have more effects than its value.
                if xtensa::read(s.machine(), core, n) != Some(value.into()) {
                    let _ = xtensa::write(s.machine_mut(), core, n, value.into());
                }
            }
        })
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, Tid, Self>> {
        Some(self)
    }

    fn read_addrs(&mut self, addr: u32, data: &mut [u8], tid: Tid) -> TargetResult<usize, Self> {
        let core = Self::core(tid)?;
        let len = data.len();
        let bytes = self.ask(move |s| {
            let mut bytes = vec![0; len];
            let n = s.machine().peek(core, addr, &mut bytes);
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
        let core = Self::core(tid)?;
        self.load.ram(addr, data);
        let (bytes, len) = (data.to_vec(), data.len());
        let done = self.ask(move |s| s.machine_mut().write_memory(core, addr, &bytes))?;
        if done < len { Err(TargetError::Errno(EFAULT)) } else { Ok(()) }
    }

    fn list_active_threads(&mut self, thread_is_active: &mut dyn FnMut(Tid)) -> Result<(), Gone> {
        (0..CORES).for_each(|core| thread_is_active(tid(core)));
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
        let core = Self::core(tid)?;
        if reg.0 >= table::COUNT {
            return Err(TargetError::Errno(EINVAL));
        }
        // A register that cannot be read is zero: an error would make GDB give up on all of them.
        let value = self.ask(move |s| xtensa::read(s.machine(), core, reg.0))?.unwrap_or(0);
        let n = buf.len().min(8);
        buf[..n].copy_from_slice(&value.to_le_bytes()[..n]);
        Ok(n)
    }

    fn write_register(&mut self, tid: Tid, reg: Number, val: &[u8]) -> TargetResult<(), Self> {
        let core = Self::core(tid)?;
        let mut bytes = [0; 8];
        let n = val.len().min(8);
        bytes[..n].copy_from_slice(&val[..n]);
        let value = u64::from_le_bytes(bytes);
        if reg.0 == table::PC && self.take_entry(value as u32)? {
            return Ok(());
        }
        let done = self.ask(move |s| xtensa::write(s.machine_mut(), core, reg.0, value))?;
        done.ok_or(TargetError::Errno(EINVAL))
    }
}

impl mt::MultiThreadResume for Guest {
    fn resume(&mut self) -> Result<(), Gone> {
        let mut plan = std::mem::take(&mut self.plan);
        self.load = Load::default();
        if self.locked {
            plan.frozen = self.named.map(|named| !named);
        }
        let by = self.handle.client().clone();
        let (number, stopped) = self.handle.call(move |s| {
            if let Some(step) = &mut plan.step {
                step.irq = s.step_irq();
            }
            let before = s.stop_number();
            (before, s.resume(&plan, &by))
        })?;
        self.resumed_after = number;
        self.resumed = true;
        self.stopped = stopped;
        Ok(())
    }

    fn clear_resume_actions(&mut self) -> Result<(), Gone> {
        self.plan = Plan::default();
        self.named = [false; CORES];
        self.locked = false;
        Ok(())
    }

    fn set_resume_action_continue(&mut self, tid: Tid, _signal: Option<Signal>) -> Result<(), Gone> {
        if let Some(core) = core_of(tid) {
            self.named[core] = true;
        }
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
        self.step(tid, 0, 0)
    }
}

impl mt::MultiThreadRangeStepping for Guest {
    fn set_resume_action_range_step(&mut self, tid: Tid, start: u32, end: u32) -> Result<(), Gone> {
        self.step(tid, start, end)
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
        out.write_raw(monitor::run(&self.handle, &line).as_bytes());
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
        let Some(core) = core_of(tid) else { return Ok(0) };
        let text = self.handle.call(move |s| s.machine().core_status(core))?;
        let n = text.len().min(buf.len());
        buf[..n].copy_from_slice(&text.as_bytes()[..n]);
        Ok(n)
    }
}
