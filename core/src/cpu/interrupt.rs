//! The 32 interrupts and the three cycle timers (ISA 4.4.4 to 4.4.6; numbers from IDF `core-isa.h`).

use super::Cpu;
use super::exception::Cause;

/// Highest interrupt level that PS.EXCM masks (XCHAL_EXCM_LEVEL).
pub const EXCM_LEVEL: u32 = 3;
/// Level of the debug exception.
pub const DEBUG_LEVEL: u32 = 6;
/// Interrupts of each level 1..7, one bit each.
pub const LEVEL_MASK: [u32; 8] =
    [0, 0x0006_37FF, 0x0038_0000, 0x28C0_8800, 0x5300_0000, 0x8401_0000, 0, 0x0000_4000];
/// External, level-triggered inputs.
pub const TYPE_LEVEL: u32 = 0x8FBE_333F;
/// External, edge-triggered inputs.
pub const TYPE_EDGE: u32 = 0x5040_0400;
/// Software interrupts, set by INTSET.
pub const TYPE_SOFTWARE: u32 = 0x2000_0080;
/// Timer interrupts, set by CCOMPARE0..2.
pub const TYPE_TIMER: u32 = 0x0001_8040;
/// The NMI, which INTENABLE does not mask.
pub const TYPE_NMI: u32 = 0x0000_4000;
/// Interrupt number of each CCOMPARE.
pub const TIMER_INTERRUPT: [u32; 3] = [6, 15, 16];

impl Cpu {
    /// Returns the INTERRUPT register: all pending interrupts, enabled or not.
    #[must_use]
    pub fn interrupt(&self) -> u32 {
        self.latched | self.external & TYPE_LEVEL
    }

    /// Drives the external inputs. Rising edges latch the edge-triggered ones and NMI.
    pub fn set_external(&mut self, inputs: u32) {
        self.latched |= inputs & !self.external & (TYPE_EDGE | TYPE_NMI);
        self.external = inputs;
    }

    /// Executes INTSET: only software interrupts can be set (ISA 5.3, INTSET).
    pub fn intset(&mut self, bits: u32) {
        self.latched |= bits & TYPE_SOFTWARE;
    }

    /// Executes INTCLEAR: clears software and edge-triggered interrupts. Timer interrupts are cleared by
    /// writing CCOMPARE.
    pub fn intclear(&mut self, bits: u32) {
        self.latched &= !(bits & (TYPE_SOFTWARE | TYPE_EDGE | TYPE_NMI));
    }

    /// Returns the highest level with an enabled pending interrupt that CINTLEVEL does not mask; 0 if none.
    #[must_use]
    pub fn deliverable(&self) -> u32 {
        let pending = self.interrupt() & (self.intenable | TYPE_NMI);
        if pending == 0 || self.irq_held {
            return 0;
        }
        let level = (1..8).rev().find(|&l| pending & LEVEL_MASK[l as usize] != 0).unwrap_or(0);
        // Nothing masks the NMI, not even its own level. Taking it clears it.
        if level > self.cintlevel() || level == 7 { level } else { 0 }
    }

    /// Returns the interrupts that [`Cpu::take_interrupt`] would take now, one bit each: those of the highest
    /// level.
    #[must_use]
    pub fn due(&self) -> u32 {
        self.interrupt() & (self.intenable | TYPE_NMI) & LEVEL_MASK[self.deliverable() as usize & 7]
    }

    /// Enters the handler of a due interrupt. Returns true if there was one.
    pub fn take_interrupt(&mut self) -> bool {
        let level = self.deliverable();
        match level {
            0 => return false,
            1 => self.raise(Cause::Level1Interrupt, self.pc),
            _ => {
                if level == 7 {
                    self.latched &= !TYPE_NMI;
                }
                self.enter_level(level, self.pc);
            }
        }
        self.waiting = false;
        true
    }

    /// Returns the cycles until the next CCOMPARE match, 1..=2^32.
    #[must_use]
    pub fn cycles_to_timer(&self) -> u64 {
        let now = self.ccount();
        let distance = |c: u32| u64::from(c.wrapping_sub(now).wrapping_sub(1)) + 1;
        self.ccompare.iter().map(|&c| distance(c)).min().unwrap_or(1 << 32)
    }

    /// Latches the interrupts of the timers whose CCOMPARE equals CCOUNT.
    pub fn match_timers(&mut self) {
        let now = self.ccount();
        for (compare, int) in self.ccompare.iter().zip(TIMER_INTERRUPT) {
            if *compare == now {
                self.latched |= 1 << int;
            }
        }
    }

    /// Advances `cycles` without executing instructions (WAITI, a stall). The caller guarantees that nothing
    /// but timer matches happens before the end, and those only at the very end.
    pub fn idle(&mut self, cycles: u64) {
        self.cycles += cycles;
        self.match_timers();
    }

    /// Advances machine time by `cycles` while the core's clock is gated: CCOUNT keeps its value and no CCOMPARE
    /// matches.
    pub fn clock_off(&mut self, cycles: u64) {
        self.cycles += cycles;
        self.ccount_offset = self.ccount_offset.wrapping_sub(cycles as u32);
    }

    /// Writes CCOMPARE `n`, which clears its interrupt.
    pub fn set_ccompare(&mut self, n: usize, value: u32) {
        self.ccompare[n] = value;
        self.latched &= !(1 << TIMER_INTERRUPT[n]);
    }
}
