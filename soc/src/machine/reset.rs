//! Power-on, the kinds of reset (TRM 3.1.1) and sleep.

use super::debug::DebugAction;
use super::{Input, Machine, RunExit, Sleep};
use crate::dev::DevId;
use crate::system::{Request, ResetCause, ResetKind};
use crate::trace::{TraceEvent, TraceLine};
use esplens_core::memory::CORES;

impl Machine {
    /// Sets everything to its power-on values.
    pub(super) fn power_on(&mut self) {
        self.soc.sys.latch_straps();
        self.reset_cores(ResetCause::PowerOn);
        self.reset_devices(ResetKind::System);
        self.load_kernel();
        self.guard_boot();
    }

    /// Resets the chip from outside (`system_reset` of a debugger): the same as power-on, except for storage and time.
    pub fn reset(&mut self) {
        self.note(DebugAction::Reset);
        self.do_reset();
    }

    pub(super) fn do_reset(&mut self) {
        self.now = self.now();
        self.slice = None;
        self.carry_out(Request::Reset(ResetKind::System, ResetCause::PowerOn));
    }

    /// Carries out the devices' requests. `Some`: an exit that the caller of `run` must be told.
    pub(super) fn carry_out_requests(&mut self) -> Option<RunExit> {
        let mut exit = None;
        // Devices that are reset may make new requests; the number of rounds is bounded.
        for _ in 0..64 {
            if self.soc.sys.requests.is_empty() {
                break;
            }
            for request in std::mem::take(&mut self.soc.sys.requests) {
                exit = self.carry_out(request).or(exit);
            }
        }
        exit
    }

    fn carry_out(&mut self, request: Request) -> Option<RunExit> {
        match request {
            Request::Reset(ResetKind::Cpu(n), cause) => {
                let n = usize::from(n & 1);
                self.reset_core(n, cause);
                // The start of APP_CPU by PRO_CPU is not reported.
                (n == 0).then_some(RunExit::Reset(ResetKind::Cpu(0), cause))
            }
            Request::Reset(kind, cause) => {
                self.reset_chip(kind, cause);
                Some(RunExit::Reset(kind, cause))
            }
            Request::ResetDevice(id) => {
                let now = self.now;
                self.soc.call(&mut self.mem, (0, 0), now, id, |d, cx| d.reset(cx));
                None
            }
            Request::DeepSleep | Request::LightSleep => {
                self.sleep = Some(if request == Request::DeepSleep { Sleep::Deep } else { Sleep::Light });
                None
            }
            Request::Wake => match self.sleep.take() {
                Some(Sleep::Deep) => self.carry_out(Request::Reset(ResetKind::Core, ResetCause::DeepSleep)),
                Some(Sleep::Off) => {
                    self.sleep = Some(Sleep::Off);
                    None
                }
                _ => None,
            },
            Request::PowerUp if self.sleep == Some(Sleep::Off) => {
                self.carry_out(Request::Reset(ResetKind::System, ResetCause::PowerOn))
            }
            Request::PowerUp => None,
        }
    }

    fn reset_chip(&mut self, kind: ResetKind, cause: ResetCause) {
        self.end_slice();
        self.sleep = None;
        if kind == ResetKind::System {
            self.soc.sys.latch_straps();
        }
        self.reset_cores(cause);
        self.reset_devices(kind);
        self.soc.sys.sd.forget_buses();
        self.load_kernel();
        self.guard_boot();
    }

    /// Handles a low EN. Nothing runs, no watchdog counts, and input on the UARTs' lines is lost.
    fn power_down(&mut self) {
        self.reset_chip(ResetKind::System, ResetCause::PowerOn);
        self.stop_flashboot_watchdogs();
        let dev = &mut self.soc.dev;
        [&mut dev.uart0, &mut dev.uart1, &mut dev.uart2].into_iter().for_each(|uart| uart.drop_input());
        self.sleep = Some(Sleep::Off);
    }

    /// Sets the levels of the boot strap pins, in the order of `GPIO_STRAP`. They are latched by the next reset of the
    /// chip.
    pub fn set_straps(&mut self, pins: u32) {
        self.note(DebugAction::Straps(pins));
        self.soc.sys.strap_pins = pins;
    }

    /// Applies the levels of GPIO0 and EN that the board drives.
    pub(super) fn set_board(&mut self, input: &Input) {
        match input {
            Input::Gpio0(low) => self.soc.sys.gpio0_low = *low,
            Input::Enable(true) => self.soc.sys.requests.push(Request::PowerUp),
            Input::Enable(false) => self.power_down(),
            _ => {}
        }
    }

    fn reset_devices(&mut self, kind: ResetKind) {
        let now = self.now;
        for id in DevId::ALL {
            match id {
                // RTC_CNTL follows below with its own reset.
                DevId::RtcCntl => {}
                DevId::RtcIo | DevId::Sens | DevId::RtcI2c if kind == ResetKind::Core => {}
                _ => self.soc.call(&mut self.mem, (0, 0), now, *id, |d, cx| d.reset(cx)),
            }
        }
        let mut cx = crate::dev::Cx {
            now: now.max(self.soc.sys.latest),
            dev: DevId::RtcCntl,
            core: 0,
            pc: 0,
            sys: &mut self.soc.sys,
            mem: &mut self.mem,
        };
        self.soc.dev.rtc_cntl.reset_kind(kind, &mut cx);
        self.soc.deliver(&mut self.mem, now);
        // Requests that devices make while they are reset are part of the reset.
        self.soc.sys.requests.clear();
        self.soc.sys.irq.changed = true;
    }

    fn reset_cores(&mut self, cause: ResetCause) {
        for core in 0..CORES {
            self.reset_core(core, cause);
        }
    }

    fn reset_core(&mut self, core: usize, cause: ResetCause) {
        if self.soc.sys.trace.on(TraceEvent::Reset) {
            let text = format!("core {core}: {cause:?}");
            let who = (core as u8, self.cpus[core].pc);
            self.soc.sys.trace_line(&self.mem, TraceLine::new(TraceEvent::Reset, self.now, who, text));
        }
        self.cpus[core].reset();
        self.cpus[core].sync_dbreak(core, &mut self.mem);
        self.soc.sys.cores[core].cause = cause as u8;
        // Region protection is reset to "everything allowed".
        for region in 1..=2 {
            self.mem.guard_region(core, region, false);
        }
    }
}
