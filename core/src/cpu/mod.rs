//! State of one CPU and the architecture's operations on it.
//!
//! [`Cpu`] is plain data with a fixed layout. The operations on it are in small files: windows, exceptions,
//! interrupts, special registers, debug registers, and one file per instruction family in [`insn`].

pub mod debug_regs;
pub mod exception;
pub mod fpu;
pub mod insn;
pub mod interrupt;
pub mod ps;
pub mod special;
mod window;

pub use window::WindowResult;

use fpu::FpCtl;
use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;

/// Number of physical address registers.
pub const AREGS: usize = 64;
/// Reset vector in ROM (XCHAL_RESET_VECTOR1_VADDR).
pub const RESET_VECTOR: u32 = 0x4000_0400;
/// CONFIGID0 and CONFIGID1 of the ESP32's core (IDF `core-isa.h`).
pub const CONFIG_ID: (u32, u32) = (0xC2BC_FFFE, 0x1CC5_FE96);
/// PRID of PRO_CPU and APP_CPU; IDF distinguishes the cores by it.
pub const PRID: [u32; 2] = [0xCDCD, 0xABAB];

/// State of one Xtensa LX6 core.
#[repr(C)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "fields are the manual's register names")]
pub struct Cpu {
    /// All 64 address registers; a0 of the current window is `ar[wb4]`.
    #[serde(with = "BigArray")]
    pub ar: [u32; AREGS],
    /// WINDOWBASE * 4.
    pub wb4: u32,
    /// Quads above a0..a3 that can be used without a window overflow, 0..3. Derived from WINDOWSTART,
    /// WINDOWBASE and PS by `sync_window`.
    pub window_room: u8,
    /// The core has executed WAITI and waits for an interrupt.
    pub waiting: bool,
    pub pc: u32,
    pub lbeg: u32,
    pub lend: u32,
    pub lcount: u32,
    pub ps: u32,
    pub sar: u32,
    pub windowstart: u32,
    /// Cycles since the start of the CPU's time, including WAITI and stalls. CCOUNT = `cycles` +
    /// `ccount_offset`.
    pub cycles: u64,
    /// Instructions retired.
    pub retired: u64,
    pub ccount_offset: u32,
    pub br: u32,
    pub scompare1: u32,
    pub acclo: u32,
    pub acchi: u32,
    pub m: [u32; 4],
    pub threadptr: u32,
    pub expstate: u32,
    pub f64r_lo: u32,
    pub f64r_hi: u32,
    pub f64s: u32,
    pub fr: [u32; 16],
    pub fp: FpCtl,
    /// EPC1..EPC7 at 1..7.
    pub epc: [u32; 8],
    /// EPS2..EPS7 at 2..7.
    pub eps: [u32; 8],
    /// EXCSAVE1..7 at 1..7.
    pub excsave: [u32; 8],
    pub depc: u32,
    pub exccause: u32,
    pub excvaddr: u32,
    pub vecbase: u32,
    pub cpenable: u32,
    /// Latched interrupts: edge, software, timer, profiling, NMI.
    pub latched: u32,
    /// Levels of the external inputs, driven by the interrupt matrix.
    pub external: u32,
    pub intenable: u32,
    pub ccompare: [u32; 3],
    pub icount: u32,
    pub icountlevel: u32,
    pub ibreakenable: u32,
    pub ibreaka: [u32; 2],
    pub dbreaka: [u32; 2],
    pub dbreakc: [u32; 2],
    pub debugcause: u32,
    pub ddr: u32,
    pub mmid: u32,
    pub memctl: u32,
    pub atomctl: u32,
    pub prid: u32,
    pub configid0: u32,
    pub misc: [u32; 4],
    /// Cache attributes of the eight 512 MiB regions for instruction fetch (region protection, ISA 4.6.3).
    pub itlb: [u8; 8],
    /// Cache attributes of the eight regions for loads and stores.
    pub dtlb: [u8; 8],
    /// Interrupts are held off while a debugger steps this core. Not part of the machine's state.
    #[serde(skip)]
    pub irq_held: bool,
}

impl Cpu {
    /// Creates a core after power-on. `core` 0 is PRO_CPU, 1 is APP_CPU.
    #[must_use]
    pub fn new(core: usize) -> Self {
        let mut cpu = Self {
            ar: [0; AREGS],
            wb4: 0,
            window_room: 3,
            waiting: false,
            pc: RESET_VECTOR,
            lbeg: 0,
            lend: 0,
            lcount: 0,
            ps: ps::RESET,
            sar: 0,
            windowstart: 1,
            cycles: 0,
            retired: 0,
            ccount_offset: 0,
            br: 0,
            scompare1: 0,
            acclo: 0,
            acchi: 0,
            m: [0; 4],
            threadptr: 0,
            expstate: 0,
            f64r_lo: 0,
            f64r_hi: 0,
            f64s: 0,
            fr: [0; 16],
            fp: FpCtl::default(),
            epc: [0; 8],
            eps: [0; 8],
            excsave: [0; 8],
            depc: 0,
            exccause: 0,
            excvaddr: 0,
            vecbase: 0x4000_0000,
            cpenable: 0,
            latched: 0,
            external: 0,
            intenable: 0,
            ccompare: [0; 3],
            icount: 0,
            icountlevel: 0,
            ibreakenable: 0,
            ibreaka: [0; 2],
            dbreaka: [0; 2],
            dbreakc: [0; 2],
            debugcause: 0,
            ddr: 0,
            mmid: 0,
            memctl: 0,
            atomctl: 0x28,
            prid: PRID[core & 1],
            configid0: CONFIG_ID.0,
            misc: [0; 4],
            itlb: special::TLB_RESET,
            dtlb: special::TLB_RESET,
            irq_held: false,
        };
        cpu.sync_window();
        cpu
    }

    /// Resets the core. Its cycle and instruction counts continue, so virtual time does not jump.
    pub fn reset(&mut self) {
        let core = usize::from(self.prid != PRID[0]);
        let fresh = Self {
            cycles: self.cycles,
            retired: self.retired,
            external: self.external,
            // CCOUNT is zero after reset.
            ccount_offset: (self.cycles as u32).wrapping_neg(),
            ..Self::new(core)
        };
        *self = fresh;
    }

    /// Returns address register `n` (0..15) of the current window.
    #[inline(always)]
    #[must_use]
    pub fn a(&self, n: u8) -> u32 {
        self.ar[(self.wb4 as usize + n as usize) % AREGS]
    }

    /// Sets address register `n` (0..15) of the current window.
    #[inline(always)]
    pub fn set_a(&mut self, n: u8, value: u32) {
        self.ar[(self.wb4 as usize + n as usize) % AREGS] = value;
    }

    /// Returns WINDOWBASE, 0..15.
    #[must_use]
    pub fn windowbase(&self) -> u32 {
        self.wb4 / 4
    }

    /// Returns CCOUNT.
    #[must_use]
    pub fn ccount(&self) -> u32 {
        (self.cycles as u32).wrapping_add(self.ccount_offset)
    }
}
