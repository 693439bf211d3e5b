//! The station's side of the handshakes.

use super::eapol::{Outgoing, group_key};
use super::{EapolKey, Failure, GroupKey, HandshakeAction, KeyInfo, Message, Nonce, Pmk, Ptk, Tk};
use crate::net::air::frame::{Elements, Mac, id};
use serde::{Deserialize, Serialize};

/// Parameters of a [`Supplicant`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SupplicantConfig {
    /// Address of the access point.
    pub ap: Mac,
    /// Address of the station.
    pub station: Mac,
    /// RSN element of the station's own association request, with identifier and length.
    pub rsn: Vec<u8>,
    /// RSN element of the access point's beacon, with identifier and length; message 3 must repeat it. Empty: not
    /// checked.
    pub ap_rsn: Vec<u8>,
    /// The PMK.
    pub pmk: Pmk,
    /// The station's nonce, fresh for each association.
    pub snonce: Nonce,
}

/// The station's side of the handshakes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Supplicant {
    pub(super) config: SupplicantConfig,
    /// Replay counter of the last message with a correct MIC.
    replay: Option<u64>,
    /// The access point's nonce and the key of the handshake in progress.
    begun: Option<(Nonce, Ptk)>,
    installed: Option<(Ptk, GroupKey)>,
}

impl Supplicant {
    /// Creates an idle supplicant that waits for message 1.
    #[must_use]
    pub fn new(config: SupplicantConfig) -> Self {
        Self { config, replay: None, begun: None, installed: None }
    }

    /// Handles an EAPOL frame of the access point. Unexpected frames are ignored.
    pub fn receive(&mut self, eapol: &[u8]) -> Vec<HandshakeAction> {
        let Some(key) = EapolKey::parse(eapol).filter(EapolKey::is_wpa2) else { return Vec::new() };
        if self.replay.is_some_and(|last| key.replay <= last) {
            return Vec::new();
        }
        match key.message() {
            Some(Message::M1) => self.take_message1(&key),
            Some(Message::M3) => self.take_message3(&key),
            Some(Message::Group1) => self.take_group(&key),
            _ => Vec::new(),
        }
    }

    /// Returns true if the four-way handshake is complete.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.installed.is_some()
    }

    /// Returns the temporal key once the four-way handshake is complete.
    #[must_use]
    pub fn tk(&self) -> Option<&Tk> {
        self.installed.as_ref().map(|(ptk, _)| ptk.tk())
    }

    /// Handles message 1: derives the key from the access point's nonce.
    fn take_message1(&mut self, key: &EapolKey) -> Vec<HandshakeAction> {
        let c = &self.config;
        let ptk = Ptk::derive(&c.pmk, c.ap, c.station, &key.nonce, &c.snonce);
        let answer = Outgoing { nonce: c.snonce, data: &c.rsn, ..answer(KeyInfo::M2, key) };
        let answer = answer.build(Some(&ptk));
        self.begun = Some((key.nonce, ptk));
        vec![HandshakeAction::Send(answer)]
    }

    /// Handles message 3: installs the keys. A repeated message 3 (message 4 was lost) is answered, but nothing is
    /// installed again.
    fn take_message3(&mut self, key: &EapolKey) -> Vec<HandshakeAction> {
        let Some((_, ptk)) = self.begun.clone().filter(|(anonce, _)| *anonce == key.nonce) else {
            return Vec::new();
        };
        if !key.mic_fits(&ptk) {
            return vec![HandshakeAction::BadMic];
        }
        let data = key.unwrap(&ptk);
        let group = data.as_deref().and_then(|data| group_key(data, key.rsc));
        let (Some(data), Some(group)) = (data, group) else {
            return vec![HandshakeAction::Failed(Failure::KeyData)];
        };
        let rsn = Elements(&data).find_whole(id::RSN).unwrap_or(&[]);
        if !self.config.ap_rsn.is_empty() && rsn != self.config.ap_rsn {
            return vec![HandshakeAction::Failed(Failure::RsnMismatch)];
        }
        self.replay = Some(key.replay);
        let mut actions = vec![HandshakeAction::Send(answer(KeyInfo::M4, key).build(Some(&ptk)))];
        match self.installed.replace((ptk.clone(), group.clone())) {
            Some((old, old_group)) if old == ptk => {
                if !old_group.is_same(&group) {
                    actions.push(HandshakeAction::GroupInstalled(group));
                }
            }
            _ => actions.push(HandshakeAction::Installed { tk: ptk.tk().clone(), group }),
        }
        actions
    }

    /// Handles message 1 of the group key handshake.
    fn take_group(&mut self, key: &EapolKey) -> Vec<HandshakeAction> {
        let Some((ptk, old)) = &mut self.installed else { return Vec::new() };
        if !key.mic_fits(ptk) {
            return vec![HandshakeAction::BadMic];
        }
        let data = key.unwrap(ptk);
        let Some(group) = data.and_then(|data| group_key(&data, key.rsc)) else {
            return vec![HandshakeAction::Failed(Failure::KeyData)];
        };
        self.replay = Some(key.replay);
        let mut actions = vec![HandshakeAction::Send(answer(KeyInfo::GROUP2, key).build(Some(ptk)))];
        if !old.is_same(&group) {
            *old = group.clone();
            actions.push(HandshakeAction::GroupInstalled(group));
        }
        actions
    }
}

/// Returns the frame that answers `to`, without nonce and key data.
fn answer<'a>(info: KeyInfo, to: &EapolKey) -> Outgoing<'a> {
    Outgoing { version: 1, info, key_len: 0, replay: to.replay, nonce: [0; 32], rsc: 0, data: &[] }
}
