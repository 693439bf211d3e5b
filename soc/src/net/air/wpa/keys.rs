//! Keys and their derivation.

use super::Nonce;
use crate::net::air::frame::{Cipher, Mac};
use hmac::{Hmac, KeyInit, Mac as _};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use std::fmt;

/// Rounds of PBKDF2.
const ROUNDS: u32 = 4096;

/// Pairwise master key, derived from passphrase and SSID.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pmk([u8; 32]);

/// Temporal key of pairwise traffic (CCMP).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tk([u8; 16]);

/// Pairwise transient key: confirmation key, encryption key, temporal key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ptk {
    kck: [u8; 16],
    kek: [u8; 16],
    tk: Tk,
}

/// A group key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupKey {
    key: Vec<u8>,
    id: u8,
    rsc: u64,
    cipher: Cipher,
}

impl Pmk {
    /// Creates a key from its 32 bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Derives the key from a passphrase (8 to 63 characters) and an SSID: PBKDF2 with 4096 rounds, about a millisecond
    /// of host time.
    #[must_use]
    pub fn derive(passphrase: &[u8], ssid: &[u8]) -> Self {
        let mut key = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha1>(passphrase, ssid, ROUNDS, &mut key);
        Self(key)
    }

    /// Creates a key from user input or firmware data: 64 hexadecimal digits are the key itself, 8 to 63 bytes a
    /// passphrase. Returns `None` for any other length.
    #[must_use]
    pub fn from_psk(psk: &[u8], ssid: &[u8]) -> Option<Self> {
        match psk.len() {
            64 => {
                let mut key = [0; 32];
                for (byte, digits) in key.iter_mut().zip(psk.chunks_exact(2)) {
                    *byte = digit(digits[0])? << 4 | digit(digits[1])?;
                }
                Some(Self(key))
            }
            8..=63 => Some(Self::derive(psk, ssid)),
            _ => None,
        }
    }

    /// Returns the key. Must not be output.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Tk {
    /// Creates a key from its 16 bytes.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    /// Returns the key. Must not be output.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Ptk {
    /// Derives the key from the PMK, the addresses of access point and station, and both nonces.
    #[must_use]
    pub fn derive(pmk: &Pmk, ap: Mac, station: Mac, anonce: &Nonce, snonce: &Nonce) -> Self {
        let mut data = ap.min(station).to_vec();
        data.extend(ap.max(station));
        data.extend(anonce.min(snonce));
        data.extend(anonce.max(snonce));
        let bytes: [u8; 48] = prf(&pmk.0, b"Pairwise key expansion", &data);
        let part = |at: usize| std::array::from_fn(|i| bytes[at + i]);
        Self { kck: part(0), kek: part(16), tk: Tk(part(32)) }
    }

    /// Returns the temporal key.
    #[must_use]
    pub fn tk(&self) -> &Tk {
        &self.tk
    }

    /// Returns the key confirmation key.
    #[must_use]
    pub fn kck(&self) -> &[u8; 16] {
        &self.kck
    }

    /// Returns the key encryption key.
    #[must_use]
    pub fn kek(&self) -> &[u8; 16] {
        &self.kek
    }
}

impl GroupKey {
    pub(super) fn new(key: Vec<u8>, id: u8, rsc: u64, cipher: Cipher) -> Self {
        Self { key, id, rsc, cipher }
    }

    /// Creates a CCMP key from its identifier (1 to 3) and the last packet number sent with it.
    #[must_use]
    pub fn ccmp(key: [u8; 16], id: u8, rsc: u64) -> Self {
        Self { key: key.to_vec(), id: id & 3, rsc, cipher: Cipher::Ccmp }
    }

    /// Returns true if it is the same key with the same identifier; the packet number may differ.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.key, self.id) == (&other.key, other.id)
    }

    /// Returns the key: 16 bytes (CCMP) or 32 (TKIP). Must not be output.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.key
    }

    /// Returns the temporal key of a CCMP key; `None` for another cipher.
    #[must_use]
    pub fn tk(&self) -> Option<Tk> {
        let key = self.key.as_slice().try_into().ok()?;
        (self.cipher == Cipher::Ccmp).then_some(Tk(key))
    }

    /// Returns the identifier, 0 to 3.
    #[must_use]
    pub fn id(&self) -> u8 {
        self.id
    }

    /// Returns the last packet number sent with the key before it was distributed.
    #[must_use]
    pub fn rsc(&self) -> u64 {
        self.rsc
    }

    /// Returns the cipher.
    #[must_use]
    pub fn cipher(&self) -> Cipher {
        self.cipher
    }
}

/// Computes the pseudo-random function of IEEE 802.11-2020 section 12.7.1.2 with HMAC-SHA1.
pub(super) fn prf<const N: usize>(key: &[u8], label: &[u8], data: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (counter, block) in (0..).zip(out.chunks_mut(20)) {
        let mut hmac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
        for part in [label, &[0], data, &[counter]] {
            hmac.update(part);
        }
        block.copy_from_slice(&hmac.finalize().into_bytes()[..block.len()]);
    }
    out
}

/// Returns the value of a hexadecimal digit.
fn digit(c: u8) -> Option<u8> {
    char::from(c).to_digit(16).map(|d| d as u8)
}

impl fmt::Debug for Pmk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pmk(..)")
    }
}

impl fmt::Debug for Tk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tk(..)")
    }
}

impl fmt::Debug for Ptk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ptk(..)")
    }
}

impl fmt::Debug for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupKey {{ id: {}, rsc: {}, cipher: {:?} }}", self.id, self.rsc, self.cipher)
    }
}
