//! `esplens top`: the list of this user's instances; Enter attaches a dashboard to the selected one.

use super::attach::instances;
use super::exit::{BadInput, CliExit};
use super::terminal;
use crate::dash::remote::{self, InstanceEntry};
use crate::dash::term::{Screen, panicked};
use crate::dash::text::{fit, seconds};
use crate::dash::wire::Sample;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::{Attribute, SetAttribute};
use esplens_debuginfo::printable::printable_in_line;
use std::io::{IsTerminal, Write};
use std::process::Command;
use std::time::{Duration, Instant};

/// Time between the two samples for a list that is printed once.
const BETWEEN: Duration = Duration::from_millis(500);
/// Time between two samples on a terminal.
const EVERY: Duration = Duration::from_secs(1);

/// Headings of the columns before the image.
const HEAD: &str = "     pid state             virtual     MIPS    real clients  ";
const KEYS: &[(&str, &str)] = &[
    ("Up Down", "select an instance"),
    ("Enter", "attach a dashboard to it; its q comes back here"),
    ("?", "these keys, and back"),
    ("q Esc", "quit"),
];

/// An instance as it answered last.
struct Row {
    pid: u32,
    /// Everything before the image.
    text: String,
    image: String,
    /// Addresses where it listens.
    listens: Vec<String>,
    /// It answers.
    alive: bool,
}

/// The list and what is selected.
#[derive(Default)]
struct List {
    rows: Vec<Row>,
    /// Process ID of the selected row.
    chosen: u32,
    help: bool,
    message: String,
}

/// The action of a key.
#[derive(Debug, PartialEq, Eq)]
enum Does {
    Nothing,
    Quit,
    Attach(u32),
}

impl List {
    fn at(&self) -> usize {
        self.rows.iter().position(|row| row.pid == self.chosen).unwrap_or(0)
    }

    fn key(&mut self, key: KeyEvent) -> Does {
        if key.kind == KeyEventKind::Release {
            return Does::Nothing;
        }
        self.message.clear();
        let help = std::mem::take(&mut self.help);
        let (at, last) = (self.at(), self.rows.len().saturating_sub(1));
        let to = match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Does::Quit,
            // Closes the help.
            KeyCode::Char('q' | '?') | KeyCode::Esc if help => return Does::Nothing,
            KeyCode::Char('q') | KeyCode::Esc => return Does::Quit,
            KeyCode::Char('?') => {
                self.help = true;
                return Does::Nothing;
            }
            KeyCode::Enter => match self.rows.get(at) {
                Some(row) if row.alive => return Does::Attach(row.pid),
                Some(row) => {
                    self.message = format!("{} does not answer", row.pid);
                    at
                }
                None => at,
            },
            KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => (at + 1).min(last),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => at,
        };
        self.chosen = self.rows.get(to).map_or(0, |row| row.pid);
        Does::Nothing
    }

    /// Returns the lines of the screen, none wider than it; true: the selected row.
    fn screen(&self, width: u16, height: u16) -> Vec<(String, bool)> {
        let (width, height) = (usize::from(width), usize::from(height));
        let mut lines = vec![(format!("{HEAD}image"), false)];
        let rows = height.saturating_sub(3).max(1);
        let top = crate::dash::text::scroll(0, self.at(), rows);
        for (n, row) in self.rows.iter().enumerate().skip(top).take(rows) {
            let room = width.saturating_sub(row.text.chars().count());
            lines.push((format!("{}{}", row.text, place(row, room)), n == self.at()));
        }
        if self.rows.is_empty() {
            lines.push(("no instance; start one with esplens IMAGE or esplens demo".into(), false));
        }
        if self.help {
            lines.truncate(1);
            lines.push((String::new(), false));
            lines.extend(KEYS.iter().map(|(key, what)| (format!("  {key:<10}{what}"), false)));
        }
        lines.truncate(height.saturating_sub(2));
        let hint = "Enter attaches a dashboard   Up Down select   ? help   q quits";
        lines.push((String::new(), false));
        lines.push((if self.message.is_empty() { hint.into() } else { self.message.clone() }, false));
        lines.into_iter().map(|(text, chosen)| (fit(&text, width).trim_end().to_string(), chosen)).collect()
    }
}

/// Returns the image and the addresses in `room` columns. The end of a path says more than its beginning.
fn place(row: &Row, room: usize) -> String {
    let ports =
        if row.listens.is_empty() { String::new() } else { format!("  ({})", row.listens.join(", ")) };
    let whole = format!("{}{ports}", row.image);
    let (full, image) = (whole.chars().count(), row.image.chars().count());
    if full <= room {
        whole
    } else if image <= room {
        row.image.clone()
    } else {
        let end: String = row.image.chars().skip(image + 1 - room.max(1)).collect();
        format!("…{end}")
    }
}

/// Shows all instances of this user: once, or repeatedly on a terminal.
pub fn top() -> anyhow::Result<CliExit> {
    let mut before = Vec::new();
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        // The speed needs two samples.
        rows(&mut before)?;
        std::thread::sleep(BETWEEN);
        let mut text = format!("{HEAD}image\n");
        for row in rows(&mut before)? {
            text += &format!("{}{}\n", row.text, place(&row, usize::MAX));
        }
        terminal::print(&text)?;
        return Ok(CliExit::Quit);
    }
    crate::signals::guard_terminal(true, crate::dash::term::restore);
    let mut list = List::default();
    loop {
        match choose(&mut list, &mut before)? {
            Does::Attach(pid) => list.message = attach(pid),
            _ => return Ok(CliExit::Quit),
        }
    }
}

/// Shows the list until a key ends it.
fn choose(list: &mut List, before: &mut Vec<Seen>) -> anyhow::Result<Does> {
    let screen = Screen::take(|| ())?;
    let mut read = Instant::now();
    list.rows = rows(before)?;
    loop {
        let (width, height) = crossterm::terminal::size()?;
        let mut text = String::from("\x1b[H\x1b[2J");
        let lines: Vec<String> = list.screen(width, height).into_iter().map(marked).collect();
        text += &lines.join("\r\n");
        write!(screen.out(), "{text}")?;
        screen.out().flush()?;
        if panicked() {
            anyhow::bail!("a thread panicked");
        }
        if event::poll(EVERY.saturating_sub(read.elapsed()))?
            && let Event::Key(key) = event::read()?
        {
            match list.key(key) {
                Does::Nothing => {}
                does => return Ok(does),
            }
        }
        if read.elapsed() >= EVERY {
            (list.rows, read) = (rows(before)?, Instant::now());
        }
    }
}

fn marked((text, chosen): (String, bool)) -> String {
    match chosen {
        true => format!("{}{text}{}", SetAttribute(Attribute::Reverse), SetAttribute(Attribute::Reset)),
        false => text,
    }
}

/// Runs a dashboard in a process of its own, which takes the terminal. Returns a message if it failed.
fn attach(pid: u32) -> String {
    let run =
        std::env::current_exe().and_then(|exe| Command::new(exe).args(["attach", &pid.to_string()]).status());
    match run {
        Ok(status) if status.success() => String::new(),
        Ok(status) => format!("esplens attach {pid}: {status}"),
        Err(error) => format!("esplens attach {pid}: {error}"),
    }
}

/// A sample of an instance, for the speed: process ID, when, what.
type Seen = (u32, Instant, Sample);

/// Returns a row per instance. `before` holds the previous call's samples.
fn rows(before: &mut Vec<Seen>) -> Result<Vec<Row>, BadInput> {
    let (mut rows, mut now) = (Vec::new(), Vec::new());
    for (entry, address) in instances()? {
        let Ok((image, sample)) = remote::sample_once(&address) else {
            rows.push(row(&entry, format!("{:>8} {:<52}", entry.pid, "no answer"), &entry.image, false));
            continue;
        };
        let at = Instant::now();
        let rate = before.iter().find(|(pid, ..)| *pid == entry.pid).map(|(_, then, was)| {
            let seconds = at.duration_since(*then).as_secs_f64().max(1e-3);
            let mips = sample.instructions.saturating_sub(was.instructions) as f64 / 1e6 / seconds;
            (mips, sample.now.saturating_sub(was.now) as f64 / 4.8e8 / seconds * 100.0)
        });
        let state = if sample.running { "running" } else { "stopped" };
        let (mips, real) =
            rate.map_or(("-".into(), "-".into()), |(m, r)| (format!("{m:.1}"), format!("{r:.0}%")));
        let clients = sample.clients.len().saturating_sub(1);
        let (pid, time) = (entry.pid, seconds(sample.now));
        let text = format!("{pid:>8} {state:<8} {time:>16} {mips:>8} {real:>7} {clients:>7}  ");
        rows.push(row(&entry, text, &image, true));
        now.push((entry.pid, at, sample));
    }
    *before = now;
    Ok(rows)
}

fn row(entry: &InstanceEntry, text: String, image: &str, alive: bool) -> Row {
    let plain = |text: &str| printable_in_line(text).into_owned();
    let listens = entry.listens.iter().map(|l| plain(l)).collect();
    Row { pid: entry.pid, text: plain(&text), image: plain(image), listens, alive }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> List {
        let row = |pid: u32, image: &str, alive| Row {
            pid,
            text: format!("{pid:>8} {:<52}", if alive { "running" } else { "no answer" }),
            image: image.into(),
            listens: vec!["gdb tcp:127.0.0.1:1234".into()],
            alive,
        };
        let long = "/srv/continuous/builds/firmware/a-long-name/build/merged/flash.bin";
        List {
            rows: vec![row(7, "demo", true), row(42, long, true), row(43, "gone", false)],
            ..List::default()
        }
    }

    fn press(list: &mut List, code: KeyCode) -> Does {
        list.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn rows_are_selected_and_enter_attaches() {
        let mut list = list();
        assert_eq!(press(&mut list, KeyCode::Enter), Does::Attach(7));
        press(&mut list, KeyCode::Down);
        assert_eq!(press(&mut list, KeyCode::Enter), Does::Attach(42));
        // The selection stays with its process when others end.
        list.rows.remove(0);
        assert_eq!(press(&mut list, KeyCode::Enter), Does::Attach(42));
        for _ in 0..9 {
            press(&mut list, KeyCode::Down);
        }
        assert_eq!(press(&mut list, KeyCode::Enter), Does::Nothing, "it does not answer");
        assert_eq!(list.screen(80, 20).last().unwrap().0, "43 does not answer");
        press(&mut list, KeyCode::Char('?'));
        assert!(list.screen(80, 20).iter().any(|(l, _)| l.contains("attach a dashboard to it")));
        assert_eq!(press(&mut list, KeyCode::Esc), Does::Nothing, "closes the help");
        assert_eq!(press(&mut list, KeyCode::Esc), Does::Quit);
        assert_eq!(press(&mut List::default(), KeyCode::Enter), Does::Nothing);
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        let list = list();
        for (width, height) in [(100, 30), (80, 24), (62, 3), (20, 2), (0, 0)] {
            let screen = list.screen(width, height);
            assert!(
                screen.iter().all(|(l, _)| l.chars().count() <= usize::from(width)),
                "{width}: {screen:?}"
            );
        }
        let screen = list.screen(100, 30);
        assert!(screen[2].0.ends_with("/build/merged/flash.bin") && screen[2].0.contains('…'), "{screen:?}");
        assert!(list.screen(200, 30)[2].0.ends_with("(gdb tcp:127.0.0.1:1234)"));
        assert_eq!(screen.iter().filter(|(_, chosen)| *chosen).count(), 1);
    }
}
