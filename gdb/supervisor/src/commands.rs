//! Breakpoint commands, run instead of stopping: GDB's `dprintf` in agent style, printed by the machine's thread.

use crate::agent::{Agent, AgentError, Effects};
use crate::condition::PointHit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Maximum number of texts queued for a slow client.
const MAX_TEXTS: usize = 1024;

/// Output channel for a client's breakpoint commands. The machine does not wait for a slow client: texts that do not
/// fit are dropped and counted.
#[derive(Clone, Debug)]
pub struct Console {
    to: Sender<String>,
    lost: Arc<AtomicU64>,
}

impl Console {
    /// Creates a console and the receiver for its client.
    #[must_use]
    pub fn new() -> (Self, Receiver<String>) {
        let (to, from) = channel(MAX_TEXTS);
        (Self { to, lost: Arc::default() }, from)
    }

    fn say(&self, text: String) {
        if self.to.try_send(text).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the number of texts lost since the last call.
    #[must_use]
    pub fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

/// The commands of a breakpoint, in execution order.
#[derive(Clone, Debug)]
pub struct Commands {
    /// Expressions that end with a `printf` operation.
    pub list: Vec<Arc<Agent>>,
    /// Destination of the output.
    pub to: Console,
}

impl PartialEq for Commands {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list && self.to.to.same_channel(&other.to.to)
    }
}

impl Eq for Commands {}

impl Commands {
    /// Runs the commands; errors are printed as well.
    pub fn run(&self, hit: &PointHit) {
        for agent in &self.list {
            let mut speaker = Speaker::default();
            if let Err(error) = agent.carry_out(hit, &mut speaker) {
                speaker.print(&format!("{error}\n"));
            }
            self.to.say(speaker.0);
        }
    }
}

/// Buffer for the text that an expression prints.
#[derive(Default)]
struct Speaker(String);

impl Effects for Speaker {
    fn print(&mut self, text: &str) -> bool {
        self.0.push_str(text);
        true
    }

    fn variable(&self, _number: u16) -> Option<u64> {
        None
    }

    fn set_variable(&mut self, _number: u16, _value: u64) -> bool {
        false
    }

    fn collect_variable(&mut self, number: u16) -> Result<(), AgentError> {
        Err(AgentError::Variable(number))
    }

    fn collect(&mut self, _addr: u32, _bytes: u64) -> Result<(), AgentError> {
        Err(AgentError::Full)
    }

    fn collect_string(&mut self, _addr: u32, _max: u64) -> Result<(), AgentError> {
        Err(AgentError::Full)
    }
}
