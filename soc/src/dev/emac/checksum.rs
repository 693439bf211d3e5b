//! The checksum engines: checks of received IP packets, insertion into sent ones (TRM 10.5 and 10.6). IPv4 and IPv6
//! with UDP, TCP or ICMP directly behind the header, with or without a VLAN tag.

use super::desc::{rdes4, tdes0};

const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xDD];
const VLAN: [u8; 2] = [0x81, 0x00];
const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// Position of an IP packet in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct IpPacket {
    /// Start of the IP header.
    header: usize,
    /// Start of the payload.
    payload: usize,
    /// End of the payload.
    end: usize,
    /// IPv6 instead of IPv4.
    six: bool,
    /// Protocol of the payload.
    protocol: u8,
    /// The packet is a fragment, or has other headers in front of the payload.
    opaque: bool,
}

/// Result of looking for an IP packet.
enum Found {
    /// None.
    No,
    /// One whose header does not fit its EtherType or its length.
    Bad { six: bool },
    /// One.
    Packet(IpPacket),
}

/// Returns the start of the EtherType, behind a VLAN tag if there is one.
#[must_use]
pub fn ether_type_at(frame: &[u8]) -> usize {
    if frame.get(12..14) == Some(&VLAN) { 16 } else { 12 }
}

fn be16(frame: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(*frame.get(at..)?.first_chunk::<2>()?)))
}

fn find(frame: &[u8]) -> Found {
    let kind = ether_type_at(frame);
    let at = kind + 2;
    match frame.get(kind..at) {
        Some(k) if *k == IPV4 => find_v4(frame, at).map_or(Found::Bad { six: false }, Found::Packet),
        Some(k) if *k == IPV6 => find_v6(frame, at).map_or(Found::Bad { six: true }, Found::Packet),
        _ => Found::No,
    }
}

fn find_v4(frame: &[u8], header: usize) -> Option<IpPacket> {
    let first = *frame.get(header)?;
    let payload = header + 4 * usize::from(first & 15);
    let end = header + be16(frame, header + 2)?;
    if first >> 4 != 4 || first & 15 < 5 || payload > end || end > frame.len() {
        return None;
    }
    let fragment = be16(frame, header + 6)? & 0x3FFF != 0;
    let protocol = *frame.get(header + 9)?;
    Some(IpPacket { header, payload, end, six: false, protocol, opaque: fragment })
}

fn find_v6(frame: &[u8], header: usize) -> Option<IpPacket> {
    let (payload, protocol) = (header + 40, *frame.get(header + 6)?);
    let end = payload + be16(frame, header + 4)?;
    if frame.get(header)? >> 4 != 6 || end > frame.len() {
        return None;
    }
    Some(IpPacket { header, payload, end, six: true, protocol, opaque: false })
}

/// Returns the one's complement sum of 16-bit words, added to `sum`.
fn add(sum: u32, bytes: &[u8]) -> u32 {
    let words = bytes.chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(w.get(1).copied().unwrap_or(0)));
    words.fold(sum, |sum, word| {
        let sum = sum + word;
        (sum & 0xFFFF) + (sum >> 16)
    })
}

impl IpPacket {
    /// Returns the position of the payload's checksum; `None` for other protocols and fragments.
    fn checksum_at(&self, frame: &[u8]) -> Option<usize> {
        let at = match (self.protocol, self.six) {
            (TCP, _) => 16,
            (UDP, _) => 6,
            (ICMP, false) | (ICMPV6, true) => 2,
            _ => return None,
        };
        (!self.opaque && self.payload + at + 2 <= self.end && self.end <= frame.len())
            .then_some(self.payload + at)
    }

    /// Returns the sum of the pseudo-header; 0 for ICMP over IPv4, which has none.
    fn pseudo_header(&self, frame: &[u8]) -> u32 {
        let addresses = match (self.six, self.protocol) {
            (true, _) => self.header + 8..self.header + 40,
            (false, ICMP) => return 0,
            (false, _) => self.header + 12..self.header + 20,
        };
        let length = (self.end - self.payload) as u32;
        add(add(length & 0xFFFF, frame.get(addresses).unwrap_or(&[])), &[0, self.protocol])
    }

    /// Returns the extended status of the payload: its type, and whether its checksum is wrong.
    fn payload_status(&self, frame: &[u8]) -> u32 {
        let Some(at) = self.checksum_at(frame) else {
            return if self.opaque { 0 } else { rdes4::IP_CHECKSUM_BYPASS };
        };
        let kind = match self.protocol {
            UDP => rdes4::UDP,
            TCP => rdes4::TCP,
            _ => rdes4::ICMP,
        };
        let unchecked = self.protocol == UDP && !self.six && frame[at..at + 2] == [0, 0];
        let udp_length =
            self.protocol == UDP && be16(frame, self.payload + 4) != Some(self.end - self.payload);
        let sum = add(self.pseudo_header(frame), &frame[self.payload..self.end]);
        let wrong = !unchecked && sum != 0xFFFF || udp_length;
        kind | if wrong { rdes4::IP_PAYLOAD_ERR } else { 0 }
    }
}

/// Checks the checksums of a received frame without its Ethernet checksum. Returns the extended status, or 0 if it is
/// no IP packet.
#[must_use]
pub fn check(frame: &[u8]) -> u32 {
    let version = |six| if six { rdes4::IPV6_PACKET_RECEIVED } else { rdes4::IPV4_PACKET_RECEIVED };
    match find(frame) {
        Found::No => 0,
        Found::Bad { six } => version(six) | rdes4::IP_HEAD_ERR,
        Found::Packet(ip) => {
            let header = &frame[ip.header..ip.payload];
            if !ip.six && add(0, header) != 0xFFFF {
                return version(false) | rdes4::IP_HEAD_ERR;
            }
            version(ip.six) | ip.payload_status(frame)
        }
    }
}

/// Inserts checksums into a frame to send, as `CHECKSUM_INSERT_CONTROL` of its first descriptor says (0..3). Returns the
/// descriptor's error bits.
pub fn insert(frame: &mut [u8], control: u32) -> u32 {
    let ip = match (control, find(frame)) {
        (0, _) | (_, Found::No) => return 0,
        (_, Found::Bad { .. }) => return tdes0::IP_HEAD_ERR,
        (_, Found::Packet(ip)) => ip,
    };
    if !ip.six {
        frame[ip.header + 10..ip.header + 12].fill(0);
        let sum = !add(0, &frame[ip.header..ip.payload]) as u16;
        frame[ip.header + 10..ip.header + 12].copy_from_slice(&sum.to_be_bytes());
    }
    let Some(at) = ip.checksum_at(frame).filter(|_| control > 1) else { return 0 };
    let pseudo = if control == 3 {
        ip.pseudo_header(frame)
    } else {
        // The field has the sum of the pseudo-header.
        add(0, &frame[at..at + 2])
    };
    frame[at..at + 2].fill(0);
    let sum = !add(pseudo, &frame[ip.payload..ip.end]) as u16;
    let sum = if sum == 0 && ip.protocol == UDP { u16::MAX } else { sum };
    frame[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    0
}
