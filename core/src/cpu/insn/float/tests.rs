//! Tests of the floating-point instructions.
