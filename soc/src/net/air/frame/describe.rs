//! One-line descriptions of frames, in tcpdump's format.

use super::{BeaconFields, ETHERTYPE_EAPOL, Elements, Flags, Mac, Mpdu, Subtype, id};
use crate::net::air::wpa::{EapolKey, ccmp};
use ieee80211::common::IEEE80211StatusCode;
use std::fmt::Write;

/// Bit of the capability information: the network is protected.
const PRIVACY: u16 = 1 << 4;

/// Flags printed before the kind of frame, with their names.
const PREFIXES: [(u16, &str); 5] = [
    (Flags::MORE_DATA, "More Data "),
    (Flags::MORE_FRAGMENTS, "More Fragments "),
    (Flags::POWER_MANAGEMENT, "Pwr Mgmt "),
    (Flags::RETRY, "Retry "),
    (Flags::PROTECTED, "Protected "),
];

/// Texts of the reason codes that occur with WPA2-PSK and ESP-IDF.
const REASONS: [(u16, &str); 18] = [
    (1, "Unspecified"),
    (2, "Previous authentication no longer valid"),
    (3, "Sending station is leaving"),
    (4, "Inactivity"),
    (5, "AP is unable to handle all associated stations"),
    (6, "Class 2 frame from unauthenticated station"),
    (7, "Class 3 frame from unassociated station"),
    (8, "Sending station is leaving the BSS"),
    (9, "Association request from unauthenticated station"),
    (13, "Invalid element"),
    (14, "MIC failure"),
    (15, "4-way handshake timeout"),
    (16, "Group key handshake timeout"),
    (17, "Element differs in 4-way handshake"),
    (18, "Invalid group cipher"),
    (19, "Invalid pairwise cipher"),
    (20, "Invalid AKMP"),
    (23, "IEEE 802.1X authentication failed"),
];

/// Describes a frame in one line, e.g. `Beacon (net) [1.0* 2.0* 5.5* 11.0* Mbit] ESS CH: 6, PRIVACY`.
#[must_use]
pub fn describe(mpdu: &[u8]) -> String {
    let Some(mpdu) = Mpdu::parse(mpdu) else {
        return format!("[cut-off frame, {} bytes]", mpdu.len());
    };
    let prefixes = PREFIXES.iter().filter(|(flag, _)| mpdu.flags().has(*flag));
    let prefix: String = prefixes.map(|(_, words)| *words).collect();
    let (kind, _) = mpdu.subtype().numbers();
    let text = match kind {
        0 => management(&mpdu),
        1 => control(&mpdu),
        2 => data(&mpdu),
        _ => format!("Extension frame, subtype {}", mpdu.subtype().numbers().1),
    };
    prefix + &text
}

/// Describes a management frame.
fn management(mpdu: &Mpdu) -> String {
    use Subtype as S;
    let elements = mpdu.elements();
    let net = format!("{}{}", ssid(elements), rates(elements));
    match mpdu.subtype() {
        _ if mpdu.protected() => "Management".to_owned(),
        S::AssociationRequest => format!("Assoc Request{net}"),
        S::ReassociationRequest => format!("ReAssoc Request{net}"),
        S::AssociationResponse => format!("Assoc Response{}", association(mpdu)),
        S::ReassociationResponse => format!("ReAssoc Response{}", association(mpdu)),
        S::ProbeRequest => format!("Probe Request{net}"),
        S::ProbeResponse => format!("Probe Response{net}{}", network(mpdu.beacon(), elements)),
        S::Beacon => format!("Beacon{net} {}{}", ess(mpdu.beacon()), network(mpdu.beacon(), elements)),
        S::Atim => "ATIM".to_owned(),
        S::Disassociation => format!("Disassociation: {}", reason(mpdu)),
        S::Authentication => authentication(mpdu),
        S::Deauthentication => format!("DeAuthentication: {}", reason(mpdu)),
        S::Action => action(mpdu),
        other => format!("Management, subtype {}", other.numbers().1),
    }
}

/// Describes a control frame.
fn control(mpdu: &Mpdu) -> String {
    let to = mac(mpdu.addr1());
    match mpdu.subtype() {
        Subtype::PsPoll => format!("Power Save-Poll AID({})", mpdu.ps_poll_aid().unwrap_or(0)),
        Subtype::Rts => format!("Request-To-Send TA:{}", mpdu.addr2().map_or_else(String::new, mac)),
        Subtype::Cts => format!("Clear-To-Send RA:{to}"),
        Subtype::Ack => format!("Acknowledgment RA:{to}"),
        Subtype::BlockAckReq => format!("BAR RA:{to}"),
        Subtype::BlockAck => format!("BA RA:{to}"),
        Subtype::CfEnd => format!("CF-End RA:{to}"),
        other => format!("Control, subtype {}", other.numbers().1),
    }
}

/// Describes a data frame.
fn data(mpdu: &Mpdu) -> String {
    let qos = if mpdu.subtype().is_qos() { "QoS " } else { "" };
    let length = mpdu.body().len();
    if !mpdu.subtype().has_payload() {
        return format!("{qos}Null");
    }
    if mpdu.protected() {
        return match ccmp::packet_number(mpdu.bytes()) {
            Some((pn, key)) => format!("{qos}Data IV:{pn:x} KeyID {key}, length {length}"),
            None => format!("{qos}Data, length {length}"),
        };
    }
    match mpdu.snap() {
        Some((ETHERTYPE_EAPOL, eapol)) => eapol_text(eapol),
        Some((kind, payload)) => {
            format!("{qos}Data ethertype {} (0x{kind:04x}), length {}", ethertype(kind), payload.len())
        }
        None => format!("{qos}Data LLC, length {length}"),
    }
}

/// Describes an EAPOL frame.
fn eapol_text(eapol: &[u8]) -> String {
    let &[version, kind, high, low, ..] = eapol else { return "EAPOL, cut off".to_owned() };
    let name = ["packet", "start", "logoff", "key"].get(usize::from(kind)).unwrap_or(&"unknown");
    let length = u16::from_be_bytes([high, low]);
    let message = EapolKey::parse(eapol).and_then(|key| key.message());
    let message = message.map_or_else(String::new, |m| format!(": {m}"));
    format!("EAPOL {name} ({kind}) v{version}, len {length}{message}")
}

fn ethertype(kind: u16) -> &'static str {
    match kind {
        0x0800 => "IPv4",
        0x0806 => "ARP",
        0x86DD => "IPv6",
        _ => "Unknown",
    }
}

/// Describes an authentication frame: algorithm, number and, in answers, the status.
fn authentication(mpdu: &Mpdu) -> String {
    let Some(auth) = mpdu.authentication() else { return "Authentication, cut off".to_owned() };
    let algorithm = match auth.algorithm {
        0 => "Open System".to_owned(),
        1 => "Shared Key".to_owned(),
        3 => "SAE".to_owned(),
        other => format!("algorithm {other}"),
    };
    let says_status = auth.sequence != 1 || auth.status != 0;
    let status = if says_status { format!(": {}", status(auth.status)) } else { String::new() };
    format!("Authentication ({algorithm})-{}{status}", auth.sequence)
}

/// Describes an association response: AID and status.
fn association(mpdu: &Mpdu) -> String {
    let Some(fields) = mpdu.association_response() else { return ", cut off".to_owned() };
    let privacy = if fields.capability & PRIVACY == 0 { "" } else { " PRIVACY" };
    format!(" AID({}){privacy}: {}", fields.aid, status(fields.status))
}

fn status(code: u16) -> String {
    match IEEE80211StatusCode::from_bits(code) {
        IEEE80211StatusCode::Success => "Successful".to_owned(),
        IEEE80211StatusCode::Unknown(_) => format!("status {code}"),
        named => format!("status {code} ({named:?})"),
    }
}

fn reason(mpdu: &Mpdu) -> String {
    let Some(code) = mpdu.reason() else { return "cut off".to_owned() };
    match REASONS.iter().find(|r| r.0 == code) {
        Some((_, words)) => format!("reason {code} ({words})"),
        None => format!("reason {code}"),
    }
}

/// Describes an action frame: category, or the vendor of a vendor-specific one (ESP-NOW: 18:fe:34).
fn action(mpdu: &Mpdu) -> String {
    let to = mac(mpdu.addr1());
    match *mpdu.body() {
        [127, a, b, c, ..] => format!("Action ({to}): vendor {a:02x}:{b:02x}:{c:02x}"),
        [3, 0, ..] => format!("Action ({to}): BA ADDBA Request"),
        [3, 1, ..] => format!("Action ({to}): BA ADDBA Response"),
        [3, 2, ..] => format!("Action ({to}): BA DELBA"),
        [category, ..] => format!("Action ({to}): category {category}"),
        [] => format!("Action ({to}), cut off"),
    }
}

/// Returns ` (name)`, with control characters escaped.
fn ssid(elements: Elements) -> String {
    let Some(ssid) = elements.ssid() else { return String::new() };
    let text = String::from_utf8_lossy(ssid);
    let clean: String = text.chars().flat_map(escape).collect();
    format!(" ({clean})")
}

/// Returns a printable character unchanged, a control character escaped.
fn escape(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

/// Returns the supported rates as ` [1.0* 2.0 Mbit]`; a star marks a basic rate.
fn rates(elements: Elements) -> String {
    let Some(rates) = elements.find(id::RATES).filter(|r| !r.is_empty()) else { return String::new() };
    let mut text = String::from(" [");
    for rate in rates {
        let star = if rate & 0x80 == 0 { "" } else { "*" };
        let _ = write!(text, "{}.{}{star} ", (rate & 0x7F) / 2, (rate & 1) * 5);
    }
    text + "Mbit]"
}

/// Returns whether a beacon is from an access point (ESS) or an ad-hoc network (IBSS).
fn ess(fields: Option<BeaconFields>) -> &'static str {
    match fields {
        Some(fields) if fields.capability & 1 != 0 => "ESS",
        Some(_) => "IBSS",
        None => "cut off",
    }
}

/// Returns ` CH: 6, PRIVACY`.
fn network(fields: Option<BeaconFields>, elements: Elements) -> String {
    let channel = elements.channel().map_or_else(String::new, |n| format!(" CH: {n}"));
    let privacy = fields.is_some_and(|f| f.capability & PRIVACY != 0);
    format!("{channel}{}", if privacy { ", PRIVACY" } else { "" })
}

fn mac([a, b, c, d, e, f]: Mac) -> String {
    format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
}
