//! Every pane and every layout, on real runs. `INSTA_UPDATE=always cargo test -p esplens --test dash_panes` refreshes
//! the snapshots.

use esplens::dash::layout::LayoutId;
use esplens::dash::pane::PaneId;
use esplens::dash::rig::Rig;
use esplens::dash::wire::Action;
use std::path::PathBuf;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// The demo after 3.5 s: an address by DHCP, a page fetched, some events traced, stopped in a task.
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

/// Keys that make a pane interesting; what is watched and looked up depends on the firmware.
fn show(rig: &mut Rig, pane: PaneId, names: &Names) {
    rig.show(pane);
    match pane {
        PaneId::Periph => {
            rig.keys("/");
            rig.line("Timg0");
            rig.keys("Enter");
        }
        PaneId::Watch => {
            for expression in names.watch {
                rig.keys("a");
                rig.line(expression);
            }
            // A structure, a list in it, and the array of characters that its name is.
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

/// What [`show`] looks at.
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

/// An image of the firmware sample, after so many virtual milliseconds, stopped.
fn shared(name: &str, ms: u64) -> Option<Rig> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let shared = std::env::var_os("ESPLENS_SHARED").map_or_else(|| beside.into(), PathBuf::from);
    let places = [shared, "/work/shared".into()].map(|s| s.join("firmware").join(name));
    let Some(folder) = places.into_iter().find(|f| f.join("flash.bin").exists()) else {
        eprintln!("skipped: no firmware sample (set ESPLENS_SHARED)");
        return None;
    };
    let elf = Some(folder.join("app.elf")).filter(|f| f.exists());
    let mut rig = Rig::image(&folder.join("flash.bin"), elf.as_deref(), (120, 40)).unwrap();
    rig.keys("3");
    rig.act(None, Action::Run);
    rig.run_to(ms);
    rig.keys("Space");
    Some(rig)
}

/// Pictures at every size, a file for each size.
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
