//! EAPOL-Key frames (IEEE 802.11-2020 section 12.7.2): layout, MIC, key data.

use super::{GroupKey, Nonce, Ptk};
use crate::net::air::frame::{Cipher, Elements, id};
use aes_kw::{KeyInit, KwAes128};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use std::fmt;

/// IEEE 802.1X header: version, type, length.
const HEADER: usize = 4;
/// Type of an EAPOL-Key frame.
const TYPE_KEY: u8 = 3;
/// Descriptor type of RSN.
pub(super) const DESCRIPTOR_RSN: u8 = 2;
/// Offsets of the fields in the frame, IEEE 802.1X header included.
const INFO: usize = 5;
const REPLAY: usize = 9;
const NONCE: usize = 17;
const RSC: usize = 65;
const MIC: usize = 81;
const DATA_LEN: usize = 97;
const DATA: usize = 99;
/// Length of the MIC.
const MIC_LEN: usize = 16;
/// OUI and type of the key data element that contains a group key.
const GTK_KDE: [u8; 4] = [0x00, 0x0F, 0xAC, 1];

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

    const PAIRWISE: u16 = 1 << 3;
    const ACK: u16 = 1 << 7;
    const MIC: u16 = 1 << 8;
    const ERROR_OR_REQUEST: u16 = 3 << 10;
    const ENCRYPTED: u16 = 1 << 12;

    fn has(self, bits: u16) -> bool {
        self.0 & bits == bits
    }

    /// Returns the key descriptor version: 1 RC4 and HMAC-MD5, 2 AES key wrap and HMAC-SHA1, 3 AES-CMAC.
    #[must_use]
    pub fn version(self) -> u16 {
        self.0 & 7
    }
}

/// Message of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// Four-way handshake, access point to station: the access point's nonce.
    M1,
    /// Four-way handshake, station to access point: the station's nonce and RSN element.
    M2,
    /// Four-way handshake, access point to station: group key.
    M3,
    /// Four-way handshake, station to access point: final confirmation.
    M4,
    /// Group key handshake, access point to station: new group key.
    Group1,
    /// Group key handshake, station to access point: confirmation.
    Group2,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::M1 => "message 1 of 4",
            Self::M2 => "message 2 of 4",
            Self::M3 => "message 3 of 4",
            Self::M4 => "message 4 of 4",
            Self::Group1 => "group message 1 of 2",
            Self::Group2 => "group message 2 of 2",
        })
    }
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
    /// Key data, possibly encrypted.
    pub data: &'a [u8],
    /// The whole frame, for its MIC.
    frame: &'a [u8],
}

impl<'a> EapolKey<'a> {
    /// Parses a frame with its IEEE 802.1X header; bytes beyond its length are ignored. Returns `None` if it is
    /// truncated or no EAPOL-Key frame.
    #[must_use]
    pub fn parse(eapol: &'a [u8]) -> Option<Self> {
        let &[_, TYPE_KEY, high, low, descriptor, ..] = eapol else { return None };
        let frame = eapol.get(..HEADER + usize::from(u16::from_be_bytes([high, low])))?;
        let data_len = u16::from_be_bytes(field(frame, DATA_LEN)?);
        Some(Self {
            descriptor,
            info: KeyInfo(u16::from_be_bytes(field(frame, INFO)?)),
            replay: u64::from_be_bytes(field(frame, REPLAY)?),
            nonce: field(frame, NONCE)?,
            rsc: u64::from_le_bytes(field(frame, RSC)?),
            data: frame.get(DATA..)?.get(..usize::from(data_len))?,
            frame,
        })
    }

    /// Returns the handshake message. `None` for error reports and requests of a station, and for other combinations of
    /// bits.
    #[must_use]
    pub fn message(&self) -> Option<Message> {
        let info = self.info;
        let (ack, mic) = (info.has(KeyInfo::ACK), info.has(KeyInfo::MIC));
        if info.0 & KeyInfo::ERROR_OR_REQUEST != 0 {
            return None;
        }
        match (info.has(KeyInfo::PAIRWISE), ack, mic) {
            (true, true, false) => Some(Message::M1),
            (true, true, true) => Some(Message::M3),
            (true, false, true) if self.data.is_empty() => Some(Message::M4),
            (true, false, true) => Some(Message::M2),
            (false, true, true) => Some(Message::Group1),
            (false, false, true) => Some(Message::Group2),
            _ => None,
        }
    }

    /// Returns true for an RSN frame with HMAC-SHA1 and AES key wrap: the only kind used by WPA2-PSK with CCMP.
    pub(super) fn is_wpa2(&self) -> bool {
        self.descriptor == DESCRIPTOR_RSN && self.info.version() == 2
    }

    /// Returns true if the MIC is correct for this key.
    #[must_use]
    pub fn mic_fits(&self, ptk: &Ptk) -> bool {
        let Some(mic) = self.frame.get(MIC..MIC + MIC_LEN) else { return false };
        let mut hmac = hmac(ptk);
        hmac.update(&self.frame[..MIC]);
        hmac.update(&[0; MIC_LEN]);
        hmac.update(&self.frame[MIC + MIC_LEN..]);
        hmac.verify_truncated_left(mic).is_ok()
    }

    /// Decrypts the key data. Returns `None` if they are not encrypted or not with this key.
    pub(super) fn unwrap(&self, ptk: &Ptk) -> Option<Vec<u8>> {
        let encrypted = self.info.has(KeyInfo::ENCRYPTED);
        encrypted.then(|| unwrap_key(ptk.kek(), self.data)).flatten()
    }
}

/// Fields of a frame to send.
pub(super) struct Outgoing<'a> {
    /// Version of IEEE 802.1X: 2 from an access point, 1 from a station, as in hostapd and wpa_supplicant.
    pub version: u8,
    pub info: KeyInfo,
    /// Length of the key that the message establishes.
    pub key_len: u16,
    pub replay: u64,
    pub nonce: Nonce,
    pub rsc: u64,
    /// Key data as sent.
    pub data: &'a [u8],
}

impl Outgoing<'_> {
    /// Builds the frame, with a MIC if the key information has the MIC bit.
    pub fn build(&self, ptk: Option<&Ptk>) -> Vec<u8> {
        let length = (DATA - HEADER + self.data.len()) as u16;
        let mut frame = vec![self.version, TYPE_KEY];
        frame.extend(length.to_be_bytes());
        frame.push(DESCRIPTOR_RSN);
        frame.extend(self.info.0.to_be_bytes());
        frame.extend(self.key_len.to_be_bytes());
        frame.extend(self.replay.to_be_bytes());
        frame.extend(self.nonce);
        frame.extend([0; 16]); // IV
        frame.extend(self.rsc.to_le_bytes());
        frame.extend([0; 8 + MIC_LEN]); // reserved, MIC
        frame.extend((self.data.len() as u16).to_be_bytes());
        frame.extend(self.data);
        if let Some(ptk) = ptk.filter(|_| self.info.has(KeyInfo::MIC)) {
            let mut hmac = hmac(ptk);
            hmac.update(&frame);
            let mic = hmac.finalize().into_bytes();
            frame[MIC..MIC + MIC_LEN].copy_from_slice(&mic[..MIC_LEN]);
        }
        frame
    }
}

/// Encrypts the key data of message 3 or of a group key message: elements and the group key.
pub(super) fn wrap(elements: &[u8], group: &GroupKey, ptk: &Ptk) -> Vec<u8> {
    let mut data = elements.to_vec();
    let length = GTK_KDE.len() + 2 + group.bytes().len();
    data.extend([id::VENDOR, length as u8]);
    data.extend(GTK_KDE);
    data.extend([group.id(), 0]);
    data.extend(group.bytes());
    // Padding to a multiple of 8: the vendor-specific identifier (0xDD), then zeros.
    if !data.len().is_multiple_of(8) {
        data.push(id::VENDOR);
        data.resize(data.len().next_multiple_of(8), 0);
    }
    wrap_key(ptk.kek(), &data)
}

/// Encrypts with AES key wrap (RFC 3394). The result is 8 bytes longer; it is empty if the length of the data is not a
/// multiple of 8.
pub(super) fn wrap_key(kek: &[u8; 16], data: &[u8]) -> Vec<u8> {
    let mut wrapped = vec![0; data.len() + 8];
    let done = KwAes128::new(kek.into()).wrap_key(data, &mut wrapped);
    done.map(<[u8]>::to_vec).unwrap_or_default()
}

/// Decrypts the result of [`wrap_key`]. Returns `None` if it was encrypted with another key.
pub(super) fn unwrap_key(kek: &[u8; 16], wrapped: &[u8]) -> Option<Vec<u8>> {
    let mut data = vec![0; wrapped.len().checked_sub(8)?];
    KwAes128::new(kek.into()).unwrap_key(wrapped, &mut data).ok().map(<[u8]>::to_vec)
}

/// Returns the group key in decrypted key data. The cipher is determined by the key's length: 16 CCMP, 32 TKIP.
pub(super) fn group_key(data: &[u8], rsc: u64) -> Option<GroupKey> {
    let mut vendor = Elements(data).filter(|(id, _)| *id == id::VENDOR);
    let body = vendor.find_map(|(_, body)| body.strip_prefix(&GTK_KDE))?;
    let (&[key_id, _], key) = body.split_first_chunk()?;
    let cipher = match key.len() {
        16 => Cipher::Ccmp,
        32 => Cipher::Tkip,
        _ => return None,
    };
    // Six bytes are the packet number, two are reserved.
    Some(GroupKey::new(key.to_vec(), key_id & 3, rsc & 0xFFFF_FFFF_FFFF, cipher))
}

fn hmac(ptk: &Ptk) -> Hmac<Sha1> {
    Hmac::new_from_slice(ptk.kck()).expect("HMAC takes keys of any length")
}

/// Returns `N` bytes at an offset.
fn field<const N: usize>(frame: &[u8], at: usize) -> Option<[u8; N]> {
    frame.get(at..)?.first_chunk().copied()
}
