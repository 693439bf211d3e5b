//! A network like QEMU's user network: a gateway that is the host, a DHCP server, a name server, and address
//! translation for TCP and UDP both ways. It is part of the machine: plain data in virtual time. Packets are taken
//! apart and put together by smoltcp; the TCP endpoint is here because smoltcp's sockets can be neither copied nor
//! saved.

mod config;
mod dhcp;
mod ipv6;
mod tcp;
#[cfg(test)]
mod tests;
mod udp;
mod wire;

pub use config::{Config, Forward, Protocol};

use super::host::{ANY, Command, Event, Place};
use dhcp::Dhcp;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::*;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use tcp::Tcp;
use udp::Udp;
use wire::{BROADCAST, Mac, mac_of};

/// Guests whose Ethernet addresses are known, at most.
const MAX_NEIGHBOURS: usize = 32;

/// What the network has to say, to the guest and to the host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Io {
    /// Frames to the guest.
    pub frames: Vec<Vec<u8>>,
    /// To the host's sockets.
    pub commands: Vec<Command>,
    /// The gateway's Ethernet address, the source of every IP packet.
    gateway: Mac,
    /// Ethernet addresses of the guests.
    neighbours: BTreeMap<Ipv4Addr, Mac>,
    /// Number of the next connection or flow that the guest opens.
    next_id: u32,
}

impl Io {
    fn mac(&self, address: Ipv4Addr) -> Option<Mac> {
        self.neighbours.get(&address).copied()
    }

    fn new_id(&mut self) -> u32 {
        self.next_id = (self.next_id + 1) % super::host::HOST_IDS;
        self.next_id
    }
}

/// The network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserNet {
    config: Config,
    dhcp: Dhcp,
    tcp: Tcp,
    udp: Udp,
    /// What it has to say.
    pub io: Io,
}

impl UserNet {
    /// A network at rest.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let io = Io { gateway: mac_of(config.host), ..Io::default() };
        Self { config, dhcp: Dhcp::default(), tcp: Tcp::default(), udp: Udp::default(), io }
    }

    /// Addresses, forwarded ports, guests seen and connections.
    #[must_use]
    pub fn info(&self) -> String {
        let c = &self.config;
        let mut out = format!("user: net {}/{}, host {}, dns {}", c.net, c.prefix, c.host, c.dns);
        out.push_str(if c.restrict { ", restricted\n" } else { "\n" });
        for f in &c.forwards {
            let address = f.address.map_or("127.0.0.1".to_string(), |a| a.to_string());
            out.push_str(&format!("hostfwd: {:?} {address}:{} -> {}\n", f.protocol, f.port, f.guest));
        }
        for (address, mac) in &self.io.neighbours {
            out.push_str(&format!("guest: {address} {mac:02x?}\n"));
        }
        out.push_str(if self.busy() { "connections: open\n" } else { "connections: none\n" });
        out
    }

    /// When a timer is due.
    #[must_use]
    pub fn next(&self) -> Ticks {
        self.tcp.next().min(self.udp.next())
    }

    /// True while the host is involved.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.tcp.busy() || self.udp.busy()
    }

    /// Runs the timers that are due.
    pub fn tick(&mut self, now: Ticks) {
        self.tcp.tick(now, &mut self.io);
        self.udp.tick(now, &mut self.io);
    }

    /// Where a guest's packet to `to` may go outside. The only maker of a [`Place`]: with `restrict`, there is none.
    fn place(&self, to: SocketAddrV4) -> Option<Place> {
        let ip = *to.ip();
        if self.config.restrict || to.port() == 0 {
            return None;
        }
        if ip == self.config.host {
            return Some(Place::Loopback(to.port()));
        }
        if ip == self.config.dns {
            return Some(Place::Resolver(to.port()));
        }
        let inner = self.config.contains(ip);
        let odd = ip.is_loopback() || ip.is_multicast() || ip.is_broadcast() || ip.octets()[0] == 0;
        (!inner && !odd).then_some(Place::Address(to))
    }

    /// The address that a place outside has for the guest.
    fn seen(&self, place: Place) -> SocketAddrV4 {
        match place {
            Place::Loopback(port) => SocketAddrV4::new(self.config.host, port),
            Place::Resolver(port) => SocketAddrV4::new(self.config.dns, port),
            Place::Address(address) => address,
        }
    }

    /// Where a forward leads.
    fn guest(&self, to: SocketAddrV4) -> SocketAddrV4 {
        if *to.ip() == ANY { SocketAddrV4::new(self.config.dhcp_start, to.port()) } else { to }
    }

    /// The host's sockets have news.
    pub fn host(&mut self, now: Ticks, event: Event) {
        match event {
            Event::Accepted { conn, to } => {
                let (host, guest) = (self.config.host, self.guest(to));
                self.who_has(*guest.ip());
                self.tcp.accepted(now, conn, host, guest, &mut self.io);
            }
            Event::Datagram { flow, from, bytes } => {
                let from = self.seen(from);
                self.udp.came(flow, from, &bytes, &mut self.io);
            }
            Event::Arrived { flow, to, bytes } => {
                let (host, guest) = (self.config.host, self.guest(to));
                self.who_has(*guest.ip());
                self.udp.arrived(now, flow, (host, guest), bytes, &mut self.io);
            }
            Event::Lost => {
                self.tcp.lost(&mut self.io);
                self.udp.lost();
                self.io.commands.clear();
                self.io.commands.push(Command::Reset);
            }
            event => self.tcp.host(now, event, &mut self.io),
        }
    }

    /// Asks for the Ethernet address of a guest that is not known.
    fn who_has(&mut self, guest: Ipv4Addr) {
        if self.io.mac(guest).is_none() && self.config.contains(guest) {
            let from = (mac_of(self.config.host), self.config.host);
            self.io.frames.push(wire::arp(ArpOperation::Request, from, (BROADCAST, guest)));
        }
    }

    /// The guest sent a frame.
    pub fn frame(&mut self, now: Ticks, bytes: &[u8]) {
        let Ok(frame) = EthernetFrame::new_checked(bytes) else { return };
        let from = frame.src_addr().0;
        if from[0] & 1 != 0 {
            return;
        }
        match frame.ethertype() {
            EthernetProtocol::Arp => self.arp(now, from, frame.payload()),
            EthernetProtocol::Ipv4 => self.ipv4(now, from, frame.payload()),
            EthernetProtocol::Ipv6 => ipv6::answer(from, frame.payload(), &mut self.io),
            _ => {}
        }
    }

    /// Notes where a guest is.
    fn learn(&mut self, now: Ticks, address: Ipv4Addr, mac: Mac) {
        let c = &self.config;
        if !c.contains(address) || address == c.host || address == c.dns || address == c.net {
            return;
        }
        let known = self.io.neighbours.len();
        if self.io.mac(address) == Some(mac) || known >= MAX_NEIGHBOURS && self.io.mac(address).is_none() {
            return;
        }
        self.io.neighbours.insert(address, mac);
        self.tcp.found(now, address, &mut self.io);
        self.udp.found(address, &mut self.io);
    }

    fn arp(&mut self, now: Ticks, from: Mac, bytes: &[u8]) {
        let Ok(packet) = ArpPacket::new_checked(bytes) else { return };
        let Ok(ArpRepr::EthernetIpv4 { operation, source_protocol_addr, target_protocol_addr, .. }) =
            ArpRepr::parse(&packet)
        else {
            return;
        };
        self.learn(now, source_protocol_addr, from);
        let own = target_protocol_addr == self.config.host || target_protocol_addr == self.config.dns;
        if operation == ArpOperation::Request && own {
            let me = (mac_of(target_protocol_addr), target_protocol_addr);
            self.io.frames.push(wire::arp(ArpOperation::Reply, me, (from, source_protocol_addr)));
        }
    }

    fn ipv4(&mut self, now: Ticks, mac: Mac, bytes: &[u8]) {
        let Ok(packet) = Ipv4Packet::new_checked(bytes) else { return };
        let Ok(ip) = Ipv4Repr::parse(&packet, &ChecksumCapabilities::default()) else { return };
        // Fragments are not put together: nobody's path here is narrower than the guest's own cable.
        if packet.more_frags() || packet.frag_offset() != 0 {
            return;
        }
        let payload = packet.payload();
        if ip.next_header == IpProtocol::Udp && self.dhcp(payload, &ip) {
            return;
        }
        if !self.config.contains(ip.src_addr) {
            return;
        }
        self.learn(now, ip.src_addr, mac);
        match ip.next_header {
            IpProtocol::Icmp => self.icmp(mac, &ip, payload),
            IpProtocol::Udp => self.udp_in(now, &ip, payload),
            IpProtocol::Tcp => {
                let Ok(packet) = TcpPacket::new_checked(payload) else { return };
                let ips = (ip.src_addr.into(), ip.dst_addr.into());
                let Ok(repr) = TcpRepr::parse(&packet, &ips.0, &ips.1, &ChecksumCapabilities::default())
                else {
                    return;
                };
                let guest = SocketAddrV4::new(ip.src_addr, repr.src_port);
                let to = SocketAddrV4::new(ip.dst_addr, repr.dst_port);
                let place = self.place(to);
                self.tcp.segment(now, (guest, to), place, &repr, &mut self.io);
            }
            _ => {}
        }
    }

    /// True when it was for the DHCP server.
    fn dhcp(&mut self, payload: &[u8], ip: &Ipv4Repr) -> bool {
        let Ok(packet) = UdpPacket::new_checked(payload) else { return false };
        let here = ip.dst_addr == Ipv4Addr::BROADCAST || ip.dst_addr == self.config.host;
        if packet.dst_port() != 67 || !here {
            return false;
        }
        let request = packet.payload();
        if let Some(answer) = self.dhcp.answer(&self.config, request)
            && let Some(mac) = request.get(28..34).and_then(|m| Mac::try_from(m).ok())
        {
            let from = SocketAddrV4::new(self.config.host, 67);
            let to = SocketAddrV4::new(Ipv4Addr::BROADCAST, 68);
            self.io.frames.push(wire::udp((self.io.gateway, from), (mac, to), &answer));
        }
        true
    }

    /// The gateway and the name server answer an echo.
    fn icmp(&mut self, mac: Mac, ip: &Ipv4Repr, payload: &[u8]) {
        let Ok(packet) = Icmpv4Packet::new_checked(payload) else { return };
        let caps = ChecksumCapabilities::default();
        let Ok(Icmpv4Repr::EchoRequest { ident, seq_no, data }) = Icmpv4Repr::parse(&packet, &caps) else {
            return;
        };
        if ip.dst_addr != self.config.host && ip.dst_addr != self.config.dns {
            return;
        }
        let reply = Icmpv4Repr::EchoReply { ident, seq_no, data };
        let to = (mac, ip.src_addr);
        let frame =
            wire::ipv4((self.io.gateway, ip.dst_addr), to, IpProtocol::Icmp, reply.buffer_len(), |bytes| {
                reply.emit(&mut Icmpv4Packet::new_unchecked(bytes), &caps);
            });
        self.io.frames.push(frame);
    }

    fn udp_in(&mut self, now: Ticks, ip: &Ipv4Repr, payload: &[u8]) {
        let Ok(packet) = UdpPacket::new_checked(payload) else { return };
        let ips = (ip.src_addr.into(), ip.dst_addr.into());
        let Ok(repr) = UdpRepr::parse(&packet, &ips.0, &ips.1, &ChecksumCapabilities::default()) else {
            return;
        };
        let guest = SocketAddrV4::new(ip.src_addr, repr.src_port);
        let to = SocketAddrV4::new(ip.dst_addr, repr.dst_port);
        if self.config.restrict && to == SocketAddrV4::new(self.config.dns, 53) {
            self.udp.no_such_name(guest, to, packet.payload(), &mut self.io);
            return;
        }
        let place = self.place(to);
        self.udp.sent(now, (guest, to), place, packet.payload(), &mut self.io);
    }
}
