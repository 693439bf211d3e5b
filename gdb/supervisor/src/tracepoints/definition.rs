//! Tracepoint definitions: tracepoints with their actions.

use crate::Agent;
use std::sync::Arc;

/// Maximum size of a tracepoint's actions, and of its source text, in bytes.
const MAX_BYTES: usize = 0x4000;

/// A collect action of a tracepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectAction {
    /// Registers, as a bit mask. The mask is ignored: all registers are collected.
    Registers(Vec<u8>),
    /// Memory.
    Memory {
        /// Register that holds the base address.
        base: Option<u16>,
        /// Address, or offset from the register.
        offset: u32,
        /// Length in bytes.
        len: u32,
    },
    /// An expression that collects data.
    Expression(Arc<Agent>),
}

impl CollectAction {
    fn bytes(&self) -> usize {
        16 + match self {
            Self::Registers(mask) => mask.len(),
            Self::Memory { .. } => 0,
            Self::Expression(agent) => agent.code().len(),
        }
    }
}

/// The part of a tracepoint that a piece of source text describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The tracepoint's location.
    Place,
    /// The tracepoint's condition.
    Condition,
    /// One of the tracepoint's actions.
    Command,
}

/// A piece of the text that the user typed, kept for clients that connect later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceString {
    /// The part that it describes.
    pub about: About,
    /// Offset of this piece in the whole text.
    pub start: u32,
    /// Length of the whole text.
    pub total: u32,
    /// The text.
    pub text: Vec<u8>,
}

/// A tracepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracepoint {
    /// GDB's number; a tracepoint with several locations has one entry for each.
    pub number: u32,
    /// Address of the tracepoint.
    pub addr: u32,
    /// False if it collects nothing.
    pub enabled: bool,
    /// Number of hits after which the trace stops; 0 for no limit.
    pub pass_count: u64,
    /// A hit counts only if this is not zero.
    pub condition: Option<Arc<Agent>>,
    /// Collect actions.
    pub actions: Vec<CollectAction>,
    /// The text that the user typed.
    pub sources: Vec<SourceString>,
    /// Hits in this run.
    pub hits: u64,
    /// Buffer bytes used by its frames in this run.
    pub bytes: u64,
}

impl Tracepoint {
    /// Creates a tracepoint that collects registers only.
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

    /// Adds an action. Returns false if there are too many.
    pub fn add_action(&mut self, action: CollectAction) -> bool {
        let bytes: usize = self.actions.iter().map(CollectAction::bytes).sum();
        let fits = bytes + action.bytes() <= MAX_BYTES;
        if fits {
            self.actions.push(action);
        }
        fits
    }

    /// Adds source text. Returns false if there is too much.
    pub fn add_source(&mut self, source: SourceString) -> bool {
        let bytes: usize = self.sources.iter().map(|s| s.text.len() + 16).sum();
        let fits = bytes + source.text.len() + 16 <= MAX_BYTES;
        if fits {
            self.sources.push(source);
        }
        fits
    }
}
