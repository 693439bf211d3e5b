//! Who ran on which core when.

use super::Pane;
use crate::dash::keys::Cmd;
use crate::dash::state::{Effect, Shared};
use crate::dash::text::{fit, put};
use crate::dash::theme::Role;
use crate::dash::wire::Wants;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

/// Virtual time of a column at each zoom, in ticks: 0.02 ms to 200 ms.
const SCALES: [u64; 13] = [
    9_600, 24_000, 48_000, 96_000, 240_000, 480_000, 960_000, 2_400_000, 4_800_000, 9_600_000, 24_000_000,
    48_000_000, 96_000_000,
];
/// Columns of the names.
const NAMES: u16 = 12;
/// Colours of tasks, by row.
const COLOURS: [u8; 10] = [80, 177, 114, 221, 75, 209, 150, 141, 216, 109];

/// The pane: scale and how far back from now.
pub struct Timeline {
    scale: usize,
    /// Ticks back from now.
    back: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { scale: 6, back: 0 }
    }
}

/// What a column of a row shows.
#[derive(Clone, Copy, Default)]
struct Cell {
    /// Ticks on each core.
    on: [u64; 2],
}

impl Timeline {
    fn ticks(&self) -> u64 {
        SCALES[self.scale]
    }

    /// Rows by task in the order they first ran here, over columns of time that end at `end`.
    fn rows(&self, s: &Shared, columns: usize, end: u64) -> Vec<(String, Vec<Cell>)> {
        let ticks = self.ticks();
        let start = end.saturating_sub(ticks * columns as u64);
        let mut rows: BTreeMap<&str, Vec<Cell>> = BTreeMap::new();
        for core in 0..2u8 {
            // From the last switch before the window on.
            let mine = || s.switches.iter().filter(move |w| w.core == core);
            let before = mine().take_while(|w| w.at <= start).last();
            let inside = mine().filter(|w| w.at > start && w.at < end);
            let mut open = before.map(|w| (w.task.as_str(), start));
            for w in inside {
                if let Some((task, since)) = open {
                    fill(
                        rows.entry(task).or_insert_with(|| vec![Cell::default(); columns]),
                        core,
                        since - start,
                        w.at - start,
                        ticks,
                    );
                }
                open = Some((&w.task, w.at));
            }
            if let Some((task, since)) = open {
                fill(
                    rows.entry(task).or_insert_with(|| vec![Cell::default(); columns]),
                    core,
                    since - start,
                    end - start,
                    ticks,
                );
            }
        }
        let mut rows: Vec<(String, Vec<Cell>)> = rows.into_iter().map(|(n, c)| (n.to_string(), c)).collect();
        // Idle tasks last: they are the background.
        rows.sort_by_key(|(name, _)| (name.starts_with("IDLE"), name.clone()));
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

/// Density in eighths: how much of the column the task had.
fn glyph(cell: Cell, ticks: u64) -> (&'static str, Role) {
    let [a, b] = cell.on;
    let full = |n: u64| match n * 4 / ticks.max(1) {
        0 if n == 0 => " ",
        0 => "░",
        1 => "▒",
        2 => "▓",
        _ => "█",
    };
    if b > a { (full(b), Role::Second) } else { (full(a), Role::First) }
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
        format!("{us} µs a column  ▲▼ scale  ◀▶ move{back}{lost}")
    }

    fn want(&self, _s: &Shared, _area: Rect, wants: &mut Wants) {
        wants.switches = true;
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, _focused: bool) {
        let columns = usize::from(area.width.saturating_sub(NAMES + 1));
        if s.switches.is_empty() || columns == 0 {
            let text = s.sample.tasks_note.clone().unwrap_or_else(|| "no task switch seen yet".into());
            put(buf, area, 0, Line::from(Span::styled(text, s.theme.style(Role::Dim))));
            return;
        }
        let end = s.sample.now.saturating_sub(self.back);
        let mono = s.theme == crate::dash::theme::Theme::mono();
        let rows = self.rows(s, columns, end);
        let height = usize::from(area.height.saturating_sub(1));
        for (y, (n, (name, cells))) in (0..area.height - 1).zip(rows.iter().enumerate().take(height)) {
            let mut spans =
                vec![Span::styled(format!("{} ", fit(name, NAMES.into())), s.theme.style(Role::Name))];
            let own = Style::new().fg(Color::Indexed(COLOURS[n % COLOURS.len()]));
            for cell in cells {
                let (text, role) = glyph(*cell, self.ticks());
                let idle = name.starts_with("IDLE");
                let style = match (mono, idle) {
                    (false, false) => own,
                    (_, true) => s.theme.style(Role::Dim),
                    _ => s.theme.style(role),
                };
                spans.push(Span::styled(text, style));
            }
            put(buf, area, y, Line::from(spans));
        }
        let (from, to) = (end.saturating_sub(self.ticks() * columns as u64), end);
        let ms = |t: u64| format!("{:.3} ms", t as f64 / 480_000.0);
        let (a, b) = (ms(from), ms(to));
        let gap = columns.saturating_sub(a.len() + b.len());
        let axis = format!("{:width$} {a}{:gap$}{b}", "", "", width = NAMES.into());
        put(buf, area, area.height - 1, Line::from(Span::styled(axis, s.theme.style(Role::Dim))));
    }

    fn command(&mut self, _s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<Effect>> {
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
