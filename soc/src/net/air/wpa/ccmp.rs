//! CCMP-128 (IEEE 802.11-2020 section 12.5.3): encryption of whole MPDUs.
//!
//! A protected MPDU is MAC header, CCMP header (8 bytes), payload, MIC (8 bytes). The ESP32's driver builds the CCMP
//! header and reserves space for the MIC; the hardware encrypts in place.

use super::Tk;
use crate::net::air::frame::{Flags, Mpdu, set_flag};
use aes::Aes128;
use ccm::aead::{AeadInOut, KeyInit};
use ccm::consts::{U8, U13};

type Ccm = ccm::Ccm<Aes128, U8, U13>;

/// Length of the CCMP header.
pub const HEADER: usize = 8;
/// Length of the MIC.
pub const MIC: usize = 8;
/// Bit in the fourth byte of the CCMP header: four more bytes of packet number follow. Always set.
const EXT_IV: u8 = 1 << 5;
/// Subtype bits of the frame control field that are left out of the authenticated data of data frames.
const DATA_SUBTYPE: u16 = 0x0070;

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

/// Builds the CCMP header for a packet number (48 bits) and key identifier (0 to 3).
#[must_use]
pub fn header(pn: u64, key_id: u8) -> [u8; HEADER] {
    let [pn0, pn1, pn2, pn3, pn4, pn5, ..] = pn.to_le_bytes();
    [pn0, pn1, 0, EXT_IV | (key_id & 3) << 6, pn2, pn3, pn4, pn5]
}

/// Returns packet number and key identifier of a protected MPDU with a CCMP header; `None` if it has none.
#[must_use]
pub fn packet_number(mpdu: &[u8]) -> Option<(u64, u8)> {
    let mpdu = Mpdu::parse(mpdu)?;
    let &[pn0, pn1, _, flags, pn2, pn3, pn4, pn5] = mpdu.body().first_chunk::<HEADER>()?;
    let pn = u64::from_le_bytes([pn0, pn1, pn2, pn3, pn4, pn5, 0, 0]);
    (mpdu.protected() && flags & EXT_IV != 0).then_some((pn, flags >> 6))
}

/// Encrypts an unprotected MPDU. Returns `None` if it is no data or management frame, or is protected already.
#[must_use]
pub fn seal(plain: &[u8], tk: &Tk, pn: u64, key_id: u8) -> Option<Vec<u8>> {
    let mut mpdu = add_ccmp_framing(plain, pn, key_id)?;
    seal_in_place(&mut mpdu, tk).then_some(mpdu)
}

/// Decrypts a protected MPDU. Returns `None` if its MIC is wrong or it is malformed.
#[must_use]
pub fn open(mpdu: &[u8], tk: &Tk) -> Option<Opened> {
    let mut mpdu = mpdu.to_vec();
    let fits = open_in_place(&mut mpdu, tk);
    fits.then(|| strip_ccmp_framing(&mpdu)).flatten()
}

/// Encrypts in place an MPDU that has its CCMP header, plaintext and [`MIC`] reserved bytes at its end. Returns false
/// if it has another form.
#[must_use]
pub fn seal_in_place(mpdu: &mut [u8], tk: &Tk) -> bool {
    let Some(parts) = Parts::of(mpdu) else { return false };
    let (_, rest) = mpdu.split_at_mut(parts.payload);
    let (payload, mic) = rest.split_at_mut(rest.len() - MIC);
    let sealed = cipher(tk).encrypt_inout_detached(&parts.nonce.into(), &parts.aad, payload.into());
    sealed.is_ok_and(|tag| {
        mic.copy_from_slice(&tag);
        true
    })
}

/// Decrypts in place; CCMP header and MIC are not removed. Returns true if the MIC is correct; otherwise the frame is
/// unchanged.
#[must_use]
pub fn open_in_place(mpdu: &mut [u8], tk: &Tk) -> bool {
    let Some(parts) = Parts::of(mpdu) else { return false };
    let (_, rest) = mpdu.split_at_mut(parts.payload);
    let (payload, mic) = rest.split_at_mut(rest.len() - MIC);
    let Ok(tag) = (&*mic).try_into() else { return false };
    // The cipher clears data that fail authentication.
    let before = payload.to_vec();
    let opened =
        cipher(tk).decrypt_inout_detached(&parts.nonce.into(), &parts.aad, payload.as_mut().into(), tag);
    if opened.is_err() {
        payload.copy_from_slice(&before);
    }
    opened.is_ok()
}

/// Converts an unprotected MPDU to the form of a protected one without encrypting it: sets the protected flag, and adds
/// the CCMP header and a zero MIC. The driver's buffer has this form before encryption and after decryption. Returns
/// `None` as [`seal`] does.
#[must_use]
pub fn add_ccmp_framing(plain: &[u8], pn: u64, key_id: u8) -> Option<Vec<u8>> {
    let view = Mpdu::parse(plain).filter(|m| !m.protected() && can_protect(m))?;
    let mut mpdu = Vec::with_capacity(plain.len() + HEADER + MIC);
    mpdu.extend(&plain[..view.header_len()]);
    mpdu.extend(header(pn, key_id));
    mpdu.extend(view.body());
    mpdu.extend([0; MIC]);
    set_flag(&mut mpdu, Flags::PROTECTED, true);
    Some(mpdu)
}

/// Removes CCMP header, MIC and protected flag without decrypting: the reverse of [`add_ccmp_framing`].
#[must_use]
pub fn strip_ccmp_framing(mpdu: &[u8]) -> Option<Opened> {
    let (pn, key_id) = packet_number(mpdu)?;
    let view = Mpdu::parse(mpdu).filter(can_protect)?;
    let payload = view.body().get(HEADER..)?;
    let payload = &payload[..payload.len().checked_sub(MIC)?];
    let mut plain = mpdu[..view.header_len()].to_vec();
    plain.extend(payload);
    set_flag(&mut plain, Flags::PROTECTED, false);
    Some(Opened { mpdu: plain, pn, key_id })
}

/// Only data frames with a payload and management frames are protected.
fn can_protect(mpdu: &Mpdu) -> bool {
    mpdu.subtype().has_payload() || mpdu.subtype().is_management()
}

fn cipher(tk: &Tk) -> Ccm {
    Ccm::new(tk.bytes().into())
}

/// Inputs of the cipher for a protected MPDU.
struct Parts {
    nonce: [u8; 13],
    aad: Vec<u8>,
    /// Offset of the payload; at least [`MIC`] bytes follow it.
    payload: usize,
}

impl Parts {
    fn of(mpdu: &[u8]) -> Option<Self> {
        let view = Mpdu::parse(mpdu).filter(can_protect)?;
        let (pn, _) = packet_number(mpdu)?;
        let payload = view.header_len() + HEADER;
        if mpdu.len() < payload + MIC {
            return None;
        }
        Some(Self { nonce: nonce(&view, pn)?, aad: aad(&view), payload })
    }
}

/// Returns the nonce: priority and management flag, transmitter, packet number (most significant byte first).
fn nonce(mpdu: &Mpdu, pn: u64) -> Option<[u8; 13]> {
    let management = u8::from(mpdu.subtype().is_management()) << 4;
    let mut nonce = [0; 13];
    nonce[0] = mpdu.qos_tid().unwrap_or(0) | management;
    nonce[1..7].copy_from_slice(&mpdu.addr2()?);
    nonce[7..].copy_from_slice(&pn.to_be_bytes()[2..]);
    Some(nonce)
}

/// Returns the authenticated data: the header without the fields that may change in a retransmission.
fn aad(mpdu: &Mpdu) -> Vec<u8> {
    let mut changing = Flags::RETRY | Flags::POWER_MANAGEMENT | Flags::MORE_DATA;
    if mpdu.subtype().is_data() {
        changing |= DATA_SUBTYPE;
    }
    if mpdu.subtype().is_qos() {
        changing |= Flags::ORDER;
    }
    let fc = mpdu.frame_control() & !changing | Flags::PROTECTED;
    let mut aad = fc.to_le_bytes().to_vec();
    // The three addresses, and only the fragment number of the sequence control.
    aad.extend(&mpdu.bytes()[4..22]);
    aad.extend([mpdu.fragment().unwrap_or(0), 0]);
    aad.extend(mpdu.addr4().iter().flatten());
    aad.extend(mpdu.qos_tid().map(|tid| [tid, 0]).iter().flatten());
    aad
}
