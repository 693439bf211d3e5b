//! Registers of a core.

use super::{Pane, PaneId};
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::text::{put, words};
use crate::dash::theme::TextRole;
use crate::dash::wire::{Action, CpuSample, IrqSample, Query};
use esplens_core::cpu::exception::cause_name;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns that one register takes.
const CELL: usize = 16;

/// Minimum width for showing both cores side by side.
const BOTH: u16 = 116;

/// The pane's state: the selected register of the window, the scroll position.
#[derive(Default)]
pub struct Registers {
    chosen: usize,
    top: usize,
}

/// A core's current and earlier registers.
struct Seen<'a> {
    s: &'a Shared,
    now: &'a CpuSample,
    was: Option<&'a CpuSample>,
}

/// A value's name and its accessor.
type Cell<'a> = (&'a str, &'a dyn Fn(&CpuSample) -> u32);

impl Seen<'_> {
    fn role(&self, of: impl Fn(&CpuSample) -> u32) -> TextRole {
        let changed = self.was.is_some_and(|was| of(was) != of(self.now));
        if changed { TextRole::Changed } else { TextRole::Text }
    }

    /// Formats a name and a value, highlighted if it has changed since the last stop.
    fn cell(&self, name: &str, of: impl Fn(&CpuSample) -> u32) -> Vec<Span<'static>> {
        let theme = self.s.theme;
        vec![
            Span::styled(format!("{name:>7} "), theme.style(TextRole::Name)),
            Span::styled(format!("{:08x}", of(self.now)), theme.style(self.role(&of))),
        ]
    }

    fn row(&self, cells: &[Cell]) -> Line<'static> {
        Line::from(cells.iter().flat_map(|(name, of)| self.cell(name, of)).collect::<Vec<_>>())
    }

    fn text(&self, name: &str, text: String, role: TextRole) -> Line<'static> {
        let theme = self.s.theme;
        Line::from(vec![
            Span::styled(format!("{name:>7} "), theme.style(TextRole::Name)),
            Span::styled(text, theme.style(role)),
        ])
    }
}

/// Formats PS by field.
fn ps_fields(ps: u32) -> String {
    let bit = |n: u32, name: &str| if ps >> n & 1 != 0 { format!(" {name}") } else { String::new() };
    format!(
        "INTLEVEL {}{}{}{} OWB {} CALLINC {}",
        ps & 15,
        bit(4, "EXCM"),
        bit(5, "UM"),
        bit(18, "WOE"),
        ps >> 8 & 15,
        ps >> 16 & 3
    )
}

impl Registers {
    fn lines(&self, s: &Shared, core: usize, width: u16, focused: bool) -> Vec<Line<'static>> {
        let Some(now) = s.sample.cpu.as_ref().map(|c| &c[core]) else { return Vec::new() };
        let was = s.before.as_ref().filter(|_| !s.sample.running).map(|b| &b[core]);
        let seen = Seen { s, now, was };
        let columns = (usize::from(width) / CELL).clamp(1, 4);
        let mut lines = self.head(&seen, core, usize::from(width));
        lines.extend(self.window(&seen, columns, focused));
        lines.extend(special(&seen, columns));
        lines.extend(s.sample.irq[core].iter().map(|i| irq(s, i)));
        lines.extend(all_frames(&seen, width));
        lines.extend(levels(&seen));
        lines
    }

    fn head(&self, seen: &Seen, core: usize, width: usize) -> Vec<Line<'static>> {
        let theme = seen.s.theme;
        let role = if core == 0 { TextRole::First } else { TextRole::Second };
        let mut first = seen.cell("pc", |c| c.pc);
        first.push(Span::styled(format!(" {}", seen.s.sample.at[core]), theme.style(role)));
        let mut lines = vec![Line::from(first)];
        let mut ps = seen.cell("ps", |c| c.ps);
        let fields = ps_fields(seen.now.ps);
        let dim = |text: String| Span::styled(text, theme.style(TextRole::Dim));
        if Line::from(ps.clone()).width() + 1 + fields.len() <= width {
            ps.push(dim(format!(" {fields}")));
            lines.push(Line::from(ps));
        } else {
            lines.push(Line::from(ps));
            let rows = words(&fields, width.saturating_sub(8)).into_iter();
            lines.extend(rows.map(|row| Line::from(dim(format!("        {row}")))));
        }
        lines
    }

    /// Returns the rows of a0 to a15.
    fn window(&self, seen: &Seen, columns: usize, focused: bool) -> Vec<Line<'static>> {
        let rows = 16 / columns + usize::from(16 % columns != 0);
        (0..rows)
            .map(|row| {
                let mut spans = Vec::new();
                for n in (0..columns).map(|c| row + c * rows).filter(|n| *n < 16) {
                    let mut cell = seen.cell(&format!("a{n}"), move |c| c.a(n));
                    if focused && n == self.chosen {
                        let style = seen.s.theme.style(TextRole::Selected);
                        cell.iter_mut().for_each(|span| span.style = style);
                    }
                    spans.extend(cell);
                }
                Line::from(spans)
            })
            .collect()
    }
}

/// Returns the rows of the most important special registers, then those that are decoded.
fn special(seen: &Seen, columns: usize) -> Vec<Line<'static>> {
    type Get = fn(&CpuSample) -> u32;
    let all: [(&str, Get); 16] = [
        ("sar", |c| c.sar),
        ("br", |c| c.br),
        ("scomp1", |c| c.scompare1),
        ("thrptr", |c| c.threadptr),
        ("epc1", |c| c.epc.get(1).copied().unwrap_or(0)),
        ("eps2", |c| c.eps.get(2).copied().unwrap_or(0)),
        ("epc2", |c| c.epc.get(2).copied().unwrap_or(0)),
        ("epc3", |c| c.epc.get(3).copied().unwrap_or(0)),
        ("exsav1", |c| c.excsave.get(1).copied().unwrap_or(0)),
        ("vecbas", |c| c.vecbase),
        ("cpenab", |c| c.cpenable),
        ("ccount", |c| c.ccount),
        ("ccmp0", |c| c.ccompare.first().copied().unwrap_or(0)),
        ("ccmp1", |c| c.ccompare.get(1).copied().unwrap_or(0)),
        ("int", |c| c.interrupt),
        ("intena", |c| c.intenable),
    ];
    let cells = |row: &[(&'static str, Get)]| {
        seen.row(&row.iter().map(|(n, f)| (*n, f as &dyn Fn(&CpuSample) -> u32)).collect::<Vec<_>>())
    };
    all.chunks(columns).map(cells).chain(decoded(seen)).collect()
}

/// Describes the exception, the loop and the window.
fn decoded(seen: &Seen) -> [Line<'static>; 4] {
    let now = seen.now;
    let exc = format!("{} {}", now.exccause, cause_name(now.exccause));
    let active = now.lcount != 0 && (now.lbeg..now.lend).contains(&now.pc);
    let left = format!("{:08x}..{:08x} {} left", now.lbeg, now.lend, now.lcount);
    let window: String = (0..16)
        .map(|n| match (n == now.windowbase, now.windowstart >> n & 1 != 0) {
            (true, _) => '▲',
            (_, true) => '■',
            _ => '·',
        })
        .collect();
    let window = format!("base {:2} start {:04x} {window}", now.windowbase, now.windowstart);
    [
        seen.text("exc", exc, seen.role(|c| c.exccause)),
        seen.row(&[("vaddr", &|c| c.excvaddr), ("dcause", &|c| c.debugcause)]),
        seen.text("loop", left, if active { TextRole::Changed } else { TextRole::Dim }),
        seen.text("window", window, seen.role(|c| c.windowstart | c.windowbase << 16)),
    ]
}

fn irq(s: &Shared, i: &IrqSample) -> Line<'static> {
    let theme = s.theme;
    let (mark, role) = match (i.pending, i.enabled) {
        (true, true) => ("pending ", TextRole::Warn),
        (true, false) => ("masked  ", TextRole::Dim),
        _ => ("enabled ", TextRole::Text),
    };
    Line::from(vec![
        Span::styled(format!("irq {:>2} ", i.n), theme.style(TextRole::Name)),
        Span::styled(format!("L{} {mark}", i.level), theme.style(role)),
        Span::styled(i.sources.join(" "), theme.style(TextRole::Dim)),
    ])
}

/// Returns the rows of all 64 registers: the current window bright, callers' frames grey according to WINDOWSTART,
/// unused registers darkest.
fn all_frames(seen: &Seen, width: u16) -> Vec<Line<'static>> {
    let (now, theme) = (seen.now, seen.s.theme);
    let quads = if width >= 8 + 4 * 9 { 1 } else { return Vec::new() };
    let mut lines =
        vec![Line::from(Span::styled("physical registers, by frame", theme.style(TextRole::Title)))];
    for quad in (0..16u32).step_by(quads) {
        let distance = quad.wrapping_sub(now.windowbase) & 15;
        let live = now.windowstart >> quad & 1 != 0;
        // A frame extends from its first register to the next frame's.
        let owner = (0..16).map(|back| quad.wrapping_sub(back) & 15).find(|q| now.windowstart >> q & 1 != 0);
        let role = match distance {
            0..4 => TextRole::Text,
            _ if owner.is_some_and(|q| q != now.windowbase) => TextRole::Dim,
            _ => TextRole::Border,
        };
        let mark = match (distance, live) {
            (0, _) => "▲",
            (_, true) => "■",
            _ => " ",
        };
        let mut spans = vec![Span::styled(format!("ar{:<2} {mark} ", quad * 4), theme.style(TextRole::Name))];
        for n in 0..4 {
            let value = now.ar.get((quad * 4 + n) as usize).copied().unwrap_or(0);
            spans.push(Span::styled(format!(" {value:08x}"), theme.style(role)));
        }
        let note =
            if distance < 4 { format!("  a{}..a{}", distance * 4, distance * 4 + 3) } else { String::new() };
        spans.push(Span::styled(note, theme.style(TextRole::Dim)));
        lines.push(Line::from(spans));
    }
    lines
}

/// Returns the rows of each interrupt level's saved registers, and the rest.
fn levels(seen: &Seen) -> Vec<Line<'static>> {
    let theme = seen.s.theme;
    let mut lines =
        vec![Line::from(Span::styled("level       epc      eps  excsave", theme.style(TextRole::Title)))];
    for level in 1..8 {
        let get =
            |of: fn(&CpuSample) -> &Vec<u32>| move |c: &CpuSample| of(c).get(level).copied().unwrap_or(0);
        let value = |of: &dyn Fn(&CpuSample) -> u32, shown: bool| {
            let text = if shown { format!(" {:08x}", of(seen.now)) } else { " ".repeat(9) };
            Span::styled(text, theme.style(seen.role(of)))
        };
        lines.push(Line::from(vec![
            Span::styled(format!("{level:>5} "), theme.style(TextRole::Name)),
            value(&get(|c| &c.epc), true),
            value(&get(|c| &c.eps), level > 1),
            value(&get(|c| &c.excsave), true),
        ]));
    }
    lines.push(seen.row(&[("depc", &|c| c.depc), ("prid", &|c| c.prid)]));
    let misc: Vec<Vec<Span>> = (0..seen.now.misc.len().min(4))
        .map(|n| seen.cell(&format!("misc{n}"), move |c| c.misc.get(n).copied().unwrap_or(0)))
        .collect();
    lines.extend(misc.chunks(3).map(|row| Line::from(row.concat())));
    lines
}

/// Returns the shown cores with their areas: both if they fit, else the selected one.
fn parts(s: &Shared, area: Rect) -> Vec<(usize, Rect)> {
    if area.width < BOTH {
        return vec![(s.core & 1, area)];
    }
    let width = area.width / 2;
    vec![(0, Rect { width, ..area }), (1, Rect { x: area.x + width, width: area.width - width, ..area })]
}

impl Pane for Registers {
    fn title(&self, s: &Shared) -> String {
        let other = s.core & 1 ^ 1;
        let [a, b] = [s.core & 1, other].map(|core| format!("core {core}: {}", s.sample.cores[core]));
        format!("{a}  {b}")
    }

    fn add_query(&self, _s: &Shared, _area: Rect, query: &mut Query) {
        (query.cpu, query.irq) = (true, true);
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        for (core, part) in parts(s, area) {
            let lines = self.lines(s, core, part.width, focused && core == s.core & 1);
            let top = self.top.min(lines.len().saturating_sub(usize::from(part.height)));
            for (y, line) in (0..part.height).zip(lines.into_iter().skip(top)) {
                put(buf, part, y, line);
            }
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let page = usize::from(area.height.max(1));
        let most =
            parts(s, area).into_iter().map(|(core, part)| self.lines(s, core, part.width, false).len());
        let most = most.max().unwrap_or(0).saturating_sub(page);
        match cmd {
            Cmd::Up => self.chosen = self.chosen.saturating_sub(1),
            Cmd::Down => self.chosen = (self.chosen + 1).min(15),
            Cmd::PageUp => self.top = self.top.saturating_sub(page),
            Cmd::PageDown => self.top = (self.top + page).min(most),
            Cmd::First => self.top = 0,
            Cmd::Last => self.top = most,
            Cmd::Follow | Cmd::Select => {
                let value = s.cpu()?.a(self.chosen);
                return Some(vec![DashEffect::Show(PaneId::Memory, value)]);
            }
            Cmd::WatchPoint => {
                let (value, name) = (s.cpu()?.a(self.chosen), format!("*$a{}", self.chosen));
                return Some(vec![DashEffect::Act(None, Action::Watch(value, 4, name))]);
            }
            Cmd::Copy => {
                let value = s.cpu()?.a(self.chosen);
                return Some(vec![DashEffect::Copy(format!("{value:#010x}"))]);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn click(&mut self, s: &mut Shared, x: u16, _y: u16, area: Rect) -> Vec<DashEffect> {
        let local = Rect { x: 0, y: 0, ..area };
        if let Some((core, _)) =
            parts(s, local).into_iter().find(|(_, part)| (part.x..part.right()).contains(&x))
            && core != s.core & 1
        {
            (s.core, s.task, s.frame) = (core, None, 0);
        }
        Vec::new()
    }
}
