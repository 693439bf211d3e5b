//! Registers of the RSA accelerator.

crate::registers! {
    "RSA", "TRM chapter 24; soc/hwcrypto_reg.h";
    /// Modulus M.
    MEM_M[128; 4] = 0x000, reset 0, Modelled;
    /// R² mod M (or an operand) in, result Z out.
    MEM_Z[128; 4] = 0x200, reset 0, Modelled;
    /// Exponent Y.
    MEM_Y[128; 4] = 0x400, reset 0, Modelled;
    /// Base or operand X.
    MEM_X[128; 4] = 0x600, reset 0, Modelled;
    /// M' = -M^-1 mod 2^32.
    M_DASH = 0x800, reset 0, Modelled;
    /// Exponentiation: operand length in 512-bit units, less 1.
    MODEXP_MODE = 0x804, reset 0, Modelled;
    /// Write 1: Z = X^Y mod M.
    MODEXP_START = 0x808, reset 0, Modelled;
    /// Multiplication: 0..7 Montgomery, length in 512-bit units less 1; 8..15 plain, result length plus 7.
    MULT_MODE = 0x80C, reset 0, Modelled;
    /// Write 1: multiply.
    MULT_START = 0x810, reset 0, Modelled;
    /// Reads 1 when an operation has finished; write 1 to clear.
    INTERRUPT = 0x814, reset 0, Modelled;
    /// Reads 1 when the memories have been zeroed after a reset.
    CLEAN = 0x818, reset 0, Modelled;
}
