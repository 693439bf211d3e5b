//! SDIO host interface; stores its registers only.

pub mod spec;

use super::regfile::{HasSpec, Stored};
use super::spec::Spec;

/// Register table of the block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Table;

impl HasSpec for Table {
    const SPEC: &'static Spec = &spec::SPEC;
}

/// The SDIO host interface. It stores written values; no SDIO host is modelled.
pub type Hinf = Stored<Table>;
