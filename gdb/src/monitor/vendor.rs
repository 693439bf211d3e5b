//! `esp32 ...` and `flash ...`: what scripts written for OpenOCD send.

use super::Result;
use crate::supervisor::Handle;
use clap::Args;

/// OpenOCD's commands for Espressif's chips.
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
            // OpenOCD stops flash access for breakpoints, masks interrupts or stops timers; none of it is needed.
            "appimage_offset" | "flashbootstrap" | "maskisr" | "smpbreak" | "perfmon_enable" | "exe" => {
                format!("{command}: nothing to do here\n")
            }
            "sysview" | "apptrace" | "gcov" => format!("{command} is not there yet\n"),
            _ => "known: appimage_offset, flashbootstrap, maskisr, smpbreak (all without effect)\n".into(),
        })
    }
}

/// OpenOCD's flash commands.
#[derive(Debug, Args)]
pub struct Flash {
    /// The command with its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Flash {
    pub fn run(&self, handle: &Handle) -> Result {
        match self.words.first().map_or("", String::as_str) {
            "banks" | "list" | "info" | "probe" => {
                let bytes = handle.call(|s| s.machine().flash_size())?;
                Ok(format!("#0: esp32.flash, {} KiB, sectors of 4 KiB\n", bytes / 1024))
            }
            _ => Ok("known: banks, list, info, probe; GDB's restore and load write memory\n".into()),
        }
    }
}
