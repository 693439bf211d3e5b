//! `--wifi`: networks and stations on the air.

use super::nic::NicKind;
use esplens_soc::net::air::{self, AirConfig, Network, StationConfig};

/// Returns the air for all `--wifi` options. Without one, a network appears when the firmware asks for it, provided
/// that the user network is connected. Several machines on a segment receive each other instead.
///
/// # Errors
/// The invalid option and the reason, without its passphrase.
pub fn config(options: &[String], nic: NicKind) -> Result<AirConfig, String> {
    let segment = nic == NicKind::Socket;
    let station = |o: &String| o.split(',').next() == Some("station");
    let any = nic == NicKind::User && options.iter().all(station);
    let mut config = AirConfig { any, segment, ..AirConfig::default() };
    for option in options {
        let wrong = |why: String| format!("--wifi: {why}");
        match option.split_once(',').map_or((option.as_str(), ""), |(kind, rest)| (kind, rest)) {
            ("none", "") => {}
            ("station", rest) => config.station = Some(rest.parse::<StationConfig>().map_err(wrong)?),
            _ => {
                let network: Network = option.parse().map_err(wrong)?;
                air::fits(&config.networks.iter().collect::<Vec<_>>(), &network).map_err(wrong)?;
                config.networks.push(network);
            }
        }
    }
    if options.len() > 1 && options.iter().any(|o| o == "none") {
        return Err("--wifi none cannot be combined with another --wifi".into());
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &[&str], nic: NicKind) -> Result<AirConfig, String> {
        let options: Vec<String> = options.iter().map(|o| o.to_string()).collect();
        config(&options, nic)
    }

    #[test]
    fn the_air_follows_from_the_options() {
        assert!(parse(&[], NicKind::User).unwrap().any);
        let socket = parse(&[], NicKind::Socket).unwrap();
        assert!(!socket.any && socket.segment);
        assert_eq!(parse(&["none"], NicKind::User), Ok(AirConfig::default()));
        let two = parse(&["ssid=a", "ssid=b,psk=secret123"], NicKind::User).unwrap();
        assert_eq!((two.networks.len(), two.any), (2, false));
        assert!(parse(&["station"], NicKind::User).unwrap().station.is_some());
        let many: Vec<String> = (0..33).map(|n| format!("ssid=n{n}")).collect();
        assert!(config(&many, NicKind::User).unwrap_err().contains("at most 32"));
        assert!(parse(&["ssid=a", "ssid=a,channel=6"], NicKind::User).unwrap_err().contains("bssid=MAC"));
        assert!(parse(&["station,ssid=a,psk=secret123"], NicKind::User).unwrap().any);
        for bad in [&["nothing"][..], &["none", "ssid=a"], &["ssid=a,psk=x"], &["station,channel=1"]] {
            assert!(parse(bad, NicKind::User).unwrap_err().starts_with("--wifi"), "{bad:?}");
        }
    }
}
