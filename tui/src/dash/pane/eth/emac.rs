//! The chip's own EMAC: PHY, counters, descriptors in memory, registers.

use super::EthPane;
use crate::dash::state::Shared;
use crate::dash::theme::TextRole;
use crate::dash::wire::{EmacSample, EthSample};
use esplens_soc::dev::emac::desc::{OWN, rdes0, tdes0};
use esplens_soc::dev::emac::spec::SPEC;
use ratatui::text::{Line, Span};

/// Columns of a descriptor, and of a register.
const CELL: u16 = 52;

type Field = (u32, &'static str);

const TX: &[Field] = &[
    (tdes0::FIRST_SEGMENT, "FS"),
    (tdes0::LAST_SEGMENT, "LS"),
    (tdes0::INTERRUPT_ON_COMPLETE, "IC"),
    (tdes0::TRANSMIT_END_RING, "TER"),
    (tdes0::ERR_SUMMARY, "ES"),
];
const RX: &[Field] = &[
    (rdes0::FIRST_DESCRIPTOR, "FS"),
    (rdes0::LAST_DESCRIPTOR, "LS"),
    (rdes0::DESCRIPTOR_ERR, "DE"),
    (rdes0::CRC_ERR, "CE"),
    (rdes0::ERR_SUMMARY, "ES"),
];

fn names(value: u32, fields: &[Field]) -> String {
    let set: Vec<&str> = fields.iter().filter(|f| value & f.0 != 0).map(|f| f.1).collect();
    if set.is_empty() { "-".into() } else { set.join(" ") }
}

/// Formats a descriptor: address, owner, length, buffer, flags.
fn descriptor((at, word): (u32, [u32; 4]), tx: bool) -> String {
    let owner = if word[0] & OWN != 0 { "MAC" } else { "cpu" };
    let len = if tx || word[0] & OWN != 0 { word[1] & 0x1FFF } else { word[0] >> 16 & 0x3FFF };
    format!("{at:08x} {owner} {len:>5} {:08x} {}", word[2], names(word[0], if tx { TX } else { RX }))
}

/// Returns the names of a register's set fields, and the values of its longer ones.
fn fields(name: &str, value: u32) -> String {
    let reg = SPEC.regs.iter().find(|r| r.name == name);
    let fields = reg.map_or(&[][..], |r| SPEC.fields(r));
    let text = |f: &esplens_soc::dev::spec::RegField| match (f.mask.count_ones(), f.of(value)) {
        (_, 0) => None,
        (1, _) => Some(f.name.to_string()),
        (_, n) => Some(format!("{} {n:#x}", f.name)),
    };
    fields.iter().filter_map(text).collect::<Vec<_>>().join(" ")
}

impl EthPane {
    /// Returns the rows below the head: PHY, counters, both rings, the registers that are not 0.
    pub(super) fn emac_lines(
        &self,
        s: &Shared,
        eth: &EthSample,
        mac: &EmacSample,
        width: u16,
        dim: &dyn Fn(&str) -> Vec<Line<'static>>,
    ) -> Vec<Line<'static>> {
        let role = if mac.phy.ends_with("no link") { TextRole::Warn } else { TextRole::Text };
        let mut lines = vec![Line::from(Span::styled(mac.phy.clone(), s.theme.style(role)))];
        lines.extend(dim(&mac.counters));
        lines.extend(emac_ring(s, mac, true, width));
        lines.extend(emac_ring(s, mac, false, width));
        for (n, (name, value)) in eth.regs.iter().enumerate().filter(|r| r.1.1 != 0) {
            let role = if self.flashes(s, self.regs.get(n)) { TextRole::Flash } else { TextRole::Text };
            lines.push(Line::from(vec![
                Span::styled(format!("{name:<21}"), s.theme.style(TextRole::Name)),
                Span::styled(format!("{value:08x} "), s.theme.style(role)),
                Span::styled(fields(name, *value), s.theme.style(TextRole::Dim)),
            ]));
        }
        lines
    }
}

/// Returns the rows of a ring, with as many descriptors per row as fit.
fn emac_ring(s: &Shared, mac: &EmacSample, tx: bool, width: u16) -> Vec<Line<'static>> {
    let n = usize::from(!tx);
    let (ring, current) = (&mac.rings[n], mac.current[n]);
    let (name, role) = if tx { ("transmit", TextRole::Second) } else { ("receive", TextRole::First) };
    let title = format!("{name} descriptors: {}, current {current:08x}", ring.len());
    let mut lines = vec![Line::from(Span::styled(title, s.theme.style(role)))];
    let cell = |desc: &(u32, [u32; 4])| {
        let next = desc.0 == current;
        let role = match (next, desc.1[0] & OWN != 0) {
            (true, _) => TextRole::Active,
            (_, true) => TextRole::Owned,
            _ => TextRole::Dim,
        };
        let text = format!("{}{}", if next { "▶" } else { " " }, descriptor(*desc, tx));
        Span::styled(format!("{text:<width$}", width = CELL as usize), s.theme.style(role))
    };
    let columns = usize::from((width / CELL).max(1));
    lines.extend(ring.chunks(columns).map(|row| Line::from(row.iter().map(cell).collect::<Vec<_>>())));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_and_registers_are_spelled_out() {
        let sent = (0x3FFB_0140, [0x3010_0000, 100, 0x3FFB_4000, 0x3FFB_0160]);
        assert_eq!(descriptor(sent, true), "3ffb0140 cpu   100 3ffb4000 FS LS");
        let received = (0x3FFB_0000, [0x0040_0320, 0x4200, 0x3FFB_1000, 0x3FFB_0020]);
        assert_eq!(descriptor(received, false), "3ffb0000 cpu    64 3ffb1000 FS LS");
        let empty = (0x3FFB_0000, [OWN, 0x4200, 0x3FFB_1000, 0x3FFB_0020]);
        assert_eq!(descriptor(empty, false), "3ffb0000 MAC   512 3ffb1000 -");
        assert_eq!(fields("DMASTATUS", 0x0001_0040), "RECV_INT NORM_INT_SUMM");
        assert_eq!(fields("GMACFC", 0x1648_0006), "TFCE RFCE PAUSE_TIME 0x1648");
    }
}
