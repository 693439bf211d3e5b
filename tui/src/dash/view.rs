//! Draws the whole dashboard: a pure function of the state.

use super::keys::{self, Cmd, TABLE};
use super::layout::LayoutId;
use super::modal::{self, Modal};
use super::state::{State, inner};
use super::text::{put, seconds};
use super::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Widget};

/// Columns from which on the names of all layouts are shown.
const WIDE: u16 = 132;

/// Draws everything into `buf`, and says where the cursor is to be shown.
pub fn view(state: &State, buf: &mut Buffer) {
    let area = *buf.area();
    buf.set_style(area, state.shared.theme.style(Role::Text));
    for (id, place) in state.placed() {
        let place = place.intersection(area);
        let focused = id == state.focus && state.modal.is_none();
        frame(state, id, place, buf);
        let room = inner(place);
        if room.width > 0 && room.height > 0 {
            state.panes.get(id).view(&state.shared, room, buf, focused);
        }
    }
    top(state, Rect { height: area.height.min(1), ..area }, buf);
    if area.height > 1 {
        bottom(state, Rect { y: area.bottom() - 1, height: 1, ..area }, buf);
    }
    if let Some(modal) = &state.modal {
        draw_modal(state, modal, area, buf);
    }
}

fn frame(state: &State, id: super::pane::PaneId, place: Rect, buf: &mut Buffer) {
    let theme = state.shared.theme;
    let pane = state.panes.get(id);
    let focused = id == state.focus;
    let role = match (focused, pane.typing()) {
        (true, true) => Role::Input,
        (true, false) => Role::Focus,
        _ => Role::Border,
    };
    let mut title = vec![Span::styled(
        format!(" {} ", id.title()),
        theme.style(if focused { role } else { Role::Title }),
    )];
    let more = pane.title(&state.shared);
    if !more.is_empty() {
        title.push(Span::styled(format!("{more} "), theme.style(Role::Dim)));
    }
    let kind = if focused { BorderType::Thick } else { BorderType::Rounded };
    Block::bordered()
        .border_type(kind)
        .border_style(theme.style(role))
        .title(Line::from(title))
        .render(place, buf);
}

/// The status bar: run state, time, speed, clients; the layouts at its right end.
fn top(state: &State, area: Rect, buf: &mut Buffer) {
    let (s, theme) = (&state.shared, state.shared.theme);
    let style = |role| theme.style(role);
    let (mark, role) = match (s.gone, s.sample.running) {
        (true, _) => (" gone ", Role::Bad),
        (_, true) => (" ▶ running ", Role::Run),
        _ => (" ■ stopped ", Role::Stop),
    };
    let mut line = vec![Span::styled(mark, style(role)), Span::raw(" ")];
    line.push(Span::styled(seconds(s.sample.now), style(Role::Title)));
    if s.sample.running {
        if let (Some(mips), Some(real)) = (s.rate.mips(), s.rate.of_real()) {
            line.push(Span::raw(format!("  {mips:.1} MIPS  {:.0}% of real time", real * 100.0)));
        }
        line.push(Span::styled(format!("  speed {}", s.sample.speed), style(Role::Dim)));
    } else if let Some(stop) = &s.sample.stop {
        line.push(Span::styled(format!("  {}", stop.why), style(Role::Warn)));
    }
    if !s.sample.clients.is_empty() {
        line.push(Span::styled(format!("  clients: {}", s.sample.clients.join(", ")), style(Role::Dim)));
    }
    let tabs = tabs(state);
    let width = (tabs.width() as u16).min(area.width);
    put(buf, Rect { width: area.width - width, ..area }, 0, Line::from(line));
    put(buf, Rect { x: area.right() - width, width, ..area }, 0, tabs);
}

/// The layouts' names, on narrow terminals the current one's only.
fn tabs(state: &State) -> Line<'static> {
    let theme = state.shared.theme;
    let names = LayoutId::ALL.iter().enumerate().map(|(n, id)| {
        let current = *id == state.layouts.current;
        let role = if current { Role::Selected } else { Role::Dim };
        let text = match current || state.size.0 >= WIDE {
            true => format!(" {} {} ", n + 1, id.name()),
            false => format!(" {} ", n + 1),
        };
        Span::styled(text, theme.style(role))
    });
    Line::from(names.collect::<Vec<_>>())
}

/// The layout whose name stands at a column of the first row.
#[must_use]
pub fn layout_at(state: &State, column: u16) -> Option<u8> {
    let tabs = tabs(state);
    let mut at = state.size.0.checked_sub(tabs.width() as u16)?;
    for (n, span) in tabs.spans.iter().enumerate() {
        let end = at + span.width() as u16;
        if (at..end).contains(&column) {
            return Some(n as u8);
        }
        at = end;
    }
    None
}

/// The last row: a notice, or the keys that matter here.
fn bottom(state: &State, area: Rect, buf: &mut Buffer) {
    let (s, theme) = (&state.shared, state.shared.theme);
    if let Some(notice) = s.current_notice() {
        put(buf, area, 0, Line::from(Span::styled(format!(" {notice}"), theme.style(Role::Warn))));
        return;
    }
    let mut line = Vec::new();
    let mut hint = |key: &str, what: &str| {
        line.push(Span::styled(format!(" {key}"), theme.style(Role::Key)));
        line.push(Span::styled(format!(" {what} "), theme.style(Role::Dim)));
    };
    if state.panes.get(state.focus).typing() {
        hint("Esc", "stop typing");
    } else {
        let run = if s.sample.running { "pause" } else { "run" };
        hint("Space", run);
        if !s.sample.running {
            [Cmd::StepLine, Cmd::Next, Cmd::Finish].iter().for_each(|c| hint(keys::key_of(*c), name_of(*c)));
        }
        keys::of_pane(state.focus).take(5).for_each(|b| hint(keys::key_of(b.cmd), b.name));
        hint("Tab", "pane");
        hint("1-6", "layout");
        hint("z", "zoom");
        hint("?", "help");
        hint("q", "quit");
    }
    put(buf, area, 0, Line::from(line));
}

fn name_of(cmd: Cmd) -> &'static str {
    TABLE.iter().find(|b| b.cmd == cmd).map_or("", |b| b.name)
}

fn draw_modal(state: &State, modal: &Modal, area: Rect, buf: &mut Buffer) {
    match modal {
        Modal::Help(scroll) => {
            let lines = help(state);
            let room = window(state, "Help", (92, lines.len() as u16 + 2), area, buf);
            let scroll = usize::from(*scroll).min(lines.len().saturating_sub(usize::from(room.height)));
            for (y, line) in (0..room.height).zip(lines.into_iter().skip(scroll)) {
                put(buf, room, y, line);
            }
        }
        Modal::Palette(line, row) => palette(state, &line.text(), *row, area, buf),
        Modal::Ask { label, line, .. } => {
            let room = window(state, label, (70, 3), area, buf);
            typed(state, line, room, buf);
        }
        Modal::Quit => quit(state, area, buf),
    }
}

fn quit(state: &State, area: Rect, buf: &mut Buffer) {
    // Only a dashboard on another process's machine can leave it alone.
    let rows: &[(&str, &str)] = match state.detach {
        true => &[("y", "leave; the machine goes on"), ("k", "end the machine too"), ("Esc", "stay")],
        false => &[("y", "end esplens and the machine"), ("Esc", "stay")],
    };
    let room = window(state, "Quit", (40, rows.len() as u16 + 2), area, buf);
    for (y, (key, what)) in (0..).zip(rows) {
        let key = Span::styled(format!(" {key:<4}"), state.shared.theme.style(Role::Key));
        put(buf, room, y, Line::from(vec![key, (*what).into()]));
    }
}

fn palette(state: &State, query: &str, row: usize, area: Rect, buf: &mut Buffer) {
    let theme = state.shared.theme;
    let room = window(state, "Command", (78, 20), area, buf);
    let line = super::line::Line::new(query);
    typed(state, &line, room, buf);
    let found = modal::entries(query);
    let rows = usize::from(room.height.saturating_sub(1));
    let first = row.saturating_sub(rows.saturating_sub(1));
    for (y, (n, entry)) in (1..room.height).zip(found.iter().enumerate().skip(first)) {
        let role = if n == row { Role::Selected } else { Role::Text };
        let key = entry.binding.keys.split(' ').next().unwrap_or("");
        let text = format!(" {:<18} {:<10} {}", entry.binding.name, key, entry.binding.doc);
        put(
            buf,
            room,
            y,
            Line::from(Span::styled(format!("{text:<width$}", width = room.width.into()), theme.style(role))),
        );
    }
}

/// A line being typed, with its cursor.
fn typed(state: &State, line: &super::line::Line, room: Rect, buf: &mut Buffer) {
    let theme = state.shared.theme;
    let text = line.text();
    let width = usize::from(room.width.saturating_sub(4));
    let skip = line.cursor().saturating_sub(width);
    let shown: String = text.chars().skip(skip).take(width + 1).collect();
    put(buf, room, 0, Line::from(vec![Span::styled(" > ", theme.style(Role::Key)), Span::raw(shown)]));
    let x = room.x + 3 + (line.cursor() - skip) as u16;
    if let Some(cell) = buf.cell_mut((x, room.y)).filter(|_| x < room.right() && room.height > 0) {
        cell.set_style(Style::new().add_modifier(ratatui::style::Modifier::REVERSED));
    }
}

/// A window in the middle; its inside.
fn window(state: &State, title: &str, size: (u16, u16), area: Rect, buf: &mut Buffer) -> Rect {
    let (width, height) = (size.0.min(area.width), size.1.min(area.height));
    let place =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 3, width, height };
    Clear.render(place, buf);
    let style = state.shared.theme.style(Role::Focus);
    buf.set_style(place, state.shared.theme.style(Role::Text));
    Block::bordered()
        .border_type(BorderType::Thick)
        .border_style(style)
        .title(format!(" {title} "))
        .render(place, buf);
    inner(place)
}

/// All keys: those of the focused pane, then those that hold everywhere.
fn help(state: &State) -> Vec<Line<'static>> {
    let theme = state.shared.theme;
    let row = |b: &keys::Binding| {
        Line::from(vec![
            Span::styled(format!(" {:<16}", b.keys), theme.style(Role::Key)),
            Span::styled(format!("{:<17}", b.name), theme.style(Role::Name)),
            Span::raw(b.doc),
        ])
    };
    let heading = |text: String| Line::from(Span::styled(text, theme.style(Role::Title)));
    let mut lines = vec![heading(format!("{}: {}", state.focus.title(), state.focus.doc()))];
    lines.extend(keys::of_pane(state.focus).map(row));
    lines.push(heading("Everywhere".into()));
    lines.extend(TABLE.iter().filter(|b| b.scope == keys::Scope::All).map(row));
    lines.push(heading("Other panes".into()));
    let others = TABLE.iter().filter(|b| matches!(b.scope, keys::Scope::In(p) if !p.contains(&state.focus)));
    lines.extend(others.map(row));
    lines
}
