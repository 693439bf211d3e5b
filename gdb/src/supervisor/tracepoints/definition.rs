//! What clients define: tracepoints with their actions.

use crate::supervisor::Agent;
use std::sync::Arc;

/// Most bytes of actions and source text of a tracepoint.
const MAX_BYTES: usize = 0x4000;

/// What a tracepoint collects at a hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Registers, by a bit mask. All of them are collected, whatever it says.
    Registers(Vec<u8>),
    /// Memory.
    Memory {
        /// Register that the address counts from.
        base: Option<u16>,
        /// Address, or what is added to the register.
        offset: u32,
        /// Bytes.
        len: u32,
    },
    /// What an expression collects.
    Expression(Arc<Agent>),
}

impl Action {
    fn bytes(&self) -> usize {
        16 + match self {
            Self::Registers(mask) => mask.len(),
            Self::Memory { .. } => 0,
            Self::Expression(agent) => agent.code().len(),
        }
    }
}

/// What a piece of source text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Where the tracepoint is.
    Place,
    /// Its condition.
    Condition,
    /// One of its actions.
    Command,
}

/// A piece of what the user typed, for clients that come later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it is about.
    pub about: About,
    /// Where in the whole text it begins.
    pub start: u32,
    /// Length of the whole text.
    pub total: u32,
    /// The text.
    pub text: Vec<u8>,
}

/// A tracepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracepoint {
    /// GDB's number; one with several places has a tracepoint at each.
    pub number: u32,
    /// Where it is.
    pub addr: u32,
    /// Whether it collects.
    pub enabled: bool,
    /// Hits after which the trace stops; 0: none do.
    pub pass_count: u64,
    /// A hit counts only where this is not zero.
    pub condition: Option<Arc<Agent>>,
    /// What to collect.
    pub actions: Vec<Action>,
    /// What the user typed.
    pub sources: Vec<Source>,
    /// Hits in this run.
    pub hits: u64,
    /// Bytes that its frames took of the buffer in this run.
    pub bytes: u64,
}

impl Tracepoint {
    /// One that collects registers only.
    #[must_use]
    pub fn new(number: u32, addr: u32) -> Self {
        Self {
            number,
            addr,
            enabled: true,
            pass_count: 0,
            condition: None,
            actions: Vec::new(),
            sources: Vec::new(),
            hits: 0,
            bytes: 0,
        }
    }

    /// Adds an action. False: there are too many.
    pub fn add_action(&mut self, action: Action) -> bool {
        let bytes: usize = self.actions.iter().map(Action::bytes).sum();
        let fits = bytes + action.bytes() <= MAX_BYTES;
        if fits {
            self.actions.push(action);
        }
        fits
    }

    /// Adds source text. False: there is too much.
    pub fn add_source(&mut self, source: Source) -> bool {
        let bytes: usize = self.sources.iter().map(|s| s.text.len() + 16).sum();
        let fits = bytes + source.text.len() + 16 <= MAX_BYTES;
        if fits {
            self.sources.push(source);
        }
        fits
    }
}
