//! Drawing of the windows over the panes.

use crate::dash::keys::{self, Cmd, TABLE};
use crate::dash::line::EditLine;
use crate::dash::modal::{self, Modal};
use crate::dash::state::{DashState, inner};
use crate::dash::text::{put, words};
use crate::dash::theme::TextRole;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Widget};

/// Returns the choices before quitting: key and meaning. Only a dashboard of another process's machine can leave it
/// running.
fn quit_rows(state: &DashState) -> &'static [(&'static str, &'static str)] {
    match state.detach {
        true => &[("y", "leave; the machine goes on"), ("k", "end the machine too"), ("Esc", "stay")],
        false => &[("y", "end esplens and the machine"), ("Esc", "stay")],
    }
}

/// Maximum width of the help in columns.
const HELP: u16 = 116;

/// Draws the window over the panes.
pub fn draw(state: &DashState, modal: &Modal, area: Rect, buf: &mut Buffer) {
    let place = place(state, modal, area);
    match modal {
        Modal::Help(scroll) => {
            let lines = help(state, inner(place).width);
            let height = usize::from(inner(place).height);
            let scroll = usize::from(*scroll).min(lines.len().saturating_sub(height));
            let title = match lines.len() > height {
                true => {
                    let last = (scroll + height).min(lines.len());
                    format!("Help: rows {} to {last} of {}; ↑ ↓ PageDown", scroll + 1, lines.len())
                }
                false => "Help".into(),
            };
            let room = window(state, &title, place, buf);
            for (y, line) in (0..room.height).zip(lines.into_iter().skip(scroll)) {
                put(buf, room, y, line);
            }
        }
        Modal::Palette(line, row) => palette(state, line, *row, window(state, "Command", place, buf), buf),
        Modal::Ask { label, line, .. } => typed(state, line, window(state, label, place, buf), buf),
        Modal::Quit => {
            let room = window(state, "Quit", place, buf);
            for (y, (key, what)) in (0..).zip(quit_rows(state)) {
                let key = Span::styled(format!(" {key:<4}"), state.shared.theme.style(TextRole::Key));
                put(buf, room, y, Line::from(vec![key, (*what).into()]));
            }
        }
    }
}

/// Returns the area of the window.
fn place(state: &DashState, modal: &Modal, area: Rect) -> Rect {
    let (width, height) = match modal {
        Modal::Help(_) => (HELP, help(state, HELP.min(area.width).saturating_sub(2)).len() as u16 + 2),
        Modal::Palette(..) => (86, 24),
        Modal::Ask { .. } => (70, 3),
        Modal::Quit => (40, quit_rows(state).len() as u16 + 2),
    };
    let (width, height) = (width.min(area.width), height.min(area.height));
    // What is found while typing stays visible above.
    let search = matches!(modal, Modal::Ask { cmd: Cmd::Search, .. });
    let above = if search { (area.height - height).saturating_sub(2) } else { (area.height - height) / 3 };
    Rect { x: area.x + (area.width - width) / 2, y: area.y + above, width, height }
}

/// Element at a cell while a window is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModalHit {
    /// The panes, outside the window.
    Outside,
    /// Inside the window.
    Inside,
    /// A palette entry.
    Entry(usize),
    /// A choice that is equivalent to this key.
    Key(&'static str),
}

/// Returns the element at a position.
#[must_use]
pub fn hit(state: &DashState, modal: &Modal, at: Position) -> ModalHit {
    let place = place(state, modal, Rect::new(0, 0, state.size.0, state.size.1));
    let room = inner(place);
    match modal {
        _ if !place.contains(at) => ModalHit::Outside,
        _ if !room.contains(at) => ModalHit::Inside,
        Modal::Palette(_, row) if at.y > room.y => {
            ModalHit::Entry(first_entry(*row, room) + usize::from(at.y - room.y) - 1)
        }
        Modal::Quit => {
            quit_rows(state).get(usize::from(at.y - room.y)).map_or(ModalHit::Inside, |r| ModalHit::Key(r.0))
        }
        _ => ModalHit::Inside,
    }
}

/// Returns the first visible palette entry if `row` is the selected one.
fn first_entry(row: usize, room: Rect) -> usize {
    (row + 2).saturating_sub(room.height.into())
}

fn palette(state: &DashState, line: &EditLine, row: usize, room: Rect, buf: &mut Buffer) {
    let theme = state.shared.theme;
    typed(state, line, room, buf);
    let found = modal::entries(&line.text());
    let first = first_entry(row, room);
    for (y, (n, entry)) in (1..room.height).zip(found.iter().enumerate().skip(first)) {
        let role = if n == row { TextRole::Selected } else { TextRole::Text };
        let text = format!(" {:<22} {:<10} {}", entry.name, entry.key(), entry.doc);
        let text = format!("{text:<width$}", width = room.width.into());
        put(buf, room, y, Line::from(Span::styled(text, theme.style(role))));
    }
    if found.is_empty() {
        put(buf, room, 1, Line::from(Span::styled(" no match", theme.style(TextRole::Dim))));
    }
}

/// Draws the input line with its cursor.
fn typed(state: &DashState, line: &EditLine, room: Rect, buf: &mut Buffer) {
    put(buf, room, 0, Line::from(Span::styled(" > ", state.shared.theme.style(TextRole::Key))));
    let text =
        Rect { x: room.x + 3, width: room.width.saturating_sub(4), height: room.height.min(1), ..room };
    line.view(text.intersection(room), buf);
}

/// Draws an empty window. Returns its inner area.
fn window(state: &DashState, title: &str, place: Rect, buf: &mut Buffer) -> Rect {
    Clear.render(place, buf);
    let style = state.shared.theme.style(TextRole::Focus);
    buf.set_style(place, state.shared.theme.style(TextRole::Text));
    Block::bordered()
        .border_type(BorderType::Thick)
        .border_style(style)
        .title(format!(" {title} "))
        .render(place, buf);
    inner(place)
}

/// Groups of the help: a heading, and the last command below it.
const GROUPS: [(&str, Cmd); 6] = [
    ("Run and step", Cmd::StepInsn),
    ("Back in time", Cmd::StepBack),
    ("Stops and snapshots", Cmd::ResetChip),
    ("Commands", Cmd::Help),
    ("Layouts and panes", Cmd::Quit),
    ("In a pane", Cmd::Copy),
];

/// Returns the help for a width in columns: keys of the focused pane, keys of scope `All` by group, keys of other
/// panes.
fn help(state: &DashState, width: u16) -> Vec<Line<'static>> {
    let theme = state.shared.theme;
    // Columns for keys and name; the remaining ones for the description, in as many rows as needed.
    let room = usize::from(width).saturating_sub(32).max(20);
    let row = |b: &keys::Binding| {
        let first = vec![
            Span::styled(format!(" {:<13}", b.keys), theme.style(TextRole::Key)),
            Span::styled(format!("{:<17} ", b.name), theme.style(TextRole::Name)),
        ];
        let doc = words(b.doc, room);
        let lines = doc.into_iter().enumerate().map(move |(n, text)| match n {
            0 => Line::from([first.clone(), vec![Span::raw(text)]].concat()),
            _ => Line::from(format!("{:32}{text}", "")),
        });
        lines.collect::<Vec<_>>()
    };
    let heading = |text: String| Line::from(Span::styled(text, theme.style(TextRole::Title)));
    let about = format!("{}: {}", state.focus.title(), state.focus.doc());
    let mut lines: Vec<Line> = words(&about, usize::from(width).max(20)).into_iter().map(heading).collect();
    lines.extend(keys::of_pane(state.focus).flat_map(row));
    let mut rows = TABLE.iter().filter(|b| b.scope == keys::Scope::All);
    for (title, last) in GROUPS {
        lines.push(heading(title.into()));
        for b in rows.by_ref() {
            lines.extend(row(b));
            if b.cmd == last {
                break;
            }
        }
    }
    lines.extend(rows.flat_map(row));
    lines.push(heading("In other panes".into()));
    let others = TABLE.iter().filter(|b| matches!(b.scope, keys::Scope::In(p) if !p.contains(&state.focus)));
    lines.extend(others.flat_map(row));
    lines
}
