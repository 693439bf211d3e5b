//! Call stack with local variables.

use super::{Pane, PaneId};
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::text::put;
use crate::dash::theme::TextRole;
use crate::dash::wire::{Action, FrameSample, FramesQuery, Query, Tree};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The pane's state: the number of scrolled rows.
#[derive(Default)]
pub struct BacktracePane {
    top: usize,
}

/// Maximum number of frames requested.
const MAX: usize = 64;

/// A local variable in a row.
fn local_line(s: &Shared, tree: &Tree) -> Line<'static> {
    let theme = s.theme;
    Line::from(vec![
        Span::raw("      "),
        Span::styled(tree.name.clone(), theme.style(TextRole::Name)),
        Span::styled(format!(": {} ", tree.kind), theme.style(TextRole::Dim)),
        Span::styled(format!("= {}", tree.value), theme.style(TextRole::Text)),
    ])
}

fn frame_line(s: &Shared, n: usize, f: &FrameSample) -> Line<'static> {
    let theme = s.theme;
    let name = if f.name.is_empty() { "??".to_string() } else { f.name.clone() };
    let mut spans = vec![
        Span::styled(format!("#{n:<2} "), theme.style(TextRole::Key)),
        Span::styled(format!("{:08x} ", f.pc), theme.style(TextRole::Addr)),
        Span::styled(name, theme.style(TextRole::Name)),
        Span::styled(format!(" {}", f.line), theme.style(TextRole::Dim)),
    ];
    if !f.note.is_empty() {
        spans.push(Span::styled(format!("  {}", f.note), theme.style(TextRole::Bad)));
    }
    Line::from(spans)
}

impl BacktracePane {
    /// Returns the lines and the frame that each belongs to.
    fn lines(&self, s: &Shared) -> Vec<(usize, Line<'static>)> {
        let mut out = Vec::new();
        for (n, f) in s.sample.frames.iter().enumerate() {
            out.push((n, frame_line(s, n, f)));
            // One row per variable; the watch pane can unfold them.
            out.extend(f.locals.iter().map(|local| (n, local_line(s, local))));
        }
        out
    }

    fn choose(&mut self, s: &mut Shared, frame: usize, area: Rect) {
        s.frame = frame.min(s.sample.frames.len().saturating_sub(1));
        let at = self.lines(s).iter().position(|(n, _)| *n == s.frame).unwrap_or(0);
        self.top = crate::dash::text::scroll(self.top, at, area.height.max(1).into());
    }
}

impl Pane for BacktracePane {
    fn title(&self, s: &Shared) -> String {
        let task = s.task.and_then(|tcb| s.sample.tasks.iter().find(|t| t.tcb == tcb));
        match (s.task, task) {
            (Some(_), Some(task)) => format!("task {}, Esc: core {}", task.name, s.core),
            (Some(tcb), None) => format!("task {tcb:#010x}, Esc: core {}", s.core),
            _ => format!("core {}", s.core),
        }
    }

    fn add_query(&self, s: &Shared, area: Rect, query: &mut Query) {
        let max = usize::from(area.height).max(s.frame + 2).min(MAX);
        query.debug.frames = Some(FramesQuery { core: s.core & 1, task: s.task, frame: s.frame, max });
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let lines = self.lines(s);
        if lines.is_empty() {
            put(buf, area, 0, Line::from(Span::styled("no frames", s.theme.style(TextRole::Dim))));
        }
        let top = self.top.min(lines.len().saturating_sub(1));
        let mut last = None;
        for (y, (n, line)) in (0..area.height).zip(lines.into_iter().skip(top)) {
            put(buf, area, y, line);
            if n == s.frame && last != Some(n) && focused {
                buf.set_style(Rect { y: area.y + y, height: 1, ..area }, s.theme.style(TextRole::Selected));
            }
            last = Some(n);
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let frame = s.frame;
        match cmd {
            Cmd::Up => self.choose(s, frame.saturating_sub(1), area),
            Cmd::Down => self.choose(s, frame + 1, area),
            Cmd::First => self.choose(s, 0, area),
            Cmd::Last => self.choose(s, usize::MAX, area),
            Cmd::PageDown => {
                self.top = (self.top + usize::from(area.height)).min(self.lines(s).len().saturating_sub(1))
            }
            Cmd::PageUp => self.top = self.top.saturating_sub(area.height.into()),
            Cmd::Cancel => (s.task, s.frame) = (None, 0),
            Cmd::Select => {
                return Some(vec![DashEffect::Show(PaneId::Code, s.sample.frames.get(frame)?.lookup)]);
            }
            Cmd::ToggleBreak => {
                let pc = s.sample.frames.get(frame)?.pc;
                return Some(vec![DashEffect::Act(None, Action::ToggleBreak(pc))]);
            }
            Cmd::Copy => {
                let frames = s.sample.frames.iter().enumerate();
                let text: Vec<String> = frames.map(|(n, f)| frame_line(s, n, f).to_string()).collect();
                return Some(vec![DashEffect::Copy(text.join("\n"))]);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn sampled(&mut self, s: &Shared) {
        self.top = self.top.min(s.sample.frames.len() * 16);
    }

    fn click(&mut self, s: &mut Shared, _x: u16, y: u16, area: Rect) -> Vec<DashEffect> {
        if let Some((n, _)) = self.lines(s).get(self.top + usize::from(y)) {
            let n = *n;
            self.choose(s, n, area);
        }
        Vec::new()
    }
}
