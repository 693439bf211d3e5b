//! SPI mode (SD Physical Layer Simplified Specification, chapter 7): the card as a device on an SPI bus.

use super::command::{Done, is_app_command};
use super::crc::{crc7, crc16};
use super::{CardMedia, CardNote, CardState, Flow, SdCard, status};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Tokens that begin a data block (7.3.3.2).
const START_BLOCK: u8 = 0xFE;
const START_MULTIPLE: u8 = 0xFC;
const STOP_TRAN: u8 = 0xFD;
/// Data response tokens (7.3.3.1).
const ACCEPTED: u8 = 0xE5;
const CRC_ERROR: u8 = 0xEB;
const WRITE_ERROR: u8 = 0xED;
/// Data error tokens (7.3.3.3).
const ECC_FAILED: u8 = 0x04;
const OUT_OF_RANGE: u8 = 0x08;

/// Bits of R1 (7.3.2.1), with the bits of the card status that they stand for.
const IDLE: u8 = 1;
const R1: [(u32, u8); 6] = [
    (status::ERASE_RESET, 1 << 1),
    (status::ILLEGAL_COMMAND, 1 << 2),
    (status::COM_CRC_ERROR, 1 << 3),
    (status::ERASE_SEQ_ERROR, 1 << 4),
    (status::ADDRESS_ERROR, 1 << 5),
    (status::BLOCK_LEN_ERROR | status::OUT_OF_RANGE, 1 << 6),
];
/// Bits of the second byte of R2 (7.3.2.3).
const R2: [(u32, u8); 5] = [
    (status::ERROR, 1 << 2),
    (status::CARD_ECC_FAILED, 1 << 4),
    (status::WP_VIOLATION, 1 << 5),
    (status::ERASE_PARAM, 1 << 6),
    (status::OUT_OF_RANGE, 1 << 7),
];

/// The bytes in transfer between a card in SPI mode and its host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpiPort {
    /// Bytes of the command being received.
    frame: Vec<u8>,
    /// Bytes to send.
    out: VecDeque<u8>,
    /// The data block being received, after its start token.
    block: Option<Vec<u8>>,
}

impl SpiPort {
    /// Exchanges a byte while the card is selected: receives `byte` and returns the one sent meanwhile. `now` is the
    /// time at its end.
    pub fn exchange(&mut self, card: &mut SdCard, byte: u8, now: Ticks, m: &mut CardMedia) -> u8 {
        card.settle(now);
        let sent = if card.spi { self.next(card, now, m) } else { 0xFF };
        if self.block.is_some() {
            self.receive(card, byte, now, m);
        } else if !self.token(card, byte, now) {
            self.listen(card, byte, now, m);
        }
        sent
    }

    /// Handles a high chip select: a command and its response end. A read or write of several blocks goes on after the
    /// next selection.
    pub fn deselect(&mut self) {
        self.frame.clear();
        self.out.clear();
        self.block = None;
    }

    /// Returns the next byte to send.
    fn next(&mut self, card: &mut SdCard, now: Ticks, m: &mut CardMedia) -> u8 {
        if let Some(byte) = self.out.pop_front() {
            return byte;
        }
        if card.is_busy(now) {
            return 0;
        }
        if !card.sends() || now < card.data_at() || !self.frame.is_empty() {
            return 0xFF;
        }
        match card.read_block(now, m) {
            Some(block) => {
                self.out.extend(&block);
                self.out.extend(crc16(&block).to_be_bytes());
                START_BLOCK
            }
            None if card.errors & status::OUT_OF_RANGE != 0 => OUT_OF_RANGE,
            None => ECC_FAILED,
        }
    }

    /// Handles the start of a data block, and the end of a multiple-block write. Returns false for any other byte.
    fn token(&mut self, card: &mut SdCard, byte: u8, now: Ticks) -> bool {
        let Some(multiple) = card.receives().filter(|_| self.frame.is_empty() && self.out.is_empty()) else {
            // After a failed block, the host still ends the write.
            if byte == STOP_TRAN && card.flow == Flow::Failed && card.state == CardState::ReceiveData {
                card.stop_write(now);
                return true;
            }
            return false;
        };
        match byte {
            START_BLOCK if !multiple => self.block = Some(Vec::new()),
            START_MULTIPLE if multiple => self.block = Some(Vec::new()),
            STOP_TRAN if multiple => {
                self.out.push_back(0xFF);
                card.stop_write(now);
            }
            _ => return false,
        }
        true
    }

    /// Receives a byte of a data block and its CRC.
    fn receive(&mut self, card: &mut SdCard, byte: u8, now: Ticks, m: &mut CardMedia) {
        let Some(block) = &mut self.block else { return };
        block.push(byte);
        let len = super::registers::BLOCK as usize;
        if block.len() < len + 2 {
            return;
        }
        let block = self.block.take().unwrap_or_default();
        let (data, crc) = block.split_at(len);
        let response = match () {
            () if card.crc_on && crc16(data).to_be_bytes() != crc => {
                if card.receives() == Some(false) {
                    (card.flow, card.state) = (Flow::None, CardState::Transfer);
                }
                CRC_ERROR
            }
            () if card.write_block(data, now, m) => ACCEPTED,
            () => WRITE_ERROR,
        };
        self.out.push_back(response);
    }

    /// Receives a byte of a command.
    fn listen(&mut self, card: &mut SdCard, byte: u8, now: Ticks, m: &mut CardMedia) {
        if self.frame.is_empty() && byte & 0xC0 != 0x40 {
            return;
        }
        self.frame.push(byte);
        if self.frame.len() == 6 {
            let frame = std::mem::take(&mut self.frame);
            self.execute(card, &frame, now, m);
        }
    }

    fn execute(&mut self, card: &mut SdCard, frame: &[u8], now: Ticks, m: &mut CardMedia) {
        let index = frame[0] & 0x3F;
        let arg = frame[1..5].iter().fold(0, |arg, byte| arg << 8 | u32::from(*byte));
        let good = crc7(&frame[..5]) << 1 | 1 == frame[5];
        if !(card.spi || index == 0 && good) {
            return; // still in SD mode
        }
        let app = std::mem::take(&mut card.app_cmd) && is_app_command(index);
        m.notes.push(CardNote::Command(index, app, arg));
        card.check_erase_sequence(index, app);
        let mut answer = if good || !card.crc_on && !matches!(index, 0 | 8) {
            self.command(card, (index, app, arg), now, m)
        } else {
            card.errors |= status::COM_CRC_ERROR;
            Vec::new()
        };
        answer.insert(0, r1(card));
        m.notes.push(CardNote::SpiReply(answer.clone()));
        self.out.clear();
        // A stuff byte follows CMD12; any response comes a byte or more after its command (N_CR).
        self.out.extend(vec![0xFF; if index == 12 { 2 } else { 1 }]);
        self.out.extend(answer);
    }

    /// Carries out a command. Returns the bytes of the response after R1; errors are in the card.
    fn command(
        &mut self,
        card: &mut SdCard,
        (index, app, arg): (u8, bool, u32),
        now: Ticks,
        m: &mut CardMedia,
    ) -> Vec<u8> {
        match (index, app) {
            (0, _) => card.go_idle(true),
            (1, false) | (41, true) if card.state == CardState::Idle => {
                // CMD1 announces nothing: a card of high capacity accepts it with the bit of ACMD41.
                if card.initialise(arg >> 30 & 1 != 0, now) {
                    card.state = CardState::Transfer;
                }
            }
            (41, true) => {}
            (8, _) if card.state == CardState::Idle => match card.send_if_cond(arg) {
                Some(echo) => return echo.to_be_bytes().to_vec(),
                None => return vec![0; 4],
            },
            (58, _) => return card.ocr(card.state != CardState::Idle).to_be_bytes().to_vec(),
            (59, _) => card.crc_on = arg & 1 != 0,
            (55, _) => card.app_cmd = true,
            (13, false) if card.state != CardState::Idle => return vec![r2(card)],
            (9 | 10, _) if card.state == CardState::Transfer => {
                let register = if index == 9 { card.csd() } else { card.cid() };
                card.send(register.to_vec(), now);
            }
            (13, true) if card.state == CardState::Transfer => {
                card.transfer_command(index, app, arg, now, m);
                return vec![r2(card)];
            }
            _ => match card.transfer_command(index, app, arg, now, m) {
                Done::R1(errors) => card.errors |= errors,
                _ => card.errors |= status::ILLEGAL_COMMAND,
            },
        }
        Vec::new()
    }
}

/// Returns R1 and clears the errors in it, except those that R2 reports as well.
fn r1(card: &mut SdCard) -> u8 {
    let idle = if card.state == CardState::Idle { IDLE } else { 0 };
    let r1 = R1.iter().filter(|(errors, _)| card.errors & errors != 0).fold(idle, |r1, (_, bit)| r1 | bit);
    card.errors &= !R1.iter().fold(0, |all, (errors, _)| all | errors);
    r1
}

/// Returns the second byte of R2 and clears the errors in it.
fn r2(card: &mut SdCard) -> u8 {
    let r2 = R2.iter().filter(|(errors, _)| card.errors & errors != 0).fold(0, |r2, (_, bit)| r2 | bit);
    card.errors &= !R2.iter().fold(0, |all, (errors, _)| all | errors);
    r2
}
