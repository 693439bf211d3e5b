//! Pictures of each layout for docs/, from a run of the demo, and docs/user/dashboard.md: `cargo xtask screenshots`.

use esplens::dash::layout::LayoutId;
use esplens::dash::pane::PaneId;
use esplens::dash::rig::Rig;
use esplens::dash::svg::svg;
use esplens::dash::wire::Action;
use std::path::PathBuf;

/// The pictures' size in cells.
const SIZE: (u16, u16) = (170, 48);

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs/screenshots".into()));
    std::fs::create_dir_all(&folder)?;
    let page = folder.join("../user/dashboard.md");
    std::fs::write(&page, esplens::dash::docs::page())?;
    let mut rig = Rig::demo(SIZE.0, SIZE.1);
    rig.act(None, Action::Trace("open_eth*,-open_eth_reg*,-open_eth_desc*,irq*,uart_tx".into()));
    for pane in [PaneId::Timeline, PaneId::Eth] {
        rig.show(pane);
    }
    rig.act(None, Action::Run);
    rig.run_to(2600);
    rig.http_get("/hello");
    rig.run_to(3600);
    rig.http_get("/");
    rig.state.zoom = false;
    rig.keys("5");
    rig.state.focus = PaneId::Memory;
    rig.keys("g");
    rig.line("pxCurrentTCBs");
    for (expression, first) in [("*pxCurrentTCBs[0]", true), ("xTickCount", false)] {
        rig.state.focus = PaneId::Watch;
        rig.keys("a");
        rig.line(expression);
        if first {
            rig.keys("Enter");
        }
    }
    rig.keys("F9 Space");
    for (n, layout) in LayoutId::ALL.iter().enumerate() {
        rig.keys(&(n + 1).to_string());
        rig.state.shared.notice = None;
        let path = folder.join(format!("{}.svg", layout.name()));
        std::fs::write(&path, svg(&rig.screen()))?;
        println!("{}", path.display());
    }
    Ok(())
}
