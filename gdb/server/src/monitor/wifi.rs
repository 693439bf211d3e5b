//! `wifi`: faults and changes of the air. `info wifi`: state of the air and of the chip's Wi-Fi MAC.

use super::{Error, Result};
use clap::{Args, Subcommand};
use esplens_debuginfo::filter::mac_text;
use esplens_soc::dev::radio::mac::WifiMac;
use esplens_soc::dev::radio::mac::keys::KeySlot;
use esplens_soc::machine::{Input, Machine};
use esplens_soc::net::air::{AirCommand, channel_of};
use esplens_supervisor::Handle;
use std::fmt::Write;

/// Adds, removes and moves access points, and drops frames. Each change takes effect when the machine runs, and is
/// replayed with the run. Without SSID it applies to all access points. An SSID is the rest of the line and may contain
/// spaces.
#[derive(Debug, Args)]
pub struct WifiCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Add an access point.
    Add {
        /// ssid=NAME[,psk=PASSPHRASE][,channel=N][,bssid=MAC][,rssi=DBM][,hidden=on][,loss=PERMILLE]
        network: String,
    },
    /// Remove access points.
    Remove {
        #[arg(allow_hyphen_values = true)]
        ssid: Option<String>,
    },
    /// Switch on access points.
    Up {
        #[arg(allow_hyphen_values = true)]
        ssid: Option<String>,
    },
    /// Switch off access points: no beacons, no responses, all stations forgotten.
    Down {
        #[arg(allow_hyphen_values = true)]
        ssid: Option<String>,
    },
    /// Move access points to a channel, 1 to 14.
    Channel {
        #[arg(value_parser = clap::value_parser!(u8).range(1..=14))]
        number: u8,
        #[arg(allow_hyphen_values = true)]
        ssid: Option<String>,
    },
    /// Set the signal strength at the firmware's antenna in dBm, -127 to 0; below -95 nothing is received.
    Rssi {
        #[arg(allow_hyphen_values = true, value_parser = clap::value_parser!(i8).range(-127..=0))]
        dbm: i8,
        #[arg(allow_hyphen_values = true)]
        ssid: Option<String>,
    },
    /// Drop this many of a thousand frames, in both directions.
    Loss {
        #[arg(value_parser = clap::value_parser!(u16).range(0..=1000))]
        permille: u16,
        #[arg(allow_hyphen_values = true)]
        ssid: Option<String>,
    },
    /// Deauthenticate all stations, with a reason code of IEEE 802.11 (default: 1, unspecified).
    Deauth {
        /// [REASON] [SSID]
        #[arg(num_args = 0..=2, allow_hyphen_values = true)]
        of: Vec<String>,
    },
    /// Give all stations a new group key.
    Rekey {
        #[arg(allow_hyphen_values = true)]
        ssid: Option<String>,
    },
    /// Let the virtual station join the firmware's own access point.
    Join,
    /// Let the virtual station leave it.
    Leave,
}

/// Splits a `wifi` line into words: a number is a separate word, and the rest is one word, as names and passphrases may
/// contain spaces.
pub fn words(line: &str) -> Vec<String> {
    let (name, rest) = first(line.trim());
    let (verb, mut rest) = first(rest);
    let mut words = vec![name, verb];
    if matches!(verb, "channel" | "rssi" | "loss" | "deauth") {
        let (number, more) = first(rest);
        // A name may begin with a digit: only a word that is a number is a reason.
        if verb != "deauth" || number.parse::<u16>().is_ok() {
            words.push(number);
            rest = more;
        }
    }
    words.push(rest);
    words.into_iter().filter(|w| !w.is_empty()).map(Into::into).collect()
}

/// Returns the first word and the rest.
fn first(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(a, b)| (a, b.trim_start()))
}

impl WifiCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let command = self.what.command().map_err(Error::User)?;
        if let AirCommand::Add(network) = &command {
            let network = network.clone();
            handle.call(move |s| s.machine().air().fits(&network))?.map_err(Error::User)?;
        }
        let (name, told) = (named(&command), command.clone());
        handle.call(move |s| s.machine_mut().input(Input::Air(told)))?;
        let Some(name) = name else { return Ok(String::new()) };
        let known = handle.call(move |s| ssids(s.machine()).contains(&name))?;
        let hint = "no access point of this name is on the air now; 'info wifi' lists them\n";
        Ok(if known { "" } else { hint }.into())
    }
}

impl What {
    fn command(&self) -> std::result::Result<AirCommand, String> {
        let bytes = |ssid: &Option<String>| ssid.as_ref().map(|s| s.clone().into_bytes());
        Ok(match self {
            Self::Add { network } => AirCommand::Add(network.parse()?),
            Self::Remove { ssid } => AirCommand::Remove(bytes(ssid)),
            Self::Up { ssid } => AirCommand::Up(bytes(ssid), true),
            Self::Down { ssid } => AirCommand::Up(bytes(ssid), false),
            Self::Channel { number, ssid } => AirCommand::Channel(bytes(ssid), *number),
            Self::Rssi { dbm, ssid } => AirCommand::Rssi(bytes(ssid), *dbm),
            Self::Loss { permille, ssid } => AirCommand::Loss(bytes(ssid), *permille),
            Self::Deauth { of } => {
                let reason = of.first().and_then(|word| word.parse().ok());
                let ssid = of.get(usize::from(reason.is_some())).cloned();
                AirCommand::Deauthenticate(bytes(&ssid), reason.unwrap_or(1))
            }
            Self::Rekey { ssid } => AirCommand::Rekey(bytes(ssid)),
            Self::Join => AirCommand::Join,
            Self::Leave => AirCommand::Leave,
        })
    }
}

/// Returns the SSID in a command that requires it to exist.
fn named(command: &AirCommand) -> Option<Vec<u8>> {
    match command {
        AirCommand::Add(_) | AirCommand::Join | AirCommand::Leave => None,
        AirCommand::Remove(ssid)
        | AirCommand::Up(ssid, _)
        | AirCommand::Channel(ssid, _)
        | AirCommand::Rssi(ssid, _)
        | AirCommand::Loss(ssid, _)
        | AirCommand::Deauthenticate(ssid, _)
        | AirCommand::Rekey(ssid) => ssid.clone(),
    }
}

/// Returns the SSIDs of the access points on the air.
pub fn ssids(m: &Machine) -> Vec<Vec<u8>> {
    m.air().access_points().iter().map(|ap| ap.network().ssid.clone()).collect()
}

/// Removes passphrases from a line that is displayed.
#[must_use]
pub fn without_passphrase(line: &str) -> String {
    const KEY: &str = "psk=";
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find(KEY) {
        let (before, value) = rest.split_at(at + KEY.len());
        out = out + before + "...";
        rest = &value[end_of_value(value)..];
    }
    out + rest
}

/// Returns the end of an option's value: two commas stand for one in the value.
fn end_of_value(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b',', Some(b',')) => at += 2,
            (b',', _) => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Handles `info wifi`.
pub fn info(m: &Machine) -> String {
    let mac = &m.soc().dev.wifi_mac;
    let mut out = if mac.enabled() { chip(m, mac) } else { "mac: off\n".into() };
    out += &m.air().describe();
    out
}

fn on(value: bool) -> &'static str {
    if value { "on" } else { "off" }
}

/// Describes the state of the chip's MAC.
fn chip(m: &Machine, mac: &WifiMac) -> String {
    let radio = &m.soc().sys.radio;
    let (mhz, width) = (radio.frequency, if radio.wide { 40 } else { 20 });
    // The centre of a 40 MHz channel is not the number of a primary channel.
    let channel = match channel_of(mhz) {
        0 => "none".into(),
        n if radio.wide => format!("centre {n}"),
        n => n.to_string(),
    };
    let mut out = format!(
        "mac: on,channel={channel},frequency={mhz},width={width},receiver={},promiscuous={}\n",
        on(mac.receiving()),
        on(mac.promiscuous())
    );
    let rx = mac.rx_list();
    let _ = writeln!(
        out,
        "receive list: base={:#010x},next={:#010x},last={:#010x},lost={}",
        rx.base, rx.next, rx.last, rx.lost
    );
    let busy: Vec<String> =
        (0..32).filter(|n| mac.busy_slots() >> n & 1 != 0).map(|n| n.to_string()).collect();
    let _ = writeln!(
        out,
        "transmit slots busy: {}",
        if busy.is_empty() { "none".into() } else { busy.join(" ") }
    );
    let [station, ap] = radio.tsf.map(|t| t.at(m.now()));
    let _ = writeln!(out, "tsf: station={station},ap={ap}");
    for (n, name) in [(0, "station"), (1, "ap")] {
        let text = |mac: Option<[u8; 6]>| mac.map_or("off".into(), mac_text);
        let (receiver, bssid) = (text(mac.address(n)), text(mac.bssid_filter(n)));
        let _ = writeln!(out, "filter {n} ({name}): receiver={receiver},bssid={bssid}");
    }
    mac.key_slots().for_each(|key| out += &key_line(&key));
    out
}

/// Describes a key slot, without its key.
fn key_line(key: &KeySlot) -> String {
    let algorithm = match key.algorithm {
        1 => "wep",
        2 => "tkip",
        3 => "ccmp",
        _ => "other",
    };
    let kind = match (key.pairwise, key.group) {
        (true, true) => "pairwise+group",
        (_, true) => "group",
        _ => "pairwise",
    };
    let (slot, peer, id, interface) = (key.slot, mac_text(key.address), key.key_id, key.interface);
    format!("key slot {slot}: peer={peer},algorithm={algorithm},{kind},id={id},interface={interface}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{complete, run};
    use esplens_soc::net::air::Network;
    use esplens_supervisor::{Speed, spawn};
    use esplens_testkit::hello as machine;

    fn handle() -> Handle {
        spawn(machine(), Speed::Max).unwrap().0.register("test")
    }

    /// Returns the air command that a line adds to the input log.
    fn told(line: &str) -> Option<AirCommand> {
        let h = handle();
        run(&h, line);
        run(&h, "step 1");
        h.call(|s| {
            s.machine()
                .log()
                .iter()
                .find_map(|(_, i)| if let Input::Air(c) = i { Some(c.clone()) } else { None })
        })
        .unwrap()
    }

    #[test]
    fn lines_become_commands_of_the_log() {
        let home = || Some(b"my home".to_vec());
        let network: Network = "ssid=my home,psk=a b  c d e,channel=11".parse().unwrap();
        let table = [
            ("wifi add ssid=my home,psk=a b  c d e,channel=11", AirCommand::Add(network)),
            ("wifi remove my home", AirCommand::Remove(home())),
            ("wifi remove", AirCommand::Remove(None)),
            ("wifi up my home", AirCommand::Up(home(), true)),
            ("wifi down", AirCommand::Up(None, false)),
            ("wifi channel 13 my home", AirCommand::Channel(home(), 13)),
            ("wifi rssi -70", AirCommand::Rssi(None, -70)),
            ("wifi loss 500 my home", AirCommand::Loss(home(), 500)),
            ("wifi deauth", AirCommand::Deauthenticate(None, 1)),
            ("wifi deauth 4", AirCommand::Deauthenticate(None, 4)),
            ("wifi deauth my home", AirCommand::Deauthenticate(home(), 1)),
            ("wifi deauth 4 my home", AirCommand::Deauthenticate(home(), 4)),
            ("wifi rekey", AirCommand::Rekey(None)),
            ("wifi join", AirCommand::Join),
            ("wifi leave", AirCommand::Leave),
        ];
        for (line, want) in table {
            assert_eq!(told(line), Some(want), "{line}");
        }
    }

    #[test]
    fn wrong_lines_say_so_and_change_nothing() {
        for (line, says) in [
            ("wifi add", "network"),
            ("wifi add channel=3", "ssid=NAME is missing"),
            ("wifi channel 15", "1..=14"),
            ("wifi channel", "number is missing"),
            ("wifi rssi 5", "-127..=0"),
            ("wifi loss 1001", "1000"),
            ("wifi nonsense", "nonsense"),
            ("wifi", "missing"),
        ] {
            let answer = run(&handle(), line);
            assert!(answer.to_lowercase().contains(&says.to_lowercase()), "{line}: {answer}");
            assert_eq!(told(line), None, "{line}");
        }
        assert!(run(&handle(), "wifi down nosuch").contains("no access point"));
    }

    #[test]
    fn no_answer_shows_a_passphrase() {
        let h = handle();
        for line in [
            "wifi add ssid=x,psk=Hidden12",
            "wifi add ssid=x,psk=Hidden1",
            "wifi add psk=Hidden12",
            "wifi add ssid=x,psk=Hidden12,Hidden34",
            "wifi add ssid=x,psk=Hidden12,colour=red",
            "wifi add ssid=x psk=Hidden12",
            "wifi psk=Hidden12",
            "wifi psk=a Hidden12",
            "wifi join psk=Hidden12",
            "wifi channel psk=Hidden12",
            "wifi remove psk=Hidden12",
            "psk=Hidden12",
            "wifii add ssid=x,psk=Hidden12",
            "info wifi psk=Hidden12",
        ] {
            let answer = run(&h, line) + &run(&h, "step 1") + &run(&h, "info wifi");
            assert!(!answer.contains("idden"), "{line}: {answer}");
        }
        assert_eq!(
            without_passphrase("wifi add ssid=x,psk=a,,b c,rssi=-4"),
            "wifi add ssid=x,psk=...,rssi=-4"
        );
        assert_eq!(without_passphrase("psk=a,psk=b"), "psk=...,psk=...");
        assert_eq!(without_passphrase("info wifi"), "info wifi");
    }

    #[test]
    fn the_air_is_listed_and_completed() {
        let h = handle();
        assert_eq!(run(&h, "info wifi"), "mac: off\n");
        run(&h, "wifi add ssid=home,psk=secret123,channel=6,rssi=-50");
        run(&h, "step 1");
        let info = run(&h, "info wifi");
        assert!(info.contains("ssid=\"home\",security=wpa2,channel=6"), "{info}");
        assert_eq!(complete(&h, "wifi re"), ["rekey", "remove"]);
        assert_eq!(complete(&h, "wifi down h"), ["home"]);
        assert_eq!(complete(&h, "info w"), ["wifi"]);
    }
}
