//! The access point's side of the 4-way handshake (IEEE 802.11, 12.7.6), and the trial of passphrases.

use super::*;
use crate::net::air::wpa::{Authenticator, AuthenticatorConfig, GroupKey, HandshakeAction, Pmk};
use sha2::{Digest, Sha256};

/// Time after which a message is sent again.
const RESEND: Ticks = 1_000_000 * TICKS_PER_US;
/// Number of retransmissions.
const RESENDS: u8 = 4;

impl AccessPoint {
    /// Returns a nonce: unique, and the same in every run of the machine.
    fn nonce(&mut self) -> [u8; 32] {
        self.nonces += 1;
        let mut hash = Sha256::new();
        hash.update(self.nonce_key);
        hash.update(self.nonces.to_le_bytes());
        hash.finalize().into()
    }

    fn group(&self) -> GroupKey {
        GroupKey::ccmp(self.group_key, GROUP_KEY_ID, self.group_pn)
    }

    /// Starts the handshake by sending message 1.
    pub(super) fn begin_handshake(&mut self, now: Ticks, station: Mac, station_rsn: Vec<u8>) {
        let mut wpa = Authenticator::new(AuthenticatorConfig {
            ap: self.bssid(),
            station,
            rsn: self.info().rsn_element(),
            station_rsn,
            pmk: self.network.pmk.clone(),
            anonce: self.nonce(),
            group: self.group(),
        });
        let first = wpa.start();
        (self.tried, self.search_failed) = (0, false);
        if let Some(client) = self.client(&station) {
            client.wpa = Some(wpa);
            client.key = None;
            (client.resend_at, client.resent) = (now + RESEND, 0);
        }
        self.send_eapol(now, &station, &first);
    }

    /// Sends an EAPOL frame. Those of the handshake are not encrypted: the station has no key yet.
    fn send_eapol(&mut self, now: Ticks, station: &Mac, eapol: &[u8]) {
        let ethernet = with_eapol(*station, self.bssid(), eapol);
        self.send_to_client(now, station, &ethernet, false);
    }

    pub(super) fn eapol(&mut self, now: Ticks, station: Mac, eapol: &[u8]) {
        let Some(client) = self.client(&station) else { return };
        let Some(wpa) = &mut client.wpa else { return };
        let actions = wpa.receive(eapol);
        self.carry_out(now, station, actions);
    }

    fn carry_out(&mut self, now: Ticks, station: Mac, actions: Vec<HandshakeAction>) {
        for action in actions {
            match action {
                HandshakeAction::Send(eapol) => {
                    if let Some(client) = self.client(&station) {
                        (client.resend_at, client.resent) = (now + RESEND, 0);
                    }
                    self.send_eapol(now, &station, &eapol);
                }
                HandshakeAction::Installed { tk, .. } => {
                    if let Some(client) = self.client(&station) {
                        client.phase = ClientPhase::Ready;
                        client.key = Some(tk);
                        client.sent_pn = 0;
                        client.resend_at = Ticks::MAX;
                    }
                    self.joined(&station);
                }
                HandshakeAction::Failed(why) => self.deauthenticate(now, station, why.reason()),
                HandshakeAction::BadMic if !std::mem::replace(&mut self.bad_psk_reported, true) => {
                    let text = format!("{}: the firmware uses a different passphrase", self.name());
                    self.report(true, text);
                }
                HandshakeAction::NeedPmk | HandshakeAction::BadMic => {}
                HandshakeAction::GroupInstalled(_) => {
                    if let Some(client) = self.client(&station) {
                        client.resend_at = Ticks::MAX;
                    }
                }
            }
        }
    }

    /// Retransmits messages that were not answered in time; deauthenticates the station after the last attempt.
    pub(super) fn resend(&mut self, now: Ticks) {
        for n in (0..self.clients.len()).rev() {
            let client = &mut self.clients[n];
            if client.resend_at > now {
                continue;
            }
            let mac = client.mac;
            if client.resent >= RESENDS {
                self.deauthenticate(now, mac, reason::HANDSHAKE_TIMEOUT);
                continue;
            }
            client.resent += 1;
            client.resend_at = now + RESEND;
            if let Some(eapol) = client.wpa.as_mut().and_then(Authenticator::resend) {
                self.send_eapol(now, &mac, &eapol);
            }
        }
    }

    /// Returns the network whose passphrase is needed to check a station's message 2.
    #[must_use]
    pub fn wanted(&self) -> Option<SearchedNetwork> {
        let waits = |c: &AirClient| c.wpa.as_ref().is_some_and(Authenticator::needs_pmk);
        let wanted =
            SearchedNetwork { bssid: self.bssid(), ssid: self.network.ssid.clone(), tried: self.tried };
        (!self.search_failed && self.clients.iter().any(waits)).then_some(wanted)
    }

    /// Tries passphrases on a waiting message 2. If there are none left, the search has failed.
    pub fn try_passphrases(&mut self, now: Ticks, candidates: &[Vec<u8>]) {
        let ssid = self.network.ssid.clone();
        let waiting = |c: &&mut AirClient| c.wpa.as_ref().is_some_and(Authenticator::needs_pmk);
        let Some(client) = self.clients.iter_mut().find(waiting) else { return };
        let mac = client.mac;
        let Some(wpa) = &mut client.wpa else { return };
        let found = candidates.iter().map(|c| Pmk::derive(c, &ssid)).find(|pmk| wpa.m2_fits(pmk));
        self.tried += candidates.len();
        let Some(pmk) = found else {
            if !candidates.is_empty() && !self.searched {
                return;
            }
            self.search_failed = true;
            if std::mem::replace(&mut self.searched, true) {
                return;
            }
            let name = self.name();
            return self.report(
                true,
                format!("no passphrase for {name} was found in the firmware: use --wifi ssid=...,psk=..."),
            );
        };
        let actions = wpa.accept(pmk.clone());
        self.network.pmk = Some(pmk);
        self.carry_out(now, mac, actions);
    }

    /// Sends a new group key to all stations.
    pub fn rekey(&mut self, now: Ticks) {
        let nonce = self.nonce();
        self.group_key.copy_from_slice(&nonce[..16]);
        self.group_pn = 0;
        let group = self.group();
        for n in 0..self.clients.len() {
            let client = &mut self.clients[n];
            let (mac, keyed) = (client.mac, client.key.is_some());
            let rekey = |wpa: &mut Authenticator| wpa.rekey(group.clone());
            let Some(eapol) = client.wpa.as_mut().filter(|_| keyed).and_then(rekey) else {
                continue;
            };
            (client.resend_at, client.resent) = (now + RESEND, 0);
            self.send_eapol(now, &mac, &eapol);
        }
    }
}
