//! The whole chip: both cores, all storage, all devices, and the order in which they run.
//!
//! One thread owns a machine. The cores run in turns within a slice of virtual time; slices are counted in cycles,
//! so that every run of the same image with the same input is the same run, bit for bit.

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
pub use debug::{Deed, Goal, Judge, Place, Plan, Step, reg};
pub(crate) use semihost::{DCRSET, ENABLE_OCD};
pub use simcall::FileAnswer;
pub use state::{MachineState, StateError};

use crate::bus::Soc;
use crate::dev::{DevId, Msg};
use crate::net::Net;
use crate::net::air::{Air, AirCommand};
use crate::net::host::{Event, HostNet};
use crate::system::{Frame, Output, Request, ResetCause, ResetKind};
use crate::trace::Trace;
use esplens_core::cpu::Cpu;
use esplens_core::debug::Stop;
use esplens_core::engine::{Engine, interp::Interp};
use esplens_core::memory::{CORES, Memory};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Why [`Machine::run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunExit {
    /// Virtual time reached the given end.
    Until,
    /// A debug event on a core, inside the running slice; running on finishes the slice.
    Stopped {
        /// The core.
        core: usize,
        /// What happened.
        stop: Stop,
    },
    /// The guest ended the program (SIMCALL exit) with this code.
    Exit(i32),
    /// The guest or a watchdog reset the chip; the machine stands at the reset vector.
    Reset(ResetKind, ResetCause),
    /// The allowance of host work ([`Machine::allow_work`]) is used up, perhaps inside the running slice. Running on
    /// with a new one makes no difference to the machine.
    Look,
    /// All that [`Machine::rewind`] made to be repeated is: the machine is live again.
    Repeated,
}

/// Something from outside, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// Bytes on a UART's receive line.
    Uart(u8, Vec<u8>),
    /// A break on a UART's receive line.
    Break(u8),
    /// GPIO0 is pulled low (true) or let go: low at a reset of the chip, the ROM waits for a download.
    Gpio0(bool),
    /// The EN pin is let go (true), or pulled low, which holds the chip in reset.
    Enable(bool),
    /// A pad driven from outside, or let go.
    Pad(u8, Option<bool>),
    /// An Ethernet frame for the MAC.
    Frame(Vec<u8>),
    /// What the host's sockets tell the user network.
    Host(Event),
    /// The Ethernet cable is plugged in (true) or pulled out.
    Link(bool),
    /// Access points come, go or change.
    Air(AirCommand),
    /// What a debugger did, and where in the run.
    Debug(Place, Deed),
    /// What the host's files answered to the next SIMCALL that asks them.
    File(FileAnswer),
}

impl Input {
    /// What it takes in a log, in bytes, about.
    fn bytes(&self) -> usize {
        let content = match self {
            Self::Uart(_, bytes)
            | Self::Frame(bytes)
            | Self::Host(
                Event::Data { bytes, .. } | Event::Datagram { bytes, .. } | Event::Arrived { bytes, .. },
            ) => bytes.len(),
            Self::Debug(_, deed) => deed.bytes(),
            Self::File(answer) => answer.bytes.len(),
            Self::Pad(..)
            | Self::Host(_)
            | Self::Link(_)
            | Self::Air(_)
            | Self::Break(_)
            | Self::Gpio0(_)
            | Self::Enable(_) => 0,
        };
        content + size_of::<(Ticks, Self)>()
    }
}

/// The slice of virtual time that the cores are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Slice {
    /// Cycles each core gets.
    cycles: u64,
    /// Where in the slice the running turn ends.
    turn_end: u64,
    /// The core whose part of the turn it is; past the last core the turn is over.
    core: usize,
}

/// How the chip sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Sleep {
    /// Both cores stand still.
    Light,
    /// Off, but for the RTC.
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
    /// Waits for the next slice boundary.
    inputs: Vec<Input>,
    /// Everything that came in, with the time it took effect.
    log: Vec<(Ticks, Input)>,
    /// Their size in bytes, about.
    log_bytes: usize,
    /// How many inputs ever took effect; the log's last one is number `applied`.
    applied: u64,
    /// Inputs of an earlier run that are still to come, by time.
    replay: VecDeque<(Ticks, Input)>,
    config: MachineConfig,
    /// The network at the MAC's cable.
    net: Option<Net>,
    /// The air around the radio.
    air: Air,
    /// The host's sockets.
    host: Option<Box<dyn HostNet>>,
    /// Nothing goes to the host's sockets and nothing comes from them.
    muted: bool,
    /// The host's connections belong to a time before a restore.
    stale: bool,
    /// Which events are traced, and which besides for others.
    trace: Trace,
    trace_too: Trace,
    /// The words whose stores memory reports at the moment.
    noted: [u32; CORES],
    /// Files the guest opened over SIMCALL.
    files: simcall::Files,
    /// What debuggers want of the run; not part of the machine's state.
    debug: debug::Debug,
}

impl Machine {
    /// Virtual time since power-on; inside a slice that of the core that is ahead.
    #[must_use]
    pub fn now(&self) -> Ticks {
        match self.slice {
            Some(_) => self.now + self.progress() * self.soc.base.cpu_ticks,
            None => self.now,
        }
    }

    /// Instructions that both cores retired since power-on.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        self.cpus.iter().map(|c| c.retired).sum()
    }

    /// How much host work a run may do, in units of about a nanosecond, before it comes back with
    /// [`RunExit::Look`]; `None`: no limit, as at first. Holds until it is set again. One step of the machine may
    /// overdraw it, by a few milliseconds at the most.
    pub fn allow_work(&mut self, units: Option<u64>) {
        self.mem.work.allow(units);
    }

    /// A core's registers.
    #[must_use]
    pub fn cpu(&self, core: usize) -> &Cpu {
        &self.cpus[core]
    }

    /// All storage, for looking.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.mem
    }

    /// All devices, for looking.
    #[must_use]
    pub fn soc(&self) -> &Soc {
        &self.soc
    }

    /// The machine taken apart, for tests that drive the bus themselves.
    #[must_use]
    pub fn into_parts(self) -> (Soc, Memory) {
        (self.soc, self.mem)
    }

    /// Bytes that arrive on UART `n` (0..2) from the next slice on, at line rate.
    pub fn uart_input(&mut self, n: u8, bytes: &[u8]) {
        self.input(Input::Uart(n, bytes.to_vec()));
    }

    /// Something arrives from outside; it takes effect, and is logged, at the next slice boundary.
    pub fn input(&mut self, input: Input) {
        self.inputs.push(input);
    }

    /// Everything that came from outside so far, with the virtual time it took effect.
    #[must_use]
    pub fn log(&self) -> &[(Ticks, Input)] {
        &self.log
    }

    /// Forgets the oldest inputs of a log that is larger than `bytes`, about half of it at once: states saved before
    /// what is left can be restored, but not run on from with [`Machine::replay`].
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

    /// Lets the inputs of an earlier run ([`Machine::log`]) take effect at the times they did then; those of a time
    /// that has passed come at once. Replaces what was to be replayed so far. The machine must be the one that logged
    /// them at the state that precedes them: then the run is the same run.
    pub fn replay(&mut self, log: impl IntoIterator<Item = (Ticks, Input)>) {
        self.replay = log.into_iter().collect();
    }

    /// Inputs that [`Machine::replay`] still has to bring.
    #[must_use]
    pub fn replay_left(&self) -> usize {
        self.replay.len()
    }

    /// When the next replayed input takes effect.
    fn next_replay(&self) -> Ticks {
        self.replay.front().map_or(Ticks::MAX, |(at, _)| *at)
    }

    /// What left the machine since the last call.
    pub fn take_output(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.soc.sys.out)
    }

    /// Outputs that wait for [`Machine::take_output`].
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.soc.sys.out.len()
    }

    /// Bytes that UART `n` still takes before its input queue is full, counting those that wait for the next slice.
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

    /// The flash chip's size in bytes; 0 without one.
    #[must_use]
    pub fn flash_size(&self) -> usize {
        self.soc.sys.flash.map_or(0, |region| region.bytes())
    }

    /// The flash chip's content.
    #[must_use]
    pub fn flash_bytes(&self) -> Vec<u8> {
        let Some(region) = self.soc.sys.flash else { return Vec::new() };
        let mut bytes = vec![0; region.bytes()];
        self.mem.read_region(region, 0, &mut bytes);
        bytes
    }

    /// The eFuses in the layout of QEMU's 124-byte file.
    #[must_use]
    pub fn efuse_bytes(&self) -> [u8; crate::dev::efuse::FILE_LEN] {
        self.soc.dev.efuse.to_bytes()
    }

    /// The next instruction of `core` runs even if a break- or watchpoint covers it.
    pub fn step_over(&mut self, core: usize) {
        self.engines[core].step_over();
    }

    /// Makes pending input take effect now.
    fn apply_inputs(&mut self) {
        while let Some((at, input)) = self.replay.front() {
            // Deeds and answers have places of their own.
            let own_place = matches!(input, Input::Debug(..) | Input::File(_));
            if *at > self.now || own_place || self.due_place().is_some() {
                break;
            }
            if let Some((_, input)) = self.replay.pop_front() {
                self.apply(input);
            }
            if self.powers_up() {
                return;
            }
        }
        if self.repeats() {
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

    /// A power-on is to be carried out; what comes in after it is for the chip that starts then.
    fn powers_up(&self) -> bool {
        self.soc.sys.requests.contains(&Request::PowerUp)
    }

    fn apply(&mut self, input: Input) {
        self.mem.work.charge(500 + 4 * input.bytes() as u64);
        let uart = |n: u8| [DevId::Uart0, DevId::Uart1, DevId::Uart2][usize::from(n).min(2)];
        let (to, msg) = match &input {
            Input::Uart(n, bytes) => (uart(*n), Msg::UartRx(bytes.clone())),
            Input::Break(n) => (uart(*n), Msg::UartBreak),
            Input::Gpio0(_) | Input::Enable(_) => {
                self.set_board(&input);
                self.logged(input);
                return;
            }
            Input::Pad(pin, level) => (DevId::Gpio, Msg::Pad(*pin, *level)),
            Input::Link(up) => (DevId::Eth, Msg::Link(*up)),
            Input::Frame(bytes) => {
                let (at, bytes) = (self.now, bytes.clone());
                let seen = Frame { at, to_guest: true, core: 0, pc: 0, bytes: bytes.clone(), air: None };
                self.soc.sys.tap.note(&seen);
                (DevId::Eth, Msg::Frame(bytes))
            }
            // They do not come by themselves.
            Input::Debug(..) | Input::File(_) => return,
            Input::Host(event) => {
                self.trace_host(event);
                self.host_event(event.clone());
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

    fn logged(&mut self, input: Input) {
        self.log_bytes += input.bytes();
        self.log.push((self.now, input));
        self.applied += 1;
    }
}
