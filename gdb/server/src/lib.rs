//! Servers of the debugger: GDB connections ([`gdb`]), the [`monitor`] and [`qmp`].
//!
//! All of them are clients of a supervisor's handle ([`esplens_supervisor::Handle`]); none accesses the machine
//! directly, and all can work at the same time. [`listen`] opens their sockets.

pub mod gdb;
pub mod listen;
pub mod monitor;
pub mod qmp;
