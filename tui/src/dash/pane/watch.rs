//! Variables and expressions.

use super::{Pane, PaneId};
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, Shared};
use crate::dash::text::{moved, put, say, scroll};
use crate::dash::theme::TextRole;
use crate::dash::wire::{Action, Query, Tree, ValueLocation, part_path};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of expressions.
const MAX: usize = 50;
/// Maximum number of unfolded values.
const MAX_OPEN: usize = 200;

/// The pane's state.
#[derive(Default)]
pub struct WatchPane {
    expressions: Vec<String>,
    /// Paths of unfolded values, and the first part shown of each.
    open: BTreeMap<String, usize>,
    chosen: usize,
    /// Values at the previous stop, by path, for changes.
    seen: Vec<(String, String)>,
    changed: BTreeSet<String>,
    stop: u64,
}

/// A row: a value, or an entry that shows more parts of one.
struct Row<'a> {
    depth: usize,
    path: String,
    what: RowKind<'a>,
}

enum RowKind<'a> {
    Value(&'a Tree),
    /// Shows the parts from this index on.
    Page(usize),
}

impl WatchPane {
    fn rows<'a>(&self, s: &'a Shared) -> Vec<Row<'a>> {
        let mut out = Vec::new();
        s.sample.watches.iter().for_each(|t| add(t, 0, t.name.clone(), &mut out));
        out
    }

    fn line(&self, s: &Shared, row: &Row) -> Line<'static> {
        let theme = s.theme;
        let indent = "  ".repeat(row.depth);
        let tree = match row.what {
            RowKind::Value(tree) => tree,
            RowKind::Page(from) => {
                let text = format!("{indent}  ... Enter shows the parts from {from} on");
                return Line::from(Span::styled(text, theme.style(TextRole::Dim)));
            }
        };
        let mark = match (tree.unfolds, self.open.contains_key(&row.path)) {
            (false, _) => " ",
            (_, true) => "▼",
            _ => "▶",
        };
        let role = if self.changed.contains(&row.path) { TextRole::Changed } else { TextRole::Text };
        Line::from(vec![
            Span::styled(format!("{indent}{mark} "), theme.style(TextRole::Key)),
            Span::styled(tree.name.clone(), theme.style(TextRole::Name)),
            Span::styled(format!(" = {}", tree.value), theme.style(role)),
            Span::styled(format!("  {}", tree.kind), theme.style(TextRole::Dim)),
        ])
    }

    /// Requests a new value for a row, or reports why it cannot be set.
    fn ask_value(&self, row: &Row) -> DashEffect {
        let RowKind::Value(tree) = row.what else { return DashEffect::Notice("that is no value".into()) };
        if tree.spot.is_none() {
            return DashEffect::Notice(format!(
                "{} is no number in memory: unfold it and set a part",
                tree.name
            ));
        }
        let label = format!("Set {} ({}), now {}", tree.name, tree.kind, tree.value);
        DashEffect::Ask(PaneId::Watch, Cmd::Edit, label, String::new())
    }

    /// Writes a value to the selected row's variable.
    fn set(&self, s: &Shared, text: &str) -> Result<Action, String> {
        let rows = self.rows(s);
        let spot = rows.get(self.chosen).and_then(|row| match row.what {
            RowKind::Value(tree) => tree.spot,
            RowKind::Page(_) => None,
        });
        let spot = spot.ok_or("it is gone")?;
        let bytes = bytes_of(text, spot).ok_or_else(|| {
            format!(
                "{text:?} is no {} of {} bytes",
                if spot.float { "fraction" } else { "number" },
                spot.size
            )
        })?;
        Ok(Action::Write(s.core & 1, spot.addr, bytes))
    }

    /// Folds or unfolds a row; `None` toggles it. A page entry shows that page.
    fn fold(&mut self, s: &Shared, open: Option<bool>) -> Option<()> {
        let rows = self.rows(s);
        let row = rows.get(self.chosen)?;
        let path = row.path.clone();
        match row.what {
            RowKind::Page(_) if open == Some(false) => {}
            RowKind::Page(from) => _ = self.open.insert(path, from),
            RowKind::Value(tree) if open.unwrap_or(!self.open.contains_key(&path)) => {
                if tree.unfolds && self.open.len() < MAX_OPEN {
                    self.open.entry(path).or_insert(0);
                }
            }
            RowKind::Value(_) if self.open.remove(&path).is_none() => {
                // Nothing to fold here: selects the parent.
                let parent = path.rsplit_once('\u{1}').map(|(parent, _)| parent.to_string());
                self.chosen =
                    rows.iter().position(|r| Some(&r.path) == parent.as_ref()).unwrap_or(self.chosen);
            }
            RowKind::Value(_) => {}
        }
        Some(())
    }
}

/// Converts a value in C notation to the bytes at a spot.
fn bytes_of(text: &str, spot: ValueLocation) -> Option<Vec<u8>> {
    let size = usize::from(spot.size);
    if spot.float {
        let n: f64 = text.parse().ok()?;
        return Some(if size == 4 { (n as f32).to_le_bytes().to_vec() } else { n.to_le_bytes().to_vec() });
    }
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut quoted =
        digits.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')).into_iter().flat_map(str::chars);
    let n = match (quoted.next(), quoted.next(), digits) {
        (Some(c), None, _) => i128::from(u32::from(c)),
        (.., "true") => 1,
        (.., "false") => 0,
        _ => match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
            Some(hex) => i128::from(u64::from_str_radix(hex, 16).ok()?),
            None => i128::from(digits.parse::<u64>().ok()?),
        },
    };
    let n = if negative { -n } else { n };
    let bits = 8 * size;
    let fits = (-(1i128 << (bits - 1))..1 << bits).contains(&n);
    fits.then(|| n.to_le_bytes()[..size].to_vec())
}

/// Sets a watchpoint on a row's value.
fn watchpoint(row: &Row) -> DashEffect {
    let RowKind::Value(tree) = row.what else { return DashEffect::Notice("that is no value".into()) };
    let Some((addr, size)) = tree.at.filter(|(_, size)| *size > 0) else {
        return DashEffect::Notice(format!("{} lies in no memory", tree.name));
    };
    let name = match row.path.split_once('\u{1}') {
        Some((root, _)) => format!("{root}: {}", tree.name),
        None => tree.name.clone(),
    };
    DashEffect::Act(None, Action::Watch(addr, size, name))
}

fn add<'a>(tree: &'a Tree, depth: usize, path: String, out: &mut Vec<Row<'a>>) {
    out.push(Row { depth, path: path.clone(), what: RowKind::Value(tree) });
    let page = |from| Row { depth: depth + 1, path: path.clone(), what: RowKind::Page(from) };
    if tree.from > 0 {
        out.push(page(tree.from.saturating_sub(tree.parts.len().max(1))));
    }
    for (n, part) in tree.parts.iter().enumerate() {
        add(part, depth + 1, part_path(&path, tree.from + n), out);
    }
    if tree.more {
        out.push(page(tree.from + tree.parts.len()));
    }
}

impl Pane for WatchPane {
    fn title(&self, s: &Shared) -> String {
        format!("frame {} of core {}", s.frame, s.core)
    }

    fn add_query(&self, s: &Shared, _area: Rect, query: &mut Query) {
        query.debug.watches = self.expressions.clone();
        query.debug.open = self.open.clone();
        query.debug.context = s.context();
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let rows = self.rows(s);
        if rows.is_empty() {
            let text = "a adds an expression of C: xTickCount, *pxCurrentTCBs[0], buf[3], $a2";
            say(buf, area, s.theme.style(TextRole::Dim), text);
        }
        let top = scroll(0, self.chosen, area.height.into());
        for (y, (n, row)) in (0..area.height).zip(rows.iter().enumerate().skip(top)) {
            put(buf, area, y, self.line(s, row));
            if focused && n == self.chosen {
                buf.set_style(Rect { y: area.y + y, height: 1, ..area }, s.theme.style(TextRole::Selected));
            }
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let rows = self.rows(s);
        let (page, last) = (usize::from(area.height.max(2)) - 1, rows.len().saturating_sub(1));
        let path = rows.get(self.chosen).map(|r| r.path.clone());
        match cmd {
            Cmd::Select => self.fold(s, None)?,
            Cmd::Right => self.fold(s, Some(true))?,
            Cmd::Left => self.fold(s, Some(false))?,
            Cmd::Add => {
                return super::ask(PaneId::Watch, cmd, "Watch: an expression of C");
            }
            Cmd::Rewrite => {
                let root = path?.split('\u{1}').next()?.to_string();
                let label = "Watch instead".into();
                return Some(vec![DashEffect::Ask(PaneId::Watch, cmd, label, root)]);
            }
            Cmd::Edit => return Some(vec![self.ask_value(rows.get(self.chosen)?)]),
            Cmd::Follow => {
                let RowKind::Value(tree) = rows.get(self.chosen)?.what else { return None };
                let Some(spot) = tree.spot else {
                    return Some(vec![DashEffect::Notice(
                        "neither a pointer nor in memory: unfold it".into(),
                    )]);
                };
                return Some(vec![DashEffect::Show(PaneId::Memory, spot.points.unwrap_or(spot.addr))]);
            }
            Cmd::WatchPoint => return Some(vec![watchpoint(rows.get(self.chosen)?)]),
            Cmd::Delete => {
                let path = path?;
                let root = path.split('\u{1}').next()?.to_string();
                self.expressions.retain(|e| *e != root);
                self.open.retain(|p, _| p.split('\u{1}').next() != Some(&root));
                self.chosen = 0;
            }
            Cmd::Copy => {
                return Some(vec![DashEffect::Copy(self.line(s, rows.get(self.chosen)?).to_string())]);
            }
            _ => self.chosen = moved(cmd, self.chosen, page, last)?,
        }
        Some(Vec::new())
    }

    fn answer(&mut self, s: &mut Shared, cmd: Cmd, text: &str) -> Vec<DashEffect> {
        if cmd == Cmd::Edit {
            return self.set(s, text).map_or_else(
                |why| vec![DashEffect::Notice(why)],
                |action| vec![DashEffect::Act(None, action)],
            );
        }
        if cmd == Cmd::Rewrite && !text.is_empty() {
            let root =
                self.rows(s).get(self.chosen).and_then(|r| Some(r.path.split('\u{1}').next()?.to_string()));
            let twice = self.expressions.iter().any(|e| e == text);
            if let Some(e) = self.expressions.iter_mut().find(|e| Some(&**e) == root.as_ref() && !twice) {
                *e = text.into();
            }
            return Vec::new();
        }
        if !text.is_empty() && self.expressions.len() < MAX && !self.expressions.iter().any(|e| e == text) {
            self.expressions.push(text.into());
        }
        Vec::new()
    }

    fn sampled(&mut self, s: &Shared) {
        let rows = self.rows(s);
        let last = rows.len().saturating_sub(1);
        let value = |r: &Row| match r.what {
            RowKind::Value(tree) => Some((r.path.clone(), tree.value.clone())),
            RowKind::Page(_) => None,
        };
        let now: Vec<(String, String)> = rows.iter().filter_map(value).collect();
        self.chosen = self.chosen.min(last);
        let stop = s.sample.stop.as_ref().map_or(0, |stop| stop.number);
        if stop != self.stop {
            let old = |path: &str| self.seen.iter().find(|(p, _)| p == path).map(|(_, v)| v);
            self.changed =
                now.iter().filter(|(p, v)| old(p).is_some_and(|o| o != v)).map(|(p, _)| p.clone()).collect();
            (self.seen, self.stop) = (now, stop);
        }
    }

    fn click(&mut self, s: &mut Shared, _x: u16, y: u16, area: Rect) -> Vec<DashEffect> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_c_writes_them() {
        let int = |text, size| bytes_of(text, ValueLocation { addr: 0, size, float: false, points: None });
        assert_eq!(int("258", 2), Some(vec![2, 1]));
        assert_eq!(int("-1", 4), Some(vec![0xFF; 4]));
        assert_eq!((int("255", 1), int("256", 1), int("-129", 1)), (Some(vec![255]), None, None));
        assert_eq!(
            (int("'a'", 1), int("true", 1), int("0xffffffffffffffff", 8)),
            (Some(vec![97]), Some(vec![1]), Some(vec![255; 8]))
        );
        let float = |text, size| bytes_of(text, ValueLocation { addr: 0, size, float: true, points: None });
        assert_eq!(float("-1.5", 4), Some((-1.5f32).to_le_bytes().to_vec()));
        assert_eq!(float("1e3", 8), Some(1e3f64.to_le_bytes().to_vec()));
        for bad in ["", "-", "x", "''", "'", "0x", "1.5", "--1", "99999999999999999999"] {
            assert_eq!(int(bad, 4), None, "{bad}");
        }
    }
}
