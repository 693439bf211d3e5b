//! Shared helpers of the whole-product tests: the firmware sample, a machine at its prompt, the `esplens`
//! binary.

pub mod binary;
pub mod card;
pub mod demo;
pub mod firmware;
pub mod host;
pub mod http;
pub mod kernel;
pub mod lanes;
pub mod load;
pub mod prompt;
pub mod pypi;
pub mod react;
pub mod session;
pub mod worst_case;

pub use session::UartSession;
