//! Tests of IEEE 802.11 frames: names, text and matching. Only the MAC header is read, so protected and unprotected
//! frames are treated alike.

use super::{Dir, mac_text};
use esplens_soc::net::air::frame::{BROADCAST, Flags, Mac, Mpdu, Subtype, is_group};
use std::fmt;

/// A test of an 802.11 frame. Ethernet frames never pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wlan {
    /// Any 802.11 frame.
    Any,
    /// Type: 0 management, 1 control, 2 data.
    Type(u8),
    /// Type and subtype (0 to 15), as [`Subtype::numbers`] gives them.
    Subtype(u8, u8),
    /// To DS (bit 0) and From DS (bit 1), 0 to 3.
    Ds(u8),
    /// An address of the frame.
    Address(AddressField, Mac),
    /// Sent to the broadcast address.
    Broadcast,
    /// Sent to a group address.
    Multicast,
}

/// Address field of an 802.11 frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressField {
    /// Source or destination of a management or data frame.
    End(Dir),
    /// Address 1 to 4, where the frame has it.
    Number(u8),
    /// Receiver of a control or data frame. As in pcap-filter(7), management frames have none.
    Ra,
    /// Transmitter of a control or data frame. As in pcap-filter(7), management frames have none.
    Ta,
}

/// Type names, the short form of each first.
const TYPES: [(&str, u8); 5] = [("mgt", 0), ("ctl", 1), ("data", 2), ("management", 0), ("control", 1)];

/// Subtype names. Those of pcap-filter(7), and `action`, `action-noack`, `qos-null`, `bar` and `ba`, which it lacks.
const SUBTYPES: [(&str, u8, u8); 37] = [
    ("assoc-req", 0, 0),
    ("assoc-resp", 0, 1),
    ("reassoc-req", 0, 2),
    ("reassoc-resp", 0, 3),
    ("probe-req", 0, 4),
    ("probe-resp", 0, 5),
    ("beacon", 0, 8),
    ("atim", 0, 9),
    ("disassoc", 0, 10),
    ("auth", 0, 11),
    ("deauth", 0, 12),
    ("action", 0, 13),
    ("action-noack", 0, 14),
    ("bar", 1, 8),
    ("ba", 1, 9),
    ("ps-poll", 1, 10),
    ("rts", 1, 11),
    ("cts", 1, 12),
    ("ack", 1, 13),
    ("cf-end", 1, 14),
    ("cf-end-ack", 1, 15),
    ("data", 2, 0),
    ("data-cf-ack", 2, 1),
    ("data-cf-poll", 2, 2),
    ("data-cf-ack-poll", 2, 3),
    ("null", 2, 4),
    ("cf-ack", 2, 5),
    ("cf-poll", 2, 6),
    ("cf-ack-poll", 2, 7),
    ("qos-data", 2, 8),
    ("qos-data-cf-ack", 2, 9),
    ("qos-data-cf-poll", 2, 10),
    ("qos-data-cf-ack-poll", 2, 11),
    ("qos-null", 2, 12),
    ("qos", 2, 12),
    ("qos-cf-poll", 2, 14),
    ("qos-cf-ack-poll", 2, 15),
];

/// Direction names; the index is the value of the DS bits.
const DIRECTIONS: [&str; 4] = ["nods", "tods", "fromds", "dstods"];

impl Wlan {
    /// Returns the test for a type: `mgt`, `ctl`, `data`, or a long form.
    #[must_use]
    pub fn type_named(name: &str) -> Option<Self> {
        TYPES.iter().find(|t| t.0 == name).map(|t| Self::Type(t.1))
    }

    /// Returns the test for a subtype: `beacon`, `probe-req`, ... Each name belongs to one type.
    #[must_use]
    pub fn subtype_named(name: &str) -> Option<Self> {
        SUBTYPES.iter().find(|s| s.0 == name).map(|s| Self::Subtype(s.1, s.2))
    }

    /// Returns the test for a direction: `nods`, `tods`, `fromds`, `dstods`.
    #[must_use]
    pub fn direction_named(name: &str) -> Option<Self> {
        DIRECTIONS.iter().position(|d| *d == name).map(|n| Self::Ds(n as u8))
    }

    /// Returns true if the 802.11 frame passes.
    #[must_use]
    pub fn matches(self, frame: &Mpdu) -> bool {
        let numbers = frame.subtype().numbers();
        match self {
            Self::Any => true,
            Self::Type(kind) => numbers.0 == kind,
            Self::Subtype(kind, subtype) => numbers == (kind, subtype),
            Self::Ds(bits) => frame.frame_control() & (Flags::TO_DS | Flags::FROM_DS) == u16::from(bits) << 8,
            Self::Address(field, mac) => field.is(frame, mac),
            Self::Broadcast => frame.destination() == Some(BROADCAST),
            Self::Multicast => frame.destination().is_some_and(is_group),
        }
    }
}

impl AddressField {
    /// Returns true if the 802.11 frame has this address in the field.
    fn is(self, frame: &Mpdu, mac: Mac) -> bool {
        let (source, destination) = (frame.source() == Some(mac), frame.destination() == Some(mac));
        let managed = frame.subtype().is_management();
        match self {
            Self::End(Dir::Src) => source,
            Self::End(Dir::Dst) => destination,
            Self::End(Dir::Either) => source || destination,
            Self::Number(1) => frame.addr1() == mac,
            Self::Number(2) => frame.addr2() == Some(mac),
            Self::Number(3) => frame.addr3() == Some(mac),
            Self::Number(_) => frame.addr4() == Some(mac),
            Self::Ra => !managed && frame.addr1() == mac,
            Self::Ta => !managed && frame.addr2() == Some(mac),
        }
    }
}

impl fmt::Display for AddressField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End(dir) => write!(f, "{}host", dir.prefix()),
            Self::Number(n) => write!(f, "addr{n}"),
            Self::Ra => f.write_str("ra"),
            Self::Ta => f.write_str("ta"),
        }
    }
}

impl fmt::Display for Wlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("wlan"),
            Self::Type(kind) => write!(f, "type {}", TYPES[usize::from(*kind).min(2)].0),
            Self::Subtype(kind, number) => {
                let name = SUBTYPES.iter().find(|s| (s.1, s.2) == (*kind, *number)).map_or("?", |s| s.0);
                write!(f, "type {} subtype {name}", TYPES[usize::from(*kind).min(2)].0)
            }
            Self::Ds(bits) => write!(f, "dir {}", DIRECTIONS[usize::from(*bits & 3)]),
            Self::Address(field, mac) => {
                write!(f, "wlan {field} {}", mac_text(*mac))
            }
            Self::Broadcast => f.write_str("wlan broadcast"),
            Self::Multicast => f.write_str("wlan multicast"),
        }
    }
}

/// Summarises an 802.11 frame; the description contains its type.
pub(super) fn summary(bytes: &[u8]) -> String {
    let ends = Mpdu::parse(bytes).map_or(String::new(), |frame| match (frame.addr2(), frame.addr1()) {
        (Some(from), to) => format!(" {} > {}", mac_text(from), mac_text(to)),
        // ACK and CTS name their receiver in the description.
        (None, _) if matches!(frame.subtype(), Subtype::Ack | Subtype::Cts) => String::new(),
        (None, to) => format!(" > {}", mac_text(to)),
    });
    format!("wlan{ends} {}, {} bytes", esplens_soc::net::air::frame::describe(bytes), bytes.len())
}
