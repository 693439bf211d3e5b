//! `step-irq`, `panic-stop`, `speed`, `gdb`.

use super::{Error, Result};
use crate::gdb;
use crate::listen::Address;
use clap::{Args, ValueEnum};
use esplens_supervisor::{Handle, Speed, panics};

/// An on/off argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    /// Enabled.
    On,
    /// Disabled.
    Off,
}

/// Shows or sets whether single steps enter interrupt handlers.
#[derive(Debug, Args)]
pub struct StepIrq {
    /// Without argument: show the state.
    #[arg(value_enum)]
    to: Option<OnOff>,
}

impl StepIrq {
    pub fn run(&self, handle: &Handle) -> Result {
        let to = self.to;
        let on = handle.call(move |s| {
            if let Some(to) = to {
                s.set_step_irq(to == OnOff::On);
            }
            s.step_irq()
        })?;
        Ok(format!("step-irq is {}\n", if on { "on" } else { "off" }))
    }
}

/// Shows or sets whether the machine stops when the firmware panics.
#[derive(Debug, Args)]
pub struct PanicStop {
    /// Without argument: show the state.
    #[arg(value_enum)]
    to: Option<OnOff>,
}

impl PanicStop {
    pub fn run(&self, handle: &Handle) -> Result {
        if let Some(to) = self.to {
            panics::stop(handle, to == OnOff::On)?;
        }
        let (on, places) = handle.call(|s| {
            let panics = s.panic_points().filter_map(|(_, p)| p.panic.clone()).collect::<Vec<_>>();
            (s.stops_at_panics(), panics.join(", "))
        })?;
        Ok(match (on, places.as_str()) {
            (false, _) => "panic-stop is off\n".into(),
            (true, "") => "panic-stop is on, at the reset that follows a panic\n".into(),
            (true, places) => format!("panic-stop is on: {places}\n"),
        })
    }
}

/// Shows or sets the speed of virtual time.
#[derive(Debug, Args)]
pub struct SpeedCommand {
    /// real, max, or a factor such as 2 or 0.5.
    to: Option<Speed>,
}

impl SpeedCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let to = self.to;
        let speed = handle.call(move |s| {
            if let Some(to) = to {
                s.set_speed(to);
            }
            s.speed()
        })?;
        Ok(format!("speed is {speed}\n"))
    }
}

/// Opens another GDB server.
#[derive(Debug, Args)]
pub struct Gdb {
    /// tcp:[HOST]:PORT or unix:PATH [default: port 1234 or the next free one].
    at: Option<Address>,
}

impl Gdb {
    pub fn run(&self, handle: &Handle) -> Result {
        let address = self.at.clone().unwrap_or_else(Address::default_gdb);
        let listening =
            gdb::listen(&address, handle, super::run).map_err(|e| Error::User(format!("{address}: {e}")))?;
        Ok(format!("waiting for gdb on {}\n", listening.address))
    }
}
