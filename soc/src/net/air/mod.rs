//! The far end of the radio: one medium in virtual time, with access points, stations and the frames between them.
//!
//! Everything here is part of the machine: plain data, moved by virtual time, and random only by the machine's seed.
//! Frames are MPDUs of IEEE 802.11 without their checksum.

mod ap;
mod client;
mod command;
mod config;
pub mod frame;
mod medium;
pub mod search;
mod station;
pub mod wpa;

pub use ap::AccessPoint;
pub use client::{Client, Phase};
pub use command::AirCommand;
pub use config::{Config, Network, StationConfig};
pub use station::{Station, StationPhase};

use crate::net::Ready;
use crate::net::host::{Command, Event};
use crate::system::AirInfo;
use esplens_core::time::Ticks;
use frame::{Mac, Mpdu, Subtype, id};
use medium::{Medium, Pending};
use search::Wanted;
use serde::{Deserialize, Serialize};

/// Access points at most.
const MAX_APS: usize = 32;
/// Networks of others that are remembered.
const MAX_HEARD: usize = 64;
/// Signal strength of what has none of its own, in dBm.
const DEFAULT_RSSI: i8 = -40;
/// Capability bit: data is encrypted.
const PRIVACY: u16 = 1 << 4;
/// Weakest signal that is received, in dBm.
const SENSITIVITY: i8 = -95;

/// A frame on the air.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnAir {
    /// Frequency in MHz: of the channel, or of the centre of 40 MHz.
    pub frequency: u16,
    /// Rate code of IDF's `wifi_phy_rate_t`.
    pub rate: u8,
    /// Signal strength at the receiver, in dBm.
    pub rssi: i8,
    /// A protected frame whose payload is not encrypted: WEP and TKIP are not computed.
    pub clear: bool,
    /// The MPDU without its checksum.
    pub mpdu: Vec<u8>,
}

impl OnAir {
    /// All but the frame itself.
    #[must_use]
    pub fn info(&self) -> AirInfo {
        AirInfo { frequency: self.frequency, rate: self.rate, rssi: self.rssi, clear: self.clear }
    }

    /// The channel number, 1 to 14; 0 outside the band.
    #[must_use]
    pub fn channel(&self) -> u8 {
        channel_of(self.frequency)
    }
}

/// A frame of the guest, as it left a transmit slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The slot.
    pub slot: u8,
    /// The MAC waits for an answer.
    pub answer: bool,
    /// The frame.
    pub frame: OnAir,
}

/// The channel of a centre frequency in MHz; 0: none.
#[must_use]
pub fn channel_of(frequency: u16) -> u8 {
    match frequency {
        2484 => 14,
        2412..=2472 => ((frequency - 2407) / 5) as u8,
        _ => 0,
    }
}

/// The centre frequency of a channel in MHz; 0: none.
#[must_use]
pub fn frequency_of(channel: u8) -> u16 {
    match channel {
        14 => 2484,
        1..=13 => 2407 + 5 * u16::from(channel),
        _ => 0,
    }
}

/// A network that another one announces.
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

/// A line for the trace and, where `note` is set, for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The text.
    pub text: String,
    /// The user should see it.
    pub note: bool,
}

/// The air around the antenna.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Air {
    config: Config,
    medium: Medium,
    aps: Vec<AccessPoint>,
    station: Option<Station>,
    heard: Vec<Heard>,
    /// Addresses of other machines' radios, and when each was heard.
    peers: Vec<(Mac, u16, Ticks)>,
    /// Ethernet frames from stations to the far end.
    ethernet: Vec<Vec<u8>>,
    /// Frames for other machines on the segment.
    segment: Vec<Vec<u8>>,
    reports: Vec<Report>,
    random: u64,
    /// Access points that there ever were.
    made: u32,
    /// The guest's radio is on.
    on: bool,
}

impl Air {
    /// The air at power-on.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let station = config.station.clone().map(Station::new);
        let mut air = Self {
            medium: Medium::default(),
            aps: Vec::new(),
            station,
            heard: Vec::new(),
            peers: Vec::new(),
            ethernet: Vec::new(),
            segment: Vec::new(),
            reports: Vec::new(),
            random: seed ^ 0x5749_4649,
            made: 0,
            on: false,
            config,
        };
        for network in air.config.networks.clone() {
            air.add(0, network);
        }
        air
    }

    /// Access points, for looking.
    #[must_use]
    pub fn access_points(&self) -> &[AccessPoint] {
        &self.aps
    }

    /// The virtual station, for looking.
    #[must_use]
    pub fn station(&self) -> Option<&Station> {
        self.station.as_ref()
    }

    /// Networks that the guest and other machines announce.
    #[must_use]
    pub fn heard(&self) -> &[Heard] {
        &self.heard
    }

    /// Adds an access point.
    pub fn add(&mut self, now: Ticks, network: Network) {
        if self.aps.len() < MAX_APS {
            let secrets = [self.random_bytes(), self.random_bytes()];
            self.made += 1;
            self.aps.push(AccessPoint::new(now, self.made, network, secrets));
        }
    }

    /// 32 bytes that follow from the seed.
    fn random_bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.next_random().to_le_bytes());
        }
        bytes
    }

    /// The next random number (SplitMix64).
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

    /// The guest's radio is on, or off: without a listener nothing is sent.
    pub fn set_on(&mut self, now: Ticks, on: bool) {
        if on && !self.on {
            self.aps.iter_mut().for_each(|ap| ap.resume(now));
        }
        self.on = on;
    }

    /// A frame of the guest reaches the others. Returns the signal strength of the answer, if there is one.
    pub fn from_guest(&mut self, now: Ticks, sent: &Sent) -> Option<i8> {
        let frame = Mpdu::parse(&sent.frame.mpdu)?;
        self.hear(now, &frame, &sent.frame, true);
        if self.config.segment {
            self.segment.push(config::to_segment(&sent.frame));
        }
        self.answer_any(now, &frame, &sent.frame);
        let mut answer = None;
        for n in 0..self.aps.len() {
            let ap = &self.aps[n];
            let (loss, rssi, heard) = (ap.network().loss, ap.network().rssi, ap.hears(sent.frame.frequency));
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
            if frame.addr1() == station.mac() && station.hears(sent.frame.frequency) {
                answer = Some(DEFAULT_RSSI);
            }
            station.receive(now, &frame, &sent.frame);
        }
        self.collect_station();
        answer.or_else(|| self.peer_answers(now, &frame, sent.frame.frequency))
    }

    /// Another machine's radio answers where it was heard on this channel within the last ten seconds.
    fn peer_answers(&self, now: Ticks, frame: &Mpdu, frequency: u16) -> Option<i8> {
        let recent = now.saturating_sub(10 * esplens_core::time::TICKS_PER_SEC);
        let receiver = frame.addr1();
        let heard = |(mac, f, at): &&(Mac, u16, Ticks)| *mac == receiver && *f == frequency && *at >= recent;
        self.peers.iter().find(heard).map(|_| DEFAULT_RSSI)
    }

    /// A frame that another machine's radio sent comes from the segment; false when it is none.
    pub fn from_segment(&mut self, now: Ticks, ethernet: &[u8]) -> bool {
        let Some(on_air) = config::from_segment(ethernet) else { return false };
        if let Some(frame) = Mpdu::parse(&on_air.mpdu) {
            self.hear(now, &frame, &on_air, false);
            if let Some(sender) = frame.addr2() {
                self.note_peer(now, sender, on_air.frequency);
            }
            let urgent = Pending { at: now, on_air, answer: false, from: medium::From::Segment, tries: 0 };
            self.medium.queue(urgent);
        }
        true
    }

    fn note_peer(&mut self, now: Ticks, mac: Mac, frequency: u16) {
        self.peers.retain(|p| p.0 != mac);
        if self.peers.len() >= MAX_HEARD {
            self.peers.remove(0);
        }
        self.peers.push((mac, frequency, now));
    }

    /// Remembers who announces which network.
    fn hear(&mut self, now: Ticks, frame: &Mpdu, on_air: &OnAir, guest: bool) {
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
        match self.heard.iter().position(|h| h.bssid == bssid) {
            Some(n) => self.heard[n] = heard,
            None if self.heard.len() < MAX_HEARD => self.heard.push(heard),
            None => {}
        }
    }

    /// With no network named, the air has the network that the guest asks for, once open and once with WPA2-PSK: the
    /// driver takes the one that fits its configuration.
    fn answer_any(&mut self, now: Ticks, frame: &Mpdu, on_air: &OnAir) {
        if !self.config.any || frame.subtype() != Subtype::ProbeRequest {
            return;
        }
        let Some(ssid) = frame.elements().ssid().filter(|s| !s.is_empty()) else { return };
        let known =
            self.aps.iter().any(|ap| ap.network().ssid == ssid) || self.heard.iter().any(|h| h.ssid == ssid);
        let channel = on_air.channel();
        if known || channel == 0 {
            return;
        }
        for network in Network::asked_for(ssid, channel) {
            self.add(now, network);
        }
    }

    /// An Ethernet frame from the far end, for a station of an access point.
    pub fn from_ethernet(&mut self, now: Ticks, ethernet: &[u8]) {
        for n in 0..self.aps.len() {
            self.aps[n].from_ethernet(now, ethernet);
            self.collect(n);
        }
    }

    /// Whether an Ethernet frame is for a station here, and whether it must wait.
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

    /// Whether a station of an access point is associated: the guest is on the network by radio.
    #[must_use]
    pub fn associated(&self) -> bool {
        self.aps.iter().any(|ap| ap.clients().iter().any(Client::is_ready))
    }

    /// Whether frames wait for a station that sleeps.
    #[must_use]
    pub fn holds_frames(&self) -> bool {
        self.aps.iter().any(AccessPoint::holds_frames)
    }

    /// Ethernet frames that the virtual station sent to the guest (true) or received from it.
    pub fn take_seen(&mut self) -> Vec<(bool, Vec<u8>)> {
        self.station.as_mut().map(Station::take_seen).unwrap_or_default()
    }

    /// Ethernet frames from stations.
    pub fn take_ethernet(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.ethernet)
    }

    /// Frames for other machines, as Ethernet frames of the segment.
    pub fn take_segment(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.segment)
    }

    /// Lines for trace and user.
    pub fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// Takes what an access point wants sent.
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

    /// Lets timers run that are due.
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
            station.tick(now, &self.heard);
        }
        self.collect_station();
    }

    /// When something happens by itself, after `now`.
    #[must_use]
    pub fn next(&self, now: Ticks) -> Ticks {
        if !self.on {
            return Ticks::MAX;
        }
        let aps = self.aps.iter().map(AccessPoint::next).min().unwrap_or(Ticks::MAX);
        let station = self.station.as_ref().map_or(Ticks::MAX, Station::next);
        aps.min(station).min(self.medium.next()).max(now + 1)
    }

    /// Whether host connections are open through the virtual station.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.station.as_ref().is_some_and(Station::busy)
    }

    /// Puts waiting frames on the air and returns the next one that has arrived by now. [`Air::delivered`] must be
    /// called after each.
    pub fn arrive(&mut self, now: Ticks, busy_until: &mut Ticks) -> Option<OnAir> {
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

    /// Whether the guest's MAC received and answered the frame that [`Air::arrive`] returned.
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

    /// Whether a host event goes through the virtual station: it belongs to a connection there, or it opens one and
    /// `here` says that the guest is reached by the station rather than by the network it is a client of.
    #[must_use]
    pub fn takes(&self, event: &Event, here: bool) -> bool {
        let opens = matches!(event, Event::Accepted { .. } | Event::Arrived { .. });
        self.station.as_ref().is_some_and(|s| s.owns(event)) || opens && here
    }

    /// Whether the guest announces a network of its own.
    #[must_use]
    pub fn guest_is_access_point(&self) -> bool {
        self.heard.iter().any(|h| h.guest)
    }

    /// A host event for a connection through the virtual station.
    pub fn from_host(&mut self, now: Ticks, event: Event) {
        let on_demand = || Station::new(StationConfig { on_demand: true, ..StationConfig::default() });
        self.station.get_or_insert_with(on_demand).host(now, event);
        self.collect_station();
    }

    /// The host's connections are gone.
    pub fn host_lost(&mut self, now: Ticks) {
        if let Some(station) = &mut self.station {
            station.lost(now);
        }
    }

    /// Commands of the virtual station for the host's sockets.
    pub fn take_commands(&mut self) -> Vec<Command> {
        self.station.as_mut().map(Station::take_commands).unwrap_or_default()
    }

    /// An access point that waits for a passphrase to be found.
    #[must_use]
    pub fn wanted(&self) -> Option<Wanted> {
        self.aps.iter().find_map(AccessPoint::wanted).or_else(|| self.station.as_ref()?.wanted())
    }

    /// Tries passphrases for what [`Air::wanted`] named.
    pub fn try_passphrases(&mut self, now: Ticks, wanted: &Wanted, candidates: &[Vec<u8>]) {
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
