//! First row (run state and layouts) and last row (keys). Both can be clicked.

use crate::dash::keys::{self, Cmd, key_of};
use crate::dash::layout::LayoutId;
use crate::dash::state::DashState;
use crate::dash::text::{put, seconds};
use crate::dash::theme::TextRole;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Minimum width at which the palette's key is always among the hints.
const ROOMY: u16 = 100;
/// Maximum number of the focused pane's keys among the hints.
const PANE_HINTS: usize = 5;

/// Draws the status bar: run state, time, speed, clients; the layouts at its right end.
pub fn top(state: &DashState, area: Rect, buf: &mut Buffer) {
    let tabs = tabs(state);
    let width = (tabs.width() as u16).min(area.width);
    let room = Rect { width: area.width - width, ..area };
    let full = status(state, true);
    let line = if full.width() <= usize::from(room.width) { full } else { status(state, false) };
    put(buf, room, 0, line);
    if state.shared.sample.alarm.is_some() {
        buf.set_style(room, state.shared.theme.style(TextRole::Alarm));
    }
    put(buf, Rect { x: area.right() - width, width, ..area }, 0, tabs);
}

/// Returns run state, time, speed and clients: complete if `full`, otherwise as short as possible.
fn status(state: &DashState, full: bool) -> Line<'static> {
    let (s, theme) = (&state.shared, state.shared.theme);
    let span = |text: String, role| Span::styled(text, theme.style(role));
    if let Some(alarm) = s.sample.alarm.as_ref().filter(|_| !s.sample.running && !s.gone) {
        let word = if alarm.starts_with("reset") { "RESET" } else { "PANIC" };
        let rest = alarm.strip_prefix("reset ").unwrap_or(alarm);
        let hint = if full {
            format!("   {} resumes, {} back", key_of(Cmd::Run), key_of(Cmd::RunBack))
        } else {
            String::new()
        };
        return Line::from(span(format!(" {word} {rest}{}{hint}", resets(state)), TextRole::Alarm));
    }
    let (mark, role) = match (s.gone, s.sample.running) {
        (true, _) => (" gone ", TextRole::Bad),
        (_, true) => (" ▶ running ", TextRole::Run),
        _ => (" ■ stopped ", TextRole::Stop),
    };
    // Digits that change all the time are omitted while the machine runs.
    let exact = full && !s.sample.running;
    let time = if exact { seconds(s.sample.now) } else { format!("{:.3} s", s.sample.now as f64 / 480e6) };
    let mut line = vec![span(mark.into(), role), span(format!(" {time}"), TextRole::Title)];
    line.extend(past(state).map(|text| span(text, TextRole::Warn)));
    if s.sample.running {
        line.extend(speed(state));
    } else if let Some(stop) = &s.sample.stop {
        line.push(span(format!("  {}", stop.why), TextRole::Warn));
    }
    line.push(span(resets(state), TextRole::Bad));
    if !s.sample.panic_stop && !s.sample.speed.is_empty() {
        line.push(span("  no panic stop (P)".into(), TextRole::Dim));
    }
    line.push(span(clients(state, full), TextRole::Dim));
    Line::from(line)
}

/// Returns the distance before the live edge of the run, and the position between the oldest checkpoint and the live
/// edge.
fn past(state: &DashState) -> Option<String> {
    const CELLS: u64 = 12;
    let sample = &state.shared.sample;
    let past = sample.past?;
    let ago = match past {
        // Less than a microsecond.
        0..480 => {
            format!("{} instruction{} before now", sample.behind, if sample.behind == 1 { "" } else { "s" })
        }
        _ => format!("{:.3} ms before now", past as f64 / 480e3),
    };
    let present = sample.now + past;
    let oldest = sample.oldest.unwrap_or(sample.now).min(sample.now);
    let at = (sample.now - oldest) * (CELLS - 1) / (present - oldest).max(1);
    let bar: String = (0..CELLS).map(|n| if n == at { '●' } else { '─' }).collect();
    Some(format!("  ├{bar}┤ {ago}"))
}

/// Returns the speed in MIPS, and relative to real time if it differs.
fn speed(state: &DashState) -> Vec<Span<'static>> {
    let (s, theme) = (&state.shared, state.shared.theme);
    let mut out = Vec::new();
    if let (Some(mips), Some(real)) = (s.rate.mips(), s.rate.of_real()) {
        out.push(Span::raw(format!("  {mips:.1} MIPS")));
        let as_wanted = s.sample.speed == "real" && (0.97..1.03).contains(&real);
        if !as_wanted {
            let role = if s.sample.speed == "real" && real < 0.9 { TextRole::Warn } else { TextRole::Text };
            out.push(Span::styled(format!("  {:.0}% of real time", real * 100.0), theme.style(role)));
        }
    }
    if s.sample.speed != "real" {
        out.push(Span::styled(format!("  speed {}", s.sample.speed), theme.style(TextRole::Dim)));
    }
    out
}

/// Returns the number of resets and the last one's cause.
fn resets(state: &DashState) -> String {
    match &state.shared.resets {
        (0, _) => String::new(),
        (n, cause) => format!("  reset {n}: {cause}"),
    }
}

/// Returns the other clients, or a note that the machine belongs to another process.
fn clients(state: &DashState, full: bool) -> String {
    match (&state.shared.sample.clients[..], full) {
        ([] | [_], _) if state.detach => "  attached".into(),
        ([] | [_], _) => String::new(),
        (clients, true) => format!("  clients: {}", clients.join(", ")),
        (clients, _) => format!("  {} clients", clients.len()),
    }
}

/// Returns the layouts' names if there is enough space; else only the current one's.
fn tabs(state: &DashState) -> Line<'static> {
    let all = named_tabs(state, true);
    let fits = status(state, true).width() + all.width() <= usize::from(state.size.0);
    if fits { all } else { named_tabs(state, false) }
}

fn named_tabs(state: &DashState, all: bool) -> Line<'static> {
    let theme = state.shared.theme;
    let names = LayoutId::ALL.iter().enumerate().map(|(n, id)| {
        let current = *id == state.layouts.current;
        let role = if current { TextRole::Selected } else { TextRole::Dim };
        let text = match current || all {
            true => format!(" {} {} ", n + 1, id.name()),
            false => format!(" {} ", n + 1),
        };
        Span::styled(text, theme.style(role))
    });
    Line::from(names.collect::<Vec<_>>())
}

/// Returns the layout whose name is at a column of the first row.
#[must_use]
pub fn layout_at(state: &DashState, column: u16) -> Option<u8> {
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

/// A key and its command here.
struct Hint {
    key: &'static str,
    what: &'static str,
}

impl Hint {
    /// Returns a hint for a command with another name.
    fn named(cmd: Cmd, what: &'static str) -> Self {
        Self { what, ..Self::of(cmd) }
    }

    fn of(cmd: Cmd) -> Self {
        Self { key: keys::key_of(cmd), what: keys::name_of(cmd) }
    }

    fn width(&self) -> usize {
        self.key.chars().count() + self.what.chars().count() + 3
    }
}

/// Returns the most relevant keys, as many as fit. Keys for other panes, help and quit are always included.
fn hints(state: &DashState) -> Vec<Hint> {
    let running = state.shared.sample.running;
    let mut all = vec![Hint::named(Cmd::RunPause, if running { "pause" } else { "run" })];
    if !running {
        all.extend([Cmd::StepLine, Cmd::Next, Cmd::Finish].map(Hint::of));
        all.extend([Hint::named(Cmd::RunBack, "back"), Hint::named(Cmd::NextBack, "line back")]);
    }
    let own = keys::of_pane(state.focus).filter(|b| b.cmd != Cmd::SearchAgain).take(PANE_HINTS);
    all.extend(own.map(|b| Hint::named(b.cmd, b.name)));
    all.push(Hint { key: "1-6", what: "layout" });
    all.extend([Hint::named(Cmd::Pane, "show"), Hint::of(Cmd::Zoom)]);
    let next = Hint { what: "pane", ..Hint::of(Cmd::FocusNext) };
    let help = Hint { key: "?", ..Hint::of(Cmd::Help) };
    let palette = (state.size.0 >= ROOMY).then(|| Hint::of(Cmd::Palette));
    let last: Vec<Hint> = palette.into_iter().chain([next, help, Hint::of(Cmd::Quit)]).collect();
    let mut room = usize::from(state.size.0).saturating_sub(last.iter().map(Hint::width).sum());
    all.retain(|hint| {
        let fits = hint.width() <= room;
        room -= if fits { hint.width() } else { 0 };
        fits
    });
    all.extend(last);
    all
}

/// Draws the last row: a notice, or the most relevant keys.
pub fn bottom(state: &DashState, area: Rect, buf: &mut Buffer) {
    let (s, theme) = (&state.shared, state.shared.theme);
    if state.panes.get(state.focus).typing() && state.modal.is_none() {
        let title = state.focus.title();
        let text = format!(" TYPING into {title}: every key goes there   Esc stop typing");
        let notice = s.current_notice().map_or(String::new(), |n| format!("   {n}"));
        put(buf, area, 0, Line::from(text + &notice));
        buf.set_style(area, theme.style(TextRole::Flash));
        return;
    }
    if let Some(notice) = s.current_notice() {
        put(buf, area, 0, Line::from(Span::styled(format!(" {notice}"), theme.style(TextRole::Warn))));
        return;
    }
    let spans = |hint: Hint| {
        [
            Span::styled(format!(" {}", hint.key), theme.style(TextRole::Key)),
            Span::styled(format!(" {} ", hint.what), theme.style(TextRole::Dim)),
        ]
    };
    put(buf, area, 0, Line::from(hints(state).into_iter().flat_map(spans).collect::<Vec<_>>()));
}

/// Returns the key that is shown at a column of the last row.
#[must_use]
pub fn hint_at(state: &DashState, column: u16) -> Option<&'static str> {
    if state.panes.get(state.focus).typing() {
        return Some("Esc");
    }
    if state.shared.current_notice().is_some() {
        return None;
    }
    let mut end = 0;
    hints(state).into_iter().find_map(|hint| {
        end += hint.width();
        (usize::from(column) < end).then_some(hint.key)
    })
}
