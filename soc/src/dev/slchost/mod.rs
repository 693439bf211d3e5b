//! SDIO slave, host side: registers only.

pub mod spec;

use super::regfile::{Stored, StoredSpec};
use super::spec::Spec;

/// Marker type with the register table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlchostSpec;

impl StoredSpec for SlchostSpec {
    const SPEC: &'static Spec = &spec::SPEC;
}

/// The host side of the SDIO slave. Only stores what is written; no SDIO host is modelled.
pub type SlcHost = Stored<SlchostSpec>;
