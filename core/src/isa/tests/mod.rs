//! Tests of the instruction set.

mod facts;
mod llvm;
mod roundtrip;
