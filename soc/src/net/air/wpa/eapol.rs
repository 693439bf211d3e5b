//! EAPOL-Key frames (IEEE 802.11-2020 section 12.7.2).

use super::Nonce;

/// The key information field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyInfo(pub u16);

impl KeyInfo {
    /// Message 1 of the four-way handshake.
    pub const M1: Self = Self(0x008A);
    /// Message 2.
    pub const M2: Self = Self(0x010A);
    /// Message 3.
    pub const M3: Self = Self(0x13CA);
    /// Message 4.
    pub const M4: Self = Self(0x030A);
    /// Message 1 of the group key handshake.
    pub const GROUP1: Self = Self(0x1382);
    /// Message 2 of the group key handshake.
    pub const GROUP2: Self = Self(0x0302);
}

/// A parsed EAPOL-Key frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EapolKey<'a> {
    /// Descriptor type: 2 RSN, 254 WPA.
    pub descriptor: u8,
    /// Key information.
    pub info: KeyInfo,
    /// Replay counter.
    pub replay: u64,
    /// Nonce.
    pub nonce: Nonce,
    /// Receive sequence counter: packet number of the group key.
    pub rsc: u64,
    /// Key data, perhaps encrypted.
    pub data: &'a [u8],
}

impl<'a> EapolKey<'a> {
    /// Parses a frame with its IEEE 802.1X header; bytes behind its length are left out. `None` if it is cut off or no
    /// EAPOL-Key frame.
    #[must_use]
    pub fn parse(eapol: &'a [u8]) -> Option<Self> {
        todo!()
    }
}
