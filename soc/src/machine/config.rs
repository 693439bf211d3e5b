//! Configuration of a machine.

use super::{Machine, simcall};
use crate::boot::{Kernel, RomSet};
use crate::bus::{Soc, TimeBase};
use crate::card::{SdCards, SdConfig};
use crate::dev::efuse::{Efuse, FILE_LEN};
use crate::dev::{DevId, Devices};
use crate::system::System;
use crate::trace::TraceSet;
use crate::{banks, map};
use esplens_core::cpu::Cpu;
use esplens_core::engine::interp::{HOT, Interp};
use esplens_core::memory::{CORES, Memory, Page};
use std::path::PathBuf;
use std::sync::Arc;

/// The chip's major revision, which decides the default ROM and eFuses.
pub type ChipRevision = u8;

/// Execution engine of the guest's code. It affects speed only, not the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineKind {
    /// The interpreter alone.
    Interp,
    /// The interpreter, and machine code of the host for code that runs often. If the host allows no such code, it is
    /// the interpreter alone: see [`EngineKind::check`].
    #[default]
    Jit,
    /// The same, with all code translated as soon as it runs: for tests.
    JitAtOnce,
}

impl EngineKind {
    /// Checks whether the host supports this engine.
    ///
    /// # Errors
    /// [`esplens_jit::Refused`] with the reason.
    pub fn check(self) -> Result<(), esplens_jit::Refused> {
        if self == Self::Interp { Ok(()) } else { esplens_jit::translator().map(drop) }
    }

    /// Creates the engine of one core.
    fn make(self, skip_busy_waits: bool) -> Interp {
        let threshold = match self {
            Self::Interp => None,
            Self::Jit => Some(HOT),
            Self::JitAtOnce => Some(0),
        };
        let translator = threshold.and_then(|threshold| Some((esplens_jit::translator().ok()?, threshold)));
        let mut engine =
            translator.map_or_else(Interp::default, |(t, threshold)| Interp::with_translator(t, threshold));
        engine.executes_busy_waits = !skip_busy_waits;
        engine
    }
}

/// Settings that are fixed at power-on.
#[derive(Clone)]
pub struct MachineConfig {
    /// The flash chip's contents by page; their number gives the chip's size (a power of two, 1 to 16 MiB).
    pub flash: Vec<Arc<Page>>,
    /// The mask ROM.
    pub rom: RomSet,
    /// eFuses; `None`: those of a chip of `revision` with a MAC address.
    pub efuse: Option<[u8; FILE_LEN]>,
    /// Major revision of the default eFuses, 0..3.
    pub revision: ChipRevision,
    /// MAC address that replaces that of the eFuses.
    pub mac: Option<[u8; 6]>,
    /// PSRAM chip in bytes: 0 (none), 2, 4 or 8 MiB.
    pub psram_bytes: usize,
    /// SD card sockets.
    pub sd: Vec<SdConfig>,
    /// Boot strap pins at power-on: 0x12 flash boot, 0x0f UART download.
    pub strap: u32,
    /// Execution engine of the guest's code.
    pub engine: EngineKind,
    /// Whether busy-waiting loops are skipped where that makes no difference to the machine. Off is for comparing.
    pub skip_busy_waits: bool,
    /// Seed of the random number generator.
    pub seed: u64,
    /// A bare program to start instead of the ROM's boot.
    pub kernel: Option<Kernel>,
    /// Folder in which SIMCALL and `break 1, 14` may open files; `None`: no files, and no `break 1, 14`.
    pub semihosting: Option<PathBuf>,
    /// Command line that semihosting passes to the guest.
    pub semihosting_args: String,
    /// Model of Ethernet controller that firmware detects.
    pub eth: crate::dev::eth::EthModel,
    /// PHY of the chip's own Ethernet controller.
    pub phy: crate::dev::emac::phy::PhyConfig,
    /// The user network connected to the MAC; `None`: Ethernet frames are dropped.
    pub network: Option<crate::net::user::UserNetConfig>,
    /// Without a user network: connects the MAC to a segment with other machines, whose Ethernet frames the host
    /// carries ([`Machine::attach`]).
    pub segment: bool,
    /// The air around the radio.
    pub air: crate::net::air::AirConfig,
    /// The network's name for `set_link` and `info network`; `id=` of `--nic`.
    pub nic_id: String,
}

impl MachineConfig {
    /// Creates the configuration of a chip of revision 3.0 with `flash` and nothing else.
    #[must_use]
    pub fn new(flash: Vec<Arc<Page>>) -> Self {
        Self {
            flash,
            rom: RomSet::builtin(3),
            efuse: None,
            revision: 3,
            mac: None,
            psram_bytes: 0,
            sd: Vec::new(),
            strap: 0x12,
            engine: EngineKind::default(),
            skip_busy_waits: true,
            seed: 1,
            kernel: None,
            semihosting: None,
            semihosting_args: String::new(),
            eth: Default::default(),
            phy: Default::default(),
            network: None,
            segment: false,
            air: Default::default(),
            nic_id: "net0".into(),
        }
    }

    fn fuses(&self) -> Efuse {
        let mut efuse = match &self.efuse {
            Some(bytes) => Efuse::from_bytes(bytes).unwrap_or_default(),
            None => {
                let mut e = Efuse::default();
                e.set_revision(self.revision);
                e
            }
        };
        if let Some(mac) = self.mac {
            efuse.set_mac(mac);
        }
        efuse
    }
}

impl Machine {
    /// Creates a machine at power-on.
    #[must_use]
    pub fn new(config: MachineConfig) -> Self {
        let mut mem = Memory::default();
        let mut sys = System { strap_pins: config.strap, random: config.seed, ..System::default() };
        sys.banks = banks::add_banks(&mut mem, &config.rom);
        sys.flash = (!config.flash.is_empty()).then(|| mem.add_shared(&config.flash));
        sys.sd = SdCards::new(&config.sd);
        sys.psram = (config.psram_bytes > 0).then(|| mem.add(config.psram_bytes, 0));
        banks::map_banks(&mut mem, &sys);
        let mut dev = Devices::new();
        dev.efuse = config.fuses();
        dev.apb_ctrl.set_revision(dev.efuse.revision());
        dev.eth.set_model(config.eth, config.phy);
        let mut machine = Self {
            cpus: [Cpu::new(0), Cpu::new(1)],
            engines: std::array::from_fn(|_| config.engine.make(config.skip_busy_waits)),
            mem,
            soc: Soc { dev, sys, base: TimeBase::default() },
            now: 0,
            slice: None,
            sleep: None,
            inputs: Vec::new(),
            log: Vec::new(),
            applied: 0,
            replay: Default::default(),
            net: match &config.network {
                Some(user) => Some(crate::net::Net::new(user.clone())),
                None => config.segment.then(crate::net::Net::segment),
            },
            air: crate::net::air::Air::new(config.air.clone(), config.seed),
            host: None,
            log_bytes: 0,
            muted: false,
            trace: TraceSet::default(),
            trace_too: TraceSet::default(),
            store_probes: [0; CORES],
            stale: false,
            files: simcall::Files::new(config.semihosting.clone()),
            config,
            debug: Default::default(),
            resumes_events: false,
        };
        machine.soc.sys.ocd = machine.config.semihosting.is_some();
        machine.sync_breaks();
        machine.power_on();
        let pads = machine.soc.sys.sd.pads();
        machine.drive_pads(pads);
        machine
    }

    /// Loads the bare program into memory and sets PRO_CPU's PC to its entry point.
    pub(super) fn load_kernel(&mut self) {
        let Some(kernel) = self.config.kernel.clone() else { return };
        for segment in &kernel.segments {
            let mut bytes = segment.bytes.to_vec();
            bytes.resize(segment.size as usize, 0);
            let done = self.poke(segment.addr, &bytes);
            if done < bytes.len() {
                let at = segment.addr + done as u32;
                self.soc
                    .sys
                    .warn(format!("kernel: no memory at {at:#010x}, the rest of the segment is dropped"));
            }
        }
        self.cpus[0].pc = kernel.entry;
    }

    /// Stops the two watchdogs of flash boot protection if nothing boots from flash: for a bare program, and if the
    /// strap pins select a download (GPIO0 low; TRM 18.2.1, "flash boot protection").
    pub(super) fn guard_boot(&mut self) {
        if self.config.kernel.is_some() || self.soc.sys.download_boot() {
            self.stop_flashboot_watchdogs();
        }
    }

    /// Clears WDT_FLASHBOOT_MOD_EN of both watchdogs, as a bootloader does.
    pub(super) fn stop_flashboot_watchdogs(&mut self) {
        use crate::dev::{rtc_cntl::spec as rtc, timg::spec as timg};
        let registers = [
            (DevId::Timg0, timg::WDTCONFIG0, timg::wdtconfig0::WDT_FLASHBOOT_MOD_EN),
            (DevId::RtcCntl, rtc::WDTCONFIG0, rtc::wdtconfig0::WDT_FLASHBOOT_MOD_EN),
        ];
        let now = self.now;
        for (id, offset, bit) in registers {
            self.soc.call(&mut self.mem, (0, 0), now, id, |d, cx| {
                let config = d.peek(offset, &cx.view());
                d.write(offset, config & !bit, cx);
            });
        }
    }

    /// Writes storage as mapped for PRO_CPU, ROM and RTC slow memory included. Returns the number of bytes written.
    pub fn poke(&mut self, addr: u32, bytes: &[u8]) -> usize {
        match (self.soc.sys.banks.rtc_slow, addr.checked_sub(map::RTC_SLOW.start)) {
            (Some(region), Some(offset)) if (offset as usize) < region.bytes() => {
                let n = bytes.len().min(region.bytes() - offset as usize);
                self.mem.write_region(region, offset as usize, &bytes[..n]);
                n
            }
            _ => self.mem.poke(0, addr, bytes),
        }
    }
}
