//! esplens: the command line and the dashboard. The binary calls [`main`]; tests and tools use [`dash`].

// These macros panic if the other end of a pipe is closed; cli/terminal.rs is used instead.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod cli;
pub mod dash;
mod outlet;
mod signals;
mod socket;

pub use cli::main;
