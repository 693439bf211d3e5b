//! `strap`: the boot strap pins.

use super::{Error, Result, number};
use clap::Args;
use esplens_soc::system::STRAP_GPIO0;
use esplens_supervisor::Handle;

/// Shows the boot strap pins, or sets them for the next reset.
#[derive(Debug, Args)]
pub struct Strap {
    /// Levels from the next reset on, in the format of GPIO_STRAP: 0x12 boots from flash, 0x0f waits for a download
    /// [default: show them].
    #[arg(value_parser = number)]
    pins: Option<u32>,
}

/// The pins of GPIO_STRAP (TRM 4.10.1): GPIO5, MTDO, GPIO4, GPIO2, GPIO0, MTDI.
const PINS: u32 = 0x3F;

impl Strap {
    fn check(&self) -> std::result::Result<(), Error> {
        match self.pins {
            Some(pins) if pins & !PINS != 0 => {
                Err(Error::User(format!("strap {pins:#x}: expected 0 to {PINS:#x}, a bit for each pin")))
            }
            _ => Ok(()),
        }
    }
}

impl Strap {
    pub fn run(&self, handle: &Handle) -> Result {
        self.check()?;
        if let Some(pins) = self.pins {
            handle.call(move |s| s.machine_mut().set_straps(pins))?;
        }
        let (seen, pins) = handle.call(|s| {
            let sys = &s.machine().soc().sys;
            (sys.strap, sys.strap_pins)
        })?;
        let mut text = format!("strap {seen:#04x} ({})", boot(seen));
        if pins != seen {
            text += &format!("; from the next reset on {pins:#04x} ({})", boot(pins));
        }
        Ok(text + "\n")
    }
}

/// Returns the ROM's boot mode at these levels.
fn boot(strap: u32) -> &'static str {
    if strap & STRAP_GPIO0 == 0 { "download" } else { "flash boot" }
}
