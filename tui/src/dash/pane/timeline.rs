//! Timeline of the tasks that ran on each core.

use super::Pane;
use crate::dash::keys::Cmd;
use crate::dash::order;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::text::{fit, put, say};
use crate::dash::theme::TextRole;
use crate::dash::wire::Query;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

/// Virtual time of a column at each zoom level, in ticks: 0.02 ms to 200 ms.
const SCALES: [u64; 13] = [
    9_600, 24_000, 48_000, 96_000, 240_000, 480_000, 960_000, 2_400_000, 4_800_000, 9_600_000, 24_000_000,
    48_000_000, 96_000_000,
];
/// Width of the names in columns.
const NAMES: u16 = 12;

/// The pane's state: scale and scroll position in time.
pub struct Timeline {
    scale: usize,
    /// Ticks before the current time.
    back: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { scale: 6, back: 0 }
    }
}

/// Content of one column of a row.
#[derive(Clone, Copy, Default)]
struct Cell {
    /// Ticks that the task ran on each core.
    on: [u64; 2],
}

impl Timeline {
    fn ticks(&self) -> u64 {
        SCALES[self.scale]
    }

    /// Returns a row for each task over columns of time that end at `end`: the tasks that ran in this time, and others
    /// up to `height` rows, so that the rows do not move.
    fn rows(&self, s: &Shared, columns: usize, end: u64, height: usize) -> Vec<(String, Vec<Cell>)> {
        let ticks = self.ticks();
        let start = end.saturating_sub(ticks * columns as u64);
        let mut rows: BTreeMap<&str, Vec<Cell>> = BTreeMap::new();
        for core in 0..2u8 {
            for (task, from, to) in s.switches.between(core, start, end).filter(|(_, from, to)| from < to) {
                let cells = rows.entry(task).or_insert_with(|| vec![Cell::default(); columns]);
                fill(cells, core, from - start, to - start, ticks);
            }
        }
        for task in s.switches.tasks() {
            if rows.len() < height {
                rows.entry(task).or_insert_with(|| vec![Cell::default(); columns]);
            }
        }
        let mut rows: Vec<(String, Vec<Cell>)> = rows.into_iter().map(|(n, c)| (n.to_string(), c)).collect();
        // As in the Tasks pane; tasks that no longer exist follow, then idle tasks.
        let order: Vec<&str> = order::tasks(s).iter().map(|t| t.name.as_str()).collect();
        let place = |name: &str| order.iter().position(|n| *n == name).unwrap_or(usize::MAX);
        rows.sort_by_key(|(name, _)| {
            let at = place(name);
            (at, at == usize::MAX && name.starts_with("IDLE"), name.clone())
        });
        rows
    }
}

fn fill(cells: &mut [Cell], core: u8, from: u64, to: u64, ticks: u64) {
    let mut at = from;
    while at < to {
        let column = (at / ticks) as usize;
        let next = ((column as u64 + 1) * ticks).min(to);
        if let Some(cell) = cells.get_mut(column) {
            cell.on[usize::from(core & 1)] += next - at;
        }
        at = next;
    }
}

/// Returns the character of a cell. Core 0 is the upper half of a row, core 1 the lower: thin if the task ran for less
/// than half of the column.
fn glyph(cell: Cell, ticks: u64) -> (&'static str, TextRole) {
    let [a, b] = cell.on.map(|n| (n > 0, n * 2 >= ticks));
    match (a, b) {
        ((false, _), (false, _)) => (" ", TextRole::Text),
        ((true, full), (false, _)) => (if full { "▀" } else { "▔" }, TextRole::First),
        ((false, _), (true, full)) => (if full { "▄" } else { "▁" }, TextRole::Second),
        ((_, a), (_, b)) => (
            if a || b { "█" } else { "═" },
            if cell.on[0] < cell.on[1] { TextRole::Second } else { TextRole::First },
        ),
    }
}

impl Pane for Timeline {
    fn title(&self, s: &Shared) -> String {
        let us = self.ticks() / 480;
        let back = if self.back > 0 {
            format!("  {:.1} ms back", self.back as f64 / 480_000.0)
        } else {
            String::new()
        };
        let lost = if s.lost > 0 { format!("  {} lost", s.lost) } else { String::new() };
        let cores = if s.switches.has(1) { "▀ core 0 ▄ core 1" } else { "▀ core 0" };
        format!("{cores}  {us} µs a column  ▲▼ scale ◀▶ move{back}{lost}")
    }

    fn add_query(&self, _s: &Shared, _area: Rect, query: &mut Query) {
        (query.switches, query.debug.tasks) = (true, true);
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, _focused: bool) {
        let columns = usize::from(area.width.saturating_sub(NAMES + 1));
        if s.switches.is_empty() || columns == 0 {
            let text = s.sample.tasks_note.clone().unwrap_or_else(|| "no task switch seen yet".into());
            say(buf, area, s.theme.style(TextRole::Dim), &text);
            return;
        }
        let end = s.sample.now.saturating_sub(self.back);
        let rows = self.rows(s, columns, end, usize::from(area.height - 1));
        for (y, (name, cells)) in (0..area.height - 1).zip(&rows) {
            let mut spans =
                vec![Span::styled(format!("{} ", fit(name, NAMES.into())), s.theme.style(TextRole::Name))];
            for cell in cells {
                let (text, role) = glyph(*cell, self.ticks());
                let role = if name.starts_with("IDLE") { TextRole::Dim } else { role };
                spans.push(Span::styled(text, s.theme.style(role)));
            }
            put(buf, area, y, Line::from(spans));
        }
        let (from, to) = (end.saturating_sub(self.ticks() * columns as u64), end);
        let ms = |t: u64| format!("{:.3} ms", t as f64 / 480_000.0);
        let (a, b) = (ms(from), ms(to));
        let gap = columns.saturating_sub(a.len() + b.len());
        let hidden = rows.len().saturating_sub(usize::from(area.height - 1));
        let more = if hidden > 0 { format!("+{hidden} more") } else { String::new() };
        let axis = format!("{more:width$} {a}{:gap$}{b}", "", width = NAMES.into());
        put(buf, area, area.height - 1, Line::from(Span::styled(axis, s.theme.style(TextRole::Dim))));
    }

    fn command(&mut self, _s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let quarter = self.ticks() * u64::from(area.width.max(8)) / 4;
        match cmd {
            Cmd::Up => self.scale = self.scale.saturating_sub(1),
            Cmd::Down => self.scale = (self.scale + 1).min(SCALES.len() - 1),
            Cmd::Left => self.back = self.back.saturating_add(quarter),
            Cmd::Right => self.back = self.back.saturating_sub(quarter),
            Cmd::Last => self.back = 0,
            _ => return None,
        }
        Some(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dash::wire::TaskSample;

    #[test]
    fn a_row_says_on_which_core_its_task_ran() {
        let timeline = Timeline::default();
        let column = timeline.ticks();
        let mut s = Shared::default();
        // The task moves from core 0 to core 1 and back.
        let switches =
            [(0, 0, "a"), (0, 1, "IDLE1"), (2, 0, "IDLE0"), (2, 1, "a"), (4, 1, "IDLE1"), (4, 0, "a")];
        switches.into_iter().for_each(|(at, core, task)| s.switches.push(at * column, core, task.into()));
        let rows = timeline.rows(&s, 6, 6 * column, 2);
        let text = |n: usize| rows[n].1.iter().map(|c| glyph(*c, column).0).collect::<String>();
        assert_eq!((rows[0].0.as_str(), text(0).as_str()), ("a", "▀▀▄▄▀▀"));
        assert_eq!((rows[1].0.as_str(), text(1).as_str()), ("IDLE0", "  ▀▀  "));
        // The order is that of the Tasks pane.
        let task = |name: &str, priority| TaskSample {
            name: name.into(),
            priority: (priority, priority),
            ..TaskSample::default()
        };
        s.sample.tasks = vec![task("IDLE0", 0), task("a", 1), task("IDLE1", 5)];
        let names = |s: &Shared| {
            timeline.rows(s, 6, 6 * column, 9).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(&s), ["IDLE1", "a", "IDLE0"]);
        s.order = s.order.next();
        assert_eq!(names(&s), ["IDLE0", "IDLE1", "a"]);
        assert!(timeline.title(&s).contains("core 1"));
        let mut single = Shared::default();
        single.switches.push(0, 0, "a".into());
        assert!(!timeline.title(&single).contains("core 1"));
        let late = |height| timeline.rows(&s, 1, 9 * column, height).len();
        assert_eq!((late(1), late(9)), (2, 3), "who ran counts, the others where there is room");
        let cell = |a, b| glyph(Cell { on: [a, b] }, 100).0;
        assert_eq!(
            [cell(10, 0), cell(0, 10), cell(60, 10), cell(10, 10), cell(0, 0)],
            ["▔", "▁", "█", "═", " "]
        );
    }
}
