//! Translation of QEMU's command line into esplens's: `esplens qemu ...`, or the binary under the name
//! `qemu-system-xtensa`. The defaults are QEMU's: forwards listen on all addresses, flash writes go to the file.
//!
//! An option has the same meaning as in QEMU. One that has no meaning for this machine is accepted with one line on
//! stderr, so that scripts written for QEMU run unchanged.

mod help;
mod lines;
mod options;
#[cfg(test)]
mod tests;

use super::args::{Cli, CliCommand};
use super::terminal;
use clap::Parser;
use esplens_soc::optlist::parts;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::Path;

/// Result of a QEMU command line.
pub enum QemuLine {
    /// A run with these arguments.
    Run(Box<Cli>),
    /// Requested text for standard output: help, the version.
    Say(String),
    /// An invalid command line.
    Wrong(String),
}

/// Reason why the translation ends early.
#[derive(Debug)]
enum End {
    Say(String),
    Wrong(String),
}

type Result<T> = std::result::Result<T, End>;

fn wrong<T>(why: impl std::fmt::Display) -> Result<T> {
    Err(End::Wrong(format!("esplens qemu: {why}")))
}

fn unknown<T>(option: &str, value: Option<&str>) -> Result<T> {
    let value = value.map_or(String::new(), |v| format!(" {v}"));
    wrong(format!("-{option}{value} is not supported"))
}

/// Settings collected from QEMU's arguments.
#[derive(Default)]
struct Asked {
    out: Vec<String>,
    /// Options that are given once, with their value if they have one: the last of QEMU's is used.
    once: BTreeMap<&'static str, Option<String>>,
    /// Words of the guest's command line.
    words: Vec<String>,
    /// Serial lines, monitors, QMP and GDB, in order: the `-chardev` that they name may follow later.
    devices: Vec<(String, String)>,
    image: Option<String>,
    /// `-drive if=none` by id.
    drives: BTreeMap<String, String>,
    efuse: Option<String>,
    /// `-drive if=sd`: values of `--sd`, for slot 1 and then slot 0.
    cards: Vec<String>,
    nic: Vec<String>,
    serials: u32,
    nographic: bool,
    /// Flash writes are not written to the file.
    snapshot: bool,
    /// `-chardev` by id.
    chardevs: BTreeMap<String, lines::Chardev>,
    /// Monitor addresses; `None`: QEMU's default, which `-nographic` puts on the terminal.
    monitors: Option<Vec<String>>,
    /// Messages about options without effect.
    notes: Vec<String>,
}

/// Translates QEMU's command line. Returns `None` if it is not QEMU's.
pub fn cli(args: &[OsString]) -> Option<QemuLine> {
    let name =
        args.first().map(|a| Path::new(a).file_stem().unwrap_or_default().to_string_lossy().into_owned());
    let rest = match args.get(1) {
        _ if name.is_some_and(|n| n.starts_with("qemu-system-xtensa")) => &args[1..],
        Some(first) if first == "qemu" => &args[2..],
        _ => return None,
    };
    let rest: Vec<String> = rest.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    Some(match translate(&rest) {
        Ok((cli, notes)) => {
            notes.iter().for_each(|note| terminal::error(&format!("esplens qemu: {note}")));
            QemuLine::Run(cli)
        }
        Err(End::Say(text)) => QemuLine::Say(text),
        Err(End::Wrong(why)) => QemuLine::Wrong(why),
    })
}

fn translate(args: &[String]) -> Result<(Box<Cli>, Vec<String>)> {
    let mut asked = Asked::default();
    let mut left = args.iter();
    while let Some(arg) = left.next() {
        let Some(option) = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')).filter(|o| !o.is_empty())
        else {
            return wrong(format!("{arg}: not an option"));
        };
        if !asked.flag(option)? {
            match left.next() {
                Some(value) => asked.valued(option, value)?,
                None => return unknown(option, None),
            }
        }
    }
    asked.finish()
}

/// The parts of `a=b,c=d`.
struct Keys(BTreeMap<String, String>);

impl Keys {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

/// Parses `a=b,c=d` into a map; a part without `=` is its own value.
fn keys(value: &str) -> Keys {
    let pair = |part: &String| {
        let (key, value) = part.split_once('=').unwrap_or((part, part));
        (key.to_string(), value.to_string())
    };
    Keys(parts(value).iter().map(pair).collect())
}

impl Asked {
    fn put(&mut self, args: &[&str]) {
        self.out.extend(args.iter().map(|a| (*a).to_string()));
    }

    /// Sets an option that is given once: the last value is used.
    fn set(&mut self, option: &'static str, value: &str) {
        self.once.insert(option, Some(value.to_string()));
    }

    /// Sets an option without a value.
    fn turn_on(&mut self, option: &'static str) {
        self.once.insert(option, None);
    }

    /// Removes an option.
    fn unset(&mut self, option: &'static str) {
        self.once.remove(option);
    }

    fn note(&mut self, option: &str, value: &str, why: &str) {
        let value = if value.is_empty() { String::new() } else { format!(" {value}") };
        self.notes.push(format!("-{option}{value}: {why}"));
    }

    fn finish(mut self) -> Result<(Box<Cli>, Vec<String>)> {
        for (option, value) in std::mem::take(&mut self.devices) {
            self.device(&option, &value)?;
        }
        self.monitors();
        self.given_once();
        match self.nic.len() {
            0 => {}
            1 => {
                let nic = std::mem::take(&mut self.nic[0]);
                self.put(&["--nic", &nic]);
            }
            _ => return wrong("the ESP32 has one Ethernet MAC: one -nic"),
        }
        if let Some(id) = self.efuse.take() {
            let Some(file) = self.drives.get(&id).cloned() else {
                return wrong(format!("no -drive has id={id}"));
            };
            self.put(&["--efuse", &file]);
        }
        if self.cards.len() > 2 {
            return wrong("the SDMMC host has two slots: two -drive if=sd");
        }
        for (card, slot) in std::mem::take(&mut self.cards).iter().zip([1, 0]) {
            self.put(&["--sd", &format!("{card},slot={slot}")]);
        }
        let image = self.image.take();
        if (image.is_some() || self.out.iter().any(|arg| arg == "--sd")) && !self.snapshot {
            self.put(&["--persist", "--share-files"]);
        }
        if let Some(image) = image {
            self.put(&[&image]);
        }
        // QMP clients, such as test frameworks, name pictures and dumps by absolute paths: new files may be in any
        // folder.
        self.put(&["--allow-write", "/"]);
        self.parsed()
    }

    /// Appends the options that are given once.
    fn given_once(&mut self) {
        for (option, value) in std::mem::take(&mut self.once) {
            self.put(&[option]);
            value.iter().for_each(|value| self.put(&[value]));
            if option == "--semihosting" {
                let words = std::mem::take(&mut self.words);
                words.iter().for_each(|word| self.put(&["--semihosting-arg", word]));
            }
        }
    }

    /// Parses esplens's own command line.
    fn parsed(self) -> Result<(Box<Cli>, Vec<String>)> {
        // A program that reads QEMU's output expects it unchanged.
        let line = ["esplens", "run", "--plain=off"].map(String::from).into_iter().chain(self.out);
        let mut cli = match Cli::try_parse_from(line) {
            Ok(cli) => cli,
            Err(error) => return wrong(error.to_string().trim_end()),
        };
        if let CliCommand::Run(args) = &mut cli.command {
            args.nic.listen = Ipv4Addr::UNSPECIFIED;
        }
        Ok((Box::new(cli), self.notes))
    }
}
