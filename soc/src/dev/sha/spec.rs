//! Registers of the SHA accelerator.

crate::registers! {
    "SHA", "TRM chapter 23; soc/hwcrypto_reg.h";
    /// Message block in, digest out; shared by all algorithms.
    TEXT[32; 4] = 0x00, reset 0, Modelled;
    /// Write 1: SHA-1 of the first block.
    SHA_1_START = 0x80, reset 0, Modelled;
    /// Write 1: SHA-1 of a further block.
    SHA_1_CONTINUE = 0x84, reset 0, Modelled;
    /// Write 1: SHA-1's digest to TEXT.
    SHA_1_LOAD = 0x88, reset 0, Modelled;
    /// 1 while SHA-1 works.
    SHA_1_BUSY = 0x8C, reset 0, Modelled;
    /// Write 1: SHA-256 of the first block.
    SHA_256_START = 0x90, reset 0, Modelled;
    /// Write 1: SHA-256 of a further block.
    SHA_256_CONTINUE = 0x94, reset 0, Modelled;
    /// Write 1: SHA-256's digest to TEXT.
    SHA_256_LOAD = 0x98, reset 0, Modelled;
    /// 1 while SHA-256 works.
    SHA_256_BUSY = 0x9C, reset 0, Modelled;
    /// Write 1: SHA-384 of the first block.
    SHA_384_START = 0xA0, reset 0, Modelled;
    /// Write 1: SHA-384 of a further block.
    SHA_384_CONTINUE = 0xA4, reset 0, Modelled;
    /// Write 1: SHA-384's digest to TEXT.
    SHA_384_LOAD = 0xA8, reset 0, Modelled;
    /// 1 while SHA-384 works.
    SHA_384_BUSY = 0xAC, reset 0, Modelled;
    /// Write 1: SHA-512 of the first block.
    SHA_512_START = 0xB0, reset 0, Modelled;
    /// Write 1: SHA-512 of a further block.
    SHA_512_CONTINUE = 0xB4, reset 0, Modelled;
    /// Write 1: SHA-512's digest to TEXT.
    SHA_512_LOAD = 0xB8, reset 0, Modelled;
    /// 1 while SHA-512 works.
    SHA_512_BUSY = 0xBC, reset 0, Modelled;
}
