//! Snapshot tests of every pane and every layout, with real runs. `INSTA_UPDATE=always cargo test -p esplens --test
//! dash_panes` updates the snapshots.

use esplens::dash::layout::LayoutId;
use esplens::dash::pane_id::PaneId;
use esplens::dash::rig::Rig;
use esplens::dash::wire::{Action, AirRecord, DashEvent, FrameRecord};
use esplens_soc::net::air::frame::{self as ieee, BssInfo, Ds, Security, Tim};
use esplens_soc::net::air::wpa::{Tk, ccmp};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Returns the demo after 3.5 s: an address by DHCP, a page fetched, some events traced, stopped in a task.
fn demo() -> Rig {
    let mut rig = Rig::demo(200, 60);
    rig.act(None, Action::Trace("open_eth*,-open_eth_reg*,-open_eth_desc*".into()));
    for pane in [PaneId::Timeline, PaneId::Eth] {
        rig.show(pane);
    }
    rig.act(None, Action::Run);
    rig.run_to(2700);
    rig.http_get("/hello");
    rig.run_to(3500);
    rig.keys("Space");
    rig
}

fn snapshot(name: &str, rig: &mut Rig) {
    for (width, height) in SIZES {
        rig.resize(width, height);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), rig.text());
    }
}

/// Presses keys so that a pane shows some content; expressions and addresses depend on the firmware.
fn show(rig: &mut Rig, pane: PaneId, names: &Names) {
    rig.show(pane);
    match pane {
        PaneId::Periph => {
            rig.keys("/");
            rig.line("Timg0");
            rig.keys("Enter");
            // The bit fields of the first register.
            rig.keys("Down Enter");
        }
        PaneId::Watch => {
            for expression in names.watch {
                rig.keys("a");
                rig.line(expression);
            }
            // A structure, a list in it, and the character array with its name.
            "Enter Down Down Enter".split(' ').for_each(|key| rig.keys(key));
        }
        PaneId::Frames => rig.keys("Enter"),
        PaneId::Memory => {
            rig.keys("g");
            rig.line(names.memory);
        }
        PaneId::Prompt => {
            rig.keys("Enter");
            rig.line("info status");
            rig.keys("Esc");
        }
        PaneId::Points => rig.act(None, Action::Monitor("break frame 'tcp port 80'".into())),
        _ => {}
    }
}

/// Expressions and addresses for [`show`].
struct Names {
    watch: &'static [&'static str],
    memory: &'static str,
}

const TASKS: Names = Names { watch: &["*pxCurrentTCBs[0]", "xTickCount"], memory: "pxCurrentTCBs" };

#[test]
fn panes_of_the_demo() {
    let mut rig = demo();
    for pane in PaneId::ALL {
        rig.resize(200, 60);
        show(&mut rig, pane, &TASKS);
        snapshot(&format!("pane_{}", pane.name()), &mut rig);
    }
}

#[test]
fn layouts_of_the_demo() {
    let mut rig = demo();
    rig.state.zoom = false;
    for (n, layout) in LayoutId::ALL.iter().enumerate() {
        rig.keys(&(n + 1).to_string());
        snapshot(&format!("layout_{}", layout.name()), &mut rig);
    }
}

const AP: [u8; 6] = [2, 0, 0, 0, 0, 0xA];
const STATION: [u8; 6] = [0x24, 0x0A, 0xC4, 0, 0, 1];

/// Returns the demo with the chip's Wi-Fi MAC as after a driver has joined a network on channel 6, stopped.
fn wifi() -> Rig {
    let mut rig = Rig::demo(200, 60);
    const LIST: u32 = 0x3FFB_0000;
    let list = (0..6).flat_map(|n| {
        let (at, next) = (LIST + 12 * n, if n < 5 { LIST + 12 * (n + 1) } else { 0 });
        // The first descriptor is filled and not taken yet.
        let length = if n == 0 { 164 << 12 | 1 << 30 } else { 0 };
        [(at, length | 1 << 31 | 1600), (at + 4, 0x3FFB_1000 + 0x640 * n), (at + 8, next)]
    });
    let mac = [
        (0x40, 0x00C4_0A24),
        (0x44, 0x0100),
        (0x60, u32::MAX),
        (0x64, 0x1_FFFF), // receiver address
        (0x00, 0x0000_0002),
        (0x04, 0x0A00),
        (0x20, u32::MAX),
        (0x24, 0x1_FFFF), // BSSID
        (0x1400, 0x0000_0002),
        (0x1404, 3 << 18 | 1 << 21 | 0x0A00),
        (0x1408, 0x1234_5678), // pairwise key
        (0x1428, 0x0000_0002),
        (0x142C, 1 << 30 | 3 << 18 | 1 << 23 | 0x0A00), // group key
        (0x814, 3),
        (0x84, 1 << 31),
        (0x88, LIST),
        (0xC40, 0x0100_00A4),
    ];
    let mac = mac.map(|(offset, value)| (0x3FF7_3000 + offset, value));
    for (at, value) in list.chain(mac) {
        rig.act(None, Action::Monitor(format!("mww {at:#x} {value:#x}")));
    }
    let join = "wifi add ssid=home,psk=secret123,channel=6,bssid=02:00:00:00:00:0a,rssi=-47";
    rig.act(None, Action::Monitor(join.into()));
    rig.act(None, Action::Monitor("step 1".into()));
    frames_of_the_air().for_each(|frame| rig.push_events(frame));
    rig
}

/// Returns a beacon, a message of the handshake, a protected frame, an ACK, and the bridged Ethernet frame.
fn frames_of_the_air() -> impl Iterator<Item = DashEvent> {
    let (ssid, security) = (b"home".to_vec(), Security::Wpa2Psk);
    let bss = BssInfo { bssid: AP, ssid, channel: 6, interval: 100, security, hidden: false };
    let tim = Tim { dtim_count: 0, dtim_period: 1, group: true, aids: [1].into() };
    let eapol = ieee::data(Ds::To { bssid: AP }, AP, STATION, ieee::ETHERTYPE_EAPOL, &[1, 3, 0, 0]);
    let plain = ieee::data(Ds::From { bssid: AP }, STATION, AP, 0x0800, &[0x45; 60]);
    let protected = ccmp::seal(&plain, &Tk::new([1; 16]), 5, 0).unwrap();
    let mut arp =
        [&[0xFF; 6][..], &STATION, &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1], &STATION, &[10, 0, 2, 15]].concat();
    arp.extend([0, 0, 0, 0, 0, 0, 10, 0, 2, 2]);
    let air = |rssi| Some(AirRecord { frequency: 2437, rate: 0xB, rssi, clear: false });
    let all = [
        (true, ieee::beacon(&bss, 102_400, &tim), air(-47)),
        (false, eapol, air(0)),
        (true, protected, air(-47)),
        (true, ieee::ack(STATION), air(-47)),
        (false, arp, None),
    ];
    let row = |(n, (rx, bytes, air)): (usize, (bool, Vec<u8>, Option<AirRecord>))| {
        DashEvent::Frame(FrameRecord { at: 480_000 * (n as u64 + 1), rx, core: 0, pc: 0, bytes, air })
    };
    all.into_iter().enumerate().map(row)
}

#[test]
fn the_wifi_mac_in_the_network_layout() {
    let mut rig = wifi();
    rig.keys("4");
    snapshot("layout_wifi", &mut rig);
    assert!(rig.text().contains("CCMP") && !rig.text().contains("12345678"), "{}", rig.text());
    rig.resize(120, 40);
    rig.show(PaneId::Frames);
    rig.keys("Home Enter");
    insta::assert_snapshot!("wifi_beacon", rig.text());
    rig.show(PaneId::Eth);
    rig.keys("w");
    assert!(rig.text().contains("transmit ring") && !rig.text().contains("key slot"), "{}", rig.text());
    rig.keys("w Right");
    assert!(rig.text().contains("key slot"), "{}", rig.text());
    rig.keys("*");
    assert!(rig.text().contains("3ffb1640"), "the descriptor's buffer: {}", rig.text());
}

#[test]
fn a_passphrase_typed_at_the_prompt_is_not_shown_again() {
    let mut rig = Rig::demo(120, 40);
    rig.show(PaneId::Prompt);
    rig.keys("Enter");
    rig.line("wifi add ssid=home,psk=Hidden123,rssi=-50");
    assert!(rig.text().contains("psk=...,rssi=-50") && !rig.text().contains("Hidden"), "{}", rig.text());
    rig.keys("Up");
    assert!(!rig.text().contains("Hidden"), "{}", rig.text());
}

#[test]
fn help_palette_and_questions_lie_over_the_panes() {
    let mut rig = Rig::demo(100, 30);
    rig.keys("?");
    insta::assert_snapshot!("help", rig.text());
    rig.keys("Esc Ctrl-p n e t");
    insta::assert_snapshot!("palette", rig.text());
    rig.keys("Enter");
    assert_eq!(rig.state.layouts.current, LayoutId::Network);
    rig.keys("5 Tab q");
    insta::assert_snapshot!("quit", rig.text());
}

/// Returns an image of the firmware sample after a number of virtual milliseconds, stopped.
fn shared(name: &str, ms: u64) -> Option<Rig> {
    let folder = esplens_testkit::firmware(name)?;
    let elf = Some(folder.join("app.elf")).filter(|f| f.exists());
    let mut rig = Rig::image(&folder.join("flash.bin"), elf.as_deref(), (120, 40)).unwrap();
    rig.keys("3");
    rig.act(None, Action::Run);
    rig.run_to(ms);
    rig.keys("Space");
    Some(rig)
}

/// Asserts snapshots of several pictures at every size, with one file per size.
fn pictures<T: Copy>(name: &str, rig: &mut Rig, of: &[T], mut show: impl FnMut(&mut Rig, T)) {
    let mut texts = vec![String::new(); SIZES.len()];
    for what in of {
        rig.resize(200, 60);
        show(rig, *what);
        for ((width, height), text) in SIZES.iter().zip(&mut texts) {
            rig.resize(*width, *height);
            *text += &format!("{}\n", rig.text());
        }
    }
    for ((width, height), text) in SIZES.iter().zip(texts) {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), text);
    }
}

fn every_pane(name: &str, rig: &mut Rig, names: &Names) {
    pictures(name, rig, &PaneId::ALL, |rig, pane| show(rig, pane, names));
}

#[test]
fn panes_of_an_idf_application() {
    let Some(mut rig) = shared("idf-5.3-blink", 1500) else { return };
    every_pane("blink", &mut rig, &TASKS);
}

#[test]
fn panes_without_symbols() {
    let Some(mut rig) = shared("idf-6.0-openeth-mqtt", 3000) else { return };
    let names = Names { watch: &["xTickCount", "$a1"], memory: "0x3ffb0000" };
    every_pane("mqtt", &mut rig, &names);
}

#[test]
fn layouts_of_idf_applications() {
    for (name, ms) in [("idf-5.2-deadline", 2500), ("rust-openeth-http", 3000)] {
        let Some(mut rig) = shared(name, ms) else { return };
        let layouts: Vec<usize> = (1..=LayoutId::ALL.len()).collect();
        pictures(&format!("layouts_{name}"), &mut rig, &layouts, |rig, n| rig.keys(&n.to_string()));
    }
}
