//! Monitor prompt.

use super::{Pane, PaneId};
use crate::dash::find::PaneFind;
use crate::dash::keys::Cmd;
use crate::dash::line::EditLine;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::text::{moved_back, put, wrap};
use crate::dash::theme::TextRole;
use crate::dash::wire::{Action, Reply};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use esplens_server::monitor;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::VecDeque;

/// Maximum number of output lines kept.
const MAX_OUTPUT: usize = 2000;
/// Maximum number of commands in the history.
const MAX_HISTORY: usize = 200;
/// Maximum number of columns of an output line.
const MAX_COLUMNS: usize = 1000;

/// The pane's state.
#[derive(Default)]
pub struct PromptPane {
    input: EditLine,
    typing: bool,
    output: VecDeque<(bool, String)>,
    /// Number of lines that are no longer kept.
    dropped: u64,
    find: PaneFind,
    /// Scroll position before a search text was typed.
    origin: Option<usize>,
    /// Scroll position: rows back from the end.
    back: usize,
    history: Vec<String>,
    /// Position in the history while browsing it.
    at: Option<usize>,
}

impl PromptPane {
    fn print(&mut self, command: bool, text: &str) {
        for line in text.lines() {
            let line = line.chars().filter(|c| !c.is_control()).take(MAX_COLUMNS).collect();
            self.output.push_back((command, line));
        }
        while self.output.len() > MAX_OUTPUT {
            self.output.pop_front();
            self.dropped += 1;
        }
        self.back = 0;
    }

    /// Shows the line with the selected match as the last one.
    fn show_found(&mut self, line: Option<u64>, otherwise: usize) {
        let last = (self.dropped + self.output.len() as u64).saturating_sub(1);
        self.back = line.map_or(otherwise, |n| last.saturating_sub(n) as usize);
    }

    /// Returns the place from which a search goes upwards, at a scroll position.
    fn before(&self, back: usize) -> (u64, usize) {
        (self.dropped + self.output.len().saturating_sub(back) as u64, 0)
    }

    fn enter(&mut self) -> Vec<DashEffect> {
        let line = self.input.text().trim().to_string();
        self.input = EditLine::default();
        self.at = None;
        if line.is_empty() {
            return Vec::new();
        }
        // A passphrase is neither shown nor stored.
        let shown = monitor::without_passphrase(&line);
        if self.history.last() != Some(&shown) {
            self.history.push(shown.clone());
            let over = self.history.len().saturating_sub(MAX_HISTORY);
            self.history.drain(..over);
        }
        self.print(true, &shown);
        vec![DashEffect::Act(Some(PaneId::Prompt), Action::Monitor(line))]
    }

    fn recall(&mut self, up: bool) {
        let last = self.history.len();
        let at = match (self.at, up) {
            (None, true) => last.checked_sub(1),
            (Some(n), true) => Some(n.saturating_sub(1)),
            (Some(n), false) if n + 1 < last => Some(n + 1),
            _ => None,
        };
        self.at = at;
        let text = at.and_then(|n| self.history.get(n)).cloned().unwrap_or_default();
        self.input = EditLine::new(&text);
    }

    /// Completes the last word of `line`, if it is still the input; shows the choices if there are several.
    fn complete(&mut self, line: &str, found: &[String]) {
        let (Some(first), true) = (found.first(), line == self.input.text()) else { return };
        let head = line.rfind(char::is_whitespace).map_or(0, |n| n + 1);
        let common = found.iter().fold(first.len(), |n, word| {
            n.min(first.bytes().zip(word.bytes()).take_while(|(a, b)| a == b).count())
        });
        if found.len() > 1 && common == line.len() - head {
            self.print(false, &format!("  {}", found.join("  ")));
        }
        let end = if found.len() == 1 { " " } else { "" };
        self.input =
            EditLine::new(&format!("{}{}{end}", &line[..head], first.get(..common).unwrap_or_default()));
    }
}

/// Returns lines of output with their numbers.
fn numbered(output: &VecDeque<(bool, String)>, dropped: u64) -> impl Iterator<Item = (u64, &str)> {
    output.iter().enumerate().map(move |(n, (_, text))| (dropped + n as u64, text.as_str()))
}

impl Pane for PromptPane {
    fn title(&self, _s: &Shared) -> String {
        let mode = match (self.typing, self.back) {
            (true, _) => "Tab completes, Up recalls, Esc ends",
            (_, 0) => ": types",
            _ => "scrolled back",
        };
        format!("{mode}{}", self.find.title())
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, _focused: bool) {
        let theme = s.theme;
        let rows = usize::from(area.height.saturating_sub(1));
        let end = self.output.len().saturating_sub(self.back);
        let mut shown: VecDeque<Line> = VecDeque::new();
        for (n, (command, text)) in self.output.range(..end).enumerate().rev() {
            let mut line = self.find.mark(Line::from(text.clone()), self.dropped + n as u64, theme);
            if *command {
                line.spans.insert(0, Span::styled("> ", theme.style(TextRole::Key)));
            }
            wrap(&line, area.width).into_iter().rev().for_each(|row| shown.push_front(row));
            if shown.len() >= rows {
                break;
            }
        }
        shown.drain(..shown.len().saturating_sub(rows));
        let y = shown.len() as u16;
        (0..y).zip(shown).for_each(|(y, line)| _ = put(buf, area, y, line));
        put(buf, area, y, Line::from(Span::styled("> ", theme.style(TextRole::Key))));
        if self.typing && area.width > 3 {
            let place = Rect { x: area.x + 2, y: area.y + y, width: area.width - 2, height: 1 };
            self.input.view(place, buf);
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let page = usize::from(area.height.max(2)) - 1;
        let most = self.output.len().saturating_sub(page);
        if let Some(back) = moved_back(cmd, self.back, page, most) {
            self.back = back;
            return Some(Vec::new());
        }
        match cmd {
            Cmd::Select => {
                let text = self.input.text();
                self.begin(&text);
            }
            Cmd::Search => {
                self.origin = Some(self.back);
                return super::ask(PaneId::Prompt, cmd, "Search upwards");
            }
            Cmd::SearchAgain if self.find.active() => {
                let (from, lines) = (self.before(self.back), numbered(&self.output, self.dropped));
                let line = self.find.again(lines, from);
                self.show_found(line, self.back);
            }
            Cmd::SearchAgain => s.notify("/ searches"),
            Cmd::Cancel if self.find.active() => {
                self.find.clear();
                self.back = 0;
            }
            Cmd::Copy => {
                let text: Vec<&str> = self.output.iter().map(|(_, t)| t.as_str()).collect();
                return Some(vec![DashEffect::Copy(text.join("\n"))]);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn typing(&self) -> bool {
        self.typing
    }

    fn key(&mut self, _s: &mut Shared, key: KeyEvent, _area: Rect) -> Vec<DashEffect> {
        match key.code {
            KeyCode::Esc => self.typing = false,
            KeyCode::Enter => return self.enter(),
            KeyCode::Up => self.recall(true),
            KeyCode::Down => self.recall(false),
            KeyCode::Tab => {
                return vec![DashEffect::Act(Some(PaneId::Prompt), Action::Complete(self.input.text()))];
            }
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                self.input = EditLine::default();
            }
            _ => _ = self.input.key(key),
        }
        Vec::new()
    }

    fn paste(&mut self, _s: &mut Shared, text: &str) -> Vec<DashEffect> {
        self.input.paste(text);
        Vec::new()
    }

    fn typed(&mut self, _s: &mut Shared, _cmd: Cmd, text: Option<&str>) {
        let from = self.origin.unwrap_or(self.back);
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            self.find.clear();
            self.back = from;
            return;
        };
        let line = self.find.set(text, numbered(&self.output, self.dropped), self.before(from));
        self.show_found(line, from);
    }

    fn answer(&mut self, s: &mut Shared, cmd: Cmd, text: &str) -> Vec<DashEffect> {
        self.typed(s, cmd, Some(text));
        self.origin = None;
        Vec::new()
    }

    fn reply(&mut self, _s: &mut Shared, reply: &Reply) -> Vec<DashEffect> {
        if let Some((line, found)) = &reply.words {
            self.complete(line, found);
        }
        self.print(false, &reply.text);
        Vec::new()
    }

    fn begin(&mut self, text: &str) {
        self.typing = true;
        self.input = EditLine::new(text);
    }
}
