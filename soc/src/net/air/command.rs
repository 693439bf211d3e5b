//! Changes of the air while the machine runs: access points are added, removed and changed, and frames are lost. They
//! are input: logged and replayed.

use super::ap::mac_text;
use super::{Air, Network};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// Limit for SSIDs remembered as removed.
const MAX_REMOVED: usize = 64;

/// A change of the air. It applies to all access points with the given SSID, or to all access points for `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AirCommand {
    /// Adds an access point.
    Add(Network),
    /// Removes access points.
    Remove(Option<Vec<u8>>),
    /// Switches access points off or on.
    Up(Option<Vec<u8>>, bool),
    /// Moves access points to another channel.
    Channel(Option<Vec<u8>>, u8),
    /// Sets the signal strength at the guest, in dBm.
    Rssi(Option<Vec<u8>>, i8),
    /// Sets the loss of frames per thousand, in both directions.
    Loss(Option<Vec<u8>>, u16),
    /// Deauthenticates all stations with a reason code (IEEE 802.11, table 9-49).
    Deauthenticate(Option<Vec<u8>>, u16),
    /// Gives all stations a new group key.
    Rekey(Option<Vec<u8>>),
    /// Makes the virtual station join the guest's network.
    Join,
    /// Makes the virtual station leave it.
    Leave,
}

impl Air {
    /// Applies a change.
    pub fn command(&mut self, now: Ticks, command: &AirCommand) {
        match command {
            AirCommand::Add(network) => self.add(now, network.clone()),
            AirCommand::Remove(ssid) => self.remove(ssid.as_deref()),
            AirCommand::Up(ssid, up) => self.each(ssid, |ap| ap.set_up(now, *up)),
            AirCommand::Channel(ssid, channel) => self.each(ssid, |ap| ap.network_mut().channel = *channel),
            AirCommand::Rssi(ssid, rssi) => self.each(ssid, |ap| ap.network_mut().rssi = *rssi),
            AirCommand::Loss(ssid, loss) => self.each(ssid, |ap| ap.network_mut().loss = *loss),
            AirCommand::Deauthenticate(ssid, reason) => self.each(ssid, |ap| {
                let stations: Vec<_> = ap.clients().iter().map(|c| c.mac).collect();
                stations.into_iter().for_each(|mac| ap.deauthenticate(now, mac, *reason));
            }),
            AirCommand::Rekey(ssid) => self.each(ssid, |ap| ap.rekey(now)),
            AirCommand::Join => self.station.get_or_insert_with(Default::default).join(now),
            AirCommand::Leave => {
                if let Some(station) = &mut self.station {
                    station.leave(now);
                }
            }
        }
        for n in 0..self.aps.len() {
            self.collect(n);
        }
        self.collect_station();
    }

    fn each(&mut self, ssid: &Option<Vec<u8>>, f: impl Fn(&mut super::AccessPoint)) {
        let named = |ap: &&mut super::AccessPoint| ssid.as_ref().is_none_or(|s| ap.network().ssid == *s);
        self.aps.iter_mut().filter(named).for_each(f);
    }

    fn remove(&mut self, ssid: Option<&[u8]>) {
        let gone = |ap: &super::AccessPoint| ssid.is_none_or(|s| ap.network().ssid == s);
        for ap in self.aps.iter().filter(|ap| gone(ap)) {
            self.medium.forget(ap.id());
        }
        self.aps.retain(|ap| !gone(ap));
        match ssid {
            None => self.config.any = false,
            Some(ssid) if self.removed.len() < MAX_REMOVED => self.removed.push(ssid.to_vec()),
            Some(_) => {}
        }
    }

    /// Describes the air in lines of `info wifi`.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut out = String::new();
        for ap in &self.aps {
            let n = ap.network();
            let name = String::from_utf8_lossy(&n.ssid).escape_debug().to_string();
            let security = if n.wpa2 { "wpa2" } else { "open" };
            let extra = [(n.hidden, ",hidden=on"), (!ap.is_up(), ",down")];
            let extra: String = extra.iter().filter(|e| e.0).map(|e| e.1).collect();
            let loss = if n.loss > 0 { format!(",loss={}", n.loss) } else { String::new() };
            out += &format!(
                "ap: ssid=\"{name}\",security={security},channel={},bssid={},rssi={}{loss}{extra}\n",
                n.channel,
                mac_text(&n.bssid),
                n.rssi
            );
            for c in ap.clients() {
                let state = format!("{:?}", c.phase).to_lowercase();
                let sleep = if c.asleep { ",power-save" } else { "" };
                out += &format!(
                    "  station: {},aid={},state={state}{sleep},buffered={}\n",
                    mac_text(&c.mac),
                    c.aid,
                    c.buffered.len()
                );
            }
        }
        if let Some(station) = &self.station {
            out += &station.describe();
        }
        for h in self.heard() {
            let name = String::from_utf8_lossy(&h.ssid).escape_debug().to_string();
            let by = if h.guest { "the firmware" } else { "another machine" };
            out += &format!(
                "announced by {by}: ssid=\"{name}\",channel={},bssid={}\n",
                h.channel,
                mac_text(&h.bssid)
            );
        }
        out
    }
}
