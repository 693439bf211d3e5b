//! UART output and input.

use super::{Pane, PaneId};
use crate::dash::find::PaneFind;
use crate::dash::keys::Cmd;
use crate::dash::log::LogLine;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::text::{put, wrap};
use crate::dash::theme::TextRole;
use crate::dash::wire::{Action, Reply};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::{Line, Span};

/// The pane's state: UART, scroll position, search text.
#[derive(Default)]
pub struct ConsolePane {
    uart: usize,
    /// The top line, numbered from the first line ever; `None`: the end is shown.
    top: Option<u64>,
    typing: bool,
    find: PaneFind,
    /// Scroll position before a search text was typed.
    origin: Option<Option<u64>>,
    /// Line selected with Up and Down, numbered from the first line ever.
    chosen: Option<u64>,
    /// Long lines are cut, not wrapped.
    cut: bool,
}

impl ConsolePane {
    fn first(&self, s: &Shared) -> u64 {
        s.uarts[self.uart].dropped
    }

    /// Returns the number of lines that take rows: an empty open line only counts while typing.
    fn lines(&self, s: &Shared) -> usize {
        let log = &s.uarts[self.uart];
        let empty = !self.typing && log.line(log.len() - 1).is_none_or(|l| l.text.is_empty());
        log.len() - usize::from(empty)
    }

    /// Returns the top line when the end is visible, and the number of its rows above the area.
    fn bottom(&self, s: &Shared, area: Rect) -> (u64, usize) {
        let (log, height) = (&s.uarts[self.uart], usize::from(area.height));
        let mut rows = 0;
        for n in (0..self.lines(s)).rev() {
            rows += log.line(n).map_or(0, |l| self.rows_of(l, area.width));
            if rows >= height {
                return (self.first(s) + n as u64, rows - height);
            }
        }
        (self.first(s), 0)
    }

    fn shown_top(&self, s: &Shared, area: Rect) -> (u64, usize) {
        let top = self.top.map_or((u64::MAX, 0), |top| (top, 0));
        top.min(self.bottom(s, area)).max((self.first(s), 0))
    }

    fn scroll(&mut self, s: &Shared, by: i64, area: Rect) {
        let (line, above) = self.shown_top(s, area);
        let to = (line + u64::from(above > 0)).saturating_add_signed(by).max(self.first(s));
        self.top = ((to, 0) < self.bottom(s, area)).then_some(to);
    }

    /// Moves the selected line; initially the last line is selected.
    fn choose(&mut self, s: &Shared, by: i64, area: Rect) {
        let last = self.first(s) + self.lines(s).saturating_sub(1) as u64;
        let to = match self.chosen {
            Some(chosen) => chosen.saturating_add_signed(by).clamp(self.first(s), last),
            None => last,
        };
        self.chosen = Some(to);
        let (top, above) = self.shown_top(s, area);
        if to < top + u64::from(above > 0) {
            self.top = Some(to);
        } else if to > self.last_shown(s, area) {
            self.scroll(s, by.max(1), area);
        }
    }

    /// Returns the last line that is completely inside the area.
    fn last_shown(&self, s: &Shared, area: Rect) -> u64 {
        let (top, above) = self.shown_top(s, area);
        let (log, mut rows) = (&s.uarts[self.uart], usize::from(area.height) + above);
        let from = (top - self.first(s)) as usize;
        let mut last = top;
        for n in from..self.lines(s) {
            let takes = log.line(n).map_or(1, |l| self.rows_of(l, area.width));
            if takes > rows {
                break;
            }
            (rows, last) = (rows - takes, self.first(s) + n as u64);
        }
        last
    }

    /// Returns the first code address in the selected line.
    fn code_in_chosen(&self, s: &Shared) -> Option<u32> {
        let n = self.chosen?.checked_sub(self.first(s))?;
        let text = &s.uarts[self.uart].line(n as usize)?.text;
        text.match_indices("0x4").find_map(|(at, _)| u32::from_str_radix(text.get(at + 2..at + 10)?, 16).ok())
    }

    /// Returns the number of rows that a line takes.
    fn rows_of(&self, line: &LogLine, width: u16) -> usize {
        if self.cut { 1 } else { rows_of(line, width) }
    }

    /// Searches for a text, upwards from a scroll position.
    fn search(&mut self, s: &Shared, text: &str, from: Option<u64>) {
        let before = (from.unwrap_or(u64::MAX), 0);
        let line = self.find.set(text, numbered(s, self.uart), before);
        self.top = line.or(from);
    }

    /// Goes to the match above the selected one.
    fn search_again(&mut self, s: &mut Shared) {
        let from = (self.top.unwrap_or(u64::MAX), 0);
        match self.find.active() {
            true => self.top = self.find.again(numbered(s, self.uart), from).or(self.top),
            false => s.notify("/ searches"),
        }
    }

    fn send(&self, bytes: &[u8]) -> Vec<DashEffect> {
        vec![DashEffect::Act(Some(PaneId::Console), Action::Uart(self.uart as u8, bytes.to_vec()))]
    }
}

/// Returns the bytes that a terminal sends for a key.
fn bytes_of(key: KeyEvent) -> Vec<u8> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char(c) if ctrl && c.is_ascii() => vec![c.to_ascii_uppercase() as u8 & 0x1F],
        KeyCode::Char(c) => c.to_string().into_bytes(),
        KeyCode::Enter => b"\r".to_vec(),
        KeyCode::Backspace => vec![0x7F],
        KeyCode::Tab => b"\t".to_vec(),
        KeyCode::Up => b"\x1b[A".to_vec(),
        KeyCode::Down => b"\x1b[B".to_vec(),
        KeyCode::Right => b"\x1b[C".to_vec(),
        KeyCode::Left => b"\x1b[D".to_vec(),
        KeyCode::Home => b"\x1b[H".to_vec(),
        KeyCode::End => b"\x1b[F".to_vec(),
        KeyCode::Delete => b"\x1b[3~".to_vec(),
        _ => Vec::new(),
    }
}

/// Returns the number of rows that a wrapped line takes.
fn rows_of(line: &LogLine, width: u16) -> usize {
    match line.text.is_ascii() {
        true => line.text.len().div_ceil(usize::from(width.max(1))).max(1),
        false => wrap(&Line::raw(line.text.as_str()), width).len(),
    }
}

/// Returns the lines of a UART's log with their numbers.
fn numbered(s: &Shared, uart: usize) -> impl Iterator<Item = (u64, &str)> {
    let log = &s.uarts[uart];
    (0..log.len()).filter_map(|n| Some((log.dropped + n as u64, log.line(n)?.text.as_str())))
}

fn draw_line(s: &Shared, line: &LogLine) -> Line<'static> {
    if line.note {
        return Line::from(Span::styled(line.text.clone(), s.theme.style(TextRole::Source)));
    }
    let base = s.theme.style(TextRole::Text);
    let mut spans = Vec::new();
    let (mut at, mut style) = (0, base);
    let coloured = s.theme != crate::dash::theme::Theme::mono();
    for (from, colour) in line.colours.iter().map(|(f, c)| (*f as usize, *c)) {
        spans.push(Span::styled(line.text[at..from].to_string(), style));
        at = from;
        style = match colour {
            30..=37 if coloured => base.fg(Color::Indexed(colour - 30)),
            90..=97 if coloured => base.fg(Color::Indexed(colour - 90 + 8)),
            _ => base,
        };
    }
    spans.push(Span::styled(line.text[at..].to_string(), style));
    Line::from(spans)
}

impl Pane for ConsolePane {
    fn title(&self, s: &Shared) -> String {
        let mode = match (self.typing, self.top) {
            (true, _) => "  keys go to the firmware, Esc ends that",
            _ if self.code_in_chosen(s).is_some() => "  Enter shows the code, Esc ends that",
            (_, Some(_)) => "  scrolled back, End shows the end",
            _ => "  Enter types",
        };
        let lost = if s.lost > 0 { format!("  {} events lost", s.lost) } else { String::new() };
        format!("{}{}{mode}{lost}", self.uart, self.find.title())
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let log = &s.uarts[self.uart];
        let (top, above) = self.shown_top(s, area);
        let from = (top - self.first(s)) as usize;
        let mut y = 0;
        for (n, above) in (from..self.lines(s)).zip(std::iter::once(above).chain(std::iter::repeat(0))) {
            let Some(line) = log.line(n).filter(|_| y < area.height) else { break };
            let begun = i32::from(y) - above as i32;
            let whole = self.find.mark(draw_line(s, line), self.first(s) + n as u64, s.theme);
            let rows = if self.cut { vec![whole] } else { wrap(&whole, area.width) };
            for row in rows.into_iter().skip(above) {
                put(buf, area, y, row);
                if focused && y < area.height && self.chosen == Some(self.first(s) + n as u64) {
                    buf.set_style(
                        Rect { y: area.y + y, height: 1, ..area },
                        s.theme.style(TextRole::Selected),
                    );
                }
                y = y.saturating_add(1);
            }
            if self.typing && n + 1 == log.len() {
                let column = log.cursor() as u16 % area.width;
                let row = (begun + i32::from(log.cursor() as u16 / area.width))
                    .clamp(0, i32::from(area.height) - 1);
                let at = (area.x + column, area.y + row as u16);
                buf[at].set_style(s.theme.style(TextRole::Flash));
            }
        }
        if log.is_empty() {
            put(buf, area, 0, Line::from(Span::styled("nothing yet", s.theme.style(TextRole::Dim))));
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let page = i64::from(area.height.max(2)) - 1;
        match cmd {
            Cmd::Up => self.choose(s, -1, area),
            Cmd::Down => self.choose(s, 1, area),
            Cmd::PageUp => self.scroll(s, -page, area),
            Cmd::PageDown => self.scroll(s, page, area),
            Cmd::First => self.scroll(s, i64::MIN / 2, area),
            Cmd::Last => (self.top, self.chosen) = (None, None),
            Cmd::Select => match self.code_in_chosen(s) {
                // The address is shown as printed, although a return address belongs to the call before it.
                Some(addr) => return Some(vec![DashEffect::Show(PaneId::Code, addr)]),
                None => (self.typing, self.top, self.chosen) = (true, None, None),
            },
            Cmd::Cancel if self.chosen.is_some() || self.find.active() => {
                (self.chosen, self.top) = (None, None);
                self.find.clear();
            }
            Cmd::Clear => {
                s.uarts[self.uart].clear();
                (self.top, self.chosen) = (None, None);
            }
            Cmd::Wrap => {
                self.cut = !self.cut;
                s.notify(if self.cut { "long lines are cut" } else { "long lines are wrapped" });
            }
            Cmd::Uart => {
                (self.uart, self.top, self.chosen) = ((self.uart + 1) % 3, None, None);
                self.find.clear();
            }
            Cmd::Search => {
                self.origin = Some(self.top);
                return super::ask(PaneId::Console, cmd, "Search upwards");
            }
            Cmd::SearchAgain => self.search_again(s),
            Cmd::Copy => {
                let log = &s.uarts[self.uart];
                let top = (self.shown_top(s, area).0 - self.first(s)) as usize;
                let lines = (top..log.len()).take(area.height.into()).filter_map(|n| log.line(n));
                let text = lines.map(|l| l.text.as_str()).collect::<Vec<_>>().join("\n");
                return Some(vec![DashEffect::Copy(text)]);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn click(&mut self, s: &mut Shared, _x: u16, y: u16, area: Rect) -> Vec<DashEffect> {
        let (top, above) = self.shown_top(s, area);
        let (log, mut rows) = (&s.uarts[self.uart], usize::from(y) + above);
        let hit = ((top - self.first(s)) as usize..self.lines(s)).find(|n| {
            let takes = log.line(*n).map_or(1, |l| self.rows_of(l, area.width));
            let here = rows < takes;
            rows = rows.saturating_sub(takes);
            here
        });
        self.chosen = hit.map(|n| self.first(s) + n as u64);
        Vec::new()
    }

    fn typing(&self) -> bool {
        self.typing
    }

    fn key(&mut self, _s: &mut Shared, key: KeyEvent, _area: Rect) -> Vec<DashEffect> {
        if key.code == KeyCode::Esc {
            self.typing = false;
            return Vec::new();
        }
        match bytes_of(key) {
            bytes if bytes.is_empty() => Vec::new(),
            bytes => self.send(&bytes),
        }
    }

    fn paste(&mut self, _s: &mut Shared, text: &str) -> Vec<DashEffect> {
        self.send(text.replace('\n', "\r").as_bytes())
    }

    fn typed(&mut self, s: &mut Shared, _cmd: Cmd, text: Option<&str>) {
        let from = self.origin.unwrap_or(self.top);
        match text {
            Some(text) if !text.is_empty() => self.search(s, text, from),
            _ => {
                self.find.clear();
                self.top = from;
            }
        }
    }

    fn answer(&mut self, s: &mut Shared, cmd: Cmd, text: &str) -> Vec<DashEffect> {
        self.typed(s, cmd, Some(text));
        self.origin = None;
        Vec::new()
    }

    fn reply(&mut self, s: &mut Shared, reply: &Reply) -> Vec<DashEffect> {
        if !reply.text.is_empty() {
            s.uarts[0].note(&reply.text);
        }
        Vec::new()
    }
}
