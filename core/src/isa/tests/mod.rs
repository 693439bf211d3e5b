//! Tests of the instruction set.

mod facts;
mod roundtrip;
