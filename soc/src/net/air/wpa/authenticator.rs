//! The access point's side of the handshakes.

use super::{Action, GroupKey, Nonce, Pmk, Tk};
use crate::net::air::frame::Mac;
use serde::{Deserialize, Serialize};

/// What an [`Authenticator`] starts from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuthenticatorConfig {
    /// Address of the access point.
    pub ap: Mac,
    /// Address of the station.
    pub station: Mac,
    /// RSN element of the beacons, whole.
    pub rsn: Vec<u8>,
    /// RSN element of the association request, whole; message 2 must repeat it. Empty: not checked.
    pub station_rsn: Vec<u8>,
    /// The PMK; `None` if it has to be found ([`Action::NeedPmk`]).
    pub pmk: Option<Pmk>,
    /// The access point's nonce, fresh for each association.
    pub anonce: Nonce,
    /// Key of group traffic.
    pub group: GroupKey,
}

/// The access point's side of the handshakes with one station.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Authenticator {
    config: AuthenticatorConfig,
}

impl Authenticator {
    /// At rest: nothing sent.
    #[must_use]
    pub fn new(config: AuthenticatorConfig) -> Self {
        Self { config }
    }

    /// Begins the four-way handshake: returns message 1.
    #[must_use]
    pub fn start(&mut self) -> Vec<u8> {
        todo!()
    }

    /// Takes an EAPOL frame of the station. Frames that do not fit are ignored.
    pub fn receive(&mut self, eapol: &[u8]) -> Vec<Action> {
        todo!()
    }

    /// Whether message 2 is here and waits for the PMK.
    #[must_use]
    pub fn needs_pmk(&self) -> bool {
        todo!()
    }

    /// Whether the MIC of the message 2 that waits was made with this PMK.
    #[must_use]
    pub fn m2_fits(&self, pmk: &Pmk) -> bool {
        todo!()
    }

    /// Takes the PMK and goes on with the message 2 that waits: message 3, or [`Action::BadMic`] if it does not fit;
    /// then the PMK is not kept.
    pub fn accept(&mut self, pmk: Pmk) -> Vec<Action> {
        todo!()
    }

    /// The message that the station has not answered (1 or 3 of the four-way, 1 of the group key handshake), again,
    /// with the next replay counter. `None` if no answer is awaited.
    #[must_use]
    pub fn resend(&mut self) -> Option<Vec<u8>> {
        todo!()
    }

    /// Begins the group key handshake with a new key. `None` before the four-way handshake is complete; the key is
    /// taken in any case.
    #[must_use]
    pub fn rekey(&mut self, group: GroupKey) -> Option<Vec<u8>> {
        todo!()
    }

    /// Whether the four-way handshake is complete.
    #[must_use]
    pub fn is_done(&self) -> bool {
        todo!()
    }

    /// Whether an answer of the station is awaited: [`Authenticator::resend`] gives a frame.
    #[must_use]
    pub fn awaits(&self) -> bool {
        todo!()
    }

    /// The temporal key once the four-way handshake is complete.
    #[must_use]
    pub fn tk(&self) -> Option<&Tk> {
        todo!()
    }
}
