//! Starting and ending the program. `run` and `start` reset the chip and run it. `kill` ends esplens, as in QEMU. After
//! `target extended-remote`, where GDB keeps the connection, `kill` holds the chip in reset until `run` or `attach`.

use super::target::{EINVAL, GdbTarget, ProgramState, io_error};
use esplens_supervisor::Gone;
use gdbstub::common::Pid;
use gdbstub::target::ext::extended_mode::{Args, AttachKind, ExtendedMode, ShouldTerminate};
use gdbstub::target::{TargetError, TargetResult};

impl GdbTarget {
    /// Resets the chip and leaves it stopped at its reset vector.
    fn reset_halt(&self) -> Result<(), Gone> {
        let by = self.handle.client().clone();
        self.handle.call(move |s| {
            s.stop(&by);
            s.reset(&by);
        })
    }
}

impl ExtendedMode for GdbTarget {
    fn on_start(&mut self) -> Result<(), Gone> {
        self.extended = true;
        Ok(())
    }

    fn run(&mut self, _filename: Option<&[u8]>, args: Args<'_, '_>) -> TargetResult<Pid, Self> {
        let args: Vec<_> = args.map(String::from_utf8_lossy).collect();
        if !args.is_empty() {
            let args = args.join(" ");
            self.remark(&format!("run: the firmware takes no arguments, these are dropped: {args}"));
        }
        self.program = ProgramState::There;
        self.reset_halt().map_err(io_error)?;
        Ok(Pid::MIN)
    }

    fn attach(&mut self, _pid: Pid) -> TargetResult<(), Self> {
        Err(TargetError::Errno(EINVAL))
    }

    fn query_if_attached(&mut self, _pid: Pid) -> TargetResult<AttachKind, Self> {
        Ok(AttachKind::Attach)
    }

    fn kill(&mut self, _pid: Option<Pid>) -> TargetResult<ShouldTerminate, Self> {
        if !self.extended {
            return Ok(ShouldTerminate::Yes);
        }
        self.reset_halt().map_err(io_error)?;
        self.program = ProgramState::Killed;
        Ok(ShouldTerminate::No)
    }

    fn restart(&mut self) -> Result<(), Gone> {
        self.program = ProgramState::There;
        self.reset_halt()
    }
}
