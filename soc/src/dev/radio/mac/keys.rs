//! The 25 key slots. The MAC encrypts and decrypts 802.11 frames in flight; RAM holds plaintext.
//!
//! CCMP is implemented. WEP and TKIP are not: their frames are sent in plaintext and marked as such.

use super::WifiMac;
use super::spec::*;
use crate::dev::Cx;
use crate::net::air::OnAir;
use crate::net::air::frame::Mpdu;
use crate::net::air::wpa::{Tk, ccmp};
use crate::trace::TraceEvent;

/// Number of key slots.
pub const KEY_SLOTS: u32 = 25;
/// Size of a key slot in bytes.
const STRIDE: u32 = 40;

/// Properties of a key slot, never the key itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySlot {
    /// Slot number.
    pub slot: u32,
    /// The peer's address.
    pub address: [u8; 6],
    /// 1 WEP, 2 TKIP, 3 CCMP.
    pub algorithm: u8,
    /// Used for unicast frames of the peer.
    pub pairwise: bool,
    /// Used for group frames.
    pub group: bool,
    /// Key id, 0 to 3.
    pub key_id: u8,
    /// Interface: 0 station, 1 access point.
    pub interface: u8,
}

/// Algorithm number of CCMP.
pub const CCMP: u8 = 3;

/// Returns true if a register holds a part of a key.
#[must_use]
pub fn is_secret(offset: u32) -> bool {
    offset.checked_sub(CRYPTO_KEY_SLOT).is_some_and(|n| n < KEY_SLOTS * STRIDE && n % STRIDE >= 8)
}

impl WifiMac {
    /// Returns a key slot, if it is enabled.
    #[must_use]
    pub fn key_slot(&self, slot: u32) -> Option<KeySlot> {
        if slot >= KEY_SLOTS || self.get(CRYPTO_KEY_SLOT_ENABLE) >> slot & 1 == 0 {
            return None;
        }
        let (low, high) = (self.key_word(slot, 0), self.key_word(slot, 1));
        let [a, b, c, d] = low.to_le_bytes();
        let [e, f, ..] = high.to_le_bytes();
        Some(KeySlot {
            slot,
            address: [a, b, c, d, e, f],
            algorithm: (high >> 18 & 7) as u8,
            // IDF 5 sets bit 21 for pairwise keys; older drivers only leave the group bit clear.
            pairwise: high >> 21 & 1 != 0 || high >> 23 & 1 == 0,
            group: high >> 23 & 1 != 0,
            key_id: (high >> 30) as u8,
            interface: (high >> 24 & 3) as u8,
        })
    }

    /// Returns all enabled key slots.
    pub fn key_slots(&self) -> impl Iterator<Item = KeySlot> + '_ {
        (0..KEY_SLOTS).filter_map(|slot| self.key_slot(slot))
    }

    fn key_word(&self, slot: u32, word: u32) -> u32 {
        self.get(CRYPTO_KEY_SLOT + STRIDE * slot + 4 * word)
    }

    fn key(&self, slot: u32) -> Tk {
        let mut key = [0; 16];
        for (word, bytes) in key.chunks_exact_mut(4).enumerate() {
            bytes.copy_from_slice(&self.key_word(slot, 2 + word as u32).to_le_bytes());
        }
        Tk::new(key)
    }

    /// Encrypts a frame whose protected bit is set. Returns false if its key slot is empty.
    pub(super) fn encrypt(&self, plcp1: u32, air: &mut OnAir, cx: &mut Cx) -> bool {
        if !Mpdu::parse(&air.mpdu).is_some_and(|f| f.protected()) {
            return true;
        }
        let Some(key) = self.key_slot(plcp1 >> 17 & 0x1F) else { return false };
        air.clear = key.algorithm != CCMP || !ccmp::seal_in_place(&mut air.mpdu, &self.key(key.slot));
        if air.clear {
            cx.trace(TraceEvent::WifiKey, || format!("TX: key slot {} sends in plaintext", key.slot));
        }
        true
    }

    /// Returns the frame in its stored form and the number of extra bytes that its length includes. `None` if the MIC
    /// is wrong.
    pub(super) fn decrypt(&self, air: &OnAir, frame: &Mpdu, cx: &mut Cx) -> Option<(Vec<u8>, usize)> {
        if !frame.protected() {
            return Some((air.mpdu.clone(), 0));
        }
        let plain = air.mpdu.len().saturating_sub(ccmp::MIC);
        if air.clear {
            return Some((air.mpdu[..plain].to_vec(), ccmp::MIC));
        }
        let Some(key) = self.key_for(air, frame) else { return Some((air.mpdu.clone(), 0)) };
        let mut mpdu = air.mpdu.clone();
        if !ccmp::open_in_place(&mut mpdu, &self.key(key.slot)) {
            cx.trace(TraceEvent::WifiKey, || format!("RX: wrong MIC with key slot {}", key.slot));
            return None;
        }
        mpdu.truncate(plain);
        Some((mpdu, ccmp::MIC))
    }

    /// Returns the CCMP key for a frame: the pairwise key of its sender, or the group key with the frame's key id.
    fn key_for(&self, air: &OnAir, frame: &Mpdu) -> Option<KeySlot> {
        let id = air.mpdu.get(frame.header_len() + 3)? >> 6;
        air.mpdu.get(frame.header_len() + ccmp::HEADER)?;
        let group = frame.addr1()[0] & 1 != 0;
        let fits = |k: &KeySlot| {
            let kind = if group { k.group && k.key_id == id } else { k.pairwise && k.key_id == id };
            k.algorithm == CCMP && kind && (group || Some(k.address) == frame.addr2())
        };
        self.key_slots().find(fits)
    }

    /// Traces a write to the key slot enables.
    pub(super) fn trace_key(&self, offset: u32, cx: &mut Cx) {
        if offset == CRYPTO_KEY_SLOT_ENABLE {
            let on = self.get(offset);
            cx.trace(TraceEvent::WifiKey, || format!("key slots enabled: {on:#x}"));
        }
    }
}
