//! The `--core` option.

use clap::Args;
use esplens_supervisor::{Gone, Handle};

/// Selects a core.
#[derive(Clone, Copy, Debug, Args)]
pub struct CoreCommand {
    /// Core: 0 PRO_CPU, 1 APP_CPU [default: the one that stopped last].
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=1))]
    core: Option<u8>,
}

impl CoreCommand {
    /// Returns the core selected by the user, or else the core of the last stop.
    ///
    /// # Errors
    /// If the machine is gone.
    pub fn of(self, handle: &Handle) -> Result<usize, Gone> {
        self.core.map_or_else(|| handle.call(|s| s.last_core()), |core| Ok(core.into()))
    }
}
