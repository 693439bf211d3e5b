//! Snapshot jobs: executed immediately and kept as concluded until the client dismisses them.

use super::QmpServer;
use super::args::{Args, QmpError, QmpResult};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// Maximum number of jobs kept.
const MAX_JOBS: usize = 64;
/// Maximum number of events queued for a slow client.
const MAX_EVENTS: usize = 1024;
/// The states of a job, in order.
const STATES: [&str; 5] = ["created", "running", "waiting", "pending", "concluded"];

/// A concluded job.
#[derive(Clone, Debug)]
struct Job {
    id: String,
    kind: &'static str,
    error: Option<String>,
}

/// The jobs of all clients.
#[derive(Clone)]
pub struct Jobs {
    done: Arc<Mutex<Vec<Job>>>,
    events: broadcast::Sender<Value>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { done: Arc::default(), events: broadcast::channel(MAX_EVENTS).0 }
    }
}

impl Jobs {
    /// Subscribes to job events: the `data` of JOB_STATUS_CHANGE.
    pub fn subscribe(&self) -> broadcast::Receiver<Value> {
        self.events.subscribe()
    }

    fn tell(&self, id: &str, status: &str) {
        // An error means that there are no subscribers.
        let _ = self.events.send(json!({"id": id, "status": status}));
    }

    /// Executes a new job.
    fn run(
        &self,
        id: String,
        kind: &'static str,
        work: impl FnOnce() -> std::result::Result<(), String>,
    ) -> QmpResult {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if id.is_empty() || id.len() > 255 {
            return Err(QmpError::new("Invalid job ID"));
        }
        if done.iter().any(|j| j.id == id) {
            return Err(QmpError::new(format!("Job ID '{id}' already in use")));
        }
        if done.len() == MAX_JOBS {
            return Err(QmpError::new("too many jobs; use job-dismiss"));
        }
        let error = work().err();
        STATES.iter().for_each(|s| self.tell(&id, s));
        done.push(Job { id, kind, error });
        Ok(json!({}))
    }
}

/// Takes the arguments common to all three commands: the names of the job and of the snapshot. Devices are ignored: a
/// snapshot always contains everything.
fn names(args: &mut Args) -> std::result::Result<(String, String), QmpError> {
    let names = (args.text("job-id")?, args.text("tag")?);
    args.ignore(&["vmstate", "devices"]);
    Ok(names)
}

pub fn save(server: &QmpServer, mut args: Args) -> QmpResult {
    let (id, tag) = names(&mut args)?;
    args.end()?;
    let saved =
        || server.handle.call(move |s| s.save_snapshot(&tag)).unwrap_or_else(|gone| Err(gone.to_string()));
    server.jobs.run(id, "snapshot-save", saved)
}

fn missing(tag: &str) -> String {
    format!("Snapshot '{tag}' does not exist")
}

pub fn load(server: &QmpServer, mut args: Args) -> QmpResult {
    let (id, tag) = names(&mut args)?;
    args.end()?;
    let name = tag.clone();
    let found = || server.handle.call(move |s| s.load_snapshot(&name)).unwrap_or(false);
    server.jobs.run(id, "snapshot-load", || if found() { Ok(()) } else { Err(missing(&tag)) })
}

pub fn delete(server: &QmpServer, mut args: Args) -> QmpResult {
    let (id, tag) = names(&mut args)?;
    args.end()?;
    let name = tag.clone();
    let found = || server.handle.call(move |s| s.delete_snapshot(&name)).unwrap_or(false);
    server.jobs.run(id, "snapshot-delete", || if found() { Ok(()) } else { Err(missing(&tag)) })
}

pub fn query(server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    let done = server.jobs.done.lock().unwrap_or_else(PoisonError::into_inner);
    let show = |j: &Job| {
        let mut job = json!({
            "id": j.id, "type": j.kind, "status": "concluded", "current-progress": 1, "total-progress": 1,
        });
        if let Some(error) = &j.error {
            job["error"] = error.clone().into();
        }
        job
    };
    Ok(done.iter().map(show).collect::<Vec<_>>().into())
}

pub fn dismiss(server: &QmpServer, mut args: Args) -> QmpResult {
    let id = args.text("id")?;
    args.end()?;
    let mut done = server.jobs.done.lock().unwrap_or_else(PoisonError::into_inner);
    let at = done.iter().position(|j| j.id == id);
    let at = at.ok_or_else(|| QmpError::new("Job not found"))?;
    done.remove(at);
    drop(done);
    server.jobs.tell(&id, "null");
    Ok(json!({}))
}
