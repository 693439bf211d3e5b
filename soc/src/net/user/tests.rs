//! Tests of the network with smoltcp's stack as the guest, over a line that may lose, duplicate and reorder frames.

use super::super::host::{Destination, HOST_IDS, HostCommand, HostEvent};
use super::super::{Net, Ready};
use super::*;
use esplens_core::time::TICKS_PER_US;
use smoltcp::iface::{Config as IfConfig, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::Instant;
use std::collections::VecDeque;
use std::net::Ipv4Addr;

pub const MS: Ticks = 1000 * TICKS_PER_US;
pub const MAC: EthMac = [2, 0, 0, 0, 0, 3];

/// The guest's MAC.
#[derive(Default)]
pub struct Nic {
    rx: VecDeque<Vec<u8>>,
    tx: Vec<Vec<u8>>,
}
pub struct Rx(Vec<u8>);
pub struct Tx<'a>(&'a mut Vec<Vec<u8>>);

impl RxToken for Rx {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}
impl TxToken for Tx<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut bytes = vec![0; len];
        let r = f(&mut bytes);
        self.0.push(bytes);
        r
    }
}
impl Device for Nic {
    type RxToken<'a> = Rx;
    type TxToken<'a> = Tx<'a>;
    fn receive(&mut self, _: Instant) -> Option<(Rx, Tx<'_>)> {
        Some((Rx(self.rx.pop_front()?), Tx(&mut self.tx)))
    }
    fn transmit(&mut self, _: Instant) -> Option<Tx<'_>> {
        Some(Tx(&mut self.tx))
    }
    fn capabilities(&self) -> DeviceCapabilities {
        let mut c = DeviceCapabilities::default();
        c.medium = Medium::Ethernet;
        c.max_transmission_unit = 1514;
        c
    }
}

/// A guest, the network, and a line with faults.
pub struct Bench {
    pub net: Net,
    nic: Nic,
    pub iface: Interface,
    pub sockets: SocketSet<'static>,
    pub now: Ticks,
    random: u64,
    /// Frames per thousand that are lost, duplicated and reordered, each.
    faults: u64,
    pub commands: Vec<HostCommand>,
}

impl Bench {
    pub fn new(config: UserNetConfig, faults: u64) -> Self {
        let mut nic = Nic::default();
        let hw = HardwareAddress::Ethernet(EthernetAddress(MAC));
        let mut iface = Interface::new(IfConfig::new(hw), &mut nic, Instant::ZERO);
        iface.update_ip_addrs(|a| a.push(IpCidr::new(config.dhcp_start.into(), config.prefix)).unwrap());
        iface.routes_mut().add_default_ipv4_route(config.host).unwrap();
        let sockets = SocketSet::new(Vec::new());
        Self { net: Net::new(config), nic, iface, sockets, now: 0, random: 7, faults, commands: Vec::new() }
    }

    fn fault(&mut self) -> bool {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % 1000 < self.faults
    }

    pub fn tcp(&mut self, buffer: usize) -> SocketHandle {
        let b = || SocketBuffer::new(vec![0; buffer]);
        self.sockets.add(Socket::new(b(), b()))
    }

    /// Advances by half a millisecond.
    pub fn step(&mut self) {
        self.now += MS / 2;
        self.iface.poll(
            Instant::from_micros((self.now / TICKS_PER_US) as i64),
            &mut self.nic,
            &mut self.sockets,
        );
        let mut sent = std::mem::take(&mut self.nic.tx);
        if sent.len() > 1 && self.fault() {
            sent.swap(0, 1);
        }
        for frame in sent {
            if self.fault() {
                continue;
            }
            if self.fault() {
                self.net.from_guest(self.now, &frame);
            }
            self.net.from_guest(self.now, &frame);
        }
        self.net.tick(self.now);
        while let Some(frame) = self.net.pop_due(self.now, |_| Ready::Yes) {
            if self.fault() {
                continue;
            }
            if self.fault() {
                self.nic.rx.push_front(frame.clone());
            }
            self.nic.rx.push_back(frame);
        }
        // A saved and restored network continues identically.
        self.net = postcard::from_bytes(&postcard::to_stdvec(&self.net).unwrap()).unwrap();
        self.commands.extend(self.net.commands());
    }

    /// Acts as the host's peer: sends `reply`, accepts everything and collects it in `got`.
    fn serve(&mut self, conn: u32, got: &mut Vec<u8>, reply: &mut VecDeque<u8>, credit: &mut usize) -> bool {
        let mut finished = false;
        for command in std::mem::take(&mut self.commands) {
            match command {
                HostCommand::Connect { conn, .. } => {
                    self.net.from_host(self.now, HostEvent::Connected { conn })
                }
                HostCommand::Send { bytes, .. } => {
                    got.extend(&bytes);
                    let bytes = bytes.len() as u32;
                    self.net.from_host(self.now, HostEvent::Sent { conn, bytes });
                }
                HostCommand::Credit { bytes, .. } => *credit += bytes as usize,
                HostCommand::Finish { .. } => finished = true,
                HostCommand::Drop { .. } => panic!("dropped"),
                _ => {}
            }
        }
        let n = reply.len().min(*credit).min(10_000);
        if n > 0 {
            *credit -= n;
            let bytes = reply.drain(..n).collect();
            self.net.from_host(self.now, HostEvent::Data { conn, bytes });
        }
        finished
    }
}

pub fn pattern(n: usize) -> Vec<u8> {
    (0..n as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// Both sides send `n` bytes and close; `incoming`: over a forward.
fn transfer(n: usize, faults: u64, incoming: bool) {
    let mut b = Bench::new(UserNetConfig::default(), faults);
    let h = b.tcp(8192);
    let conn = if incoming {
        b.sockets.get_mut::<Socket>(h).listen(80).unwrap();
        b.net.from_host(0, HostEvent::Accepted { conn: HOST_IDS + 1, to: "0.0.0.0:80".parse().unwrap() });
        HOST_IDS + 1
    } else {
        let to = (IpAddress::v4(93, 184, 216, 34), 80);
        b.sockets.get_mut::<Socket>(h).connect(b.iface.context(), to, 50_000).unwrap();
        1
    };
    let (data, mut sent, mut read) = (pattern(n), 0, Vec::new());
    let (mut got, mut reply, mut credit) = (Vec::new(), VecDeque::from(pattern(n)), 0);
    let mut closed = (false, false);
    for _ in 0..600_000 {
        b.step();
        closed.0 |= b.serve(conn, &mut got, &mut reply, &mut credit);
        if reply.is_empty() && !closed.1 && credit > 0 {
            b.net.from_host(b.now, HostEvent::Eof { conn });
            closed.1 = true;
        }
        let s = b.sockets.get_mut::<Socket>(h);
        if s.can_send() && sent < n {
            sent += s.send_slice(&data[sent..]).unwrap();
        }
        if sent == n && s.may_send() && read.len() == n {
            s.close();
        }
        while s.can_recv() {
            s.recv(|bytes| {
                read.extend_from_slice(bytes);
                (bytes.len(), ())
            })
            .unwrap();
        }
        if closed.0 && closed.1 && !b.net.busy() {
            break;
        }
    }
    assert!(got == data, "{} of {n} bytes from the guest", got.len());
    assert!(read == pattern(n), "{} of {n} bytes to the guest", read.len());
    assert!(closed.0 && !b.net.busy(), "both ends are closed");
}

#[test]
fn a_client_in_the_guest() {
    transfer(300_000, 0, false);
}

#[test]
fn a_server_in_the_guest() {
    transfer(300_000, 0, true);
}

#[test]
fn a_line_that_loses_doubles_and_swaps() {
    transfer(200_000, 50, false);
    transfer(200_000, 50, true);
}

#[test]
fn a_slow_host_shuts_the_window() {
    let mut b = Bench::new(UserNetConfig::default(), 0);
    let h = b.tcp(200_000);
    b.sockets
        .get_mut::<Socket>(h)
        .connect(b.iface.context(), (IpAddress::v4(1, 2, 3, 4), 80), 50_000)
        .unwrap();
    let (mut sent, mut got) = (0, 0);
    for _ in 0..4000 {
        b.step();
        for command in std::mem::take(&mut b.commands) {
            match command {
                HostCommand::Connect { conn, to } => {
                    assert_eq!(to, Destination::Address("1.2.3.4:80".parse().unwrap()));
                    b.net.from_host(b.now, HostEvent::Connected { conn });
                }
                HostCommand::Send { bytes, .. } => got += bytes.len(),
                _ => {}
            }
        }
        let s = b.sockets.get_mut::<Socket>(h);
        if s.can_send() {
            sent += s.send_slice(&[1; 4096]).unwrap();
        }
    }
    assert!(got <= 0xFFFF && got > 60_000, "{got} of {sent}");
}

#[test]
fn a_server_that_is_not_there_is_refused() {
    let mut b = Bench::new(UserNetConfig::default(), 0);
    b.net.from_host(0, HostEvent::Accepted { conn: HOST_IDS + 5, to: "0.0.0.0:81".parse().unwrap() });
    (0..200).for_each(|_| b.step());
    assert!(b.commands.contains(&HostCommand::Drop { conn: HOST_IDS + 5 }), "{:?}", b.commands);
    let h = b.tcp(1024);
    b.sockets
        .get_mut::<Socket>(h)
        .connect(b.iface.context(), (IpAddress::v4(10, 0, 2, 2), 9), 50_000)
        .unwrap();
    (0..50).for_each(|_| b.step());
    let connect = HostCommand::Connect { conn: 1, to: Destination::Loopback(9) };
    assert!(b.commands.contains(&connect), "{:?}", b.commands);
    b.net.from_host(b.now, HostEvent::Refused { conn: 1 });
    (0..50).for_each(|_| b.step());
    assert!(!b.sockets.get_mut::<Socket>(h).is_open());
    assert!(!b.net.busy());
}

#[test]
fn restrict_lets_nothing_out() {
    let mut config = UserNetConfig::default();
    config.set("restrict", "on").unwrap().unwrap();
    let mut b = Bench::new(config, 0);
    let targets = ["10.0.2.2", "10.0.2.3", "8.8.8.8", "127.0.0.1", "10.0.2.99", "255.255.255.255"];
    for (i, target) in targets.iter().enumerate() {
        let ip: Ipv4Addr = target.parse().unwrap();
        let h = b.tcp(1024);
        let port = 50_000 + i as u16;
        let _ = b.sockets.get_mut::<Socket>(h).connect(b.iface.context(), (IpAddress::Ipv4(ip), 80), port);
        let from = ("10.0.2.15:99".parse().unwrap(), SocketAddr::new(ip.into(), 53));
        let frame = wire::udp((MAC, from.0), (mac_of(ip), from.1), &[0; 40]);
        b.net.from_guest(b.now, &frame);
    }
    (0..2000).for_each(|_| b.step());
    assert_eq!(b.commands, []);
    assert!(!b.net.busy());
}

#[test]
fn datagrams_go_both_ways() {
    let mut b = Bench::new(UserNetConfig::default(), 0);
    let guest: SocketAddr = "10.0.2.15:5000".parse().unwrap();
    let dns: SocketAddr = "10.0.2.3:53".parse().unwrap();
    let mut user = UserNet::new(UserNetConfig::default());
    user.frame(0, &wire::udp((MAC, guest), (mac_of("10.0.2.3".parse().unwrap()), dns), b"query"));
    let asked =
        HostCommand::Datagram { flow: 1, to: Some(Destination::Resolver(53)), bytes: b"query".to_vec() };
    assert_eq!(std::mem::take(&mut user.outbox.commands), [asked]);
    assert!(user.busy());
    user.host(0, HostEvent::Datagram { flow: 1, from: Destination::Resolver(53), bytes: b"answer".to_vec() });
    let answer = wire::udp((mac_of("10.0.2.2".parse().unwrap()), dns), (MAC, guest), b"answer");
    assert_eq!(std::mem::take(&mut user.outbox.frames), [answer]);
    assert!(!user.busy());
    let to = "0.0.0.0:5000".parse().unwrap();
    user.host(0, HostEvent::Arrived { flow: HOST_IDS + 1, to, bytes: b"hi".to_vec() });
    let client: SocketAddr = "10.0.2.2:49152".parse().unwrap();
    assert_eq!(user.outbox.frames.len(), 1);
    user.frame(0, &wire::udp((MAC, guest), (mac_of("10.0.2.2".parse().unwrap()), client), b"ho"));
    let reply = HostCommand::Datagram { flow: HOST_IDS + 1, to: None, bytes: b"ho".to_vec() };
    assert_eq!(std::mem::take(&mut user.outbox.commands), [reply]);
    user.tick(1000 * 1000 * MS);
    assert_eq!(user.outbox.commands.len(), 2, "both flows are closed");
    b.step();
}

#[test]
fn random_frames_do_no_harm() {
    let mut b = Bench::new(UserNetConfig::default(), 500);
    for round in 0..20_000_u32 {
        b.fault();
        let kind: &[u8] =
            [&[8, 0, 0x45][..], &[8, 6, 0, 1], &[0x86, 0xDD, 0x60], &[0, 0]][round as usize % 4];
        let mut frame = vec![0xFF; 6];
        frame.extend(MAC);
        frame.extend(kind);
        let len = (b.random >> 40) as usize % 600;
        for i in 0..len {
            b.random = b.random.rotate_left(7).wrapping_add(i as u64);
            frame.push(b.random as u8);
        }
        b.net.from_guest(u64::from(round) * MS, &frame);
        b.net.tick(u64::from(round) * MS);
        b.net.commands();
        while b.net.pop_due(u64::MAX, |_| Ready::Yes).is_some() {}
    }
}
