//! First bytes of a connection: HTTP and TLS clients are distinguished from clients of a serial port.

use super::telnet::IAC;
use esplens_server::listen::HTTP_METHODS;

/// Start of a TLS record with a ClientHello.
const TLS: &[u8] = &[0x16, 3];
/// Maximum length of the first line that is checked.
const MOST: usize = 16 * 1024;

/// Check of a connection's first line. Clients of RFC 2217 begin with a telnet command; typed text passes as it
/// arrives. A browser always sends a request line first, before any body.
#[derive(Debug, Default)]
pub struct Opening {
    line: Vec<u8>,
    known: bool,
}

impl Opening {
    /// Checks received bytes. Returns true for a client that is not one of a serial port.
    pub fn is_foreign(&mut self, bytes: &[u8]) -> bool {
        if self.known {
            return false;
        }
        let end = bytes.iter().position(|b| *b == b'\n');
        self.line.extend(&bytes[..end.unwrap_or(bytes.len())]);
        if self.line.starts_with(TLS) {
            return true;
        }
        let may_be = |start: &[u8]| self.line.starts_with(start) || start.starts_with(&self.line);
        let methods = HTTP_METHODS.map(|method| format!("{method} "));
        let request = methods.iter().any(|m| self.line.starts_with(m.as_bytes()));
        self.known = end.is_some()
            || self.line.first() == Some(&IAC)
            || !methods.iter().any(|m| may_be(m.as_bytes())) && !may_be(TLS);
        let whole = self.line.windows(6).any(|w| w == b" HTTP/");
        request && (whole || self.line.len() > MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of bytes after which a client is refused when they arrive one by one.
    fn refused(bytes: &[u8]) -> Option<usize> {
        let mut opening = Opening::default();
        bytes.iter().position(|b| opening.is_foreign(&[*b]))
    }

    #[test]
    fn requests_are_foreign_however_they_are_cut() {
        for text in [
            &b"POST / HTTP/1.1\r\nHost: x\r\n\r\n\xFF\xFA\x2C\x05\x0B\xFF\xF0"[..],
            b"GET /a?b HTTP/1.1\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\0\x01\0\x01",
        ] {
            assert!(Opening::default().is_foreign(text), "{text:?}");
            let at = refused(text).expect("refused");
            assert!(at < 18, "{at}: before what follows the line");
        }
        assert!(Opening::default().is_foreign(&[&b"POST /"[..], &[b'x'; MOST]].concat()));
    }

    #[test]
    fn clients_of_serial_ports_and_people_are_not() {
        for text in [
            &[IAC, 251, 44, IAC, 253, 0][..],
            b"help\r\n",
            b"GET the lamp\r\nPOST / HTTP/1.1\r\n",
            b"P",
            b"\r\n\r\n",
            b"\x16\r\n",
            b"see HTTP/1.1\n",
            b"",
        ] {
            assert!(!Opening::default().is_foreign(text) && refused(text).is_none(), "{text:?}");
        }
    }
}
