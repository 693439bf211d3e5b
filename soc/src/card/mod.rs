//! An SD memory card, independent of its bus: SD Physical Layer Simplified Specification 6.00.
//!
//! [`SdCard`] is the card's state machine with the commands of the SD bus ([`SdCard::command`]). [`spi::SpiPort`] puts
//! the SPI mode in front of it. [`SdCards`] holds the machine's cards with their contents.
//!
//! Not modelled: passwords (CMD42), write-protect groups, UHS-I voltages, and CMD27.

mod cards;
mod command;
pub mod crc;
pub mod image;
pub mod registers;
mod save;
pub mod spi;
mod store;
#[cfg(test)]
mod tests;
mod trace;

pub use cards::{SdCards, SdConfig, SdEvent, SdPlace, SdSocket};
pub use image::CardImage;
pub use save::write_back;
pub use store::CardStore;
pub use trace::trace;

use esplens_core::time::{TICKS_PER_US, Ticks};
use registers::{BLOCK, CardCapacity};
use serde::{Deserialize, Serialize};

/// Times of a card of moderate speed, in µs.
mod time {
    /// Initialisation (ACMD41).
    pub const INIT: u64 = 20_000;
    /// Access to the first block of a read.
    pub const READ: u64 = 250;
    /// Access to each further block.
    pub const NEXT: u64 = 10;
    /// Programming of a single block, and of the last ones at the end of a multiple-block write.
    pub const WRITE: u64 = 600;
    /// Programming of each block of a multiple-block write.
    pub const WRITE_NEXT: u64 = 40;
    /// Erase, and each MiB of it.
    pub const ERASE: u64 = 2_000;
    pub const ERASE_MIB: u64 = 100;
}

/// Bits of the card status (table 4-42).
#[allow(missing_docs, reason = "the names are the specification's")]
pub mod status {
    pub const OUT_OF_RANGE: u32 = 1 << 31;
    pub const ADDRESS_ERROR: u32 = 1 << 30;
    pub const BLOCK_LEN_ERROR: u32 = 1 << 29;
    pub const ERASE_SEQ_ERROR: u32 = 1 << 28;
    pub const ERASE_PARAM: u32 = 1 << 27;
    pub const WP_VIOLATION: u32 = 1 << 26;
    pub const COM_CRC_ERROR: u32 = 1 << 23;
    pub const ILLEGAL_COMMAND: u32 = 1 << 22;
    pub const CARD_ECC_FAILED: u32 = 1 << 21;
    pub const ERROR: u32 = 1 << 19;
    pub const ERASE_RESET: u32 = 1 << 13;
    pub const READY_FOR_DATA: u32 = 1 << 8;
    pub const APP_CMD: u32 = 1 << 5;
}

/// CardState of the card (figures 4-1 and 4-13); the numbers are those of CURRENT_STATE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the specification's")]
#[repr(u8)]
pub enum CardState {
    #[default]
    Idle = 0,
    Ready = 1,
    Identification = 2,
    Standby = 3,
    Transfer = 4,
    SendingData = 5,
    ReceiveData = 6,
    Programming = 7,
    Disconnect = 8,
    Inactive = 15,
}

/// Answer on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CardReply {
    /// R1, R6 or R7: 32 bits, protected by a CRC.
    Short(u32),
    /// R3: the OCR, with ones in place of the CRC.
    Ocr(u32),
    /// R2: CID or CSD.
    Long([u8; 16]),
}

/// Data phase in progress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Flow {
    #[default]
    None,
    /// One block of a register.
    Register(Vec<u8>),
    /// Blocks from byte `at`; `left` of them, if the number is known.
    Read { at: u64, left: Option<u32> },
    /// Blocks to byte `at`.
    Write { at: u64, left: Option<u32> },
    /// A multiple-block transfer that has failed: waits for CMD12.
    Failed,
}

/// An event on the card, for traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardNote {
    /// A command was received: index, true for an application command, argument.
    Command(u8, bool, u32),
    /// The answer.
    Reply(Option<CardReply>),
    /// The answer in SPI mode.
    SpiReply(Vec<u8>),
    /// A block was read from this byte address; its length.
    Read(u64, usize),
    /// A block was written.
    Write(u64, usize),
    /// An area was erased: first byte, and the one after the last.
    Erase(u64, u64),
}

/// The content of a card while it handles a command.
pub struct CardMedia<'a> {
    /// The image.
    pub image: &'a CardImage,
    /// Pages written over the image.
    pub store: &'a mut CardStore,
    /// Events so far.
    pub notes: &'a mut Vec<CardNote>,
}

/// An SD memory card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdCard {
    /// Number of its image in [`SdCards`].
    image: u32,
    capacity: CardCapacity,
    write_protected: bool,
    state: CardState,
    /// SPI mode, from CMD0 with a low chip select until power-off.
    spi: bool,
    /// Relative card address.
    rca: u16,
    /// Error bits of the card status that were not reported yet.
    errors: u32,
    /// The last command was CMD55.
    app_cmd: bool,
    /// CMD8 was accepted.
    if_cond: bool,
    /// End of the initialisation.
    init: Option<Ticks>,
    block_len: u32,
    four_bits: bool,
    high_speed: bool,
    /// CRC check in SPI mode.
    crc_on: bool,
    /// Blocks selected by CMD32 and CMD33.
    erase: [Option<u64>; 2],
    /// Number of blocks set by CMD23 for the next command.
    block_count: Option<u32>,
    /// Blocks written by the last write (ACMD22).
    written: u32,
    flow: Flow,
    /// Time at which the next block of a read is available.
    data_at: Ticks,
    /// End of programming or erasing.
    busy_until: Ticks,
}

impl SdCard {
    /// Creates a card at power-on.
    #[must_use]
    pub fn new(image: u32, capacity: CardCapacity, write_protected: bool) -> Self {
        Self {
            image,
            capacity,
            write_protected,
            state: CardState::Idle,
            spi: false,
            rca: 0,
            errors: 0,
            app_cmd: false,
            if_cond: false,
            init: None,
            block_len: BLOCK as u32,
            four_bits: false,
            high_speed: false,
            crc_on: false,
            erase: [None; 2],
            block_count: None,
            written: 0,
            flow: Flow::None,
            data_at: 0,
            busy_until: 0,
        }
    }

    /// Returns the card's capacity.
    #[must_use]
    pub fn capacity(&self) -> CardCapacity {
        self.capacity
    }

    /// Returns the state; a card that has just ended programming is still shown as doing so.
    #[must_use]
    pub fn state(&self) -> CardState {
        self.state
    }

    /// Returns true in SPI mode.
    #[must_use]
    pub fn is_spi(&self) -> bool {
        self.spi
    }

    /// Returns true if data is transferred on four lines.
    #[must_use]
    pub fn four_bits(&self) -> bool {
        self.four_bits
    }

    /// Returns the serial number in the CID.
    fn serial(&self) -> u32 {
        0x4553_0001 + self.image
    }

    /// Carries out CMD0: everything as after power-on.
    fn go_idle(&mut self, spi: bool) {
        *self = Self { spi, ..Self::new(self.image, self.capacity, self.write_protected) };
    }

    /// Returns true while the card programs or erases and holds DAT0 low.
    #[must_use]
    pub fn is_busy(&self, now: Ticks) -> bool {
        now < self.busy_until
    }

    /// Returns the time at which [`SdCard::is_busy`] ends.
    #[must_use]
    pub fn busy_until(&self) -> Ticks {
        self.busy_until
    }

    /// Returns true if the card has data to send, or waits for some.
    #[must_use]
    pub fn has_data_phase(&self) -> bool {
        !matches!(self.flow, Flow::None | Flow::Failed)
    }

    /// Returns true if the card sends data.
    #[must_use]
    pub fn sends(&self) -> bool {
        matches!(self.flow, Flow::Register(_) | Flow::Read { .. })
    }

    /// Returns true if the card waits for data; `Some(true)` for more than one block.
    #[must_use]
    pub fn receives(&self) -> Option<bool> {
        match self.flow {
            Flow::Write { left, .. } => Some(left != Some(1)),
            _ => None,
        }
    }

    /// Returns the time at which the next block to send is available.
    #[must_use]
    pub fn data_at(&self) -> Ticks {
        self.data_at
    }

    /// Returns the next block that the card sends. `None` if there is none: no read is in progress, or it has reached
    /// the end of the card or data that cannot be read.
    pub fn read_block(&mut self, now: Ticks, m: &mut CardMedia) -> Option<Vec<u8>> {
        match std::mem::take(&mut self.flow) {
            Flow::Register(bytes) => {
                self.end_read();
                Some(bytes)
            }
            Flow::Read { at, left } => self.read_medium(at, left, now, m),
            other => {
                self.flow = other;
                None
            }
        }
    }

    fn read_medium(&mut self, at: u64, left: Option<u32>, now: Ticks, m: &mut CardMedia) -> Option<Vec<u8>> {
        let mut block = vec![0; self.transfer_len() as usize];
        let beyond = at + block.len() as u64 > self.capacity.bytes();
        if beyond || !m.store.read(m.image, at, &mut block) {
            self.errors |= if beyond { status::OUT_OF_RANGE } else { status::CARD_ECC_FAILED };
            self.flow = Flow::Failed;
            return None;
        }
        m.notes.push(CardNote::Read(at, block.len()));
        self.data_at = now + time::NEXT * TICKS_PER_US;
        match left {
            Some(1) => self.end_read(),
            _ => self.flow = Flow::Read { at: at + block.len() as u64, left: left.map(|n| n - 1) },
        }
        Some(block)
    }

    fn end_read(&mut self) {
        self.flow = Flow::None;
        if self.state == CardState::SendingData {
            self.state = CardState::Transfer;
        }
    }

    /// Receives a block. Returns false if it cannot be written: no write is in progress, wrong length, or the end of
    /// the card.
    pub fn write_block(&mut self, data: &[u8], now: Ticks, m: &mut CardMedia) -> bool {
        let Flow::Write { at, left } = self.flow else { return false };
        if data.len() as u64 != BLOCK
            || at + BLOCK > self.capacity.bytes()
            || !m.store.write(m.image, at, data)
        {
            let beyond = at + BLOCK > self.capacity.bytes();
            self.errors |= if beyond { status::OUT_OF_RANGE } else { status::ERROR };
            self.flow = if left == Some(1) { Flow::None } else { Flow::Failed };
            self.state = if left == Some(1) { CardState::Transfer } else { self.state };
            return false;
        }
        m.notes.push(CardNote::Write(at, data.len()));
        self.written += 1;
        if left == Some(1) {
            self.program(now, time::WRITE);
        } else {
            self.flow = Flow::Write { at: at + BLOCK, left: left.map(|n| n - 1) };
            self.busy_until = now + time::WRITE_NEXT * TICKS_PER_US;
        }
        true
    }

    /// Ends a data phase and programs for `us` microseconds.
    fn program(&mut self, now: Ticks, us: u64) {
        self.flow = Flow::None;
        self.state = CardState::Programming;
        self.busy_until = self.busy_until.max(now) + us * TICKS_PER_US;
    }

    /// Ends a multiple-block write: CMD12, or the stop token in SPI mode.
    fn stop_write(&mut self, now: Ticks) {
        self.program(now, time::WRITE);
    }

    /// Ends programming and initialisation if their time is over.
    fn settle(&mut self, now: Ticks) {
        if self.is_busy(now) {
            return;
        }
        self.state = match self.state {
            CardState::Programming => CardState::Transfer,
            CardState::Disconnect => CardState::Standby,
            other => other,
        };
    }

    /// Returns the length in bytes of a block of the medium.
    fn transfer_len(&self) -> u64 {
        if self.capacity.is_high() { BLOCK } else { self.block_len.into() }
    }
}
