//! State shared by the devices: interrupt lines, events, clocks, the cores' control lines, messages, outputs.

use crate::cache::Caches;
use crate::card::SdCards;
use crate::clocks::Clocks;
use crate::dev::mcpwm::PwmWave;
use crate::dev::radio::RadioState;
use crate::dev::spi::{FlashChip, PsramChip};
use crate::dev::ulp::Ulp;
use crate::dev::{DevId, DevMsg};
use crate::irq::IrqMatrix;
pub use crate::net::air::AirInfo;
use crate::trace::{self, TraceLine, TraceSet};
use esplens_core::memory::{Memory, Region};
use esplens_core::time::{EventQueue, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Host work charged for making and writing a line.
const LINE_WORK: u64 = 1_000;

/// Cause of a core's reset, as the ROM reads it from `RTC_CNTL_RESET_STATE` (IDF `rom/rtc.h`, `RESET_REASON`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the ROM's")]
#[repr(u8)]
pub enum ResetCause {
    PowerOn = 1,
    Software = 3,
    OwdtReset = 4,
    DeepSleep = 5,
    Sdio = 6,
    Tg0WdtSys = 7,
    Tg1WdtSys = 8,
    RtcWdtSys = 9,
    Intrusion = 10,
    TgWdtCpu = 11,
    SoftwareCpu = 12,
    RtcWdtCpu = 13,
    ExtCpu = 14,
    BrownOut = 15,
    RtcWdtRtc = 16,
}

/// Scope of a reset (TRM 3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResetKind {
    /// One core's registers only.
    Cpu(u8),
    /// Both cores and all peripherals but the RTC.
    Core,
    /// Everything, the RTC included.
    System,
}

/// GPIO0's bit in the strap pins: high boots from flash (TRM 2.4, table 6).
pub const STRAP_GPIO0: u32 = 1 << 4;

/// A device's request to the machine; carried out before the next instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Reset with a cause.
    Reset(ResetKind, ResetCause),
    /// Put one device back to its reset values (a DPORT peripheral reset bit).
    ResetDevice(DevId),
    /// Deep sleep: digital core off until the RTC wakes it, then a reset with [`ResetCause::DeepSleep`].
    DeepSleep,
    /// Light sleep: both cores are stopped until the RTC wakes them.
    LightSleep,
    /// The RTC ends a sleep.
    Wake,
    /// The EN pin is released: power-on.
    PowerUp,
}

/// A core's control lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreLines {
    /// Held in reset (DPORT_APPCPU_RESETTING).
    pub in_reset: bool,
    /// No clock (DPORT_APPCPU_CLKGATE_EN clear).
    pub gated: bool,
    /// Stalled (DPORT_APPCPU_RUNSTALL or RTC_CNTL_SW_STALL_*CPU).
    pub dport_stall: bool,
    /// Stalled by RTC_CNTL_SW_STALL.
    pub rtc_stall: bool,
    /// Address the ROM of the APP CPU jumps to (DPORT_APPCPU_CTRL_D).
    pub boot_addr: u32,
    /// Cause of the last reset.
    pub cause: u8,
}

impl CoreLines {
    /// Returns true if the core executes nothing.
    #[must_use]
    pub fn held(&self) -> bool {
        self.in_reset || self.gated || self.dport_stall || self.rtc_stall
    }
}

/// An Ethernet frame or an 802.11 frame, recorded when it is transferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetFrame {
    /// Virtual time.
    pub at: Ticks,
    /// Direction: true from the network to the guest, false from the guest.
    pub to_guest: bool,
    /// Core that sent it.
    pub core: u8,
    /// Address of the instruction that sent it.
    pub pc: u32,
    /// Contents without preamble and checksum.
    pub bytes: Vec<u8>,
    /// Set for an 802.11 frame; `None` for an Ethernet frame.
    pub air: Option<AirInfo>,
}

/// An output of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// UART `n` transmitted a byte.
    Uart {
        /// UART number.
        n: u8,
        /// The byte.
        byte: u8,
    },
    /// A pad changed its driven level.
    Pad {
        /// GPIO number.
        pin: u8,
        /// New level.
        level: bool,
    },
    /// The guest wrote to the console over SIMCALL.
    Console {
        /// 1 stdout, 2 stderr.
        fd: u8,
        /// The bytes written.
        bytes: Vec<u8>,
    },
    /// A frame was transferred over Ethernet or Wi-Fi.
    NetFrame(NetFrame),
    /// A traced event.
    Trace(trace::TraceLine),
    /// A warning about something that is not modelled. Each text is given once.
    Warning(String),
    /// Information for the user.
    Note(String),
}

/// State shared by the devices. Serialised with the machine, except for outputs and the record of warnings given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// Interrupt lines and matrix.
    pub irq: IrqMatrix,
    /// Events in virtual time; slot = device number * 16 + tag.
    pub events: EventQueue,
    /// Clock selection.
    pub clocks: Clocks,
    /// Control lines of both cores.
    pub cores: [CoreLines; 2],
    /// Levels of the pads, kept by the GPIO device and readable by all devices.
    pub pads: Pads,
    /// Direct connections in the GPIO matrix: input signals that a pad connects to an output signal unchanged (input,
    /// output). Kept by the GPIO device, for peripherals that model whole bytes instead of edges.
    pub matrix_loopbacks: BTreeMap<u8, u8>,
    /// Pending requests to the machine, in order.
    pub requests: Vec<Request>,
    /// Boot strap pins as `GPIO_STRAP` shows them (0x12 flash boot, 0x0f UART download): the pins' levels at the last
    /// reset of the whole chip.
    pub strap: u32,
    /// Levels that the board drives on these pins at present, in the same order.
    pub strap_pins: u32,
    /// GPIO0, the strap pin that selects download mode, is pulled low (a boot button, a serial adapter's DTR).
    pub gpio0_low: bool,
    /// The flash chip's storage.
    pub flash: Option<Region>,
    /// The PSRAM chip's storage.
    pub psram: Option<Region>,
    /// The flash chip's registers and current operation.
    pub flash_chip: FlashChip,
    /// The PSRAM chip's mode.
    pub psram_chip: PsramChip,
    /// SD cards, at the SDMMC host and on SPI buses.
    pub sd: SdCards,
    /// Pads of chip selects of SPI devices that carry an output signal, with its number. Kept by the GPIO device.
    pub spi_selects: BTreeMap<u8, u8>,
    /// The on-chip memories, by name.
    pub banks: Banks,
    /// Caches and MMU tables of both CPUs (see [`crate::cache`]).
    pub cache: Caches,
    /// State of the machine's only random source (seeded; RNG_DATA_REG draws from it).
    pub random: u64,
    /// Messages between devices that are not delivered yet.
    pub messages: VecDeque<(DevId, DevMsg)>,
    /// Output signals that are functions of virtual time, by signal. Kept by MCPWM, evaluated by the GPIO device.
    pub waves: BTreeMap<u8, PwmWave>,
    /// The ULP coprocessor.
    pub ulp: Ulp,
    /// Radio state shared by its blocks.
    pub radio: RadioState,
    /// Frames sent by the MAC and not yet passed to the network; taken at the end of the slice.
    pub wire: Vec<Vec<u8>>,
    /// Outputs of the machine; drained by its owner.
    #[serde(skip)]
    pub out: Vec<Output>,
    /// Set of traced events.
    #[serde(skip)]
    pub trace: TraceSet,
    /// Per core, the address of FreeRTOS's pointer to the running task's control block; 0: unknown.
    #[serde(skip)]
    pub current_tcb_addrs: [u32; 2],
    /// Frames recorded for a debugger.
    #[serde(skip)]
    pub tap: PacketTap,
    /// The guest's current access, if it is narrower than a register; set while the device handles it.
    #[serde(skip)]
    pub narrow: Option<Narrow>,
    /// Warnings already given; each one is given once.
    #[serde(skip)]
    pub warned: BTreeSet<String>,
    /// A debugger is attached, as visible to the chip: DCR's EnableOCD, which semihosting firmware reads.
    pub ocd: bool,
    /// Error of the last semihosting call that failed.
    pub semihost_errno: u32,
    /// Latest time passed to any device. Time never runs backwards across the accesses of both cores.
    pub latest: Ticks,
}

/// Frames recorded for a debugger. Not part of the machine's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketTap {
    /// Frames are recorded here, and the machine stops after each.
    pub on: bool,
    /// Frames recorded since the machine was last resumed.
    pub seen: Vec<NetFrame>,
}

impl PacketTap {
    /// Records a frame.
    pub fn note(&mut self, frame: &NetFrame) {
        if self.on && self.seen.len() < 64 {
            self.seen.push(frame.clone());
        }
    }
}

/// A guest access of one or two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Narrow {
    /// Byte offset in the register, 0..3.
    pub byte: u32,
    /// Mask of the accessed bits, shifted down to bit 0.
    pub mask: u32,
    /// The value written.
    pub value: u32,
}

/// The pads' state as resolved by the GPIO device, one bit per GPIO number (0..39).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pads {
    /// Electrical levels, whether or not a pad's input is enabled.
    pub level: u64,
    /// Pads driven from outside the chip.
    pub driven: u64,
    /// The RTC pad of the EXT0 wake-up, by RTC GPIO number; kept by RTCIO.
    pub ext0: u8,
    /// Pads that wake the chip from light sleep while low, and while high; kept by RTCIO.
    pub rtc_wake: [u64; 2],
}

/// The on-chip memories (TRM 1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Banks {
    /// 192 KiB at 0x4007_0000.
    pub sram0: Option<Region>,
    /// 128 KiB at 0x3FFE_0000 and, reversed, 0x400A_0000.
    pub sram1: Option<Region>,
    /// 200 KiB at 0x3FFA_E000.
    pub sram2: Option<Region>,
    /// 8 KiB at 0x3FF8_0000 (data) and 0x400C_0000 (PRO CPU only).
    pub rtc_fast: Option<Region>,
    /// 8 KiB at 0x5000_0000.
    pub rtc_slow: Option<Region>,
    /// ROM 0 (0x4000_0000, 384 KiB) of the PRO CPU.
    pub rom0_pro: Option<Region>,
    /// ROM 0 of the APP CPU.
    pub rom0_app: Option<Region>,
    /// ROM 1 (0x3FF9_0000, 64 KiB).
    pub rom1: Option<Region>,
}

impl System {
    /// Returns true if the machine must act before the next instruction: an interrupt line changed or a request is
    /// pending.
    #[must_use]
    pub fn needs_service(&self) -> bool {
        self.irq.changed || !self.requests.is_empty()
    }

    /// Returns the next number of the seeded random source (xorshift64*).
    pub fn next_random(&mut self) -> u32 {
        let mut x = self.random | 1;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.random = x;
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    /// Latches the strap pins, as a reset of the whole chip does.
    pub fn latch_straps(&mut self) {
        self.strap = self.strap_pins & if self.gpio0_low { !STRAP_GPIO0 } else { !0 };
    }

    /// Returns true if GPIO0 was low at the chip's last reset: the ROM waits for a download (TRM 2.4, table 6).
    #[must_use]
    pub fn download_boot(&self) -> bool {
        self.strap & STRAP_GPIO0 == 0
    }

    /// Gives a warning unless it was given before. At most 1000 different warnings are given.
    pub fn warn(&mut self, text: String) {
        if self.warned.len() < 1000 && self.warned.insert(text.clone()) {
            self.out.push(Output::Warning(text));
        }
    }
}

impl System {
    /// Outputs the line of an enabled event, with the task running on the core that caused it.
    pub fn trace_line(&mut self, mem: &Memory, mut line: TraceLine) {
        mem.work.charge(LINE_WORK);
        if line.pc != 0 && line.tcb == 0 {
            line.tcb = self.current_task(mem, usize::from(line.core & 1));
        }
        self.out.push(Output::Trace(line));
    }

    /// Returns the control block of the task running on a core; 0 if unknown.
    #[must_use]
    pub fn current_task(&self, mem: &Memory, core: usize) -> u32 {
        let (at, mut word) = (self.current_tcb_addrs[core], [0; 4]);
        if at == 0 || mem.peek(core, at, &mut word) < 4 { 0 } else { u32::from_le_bytes(word) }
    }
}
