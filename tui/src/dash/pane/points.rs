//! Breakpoints and watchpoints.

use super::{Pane, PaneId};
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::text::{put, say, scroll};
use crate::dash::theme::TextRole;
use crate::dash::wire::{Action, PointSample};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The pane's state: the selected row.
#[derive(Default)]
pub struct PointsPane {
    chosen: usize,
}

fn row(s: &Shared, p: &PointSample) -> Line<'static> {
    let theme = s.theme;
    let hit = s.sample.stop.as_ref().is_some_and(|stop| !s.sample.running && stop.pc == p.addr);
    let mark = match (hit, p.off) {
        (true, _) => "▶",
        (_, true) => "○",
        _ => "●",
    };
    let mut more = if p.hits > 0 { format!("  {}x", p.hits) } else { String::new() };
    if p.off {
        more.push_str("  off");
    }
    // The client is shown only if there are several.
    if s.sample.points.iter().any(|other| other.client != p.client) {
        more.push_str(&format!("  {}", p.client));
    }
    let role = if p.off { TextRole::Dim } else { TextRole::Text };
    Line::from(vec![
        Span::styled(mark, theme.style(TextRole::Point)),
        Span::styled(format!("{:>3} ", p.id), theme.style(TextRole::Dim)),
        Span::styled(p.note.clone(), theme.style(role)),
        Span::styled(more, theme.style(TextRole::Dim)),
    ])
}

impl Pane for PointsPane {
    fn title(&self, s: &Shared) -> String {
        let panics = if s.sample.panic_stop { "  and panics (P)" } else { "" };
        format!("{}{panics}", s.sample.points.len())
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let points = &s.sample.points;
        if points.is_empty() {
            let hint = "none; b in the code, B for break frame|irq|task|reg";
            say(buf, area, s.theme.style(TextRole::Dim), hint);
        }
        let top = scroll(0, self.chosen.min(points.len().saturating_sub(1)), area.height.into());
        for (y, (n, p)) in (0..area.height).zip(points.iter().enumerate().skip(top)) {
            put(buf, area, y, row(s, p));
            if focused && n == self.chosen {
                buf.set_style(Rect { y: area.y + y, height: 1, ..area }, s.theme.style(TextRole::Selected));
            }
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, _area: Rect) -> Option<Vec<DashEffect>> {
        let points = &s.sample.points;
        let last = points.len().saturating_sub(1);
        match cmd {
            Cmd::Up => self.chosen = self.chosen.saturating_sub(1),
            Cmd::Down => self.chosen = (self.chosen + 1).min(last),
            Cmd::Delete => {
                let id = points.get(self.chosen)?.id;
                return Some(vec![DashEffect::Act(None, Action::DeletePoint(id))]);
            }
            Cmd::Edit => {
                let p = points.get(self.chosen)?;
                return Some(vec![DashEffect::Act(None, Action::EnablePoint(p.id, p.off))]);
            }
            Cmd::Copy => return Some(vec![DashEffect::Copy(points.get(self.chosen)?.note.clone())]),
            Cmd::Select => {
                let p = points.get(self.chosen)?;
                let pane = if p.kind == "break" { PaneId::Code } else { PaneId::Memory };
                return Some(vec![DashEffect::Show(pane, p.addr)]);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn sampled(&mut self, s: &Shared) {
        self.chosen = self.chosen.min(s.sample.points.len().saturating_sub(1));
    }

    fn click(&mut self, s: &mut Shared, _x: u16, y: u16, area: Rect) -> Vec<DashEffect> {
        let top = scroll(0, self.chosen, area.height.into());
        self.chosen = (top + usize::from(y)).min(s.sample.points.len().saturating_sub(1));
        Vec::new()
    }
}
