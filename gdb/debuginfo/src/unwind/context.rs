//! The registers that a backtrace starts from.

use super::StackFrame;
use esplens_core::cpu::{AREGS, Cpu, ps};
use std::collections::BTreeMap;

/// A register file: a core's, or a stopped task's with its window at WINDOWBASE 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are the manual's register names")]
pub struct Context {
    pub pc: u32,
    pub ps: u32,
    pub ar: [u32; AREGS],
    pub windowbase: u32,
    pub windowstart: u32,
    /// EPC1..EPC7 at 1..7.
    pub epc: [u32; 8],
    /// EPS2..EPS7 at 2..7.
    pub eps: [u32; 8],
    /// EXCSAVE1..7 at 1..7.
    pub excsave: [u32; 8],
    pub vecbase: u32,
    /// Other known registers, by the Xtensa tools' numbers ([`esplens_soc::machine::reg`]).
    pub others: BTreeMap<u16, u32>,
    /// The core whose registers these are; `None` for a stopped task.
    pub core: Option<usize>,
}

impl Context {
    /// Returns a core's registers.
    #[must_use]
    pub fn of_core(cpu: &Cpu, core: usize) -> Self {
        Self {
            pc: cpu.pc,
            ps: cpu.ps,
            ar: cpu.ar,
            windowbase: cpu.windowbase(),
            windowstart: cpu.windowstart & 0xFFFF,
            epc: cpu.epc,
            eps: cpu.eps,
            excsave: cpu.excsave,
            vecbase: cpu.vecbase,
            others: BTreeMap::new(),
            core: Some(core),
        }
    }

    /// Returns a register file with one window, as a saved frame contains it.
    #[must_use]
    pub fn of_window(pc: u32, ps: u32, a: &[u32; 16]) -> Self {
        let mut ar = [0; AREGS];
        ar[..16].copy_from_slice(a);
        Self {
            pc,
            // A saved PS still has EXCM as it was when it was saved.
            ps: ps & !ps::EXCM,
            ar,
            windowbase: 0,
            windowstart: 1,
            epc: [0; 8],
            eps: [0; 8],
            excsave: [0; 8],
            vecbase: 0,
            others: BTreeMap::new(),
            core: None,
        }
    }

    /// Returns a frame's registers, as if it were the newest frame.
    #[must_use]
    pub fn of_frame(frame: &StackFrame) -> Self {
        let mut a = frame.a;
        for (n, reg) in a.iter_mut().enumerate() {
            if frame.known >> n & 1 == 0 {
                *reg = 0;
            }
        }
        Self::of_window(frame.pc, frame.ps, &a)
    }

    /// Returns the address registers of the window at `base`.
    #[must_use]
    pub fn window(&self, base: u32) -> [u32; 16] {
        std::array::from_fn(|n| self.ar[(base as usize * 4 + n) % AREGS])
    }

    /// Returns address register `n` (0..15) of the current window.
    #[must_use]
    pub fn a(&self, n: usize) -> u32 {
        self.ar[(self.windowbase as usize * 4 + n) % AREGS]
    }

    /// Sets address register `n` (0..15) of the current window.
    pub fn set_a(&mut self, n: usize, value: u32) {
        self.ar[(self.windowbase as usize * 4 + n) % AREGS] = value;
    }

    /// Returns true if the window at `base` (modulo 16) holds a live frame.
    #[must_use]
    pub fn is_live(&self, base: u32) -> bool {
        self.windowstart >> (base & 15) & 1 != 0
    }

    /// Returns WINDOWSTART as it was before the HAL's `xthal_window_spill_nw` replaced it by its mask. The mask is
    /// WINDOWSTART rotated so that the window at `base`, which called the routine, is bit 15, then shifted right until
    /// the oldest live window's bit was shifted out.
    #[must_use]
    pub fn before_spilling(&self, base: u32) -> u32 {
        let mask = (self.windowstart & 0xFFFF) as u16;
        let Some(top) = mask.checked_ilog2().filter(|top| *top < 15) else { return 1 << base };
        let shift = 15 - top;
        u32::from((mask << shift | 1 << (shift - 1)).rotate_left(base + 1))
    }
}
