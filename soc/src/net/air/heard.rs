//! Received announcements: networks of the guest and other machines, and other machines' radios.

use super::frame::{Mac, Mpdu, Subtype, id};
use super::on_air::OnAir;
use super::{DEFAULT_RSSI, PRIVACY};
use esplens_core::time::{TICKS_PER_SEC, Ticks};
use serde::{Deserialize, Serialize};

/// Limit for remembered networks and, separately, radios.
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
    /// Its RSN element with identifier and length; empty for none.
    pub rsn: Vec<u8>,
    /// It requires encryption.
    pub privacy: bool,
    /// It is the guest's own, not another machine's.
    pub guest: bool,
    /// Time at which it was last heard.
    pub at: Ticks,
}

/// Another machine's radio.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Radio {
    mac: Mac,
    /// Frequency of its last frame, as in [`OnAir`].
    frequency: u16,
    wide: bool,
    /// Time at which it was last heard.
    at: Ticks,
}

/// Networks and radios that were heard.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Neighbours {
    networks: Vec<Heard>,
    /// Other machines' radios.
    radios: Vec<Radio>,
}

impl Neighbours {
    /// Returns the networks that the guest and other machines announce.
    pub(super) fn networks(&self) -> &[Heard] {
        &self.networks
    }

    /// Records another machine's radio.
    pub(super) fn note_radio(&mut self, now: Ticks, mac: Mac, frame: &OnAir) {
        self.radios.retain(|r| r.mac != mac);
        if self.radios.len() >= MAX_HEARD {
            self.radios.remove(0);
        }
        self.radios.push(Radio { mac, frequency: frame.frequency, wide: frame.wide, at: now });
    }

    /// Returns the signal strength in dBm of another machine's acknowledgement. Its radio acknowledges if it was heard
    /// on this channel within the last ten seconds.
    pub(super) fn answer(&self, now: Ticks, frame: &Mpdu, sent: &OnAir) -> Option<i8> {
        let recent = now.saturating_sub(10 * TICKS_PER_SEC);
        let receiver = frame.addr1();
        let heard = |r: &&Radio| r.mac == receiver && sent.reaches(r.frequency, r.wide) && r.at >= recent;
        self.radios.iter().find(heard).map(|_| DEFAULT_RSSI)
    }

    /// Records the network of a beacon or probe response.
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
            None => {
                self.make_room();
                self.networks.push(heard);
            }
        }
    }

    /// Removes the network that was heard least recently if there are too many, another machine's before the guest's.
    fn make_room(&mut self) {
        if self.networks.len() < MAX_HEARD {
            return;
        }
        let oldest = self.networks.iter().enumerate().min_by_key(|(_, h)| (h.guest, h.at)).map(|(n, _)| n);
        if let Some(n) = oldest {
            self.networks.remove(n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame;
    use super::*;

    #[test]
    fn others_do_not_drive_the_guests_network_out() {
        let mut neighbours = Neighbours::default();
        for n in 0..100_u8 {
            let bssid = [2, 0, 0, 0, 0, n];
            let ssid = b"net".to_vec();
            let (interval, security, hidden) = (100, frame::Security::Open, false);
            let bss = frame::BssInfo { bssid, ssid, channel: 1, interval, security, hidden };
            let beacon = frame::beacon(&bss, 0, &frame::Tim::default());
            let parsed = Mpdu::parse(&beacon).unwrap();
            neighbours.hear(n.into(), &parsed, &OnAir::default(), n == 3);
        }
        let networks = neighbours.networks();
        assert_eq!(networks.len(), MAX_HEARD);
        assert!(networks.iter().any(|h| h.guest) && networks.iter().any(|h| h.bssid[5] == 99));
    }
}
