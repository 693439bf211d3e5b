//! Access to registers and pads from outside the cores, for debuggers and tests.

use super::Machine;
use crate::dev::gpio::PadInfo;
use esplens_core::memory::{Access, Bus, Fault};

impl Machine {
    /// Reads a word on the peripheral bus as a load of PRO_CPU would, side effects included
    /// ([`crate::bus::Soc::peek`] has none).
    ///
    /// # Errors
    /// The fault that the load would raise.
    pub fn read_register(&mut self, addr: u32) -> Result<u32, Fault> {
        let cycle = self.cpus[0].cycles;
        let mut a = Access { core: 0, cycle, pc: 0, mem: &mut self.mem, request_exit: false };
        self.soc.read(&mut a, addr, 4)
    }

    /// Writes a word on the peripheral bus as a store of PRO_CPU would. Requests to the machine (a reset, a sleep) are
    /// carried out by the next run.
    ///
    /// # Errors
    /// The fault that the store would raise.
    pub fn write_register(&mut self, addr: u32, value: u32) -> Result<(), Fault> {
        let cycle = self.cpus[0].cycles;
        let mut a = Access { core: 0, cycle, pc: 0, mem: &mut self.mem, request_exit: false };
        self.soc.write(&mut a, addr, 4, value)
    }

    /// Describes a pad; `None` if there is none with this GPIO number.
    #[must_use]
    pub fn pad(&self, n: u8) -> Option<PadInfo> {
        self.soc.dev.gpio.pad_info(n, &self.soc.sys, self.now().max(self.soc.sys.latest))
    }
}
