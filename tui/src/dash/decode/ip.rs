//! Decoders of IPv4, IPv6, ICMP, UDP and TCP.

use super::{Decoded, app, half, ipv4, word};

pub fn v4(d: &mut Decoded, b: &[u8]) {
    d.protocol = "IPv4";
    let head = usize::from(b.first().copied().unwrap_or(0) & 15) * 4;
    if b.len() < 20 || head < 20 || head > b.len() {
        return d.info = "cut short".into();
    }
    let (from, to) = (word(b, 12), word(b, 16));
    (d.from, d.to) = (ipv4(from), ipv4(to));
    let total = usize::from(half(b, 2)).clamp(head, b.len());
    let fragment = half(b, 6) & 0x1FFF;
    d.fields.push(format!(
        "IPv4 {} > {}, protocol {}, ttl {}, {total} bytes, id {:#06x}",
        d.from,
        d.to,
        b[9],
        b[8],
        half(b, 4)
    ));
    let payload = &b[head..total];
    if fragment > 0 {
        return d.info = format!("fragment at {}", u32::from(fragment) * 8);
    }
    match b[9] {
        1 => icmp(d, payload),
        2 => d.protocol = "IGMP",
        6 => tcp(d, payload, Some((from, to))),
        17 => udp(d, payload),
        n => d.info = format!("protocol {n}"),
    }
}

pub fn v6(d: &mut Decoded, b: &[u8]) {
    d.protocol = "IPv6";
    let Some(head) = b.get(..40) else { return d.info = "cut short".into() };
    let address = |at: usize| {
        let bytes: [u8; 16] = head[at..at + 16].try_into().unwrap_or_default();
        std::net::Ipv6Addr::from(bytes).to_string()
    };
    (d.from, d.to) = (address(8), address(24));
    d.fields.push(format!("IPv6 {} > {}, next header {}, hops {}", d.from, d.to, head[6], head[7]));
    let payload = &b[40..];
    match head[6] {
        58 => {
            d.protocol = "ICMPv6";
            let kind = payload.first().copied().unwrap_or(0);
            d.info = match kind {
                128 => "echo request".into(),
                129 => "echo reply".into(),
                133 => "router solicitation".into(),
                134 => "router advertisement".into(),
                135 => "neighbour solicitation".into(),
                136 => "neighbour advertisement".into(),
                143 => "multicast listener report".into(),
                n => format!("type {n}"),
            };
        }
        6 => tcp(d, payload, None),
        17 => udp(d, payload),
        n => d.info = format!("next header {n}"),
    }
}

fn icmp(d: &mut Decoded, b: &[u8]) {
    d.protocol = "ICMP";
    let (kind, code) = (b.first().copied().unwrap_or(0), b.get(1).copied().unwrap_or(0));
    d.info = match kind {
        0 => format!("echo reply {}", half(b, 6)),
        8 => format!("echo request {}", half(b, 6)),
        3 => format!("unreachable ({code})"),
        11 => "time exceeded".into(),
        n => format!("type {n} code {code}"),
    };
    d.fields.push(format!("ICMP type {kind}, code {code}"));
}

fn udp(d: &mut Decoded, b: &[u8]) {
    d.protocol = "UDP";
    let (from, to) = (half(b, 0), half(b, 2));
    let end = usize::from(half(b, 4)).clamp(8, b.len().max(8));
    let payload = b.get(8..end).unwrap_or(&[]);
    d.info = format!("{from} > {to}, {} bytes", payload.len());
    d.fields.push(format!("UDP {from} > {to}, {} bytes", payload.len()));
    match (from, to) {
        (67, _) | (_, 67) | (68, _) | (_, 68) => app::dhcp(d, payload),
        (53, _) | (_, 53) => app::dns(d, payload),
        (5353, _) | (_, 5353) => {
            app::dns(d, payload);
            d.protocol = "mDNS";
        }
        (123, _) | (_, 123) => d.protocol = "NTP",
        _ => {}
    }
    (d.from, d.to) = (format!("{}:{from}", d.from), format!("{}:{to}", d.to));
}

const FLAGS: [(u8, &str); 6] = [(2, "SYN"), (1, "FIN"), (4, "RST"), (8, "PSH"), (16, "ACK"), (32, "URG")];

fn tcp(d: &mut Decoded, b: &[u8], ends: Option<(u32, u32)>) {
    d.protocol = "TCP";
    if b.len() < 20 {
        return d.info = "cut short".into();
    }
    let (from, to) = (half(b, 0), half(b, 2));
    let (seq, ack, bits, window) = (word(b, 4), word(b, 8), b[13], half(b, 14));
    let head = (usize::from(b[12] >> 4) * 4).clamp(20, b.len());
    let payload = &b[head..];
    let flags: Vec<&str> = FLAGS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
    let flags = flags.join(",");
    let counted = if bits & 16 == 0 { String::new() } else { format!(" ack {}", ack.wrapping_sub(d.base.1)) };
    d.info =
        format!("[{flags}] len {} seq {}{counted} win {window}", payload.len(), seq.wrapping_sub(d.base.0));
    d.fields.push(format!(
        "TCP {from} > {to} [{flags}] seq {seq}, ack {ack}, window {window}, {} bytes",
        payload.len()
    ));
    if let Some((a, b)) = ends {
        let (one, other) = ((a, from), (b, to));
        d.stream = Some(if one < other { (one, other) } else { (other, one) });
        d.numbers = Some((seq, if bits & 16 == 0 { 0 } else { ack }, one < other));
    }
    app::http(d, payload);
    app::mqtt(d, payload, from == 1883 || to == 1883);
    (d.from, d.to) = (format!("{}:{from}", d.from), format!("{}:{to}", d.to));
}
