//! esplens: the command line and the dashboard. The binary calls [`main`]; tests and tools use [`dash`].

mod cli;
pub mod dash;

pub use cli::main;
