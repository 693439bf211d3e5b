//! Renders pictures of each layout for docs/ and docs/user/dashboard.md from a run of the demo: `cargo xtask
//! screenshots`.

use esplens::dash::layout::LayoutId;
use esplens::dash::pane::PaneId;
use esplens::dash::rig::Rig;
use esplens::dash::svg::svg;
use esplens::dash::wire::Action;
use std::path::PathBuf;

/// Size of the pictures in cells.
const SIZE: (u16, u16) = (170, 48);

/// Returns the number of the line in the demo's main.c that contains a text.
fn line(text: &str) -> usize {
    let lines = include_str!("../../fixtures/demo/main.c").lines();
    lines.take_while(|l| !l.contains(text)).count() + 1
}

/// Runs the demo until every pane has content: traffic, a stop where a priority is inherited, watched values.
fn story() -> Rig {
    let mut rig = Rig::demo(SIZE.0, SIZE.1);
    rig.show(PaneId::Trace);
    rig.keys("a");
    rig.line("open_eth* -open_eth_reg* -open_eth_desc* irq* uart_tx");
    for pane in [PaneId::Timeline, PaneId::Eth] {
        rig.show(pane);
    }
    rig.act(None, Action::Run);
    rig.run_to(2600);
    rig.http_get("/hello");
    rig.run_to(3600);
    rig.http_get("/");
    // The task that holds the mutex finds here that it runs with the waiting task's priority.
    rig.act(None, Action::Monitor(format!("break main.c:{}", line("counters.inherited++"))));
    rig.run_to(6000);
    rig.state.zoom = false;
    rig.keys("5 g");
    rig.line("pxCurrentTCBs");
    for expression in ["*pxCurrentTCBs[0]", "counters", "messages"] {
        rig.state.focus = PaneId::Watch;
        rig.keys("a");
        rig.line(expression);
    }
    rig.keys("Home Down Right");
    // Selects the response to the request, not its acknowledgement.
    rig.state.focus = PaneId::Frames;
    rig.keys("Up");
    rig.state.focus = PaneId::Periph;
    rig.keys("/");
    rig.line("Uart0");
    rig.keys("Enter n");
    let now = rig.now_ms();
    rig.run_to(now + 100);
    rig.state.focus = PaneId::Prompt;
    rig.keys("Enter");
    rig.line("info status");
    rig.keys("Esc");
    rig
}

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs/screenshots".into()));
    std::fs::create_dir_all(&folder)?;
    let page = folder.join("../user/dashboard.md");
    std::fs::write(&page, esplens::dash::docs::page())?;
    let mut rig = story();
    for (n, layout) in LayoutId::ALL.iter().enumerate() {
        rig.keys(&(n + 1).to_string());
        rig.state.shared.notice = None;
        let path = folder.join(format!("{}.svg", layout.name()));
        std::fs::write(&path, svg(&rig.screen()))?;
        println!("{}", path.display());
    }
    Ok(())
}
