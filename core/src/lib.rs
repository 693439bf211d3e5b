//! The Xtensa LX6.
