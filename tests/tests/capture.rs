//! `--pcap`: files read back with an independent reader, and every Ethernet frame decoded.

use esplens_tests::host::{Running, free_port};
use esplens_tests::{binary, firmware};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::{Block, PcapNgReader};
use smoltcp::wire::{
    ArpOperation, ArpPacket, EthernetFrame, EthernetProtocol, Icmpv6Packet, IpAddress, IpProtocol,
    Ipv4Packet, Ipv6Packet, TcpPacket, UdpPacket,
};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Ethernet frame of the file.
struct Captured {
    at: Duration,
    to_guest: bool,
    comment: String,
    bytes: Vec<u8>,
}

fn read(path: &Path) -> Vec<Captured> {
    let mut reader = PcapNgReader::new(File::open(path).unwrap()).unwrap();
    let mut frames = Vec::new();
    while let Some(block) = reader.next_block() {
        let Block::EnhancedPacket(p) = block.unwrap() else { continue };
        assert_eq!(p.original_len as usize, p.data.len());
        let (mut comment, mut direction) = (String::new(), 0);
        for option in &p.options {
            match option {
                EnhancedPacketOption::Comment(text) => comment = text.to_string(),
                EnhancedPacketOption::Flags(flags) => direction = flags & 3,
                other => panic!("unexpected option {other:?}"),
            }
        }
        assert!(matches!(direction, 1 | 2), "1 inbound, 2 outbound");
        let bytes = p.data.to_vec();
        frames.push(Captured { at: p.timestamp, to_guest: direction == 1, comment, bytes });
    }
    frames
}

/// Describes an Ethernet frame and verifies its checksums.
fn dissect(frame: &[u8]) -> String {
    let eth = EthernetFrame::new_checked(frame).unwrap();
    match eth.ethertype() {
        EthernetProtocol::Arp => {
            let arp = ArpPacket::new_checked(eth.payload()).unwrap();
            if arp.operation() == ArpOperation::Reply { "ARP reply".into() } else { "ARP request".into() }
        }
        EthernetProtocol::Ipv4 => {
            let ip = Ipv4Packet::new_checked(eth.payload()).unwrap();
            assert!(ip.verify_checksum());
            let ends = (IpAddress::Ipv4(ip.src_addr()), IpAddress::Ipv4(ip.dst_addr()));
            transport(ip.next_header(), ip.payload(), ends)
        }
        EthernetProtocol::Ipv6 => {
            let ip = Ipv6Packet::new_checked(eth.payload()).unwrap();
            if ip.next_header() == IpProtocol::Icmpv6 {
                let icmp = Icmpv6Packet::new_checked(ip.payload()).unwrap();
                assert!(icmp.verify_checksum(&ip.src_addr(), &ip.dst_addr()));
                return "ICMPv6".into();
            }
            // Multicast listener reports have a hop-by-hop header.
            format!("IPv6 {}", ip.next_header())
        }
        other => panic!("{other} on the cable"),
    }
}

fn transport(protocol: IpProtocol, bytes: &[u8], (from, to): (IpAddress, IpAddress)) -> String {
    match protocol {
        IpProtocol::Udp => {
            let udp = UdpPacket::new_checked(bytes).unwrap();
            assert!(udp.verify_checksum(&from, &to));
            match (udp.src_port(), udp.dst_port()) {
                // The cookie and the first option, the message type (RFC 2131, 3; RFC 2132, 9.6).
                (68, 67) | (67, 68) => {
                    assert_eq!(udp.payload()[236..242], [0x63, 0x82, 0x53, 0x63, 53, 1]);
                    format!("DHCP {}", udp.payload()[242])
                }
                (from, to) => format!("UDP {from} -> {to}"),
            }
        }
        IpProtocol::Tcp => {
            let tcp = TcpPacket::new_checked(bytes).unwrap();
            assert!(tcp.verify_checksum(&from, &to));
            let flags: String = [(tcp.syn(), 'S'), (tcp.fin(), 'F'), (tcp.rst(), 'R'), (tcp.ack(), 'A')]
                .into_iter()
                .filter_map(|(on, name)| on.then_some(name))
                .collect();
            format!("TCP {flags} {}", if tcp.payload().is_empty() { "" } else { "data" })
        }
        other => format!("IPv4 {other}"),
    }
}

fn get(port: u16) -> Vec<u8> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let (mut page, mut buffer) = (Vec::new(), [0; 4096]);
    while !page.ends_with(b"0\r\n\r\n") {
        let n = stream.read(&mut buffer).unwrap();
        assert!(n > 0, "the page ends early");
        page.extend(&buffer[..n]);
    }
    page
}

#[test]
fn a_capture_reads_back_frame_by_frame() {
    let Some(flash) = firmware::file("rust-openeth-http/flash.bin") else { return };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let file = folder.path().join("wire.pcapng");
    let mut command = binary::esplens();
    command.arg("run").arg(flash).arg("--nic").arg(format!("user,hostfwd=tcp::{port}-:80"));
    command.arg("--pcap").arg(&file).stdout(Stdio::piped());
    let mut running = Running(command.spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|l| l.contains("start loop")), "the server starts");
    std::thread::spawn(move || lines.count());
    let page = get(port);
    kill(Pid::from_raw(running.0.id() as i32), Signal::SIGTERM).unwrap();
    running.0.wait().unwrap();

    let frames = read(&file);
    let guest = frames.iter().find(|f| !f.to_guest).unwrap().bytes[6..12].to_vec();
    let mut kinds = Vec::new();
    for f in &frames {
        let kind = dissect(&f.bytes);
        println!("{:?} {} {kind:24} {}", f.at, if f.to_guest { "<-" } else { "->" }, f.comment);
        assert_eq!(f.bytes[6..12] == guest[..], !f.to_guest, "direction as the source address says");
        let us = format!("{}.{:03} us virtual", f.at.as_micros(), f.at.subsec_nanos() % 1000);
        assert!(f.comment.starts_with(&us), "{} begins with {us}", f.comment);
        // Ethernet frames of the guest name the code that sent them, in flash or RAM.
        assert_eq!(f.comment.contains(", core ") && f.comment.contains("pc 0x40"), !f.to_guest);
        kinds.push(format!("{} {kind}", if f.to_guest { "in" } else { "out" }));
    }
    assert!(frames.is_sorted_by_key(|f| f.at), "in the order of virtual time");
    for kind in [
        "out DHCP 1", // discover
        "in DHCP 2",  // offer
        "out DHCP 3", // request
        "in DHCP 5",  // acknowledge
        "out ARP request",
        "in TCP S ",
        "out TCP SA ",
        "in TCP A data",
        "out TCP A data",
    ] {
        assert!(kinds.iter().any(|k| k == kind), "no {kind:?} in {kinds:#?}");
    }
    // The guest's segments carry what the client received, in order and once.
    let sent: Vec<u8> = frames.iter().filter(|f| !f.to_guest).flat_map(|f| tcp_payload(&f.bytes)).collect();
    assert_eq!(String::from_utf8_lossy(&sent), String::from_utf8_lossy(&page));
}

fn tcp_payload(frame: &[u8]) -> Vec<u8> {
    let eth = EthernetFrame::new_checked(frame).unwrap();
    if eth.ethertype() != EthernetProtocol::Ipv4 {
        return Vec::new();
    }
    let ip = Ipv4Packet::new_checked(eth.payload()).unwrap();
    if ip.next_header() != IpProtocol::Tcp {
        return Vec::new();
    }
    TcpPacket::new_checked(ip.payload()).unwrap().payload().to_vec()
}
