//! Generates docs/user/dashboard.md: text from this file, and tables from the panes, keys, layouts and themes.

use super::keys::{Binding, Scope, TABLE};
use super::layout::LayoutId;
use super::pane::PaneId;
use super::theme::THEMES;
use std::fmt::Write;

const HEAD: &str = "\
# The dashboard

<!-- Written by `cargo xtask screenshots` from tui/src/dash/docs.rs and the key table; a test compares. -->

`esplens IMAGE` and `esplens demo` open it on a terminal; `esplens run`, `--headless`, a pipe instead of a terminal and
`--monitor stdio` show UART0 alone. It is one client of the machine among others: GDB (`-s`), the monitor and more
dashboards may be attached at the same time, and the status bar names them.

![overview](../screenshots/overview.svg)

The first row says whether the machine runs, who or what stopped it, virtual time, speed and clients; the last row has
the keys that matter in the pane with the thick frame. `?` shows all keys, `Ctrl-p` finds a key's command or the
monitor's by any letters of its name, and a pane by `show NAME`. A key that means nothing in a pane says so. The mouse
does the same: click the run state, a layout's name, a key in the last row, a row of the palette; click left of an
instruction for a breakpoint; drag a frame to resize.

- **Typing.** `Enter` in the UART pane sends your keys to the firmware until `Esc`; `:` opens the monitor's prompt. The
  last row says so, in another colour. The UART pane keeps 10,000 lines; backtraces of a panic get function and line
  below them. `Up` and `Down` choose a line, and `Enter` on one with an address of code shows it in the Code pane; `w`
  cuts long lines or wraps them.
- **Panics.** The machine stops when the firmware panics: the first row is red and says the cause, function, line and
  task. `P` (or the monitor's `panic-stop off`) lets panics go by. Resets are counted there. Without symbols it stops at
  the reset that follows a panic instead.
- **Stopping.** `b` in the code; `w` on a variable, a word of memory or a register's target stops at the next store to
  it; `B` opens the prompt with `break `, which takes the monitor's words: `break frame 'tcp port 80'`,
  `break frame subtype beacon`, `break irq uart0`, `break task net`, `break reg UART0.FIFO w`. `e` in the Breakpoints
  pane switches one off.
- **Back in time.** The dashboard records from its start. `R` goes back to the last break- or watchpoint that was hit,
  `S`, `N` and `F` are step, next and finish backwards, `I` is one instruction. The first row shows where between the
  oldest moment and the present the machine stands; `c` goes forward again through the same run.
- **Any pane** comes with `v` and its name, whatever the layout and the terminal's size; `z` or `Esc` goes back. `Tab`
  comes to all panes of the layout, one at a time where they have no room. A layout keeps which pane had the keys.
- **Source.** `m` in the Code pane changes between source with instructions, source alone and instructions alone. Where
  a source file is not found, `:directory DIR` says where it is.
- **Another task's stack.** `Enter` on a task: the backtrace follows it until `Esc` there.
- **Bright values** in registers, memory and watch expressions changed since the last stop; what is reversed in memory,
  peripherals and descriptors changed just now.
- **Both cores** stand side by side in a CPU pane of 116 columns or more (`z`), else `o` shows the other. Of the 64
  physical registers the current window is bright, callers' frames are grey, what is unused is darkest.
- **The timeline** has a row a task: the upper half is core 0, the lower core 1, thin where the task ran for less than
  half of the column.
- **Going to** (`g`) an address takes symbols, registers of the core and frame looked at (`sp`, `a2`) and expressions:
  a pointer leads where it points, a variable where it lies. `*` follows what stands there, `Backspace` goes back.
- **Watching** (`a`): an expression of C or Rust, `->`, `[3]`, casts and registers (`$a2`) included. `Right` unfolds a
  structure, an array (32 elements at a time) or what a pointer points to, as deep as you like; `Left` folds. `e` gives
  a number or pointer another value (`5`, `-5`, `0x5`, `'a'`, `1.5`), `r` changes the expression.
- **Descriptors.** `Left` and `Right` choose one, `*` shows its buffer; ▶ marks the one that comes next.
- **Wi-Fi.** The pane of open_eth shows the Wi-Fi MAC where the firmware uses that instead; `w` changes between the two.
  Key slots are shown without their keys, and a passphrase typed at the prompt is left out of what it shows and recalls.
- **Dropped frames** are the device's own count: no empty descriptor, receiver off, or more than 4 MB waiting.
- **Leaving for a moment** (`Ctrl-z`): the shell has the terminal, the machine stands; `fg` comes back.
- **Copying** (`y`) goes through the terminal (OSC 52), over SSH too.

While the machine runs the dashboard looks 30 times a second at what is visible and nothing else
([what that costs](../benchmarks.md#dashboard)). A machine that stands still costs nothing: the dashboard is told when
another client changes something. What it cannot keep up with (traced events, UART output) is dropped and counted.

";

const TAIL: &str = "\
## Elsewhere

    esplens run build/ --headless --dash tcp::7000      # on the machine that runs it
    esplens attach localhost:7000                       # opens the dashboard on it
    esplens top                                         # all machines of this user on this computer
    esplens attach 4711                                 # by process number

A dashboard that comes later shows the last 64 KB that each UART said; `q` leaves it, the machine goes on. `--dash`
listens on 127.0.0.1 unless an address is given. Whoever can connect can do all that the monitor can: give a wider
address only in a network you trust, or tunnel over SSH.

## What is kept

`W` saves layouts and theme to `esplens/dashboard.toml` under `$XDG_CONFIG_HOME` (`~/.config`). A layout is a tree:
`v(...)` puts its parts above each other, `h(...)` side by side, numbers are shares:

    theme = \"colour-blind\"
    [layout.overview]
    small = \"v(h(code:3 tasks:2):1 console:1)\"

Sizes are `small` (under 110x32), `medium`, `large` (from 160x45 on). What does not parse is reported and ignored.
";

/// Returns the page.
#[must_use]
pub fn page() -> String {
    let mut out = HEAD.to_string();
    layouts(&mut out);
    out += "## Panes\n\n| pane | shows | its keys |\n|---|---|---|\n";
    for pane in PaneId::ALL {
        let keys: Vec<String> =
            super::keys::of_pane(pane).map(|b| format!("{} {}", codes(b), b.name)).collect();
        let _ =
            writeln!(out, "| {} (`{}`) | {} | {} |", pane.title(), pane.name(), pane.doc(), keys.join("; "));
    }
    out += "\n## Keys everywhere\n\n| key | name in the palette | does |\n|---|---|---|\n";
    for b in TABLE.iter().filter(|b| b.scope == Scope::All) {
        let _ = writeln!(out, "| {} | {} | {} |", codes(b), b.name, b.doc);
    }
    out += "\n## Keys of panes\n\n| key | name | does | panes |\n|---|---|---|---|\n";
    for b in TABLE {
        if let Scope::In(panes) = b.scope {
            let panes: Vec<&str> = panes.iter().map(|p| p.title()).collect();
            let _ = writeln!(out, "| {} | {} | {} | {} |", codes(b), b.name, b.doc, panes.join(", "));
        }
    }
    out += "\n## Themes\n\n`T` goes through them; `NO_COLOR` in the environment chooses the last.\n\n";
    for theme in THEMES {
        let _ = writeln!(out, "- `{}`: {}", theme.name, theme.doc);
    }
    out + "\n" + TAIL
}

fn layouts(out: &mut String) {
    *out += "## Layouts\n\n";
    for (n, id) in LayoutId::ALL.iter().enumerate() {
        let name = id.name();
        let doc = TABLE.iter().find(|b| b.name == format!("layout {name}")).map_or("", |b| b.doc);
        let _ = writeln!(out, "- `{}` [{name}](../screenshots/{name}.svg): {doc}", n + 1);
    }
    *out +=
        "\nPanes that a small terminal has no room for are left out; `Tab` and `z` show one at a time.\n\n";
}

fn codes(b: &Binding) -> String {
    let keys: Vec<String> = b.keys.split(' ').map(|k| format!("`{}`", k.replace('|', "\\|"))).collect();
    keys.join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_in_docs_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/user/dashboard.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == super::page(), "docs/user/dashboard.md is stale: cargo xtask screenshots");
    }
}
