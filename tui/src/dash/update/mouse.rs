//! Mouse handling: everything that a key does can be clicked.

use super::{command, key_pressed, palette_run};
use crate::dash::keys::{self, Cmd};
use crate::dash::modal::{self, Modal};
use crate::dash::state::{DashEffect, DashState, inner};
use crate::dash::view::{self, ModalHit};
use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

/// Processes a click, the wheel or a drag.
pub fn event(state: &mut DashState, event: MouseEvent) -> Vec<DashEffect> {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::ScrollUp => wheel(state, at, (KeyCode::Up, Cmd::Up)),
        MouseEventKind::ScrollDown => wheel(state, at, (KeyCode::Down, Cmd::Down)),
        MouseEventKind::Down(MouseButton::Left) => {
            state.drag = None;
            match state.modal.take() {
                Some(modal) => click_modal(state, modal, at),
                None => click(state, at),
            }
        }
        MouseEventKind::Drag(MouseButton::Left) => {
            if let Some(from) = state.drag {
                state.drag = state.layouts.drag(state.kind(), state.body(), from, at).or(Some(from));
            }
            Vec::new()
        }
        MouseEventKind::Up(_) => {
            state.drag = None;
            Vec::new()
        }
        _ => {
            state.dirty = false;
            Vec::new()
        }
    }
}

/// Scrolls the pane or window under the pointer.
fn wheel(state: &mut DashState, at: Position, (key, cmd): (KeyCode, Cmd)) -> Vec<DashEffect> {
    if state.modal.is_some() {
        return key_pressed(state, KeyEvent::from(key));
    }
    let Some((pane, area)) = state.placed().into_iter().find(|(_, r)| r.contains(at)) else {
        return Vec::new();
    };
    state.panes.get_mut(pane).command(&mut state.shared, cmd, inner(area)).unwrap_or_default()
}

fn click(state: &mut DashState, at: Position) -> Vec<DashEffect> {
    let Some((pane, area)) = state.placed().into_iter().find(|(_, r)| r.contains(at)) else {
        return match at.y {
            0 => click_bar(state, at.x),
            _ => view::hint_at(state, at.x).map_or_else(Vec::new, |key| press(state, key)),
        };
    };
    state.focus = pane;
    let area = inner(area);
    if !area.contains(at) {
        // Dragging a border resizes panes.
        state.drag = Some(at).filter(|_| !state.zoom);
        return Vec::new();
    }
    state.panes.get_mut(pane).click(&mut state.shared, at.x - area.x, at.y - area.y, area)
}

/// Handles a click on the first row: the names of the layouts, and the run state.
fn click_bar(state: &mut DashState, column: u16) -> Vec<DashEffect> {
    match view::layout_at(state, column) {
        Some(n) => command(state, Cmd::Layout(n)),
        None => command(state, Cmd::RunPause),
    }
}

/// Handles a click while a window is open. A click outside closes it.
fn click_modal(state: &mut DashState, modal: Modal, at: Position) -> Vec<DashEffect> {
    match (view::hit(state, &modal, at), &modal) {
        (ModalHit::Outside, _) => return Vec::new(),
        (ModalHit::Entry(n), Modal::Palette(line, _)) => {
            if let Some(entry) = modal::entries(&line.text()).get(n) {
                return palette_run(state, entry);
            }
        }
        (ModalHit::Key(key), _) => {
            state.modal = Some(modal);
            return press(state, key);
        }
        _ => {}
    }
    state.modal = Some(modal);
    Vec::new()
}

/// Executes the command of a key.
fn press(state: &mut DashState, key: &str) -> Vec<DashEffect> {
    let Some((code, modifiers)) = keys::parse(key) else { return Vec::new() };
    key_pressed(state, KeyEvent::new(code, modifiers))
}
