//! To come.

use super::Pane;
use crate::dash::state::Shared;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The pane.
#[derive(Default)]
pub struct Timeline {}

impl Pane for Timeline {
    fn view(&self, _s: &Shared, _area: Rect, _buf: &mut Buffer, _focused: bool) {}
}
