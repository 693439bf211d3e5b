//! Register windows (ISA 4.7.1, Windowed Register Option).

use super::{Cpu, exception::vector, ps};

/// Result of ENTRY or RETW.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowResult {
    /// The window rotated.
    Done,
    /// A window exception was taken.
    Exception,
    /// The instruction is illegal in this state.
    Illegal,
}

impl Cpu {
    /// Recomputes the window check state. Must be called after any change of WINDOWBASE, WINDOWSTART or PS.
    pub fn sync_window(&mut self) {
        self.window_room = if self.ps & (ps::WOE | ps::EXCM) == ps::WOE {
            self.starts_above().trailing_zeros().min(3) as u8
        } else {
            3
        };
    }

    /// Returns WINDOWSTART rotated so that bit 0 is the frame directly above the current one.
    fn starts_above(&self) -> u32 {
        let ws = self.windowstart & 0xFFFF;
        let by = (self.windowbase() + 1) & 15;
        (ws >> by | ws << (16 - by)) & 0xFFFF
    }

    /// Returns the WINDOWSTART bit `n` frames from the current one.
    fn start_bit(&self, n: u32) -> bool {
        self.windowstart >> (self.windowbase().wrapping_add(n) & 15) & 1 != 0
    }

    /// Returns the distance in quads from the current frame down to the nearest live one, 1..3.
    #[inline]
    fn nearest_below(&self) -> Option<u32> {
        let ws = self.windowstart & 0xFFFF;
        // Bits 0..2 are the three frames below, the nearest in bit 2.
        let below = (ws | ws << 16) >> (self.windowbase() + 13) & 7;
        (below != 0).then(|| below.leading_zeros() - 28)
    }

    /// Moves WINDOWBASE by `quads` (modulo 16).
    pub fn rotate(&mut self, quads: u32) {
        self.wb4 = self.wb4.wrapping_add(quads.wrapping_mul(4)) & 63;
    }

    /// Sets WINDOWBASE (0..15).
    pub fn set_windowbase(&mut self, base: u32) {
        self.wb4 = (base & 15) * 4;
        self.sync_window();
    }

    /// Sets WINDOWSTART (16 bits).
    pub fn set_windowstart(&mut self, value: u32) {
        self.windowstart = value & 0xFFFF;
        self.sync_window();
    }

    /// Handles a failed window check of an instruction at `pc`: rotates to the frame to be spilled and enters
    /// its overflow handler (ISA 4.7.1.3, WindowCheck).
    pub fn window_overflow(&mut self, pc: u32) {
        let n = self.starts_above().trailing_zeros() + 1;
        let owb = self.windowbase();
        self.ps = self.ps & !ps::OWB | owb << ps::OWB_SHIFT | ps::EXCM;
        self.epc[1] = pc;
        self.rotate(n);
        let handler = if self.start_bit(1) {
            vector::OVERFLOW4
        } else if self.start_bit(2) {
            vector::OVERFLOW8
        } else {
            vector::OVERFLOW12
        };
        self.pc = self.vecbase.wrapping_add(handler);
        self.sync_window();
    }

    /// Executes ENTRY at `pc`. It is illegal where s > 3, WOE is clear or EXCM is set.
    pub fn entry(&mut self, pc: u32, s: u8, frame: u32, next: u32) -> WindowResult {
        if s > 3 || self.ps & (ps::WOE | ps::EXCM) != ps::WOE {
            return WindowResult::Illegal;
        }
        let inc = self.callinc();
        if inc > u32::from(self.window_room) {
            self.window_overflow(pc);
            return WindowResult::Exception;
        }
        let sp = self.a(s).wrapping_sub(frame);
        self.set_a((inc as u8) << 2 | s, sp);
        self.rotate(inc);
        self.windowstart |= 1 << self.windowbase();
        self.pc = next;
        self.sync_window();
        WindowResult::Done
    }

    /// Executes RETW at `pc`. It is illegal where a0 does not match the live frames, or without windows.
    pub fn retw(&mut self, pc: u32) -> WindowResult {
        let n = self.a(0) >> 30;
        let found = self.nearest_below();
        if n == 0 || found.is_some_and(|m| m != n) || self.ps & (ps::WOE | ps::EXCM) != ps::WOE {
            return WindowResult::Illegal;
        }
        let target = pc & 0xC000_0000 | self.a(0) & 0x3FFF_FFFF;
        let owb = self.windowbase();
        self.rotate(n.wrapping_neg());
        let done = if found.is_some() {
            self.windowstart &= !(1 << owb);
            self.pc = target;
            WindowResult::Done
        } else {
            self.ps = self.ps & !ps::OWB | owb << ps::OWB_SHIFT | ps::EXCM;
            self.epc[1] = pc;
            let handler = [0, vector::UNDERFLOW4, vector::UNDERFLOW8, vector::UNDERFLOW12][n as usize];
            self.pc = self.vecbase.wrapping_add(handler);
            WindowResult::Exception
        };
        self.sync_window();
        done
    }

    /// Executes RFWO or RFWU: returns from a window handler.
    pub fn window_return(&mut self, underflow: bool) {
        let bit = 1 << self.windowbase();
        if underflow {
            self.windowstart |= bit;
        } else {
            self.windowstart &= !bit;
        }
        self.wb4 = (self.ps & ps::OWB) >> ps::OWB_SHIFT << 2;
        self.ps &= !ps::EXCM;
        self.pc = self.epc[1];
        self.sync_window();
    }

    /// Returns true when MOVSP must raise Alloca: none of the three frames below is live (ISA 6, MOVSP).
    #[must_use]
    pub fn movsp_must_spill(&self) -> bool {
        self.nearest_below().is_none()
    }
}
