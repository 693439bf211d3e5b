//! Snapshot of the machine's state, limited to the requested data.

use esplens_soc::net::air::frame::Mac;
use serde::{Deserialize, Serialize};

/// Snapshot of the machine's state; data that was not requested is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Virtual time in ticks of 1/480 µs.
    pub now: u64,
    /// Number of instructions executed by both cores.
    pub instructions: u64,
    /// The machine is running.
    pub running: bool,
    /// Ticks before the live edge of the run, if reverse execution has moved the machine back.
    pub past: Option<u64>,
    /// The same in instructions of both cores.
    pub behind: u64,
    /// Virtual time of the oldest checkpoint for reverse execution.
    pub oldest: Option<u64>,
    /// The machine stops when the firmware panics.
    pub panic_stop: bool,
    /// Description of the panic or unrequested reset at which the machine is stopped.
    pub alarm: Option<String>,
    /// The current or last stop.
    pub stop: Option<StopInfo>,
    /// Speed setting, in the syntax of `speed`.
    pub speed: String,
    /// PC of each core.
    pub pc: [u32; 2],
    /// Function and line of each PC; empty without symbols.
    pub at: [String; 2],
    /// Description of each core's activity.
    pub cores: [String; 2],
    /// Clients attached, by name and number.
    pub clients: Vec<String>,
    /// Both cores' registers.
    pub cpu: Option<Box<[CpuSample; 2]>>,
    /// Instructions.
    pub code: Option<CodeSample>,
    /// Contents of the requested ranges, in the same order.
    pub mem: Vec<MemSample>,
    /// The Ethernet controller.
    pub eth: Option<EthSample>,
    /// The Wi-Fi MAC and the networks on the air.
    pub wifi: Option<WifiSample>,
    /// Registers of the requested peripherals.
    pub devs: Vec<DevSample>,
    /// Breakpoints and watchpoints.
    pub points: Vec<PointSample>,
    /// Enabled or pending interrupts of each core.
    pub irq: [Vec<IrqSample>; 2],
    /// Names of the snapshots.
    pub snapshots: Vec<String>,
    /// Stack frames.
    pub frames: Vec<FrameSample>,
    /// Tasks.
    pub tasks: Vec<TaskSample>,
    /// Values of the watch expressions, in the requested order.
    pub watches: Vec<Tree>,
    /// Irregularities of the task list, or the reason why it is empty.
    pub tasks_note: Option<String>,
}

impl Sample {
    /// Returns true if the firmware drives the chip's own Ethernet MAC.
    #[must_use]
    pub fn eth_is_emac(&self) -> bool {
        self.eth.as_ref().is_some_and(|e| !e.openeth)
    }
}

/// A stop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StopInfo {
    /// Number, from 1; 0 before the first run.
    pub number: u64,
    /// Core that stopped.
    pub core: usize,
    /// PC of the core.
    pub pc: u32,
    /// Reason in words, with the client that requested the stop.
    pub why: String,
}

/// One core's registers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "fields are the manual's register names")]
pub struct CpuSample {
    pub ar: Vec<u32>,
    pub windowbase: u32,
    pub windowstart: u32,
    pub pc: u32,
    pub ps: u32,
    pub sar: u32,
    pub lbeg: u32,
    pub lend: u32,
    pub lcount: u32,
    pub br: u32,
    pub scompare1: u32,
    pub threadptr: u32,
    pub epc: Vec<u32>,
    pub eps: Vec<u32>,
    pub excsave: Vec<u32>,
    pub depc: u32,
    pub exccause: u32,
    pub excvaddr: u32,
    pub vecbase: u32,
    pub cpenable: u32,
    pub interrupt: u32,
    pub intenable: u32,
    pub ccount: u32,
    pub ccompare: Vec<u32>,
    pub debugcause: u32,
    pub prid: u32,
    pub misc: Vec<u32>,
    pub retired: u64,
    pub waiting: bool,
}

impl CpuSample {
    /// Returns address register `n` (0..15) of the current window.
    #[must_use]
    pub fn a(&self, n: usize) -> u32 {
        self.ar.get((self.windowbase as usize * 4 + n) % 64).copied().unwrap_or(0)
    }
}

/// State of an interrupt of a core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IrqSample {
    /// Number, 0..31.
    pub n: u8,
    /// Priority level, 1..7.
    pub level: u8,
    /// Enabled in INTENABLE.
    pub enabled: bool,
    /// Pending.
    pub pending: bool,
    /// Interrupt sources routed to it; active ones are marked with `*`.
    pub sources: Vec<String>,
}

/// Instructions in address order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CodeSample {
    /// Core whose address map was used.
    pub core: usize,
    /// Source lines and instructions.
    pub lines: Vec<CodeLine>,
    /// Index in `lines` of the requested address.
    pub anchor: usize,
    /// Name of the source file at that address, without folders.
    #[serde(default)]
    pub file: String,
    /// Lines of the source file around that address, if requested.
    #[serde(default)]
    pub text: Vec<SourceLine>,
}

/// A line of a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLine {
    /// Line number, from 1.
    pub number: u32,
    /// Text of the line.
    pub text: String,
    /// Address of its first instruction within the sample.
    pub addr: Option<u32>,
}

/// An instruction, with the label and source line above it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CodeLine {
    /// Address.
    pub addr: u32,
    /// Bytes of the instruction, lowest address first.
    pub bytes: Vec<u8>,
    /// Disassembly.
    pub text: String,
    /// Target of a jump or call, or the value that L32R loads.
    pub to: Option<u32>,
    /// The same as text, with the symbol's name if there is one.
    pub target: Option<String>,
    /// Name of the function that begins here.
    pub label: Option<String>,
    /// Source line that begins here: file:line and its text.
    pub source: Option<(String, String)>,
}

/// Bytes from memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MemSample {
    /// Address of the first byte.
    pub addr: u32,
    /// Bytes that could be read; fewer than requested if memory is unmapped.
    pub bytes: Vec<u8>,
}

/// State of the chip's own EMAC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmacSample {
    /// The PHY: chip, address, link.
    pub phy: String,
    /// Statistics counters.
    pub counters: String,
    /// Transmit and receive descriptors: address and words 0 to 3.
    pub rings: [Vec<(u32, [u32; 4])>; 2],
    /// Addresses of the current transmit and receive descriptor.
    pub current: [u32; 2],
}

/// State of the Ethernet controller; its descriptors, if it is open_eth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EthSample {
    /// False if the firmware drives the chip's own EMAC.
    pub openeth: bool,
    /// Registers by name.
    pub regs: Vec<(String, u32)>,
    /// MAC address of the controller.
    pub mac: [u8; 6],
    /// Number of transmit descriptors; the others are receive descriptors.
    pub tx_num: u32,
    /// Index of the next transmit descriptor.
    pub tx_next: u32,
    /// Index of the next receive descriptor.
    pub rx_next: u32,
    /// All 128 descriptors: length and status, address.
    pub desc: Vec<(u32, u32)>,
    /// Number of frames to the guest waiting for a descriptor.
    pub waiting: usize,
    /// Numbers of lost frames: no empty descriptor; receiver off or too many waiting.
    pub lost: [u64; 2],
    /// The chip's own EMAC, if the firmware drives it.
    #[serde(default)]
    pub emac: Option<EmacSample>,
}

/// The Wi-Fi MAC and the networks on the air. All but `air` is empty until the firmware enables the MAC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WifiSample {
    /// The driver has enabled the MAC's interrupt.
    pub enabled: bool,
    /// Channel; with 40 MHz the one of the centre; 0: none.
    pub channel: u8,
    /// Centre frequency in MHz.
    pub frequency: u16,
    /// The bandwidth is 40 MHz.
    pub wide: bool,
    /// The receiver is on.
    pub receiving: bool,
    /// The receiver accepts frames for other stations.
    pub promiscuous: bool,
    /// Interrupt status and mask.
    pub interrupts: [u32; 2],
    /// TSF of the station and of the access point, in µs.
    pub tsf: [u64; 2],
    /// Description of each transmit slot; empty: idle.
    pub slots: Vec<String>,
    /// Receive list: base, next, last, number of lost frames.
    pub rx: [u32; 4],
    /// Receive descriptors in the order of the list.
    pub desc: Vec<RxDescSample>,
    /// Receiver address and BSSID of station and access point, if the filter is on.
    pub filters: [(Option<Mac>, Option<Mac>); 2],
    /// Enabled key slots.
    pub keys: Vec<KeySample>,
    /// Access points, stations and announced networks, one per line.
    pub air: Vec<String>,
}

/// A receive descriptor of the Wi-Fi MAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RxDescSample {
    /// Address of the descriptor.
    pub at: u32,
    /// Flags word: size, length, end of frame, owner.
    pub flags: u32,
    /// Address of the buffer.
    pub buffer: u32,
}

/// A key slot of the Wi-Fi MAC, without its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySample {
    /// Slot number.
    pub slot: u32,
    /// MAC address of the peer.
    pub peer: [u8; 6],
    /// 1 WEP, 2 TKIP, 3 CCMP.
    pub algorithm: u8,
    /// Key for the peer's unicast frames.
    pub pairwise: bool,
    /// Key for group frames.
    pub group: bool,
    /// Key id, 0 to 3.
    pub key_id: u8,
    /// 0 station, 1 access point.
    pub interface: u8,
}

/// A peripheral's registers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DevSample {
    /// Name.
    pub name: String,
    /// Offset and value of each register.
    pub regs: Vec<(u32, u32)>,
}

/// A breakpoint or watchpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointSample {
    /// Number of the point.
    pub id: usize,
    /// Kind of the point: `break`, `watch w`.
    pub kind: String,
    /// Address of the first byte; 0 if it has no address.
    pub addr: u32,
    /// Length in bytes.
    pub len: u32,
    /// Client that owns it.
    pub client: String,
    /// Description of the condition.
    pub note: String,
    /// The point is disabled.
    #[serde(default)]
    pub off: bool,
    /// Number of stops that it caused.
    #[serde(default)]
    pub hits: u64,
}

/// A stack frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FrameSample {
    /// PC of the frame.
    pub pc: u32,
    /// Address for symbol lookup: inside the call for a return address.
    pub lookup: u32,
    /// Stack pointer of the frame.
    pub sp: u32,
    /// Error that ended the unwinding here, if any.
    pub note: String,
    /// Function name; of inlined calls the innermost first.
    pub name: String,
    /// Source position, file:line.
    pub line: String,
    /// Parameters and local variables of the requested frame.
    pub locals: Vec<Tree>,
}

/// A value with parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Name.
    pub name: String,
    /// Type.
    pub kind: String,
    /// Value in one line.
    pub value: String,
    /// Location where the value can be changed, if it is a number in memory.
    #[serde(default)]
    pub spot: Option<ValueLocation>,
    /// Address and length, if the whole value is in memory.
    #[serde(default)]
    pub at: Option<(u32, u32)>,
    /// The value has parts: members, elements, a pointer's target.
    pub unfolds: bool,
    /// Requested parts.
    pub parts: Vec<Tree>,
    /// Index of the first of them.
    pub from: usize,
    /// There are more parts after them.
    pub more: bool,
}

/// Location of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueLocation {
    /// Address of the first byte.
    pub addr: u32,
    /// Length in bytes: 1, 2, 4 or 8.
    pub size: u8,
    /// The number is a floating-point number.
    pub float: bool,
    /// Address that a pointer points to.
    pub points: Option<u32>,
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskSample {
    /// Address of its control block.
    pub tcb: u32,
    /// Name.
    pub name: String,
    /// `running`, `ready`, `blocked` ...
    pub state: String,
    /// Core on which the task runs.
    pub running: Option<usize>,
    /// Cores on which it may run: `any`, `0`, `1`.
    pub affinity: String,
    /// Current priority, and base priority.
    pub priority: (u32, u32),
    /// Use of the stack.
    pub stack: StackSample,
    /// Object that the task waits for.
    pub blocked_on: String,
    /// CPU time in units of the firmware's own counter; 0 without one.
    pub run_time: u64,
    /// The stack pointer is outside the stack.
    pub overflown: bool,
    /// Stack pointer.
    pub sp: u32,
}

/// Size and use of a stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackSample {
    /// Lowest address.
    pub low: u32,
    /// Size in bytes; 0 if unknown.
    pub size: u32,
    /// Bytes in use.
    pub used: u32,
    /// Maximum number of bytes ever in use.
    pub peak: u32,
}
