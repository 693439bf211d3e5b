//! The whole chip: both cores, all storage, all devices, and their execution order.
//!
//! One thread owns a machine. The cores run in turns within a slice of virtual time. Slices are counted in cycles, so
//! that every run of the same image with the same input is identical bit by bit.

mod air;
mod config;
mod debug;
mod delay;
mod digest;
mod network;
mod registers;
mod reset;
mod run;
mod semihost;
mod simcall;
mod state;
#[cfg(test)]
mod tests;
mod tracing;

pub use config::{ChipRevision, EngineKind, MachineConfig};
pub use debug::{DebugAction, ExecPosition, Goal, Plan, Step, StopFilter, reg};
pub use simcall::FileAnswer;
pub use state::{MachineState, StateError};

use crate::bus::Soc;
use crate::card::{CardImage, SdEvent};
use crate::dev::gpio::Pulse;
use crate::dev::sens::AnalogLevel;
use crate::dev::{DevId, DevMsg};
use crate::net::Net;
use crate::net::air::{Air, AirCommand};
use crate::net::host::{HostEvent, HostNet};
use crate::system::{NetFrame, Output, Request, ResetCause, ResetKind};
use crate::trace::TraceSet;
use esplens_core::cpu::Cpu;
use esplens_core::debug::Stop;
use esplens_core::engine::{Engine, interp::Interp};
use esplens_core::memory::{CORES, Memory};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// Reason why [`Machine::run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunExit {
    /// Virtual time reached the given limit.
    Until,
    /// A debug event on a core, inside the running slice; the next run finishes the slice.
    Stopped {
        /// Core on which it occurred.
        core: usize,
        /// The debug event.
        stop: Stop,
    },
    /// The guest ended the program (SIMCALL exit) with this code.
    Exit(i32),
    /// The guest or a watchdog reset the chip; the machine is at the reset vector.
    Reset(ResetKind, ResetCause),
    /// The allowance of host work ([`Machine::allow_work`]) is used up, possibly inside the running slice. Continuing
    /// with a new allowance makes no difference to the machine.
    WorkExhausted,
    /// The replay started by [`Machine::rewind`] has reached its end: the machine is live again.
    ReplayFinished,
}

/// External input, as kept in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// Bytes on a UART's receive line.
    Uart(u8, Vec<u8>),
    /// A break on a UART's receive line.
    Break(u8),
    /// GPIO0 is pulled low (true) or released: if it is low at a reset of the chip, the ROM waits for a download.
    Gpio0(bool),
    /// The EN pin is released (true), or pulled low, which holds the chip in reset.
    Enable(bool),
    /// A pad is driven from outside, or released.
    Pad(u8, Option<bool>),
    /// An Ethernet frame for the MAC.
    Frame(Vec<u8>),
    /// An event from the host's sockets for the user network.
    Host(HostEvent),
    /// The Ethernet cable is plugged in (true) or unplugged.
    Link(bool),
    /// An SD card is inserted or removed.
    Sd(SdEvent),
    /// Access points or the virtual station change.
    Air(AirCommand),
    /// A debugger's action, and its position in the run.
    Debug(ExecPosition, DebugAction),
    /// The answer of the host's files to the next SIMCALL that uses them.
    File(FileAnswer),
    /// A resistor outside the chip pulls a pad up (true) or down, or is removed.
    PadPull(u8, Option<bool>),
    /// Pulses from outside on a pad.
    PadPulse(u8, Pulse),
    /// A voltage on a pad for the ADCs, or `None`: none is applied.
    Analog(u8, Option<AnalogLevel>),
    /// The count of a touch pad, or `None`: it is measured.
    Touch(u8, Option<u16>),
}

impl Input {
    /// Returns the approximate size in a log, in bytes.
    fn bytes(&self) -> usize {
        let content = match self {
            Self::Uart(_, bytes)
            | Self::Frame(bytes)
            | Self::Host(
                HostEvent::Data { bytes, .. }
                | HostEvent::Datagram { bytes, .. }
                | HostEvent::Arrived { bytes, .. },
            ) => bytes.len(),
            Self::Debug(_, action) => action.bytes(),
            Self::File(answer) => answer.bytes.len(),
            Self::Pad(..)
            | Self::PadPull(..)
            | Self::PadPulse(..)
            | Self::Analog(..)
            | Self::Touch(..)
            | Self::Host(_)
            | Self::Link(_)
            | Self::Sd(_)
            | Self::Air(_)
            | Self::Break(_)
            | Self::Gpio0(_)
            | Self::Enable(_) => 0,
        };
        content + size_of::<(Ticks, Self)>()
    }
}

/// The slice of virtual time being executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Slice {
    /// Cycles of each core in the slice.
    cycles: u64,
    /// Cycle of the slice at which the running turn ends.
    turn_end: u64,
    /// The core whose part of the turn is being executed; past the last core the turn is over.
    core: usize,
}

/// Sleep state of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Sleep {
    /// Light sleep: both cores are stopped.
    Light,
    /// Deep sleep: everything is off except the RTC.
    Deep,
    /// Held in reset by the EN pin.
    Off,
}

/// An ESP32.
pub struct Machine {
    cpus: [Cpu; CORES],
    engines: [Interp; CORES],
    mem: Memory,
    soc: Soc,
    now: Ticks,
    slice: Option<Slice>,
    sleep: Option<Sleep>,
    /// Inputs queued for the next slice boundary.
    inputs: Vec<Input>,
    /// Inputs that have taken effect, each with the virtual time at which it did.
    log: Vec<(Ticks, Input)>,
    /// Approximate size of the log in bytes.
    log_bytes: usize,
    /// Number of inputs that have taken effect since power-on; the last one in the log is number `applied`.
    applied: u64,
    /// Inputs of an earlier run still to be replayed, by time.
    replay: VecDeque<(Ticks, Input)>,
    config: MachineConfig,
    /// The network connected to the MAC's cable.
    net: Option<Net>,
    /// The air around the radio.
    air: Air,
    /// The host's sockets.
    host: Option<Box<dyn HostNet>>,
    /// The machine exchanges nothing with the host's sockets.
    muted: bool,
    /// The host's connections predate the last restore and must be reset.
    stale: bool,
    /// Events traced for the owner; `trace_too` are those traced in addition, for others.
    trace: TraceSet,
    trace_too: TraceSet,
    /// Addresses of the words whose stores memory currently reports.
    store_probes: [u32; CORES],
    /// Files the guest opened over SIMCALL.
    files: simcall::Files,
    /// State of debuggers; not part of the machine's state.
    debug: debug::Debug,
    /// The ULP stopped before an event of this slice boundary: the boundary's inputs have been applied.
    resumes_events: bool,
}

impl Machine {
    /// Returns the virtual time since power-on; inside a slice that of the core that is ahead.
    #[must_use]
    pub fn now(&self) -> Ticks {
        match self.slice {
            Some(_) => self.now + self.progress() * self.soc.base.cpu_ticks,
            None => self.now,
        }
    }

    /// Returns the number of instructions that both cores retired since power-on.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        self.cpus.iter().map(|c| c.retired).sum()
    }

    /// Sets the host work that a run may do, in units of about a nanosecond, before it returns
    /// [`RunExit::WorkExhausted`]; `None`, the initial setting: no limit. The setting holds until the next call. A
    /// single step of the machine may exceed it by a few milliseconds.
    pub fn allow_work(&mut self, units: Option<u64>) {
        self.mem.work.allow(units);
    }

    /// Returns a core's registers.
    #[must_use]
    pub fn cpu(&self, core: usize) -> &Cpu {
        &self.cpus[core]
    }

    /// Returns all storage.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.mem
    }

    /// Returns all devices.
    #[must_use]
    pub fn soc(&self) -> &Soc {
        &self.soc
    }

    /// Splits the machine, for tests that drive the bus themselves.
    #[must_use]
    pub fn into_parts(self) -> (Soc, Memory) {
        (self.soc, self.mem)
    }

    /// Queues bytes that arrive on UART `n` (0..2) at line rate from the next slice on.
    pub fn uart_input(&mut self, n: u8, bytes: &[u8]) {
        self.input(Input::Uart(n, bytes.to_vec()));
    }

    /// Queues external input. It takes effect, and is logged, at the next slice boundary.
    pub fn input(&mut self, input: Input) {
        self.inputs.push(input);
    }

    /// Returns the inputs that have taken effect and are still in the log, with the virtual time at which they did.
    #[must_use]
    pub fn log(&self) -> &[(Ticks, Input)] {
        &self.log
    }

    /// Removes the oldest inputs of a log larger than `bytes`, about half of it at once. States saved before the
    /// remaining inputs can still be restored, but not continued with [`Machine::replay`].
    pub fn trim_log(&mut self, bytes: usize) {
        if self.log_bytes <= bytes {
            return;
        }
        let mut left = self.log_bytes;
        let over = self.log.iter().take_while(|(_, input)| {
            let keep = left <= bytes / 2;
            left = left.saturating_sub(input.bytes());
            !keep
        });
        let over = over.count();
        self.log.drain(..over);
        self.log_bytes = self.log.iter().map(|(_, input)| input.bytes()).sum();
    }

    /// Replays the inputs of an earlier run ([`Machine::log`]) at their times; those of a time that has passed take
    /// effect at once. Replaces the inputs still to be replayed. The run is identical to the earlier one if the machine
    /// is in the state that preceded these inputs.
    pub fn replay(&mut self, log: impl IntoIterator<Item = (Ticks, Input)>) {
        self.replay = log.into_iter().collect();
    }

    /// Returns the number of inputs that [`Machine::replay`] has not applied yet.
    #[must_use]
    pub fn replay_left(&self) -> usize {
        self.replay.len()
    }

    /// Returns the time at which the next replayed input takes effect.
    fn next_replay(&self) -> Ticks {
        self.replay.front().map_or(Ticks::MAX, |(at, _)| *at)
    }

    /// Takes the outputs since the last call.
    pub fn take_output(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.soc.sys.out)
    }

    /// Returns the number of outputs that [`Machine::take_output`] would return.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.soc.sys.out.len()
    }

    /// Returns the number of bytes that UART `n` accepts before its input queue is full. Bytes queued for the next
    /// slice are subtracted.
    #[must_use]
    pub fn uart_room(&self, n: u8) -> usize {
        let d = &self.soc.dev;
        let waiting = self.inputs.iter().map(|input| match input {
            Input::Uart(to, bytes) if *to == n => bytes.len(),
            _ => 0,
        });
        let room = [&d.uart0, &d.uart1, &d.uart2].get(usize::from(n)).map_or(0, |u| u.rx_room());
        room.saturating_sub(waiting.sum())
    }

    /// Returns the flash chip's size in bytes; 0 without one.
    #[must_use]
    pub fn flash_size(&self) -> usize {
        self.soc.sys.flash.map_or(0, |region| region.bytes())
    }

    /// Returns the flash chip's contents.
    #[must_use]
    pub fn flash_bytes(&self) -> Vec<u8> {
        let Some(region) = self.soc.sys.flash else { return Vec::new() };
        let mut bytes = vec![0; region.bytes()];
        self.mem.read_region(region, 0, &mut bytes);
        bytes
    }

    /// Returns the eFuses in the layout of QEMU's 124-byte file.
    #[must_use]
    pub fn efuse_bytes(&self) -> [u8; crate::dev::efuse::FILE_LEN] {
        self.soc.dev.efuse.to_bytes()
    }

    /// Makes the next instruction of `core` run even if a breakpoint or watchpoint covers it.
    pub fn step_over(&mut self, core: usize) {
        self.engines[core].step_over();
    }

    /// Applies the inputs that are due, replayed ones first.
    fn apply_inputs(&mut self) {
        while let Some((at, input)) = self.replay.front() {
            // Debugger actions and file answers are replayed at their exact positions.
            let own_position = matches!(input, Input::Debug(..) | Input::File(_));
            if *at > self.now || own_position || self.due_position().is_some() {
                break;
            }
            if let Some((_, input)) = self.replay.pop_front() {
                self.apply(input);
            }
            if self.powers_up() {
                return;
            }
        }
        if self.is_replaying() {
            return;
        }
        let mut inputs = std::mem::take(&mut self.inputs).into_iter();
        while !self.powers_up()
            && let Some(input) = inputs.next()
        {
            self.apply(input);
        }
        self.inputs = inputs.collect();
    }

    /// Returns true if a power-on is pending; inputs after it are for the restarted chip.
    fn powers_up(&self) -> bool {
        self.soc.sys.requests.contains(&Request::PowerUp)
    }

    fn apply(&mut self, input: Input) {
        self.mem.work.charge(500 + 4 * input.bytes() as u64);
        let uart = |n: u8| [DevId::Uart0, DevId::Uart1, DevId::Uart2][usize::from(n).min(2)];
        let (to, msg) = match &input {
            Input::Uart(n, bytes) => (uart(*n), DevMsg::UartRx(bytes.clone())),
            Input::Break(n) => (uart(*n), DevMsg::UartBreak),
            Input::Gpio0(_) | Input::Enable(_) => {
                self.set_board(&input);
                self.logged(input);
                return;
            }
            Input::Pad(pin, level) => (DevId::Gpio, DevMsg::Pad(*pin, *level)),
            Input::PadPull(pin, level) => (DevId::Gpio, DevMsg::PadPull(*pin, *level)),
            Input::PadPulse(pin, pulse) => (DevId::Gpio, DevMsg::PadPulse(*pin, *pulse)),
            Input::Analog(pin, level) => (DevId::Sens, DevMsg::Analog(*pin, *level)),
            Input::Touch(pad, count) => (DevId::Sens, DevMsg::TouchCount(*pad, *count)),
            Input::Link(up) => (DevId::Eth, DevMsg::Link(*up)),
            Input::Frame(bytes) => {
                let (at, bytes) = (self.now, bytes.clone());
                let seen = NetFrame { at, to_guest: true, core: 0, pc: 0, bytes: bytes.clone(), air: None };
                self.soc.sys.tap.note(&seen);
                (DevId::Eth, DevMsg::Frame(bytes))
            }
            // These are not queued as input.
            Input::Debug(..) | Input::File(_) => return,
            Input::Host(event) => {
                self.trace_host(event);
                self.host_event(event.clone());
                self.logged(input);
                return;
            }
            Input::Sd(event) => {
                let pads = self.soc.sys.sd.apply(event);
                self.drive_pads(pads);
                self.logged(input);
                return;
            }
            Input::Air(command) => {
                self.air.command(self.now, command);
                self.logged(input);
                return;
            }
        };
        self.soc.sys.messages.push_back((to, msg));
        self.soc.deliver(&mut self.mem, self.now);
        self.logged(input);
    }

    /// Drives pads from outside the chip.
    fn drive_pads(&mut self, pads: Vec<(u8, bool)>) {
        for (pad, level) in pads {
            self.soc.sys.messages.push_back((DevId::Gpio, DevMsg::Pad(pad, Some(level))));
        }
        self.soc.deliver(&mut self.mem, self.now);
    }

    /// Adds the image of an SD card that [`Input::Sd`] can then insert, and returns its number. An image that was added
    /// before, by its path, keeps its number and what the guest has written to it.
    pub fn add_card(&mut self, image: CardImage, write_protected: bool) -> u32 {
        let sd = &mut self.soc.sys.sd;
        sd.image_of(image.path()).unwrap_or_else(|| sd.add_image(Arc::new(image), write_protected))
    }

    fn logged(&mut self, input: Input) {
        self.log_bytes += input.bytes();
        self.log.push((self.now, input));
        self.applied += 1;
    }
}
