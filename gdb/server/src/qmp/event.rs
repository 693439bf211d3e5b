//! Events sent to clients.

use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_supervisor::{Client, Event, Handle, RunState};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// State of the machine as last reported to a client.
#[derive(Debug)]
pub struct EventState {
    running: bool,
    /// SHUTDOWN was sent.
    ended: bool,
}

/// Creates an event object. Besides the host time it contains the virtual time, in nanoseconds.
fn event(name: &str, mut data: Value, now: Option<Ticks>) -> Value {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if let Some(now) = now {
        data["virtual-ns"] = (now.saturating_mul(1000) / TICKS_PER_US).into();
    }
    let mut out = json!({
        "event": name,
        "timestamp": {"seconds": wall.as_secs(), "microseconds": wall.subsec_micros()},
    });
    if data.as_object().is_some_and(|d| !d.is_empty()) {
        out["data"] = data;
    }
    out
}

/// Creates an event for a change of a job's status.
pub fn job(data: Value) -> Value {
    event("JOB_STATUS_CHANGE", data, None)
}

/// Returns QEMU's shutdown reason for a client.
fn reason(by: &Client) -> &'static str {
    match &*by.name {
        "qmp" => "host-qmp-quit",
        "esplens" => "host-signal",
        _ => "host-ui",
    }
}

impl EventState {
    /// Creates the state for a new client.
    pub fn new(handle: &Handle) -> Self {
        let running = handle.call(|s| s.is_running()).unwrap_or(false);
        Self { running, ended: false }
    }

    /// Returns the QMP event for an event of the machine.
    pub fn of(&mut self, what: &Event, handle: &Handle) -> Option<Value> {
        let now = || handle.call(|s| s.status().now).ok();
        match what {
            Event::Stopped(stopped) => {
                self.running = false;
                Some(event("STOP", json!({}), Some(stopped.now)))
            }
            Event::Resumed(_) => {
                self.running = true;
                Some(event("RESUME", json!({}), now()))
            }
            Event::Reset { by, .. } => {
                let reason = match by.as_ref().map(|by| &*by.name) {
                    None => "guest-reset",
                    Some("qmp") => "host-qmp-system-reset",
                    Some(_) => "host-ui",
                };
                Some(event("RESET", json!({"guest": by.is_none(), "reason": reason}), now()))
            }
            Event::Exited(_) => self.end(true, "guest-shutdown", now()),
            Event::Quit(by) => self.end(false, reason(by), now()),
            Event::Gone => self.end(false, "host-signal", None),
            Event::Output(_) | Event::Touched => None,
        }
    }

    fn end(&mut self, guest: bool, reason: &str, now: Option<Ticks>) -> Option<Value> {
        let told = std::mem::replace(&mut self.ended, true);
        (!told).then(|| event("SHUTDOWN", json!({"guest": guest, "reason": reason}), now))
    }

    /// Returns the event for the current state after events were lost.
    pub fn catch_up(&mut self, handle: &Handle) -> Option<Value> {
        let status = handle.call(|s| s.status()).ok()?;
        let running = status.state == RunState::Running;
        if std::mem::replace(&mut self.running, running) == running {
            return None;
        }
        Some(event(if running { "RESUME" } else { "STOP" }, json!({}), Some(status.now)))
    }
}
