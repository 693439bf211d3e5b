//! A machine with a FreeRTOS image, and its symbols.

use crate::{boot, firmware};
use esplens_debuginfo::rtos::{Rtos, Snapshot};
use esplens_debuginfo::symbols::{Elf, Symbols};
use esplens_debuginfo::unwind::Context;
use esplens_soc::machine::Machine;
use esplens_supervisor::MachineMemory;
use std::path::Path;
use std::sync::Arc;

/// A machine that runs a FreeRTOS image.
pub struct Bench {
    /// The machine.
    pub machine: Machine,
    /// Its kernel.
    pub rtos: Rtos,
    /// Its symbols.
    pub symbols: Arc<Symbols>,
    /// The image's name.
    pub name: &'static str,
}

impl Bench {
    /// Opens third-party firmware or the demo, at power-on. Returns `None` if this checkout has no firmware of that
    /// name.
    #[must_use]
    pub fn open(name: &'static str) -> Option<Self> {
        let (flash, elf) = if name == "demo" {
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo");
            (dir.join("flash.bin"), dir.join("demo.elf"))
        } else {
            let dir = firmware(name)?;
            (dir.join("flash.bin"), dir.join("app.elf"))
        };
        let symbols = Arc::new(Symbols::new(vec![Arc::new(Elf::open(&elf).unwrap())]));
        let rtos = Rtos::find(symbols.clone()).unwrap_or_else(|| panic!("{name}: no FreeRTOS"));
        Some(Self { machine: boot(&std::fs::read(flash).unwrap(), name), rtos, symbols, name })
    }

    /// Returns memory as PRO_CPU sees it.
    #[must_use]
    pub fn mem(&self) -> MachineMemory<'_> {
        MachineMemory { machine: &self.machine, core: 0 }
    }

    /// Returns the registers of a core.
    #[must_use]
    pub fn context(&self, core: usize) -> Context {
        Context::of_core(self.machine.cpu(core), core)
    }

    /// Returns the tasks.
    #[must_use]
    pub fn tasks(&self) -> Snapshot {
        self.rtos.snapshot(&self.mem(), [0, 1].map(|c| Some(self.machine.cpu(c).a(1))))
    }
}
