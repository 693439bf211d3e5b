//! Power management: in power-down the MAC drops all frames until a magic packet arrives.

use super::Emac;
use super::spec::*;

impl Emac {
    /// Returns true if the MAC waits for a wake-up frame.
    pub(super) fn power_down(&self) -> bool {
        self.pmt_csr & pmt_csr::PWRDWN != 0
    }

    /// Returns true if the power management's interrupt is pending and not masked.
    pub(super) fn pmt_interrupt(&self) -> bool {
        self.pmt_cause() && self.intmask & emacints::PMTINTS == 0
    }

    /// Returns true if a wake-up frame arrived and `PMT_CSR` was not read since.
    pub(super) fn pmt_cause(&self) -> bool {
        self.pmt_csr & (pmt_csr::MGKPRCVD | pmt_csr::RWKPRCVD) != 0
    }

    /// Writes `PMT_CSR`.
    pub(super) fn write_pmt(&mut self, value: u32) {
        let kept = pmt_csr::PWRDWN | pmt_csr::MGKPKTEN | pmt_csr::RWKPKTEN | pmt_csr::GLBLUCAST;
        self.pmt_csr = value & kept | self.pmt_csr & (pmt_csr::MGKPRCVD | pmt_csr::RWKPRCVD);
    }

    /// Checks whether a frame wakes the MAC: a magic packet, or with `GLBLUCAST` any to the own address.
    pub(super) fn wake(&mut self, frame: &[u8]) {
        let mac = self.mac();
        let magic = || {
            let pattern = [&[0xFF; 6][..], &mac.repeat(16)].concat();
            frame.windows(pattern.len()).any(|w| w == pattern)
        };
        let on = |bit| self.pmt_csr & bit != 0;
        if on(pmt_csr::MGKPKTEN) && self.filter.check(frame).pass && magic() {
            self.pmt_csr |= pmt_csr::MGKPRCVD;
        } else if on(pmt_csr::RWKPKTEN) && on(pmt_csr::GLBLUCAST) && frame.starts_with(&mac) {
            self.pmt_csr |= pmt_csr::RWKPRCVD;
        } else {
            self.counters.filtered += 1;
            return;
        }
        self.pmt_csr &= !pmt_csr::PWRDWN;
    }
}
