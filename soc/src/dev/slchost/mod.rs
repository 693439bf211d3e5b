//! SDIO slave, the host's view: registers only.

pub mod spec;

use super::regfile::{HasSpec, Stored};
use super::spec::Spec;

/// Names the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Table;

impl HasSpec for Table {
    const SPEC: &'static Spec = &spec::SPEC;
}

/// Keeps what is written; no SDIO host is modelled.
pub type SlcHost = Stored<Table>;
