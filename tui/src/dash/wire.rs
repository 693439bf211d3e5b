//! What passes between the dashboard and the machine: data only, so that it can cross a socket as well as a channel.

mod sample;

pub use sample::*;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the visible panes need to see of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wants {
    /// The registers of both cores.
    pub cpu: bool,
    /// Instructions.
    pub code: Option<CodeWant>,
    /// Ranges of memory.
    pub mem: Vec<MemWant>,
    /// The Ethernet controller with its descriptors.
    pub eth: bool,
    /// The Wi-Fi MAC with its receive list, and the air.
    pub wifi: bool,
    /// Peripherals whose registers to read, by name.
    pub devs: Vec<String>,
    /// Break- and watchpoints.
    pub points: bool,
    /// Task switches as they happen.
    pub switches: bool,
    /// Which interrupt lines are up.
    pub irq: bool,
    /// Memory with symbols and types; absent without an ELF.
    pub debug: DebugWant,
}

/// What needs symbols.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DebugWant {
    /// The frames of this core's stack, with the locals of the frame with this number.
    pub frames: Option<FramesWant>,
    /// The operating system's tasks.
    pub tasks: bool,
    /// Watch expressions.
    pub watches: Vec<String>,
    /// Which of their parts are unfolded, by path ([`part_path`]), and from which part on.
    pub open: BTreeMap<String, usize>,
    /// Where they are evaluated: core, task, frame.
    pub context: FrameRef,
}

/// Where an expression is evaluated: core, task when it is not the core's running one, stack frame.
pub type FrameRef = (usize, Option<u32>, usize);

/// The path of part `n` of what has this path; a watch expression's own path is its text.
#[must_use]
pub fn part_path(path: &str, n: usize) -> String {
    format!("{path}\u{1}{n}")
}

/// A stack to walk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FramesWant {
    /// Core.
    pub core: usize,
    /// Task control block, when it is not the core's running task.
    pub task: Option<u32>,
    /// The frame whose locals to show.
    pub frame: usize,
    /// Most frames.
    pub max: usize,
}

/// Instructions around an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeWant {
    /// Core whose view of memory it is.
    pub core: usize,
    /// Where; `None`: at the core's PC.
    pub at: Option<u32>,
    /// Instructions before it.
    pub before: usize,
    /// Instructions from it on.
    pub rows: usize,
    /// Lines of its source file around it.
    #[serde(default)]
    pub source: usize,
}

/// A range of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemWant {
    /// Core whose view it is.
    pub core: usize,
    /// First byte.
    pub addr: u32,
    /// Bytes.
    pub len: u32,
}

/// What the dashboard asks of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Go on.
    Run,
    /// Stop.
    Pause,
    /// One instruction of a core.
    StepInsn(usize),
    /// To before a core's last instruction.
    StepBack(usize),
    /// Back to the last point that was hit.
    RunBack,
    /// To the next source line, into calls; an instruction where there is no line.
    StepLine(usize),
    /// To the next source line, over calls.
    Next(usize),
    /// Out of the function.
    Finish(usize),
    /// Back to the beginning of the source line, or of the one before, into calls.
    LineBack(usize),
    /// The same, over calls.
    NextBack(usize),
    /// Back to the call of the function.
    FinishBack(usize),
    /// To an address.
    RunTo(u32),
    /// Stop when the firmware panics, or do not.
    StopAtPanics(bool),
    /// Reset the chip.
    Reset,
    /// Keep the machine under a name.
    Save(String),
    /// Go back to a snapshot.
    Load(String),
    /// Bytes for a UART.
    Uart(u8, Vec<u8>),
    /// Set or take away a breakpoint.
    ToggleBreak(u32),
    /// Delete a point.
    DeletePoint(usize),
    /// Switch a point on or off.
    EnablePoint(usize, bool),
    /// Watch for stores: first byte, bytes, what its user calls it.
    Watch(u32, u32, String),
    /// Write memory: core, address, bytes.
    Write(usize, u32, Vec<u8>),
    /// Find bytes from an address on: core, address, pattern.
    Find(usize, u32, Vec<u8>),
    /// A line for the monitor.
    Monitor(String),
    /// What the last word of such a line may become.
    Complete(String),
    /// Where a name or an expression points.
    Address(String, FrameRef),
    /// Where addresses of code lie, a line each.
    Decode(Vec<u32>),
    /// Switch traced events on or off by pattern.
    Trace(String),
    /// End the program.
    Quit,
}

/// What came of an [`Action`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What to say, if anything.
    pub text: String,
    /// It failed.
    pub failed: bool,
    /// An address, for [`Action::Find`] and [`Action::Address`].
    pub addr: Option<u32>,
    /// For [`Action::Complete`]: the line, and the words that its last one may become.
    pub words: Option<(String, Vec<String>)>,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Feed {
    /// Bytes left a UART.
    Uart(u8, Vec<u8>),
    /// The guest wrote over SIMCALL.
    Console(Vec<u8>),
    /// A line of esplens's own.
    Message(String),
    /// A frame of Ethernet or 802.11.
    Frame(FrameRecord),
    /// A traced event.
    Trace(TraceRecord),
    /// Another task runs on a core: time, core, task.
    Switch(u64, u8, String),
    /// The machine stands.
    Stopped(StopInfo),
    /// It goes on, by this client's wish.
    Resumed(String),
    /// The chip was reset: cause, and who asked.
    Reset(String, Option<String>),
    /// The guest ended with a code.
    Exited(i32),
    /// Something else changed that a sample may show.
    Touched,
    /// So many events were lost because the dashboard was slow.
    Lost(u64),
}

/// A frame as it passed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRecord {
    /// Virtual time.
    pub at: u64,
    /// To the guest.
    pub rx: bool,
    /// The sending core.
    pub core: u8,
    /// The sending instruction.
    pub pc: u32,
    /// Without preamble and checksum.
    pub bytes: Vec<u8>,
    /// Set for a frame of 802.11.
    #[serde(default)]
    pub air: Option<AirRecord>,
}

/// How a frame passed on the air.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AirRecord {
    /// Frequency in MHz.
    pub frequency: u16,
    /// Rate code of IDF's `wifi_phy_rate_t`.
    pub rate: u8,
    /// Signal strength in dBm; 0 for the guest's own frames.
    pub rssi: i8,
    /// A protected frame whose payload is plaintext.
    pub clear: bool,
}

/// A traced event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRecord {
    /// Virtual time.
    pub at: u64,
    /// Core.
    pub core: u8,
    /// PC.
    pub pc: u32,
    /// Event.
    pub event: String,
    /// What happened.
    pub text: String,
    /// Task and function, where known.
    pub context: String,
}
