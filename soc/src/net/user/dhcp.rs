//! The DHCP server: leases by Ethernet address, and answers of the same fixed size as QEMU's.

use super::config::UserNetConfig;
use super::wire::EthMac;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// Length of every answer.
const ANSWER: usize = 548;
/// Offset of the options.
const OPTIONS: usize = 240;
const MAGIC: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
/// Limit for clients.
const MAX_LEASES: usize = 16;
/// A lease's time in seconds.
const LEASE_SECONDS: u32 = 86_400;

const DISCOVER: u8 = 1;
const OFFER: u8 = 2;
const REQUEST: u8 = 3;
const ACK: u8 = 5;
const NAK: u8 = 6;

/// Leases, by client: the index gives the address, counted from `dhcp_start`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dhcp {
    leases: Vec<EthMac>,
}

/// Fields of a request that are used.
struct Ask {
    kind: u8,
    wanted: Option<Ipv4Addr>,
    server: Option<Ipv4Addr>,
}

fn parse(bytes: &[u8]) -> Option<Ask> {
    let options = bytes.get(OPTIONS..)?;
    if bytes[0] != 1 || bytes[1] != 1 || bytes[2] != 6 || bytes[236..240] != MAGIC {
        return None;
    }
    let ciaddr = Ipv4Addr::new(bytes[12], bytes[13], bytes[14], bytes[15]);
    let mut ask = Ask { kind: 0, wanted: Some(ciaddr).filter(|a| !a.is_unspecified()), server: None };
    let mut rest = options;
    while let [code, tail @ ..] = rest {
        match code {
            0 => rest = tail,
            255 => break,
            _ => {
                let (len, tail) = tail.split_first()?;
                let value = tail.get(..usize::from(*len))?;
                let address = || value.first_chunk::<4>().map(|b| Ipv4Addr::from(*b));
                match code {
                    53 => ask.kind = *value.first()?,
                    50 => ask.wanted = address(),
                    54 => ask.server = address(),
                    _ => {}
                }
                rest = &tail[usize::from(*len)..];
            }
        }
    }
    Some(ask)
}

impl Dhcp {
    /// Returns the address of a client, leasing one if it has none; `None` if no address is left.
    fn lease(&mut self, config: &UserNetConfig, mac: EthMac) -> Option<Ipv4Addr> {
        let place = match self.leases.iter().position(|m| *m == mac) {
            Some(place) => place,
            None if self.leases.len() < MAX_LEASES => {
                self.leases.push(mac);
                self.leases.len() - 1
            }
            None => return None,
        };
        let address = Ipv4Addr::from(u32::from(config.dhcp_start).wrapping_add(place as u32));
        config.contains(address).then_some(address)
    }

    /// Returns true if a client has leased an address.
    #[must_use]
    pub fn has_lease(&self) -> bool {
        !self.leases.is_empty()
    }

    /// Returns the answer to a request; `None` if it gets none.
    pub fn answer(&mut self, config: &UserNetConfig, bytes: &[u8]) -> Option<Vec<u8>> {
        let ask = parse(bytes)?;
        let mac: EthMac = bytes[28..34].try_into().ok()?;
        if ask.server.is_some_and(|s| s != config.host) {
            return None;
        }
        let address = self.lease(config, mac)?;
        let kind = match ask.kind {
            DISCOVER => OFFER,
            REQUEST if ask.wanted.is_none_or(|w| w == address) => ACK,
            REQUEST => NAK,
            _ => return None,
        };
        let mut out = vec![0; ANSWER];
        out[..3].copy_from_slice(&[2, 1, 6]);
        out[4..8].copy_from_slice(&bytes[4..8]);
        if kind != NAK {
            out[16..20].copy_from_slice(&address.octets());
        }
        out[20..24].copy_from_slice(&config.host.octets());
        out[28..34].copy_from_slice(&mac);
        out[236..240].copy_from_slice(&MAGIC);
        let options = options(config, kind);
        out[OPTIONS..OPTIONS + options.len()].copy_from_slice(&options);
        Some(out)
    }
}

fn options(config: &UserNetConfig, kind: u8) -> Vec<u8> {
    let mut out = vec![53, 1, kind];
    let mut put = |code: u8, value: &[u8]| {
        out.extend([code, value.len() as u8]);
        out.extend(value);
    };
    put(54, &config.host.octets());
    if kind != NAK {
        put(1, &config.mask().octets());
        put(3, &config.host.octets());
        put(6, &config.dns.octets());
        put(51, &LEASE_SECONDS.to_be_bytes());
        if let Some(name) = &config.hostname {
            put(12, &name.as_bytes()[..name.len().min(64)]);
        }
        if let Some(domain) = &config.domain {
            put(15, &domain.as_bytes()[..domain.len().min(64)]);
        }
        if !config.search.is_empty() {
            let list: Vec<u8> = config.search.iter().flat_map(|d| labels(d)).take(255).collect();
            put(119, &list);
        }
    }
    out.push(255);
    out
}

/// Encodes a domain name as in DNS (RFC 1035, 3.1).
fn labels(domain: &str) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for label in domain.split('.') {
        let label = &label.as_bytes()[..label.len().min(63)];
        out.push(label.len() as u8);
        out.extend(label);
    }
    out.push(0);
    out
}
