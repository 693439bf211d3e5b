//! The Ethernet controller, or the Wi-Fi MAC.

mod emac;
mod fields;
mod wifi;

use super::{Pane, PaneId};
use crate::dash::decode;
use crate::dash::keys::Cmd;
use crate::dash::state::{DashEffect, FLASH_MS, Shared};
use crate::dash::text::{bytes, moved, put, scroll, words};
use crate::dash::theme::TextRole;
use crate::dash::wire::{EthSample, Query, WifiSample};
use esplens_soc::dev::eth::spec::{rx_bd, tx_bd};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::VecDeque;
use wifi::WifiView;

/// Interval in milliseconds over which throughput is averaged.
const WINDOW_MS: u64 = 2000;
/// Columns of one descriptor.
const CELL: u16 = 38;

/// The pane's state: the previous sample, for changes, and recent traffic.
#[derive(Default)]
pub struct EthPane {
    seen: EthSample,
    /// Time of each descriptor's last change, in milliseconds; 0: none yet.
    changed: Vec<u64>,
    /// Time of each register's last change, in milliseconds; 0: none yet.
    regs: Vec<u64>,
    /// Recent traffic: time, and frames and bytes to the guest and from it.
    rates: VecDeque<(u64, [(u64, u64); 2])>,
    top: usize,
    /// Selected descriptor; `None`: the one that is filled next.
    chosen: Option<usize>,
    /// Selects whether the Wi-Fi MAC is shown; `None`: if it is the one in use.
    medium: Option<bool>,
    wifi: WifiView,
}

impl EthPane {
    fn flashes(&self, s: &Shared, when: Option<&u64>) -> bool {
        when.is_some_and(|&at| at > 0 && s.clock.saturating_sub(at) < FLASH_MS)
    }

    /// Returns the Wi-Fi MAC if it is to be shown: by the user's choice, or because it is enabled and Ethernet is not
    /// used.
    fn radio<'a>(&self, s: &'a Shared) -> Option<&'a WifiSample> {
        let wifi = s.sample.wifi.as_ref()?;
        let used = |eth: &EthSample| match &eth.emac {
            Some(emac) => emac.current != [0, 0],
            None => eth.openeth && eth.desc.iter().any(|d| *d != (0, 0)),
        };
        let by_itself = wifi.enabled && !s.sample.eth.as_ref().is_some_and(used);
        self.medium.unwrap_or(by_itself).then_some(wifi)
    }

    /// Executes a command while the Wi-Fi MAC is shown. Returns `None` for commands that both MACs share.
    fn radio_command(&mut self, w: &WifiSample, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let size = (area.width, area.height);
        match cmd {
            Cmd::Select | Cmd::Follow => {
                let buffer = self.wifi.chosen(w)?.buffer;
                return Some(vec![DashEffect::Show(PaneId::Memory, buffer)]);
            }
            Cmd::Copy => {
                let d = self.wifi.chosen(w)?;
                return Some(vec![DashEffect::Copy(format!(
                    "{:#010x} {:#010x} {:#010x}",
                    d.at, d.flags, d.buffer
                ))]);
            }
            Cmd::Left => self.top = self.wifi.choose(w, -1, self.top, size),
            Cmd::Right => self.top = self.wifi.choose(w, 1, self.top, size),
            Cmd::Cancel => self.wifi.cancel(),
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Returns INT_SOURCE and INT_MASK, and the registers that are not 0.
    fn registers(&self, s: &Shared, eth: &EthSample, width: u16) -> Vec<Line<'static>> {
        let columns = usize::from(width / 60).clamp(1, 3);
        let shown: Vec<(usize, &(String, u32))> = eth
            .regs
            .iter()
            .enumerate()
            .filter(|(_, (name, value))| *value != 0 || matches!(name.as_str(), "INT_SOURCE" | "INT_MASK"))
            .filter(|(_, (name, _))| !name.starts_with("MAC_ADDR") && !name.starts_with("IPG"))
            .collect();
        let cell = |(n, (name, value)): &(usize, &(String, u32))| {
            let role = if self.flashes(s, self.regs.get(*n)) { TextRole::Flash } else { TextRole::Text };
            let text = fields::register(name, *value);
            vec![
                Span::styled(format!("{name:<11}"), s.theme.style(TextRole::Name)),
                Span::styled(format!("{value:08x}"), s.theme.style(role)),
                Span::styled(format!(" {text:<38}"), s.theme.style(TextRole::Dim)),
            ]
        };
        shown.chunks(columns).map(|row| Line::from(row.iter().flat_map(cell).collect::<Vec<_>>())).collect()
    }

    fn head(&self, s: &Shared, eth: &EthSample) -> Line<'static> {
        let mac = decode::mac(&eth.mac);
        let [rx, tx] = s.traffic;
        let style = |role| s.theme.style(role);
        let rate = |n: usize| {
            let (a, b) = (self.rates.front(), self.rates.back());
            let (Some((t0, a)), Some((t1, b))) = (a, b) else { return 0 };
            (b[n].1.saturating_sub(a[n].1)) * 1000 / (t1 - t0).max(1)
        };
        let line = vec![
            Span::styled(mac, style(TextRole::Title)),
            Span::styled(
                format!("  ▼ {} frames {} {}/s", rx.0, bytes(rx.1), bytes(rate(0))),
                style(TextRole::First),
            ),
            Span::styled(
                format!("  ▲ {} frames {} {}/s", tx.0, bytes(tx.1), bytes(rate(1))),
                style(TextRole::Second),
            ),
        ];
        Line::from(line)
    }

    /// Formats the counters of frames that wait or were lost.
    fn losses(&self, s: &Shared, eth: &EthSample) -> Line<'static> {
        let count = |n: u64, what: &str, role| {
            let role = if n > 0 { role } else { TextRole::Dim };
            Span::styled(format!("{what} {n}  "), s.theme.style(role))
        };
        let [missed, lost] = eth.lost;
        Line::from(vec![
            count(missed + lost, "dropped", TextRole::Bad),
            count(missed, "no descriptor", TextRole::Bad),
            count(lost, "too short, receiver off or queue full", TextRole::Bad),
            count(eth.waiting as u64, "waiting", TextRole::Warn),
        ])
    }

    /// Returns the descriptors of a ring that are shown: those that were never used are omitted.
    fn shown(eth: &EthSample, tx: bool) -> Vec<usize> {
        let border = (eth.tx_num as usize).min(eth.desc.len());
        let range = if tx { 0..border } else { border..eth.desc.len() };
        range.filter(|i| eth.desc[*i] != (0, 0)).collect()
    }

    fn chosen(&self, eth: &EthSample) -> usize {
        self.chosen.unwrap_or(eth.rx_next as usize)
    }

    /// Moves the selection by a number of descriptors, and scrolls to its row.
    fn choose(&mut self, eth: &EthSample, by: isize, area: Rect) {
        let (tx, rx) = (Self::shown(eth, true), Self::shown(eth, false));
        let all = [&tx[..], &rx[..]].concat();
        let at = all.iter().position(|i| *i == self.chosen(eth)).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(all.len().saturating_sub(1));
        self.chosen = all.get(to).copied();
        // Two rows of counters, then each ring under its heading.
        let columns = usize::from((area.width / CELL).max(1));
        let line = match to.checked_sub(tx.len()) {
            None => 3 + to / columns,
            Some(n) => 4 + tx.len().div_ceil(columns) + n / columns,
        };
        self.top = scroll(self.top, line, usize::from(area.height.max(1)));
    }

    /// Formats a descriptor: number, owner, length, status, address.
    fn descriptor(&self, s: &Shared, eth: &EthSample, i: usize, focused: bool) -> Vec<Span<'static>> {
        let tx = (i as u32) < eth.tx_num;
        let (word, addr) = eth.desc[i];
        let next = i as u32 == if tx { eth.tx_next } else { eth.rx_next };
        let owned = word & if tx { tx_bd::RD } else { rx_bd::E } != 0;
        let role = match (self.flashes(s, self.changed.get(i)), next, owned) {
            (true, ..) => TextRole::Flash,
            _ if focused && self.chosen == Some(i) => TextRole::Selected,
            (_, true, _) => TextRole::Active,
            (.., true) => TextRole::Owned,
            _ => TextRole::Dim,
        };
        let owner = if owned { "MAC" } else { "cpu" };
        let status = fields::descriptor(word, tx);
        let mark = if next { "▶" } else { " " };
        let text = format!("{mark}{i:>3} {owner} {:>5} {addr:08x} {status}", word >> 16);
        vec![Span::styled(format!("{text:<width$}", width = CELL as usize), s.theme.style(role))]
    }

    /// Returns the rows of a ring, with as many descriptors per row as fit.
    fn ring(&self, s: &Shared, eth: &EthSample, tx: bool, width: u16, focused: bool) -> Vec<Line<'static>> {
        let shown = Self::shown(eth, tx);
        let border = (eth.tx_num as usize).min(eth.desc.len());
        let size = if tx { border } else { eth.desc.len() - border };
        let columns = usize::from((width / CELL).max(1));
        let (name, role) = if tx { ("transmit", TextRole::Second) } else { ("receive", TextRole::First) };
        let next = if tx { eth.tx_next } else { eth.rx_next };
        let title = format!("{name} ring: {} of {} descriptors in use, next {next}", shown.len(), size);
        let mut lines = vec![Line::from(Span::styled(title, s.theme.style(role)))];
        let row = |row: &[usize]| {
            Line::from(row.iter().flat_map(|i| self.descriptor(s, eth, *i, focused)).collect::<Vec<_>>())
        };
        lines.extend(shown.chunks(columns).map(row));
        lines
    }

    fn lines(&self, s: &Shared, width: u16, focused: bool) -> Vec<Line<'static>> {
        let dim = |text: &str| {
            let line = |text| Line::from(Span::styled(text, s.theme.style(TextRole::Dim)));
            words(text, width.into()).into_iter().map(line).collect()
        };
        if let Some(wifi) = self.radio(s) {
            return self.wifi.lines(s, wifi, width, focused);
        }
        let Some(eth) = &s.sample.eth else { return Vec::new() };
        if let Some(mac) = &eth.emac {
            return [vec![self.head(s, eth)], self.emac_lines(s, eth, mac, width, &dim)].concat();
        }
        let mut lines = vec![self.head(s, eth), self.losses(s, eth)];
        lines.extend(self.ring(s, eth, true, width, focused));
        lines.extend(self.ring(s, eth, false, width, focused));
        lines.extend(self.registers(s, eth, width));
        lines
    }
}

/// Returns the next descriptor of the same ring.
fn after(eth: &EthSample, i: u32) -> u32 {
    let tx = i < eth.tx_num;
    let wraps = eth.desc.get(i as usize).is_none_or(|d| d.0 & if tx { tx_bd::WR } else { rx_bd::WR } != 0);
    match (wraps, tx) {
        (true, true) => 0,
        (true, false) => eth.tx_num,
        _ => i + 1,
    }
}

impl Pane for EthPane {
    fn heading(&self, s: &Shared) -> Option<&'static str> {
        self.radio(s).map(|_| "Wi-Fi")
    }

    fn title(&self, s: &Shared) -> String {
        if let Some(wifi) = self.radio(s) {
            let [status, mask] = wifi.interrupts;
            return if status & mask != 0 { "interrupt up".into() } else { String::new() };
        }
        let pending = s.sample.eth.as_ref().and_then(|e| {
            let of = |name| e.regs.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
            let emac = || Some(of("DMASTATUS")? & of("DMAIN_EN")?);
            of("INT_SOURCE").zip(of("INT_MASK")).map(|(source, mask)| source & mask).or_else(emac)
        });
        if pending.unwrap_or(0) != 0 { "interrupt up".into() } else { String::new() }
    }

    fn add_query(&self, _s: &Shared, _area: Rect, query: &mut Query) {
        (query.eth, query.wifi) = (true, true);
    }

    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool) {
        let lines = self.lines(s, area.width, focused);
        let top = self.top.min(lines.len().saturating_sub(usize::from(area.height)));
        for (y, line) in (0..area.height).zip(lines.into_iter().skip(top)) {
            put(buf, area, y, line);
        }
    }

    fn command(&mut self, s: &mut Shared, cmd: Cmd, area: Rect) -> Option<Vec<DashEffect>> {
        let page = usize::from(area.height.max(2)) - 1;
        let most = self.lines(s, area.width, false).len().saturating_sub(usize::from(area.height));
        if cmd == Cmd::Medium {
            (self.medium, self.top) = (Some(self.radio(s).is_none()), 0);
            return Some(Vec::new());
        }
        if let Some(wifi) = self.radio(s)
            && let Some(effects) = self.radio_command(wifi, cmd, area)
        {
            return Some(effects);
        }
        match (cmd, s.sample.eth.as_ref()) {
            (Cmd::Select | Cmd::Follow, Some(eth)) => {
                let addr = eth.desc.get(self.chosen(eth))?.1;
                return Some(vec![DashEffect::Show(PaneId::Memory, addr)]);
            }
            (Cmd::Copy, Some(eth)) => {
                let (word, addr) = eth.desc.get(self.chosen(eth))?;
                return Some(vec![DashEffect::Copy(format!("{word:#010x} {addr:#010x}"))]);
            }
            (Cmd::Left, Some(eth)) => self.choose(eth, -1, area),
            (Cmd::Right, Some(eth)) => self.choose(eth, 1, area),
            (Cmd::Cancel, _) => self.chosen = None,
            _ => {}
        }
        if matches!(cmd, Cmd::Left | Cmd::Right | Cmd::Cancel) {
            return Some(Vec::new());
        }
        self.top = moved(cmd, self.top, page, most)?;
        Some(Vec::new())
    }

    fn sampled(&mut self, s: &Shared) {
        self.wifi.sampled(s);
        let Some(eth) = &s.sample.eth else { return };
        self.rates.push_back((s.clock, s.traffic));
        while self.rates.front().is_some_and(|(at, _)| s.clock.saturating_sub(*at) > WINDOW_MS) {
            self.rates.pop_front();
        }
        if *eth == self.seen {
            return;
        }
        let now = s.clock.max(1);
        self.changed.resize(eth.desc.len(), 0);
        self.regs.resize(eth.regs.len(), 0);
        for (n, (was, is)) in self.seen.desc.iter().zip(&eth.desc).enumerate() {
            if was != is {
                self.changed[n] = now;
            }
        }
        for (n, (was, is)) in self.seen.regs.iter().zip(&eth.regs).enumerate() {
            if was.1 != is.1 {
                self.regs[n] = now;
            }
        }
        // A descriptor that was filled and returned between two samples is detected from the index of the next one.
        let next = [(self.seen.rx_next, eth.rx_next), (self.seen.tx_next, eth.tx_next)];
        for (was, is) in next.into_iter().filter(|(was, is)| self.seen.openeth && was != is) {
            // All descriptors passed since then, around the ring.
            let mut at = was;
            for _ in 0..eth.desc.len() {
                self.changed.get_mut(at as usize).into_iter().for_each(|when| *when = now);
                at = after(eth, at);
                if at == is {
                    break;
                }
            }
        }
        self.seen = eth.clone();
    }
}
