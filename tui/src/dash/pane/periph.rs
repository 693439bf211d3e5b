//! Registers of all peripherals and their bit fields, as a tree.

use super::{Pane, PaneId};
use crate::dash::collect;
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, FLASH_MS, Shared};
use crate::dash::text::{moved, put};
use crate::dash::theme::TextRole;
use crate::dash::wire::Query;
use esplens_soc::dev::DevId;
use esplens_soc::dev::spec::{How, RegField};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::{BTreeMap, BTreeSet};

/// The pane's state.
#[derive(Default)]
pub struct Periph {
    open: BTreeSet<DevId>,
    /// Registers whose bit fields are shown, by offset.
    fields: BTreeSet<(DevId, u32)>,
    chosen: usize,
    top: usize,
    search: String,
    /// Previous values, and the time of each bit's last change.
    seen: BTreeMap<(DevId, u32), Seen>,
}

/// Width of the column of names.
const NAMES: usize = 26;

/// The last value of a register, and what changed in it.
#[derive(Clone, Copy)]
struct Seen {
    value: u32,
    /// Bits that the last change concerned, and its time.
    bits: u32,
    when: u64,
}

/// A row: a peripheral, one of its registers, or a bit field.
#[derive(Clone, Copy)]
enum Row {
    Dev(DevId),
    Reg(DevId, u32, u32),
    Bits(DevId, u32, u32, RegField),
}

impl Periph {
    fn rows(&self, s: &Shared) -> Vec<Row> {
        let mut rows = Vec::new();
        for id in DevId::ALL {
            rows.push(Row::Dev(*id));
            if !self.open.contains(id) {
                continue;
            }
            let name = format!("{id:?}");
            let dev = s.sample.devs.iter().find(|d| d.name == name);
            for (offset, value) in dev.into_iter().flat_map(|d| d.regs.iter().copied()) {
                rows.push(Row::Reg(*id, offset, value));
                if self.fields.contains(&(*id, offset)) {
                    rows.extend(bits(s, *id, offset, value));
                }
            }
        }
        rows
    }

    fn line(&self, s: &Shared, row: Row, width: u16) -> Line<'static> {
        let theme = s.theme;
        match row {
            Row::Dev(id) => {
                let (base, _) = id.range();
                let mark = if self.open.contains(&id) { "▼" } else { "▶" };
                Line::from(vec![
                    Span::styled(
                        format!("{mark} {:<12}", collect::manual_name(id)),
                        theme.style(TextRole::Title),
                    ),
                    Span::styled(format!(" {base:08x}"), theme.style(TextRole::Addr)),
                ])
            }
            Row::Reg(id, offset, value) => {
                let reg = collect::register(s.sample.eth_is_emac(), id, offset);
                let (name, reset, doc) = reg.map_or(("?".into(), 0, ""), |(r, n)| {
                    let name = if r.count > 1 { format!("{}[{n}]", r.name) } else { r.name.to_string() };
                    (name, r.reset, if r.how == How::Absent { "not modelled" } else { r.doc })
                });
                let role = self.role(s, (id, offset), u32::MAX, value == reset);
                let mark =
                    match (collect::fields(s.sample.eth_is_emac(), id, offset).is_empty(), &self.fields) {
                        (true, _) => " ",
                        (_, open) if open.contains(&(id, offset)) => "▼",
                        _ => "▶",
                    };
                let mut spans = vec![
                    Span::styled(format!("{mark} {offset:03x} "), theme.style(TextRole::Addr)),
                    Span::styled(format!("{name:<NAMES$} "), theme.style(TextRole::Name)),
                    Span::styled(format!("{value:08x}"), theme.style(role)),
                ];
                if width > 60 {
                    spans.push(Span::styled(format!("  {}", doc.trim()), theme.style(TextRole::Dim)));
                }
                Line::from(spans)
            }
            Row::Bits(id, offset, value, field) => {
                let reset = collect::register(s.sample.eth_is_emac(), id, offset).map_or(0, |(r, _)| r.reset);
                let same = field.of(value) == field.of(reset);
                let role = self.role(s, (id, offset), field.mask, same);
                Line::from(vec![
                    Span::styled(format!("      {:<NAMES$} ", name(field)), theme.style(TextRole::Text)),
                    Span::styled(format!("{:<7} = ", place(field)), theme.style(TextRole::Addr)),
                    Span::styled(number(field, value), theme.style(role)),
                ])
            }
        }
    }

    /// Returns the role of a value: just changed, same as after reset, or different.
    fn role(&self, s: &Shared, reg: (DevId, u32), mask: u32, reset: bool) -> TextRole {
        let seen = self.seen.get(&reg).filter(|seen| seen.bits & mask != 0);
        let when = seen.map_or(0, |seen| seen.when);
        match (when > 0 && s.clock.saturating_sub(when) < FLASH_MS, reset) {
            (true, _) => TextRole::Flash,
            (_, true) => TextRole::Dim,
            _ => TextRole::Text,
        }
    }

    /// Describes a register: address, value, description.
    fn told(&self, s: &Shared, row: Row) -> String {
        let (id, offset, value) = match row {
            Row::Dev(_) => return String::new(),
            Row::Reg(id, offset, value) | Row::Bits(id, offset, value, _) => (id, offset, value),
        };
        let known = collect::register(s.sample.eth_is_emac(), id, offset);
        let (name, doc) = known.map_or(("?", ""), |(r, _)| (r.name, r.doc.trim()));
        let addr = id.range().0 + offset;
        format!(
            "{}.{name} at {addr:#010x} = {value:#010x} ({value}, {value:#034b}): {doc}",
            collect::manual_name(id)
        )
    }

    /// Finds the next row whose name contains the text, in what is unfolded.
    fn search(&mut self, s: &mut Shared) {
        let needle = self.search.to_lowercase();
        let rows = self.rows(s);
        let text = |row: &Row| match row {
            Row::Dev(id) => collect::manual_name(*id).to_lowercase(),
            Row::Reg(id, offset, _) => {
                collect::register(false, *id, *offset).map_or(String::new(), |(r, _)| r.name.to_lowercase())
            }
            Row::Bits(_, _, _, field) => field.name.to_lowercase(),
        };
        let order = (self.chosen + 1..rows.len()).chain(0..=self.chosen.min(rows.len().saturating_sub(1)));
        match order.into_iter().find(|n| text(&rows[*n]).contains(&needle)) {
            Some(n) => self.chosen = n,
            None => s.notify(format!("{:?} not found", self.search)),
        }
    }

    /// Folds or unfolds the row: a peripheral, or a register with bit fields. Folding a row without an own fold closes
    /// the one that contains it.
    fn fold(&mut self, s: &Shared, row: Row, open: Option<bool>) {
        let emac = s.sample.eth_is_emac();
        match row {
            Row::Dev(id) => {
                if open.unwrap_or(!self.open.contains(&id)) {
                    self.open.insert(id);
                } else {
                    self.open.remove(&id);
                }
            }
            Row::Reg(id, offset, _) if open != Some(false) || self.fields.contains(&(id, offset)) => {
                let reg = (id, offset);
                if open.unwrap_or(!self.fields.contains(&reg))
                    && !collect::fields(emac, id, offset).is_empty()
                {
                    self.fields.insert(reg);
                } else {
                    self.fields.remove(&reg);
                }
            }
            Row::Reg(id, ..) => {
                self.close(s, |r| matches!(r, Row::Dev(d) if *d == id), |p| _ = p.open.remove(&id))
            }
            Row::Bits(id, offset, ..) if open == Some(false) => self.close(
                s,
                |r| matches!(r, Row::Reg(d, o, _) if (*d, *o) == (id, offset)),
                |p| _ = p.fields.remove(&(id, offset)),
            ),
            Row::Bits(..) => {}
        }
    }

    /// Scrolls so that there is room below the selected row for what was unfolded.
    fn reveal(&mut self, area: Rect) {
        let height = usize::from(area.height);
        self.top = crate::dash::text::scroll(self.top, self.chosen, height);
        if (self.chosen - self.top) * 3 > height * 2 {
            self.top = self.chosen.saturating_sub(height / 3);
        }
    }

    /// Selects the row that `is` finds and folds it.
    fn close(&mut self, s: &Shared, is: impl Fn(&Row) -> bool, fold: impl FnOnce(&mut Self)) {
        self.chosen = self.rows(s).iter().position(is).unwrap_or(self.chosen);
        fold(self);
    }
}

/// Returns the rows of a register's bit fields, the highest bits first as in the manual. Bits that no field names are
/// one row if any of them is set.
fn bits(s: &Shared, id: DevId, offset: u32, value: u32) -> Vec<Row> {
    let fields = collect::fields(s.sample.eth_is_emac(), id, offset);
    let others = !fields.iter().fold(0, |all, f| all | f.mask);
    let rest = RegField { name: "", mask: others };
    let rest = (!fields.is_empty() && value & others != 0).then_some(rest);
    fields.iter().rev().copied().chain(rest).map(|field| Row::Bits(id, offset, value, field)).collect()
}

/// Returns the name of a field; the bits that no field names have none.
fn name(field: RegField) -> &'static str {
    if field.name.is_empty() { "other bits" } else { field.name }
}

/// Returns the position of a field in its register: `[hi:lo]`.
fn place(field: RegField) -> String {
    match field.bits() {
        _ if field.name.is_empty() => String::new(),
        (high, low) if high == low => format!("[{high}]"),
        (high, low) => format!("[{high}:{low}]"),
    }
}

/// Returns the value of a field: decimal, with hexadecimal if that differs.
fn number(field: RegField, value: u32) -> String {
    match field.of(value) {
        _ if field.name.is_empty() => format!("{:#x}", value & field.mask),
        n @ 0..10 => n.to_string(),
        n => format!("{n:#x} ({n})"),
    }
}

impl Pane for Periph {
    fn add_query(&self, _s: &Shared, _area: Rect, query: &mut Query) {
        query.devs.extend(self.open.iter().map(|id| format!("{id:?}")));
        query.eth = query.eth || self.open.contains(&DevId::Eth);
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let rows = self.rows(s);
        let top = crate::dash::text::scroll(self.top, self.chosen, area.height.into());
        for (y, (n, row)) in (0..area.height).zip(rows.iter().enumerate().skip(top)) {
            put(buf, area, y, self.line(s, *row, area.width));
            if focused && n == self.chosen {
                buf.set_style(Rect { y: area.y + y, height: 1, ..area }, s.theme.style(TextRole::Selected));
            }
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let rows = self.rows(s);
        let (page, last) = (usize::from(area.height.max(2)) - 1, rows.len().saturating_sub(1));
        let row = *rows.get(self.chosen.min(last))?;
        match cmd {
            Cmd::Select => {
                self.fold(s, row, None);
                self.reveal(area);
                let told = self.told(s, row);
                return Some(if told.is_empty() { Vec::new() } else { vec![DashEffect::Notice(told)] });
            }
            Cmd::Right => {
                self.fold(s, row, Some(true));
                self.reveal(area);
                return Some(Vec::new());
            }
            Cmd::Left => self.fold(s, row, Some(false)),
            Cmd::Search => return super::ask(PaneId::Periph, cmd, "Search"),
            Cmd::SearchAgain => self.search(s),
            Cmd::Copy => {
                let line = self.line(s, row, area.width);
                return Some(vec![DashEffect::Copy(line.to_string().trim().into())]);
            }
            _ => self.chosen = moved(cmd, self.chosen, page, last)?,
        }
        self.top = crate::dash::text::scroll(self.top, self.chosen, area.height.into());
        Some(Vec::new())
    }

    fn answer(&mut self, s: &mut Shared, _cmd: Cmd, text: &str) -> Vec<DashEffect> {
        if !text.is_empty() {
            self.search = text.into();
            self.search(s);
        }
        Vec::new()
    }

    fn sampled(&mut self, s: &Shared) {
        let now = s.clock.max(1);
        for dev in &s.sample.devs {
            let Some(id) = collect::device(&dev.name) else { continue };
            for (offset, value) in &dev.regs {
                let first = Seen { value: *value, bits: 0, when: 0 };
                let seen = self.seen.entry((id, *offset)).or_insert(first);
                if seen.value != *value {
                    *seen = Seen { value: *value, bits: seen.value ^ value, when: now };
                }
            }
        }
    }

    fn click(&mut self, s: &mut Shared, _x: u16, y: u16, area: Rect) -> Vec<DashEffect> {
        let n = crate::dash::text::scroll(self.top, self.chosen, area.height.into()) + usize::from(y);
        let rows = self.rows(s);
        if let Some(row) = rows.get(n).copied() {
            if self.chosen == n {
                self.fold(s, row, None);
            }
            self.chosen = n;
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_in_the_manual() {
        let field = |mask| RegField { name: "X", mask };
        let (one, more) = (field(1 << 31), field(0xFF << 8));
        assert_eq!((place(one), number(one, 1 << 31)), ("[31]".into(), "1".into()));
        assert_eq!((place(more), number(more, 0x1234)), ("[15:8]".into(), "0x12 (18)".into()));
        let rest = RegField { name: "", mask: 0xF0F };
        assert_eq!((name(rest), number(rest, 0xFFF)), ("other bits", "0xf0f".into()));
    }
}
