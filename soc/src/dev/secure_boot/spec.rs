//! Registers of the secure boot (version 1) digest engine. They are undocumented; the names follow the mask ROM
//! functions that use them.

crate::registers! {
    "SECURE_BOOT", "mask ROM, ets_secure_boot_start, _hash, _obtain, _check, _finish, _rd_iv, _rd_abstract";
    /// Initial vector (`ets_secure_boot_rd_iv`).
    IV[32; 4] = 0x000, reset 0, Stored;
    /// The 128 bytes to hash next.
    BLOCK[32; 4] = 0x080, reset 0, Stored;
    /// Digest so far (`ets_secure_boot_rd_abstract`).
    DIGEST[16; 4] = 0x100, reset 0, Absent;
    /// Digest to compare with.
    EXPECTED[16; 4] = 0x140, reset 0, Stored;
    /// Result of the comparison.
    RESULT = 0x180, reset 0, Absent;
    /// Write 1: start.
    START = 0x1C0, reset 0, Modelled;
    /// Write 1: hash BLOCK.
    HASH = 0x1C4, reset 0, Modelled;
    /// Write 1: finish the digest.
    OBTAIN = 0x1C8, reset 0, Modelled;
    /// Write 1: compare with EXPECTED.
    CHECK = 0x1CC, reset 0, Modelled;
    /// Write 1: finish.
    FINISH = 0x1D0, reset 0, Modelled;
    /// 1 while a command is carried out.
    BUSY = 0x1D4, reset 0, Modelled;
}
