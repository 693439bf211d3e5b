//! Draws the whole dashboard: a pure function of the state.

mod bars;
mod modal;

pub use bars::{hint_at, layout_at};
pub use modal::{ModalHit, hit};

use super::state::{DashState, inner};
use super::theme::TextRole;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

/// Draws everything into `buf`.
pub fn view(state: &DashState, buf: &mut Buffer) {
    let area = *buf.area();
    buf.set_style(area, state.shared.theme.style(TextRole::Text));
    for (id, place) in state.placed() {
        let place = place.intersection(area);
        let focused = id == state.focus && state.modal.is_none();
        frame(state, id, place, buf);
        let room = inner(place);
        if room.width > 0 && room.height > 0 {
            state.panes.get(id).view(&state.shared, room, buf, focused);
        }
    }
    bars::top(state, Rect { height: area.height.min(1), ..area }, buf);
    if area.height > 1 {
        bars::bottom(state, Rect { y: area.bottom() - 1, height: 1, ..area }, buf);
    }
    if let Some(modal) = &state.modal {
        modal::draw(state, modal, area, buf);
    }
}

fn frame(state: &DashState, id: super::pane_id::PaneId, place: Rect, buf: &mut Buffer) {
    let theme = state.shared.theme;
    let pane = state.panes.get(id);
    let focused = id == state.focus;
    let role = match (focused, pane.typing()) {
        (true, true) => TextRole::Input,
        (true, false) => TextRole::Focus,
        _ => TextRole::Border,
    };
    let mut title = vec![Span::styled(
        format!(" {} ", pane.heading(&state.shared).unwrap_or(id.title())),
        theme.style(if focused { role } else { TextRole::Title }),
    )];
    let more = pane.title(&state.shared);
    if !more.is_empty() {
        title.push(Span::styled(format!("{more} "), theme.style(TextRole::Dim)));
    }
    let kind = if focused { BorderType::Thick } else { BorderType::Rounded };
    Block::bordered()
        .border_type(kind)
        .border_style(theme.style(role))
        .title(Line::from(title))
        .render(place, buf);
}
