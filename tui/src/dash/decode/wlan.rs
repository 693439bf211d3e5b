//! Decoder of IEEE 802.11 frames: the summary is the trace's; the fields are those of the header and the elements.

use super::{Decoded, mac};
use crate::dash::wire::AirRecord;
use esplens_soc::net::air::channel_of;
use esplens_soc::net::air::frame::{
    ETHERTYPE_EAPOL, Elements, Flags, Mpdu, Tim, data_to_ethernet, describe, id,
};
use esplens_soc::net::air::wpa::ccmp;

/// Maximum number of elements shown per 802.11 frame.
const MAX_ELEMENTS: usize = 32;
/// Maximum number of association identifiers shown per TIM.
const MAX_AIDS: usize = 8;

const FLAGS: [(u16, &str); 8] = [
    (Flags::TO_DS, "To DS"),
    (Flags::FROM_DS, "From DS"),
    (Flags::MORE_FRAGMENTS, "More Fragments"),
    (Flags::RETRY, "Retry"),
    (Flags::POWER_MANAGEMENT, "Power Management"),
    (Flags::MORE_DATA, "More Data"),
    (Flags::PROTECTED, "Protected"),
    (Flags::ORDER, "+HTC"),
];

/// Decodes an 802.11 frame.
pub fn frame(bytes: &[u8], air: &AirRecord) -> Decoded {
    let mut d = Decoded { protocol: "802.11", info: describe(bytes), ..Decoded::default() };
    let strength = if air.rssi == 0 { String::new() } else { format!(", {} dBm", air.rssi) };
    d.fields.push(format!(
        "802.11 {} bytes, channel {} ({} MHz), rate code {:#04x}{strength}",
        bytes.len(),
        channel_of(air.frequency),
        air.frequency,
        air.rate
    ));
    let Some(f) = Mpdu::parse(bytes) else { return d };
    (d.to, d.from) = (mac(&f.addr1()), f.addr2().map_or_else(String::new, |a| mac(&a)));
    header(&mut d, &f);
    fixed(&mut d, &f);
    let known = f.elements().take(MAX_ELEMENTS).map(|(number, body)| element(number, body, f.elements()));
    d.fields.extend(known.map(|text| format!("  {text}")));
    body(&mut d, &f, air);
    d
}

/// Adds type, flags, addresses and sequence.
fn header(d: &mut Decoded, f: &Mpdu) {
    let (kind, subtype) = f.subtype().numbers();
    let set: Vec<&str> = FLAGS.iter().filter(|(bit, _)| f.flags().has(*bit)).map(|(_, name)| *name).collect();
    let set = if set.is_empty() { "-".into() } else { set.join(", ") };
    d.fields.push(format!("{:?}: type {kind}, subtype {subtype}, flags {set}", f.subtype()));
    let all = [Some(f.addr1()), f.addr2(), f.addr3(), f.addr4()];
    let names = ["receiver", "transmitter", "address 3", "address 4"];
    let shown = names.iter().zip(all).filter_map(|(name, a)| a.map(|a| format!("{name} {}", mac(&a))));
    d.fields.push(format!("  {}", shown.collect::<Vec<_>>().join(", ")));
    let bssid = f.bssid().map(|b| format!("BSSID {}, ", mac(&b))).unwrap_or_default();
    let sequence = match (f.sequence(), f.fragment()) {
        (Some(sequence), Some(fragment)) => format!("sequence {sequence}.{fragment}, "),
        _ => String::new(),
    };
    d.fields.push(format!("  {bssid}{sequence}duration {}", f.duration()));
}

/// Adds fixed fields of management frames that the summary does not contain.
fn fixed(d: &mut Decoded, f: &Mpdu) {
    if let Some(b) = f.beacon() {
        let (stamp, interval, capability) = (b.timestamp, b.interval, b.capability);
        d.fields.push(format!("  timestamp {stamp}, interval {interval} TU, capability {capability:#06x}"));
    }
    if let Some(r) = f.association_request() {
        let (capability, listens) = (r.capability, r.listen_interval);
        d.fields.push(format!("  capability {capability:#06x}, listen interval {listens}"));
    }
    if let Some(qos) = f.qos_control() {
        d.fields.push(format!("  QoS control {qos:#06x}"));
    }
}

/// Formats an element in one line.
fn element(number: u8, body: &[u8], all: Elements) -> String {
    match number {
        id::SSID => format!("SSID \"{}\"", String::from_utf8_lossy(body).escape_debug()),
        id::RATES | id::EXTENDED_RATES => {
            let rate =
                |r: &u8| format!("{}{}", f32::from(r & 0x7F) / 2.0, if r >> 7 == 1 { "*" } else { "" });
            format!("rates {} Mbit/s", body.iter().map(rate).collect::<Vec<_>>().join(" "))
        }
        id::DS => format!("channel {}", body.first().copied().unwrap_or(0)),
        id::TIM => Tim::parse(body).map_or_else(|| "TIM, cut off".into(), |tim| tim_text(&tim)),
        id::RSN => all.rsn().map_or_else(
            || format!("RSN, {} bytes", body.len()),
            |rsn| format!("RSN group {:?}, pairwise {:?}, AKM {:?}", rsn.group, rsn.pairwise, rsn.akms),
        ),
        id::VENDOR => format!("vendor {}, {} bytes", super::hex(body, 4), body.len()),
        _ => format!("element {number}, {} bytes", body.len()),
    }
}

fn tim_text(tim: &Tim) -> String {
    let aids: Vec<String> = tim.aids.iter().take(MAX_AIDS).map(ToString::to_string).collect();
    let held = if aids.is_empty() { "nothing".into() } else { format!("AID {}", aids.join(" ")) };
    let group = if tim.group { ", group traffic follows" } else { "" };
    format!("TIM DTIM in {} of {}, held for {held}{group}", tim.dtim_count, tim.dtim_period)
}

/// Decodes the body: a cipher's header, or the encapsulated Ethernet frame.
fn body(d: &mut Decoded, f: &Mpdu, air: &AirRecord) {
    if f.protected() {
        let number = ccmp::packet_number(f.bytes());
        d.fields.push(match number {
            _ if air.clear => "  body not encrypted: WEP and TKIP are not computed".into(),
            Some((pn, key)) => format!("  CCMP packet number {pn}, key id {key}"),
            None => "  encrypted".into(),
        });
        return;
    }
    if f.snap().is_some_and(|(kind, _)| kind == ETHERTYPE_EAPOL) {
        d.protocol = "EAPOL";
    }
    if let Some(ethernet) = data_to_ethernet(f) {
        d.fields.extend(super::frame(&ethernet).fields.into_iter().skip(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use esplens_soc::net::air::frame::{self as ieee, BssInfo, Ds, Security};
    use esplens_soc::net::air::wpa::Tk;

    const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const B: [u8; 6] = [2, 0, 0, 0, 0, 2];

    fn air() -> AirRecord {
        AirRecord { frequency: 2437, rate: 0xB, rssi: -40, clear: false }
    }

    fn beacon() -> Vec<u8> {
        let (ssid, security) = (b"net".to_vec(), Security::Wpa2Psk);
        let bss = BssInfo { bssid: A, ssid, channel: 6, interval: 100, security, hidden: false };
        let aids = [1, 3].into_iter().collect();
        ieee::beacon(&bss, 77, &Tim { dtim_count: 0, dtim_period: 1, group: true, aids })
    }

    #[test]
    fn a_beacon_by_field() {
        let d = frame(&beacon(), &air());
        assert_eq!(
            (d.protocol, d.from.as_str(), d.to.as_str()),
            ("802.11", "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff")
        );
        assert!(d.info.starts_with("Beacon (net)"), "{}", d.info);
        let all = d.fields.join("\n");
        for want in [
            "channel 6 (2437 MHz)",
            "-40 dBm",
            "Beacon: type 0, subtype 8, flags -",
            "timestamp 77, interval 100 TU",
            "SSID \"net\"",
            "rates 1* 2* 5.5* 11*",
            "TIM DTIM in 0 of 1, held for AID 1 3, group traffic follows",
            "RSN group Ccmp, pairwise [Ccmp], AKM [Psk]",
        ] {
            assert!(all.contains(want), "{want}:\n{all}");
        }
    }

    #[test]
    fn data_is_taken_apart_where_it_is_plain() {
        let mut arp = vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 2, 15];
        arp.extend([0, 0, 0, 0, 0, 0, 10, 0, 2, 2]);
        let mut data = ieee::data(Ds::To { bssid: B }, B, A, 0x0806, &arp);
        assert!(frame(&data, &air()).fields.join("\n").contains("ARP operation 1"));
        data = ccmp::seal(&data, &Tk::new([1; 16]), 5, 2).unwrap();
        let protected = frame(&data, &air()).fields.join("\n");
        assert!(
            protected.contains("CCMP packet number 5, key id 2") && !protected.contains("ARP"),
            "{protected}"
        );
        let clear = frame(&data, &AirRecord { clear: true, ..air() }).fields.join("\n");
        assert!(clear.contains("WEP and TKIP"), "{clear}");
        let eapol = ieee::data(Ds::To { bssid: B }, B, A, ETHERTYPE_EAPOL, &[2, 3, 0, 0]);
        assert_eq!(frame(&eapol, &air()).protocol, "EAPOL");
    }

    #[test]
    fn cut_off_frames_end() {
        let mut all = beacon();
        for n in (0..all.len()).rev() {
            let _ = frame(&all[..n], &air());
        }
        for n in 0..all.len() {
            all[n] ^= 0xFF;
            let _ = frame(&all, &air());
        }
    }
}
