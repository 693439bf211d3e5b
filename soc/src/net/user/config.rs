//! Configuration of the user network: QEMU's defaults, and the keys that change them.

use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};
use std::str::FromStr;

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Protocol {
    Tcp,
    Udp,
}

/// A port of the host forwarded to the guest: `tcp|udp:[hostaddr]:hostport-[guestaddr]:guestport`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The host's listening address; `None`: the front end's default.
    pub address: Option<Ipv4Addr>,
    /// The host's port; 0: any free one.
    pub port: u16,
    /// The guest's listening address; 0.0.0.0 is the first leased one.
    pub guest: SocketAddrV4,
}

impl FromStr for Forward {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is not tcp|udp:[hostaddr]:hostport-[guestaddr]:guestport");
        let (protocol, rest) = text.split_once(':').ok_or_else(bad)?;
        let (host, guest) = rest.split_once('-').ok_or_else(bad)?;
        let end = |end: &str| -> Option<(Option<Ipv4Addr>, u16)> {
            let (address, port) = end.rsplit_once(':')?;
            let address = match address {
                "" => None,
                "localhost" => Some(Ipv4Addr::LOCALHOST),
                a => Some(a.parse().ok()?),
            };
            Some((address, port.parse().ok()?))
        };
        let (address, port) = end(host).ok_or_else(bad)?;
        let (guest, guest_port) = end(guest).filter(|g| g.1 != 0).ok_or_else(bad)?;
        Ok(Self {
            protocol: match protocol {
                "tcp" | "" => Protocol::Tcp,
                "udp" => Protocol::Udp,
                _ => return Err(bad()),
            },
            address,
            port,
            guest: SocketAddrV4::new(guest.unwrap_or(Ipv4Addr::UNSPECIFIED), guest_port),
        })
    }
}

/// Backend of a `guestfwd` server address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuestfwdDevice {
    /// A TCP server of the host: `tcp:host:port`.
    Tcp(String),
    /// A local socket of the host: `unix:path`.
    Unix(String),
    /// A program, started for each connection, whose input and output are connected to it: `cmd:program arguments`.
    Command(String),
}

/// A server address for the guest with a backend elsewhere: `[tcp]:server:port-dev` or `[tcp]:server:port-cmd:command`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestForward {
    /// Address at which the guest connects to it.
    pub server: SocketAddrV4,
    /// Backend.
    pub device: GuestfwdDevice,
}

impl FromStr for GuestForward {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "{text:?} is not [tcp]:server:port-dev, dev being tcp:host:port, unix:path or cmd:command"
            )
        };
        let (server, device) = text.split_once('-').ok_or_else(bad)?;
        let (protocol, server) = server.split_once(':').ok_or_else(bad)?;
        let server: SocketAddrV4 = server.parse().map_err(|_| bad())?;
        let (kind, rest) = device.split_once(':').filter(|d| !d.1.is_empty()).ok_or_else(bad)?;
        let device = match kind {
            "tcp" if rest.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) => {
                GuestfwdDevice::Tcp(rest.into())
            }
            "unix" => GuestfwdDevice::Unix(rest.into()),
            "cmd" => GuestfwdDevice::Command(rest.into()),
            _ => return Err(bad()),
        };
        if server.port() == 0 || !(protocol.is_empty() || protocol == "tcp") {
            return Err(bad());
        }
        Ok(Self { server, device })
    }
}

/// The network's addresses and rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserNetConfig {
    /// The network's address.
    pub net: Ipv4Addr,
    /// Its prefix length, 8..30.
    pub prefix: u8,
    /// The gateway, which is the host.
    pub host: Ipv4Addr,
    /// The name server.
    pub dns: Ipv4Addr,
    /// First address to lease.
    pub dhcp_start: Ipv4Addr,
    /// Name given to the first client.
    pub hostname: Option<String>,
    /// Domains in which clients search names.
    pub search: Vec<String>,
    /// The clients' own domain.
    pub domain: Option<String>,
    /// IPv4 is enabled.
    pub ipv4: bool,
    /// IPv6 is enabled.
    pub ipv6: bool,
    /// The IPv6 network's address.
    pub net6: Ipv6Addr,
    /// Its prefix length, 1..126.
    pub prefix6: u8,
    /// The host over IPv6.
    pub host6: Ipv6Addr,
    /// The name server over IPv6.
    pub dns6: Ipv6Addr,
    /// The guest cannot connect to anything outside.
    pub restrict: bool,
    /// Ports of the host forwarded to the guest.
    pub forwards: Vec<Forward>,
    /// Server addresses for the guest with a backend elsewhere.
    pub guest_forwards: Vec<GuestForward>,
}

impl Default for UserNetConfig {
    fn default() -> Self {
        Self::of_net(Ipv4Addr::new(10, 0, 2, 0), 24)
    }
}

impl UserNetConfig {
    /// Returns QEMU's layout of a network: host .2, name server .3, clients from .15 on.
    #[must_use]
    pub fn of_net(net: Ipv4Addr, prefix: u8) -> Self {
        let prefix = prefix.clamp(8, 27);
        let net = u32::from(net) & !(u32::MAX >> prefix);
        Self {
            net: net.into(),
            prefix,
            host: (net | 2).into(),
            dns: (net | 3).into(),
            dhcp_start: (net | 15).into(),
            hostname: None,
            search: Vec::new(),
            domain: None,
            ipv4: true,
            ipv6: true,
            net6: NET6,
            prefix6: 64,
            host6: own6(NET6, 2),
            dns6: own6(NET6, 3),
            restrict: false,
            forwards: Vec::new(),
            guest_forwards: Vec::new(),
        }
    }

    /// Returns the network's mask.
    #[must_use]
    pub fn mask(&self) -> Ipv4Addr {
        (!(u32::MAX >> self.prefix)).into()
    }

    /// Returns true if an address is in the network.
    #[must_use]
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & u32::from(self.mask()) == u32::from(self.net)
    }

    /// Returns true for an address of the network itself: the host, the name server, or one that `guestfwd` names.
    #[must_use]
    pub fn is_own(&self, address: Ipv4Addr) -> bool {
        address == self.host
            || address == self.dns
            || self.guest_forwards.iter().any(|g| *g.server.ip() == address)
    }

    /// Returns true if an address is in the IPv6 network.
    #[must_use]
    pub fn contains6(&self, address: Ipv6Addr) -> bool {
        let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix6)).unwrap_or(0);
        (u128::from(address) ^ u128::from(self.net6)) & mask == 0
    }

    /// Returns true if an IPv6 address may be a guest's: in the network or link-local, and not one of the network
    /// itself.
    #[must_use]
    pub fn guests6(&self, address: Ipv6Addr) -> bool {
        let local = address.segments()[0] & 0xFFC0 == 0xFE80;
        (local || self.contains6(address))
            && ![self.host6, self.dns6, self.net6, own6(LINK_LOCAL, 2)].contains(&address)
    }

    /// Sets a key with QEMU's `-nic user` syntax; returns `None` for a key that the user network does not have.
    ///
    /// # Errors
    /// An invalid value.
    pub fn set(&mut self, key: &str, value: &str) -> Option<Result<(), String>> {
        let address = |to: &mut Ipv4Addr| {
            *to = value.parse().map_err(|_| format!("{key}={value}: no IPv4 address"))?;
            Ok(())
        };
        Some(match key {
            "net" => self.set_net(value),
            "host" => address(&mut self.host),
            "dns" => address(&mut self.dns),
            "dhcpstart" => address(&mut self.dhcp_start),
            "ipv6-host" => address6(key, value, &mut self.host6),
            "ipv6-dns" => address6(key, value, &mut self.dns6),
            "ipv6-net" => self.set_net6(value),
            "hostname" => name(key, value).map(|n| self.hostname = Some(n)),
            "domainname" => name(key, value).map(|n| self.domain = Some(n)),
            "dnssearch" if self.search.len() >= MAX_SEARCH => Err(format!("dnssearch: at most {MAX_SEARCH}")),
            "dnssearch" => name(key, value).map(|n| self.search.push(n)),
            "restrict" => on_off(key, value, &mut self.restrict),
            "ipv4" => on_off(key, value, &mut self.ipv4),
            "ipv6" => on_off(key, value, &mut self.ipv6),
            "guestfwd" => value.parse().map(|f| self.guest_forwards.push(f)),
            "hostfwd" => value.parse().map(|f| self.forwards.push(f)),
            _ => return None,
        })
    }

    /// Parses `A.B.C.D/N`. The other addresses move with the network unless they were set.
    fn set_net(&mut self, value: &str) -> Result<(), String> {
        let bad = || format!("net={value}: expected A.B.C.D/N with N from 8 to 27");
        let (net, prefix) = value.split_once('/').unwrap_or((value, "24"));
        let prefix = prefix.parse().ok().filter(|n| (8..=27).contains(n)).ok_or_else(bad)?;
        let new = Self::of_net(net.parse().map_err(|_| bad())?, prefix);
        let old = Self::of_net(self.net, self.prefix);
        let moved = |now: Ipv4Addr, old: Ipv4Addr, new: Ipv4Addr| if now == old { new } else { now };
        self.host = moved(self.host, old.host, new.host);
        self.dns = moved(self.dns, old.dns, new.dns);
        self.dhcp_start = moved(self.dhcp_start, old.dhcp_start, new.dhcp_start);
        (self.net, self.prefix) = (new.net, new.prefix);
        Ok(())
    }

    /// Parses `PREFIX` or `PREFIX/N`. The other addresses move with the network unless they were set.
    fn set_net6(&mut self, value: &str) -> Result<(), String> {
        let bad = || format!("ipv6-net={value}: expected PREFIX/N with N from 1 to 126");
        let (net, prefix) = value.split_once('/').unwrap_or((value, "64"));
        let prefix: u8 = prefix.parse().ok().filter(|n| (1..=126).contains(n)).ok_or_else(bad)?;
        let net: Ipv6Addr = net.parse().map_err(|_| bad())?;
        let net = Ipv6Addr::from(u128::from(net) & u128::MAX << (128 - u32::from(prefix)));
        let old = self.net6;
        let moved = |now: Ipv6Addr, n| if now == own6(old, n) { own6(net, n) } else { now };
        (self.host6, self.dns6) = (moved(self.host6, 2), moved(self.dns6, 3));
        (self.net6, self.prefix6) = (net, prefix);
        Ok(())
    }

    /// Checks that the addresses are consistent.
    ///
    /// # Errors
    /// A description of the conflict.
    pub fn check(&self) -> Result<(), String> {
        for (key, address) in [("host", self.host), ("dns", self.dns), ("dhcpstart", self.dhcp_start)] {
            if !self.contains(address) {
                return Err(format!("{key}={address} is not in net={}/{}", self.net, self.prefix));
            }
        }
        if self.host == self.dns || self.host == self.dhcp_start || self.dns == self.dhcp_start {
            return Err("host, dns and dhcpstart must differ".into());
        }
        for (key, address) in [("ipv6-host", self.host6), ("ipv6-dns", self.dns6)] {
            if !self.contains6(address) {
                return Err(format!("{key}={address} is not in ipv6-net={}/{}", self.net6, self.prefix6));
            }
        }
        if self.host6 == self.dns6 {
            return Err("ipv6-host and ipv6-dns must differ".into());
        }
        if let Some(g) = self.guest_forwards.iter().find(|g| !self.contains(*g.server.ip())) {
            return Err(format!("guestfwd: {} is not in net={}/{}", g.server, self.net, self.prefix));
        }
        Ok(())
    }
}

/// QEMU's IPv6 network.
const NET6: Ipv6Addr = Ipv6Addr::new(0xFEC0, 0, 0, 0, 0, 0, 0, 0);
const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 0);
/// Limit for search domains: they must fit a DHCP answer.
const MAX_SEARCH: usize = 3;

/// Returns address `n` of an IPv6 network.
fn own6(net: Ipv6Addr, n: u128) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(net) | n)
}

fn address6(key: &str, value: &str, to: &mut Ipv6Addr) -> Result<(), String> {
    *to = value.parse().map_err(|_| format!("{key}={value}: no IPv6 address"))?;
    Ok(())
}

fn on_off(key: &str, value: &str, to: &mut bool) -> Result<(), String> {
    *to = match value {
        "on" | "yes" | "y" | "true" => true,
        "off" | "no" | "n" | "false" => false,
        _ => return Err(format!("{key}={value}: neither on nor off")),
    };
    Ok(())
}

/// Checks a host or domain name: at most 64 characters, labels of at most 63.
fn name(key: &str, value: &str) -> Result<String, String> {
    let label = |l: &str| !l.is_empty() && l.len() <= 63 && l.is_ascii();
    if value.len() <= 64 && value.split('.').all(label) {
        Ok(value.into())
    } else {
        Err(format!("{key}={value}: no name of at most 64 characters"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwards_parse() {
        let f: Forward = "tcp::8000-:80".parse().unwrap();
        assert_eq!((f.protocol, f.address, f.port), (Protocol::Tcp, None, 8000));
        assert_eq!(f.guest, "0.0.0.0:80".parse().unwrap());
        let f: Forward = "udp:0.0.0.0:53-10.0.2.16:5353".parse().unwrap();
        assert_eq!((f.protocol, f.address), (Protocol::Udp, Some(Ipv4Addr::UNSPECIFIED)));
        for bad in ["", "tcp", "tcp::80", "tcp::80-:0", "tcp:x:80-:80", "sctp::1-:1", "tcp::99999-:80"] {
            assert!(bad.parse::<Forward>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_net_moves_what_was_not_placed() {
        let mut c = UserNetConfig::default();
        assert_eq!(c.set("dns", "192.168.7.53"), Some(Ok(())));
        assert_eq!(c.set("net", "192.168.7.0/24"), Some(Ok(())));
        assert_eq!((c.host, c.dhcp_start), ("192.168.7.2".parse().unwrap(), "192.168.7.15".parse().unwrap()));
        assert_eq!(c.dns, "192.168.7.53".parse::<Ipv4Addr>().unwrap());
        assert_eq!(c.check(), Ok(()));
        c.set("host", "10.0.2.2").unwrap().unwrap();
        assert!(c.check().unwrap_err().contains("host=10.0.2.2"));
        assert!(c.set("net", "1.2.3.4/31").unwrap().is_err());
        assert_eq!(c.set("colour", "red"), None);
    }
}
