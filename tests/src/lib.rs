//! What the whole-product tests share: the firmware sample, a machine at its prompt, the `esplens` binary.

pub mod binary;
pub mod demo;
pub mod firmware;
pub mod host;
pub mod http;
pub mod kernel;
pub mod lanes;
pub mod load;
pub mod prompt;
pub mod session;

pub use session::Session;
