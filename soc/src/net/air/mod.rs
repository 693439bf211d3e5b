//! The air: Wi-Fi in virtual time. Frames of IEEE 802.11 and the security of WPA2.

pub mod frame;
pub mod wpa;
