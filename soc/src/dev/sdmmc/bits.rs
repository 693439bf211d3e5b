//! Bits of the registers that start commands and report interrupts.

/// Bits of CTRL.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod ctrl {
    pub const CONTROLLER_RESET: u32 = 1 << 0;
    pub const FIFO_RESET: u32 = 1 << 1;
    pub const DMA_RESET: u32 = 1 << 2;
    pub const RESETS: u32 = 0b111;
    pub const INT_ENABLE: u32 = 1 << 4;
    pub const DMA_ENABLE: u32 = 1 << 5;
    pub const USE_INTERNAL_DMA: u32 = 1 << 25;
}

/// Bits of CMD.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod cmd {
    pub const RESPONSE_EXPECT: u32 = 1 << 6;
    pub const RESPONSE_LENGTH: u32 = 1 << 7;
    pub const CHECK_RESPONSE_CRC: u32 = 1 << 8;
    pub const DATA_EXPECTED: u32 = 1 << 9;
    pub const WRITE: u32 = 1 << 10;
    pub const SEND_AUTO_STOP: u32 = 1 << 12;
    pub const WAIT_PRVDATA_COMPLETE: u32 = 1 << 13;
    pub const STOP_ABORT_CMD: u32 = 1 << 14;
    pub const SEND_INIT: u32 = 1 << 15;
    pub const UPDATE_CLK_REG: u32 = 1 << 21;
    pub const START_COMMAND: u32 = 1 << 31;
}

/// Bits of RINTSTS, MINTSTS and INTMASK.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod int {
    pub const CD: u32 = 1 << 0;
    pub const RE: u32 = 1 << 1;
    pub const CMD_DONE: u32 = 1 << 2;
    pub const DTO: u32 = 1 << 3;
    pub const TXDR: u32 = 1 << 4;
    pub const RXDR: u32 = 1 << 5;
    pub const RCRC: u32 = 1 << 6;
    pub const DCRC: u32 = 1 << 7;
    pub const RTO: u32 = 1 << 8;
    pub const DRTO: u32 = 1 << 9;
    pub const HTO: u32 = 1 << 10;
    pub const FRUN: u32 = 1 << 11;
    pub const HLE: u32 = 1 << 12;
    pub const ACD: u32 = 1 << 14;
    pub const EBE: u32 = 1 << 15;
    pub const SDIO: u32 = 3 << 16;
}
