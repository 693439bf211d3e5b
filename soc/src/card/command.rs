//! Commands of the SD bus (SD Physical Layer Simplified Specification 4.7.4), by the card's state (table 4-35).

use super::registers::{BLOCK, OCR_CCS, OCR_READY, OCR_VOLTAGES, cid, ssr, switch_function};
use super::{CardMedia, CardNote, CardReply, CardState, Flow, SdCard, status, time};
use esplens_core::time::{TICKS_PER_US, Ticks};

/// Largest gap in µs between two blocks of a table read: short, they are in the card's RAM.
const TABLE: u64 = 20;

/// Outcome of a command.
pub(super) enum Done {
    /// Not allowed in this state, or unknown.
    Illegal,
    /// Addressed to another card, or without response by definition.
    Silent,
    /// R1, with further error bits.
    R1(u32),
    /// Any other response.
    Reply(CardReply),
}

impl SdCard {
    /// Carries out a command of the SD bus and returns the response; `None` if the card does not answer.
    ///
    /// `now` is the time at which the command has been received.
    pub fn command(&mut self, index: u8, arg: u32, now: Ticks, m: &mut CardMedia) -> Option<CardReply> {
        self.settle(now);
        let app = std::mem::take(&mut self.app_cmd);
        let app = app && is_app_command(index);
        m.notes.push(CardNote::Command(index, app, arg));
        let before = self.state;
        self.check_erase_sequence(index, app);
        let done = match (before, index) {
            (CardState::Inactive, _) => Done::Silent,
            (CardState::Idle | CardState::Ready | CardState::Identification, _) => {
                self.identify(index, app, arg, now)
            }
            (_, 0 | 3 | 4 | 7 | 9 | 10 | 13 | 15) if !app => self.address(index, arg, now),
            (_, 55) => self.app_prefix(arg),
            _ => self.transfer_command(index, app, arg, now, m),
        };
        let reply = match done {
            Done::Illegal => {
                self.errors |= status::ILLEGAL_COMMAND;
                None
            }
            Done::Silent => None,
            Done::R1(errors) => {
                self.errors |= errors;
                Some(CardReply::Short(self.r1(before, now)))
            }
            Done::Reply(reply) => Some(reply),
        };
        m.notes.push(CardNote::Reply(reply));
        reply
    }

    /// Returns the card status and clears the errors in it.
    fn r1(&mut self, before: CardState, now: Ticks) -> u32 {
        let ready = if self.is_busy(now) { 0 } else { status::READY_FOR_DATA };
        let app = if self.app_cmd { status::APP_CMD } else { 0 };
        std::mem::take(&mut self.errors) | (before as u32) << 9 | ready | app
    }

    /// Commands before the card has an address: states idle, ready and ident.
    fn identify(&mut self, index: u8, app: bool, arg: u32, now: Ticks) -> Done {
        match (self.state, index) {
            (_, 0) => {
                self.go_idle(false);
                Done::Silent
            }
            (CardState::Idle, 41) if app => self.op_cond(arg, now),
            (CardState::Idle, 8) => match self.send_if_cond(arg) {
                Some(echo) => Done::Reply(CardReply::Short(echo)),
                None => Done::Silent,
            },
            (CardState::Idle, 55) => self.app_prefix(arg),
            (CardState::Ready, 2) => {
                self.state = CardState::Identification;
                Done::Reply(CardReply::Long(cid(self.serial())))
            }
            (CardState::Identification, 3) => self.publish_address(now),
            (_, 15) if arg >> 16 == u32::from(self.rca) => {
                self.state = CardState::Inactive;
                Done::Silent
            }
            _ => Done::Illegal,
        }
    }

    /// Carries out CMD8 and returns its echo; `None` if the supply voltage is none that the card has.
    pub(super) fn send_if_cond(&mut self, arg: u32) -> Option<u32> {
        self.if_cond = arg >> 8 & 0xF == 1;
        self.if_cond.then_some(arg & 0xFFF)
    }

    /// Starts or continues the initialisation (ACMD41; CMD1 in SPI mode). Returns true when it has ended.
    pub(super) fn initialise(&mut self, high_capacity: bool, now: Ticks) -> bool {
        // A host that does not announce support for high capacity waits in vain (4.2.3).
        if self.capacity.is_high() && !(high_capacity && self.if_cond) {
            return false;
        }
        let end = *self.init.get_or_insert(now + time::INIT * TICKS_PER_US);
        now >= end
    }

    fn op_cond(&mut self, arg: u32, now: Ticks) -> Done {
        // Without a voltage window it is an inquiry, and starts nothing.
        let wanted = arg & 0x00FF_FFFF != 0;
        if wanted && arg & OCR_VOLTAGES == 0 {
            self.state = CardState::Inactive;
            return Done::Silent;
        }
        if wanted && self.initialise(arg & OCR_CCS != 0, now) {
            self.state = CardState::Ready;
        }
        Done::Reply(CardReply::Ocr(self.ocr(self.state == CardState::Ready)))
    }

    /// Returns the OCR.
    pub(super) fn ocr(&self, ready: bool) -> u32 {
        let ccs = if self.capacity.is_high() { OCR_CCS } else { 0 };
        OCR_VOLTAGES | if ready { OCR_READY | ccs } else { 0 }
    }

    fn publish_address(&mut self, now: Ticks) -> Done {
        let before = self.state;
        self.rca = self.rca.wrapping_add(1).max(1);
        self.state = CardState::Standby;
        let s = self.r1(before, now);
        // R6 has bits 23, 22 and 19 of the card status as bits 15 to 13.
        let short = s >> 8 & 0xC000 | s >> 6 & 0x2000 | s & 0x1FFF;
        Done::Reply(CardReply::Short(u32::from(self.rca) << 16 | short))
    }

    /// Commands that carry a card's address.
    fn address(&mut self, index: u8, arg: u32, now: Ticks) -> Done {
        let mine = arg >> 16 == u32::from(self.rca);
        match (index, self.state) {
            (0, _) => {
                self.go_idle(false);
                Done::Silent
            }
            (3, CardState::Standby) => self.publish_address(now),
            (4, CardState::Standby) => Done::Silent,
            (7, _) => self.select(mine),
            (9 | 10 | 13 | 15, _) if !mine => Done::Silent,
            (9, CardState::Standby) => Done::Reply(CardReply::Long(self.csd())),
            (10, CardState::Standby) => Done::Reply(CardReply::Long(cid(self.serial()))),
            (13, _) => Done::R1(0),
            (15, _) => {
                self.state = CardState::Inactive;
                Done::Silent
            }
            _ => Done::Illegal,
        }
    }

    /// Returns the CSD.
    pub(super) fn csd(&self) -> [u8; 16] {
        self.capacity.csd(self.high_speed, self.write_protected)
    }

    /// Returns the CID.
    pub(super) fn cid(&self) -> [u8; 16] {
        cid(self.serial())
    }

    /// Carries out CMD7: selects this card, or deselects it because another one is selected.
    fn select(&mut self, mine: bool) -> Done {
        let next = match (mine, self.state) {
            (true, CardState::Standby) => CardState::Transfer,
            (true, CardState::Disconnect) => CardState::Programming,
            (true, _) => return Done::Illegal,
            (false, CardState::Transfer | CardState::SendingData) => CardState::Standby,
            (false, CardState::Programming) => CardState::Disconnect,
            (false, CardState::ReceiveData) => return Done::Illegal,
            (false, _) => return Done::Silent,
        };
        self.state = next;
        if next == CardState::Standby {
            self.flow = Flow::None;
        }
        if mine { Done::R1(0) } else { Done::Silent }
    }

    fn app_prefix(&mut self, arg: u32) -> Done {
        if !self.spi && arg >> 16 != u32::from(self.rca) {
            return Done::Silent;
        }
        self.app_cmd = true;
        Done::R1(0)
    }

    /// Leaves an erase sequence at a command that is no part of it (4.3.5).
    pub(super) fn check_erase_sequence(&mut self, index: u8, app: bool) {
        let inside = !app && matches!(index, 13 | 32 | 33 | 38);
        if !inside && self.erase[0].is_some() {
            self.erase = [None; 2];
            self.errors |= status::ERASE_RESET;
        }
    }

    /// Commands of the selected card, in SD and SPI mode.
    pub(super) fn transfer_command(
        &mut self,
        index: u8,
        app: bool,
        arg: u32,
        now: Ticks,
        m: &mut CardMedia,
    ) -> Done {
        if index == 12 && !app {
            return self.stop(now);
        }
        if self.state != CardState::Transfer {
            return Done::Illegal;
        }
        let count = if app { None } else { self.block_count.take() };
        match (index, app) {
            (6, true) if matches!(arg & 3, 0 | 2) => {
                self.four_bits = arg & 3 == 2;
                Done::R1(0)
            }
            (6, true) => Done::R1(status::ERROR),
            (13, true) => self.send(ssr(self.four_bits), now),
            (22, true) => self.send(self.written.to_be_bytes().to_vec(), now),
            (51, true) => self.send(self.capacity.scr().to_vec(), now),
            // Pre-erase count, pull-up of DAT3: without visible effect.
            (23 | 42, true) => Done::R1(0),
            (_, true) => Done::Illegal,
            (6, _) => {
                let mut fast = self.high_speed;
                let block = switch_function(arg, &mut fast);
                self.high_speed = fast;
                self.send(block, now)
            }
            (16, _) => self.set_block_len(arg),
            (17, _) => self.start_read(arg, Some(1), now),
            (18, _) => self.start_read(arg, count, now),
            (23, _) if !self.spi => {
                self.block_count = Some(arg).filter(|n| *n != 0);
                Done::R1(0)
            }
            (24, _) => self.start_write(arg, Some(1)),
            (25, _) => self.start_write(arg, count),
            (32 | 33 | 38, _) => self.erase_command(index, arg, now, m),
            _ => Done::Illegal,
        }
    }

    /// Carries out CMD12.
    fn stop(&mut self, now: Ticks) -> Done {
        match self.state {
            CardState::SendingData => {
                self.flow = Flow::None;
                self.state = CardState::Transfer;
            }
            CardState::ReceiveData => self.stop_write(now),
            _ => return Done::Illegal,
        }
        Done::R1(0)
    }

    /// Sends a register as a data block.
    pub(super) fn send(&mut self, block: Vec<u8>, now: Ticks) -> Done {
        self.flow = Flow::Register(block);
        self.state = CardState::SendingData;
        self.data_at = now + TABLE * TICKS_PER_US;
        Done::R1(0)
    }

    fn set_block_len(&mut self, len: u32) -> Done {
        if len == 0 || u64::from(len) > BLOCK {
            return Done::R1(status::BLOCK_LEN_ERROR);
        }
        self.block_len = len;
        Done::R1(0)
    }

    /// Returns the byte address in a command's argument.
    fn byte_address(&self, arg: u32) -> Result<u64, Done> {
        let at = if self.capacity.is_high() { u64::from(arg) * BLOCK } else { arg.into() };
        if at < self.capacity.bytes() { Ok(at) } else { Err(Done::R1(status::OUT_OF_RANGE)) }
    }

    fn start_read(&mut self, arg: u32, left: Option<u32>, now: Ticks) -> Done {
        let at = match self.byte_address(arg) {
            Ok(at) => at,
            Err(done) => return done,
        };
        if at % BLOCK + self.transfer_len() > BLOCK {
            return Done::R1(status::ADDRESS_ERROR);
        }
        self.flow = Flow::Read { at, left };
        self.state = CardState::SendingData;
        self.data_at = now + time::READ * TICKS_PER_US;
        Done::R1(0)
    }

    fn start_write(&mut self, arg: u32, left: Option<u32>) -> Done {
        let at = match self.byte_address(arg) {
            Ok(at) => at,
            Err(done) => return done,
        };
        let error = match () {
            () if self.write_protected => status::WP_VIOLATION,
            () if self.transfer_len() != BLOCK => status::BLOCK_LEN_ERROR,
            () if at % BLOCK != 0 => status::ADDRESS_ERROR,
            () => 0,
        };
        if error == 0 {
            self.written = 0;
            self.flow = Flow::Write { at, left };
            self.state = CardState::ReceiveData;
        }
        Done::R1(error)
    }

    fn erase_command(&mut self, index: u8, arg: u32, now: Ticks, m: &mut CardMedia) -> Done {
        if index == 38 {
            return self.erase_selected(now, m);
        }
        let block = match self.byte_address(arg) {
            Ok(at) => at / BLOCK,
            Err(done) => return done,
        };
        if index == 33 && self.erase[0].is_none() {
            return Done::R1(status::ERASE_SEQ_ERROR);
        }
        self.erase = if index == 32 { [Some(block), None] } else { [self.erase[0], Some(block)] };
        Done::R1(0)
    }

    fn erase_selected(&mut self, now: Ticks, m: &mut CardMedia) -> Done {
        let [Some(first), Some(last)] = std::mem::take(&mut self.erase) else {
            return Done::R1(status::ERASE_SEQ_ERROR);
        };
        if first > last {
            return Done::R1(status::ERASE_PARAM);
        }
        if self.write_protected {
            return Done::R1(status::WP_VIOLATION);
        }
        let range = first * BLOCK..(last + 1) * BLOCK;
        m.notes.push(CardNote::Erase(range.start, range.end));
        let mib = (range.end - range.start) >> 20;
        let fine = m.store.erase(m.image, range);
        self.program(now, time::ERASE + mib * time::ERASE_MIB);
        Done::R1(if fine { 0 } else { status::ERROR })
    }
}

/// Returns true if an application command has this index; after CMD55, any other is the plain command (4.3.9).
pub(super) fn is_app_command(index: u8) -> bool {
    matches!(index, 6 | 13 | 22 | 23 | 41 | 42 | 51)
}
