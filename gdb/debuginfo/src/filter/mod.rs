//! Packet filters: the part of pcap-filter(7) that is useful for debugging.
//!
//! `tcp port 80`, `host 10.0.2.15 and not arp`, `ether src 02:00:00:00:00:01`, `udp dst port 53 or 67`, `type mgt
//! subtype beacon`, `wlan src 02:00:00:00:00:01`. As in pcap-filter(7), `and` and `or` have equal precedence and
//! associate to the left, `not` binds tighter, and a bare value after `and`/`or` repeats the qualifiers of the previous
//! value.
//!
//! A radio frame appears as an 802.11 frame. Its payload appears once more as an Ethernet frame where an access point
//! or station bridges it. Therefore only the length tests apply to both: `tcp` passes no 802.11 frame, `wlan ...`
//! passes no Ethernet frame.

mod matching;
mod parse;
#[cfg(test)]
mod tests;
mod wlan;

pub use matching::summary;
pub use parse::FilterError;
pub use wlan::{AddressField, Wlan};

use std::fmt;
use std::net::IpAddr;

/// A filter expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// One test.
    Is(Test),
    /// The negation.
    Not(Box<Filter>),
    /// Both.
    And(Box<Filter>, Box<Filter>),
    /// Either.
    Or(Box<Filter>, Box<Filter>),
}

/// A single test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// The packet is of this protocol.
    Proto(Proto),
    /// EtherType (0x0800 is IPv4).
    EtherType(u16),
    /// A MAC address.
    Mac(Dir, [u8; 6]),
    /// Sent to the broadcast address.
    Broadcast,
    /// Sent to a group address.
    Multicast,
    /// An IP address, also as ARP's sender or target.
    Host(Dir, IpAddr),
    /// An IP network: address and prefix length in bits.
    Net(Dir, IpAddr, u8),
    /// Ports of TCP, UDP, or (`None`) both.
    Port(Option<Proto>, Dir, u16, u16),
    /// A test of an 802.11 frame.
    Wlan(Wlan),
    /// Length of at most this many bytes.
    Less(u16),
    /// Length of at least this many bytes.
    Greater(u16),
}

/// A protocol by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Proto {
    Ether,
    Arp,
    Ip,
    Ip6,
    Icmp,
    Icmp6,
    Udp,
    Tcp,
}

/// The end of a transfer that a test applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dir {
    /// The sender.
    Src,
    /// The receiver.
    Dst,
    /// Either of them.
    Either,
}

impl Proto {
    /// All protocols.
    pub const ALL: [Self; 8] =
        [Self::Ether, Self::Arp, Self::Ip, Self::Ip6, Self::Icmp, Self::Icmp6, Self::Udp, Self::Tcp];

    /// Returns its name in an expression.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ether => "ether",
            Self::Arp => "arp",
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
            Self::Icmp => "icmp",
            Self::Icmp6 => "icmp6",
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// Formats a MAC address: six hexadecimal bytes with colons between them.
#[must_use]
pub fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|b| format!("{b:02x}")).join(":")
}

impl Dir {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Src => "src ",
            Self::Dst => "dst ",
            Self::Either => "",
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proto(p) => f.write_str(p.name()),
            Self::EtherType(t) => write!(f, "ether proto {t:#06x}"),
            Self::Mac(dir, mac) => {
                write!(f, "ether {}host {}", dir.prefix(), mac_text(*mac))
            }
            Self::Broadcast => f.write_str("broadcast"),
            Self::Multicast => f.write_str("multicast"),
            Self::Host(dir, ip) => write!(f, "{}host {ip}", dir.prefix()),
            Self::Net(dir, ip, bits) => write!(f, "{}net {ip}/{bits}", dir.prefix()),
            Self::Port(proto, dir, from, to) => {
                let proto = proto.map_or(String::new(), |p| format!("{} ", p.name()));
                match from == to {
                    true => write!(f, "{proto}{}port {from}", dir.prefix()),
                    false => write!(f, "{proto}{}portrange {from}-{to}", dir.prefix()),
                }
            }
            Self::Wlan(test) => write!(f, "{test}"),
            Self::Less(n) => write!(f, "less {n}"),
            Self::Greater(n) => write!(f, "greater {n}"),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(test) => write!(f, "{test}"),
            Self::Not(a) => write!(f, "not ({a})"),
            Self::And(a, b) => write!(f, "({a}) and ({b})"),
            Self::Or(a, b) => write!(f, "({a}) or ({b})"),
        }
    }
}
