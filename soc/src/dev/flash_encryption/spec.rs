//! Registers of the flash encryption block that SPI1 writes through. The flash decryption block has no registers.

crate::registers! {
    "FLASH_ENCRYPTION", "TRM chapter 25; soc/flash_encryption_reg.h";
    /// The 32 bytes to encrypt.
    BUFFER[8; 4] = 0x00, reset 0, Stored;
    /// Starts the encryption of the buffer.
    START = 0x20, reset 0, Modelled;
    /// Flash address the buffer is meant for.
    ADDRESS = 0x24, reset 0, Stored;
    /// 1 when the encryption is done.
    DONE = 0x28, reset 1, Modelled;
}
