//! `esp32 ...`: commands from scripts written for OpenOCD.

use super::{Error, Result};
use clap::Args;
use esplens_supervisor::Handle;

/// Runs OpenOCD's commands for Espressif's chips.
#[derive(Debug, Args)]
pub struct Vendor {
    /// The command with its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Vendor {
    pub fn run(&self, _handle: &Handle) -> Result {
        let command = self.words.first().map_or("", String::as_str);
        Ok(match command {
            // OpenOCD stops flash access for breakpoints, masks interrupts or stops timers; none of this is needed
            // here.
            "flash" => return Err(Error::User("use the flash commands without prefix: flash info 0".into())),
            "appimage_offset" | "flashbootstrap" | "maskisr" | "smpbreak" | "perfmon_enable" | "exe" => {
                format!("{command}: nothing to do here\n")
            }
            "sysview" | "apptrace" | "gcov" => format!("{command} is not implemented\n"),
            _ => "known: appimage_offset, flashbootstrap, maskisr, smpbreak (all without effect)\n".into(),
        })
    }
}
