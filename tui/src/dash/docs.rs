//! Generates docs/user/dashboard.md: text from this file, and tables from the panes, keys, layouts and themes.

use super::keys::{Binding, Scope, TABLE};
use super::layout::LayoutId;
use super::pane_id::PaneId;
use super::theme::THEMES;
use std::fmt::Write;

const HEAD: &str = "\
# The dashboard

<!-- Written by `cargo xtask screenshots` from tui/src/dash/docs.rs and the key table; a test compares. -->

`esplens IMAGE` and `esplens demo` open the dashboard on a terminal. `esplens run`, `--headless`, `--monitor stdio` and
output to a pipe show UART0 only. The dashboard is one of the machine's clients: GDB (`-s`), the monitor and more
dashboards may be attached at the same time, and the status bar lists them.

![overview](../screenshots/overview.svg)

The first row shows whether the machine runs, who or what stopped it, virtual time, speed and clients. The last row
shows the most important keys of the focused pane, which has the thick border. `?` shows all keys. `Ctrl-p` opens the
palette: it finds a key's command or a monitor command by any letters of its name, and a pane by `show NAME`. A key
without a function in a pane shows a message. The mouse works too: click the run state, a layout's name, a key in the
last row, or a row of the palette; click left of an instruction for a breakpoint; drag a border to resize.

- **Typing into the UART or monitor.** `Enter` in the UART pane sends your keys to the firmware until `Esc`. `:` opens
  the monitor's prompt. The last row shows the mode in another colour. The UART pane keeps 10,000 lines. Backtraces of a
  panic are followed by function and line. `Up` and `Down` select a line; `Enter` on a line with a code address shows it
  in the Code pane. `w` switches between cutting and wrapping long lines.
- **Search.** `/` in the UART and Monitor panes searches upwards while you type and marks every match; the title shows
  which one is selected (`3/7`). `F3` goes to the match above, `Esc` ends the search.
- **Panics.** The machine stops when the firmware panics. The first row is then red and shows the cause, function, line
  and task. `P` (or the monitor's `panic-stop off`) disables this stop. The first row also counts resets. Without
  symbols the machine stops at the reset that follows a panic instead.
- **Breakpoints and watchpoints.** `b` in the Code pane sets a breakpoint. `w` on a variable, a word of memory or a
  register stops at the next store to it (for a register, to the address it holds). `B` opens the prompt with `break `,
  which takes the monitor's arguments: `break frame 'tcp port 80'`, `break frame subtype beacon`, `break irq uart0`,
  `break task net`, `break reg UART0.FIFO w`. `e` in the Breakpoints pane disables one.
- **Reverse execution.** The dashboard records from its start. `R` goes back to the last breakpoint or watchpoint that
  was hit. `S`, `N` and `F` are step, next and finish backwards; `I` is one instruction. The first row shows the
  machine's position between the oldest checkpoint and the end of the recording. `c` continues forwards through the same
  run.
- **Panes.** `v` and a name show any pane, in every layout and at every terminal size; `z` or `Esc` returns. `Tab`
  moves through all panes of the layout, and shows one at a time if they do not fit. Each layout remembers its focused
  pane.
- **Source.** `m` in the Code pane switches between source with instructions, source only and instructions only. In a
  pane of 160 columns or more, source and instructions are side by side. If a source file is not found, give its folder
  with `:directory DIR`.
- **Another task's stack.** `Enter` on a task selects it for the Backtrace pane until `Esc` there.
- **Changed values.** Bright values in registers, memory and watch expressions changed since the last stop. Reversed
  values in memory, peripherals and descriptors have just changed.
- **Both cores** are shown side by side in a CPU pane of 116 columns or more (`z`); otherwise `o` switches to the other.
  Of the 64 physical registers, the current window is bright, callers' windows are grey, and unused registers are
  darkest.
- **The timeline** has one row per task, in the order of the Tasks pane (`O` there changes it). The upper half is core 0, the lower half core 1; a thin bar means that the task
  ran for less than half of the column.
- **Memory** shows the selected core's stack at each stop until you select an address. A row has 8, 16 or 32 bytes as
  they fit, and their ASCII characters.
- **Go to an address** (`g`): takes symbols, registers of the selected core and frame (`sp`, `a2`) and expressions. A
  pointer leads to its target, a variable to its own address. `*` follows the pointer at the cursor, `Backspace`
  returns.
- **Watch expressions** (`a`): expressions of C or Rust with `->`, `[3]`, casts and registers (`$a2`). `Right` unfolds a
  structure, an array (32 elements at a time) or a pointer's target, to any depth; `Left` folds. `e` sets a number or
  pointer (`5`, `-5`, `0x5`, `'a'`, `1.5`); `r` changes the expression.
- **Peripherals.** `Enter` or `Right` on a register unfolds its bit fields as `NAME [hi:lo] = value`, with the manual's
  names; `Left` folds. Values that differ from the reset value are bright. Registers of UART, GPIO, IO_MUX, timer groups,
  RTC_CNTL, SPI, I2C and the peripherals' clocks and resets (DPORT) have fields.
- **Descriptors.** `Left` and `Right` select one, `*` shows its buffer; ▶ marks the next one to be used.
- **Wi-Fi.** If the firmware uses Wi-Fi, the open_eth pane shows the Wi-Fi MAC; `w` switches between the two. Key slots
  are shown without their keys. A passphrase typed at the prompt is removed from the display and the history.
- **Dropped frames** are counted by the device: no empty descriptor, receiver off, or more than 4 MB waiting.
- **Suspend** (`Ctrl-z`): the shell gets the terminal and the machine stops; `fg` returns.
- **Copy** (`y`) uses the terminal's clipboard (OSC 52), also over SSH.

While the machine runs, the dashboard reads only what is visible, 30 times a second
([cost](../benchmarks.md#dashboard)). With a stopped machine it uses no CPU time: it is notified when another client
changes something. Traced events and UART output that it cannot process in time are dropped and counted.

";

const TAIL: &str = "\
## Attach from another terminal or computer

    esplens run build/ --headless --dash tcp::7000      # on the machine that runs it
    esplens attach localhost:7000                       # opens the dashboard on it
    esplens top                                         # all machines of this user on this computer
    esplens attach 4711                                 # by process number

In `esplens top`, the arrow keys select an instance, `Enter` attaches a dashboard to it, and `?` shows the keys. A
dashboard that is attached later shows the last 64 KB of output of each UART. `q` closes the dashboard and the machine
continues. `--dash` listens on 127.0.0.1 unless an address is given. Anyone who can connect can do everything that the
monitor can: use another address only in a network you trust, or tunnel over SSH.

## Configuration file

`W` saves layouts and theme to `esplens/dashboard.toml` under `$XDG_CONFIG_HOME` (`~/.config`). A layout is a tree.
`v(...)` stacks its parts vertically, `h(...)` puts them side by side, and the numbers are shares:

    theme = \"colour-blind\"
    [layout.overview]
    small = \"v(h(code:3 tasks:2):1 console:1)\"

Sizes are `small` (under 110x32), `medium`, `large` (from 160x45 on). Invalid entries are reported and ignored.
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
    out += "\n## Keys in all panes\n\n| key | name in the palette | does |\n|---|---|---|\n";
    for b in TABLE.iter().filter(|b| b.scope == Scope::All) {
        let _ = writeln!(out, "| {} | {} | {} |", codes(b), b.name, b.doc);
    }
    out += "\n## Keys in single panes\n\n| key | name | does | panes |\n|---|---|---|---|\n";
    for b in TABLE {
        if let Scope::In(panes) = b.scope {
            let panes: Vec<&str> = panes.iter().map(|p| p.title()).collect();
            let _ = writeln!(out, "| {} | {} | {} | {} |", codes(b), b.name, b.doc, panes.join(", "));
        }
    }
    out += "\n## Themes\n\n`T` selects the next theme; with `NO_COLOR` in the environment the last one is used.\n\n";
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
        "\nPanes that do not fit into a small terminal are left out; `Tab` and `z` show one at a time.\n\n";
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
