//! The MMU tables of the caches, as memory-mapped words. [`crate::cache`] implements their effect.

pub mod spec;

use super::spec::Spec;
use super::{Cx, DevView, Device};
use crate::cache;
use crate::trace::TraceEvent;
use serde::{Deserialize, Serialize};

/// The MMU table of one CPU. The entries themselves are in [`crate::system::System::cache`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mmu {
    core: u8,
}

impl Mmu {
    /// Creates the table of CPU `core`: 0 PRO, 1 APP.
    #[must_use]
    pub fn new(core: u8) -> Self {
        Self { core: core & 1 }
    }
}

impl Device for Mmu {
    fn spec(&self) -> &'static Spec {
        &spec::SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        v.sys.cache.entry(usize::from(self.core), offset as usize / 4).into()
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let (core, index) = (usize::from(self.core), offset as usize / 4);
        let old = cx.sys.cache.entry(core, index);
        cache::set_entry(cx.sys, cx.mem, core, index, value);
        let new = cx.sys.cache.entry(core, index);
        if old != new && cx.sys.trace.on(TraceEvent::MmuEntry) {
            let text = cx.sys.cache.describe_entry(core, index);
            cx.trace(TraceEvent::MmuEntry, || text);
        }
    }

    /// Does nothing: the table is RAM and keeps its contents over a reset.
    fn reset(&mut self, _cx: &mut Cx) {}
}
