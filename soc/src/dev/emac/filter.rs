//! The MAC's address filter: nine addresses, eight of them with masks, the hash table, and the rules of `GMACFF` (TRM 10.4).

use super::spec::*;
use super::{Emac, crc32};
use serde::{Deserialize, Serialize};

/// Number of address registers, with the own address.
const ADDRESSES: usize = 9;

/// Result of the address filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filtered {
    /// The frame is passed on.
    pub pass: bool,
    /// The destination address failed its filter.
    pub da_fail: bool,
    /// The source address failed its filter.
    pub sa_fail: bool,
}

/// Returns the hash table's bit of an address: the top six bits of its CRC in the order they are shifted out.
fn hash(addr: &[u8; 6]) -> usize {
    ((!crc32(addr)).reverse_bits() >> 26) as usize
}

/// The address registers and the hash table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressFilter {
    /// High and low part of `EMACADDR0` to `EMACADDR8`.
    pub addr: [[u32; 2]; ADDRESSES],
    /// `GMACHASHL` and `GMACHASHH`.
    pub hash: [u32; 2],
    /// `GMACFF`.
    pub gmacff: u32,
}

impl Default for AddressFilter {
    fn default() -> Self {
        let mut addr = [[0xFFFF, u32::MAX]; ADDRESSES];
        addr[0][0] |= emacaddrhigh::ADDRESS_ENABLE;
        Self { addr, hash: [0; 2], gmacff: 0 }
    }
}

impl AddressFilter {
    /// Returns address `n` (0..8).
    #[must_use]
    pub fn address(&self, n: usize) -> [u8; 6] {
        let [high, low] = self.addr[n % ADDRESSES];
        let (low, high) = (low.to_le_bytes(), high.to_le_bytes());
        [low[0], low[1], low[2], low[3], high[0], high[1]]
    }

    /// Returns register and part of an offset, if it is one of the address registers.
    #[must_use]
    pub fn register(offset: u32) -> Option<(usize, usize)> {
        let n = offset.checked_sub(EMACADDR0HIGH)? as usize / 4;
        (n < 2 * ADDRESSES).then_some((n / 2, n % 2))
    }

    /// Writes part `part` (0 high, 1 low) of address `n` (0..8).
    pub fn write(&mut self, (n, part): (usize, usize), value: u32) {
        let high = if n == 0 {
            value & emacaddrhigh::MAC_ADDRESS_HI | emacaddrhigh::ADDRESS_ENABLE
        } else {
            value & !0x00FF_0000
        };
        self.addr[n][part] = if part == 0 { high } else { value };
    }

    /// Returns whether an enabled address for the source (true) or destination matches.
    fn perfect(&self, addr: &[u8; 6], source: bool) -> bool {
        (0..ADDRESSES).any(|n| {
            let high = self.addr[n][0];
            let enabled = high & emacaddrhigh::ADDRESS_ENABLE != 0;
            if !enabled || (high & emacaddrhigh::SOURCE_ADDRESS != 0) != source {
                return false;
            }
            let mask = (high & emacaddrhigh::MASK_BYTE_CONTROL) >> 24;
            let own = self.address(n);
            (0..6).all(|byte| mask >> byte & 1 != 0 || own[byte] == addr[byte])
        })
    }

    /// Checks a frame's addresses.
    #[must_use]
    pub fn check(&self, frame: &[u8]) -> Filtered {
        let on = |bit: u32| self.gmacff & bit != 0;
        let (Some(to), Some(from)) = (frame.first_chunk::<6>(), frame.get(6..12)) else {
            return Filtered { pass: false, da_fail: true, sa_fail: false };
        };
        if on(gmacff::PMODE) {
            return Filtered { pass: true, da_fail: false, sa_fail: false };
        }
        let da_ok = self.destination(to);
        let sa_ok = from.first_chunk::<6>().is_some_and(|from| self.perfect(from, true)) != on(gmacff::SAIF);
        let sa_used = on(gmacff::SAFE) || (1..ADDRESSES).any(|n| self.addr[n][0] & (3 << 30) == 3 << 30);
        let sa_fail = sa_used && !sa_ok;
        let pass = da_ok && !(on(gmacff::SAFE) && sa_fail);
        Filtered { pass: pass || on(gmacff::RECEIVE_ALL), da_fail: !da_ok, sa_fail }
    }

    fn destination(&self, to: &[u8; 6]) -> bool {
        let on = |bit: u32| self.gmacff & bit != 0;
        if *to == [0xFF; 6] {
            return !on(gmacff::DBF);
        }
        let group = to[0] & 1 != 0;
        if group && on(gmacff::PAM) {
            return true;
        }
        let by_hash = on(if group { gmacff::HMC } else { gmacff::HUC });
        let bit = hash(to);
        let hashed = by_hash && self.hash[bit / 32] >> (bit % 32) & 1 != 0;
        let perfect = (!by_hash || on(gmacff::HPF)) && self.perfect(to, false);
        (hashed || perfect) != on(gmacff::DAIF)
    }
}

impl Emac {
    /// Returns the own Ethernet address, `EMACADDR0`.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        self.filter.address(0)
    }
}
