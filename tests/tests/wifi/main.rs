//! Wi-Fi with third-party firmware: every case of the sample, faults on demand, equal runs, captures.

mod capture;
mod cases;
mod faults;
mod frames;
mod state;
mod stop;

use esplens_soc::machine::MachineConfig;
use esplens_soc::net::air::Network;
use esplens_tests::{UartSession, firmware};
use std::path::PathBuf;

/// Virtual time limit of an expectation.
const PATIENCE_MS: u64 = 30_000;

/// Returns the path of an image of the sample. Without it prints a line about it and returns `None`.
fn image(name: &str) -> Option<PathBuf> {
    Some(firmware::sample("firmware-wifi")?.join(name).join("flash.bin"))
}

/// Configures a network that answers by itself, and an air with every network that the firmware asks for.
fn any(config: &mut MachineConfig) {
    config.network = Some(firmware::restricted());
    config.air.any = true;
}

/// Configures the same with named networks.
fn networks(config: &mut MachineConfig, options: &[&str]) {
    any(config);
    config.air.any = false;
    config.air.networks = options.iter().map(|o| o.parse::<Network>().unwrap()).collect();
}

/// Boots the station of IDF 5.1 in its network "myssid", until it has an address.
fn station() -> Option<UartSession> {
    let mut session = UartSession::boot(&image("idf-5.1-wifi-sta")?, |c| {
        networks(c, &["ssid=myssid,psk=mypassword,channel=6"]);
    })
    .unwrap();
    session.expect("got ip:", PATIENCE_MS).unwrap();
    Some(session)
}
