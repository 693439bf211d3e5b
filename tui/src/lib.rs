//! esplens: the command line and the dashboard. The binary calls [`main`]; tests and tools use [`dash`].

mod cli;
pub mod dash;
mod outlet;
mod signals;

pub use cli::main;
