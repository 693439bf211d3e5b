//! Frames that an access point sends.

use super::*;
use crate::net::air::frame::{BssInfo, Ds, Flags, Security, Tim};

/// Rate code of 1 Mbit/s: beacons, management and group frames.
const RATE_BASIC: u8 = 0x00;
/// Rate code of 11 Mbit/s.
const RATE_CCK: u8 = 0x03;
/// Rate code of 54 Mbit/s.
const RATE_OFDM: u8 = 0x0C;
/// Status codes of IEEE 802.11, table 9-50.
const STATUS_SUCCESS: u16 = 0;
const STATUS_ALGORITHM: u16 = 13;
const STATUS_TOO_MANY: u16 = 17;
/// OFDM rates in an association request: 6, 9, 12, 18, 24, 36, 48, 54 Mbit/s in units of 500 kbit/s.
const OFDM_RATES: [u8; 8] = [12, 18, 24, 36, 48, 72, 96, 108];
/// BlockAck action frames: category, actions and the status code of a refusal.
const BLOCK_ACK: u8 = 3;
const ADDBA_REQUEST: u8 = 0;
const ADDBA_RESPONSE: u8 = 1;
const STATUS_DECLINED: u16 = 37;

impl AccessPoint {
    pub(super) fn send_at(&mut self, at: Ticks, rate: u8, mut mpdu: Vec<u8>) {
        self.sequence = (self.sequence + 1) & 0xFFF;
        frame::set_sequence(&mut mpdu, self.sequence);
        let answer = mpdu.get(4).is_some_and(|b| b & 1 == 0);
        let frequency = frequency_of(self.network.channel);
        let on_air = OnAir { frequency, wide: false, rate, rssi: self.network.rssi, clear: false, mpdu };
        self.sent.push(Pending { at, on_air, answer, from: From::Ap(self.id), tries: 0 });
    }

    fn send(&mut self, now: Ticks, mpdu: Vec<u8>) {
        self.send_at(now, RATE_BASIC, mpdu);
    }

    pub(super) fn info(&self) -> BssInfo {
        BssInfo {
            bssid: self.network.bssid,
            ssid: self.network.ssid.clone(),
            channel: self.network.channel,
            interval: BEACON_INTERVAL,
            security: if self.network.wpa2 { Security::Wpa2Psk } else { Security::Open },
            hidden: self.network.hidden,
        }
    }

    /// Sends the beacon, followed by the held group frames.
    pub(super) fn beacon(&mut self, now: Ticks) {
        let aids = self.clients.iter().filter(|c| !c.buffered.is_empty()).map(|c| c.aid).collect();
        let tim = Tim { dtim_count: 0, dtim_period: 1, group: !self.group.is_empty(), aids };
        let mpdu = frame::beacon(&self.info(), self.tsf(now), &tim);
        self.send(now, mpdu);
        let group = std::mem::take(&mut self.group);
        let last = group.len().saturating_sub(1);
        for (n, ethernet) in group.iter().enumerate() {
            self.send_to_group(now, ethernet, n != last);
        }
    }

    /// Answers a probe request for this network or the wildcard SSID.
    pub(super) fn probe(&mut self, now: Ticks, request: &Mpdu) {
        let Some(station) = request.addr2() else { return };
        let asked = request.elements().ssid().unwrap_or_default();
        let any = asked.is_empty() && !self.network.hidden;
        let direct = request.addr1()[0] & 1 != 0 || request.addr1() == self.bssid();
        if direct && (any || asked == self.network.ssid) {
            let mpdu = frame::probe_response(&self.info(), station, self.tsf(now));
            self.send(now, mpdu);
        }
    }

    pub(super) fn authenticate(&mut self, now: Ticks, request: &Mpdu) {
        let (Some(fields), Some(from)) = (request.authentication(), request.addr2()) else { return };
        if fields.sequence != 1 {
            return;
        }
        let full = self.clients.len() >= MAX_CLIENTS && self.client(&from).is_none();
        let status = match (fields.algorithm, full) {
            (0, false) => STATUS_SUCCESS,
            (0, true) => STATUS_TOO_MANY,
            _ => STATUS_ALGORITHM,
        };
        if status == STATUS_SUCCESS {
            self.clients.retain(|c| c.mac != from);
            self.clients.push(AirClient::new(from));
            let text = format!("{}: {} authenticated", self.name(), mac_text(&from));
            self.report(false, text);
        }
        let mpdu = frame::authentication(from, self.bssid(), self.bssid(), 2, status);
        self.send(now, mpdu);
    }

    pub(super) fn associate(&mut self, now: Ticks, request: &Mpdu) {
        let Some(from) = request.addr2() else { return };
        if self.client(&from).is_none() {
            return self.deauthenticate(now, from, reason::NOT_AUTHENTICATED);
        }
        let aid =
            (1..=MAX_CLIENTS as u16).find(|aid| self.clients.iter().all(|c| c.aid != *aid || c.mac == from));
        let aid = aid.unwrap_or(1);
        let ofdm = request.elements().rates().iter().any(|r| OFDM_RATES.contains(&(r & 0x7F)));
        let wpa2 = self.network.wpa2;
        if let Some(client) = self.client(&from) {
            (client.aid, client.ofdm) = (aid, ofdm);
            client.phase = if wpa2 { ClientPhase::Handshake } else { ClientPhase::Ready };
        }
        let again = request.subtype() == Subtype::ReassociationRequest;
        let mpdu = frame::association_response(&self.info(), from, STATUS_SUCCESS, aid, again);
        self.send(now, mpdu);
        let text = format!("{}: {} associated, aid {aid}", self.name(), mac_text(&from));
        self.report(false, text);
        if wpa2 {
            let rsn = request.elements().find_whole(frame::id::RSN).unwrap_or_default().to_vec();
            self.begin_handshake(now, from, rsn);
        } else {
            self.joined(&from);
        }
    }

    /// Reports that a station has joined.
    pub(super) fn joined(&mut self, mac: &Mac) {
        let security = if self.network.wpa2 { "WPA2-PSK" } else { "open" };
        let channel = self.network.channel;
        let text = format!("the firmware joined {} ({security}, channel {channel})", self.name());
        self.report(true, text);
        let text = format!("{}: {} may send data", self.name(), mac_text(mac));
        self.report(false, text);
    }

    /// Deauthenticates a station and removes it.
    pub fn deauthenticate(&mut self, now: Ticks, station: Mac, reason: u16) {
        let mpdu = frame::deauthentication(station, self.bssid(), self.bssid(), reason);
        self.send(now, mpdu);
        self.clients.retain(|c| c.mac != station);
        let text = format!("{}: deauthenticates {}, reason {reason}", self.name(), mac_text(&station));
        self.report(false, text);
    }

    pub(super) fn disassociate(&mut self, now: Ticks, station: Mac, reason: u16) {
        let mpdu = frame::disassociation(station, self.bssid(), self.bssid(), reason);
        self.send(now, mpdu);
    }

    /// Refuses a BlockAck agreement: the driver then sends single frames.
    pub(super) fn action(&mut self, now: Ticks, request: &Mpdu) {
        let Some(from) = request.addr2() else { return };
        if let [BLOCK_ACK, ADDBA_REQUEST, token, p0, p1, t0, t1, ..] = *request.body() {
            let [s0, s1] = STATUS_DECLINED.to_le_bytes();
            let body = [BLOCK_ACK, ADDBA_RESPONSE, token, s0, s1, p0, p1, t0, t1];
            let mpdu = frame::action(from, self.bssid(), self.bssid(), &body);
            self.send(now, mpdu);
        }
    }

    /// Sends an Ethernet frame to a station, encrypted if it has a key.
    pub(super) fn send_to_client(&mut self, now: Ticks, mac: &Mac, ethernet: &[u8], more: bool) {
        let bssid = self.bssid();
        let Some(client) = self.client(mac) else { return };
        let rate = if client.ofdm { RATE_OFDM } else { RATE_CCK };
        let key = client.key.clone();
        client.sent_pn += u64::from(key.is_some());
        let pn = client.sent_pn;
        let Some(mut mpdu) = frame::ethernet_to_80211(ethernet, Ds::From { bssid }) else { return };
        frame::set_flag(&mut mpdu, Flags::MORE_DATA, more);
        match key {
            Some(key) => self.send_sealed(now, rate, mpdu, &key, pn, 0),
            None => self.send_at(now, rate, mpdu),
        }
    }

    /// Sends an Ethernet frame to all stations, encrypted with the group key if the network is.
    pub(super) fn send_to_group(&mut self, now: Ticks, ethernet: &[u8], more: bool) {
        let from = Ds::From { bssid: self.bssid() };
        let Some(mut mpdu) = frame::ethernet_to_80211(ethernet, from) else { return };
        frame::set_flag(&mut mpdu, Flags::MORE_DATA, more);
        if self.network.wpa2 {
            self.group_pn += 1;
            let (key, pn) = (Tk::new(self.group_key), self.group_pn);
            self.send_sealed(now, RATE_BASIC, mpdu, &key, pn, GROUP_KEY_ID);
        } else {
            self.send(now, mpdu);
        }
    }

    fn send_sealed(&mut self, now: Ticks, rate: u8, mpdu: Vec<u8>, key: &Tk, pn: u64, id: u8) {
        self.send_at(now, rate, mpdu);
        if let Some(pending) = self.sent.last_mut()
            && let Some(sealed) = ccmp::seal(&pending.on_air.mpdu, key, pn, id)
        {
            pending.on_air.mpdu = sealed;
        }
    }

    /// Reports that a station did not acknowledge a frame after all attempts.
    pub fn not_answered(&mut self, mpdu: &[u8]) {
        let Some(frame) = Mpdu::parse(mpdu) else { return };
        let text = format!(
            "{}: {} does not answer ({})",
            self.name(),
            mac_text(&frame.addr1()),
            frame::describe(mpdu)
        );
        self.report(false, text);
    }
}
