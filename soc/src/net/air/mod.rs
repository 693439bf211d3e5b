//! The radio's medium in virtual time, with its access points, stations and the frames between them.
//!
//! All of it is part of the machine: plain data that advances with virtual time. Its random numbers depend on the
//! machine's seed only. Frames are IEEE 802.11 MPDUs without their checksum.

mod ap;
mod client;
mod command;
mod config;
pub mod frame;
mod heard;
mod medium;
mod on_air;
pub mod search;
mod station;
#[cfg(test)]
mod tests;
pub mod wpa;

pub use ap::AccessPoint;
pub use client::{AirClient, ClientPhase};
pub use command::AirCommand;
pub use config::{AirConfig, Network, StationConfig, fits};
pub use heard::Heard;
pub use on_air::{AirInfo, OnAir, SentFrame, channel_of, frequency_of};
pub use station::{Station, StationPhase};

use crate::net::Ready;
use crate::net::host::{HostCommand, HostEvent};
use esplens_core::time::Ticks;
use frame::{Mpdu, Subtype};
use heard::Neighbours;
use medium::{Medium, Pending};
use search::SearchedNetwork;
use serde::{Deserialize, Serialize};

/// Limit for access points.
pub const MAX_APS: usize = 32;
/// Default signal strength, in dBm.
const DEFAULT_RSSI: i8 = -40;
/// Capability bit: data is encrypted.
const PRIVACY: u16 = 1 << 4;
/// Weakest signal that is received, in dBm.
const SENSITIVITY: i8 = -95;

/// A line for the trace and, if `note` is set, for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AirReport {
    /// The text.
    pub text: String,
    /// The line is for the user too.
    pub note: bool,
}

/// The radio's medium around the antenna.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Air {
    config: AirConfig,
    medium: Medium,
    aps: Vec<AccessPoint>,
    station: Option<Station>,
    neighbours: Neighbours,
    /// Ethernet frames from stations to the network.
    ethernet: Vec<Vec<u8>>,
    /// Frames for other machines on the segment.
    segment: Vec<Vec<u8>>,
    reports: Vec<AirReport>,
    random: u64,
    /// SSIDs that the user removed: they are not created again when the guest probes for them.
    removed: Vec<Vec<u8>>,
    /// Access points created so far.
    made: u32,
    /// The guest's radio is on.
    on: bool,
}

impl Air {
    /// Creates the air at power-on.
    #[must_use]
    pub fn new(config: AirConfig, seed: u64) -> Self {
        let station = config.station.clone().map(Station::new);
        let mut air = Self {
            medium: Medium::default(),
            aps: Vec::new(),
            station,
            neighbours: Neighbours::default(),
            ethernet: Vec::new(),
            segment: Vec::new(),
            reports: Vec::new(),
            random: seed ^ 0x5749_4649,
            removed: Vec::new(),
            made: 0,
            on: false,
            config,
        };
        for network in air.config.networks.clone() {
            air.add(0, network);
        }
        air
    }

    /// Returns the access points.
    #[must_use]
    pub fn access_points(&self) -> &[AccessPoint] {
        &self.aps
    }

    /// Returns the virtual station.
    #[must_use]
    pub fn station(&self) -> Option<&Station> {
        self.station.as_ref()
    }

    /// Returns the networks that the guest and other machines announce.
    #[must_use]
    pub fn heard(&self) -> &[Heard] {
        self.neighbours.networks()
    }

    /// Checks whether an access point can be added.
    ///
    /// # Errors
    /// Another access point has its address, or there are too many.
    pub fn fits(&self, network: &Network) -> Result<(), String> {
        let networks: Vec<_> = self.aps.iter().map(|ap| ap.network()).filter(|n| !n.asked).collect();
        config::fits(&networks, network)
    }

    /// Adds an access point. If there are too many, it replaces the oldest one without stations that was created
    /// because the guest probed for it; if there is none, the new one is dropped.
    pub fn add(&mut self, now: Ticks, network: Network) {
        if self.aps.len() >= MAX_APS
            && let Some(n) = self.aps.iter().position(|ap| ap.network().asked && ap.clients().is_empty())
        {
            self.medium.forget(self.aps[n].id());
            self.aps.remove(n);
        }
        self.removed.retain(|ssid| *ssid != network.ssid);
        if self.aps.len() < MAX_APS {
            let secrets = [self.random_bytes(), self.random_bytes()];
            self.made += 1;
            self.aps.push(AccessPoint::new(now, self.made, network, secrets));
        }
    }

    /// Returns 32 random bytes determined by the seed.
    fn random_bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.next_random().to_le_bytes());
        }
        bytes
    }

    /// Returns the next random number (SplitMix64).
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn lost(&mut self, per_mille: u16) -> bool {
        per_mille > 0 && self.next_random() % 1000 < u64::from(per_mille)
    }

    /// Switches the air on or off with the guest's radio: nothing is sent while it is off.
    pub fn set_on(&mut self, now: Ticks, on: bool) {
        if on && !self.on {
            self.aps.iter_mut().for_each(|ap| ap.resume(now));
        }
        self.on = on;
    }

    /// Delivers a frame of the guest to its receivers. Returns the signal strength of the acknowledgement, if there is
    /// one.
    pub fn from_guest(&mut self, now: Ticks, sent: &SentFrame) -> Option<i8> {
        let frame = Mpdu::parse(&sent.frame.mpdu)?;
        self.neighbours.hear(now, &frame, &sent.frame, true);
        if self.config.segment {
            self.segment.push(config::to_segment(&sent.frame));
        }
        self.answer_any(now, &frame, &sent.frame);
        let mut answer = None;
        for n in 0..self.aps.len() {
            let ap = &self.aps[n];
            let (loss, rssi, heard) = (ap.network().loss, ap.network().rssi, ap.hears(&sent.frame));
            if !heard || rssi < SENSITIVITY || self.lost(loss) {
                continue;
            }
            if frame.addr1() == self.aps[n].bssid() {
                answer = Some(rssi);
            }
            self.aps[n].receive(now, &frame, &sent.frame);
            self.collect(n);
        }
        if let Some(station) = &mut self.station {
            if frame.addr1() == station.mac() && station.hears(&sent.frame) {
                answer = Some(DEFAULT_RSSI);
            }
            station.receive(now, &frame, &sent.frame);
        }
        self.collect_station();
        answer.or_else(|| self.neighbours.answer(now, &frame, &sent.frame))
    }

    /// Handles a frame of another machine's radio received over the segment. Returns false if it is no such frame.
    pub fn from_segment(&mut self, now: Ticks, ethernet: &[u8]) -> bool {
        let Some(on_air) = config::from_segment(ethernet) else { return false };
        if let Some(frame) = Mpdu::parse(&on_air.mpdu) {
            self.neighbours.hear(now, &frame, &on_air, false);
            if let Some(sender) = frame.addr2() {
                self.neighbours.note_radio(now, sender, &on_air);
            }
            let urgent = Pending { at: now, on_air, answer: false, from: medium::From::Segment, tries: 0 };
            self.medium.queue(urgent);
        }
        true
    }

    /// Creates the network that the guest probes for, once open and once with WPA2-PSK, if the configuration names no
    /// network. The driver chooses the one that matches its configuration.
    fn answer_any(&mut self, now: Ticks, frame: &Mpdu, on_air: &OnAir) {
        if !self.config.any || frame.subtype() != Subtype::ProbeRequest {
            return;
        }
        let Some(ssid) = frame.elements().ssid().filter(|s| !s.is_empty()) else { return };
        let known = self.aps.iter().any(|ap| ap.network().ssid == ssid)
            || self.heard().iter().any(|h| h.ssid == ssid);
        let channel = on_air.channel();
        if known || channel == 0 || self.removed.iter().any(|r| r == ssid) {
            return;
        }
        for network in Network::asked_for(ssid, channel) {
            self.add(now, network);
        }
    }

    /// Handles an Ethernet frame from the network for a station of an access point.
    pub fn from_ethernet(&mut self, now: Ticks, ethernet: &[u8]) {
        for n in 0..self.aps.len() {
            self.aps[n].from_ethernet(now, ethernet);
            self.collect(n);
        }
    }

    /// Returns whether an Ethernet frame is for a station here, and whether it must wait.
    #[must_use]
    pub fn reaches(&self, destination: &[u8]) -> crate::net::Ready {
        let Some(to) = destination.first_chunk::<6>() else { return Ready::Off };
        let mut ready = Ready::Off;
        for ap in &self.aps {
            match ap.reaches(to) {
                Ready::Full => return Ready::Full,
                Ready::Yes => ready = Ready::Yes,
                Ready::Off => {}
            }
        }
        if ready == Ready::Yes && self.medium.is_full() { Ready::Full } else { ready }
    }

    /// Returns true if a station of an access point is associated: the guest is on the network by radio.
    #[must_use]
    pub fn associated(&self) -> bool {
        self.aps.iter().any(|ap| ap.clients().iter().any(AirClient::is_ready))
    }

    /// Returns true if frames are held for a sleeping station.
    #[must_use]
    pub fn holds_frames(&self) -> bool {
        self.aps.iter().any(AccessPoint::holds_frames)
    }

    /// Takes the Ethernet frames that the virtual station sent to the guest (true) or received from it.
    pub fn take_seen(&mut self) -> Vec<(bool, Vec<u8>)> {
        self.station.as_mut().map(Station::take_seen).unwrap_or_default()
    }

    /// Takes the Ethernet frames from stations.
    pub fn take_ethernet(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.ethernet)
    }

    /// Takes the frames for other machines, as Ethernet frames of the segment.
    pub fn take_segment(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.segment)
    }

    /// Takes the lines for the trace and the user.
    pub fn take_reports(&mut self) -> Vec<AirReport> {
        std::mem::take(&mut self.reports)
    }

    /// Queues what an access point has to send.
    fn collect(&mut self, n: usize) {
        let ap = &mut self.aps[n];
        for pending in ap.take_sent() {
            self.medium.queue(pending);
        }
        self.ethernet.append(&mut ap.take_ethernet());
        self.reports.append(&mut ap.take_reports());
    }

    fn collect_station(&mut self) {
        let Some(station) = &mut self.station else { return };
        for pending in station.take_sent() {
            self.medium.queue(pending);
        }
        self.reports.append(&mut station.take_reports());
    }

    /// Runs the timers that are due.
    pub fn tick(&mut self, now: Ticks) {
        if !self.on {
            return;
        }
        for n in 0..self.aps.len() {
            if self.aps[n].next() <= now {
                self.aps[n].tick(now);
                self.collect(n);
            }
        }
        if let Some(station) = &mut self.station {
            station.tick(now, self.neighbours.networks());
        }
        self.collect_station();
    }

    /// Returns the time of the next event, after `now`.
    #[must_use]
    pub fn next(&self, now: Ticks) -> Ticks {
        if !self.on {
            return Ticks::MAX;
        }
        let aps = self.aps.iter().map(AccessPoint::next).min().unwrap_or(Ticks::MAX);
        let station = self.station.as_ref().map_or(Ticks::MAX, Station::next);
        aps.min(station).min(self.medium.next()).max(now + 1)
    }

    /// Returns true if host connections are open through the virtual station.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.station.as_ref().is_some_and(Station::busy)
    }

    /// Starts sending queued frames and returns the next one that has arrived by `now`. [`Air::delivered`] must be
    /// called after each.
    pub fn pop_due(&mut self, now: Ticks, busy_until: &mut Ticks) -> Option<OnAir> {
        loop {
            if self.medium.needs_begin() {
                let random = self.next_random();
                self.medium.begin(now, busy_until, random);
            }
            let (at, from) = self.medium.arriving()?;
            if at > now {
                return None;
            }
            let loss = match from {
                medium::From::Ap(id) => self.by_id(id).map_or(0, |n| self.aps[n].network().loss),
                _ => 0,
            };
            let frame = self.medium.frame()?.clone();
            if self.lost(loss) || frame.rssi < SENSITIVITY {
                self.delivered(false, busy_until);
                continue;
            }
            return Some(frame);
        }
    }

    /// Finishes the frame that [`Air::pop_due`] returned; `answered`: the guest's MAC received and acknowledged it.
    pub fn delivered(&mut self, answered: bool, busy_until: &mut Ticks) {
        let Some((pending, given_up)) = self.medium.finish(answered, busy_until) else { return };
        if let medium::From::Ap(id) = pending.from
            && given_up
            && let Some(n) = self.by_id(id)
        {
            self.aps[n].not_answered(&pending.on_air.mpdu);
            self.collect(n);
        }
    }

    fn by_id(&self, id: u32) -> Option<usize> {
        self.aps.iter().position(|ap| ap.id() == id)
    }

    /// Returns true if a host event is for the virtual station: it belongs to one of the station's connections, or it
    /// opens one and `here` is set. `here`: the guest is reached through its own access point and not as a client of a
    /// network.
    #[must_use]
    pub fn takes(&self, event: &HostEvent, here: bool) -> bool {
        let opens = matches!(event, HostEvent::Accepted { .. } | HostEvent::Arrived { .. });
        self.station.as_ref().is_some_and(|s| s.owns(event)) || opens && here
    }

    /// Returns true if the guest announces a network of its own.
    #[must_use]
    pub fn guest_is_access_point(&self) -> bool {
        self.heard().iter().any(|h| h.guest)
    }

    /// Handles a host event for a connection through the virtual station.
    pub fn from_host(&mut self, now: Ticks, event: HostEvent) {
        let on_demand = || Station::new(StationConfig { on_demand: true, ..StationConfig::default() });
        self.station.get_or_insert_with(on_demand).host(now, event);
        self.collect_station();
    }

    /// Resets the virtual station's connections: the host's connections are gone.
    pub fn host_lost(&mut self, now: Ticks) {
        if let Some(station) = &mut self.station {
            station.lost(now);
        }
    }

    /// Takes the virtual station's commands for the host's sockets.
    pub fn take_commands(&mut self) -> Vec<HostCommand> {
        self.station.as_mut().map(Station::take_commands).unwrap_or_default()
    }

    /// Returns the first access point that is waiting for its passphrase to be found, or else the virtual station's
    /// target.
    #[must_use]
    pub fn wanted(&self) -> Option<SearchedNetwork> {
        self.aps.iter().find_map(AccessPoint::wanted).or_else(|| self.station.as_ref()?.wanted())
    }

    /// Tries passphrases for the network that [`Air::wanted`] returned.
    pub fn try_passphrases(&mut self, now: Ticks, wanted: &SearchedNetwork, candidates: &[Vec<u8>]) {
        let candidates = wanted.step(candidates);
        for n in 0..self.aps.len() {
            if self.aps[n].bssid() == wanted.bssid {
                self.aps[n].try_passphrases(now, candidates);
                self.collect(n);
            }
        }
        if let Some(station) = self.station.as_mut().filter(|s| s.target() == Some(wanted.bssid)) {
            station.give_passphrases(now, candidates);
        }
        self.collect_station();
    }
}
