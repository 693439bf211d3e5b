//! Numbers in user input and in packets, and bytes as hexadecimal digits.

/// Parses a number from user input: decimal, 0x hexadecimal, 0b binary, 0o octal. Returns `None` if it is not a number
/// or exceeds 32 bits.
#[must_use]
pub fn written(text: &str) -> Option<u32> {
    let (digits, radix) = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (&text[2..], 16),
        Some("0b") => (&text[2..], 2),
        Some("0o") => (&text[2..], 8),
        _ => (text, 10),
    };
    // The standard library would accept a sign.
    if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
}

/// Parses a number in a GDB packet: hexadecimal digits only.
#[must_use]
pub fn packed(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok().filter(|t| !t.starts_with('+'))?;
    u64::from_str_radix(text, 16).ok()
}

/// Converts bytes to hexadecimal digits, in ASCII.
#[must_use]
pub fn hex_digits(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = vec![0; 2 * bytes.len()];
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    out
}

/// Converts bytes to hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    hex_digits(bytes).into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_people_and_of_packets() {
        let ok = [("12", 12), ("0x3ffb0000", 0x3FFB_0000), ("0XA", 10), ("0b101", 5), ("0o17", 15)];
        ok.into_iter().for_each(|(text, n)| assert_eq!(written(text), Some(n), "{text}"));
        for bad in ["", "0x", "0x+1", "+1", "-1", "x", "4294967296", "1 2", "0xg"] {
            assert_eq!(written(bad), None, "{bad}");
        }
        assert_eq!(packed(b"3fFb"), Some(0x3FFB));
        assert_eq!(packed(b"ffffffffffffffff"), Some(u64::MAX));
        for bad in [b"".as_slice(), b"0x1", b"+1", b"-1", b"10000000000000000", b"\xff"] {
            assert_eq!(packed(bad), None, "{bad:?}");
        }
    }
}
