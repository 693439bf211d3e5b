//! To come.

use super::Pane;
use crate::dash::state::Shared;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The pane.
#[derive(Default)]
pub struct Watch {}

impl Pane for Watch {
    fn view(&self, _s: &Shared, _area: Rect, _buf: &mut Buffer, _focused: bool) {}
}
