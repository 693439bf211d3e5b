//! The processor status register PS (ISA table 4-27).

use super::Cpu;

/// Interrupt level: interrupts at or below it are masked.
pub const INTLEVEL: u32 = 0xF;
/// Exception mode.
pub const EXCM: u32 = 1 << 4;
/// User vector mode.
pub const UM: u32 = 1 << 5;
/// Old window base, saved at a window exception.
pub const OWB_SHIFT: u32 = 8;
/// Mask of OWB.
pub const OWB: u32 = 0xF << OWB_SHIFT;
/// Window increment of the last CALLn.
pub const CALLINC_SHIFT: u32 = 16;
/// Mask of CALLINC.
pub const CALLINC: u32 = 3 << CALLINC_SHIFT;
/// Window overflow checks are enabled.
pub const WOE: u32 = 1 << 18;
/// Bits that exist without MMU rings.
pub const MASK: u32 = INTLEVEL | EXCM | UM | OWB | CALLINC | WOE;
/// Value after reset: INTLEVEL 15, EXCM.
pub const RESET: u32 = INTLEVEL | EXCM;

impl Cpu {
    /// Writes PS and updates the window check state.
    pub fn set_ps(&mut self, value: u32) {
        self.ps = value & MASK;
        self.sync_window();
    }

    /// Returns CINTLEVEL: the level that an interrupt must exceed (ISA 4.4.1.7; EXCM masks up to level 3
    /// here).
    #[must_use]
    pub fn cintlevel(&self) -> u32 {
        let level = self.ps & INTLEVEL;
        if self.ps & EXCM != 0 { level.max(super::interrupt::EXCM_LEVEL) } else { level }
    }

    /// Returns PS.CALLINC.
    #[must_use]
    pub fn callinc(&self) -> u32 {
        (self.ps & CALLINC) >> CALLINC_SHIFT
    }
}
