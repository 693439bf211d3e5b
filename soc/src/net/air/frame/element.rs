//! Information elements.

use super::Rsn;
use std::collections::BTreeSet;

/// Identifiers of elements.
pub mod id {
    /// SSID.
    pub const SSID: u8 = 0;
    /// Supported rates.
    pub const RATES: u8 = 1;
    /// DSSS parameter set: channel.
    pub const DS: u8 = 3;
    /// Traffic indication map.
    pub const TIM: u8 = 5;
    /// ERP.
    pub const ERP: u8 = 42;
    /// RSN.
    pub const RSN: u8 = 48;
    /// Extended supported rates.
    pub const EXTENDED_RATES: u8 = 50;
    /// Vendor specific; WPA has 00-50-F2-01.
    pub const VENDOR: u8 = 221;
}

/// Highest association identifier.
const MAX_AID: u16 = 2007;

/// The elements of a frame: pairs of identifier and contents. Iteration ends at the first truncated element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elements<'a>(pub &'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[id, len], rest) = self.0.split_first_chunk()?;
        let Some((contents, rest)) = rest.split_at_checked(usize::from(len)) else {
            self.0 = &[];
            return None;
        };
        self.0 = rest;
        Some((id, contents))
    }
}

impl<'a> Elements<'a> {
    /// Returns the contents of the first element with this identifier.
    #[must_use]
    pub fn find(self, id: u8) -> Option<&'a [u8]> {
        self.find_whole(id).map(|whole| &whole[2..])
    }

    /// Returns the first element with this identifier: identifier, length and contents.
    #[must_use]
    pub fn find_whole(self, id: u8) -> Option<&'a [u8]> {
        let mut rest = self;
        loop {
            let whole = rest.0;
            let (found, contents) = rest.next()?;
            if found == id {
                return Some(&whole[..2 + contents.len()]);
            }
        }
    }

    /// Returns the SSID, 0 to 32 bytes; empty in a probe request for any network and in a hidden network's beacon.
    #[must_use]
    pub fn ssid(self) -> Option<&'a [u8]> {
        self.find(id::SSID).filter(|ssid| ssid.len() <= 32)
    }

    /// Returns the supported and extended rates in units of 500 kbit/s; bit 7 marks a basic rate.
    #[must_use]
    pub fn rates(self) -> Vec<u8> {
        let all = self.filter(|(id, _)| matches!(*id, id::RATES | id::EXTENDED_RATES));
        all.flat_map(|(_, rates)| rates).copied().collect()
    }

    /// Returns the channel of the DSSS parameter set.
    #[must_use]
    pub fn channel(self) -> Option<u8> {
        self.find(id::DS)?.first().copied()
    }

    /// Returns the traffic indication map.
    #[must_use]
    pub fn tim(self) -> Option<Tim> {
        Tim::parse(self.find(id::TIM)?)
    }

    /// Returns the RSN element.
    #[must_use]
    pub fn rsn(self) -> Option<Rsn> {
        Rsn::parse(self.find(id::RSN)?)
    }

    /// Returns the contents of the vendor-specific WPA element (00-50-F2-01) after its OUI and type.
    #[must_use]
    pub fn wpa(self) -> Option<&'a [u8]> {
        let vendor = self.filter(|(id, _)| *id == id::VENDOR);
        vendor.into_iter().find_map(|(_, body)| body.strip_prefix(&[0, 0x50, 0xF2, 1]))
    }
}

/// Traffic indication map of a beacon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tim {
    /// Beacons until the next DTIM; 0 in the DTIM itself.
    pub dtim_count: u8,
    /// Beacons from one DTIM to the next, 1 or more.
    pub dtim_period: u8,
    /// Group traffic follows this beacon.
    pub group: bool,
    /// Stations (AID 1 to 2007) for which frames are held.
    pub aids: BTreeSet<u16>,
}

impl Tim {
    /// Parses the bytes after identifier and length.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let (&[dtim_count, dtim_period, control], bitmap) = body.split_first_chunk()?;
        // The partial bitmap begins at an even byte of the full one; bit 0 of the full bitmap's first byte is AID 0.
        let first = usize::from(control & 0xFE);
        let bits = bitmap.iter().enumerate().flat_map(|(i, byte)| {
            let base = ((first + i) * 8) as u16;
            (0..8).filter(move |bit| byte >> bit & 1 != 0).map(move |bit| base + bit)
        });
        let aids = bits.filter(|aid| (1..=MAX_AID).contains(aid)).collect();
        Some(Self { dtim_count, dtim_period, group: control & 1 != 0, aids })
    }

    /// Returns the element with identifier and length. AIDs beyond 2007 are left out.
    #[must_use]
    pub fn to_element(&self) -> Vec<u8> {
        let mut bitmap = [0_u8; 252];
        for &aid in self.aids.range(1..=MAX_AID) {
            bitmap[usize::from(aid / 8)] |= 1 << (aid % 8);
        }
        // From an even byte to the last one that is not zero; at least one byte.
        let first = bitmap.iter().position(|b| *b != 0).unwrap_or(0) & !1;
        let last = bitmap.iter().rposition(|b| *b != 0).unwrap_or(0);
        let control = first as u8 | u8::from(self.group);
        let mut element = vec![id::TIM, (3 + last + 1 - first) as u8];
        element.extend([self.dtim_count, self.dtim_period, control]);
        element.extend(&bitmap[first..=last]);
        element
    }
}
