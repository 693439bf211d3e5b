//! Blocks of a pcapng file: interface 0 is the Ethernet cable, interface 1 the air.

use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::system::{AirInfo, NetFrame};

/// Link types (pcap.tcpdump.org/linktypes).
const ETHERNET: u16 = 1;
const IEEE802_11_RADIOTAP: u16 = 127;
/// Interfaces, by their index in the file.
const CABLE: u32 = 0;
const AIR: u32 = 1;

/// Returns a block: type, length, body, length (draft-ietf-opsawg-pcapng, 3.1).
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = (body.len().next_multiple_of(4) + 12) as u32;
    let mut out = [kind.to_le_bytes(), len.to_le_bytes()].concat();
    out.extend(body);
    out.resize(len as usize - 4, 0);
    out.extend(len.to_le_bytes());
    out
}

/// Returns an option of a block.
fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let mut out = [code.to_le_bytes(), (value.len() as u16).to_le_bytes()].concat();
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

/// Returns an interface description with timestamps in nanoseconds (`if_tsresol` 9).
fn interface(link: u16, name: &str) -> Vec<u8> {
    let head = [link.to_le_bytes(), [0; 2], [0; 2], [0; 2]].concat();
    block(1, &[head, option(2, name.as_bytes()), option(9, &[9]), vec![0; 4]].concat())
}

/// Returns the start of the file: section header and both interfaces.
pub fn head() -> Vec<u8> {
    let mut section = 0x1A2B_3C4D_u32.to_le_bytes().to_vec();
    section.extend([1, 0, 0, 0]);
    section.extend([0xFF; 8]);
    [block(0x0A0D_0D0A, &section), interface(ETHERNET, "ethernet"), interface(IEEE802_11_RADIOTAP, "wifi")]
        .concat()
}

/// Returns an enhanced packet block with direction and a comment.
pub fn packet(frame: &NetFrame) -> Vec<u8> {
    let ns = (u128::from(frame.at) * 1000 / u128::from(TICKS_PER_US)) as u64;
    let mut data = frame.air.map_or(Vec::new(), |air| radiotap(frame.at, air));
    data.extend(&frame.bytes);
    let len = (data.len() as u32).to_le_bytes();
    let interface = if frame.air.is_some() { AIR } else { CABLE };
    let mut body = interface.to_le_bytes().to_vec();
    body.extend(((ns >> 32) as u32).to_le_bytes());
    body.extend((ns as u32).to_le_bytes());
    body.extend(len);
    body.extend(len);
    body.extend(data);
    body.resize(body.len().next_multiple_of(4), 0);
    // epb_flags: 1 inbound, 2 outbound, from the guest's side.
    body.extend(option(2, &[if frame.to_guest { 1 } else { 2 }, 0, 0, 0]));
    body.extend(option(1, comment(frame, ns).as_bytes()));
    body.extend([0; 4]);
    block(6, &body)
}

fn comment(frame: &NetFrame, ns: u64) -> String {
    let mut comment = format!("{}.{:03} us virtual", ns / 1000, ns % 1000);
    // Frames that the radio or an access point forwards have no instruction.
    if !frame.to_guest && frame.pc != 0 {
        comment += &format!(", core {}, pc {:#010x}", frame.core, frame.pc);
    }
    if frame.air.is_some_and(|a| a.clear) {
        comment += ", payload not encrypted: WEP and TKIP are not computed";
    }
    comment
}

/// Rates in units of 500 kbit/s, by the rate code of IDF's `wifi_phy_rate_t`; 0: none (HT).
const RATES: [u8; 16] = [2, 4, 11, 22, 0, 4, 11, 22, 96, 48, 24, 12, 108, 72, 36, 18];

/// Returns a radiotap header (radiotap.org): TSFT, rate or MCS, channel, signal strength of received frames.
fn radiotap(at: Ticks, air: AirInfo) -> Vec<u8> {
    const TSFT: u32 = 1 << 0;
    const RATE: u32 = 1 << 2;
    const CHANNEL: u32 = 1 << 3;
    const SIGNAL: u32 = 1 << 5;
    const MCS: u32 = 1 << 19;
    let legacy = RATES.get(usize::from(air.rate)).copied().unwrap_or(0);
    let (mut present, mut fields) = (TSFT | CHANNEL, (at / TICKS_PER_US).to_le_bytes().to_vec());
    if legacy != 0 {
        present |= RATE;
        fields.extend([legacy, 0]); // the zero aligns the channel field to two bytes
    }
    fields.extend(air.frequency.to_le_bytes());
    // 2 GHz, and CCK or OFDM.
    let modulation: u16 = if matches!(air.rate, 0..=7) { 0x20 } else { 0x40 };
    fields.extend((0x80 | modulation).to_le_bytes());
    if air.rssi != 0 {
        present |= SIGNAL;
        fields.push(air.rssi as u8);
    }
    if (0x10..=0x1F).contains(&air.rate) {
        present |= MCS;
        // Known fields: MCS index and guard interval.
        fields.extend([0x06, if air.rate >= 0x18 { 4 } else { 0 }, air.rate & 7]);
    }
    let length = (8 + fields.len()) as u16;
    let mut out = vec![0, 0];
    out.extend(length.to_le_bytes());
    out.extend(present.to_le_bytes());
    out.extend(fields);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(air: Option<AirInfo>) -> NetFrame {
        NetFrame { at: 480_000_000, to_guest: false, core: 1, pc: 0x400D_0001, bytes: vec![7; 61], air }
    }

    #[test]
    fn blocks_end_with_their_length() {
        let air = AirInfo { frequency: 2437, rate: 0xB, rssi: -40, clear: false };
        for bytes in [head(), packet(&frame(None)), packet(&frame(Some(air)))] {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let len = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
                assert_eq!(rest[len - 4..len], rest[4..8]);
                rest = &rest[len..];
            }
        }
    }

    #[test]
    fn radiotap_tells_its_length() {
        for rate in 0..=0x2A {
            for rssi in [0, -40] {
                let header = radiotap(480, AirInfo { frequency: 2412, rate, rssi, clear: false });
                assert_eq!(usize::from(u16::from_le_bytes([header[2], header[3]])), header.len());
            }
        }
    }
}
