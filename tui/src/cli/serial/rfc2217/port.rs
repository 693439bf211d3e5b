//! RFC 2217: a client's messages about the serial port, their effects and their answers.

use super::board::Board;
use super::telnet;
use esplens_soc::machine::Input;

/// Offset from a command's number to its answer's number.
const ANSWER: u8 = 100;
/// CTS, DSR and carrier of the modem state: a board's adapter is always ready.
const READY: u8 = 0x10 | 0x20 | 0x80;
/// Answer to SIGNATURE.
const NAME: &[u8] = b"esplens";

/// Commands (RFC 2217, section 3).
mod command {
    pub const SIGNATURE: u8 = 0;
    pub const SET_BAUDRATE: u8 = 1;
    pub const SET_DATASIZE: u8 = 2;
    pub const SET_STOPSIZE: u8 = 4;
    pub const SET_CONTROL: u8 = 5;
    pub const NOTIFY_MODEMSTATE: u8 = 7;
    pub const SUSPEND: u8 = 8;
    pub const RESUME: u8 = 9;
    pub const SET_LINESTATE_MASK: u8 = 10;
    pub const SET_MODEMSTATE_MASK: u8 = 11;
    pub const PURGE_DATA: u8 = 12;
}

/// Values of SET_CONTROL.
mod control {
    pub const ASK_FLOW: u8 = 0;
    pub const NO_FLOW: u8 = 1;
    pub const ASK_BREAK: u8 = 4;
    pub const BREAK_ON: u8 = 5;
    pub const BREAK_OFF: u8 = 6;
    pub const ASK_DTR: u8 = 7;
    pub const DTR_ON: u8 = 8;
    pub const DTR_OFF: u8 = 9;
    pub const ASK_RTS: u8 = 10;
    pub const RTS_ON: u8 = 11;
    pub const RTS_OFF: u8 = 12;
    pub const ASK_INBOUND: u8 = 13;
    pub const INBOUND_NONE: u8 = 14;
}

/// Effect of a message besides its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortEffect {
    /// A change of the chip's pins or input.
    Chip(Input),
    /// Drop the output queued for the client.
    PurgeOutput,
    /// Drop the input queued for the chip.
    PurgeInput,
    /// Suspend output to the client (true) or resume it.
    Suspend(bool),
}

/// Port of one client. The emulated line has no baud rate of its own: the client's settings are only reported back.
#[derive(Debug)]
pub struct ClientPort {
    uart: u8,
    board: Board,
    baud: [u8; 4],
    /// Data bits, parity, stop bits.
    format: [u8; 3],
    breaking: bool,
}

impl ClientPort {
    /// Creates the port of UART `uart`, at 115200 8N1.
    pub fn new(uart: u8) -> Self {
        Self {
            uart,
            board: Board::default(),
            baud: 115_200u32.to_be_bytes(),
            format: [8, 1, 1],
            breaking: false,
        }
    }

    /// Returns the messages sent without a request.
    pub fn greeting(&self) -> Vec<u8> {
        telnet::message(&[ANSWER + command::NOTIFY_MODEMSTATE, READY])
    }

    /// Releases the lines after the client has disconnected.
    pub fn close(&mut self) -> Vec<Input> {
        self.board.set(false, false)
    }

    /// Processes a client's message. Returns the answer and further effects.
    pub fn message(&mut self, message: &[u8]) -> (Vec<u8>, Vec<PortEffect>) {
        let Some((&number, value)) = message.split_first() else { return Default::default() };
        let mut effects = Vec::new();
        let answer: &[u8] = match (number, value) {
            (command::SIGNATURE, _) => NAME,
            (command::SET_BAUDRATE, &[a, b, c, d]) => {
                if [a, b, c, d] != [0; 4] {
                    self.baud = [a, b, c, d];
                }
                &self.baud
            }
            (command::SET_DATASIZE..=command::SET_STOPSIZE, &[value]) => {
                let setting = &mut self.format[usize::from(number - command::SET_DATASIZE)];
                *setting = if value == 0 { *setting } else { value };
                &[*setting]
            }
            (command::SET_CONTROL, &[value]) => &[self.control(value, &mut effects)],
            (command::NOTIFY_MODEMSTATE, _) => &[READY],
            (command::SUSPEND | command::RESUME, _) => {
                effects.push(PortEffect::Suspend(number == command::SUSPEND));
                return (Vec::new(), effects);
            }
            (command::SET_LINESTATE_MASK | command::SET_MODEMSTATE_MASK, &[_]) => value,
            (command::PURGE_DATA, &[which]) => {
                effects.extend((which & 1 != 0).then_some(PortEffect::PurgeOutput));
                effects.extend((which & 2 != 0).then_some(PortEffect::PurgeInput));
                value
            }
            _ => return Default::default(),
        };
        (telnet::message(&[&[ANSWER + number][..], answer].concat()), effects)
    }

    /// Processes SET_CONTROL. Returns the value to answer.
    fn control(&mut self, value: u8, effects: &mut Vec<PortEffect>) -> u8 {
        let (dtr, rts) = (self.board.dtr, self.board.rts);
        let (dtr, rts) = match value {
            control::DTR_ON | control::DTR_OFF => (value == control::DTR_ON, rts),
            control::RTS_ON | control::RTS_OFF => (dtr, value == control::RTS_ON),
            control::BREAK_ON | control::BREAK_OFF => {
                if value == control::BREAK_ON && !self.breaking {
                    effects.push(PortEffect::Chip(Input::Break(self.uart)));
                }
                self.breaking = value == control::BREAK_ON;
                return value;
            }
            control::ASK_FLOW => return control::NO_FLOW,
            control::ASK_BREAK => return control::BREAK_OFF - u8::from(self.breaking),
            control::ASK_DTR => return control::DTR_OFF - u8::from(dtr),
            control::ASK_RTS => return control::RTS_OFF - u8::from(rts),
            control::ASK_INBOUND => return control::INBOUND_NONE,
            _ => return value,
        };
        effects.extend(self.board.set(dtr, rts).into_iter().map(PortEffect::Chip));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(port: &mut ClientPort, message: &[u8]) -> Vec<u8> {
        port.message(message).0
    }

    #[test]
    fn settings_are_answered_with_what_holds() {
        let mut p = ClientPort::new(0);
        assert_eq!(ask(&mut p, &[1, 0, 0, 0, 0]), telnet::message(&[101, 0, 1, 0xC2, 0]));
        assert_eq!(ask(&mut p, &[1, 0, 7, 8, 0]), telnet::message(&[101, 0, 7, 8, 0]));
        assert_eq!(ask(&mut p, &[2, 0]), telnet::message(&[102, 8]));
        assert_eq!(ask(&mut p, &[3, 2]), telnet::message(&[103, 2]));
        assert_eq!(ask(&mut p, &[3, 0]), telnet::message(&[103, 2]));
        assert_eq!(ask(&mut p, &[5, 7]), telnet::message(&[105, 9]));
        assert_eq!(ask(&mut p, &[5, 8]), telnet::message(&[105, 8]));
        assert_eq!(ask(&mut p, &[5, 7]), telnet::message(&[105, 8]));
        assert_eq!(ask(&mut p, &[0]), telnet::message(b"\x64esplens"));
        for nonsense in [&[][..], &[1, 2], &[99, 1], &[5], &[2, 3, 4]] {
            assert!(ask(&mut p, nonsense).is_empty(), "{nonsense:?}");
        }
    }

    #[test]
    fn lines_break_and_purge_have_effects() {
        let mut p = ClientPort::new(2);
        assert_eq!(p.message(&[5, 11]).1, [PortEffect::Chip(Input::Enable(false))]);
        assert_eq!(p.close(), [Input::Enable(true)]);
        assert_eq!(p.message(&[5, 5]).1, [PortEffect::Chip(Input::Break(2))]);
        assert!(p.message(&[5, 5]).1.is_empty() && p.message(&[5, 6]).1.is_empty());
        assert_eq!(p.message(&[12, 3]).1, [PortEffect::PurgeOutput, PortEffect::PurgeInput]);
        assert_eq!(p.message(&[8]).1, [PortEffect::Suspend(true)]);
    }
}
