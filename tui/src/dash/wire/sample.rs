//! The machine at one moment, as far as it was asked for.

use esplens_soc::net::air::frame::Mac;
use serde::{Deserialize, Serialize};

/// The machine as it was at one moment; what was not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Virtual time in ticks of 1/480 µs.
    pub now: u64,
    /// Instructions of both cores.
    pub instructions: u64,
    /// Virtual time passes.
    pub running: bool,
    /// How long before the present it is, in ticks, where it was taken back.
    pub past: Option<u64>,
    /// The same in instructions of both cores.
    pub behind: u64,
    /// Virtual time of the oldest moment that can be gone back to.
    pub oldest: Option<u64>,
    /// The machine stops when the firmware panics.
    pub panic_stop: bool,
    /// It stands at a panic, or at a reset that nobody asked for: what is known of that.
    pub alarm: Option<String>,
    /// The stop that holds, or the last one.
    pub stop: Option<StopInfo>,
    /// Virtual against wall time, as `speed` takes it.
    pub speed: String,
    /// PC of each core.
    pub pc: [u32; 2],
    /// Function and line of each PC; empty without symbols.
    pub at: [String; 2],
    /// What each core is doing, in words.
    pub cores: [String; 2],
    /// Clients attached, by name and number.
    pub clients: Vec<String>,
    /// Both cores' registers.
    pub cpu: Option<Box<[CpuSample; 2]>>,
    /// Instructions.
    pub code: Option<CodeSample>,
    /// The ranges asked for, in order.
    pub mem: Vec<MemSample>,
    /// The Ethernet controller.
    pub eth: Option<EthSample>,
    /// The Wi-Fi MAC and the air.
    pub wifi: Option<WifiSample>,
    /// The peripherals asked for.
    pub devs: Vec<DevSample>,
    /// Break- and watchpoints.
    pub points: Vec<PointSample>,
    /// Interrupts that are enabled or pending, of each core.
    pub irq: [Vec<IrqSample>; 2],
    /// Snapshots by name.
    pub snapshots: Vec<String>,
    /// Stack frames.
    pub frames: Vec<FrameSample>,
    /// Tasks.
    pub tasks: Vec<TaskSample>,
    /// Watch expressions, in the order asked for.
    pub watches: Vec<Tree>,
    /// What is unusual about the tasks, or why there are none.
    pub tasks_note: Option<String>,
}

impl Sample {
    /// The firmware drives the chip's own Ethernet MAC.
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
    /// Core.
    pub core: usize,
    /// Its PC.
    pub pc: u32,
    /// Why, in words, with who asked.
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
    /// Address register `n` (0..15) of the current window.
    #[must_use]
    pub fn a(&self, n: usize) -> u32 {
        self.ar.get((self.windowbase as usize * 4 + n) % 64).copied().unwrap_or(0)
    }
}

/// An interrupt of a core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IrqSample {
    /// Number, 0..31.
    pub n: u8,
    /// Priority level, 1..7.
    pub level: u8,
    /// Allowed by INTENABLE.
    pub enabled: bool,
    /// Waits to be taken.
    pub pending: bool,
    /// Peripherals' lines that lead to it, those that are up marked with `*`.
    pub sources: Vec<String>,
}

/// Instructions in address order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CodeSample {
    /// Core whose view it is.
    pub core: usize,
    /// Lines of source and instructions.
    pub lines: Vec<CodeLine>,
    /// Which of `lines` stands at the address asked for.
    pub anchor: usize,
    /// The source file there, by its last part.
    #[serde(default)]
    pub file: String,
    /// Lines of it around that place, where they were asked for.
    #[serde(default)]
    pub text: Vec<SourceLine>,
}

/// A line of a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLine {
    /// Its number, from 1.
    pub number: u32,
    /// Its text.
    pub text: String,
    /// Its first instruction among those of the sample.
    pub addr: Option<u32>,
}

/// An instruction, or what stands above it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CodeLine {
    /// Address.
    pub addr: u32,
    /// Its bytes, lowest address first.
    pub bytes: Vec<u8>,
    /// As assembly.
    pub text: String,
    /// Where a jump or call leads, what L32R loads.
    pub to: Option<u32>,
    /// The same in words, by name where there is one.
    pub target: Option<String>,
    /// The name of what begins here.
    pub label: Option<String>,
    /// The source line that begins here: file:line and its text.
    pub source: Option<(String, String)>,
}

/// Bytes from memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MemSample {
    /// First byte.
    pub addr: u32,
    /// What could be read; less than asked for where nothing answers.
    pub bytes: Vec<u8>,
}

/// open_eth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EthSample {
    /// False: the firmware drives the chip's own EMAC.
    pub openeth: bool,
    /// Registers by name.
    pub regs: Vec<(String, u32)>,
    /// Own address.
    pub mac: [u8; 6],
    /// Transmit descriptors; the rest are for receiving.
    pub tx_num: u32,
    /// The next transmit descriptor.
    pub tx_next: u32,
    /// The next receive descriptor.
    pub rx_next: u32,
    /// All 128: length and status, address.
    pub desc: Vec<(u32, u32)>,
    /// Frames for the guest that wait for a descriptor.
    pub waiting: usize,
    /// Frames lost: no empty descriptor; receiver off or too many waiting.
    pub lost: [u64; 2],
}

/// The Wi-Fi MAC and the air around it. All but `air` is empty until the firmware enables the MAC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WifiSample {
    /// The driver enabled the MAC's interrupt.
    pub enabled: bool,
    /// Channel, or that of the centre of 40 MHz; 0: none.
    pub channel: u8,
    /// Centre frequency in MHz.
    pub frequency: u16,
    /// 40 MHz wide.
    pub wide: bool,
    /// The receiver is on.
    pub receiving: bool,
    /// It takes frames for others.
    pub promiscuous: bool,
    /// Interrupt status and mask.
    pub interrupts: [u32; 2],
    /// TSF of the station and of the access point, in µs.
    pub tsf: [u64; 2],
    /// Each transmit slot in words; empty: idle.
    pub slots: Vec<String>,
    /// Receive list: base, next, last, frames lost.
    pub rx: [u32; 4],
    /// Receive descriptors in the order of the list.
    pub desc: Vec<RxDescSample>,
    /// Receiver address and BSSID of station and access point, where the filter is on.
    pub filters: [(Option<Mac>, Option<Mac>); 2],
    /// Enabled key slots.
    pub keys: Vec<KeySample>,
    /// Access points, stations, networks announced, a line each.
    pub air: Vec<String>,
}

/// A receive descriptor of the Wi-Fi MAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RxDescSample {
    /// Its address.
    pub at: u32,
    /// Size, length, end of frame, owner.
    pub flags: u32,
    /// Address of its buffer.
    pub buffer: u32,
}

/// A key slot of the Wi-Fi MAC, without its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySample {
    /// Number.
    pub slot: u32,
    /// Peer's address.
    pub peer: [u8; 6],
    /// 1 WEP, 2 TKIP, 3 CCMP.
    pub algorithm: u8,
    /// For the peer's own frames.
    pub pairwise: bool,
    /// For group frames.
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

/// A break- or watchpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointSample {
    /// Number.
    pub id: usize,
    /// What it waits for: `break`, `watch w`.
    pub kind: String,
    /// First byte; 0 where it is not about an address.
    pub addr: u32,
    /// Bytes.
    pub len: u32,
    /// Whose it is.
    pub client: String,
    /// What it waits for, in words.
    pub note: String,
    /// It is off.
    #[serde(default)]
    pub off: bool,
    /// Stops that were its.
    #[serde(default)]
    pub hits: u64,
}

/// A stack frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FrameSample {
    /// Where.
    pub pc: u32,
    /// The address to look names up by: inside the call for a return address.
    pub lookup: u32,
    /// Its stack pointer.
    pub sp: u32,
    /// Why the walk ended here, when it should not have.
    pub note: String,
    /// Function; of inlined calls the innermost first.
    pub name: String,
    /// file:line.
    pub line: String,
    /// Parameters and local variables, for the frame asked for.
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
    /// Where it can be changed, if it is a number in memory.
    #[serde(default)]
    pub spot: Option<Spot>,
    /// Its first byte in memory and how many there are, when it lies there as a whole.
    #[serde(default)]
    pub at: Option<(u32, u32)>,
    /// It has parts: members, elements, what a pointer points to.
    pub unfolds: bool,
    /// Those asked for.
    pub parts: Vec<Tree>,
    /// The number of the first of them.
    pub from: usize,
    /// There are more after them.
    pub more: bool,
}

/// Where a number lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// Its first byte.
    pub addr: u32,
    /// Bytes: 1, 2, 4 or 8.
    pub size: u8,
    /// Floating point.
    pub float: bool,
    /// What a pointer points to.
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
    /// The core it runs on.
    pub running: Option<usize>,
    /// Cores it may run on: `any`, `0`, `1`.
    pub affinity: String,
    /// Priority, and the one it goes back to.
    pub priority: (u32, u32),
    /// Stack: first byte, size, used now, used at most.
    pub stack: StackSample,
    /// What it waits for.
    pub blocked_on: String,
    /// Time on a core, in the unit of the firmware's own counter; 0 without one.
    pub run_time: u64,
    /// The stack pointer is outside of the stack.
    pub overflown: bool,
    /// Stack pointer.
    pub sp: u32,
}

/// A stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackSample {
    /// Lowest address.
    pub low: u32,
    /// Bytes; 0 when unknown.
    pub size: u32,
    /// Bytes in use.
    pub used: u32,
    /// Most bytes that were ever in use.
    pub peak: u32,
}
