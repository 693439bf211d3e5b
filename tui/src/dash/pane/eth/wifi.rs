//! The Wi-Fi MAC in place of the Ethernet controller: channel, filters, transmit slots, receive list, key slots, and
//! the networks on the air.

use super::CELL;
use crate::dash::decode::mac;
use crate::dash::state::{FLASH_MS, Shared};
use crate::dash::text::{bytes, scroll};
use crate::dash::theme::TextRole;
use crate::dash::wire::{KeySample, RxDescSample, WifiSample};
use esplens_soc::dev::radio::mac::rx::desc;
use ratatui::text::{Line, Span};

/// Names of the interfaces.
const INTERFACES: [&str; 2] = ["station", "access point"];

/// The pane's state: the previous sample, for changes.
#[derive(Default)]
pub struct WifiView {
    seen: WifiSample,
    /// Time of the last change of each receive descriptor, in milliseconds; 0: none yet.
    changed: Vec<u64>,
    /// Time of each transmit slot's last change.
    slots: Vec<u64>,
    /// Selected descriptor; `None`: the one that is filled next.
    chosen: Option<usize>,
}

impl WifiView {
    fn flashes(s: &Shared, when: Option<&u64>) -> bool {
        when.is_some_and(|&at| at > 0 && s.clock.saturating_sub(at) < FLASH_MS)
    }

    /// Returns the row with the MAC's own address, channel and traffic.
    fn head(s: &Shared, w: &WifiSample) -> Line<'static> {
        let style = |role| s.theme.style(role);
        let own = w.filters.iter().find_map(|f| f.0).map_or("no address".into(), |a| mac(&a));
        let width = if w.wide { 40 } else { 20 };
        let [rx, tx] = s.air_traffic;
        Line::from(vec![
            Span::styled(own, style(TextRole::Title)),
            Span::styled(
                format!("  channel {} ({} MHz, {width} MHz wide)", w.channel, w.frequency),
                style(TextRole::Active),
            ),
            Span::styled(format!("  ▼ {} frames {}", rx.0, bytes(rx.1)), style(TextRole::First)),
            Span::styled(format!("  ▲ {} frames {}", tx.0, bytes(tx.1)), style(TextRole::Second)),
        ])
    }

    /// Returns the row with the receiver's state, losses and time stamps.
    fn state(s: &Shared, w: &WifiSample) -> Line<'static> {
        let style = |role| s.theme.style(role);
        let receiver =
            if w.receiving { ("receiver on", TextRole::Text) } else { ("receiver off", TextRole::Warn) };
        let promiscuous = if w.promiscuous { "  promiscuous" } else { "" };
        let lost = if w.rx[3] > 0 { TextRole::Bad } else { TextRole::Dim };
        let [station, ap] = w.tsf;
        Line::from(vec![
            Span::styled(receiver.0, style(receiver.1)),
            Span::styled(promiscuous, style(TextRole::Warn)),
            Span::styled(format!("  no descriptor {}", w.rx[3]), style(lost)),
            Span::styled(format!("  TSF station {station} us, access point {ap} us"), style(TextRole::Dim)),
        ])
    }

    /// Returns the rows of the transmit slots.
    fn transmit(&self, s: &Shared, w: &WifiSample) -> Vec<Line<'static>> {
        let title = format!("transmit slots: {} busy", w.slots.iter().filter(|t| !t.is_empty()).count());
        let mut lines = vec![Line::from(Span::styled(title, s.theme.style(TextRole::Second)))];
        lines.extend(w.slots.iter().enumerate().map(|(n, text)| {
            let role = match (Self::flashes(s, self.slots.get(n)), text.is_empty()) {
                (true, _) => TextRole::Flash,
                (_, true) => TextRole::Dim,
                _ => TextRole::Active,
            };
            let text = if text.is_empty() { "idle" } else { text };
            Line::from(Span::styled(format!(" {n} {text}"), s.theme.style(role)))
        }));
        lines
    }

    /// Formats a receive descriptor: address, owner, length, buffer size, buffer.
    fn descriptor(&self, s: &Shared, w: &WifiSample, n: usize, focused: bool) -> Span<'static> {
        let RxDescSample { at, flags, buffer } = w.desc[n];
        let (next, owned) = (at == w.rx[1], flags & desc::OWNER != 0);
        let role = match (Self::flashes(s, self.changed.get(n)), next, owned) {
            (true, ..) => TextRole::Flash,
            _ if focused && self.chosen == Some(n) => TextRole::Selected,
            (_, true, _) => TextRole::Active,
            (.., true) => TextRole::Owned,
            _ => TextRole::Dim,
        };
        let (mark, owner) = (if next { "▶" } else { " " }, if owned { "MAC" } else { "cpu" });
        let (length, size) = (flags >> desc::LENGTH & 0xFFF, flags & desc::SIZE);
        let end = if flags & desc::EOF != 0 { "EOF" } else { "" };
        let text = format!("{mark}{at:08x} {owner} {length:>4}/{size:<4} {buffer:08x} {end}");
        Span::styled(format!("{text:<width$}", width = CELL as usize), s.theme.style(role))
    }

    fn receive(&self, s: &Shared, w: &WifiSample, width: u16, focused: bool) -> Vec<Line<'static>> {
        let owned = w.desc.iter().filter(|d| d.flags & desc::OWNER != 0).count();
        let [base, next, last, _] = w.rx;
        let title = format!(
            "receive list: {owned} of {} descriptors are the MAC's, base {base:08x}, next {next:08x}, last {last:08x}",
            w.desc.len()
        );
        let mut lines = vec![Line::from(Span::styled(title, s.theme.style(TextRole::First)))];
        let all: Vec<usize> = (0..w.desc.len()).collect();
        let row = |row: &[usize]| {
            Line::from(row.iter().map(|n| self.descriptor(s, w, *n, focused)).collect::<Vec<_>>())
        };
        lines.extend(all.chunks(columns(width)).map(row));
        lines
    }

    /// Returns the rows of address filters and key slots; never a key.
    fn filters(s: &Shared, w: &WifiSample) -> Vec<Line<'static>> {
        let style = |role| s.theme.style(role);
        let row = |name: String, text: String, role| {
            Line::from(vec![
                Span::styled(format!("{name:<20}"), style(TextRole::Name)),
                Span::styled(text, style(role)),
            ])
        };
        let address = |a: Option<[u8; 6]>| a.map_or_else(|| "off".into(), |a| mac(&a));
        let mut lines: Vec<Line> = w
            .filters
            .iter()
            .zip(INTERFACES)
            .map(|((receiver, bssid), name)| {
                let role = if receiver.is_some() { TextRole::Text } else { TextRole::Dim };
                let text = format!("receiver {}  BSSID {}", address(*receiver), address(*bssid));
                row(format!("filter {name}"), text, role)
            })
            .collect();
        lines.extend(w.keys.iter().map(|k| row(format!("key slot {}", k.slot), key_text(k), TextRole::Text)));
        if w.keys.is_empty() {
            lines.push(row("key slots".into(), "none enabled".into(), TextRole::Dim));
        }
        lines
    }

    /// Returns all rows.
    pub fn lines(&self, s: &Shared, w: &WifiSample, width: u16, focused: bool) -> Vec<Line<'static>> {
        let dim = |text: &str| Line::from(Span::styled(text.to_string(), s.theme.style(TextRole::Dim)));
        let mut lines = Vec::new();
        if w.enabled {
            lines.extend([Self::head(s, w), Self::state(s, w)]);
            lines.extend(self.transmit(s, w));
            lines.extend(self.receive(s, w, width, focused));
            lines.extend(Self::filters(s, w));
        } else {
            lines.push(dim("the firmware has not started the Wi-Fi MAC"));
        }
        lines.push(Line::from(Span::styled("on the air", s.theme.style(TextRole::First))));
        if w.air.is_empty() {
            lines.push(dim(" nobody yet"));
        }
        let peer =
            |text: &String| Line::from(Span::styled(format!(" {text}"), s.theme.style(TextRole::Text)));
        lines.extend(w.air.iter().map(peer));
        lines
    }

    fn place(&self, w: &WifiSample) -> usize {
        let next = || w.desc.iter().position(|d| d.at == w.rx[1]).unwrap_or(0);
        self.chosen.unwrap_or_else(next)
    }

    /// Returns the selected descriptor.
    pub fn chosen<'a>(&self, w: &'a WifiSample) -> Option<&'a RxDescSample> {
        w.desc.get(self.place(w))
    }

    /// Moves the selection by a number of descriptors. Returns the scroll position that makes it visible.
    pub fn choose(&mut self, w: &WifiSample, by: isize, top: usize, (width, height): (u16, u16)) -> usize {
        let to = self.place(w).saturating_add_signed(by).min(w.desc.len().saturating_sub(1));
        self.chosen = Some(to);
        // Two rows of counters, the slots under their heading, the list's heading.
        let line = 4 + w.slots.len() + to / columns(width);
        scroll(top, line, usize::from(height.max(1)))
    }

    /// Clears the selection.
    pub fn cancel(&mut self) {
        self.chosen = None;
    }

    /// Records the changes in a new sample.
    pub fn sampled(&mut self, s: &Shared) {
        let Some(w) = &s.sample.wifi else { return };
        let now = s.clock.max(1);
        let was = |at: u32| self.seen.desc.iter().find(|d| d.at == at);
        let before: Vec<u64> = w
            .desc
            .iter()
            .map(|d| {
                let place = self.seen.desc.iter().position(|x| x.at == d.at);
                let changed = was(d.at).is_some_and(|x| x != d);
                let old = place.and_then(|n| self.changed.get(n)).copied().unwrap_or(0);
                if changed { now } else { old }
            })
            .collect();
        self.slots.resize(w.slots.len(), 0);
        for (n, (was, is)) in self.seen.slots.iter().zip(&w.slots).enumerate() {
            if was != is {
                self.slots[n] = now;
            }
        }
        (self.changed, self.seen) = (before, w.clone());
    }
}

/// Returns the number of descriptors in a row.
fn columns(width: u16) -> usize {
    usize::from((width / CELL).max(1))
}

/// Describes a key slot without its key.
fn key_text(k: &KeySample) -> String {
    let algorithm = match k.algorithm {
        1 => "WEP",
        2 => "TKIP",
        3 => "CCMP",
        _ => "unknown",
    };
    let kind = match (k.pairwise, k.group) {
        (true, true) => "pairwise and group",
        (_, true) => "group",
        _ => "pairwise",
    };
    let interface = INTERFACES.get(usize::from(k.interface)).copied().unwrap_or("?");
    format!("{algorithm} {kind}, peer {}, key id {}, {interface}", mac(&k.peer), k.key_id)
}
