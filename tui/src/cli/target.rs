//! What the run loop asks of a machine, and how one is made from the command line.

use super::nic::{Nic, NicKind, NicModel};
use esplens_core::memory::Page;
use esplens_core::time::Ticks;
use esplens_gdb::supervisor::{Ran, RunState, Speed, Supervisor, Why};
use esplens_gdb::unwind::{MachineMemory, Words};
use esplens_soc::boot::{Kernel, RomSet};
use esplens_soc::dev::eth::EthModel;
use esplens_soc::machine::{self, EngineKind, Machine, MachineConfig};
use esplens_soc::net::host::HostNet;
use esplens_soc::system::{Output, ResetCause};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// RTC_CNTL_STORE6_REG.
const STORE6: u32 = 0x3FF4_80B8;

/// Why [`Target::run`] came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunExit {
    /// The time asked for was reached.
    Until,
    /// Both cores sleep until an interrupt; nothing happens before `until` unless input comes.
    #[cfg_attr(not(test), allow(dead_code, reason = "Machine skips idle time within run by itself today"))]
    Idle {
        /// When the next event is due; [`Ticks::MAX`] when none is.
        until: Ticks,
    },
    /// The chip was reset and stands before its first instruction.
    Reset(ResetCause),
    /// The machine cannot go on.
    Stopped(String),
    /// A debugger holds the machine: virtual time stands still.
    Paused,
    /// A debugger or the monitor ended the program.
    Quit,
    /// The guest ended itself with this code (SIMCALL exit).
    Exit(i32),
}

/// A machine, as the run loop sees it.
pub trait Target {
    /// Runs until virtual time `until` or something noteworthy. Called after [`RunExit::Idle`] it moves time on to
    /// the earlier of `until` and the next event.
    fn run(&mut self, until: Ticks) -> RunExit;
    /// The speed that a client of the machine chose.
    fn speed(&self) -> Option<Speed> {
        None
    }
    /// Why the machine stands still, with the number of the stop, where the user did not ask for it.
    fn unasked_stop(&self) -> Option<(u64, String)> {
        None
    }
    /// True when the machine stands still and nothing is to be done before an [`super::serial::Event`] comes.
    fn rest(&mut self) -> bool {
        false
    }
    /// Waits for something of the caller's; where the machine stands still, its clients work on it meanwhile.
    fn lend(&mut self, wait: &mut dyn FnMut()) {
        wait();
    }
    /// Virtual time.
    fn now(&self) -> Ticks;
    /// Instructions executed by both cores.
    fn instructions(&self) -> u64;
    /// Bytes that a UART takes now; more would be lost.
    fn uart_room(&self, uart: u8) -> usize;
    /// Bytes arrive on a UART.
    fn uart_input(&mut self, uart: u8, bytes: &[u8]);
    /// EN, GPIO0 or a break: the board does something to the chip.
    fn chip_input(&mut self, _change: machine::Input) {}
    /// True when the ROM was started to wait for a download.
    fn download_boot(&self) -> bool {
        false
    }
    /// True while a connection of the host is open: virtual time must not run ahead of real.
    fn host_busy(&self) -> bool {
        false
    }
    /// True while the host waits for a Wi-Fi station that sleeps until the next beacon.
    fn waits_for_beacon(&self) -> bool {
        self.machine().is_some_and(Machine::waits_for_beacon)
    }
    /// The machine, for looking.
    fn machine(&self) -> Option<&Machine> {
        None
    }
    /// Waits until the symbols that are being read are there.
    fn wait_for_symbols(&self, _limit: Duration) {}
    /// The task that runs on a core, where symbols tell.
    fn running_task(&self, _core: usize) -> Option<String> {
        None
    }
    /// Function, and file with line, of an address of code.
    fn place(&self, _pc: u32) -> (Option<String>, Option<String>) {
        (None, None)
    }
    /// RTC_CNTL_STORE6, where ESP-IDF notes why it resets the chip.
    fn reset_hint(&self) -> Option<u32> {
        None
    }
    /// What left the machine since the last call.
    fn take_output(&mut self) -> Vec<Output>;
    /// The flash chip's contents.
    fn flash_bytes(&self) -> Vec<u8>;
    /// The eFuses' contents.
    fn efuse_bytes(&self) -> [u8; 124];
}

/// Everything a machine is made from.
pub struct Setup {
    /// The flash chip.
    pub flash: Vec<Arc<Page>>,
    /// The mask ROM.
    pub rom: RomSet,
    /// A bare ELF to start instead of the ROM.
    pub kernel: Option<Kernel>,
    /// eFuse contents; `None`: a revision 3 chip's.
    pub efuse: Option<[u8; 124]>,
    /// Major chip revision.
    pub revision: u8,
    /// Base MAC address; `None`: as in the eFuses.
    pub mac: Option<[u8; 6]>,
    /// PSRAM in bytes.
    pub psram_bytes: usize,
    /// Boot strap pins.
    pub strap: u32,
    /// What runs the guest's code.
    pub engine: EngineKind,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Network.
    pub nic: Nic,
    /// The air.
    pub air: esplens_soc::net::air::Config,
    /// The host's side of the network.
    pub host: Option<Box<dyn HostNet>>,
    /// Which events are traced.
    pub trace: esplens_soc::trace::Trace,
    /// Folder for semihosting's file operations.
    pub semihosting: Option<PathBuf>,
    /// Command line for semihosting.
    pub semihosting_args: String,
}

/// Builds the machine.
pub fn open(setup: Setup, speed: Speed) -> Supervisor {
    let revision = setup.revision;
    let mut machine = Machine::new(MachineConfig {
        rom: setup.rom,
        kernel: setup.kernel,
        efuse: setup.efuse,
        revision,
        mac: setup.mac,
        psram_bytes: setup.psram_bytes,
        strap: setup.strap,
        engine: setup.engine,
        seed: setup.seed,
        semihosting: setup.semihosting,
        semihosting_args: setup.semihosting_args,
        eth: match setup.nic.model {
            NicModel::Auto => EthModel::Auto,
            NicModel::OpenEth => EthModel::OpenEth,
            NicModel::Emac => EthModel::Emac,
        },
        air: setup.air,
        segment: matches!(setup.nic.kind, NicKind::Socket | NicKind::Tap),
        nic_id: setup.nic.id.unwrap_or_else(|| "net0".into()),
        network: (setup.nic.kind == NicKind::User).then_some(setup.nic.user),
        ..MachineConfig::new(setup.flash)
    });
    *machine.trace_mut() = setup.trace;
    if let Some(host) = setup.host {
        machine.attach(host);
    }
    let mut supervisor = Supervisor::new(machine);
    supervisor.session().set_speed(speed);
    supervisor
}

impl Target for Supervisor {
    fn run(&mut self, until: Ticks) -> RunExit {
        match Supervisor::run(self, until) {
            Ran::Paused => RunExit::Paused,
            Ran::Quit => RunExit::Quit,
            Ran::Machine(machine::RunExit::Until | machine::RunExit::Look | machine::RunExit::Repeated) => {
                RunExit::Until
            }
            Ran::Machine(machine::RunExit::Stopped { core, stop }) => {
                RunExit::Stopped(format!("core {core}: {stop:?}"))
            }
            Ran::Machine(machine::RunExit::Exit(code)) => RunExit::Exit(code),
            Ran::Machine(machine::RunExit::Reset(_, cause)) => RunExit::Reset(cause),
        }
    }
    fn speed(&self) -> Option<Speed> {
        Some(self.view().speed())
    }
    fn unasked_stop(&self) -> Option<(u64, String)> {
        match self.view().status().state {
            RunState::Stopped(s) if matches!(s.why, Why::Panic(_) | Why::Reset(_) | Why::Exited(_)) => {
                Some((s.number, s.to_string()))
            }
            _ => None,
        }
    }
    fn rest(&mut self) -> bool {
        Supervisor::rest(self)
    }
    fn lend(&mut self, wait: &mut dyn FnMut()) {
        Supervisor::lend(self, wait);
    }
    fn now(&self) -> Ticks {
        self.view().machine().now()
    }
    fn instructions(&self) -> u64 {
        self.view().machine().instructions()
    }
    fn uart_room(&self, uart: u8) -> usize {
        self.view().machine().uart_room(uart)
    }
    fn uart_input(&mut self, uart: u8, bytes: &[u8]) {
        self.session().machine_mut().uart_input(uart, bytes);
    }
    fn chip_input(&mut self, change: machine::Input) {
        self.session().machine_mut().input(change);
    }
    fn download_boot(&self) -> bool {
        self.view().machine().soc().sys.download_boot()
    }
    fn host_busy(&self) -> bool {
        self.view().machine().host_busy()
    }
    fn machine(&self) -> Option<&Machine> {
        Some(self.view().machine())
    }
    fn wait_for_symbols(&self, limit: Duration) {
        let _ = self.handle().symbols().wait(limit);
    }
    fn running_task(&self, core: usize) -> Option<String> {
        let rtos = self.handle().rtos()?;
        let machine = self.view().machine();
        let mem = MachineMemory { machine, core };
        let tasks = rtos.snapshot(&mem, std::array::from_fn(|c| Some(machine.cpu(c).a(1))));
        Some(tasks.on_core(core)?.name.clone())
    }
    fn place(&self, pc: u32) -> (Option<String>, Option<String>) {
        let Some(frame) = self.handle().symbols().current().frames_at(pc).into_iter().next() else {
            return (None, None);
        };
        let place = frame.file.zip(frame.line).map(|(file, line)| format!("{file}:{line}"));
        (frame.function, place)
    }
    fn reset_hint(&self) -> Option<u32> {
        let mem = MachineMemory { machine: self.view().machine(), core: 0 };
        mem.u32(STORE6)
    }
    fn take_output(&mut self) -> Vec<Output> {
        Supervisor::take_output(self)
    }
    fn flash_bytes(&self) -> Vec<u8> {
        self.view().machine().flash_bytes()
    }
    fn efuse_bytes(&self) -> [u8; 124] {
        self.view().machine().efuse_bytes()
    }
}
