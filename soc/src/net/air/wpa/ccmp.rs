//! CCMP-128 (IEEE 802.11-2020 section 12.5.3): encryption of whole MPDUs.
//!
//! A protected MPDU is MAC header, CCMP header (8 bytes), payload, MIC (8 bytes). The ESP32's driver makes the CCMP
//! header itself and leaves room for the MIC; the hardware encrypts in place.

use super::Tk;

/// Length of the CCMP header.
pub const HEADER: usize = 8;
/// Length of the MIC.
pub const MIC: usize = 8;

/// A decrypted MPDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The MPDU without CCMP header and MIC, its protected flag cleared.
    pub mpdu: Vec<u8>,
    /// Packet number.
    pub pn: u64,
    /// Key identifier, 0 to 3.
    pub key_id: u8,
}

/// The CCMP header for a packet number (48 bits) and key identifier (0 to 3).
#[must_use]
pub fn header(pn: u64, key_id: u8) -> [u8; HEADER] {
    todo!()
}

/// Packet number and key identifier of a protected MPDU with a CCMP (or TKIP) header. `None` if it has none.
#[must_use]
pub fn packet_number(mpdu: &[u8]) -> Option<(u64, u8)> {
    todo!()
}

/// Encrypts an unprotected MPDU. `None` if it is no data or management frame.
#[must_use]
pub fn seal(plain: &[u8], tk: &Tk, pn: u64, key_id: u8) -> Option<Vec<u8>> {
    todo!()
}

/// Decrypts a protected MPDU. `None` if its MIC is wrong or it is malformed.
#[must_use]
pub fn open(mpdu: &[u8], tk: &Tk) -> Option<Opened> {
    todo!()
}

/// Encrypts in place: the MPDU has its CCMP header, plaintext and [`MIC`] bytes of room at its end. Returns whether
/// it was such a frame.
#[must_use]
pub fn seal_in_place(mpdu: &mut [u8], tk: &Tk) -> bool {
    todo!()
}

/// Decrypts in place: CCMP header and MIC stay where they are. Returns whether the MIC fits; if not, the frame is as
/// before.
#[must_use]
pub fn open_in_place(mpdu: &mut [u8], tk: &Tk) -> bool {
    todo!()
}

/// Gives an unprotected MPDU the form of a protected one without encryption: protected flag, CCMP header, room for the
/// MIC (zeros). What the hardware's user sees before encryption and after decryption.
#[must_use]
pub fn dress(plain: &[u8], pn: u64, key_id: u8) -> Option<Vec<u8>> {
    todo!()
}

/// Takes CCMP header, MIC room and protected flag away without decryption: the reverse of [`dress`].
#[must_use]
pub fn undress(mpdu: &[u8]) -> Option<Opened> {
    todo!()
}
