//! Traced events.

use super::{Pane, PaneId};
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::text::{moved_back, put, say};
use crate::dash::theme::TextRole;
use crate::dash::wire::{Action, TraceRecord};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Maximum number of patterns kept for the title.
const MAX_ON: usize = 8;

/// The pane's state.
#[derive(Default)]
pub struct TracePane {
    filter: String,
    search: String,
    /// Rows back from the newest; 0 follows new events.
    back: usize,
    /// Patterns entered in this pane, in order.
    on: Vec<String>,
}

fn words(t: &TraceRecord) -> String {
    let ms = t.at as f64 / 480_000.0;
    format!("{ms:>12.4} core {} {:08x} {} {} {}", t.core, t.pc, t.event, t.text, t.context)
}

impl TracePane {
    fn fits(&self, t: &TraceRecord) -> bool {
        let needle = self.filter.to_lowercase();
        needle.is_empty() || words(t).to_lowercase().contains(&needle)
    }

    /// Returns the rows that pass the filter, the newest first. Evaluated lazily.
    fn newest<'a>(&'a self, s: &'a Shared) -> impl Iterator<Item = &'a TraceRecord> {
        s.trace.iter().rev().filter(|t| self.fits(t))
    }

    fn search(&mut self, s: &mut Shared) {
        let needle = self.search.to_lowercase();
        let found =
            self.newest(s).skip(self.back + 1).position(|t| words(t).to_lowercase().contains(&needle));
        match found {
            Some(n) => self.back += n + 1,
            None => s.notify(format!("{:?} not found above", self.search)),
        }
    }
}

fn row(s: &Shared, t: &TraceRecord) -> Line<'static> {
    let theme = s.theme;
    let ms = t.at as f64 / 480_000.0;
    let core = if t.core == 0 { TextRole::First } else { TextRole::Second };
    let place = if t.pc == 0 { " ".repeat(10) } else { format!("{} {:08x}", t.core, t.pc) };
    Line::from(vec![
        Span::styled(format!("{ms:>12.4} "), theme.style(TextRole::Addr)),
        Span::styled(format!("{place} "), theme.style(core)),
        Span::styled(format!("{:<22} ", t.event), theme.style(TextRole::Name)),
        Span::styled(t.text.clone(), theme.style(TextRole::Text)),
        Span::styled(format!("  {}", t.context), theme.style(TextRole::Dim)),
    ])
}

impl Pane for TracePane {
    fn title(&self, s: &Shared) -> String {
        let mut out = format!("{}", s.trace.len());
        if !self.on.is_empty() {
            out += &format!("  on: {}", self.on.join(" "));
        }
        if !self.filter.is_empty() {
            out += &format!("  only {:?}", self.filter);
        }
        if self.back > 0 {
            out += "  scrolled back";
        }
        out
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        if s.trace.is_empty() {
            let hint =
                "a switches events on: open_eth*, -*_reg_*, ...; monitor: info trace-events lists them";
            say(buf, area, s.theme.style(TextRole::Dim), hint);
            return;
        }
        let rows: Vec<&TraceRecord> = self.newest(s).skip(self.back).take(area.height.into()).collect();
        if rows.is_empty() {
            let text = format!("none of {} events: & with nothing shows all", s.trace.len());
            say(buf, area, s.theme.style(TextRole::Dim), &text);
        }
        for (y, t) in (0..area.height).zip(rows.iter().rev()) {
            put(buf, area, y, row(s, t));
        }
        if focused && self.back > 0 && !rows.is_empty() {
            let y = area.y + rows.len() as u16 - 1;
            buf.set_style(Rect { y, height: 1, ..area }, s.theme.style(TextRole::Selected));
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let page = usize::from(area.height.max(2)) - 1;
        let most = s.trace.len().saturating_sub(1);
        let ask = |label| super::ask(PaneId::Trace, cmd, label);
        if let Some(back) = moved_back(cmd, self.back, page, most) {
            self.back = back;
            return Some(Vec::new());
        }
        match cmd {
            Cmd::Clear => {
                s.trace.clear();
                self.back = 0;
            }
            Cmd::Filter => return ask("Only events with (nothing: all)"),
            Cmd::Search => return ask("Search back"),
            Cmd::SearchAgain => self.search(s),
            Cmd::Add => return ask("Trace: patterns, - before one switches off"),
            Cmd::Select => {
                let pc = self.newest(s).nth(self.back)?.pc;
                return Some(vec![DashEffect::Show(PaneId::Code, pc)]);
            }
            Cmd::Copy => return Some(vec![DashEffect::Copy(words(self.newest(s).nth(self.back)?))]),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn answer(&mut self, s: &mut Shared, cmd: Cmd, text: &str) -> Vec<DashEffect> {
        match cmd {
            Cmd::Filter => (self.filter, self.back) = (text.into(), 0),
            Cmd::Search if !text.is_empty() => {
                self.search = text.into();
                self.search(s);
            }
            Cmd::Add if !text.is_empty() => {
                for word in text.split([',', ' ']).filter(|w| !w.is_empty()) {
                    self.on.retain(|on| on.trim_start_matches('-') != word.trim_start_matches('-'));
                    self.on.push(word.into());
                }
                let over = self.on.len().saturating_sub(MAX_ON);
                self.on.drain(..over);
                return vec![DashEffect::Act(None, Action::Trace(text.into()))];
            }
            _ => {}
        }
        Vec::new()
    }
}
