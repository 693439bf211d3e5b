//! Memory contents as bytes.

use super::{Pane, PaneId};
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, FLASH_MS, Shared};
use crate::dash::text::{number, put};
use crate::dash::theme::TextRole;
use crate::dash::wire::{Action, MemQuery, Query, Reply};
use crossterm::event::{KeyCode, KeyEvent};
use esplens_soc::map;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Initial address if no stack is known: the start of the application's data RAM. The ROM uses the 8 KiB before it.
const START: u32 = map::SRAM2.start + 0x2000;
/// Label of the input for Go to.
pub const GOTO: &str = "Go to: address, symbol, register, expression";
/// Maximum number of earlier addresses to go back to.
const MAX_BACK: usize = 64;

/// The pane's state.
pub struct MemoryPane {
    /// First byte shown.
    addr: u32,
    /// Address of the selected byte.
    cursor: u32,
    /// Core and number of the stop whose stack pointer is shown, until an address is chosen.
    stack: Option<(usize, u64)>,
    /// The user or another pane has chosen an address.
    chosen: bool,
    back: Vec<u32>,
    /// First digit of a byte being typed, while editing.
    edit: Option<Option<u8>>,
    seen: Seen,
    pattern: Vec<u8>,
}

/// Bytes shown earlier, for changes.
#[derive(Default)]
struct Seen {
    addr: u32,
    bytes: Vec<u8>,
    /// Time of each byte's last change, in milliseconds; 0: none yet.
    when: Vec<u64>,
    /// The bytes at the current or last stop, and which of them differed from the stop before.
    at_stop: Vec<u8>,
    changed: Vec<bool>,
    stop: u64,
}

impl Default for MemoryPane {
    fn default() -> Self {
        Self {
            addr: START,
            cursor: START,
            stack: None,
            chosen: false,
            back: Vec::new(),
            edit: None,
            seen: Seen::default(),
            pattern: Vec::new(),
        }
    }
}

/// Columns of a row: address, bytes in groups of four, text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    /// Number of bytes.
    bytes: u32,
    /// Spaces between the bytes of a group.
    spaced: bool,
}

impl Columns {
    /// Returns the most bytes that fit, with spaces between them if these fit as well.
    fn of(width: u16) -> Self {
        let all =
            [32, 16, 8].into_iter().flat_map(|bytes| [true, false].map(|spaced| Self { bytes, spaced }));
        all.into_iter().find(|c| c.width() <= width).unwrap_or(Self { bytes: 4, spaced: true })
    }

    /// Returns the width of a group of four bytes, with the space before it.
    fn group(self) -> u16 {
        if self.spaced { 13 } else { 9 }
    }

    /// Returns the column of the text.
    fn text(self) -> u16 {
        10 + self.bytes as u16 / 4 * self.group()
    }

    fn width(self) -> u16 {
        self.text() + self.bytes as u16
    }

    /// Returns the number of the byte at a column, as hexadecimal number or as text.
    fn byte_at(self, x: u16) -> u32 {
        let byte = match x.checked_sub(self.text()) {
            Some(n) => n.into(),
            None => {
                let column = x.saturating_sub(10);
                let (group, within) = (column / self.group(), column % self.group());
                u32::from(group * 4 + (within / if self.spaced { 3 } else { 2 }).min(3))
            }
        };
        byte.min(self.bytes - 1)
    }
}

/// Returns the number of bytes in a row.
fn per_row(width: u16) -> u32 {
    Columns::of(width).bytes
}

/// Parses bytes to search for: `"text"`, or hex digits.
fn pattern(text: &str) -> Option<Vec<u8>> {
    if let Some(text) = text.strip_prefix('"') {
        return Some(text.trim_end_matches('"').as_bytes().to_vec()).filter(|p| !p.is_empty());
    }
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}

impl MemoryPane {
    fn bytes<'a>(&self, s: &'a Shared) -> &'a [u8] {
        s.sample.mem.iter().find(|m| m.addr == self.addr).map_or(&[], |m| &m.bytes)
    }

    fn byte(&self, s: &Shared, addr: u32) -> Option<u8> {
        self.bytes(s).get(addr.checked_sub(self.addr)? as usize).copied()
    }

    /// Returns the word that contains the cursor.
    fn word(&self, s: &Shared) -> Option<u32> {
        let at = self.cursor & !3;
        let bytes: Option<Vec<u8>> = (0..4).map(|n| self.byte(s, at.wrapping_add(n))).collect();
        Some(u32::from_le_bytes(bytes?.try_into().ok()?))
    }

    fn go(&mut self, addr: u32) {
        if self.back.len() >= MAX_BACK {
            self.back.remove(0);
        }
        self.back.push(self.addr);
        self.chosen = true;
        (self.addr, self.cursor) = (addr & !15, addr);
    }

    fn walk(&mut self, by: i64, area: Rect) {
        let row = per_row(area.width);
        self.chosen = true;
        let to = (i64::from(self.cursor) + by).clamp(0, i64::from(u32::MAX)) as u32;
        self.cursor = to;
        let shown = row * u32::from(area.height.max(1));
        if to < self.addr {
            self.addr -= (self.addr - to).div_ceil(row) * row;
        } else if u64::from(to) >= u64::from(self.addr) + u64::from(shown) {
            self.addr += ((to - self.addr - shown) / row + 1) * row;
        }
    }

    fn find(&self, s: &Shared) -> Vec<DashEffect> {
        let from = self.cursor.wrapping_add(1);
        let action = Action::Find(s.core & 1, from, self.pattern.clone());
        vec![DashEffect::Notice("searching".into()), DashEffect::Act(Some(PaneId::Memory), action)]
    }

    /// Processes a hexadecimal digit typed while editing. `high` is the byte's first digit, if typed already.
    fn digit(&mut self, s: &Shared, c: char, high: Option<u8>, area: Rect) -> Vec<DashEffect> {
        let Some(low) = c.to_digit(16).map(|d| d as u8) else { return Vec::new() };
        let Some(high) = high else {
            self.edit = Some(Some(low));
            return Vec::new();
        };
        let at = self.cursor;
        self.edit = Some(None);
        self.walk(1, area);
        vec![DashEffect::Act(Some(PaneId::Memory), Action::Write(s.core & 1, at, vec![high << 4 | low]))]
    }

    /// Shows the stack of the selected core at each stop, and once before the first stop, until an address is chosen.
    fn follow_stack(&mut self, s: &Shared) {
        let stop = s.sample.stop.as_ref().map_or(0, |stop| stop.number);
        let place = Some((s.core, stop));
        let wanted = if s.sample.running { self.stack.is_none() } else { self.stack != place };
        let sp = s.cpu().map_or(0, |cpu| cpu.a(1));
        if !self.chosen && wanted && map::is_data(sp) {
            (self.addr, self.cursor, self.stack) = (sp & !15, sp, place);
        }
    }

    fn row(&self, s: &Shared, at: u32, columns: Columns, focused: bool) -> Line<'static> {
        let theme = s.theme;
        let mut spans = vec![Span::styled(format!("{at:08x} "), theme.style(TextRole::Addr))];
        let mut text = Vec::new();
        for addr in (0..columns.bytes).filter_map(|n| at.checked_add(n)) {
            let byte = self.byte(s, addr);
            let index = addr.wrapping_sub(self.seen.addr) as usize;
            let when = self.seen.when.get(index).copied().unwrap_or(0);
            let changed = self.seen.changed.get(index) == Some(&true);
            let flash = when > 0 && s.clock.saturating_sub(when) < FLASH_MS;
            let role = match (byte, flash) {
                _ if focused && addr == self.cursor => TextRole::Selected,
                (_, true) => TextRole::Flash,
                _ if changed => TextRole::Changed,
                (Some(0) | None, _) => TextRole::Dim,
                _ => TextRole::Text,
            };
            let gap = if addr % 4 == 0 { " " } else { "" };
            let hex = match (byte, self.edit) {
                (_, Some(Some(digit))) if addr == self.cursor => format!("{digit:x}_"),
                (Some(byte), _) => format!("{byte:02x}"),
                (None, _) => "--".into(),
            };
            spans.push(Span::raw(gap));
            spans.push(Span::styled(hex, theme.style(role)));
            if columns.spaced {
                spans.push(Span::raw(" "));
            }
            let c = byte.map(char::from).filter(|c| c.is_ascii_graphic() || *c == ' ').unwrap_or('.');
            text.push(Span::styled(c.to_string(), theme.style(role)));
        }
        spans.push(Span::raw(" "));
        spans.extend(text);
        Line::from(spans)
    }
}

impl Pane for MemoryPane {
    fn title(&self, s: &Shared) -> String {
        let word = self.word(s).map_or(String::new(), |w| format!("  word {w:#010x} {w}"));
        let edit = if self.edit.is_some() { "  editing, Esc ends" } else { "" };
        let stack = match self.stack {
            Some((core, _)) if !self.chosen => format!("  stack of core {core}"),
            _ => String::new(),
        };
        format!("{:#010x}{word}{stack}{edit}", self.cursor)
    }

    fn add_query(&self, s: &Shared, area: Rect, query: &mut Query) {
        let len = per_row(area.width) * u32::from(area.height);
        query.cpu |= !self.chosen && self.stack.is_none();
        query.mem.push(MemQuery { core: s.core & 1, addr: self.addr, len });
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let columns = Columns::of(area.width);
        for y in 0..area.height {
            if let Some(at) = self.addr.checked_add(u32::from(y) * columns.bytes) {
                put(buf, area, y, self.row(s, at, columns, focused));
            }
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let row = i64::from(per_row(area.width));
        let page = row * (i64::from(area.height.max(2)) - 1);
        let ask = |label| super::ask(PaneId::Memory, cmd, label);
        match cmd {
            Cmd::Up => self.walk(-row, area),
            Cmd::Down => self.walk(row, area),
            Cmd::Left => self.walk(-1, area),
            Cmd::Right => self.walk(1, area),
            Cmd::PageUp => self.walk(-page, area),
            Cmd::PageDown => self.walk(page, area),
            Cmd::Goto => return ask(GOTO),
            Cmd::Search => return ask("Find: hex bytes or \"text\""),
            Cmd::SearchAgain if !self.pattern.is_empty() => return Some(self.find(s)),
            Cmd::Follow | Cmd::Select => {
                let to = self.word(s)?;
                self.go(to);
            }
            Cmd::Back => {
                if let Some(addr) = self.back.pop() {
                    (self.addr, self.cursor) = (addr, addr);
                }
            }
            Cmd::Edit => (self.edit, self.chosen) = (Some(None), true),
            Cmd::WatchPoint => {
                return Some(vec![DashEffect::Act(None, Action::Watch(self.cursor & !3, 4, String::new()))]);
            }
            Cmd::Copy => {
                let from = self.cursor.checked_sub(self.addr)? as usize & !15;
                let bytes = self.bytes(s).iter().skip(from).take(16);
                return Some(vec![DashEffect::Copy(bytes.map(|b| format!("{b:02x} ")).collect::<String>())]);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn typing(&self) -> bool {
        self.edit.is_some()
    }

    fn key(&mut self, s: &mut Shared, key: KeyEvent, area: Rect) -> Vec<DashEffect> {
        let row = i64::from(per_row(area.width));
        let by = match key.code {
            KeyCode::Left => -1,
            KeyCode::Right => 1,
            KeyCode::Up => -row,
            KeyCode::Down => row,
            _ => 0,
        };
        match (key.code, self.edit) {
            (KeyCode::Esc | KeyCode::Enter, _) => self.edit = None,
            // Deletes the typed digit, else moves a byte back.
            (KeyCode::Backspace, Some(Some(_))) => self.edit = Some(None),
            (KeyCode::Backspace, _) => self.walk(-1, area),
            (KeyCode::Char(c), Some(high)) => return self.digit(s, c, high, area),
            _ if by != 0 => {
                self.edit = Some(None);
                self.walk(by, area);
            }
            _ => {}
        }
        Vec::new()
    }

    fn answer(&mut self, s: &mut Shared, cmd: Cmd, text: &str) -> Vec<DashEffect> {
        if text.is_empty() {
            return Vec::new();
        }
        if cmd == Cmd::Search {
            let Some(bytes) = pattern(text) else {
                return vec![DashEffect::Notice("hex bytes or \"text\"".into())];
            };
            self.pattern = bytes;
            return self.find(s);
        }
        match number(text) {
            Some(addr) => self.go(addr),
            None => {
                return vec![DashEffect::Act(
                    Some(PaneId::Memory),
                    Action::Address(text.into(), s.context()),
                )];
            }
        }
        Vec::new()
    }

    fn reply(&mut self, s: &mut Shared, reply: &Reply) -> Vec<DashEffect> {
        match reply.addr {
            Some(addr) => {
                s.notice = None;
                self.go(addr);
            }
            None if !reply.text.is_empty() => s.notify(reply.text.trim()),
            None => {}
        }
        Vec::new()
    }

    fn sampled(&mut self, s: &Shared) {
        self.follow_stack(s);
        let bytes = self.bytes(s);
        if bytes.is_empty() {
            return;
        }
        let (seen, stop) = (&mut self.seen, s.sample.stop.as_ref().map_or(0, |stop| stop.number));
        if seen.addr != self.addr || seen.bytes.len() != bytes.len() {
            *seen = Seen {
                addr: self.addr,
                bytes: bytes.to_vec(),
                when: vec![0; bytes.len()],
                at_stop: bytes.to_vec(),
                changed: vec![false; bytes.len()],
                stop,
            };
            return;
        }
        for ((was, now), when) in seen.bytes.iter_mut().zip(bytes).zip(&mut seen.when) {
            if was != now {
                (*was, *when) = (*now, s.clock.max(1));
            }
        }
        // Compares with the last stop; bytes marked at a stop stay marked until the machine continues.
        let fresh = s.sample.running || stop != seen.stop;
        for ((now, before), changed) in bytes.iter().zip(&seen.at_stop).zip(&mut seen.changed) {
            *changed = now != before || (*changed && !fresh);
        }
        if !s.sample.running && stop != seen.stop {
            (seen.at_stop, seen.stop) = (bytes.to_vec(), stop);
        }
    }

    fn click(&mut self, _s: &mut Shared, x: u16, y: u16, area: Rect) -> Vec<DashEffect> {
        let columns = Columns::of(area.width);
        self.chosen = true;
        self.cursor = self.addr.saturating_add(u32::from(y) * columns.bytes + columns.byte_at(x));
        Vec::new()
    }

    fn show(&mut self, addr: u32) {
        self.go(addr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_hex_or_text() {
        assert_eq!(pattern("de ad BEEF"), Some(vec![0xDE, 0xAD, 0xBE, 0xEF]));
        assert_eq!(pattern("\"ab c\""), Some(b"ab c".to_vec()));
        for bad in ["", "\"", "abc", "zz", "é1"] {
            assert_eq!(pattern(bad), None, "{bad}");
        }
    }

    #[test]
    fn rows_have_as_many_bytes_as_fit() {
        let rows = [43, 44, 61, 62, 78, 113, 114, 145, 146].map(|w| (per_row(w), Columns::of(w).spaced));
        assert_eq!(
            rows,
            [
                (8, false),
                (8, true),
                (8, true),
                (16, false),
                (16, true),
                (16, true),
                (32, false),
                (32, false),
                (32, true)
            ]
        );
        for width in [36, 44, 62, 78, 114, 146] {
            let c = Columns::of(width);
            assert_eq!(c.width(), width);
            assert_eq!((0..c.bytes).map(|n| c.byte_at(c.text() + n as u16)).max(), Some(c.bytes - 1));
            assert_eq!(
                [c.byte_at(0), c.byte_at(10), c.byte_at(10 + c.group()), c.byte_at(999)],
                [0, 0, 4, c.bytes - 1]
            );
        }
    }

    #[test]
    fn the_cursor_stays_in_view_and_in_the_address_space() {
        let area = Rect::new(0, 0, 80, 10);
        let mut m = MemoryPane::default();
        for by in [-1, 1, 16, -16, 500, -500, i64::from(u32::MAX), -i64::from(u32::MAX)] {
            m.walk(by, area);
            let shown = u64::from(m.addr)..u64::from(m.addr) + 160;
            assert!(shown.contains(&u64::from(m.cursor)), "{by}: {:#x} {:#x}", m.addr, m.cursor);
        }
    }
}
