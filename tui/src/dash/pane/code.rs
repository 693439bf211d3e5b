//! Source and instructions.

use super::Pane;
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::syntax::{self, Language};
use crate::dash::text::{number, put};
use crate::dash::theme::TextRole;
use crate::dash::wire::{Action, CodeLine, CodeQuery, CodeSample, Query, Reply, SourceLine};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Width from which source and instructions are side by side.
const WIDE: u16 = 160;

/// View mode of the code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum View {
    /// Source lines, each with its instructions below; side by side in a wide pane.
    #[default]
    Mixed,
    /// Source file.
    Source,
    /// Instructions only.
    Assembly,
}

/// The pane's state: the address shown and the selected row.
#[derive(Default)]
pub struct CodePane {
    /// Address that is shown instead of the PC.
    at: Option<u32>,
    /// Selected address.
    cursor: Option<u32>,
    /// Number of the stop that the view belongs to: the next stop shows the PC again.
    stop: u64,
    view: View,
}

/// A row: source text, a label or an instruction.
struct Row {
    /// Address of the instruction.
    addr: u32,
    /// The row is the instruction itself, or a source line that has some.
    insn: bool,
    /// The row is a function's name.
    label: bool,
    line: Line<'static>,
}

impl CodePane {
    fn rows(&self, s: &Shared, area: Rect) -> Vec<Row> {
        let Some(code) = &s.sample.code else { return Vec::new() };
        if self.view == View::Source && !code.text.is_empty() {
            return source_rows(s, code, self.anchor(code));
        }
        let sources = self.view == View::Mixed && !self.side_by_side(s, area);
        let all = code.lines.iter().flat_map(|line| rows(s, line, area.width));
        all.filter(|row| row.insn || row.label || sources).collect()
    }

    /// Returns true if source and instructions are shown side by side.
    fn side_by_side(&self, s: &Shared, area: Rect) -> bool {
        let source = s.sample.code.as_ref().is_some_and(|code| !code.text.is_empty());
        self.view == View::Mixed && area.width >= WIDE && source
    }

    /// Splits the area for source and instructions; without a column for the source, the first is empty.
    fn split(&self, s: &Shared, area: Rect) -> (Rect, Rect) {
        let left = if self.side_by_side(s, area) { area.width / 2 } else { 0 };
        let (source, code) =
            (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area });
        (source, code)
    }

    /// Returns the rows of the source beside the instructions, with the anchor's line a third from the top. The line of
    /// the selected instruction has its address.
    fn beside(&self, s: &Shared, height: u16) -> Vec<Row> {
        let Some(code) = &s.sample.code else { return Vec::new() };
        let mut rows = source_rows(s, code, self.cursor(s));
        let at = line_of(code, self.anchor(code)).unwrap_or(0);
        rows.drain(..at.saturating_sub(usize::from(height) / 3).min(rows.len()));
        rows.truncate(height.into());
        rows
    }

    /// Returns the address that the view is centred on.
    fn anchor(&self, code: &CodeSample) -> u32 {
        code.lines.get(code.anchor).map_or(0, |l| l.addr)
    }

    /// Returns the rows that fit, with the anchor a third from the top.
    fn visible(&self, s: &Shared, area: Rect) -> Vec<Row> {
        let mut rows = self.rows(s, area);
        let Some(code) = &s.sample.code else { return rows };
        let anchor = self.anchor(code);
        let exact = rows.iter().position(|r| r.insn && r.addr == anchor);
        let at = exact.or_else(|| rows.iter().rposition(|r| r.insn && r.addr < anchor)).unwrap_or(0);
        let cut = at.saturating_sub(usize::from(area.height) / 3);
        rows.drain(..cut.min(rows.len()));
        rows.truncate(area.height.into());
        rows
    }

    fn cursor(&self, s: &Shared) -> u32 {
        self.cursor.or(self.at).unwrap_or(s.sample.pc[s.core & 1])
    }

    /// Moves the cursor by instructions; the view follows if the cursor leaves it.
    fn step(&mut self, s: &Shared, by: isize, area: Rect) {
        let Some(code) = &s.sample.code else { return };
        let cursor = self.cursor(s);
        if self.view == View::Source && !code.text.is_empty() {
            return self.step_lines(code, cursor, by);
        }
        let at = code.lines.iter().position(|l| l.addr == cursor).unwrap_or(code.anchor);
        let to = at.saturating_add_signed(by).min(code.lines.len().saturating_sub(1));
        let Some(line) = code.lines.get(to) else { return };
        self.cursor = Some(line.addr);
        if !self.visible(s, area).iter().any(|r| r.insn && r.addr == line.addr) || by.unsigned_abs() > 1 {
            self.at = Some(line.addr);
        }
    }
}

impl CodePane {
    /// Moves the cursor by source lines that have instructions.
    fn step_lines(&mut self, code: &CodeSample, cursor: u32, by: isize) {
        let all: Vec<u32> = code.text.iter().filter_map(|l| l.addr).collect();
        let at = all.iter().rposition(|a| *a <= cursor).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(all.len().saturating_sub(1));
        if let Some(addr) = all.get(to) {
            (self.at, self.cursor) = (Some(*addr), Some(*addr));
        }
    }
}

/// Returns an instruction's row, preceded by its label and source line.
fn rows(s: &Shared, l: &CodeLine, width: u16) -> Vec<Row> {
    let theme = s.theme;
    let mut out = Vec::new();
    let mut add = |insn, label, line| out.push(Row { addr: l.addr, insn, label, line });
    if let Some(label) = &l.label {
        add(false, true, Line::from(Span::styled(format!("{label}:"), theme.style(TextRole::Title))));
    }
    if let Some((place, text)) = &l.source {
        let place = place.rsplit('/').next().unwrap_or(place);
        let language = Language::of(place.split(':').next().unwrap_or(place));
        let mut spans = vec![Span::styled(format!("{place:>16} "), theme.style(TextRole::Dim))];
        spans.extend(syntax::source(text, language, theme, &mut false));
        add(false, false, Line::from(spans));
    }
    add(true, false, insn(s, l, width));
    out
}

/// Returns the index in `code.text` of the line that an address belongs to.
fn line_of(code: &CodeSample, pc: u32) -> Option<usize> {
    let at = code.lines.iter().rposition(|l| l.addr <= pc)?;
    let last = &code.lines[at];
    if pc - last.addr >= last.bytes.len().max(1) as u32 {
        return None;
    }
    let (place, _) = code.lines[..=at].iter().rev().find_map(|l| l.source.as_ref())?;
    let (file, number) = place.rsplit_once(':')?;
    let number: u32 = number.parse().ok()?;
    (file == code.file).then(|| code.text.iter().position(|l| l.number == number))?
}

/// Returns the rows of the source file, with breakpoints and cores. The row of the line that contains `chosen` has this
/// address; the others have the line's first.
fn source_rows(s: &Shared, code: &CodeSample, chosen: u32) -> Vec<Row> {
    let theme = s.theme;
    let of_pc = s.sample.pc.map(|pc| line_of(code, pc));
    let of_break: Vec<usize> = s.breaks.iter().filter_map(|at| line_of(code, *at)).collect();
    let of_chosen = line_of(code, chosen);
    let language = Language::of(&code.file);
    let mut comment = syntax::begins_in_comment(code.text.iter().map(|l| l.text.as_str()));
    let row = |(n, l): (usize, &SourceLine)| {
        let role = if l.addr.is_some() { TextRole::Text } else { TextRole::Addr };
        let mut spans = marks(s, of_break.contains(&n), |core| of_pc[core] == Some(n)).to_vec();
        spans.push(Span::styled(format!(" {:>5}  ", l.number), theme.style(role)));
        spans.extend(syntax::source(&l.text, language, theme, &mut comment));
        let addr = if of_chosen == Some(n) { chosen } else { l.addr.unwrap_or(0) };
        Row { addr, insn: l.addr.is_some(), label: false, line: Line::from(spans) }
    };
    code.text.iter().enumerate().map(row).collect()
}

/// Returns the marks of a row: its breakpoint, and the core that is `at` it. While the machine runs, only the selected core
/// is shown.
fn marks(s: &Shared, point: bool, at: impl Fn(usize) -> bool) -> [Span<'static>; 2] {
    let style = |role| s.theme.style(role);
    let core = match (0..2).find(|core| at(*core) && (*core == s.core || !s.sample.running)) {
        Some(0) => Span::styled("▶0", style(TextRole::First)),
        Some(_) => Span::styled("▶1", style(TextRole::Second)),
        None => Span::raw("  "),
    };
    [Span::styled(if point { "●" } else { " " }, style(TextRole::Point)), core]
}

/// Formats an instruction.
fn insn(s: &Shared, l: &CodeLine, width: u16) -> Line<'static> {
    let theme = s.theme;
    let mut spans = marks(s, s.breaks.contains(&l.addr), |core| s.sample.pc[core] == l.addr).to_vec();
    spans.push(Span::styled(format!(" {:08x} ", l.addr), theme.style(TextRole::Addr)));
    if width >= 60 {
        let hex: String = l.bytes.iter().rev().map(|b| format!("{b:02x}")).collect();
        spans.push(Span::styled(format!("{hex:<7}"), theme.style(TextRole::Dim)));
    }
    spans.extend(syntax::instruction(&l.text, 8, theme));
    if let Some(target) = &l.target {
        spans.push(Span::styled(format!("  ; {target}"), theme.style(TextRole::Comment)));
    }
    Line::from(spans)
}

impl Pane for CodePane {
    fn title(&self, s: &Shared) -> String {
        let home = if self.at.is_some() { "  . shows the PC" } else { "" };
        let view = match (self.view, s.sample.code.as_ref()) {
            (View::Mixed, Some(code)) if !code.text.is_empty() => format!("  {}", code.file),
            (View::Mixed, _) => String::new(),
            (View::Assembly, _) => "  assembly".into(),
            (View::Source, Some(code)) if code.text.is_empty() => "  no source here".into(),
            (View::Source, code) => format!("  {}", code.map_or("", |c| &c.file)),
        };
        format!("core {}{view}{home}", s.core)
    }

    fn add_query(&self, s: &Shared, area: Rect, query: &mut Query) {
        let rows = usize::from(area.height);
        // While the machine runs, only visible rows are requested: a third above the PC. When stopped, one page in each
        // direction, so that the cursor can move.
        let (before, rows) =
            if s.sample.running { (rows / 3 + 1, rows - rows / 3) } else { (rows, rows + 1) };
        let shown = self.view == View::Source || (self.view == View::Mixed && area.width >= WIDE);
        let source = if shown { usize::from(area.height) } else { 0 };
        query.code = Some(CodeQuery { core: s.core & 1, at: self.at, before, rows, source });
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let (pc, cursor) = (s.sample.pc[s.core & 1], self.cursor(s));
        let (left, right) = self.split(s, area);
        let mut column = |place: Rect, rows: Vec<Row>, pc: u32| {
            for (y, row) in (0..place.height).zip(rows) {
                put(buf, place, y, row.line);
                let whole = Rect { y: place.y + y, height: 1, ..place };
                if row.insn && focused && row.addr == cursor {
                    buf.set_style(whole, s.theme.style(TextRole::Selected));
                } else if row.insn && row.addr == pc {
                    buf.set_style(whole, s.theme.style(TextRole::Pc));
                }
            }
        };
        column(right, self.visible(s, area), pc);
        if left.width > 1 {
            // One column between the two stays empty.
            let text = Rect { width: left.width - 1, ..left };
            column(text, self.beside(s, area.height), if cursor == pc { pc } else { 0 });
        }
        if s.sample.code.as_ref().is_none_or(|c| c.lines.is_empty()) {
            put(
                buf,
                area,
                0,
                Line::from(Span::styled("nothing answers there", s.theme.style(TextRole::Dim))),
            );
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let page = isize::from(area.height.max(2) as i16) - 1;
        let act = |action| Some(vec![DashEffect::Act(None, action)]);
        match cmd {
            Cmd::Up => self.step(s, -1, area),
            Cmd::Down => self.step(s, 1, area),
            Cmd::PageUp => self.step(s, -page, area),
            Cmd::PageDown => self.step(s, page, area),
            Cmd::Home | Cmd::First => (self.at, self.cursor) = (None, None),
            Cmd::ToggleBreak => return act(Action::ToggleBreak(self.cursor(s))),
            Cmd::View => {
                self.view = match self.view {
                    View::Mixed => View::Source,
                    View::Source => View::Assembly,
                    View::Assembly => View::Mixed,
                };
            }
            Cmd::RunTo => return act(Action::RunTo(self.cursor(s))),
            Cmd::Goto => {
                return super::ask(super::PaneId::Code, cmd, super::memory::GOTO);
            }
            Cmd::Copy => {
                let cursor = self.cursor(s);
                let line = s.sample.code.as_ref()?.lines.iter().find(|l| l.addr == cursor)?;
                return Some(vec![DashEffect::Copy(format!("{:#010x}: {}", line.addr, line.text))]);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn answer(&mut self, s: &mut Shared, _cmd: Cmd, text: &str) -> Vec<DashEffect> {
        match number(text) {
            Some(addr) => self.show(addr),
            None => {
                return vec![DashEffect::Act(
                    Some(super::PaneId::Code),
                    Action::Address(text.into(), s.context()),
                )];
            }
        }
        Vec::new()
    }

    fn reply(&mut self, s: &mut Shared, reply: &Reply) -> Vec<DashEffect> {
        match reply.addr {
            Some(addr) => self.show(addr),
            None => s.notify(reply.text.trim()),
        }
        Vec::new()
    }

    fn sampled(&mut self, s: &Shared) {
        let stop = s.sample.stop.as_ref().map_or(0, |stop| stop.number);
        if stop != 0 && stop != self.stop {
            *self = Self { stop, view: self.view, ..Self::default() };
        }
    }

    fn click(&mut self, s: &mut Shared, x: u16, y: u16, area: Rect) -> Vec<DashEffect> {
        let (left, _) = self.split(s, area);
        let rows = if x < left.width { self.beside(s, area.height) } else { self.visible(s, area) };
        let Some(row) = rows.into_iter().nth(y.into()).filter(|row| row.addr != 0) else { return Vec::new() };
        self.cursor = Some(row.addr);
        // A click in the mark column toggles a breakpoint, as in other debuggers.
        if x == 0 || (left.width > 0 && x == left.width) {
            vec![DashEffect::Act(None, Action::ToggleBreak(row.addr))]
        } else {
            Vec::new()
        }
    }

    fn show(&mut self, addr: u32) {
        (self.at, self.cursor) = (Some(addr), Some(addr));
    }
}
