//! Completion of partially typed commands.

use super::Command;
use clap::CommandFactory;
use esplens_soc::irq::IrqSource;
use esplens_soc::trace::TraceEvent;
use esplens_supervisor::Handle;

/// Returns the words that complete the last word of `line`; a space at the end starts a new word.
#[must_use]
pub fn complete(handle: &Handle, line: &str) -> Vec<String> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let begun = if line.ends_with(char::is_whitespace) { "" } else { words.pop().unwrap_or_default() };
    let mut found = candidates(handle, &words);
    found.retain(|c| c.starts_with(begun));
    found.sort();
    found.dedup();
    found
}

fn candidates(handle: &Handle, words: &[&str]) -> Vec<String> {
    let all = Command::command();
    let Some((name, rest)) = words.split_first() else {
        return all.get_subcommands().map(|c| c.get_name().to_string()).chain(["help".into()]).collect();
    };
    match (*name, rest) {
        ("help", []) => all.get_subcommands().map(|c| c.get_name().to_string()).collect(),
        ("loadvm" | "delvm", []) => {
            handle.call(|s| s.snapshots().map(Into::into).collect()).unwrap_or_default()
        }
        ("trace", []) => TraceEvent::ALL.iter().map(|e| e.name().to_string()).collect(),
        ("break" | "b", []) => ["frame", "irq", "panic", "reg", "task"].map(Into::into).to_vec(),
        ("break", ["irq"]) => IrqSource::ALL.map(super::vocabulary::source_name).to_vec(),
        ("break", ["reg"]) => {
            handle.call(|s| super::vocabulary::register_names(s.machine())).unwrap_or_default()
        }
        ("break", ["reg", _]) => ["r", "w", "rw"].map(Into::into).to_vec(),
        (
            "wifi",
            ["remove" | "up" | "down" | "rekey" | "deauth"] | ["channel" | "rssi" | "loss" | "deauth", _],
        ) => {
            let names = handle.call(|s| super::wifi::ssids(s.machine())).unwrap_or_default();
            names.iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect()
        }
        ("reg", []) => super::registers::names(),
        ("flash", []) => ["banks", "list", "probe", "info", "erase_check", "mdw", "fillw", "erase_sector"]
            .map(Into::into)
            .to_vec(),
        _ => from_clap(&all, name, rest.len()),
    }
}

/// Returns subcommands, or the possible values of the argument at this position.
fn from_clap(all: &clap::Command, name: &str, position: usize) -> Vec<String> {
    let Some(command) = all.find_subcommand(name) else { return Vec::new() };
    if position == 0 && command.has_subcommands() {
        return command.get_subcommands().map(|c| c.get_name().to_string()).collect();
    }
    let values = command.get_positionals().nth(position).map(clap::Arg::get_possible_values);
    values.unwrap_or_default().iter().map(|v| v.get_name().to_string()).collect()
}
