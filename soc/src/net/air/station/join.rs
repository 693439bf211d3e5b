//! Joining the guest's network: authentication, association, 4-way handshake.

use super::*;
use crate::net::air::ap::with_eapol;
use crate::net::air::frame::Rsn;
use crate::net::air::wpa::{HandshakeAction, SupplicantConfig};

/// Time after which a request is repeated.
const RETRY: Ticks = 300_000 * TICKS_PER_US;
/// Time limit of the handshake.
const HANDSHAKE: Ticks = 3_000_000 * TICKS_PER_US;
/// Delay before the next attempt after a failure.
const REST: Ticks = 1_000_000 * TICKS_PER_US;
/// Attempts for requests of one kind.
const TRIES: u8 = 5;
/// Time after which a network that is not heard any more counts as gone.
const STALE: Ticks = 3_000_000 * TICKS_PER_US;
/// Reason code: the station is leaving (IEEE 802.11, table 9-49).
const LEAVING: u16 = 3;

impl Station {
    /// Makes the station join the guest's network.
    pub fn join(&mut self, now: Ticks) {
        self.wanted = true;
        if self.phase == StationPhase::Idle {
            self.timer = now;
        }
    }

    /// Makes the station leave the network.
    pub fn leave(&mut self, now: Ticks) {
        self.wanted = false;
        if let Some(bssid) = self.target().filter(|_| self.phase != StationPhase::Idle) {
            let mpdu = frame::deauthentication(bssid, MAC, bssid, LEAVING);
            self.send(now, RATE_BASIC, mpdu);
        }
        self.idle(Ticks::MAX);
    }

    fn idle(&mut self, timer: Ticks) {
        self.phase = StationPhase::Idle;
        self.timer = timer;
        (self.wpa, self.key, self.group_key) = (None, None, None);
        self.dhcp.stop();
        self.net = None;
    }

    pub(super) fn timer_allows(&self, now: Ticks) -> bool {
        self.timer <= now || self.timer == Ticks::MAX
    }

    /// Selects the guest's network and authenticates with it, if it is heard.
    pub(super) fn choose(&mut self, now: Ticks, heard: &[Heard]) {
        let fits = |h: &&Heard| {
            let named = self.config.ssid.as_ref().is_none_or(|s| *s == h.ssid || h.ssid.is_empty());
            h.guest && named && h.at + STALE > now
        };
        let Some(found) = heard.iter().find(fits) else { return };
        if self.target.as_ref().is_some_and(|t| t.bssid != found.bssid || t.ssid != found.ssid) {
            (self.keys, self.tried, self.passed) = (Vec::new(), 0, 0);
        }
        let mut target = found.clone();
        if let Some(ssid) = self.config.ssid.as_ref().filter(|_| target.ssid.is_empty()) {
            target.ssid.clone_from(ssid);
        }
        self.target = Some(target);
        if self.wanted().is_none() {
            self.tries = 0;
            self.authenticate(now);
        }
    }

    /// Returns the network whose passphrase must be found before the station can join.
    #[must_use]
    pub fn wanted(&self) -> Option<SearchedNetwork> {
        let target = self.target.as_ref().filter(|t| !t.rsn.is_empty() && self.wanted)?;
        let spent = self.tried >= self.keys.len();
        let needs = self.phase == StationPhase::Idle && spent && self.config.pmk.is_none();
        needs.then(|| SearchedNetwork { bssid: target.bssid, ssid: target.ssid.clone(), tried: self.passed })
    }

    /// Takes candidate passphrases of the network and tries to join; with none left, gives up.
    pub fn give_passphrases(&mut self, now: Ticks, candidates: &[Vec<u8>]) {
        let Some(target) = &self.target else { return };
        let keys = candidates.iter().map(|c| Pmk::derive(c, &target.ssid));
        self.keys = keys.collect();
        self.tried = 0;
        self.passed += candidates.len();
        if self.keys.is_empty() {
            self.report(
                true,
                "no passphrase of the firmware's access point was found: use --wifi station,ssid=...,psk=..."
                    .into(),
            );
            (self.wanted, self.passed) = (false, 0);
            return;
        }
        self.tries = 0;
        self.authenticate(now);
    }

    fn pmk(&self) -> Option<Pmk> {
        self.config.pmk.clone().or_else(|| self.keys.get(self.tried).cloned())
    }

    fn authenticate(&mut self, now: Ticks) {
        let Some(bssid) = self.target() else { return };
        self.phase = StationPhase::Authenticating;
        self.timer = now + RETRY;
        let mpdu = frame::authentication(bssid, MAC, bssid, 1, 0);
        self.send(now, RATE_BASIC, mpdu);
    }

    pub(super) fn authenticated(&mut self, now: Ticks, frame: &Mpdu) {
        if self.phase == StationPhase::Authenticating
            && frame.authentication().is_some_and(|a| (a.sequence, a.status) == (2, 0))
        {
            self.tries = 0;
            self.associate(now);
        }
    }

    fn associate(&mut self, now: Ticks) {
        let Some(target) = &self.target else { return };
        self.phase = StationPhase::Associating;
        self.timer = now + RETRY;
        let rsn = own_rsn(target);
        let given = Some(rsn.as_slice()).filter(|r| !r.is_empty());
        let mpdu = frame::association_request(MAC, target.bssid, &target.ssid, given);
        self.send(now, RATE_BASIC, mpdu);
    }

    pub(super) fn associated(&mut self, now: Ticks, frame: &Mpdu) {
        if self.phase != StationPhase::Associating {
            return;
        }
        if frame.association_response().is_none_or(|a| a.status != 0) {
            self.report(true, "the firmware's access point refuses the association".into());
            return self.idle(now + REST);
        }
        let Some(target) = self.target.clone() else { return };
        if target.rsn.is_empty() {
            return self.begin_dhcp(now);
        }
        let Some(pmk) = self.pmk() else { return self.idle(Ticks::MAX) };
        // The nonce only has to differ between handshakes.
        let mut snonce = [0x5A; 32];
        snonce[..8].copy_from_slice(&now.to_le_bytes());
        let (rsn, ap_rsn) = (own_rsn(&target), target.rsn);
        let config = SupplicantConfig { ap: target.bssid, station: MAC, rsn, ap_rsn, pmk, snonce };
        self.wpa = Some(Supplicant::new(config));
        self.phase = StationPhase::Handshake;
        self.timer = now + HANDSHAKE;
    }

    pub(super) fn eapol(&mut self, now: Ticks, eapol: &[u8]) {
        let Some(wpa) = &mut self.wpa else { return };
        let (Some(bssid), actions) = (self.target.as_ref().map(|t| t.bssid), wpa.receive(eapol)) else {
            return;
        };
        for action in actions {
            match action {
                HandshakeAction::Send(eapol) => self.send_ethernet(now, &with_eapol(bssid, MAC, &eapol)),
                HandshakeAction::Installed { tk, group } => {
                    (self.key, self.group_key, self.pn) = (Some(tk), group.tk(), 0);
                    if self.phase == StationPhase::Handshake {
                        self.begin_dhcp(now);
                    }
                }
                HandshakeAction::GroupInstalled(group) => self.group_key = group.tk(),
                HandshakeAction::BadMic | HandshakeAction::Failed(_) | HandshakeAction::NeedPmk => {}
            }
        }
    }

    /// Handles the access point's deauthentication: tries again after a delay, with the next key if it came during the
    /// handshake.
    pub(super) fn deauthenticated(&mut self, now: Ticks, frame: &Mpdu) {
        let reason = frame.reason().unwrap_or(0);
        self.report(false, format!("virtual station: deauthenticated, reason {reason}"));
        if self.phase == StationPhase::Handshake {
            self.tried += 1;
        }
        self.idle(now + REST);
    }

    fn begin_dhcp(&mut self, now: Ticks) {
        self.phase = StationPhase::Dhcp;
        let request = self.dhcp.discover(now, MAC);
        self.timer = now + REST;
        self.send_ethernet(now, &request);
    }

    pub(super) fn dhcp_answer(&mut self, now: Ticks, ethernet: &[u8]) {
        if let Some(request) = self.dhcp.answer(now, MAC, ethernet) {
            self.send_ethernet(now, &request);
        }
        let (Some(config), true) = (self.dhcp.network(), self.phase == StationPhase::Dhcp) else { return };
        self.phase = StationPhase::Ready;
        self.timer = self.dhcp.renew_at();
        let ssid = self
            .target
            .as_ref()
            .map_or(String::new(), |t| String::from_utf8_lossy(&t.ssid).escape_debug().to_string());
        self.report(
            true,
            format!("a virtual station joined the firmware's network \"{ssid}\" as {}", config.host),
        );
        self.net = Some(UserNet::station(config, MAC));
        for event in std::mem::take(&mut self.waiting) {
            self.host(now, event);
        }
    }

    pub(super) fn timeout(&mut self, now: Ticks) {
        self.tries += 1;
        if self.tries > TRIES && !matches!(self.phase, StationPhase::Ready | StationPhase::Idle) {
            self.tried += usize::from(self.phase == StationPhase::Handshake);
            return self.idle(now + REST);
        }
        match self.phase {
            StationPhase::Idle => self.timer = Ticks::MAX,
            StationPhase::Authenticating => self.authenticate(now),
            StationPhase::Associating => self.associate(now),
            StationPhase::Handshake => {
                self.tried += 1;
                self.idle(now + REST);
            }
            StationPhase::Dhcp => self.begin_dhcp(now),
            StationPhase::Ready => {
                let request = self.dhcp.renew(now, MAC);
                self.timer = self.dhcp.renew_at();
                self.send_ethernet(now, &request);
            }
        }
    }
}

/// Returns the RSN element that the station sends, chosen from what the access point offers; empty on an open network.
fn own_rsn(target: &Heard) -> Vec<u8> {
    let offered = target.rsn.get(2..).and_then(Rsn::parse);
    offered.and_then(|r| r.station_choice()).map(|r| r.to_element()).unwrap_or_default()
}
