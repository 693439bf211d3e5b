//! What can be wrong with a file of symbols, or with a question about it.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// Why symbols give no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{path}: {why}")]
    File {
        /// Which file.
        path: String,
        /// The host's words.
        why: String,
    },
    /// Not an ELF file for this chip, or a broken one.
    #[error("not a sound Xtensa ELF: {0}")]
    Elf(String),
    /// Broken debug information.
    #[error("DWARF at {at:#x}: {why}")]
    Dwarf {
        /// Offset in `.debug_info`, or of the unit.
        at: u32,
        /// What is wrong.
        why: String,
    },
    /// A question or a file that costs more than it may.
    #[error("debug information too deep or too large: gave up after {0} steps")]
    Budget(u64),
    /// A name that no file knows.
    #[error("no symbol \"{0}\" in the loaded files")]
    NoSymbol(String),
    /// A structure without such a member.
    #[error("there is no member named {member} in {ty}")]
    NoMember {
        /// Name of the type.
        ty: String,
        /// What was asked for.
        member: String,
    },
    /// A type that cannot do what the expression wants.
    #[error("{0}")]
    Type(String),
    /// Memory that does not answer.
    #[error("cannot access memory at address {0:#x}")]
    Memory(u32),
    /// A value that the compiler did not keep.
    #[error("value has been optimized out")]
    OptimizedOut,
    /// A register or the frame that an expression needs is not known.
    #[error("{0} is not known in this frame")]
    Frame(String),
    /// An expression or location that cannot be read.
    #[error("{0}")]
    Syntax(String),
}

impl Error {
    pub(super) fn dwarf(at: usize, why: impl std::fmt::Display) -> Self {
        Self::Dwarf { at: at as u32, why: why.to_string() }
    }
}

/// What a whole file may still cost, over all its units: sound files stay far below.
pub(super) struct Allowance(AtomicI64);

impl Allowance {
    pub(super) fn new(all: usize) -> Self {
        Self(AtomicI64::new(i64::try_from(all).unwrap_or(i64::MAX)))
    }

    /// # Errors
    /// [`Error::Budget`] when it is used up.
    pub(super) fn spend(&self, n: usize) -> Result<()> {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let left = self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(n).filter(|l| *l >= 0));
        left.map(|_| ()).map_err(|_| Error::Budget(n as u64))
    }
}

/// An answer about symbols.
pub type Result<T> = std::result::Result<T, Error>;

/// Steps that a piece of work may still take: hostile files end here rather than never.
pub(super) struct Budget {
    all: u64,
    left: u64,
}

impl Budget {
    pub(super) fn new(all: u64) -> Self {
        Self { all, left: all }
    }

    pub(super) fn spend(&mut self, steps: u64) -> Result<()> {
        self.left = self.left.checked_sub(steps).ok_or(Error::Budget(self.all))?;
        Ok(())
    }
}
