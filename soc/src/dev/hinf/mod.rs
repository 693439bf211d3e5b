//! SDIO host interface; stores its registers only.

pub mod spec;

use super::regfile::{Stored, StoredSpec};
use super::spec::Spec;

/// Register table of the block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HinfSpec;

impl StoredSpec for HinfSpec {
    const SPEC: &'static Spec = &spec::SPEC;
}

/// The SDIO host interface. It stores written values; no SDIO host is modelled.
pub type Hinf = Stored<HinfSpec>;
