//! The access point's side of the handshakes.

use super::eapol::{Outgoing, wrap};
use super::{EapolKey, Failure, GroupKey, HandshakeAction, KeyInfo, Message, Nonce, Pmk, Ptk, Tk};
use crate::net::air::frame::{Elements, Mac, id};
use serde::{Deserialize, Serialize};

/// Number of replay counters, counted from the latest, that may be answered, as in hostapd.
const OPEN_COUNTERS: usize = 4;
/// Length of a CCMP key.
const KEY_LEN: u16 = 16;

/// Parameters of an [`Authenticator`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuthenticatorConfig {
    /// Address of the access point.
    pub ap: Mac,
    /// Address of the station.
    pub station: Mac,
    /// RSN element of the beacons, with identifier and length.
    pub rsn: Vec<u8>,
    /// RSN element of the association request, with identifier and length; message 2 must repeat it. Empty: not
    /// checked.
    pub station_rsn: Vec<u8>,
    /// The PMK; `None` if it has to be found ([`HandshakeAction::NeedPmk`]).
    pub pmk: Option<Pmk>,
    /// The access point's nonce, fresh for each association.
    pub anonce: Nonce,
    /// The group key.
    pub group: GroupKey,
}

/// Progress of the handshakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// Nothing was sent.
    Idle,
    /// Message 1 was sent.
    Message1,
    /// Message 3 was sent.
    Message3,
    /// Keys are installed on both sides.
    Done,
    /// Keys are installed, and message 1 of the group key handshake was sent.
    Group,
}

/// The access point's side of the handshakes with one station.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Authenticator {
    config: AuthenticatorConfig,
    stage: Stage,
    /// Replay counter of the last message.
    replay: u64,
    /// Replay counters of the current message and its retransmissions that may be answered.
    open: Vec<u64>,
    /// Replay counters of message 1 while message 4 is awaited: message 2 may be repeated.
    earlier: Vec<u64>,
    /// The last message 2 received.
    message2: Option<Vec<u8>>,
    ptk: Option<Ptk>,
}

impl Authenticator {
    /// Creates an idle authenticator: nothing is sent yet.
    #[must_use]
    pub fn new(config: AuthenticatorConfig) -> Self {
        Self {
            config,
            stage: Stage::Idle,
            replay: 0,
            open: Vec::new(),
            earlier: Vec::new(),
            message2: None,
            ptk: None,
        }
    }

    /// Starts the four-way handshake. Returns message 1.
    #[must_use]
    pub fn start(&mut self) -> Vec<u8> {
        self.enter(Stage::Message1);
        self.earlier.clear();
        self.message2 = None;
        self.ptk = None;
        self.current()
    }

    /// Handles an EAPOL frame of the station. Unexpected frames are ignored.
    pub fn receive(&mut self, eapol: &[u8]) -> Vec<HandshakeAction> {
        let Some(key) = EapolKey::parse(eapol).filter(EapolKey::is_wpa2) else { return Vec::new() };
        let open = self.open.contains(&key.replay);
        match (key.message(), self.stage) {
            (Some(Message::M2), Stage::Message1) if open => self.take_message2(eapol),
            (Some(Message::M2), Stage::Message3) if self.earlier.contains(&key.replay) => {
                self.take_message2(eapol)
            }
            (Some(Message::M4), Stage::Message3) if open => self.finish(&key),
            (Some(Message::Group2), Stage::Group) if open => self.finish_group(&key),
            _ => Vec::new(),
        }
    }

    /// Returns true if message 2 was received and the PMK is needed.
    #[must_use]
    pub fn needs_pmk(&self) -> bool {
        self.config.pmk.is_none() && self.message2.is_some()
    }

    /// Returns true if the MIC of the last message 2 is correct for this PMK; false before there is one.
    #[must_use]
    pub fn m2_fits(&self, pmk: &Pmk) -> bool {
        let key = self.message2.as_deref().and_then(EapolKey::parse);
        key.is_some_and(|key| key.mic_fits(&self.derive(pmk, &key.nonce)))
    }

    /// Takes the PMK and continues with the waiting message 2. The result is message 3, or [`HandshakeAction::BadMic`]
    /// if the PMK does not match; then it is not kept. Without a message 2 the PMK is kept for it.
    pub fn accept(&mut self, pmk: Pmk) -> Vec<HandshakeAction> {
        let Some(message2) = self.message2.clone().filter(|_| self.stage == Stage::Message1) else {
            self.config.pmk = Some(pmk);
            return Vec::new();
        };
        if !self.m2_fits(&pmk) {
            return vec![HandshakeAction::BadMic];
        }
        self.config.pmk = Some(pmk);
        self.take_message2(&message2)
    }

    /// Returns the message that the station has not answered (1 or 3 of the four-way, 1 of the group key handshake)
    /// again, with the next replay counter. `None` if no answer is awaited.
    #[must_use]
    pub fn resend(&mut self) -> Option<Vec<u8>> {
        self.awaits().then(|| self.current())
    }

    /// Starts the group key handshake with a new key. Returns `None` before the four-way handshake is complete; the key
    /// is used in any case.
    #[must_use]
    pub fn rekey(&mut self, group: GroupKey) -> Option<Vec<u8>> {
        self.config.group = group;
        if !self.is_done() {
            return None;
        }
        self.enter(Stage::Group);
        Some(self.current())
    }

    /// Returns true if the four-way handshake is complete.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done | Stage::Group)
    }

    /// Returns true if an answer of the station is awaited: [`Authenticator::resend`] then returns a frame.
    #[must_use]
    pub fn awaits(&self) -> bool {
        !matches!(self.stage, Stage::Idle | Stage::Done)
    }

    /// Returns the temporal key once the four-way handshake is complete.
    #[must_use]
    pub fn tk(&self) -> Option<&Tk> {
        self.ptk.as_ref().filter(|_| self.is_done()).map(Ptk::tk)
    }

    fn derive(&self, pmk: &Pmk, snonce: &Nonce) -> Ptk {
        let c = &self.config;
        Ptk::derive(pmk, c.ap, c.station, &c.anonce, snonce)
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.open.clear();
    }

    /// Handles message 2, received for the first time or again.
    fn take_message2(&mut self, eapol: &[u8]) -> Vec<HandshakeAction> {
        let Some(key) = EapolKey::parse(eapol) else { return Vec::new() };
        if self.stage == Stage::Message1 {
            self.message2 = Some(eapol.to_vec());
        }
        let Some(pmk) = &self.config.pmk else { return vec![HandshakeAction::NeedPmk] };
        let ptk = self.derive(pmk, &key.nonce);
        if !key.mic_fits(&ptk) {
            return vec![HandshakeAction::BadMic];
        }
        let rsn = Elements(key.data).find_whole(id::RSN).unwrap_or(&[]);
        if !self.config.station_rsn.is_empty() && rsn != self.config.station_rsn {
            return vec![HandshakeAction::Failed(Failure::RsnMismatch)];
        }
        if self.stage == Stage::Message1 {
            self.earlier = std::mem::take(&mut self.open);
        } else if self.ptk.as_ref() != Some(&ptk) {
            // A new nonce: answers to earlier copies of message 3 are no longer valid.
            self.open.clear();
        }
        self.ptk = Some(ptk);
        self.stage = Stage::Message3;
        vec![HandshakeAction::Send(self.current())]
    }

    /// Handles message 4.
    fn finish(&mut self, key: &EapolKey) -> Vec<HandshakeAction> {
        let Some(ptk) = self.ptk.as_ref().filter(|ptk| key.mic_fits(ptk)) else {
            return vec![HandshakeAction::BadMic];
        };
        let installed = HandshakeAction::Installed { tk: ptk.tk().clone(), group: self.config.group.clone() };
        self.earlier.clear();
        self.message2 = None;
        self.enter(Stage::Done);
        vec![installed]
    }

    /// Handles message 2 of the group key handshake.
    fn finish_group(&mut self, key: &EapolKey) -> Vec<HandshakeAction> {
        if !self.ptk.as_ref().is_some_and(|ptk| key.mic_fits(ptk)) {
            return vec![HandshakeAction::BadMic];
        }
        self.enter(Stage::Done);
        vec![HandshakeAction::GroupInstalled(self.config.group.clone())]
    }

    /// Builds the message of the current stage, with the next replay counter.
    fn current(&mut self) -> Vec<u8> {
        self.replay += 1;
        if self.open.len() == OPEN_COUNTERS {
            self.open.remove(0);
        }
        self.open.push(self.replay);
        let c = &self.config;
        let (info, key_len, nonce, rsc) = match self.stage {
            Stage::Message3 => (KeyInfo::M3, KEY_LEN, c.anonce, c.group.rsc()),
            Stage::Group => (KeyInfo::GROUP1, 0, [0; 32], c.group.rsc()),
            Stage::Idle | Stage::Message1 | Stage::Done => (KeyInfo::M1, KEY_LEN, c.anonce, 0),
        };
        let data = match (self.stage, &self.ptk) {
            (Stage::Message3, Some(ptk)) => wrap(&c.rsn, &c.group, ptk),
            (Stage::Group, Some(ptk)) => wrap(&[], &c.group, ptk),
            _ => Vec::new(),
        };
        let frame = Outgoing { version: 2, info, key_len, replay: self.replay, nonce, rsc, data: &data };
        frame.build(self.ptk.as_ref())
    }
}
