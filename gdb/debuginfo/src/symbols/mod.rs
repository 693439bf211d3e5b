//! Symbols of the firmware's ELF files: addresses to functions and lines and back, variables, types, locals.
//!
//! [`Elf`] is one file; [`Symbols`] is several at once, of which later ones take precedence. Both are `Send + Sync` and
//! read lazily: opening reads the symbol table and the units' headers; everything else is read on first use and kept.
//! Files are not trusted: every lookup is bounded in time and memory, and invalid data gives a [`SymbolError`].

mod describe;
mod die;
mod elf;
mod error;
#[doc(hidden)]
pub mod exercise;
mod expr;
mod frames;
mod lines;
mod locals;
mod location;
mod names;
mod present;
mod ranges;
mod scopes;
mod set;
mod source;
mod spec;
mod store;
mod symtab;
#[cfg(test)]
mod tests;
mod types;
mod unit;
mod values;
mod variables;

pub use elf::{Elf, MAX_BYTES};
pub use error::{SymbolError, SymbolResult};
pub use frames::SourceFrame;
pub use locals::Local;
pub use set::{Symbol, Symbols};
pub use source::SourcePaths;
pub use store::{FileRole, Progress, SymbolStore, open_cached};
pub use symtab::SymbolKind;
pub use types::{Encoding, Member, PointerKind, RecordKind, RecordType, Type, TypeId, Variants};
pub use values::{Child, FrameContext, Number, Value, ValueFormat, ValueMemory, ValuePlace};
pub use variables::Variable;
