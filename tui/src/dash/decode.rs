//! Decoder of Ethernet and 802.11 frames: one line for a list, a tree of fields for the details.

mod app;
mod ip;
mod wlan;

use super::wire::FrameRecord;
use std::collections::HashMap;
use std::fmt::Write;

/// A decoded Ethernet or 802.11 frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Protocol, as in Wireshark's column.
    pub protocol: &'static str,
    /// Sender: address, with a port if there is one.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// Summary of the contents.
    pub info: String,
    /// Fields, one per line, indented by layers.
    pub fields: Vec<String>,
    /// TCP stream, identified by both ends, the lower first.
    pub stream: Option<TcpStreamKey>,
    /// For a TCP segment: its sequence and acknowledgement numbers, and whether the lower end sent it.
    pub numbers: Option<(u32, u32, bool)>,
    /// Sequence numbers that are shown as 0: the sender's and the receiver's.
    base: (u32, u32),
}

/// Both ends of a TCP stream: address and port, the lower first.
pub type TcpStreamKey = ((u32, u16), (u32, u16));

/// Initial sequence numbers of TCP streams, of the lower end and of the other one.
#[derive(Clone, Debug, Default)]
pub struct Streams(HashMap<TcpStreamKey, [Option<u32>; 2]>);

/// Maximum number of streams kept; beyond that all are discarded.
const MAX_STREAMS: usize = 4096;

impl Streams {
    /// Returns the numbers that are shown as 0 in a frame: the sender's and the receiver's. As in Wireshark they are
    /// those of the SYNs, else the first ones seen.
    pub fn base(&mut self, frame: &FrameRecord) -> (u32, u32) {
        let d = record(frame);
        let (Some(stream), Some((seq, ack, lower))) = (d.stream, d.numbers) else { return (0, 0) };
        if self.0.len() >= MAX_STREAMS && !self.0.contains_key(&stream) {
            self.0.clear();
        }
        let ends = self.0.entry(stream).or_default();
        let (from, to) = if lower { (0, 1) } else { (1, 0) };
        if d.info.contains("SYN") {
            ends[from] = Some(seq);
        }
        let own = *ends[from].get_or_insert(seq.wrapping_sub(1));
        // Without an acknowledgement, the other end's number is unknown.
        let other =
            if ack == 0 { ends[to].unwrap_or(0) } else { *ends[to].get_or_insert(ack.wrapping_sub(1)) };
        (own, other)
    }
}

/// Formats a MAC address.
#[must_use]
pub fn mac(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (n, b) in bytes.iter().take(6).enumerate() {
        let _ = write!(out, "{}{b:02x}", if n == 0 { "" } else { ":" });
    }
    out
}

/// Returns two bytes, big-endian; 0 beyond the end.
fn half(b: &[u8], at: usize) -> u16 {
    b.get(at..at + 2).map_or(0, |b| u16::from_be_bytes([b[0], b[1]]))
}

/// Returns four bytes, big-endian; 0 beyond the end.
fn word(b: &[u8], at: usize) -> u32 {
    u32::from(half(b, at)) << 16 | u32::from(half(b, at + 2))
}

/// Formats an IPv4 address.
fn ipv4(n: u32) -> String {
    std::net::Ipv4Addr::from(n).to_string()
}

/// Returns the start of a text, with `.` for unprintable characters.
fn text(bytes: &[u8], most: usize) -> String {
    let shown = bytes.iter().take(most).map(|b| char::from(*b));
    shown.map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '.' }).collect()
}

/// Returns the first bytes as hexadecimal digits.
fn hex(bytes: &[u8], most: usize) -> String {
    bytes.iter().take(most).map(|b| format!("{b:02x}")).collect()
}

/// Decodes an Ethernet or 802.11 frame.
#[must_use]
pub fn record(frame: &FrameRecord) -> Decoded {
    based(frame, (0, 0))
}

/// The same with TCP's numbers relative to these ([`Streams::base`]).
#[must_use]
pub fn based(frame: &FrameRecord, base: (u32, u32)) -> Decoded {
    match &frame.air {
        Some(air) => wlan::frame(&frame.bytes, air),
        None => ethernet(&frame.bytes, base),
    }
}

/// Decodes an Ethernet frame. Terminates without a panic for all inputs.
#[must_use]
pub fn frame(bytes: &[u8]) -> Decoded {
    ethernet(bytes, (0, 0))
}

fn ethernet(bytes: &[u8], base: (u32, u32)) -> Decoded {
    let mut d = Decoded { protocol: "?", info: format!("{} bytes", bytes.len()), base, ..Decoded::default() };
    if bytes.len() < 14 {
        return d;
    }
    (d.to, d.from) = (mac(&bytes[0..6]), mac(&bytes[6..12]));
    let kind = half(bytes, 12);
    d.fields.push(format!("Ethernet {} > {}, type {kind:#06x}, {} bytes", d.from, d.to, bytes.len()));
    let payload = &bytes[14..];
    match kind {
        0x0806 => arp(&mut d, payload),
        0x0800 => ip::v4(&mut d, payload),
        0x86DD => ip::v6(&mut d, payload),
        0x88CC => d.protocol = "LLDP",
        _ => d.protocol = "Ethernet",
    }
    d
}

fn arp(d: &mut Decoded, b: &[u8]) {
    d.protocol = "ARP";
    let (sender, target) = (ipv4(word(b, 14)), ipv4(word(b, 24)));
    let hardware = b.get(8..14).map(mac).unwrap_or_default();
    d.info = match half(b, 6) {
        1 if sender == target => format!("announces {sender}"),
        1 => format!("who has {target}? tell {sender}"),
        2 => format!("{sender} is at {hardware}"),
        n => format!("operation {n}"),
    };
    d.fields.push(format!("ARP operation {}, {hardware} {sender} > {target}", half(b, 6)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_are_taken_apart() {
        // Generates garbage with plausible headers.
        let mut x = 1u64;
        let mut next = || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (x >> 33) as u8
        };
        for n in 0..20_000usize {
            let mut bytes: Vec<u8> = (0..n % 120).map(|_| next()).collect();
            let heads: [&[u8]; 4] = [&[8, 0, 0x45], &[8, 6], &[0x86, 0xDD, 0x60], &[8, 0, 0x46]];
            let head = heads[n % 4];
            if bytes.len() > 40 {
                bytes[12..12 + head.len()].copy_from_slice(head);
                bytes[23] = [6, 17, 1, 58][n / 4 % 4];
                bytes[37] = [53, 67, 80, 68][n / 16 % 4];
            }
            let _ = frame(&bytes);
        }
    }

    #[test]
    fn arp_in_words() {
        let mut bytes = vec![0xFF; 6];
        bytes.extend([2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 2, 15]);
        bytes.extend([0, 0, 0, 0, 0, 0, 10, 0, 2, 2]);
        let d = frame(&bytes);
        assert_eq!((d.protocol, d.info.as_str()), ("ARP", "who has 10.0.2.2? tell 10.0.2.15"));
    }
}
