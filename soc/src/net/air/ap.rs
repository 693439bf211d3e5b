//! A virtual access point: beacons, authentication, association, 4-way handshake, power save, and the bridge between
//! its stations and the Ethernet side.

mod frames;
mod handshake;

use super::client::{AirClient, ClientPhase, MAX_BUFFERED};
use super::config::BEACON_INTERVAL;
use super::frame::{self, Mac, Mpdu, Subtype};
use super::medium::{From, Pending};
use super::search::SearchedNetwork;
use super::wpa::{Tk, ccmp};
use super::{AirReport, Network, OnAir, frequency_of};
use crate::net::Ready;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};

/// Limit for stations.
const MAX_CLIENTS: usize = 8;
/// Microseconds between beacons.
const BEACON_US: u64 = BEACON_INTERVAL as u64 * 1024;
/// Limit for group frames held until the next beacon.
const MAX_GROUP: usize = 32;
/// Key id of the group key.
const GROUP_KEY_ID: u8 = 1;

/// Reason codes of IEEE 802.11, table 9-49.
mod reason {
    pub const NOT_AUTHENTICATED: u16 = 6;
    pub const NOT_ASSOCIATED: u16 = 7;
    pub const HANDSHAKE_TIMEOUT: u16 = 15;
}

/// An access point.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessPoint {
    id: u32,
    network: Network,
    clients: Vec<AirClient>,
    /// Virtual time at which its TSF is zero.
    begin: Ticks,
    /// Time of the next beacon.
    beacon_at: Ticks,
    /// It is on: sends beacons and answers.
    up: bool,
    sequence: u16,
    /// Group key; `group_pn` is the packet number of the last group frame sent with it.
    group_key: [u8; 16],
    group_pn: u64,
    /// Key from which, with a counter, nonces are derived.
    nonce_key: [u8; 32],
    nonces: u64,
    /// Group frames held until the next beacon.
    group: Vec<Vec<u8>>,
    /// Number of the firmware's passphrases that were tried.
    tried: usize,
    /// No passphrase matched in this handshake.
    search_failed: bool,
    /// A complete search has failed: later handshakes try only the likeliest passphrases.
    searched: bool,
    /// The user was told that the firmware uses another passphrase.
    bad_psk_reported: bool,
    sent: Vec<Pending>,
    ethernet: Vec<Vec<u8>>,
    reports: Vec<AirReport>,
}

impl AccessPoint {
    /// Creates an access point that starts now.
    #[must_use]
    pub fn new(now: Ticks, id: u32, network: Network, [group, nonce_key]: [[u8; 32]; 2]) -> Self {
        let mut group_key = [0; 16];
        group_key.copy_from_slice(&group[..16]);
        Self {
            id,
            network,
            clients: Vec::new(),
            begin: now,
            beacon_at: now + BEACON_US * TICKS_PER_US,
            up: true,
            sequence: 0,
            group_key,
            group_pn: 0,
            nonce_key,
            nonces: 0,
            group: Vec::new(),
            tried: 0,
            search_failed: false,
            searched: false,
            bad_psk_reported: false,
            sent: Vec::new(),
            ethernet: Vec::new(),
            reports: Vec::new(),
        }
    }

    /// Returns its identifier, which is never reused.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Returns its network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Returns its network for modification.
    pub fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// Returns its stations.
    #[must_use]
    pub fn clients(&self) -> &[AirClient] {
        &self.clients
    }

    /// Returns true if it is on the air.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// Returns its BSSID.
    #[must_use]
    pub fn bssid(&self) -> Mac {
        self.network.bssid
    }

    /// Returns its TSF (timing synchronisation function), in microseconds.
    #[must_use]
    pub fn tsf(&self, now: Ticks) -> u64 {
        now.saturating_sub(self.begin) / TICKS_PER_US
    }

    /// Returns true if it is on the air and receives a frame's channel.
    #[must_use]
    pub fn hears(&self, frame: &OnAir) -> bool {
        self.up && frame.reaches(frequency_of(self.network.channel), false)
    }

    /// Schedules the next beacon after the radio was off, at a multiple of the beacon interval.
    pub fn resume(&mut self, now: Ticks) {
        let passed = self.tsf(now) / BEACON_US + 1;
        self.beacon_at = self.begin + passed * BEACON_US * TICKS_PER_US;
    }

    /// Switches it on or off. When switched off, it forgets its stations without sending anything.
    pub fn set_up(&mut self, now: Ticks, up: bool) {
        if !up {
            self.clients.clear();
            self.group.clear();
        }
        self.up = up;
        self.resume(now);
    }

    /// Returns when the next timer is due.
    #[must_use]
    pub fn next(&self) -> Ticks {
        if !self.up {
            return Ticks::MAX;
        }
        self.clients.iter().map(|c| c.resend_at).min().unwrap_or(Ticks::MAX).min(self.beacon_at)
    }

    /// Runs the timers that are due.
    pub fn tick(&mut self, now: Ticks) {
        if self.up && self.beacon_at <= now {
            self.beacon(now);
            self.resume(now.max(self.beacon_at));
        }
        self.resend(now);
    }

    /// Takes the frames to be sent since the last call.
    pub fn take_sent(&mut self) -> Vec<Pending> {
        std::mem::take(&mut self.sent)
    }

    /// Takes the Ethernet frames from its stations since the last call.
    pub fn take_ethernet(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.ethernet)
    }

    /// Takes the reports since the last call.
    pub fn take_reports(&mut self) -> Vec<AirReport> {
        std::mem::take(&mut self.reports)
    }

    /// Returns true if frames are held for a sleeping station.
    #[must_use]
    pub fn holds_frames(&self) -> bool {
        !self.group.is_empty() || self.clients.iter().any(|c| !c.buffered.is_empty())
    }

    fn report(&mut self, note: bool, text: String) {
        self.reports.push(AirReport { text, note });
    }

    fn name(&self) -> String {
        format!("\"{}\"", String::from_utf8_lossy(&self.network.ssid).escape_debug())
    }

    fn client(&mut self, mac: &Mac) -> Option<&mut AirClient> {
        self.clients.iter_mut().find(|c| c.mac == *mac)
    }

    /// Handles a frame of a station.
    pub fn receive(&mut self, now: Ticks, frame: &Mpdu, on_air: &OnAir) {
        let for_us = frame.addr1() == self.bssid();
        if for_us {
            self.power_state(now, frame);
        }
        match frame.subtype() {
            Subtype::ProbeRequest => self.probe(now, frame),
            Subtype::Authentication if for_us => self.authenticate(now, frame),
            Subtype::AssociationRequest | Subtype::ReassociationRequest if for_us => {
                self.associate(now, frame)
            }
            Subtype::Deauthentication | Subtype::Disassociation if for_us => self.leaves(frame),
            Subtype::PsPoll if for_us => self.poll(now, frame),
            Subtype::Data | Subtype::QosData if for_us && frame.to_ds() => self.data(now, frame, on_air),
            Subtype::Action if for_us => self.action(now, frame),
            _ => {}
        }
    }

    /// Updates whether a station sleeps from the power management bit of its frame.
    fn power_state(&mut self, now: Ticks, frame: &Mpdu) {
        if matches!(frame.subtype(), Subtype::PsPoll | Subtype::ProbeRequest) {
            return;
        }
        let asleep = frame.power_management();
        let Some(station) = frame.addr2() else { return };
        let Some(client) = self.client(&station) else { return };
        let woke = client.asleep && !asleep;
        client.asleep = asleep;
        if woke {
            for ethernet in std::mem::take(&mut client.buffered) {
                self.send_to_client(now, &station, &ethernet, false);
            }
        }
    }

    /// Sends one held frame to a sleeping station that polls for it.
    fn poll(&mut self, now: Ticks, frame: &Mpdu) {
        let Some(mac) = frame.addr2() else { return };
        let Some(client) = self.client(&mac) else { return };
        let Some(ethernet) = client.buffered.pop_front() else { return };
        let more = !client.buffered.is_empty();
        self.send_to_client(now, &mac, &ethernet, more);
    }

    fn leaves(&mut self, frame: &Mpdu) {
        let (Some(mac), reason) = (frame.addr2(), frame.reason().unwrap_or(0)) else { return };
        if self.client(&mac).is_some() {
            self.clients.retain(|c| c.mac != mac);
            let text = format!("{}: {} leaves, reason {reason}", self.name(), mac_text(&mac));
            self.report(false, text);
        }
    }

    /// Handles a data frame of a station: passes it to the Ethernet side or to the handshake.
    fn data(&mut self, now: Ticks, frame: &Mpdu, on_air: &OnAir) {
        let Some(mac) = frame.addr2() else { return };
        let Some(client) = self.client(&mac) else {
            return self.deauthenticate(now, mac, reason::NOT_AUTHENTICATED);
        };
        if client.phase == ClientPhase::Authenticated {
            return self.disassociate(now, mac, reason::NOT_ASSOCIATED);
        }
        let key = client.key.clone();
        let Some(ethernet) = to_ethernet(frame, on_air, key.as_ref()) else { return };
        if let Some(eapol) = eapol_of(&ethernet) {
            return self.eapol(now, mac, eapol);
        }
        let encrypted = frame.protected() == self.network.wpa2;
        if encrypted && self.client(&mac).is_some_and(|c| c.is_ready()) {
            self.ethernet.push(ethernet);
        }
    }

    /// Returns whether an Ethernet frame's destination is a station here, and whether the frame must wait.
    #[must_use]
    pub fn reaches(&self, to: &Mac) -> Ready {
        let group = to[0] & 1 != 0;
        let mut ready = self.clients.iter().filter(|c| c.is_ready() && (group || c.mac == *to));
        match ready.next() {
            Some(c) if !group && c.buffered.len() >= MAX_BUFFERED => Ready::Full,
            Some(_) => Ready::Yes,
            None => Ready::Off,
        }
    }

    /// Handles an Ethernet frame for its stations.
    pub fn from_ethernet(&mut self, now: Ticks, ethernet: &[u8]) {
        let Some(to) = ethernet.first_chunk::<6>() else { return };
        if self.reaches(to) == Ready::Off {
            return;
        }
        if to[0] & 1 == 0 {
            let Some(client) = self.client(to) else { return };
            if client.asleep {
                if client.buffered.len() < MAX_BUFFERED {
                    client.buffered.push_back(ethernet.to_vec());
                }
                return;
            }
            self.send_to_client(now, &to.clone(), ethernet, false);
        } else if self.clients.iter().any(|c| c.asleep) {
            if self.group.len() < MAX_GROUP {
                self.group.push(ethernet.to_vec());
            }
        } else {
            self.send_to_group(now, ethernet, false);
        }
    }
}

/// Returns the Ethernet frame in a data frame; `None` if it is protected and its MIC is wrong.
pub(super) fn to_ethernet(frame: &Mpdu, on_air: &OnAir, key: Option<&Tk>) -> Option<Vec<u8>> {
    if !frame.protected() {
        return frame::data_to_ethernet(frame);
    }
    let plain =
        if on_air.clear { ccmp::strip_ccmp_framing(&on_air.mpdu)? } else { ccmp::open(&on_air.mpdu, key?)? };
    frame::data_to_ethernet(&Mpdu::parse(&plain.mpdu)?)
}

/// Returns the EAPOL frame in an Ethernet frame.
pub(super) fn eapol_of(ethernet: &[u8]) -> Option<&[u8]> {
    (ethernet.get(12..14)? == frame::ETHERTYPE_EAPOL.to_be_bytes()).then(|| &ethernet[14..])
}

/// Wraps an EAPOL frame in an Ethernet frame.
pub(super) fn with_eapol(to: Mac, from: Mac, eapol: &[u8]) -> Vec<u8> {
    [&to, &from, &frame::ETHERTYPE_EAPOL.to_be_bytes()[..], eapol].concat()
}

/// Formats an address as 802.11 tools do.
pub(super) fn mac_text(mac: &Mac) -> String {
    mac.map(|b| format!("{b:02x}")).join(":")
}
