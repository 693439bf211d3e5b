//! Register of the random number generator. It lies in the radio's register block.

crate::registers! {
    "RNG", "TRM \"Random Number Generator\"; soc/wdev_reg.h (WDEV_RND_REG)";
    /// A new random word at every read.
    DATA = 0x144, reset 0, Modelled;
}
