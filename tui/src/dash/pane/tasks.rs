//! FreeRTOS tasks.

use super::{Pane, PaneId};
use crate::dash::keys::Cmd;
use crate::dash::order;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::text::{fit, moved, put, say, scroll};
use crate::dash::theme::TextRole;
use crate::dash::wire::{Query, StackSample, TaskSample};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The pane's state.
#[derive(Default)]
pub struct Tasks {
    /// Control block of the selected task.
    chosen: u32,
}

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Returns a sparkline of the newest values that fit, each 0 to 1.
fn spark(values: &[f64], width: usize) -> String {
    let skip = values.len().saturating_sub(width);
    let bar = |v: &f64| if *v > 0.0 { BLOCKS[((v * 8.0).ceil() as usize).clamp(1, 8)] } else { ' ' };
    format!("{:>width$}", values[skip..].iter().map(bar).collect::<String>())
}

/// Returns a bar of stack use: full blocks for current use, shaded blocks up to the peak.
fn stack_bar(stack: StackSample, width: usize) -> String {
    if stack.size == 0 {
        return " ".repeat(width);
    }
    let cells =
        |n: u32| (u64::from(n) * width as u64).div_ceil(u64::from(stack.size)).min(width as u64) as usize;
    let (used, peak) = (cells(stack.used), cells(stack.peak.max(stack.used)));
    format!("{}{}{}", "█".repeat(used), "▒".repeat(peak - used), "·".repeat(width - peak))
}

/// Returns what a task waits for, in a width if possible: the holder of a mutex is the last part that is left out.
fn waits_for(text: &str, width: usize) -> &str {
    let Some(at) = text.find(", held by ") else { return text };
    let name = text[..at].find(' ').map_or(text, |n| &text[n + 1..]);
    let all = [text, name, &text[at + 2..]];
    all.into_iter().find(|t| t.chars().count() <= width).unwrap_or(all[2])
}

/// Returns a task's state as one word.
fn state(t: &TaskSample) -> (&'static str, TextRole) {
    match (t.running, t.state.as_str()) {
        (Some(0), _) => ("run 0", TextRole::First),
        (Some(_), _) => ("run 1", TextRole::Second),
        (_, "ready") => ("ready", TextRole::Good),
        (_, "blocked") => ("block", TextRole::Dim),
        (_, "suspended") => ("susp", TextRole::Dim),
        (_, "deleted") => ("gone", TextRole::Bad),
        _ => ("?", TextRole::Warn),
    }
}

impl Tasks {
    fn at(&self, tasks: &[&TaskSample]) -> usize {
        tasks.iter().position(|t| t.tcb == self.chosen).unwrap_or(0)
    }

    fn row(&self, s: &Shared, t: &TaskSample, width: u16) -> Line<'static> {
        let style = |role| s.theme.style(role);
        let (state, role) = state(t);
        let lent = if t.priority.0 != t.priority.1 {
            format!("{}({})", t.priority.0, t.priority.1)
        } else {
            t.priority.0.to_string()
        };
        let share = s.usage.share(&t.name).map_or("     -".into(), |v| format!("{:5.1}%", v * 100.0));
        let c = Columns::of(s, width);
        let mut spans = vec![
            Span::styled(format!("{:<w$} ", fit(&t.name, c.name), w = c.name), style(TextRole::Name)),
            Span::styled(format!("{state:<6}"), style(role)),
        ];
        if c.core {
            spans.push(Span::raw(format!("{:>4} ", t.affinity)));
        }
        spans.push(Span::raw(format!("{lent:>5} {share} ")));
        if c.spark > 0 {
            let history = spark(&s.usage.history(&t.name), c.spark);
            spans.push(Span::styled(format!("{history} "), style(TextRole::First)));
        }
        if c.bar > 0 {
            let full = u64::from(t.stack.peak) * 100 / u64::from(t.stack.size.max(1));
            let role = if t.overflown {
                TextRole::Flash
            } else {
                [TextRole::Good, TextRole::Warn, TextRole::Bad]
                    [usize::from(full > 75) + usize::from(full > 90)]
            };
            spans.push(Span::styled(stack_bar(t.stack, c.bar), style(role)));
            spans.push(Span::raw(match c.bytes {
                true => format!(" {:>5}/{:<5} ", t.stack.peak, t.stack.size),
                false => format!("{full:>4}% "),
            }));
        }
        if c.waits {
            let used: usize = spans.iter().map(Span::width).sum();
            let room = usize::from(width).saturating_sub(used);
            spans.push(Span::styled(waits_for(&t.blocked_on, room).to_string(), style(TextRole::Dim)));
        }
        Line::from(spans)
    }
}

/// Columns that fit into a row of a given width; 0 and false: not shown.
struct Columns {
    name: usize,
    core: bool,
    /// Width of the CPU share's history.
    spark: usize,
    /// Width of the stack's bar.
    bar: usize,
    /// Stack use in bytes instead of per cent.
    bytes: bool,
    /// Object that the task waits for.
    waits: bool,
}

impl Columns {
    fn of(s: &Shared, width: u16) -> Self {
        let from = |least: u16, n: usize| if width >= least { n } else { 0 };
        let longest = s.sample.tasks.iter().map(|t| t.name.chars().count()).max().unwrap_or(0);
        Self {
            name: longest.clamp(8, if width >= 50 { 16 } else { 10 }),
            core: width >= 40,
            spark: from(84, 12) + from(130, 8),
            bar: from(46, 4) + from(90, 4) + from(130, 8),
            bytes: width >= 90,
            waits: width >= 62,
        }
    }
}

fn head(c: &Columns) -> String {
    let core = if c.core { "core " } else { "" };
    let mut out = format!("{:<w$} {:<6}{core}{:>5} {:>6} ", "name", "state", "prio", "cpu", w = c.name);
    if c.spark > 0 {
        out += &format!("{:<w$} ", "history", w = c.spark);
    }
    match (c.bar, c.bytes) {
        (0, _) => {}
        (bar, true) => out += &format!("{:<w$}", "stack, peak", w = bar + 13),
        (bar, false) => out += &format!("{:<w$}", "stack", w = bar + 6),
    }
    out + if c.waits { "waits for" } else { "" }
}

impl Pane for Tasks {
    fn title(&self, s: &Shared) -> String {
        format!("{}, by {}", s.sample.tasks.len(), s.order.name())
    }

    fn add_query(&self, _s: &Shared, _area: Rect, query: &mut Query) {
        query.debug.tasks = true;
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let tasks = order::tasks(s);
        let dim = s.theme.style(TextRole::Dim);
        if let (true, Some(note)) = (tasks.is_empty(), &s.sample.tasks_note) {
            say(buf, area, dim, note);
            return;
        }
        put(
            buf,
            area,
            0,
            Line::from(Span::styled(head(&Columns::of(s, area.width)), s.theme.style(TextRole::Title))),
        );
        let rows = usize::from(area.height.saturating_sub(1));
        let chosen = self.at(&tasks);
        let top = scroll(0, chosen, rows.max(1));
        for (y, (n, t)) in (1..area.height).zip(tasks.iter().enumerate().skip(top)) {
            put(buf, area, y, self.row(s, t, area.width));
            if (focused && n == chosen) || s.task == Some(t.tcb) {
                buf.set_style(Rect { y: area.y + y, height: 1, ..area }, s.theme.style(TextRole::Selected));
            }
        }
        // Number of tasks outside the visible rows.
        let below = tasks.len().saturating_sub(top + rows);
        let marks = [(top, "▲", area.y), (below, "▼", area.bottom().saturating_sub(1))];
        for (n, mark, y) in marks.into_iter().filter(|(n, ..)| *n > 0 && area.height > 1) {
            let text = format!("{mark} {n} more");
            let x = area.right().saturating_sub(text.chars().count() as u16 + 1).max(area.x);
            buf.set_string(x, y, text, s.theme.style(TextRole::Key));
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let tasks = order::tasks(s);
        let (at, page) = (self.at(&tasks), usize::from(area.height.max(3)) - 2);
        let last = tasks.len().saturating_sub(1);
        let to = match cmd {
            Cmd::Sort => {
                s.order = s.order.next();
                return Some(Vec::new());
            }
            // Shows the task's stack in the backtrace.
            Cmd::Select => {
                let task = tasks.get(at)?;
                let (tcb, core) = (task.tcb, task.running);
                (s.task, s.frame) = (Some(tcb), 0);
                s.core = core.unwrap_or(s.core);
                return Some(vec![DashEffect::Notice(
                    "the backtrace shows its stack; Esc there returns to the core's".into(),
                )]);
            }
            Cmd::Cancel => {
                (s.task, s.frame) = (None, 0);
                return Some(Vec::new());
            }
            Cmd::Follow => return Some(vec![DashEffect::Show(PaneId::Memory, tasks.get(at)?.sp)]),
            Cmd::BreakOn => {
                return Some(vec![DashEffect::Prompt(format!("break task {}", tasks.get(at)?.name))]);
            }
            Cmd::Copy => return Some(vec![DashEffect::Copy(self.row(s, tasks.get(at)?, 200).to_string())]),
            _ => moved(cmd, at, page, last)?,
        };
        self.chosen = tasks.get(to.min(last)).map_or(0, |t| t.tcb);
        Some(Vec::new())
    }

    fn click(&mut self, s: &mut Shared, _x: u16, y: u16, area: Rect) -> Vec<DashEffect> {
        let tasks = order::tasks(s);
        let top = scroll(0, self.at(&tasks), usize::from(area.height.saturating_sub(1)).max(1));
        match y {
            0 => return self.command(s, Cmd::Sort, area).unwrap_or_default(),
            _ => self.chosen = tasks.get(top + usize::from(y) - 1).map_or(0, |t| t.tcb),
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_mutex_is_shown_in_any_width() {
        let text = "mutex mutex1, held by Task L";
        assert_eq!(waits_for(text, 28), text);
        assert_eq!(waits_for(text, 27), "mutex1, held by Task L");
        assert_eq!(waits_for(text, 20), "held by Task L");
        assert_eq!(waits_for(text, 3), "held by Task L");
        assert_eq!(waits_for("queue s_queue", 3), "queue s_queue");
    }

    #[test]
    fn bars_and_sparklines() {
        let stack = |used, peak| StackSample { low: 0, size: 100, used, peak };
        assert_eq!(stack_bar(stack(25, 50), 8), "██▒▒····");
        assert_eq!(stack_bar(stack(500, 0), 4), "████");
        assert_eq!(stack_bar(StackSample::default(), 3), "   ");
        assert_eq!(spark(&[0.0, 0.01, 0.5, 1.0], 3), "▁▄█");
        assert_eq!(spark(&[1.0], 3), "  █");
    }
}
