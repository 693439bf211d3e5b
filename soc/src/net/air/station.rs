//! A virtual station that joins the guest's own access point, gets an address from its DHCP server, and forwards host
//! connections to the guest.

mod dhcp;
mod join;

use super::ap::{eapol_of, to_ethernet};
use super::frame::{self, Ds, Mac, Mpdu, Subtype};
use super::medium::{From, Pending};
use super::search::SearchedNetwork;
use super::wpa::{Pmk, Supplicant, Tk, ccmp};
use super::{AirReport, Heard, OnAir, StationConfig, frequency_of};
use crate::net::host::{HostCommand, HostEvent};
use crate::net::user::UserNet;
use dhcp::DhcpClient;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// MAC address of the station.
const MAC: Mac = [0x02, 0x1A, 0x57, 0xA7, 0x10, 0x01];
/// Rate code of 1 Mbit/s: management frames.
const RATE_BASIC: u8 = 0x00;
/// Rate code of 54 Mbit/s: data.
const RATE_DATA: u8 = 0x0C;
/// Limit for host events queued until it has an address.
const MAX_WAITING: usize = 64;

/// State of the station.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StationPhase {
    /// It has nothing to join, or hears no network.
    #[default]
    Idle,
    /// An authentication request was sent.
    Authenticating,
    /// An association request was sent.
    Associating,
    /// The 4-way handshake is in progress.
    Handshake,
    /// An address is requested by DHCP.
    Dhcp,
    /// It has an address.
    Ready,
}

/// The station.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Station {
    config: StationConfig,
    /// It is to be in the guest's network.
    wanted: bool,
    phase: StationPhase,
    /// The network being joined.
    target: Option<Heard>,
    timer: Ticks,
    tries: u8,
    wpa: Option<Supplicant>,
    /// Candidate keys of the network; `tried` of them were tried.
    keys: Vec<Pmk>,
    tried: usize,
    /// Passphrases of which `keys` and the keys before them were made.
    passed: usize,
    /// The temporal key; `pn` is the packet number of the last frame sent with it.
    key: Option<Tk>,
    /// The group key, if it is CCMP.
    group_key: Option<Tk>,
    pn: u64,
    sequence: u16,
    dhcp: DhcpClient,
    net: Option<UserNet>,
    /// Connections and flows of the host that go through the station.
    conns: BTreeSet<u32>,
    /// Host events queued until it has an address.
    waiting: Vec<HostEvent>,
    commands: Vec<HostCommand>,
    /// Ethernet frames to the guest (true) and from it, for captures.
    seen: Vec<(bool, Vec<u8>)>,
    sent: Vec<Pending>,
    reports: Vec<AirReport>,
}

impl Station {
    /// Creates an idle station. It joins as soon as it hears a network, unless it is configured to wait for a
    /// connection.
    #[must_use]
    pub fn new(config: StationConfig) -> Self {
        Self { wanted: !config.on_demand, config, timer: Ticks::MAX, ..Self::default() }
    }

    /// Returns its MAC address.
    #[must_use]
    pub fn mac(&self) -> Mac {
        MAC
    }

    /// Returns its state.
    #[must_use]
    pub fn phase(&self) -> StationPhase {
        self.phase
    }

    /// Returns the BSSID of the access point it joins.
    #[must_use]
    pub fn target(&self) -> Option<Mac> {
        self.target.as_ref().map(|t| t.bssid)
    }

    /// Returns true if host connections are open through it.
    #[must_use]
    pub fn busy(&self) -> bool {
        !self.waiting.is_empty() || self.net.as_ref().is_some_and(UserNet::busy)
    }

    /// Returns a line for `info wifi`.
    #[must_use]
    pub fn describe(&self) -> String {
        let state = format!("{:?}", self.phase).to_lowercase();
        let ssid = self.target.as_ref().map_or(String::new(), |t| {
            format!(",ssid=\"{}\"", String::from_utf8_lossy(&t.ssid).escape_debug())
        });
        let address = self.dhcp.address().map_or(String::new(), |a| format!(",address={a}"));
        format!("virtual station: {},state={state}{ssid}{address}\n", super::ap::mac_text(&MAC))
    }

    /// Returns true if it receives a frame's channel.
    #[must_use]
    pub fn hears(&self, frame: &OnAir) -> bool {
        let own = self.target.as_ref().map_or(0, |t| frequency_of(t.channel));
        own != 0 && frame.reaches(own, false)
    }

    /// Takes the frames to be sent since the last call.
    pub fn take_sent(&mut self) -> Vec<Pending> {
        std::mem::take(&mut self.sent)
    }

    /// Takes the reports since the last call.
    pub fn take_reports(&mut self) -> Vec<AirReport> {
        std::mem::take(&mut self.reports)
    }

    /// Takes the commands for the host's sockets since the last call.
    pub fn take_commands(&mut self) -> Vec<HostCommand> {
        std::mem::take(&mut self.commands)
    }

    /// Takes the Ethernet frames to the guest (true) and from it since the last call.
    pub fn take_seen(&mut self) -> Vec<(bool, Vec<u8>)> {
        std::mem::take(&mut self.seen)
    }

    fn report(&mut self, note: bool, text: String) {
        self.reports.push(AirReport { text, note });
    }

    /// Returns true if a host event belongs to a connection through the station.
    #[must_use]
    pub fn owns(&self, event: &HostEvent) -> bool {
        connection(event).is_some_and(|id| self.conns.contains(&id))
    }

    /// Handles a host event for a connection through the station; a new connection makes the station join.
    pub fn host(&mut self, now: Ticks, event: HostEvent) {
        if let HostEvent::Accepted { conn: id, .. } | HostEvent::Arrived { flow: id, .. } = &event {
            self.conns.insert(*id);
            if !self.wanted {
                self.join(now);
            }
        }
        match &mut self.net {
            Some(net) => net.host(now, event),
            None if self.waiting.len() < MAX_WAITING => self.waiting.push(event),
            None => {}
        }
        self.pump(now);
    }

    /// Drops all host connections: the host has lost them.
    pub fn lost(&mut self, now: Ticks) {
        self.waiting.clear();
        self.conns.clear();
        if let Some(net) = &mut self.net {
            net.host(now, HostEvent::Lost);
            net.outbox.commands.clear();
        }
    }

    /// Sends the pending frames and commands of its network stack.
    fn pump(&mut self, now: Ticks) {
        let Some(net) = &mut self.net else { return };
        let frames = std::mem::take(&mut net.outbox.frames);
        self.commands.append(&mut net.outbox.commands);
        for ethernet in frames {
            self.send_ethernet(now, &ethernet);
        }
    }

    fn send(&mut self, now: Ticks, rate: u8, mut mpdu: Vec<u8>) {
        let Some(target) = &self.target else { return };
        self.sequence = (self.sequence + 1) & 0xFFF;
        frame::set_sequence(&mut mpdu, self.sequence);
        let frequency = frequency_of(target.channel);
        let on_air = OnAir { frequency, wide: false, rate, rssi: super::DEFAULT_RSSI, clear: false, mpdu };
        self.sent.push(Pending { at: now, on_air, answer: true, from: From::Station, tries: 0 });
    }

    fn send_ethernet(&mut self, now: Ticks, ethernet: &[u8]) {
        let Some(bssid) = self.target() else { return };
        let Some(mpdu) = frame::ethernet_to_80211(ethernet, Ds::To { bssid }) else { return };
        self.seen.push((true, ethernet.to_vec()));
        self.send(now, RATE_DATA, mpdu);
        if let (Some(key), Some(pending)) = (&self.key, self.sent.last_mut()) {
            self.pn += 1;
            if let Some(sealed) = ccmp::seal(&pending.on_air.mpdu, key, self.pn, 0) {
                pending.on_air.mpdu = sealed;
            }
        }
    }

    /// Handles a frame of the guest.
    pub fn receive(&mut self, now: Ticks, frame: &Mpdu, on_air: &OnAir) {
        let group = frame.addr1()[0] & 1 != 0;
        if !self.hears(on_air) || frame.addr2() != self.target() || !group && frame.addr1() != MAC {
            return;
        }
        match frame.subtype() {
            Subtype::Authentication => self.authenticated(now, frame),
            Subtype::AssociationResponse => self.associated(now, frame),
            Subtype::Deauthentication | Subtype::Disassociation => self.deauthenticated(now, frame),
            Subtype::Data | Subtype::QosData if frame.from_ds() => self.data(now, frame, on_air),
            _ => {}
        }
    }

    fn data(&mut self, now: Ticks, frame: &Mpdu, on_air: &OnAir) {
        let group = frame.addr1()[0] & 1 != 0;
        let key = if group { &self.group_key } else { &self.key };
        let Some(ethernet) = to_ethernet(frame, on_air, key.as_ref()) else { return };
        if let Some(eapol) = eapol_of(&ethernet) {
            return self.eapol(now, eapol);
        }
        self.seen.push((false, ethernet.clone()));
        if self.phase == StationPhase::Dhcp || self.dhcp.is_answer(&ethernet) {
            self.dhcp_answer(now, &ethernet);
        }
        if let Some(net) = &mut self.net {
            net.frame(now, &ethernet);
        }
        self.pump(now);
    }

    /// Returns when the next timer is due.
    #[must_use]
    pub fn next(&self) -> Ticks {
        self.timer.min(self.net.as_ref().map_or(Ticks::MAX, UserNet::next))
    }

    /// Runs the timers that are due, and joins a network that it hears.
    pub fn tick(&mut self, now: Ticks, heard: &[Heard]) {
        if let Some(net) = &mut self.net
            && net.next() <= now
        {
            net.tick(now);
            self.pump(now);
        }
        if self.phase == StationPhase::Idle && self.wanted && self.timer_allows(now) {
            self.choose(now, heard);
        }
        if self.timer <= now {
            self.timeout(now);
        }
    }
}

/// Returns the connection or flow of a host event.
fn connection(event: &HostEvent) -> Option<u32> {
    match event {
        HostEvent::Accepted { conn, .. }
        | HostEvent::Connected { conn }
        | HostEvent::Refused { conn }
        | HostEvent::Data { conn, .. }
        | HostEvent::Sent { conn, .. }
        | HostEvent::Eof { conn }
        | HostEvent::Broken { conn } => Some(*conn),
        HostEvent::Datagram { flow, .. } | HostEvent::Arrived { flow, .. } => Some(*flow),
        HostEvent::Lost | HostEvent::Frame(_) => None,
    }
}
