//! The first row, run state and layouts, and the last one, keys. Both can be clicked.

use crate::dash::keys::{self, Cmd};
use crate::dash::layout::LayoutId;
use crate::dash::state::State;
use crate::dash::text::{put, seconds};
use crate::dash::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns from which on the names of all layouts are shown.
const WIDE: u16 = 132;
/// Most keys of the focused pane among the hints.
const PANE_HINTS: usize = 5;

/// The status bar: run state, time, speed, clients; the layouts at its right end.
pub fn top(state: &State, area: Rect, buf: &mut Buffer) {
    let tabs = tabs(state);
    let width = (tabs.width() as u16).min(area.width);
    let room = Rect { width: area.width - width, ..area };
    let full = status(state, true);
    let line = if full.width() <= usize::from(room.width) { full } else { status(state, false) };
    put(buf, room, 0, line);
    put(buf, Rect { x: area.right() - width, width, ..area }, 0, tabs);
}

/// Run state, time, speed, clients: in `full`, or as short as possible.
fn status(state: &State, full: bool) -> Line<'static> {
    let (s, theme) = (&state.shared, state.shared.theme);
    let style = |role| theme.style(role);
    let (mark, role) = match (s.gone, s.sample.running) {
        (true, _) => (" gone ", Role::Bad),
        (_, true) => (" ▶ running ", Role::Run),
        _ => (" ■ stopped ", Role::Stop),
    };
    let time = if full { seconds(s.sample.now) } else { format!("{:.3} s", s.sample.now as f64 / 480e6) };
    let mut line =
        vec![Span::styled(mark, style(role)), Span::styled(format!(" {time}"), style(Role::Title))];
    if let Some(past) = s.sample.past {
        line.push(Span::styled(format!("  {:.3} ms before now", past as f64 / 480e3), style(Role::Warn)));
    }
    if s.sample.running {
        if let (Some(mips), Some(real)) = (s.rate.mips(), s.rate.of_real()) {
            let of = if full { "of real time" } else { "real" };
            line.push(Span::raw(format!("  {mips:.1} MIPS  {:.0}% {of}", real * 100.0)));
        }
        if full {
            line.push(Span::styled(format!("  speed {}", s.sample.speed), style(Role::Dim)));
        }
    } else if let Some(stop) = &s.sample.stop {
        line.push(Span::styled(format!("  {}", stop.why), style(Role::Warn)));
    }
    let clients = match (&s.sample.clients[..], full) {
        ([], _) => String::new(),
        (clients, true) => format!("  clients: {}", clients.join(", ")),
        ([_], _) => "  1 client".into(),
        (clients, _) => format!("  {} clients", clients.len()),
    };
    line.push(Span::styled(clients, style(Role::Dim)));
    Line::from(line)
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

/// A key and what it does here.
struct Hint {
    key: &'static str,
    what: &'static str,
}

impl Hint {
    fn of(cmd: Cmd) -> Self {
        Self { key: keys::key_of(cmd), what: keys::name_of(cmd) }
    }

    fn width(&self) -> usize {
        self.key.chars().count() + self.what.chars().count() + 3
    }
}

/// The keys that matter here, as many as fit; those to other panes, help and out always do.
fn hints(state: &State) -> Vec<Hint> {
    if state.panes.get(state.focus).typing() {
        return vec![Hint { key: "Esc", what: "stop typing" }];
    }
    let running = state.shared.sample.running;
    let mut all = vec![Hint { what: if running { "pause" } else { "run" }, ..Hint::of(Cmd::RunPause) }];
    if !running {
        all.extend([Cmd::StepLine, Cmd::Next, Cmd::Finish].map(Hint::of));
    }
    all.extend(keys::of_pane(state.focus).take(PANE_HINTS).map(|b| Hint { what: b.name, ..Hint::of(b.cmd) }));
    all.push(Hint { key: "1-6", what: "layout" });
    all.extend([Cmd::Zoom, Cmd::Palette].map(Hint::of));
    let next = Hint { what: "pane", ..Hint::of(Cmd::FocusNext) };
    let last = [next, Hint { key: "?", ..Hint::of(Cmd::Help) }, Hint::of(Cmd::Quit)];
    let mut room = usize::from(state.size.0).saturating_sub(last.iter().map(Hint::width).sum());
    all.retain(|hint| {
        let fits = hint.width() <= room;
        room -= if fits { hint.width() } else { 0 };
        fits
    });
    all.extend(last);
    all
}

/// The last row: a notice, or the keys that matter here.
pub fn bottom(state: &State, area: Rect, buf: &mut Buffer) {
    let (s, theme) = (&state.shared, state.shared.theme);
    if let Some(notice) = s.current_notice() {
        put(buf, area, 0, Line::from(Span::styled(format!(" {notice}"), theme.style(Role::Warn))));
        return;
    }
    let spans = |hint: Hint| {
        [
            Span::styled(format!(" {}", hint.key), theme.style(Role::Key)),
            Span::styled(format!(" {} ", hint.what), theme.style(Role::Dim)),
        ]
    };
    put(buf, area, 0, Line::from(hints(state).into_iter().flat_map(spans).collect::<Vec<_>>()));
}

/// The key that stands at a column of the last row.
#[must_use]
pub fn hint_at(state: &State, column: u16) -> Option<&'static str> {
    if state.shared.current_notice().is_some() {
        return None;
    }
    let mut end = 0;
    hints(state).into_iter().find_map(|hint| {
        end += hint.width();
        (usize::from(column) < end).then_some(hint.key)
    })
}
