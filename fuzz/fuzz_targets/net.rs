//! Ethernet frames of the guest, events of the host's sockets and passing time, in any order. The first byte
//! selects the network; each further step is a kind, a length of two bytes, and that many bytes.
#![no_main]

use esplens_soc::net::host::{HostEvent, HOST_IDS};
use esplens_soc::net::user::{UserNetConfig, Forward, GuestForward};
use esplens_soc::net::{Net, Ready};
use libfuzzer_sys::fuzz_target;
use std::net::{Ipv4Addr, SocketAddrV4};

/// Limit of a network's serialised state: the queue of the wire, connections' buffers, and a little more.
const MOST: usize = 64 << 20;

fn event(kind: u8, bytes: &[u8]) -> HostEvent {
    let number = u32::from(bytes.first().copied().unwrap_or(0));
    let conn = if kind & 0x10 == 0 { number } else { HOST_IDS + number };
    let to = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 80);
    let bytes = bytes.to_vec();
    match kind & 7 {
        0 => HostEvent::Accepted { conn, to },
        1 => HostEvent::Connected { conn },
        2 => HostEvent::Broken { conn },
        3 => HostEvent::Data { conn, bytes },
        4 => HostEvent::Sent { conn, bytes: number << 8 },
        5 => HostEvent::Eof { conn },
        6 => HostEvent::Arrived { flow: conn, to, bytes },
        _ => HostEvent::Frame(bytes),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((how, mut rest)) = data.split_first() else { return };
    if let Ok(text) = std::str::from_utf8(rest) {
        let _ = (text.parse::<Forward>(), text.parse::<GuestForward>());
        if let Some((key, value)) = text.split_once('=') {
            let mut config = UserNetConfig::default();
            let _ = (config.set(key, value), config.check());
        }
    }
    let restrict = how & 1 != 0;
    let mut net = if how & 2 == 0 {
        Net::new(UserNetConfig { restrict, ..UserNetConfig::default() })
    } else {
        Net::segment()
    };
    let mut now = 0;
    while let [kind, low, high, tail @ ..] = rest {
        let n = usize::from(u16::from_le_bytes([*low, *high])).min(tail.len());
        let (bytes, next) = tail.split_at(n);
        rest = next;
        match kind >> 5 {
            0..=3 => net.from_guest(now, bytes),
            // With `restrict` only the guest may cause events.
            4 | 5 if !restrict => net.from_host(now, event(*kind, bytes)),
            6 => while net.pop_due(now, |_| Ready::Yes).is_some() {},
            _ => now += (n as u64) << (kind & 31),
        }
        net.tick(now);
        let commands = net.commands();
        assert!(!restrict || how & 2 != 0 || commands.is_empty(), "{commands:?}");
    }
    assert!(format!("{net:?}").len() < 4 * MOST);
});
