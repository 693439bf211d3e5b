//! Removes colours from text: log files and CI pages show them as `[0;32m`.

/// Maximum length of a colour sequence; a longer one is passed on as text.
const LONGEST: usize = 32;

/// Filter that removes colours (`ESC [ ... m`) from a stream. Other escape sequences pass: they move the cursor or
/// query the terminal.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    /// Start of a sequence whose end has not been received.
    held: Vec<u8>,
}

impl Plain {
    /// Returns the next part of the stream without its colours.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            self.byte(byte, &mut out);
        }
        out
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        if byte == 0x1B {
            out.append(&mut self.held);
        }
        match (self.held.len(), byte) {
            (0, 0x1B) | (1, b'[') => self.held.push(byte),
            (2..LONGEST, b'0'..=b'9' | b';') => self.held.push(byte),
            (2.., b'm') => self.held.clear(),
            _ => {
                out.append(&mut self.held);
                out.push(byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_and_everything_else_stays() {
        for (with, without) in [
            (&b"\x1b[0;32mI (12) boot: fine\x1b[0m\r\n"[..], &b"I (12) boot: fine\r\n"[..]),
            (b"\x1b[m\x1b[1;38;5;200mx", b"x"),
            (b"\x1b[5n\x1b[2J\x1bc\x1b[?25lx", b"\x1b[5n\x1b[2J\x1bc\x1b[?25lx"),
            (b"\x1b\x1b[31mx", b"\x1bx"),
        ] {
            assert_eq!(Plain::default().take(with), without);
            let mut plain = Plain::default();
            let parts: Vec<u8> = with.iter().flat_map(|b| plain.take(&[*b])).collect();
            assert_eq!(parts, without, "byte by byte");
        }
    }

    #[test]
    fn what_never_ends_is_no_colour() {
        let endless = [b"\x1b[".to_vec(), vec![b'1'; 100]].concat();
        assert_eq!(Plain::default().take(&endless), endless);
    }
}
