//! Telnet (RFC 854, 855) as RFC 2217 needs it: separates data, options, and the options' messages.

/// "Interpret as command".
pub const IAC: u8 = 255;
const SE: u8 = 240;
const SB: u8 = 250;
const WILL: u8 = 251;
const WONT: u8 = 252;
const DO: u8 = 253;
const DONT: u8 = 254;
/// Eight bits pass unchanged (RFC 856).
const BINARY: u8 = 0;
/// The device echoes typed characters (RFC 857).
const ECHO: u8 = 1;
/// No turn-taking between the two sides (RFC 858).
const SUPPRESS_GO_AHEAD: u8 = 3;
/// A serial port's settings (RFC 2217).
pub const COM_PORT: u8 = 44;
/// Maximum length of an option's message; RFC 2217's have a few bytes. Longer ones are ignored.
const MAX_MESSAGE: usize = 64;

/// Options that this side (first) or the peer (second) may enable.
const OURS: [u8; 3] = [BINARY, ECHO, SUPPRESS_GO_AHEAD];
const THEIRS: [u8; 3] = [BINARY, SUPPRESS_GO_AHEAD, COM_PORT];

/// Position of the stream within a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Data,
    Command,
    Option(u8),
    Message,
    MessageCommand,
}

/// One connection's state.
#[derive(Debug, Default)]
pub struct Telnet {
    state: State,
    message: Vec<u8>,
    /// Options that are on or requested: by this side, by the peer.
    ours: Vec<u8>,
    theirs: Vec<u8>,
}

/// Contents of some received bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Data for the serial line.
    pub data: Vec<u8>,
    /// Messages of the option [`COM_PORT`], without its number.
    pub messages: Vec<Vec<u8>>,
    /// Bytes to send back.
    pub reply: Vec<u8>,
}

impl Telnet {
    /// Returns the initial requests of this side.
    pub fn greeting(&mut self) -> Vec<u8> {
        (self.ours, self.theirs) = (OURS.to_vec(), THEIRS.to_vec());
        let will = OURS.into_iter().flat_map(|option| [IAC, WILL, option]);
        will.chain(THEIRS.into_iter().flat_map(|option| [IAC, DO, option])).collect()
    }

    /// Separates received bytes into data, messages and replies.
    pub fn receive(&mut self, bytes: &[u8]) -> Received {
        let mut out = Received::default();
        for &byte in bytes {
            self.state = self.next(byte, &mut out);
        }
        out
    }

    fn next(&mut self, byte: u8, out: &mut Received) -> State {
        match (self.state, byte) {
            (State::Data, IAC) => State::Command,
            (State::Data, _) => {
                out.data.push(byte);
                State::Data
            }
            (State::Command, IAC) => {
                out.data.push(IAC);
                State::Data
            }
            (State::Command, WILL | WONT | DO | DONT) => State::Option(byte),
            (State::Command, SB) => {
                self.message.clear();
                State::Message
            }
            // No operation, are you there, break ...: without meaning for a serial line.
            (State::Command, _) => State::Data,
            (State::Option(command), option) => {
                out.reply.extend(self.option(command, option));
                State::Data
            }
            (State::Message, IAC) => State::MessageCommand,
            (State::MessageCommand, SE) => {
                if let Some((&COM_PORT, message)) = self.message.split_first()
                    && message.len() < MAX_MESSAGE
                {
                    out.messages.push(message.to_vec());
                }
                State::Data
            }
            (State::Message | State::MessageCommand, _) => {
                if self.message.len() <= MAX_MESSAGE {
                    self.message.push(byte);
                }
                State::Message
            }
        }
    }

    /// Processes the peer's request for an option. Returns the answer, which is due only if something changes.
    fn option(&mut self, command: u8, option: u8) -> Vec<u8> {
        let (list, known, yes, no) = match command {
            WILL | WONT => (&mut self.theirs, &THEIRS[..], DO, DONT),
            // Either side may send port settings; clients request both directions.
            _ => (&mut self.ours, &[BINARY, ECHO, SUPPRESS_GO_AHEAD, COM_PORT][..], WILL, WONT),
        };
        let on = list.contains(&option);
        match (matches!(command, WILL | DO), on) {
            (true, false) if known.contains(&option) => {
                list.push(option);
                vec![IAC, yes, option]
            }
            (true, false) => vec![IAC, no, option],
            (false, true) => {
                list.retain(|o| *o != option);
                vec![IAC, no, option]
            }
            _ => Vec::new(),
        }
    }
}

/// Returns data in the encoding for the connection.
pub fn escape(data: &[u8]) -> Vec<u8> {
    data.iter().flat_map(|&byte| std::iter::repeat_n(byte, if byte == IAC { 2 } else { 1 })).collect()
}

/// Returns a message of the option [`COM_PORT`] in the encoding for the connection.
pub fn message(content: &[u8]) -> Vec<u8> {
    [&[IAC, SB, COM_PORT][..], &escape(content), &[IAC, SE]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_commands_and_messages_are_told_apart_however_they_are_cut() {
        let bytes = [
            &b"a\xFF\xFFb"[..],
            &[IAC, WILL, COM_PORT, IAC, DO, 99, IAC, SB, COM_PORT, 1, 0, IAC, IAC, 2, 3, IAC, SE],
            &[IAC, 241],
            b"c",
        ]
        .concat();
        let mut whole = Telnet::default();
        let out = whole.receive(&bytes);
        assert_eq!((&out.data[..], &out.messages[..]), (&b"a\xFFbc"[..], &[vec![1, 0, IAC, 2, 3]][..]));
        assert_eq!(out.reply, [IAC, DO, COM_PORT, IAC, WONT, 99]);
        let (mut cut, mut all) = (Telnet::default(), Received::default());
        for byte in bytes {
            let part = cut.receive(&[byte]);
            all.data.extend(part.data);
            all.messages.extend(part.messages);
            all.reply.extend(part.reply);
        }
        assert_eq!(all, out);
    }

    #[test]
    fn an_answer_to_what_was_offered_is_not_answered() {
        let mut t = Telnet::default();
        assert!(t.greeting().starts_with(&[IAC, WILL, BINARY]));
        assert!(t.receive(&[IAC, DO, BINARY, IAC, WILL, COM_PORT]).reply.is_empty());
        assert_eq!(t.receive(&[IAC, DONT, ECHO]).reply, [IAC, WONT, ECHO]);
        assert!(t.receive(&[IAC, DONT, ECHO]).reply.is_empty());
        assert_eq!(t.receive(&[IAC, DO, COM_PORT]).reply, [IAC, WILL, COM_PORT]);
    }

    #[test]
    fn endless_messages_take_no_memory() {
        let mut t = Telnet::default();
        t.receive(&[IAC, SB, COM_PORT]);
        let out = t.receive(&vec![7; 1 << 20]);
        assert!(t.message.len() < 100 && out == Received::default());
        assert!(t.receive(&[IAC, SE, b'x']).messages.is_empty());
    }
}
