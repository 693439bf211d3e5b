//! Configuration of the air: access points and the virtual station.

use super::ap::mac_text;
use super::frame::Mac;
use super::wpa::Pmk;
use super::{DEFAULT_RSSI, MAX_APS, OnAir};
use crate::optlist::parts;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// Longest network name, in bytes.
pub const MAX_SSID: usize = 32;
/// Beacon interval in units of 1024 microseconds.
pub const BEACON_INTERVAL: u16 = 100;

/// The air at power-on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AirConfig {
    /// Access points.
    pub networks: Vec<Network>,
    /// Networks are created when the guest probes for them.
    pub any: bool,
    /// A virtual station that joins the guest's own network without waiting for a connection, if set.
    pub station: Option<StationConfig>,
    /// Frames of the radio are also sent to other machines on the segment.
    pub segment: bool,
}

/// An access point's network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its name, 1 to 32 bytes.
    pub ssid: Vec<u8>,
    /// Encrypted (WPA2-PSK with CCMP).
    pub wpa2: bool,
    /// The pairwise master key; `None` with `wpa2`: searched in the guest's memory.
    pub pmk: Option<Pmk>,
    /// Channel 1 to 14.
    pub channel: u8,
    /// The access point's address.
    pub bssid: Mac,
    /// Signal strength at the guest, in dBm.
    pub rssi: i8,
    /// Beacons do not contain the name.
    pub hidden: bool,
    /// Frames lost, per thousand.
    pub loss: u16,
    /// It was created because the guest probed for it.
    pub asked: bool,
}

impl Network {
    /// Creates an open network on channel 1 at -40 dBm, with an address derived from its name.
    #[must_use]
    pub fn open(ssid: &[u8]) -> Self {
        Self {
            ssid: ssid[..ssid.len().min(MAX_SSID)].to_vec(),
            wpa2: false,
            pmk: None,
            channel: 1,
            bssid: bssid_of(ssid, 0),
            rssi: DEFAULT_RSSI,
            hidden: false,
            loss: 0,
            asked: false,
        }
    }

    /// Makes the network use WPA2-PSK. Only the key derived from the passphrase is kept.
    #[must_use]
    pub fn with_passphrase(mut self, passphrase: &[u8]) -> Self {
        self.wpa2 = true;
        self.pmk = Some(Pmk::derive(passphrase, &self.ssid));
        self
    }

    /// Returns the two networks created when the guest probes for a name: one encrypted, one open.
    #[must_use]
    pub fn asked_for(ssid: &[u8], channel: u8) -> [Self; 2] {
        let open = Self { channel, asked: true, ..Self::open(ssid) };
        let wpa2 = Self { wpa2: true, bssid: bssid_of(ssid, 1), ..open.clone() };
        [wpa2, open]
    }
}

/// Checks whether an access point can be added to others.
///
/// # Errors
/// Another access point has its address, or there are too many.
pub fn fits(others: &[&Network], network: &Network) -> Result<(), String> {
    if others.len() >= MAX_APS {
        return Err(format!("there are at most {MAX_APS} access points"));
    }
    match others.iter().find(|other| other.bssid == network.bssid) {
        Some(other) => Err(format!(
            "{} is the address of the access point {:?} already: give one of them bssid=MAC",
            mac_text(&network.bssid),
            String::from_utf8_lossy(&other.ssid)
        )),
        None => Ok(()),
    }
}

/// The virtual station.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationConfig {
    /// The network to join; `None`: any that the guest announces.
    pub ssid: Option<Vec<u8>>,
    /// Its key, if the user gave it.
    pub pmk: Option<Pmk>,
    /// Joins when a host connection needs it instead of at once.
    pub on_demand: bool,
}

/// Returns a locally administered address derived from a network's name.
fn bssid_of(ssid: &[u8], n: u8) -> Mac {
    let sum = Sha256::digest(ssid);
    [0x02, 0x1A, sum[0], sum[1], sum[2], sum[3] & 0xFE | n & 1]
}

/// Error message for a wrong option together with `psk=`.
const AFTER_PSK: &str = "an option other than psk= is wrong; write a comma in a passphrase twice";

/// Local experimental Ethertype (IEEE 802, 0x88B5) for 802.11 frames on a segment.
const ETHERTYPE: [u8; 2] = [0x88, 0xB5];
/// Magic and version of these frames.
const MAGIC: [u8; 4] = *b"ewf1";
/// Bytes before the MPDU's length: addresses, type, magic, frequency, rate, flags (1: plaintext, 2: from a 40 MHz
/// channel).
const PREFIX: usize = 22;

/// Wraps an 802.11 frame in a broadcast Ethernet frame for the segment.
#[must_use]
pub fn to_segment(frame: &OnAir) -> Vec<u8> {
    let mut out = vec![0xFF; 6];
    out.extend(frame.mpdu.get(10..16).unwrap_or(&[2, 0, 0, 0, 0, 0]));
    out.extend(ETHERTYPE);
    out.extend(MAGIC);
    out.extend(frame.frequency.to_be_bytes());
    out.extend([frame.rate, u8::from(frame.clear) | u8::from(frame.wide) << 1]);
    // The length, because Ethernet pads short frames.
    out.extend((frame.mpdu.len() as u16).to_be_bytes());
    out.extend(&frame.mpdu);
    out
}

/// Returns the 802.11 frame in an Ethernet frame; `None` if it contains none.
#[must_use]
pub fn from_segment(ethernet: &[u8]) -> Option<OnAir> {
    let (head, rest) = ethernet.split_at_checked(PREFIX + 2)?;
    if head[12..14] != ETHERTYPE || head[14..18] != MAGIC {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([head[22], head[23]]));
    Some(OnAir {
        frequency: u16::from_be_bytes([head[18], head[19]]),
        rate: head[20] & 0x3F,
        rssi: DEFAULT_RSSI,
        wide: head[21] & 2 != 0,
        clear: head[21] & 1 != 0,
        mpdu: rest.get(..length)?.to_vec(),
    })
}

impl FromStr for Network {
    type Err = String;

    /// Parses `ssid=NAME[,psk=PASSPHRASE][,channel=N][,bssid=MAC][,rssi=DBM][,hidden=on][,loss=PERMILLE]`. In a value,
    /// a comma is written twice. Errors never show the passphrase.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut network, mut psk) = (None, None);
        let mut rest = Vec::new();
        for part in parts(text) {
            match part.split_once('=').unwrap_or((&part, "")) {
                ("ssid", name) => network = Some(named(name)?),
                ("psk", value) => psk = Some(value.to_string()),
                (key, value) => rest.push((key.to_string(), value.to_string())),
            }
        }
        let mut network = network.ok_or("ssid=NAME is missing")?;
        for (key, value) in rest {
            let wrong = network.set(&key, &value);
            // Part of a passphrase with a single comma is parsed as an option. No message may show it.
            wrong.map_err(|why| if psk.is_some() { AFTER_PSK.into() } else { why })?;
        }
        if let Some(psk) = psk {
            (network.wpa2, network.pmk) = (true, Some(key_of(&psk, &network.ssid)?));
        }
        Ok(network)
    }
}

impl Network {
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = |range: std::ops::RangeInclusive<i32>| {
            let n = value.parse().ok().filter(|n| range.contains(n));
            n.ok_or_else(|| format!("{key}={value}: expected {} to {}", range.start(), range.end()))
        };
        match key {
            "channel" => self.channel = number(1..=14)? as u8,
            "rssi" => self.rssi = number(-127..=0)? as i8,
            "loss" => self.loss = number(0..=1000)? as u16,
            "bssid" => {
                let mac = parse_mac(value).filter(|m| m[0] & 1 == 0 && *m != [0; 6]);
                self.bssid = mac.ok_or_else(|| {
                    format!("bssid={value}: expected six bytes, no group address, not zero")
                })?;
            }
            "hidden" => {
                self.hidden = match value {
                    "on" | "" => true,
                    "off" => false,
                    _ => return Err(format!("hidden={value}: expected on or off")),
                }
            }
            _ => return Err(format!("unknown key {key:?}")),
        }
        Ok(())
    }
}

impl FromStr for StationConfig {
    type Err = String;

    /// Parses `[ssid=NAME][,psk=PASSPHRASE]`. Errors never show the passphrase.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut config, mut psk) = (Self::default(), None);
        for part in parts(text).iter().filter(|p| !p.is_empty()) {
            match part.split_once('=').unwrap_or((part, "")) {
                ("ssid", name) => config.ssid = Some(named(name)?.ssid),
                ("psk", value) => psk = Some(value.to_string()),
                _ if psk.is_some() => return Err(AFTER_PSK.into()),
                (key, _) => return Err(format!("unknown key {key:?}")),
            }
        }
        if let Some(psk) = psk {
            let ssid = config.ssid.as_ref().ok_or("psk= needs ssid=: the key follows from both")?;
            config.pmk = Some(key_of(&psk, ssid)?);
        }
        Ok(config)
    }
}

/// Creates an open network of this name. A name that contains `psk=` has a blank or a semicolon where a comma belongs;
/// it is refused because beacons would show the passphrase.
fn named(name: &str) -> Result<Network, String> {
    if name.contains("psk=") {
        return Err("options must be separated by a comma, without blanks".into());
    }
    let fits = (1..=MAX_SSID).contains(&name.len());
    fits.then(|| Network::open(name.as_bytes())).ok_or_else(|| format!("ssid={name}: expected 1 to 32 bytes"))
}

fn key_of(psk: &str, ssid: &[u8]) -> Result<Pmk, String> {
    Pmk::from_psk(psk.as_bytes(), ssid)
        .ok_or_else(|| "psk=: expected 8 to 63 characters or 64 hexadecimal digits".into())
}

fn parse_mac(text: &str) -> Option<Mac> {
    let bytes: Option<Vec<u8>> = text.split([':', '-']).map(|b| u8::from_str_radix(b, 16).ok()).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_parse() {
        let n: Network =
            "ssid=a,,b,psk=secret123,channel=11,bssid=02:00:00:00:00:07,rssi=-70,hidden=on,loss=50"
                .parse()
                .unwrap();
        assert_eq!((n.ssid.as_slice(), n.wpa2, n.channel), (&b"a,b"[..], true, 11));
        assert_eq!((n.bssid, n.rssi, n.hidden, n.loss), ([2, 0, 0, 0, 0, 7], -70, true, 50));
        assert_eq!(n.pmk, Some(Pmk::derive(b"secret123", b"a,b")));
        let open: Network = "ssid=x".parse().unwrap();
        assert!(!open.wpa2 && open.bssid[0] & 3 == 2);
        let blank = "ssid=x psk=secret123".parse::<Network>().unwrap_err();
        assert!(blank.contains("comma") && !blank.contains("secret123"), "{blank}");
        assert!("ssid=x;psk=secret123".parse::<StationConfig>().is_err());
        for bad in [
            "ssid",
            "ssid=x,bssid=00:00:00:00:00:00",
            "",
            "psk=secret123",
            "ssid=",
            "ssid=x,channel=15",
            "ssid=x,rssi=5",
            "ssid=x,colour=red",
        ] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        let short = "ssid=x,psk=short".parse::<Network>().unwrap_err();
        assert!(short.contains("8 to 63") && !short.contains("short"), "{short}");
        let comma = "ssid=x,psk=secret12,word34".parse::<Network>().unwrap_err();
        assert!(comma.contains("comma") && !comma.contains("word34"), "{comma}");
        let comma = "ssid=x,psk=secret12,word34".parse::<StationConfig>().unwrap_err();
        assert!(comma.contains("comma") && !comma.contains("word34"), "{comma}");
    }

    #[test]
    fn stations_parse() {
        assert_eq!("".parse(), Ok(StationConfig::default()));
        let s: StationConfig = "ssid=x,psk=secret123".parse().unwrap();
        assert_eq!((s.ssid.as_deref(), s.pmk.is_some()), (Some(&b"x"[..]), true));
        assert!("psk=secret123".parse::<StationConfig>().is_err());
    }

    #[test]
    fn frames_cross_a_segment() {
        let frame =
            OnAir { frequency: 2437, wide: true, rate: 0xB, rssi: -1, clear: true, mpdu: vec![7; 30] };
        let mut ethernet = to_segment(&frame);
        ethernet.resize(64.max(ethernet.len()), 0);
        assert_eq!(from_segment(&ethernet), Some(OnAir { rssi: DEFAULT_RSSI, ..frame }));
        for n in 0..ethernet.len() {
            let _ = from_segment(&ethernet[..n]);
        }
        assert_eq!(from_segment(&[0; 64]), None);
    }
}
