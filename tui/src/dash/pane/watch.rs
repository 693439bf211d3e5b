//! Variables and expressions.

use super::{Pane, PaneId};
use crate::dash::keys::Cmd;
use crate::dash::state::{Effect, Shared};
use crate::dash::text::{put, scroll};
use crate::dash::theme::Role;
use crate::dash::wire::{Tree, Wants};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::BTreeSet;

/// Most expressions.
const MAX: usize = 50;

/// The pane.
#[derive(Default)]
pub struct Watch {
    expressions: Vec<String>,
    /// Paths of what is unfolded.
    open: BTreeSet<String>,
    chosen: usize,
    /// Values at the stop before, by path, for changes.
    seen: Vec<(String, String)>,
    changed: BTreeSet<String>,
    stop: u64,
}

/// A row: depth, path, value.
struct Row<'a> {
    depth: usize,
    path: String,
    tree: &'a Tree,
}

impl Watch {
    fn rows<'a>(&self, s: &'a Shared) -> Vec<Row<'a>> {
        let mut out = Vec::new();
        s.sample.watches.iter().for_each(|t| self.add(t, 0, t.name.clone(), &mut out));
        out
    }

    fn add<'a>(&self, tree: &'a Tree, depth: usize, path: String, out: &mut Vec<Row<'a>>) {
        let open = self.open.contains(&path);
        out.push(Row { depth, path: path.clone(), tree });
        if open {
            tree.parts.iter().for_each(|t| self.add(t, depth + 1, format!("{path}\u{1}{}", t.name), out));
        }
    }

    fn line(&self, s: &Shared, row: &Row) -> Line<'static> {
        let theme = s.theme;
        let mark = match (row.tree.parts.is_empty(), self.open.contains(&row.path)) {
            (true, _) => " ",
            (_, true) => "▼",
            _ => "▶",
        };
        let role = if self.changed.contains(&row.path) { Role::Changed } else { Role::Text };
        Line::from(vec![
            Span::styled(format!("{}{mark} ", "  ".repeat(row.depth)), theme.style(Role::Key)),
            Span::styled(row.tree.name.clone(), theme.style(Role::Name)),
            Span::styled(format!(" = {}", row.tree.value), theme.style(role)),
            Span::styled(format!("  {}", row.tree.kind), theme.style(Role::Dim)),
        ])
    }
}

impl Pane for Watch {
    fn title(&self, s: &Shared) -> String {
        format!("frame {} of core {}", s.frame, s.core)
    }

    fn want(&self, s: &Shared, _area: Rect, wants: &mut Wants) {
        wants.debug.watches = self.expressions.clone();
        wants.debug.context = (s.core & 1, s.task, s.frame);
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let rows = self.rows(s);
        if rows.is_empty() {
            let text = "a adds an expression: xTickCount, *pxCurrentTCBs[0], buf[3], $a2";
            put(buf, area, 0, Line::from(Span::styled(text, s.theme.style(Role::Dim))));
        }
        let top = scroll(0, self.chosen, area.height.into());
        for (y, (n, row)) in (0..area.height).zip(rows.iter().enumerate().skip(top)) {
            put(buf, area, y, self.line(s, row));
            if focused && n == self.chosen {
                buf.set_style(Rect { y: area.y + y, height: 1, ..area }, s.theme.style(Role::Selected));
            }
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, _area: Rect) -> Option<Vec<Effect>> {
        let rows = self.rows(s);
        let last = rows.len().saturating_sub(1);
        let path = rows.get(self.chosen).map(|r| r.path.clone());
        match cmd {
            Cmd::Up => self.chosen = self.chosen.saturating_sub(1),
            Cmd::Down => self.chosen = (self.chosen + 1).min(last),
            Cmd::Select => {
                let path = path?;
                if !self.open.remove(&path) {
                    self.open.insert(path);
                }
            }
            Cmd::Right => _ = self.open.insert(path?),
            Cmd::Left => _ = self.open.remove(&path?),
            Cmd::Add => {
                let label = "Watch: an expression of C".to_string();
                return Some(vec![Effect::Ask(PaneId::Watch, cmd, label)]);
            }
            Cmd::Delete => {
                let path = path?;
                let root = path.split('\u{1}').next()?.to_string();
                self.expressions.retain(|e| *e != root);
                self.chosen = 0;
            }
            Cmd::Copy => return Some(vec![Effect::Copy(self.line(s, rows.get(self.chosen)?).to_string())]),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn answer(&mut self, _s: &mut Shared, _cmd: Cmd, text: &str) -> Vec<Effect> {
        if !text.is_empty() && self.expressions.len() < MAX && !self.expressions.iter().any(|e| e == text) {
            self.expressions.push(text.into());
        }
        Vec::new()
    }

    fn sampled(&mut self, s: &Shared) {
        let now: Vec<(String, String)> =
            self.rows(s).iter().map(|r| (r.path.clone(), r.tree.value.clone())).collect();
        self.chosen = self.chosen.min(now.len().saturating_sub(1));
        let stop = s.sample.stop.as_ref().map_or(0, |stop| stop.number);
        if stop != self.stop {
            let old = |path: &str| self.seen.iter().find(|(p, _)| p == path).map(|(_, v)| v);
            self.changed =
                now.iter().filter(|(p, v)| old(p).is_some_and(|o| o != v)).map(|(p, _)| p.clone()).collect();
            (self.seen, self.stop) = (now, stop);
        }
    }

    fn click(&mut self, s: &mut Shared, _x: u16, y: u16, area: Rect) -> Vec<Effect> {
        let n = scroll(0, self.chosen, area.height.into()) + usize::from(y);
        if n < self.rows(s).len() {
            if n == self.chosen {
                return self.command(s, Cmd::Select, area).unwrap_or_default();
            }
            self.chosen = n;
        }
        Vec::new()
    }
}
