//! Registers of all peripherals, as a tree.

use super::{Pane, PaneId};
use crate::dash::collect;
use crate::dash::keys::Cmd;
use crate::dash::state::{Effect, FLASH_MS, Shared};
use crate::dash::text::{moved, put};
use crate::dash::theme::Role;
use crate::dash::wire::Wants;
use esplens_soc::dev::DevId;
use esplens_soc::dev::spec::How;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::{BTreeMap, BTreeSet};

/// The pane's state.
#[derive(Default)]
pub struct Periph {
    open: BTreeSet<DevId>,
    chosen: usize,
    top: usize,
    search: String,
    /// Previous values, and the time of each one's last change.
    seen: BTreeMap<(DevId, u32), (u32, u64)>,
}

/// A row: a peripheral, or one of its registers.
#[derive(Clone, Copy)]
enum Row {
    Dev(DevId),
    Reg(DevId, u32, u32),
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
            rows.extend(
                dev.into_iter().flat_map(|d| &d.regs).map(|(offset, value)| Row::Reg(*id, *offset, *value)),
            );
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
                        theme.style(Role::Title),
                    ),
                    Span::styled(format!(" {base:08x}"), theme.style(Role::Addr)),
                ])
            }
            Row::Reg(id, offset, value) => {
                let reg = collect::register(s.sample.eth_is_emac(), id, offset);
                let (name, reset, doc) = reg.map_or(("?".into(), 0, ""), |(r, n)| {
                    let name = if r.count > 1 { format!("{}[{n}]", r.name) } else { r.name.to_string() };
                    (name, r.reset, if r.how == How::Absent { "not modelled" } else { r.doc })
                });
                let when = self.seen.get(&(id, offset)).map_or(0, |(_, when)| *when);
                let role = match (when > 0 && s.clock.saturating_sub(when) < FLASH_MS, value == reset) {
                    (true, _) => Role::Flash,
                    (_, true) => Role::Dim,
                    _ => Role::Text,
                };
                let mut spans = vec![
                    Span::styled(format!("  {offset:03x} "), theme.style(Role::Addr)),
                    Span::styled(format!("{name:<26} "), theme.style(Role::Name)),
                    Span::styled(format!("{value:08x}"), theme.style(role)),
                ];
                if width > 60 {
                    spans.push(Span::styled(format!("  {}", doc.trim()), theme.style(Role::Dim)));
                }
                Line::from(spans)
            }
        }
    }

    /// Describes a register: address, value, description.
    fn told(&self, s: &Shared, row: Row) -> String {
        let Row::Reg(id, offset, value) = row else { return String::new() };
        let known = collect::register(s.sample.eth_is_emac(), id, offset);
        let (name, doc) = known.map_or(("?", ""), |(r, _)| (r.name, r.doc.trim()));
        let addr = id.range().0 + offset;
        format!(
            "{}.{name} at {addr:#010x} = {value:#010x} ({value}, {value:#034b}): {doc}",
            collect::manual_name(id)
        )
    }

    /// Finds the next peripheral or register whose name contains the text; registers are searched in unfolded
    /// peripherals.
    fn search(&mut self, s: &mut Shared) {
        let needle = self.search.to_lowercase();
        let rows = self.rows(s);
        let text = |row: &Row| match row {
            Row::Dev(id) => collect::manual_name(*id).to_lowercase(),
            Row::Reg(id, offset, _) => {
                collect::register(false, *id, *offset).map_or(String::new(), |(r, _)| r.name.to_lowercase())
            }
        };
        let order = (self.chosen + 1..rows.len()).chain(0..=self.chosen.min(rows.len().saturating_sub(1)));
        match order.into_iter().find(|n| text(&rows[*n]).contains(&needle)) {
            Some(n) => self.chosen = n,
            None => s.notify(format!("{:?} not found", self.search)),
        }
    }

    fn fold(&mut self, s: &Shared, row: Row, open: Option<bool>) {
        let (Row::Dev(id) | Row::Reg(id, ..)) = row;
        let now = self.open.contains(&id);
        if open.unwrap_or(!now) {
            self.open.insert(id);
        } else {
            // The selection moves to the peripheral's own row.
            let before = self.rows(s).iter().take_while(|r| !matches!(r, Row::Dev(d) if *d == id)).count();
            self.open.remove(&id);
            self.chosen = before;
        }
    }
}

impl Pane for Periph {
    fn want(&self, _s: &Shared, _area: Rect, wants: &mut Wants) {
        wants.devs.extend(self.open.iter().map(|id| format!("{id:?}")));
        wants.eth = wants.eth || self.open.contains(&DevId::Eth);
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let rows = self.rows(s);
        let top = crate::dash::text::scroll(self.top, self.chosen, area.height.into());
        for (y, (n, row)) in (0..area.height).zip(rows.iter().enumerate().skip(top)) {
            put(buf, area, y, self.line(s, *row, area.width));
            if focused && n == self.chosen {
                buf.set_style(Rect { y: area.y + y, height: 1, ..area }, s.theme.style(Role::Selected));
            }
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<Effect>> {
        let rows = self.rows(s);
        let (page, last) = (usize::from(area.height.max(2)) - 1, rows.len().saturating_sub(1));
        let row = *rows.get(self.chosen.min(last))?;
        match cmd {
            // A register is selected: folding its peripheral would lose the selection.
            Cmd::Select if matches!(row, Row::Reg(..)) => {
                return Some(vec![Effect::Notice(self.told(s, row))]);
            }
            Cmd::Select => self.fold(s, row, None),
            Cmd::Right => self.fold(s, row, Some(true)),
            Cmd::Left => self.fold(s, row, Some(false)),
            Cmd::Search => return super::ask(PaneId::Periph, cmd, "Search"),
            Cmd::SearchAgain => self.search(s),
            Cmd::Copy => {
                let line = self.line(s, row, area.width);
                return Some(vec![Effect::Copy(line.to_string().trim().into())]);
            }
            _ => self.chosen = moved(cmd, self.chosen, page, last)?,
        }
        self.top = crate::dash::text::scroll(self.top, self.chosen, area.height.into());
        Some(Vec::new())
    }

    fn answer(&mut self, s: &mut Shared, _cmd: Cmd, text: &str) -> Vec<Effect> {
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
                let seen = self.seen.entry((id, *offset)).or_insert((*value, 0));
                if seen.0 != *value {
                    *seen = (*value, now);
                }
            }
        }
    }

    fn click(&mut self, s: &mut Shared, _x: u16, y: u16, area: Rect) -> Vec<Effect> {
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
