//! The air at each slice boundary, between the guest's radio and the network.

use super::Machine;
use super::network::frame_work;
use crate::dev::{DevId, DevMsg};
use crate::net::air::search::{self, SearchedNetwork};
use crate::net::air::{Air, AirReport};
use crate::net::host::HostEvent;
use crate::system::{NetFrame, Output};
use crate::trace::{self, TraceLine};
use esplens_core::memory::Region;
use std::net::Ipv4Addr;

/// Host work charged for one step of a passphrase search, in nanoseconds.
const SEARCH_WORK: u64 = 20_000_000;
/// Limit for frames delivered to the guest's radio at one slice boundary.
const MAX_FRAMES: usize = 64;

impl Machine {
    /// Returns the air around the radio.
    #[must_use]
    pub fn air(&self) -> &Air {
        &self.air
    }

    /// Returns true if a host connection waits for a station that sleeps until the next beacon. Waiting in real time
    /// for the beacon gains nothing.
    #[must_use]
    pub fn waits_for_beacon(&self) -> bool {
        self.air.holds_frames() && self.host_busy()
    }

    /// Passes on the frames that the guest sent, and runs the timers of access points and stations.
    pub(super) fn run_air(&mut self) {
        let now = self.now;
        self.air.set_on(now, self.soc.dev.wifi_mac.enabled());
        let sent = std::mem::take(&mut self.soc.sys.radio.sent);
        let heard = !sent.is_empty();
        for sent in sent {
            self.mem.work.charge(frame_work(&sent.frame.mpdu));
            let answer = self.air.from_guest(now, &sent);
            if sent.answer {
                self.send_to_radio(DevMsg::AirAnswer(sent.slot, answer));
            }
        }
        self.air.tick(now);
        if heard {
            self.forward_via_station();
        }
        if let Some(wanted) = self.air.wanted() {
            self.mem.work.charge(SEARCH_WORK);
            let candidates = self.passphrases(&wanted);
            self.air.try_passphrases(now, &wanted, &candidates);
        }
        for ethernet in self.air.take_ethernet() {
            self.show_bridged(false, ethernet.clone());
            if let Some(net) = &mut self.net {
                net.from_guest(now, &ethernet);
            }
        }
        for (to_guest, ethernet) in self.air.take_seen() {
            self.show_bridged(to_guest, ethernet);
        }
        for frame in self.air.take_segment() {
            if let Some(net) = &mut self.net {
                net.send_to_segment(frame);
            }
        }
    }

    /// Forwards connections that the user network cannot deliver through the virtual station, if the guest announces a
    /// network of its own. Called when that may have become true: after frames of the guest and for new connections.
    fn forward_via_station(&mut self) {
        if !self.air.guest_is_access_point() {
            return;
        }
        let unreachable = self.net.as_mut().map(crate::net::Net::take_unreachable).unwrap_or_default();
        unreachable.into_iter().for_each(|event| self.air.from_host(self.now, event));
    }

    /// Delivers the frames that reach the antenna to the guest's radio.
    pub(super) fn deliver_air(&mut self) {
        for _ in 0..MAX_FRAMES {
            let Some(frame) = self.air.pop_due(self.now, &mut self.soc.sys.radio.busy_until) else { break };
            if self.soc.sys.radio.tuned(&frame) {
                self.show(&frame.mpdu, Some(frame.info()));
            }
            self.mem.work.charge(frame_work(&frame.mpdu));
            self.soc.sys.radio.answered = false;
            self.send_to_radio(DevMsg::AirFrame(frame));
            let answered = self.soc.sys.radio.answered;
            self.air.delivered(answered, &mut self.soc.sys.radio.busy_until);
        }
        for AirReport { text, note } in self.air.take_reports() {
            if note {
                self.soc.sys.out.push(Output::Note(format!("Wi-Fi: {text}")));
            }
            if self.soc.sys.trace.on(trace::TraceEvent::WifiAp) {
                let line = TraceLine::new(trace::TraceEvent::WifiAp, self.now, (0, 0), text);
                self.soc.sys.trace_line(&self.mem, line);
            }
        }
    }

    /// Shows the Ethernet frame that an 802.11 frame carried to debuggers and captures: filters such as `tcp port 80`
    /// do not match an 802.11 frame, let alone an encrypted one.
    fn show_bridged(&mut self, to_guest: bool, bytes: Vec<u8>) {
        let seen = NetFrame { at: self.now, to_guest, core: 0, pc: 0, bytes, air: None };
        self.soc.sys.tap.note(&seen);
        self.soc.sys.out.push(Output::NetFrame(seen));
    }

    fn send_to_radio(&mut self, msg: DevMsg) {
        self.soc.sys.messages.push_back((DevId::WifiMac, msg));
        self.soc.deliver(&mut self.mem, self.now);
    }

    /// Returns candidate passphrases from the guest's memory. They are used at once and never kept.
    fn passphrases(&self, wanted: &SearchedNetwork) -> Vec<Vec<u8>> {
        let read = |region: Option<Region>| {
            let mut bytes = vec![0; region.map_or(0, |r| r.bytes())];
            if let Some(region) = region {
                self.mem.read_region(region, 0, &mut bytes);
            }
            bytes
        };
        let banks = &self.soc.sys.banks;
        let ram = [read(banks.sram2), read(banks.sram1), read(self.soc.sys.psram)];
        search::candidates(&wanted.ssid, &ram, &self.flash_bytes())
    }

    /// Passes a host event to a connection through the virtual station or to the network. A connection to the
    /// unspecified address goes to the guest's own access point if the guest is not a client of the network.
    pub(super) fn host_event(&mut self, event: HostEvent) {
        let now = self.now;
        if let HostEvent::Frame(frame) = &event
            && self.air.from_segment(now, frame)
        {
            return;
        }
        if event == HostEvent::Lost {
            self.air.host_lost(now);
        }
        let to = match &event {
            HostEvent::Accepted { to, .. } | HostEvent::Arrived { to, .. } => Some(*to.ip()),
            _ => None,
        };
        if self.air.takes(&event, to.is_some_and(|to| self.is_for_station(to))) {
            self.air.from_host(now, event);
        } else if let Some(net) = &mut self.net {
            net.from_host(now, event);
            if to.is_some() {
                self.forward_via_station();
            }
        }
    }

    /// Returns true if the guest's address is reached through its own access point.
    fn is_for_station(&self, to: Ipv4Addr) -> bool {
        let user = self.net.as_ref().and_then(crate::net::Net::user);
        user.is_some_and(|user| self.air.guest_is_access_point() && !user.reaches(to))
    }
}
