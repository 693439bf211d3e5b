//! Keys and how they follow from each other.

use super::Nonce;
use crate::net::air::frame::{Cipher, Mac};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use std::fmt;

/// Rounds of PBKDF2.
const ROUNDS: u32 = 4096;

/// Pairwise master key: what the passphrase and the SSID give.
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

/// A key of group traffic.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupKey {
    key: Vec<u8>,
    id: u8,
    rsc: u64,
    cipher: Cipher,
}

impl Pmk {
    /// From its 32 bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// From a passphrase (8 to 63 characters) and an SSID: PBKDF2 with 4096 rounds, a millisecond of work.
    #[must_use]
    pub fn derive(passphrase: &[u8], ssid: &[u8]) -> Self {
        let mut key = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha1>(passphrase, ssid, ROUNDS, &mut key);
        Self(key)
    }

    /// From what a user types or firmware stores: 64 hexadecimal digits are the key itself, 8 to 63 bytes a
    /// passphrase. `None` for any other length.
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

    /// The key. Not for output.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Tk {
    /// From its 16 bytes.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    /// The key. Not for output.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Ptk {
    /// From the PMK, the addresses of access point and station, and both nonces.
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

    /// Temporal key.
    #[must_use]
    pub fn tk(&self) -> &Tk {
        &self.tk
    }

    /// Key confirmation key.
    #[must_use]
    pub fn kck(&self) -> &[u8; 16] {
        &self.kck
    }

    /// Key encryption key.
    #[must_use]
    pub fn kek(&self) -> &[u8; 16] {
        &self.kek
    }
}

impl GroupKey {
    pub(super) fn new(key: Vec<u8>, id: u8, rsc: u64, cipher: Cipher) -> Self {
        Self { key, id, rsc, cipher }
    }

    /// A CCMP key with its identifier (1 to 3) and the last packet number sent with it.
    #[must_use]
    pub fn ccmp(key: [u8; 16], id: u8, rsc: u64) -> Self {
        Self { key: key.to_vec(), id: id & 3, rsc, cipher: Cipher::Ccmp }
    }

    /// Whether it is the same key under the same identifier: what makes it new is not the packet number.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.key, self.id) == (&other.key, other.id)
    }

    /// The key: 16 bytes (CCMP) or 32 (TKIP). Not for output.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.key
    }

    /// As a CCMP key, `None` for another cipher.
    #[must_use]
    pub fn tk(&self) -> Option<Tk> {
        let key = self.key.as_slice().try_into().ok()?;
        (self.cipher == Cipher::Ccmp).then_some(Tk(key))
    }

    /// Identifier, 0 to 3.
    #[must_use]
    pub fn id(&self) -> u8 {
        self.id
    }

    /// The last packet number sent with it before it was handed out.
    #[must_use]
    pub fn rsc(&self) -> u64 {
        self.rsc
    }

    /// Its cipher.
    #[must_use]
    pub fn cipher(&self) -> Cipher {
        self.cipher
    }
}

/// The pseudo-random function of IEEE 802.11-2020 section 12.7.1.2 with HMAC-SHA1.
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

/// Value of a hexadecimal digit.
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
