//! The `esplens` binary.
fn main() {}
