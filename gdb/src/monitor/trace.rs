//! `trace`: which events are traced while the machine runs. Lines go where `--trace-file` says, else to stderr.

use super::settings::Switch;
use super::{Error, Result};
use crate::supervisor::Handle;
use clap::Args;
use esplens_soc::trace::{Event, Trace};

/// Switches trace events.
#[derive(Debug, Args)]
pub struct TraceEvents {
    /// Event or pattern (`*` any text, `?` any character); nothing: show all events.
    pattern: Option<String>,
    /// On or off; nothing: show those that the pattern names.
    #[arg(value_enum)]
    to: Option<Switch>,
}

impl TraceEvents {
    pub fn run(&self, handle: &Handle) -> Result {
        let pattern = self.pattern.clone().unwrap_or_else(|| "*".into());
        let to = self.to;
        // What the pattern names, whether on or off.
        let mut named = Trace::default();
        if pattern.starts_with('-') || !named.apply(&pattern) {
            return Err(Error::User(format!("no event is called {pattern:?}; trace lists them")));
        }
        let now = handle.call(move |s| {
            let trace = s.machine_mut().trace_mut();
            if let Some(to) = to {
                trace.apply(&if to == Switch::On { pattern } else { format!("-{pattern}") });
            }
            *trace
        })?;
        let shown = Event::ALL.iter().filter(|e| named.on(**e));
        let state = |e: Event| if now.on(e) { "on" } else { "off" };
        Ok(shown.map(|e| format!("{:26} {:3} {}\n", e.name(), state(*e), e.doc())).collect())
    }
}
