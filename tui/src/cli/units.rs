//! Parsers of command-line values: times, sizes, numbers, MAC addresses.

use std::time::Duration;

/// Parses `30s`, `1500ms`, `2m`, `250us`, `5` (seconds).
pub fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 =
        number.trim().parse().map_err(|_| format!("{text:?} is not a time such as 30s or 500ms"))?;
    let seconds = match unit {
        "" | "s" => number,
        "ms" => number / 1e3,
        "us" => number / 1e6,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(format!("unit {unit:?} is none of us, ms, s, m, h")),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| format!("{text:?} is out of range"))
}

/// Text to type at the firmware.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed(pub Vec<u8>);

/// Parses text with the escapes `\r`, `\n`, `\t`, `\xHH` and `\\`.
pub fn typed(text: &str) -> Result<Typed, String> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend(before.bytes());
        let digits = after.strip_prefix('x').and_then(|h| h.get(..2));
        let hex = digits.filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
        let hex = hex.and_then(|h| u8::from_str_radix(h, 16).ok());
        let (byte, used) = match (after.chars().next(), hex) {
            (Some('r'), _) => (b'\r', 1),
            (Some('n'), _) => (b'\n', 1),
            (Some('t'), _) => (b'\t', 1),
            (Some('\\'), _) => (b'\\', 1),
            (_, Some(byte)) => (byte, 3),
            _ => {
                return Err(format!(
                    "{text:?}: after \\ there is r, n, t, \\ or x and two hexadecimal digits"
                ));
            }
        };
        out.push(byte);
        rest = &after[used..];
    }
    out.extend(rest.bytes());
    Ok(Typed(out))
}

/// Parses a PSRAM size in bytes: `2M`, `4MB`, `8m`.
pub fn psram(text: &str) -> Result<usize, String> {
    match text.trim().to_ascii_uppercase().trim_end_matches('B') {
        "0" | "0M" => Ok(0),
        "2M" => Ok(2 << 20),
        "4M" => Ok(4 << 20),
        "8M" => Ok(8 << 20),
        _ => Err("expected 2M, 4M or 8M".into()),
    }
}

/// Parses a flash chip's size in bytes.
pub fn flash_size(text: &str) -> Result<usize, String> {
    esplens_soc::boot::input::parse_flash_size(text).ok_or_else(|| "expected 2M, 4M, 8M or 16M".into())
}

/// Parses a size in bytes such as `16M` or `4G`.
pub fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim().to_ascii_uppercase();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let shift = match text[digits..].trim_end_matches('B').trim_end_matches('I') {
        "" => Some(0),
        "K" => Some(10),
        "M" => Some(20),
        "G" => Some(30),
        _ => None,
    };
    let size = text[..digits].parse::<u64>().ok().zip(shift).and_then(|(n, shift)| n.checked_mul(1 << shift));
    size.ok_or_else(|| format!("{text:?} is no size such as 16M or 4G"))
}

/// Parses `0x12` or `18`.
pub fn number(text: &str) -> Result<u32, String> {
    let parsed = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("{text:?} is not a number"))
}

/// Parses a base MAC address such as `24:0a:c4:00:00:10`; a multicast address is refused.
pub fn mac(text: &str) -> Result<[u8; 6], String> {
    let bytes: Vec<u8> = text
        .split([':', '-'])
        .map(|b| if b.len() == 2 { u8::from_str_radix(b, 16).ok() } else { None })
        .collect::<Option<_>>()
        .ok_or_else(|| format!("{text:?} is not a MAC address"))?;
    let mac: [u8; 6] = bytes.try_into().map_err(|_| format!("{text:?} does not have six bytes"))?;
    if mac[0] & 1 != 0 { Err(format!("{text:?} is a multicast address")) } else { Ok(mac) }
}

/// Returns the base MAC address of machine number `id`: Espressif's 24:0A:C4, four addresses per chip as on silicon.
pub fn mac_of_id(id: u32) -> [u8; 6] {
    let n = id.wrapping_add(4).wrapping_mul(4).to_be_bytes();
    [0x24, 0x0A, 0xC4, n[1], n[2], n[3]]
}

/// Parses a machine number, or `host`: derived from this computer's name.
pub fn machine_id(text: &str) -> Result<u32, String> {
    if text != "host" {
        return text.parse().map_err(|_| format!("{text:?} is neither a number nor host"));
    }
    let name = nix::unistd::gethostname().map_err(|why| format!("this computer's name: {why}"))?;
    Ok(id_of_name(&name.to_string_lossy()))
}

/// Returns the number after the last `-` or `_` of a replica's name; for any other name a 20-bit hash.
fn id_of_name(name: &str) -> u32 {
    let ordinal = name.rsplit_once(['-', '_']).and_then(|(_, n)| n.parse().ok());
    // FNV-1a, folded: container names may differ in any character.
    let hash = name.bytes().fold(0x811C_9DC5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    ordinal.unwrap_or((hash >> 20 ^ hash) & 0xF_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_has_escapes() {
        assert_eq!(typed(r"a\r\n\t\x1B\\ä").unwrap().0, "a\r\n\t\x1b\\ä".as_bytes());
        for bad in [r"\", r"\q", r"\x", r"\xg0", r"\xä"] {
            assert!(typed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("0.5m"), Ok(Duration::from_secs(30)));
        assert!(duration("-1s").is_err());
        assert!(duration("10y").unwrap_err().contains("\"y\""));
        assert!(duration("s").is_err());
    }

    #[test]
    fn macs() {
        assert_eq!(mac("24:0a:C4:00:00:10"), Ok([0x24, 0x0A, 0xC4, 0, 0, 0x10]));
        assert!(mac("01:00:5e:00:00:01").unwrap_err().contains("multicast"));
        assert!(mac("24:0a:c4").is_err());
        assert!(mac("é:0a:c4:00:00:10").is_err());
        assert_eq!(mac_of_id(0), [0x24, 0x0A, 0xC4, 0, 0, 0x10]);
        assert_eq!(mac_of_id(1)[5], 0x14);
    }

    #[test]
    fn replicas_have_numbers() {
        assert_eq!(machine_id("7"), Ok(7));
        assert!(machine_id("seven").unwrap_err().contains("seven"));
        assert!(machine_id("host").is_ok());
        assert_eq!((id_of_name("esp-3"), id_of_name("stack_esp_12")), (3, 12));
        let (a, b) = (id_of_name("3f1c0a9d2b77"), id_of_name("3f1c0a9d2b78"));
        assert!(a != b && a.max(b) < 1 << 20);
        assert_ne!(mac_of_id(a), mac_of_id(b));
    }

    #[test]
    fn numbers() {
        assert_eq!(number("0x12"), Ok(18));
        assert_eq!(number("18"), Ok(18));
        assert!(number("x").is_err());
        assert_eq!(psram("4MB"), Ok(4 << 20));
        assert!(psram("3M").is_err());
    }
}
