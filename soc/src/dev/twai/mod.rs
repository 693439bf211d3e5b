//! TWAI.

pub mod spec;

use super::regfile::{Blank, HasSpec};
use super::spec::Spec;

/// Names the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Table;

impl HasSpec for Table {
    const SPEC: &'static Spec = &spec::SPEC;
}

/// Not modelled yet.
pub type Twai = Blank<Table>;
