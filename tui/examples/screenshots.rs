//! Renders pictures of each layout, the cast for the README and docs/user/dashboard.md from runs of the demo: `cargo xtask
//! screenshots`.

use esplens::dash::layout::LayoutId;
use esplens::dash::pane_id::PaneId;
use esplens::dash::rig::Rig;
use esplens::dash::svg::{Frame, cast, svg};
use esplens::dash::wire::Action;
use std::path::PathBuf;

/// Size of the pictures in cells.
const SIZE: (u16, u16) = (170, 48);
/// Size of the cast in cells.
const CAST: (u16, u16) = (120, 32);

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
    rig.keys("Enter");
    rig.keys("/");
    rig.line("STATUS");
    rig.keys("Enter n");
    let now = rig.now_ms();
    rig.run_to(now + 100);
    rig.state.focus = PaneId::Prompt;
    rig.keys("Enter");
    rig.line("info status");
    rig.keys("Esc");
    rig
}

/// Takes the crash of the demo to its cause, screen by screen.
fn crash() -> Vec<Frame> {
    let mut rig = Rig::demo(CAST.0, CAST.1);
    let mut frames = Vec::new();
    let mut show = |rig: &Rig, ms: u32, caption: &str| {
        frames.push(Frame { screen: rig.screen(), ms, caption: caption.into() });
    };
    rig.keys("Space");
    for n in 0..5 {
        rig.run_to(1200 + n * 100);
        show(&rig, 300, "esplens demo: FreeRTOS on both cores, with a console on UART0");
    }
    rig.keys("Enter");
    let typing = "Enter types into the UART: crash";
    show(&rig, 500, typing);
    for key in ["c", "r", "a", "s", "h"] {
        rig.keys(key);
        rig.run_for(60);
        show(&rig, 220, typing);
    }
    rig.keys("Enter");
    rig.run_to(4000);
    rig.keys("Esc");
    show(&rig, 3500, "The firmware panics. The machine stops there and the first row tells the cause.");
    let caller = "Which structure was it? Down in the Backtrace pane selects the frame of demo_crash.";
    rig.keys("2");
    rig.state.focus = PaneId::Backtrace;
    rig.sample();
    show(&rig, 900, caller);
    let at = rig.state.shared.sample.frames.iter().position(|f| f.name == "demo_crash").unwrap_or(0);
    for _ in 0..at {
        rig.keys("Down");
        show(&rig, 500, caller);
    }
    show(&rig, 1200, caller);
    rig.keys("a");
    rig.line("broken");
    rig.keys("Enter");
    rig.keys("Down Down");
    show(&rig, 2800, "a watches an expression, Enter unfolds it: broken.readings is NULL.");
    rig.keys("w");
    show(&rig, 2200, "Who wrote that? w sets a watchpoint on it ...");
    rig.keys("R");
    rig.run_for(2000);
    rig.keys("2");
    rig.state.focus = PaneId::Code;
    rig.sample();
    rig.state.shared.notice = None;
    show(&rig, 5000, "... and R runs the machine back in time to the store: this line wrote NULL.");
    frames
}

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs/screenshots".into()));
    std::fs::create_dir_all(&folder)?;
    let page = folder.join("../user/dashboard.md");
    std::fs::write(&page, esplens::dash::docs::page())?;
    let path = folder.join("crash.svg");
    std::fs::write(&path, cast(&crash()))?;
    println!("{}", path.display());
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
