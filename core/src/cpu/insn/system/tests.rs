//! Tests of the system instructions.
