//! Encoding and decoding of packets (GDB manual, "Remote Protocol / Overview").

pub use esplens_debuginfo::number::{hex as to_hex, hex_digits};

/// Maximum length of a packet body, also announced to GDB.
pub const MAX_PACKET: usize = 0x1_0000;

/// Returns true for a byte with which a client of the protocol can start: an acknowledgement, a packet or Ctrl-C. Any
/// other byte comes from another kind of client, such as a web browser.
#[must_use]
pub fn begins(byte: u8) -> bool {
    matches!(byte, b'+' | b'-' | b'$' | 0x03)
}

/// Item of the byte stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RspItem {
    /// A packet's body, still escaped.
    Packet(Vec<u8>),
    /// A packet with a wrong checksum.
    Bad,
    /// A packet longer than [`MAX_PACKET`]; retransmission would not help.
    TooLong,
    /// Ctrl-C.
    Interrupt,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    Body,
    /// Too long: discarded up to its end.
    Skip,
    Sum(Option<u8>, bool),
}

/// Splits a byte stream into [`RspItem`]s. Uses bounded memory for any input.
#[derive(Debug, Default)]
pub struct RspFramer {
    state: State,
    body: Vec<u8>,
}

fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|d| d as u8)
}

impl RspFramer {
    /// Processes one byte.
    pub fn push(&mut self, byte: u8) -> Option<RspItem> {
        match (self.state, byte) {
            (State::Between, 0x03) => return Some(RspItem::Interrupt),
            (State::Between, b'$') => self.begin(),
            // Acknowledgements and noise.
            (State::Between, _) => {}
            (State::Body, b'#') => self.state = State::Sum(None, true),
            (State::Skip, b'#') => self.state = State::Sum(None, false),
            // A new packet starts before the end of the last one.
            (State::Body | State::Skip, b'$') => self.begin(),
            (State::Body, _) if self.body.len() == MAX_PACKET => {
                self.body = Vec::new();
                self.state = State::Skip;
            }
            (State::Body, _) => self.body.push(byte),
            (State::Skip, _) => {}
            (State::Sum(None, good), _) => self.state = State::Sum(Some(byte), good),
            (State::Sum(Some(high), good), _) => {
                self.state = State::Between;
                let body = std::mem::take(&mut self.body);
                let sum = hex(high).zip(hex(byte)).map(|(h, l)| h << 4 | l);
                if !good {
                    return Some(RspItem::TooLong);
                }
                let right = sum == Some(checksum(&body));
                return Some(if right { RspItem::Packet(body) } else { RspItem::Bad });
            }
        }
        None
    }

    fn begin(&mut self) {
        self.body.clear();
        self.state = State::Body;
    }
}

/// Returns the sum of a packet's bytes, modulo 256.
#[must_use]
pub fn checksum(body: &[u8]) -> u8 {
    body.iter().fold(0, |a, b| a.wrapping_add(*b))
}

/// Returns a packet with a body that needs no escapes.
#[must_use]
pub fn packet(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 4);
    out.push(b'$');
    out.extend(body);
    out.extend(format!("#{:02x}", checksum(body)).bytes());
    out
}

/// Converts hexadecimal digits to bytes. Returns `None` if they are not pairs of digits.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|p| Some(hex(p[0])? << 4 | hex(*p.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(bytes: &[u8]) -> Vec<RspItem> {
        let mut framer = RspFramer::default();
        bytes.iter().filter_map(|b| framer.push(*b)).collect()
    }

    #[test]
    fn packets_noise_and_interrupts() {
        assert_eq!(items(b"+$g#67\x03"), [RspItem::Packet(b"g".to_vec()), RspItem::Interrupt]);
        assert_eq!(items(b"$g#68$g#zz"), [RspItem::Bad, RspItem::Bad]);
        assert_eq!(items(b"$abc$g#67"), [RspItem::Packet(b"g".to_vec())]);
        assert_eq!(items(b"---###\0\xff"), []);
    }

    #[test]
    fn a_packet_without_end_stays_bounded() {
        let mut framer = RspFramer::default();
        assert_eq!(framer.push(b'$'), None);
        for _ in 0..3 * MAX_PACKET {
            assert_eq!(framer.push(b'x'), None);
        }
        assert!(framer.body.capacity() <= 2 * MAX_PACKET);
        let rest: Vec<_> = b"#00$g#67".iter().filter_map(|b| framer.push(*b)).collect();
        assert_eq!(rest, [RspItem::TooLong, RspItem::Packet(b"g".to_vec())]);
    }

    #[test]
    fn packets_round_trip() {
        assert_eq!(packet(b"OK"), b"$OK#9a");
        assert_eq!(items(&packet(b"m0,4")), [RspItem::Packet(b"m0,4".to_vec())]);
    }
}
