//! Interface between the run loop and a machine, and creation of a machine from the command line.

use super::nic::{Nic, NicKind, NicModel};
use esplens_core::memory::Page;
use esplens_core::time::Ticks;
use esplens_soc::boot::{Kernel, RomSet};
use esplens_soc::card::SdConfig;
use esplens_soc::dev::DevId;
use esplens_soc::dev::eth::EthModel;
use esplens_soc::machine::{self, EngineKind, Machine, MachineConfig};
use esplens_soc::net::host::HostNet;
use esplens_soc::system::{Output, ResetCause};
use esplens_supervisor::{DriveResult, MachineMemory, RunState, Speed, Supervisor, Why};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Offset of RTC_CNTL_STORE6_REG.
const STORE6: u32 = 0xB8;

/// Reason why [`Target::run`] returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetExit {
    /// The requested time was reached.
    Until,
    /// Both cores sleep until an interrupt; nothing happens before `until` unless input comes.
    #[cfg_attr(not(test), allow(dead_code, reason = "Machine skips idle time within run by itself today"))]
    Idle {
        /// Time of the next event; [`Ticks::MAX`] if there is none.
        until: Ticks,
    },
    /// The chip was reset and is at its first instruction.
    Reset(ResetCause),
    /// The machine cannot continue, with the reason.
    Stopped(String),
    /// A debugger has stopped the machine: virtual time does not advance.
    Paused,
    /// A debugger or the monitor ended the program.
    Quit,
    /// The guest ended the program with this code (SIMCALL exit).
    Exit(i32),
}

/// Machine interface for the run loop.
pub trait Target {
    /// Runs until virtual time `until` or a notable event. After [`TargetExit::Idle`] it advances time to the earlier
    /// of `until` and the next event.
    fn run(&mut self, until: Ticks) -> TargetExit;
    /// Returns the speed that a client of the machine selected.
    fn speed(&self) -> Option<Speed> {
        None
    }
    /// Returns the number and reason of a stop that the user did not request.
    fn unasked_stop(&self) -> Option<(u64, String)> {
        None
    }
    /// Returns true if the machine is stopped and nothing is to be done until a [`super::serial::SerialEvent`] arrives.
    fn is_idle(&mut self) -> bool {
        false
    }
    /// Runs the caller's `wait`; if the machine is stopped, its clients have access to it meanwhile.
    fn lend(&mut self, wait: &mut dyn FnMut()) {
        wait();
    }
    /// Returns the virtual time.
    fn now(&self) -> Ticks;
    /// Returns the number of instructions executed by both cores.
    fn instructions(&self) -> u64;
    /// Returns the number of bytes that a UART can receive now; more would be lost.
    fn uart_room(&self, uart: u8) -> usize;
    /// Delivers bytes to a UART.
    fn uart_input(&mut self, uart: u8, bytes: &[u8]);
    /// Applies a signal of the board to the chip: EN, GPIO0 or a break.
    fn chip_input(&mut self, _change: machine::Input) {}
    /// Returns true if the ROM was started to wait for a download.
    fn download_boot(&self) -> bool {
        false
    }
    /// Returns true while a connection of the host is open: virtual time must not run ahead of host time.
    fn host_busy(&self) -> bool {
        false
    }
    /// Returns true while the host waits for a Wi-Fi station that sleeps until the next beacon.
    fn waits_for_beacon(&self) -> bool {
        self.machine().is_some_and(Machine::waits_for_beacon)
    }
    /// Returns the machine, for read access.
    fn machine(&self) -> Option<&Machine> {
        None
    }
    /// Waits until the symbols being loaded are available.
    fn wait_for_symbols(&self, _limit: Duration) {}
    /// Returns the task that runs on a core, if symbols are known.
    fn running_task(&self, _core: usize) -> Option<String> {
        None
    }
    /// Returns the function, and the file with line, of a code address.
    fn place(&self, _pc: u32) -> (Option<String>, Option<String>) {
        (None, None)
    }
    /// Returns RTC_CNTL_STORE6, where ESP-IDF records why it resets the chip.
    fn reset_hint(&self) -> Option<u32> {
        None
    }
    /// Returns the machine's output since the last call.
    fn take_output(&mut self) -> Vec<Output>;
    /// Returns the flash chip's contents.
    fn flash_bytes(&self) -> Vec<u8>;
    /// Returns the eFuses' contents.
    fn efuse_bytes(&self) -> [u8; 124];
}

/// Configuration of a new machine.
pub struct Setup {
    /// Contents of the flash chip.
    pub flash: Vec<Arc<Page>>,
    /// Mask ROM.
    pub rom: RomSet,
    /// Bare ELF to start instead of the ROM.
    pub kernel: Option<Kernel>,
    /// eFuse contents; `None`: a revision 3 chip's.
    pub efuse: Option<[u8; 124]>,
    /// Major chip revision.
    pub revision: u8,
    /// Base MAC address; `None`: the one in the eFuses.
    pub mac: Option<[u8; 6]>,
    /// PSRAM in bytes.
    pub psram_bytes: usize,
    /// SD card sockets.
    pub sd: Vec<SdConfig>,
    /// Boot strap pins.
    pub strap: u32,
    /// Engine for the guest's code.
    pub engine: EngineKind,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Configuration of the Ethernet connection.
    pub nic: Nic,
    /// Networks and stations on the air.
    pub air: esplens_soc::net::air::AirConfig,
    /// Host side of the network.
    pub host: Option<Box<dyn HostNet>>,
    /// Events to trace.
    pub trace: esplens_soc::trace::TraceSet,
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
        sd: setup.sd,
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
        phy: setup.nic.phy,
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
    fn run(&mut self, until: Ticks) -> TargetExit {
        match Supervisor::run(self, until) {
            DriveResult::Paused => TargetExit::Paused,
            DriveResult::Quit => TargetExit::Quit,
            DriveResult::Machine(
                machine::RunExit::Until | machine::RunExit::WorkExhausted | machine::RunExit::ReplayFinished,
            ) => TargetExit::Until,
            DriveResult::Machine(machine::RunExit::Stopped { core, stop }) => {
                TargetExit::Stopped(format!("core {core}: {stop:?}"))
            }
            DriveResult::Machine(machine::RunExit::Exit(code)) => TargetExit::Exit(code),
            DriveResult::Machine(machine::RunExit::Reset(_, cause)) => TargetExit::Reset(cause),
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
    fn is_idle(&mut self) -> bool {
        Supervisor::is_idle(self)
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
        let machine = self.view().machine();
        machine.soc().peek(machine.memory(), DevId::RtcCntl.range().0 + STORE6)
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
