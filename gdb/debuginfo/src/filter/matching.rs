//! Matches Ethernet and 802.11 frames against a [`Filter`].

use super::{Dir, Filter, Proto, Test, wlan};
use esplens_soc::net::air::frame::Mpdu;
use esplens_soc::system::NetFrame;
use std::net::IpAddr;

const ARP: u16 = 0x0806;
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;

/// Parsed form of the packet that the tests are applied to.
enum View<'a> {
    Ethernet(Ethernet<'a>),
    /// An 802.11 frame: its length, and its header unless it is truncated.
    Wlan(usize, Option<Mpdu<'a>>),
}

/// Parsed fields of an Ethernet frame.
struct Ethernet<'a> {
    frame: &'a [u8],
    ethertype: u16,
    /// IP protocol number.
    protocol: Option<u8>,
    /// Sender and receiver; for ARP its sender and target address.
    ips: Option<[IpAddr; 2]>,
    /// Ports of TCP and UDP; absent in later fragments.
    ports: Option<[u16; 2]>,
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn v4(bytes: &[u8], at: usize) -> Option<IpAddr> {
    Some(<[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok()?.into())
}

fn v6(bytes: &[u8], at: usize) -> Option<IpAddr> {
    Some(<[u8; 16]>::try_from(bytes.get(at..at + 16)?).ok()?.into())
}

fn pair<T>(a: Option<T>, b: Option<T>) -> Option<[T; 2]> {
    Some([a?, b?])
}

impl<'a> View<'a> {
    fn new(frame: &'a NetFrame) -> Self {
        match frame.air {
            Some(_) => Self::Wlan(frame.bytes.len(), Mpdu::parse(&frame.bytes)),
            None => Self::Ethernet(Ethernet::new(&frame.bytes)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Ethernet(view) => view.frame.len(),
            Self::Wlan(len, _) => *len,
        }
    }

    fn test(&self, test: &Test) -> bool {
        match (test, self) {
            (Test::Less(n), _) => self.len() <= usize::from(*n),
            (Test::Greater(n), _) => self.len() >= usize::from(*n),
            (Test::Wlan(wlan::Wlan::Any), Self::Wlan(..)) => true,
            (Test::Wlan(test), Self::Wlan(_, frame)) => frame.is_some_and(|f| test.matches(&f)),
            (Test::Wlan(_), _) | (_, Self::Wlan(..)) => false,
            (_, Self::Ethernet(view)) => view.test(test),
        }
    }
}

impl<'a> Ethernet<'a> {
    fn new(frame: &'a [u8]) -> Self {
        let ethertype = half(frame, 12).unwrap_or(0);
        let body = frame.get(14..).unwrap_or(&[]);
        let mut view = Self { frame, ethertype, protocol: None, ips: None, ports: None };
        match ethertype {
            ARP => view.ips = pair(v4(body, 14), v4(body, 24)),
            IPV4 => view.ipv4(body),
            IPV6 => {
                view.protocol = body.get(6).copied();
                view.ips = pair(v6(body, 8), v6(body, 24));
                view.transport(body.get(40..).unwrap_or(&[]));
            }
            _ => {}
        }
        view
    }

    fn ipv4(&mut self, body: &[u8]) {
        let header = body.first().map_or(0, |b| usize::from(b & 15) * 4);
        self.protocol = body.get(9).copied();
        self.ips = pair(v4(body, 12), v4(body, 16));
        let first = half(body, 6).is_some_and(|f| f & 0x1FFF == 0);
        if first && header >= 20 {
            self.transport(body.get(header..).unwrap_or(&[]));
        }
    }

    fn transport(&mut self, body: &[u8]) {
        if matches!(self.protocol, Some(6 | 17)) {
            self.ports = pair(half(body, 0), half(body, 2));
        }
    }

    fn is(&self, proto: Proto) -> bool {
        match proto {
            Proto::Ether => true,
            Proto::Arp => self.ethertype == ARP,
            Proto::Ip => self.ethertype == IPV4,
            Proto::Ip6 => self.ethertype == IPV6,
            Proto::Icmp => self.ethertype == IPV4 && self.protocol == Some(1),
            Proto::Icmp6 => self.ethertype == IPV6 && self.protocol == Some(58),
            Proto::Udp => self.protocol == Some(17),
            Proto::Tcp => self.protocol == Some(6),
        }
    }

    fn test(&self, test: &Test) -> bool {
        match test {
            Test::Proto(proto) => self.is(*proto),
            Test::EtherType(t) => self.ethertype == *t,
            Test::Mac(dir, mac) => {
                let ends = pair(self.frame.get(6..12), self.frame.get(..6));
                end(*dir, ends, |m| m == mac)
            }
            Test::Broadcast => self.frame.get(..6) == Some(&[0xFF; 6]),
            Test::Multicast => self.frame.first().is_some_and(|b| b & 1 != 0),
            Test::Host(dir, ip) => end(*dir, self.ips, |a| a == *ip),
            Test::Net(dir, ip, bits) => end(*dir, self.ips, |a| within(a, *ip, *bits)),
            Test::Port(proto, dir, from, to) => {
                proto.is_none_or(|p| self.is(p)) && end(*dir, self.ports, |p| (*from..=*to).contains(&p))
            }
            // Tests that are not specific to Ethernet are handled earlier.
            Test::Less(_) | Test::Greater(_) | Test::Wlan(_) => false,
        }
    }
}

/// Applies a test to the sender, the receiver or both.
fn end<T>(dir: Dir, ends: Option<[T; 2]>, test: impl Fn(T) -> bool) -> bool {
    let Some([src, dst]) = ends else { return false };
    match dir {
        Dir::Src => test(src),
        Dir::Dst => test(dst),
        Dir::Either => test(src) || test(dst),
    }
}

fn within(addr: IpAddr, net: IpAddr, bits: u8) -> bool {
    let (a, n, width) = match (addr, net) {
        (IpAddr::V4(a), IpAddr::V4(n)) => (u128::from(a.to_bits()), u128::from(n.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(n)) => (a.to_bits(), n.to_bits(), 128),
        _ => return false,
    };
    (a ^ n).checked_shr(u32::from(width - bits)).unwrap_or(0) == 0
}

impl Filter {
    /// Returns true if an Ethernet or 802.11 frame (without checksum) passes.
    #[must_use]
    pub fn matches(&self, frame: &NetFrame) -> bool {
        self.eval(&View::new(frame))
    }

    fn eval(&self, view: &View) -> bool {
        match self {
            Self::Is(test) => view.test(test),
            Self::Not(a) => !a.eval(view),
            Self::And(a, b) => a.eval(view) && b.eval(view),
            Self::Or(a, b) => a.eval(view) || b.eval(view),
        }
    }
}

/// Summarises an Ethernet or 802.11 frame: sender, receiver, protocol, length.
#[must_use]
pub fn summary(frame: &NetFrame) -> String {
    if frame.air.is_some() {
        return wlan::summary(&frame.bytes);
    }
    let view = Ethernet::new(&frame.bytes);
    let proto = Proto::ALL.iter().rev().find(|p| view.is(**p)).map_or("ether", |p| p.name());
    let ends = match (view.ips, view.ports) {
        (Some([a, b]), Some([p, q])) => format!(" {a} port {p} > {b} port {q}"),
        (Some([a, b]), None) => format!(" {a} > {b}"),
        _ => format!(" type {:#06x}", view.ethertype),
    };
    format!("{proto}{ends}, {} bytes", frame.bytes.len())
}
