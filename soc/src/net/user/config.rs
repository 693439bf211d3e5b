//! What the user network is like: QEMU's defaults, and the keys that change them.

use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::str::FromStr;

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Protocol {
    Tcp,
    Udp,
}

/// A port of the host that leads to the guest: `tcp|udp:[hostaddr]:hostport-[guestaddr]:guestport`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// Where the host listens; `None`: the front door's default.
    pub address: Option<Ipv4Addr>,
    /// The host's port; 0: any free one.
    pub port: u16,
    /// Where the guest listens; address 0.0.0.0: the first leased one.
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

/// The network's addresses and rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
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
    /// The guest reaches nothing outside.
    pub restrict: bool,
    /// Ports of the host that lead to the guest.
    pub forwards: Vec<Forward>,
}

impl Default for Config {
    fn default() -> Self {
        Self::of_net(Ipv4Addr::new(10, 0, 2, 0), 24)
    }
}

impl Config {
    /// QEMU's layout of a network: host .2, name server .3, clients from .15 on.
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
            restrict: false,
            forwards: Vec::new(),
        }
    }

    /// The network's mask.
    #[must_use]
    pub fn mask(&self) -> Ipv4Addr {
        (!(u32::MAX >> self.prefix)).into()
    }

    /// Whether an address is in the network.
    #[must_use]
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & u32::from(self.mask()) == u32::from(self.net)
    }

    /// Sets one key as QEMU's `-nic user` spells it; `None`: not a key of the user network.
    ///
    /// # Errors
    /// A value that makes no sense.
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
            "hostname" if value.len() <= 64 => {
                self.hostname = Some(value.into());
                Ok(())
            }
            "hostname" => Err("hostname: at most 64 characters".into()),
            "restrict" => match value {
                "on" | "yes" | "y" | "true" => {
                    self.restrict = true;
                    Ok(())
                }
                "off" | "no" | "n" | "false" => {
                    self.restrict = false;
                    Ok(())
                }
                _ => Err(format!("restrict={value}: neither on nor off")),
            },
            "hostfwd" => value.parse().map(|f| self.forwards.push(f)),
            _ => return None,
        })
    }

    /// `A.B.C.D/N`; moves the other addresses along.
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

    /// Checks that the addresses fit together.
    ///
    /// # Errors
    /// What does not.
    pub fn check(&self) -> Result<(), String> {
        for (key, address) in [("host", self.host), ("dns", self.dns), ("dhcpstart", self.dhcp_start)] {
            if !self.contains(address) {
                return Err(format!("{key}={address} is not in net={}/{}", self.net, self.prefix));
            }
        }
        if self.host == self.dns || self.host == self.dhcp_start || self.dns == self.dhcp_start {
            return Err("host, dns and dhcpstart must differ".into());
        }
        Ok(())
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
        let mut c = Config::default();
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
