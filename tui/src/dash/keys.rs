//! Key table: the command of each key and its scope. Keys, help, palette and docs/user/dashboard.md are derived from
//! it.

use super::pane_id::PaneId;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Command of a key or of a palette entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "TABLE says what each does")]
pub enum Cmd {
    RunPause,
    Run,
    Pause,
    StepLine,
    StepInsn,
    StepBack,
    LineBack,
    NextBack,
    FinishBack,
    RunBack,
    PanicStop,
    Next,
    Finish,
    ResetChip,
    SaveSnapshot,
    LoadSnapshot,
    BreakOn,
    OtherCore,
    Prompt,
    Palette,
    Help,
    Layout(u8),
    FocusNext,
    FocusPrev,
    Zoom,
    Wider,
    Narrower,
    Taller,
    Lower,
    SaveConfig,
    ResetLayout,
    Theme,
    Redraw,
    Suspend,
    Quit,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    Select,
    Cancel,
    Copy,
    Search,
    SearchAgain,
    ToggleBreak,
    RunTo,
    Home,
    Goto,
    Follow,
    Back,
    Edit,
    Rewrite,
    Add,
    Delete,
    Sort,
    Filter,
    Clear,
    Hex,
    Uart,
    Medium,
    WatchPoint,
    Pane,
    View,
    Wrap,
}

/// Scope of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    All,
    /// In these panes.
    In(&'static [PaneId]),
}

/// Row of the key table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Command of the key.
    pub cmd: Cmd,
    /// Keys, separated by spaces: `F5`, `c`, `Ctrl-p`, `Shift-Tab`.
    pub keys: &'static str,
    /// Name in the palette.
    pub name: &'static str,
    /// Short description.
    pub doc: &'static str,
    /// Panes in which the key is valid.
    pub scope: Scope,
}

const fn all(cmd: Cmd, keys: &'static str, name: &'static str, doc: &'static str) -> Binding {
    Binding { cmd, keys, name, doc, scope: Scope::All }
}

const fn on(
    panes: &'static [PaneId],
    cmd: Cmd,
    keys: &'static str,
    name: &'static str,
    doc: &'static str,
) -> Binding {
    Binding { cmd, keys, name, doc, scope: Scope::In(panes) }
}

use PaneId as P;

/// All key bindings. Those of a pane take precedence over those with scope `All`.
pub const TABLE: &[Binding] = &[
    all(Cmd::RunPause, "Space", "run/pause", "let the machine go on, or stop it"),
    all(Cmd::Run, "c F5", "continue", "let the machine go on"),
    all(Cmd::Pause, "p F6", "pause", "stop the machine"),
    all(Cmd::StepLine, "s F11", "step", "to the next source line, into calls"),
    all(Cmd::Next, "n F10", "next", "to the next source line, over calls"),
    all(Cmd::Finish, "f F12", "finish", "run until the function returns"),
    all(Cmd::StepInsn, "i", "stepi", "one instruction"),
    all(Cmd::RunBack, "R", "reverse-continue", "back to the last break- or watchpoint that was hit"),
    all(
        Cmd::LineBack,
        "S",
        "reverse-step",
        "back to the beginning of the line, or of the one before, into calls",
    ),
    all(Cmd::NextBack, "N", "reverse-next", "the same, over calls"),
    all(Cmd::FinishBack, "F", "reverse-finish", "back to where the function was called"),
    all(Cmd::StepBack, "I", "reverse-stepi", "back by one instruction"),
    all(Cmd::PanicStop, "P", "panic stop", "stop when the firmware panics, or do not"),
    all(Cmd::OtherCore, "o", "other core", "look at the other core, and step it"),
    all(
        Cmd::BreakOn,
        "B",
        "break on",
        "stop at a task, an IRQ, a frame or a register access: write the rest",
    ),
    all(Cmd::SaveSnapshot, "F7", "save snapshot", "keep the machine as it is"),
    all(Cmd::LoadSnapshot, "F8", "load snapshot", "back to the snapshot kept last"),
    all(Cmd::ResetChip, "Ctrl-r", "reset", "reset the chip, as its button does"),
    all(Cmd::Prompt, ":", "monitor prompt", "type a monitor command"),
    all(Cmd::Palette, "Ctrl-p", "palette", "find a command by any part of its name"),
    all(Cmd::Help, "F1 ?", "help", "the keys of this pane and all others"),
    all(Cmd::Layout(0), "1", "layout overview", "everything at a glance"),
    all(Cmd::Layout(1), "2", "layout cpu", "registers, code, stack"),
    all(Cmd::Layout(2), "3", "layout tasks", "tasks and who ran when"),
    all(Cmd::Layout(3), "4", "layout network", "open_eth or the Wi-Fi MAC, the frames"),
    all(Cmd::Layout(4), "5", "layout memory", "memory and peripherals"),
    all(Cmd::Layout(5), "6", "layout trace", "traced events"),
    all(Cmd::FocusNext, "Tab", "next pane", "give the next pane the keys"),
    all(Cmd::FocusPrev, "Shift-Tab", "previous pane", "give the pane before the keys"),
    all(Cmd::Add, "a", "watch", "watch an expression, in the Watch pane"),
    all(Cmd::Pane, "v", "show pane", "show a pane by its name, whatever the layout"),
    all(Cmd::Zoom, "z", "zoom", "this pane alone, and back"),
    all(Cmd::Wider, ">", "wider", "give this pane more columns"),
    all(Cmd::Narrower, "<", "narrower", "give this pane fewer columns"),
    all(Cmd::Taller, "+", "taller", "give this pane more rows"),
    all(Cmd::Lower, "-", "lower", "give this pane fewer rows"),
    all(Cmd::SaveConfig, "W", "save layout", "keep layouts and theme for the next time"),
    all(Cmd::ResetLayout, "0", "reset layout", "this layout as it was at first"),
    all(Cmd::Theme, "T", "theme", "the next theme"),
    all(Cmd::Redraw, "Ctrl-l", "redraw", "draw the whole screen again"),
    all(Cmd::Suspend, "Ctrl-z", "suspend", "back to the shell, and the machine with it; fg comes back"),
    all(Cmd::Quit, "q Ctrl-q Ctrl-c", "quit", "end esplens, after a question"),
    all(Cmd::Up, "Up k", "up", "a row up"),
    all(Cmd::Down, "Down j", "down", "a row down"),
    all(Cmd::Left, "Left h", "left", "to the left; fold"),
    all(Cmd::Right, "Right l", "right", "to the right; unfold"),
    all(Cmd::PageUp, "PageUp", "page up", "a page up"),
    all(Cmd::PageDown, "PageDown", "page down", "a page down"),
    all(Cmd::First, "Home", "first", "to the first row"),
    all(Cmd::Last, "End", "last", "to the last row; follow what comes"),
    all(Cmd::Select, "Enter", "select", "open the row; in UART and Monitor: type (Esc ends it)"),
    all(Cmd::Cancel, "Esc", "cancel", "close, stop typing, forget the search"),
    all(Cmd::Copy, "y", "copy", "the row to the clipboard (OSC 52)"),
    on(
        &[P::Console, P::Prompt, P::Memory, P::Trace, P::Frames, P::Periph],
        Cmd::Search,
        "/",
        "search",
        "find text; in memory bytes (hex or \"text\")",
    ),
    on(
        &[P::Console, P::Prompt, P::Memory, P::Trace, P::Frames, P::Periph],
        Cmd::SearchAgain,
        "F3",
        "search again",
        "the next place",
    ),
    on(
        &[P::Code, P::Backtrace],
        Cmd::ToggleBreak,
        "b F9",
        "breakpoint",
        "set or take away a breakpoint at this row",
    ),
    on(&[P::Code], Cmd::RunTo, "t", "run to cursor", "go on until this row"),
    on(&[P::Code], Cmd::View, "m", "view", "source and instructions, instructions alone, or source alone"),
    on(&[P::Code], Cmd::Home, ".", "to the PC", "show the PC again"),
    on(&[P::Code, P::Memory], Cmd::Goto, "g", "go to", "show an address, symbol, register or expression"),
    on(
        &[P::Memory, P::Cpu, P::Eth, P::Tasks, P::Watch],
        Cmd::Follow,
        "*",
        "follow pointer",
        "show the memory that this points to: the word, the buffer, the stack, the variable",
    ),
    on(&[P::Frames], Cmd::Follow, "*", "follow stream", "only the frames of this TCP stream, or all again"),
    on(&[P::Memory], Cmd::Back, "Backspace", "back", "where it was before following"),
    on(&[P::Memory], Cmd::Edit, "e", "edit", "type new bytes over memory (hex digits, Esc ends it)"),
    on(&[P::Watch], Cmd::Add, "a", "add", "watch an expression"),
    on(&[P::Watch], Cmd::Edit, "e", "set", "give a number or pointer another value"),
    on(&[P::Watch], Cmd::Rewrite, "r", "rewrite", "change the expression"),
    on(&[P::Points, P::Watch], Cmd::Delete, "d Delete", "delete", "take the row away"),
    on(
        &[P::Watch, P::Memory, P::Cpu],
        Cmd::WatchPoint,
        "w",
        "watchpoint",
        "stop at the next store to this: the variable, the word, what the register points to",
    ),
    on(&[P::Points], Cmd::Edit, "e", "on/off", "switch the row off, and on again"),
    on(&[P::Tasks], Cmd::Sort, "O", "sort", "sort by the next column"),
    on(&[P::Trace], Cmd::Filter, "&", "filter", "show only rows with this text"),
    on(
        &[P::Frames],
        Cmd::Filter,
        "&",
        "filter",
        "show only frames of break frame's words (tcp port 80), or with a text",
    ),
    on(&[P::Trace], Cmd::Add, "a", "trace", "switch events on by pattern, off with - before it"),
    on(&[P::Trace, P::Frames, P::Console], Cmd::Clear, "C", "clear", "forget the rows so far"),
    on(&[P::Eth], Cmd::Medium, "w", "Wi-Fi", "show the Wi-Fi MAC instead of open_eth, and back"),
    on(&[P::Frames], Cmd::Hex, "x", "hex", "the frame's bytes, or its fields"),
    on(&[P::Console], Cmd::Wrap, "w", "wrap", "wrap long lines, or cut them"),
    on(&[P::Console], Cmd::Uart, "u", "uart", "show the next UART"),
];

/// Returns the binding of a key in a pane.
#[must_use]
pub fn lookup(key: KeyEvent, focus: PaneId) -> Option<&'static Binding> {
    let fits = |b: &&Binding| b.keys.split(' ').any(|k| parse(k).is_some_and(|p| same(p, key)));
    let here = |b: &&Binding| matches!(b.scope, Scope::In(panes) if panes.contains(&focus));
    let rows = || TABLE.iter();
    rows().filter(here).find(fits).or_else(|| rows().filter(|b| b.scope == Scope::All).find(fits))
}

/// Returns the key bindings of a pane.
pub fn of_pane(pane: PaneId) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |b| matches!(b.scope, Scope::In(panes) if panes.contains(&pane)))
}

/// Returns the first key of a command, for hints.
#[must_use]
pub fn key_of(cmd: Cmd) -> &'static str {
    TABLE.iter().find(|b| b.cmd == cmd).map_or("", |b| b.keys.split(' ').next().unwrap_or(""))
}

/// Returns a key's name as in the table.
#[must_use]
pub fn name_of_key(key: KeyEvent) -> String {
    let name = match key.code {
        KeyCode::Char(' ') => "Space".into(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::F(n) => format!("F{n}"),
        KeyCode::BackTab => "Shift-Tab".into(),
        other => format!("{other:?}"),
    };
    let ctrl = if key.modifiers.contains(KeyModifiers::CONTROL) { "Ctrl-" } else { "" };
    let alt = if key.modifiers.contains(KeyModifiers::ALT) { "Alt-" } else { "" };
    format!("{ctrl}{alt}{name}")
}

/// Returns a command's name, from its first row in the table.
#[must_use]
pub fn name_of(cmd: Cmd) -> &'static str {
    TABLE.iter().find(|b| b.cmd == cmd).map_or("", |b| b.name)
}

/// Compares keys. Some terminals report Shift with capital letters, others do not.
fn same(want: (KeyCode, KeyModifiers), got: KeyEvent) -> bool {
    let relevant = match want.0 {
        KeyCode::Char(_) | KeyCode::BackTab => KeyModifiers::CONTROL | KeyModifiers::ALT,
        _ => KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT,
    };
    want.0 == got.code && (want.1 & relevant) == (got.modifiers & relevant)
}

/// Parses a key's name as in the table.
#[must_use]
pub fn parse(text: &str) -> Option<(KeyCode, KeyModifiers)> {
    if let Some(rest) = text.strip_prefix("Ctrl-") {
        let (code, mods) = parse(rest)?;
        return Some((code, mods | KeyModifiers::CONTROL));
    }
    if text == "Shift-Tab" {
        return Some((KeyCode::BackTab, KeyModifiers::SHIFT));
    }
    let mut chars = text.chars();
    let code = match (chars.next()?, chars.next()) {
        (one, None) => KeyCode::Char(one),
        ('F', Some(_)) => KeyCode::F(text[1..].parse().ok().filter(|n| (1..=12).contains(n))?),
        _ => match text {
            "Space" => KeyCode::Char(' '),
            "Tab" => KeyCode::Tab,
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Backspace" => KeyCode::Backspace,
            "Delete" => KeyCode::Delete,
            "Up" => KeyCode::Up,
            "Down" => KeyCode::Down,
            "Left" => KeyCode::Left,
            "Right" => KeyCode::Right,
            "PageUp" => KeyCode::PageUp,
            "PageDown" => KeyCode::PageDown,
            "Home" => KeyCode::Home,
            "End" => KeyCode::End,
            _ => return None,
        },
    };
    Some((code, KeyModifiers::NONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_parses_and_means_one_thing_in_a_pane() {
        for pane in PaneId::ALL {
            let mut seen = Vec::new();
            let rows = TABLE.iter().filter(|b| b.scope == Scope::All);
            for (global, b) in rows.map(|b| (true, b)).chain(of_pane(pane).map(|b| (false, b))) {
                for key in b.keys.split(' ') {
                    assert!(parse(key).is_some(), "{key}");
                    assert!(!seen.contains(&(global, key)), "{key} twice in {}", pane.name());
                    seen.push((global, key));
                }
            }
        }
    }

    #[test]
    fn panes_take_precedence_and_modifiers_count() {
        let key = |code, mods| KeyEvent::new(code, mods);
        let found = |k, pane| lookup(k, pane).map(|b| b.cmd);
        assert_eq!(found(key(KeyCode::Char('b'), KeyModifiers::NONE), PaneId::Code), Some(Cmd::ToggleBreak));
        assert_eq!(found(key(KeyCode::Char('b'), KeyModifiers::NONE), PaneId::Console), None);
        assert_eq!(found(key(KeyCode::Char('B'), KeyModifiers::SHIFT), PaneId::Code), Some(Cmd::BreakOn));
        assert_eq!(found(key(KeyCode::Char('p'), KeyModifiers::CONTROL), PaneId::Code), Some(Cmd::Palette));
        assert_eq!(found(key(KeyCode::BackTab, KeyModifiers::SHIFT), PaneId::Code), Some(Cmd::FocusPrev));
        assert_eq!(found(key(KeyCode::F(5), KeyModifiers::NONE), PaneId::Eth), Some(Cmd::Run));
    }
}
