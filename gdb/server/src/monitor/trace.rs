//! `trace`: enables trace events while the machine runs. The output goes to the file given with `--trace-file`, or to
//! stderr.

use super::settings::OnOff;
use super::{Error, Result};
use clap::Args;
use esplens_soc::trace::{TraceEvent, TraceSet};
use esplens_supervisor::Handle;

/// Enables or disables trace events.
#[derive(Debug, Args)]
pub struct TraceEvents {
    /// Event or pattern (`*` any text, `?` any character); without argument: show all events.
    pattern: Option<String>,
    /// on or off; without it: show the events that match the pattern.
    #[arg(value_enum)]
    to: Option<OnOff>,
}

impl TraceEvents {
    pub fn run(&self, handle: &Handle) -> Result {
        let pattern = self.pattern.clone().unwrap_or_else(|| "*".into());
        let to = self.to;
        // The events that match the pattern, enabled or not.
        let mut named = TraceSet::default();
        if pattern.starts_with('-') || !named.apply(&pattern) {
            return Err(Error::User(format!("no event is called {pattern:?}; trace lists them")));
        }
        let now = handle.call(move |s| {
            let trace = s.machine_mut().trace_mut();
            if let Some(to) = to {
                trace.apply(&if to == OnOff::On { pattern } else { format!("-{pattern}") });
            }
            *trace
        })?;
        let shown = TraceEvent::ALL.iter().filter(|e| named.on(**e));
        let state = |e: TraceEvent| if now.on(e) { "on" } else { "off" };
        Ok(shown.map(|e| format!("{:26} {:3} {}\n", e.name(), state(*e), e.doc())).collect())
    }
}
