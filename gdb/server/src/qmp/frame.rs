//! Splits a byte stream into messages: consecutive JSON objects, with or without line ends between them.

/// Maximum length of a message, in bytes.
pub const MAX_MESSAGE: usize = 1 << 20;
/// Maximum nesting depth; the JSON parser's own limit is higher.
const MAX_DEPTH: u32 = 64;

/// Item of the byte stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QmpItem {
    /// A message, from its first brace to its last.
    Message(Vec<u8>),
    /// Text that is not an object, up to the end of the line.
    Noise,
    /// A message that was too long or nested too deep, discarded up to the end of the line.
    TooMuch,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    Object,
    Text,
    /// After a backslash.
    Escape,
    Noise,
    Skip,
}

/// Splits a byte stream into [`QmpItem`]s. Uses bounded memory for any input.
#[derive(Debug, Default)]
pub struct QmpFramer {
    state: State,
    depth: u32,
    body: Vec<u8>,
}

impl QmpFramer {
    /// Processes one byte.
    pub fn push(&mut self, byte: u8) -> Option<QmpItem> {
        match (self.state, byte) {
            (State::Noise | State::Skip, b'\n') => {
                let was = std::mem::take(&mut self.state);
                return Some(if was == State::Noise { QmpItem::Noise } else { QmpItem::TooMuch });
            }
            (State::Noise | State::Skip, _) => return None,
            (State::Between, b'{') => {
                self.state = State::Object;
                self.depth = 0;
                self.body = Vec::new();
            }
            // 0xFF resets the parser: clients send it after a timeout.
            (State::Between, b' ' | b'\t' | b'\r' | b'\n' | 0xFF) => return None,
            (State::Between, _) => {
                self.state = State::Noise;
                return None;
            }
            (State::Text, b'\\') => self.state = State::Escape,
            (State::Text, b'"') => self.state = State::Object,
            (State::Escape, _) => self.state = State::Text,
            (State::Object, b'"') => self.state = State::Text,
            (State::Text | State::Object, _) => {}
        }
        self.body.push(byte);
        if self.state == State::Object {
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth -= 1,
                _ => {}
            }
        }
        if self.body.len() > MAX_MESSAGE || self.depth > MAX_DEPTH {
            self.body = Vec::new();
            self.state = State::Skip;
        } else if self.depth == 0 {
            self.state = State::Between;
            return Some(QmpItem::Message(std::mem::take(&mut self.body)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(bytes: &[u8]) -> Vec<QmpItem> {
        let mut framer = QmpFramer::default();
        bytes.iter().filter_map(|b| framer.push(*b)).collect()
    }

    fn message(text: &str) -> QmpItem {
        QmpItem::Message(text.into())
    }

    #[test]
    fn messages_need_no_line_ends() {
        assert_eq!(
            items(b"{}{\"a\":{}}\r\n \xff{\"}\":\"\\\"{\"}"),
            [message("{}"), message("{\"a\":{}}"), message("{\"}\":\"\\\"{\"}")]
        );
        assert_eq!(items(b"{\"a\": [1,\n2]}"), [message("{\"a\": [1,\n2]}")]);
    }

    #[test]
    fn noise_ends_with_its_line() {
        assert_eq!(items(b"hello {\n{}"), [QmpItem::Noise, message("{}")]);
        assert_eq!(items(b"[1]\n\"x\"\n"), [QmpItem::Noise, QmpItem::Noise]);
        // The JSON parser reports brackets that do not match.
        assert_eq!(items(b"{]{}"), [message("{]"), message("{}")]);
    }

    #[test]
    fn too_much_is_dropped() {
        let deep = format!("{{\"a\":{}\n{{}}", "[".repeat(100));
        assert_eq!(items(deep.as_bytes()), [QmpItem::TooMuch, message("{}")]);
        let mut framer = QmpFramer::default();
        framer.push(b'{');
        for _ in 0..3 * MAX_MESSAGE {
            assert_eq!(framer.push(b' '), None);
            assert!(framer.body.capacity() <= 4 * MAX_MESSAGE);
        }
        assert_eq!(framer.push(b'\n'), Some(QmpItem::TooMuch));
    }
}
