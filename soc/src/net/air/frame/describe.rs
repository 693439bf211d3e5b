//! One line of text for a frame, in tcpdump's words.

/// Decodes a frame to one line, e.g. `Beacon (net) [1.0* 2.0* 5.5* 11.0* Mbit] ESS CH: 6, PRIVACY`.
#[must_use]
pub fn describe(mpdu: &[u8]) -> String {
    todo!()
}
