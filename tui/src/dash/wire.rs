//! Messages between the dashboard and the machine: plain data for a socket or a channel.

mod sample;

pub use sample::*;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Machine data that the visible panes query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Registers of both cores.
    pub cpu: bool,
    /// Instructions.
    pub code: Option<CodeQuery>,
    /// Memory ranges.
    pub mem: Vec<MemQuery>,
    /// The Ethernet controller with its descriptors.
    pub eth: bool,
    /// The Wi-Fi MAC with its receive list, and the networks on the air.
    pub wifi: bool,
    /// Names of peripherals whose registers are to be read.
    pub devs: Vec<String>,
    /// Breakpoints and watchpoints.
    pub points: bool,
    /// Task switches as they happen.
    pub switches: bool,
    /// Enabled or pending interrupts.
    pub irq: bool,
    /// Data that needs symbols and types; absent without an ELF.
    pub debug: DebugQuery,
}

/// Queries that need symbols.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DebugQuery {
    /// Stack frames of a core or task, with the locals of one frame.
    pub frames: Option<FramesQuery>,
    /// The operating system's tasks.
    pub tasks: bool,
    /// Watch expressions.
    pub watches: Vec<String>,
    /// Unfolded parts of the expressions, by path ([`part_path`]), with the first part to show.
    pub open: BTreeMap<String, usize>,
    /// Context of the evaluation: core, task, frame.
    pub context: FrameRef,
}

/// Context for evaluating an expression: core, task if it is not the core's running one, stack frame.
pub type FrameRef = (usize, Option<u32>, usize);

/// Returns the path of part `n` of the value with this path; a watch expression's own path is its text.
#[must_use]
pub fn part_path(path: &str, n: usize) -> String {
    format!("{path}\u{1}{n}")
}

/// A stack to unwind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FramesQuery {
    /// Core.
    pub core: usize,
    /// Task control block, if it is not the core's running task.
    pub task: Option<u32>,
    /// Frame whose locals are requested.
    pub frame: usize,
    /// Maximum number of frames.
    pub max: usize,
}

/// Instructions around an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeQuery {
    /// Core whose address map is used.
    pub core: usize,
    /// Address; `None`: the core's PC.
    pub at: Option<u32>,
    /// Number of instructions before the address.
    pub before: usize,
    /// Number of instructions from the address on.
    pub rows: usize,
    /// Number of source lines around the address.
    #[serde(default)]
    pub source: usize,
}

/// A range of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemQuery {
    /// Core whose address map is used.
    pub core: usize,
    /// Address of the first byte.
    pub addr: u32,
    /// Length in bytes.
    pub len: u32,
}

/// Request of the dashboard to the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Continue.
    Run,
    /// Stop.
    Pause,
    /// Step one instruction of a core.
    StepInsn(usize),
    /// Step back before a core's last instruction.
    StepBack(usize),
    /// Run back to the last point that was hit.
    RunBack,
    /// Step to the next source line, into calls; one instruction if there is no line.
    StepLine(usize),
    /// Step to the next source line, over calls.
    Next(usize),
    /// Run until the function returns.
    Finish(usize),
    /// Step back to the beginning of the source line, or of the previous one, into calls.
    LineBack(usize),
    /// The same, over calls.
    NextBack(usize),
    /// Run back to the call of the function.
    FinishBack(usize),
    /// Run to an address.
    RunTo(u32),
    /// Enable or disable the stop at firmware panics.
    StopAtPanics(bool),
    /// Reset the chip.
    Reset,
    /// Save a snapshot with this name.
    Save(String),
    /// Restore a snapshot.
    Load(String),
    /// Send bytes to a UART.
    Uart(u8, Vec<u8>),
    /// Set or remove a breakpoint.
    ToggleBreak(u32),
    /// Delete a point.
    DeletePoint(usize),
    /// Enable or disable a point.
    EnablePoint(usize, bool),
    /// Set a watchpoint for stores: address of the first byte, length in bytes, the user's name for it.
    Watch(u32, u32, String),
    /// Write memory: core, address, bytes.
    Write(usize, u32, Vec<u8>),
    /// Find bytes from an address on: core, address, pattern.
    Find(usize, u32, Vec<u8>),
    /// Execute a monitor command.
    Monitor(String),
    /// Complete the last word of a monitor command.
    Complete(String),
    /// Evaluate a name or an expression to an address.
    Address(String, FrameRef),
    /// Describe code addresses, one per line.
    Decode(Vec<u32>),
    /// Enable or disable traced events by pattern.
    Trace(String),
    /// End esplens.
    Quit,
}

/// Result of an [`Action`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Message for the user, or empty.
    pub text: String,
    /// The action failed.
    pub failed: bool,
    /// Resulting address of [`Action::Find`] and [`Action::Address`].
    pub addr: Option<u32>,
    /// For [`Action::Complete`]: the line, and the completions of its last word.
    pub words: Option<(String, Vec<String>)>,
}

/// Event for the dashboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DashEvent {
    /// Bytes sent by a UART.
    Uart(u8, Vec<u8>),
    /// Bytes that the guest wrote with SIMCALL.
    Console(Vec<u8>),
    /// A message of esplens.
    Message(String),
    /// A captured Ethernet or 802.11 frame.
    Frame(FrameRecord),
    /// A traced event.
    Trace(TraceRecord),
    /// A task switch: time, core, new task.
    Switch(u64, u8, String),
    /// The machine stopped.
    Stopped(StopInfo),
    /// The machine was resumed by this client.
    Resumed(String),
    /// The chip was reset: cause, and the client that requested it.
    Reset(String, Option<String>),
    /// The guest ended the program with a code.
    Exited(i32),
    /// Other state that a sample contains has changed.
    Touched,
    /// Number of events lost because the dashboard was slow.
    Lost(u64),
}

/// A captured Ethernet or 802.11 frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRecord {
    /// Virtual time in ticks.
    pub at: u64,
    /// The frame goes to the guest.
    pub rx: bool,
    /// Core that sent it.
    pub core: u8,
    /// PC of the sending instruction.
    pub pc: u32,
    /// Contents without preamble and checksum.
    pub bytes: Vec<u8>,
    /// Radio parameters of an 802.11 frame.
    #[serde(default)]
    pub air: Option<AirRecord>,
}

/// Radio parameters of an 802.11 frame.
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
    /// Virtual time in ticks.
    pub at: u64,
    /// Core.
    pub core: u8,
    /// PC.
    pub pc: u32,
    /// Name of the event.
    pub event: String,
    /// Description of the occurrence.
    pub text: String,
    /// Task and function, if known.
    pub context: String,
}
