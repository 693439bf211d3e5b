//! Fault inputs, and the fault actions of the operators.

use super::Mcpwm;
use super::spec::{FAULT_DETECT, FH_CFG0, int};

impl Mcpwm {
    /// Returns the bits of the enabled and active fault inputs.
    pub(super) fn faults(&self) -> u32 {
        let conf = self.get(FAULT_DETECT);
        let levels = u32::from(self.inputs >> 3);
        conf & !(levels ^ conf >> 3) & 7
    }

    /// Raises interrupts and fault actions for changes of the fault inputs since `old`.
    pub(super) fn update_faults(&mut self, old: u32) {
        let new = self.faults();
        self.raw |= (new & !old) << int::FAULT_S | (old & !new) << int::FAULT_CLR_S;
        for op in 0..3 {
            let conf = self.get(FH_CFG0 + 0x38 * op as u32);
            // F0 is the highest of the three enable bits.
            let enabled = |shift: u32| (0..3).fold(0, |set, f| set | (conf >> (shift + 2 - f) & 1) << f);
            let (cbc, ost) = (enabled(1), enabled(5));
            if new & !old & cbc != 0 {
                self.act(op, 0);
            }
            if new & !old & ost != 0 {
                self.act(op, 1);
            }
            if cbc != 0 && new & cbc == 0 {
                self.actions[op] &= !1;
            }
        }
    }

    /// Starts a fault action: 0 cycle-by-cycle, 1 one-shot.
    fn act(&mut self, op: usize, kind: u32) {
        self.actions[op] |= 1 << kind;
        self.raw |= 1 << (int::CBC_S + 3 * kind + op as u32);
    }

    pub(super) fn write_fault_force(&mut self, op: usize, old: u32, value: u32) {
        let conf = self.get(FH_CFG0 + 0x38 * op as u32);
        let toggled = old ^ value;
        if toggled & value & 1 != 0 {
            self.actions[op] &= !2;
        }
        if toggled & 1 << 3 != 0 && conf & 1 != 0 {
            self.act(op, 0);
        }
        if toggled & 1 << 4 != 0 && conf & 1 << 4 != 0 {
            self.act(op, 1);
        }
    }
}
