//! The in-process switch.
