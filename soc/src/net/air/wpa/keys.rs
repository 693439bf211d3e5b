//! Keys and how they follow from each other.

use super::Nonce;
use crate::net::air::frame::{Cipher, Mac};
use serde::{Deserialize, Serialize};
use std::fmt;

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
        todo!()
    }

    /// From what a user types or firmware stores: 64 hexadecimal digits are the key itself, 8 to 63 bytes a
    /// passphrase. `None` for any other length.
    #[must_use]
    pub fn from_psk(psk: &[u8], ssid: &[u8]) -> Option<Self> {
        todo!()
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
        todo!()
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
    /// A CCMP key with its identifier (1 to 3) and the last packet number sent with it.
    #[must_use]
    pub fn ccmp(key: [u8; 16], id: u8, rsc: u64) -> Self {
        Self { key: key.to_vec(), id: id & 3, rsc, cipher: Cipher::Ccmp }
    }

    /// The key: 16 bytes (CCMP) or 32 (TKIP). Not for output.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.key
    }

    /// As a CCMP key, `None` for another cipher.
    #[must_use]
    pub fn tk(&self) -> Option<Tk> {
        todo!()
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
