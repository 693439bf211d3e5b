//! Registers of the AES accelerator.

crate::registers! {
    "AES", "TRM chapter 22; soc/hwcrypto_reg.h";
    /// Write 1: transform the block in TEXT.
    START = 0x00, reset 0, Modelled;
    /// 1 when no transform is under way.
    IDLE = 0x04, reset 1, Modelled;
    /// Key length and direction.
    MODE = 0x08, reset 0, Modelled;
    /// Key words; with ENDIAN at its reset value, the key's first byte is the low byte of word 0.
    KEY[8; 4] = 0x10, reset 0, Modelled;
    /// Block before and after the transform.
    TEXT[4; 4] = 0x30, reset 0, Modelled;
    /// Byte and word order of key, input and output.
    ENDIAN = 0x40, reset 0x3F, Modelled;
}

/// Fields of `MODE`.
pub mod mode {
    /// Key length: 0 is 128 bits, 1 is 192 bits, 2 is 256 bits.
    pub const KEY_LEN: u32 = 3;
    /// Decrypt.
    pub const DECRYPT: u32 = 1 << 2;
}

/// Fields of `ENDIAN`. A set bit keeps the order of a little-endian CPU, a clear bit reverses it.
pub mod endian {
    /// Bytes within a key word.
    pub const KEY_BYTE: u32 = 1 << 0;
    /// Words of the key.
    pub const KEY_WORD: u32 = 1 << 1;
    /// Bytes within an input word.
    pub const IN_BYTE: u32 = 1 << 2;
    /// Words of the input.
    pub const IN_WORD: u32 = 1 << 3;
    /// Bytes within an output word.
    pub const OUT_BYTE: u32 = 1 << 4;
    /// Words of the output.
    pub const OUT_WORD: u32 = 1 << 5;
    /// All fields.
    pub const ALL: u32 = 0x3F;
}
