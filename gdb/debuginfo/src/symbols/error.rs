//! Errors of symbol files and of lookups in them.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// Error of a symbol lookup.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SymbolError {
    /// The file cannot be read.
    #[error("{path}: {why}")]
    File {
        /// Path of the file.
        path: String,
        /// Error message of the host.
        why: String,
    },
    /// Not an ELF file for this chip, or an invalid one.
    #[error("not a valid Xtensa ELF: {0}")]
    Elf(String),
    /// Broken debug information.
    #[error("DWARF at {at:#x}: {why}")]
    Dwarf {
        /// Offset in `.debug_info`, or of the unit.
        at: u32,
        /// Description of the defect.
        why: String,
    },
    /// A lookup or a file that exceeds a limit.
    #[error("debug information too deep or too large: gave up after {0} steps")]
    Budget(u64),
    /// A name that is in no file.
    #[error("no symbol \"{0}\" in the loaded files")]
    NoSymbol(String),
    /// A structure without such a member.
    #[error("there is no member named {member} in {ty}")]
    NoMember {
        /// Name of the type.
        ty: String,
        /// Name of the requested member.
        member: String,
    },
    /// A type that does not support an operation of the expression.
    #[error("{0}")]
    Type(String),
    /// Memory that cannot be read.
    #[error("cannot access memory at address {0:#x}")]
    Memory(u32),
    /// A value that the compiler optimized out.
    #[error("value has been optimized out")]
    OptimizedOut,
    /// A register or frame address that the expression needs is not known.
    #[error("{0} is not known in this frame")]
    Frame(String),
    /// An expression or location that cannot be parsed.
    #[error("{0}")]
    Syntax(String),
}

impl SymbolError {
    pub(super) fn dwarf(at: usize, why: impl std::fmt::Display) -> Self {
        Self::Dwarf { at: at as u32, why: why.to_string() }
    }
}

/// Limit for a whole file, over all its units; valid files stay far below it.
pub(super) struct Allowance(AtomicI64);

impl Allowance {
    pub(super) fn new(all: usize) -> Self {
        Self(AtomicI64::new(i64::try_from(all).unwrap_or(i64::MAX)))
    }

    /// Takes `n` from the allowance.
    ///
    /// # Errors
    /// [`SymbolError::Budget`] if it is used up.
    pub(super) fn spend(&self, n: usize) -> SymbolResult<()> {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let left = self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(n).filter(|l| *l >= 0));
        left.map(|_| ()).map_err(|_| SymbolError::Budget(n as u64))
    }
}

/// Result of a symbol lookup.
pub type SymbolResult<T> = std::result::Result<T, SymbolError>;

/// Number of steps that an operation may still take, so that hostile files cannot make it run forever.
pub(super) struct Budget {
    all: u64,
    left: u64,
}

impl Budget {
    pub(super) fn new(all: u64) -> Self {
        Self { all, left: all }
    }

    pub(super) fn spend(&mut self, steps: u64) -> SymbolResult<()> {
        self.left = self.left.checked_sub(steps).ok_or(SymbolError::Budget(self.all))?;
        Ok(())
    }
}
