//! The chip's own Ethernet MAC with real firmware of ESP-IDF 5.0, which takes the address 192.168.0.1: link, connections
//! from the host, another machine on the switch, save and replay while frames are on the line.

use esplens_core::time::TICKS_PER_US;
use esplens_soc::dev::emac::phy::{PhyChip, PhyConfig};
use esplens_soc::dev::eth::EthModel;
use esplens_soc::fleet::{Faults, Lan};
use esplens_soc::machine::{Machine, MachineConfig, RunExit};
use esplens_soc::net::host::{HOST_IDS, HostCommand, HostEvent, HostNet};
use esplens_soc::net::user::UserNetConfig;
use esplens_soc::system::Output;
use esplens_tests::{UartSession, demo, firmware};
use regex::Regex;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

const MS: u64 = 1000 * TICKS_PER_US;

fn image() -> Option<PathBuf> {
    Some(firmware::chip_folder()?.join("idf-5.0-emac/flash.bin"))
}

/// Boots the image on the network 192.168.0.0/24.
fn boot(change: impl FnOnce(&mut MachineConfig)) -> Option<UartSession> {
    let image = image()?;
    let session = UartSession::boot(&image, |c| {
        c.eth = EthModel::Emac;
        c.network = Some(UserNetConfig::of_net([192, 168, 0, 0].into(), 24));
        change(c);
    });
    Some(session.unwrap())
}

/// Host with scripted events that records its commands.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<(VecDeque<HostEvent>, Vec<HostCommand>)>>);

impl HostNet for Script {
    fn command(&mut self, command: HostCommand) {
        self.0.lock().unwrap().1.push(command);
    }
    fn poll(&mut self) -> Option<HostEvent> {
        self.0.lock().unwrap().0.pop_front()
    }
}

impl Script {
    fn connect(&self, conn: u32) {
        let to = "192.168.0.1:80".parse().unwrap();
        self.0.lock().unwrap().0.push_back(HostEvent::Accepted { conn, to });
    }

    fn dropped(&self, conn: u32) -> bool {
        self.0.lock().unwrap().1.iter().any(|c| matches!(c, HostCommand::Drop { conn: n } if *n == conn))
    }
}

#[test]
fn the_link_follows_set_link() {
    let Some(mut s) = boot(|_| {}) else { return };
    s.expect("Ethernet Link Up", 20_000).unwrap();
    s.expect("Ethernet Got IP Address", 20_000).unwrap();
    assert!(s.machine.network_info().starts_with("emac.0: index=0,type=nic,model=emac,macaddr="));
    s.machine.set_link("emac.0", false).unwrap();
    s.expect("Ethernet Link Down", 5_000).unwrap();
    assert!(s.machine.network_info().contains("link=down"));
    s.machine.set_link("net0", true).unwrap();
    s.expect("Ethernet Link Up", 5_000).unwrap();
    assert!(s.machine.set_link("eth7", true).unwrap_err().contains("'emac.0'"));
    assert!(!s.warnings.iter().any(|w| w.contains("EMAC")), "{:?}", s.warnings);
}

/// Without a choice, and with open_eth, the warning names the option; without a choice the firmware runs.
#[test]
fn other_models_name_the_option() {
    let Some(mut s) = boot(|c| c.eth = EthModel::Auto) else { return };
    s.expect("Ethernet Got IP Address", 20_000).unwrap();
    let named = |s: &UartSession| s.warnings.iter().filter(|w| w.contains("--nic user,model=emac")).count();
    assert_eq!(named(&s), 1, "{:?}", s.warnings);
    let Some(mut s) = boot(|c| c.eth = EthModel::OpenEth) else { return };
    s.run_ms(2_000).unwrap();
    assert_eq!(named(&s), 1, "{:?}", s.warnings);
    assert!(!s.text[0].contains("Link Up"));
}

/// The image has the driver of the LAN8720. With a chip that was chosen it fails; its reboots would find the LAN8720.
#[test]
fn the_driver_refuses_another_chip() {
    let phy = PhyConfig { chip: Some(PhyChip::Ip101), addr: Some(0) };
    let Some(mut s) = boot(|c| c.phy = phy) else { return };
    s.expect("lan87xx: .*wrong chip", 20_000).unwrap();
    let wrong = PhyConfig { chip: None, addr: Some(5) };
    let Some(mut s) = boot(|c| c.phy = wrong) else { return };
    s.run_ms(3_000).unwrap();
    assert!(!s.text[0].contains("Link Up"), "no PHY at its address");
}

#[test]
fn a_connection_from_the_host_reaches_the_guest_and_its_refusal_returns() {
    let Some(mut s) = boot(|_| {}) else { return };
    let host = Script::default();
    s.machine.attach(Box::new(host.clone()));
    s.expect("Ethernet Got IP Address", 20_000).unwrap();
    s.run_ms(500).unwrap();
    let sent = |s: &UartSession| s.machine.soc().dev.eth.emac().unwrap().counters;
    let before = sent(&s);
    host.connect(HOST_IDS + 1);
    s.run_ms(200).unwrap();
    // ARP in both directions, a SYN, and lwIP's RST: nothing listens on the port.
    assert!(host.dropped(HOST_IDS + 1));
    let after = sent(&s);
    assert!(after.sent >= before.sent + 2 && after.received >= before.received + 2, "{before:?} {after:?}");
}

#[test]
fn a_run_saved_while_a_frame_is_on_the_line_replays() {
    let Some(mut s) = boot(|_| {}) else { return };
    let host = Script::default();
    s.machine.attach(Box::new(host.clone()));
    s.expect("Ethernet Got IP Address", 20_000).unwrap();
    let mut saved = Vec::new();
    for n in 0..20 {
        host.connect(HOST_IDS + 1 + n);
        for _ in 0..400 {
            s.run_to(s.machine.now() + 5 * TICKS_PER_US).unwrap();
            if s.machine.soc().dev.eth.emac().unwrap().tx.sending() && saved.len() < 5 {
                saved.push((s.machine.now(), s.machine.save()));
            }
        }
    }
    assert_eq!(saved.len(), 5, "frames were on the line");
    s.run_ms(100).unwrap();
    let (log, hash, end) = (s.machine.log().to_vec(), s.machine.state_hash(), s.machine.now());
    s.machine.set_muted(true);
    for (at, state) in &saved {
        s.machine.restore(state);
        assert_eq!(s.machine.now(), *at);
        let kept = s.machine.log().len();
        s.machine.replay(log.iter().skip(kept).cloned());
        s.run_to(end).unwrap();
        assert_eq!(s.machine.state_hash(), hash, "saved at {at}");
    }
}

/// The demo, on open_eth, pings the image on a switch that loses and reorders frames.
#[test]
fn another_machine_pings_it_on_a_switch() {
    let Some(image) = image() else { return };
    let machine = |flash: &PathBuf, eth| {
        let mut config = MachineConfig::new(firmware::input(flash).unwrap().flash);
        (config.segment, config.eth) = (true, eth);
        config.mac = Some([0x24, 0x0A, 0xC4, 0, 1, if eth == EthModel::Emac { 0 } else { 64 }]);
        Machine::new(config)
    };
    let machines = vec![machine(&demo::image(), EthModel::OpenEth), machine(&image, EthModel::Emac)];
    let mut lan = Lan::new(machines, None, Faults { reorder: 50, ..Faults::default() }, 1);
    let mut text = [String::new(), String::new()];
    let mut expect = |lan: &mut Lan, n: usize, pattern: &str, ms: u64| {
        let regex = Regex::new(pattern).unwrap();
        let end = lan.now() + ms * MS;
        while !regex.is_match(&text[n]) {
            assert!(lan.now() < end, "machine {n}: no {pattern:?} in {}", text[n]);
            let until = lan.now() + 10 * MS;
            assert_eq!(lan.run(until), RunExit::Until);
            for (n, text) in text.iter_mut().enumerate() {
                for output in lan.machine(n).unwrap().take_output() {
                    if let Output::Uart { n: 0, byte } = output {
                        text.push(byte.into());
                    }
                }
            }
        }
        text[n].clear();
    };
    expect(&mut lan, 1, "Ethernet Got IP Address", 20_000);
    expect(&mut lan, 0, "no DHCP server answers", 30_000);
    lan.machine(0).unwrap().uart_input(0, b"ip 192.168.0.77/24\r");
    expect(&mut lan, 0, "192.168.0.77", 5_000);
    lan.machine(0).unwrap().uart_input(0, b"ping 192.168.0.1 20\r");
    expect(&mut lan, 0, "ping: 20 sent, 20 received", 60_000);
}
