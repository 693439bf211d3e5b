//! What was heard on the air: networks that the guest and other machines announce, and other machines' radios.

use super::frame::{Mac, Mpdu, Subtype, id};
use super::on_air::OnAir;
use super::{DEFAULT_RSSI, PRIVACY};
use esplens_core::time::{TICKS_PER_SEC, Ticks};
use serde::{Deserialize, Serialize};

/// Networks and radios that are remembered, at most.
const MAX_HEARD: usize = 64;

/// A network that the guest or another machine announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// Its BSSID.
    pub bssid: Mac,
    /// Its name; empty while it is hidden.
    pub ssid: Vec<u8>,
    /// Its channel.
    pub channel: u8,
    /// Its RSN element, whole; empty: none.
    pub rsn: Vec<u8>,
    /// It asks for encryption.
    pub privacy: bool,
    /// The guest's own, not another machine's.
    pub guest: bool,
    /// When it was heard last.
    pub at: Ticks,
}

/// The networks and radios that were heard.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Neighbours {
    networks: Vec<Heard>,
    /// Addresses of other machines' radios, the frequency in MHz and when each was heard.
    radios: Vec<(Mac, u16, Ticks)>,
}

impl Neighbours {
    /// Networks that the guest and other machines announce.
    pub(super) fn networks(&self) -> &[Heard] {
        &self.networks
    }

    /// Remembers another machine's radio.
    pub(super) fn note_radio(&mut self, now: Ticks, mac: Mac, frequency: u16) {
        self.radios.retain(|p| p.0 != mac);
        if self.radios.len() >= MAX_HEARD {
            self.radios.remove(0);
        }
        self.radios.push((mac, frequency, now));
    }

    /// Signal strength in dBm of the answer of another machine's radio; it answers where it was heard on this channel within the last ten seconds.
    pub(super) fn answer(&self, now: Ticks, frame: &Mpdu, frequency: u16) -> Option<i8> {
        let recent = now.saturating_sub(10 * TICKS_PER_SEC);
        let receiver = frame.addr1();
        let heard = |(mac, f, at): &&(Mac, u16, Ticks)| *mac == receiver && *f == frequency && *at >= recent;
        self.radios.iter().find(heard).map(|_| DEFAULT_RSSI)
    }

    /// Remembers the network of a beacon or a probe response.
    pub(super) fn hear(&mut self, now: Ticks, frame: &Mpdu, on_air: &OnAir, guest: bool) {
        if !matches!(frame.subtype(), Subtype::Beacon | Subtype::ProbeResponse) {
            return;
        }
        let (Some(fields), Some(bssid)) = (frame.beacon(), frame.addr2()) else { return };
        let elements = frame.elements();
        let heard = Heard {
            bssid,
            ssid: elements.ssid().unwrap_or_default().to_vec(),
            channel: elements.channel().unwrap_or(on_air.channel()),
            rsn: elements.find_whole(id::RSN).unwrap_or_default().to_vec(),
            privacy: fields.capability & PRIVACY != 0,
            guest,
            at: now,
        };
        match self.networks.iter().position(|h| h.bssid == bssid) {
            Some(n) => self.networks[n] = heard,
            None if self.networks.len() < MAX_HEARD => self.networks.push(heard),
            None => {}
        }
    }
}
