//! A network like QEMU's user network: a gateway that is the host, a DHCP server, a name server, and address
//! translation for TCP and UDP in both directions. It is part of the machine: plain data in virtual time. smoltcp
//! parses and builds the packets. The TCP endpoint is implemented here because smoltcp's sockets can be neither copied
//! nor saved.

mod config;
mod dhcp;
#[cfg(test)]
mod hostile;
mod ipv4;
mod ipv6;
#[cfg(test)]
mod malformed;
mod tcp;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_more;
mod udp;
mod wire;

pub use config::{Forward, GuestForward, GuestfwdDevice, Protocol, UserNetConfig};

use super::host::{ANY, Destination, HostCommand, HostEvent};
use dhcp::Dhcp;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::*;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use tcp::TcpConns;
use udp::Udp;
use wire::{BROADCAST, EthMac, mac_of};

/// Limit for guests whose Ethernet addresses are remembered.
const MAX_NEIGHBOURS: usize = 32;

/// Pending output of the network, to the guest and to the host, with the state needed to build it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outbox {
    /// Ethernet frames to the guest.
    pub frames: Vec<Vec<u8>>,
    /// Commands to the host's sockets.
    pub commands: Vec<HostCommand>,
    /// The gateway's Ethernet address, the source of every IP packet.
    gateway: EthMac,
    /// Ethernet addresses of the guests.
    neighbours: BTreeMap<IpAddr, EthMac>,
    /// Identifier last given to a connection or flow that the guest opened.
    next_id: u32,
}

impl Outbox {
    fn mac(&self, address: IpAddr) -> Option<EthMac> {
        self.neighbours.get(&address).copied()
    }

    /// Returns the source Ethernet address of packets to a guest.
    fn router(&self, guest: SocketAddr) -> EthMac {
        if guest.is_ipv6() { ipv6::ROUTER_MAC } else { self.gateway }
    }

    fn new_id(&mut self) -> u32 {
        self.next_id = (self.next_id + 1) % super::host::HOST_IDS;
        self.next_id
    }
}

/// The network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserNet {
    config: UserNetConfig,
    /// The host is the network's gateway, DHCP server and name server.
    serves: bool,
    dhcp: Dhcp,
    tcp: TcpConns,
    udp: Udp,
    /// Pending output.
    pub outbox: Outbox,
}

impl UserNet {
    /// Creates an idle network.
    #[must_use]
    pub fn new(config: UserNetConfig) -> Self {
        let outbox = Outbox { gateway: mac_of(config.host), ..Outbox::default() };
        Self {
            config,
            serves: true,
            dhcp: Dhcp::default(),
            tcp: TcpConns::default(),
            udp: Udp::default(),
            outbox,
        }
    }

    /// Creates a network in which the host is an ordinary station with this Ethernet address. It forwards connections
    /// of the host's sockets to the others and provides no services.
    #[must_use]
    pub fn station(config: UserNetConfig, mac: EthMac) -> Self {
        let mut net = Self::new(config);
        net.serves = false;
        net.outbox.gateway = mac;
        net
    }

    /// Returns true if a client has leased an address.
    #[must_use]
    pub fn has_lease(&self) -> bool {
        self.dhcp.has_lease()
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &UserNetConfig {
        &self.config
    }

    /// Lists connections and flows like QEMU's `info usernet`.
    #[must_use]
    pub fn list(&self) -> String {
        self.tcp.list() + &self.udp.list()
    }

    /// Returns when the next timer is due.
    #[must_use]
    pub fn next(&self) -> Ticks {
        self.tcp.next().min(self.udp.next())
    }

    /// Returns true while a connection to the host is open or an answer from it is awaited.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.tcp.busy() || self.udp.busy()
    }

    /// Runs the timers that are due.
    pub fn tick(&mut self, now: Ticks) {
        self.tcp.tick(now, &mut self.outbox);
        self.udp.tick(now, &mut self.outbox);
    }

    /// Returns the outbound destination for a guest's packet to `to`. This is the only function that creates a
    /// [`Destination`]. With `restrict`, only the addresses of `guestfwd` have one.
    fn destination(&self, to: SocketAddr, protocol: Protocol) -> Option<Destination> {
        if let (SocketAddr::V4(to), Protocol::Tcp) = (to, protocol)
            && let Some(n) = self.config.guest_forwards.iter().position(|g| g.server == to)
        {
            return Some(Destination::Device(n as u16));
        }
        if self.config.restrict || to.port() == 0 {
            return None;
        }
        match to {
            SocketAddr::V4(to) => self.place_v4(to),
            SocketAddr::V6(to) => self.place_v6(to),
        }
    }

    fn place_v4(&self, to: SocketAddrV4) -> Option<Destination> {
        let ip = *to.ip();
        if ip == self.config.host {
            return Some(Destination::Loopback(to.port()));
        }
        if ip == self.config.dns {
            return Some(Destination::Resolver(to.port()));
        }
        let inner = self.config.contains(ip);
        let odd = ip.is_loopback() || ip.is_multicast() || ip.is_broadcast() || ip.octets()[0] == 0;
        (!inner && !odd).then_some(Destination::Address(to.into()))
    }

    fn place_v6(&self, to: SocketAddrV6) -> Option<Destination> {
        let ip = *to.ip();
        if ip == self.config.host6 {
            return Some(Destination::Loopback6(to.port()));
        }
        if ip == self.config.dns6 {
            return Some(Destination::Resolver(to.port()));
        }
        let local = ip.segments()[0] & 0xFFC0 == 0xFE80 || self.config.contains6(ip);
        let odd = ip.is_loopback() || ip.is_multicast() || ip.is_unspecified() || ip.to_ipv4().is_some();
        (!local && !odd).then(|| Destination::Address(SocketAddrV6::new(ip, to.port(), 0, 0).into()))
    }

    /// Returns the address, IPv6 or IPv4, that the guest sees for an outbound destination.
    fn seen(&self, destination: Destination, v6: bool) -> SocketAddr {
        let c = &self.config;
        let own = |v4, v6_address, port| {
            let ip: IpAddr = if v6 { IpAddr::V6(v6_address) } else { IpAddr::V4(v4) };
            SocketAddr::new(ip, port)
        };
        match destination {
            Destination::Loopback(port) | Destination::Loopback6(port) => own(c.host, c.host6, port),
            Destination::Resolver(port) => own(c.dns, c.dns6, port),
            Destination::Address(address) => address,
            // Only TCP connects to a device, and does not use this address.
            Destination::Device(_) => own(c.host, c.host6, 0),
        }
    }

    /// Returns the guest's address of a forward.
    fn guest(&self, to: SocketAddrV4) -> SocketAddr {
        let ip = if *to.ip() == ANY { self.config.dhcp_start } else { *to.ip() };
        SocketAddr::new(ip.into(), to.port())
    }

    /// Handles an event from the host's sockets.
    pub fn host(&mut self, now: Ticks, event: HostEvent) {
        match event {
            HostEvent::Accepted { conn, to } => {
                let (host, guest) = (self.config.host.into(), self.guest(to));
                self.who_has(guest.ip());
                self.tcp.accepted(now, conn, host, guest, &mut self.outbox);
            }
            HostEvent::Datagram { flow, from, bytes } => {
                let from = self.seen(from, self.udp.is_ipv6(flow));
                self.udp.came(flow, from, &bytes, &mut self.outbox);
            }
            HostEvent::Arrived { flow, to, bytes } => {
                let (host, guest) = (self.config.host.into(), self.guest(to));
                self.who_has(guest.ip());
                self.udp.arrived(now, flow, (host, guest), bytes, &mut self.outbox);
            }
            HostEvent::Lost => {
                self.tcp.lost(&mut self.outbox);
                self.udp.lost();
                self.outbox.commands.clear();
                self.outbox.commands.push(HostCommand::Reset);
            }
            event => self.tcp.host(now, event, &mut self.outbox),
        }
    }

    /// Returns true if the guest's address of a forward is on this network; 0.0.0.0 is the first leased address.
    #[must_use]
    pub fn reaches(&self, guest: Ipv4Addr) -> bool {
        if guest == ANY { self.has_lease() } else { self.config.contains(guest) }
    }

    /// Removes the host's unanswered connections to guests that this network does not reach. Returns them as the
    /// [`HostEvent::Accepted`] that opened them.
    pub fn take_unreachable(&mut self) -> Vec<HostEvent> {
        let accepted = |(conn, guest): (u32, SocketAddr)| match guest {
            SocketAddr::V4(to) => {
                let ip = if *to.ip() == self.config.dhcp_start { ANY } else { *to.ip() };
                (!self.reaches(ip)).then(|| (conn, SocketAddrV4::new(ip, to.port())))
            }
            SocketAddr::V6(_) => None,
        };
        let taken: Vec<_> = self.tcp.unanswered().filter_map(accepted).collect();
        taken.iter().for_each(|(conn, _)| self.tcp.forget(*conn));
        taken.into_iter().map(|(conn, to)| HostEvent::Accepted { conn, to }).collect()
    }

    /// Sends an ARP request for a guest whose Ethernet address is unknown.
    fn who_has(&mut self, guest: IpAddr) {
        let IpAddr::V4(guest) = guest else { return };
        if self.outbox.mac(guest.into()).is_none() && self.config.contains(guest) {
            let from = (self.outbox.gateway, self.config.host);
            self.outbox.frames.push(wire::arp(ArpOperation::Request, from, (BROADCAST, guest)));
        }
    }

    /// Handles an Ethernet frame sent by the guest.
    pub fn frame(&mut self, now: Ticks, bytes: &[u8]) {
        let Ok(frame) = EthernetFrame::new_checked(bytes) else { return };
        let from = frame.src_addr().0;
        if from[0] & 1 != 0 {
            return;
        }
        let payload = frame.payload();
        match frame.ethertype() {
            EthernetProtocol::Arp if self.config.ipv4 => self.arp(now, from, payload),
            EthernetProtocol::Ipv4 if self.config.ipv4 => self.ipv4(now, from, payload),
            EthernetProtocol::Ipv6 if self.config.ipv6 => self.ipv6(now, from, payload),
            _ => {}
        }
    }

    /// Records a guest's Ethernet address.
    fn learn(&mut self, now: Ticks, address: IpAddr, mac: EthMac) {
        let c = &self.config;
        let guests = match address {
            IpAddr::V4(a) => c.contains(a) && !c.is_own(a) && a != c.net,
            IpAddr::V6(a) => c.guests6(a),
        };
        let known = self.outbox.neighbours.len();
        let new = self.outbox.mac(address);
        if !guests || new == Some(mac) || known >= MAX_NEIGHBOURS && new.is_none() {
            return;
        }
        self.outbox.neighbours.insert(address, mac);
        self.tcp.found(now, address, &mut self.outbox);
        self.udp.found(address, &mut self.outbox);
    }

    /// Handles a TCP segment or UDP datagram of the guest, over IPv4 or IPv6.
    fn transport(&mut self, now: Ticks, (from, to): (IpAddr, IpAddr), protocol: IpProtocol, payload: &[u8]) {
        let (ips, caps) = ((from.into(), to.into()), ChecksumCapabilities::default());
        match protocol {
            IpProtocol::Tcp => {
                let Ok(packet) = TcpPacket::new_checked(payload) else { return };
                let Ok(repr) = TcpRepr::parse(&packet, &ips.0, &ips.1, &caps) else { return };
                let (guest, to) = (SocketAddr::new(from, repr.src_port), SocketAddr::new(to, repr.dst_port));
                let destination = self.destination(to, Protocol::Tcp);
                self.tcp.segment(now, (guest, to), destination, &repr, &mut self.outbox);
            }
            IpProtocol::Udp => {
                let Ok(packet) = UdpPacket::new_checked(payload) else { return };
                let Ok(repr) = UdpRepr::parse(&packet, &ips.0, &ips.1, &caps) else { return };
                let (guest, to) = (SocketAddr::new(from, repr.src_port), SocketAddr::new(to, repr.dst_port));
                let dns = [IpAddr::from(self.config.dns), self.config.dns6.into()].contains(&to.ip());
                if self.config.restrict && dns && to.port() == 53 {
                    self.udp.no_such_name(guest, to, packet.payload(), &mut self.outbox);
                    return;
                }
                let destination = self.destination(to, Protocol::Udp);
                self.udp.sent(now, (guest, to), destination, packet.payload(), &mut self.outbox);
            }
            _ => {}
        }
    }
}
