//! WPA2-PSK with CCMP (IEEE 802.11-2020 chapter 12): keys, the four-way and the group key handshake from both
//! sides, encryption of frames.
//!
//! Pure state machines: nonces and group keys come from the owner, who also decides when to send again.
//! EAPOL frames begin with the IEEE 802.1X header, without Ethernet or LLC/SNAP header (ethertype 0x888E).
//! No key appears in a `Debug` text.

mod authenticator;
pub mod ccmp;
mod eapol;
mod keys;
mod supplicant;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub use authenticator::{Authenticator, AuthenticatorConfig};
pub use eapol::{EapolKey, KeyInfo, Message};
pub use keys::{GroupKey, Pmk, Ptk, Tk};
pub use supplicant::{Supplicant, SupplicantConfig};

/// A nonce of the handshake.
pub type Nonce = [u8; 32];

/// What the owner of an [`Authenticator`] or [`Supplicant`] has to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this EAPOL frame to the peer. Unprotected before [`Action::Installed`], protected after it.
    Send(Vec<u8>),
    /// Authenticator without PMK: message 2 is here. Ask [`Authenticator::m2_fits`], then
    /// [`Authenticator::accept`].
    NeedPmk,
    /// The handshake is complete: from now on frames are protected with these keys.
    Installed {
        /// Temporal key of pairwise traffic; packet numbers begin at 1.
        tk: Tk,
        /// Key of group traffic.
        group: GroupKey,
    },
    /// The group key handshake is complete: a new key of group traffic.
    GroupInstalled(GroupKey),
    /// A message's MIC is wrong: at an authenticator's message 2 the peer has another passphrase.
    BadMic,
    /// The handshake cannot go on: end the association with this reason code.
    Failed(Failure),
}

/// Why a handshake cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The RSN element differs from the one in beacon or association request.
    RsnMismatch,
    /// Key data cannot be decrypted or have no group key.
    KeyData,
}

impl Failure {
    /// Reason code for the deauthentication.
    #[must_use]
    pub fn reason(self) -> u16 {
        match self {
            Self::RsnMismatch => 17,
            Self::KeyData => 1,
        }
    }
}
