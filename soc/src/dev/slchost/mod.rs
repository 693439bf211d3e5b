//! SDIO slave, host side: registers only.

pub mod spec;

use super::regfile::{HasSpec, Stored};
use super::spec::Spec;

/// Marker type with the register table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Table;

impl HasSpec for Table {
    const SPEC: &'static Spec = &spec::SPEC;
}

/// The host side of the SDIO slave. Only stores what is written; no SDIO host is modelled.
pub type SlcHost = Stored<Table>;
