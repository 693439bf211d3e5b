//! What devices share: interrupt lines, events, clocks, the cores' control lines, messages, outputs.

use crate::cache::Caches;
use crate::clocks::Clocks;
use crate::dev::radio::RadioState;
use crate::dev::spi::{FlashChip, PsramChip};
use crate::dev::{DevId, Msg};
use crate::irq::Irq;
use crate::trace::{self, Trace};
use esplens_core::memory::Region;
use esplens_core::time::{EventQueue, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Why a core was reset, as the ROM reads it from `RTC_CNTL_RESET_STATE` (IDF `rom/rtc.h`, `RESET_REASON`).
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

/// How much a reset resets (TRM 3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResetKind {
    /// One core's registers only.
    Cpu(u8),
    /// Both cores and all peripherals but the RTC.
    Core,
    /// Everything, the RTC included.
    System,
}

/// GPIO0 among the strap pins: high boots from flash (TRM 2.4, table 6).
pub const STRAP_GPIO0: u32 = 1 << 4;

/// What a device asks of the machine; carried out before the next instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Reset for a cause.
    Reset(ResetKind, ResetCause),
    /// Put one device back to its reset values (a DPORT peripheral reset bit).
    ResetDevice(DevId),
    /// Deep sleep: digital core off until the RTC wakes it, then a reset with [`ResetCause::DeepSleep`].
    DeepSleep,
    /// Light sleep: both cores stand still until the RTC wakes them.
    LightSleep,
    /// The RTC ends a sleep.
    Wake,
    /// The EN pin is let go: power-on.
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
    /// The last reset's cause.
    pub cause: u8,
}

impl CoreLines {
    /// True when the core executes nothing.
    #[must_use]
    pub fn held(&self) -> bool {
        self.in_reset || self.gated || self.dport_stall || self.rtc_stall
    }
}

/// How a frame passes on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AirInfo {
    /// Frequency in MHz.
    pub frequency: u16,
    /// Rate code of IDF's `wifi_phy_rate_t`.
    pub rate: u8,
    /// Signal strength in dBm; 0 for the guest's own frames.
    pub rssi: i8,
    /// A protected frame whose payload is plaintext.
    pub clear: bool,
}

/// A frame as it passes on the cable or on the air.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Virtual time.
    pub at: Ticks,
    /// From the network, or from the guest.
    pub to_guest: bool,
    /// The core that sent it.
    pub core: u8,
    /// The instruction that sent it.
    pub pc: u32,
    /// Without preamble and checksum.
    pub bytes: Vec<u8>,
    /// Set for a frame of IEEE 802.11; otherwise it is an Ethernet frame.
    pub air: Option<AirInfo>,
}

/// Something that leaves the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A byte left UART `n`'s transmitter.
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
        /// What it wrote.
        bytes: Vec<u8>,
    },
    /// A frame on the cable or on the air.
    Frame(Frame),
    /// A traced event.
    Trace(trace::Line),
    /// One clear warning about something not modelled.
    Warning(String),
    /// Something that the user should know.
    Note(String),
}

/// Everything the devices share. Serialised with the machine, but for outputs and the warnings already given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// Interrupt lines and matrix.
    pub irq: Irq,
    /// Events in virtual time; slot = device number * 16 + tag.
    pub events: EventQueue,
    /// Clock selection.
    pub clocks: Clocks,
    /// Control lines of both cores.
    pub cores: [CoreLines; 2],
    /// Levels of the pads, kept by the GPIO device for everyone to read.
    pub pads: Pads,
    /// Input signals of the GPIO matrix that a pad joins with an output signal as it is (input, output); kept by the
    /// GPIO device. Peripherals that model whole bytes instead of edges look here.
    pub wires: BTreeMap<u8, u8>,
    /// Asked of the machine, in order.
    pub requests: Vec<Request>,
    /// Boot strap pins as `GPIO_STRAP` shows them (0x12 flash boot, 0x0f UART download): the pins' levels at the last
    /// reset of the whole chip.
    pub strap: u32,
    /// The levels that the board gives these pins now, in the same order.
    pub strap_pins: u32,
    /// GPIO0, the strap pin that asks for a download, is pulled low (a boot button, a serial adapter's DTR).
    pub gpio0_low: bool,
    /// The flash chip's storage.
    pub flash: Option<Region>,
    /// The PSRAM chip's storage.
    pub psram: Option<Region>,
    /// The flash chip's registers and what it is busy with.
    pub flash_chip: FlashChip,
    /// The PSRAM chip's mode.
    pub psram_chip: PsramChip,
    /// Storage that DMA and the maps reach by name.
    pub banks: Banks,
    /// Caches and MMU tables of both CPUs (see [`crate::cache`]).
    pub cache: Caches,
    /// State of the machine's only random source (seeded; RNG_DATA_REG draws from it).
    pub random: u64,
    /// Messages between devices not yet delivered.
    pub messages: VecDeque<(DevId, Msg)>,
    /// The part of the radio that its blocks share.
    pub radio: RadioState,
    /// Frames that the MAC sent and the network has not seen; taken at the slice's end.
    pub wire: Vec<Vec<u8>>,
    /// What leaves the machine; drained by its owner.
    #[serde(skip)]
    pub out: Vec<Output>,
    /// Which events are traced.
    #[serde(skip)]
    pub trace: Trace,
    /// Where FreeRTOS keeps the control block of each core's running task; 0: not known.
    #[serde(skip)]
    pub task_words: [u32; 2],
    /// Frames shown to a debugger.
    #[serde(skip)]
    pub tap: Tap,
    /// A guest's access narrower than a register, while the device handles it.
    #[serde(skip)]
    pub narrow: Option<Narrow>,
    /// Warnings given, so that each comes once.
    #[serde(skip)]
    pub warned: BTreeSet<String>,
    /// A debugger is attached, as the chip sees it: DCR's EnableOCD, which semihosting firmware looks at.
    pub ocd: bool,
    /// Error of the last semihosting call that failed.
    pub semihost_errno: u32,
    /// Latest time any device was shown: both cores' accesses see time that never runs backwards.
    pub latest: Ticks,
}

/// What a debugger sees of the cable. Not part of the machine's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tap {
    /// Frames are noted here, and the machine stops after each.
    pub on: bool,
    /// Frames since the machine last went on.
    pub seen: Vec<Frame>,
}

impl Tap {
    /// Notes a frame.
    pub fn note(&mut self, frame: &Frame) {
        if self.on && self.seen.len() < 64 {
            self.seen.push(frame.clone());
        }
    }
}

/// A guest's access of one or two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Narrow {
    /// Offset in the register, 0..3.
    pub byte: u32,
    /// The accessed bits, shifted down.
    pub mask: u32,
    /// What was written.
    pub value: u32,
}

/// The pads as the GPIO device resolved them, a bit a GPIO number (0..39).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pads {
    /// Electrical levels, whether or not a pad's input is enabled.
    pub level: u64,
    /// Pads the outside drives.
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
    /// ROM 0 (0x4000_0000, 384 KiB) as the PRO CPU sees it.
    pub rom0_pro: Option<Region>,
    /// ROM 0 as the APP CPU sees it.
    pub rom0_app: Option<Region>,
    /// ROM 1 (0x3FF9_0000, 64 KiB).
    pub rom1: Option<Region>,
}

impl System {
    /// Whether the machine must look before the next instruction.
    #[must_use]
    pub fn attention(&self) -> bool {
        self.irq.changed || !self.requests.is_empty()
    }

    /// The next number of the seeded random source (xorshift64*).
    pub fn next_random(&mut self) -> u32 {
        let mut x = self.random | 1;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.random = x;
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    /// A reset of the whole chip looks at the strap pins.
    pub fn latch_straps(&mut self) {
        self.strap = self.strap_pins & if self.gpio0_low { !STRAP_GPIO0 } else { !0 };
    }

    /// True when the last reset of the chip saw GPIO0 low: the ROM waits for a download (TRM 2.4, table 6).
    #[must_use]
    pub fn download_boot(&self) -> bool {
        self.strap & STRAP_GPIO0 == 0
    }

    /// Gives a warning unless it was given before.
    pub fn warn(&mut self, text: String) {
        if self.warned.len() < 1000 && self.warned.insert(text.clone()) {
            self.out.push(Output::Warning(text));
        }
    }
}
