//! The processor's own state and arithmetic.

pub mod fpu;
