//! Cases of the sample: the expected UART0 output on a first boot and on a second one with the flash contents
//! of the first (partial calibration), and the expected answers to a client on the host.

use super::*;
use esplens_core::time::Ticks;
use esplens_soc::boot::input;
use esplens_soc::fleet::{Faults, Lan};
use esplens_soc::machine::Machine;
use esplens_soc::net::air::StationConfig;
use esplens_soc::system::Output;
use esplens_tests::firmware::FirmwareCase;
use esplens_tests::http::HttpClient;
use esplens_tests::session::MS;
use regex::Regex;
use std::path::Path;

/// Output that no board shows either.
const NEVER: &str =
    r"pll_cal exceeds|bcn_timeout|m f probe req|Task watchdog|Interrupt wdt|Guru Meditation|rst:0x[789]";

/// Expectations that the image itself cannot meet, and their replacements.
const CORRECTED: [(&str, &str, Option<&str>, &str); 2] = [
    (
        "idf-3.1-wifi-sta",
        "connected with myssid",
        Some("connected with V20_7435"),
        "the image's network is V20_7435",
    ),
    (
        "idf-3.3-espnow",
        "unicast data from",
        None,
        "no path of the image's task sends anything but broadcasts",
    ),
];

fn case(name: &str) -> Option<(PathBuf, FirmwareCase)> {
    let folder = firmware::sample("firmware-wifi")?;
    let mut case = firmware::cases(&folder).into_iter().find(|c| c.name == name)?;
    for (_, has, instead, why) in CORRECTED.iter().filter(|c| c.0 == name) {
        let corrected = case.expect.iter().filter_map(|e| match e.contains(has) {
            true => instead.map(str::to_string),
            false => Some(e.clone()),
        });
        case.expect = corrected.collect();
        println!("{name}: {why}");
    }
    Some((folder.join(name).join(&case.flash), case))
}

/// Runs a case on a first and on a second boot.
fn check(name: &str, change: impl Fn(&mut MachineConfig), then: impl Fn(&mut UartSession)) {
    let Some((flash, case)) = case(name) else { return };
    let mut first = UartSession::boot(&flash, &change).unwrap();
    meet(&mut first, &case);
    then(&mut first);
    // NVS contains the calibration now.
    first.run_ms(2000).unwrap();
    let kept = first.machine.flash_bytes();
    let opts = Default::default();
    let input = input::from_bytes(Path::new("second boot"), &kept, &opts).unwrap();
    let mut config = MachineConfig::new(input.flash);
    change(&mut config);
    let mut second = UartSession::new(config);
    meet(&mut second, &case);
    assert!(!second.text[0].contains("full calibration"), "{name}: the second boot calibrates in part");
    then(&mut second);
}

fn meet(session: &mut UartSession, case: &FirmwareCase) {
    for expected in &case.expect {
        session.expect(expected, PATIENCE_MS).unwrap_or_else(|why| panic!("{}: {why}", case.name));
    }
    let never = Regex::new(NEVER).unwrap();
    assert_eq!(never.find(&session.text[0]).map(|m| m.as_str()), None, "{}", case.name);
    assert_eq!(session.warnings.iter().find(|w| !w.starts_with("Wi-Fi:")), None, "{}", case.name);
}

fn client_of(session: &mut UartSession) -> HttpClient {
    let client = HttpClient::default();
    session.machine.attach(Box::new(client.clone()));
    client
}

/// Returns the guest server's answer to a path.
fn get(session: &mut UartSession, client: &HttpClient, to: &str, path: &str) -> String {
    client.get(to.parse().unwrap(), path);
    let end = session.machine.now() + PATIENCE_MS * MS;
    while !client.is_done() && session.machine.now() < end {
        session.run_ms(1).unwrap();
    }
    client.answer()
}

#[test]
fn idf_3_1_station() {
    check("idf-3.1-wifi-sta", any, |_| {});
}

#[test]
fn idf_5_1_station_without_options() {
    check("idf-5.1-wifi-sta", any, |_| {});
}

#[test]
fn idf_5_1_station_of_a_named_network() {
    check("idf-5.1-wifi-sta", |c| networks(c, &["ssid=myssid,psk=mypassword,channel=11"]), |_| {});
}

#[test]
fn idf_3_3_access_point() {
    let with_station = |c: &mut MachineConfig| {
        any(c);
        c.air.station = Some(StationConfig::default());
    };
    check("idf-3.3-wifi-softap", with_station, |_| {});
}

#[test]
fn idf_5_5_nat_router_answers_through_a_station_that_joins_by_itself() {
    check("idf-5.5-nat-router", any, |session| {
        session.run_ms(3000).unwrap();
        let client = client_of(session);
        for to in ["192.168.4.1:80", "0.0.0.0:80"] {
            let answer = get(session, &client, to, "/");
            println!("{to}: {} bytes", answer.len());
            assert!(answer.starts_with("HTTP/1.1 200"), "{to}: {answer:?}");
        }
    });
}

#[test]
fn idf_4_0_server_answers() {
    check("../firmware/idf-4.0-httpd-wifi", any, |session| {
        let client = client_of(session);
        let answer = get(session, &client, "0.0.0.0:80", "/hello");
        assert!(answer.contains("200 OK") && answer.ends_with("Hello World!"), "{answer:?}");
    });
}

#[test]
fn micropython_scans_and_connects() {
    let Some(folder) = firmware::sample("firmware-wifi") else { return };
    let flash = folder.join("../firmware/micropython-1.20/flash.bin");
    let mut session = UartSession::boot(&flash, |c| {
        networks(c, &["ssid=OpenNet", "ssid=HomeNet,psk=secret123,channel=6"]);
    })
    .unwrap();
    session.expect(">>> ", PATIENCE_MS).unwrap();
    for (line, expected) in [
        ("import network", ">>> "),
        ("w=network.WLAN(network.STA_IF)", ">>> "),
        ("w.active(True)", "True"),
        ("w.scan()", "OpenNet.*HomeNet"),
        ("w.connect('HomeNet','secret123')", ">>> "),
    ] {
        session.send(&format!("{line}\r\n")).unwrap();
        session.expect(expected, PATIENCE_MS).unwrap();
    }
    session.run_ms(4000).unwrap();
    session.send("w.ifconfig()\r\n").unwrap();
    session.expect(r"\('10\.0\.2\.15'", PATIENCE_MS).unwrap();
    // An open network is selected where the firmware has no passphrase.
    session.send("w.disconnect(); w.connect('OpenNet')\r\n").unwrap();
    session.run_ms(4000).unwrap();
    session.send("w.config('essid'), w.isconnected()\r\n").unwrap();
    session.expect(r"\('OpenNet', True\)", PATIENCE_MS).unwrap();
}

/// Creates a machine for each image, on one shared air.
pub fn lan(images: &[&Path]) -> Lan {
    let make = |(n, image): (u8, &&Path)| {
        let mut config = MachineConfig::new(firmware::input(image).unwrap().flash);
        (config.segment, config.air.segment) = (true, true);
        config.seed = n.into();
        config.mac = Some([0x24, 0x0A, 0xC4, 0, 0x40, 4 * n]);
        Machine::new(config)
    };
    Lan::new((1..).zip(images).map(make).collect(), None, Faults::default(), 1)
}

/// Runs machines on one shared air. Returns the UART0 output of each.
pub fn run(lan: &mut Lan, machines: usize, until: Ticks) -> Vec<String> {
    let mut texts = vec![Vec::new(); machines];
    while lan.now() < until {
        lan.run((lan.now() + 10 * MS).min(until));
        for (n, text) in texts.iter_mut().enumerate() {
            for output in lan.machine(n).unwrap().take_output() {
                if let Output::Uart { n: 0, byte } = output {
                    text.push(byte);
                }
            }
        }
    }
    texts.iter().map(|t| String::from_utf8_lossy(t).into_owned()).collect()
}

/// The access point's channel is 40 MHz wide, the station's 20 MHz.
#[test]
fn a_machine_joins_the_access_point_of_another() {
    let (Some(ap), Some(station)) = (image("idf-3.3-wifi-softap"), image("idf-5.1-wifi-sta")) else { return };
    let texts = run(&mut lan(&[ap.as_path(), station.as_path()]), 2, 15_000 * MS);
    assert!(texts[1].contains("got ip:192.168.4."), "{}\n{}", texts[0], texts[1]);
}

#[test]
fn a_connection_waits_for_the_guests_own_network() {
    let Some(flash) = image("idf-5.5-nat-router") else { return };
    for to in ["0.0.0.0:80", "192.168.4.1:80"] {
        let mut session = UartSession::boot(&flash, any).unwrap();
        let client = client_of(&mut session);
        let answer = get(&mut session, &client, to, "/");
        assert!(answer.starts_with("HTTP/1.1 200"), "{to}: {answer:?}");
    }
}

#[test]
fn esp_now_between_two_machines() {
    let Some((flash, case)) = case("idf-3.3-espnow") else { return };
    let texts = run(&mut lan(&[flash.as_path(); 2]), 2, 9000 * MS);
    let never = Regex::new(NEVER).unwrap();
    let expected: Vec<Regex> = case.expect.iter().map(|e| Regex::new(e).unwrap()).collect();
    for text in texts {
        expected.iter().for_each(|e| assert!(e.is_match(&text), "{e}: {text}"));
        assert!(!never.is_match(&text), "{text}");
    }
}
