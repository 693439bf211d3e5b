//! Captured Ethernet and 802.11 frames.

use super::{Pane, PaneId};
use crate::dash::decode::{self, TcpStreamKey};
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, FrameRow, Shared};
use crate::dash::text::{fit, put, say};
use crate::dash::theme::TextRole;
use crate::dash::wire::FrameRecord;
use esplens_debuginfo::filter::Filter;
use esplens_soc::system::{AirInfo, NetFrame};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Minimum height at which the selected frame is decoded by default.
const ROOMY: u16 = 20;

/// The pane's state.
#[derive(Default)]
pub struct Frames {
    /// Number of the selected frame; `None`: the newest.
    chosen: Option<u64>,
    /// Selects whether fields or bytes are shown; `None`: if the pane is high enough.
    open: Option<bool>,
    hex: bool,
    /// Filter: frames that match it in the syntax of `break frame`; else rows with this text.
    filter: String,
    words: Option<Filter>,
    search: String,
    /// Filter for this TCP stream only.
    stream: Option<TcpStreamKey>,
    /// Scroll position of the details, in rows.
    scroll: usize,
}

/// Formats a row for filter, search and clipboard.
fn words(row: &FrameRow) -> String {
    let d = decode::based(&row.frame, row.base);
    let arrow = if row.frame.rx { "in " } else { "out" };
    let ms = row.frame.at as f64 / 480_000.0;
    format!("{:>5} {ms:>11.3} {arrow} {:<6} {} > {}  {}", row.number, d.protocol, d.from, d.to, d.info)
}

/// Formats sixteen bytes per line with offset and text.
fn dump(bytes: &[u8]) -> Vec<String> {
    let line = |(n, row): (usize, &[u8])| {
        let hex: String = row.iter().map(|b| format!("{b:02x} ")).collect();
        let text: String = row
            .iter()
            .map(|b| char::from(*b))
            .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '.' })
            .collect();
        format!("{:04x}  {hex:<48} {text}", n * 16)
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

/// Converts a frame into the form that filters take.
fn frame_of(f: &FrameRecord) -> NetFrame {
    let air = f.air.map(|a| AirInfo { frequency: a.frequency, rate: a.rate, rssi: a.rssi, clear: a.clear });
    NetFrame { at: f.at, to_guest: f.rx, core: f.core, pc: f.pc, bytes: f.bytes.clone(), air }
}

impl Frames {
    fn fits(&self, row: &FrameRow) -> bool {
        if self.stream.is_some_and(|stream| decode::record(&row.frame).stream != Some(stream)) {
            return false;
        }
        if let Some(filter) = &self.words {
            return filter.matches(&frame_of(&row.frame));
        }
        self.filter.is_empty() || words(row).to_lowercase().contains(&self.filter.to_lowercase())
    }

    /// Returns the rows that pass the filter.
    fn rows<'a>(&self, s: &'a Shared) -> Vec<&'a FrameRow> {
        s.frames.iter().filter(|row| self.fits(row)).collect()
    }

    fn at(&self, rows: &[&FrameRow]) -> usize {
        let last = rows.len().saturating_sub(1);
        self.chosen.map_or(last, |n| rows.partition_point(|r| r.number < n).min(last))
    }

    fn row(&self, s: &Shared, row: &FrameRow, width: u16) -> Line<'static> {
        let (d, theme) = (decode::based(&row.frame, row.base), s.theme);
        let (arrow, role) = if row.frame.rx { ("▼", TextRole::First) } else { ("▲", TextRole::Second) };
        let ms = row.frame.at as f64 / 480_000.0;
        let mut spans = vec![
            Span::styled(format!("{:>5} ", row.number), theme.style(TextRole::Dim)),
            Span::styled(format!("{ms:>11.3} "), theme.style(TextRole::Addr)),
            Span::styled(format!("{arrow} {:<7}", d.protocol), theme.style(role)),
        ];
        if width >= 90 {
            spans.push(Span::raw(format!("{} {} ", fit(&d.from, 21), fit(&d.to, 21))));
        }
        let role = match d.protocol {
            "HTTP" | "MQTT" => TextRole::Title,
            _ if d.info.contains("RST") || d.info.contains("unreachable") => TextRole::Bad,
            _ => TextRole::Text,
        };
        spans.push(Span::styled(d.info, theme.style(role)));
        Line::from(spans)
    }

    /// Returns the rows of the selected frame's contents.
    fn inside(&self, s: &Shared, row: &FrameRow) -> Vec<Line<'static>> {
        let style = |role| s.theme.style(role);
        let mut out: Vec<Line> = Vec::new();
        if !self.hex {
            let d = decode::based(&row.frame, row.base);
            out.extend(d.fields.into_iter().map(|f| Line::from(Span::styled(f, style(TextRole::Text)))));
            // Frames bridged by an access point or station have no instruction.
            if !row.frame.rx && row.frame.pc != 0 {
                let text = format!("sent by core {} at {:#010x}", row.frame.core, row.frame.pc);
                out.push(Line::from(Span::styled(text, style(TextRole::Dim))));
            }
        }
        out.extend(
            dump(&row.frame.bytes).into_iter().map(|l| Line::from(Span::styled(l, style(TextRole::Source)))),
        );
        out
    }

    fn search(&mut self, s: &mut Shared) {
        let needle = self.search.to_lowercase();
        let rows = self.rows(s);
        let from = self.at(&rows);
        let order = (0..from).rev().chain((from..rows.len()).rev());
        match order.map(|n| rows[n]).find(|r| words(r).to_lowercase().contains(&needle)) {
            Some(row) => self.chosen = Some(row.number),
            None => s.notify(format!("{:?} not found", self.search)),
        }
    }

    fn opened(&self, area: Rect) -> bool {
        self.open.unwrap_or(area.height >= ROOMY)
    }

    fn split(&self, area: Rect) -> (Rect, Rect) {
        let below = if self.opened(area) { area.height / 2 } else { 0 };
        let list = Rect { height: area.height - below, ..area };
        (list, Rect { y: list.bottom(), height: below, ..area })
    }
}

impl Pane for Frames {
    fn title(&self, s: &Shared) -> String {
        let filter = match (self.filter.as_str(), &self.words) {
            ("", _) => String::new(),
            (words, Some(_)) => format!("  only {words}"),
            (text, None) => format!("  only rows with {text:?}"),
        };
        let end = |(addr, port): (u32, u16)| format!("{}:{port}", std::net::Ipv4Addr::from(addr));
        let stream = self
            .stream
            .map_or(String::new(), |(a, b)| format!("  stream {} - {}, * shows all", end(a), end(b)));
        let all: u64 = s.traffic.iter().chain(&s.air_traffic).map(|t| t.0).sum();
        format!("{all}{filter}{stream}")
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let rows = self.rows(s);
        let (list, below) = self.split(area);
        if rows.is_empty() {
            let text = match s.frames.len() {
                0 => "no frames yet".to_string(),
                n => format!("none of {n} frames: & with nothing shows all, * leaves the stream"),
            };
            say(buf, area, s.theme.style(TextRole::Dim), &text);
            return;
        }
        let chosen = self.at(&rows);
        let height = usize::from(list.height);
        let top = (chosen + 1).saturating_sub(height.max(1));
        for (y, (n, row)) in (0..list.height).zip(rows.iter().enumerate().skip(top)) {
            put(buf, list, y, self.row(s, row, area.width));
            if n == chosen && (focused || self.opened(area)) {
                buf.set_style(Rect { y: list.y + y, height: 1, ..list }, s.theme.style(TextRole::Selected));
            }
        }
        let lines = self.inside(s, rows[chosen]);
        let skip = self.scroll.min(lines.len().saturating_sub(below.height.into()));
        for (y, line) in (0..below.height).zip(lines.into_iter().skip(skip)) {
            put(buf, below, y, line);
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let rows = self.rows(s);
        let (at, page) = (self.at(&rows), usize::from(area.height.max(2)) / 2);
        let to = |n: usize| rows.get(n.min(rows.len().saturating_sub(1))).map(|r| r.number);
        match cmd {
            Cmd::Up => self.chosen = to(at.saturating_sub(1)),
            Cmd::Down => self.chosen = to(at + 1),
            Cmd::PageUp => self.chosen = to(at.saturating_sub(page)),
            Cmd::PageDown => self.chosen = to(at + page),
            Cmd::First => self.chosen = to(0),
            Cmd::Last => self.chosen = None,
            Cmd::Left => self.scroll = self.scroll.saturating_sub(4),
            Cmd::Right => self.scroll = (self.scroll + 4).min(200),
            Cmd::Select => {
                (self.open, self.scroll) = (Some(!self.opened(area)), 0);
                self.chosen = self.chosen.or(to(at));
            }
            Cmd::Cancel => (self.open, self.search) = (Some(false), String::new()),
            Cmd::Follow if self.stream.is_some() => self.stream = None,
            Cmd::Follow => {
                let stream = decode::record(&rows.get(at)?.frame).stream;
                if stream.is_none() {
                    return Some(vec![DashEffect::Notice("this frame belongs to no TCP stream".into())]);
                }
                self.stream = stream;
            }
            Cmd::Hex => (self.hex, self.open) = (!self.hex || !self.opened(area), Some(true)),
            Cmd::Clear => s.frames.clear(),
            Cmd::Filter => {
                return super::ask(PaneId::Frames, cmd, "Only: tcp port 80, arp, subtype beacon, or a text");
            }
            Cmd::Search => return super::ask(PaneId::Frames, cmd, "Search"),
            Cmd::SearchAgain => self.search(s),
            Cmd::Copy => return Some(vec![DashEffect::Copy(words(rows.get(at)?))]),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn answer(&mut self, s: &mut Shared, cmd: Cmd, text: &str) -> Vec<DashEffect> {
        if cmd == Cmd::Filter {
            (self.filter, self.chosen) = (text.into(), None);
            self.words = if text.is_empty() { None } else { text.parse().ok() };
        } else if !text.is_empty() {
            self.search = text.into();
            self.search(s);
        }
        Vec::new()
    }

    fn click(&mut self, s: &mut Shared, _x: u16, y: u16, area: Rect) -> Vec<DashEffect> {
        let rows = self.rows(s);
        let (list, _) = self.split(area);
        let top = (self.at(&rows) + 1).saturating_sub(usize::from(list.height.max(1)));
        if y < list.height {
            self.chosen = rows.get(top + usize::from(y)).map(|r| r.number);
        }
        Vec::new()
    }
}
