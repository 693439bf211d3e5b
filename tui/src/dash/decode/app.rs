//! Decoders of DHCP, DNS, HTTP and MQTT.

use super::{Decoded, half, ipv4, text, word};

/// Maximum number of labels of a name, and of options of a message.
const MOST: usize = 64;

pub fn dhcp(d: &mut Decoded, b: &[u8]) {
    d.protocol = "DHCP";
    let (mut kind, mut asked, mut name) = (None, None, None);
    let mut rest = b.get(240..).unwrap_or(&[]);
    for _ in 0..MOST {
        let (code, len) = match rest {
            [0, tail @ ..] => {
                rest = tail;
                continue;
            }
            [code, len, ..] if *code != 255 => (*code, usize::from(*len)),
            _ => break,
        };
        let Some(value) = rest.get(2..2 + len) else { break };
        match code {
            53 => kind = value.first().copied(),
            50 => asked = Some(ipv4(word(value, 0))),
            12 => name = Some(text(value, 32)),
            _ => {}
        }
        rest = &rest[2 + len..];
    }
    let word_of = match kind {
        Some(1) => "discover",
        Some(2) => "offer",
        Some(3) => "request",
        Some(4) => "decline",
        Some(5) => "ack",
        Some(6) => "nak",
        Some(7) => "release",
        Some(8) => "inform",
        _ => "message",
    };
    let yours = word(b, 16);
    d.info = word_of.into();
    if yours != 0 {
        d.info += &format!(" {}", ipv4(yours));
    } else if let Some(asked) = asked {
        d.info += &format!(" wants {asked}");
    }
    d.info += &name.map_or(String::new(), |n| format!(", host {n}"));
    d.fields.push(format!("DHCP {}, transaction {:#010x}", d.info, word(b, 4)));
}

pub fn dns(d: &mut Decoded, b: &[u8]) {
    d.protocol = "DNS";
    if b.len() < 12 {
        return d.info = "cut short".into();
    }
    let flags = half(b, 2);
    let mut at = 12;
    let name = name(b, &mut at);
    let kind = match half(b, at) {
        1 => "A",
        12 => "PTR",
        16 => "TXT",
        28 => "AAAA",
        33 => "SRV",
        _ => "?",
    };
    d.info = match (flags & 0x8000 != 0, flags & 15) {
        (false, _) => format!("{kind} {name}?"),
        (true, 0) => format!("{kind} {name}{}", answer(b, at + 4, half(b, 6))),
        (true, 3) => format!("{name}: no such name"),
        (true, code) => format!("{name}: error {code}"),
    };
    d.fields.push(format!("DNS {}, id {:#06x}", d.info, half(b, 0)));
}

/// Decodes a name and moves `at` behind it. The number of pointers followed is limited.
fn name(b: &[u8], at: &mut usize) -> String {
    let (mut out, mut here, mut jumped) = (String::new(), *at, false);
    for _ in 0..MOST {
        let len = usize::from(b.get(here).copied().unwrap_or(0));
        if len >= 0xC0 {
            if !jumped {
                *at = here + 2;
            }
            jumped = true;
            here = usize::from(half(b, here)) & 0x3FFF;
            continue;
        }
        here += 1;
        if len == 0 {
            break;
        }
        if !out.is_empty() {
            out.push('.');
        }
        out += &text(b.get(here..here + len).unwrap_or(&[]), 63);
        here += len;
    }
    if !jumped {
        *at = here;
    }
    if out.is_empty() { "<root>".into() } else { out }
}

/// Returns the first address of an answer.
fn answer(b: &[u8], mut at: usize, count: u16) -> String {
    for _ in 0..count.min(MOST as u16) {
        name(b, &mut at);
        let (kind, len) = (half(b, at), usize::from(half(b, at + 8)));
        if kind == 1 && len == 4 {
            return format!(" is {}", ipv4(word(b, at + 10)));
        }
        at += 10 + len;
        if at > b.len() {
            break;
        }
    }
    String::new()
}

/// Decodes the first line of a request or a response.
pub fn http(d: &mut Decoded, b: &[u8]) {
    const BEGIN: [&[u8]; 8] =
        [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"HTTP/1."];
    if !BEGIN.iter().any(|begin| b.starts_with(begin)) {
        return;
    }
    d.protocol = "HTTP";
    let mut lines = b.split(|c| *c == b'\n').map(|l| text(l.strip_suffix(b"\r").unwrap_or(l), 120));
    d.info = lines.next().unwrap_or_default();
    d.fields.push(format!("HTTP {}", d.info));
    d.fields.extend(lines.take_while(|l| !l.is_empty()).take(MOST).map(|l| format!("  {l}")));
}

/// Decodes the type of an MQTT message on its port.
pub fn mqtt(d: &mut Decoded, b: &[u8], port: bool) {
    const KINDS: [&str; 16] = [
        "?",
        "CONNECT",
        "CONNACK",
        "PUBLISH",
        "PUBACK",
        "PUBREC",
        "PUBREL",
        "PUBCOMP",
        "SUBSCRIBE",
        "SUBACK",
        "UNSUBSCRIBE",
        "UNSUBACK",
        "PINGREQ",
        "PINGRESP",
        "DISCONNECT",
        "AUTH",
    ];
    if let Some(first) = b.first().filter(|_| port) {
        d.protocol = "MQTT";
        d.info = KINDS[usize::from(first >> 4)].into();
        d.fields.push(format!("MQTT {}", d.info));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_pointers_end() {
        let mut b = vec![0; 12];
        b.extend(b"\x03www\x07example\x03com\0\0\x01\0\x01");
        let mut d = Decoded::default();
        dns(&mut d, &b);
        assert_eq!(d.info, "A www.example.com?");
        // A pointer to itself.
        let mut b = vec![0; 12];
        b.extend([0xC0, 12, 0, 1, 0, 1]);
        dns(&mut d, &b);
        assert_eq!(d.protocol, "DNS");
    }

    #[test]
    fn http_shows_its_first_line() {
        let mut d = Decoded::default();
        http(&mut d, b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\nbody");
        assert_eq!((d.protocol, d.info.as_str(), d.fields.len()), ("HTTP", "GET /hello HTTP/1.1", 2));
    }
}
