//! Data frames and their conversion from and to Ethernet (RFC 1042, IEEE 802.1H).

use super::{Flags, Mac, Mpdu, Subtype};

/// Ethertype of EAPOL.
pub const ETHERTYPE_EAPOL: u16 = 0x888E;

/// Direction of a data frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ds {
    /// From a station to its access point (To DS).
    To {
        /// The access point.
        bssid: Mac,
    },
    /// From an access point to a station (From DS).
    From {
        /// The access point.
        bssid: Mac,
    },
}

/// The smallest ethertype; smaller numbers are lengths of IEEE 802.3.
const MIN_ETHERTYPE: u16 = 0x600;
/// Bit of the QoS control field: the body is an A-MSDU.
const A_MSDU: u16 = 1 << 7;

/// Returns the LLC and SNAP header. AppleTalk ARP and IPX have the OUI of the bridge tunnel (IEEE 802.1H), all others
/// that of RFC 1042.
fn snap(ethertype: u16) -> [u8; 8] {
    let oui = if matches!(ethertype, 0x80F3 | 0x8137) { 0xF8 } else { 0 };
    let [high, low] = ethertype.to_be_bytes();
    [0xAA, 0xAA, 3, 0, 0, oui, high, low]
}

/// Builds a data frame.
fn frame(ds: Ds, destination: Mac, source: Mac, body: &[u8]) -> Vec<u8> {
    let (flag, addresses) = match ds {
        Ds::To { bssid } => (Flags::TO_DS, [bssid, source, destination]),
        Ds::From { bssid } => (Flags::FROM_DS, [destination, bssid, source]),
    };
    let mut mpdu = header(Subtype::Data, flag, &addresses);
    mpdu.extend(body);
    mpdu
}

/// Builds a header with three addresses; duration and sequence number are zero.
pub(super) fn header(subtype: Subtype, flags: u16, addresses: &[Mac; 3]) -> Vec<u8> {
    let mut mpdu = (subtype.frame_control() | flags).to_le_bytes().to_vec();
    mpdu.extend([0, 0]);
    mpdu.extend(addresses.as_flattened());
    mpdu.extend([0, 0]);
    mpdu
}

/// Builds an unprotected data frame with an LLC/SNAP header.
#[must_use]
pub fn data(ds: Ds, destination: Mac, source: Mac, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut body = snap(ethertype).to_vec();
    body.extend(payload);
    frame(ds, destination, source, &body)
}

/// Builds an unprotected data frame from an Ethernet frame without FCS. Returns `None` if the Ethernet frame is shorter
/// than its header or than its IEEE 802.3 length.
#[must_use]
pub fn ethernet_to_80211(eth: &[u8], ds: Ds) -> Option<Vec<u8>> {
    let (destination, rest) = eth.split_first_chunk::<6>()?;
    let (source, rest) = rest.split_first_chunk::<6>()?;
    let (kind, payload) = rest.split_first_chunk::<2>()?;
    let kind = u16::from_be_bytes(*kind);
    if kind < MIN_ETHERTYPE {
        // IEEE 802.3: a length, and the payload has its own LLC header.
        let payload = payload.get(..usize::from(kind))?;
        return Some(frame(ds, *destination, *source, payload));
    }
    Some(data(ds, *destination, *source, kind, payload))
}

/// Converts a data frame with a plaintext body, without cipher header, to an Ethernet frame without FCS and padding.
/// Returns `None` for a protected frame, one without payload, a fragment or an A-MSDU.
#[must_use]
pub fn data_to_ethernet(mpdu: &Mpdu) -> Option<Vec<u8>> {
    let fragment = mpdu.flags().has(Flags::MORE_FRAGMENTS) || mpdu.fragment() != Some(0);
    let amsdu = mpdu.qos_control().is_some_and(|qos| qos & A_MSDU != 0);
    if !mpdu.subtype().has_payload() || mpdu.protected() || fragment || amsdu {
        return None;
    }
    let body = mpdu.body();
    let ether = body.len() >= 8 && {
        let kind = u16::from_be_bytes([body[6], body[7]]);
        kind >= MIN_ETHERTYPE && body[..8] == snap(kind)
    };
    let mut eth = mpdu.destination()?.to_vec();
    eth.extend(mpdu.source()?);
    if ether {
        eth.extend(&body[6..]);
    } else {
        let length = u16::try_from(body.len()).ok().filter(|n| *n < MIN_ETHERTYPE)?;
        eth.extend(length.to_be_bytes());
        eth.extend(body);
    }
    Some(eth)
}
