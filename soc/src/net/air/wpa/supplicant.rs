//! The station's side of the handshakes.

use super::{Action, Nonce, Pmk, Tk};
use crate::net::air::frame::Mac;
use serde::{Deserialize, Serialize};

/// What a [`Supplicant`] starts from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SupplicantConfig {
    /// Address of the access point.
    pub ap: Mac,
    /// Address of the station.
    pub station: Mac,
    /// RSN element of the own association request, whole.
    pub rsn: Vec<u8>,
    /// RSN element of the access point's beacon, whole; message 3 must repeat it. Empty: not checked.
    pub ap_rsn: Vec<u8>,
    /// The PMK.
    pub pmk: Pmk,
    /// The station's nonce, fresh for each association.
    pub snonce: Nonce,
}

/// The station's side of the handshakes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Supplicant {
    config: SupplicantConfig,
}

impl Supplicant {
    /// At rest: waits for message 1.
    #[must_use]
    pub fn new(config: SupplicantConfig) -> Self {
        Self { config }
    }

    /// Takes an EAPOL frame of the access point. Frames that do not fit are ignored.
    pub fn receive(&mut self, eapol: &[u8]) -> Vec<Action> {
        todo!()
    }

    /// Whether the four-way handshake is complete.
    #[must_use]
    pub fn is_done(&self) -> bool {
        todo!()
    }

    /// The temporal key once the four-way handshake is complete.
    #[must_use]
    pub fn tk(&self) -> Option<&Tk> {
        todo!()
    }
}
