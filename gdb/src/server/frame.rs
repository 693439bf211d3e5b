//! Packets out of bytes and back (GDB manual, "Remote Protocol / Overview").

/// Longest packet body taken, and what GDB is told it may send.
pub const MAX_PACKET: usize = 0x1_0000;

/// True for a byte that a client of the protocol can begin with: an acknowledgement, a packet, Ctrl-C. What begins
/// otherwise is no debugger but, say, a web page that was led here.
#[must_use]
pub fn begins(byte: u8) -> bool {
    matches!(byte, b'+' | b'-' | b'$' | 0x03)
}

/// What a byte stream consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A packet's body, escapes as they came.
    Packet(Vec<u8>),
    /// A packet whose checksum is wrong.
    Bad,
    /// A packet that was longer than [`MAX_PACKET`]; sending it again would not help.
    TooLong,
    /// Ctrl-C.
    Interrupt,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    Body,
    /// Too long: dropped up to its end.
    Skip,
    Sum(Option<u8>, bool),
}

/// Cuts a byte stream into [`Item`]s. Bounded, whatever comes.
#[derive(Debug, Default)]
pub struct Framer {
    state: State,
    body: Vec<u8>,
}

fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|d| d as u8)
}

impl Framer {
    /// Takes one byte.
    pub fn push(&mut self, byte: u8) -> Option<Item> {
        match (self.state, byte) {
            (State::Between, 0x03) => return Some(Item::Interrupt),
            (State::Between, b'$') => self.begin(),
            // Acknowledgements and noise.
            (State::Between, _) => {}
            (State::Body, b'#') => self.state = State::Sum(None, true),
            (State::Skip, b'#') => self.state = State::Sum(None, false),
            // A packet that was cut off by a new one.
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
                    return Some(Item::TooLong);
                }
                let right = sum == Some(checksum(&body));
                return Some(if right { Item::Packet(body) } else { Item::Bad });
            }
        }
        None
    }

    fn begin(&mut self) {
        self.body.clear();
        self.state = State::Body;
    }
}

/// The sum of a packet's bytes.
#[must_use]
pub fn checksum(body: &[u8]) -> u8 {
    body.iter().fold(0, |a, b| a.wrapping_add(*b))
}

/// A packet around a body that needs no escapes.
#[must_use]
pub fn packet(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 4);
    out.push(b'$');
    out.extend(body);
    out.extend(format!("#{:02x}", checksum(body)).bytes());
    out
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
    let mut out = String::with_capacity(2 * bytes.len());
    bytes.iter().for_each(|b| out.extend([digit(b >> 4), digit(*b)]));
    out
}

/// Bytes from hexadecimal digits. `None`: they are not pairs of such.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|p| Some(hex(p[0])? << 4 | hex(*p.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(bytes: &[u8]) -> Vec<Item> {
        let mut framer = Framer::default();
        bytes.iter().filter_map(|b| framer.push(*b)).collect()
    }

    #[test]
    fn packets_noise_and_interrupts() {
        assert_eq!(items(b"+$g#67\x03"), [Item::Packet(b"g".to_vec()), Item::Interrupt]);
        assert_eq!(items(b"$g#68$g#zz"), [Item::Bad, Item::Bad]);
        assert_eq!(items(b"$abc$g#67"), [Item::Packet(b"g".to_vec())]);
        assert_eq!(items(b"---###\0\xff"), []);
    }

    #[test]
    fn a_packet_without_end_stays_bounded() {
        let mut framer = Framer::default();
        assert_eq!(framer.push(b'$'), None);
        for _ in 0..3 * MAX_PACKET {
            assert_eq!(framer.push(b'x'), None);
        }
        assert!(framer.body.capacity() <= 2 * MAX_PACKET);
        let rest: Vec<_> = b"#00$g#67".iter().filter_map(|b| framer.push(*b)).collect();
        assert_eq!(rest, [Item::TooLong, Item::Packet(b"g".to_vec())]);
    }

    #[test]
    fn packets_round_trip() {
        assert_eq!(packet(b"OK"), b"$OK#9a");
        assert_eq!(items(&packet(b"m0,4")), [Item::Packet(b"m0,4".to_vec())]);
    }
}
