//! Summary line at the end of a run.

use super::args::StatsFormat;
use super::crash::CrashPanic;
use super::exit::CliExit;
use esplens_core::time::{TICKS_PER_SEC, Ticks};
use esplens_debuginfo::number::hex;
use serde::Serialize;
use std::time::Duration;

/// The pattern that ended a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matched {
    /// `--exit-on`, `--fail-on` or `--expect`.
    pub option: &'static str,
    /// Regular expression of the option.
    pub pattern: String,
    /// Matched text.
    pub text: String,
    /// Line number in UART0's output, from 1.
    pub line: u64,
    /// Time of the match, in virtual milliseconds from the start.
    pub virtual_ms: f64,
}

/// Statistics and end of a run.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Virtual time.
    pub ticks: Ticks,
    /// Host time.
    pub wall: Duration,
    /// Instructions executed by both cores.
    pub instructions: u64,
    /// Hash of the machine's final state ([`esplens_soc::machine::Machine::digest`]), if requested.
    pub state: Option<[u8; 32]>,
    /// Pattern that ended the run.
    pub matched: Option<Matched>,
    /// Latest panic of the firmware.
    pub panic: Option<CrashPanic>,
    /// Reason for the end, in a sentence.
    pub why: String,
}

impl Stats {
    /// Returns the virtual time in milliseconds.
    pub fn virtual_ms(&self) -> f64 {
        self.ticks as f64 * 1e3 / TICKS_PER_SEC as f64
    }

    /// Returns the speed in million instructions per second of host time.
    pub fn mips(&self) -> f64 {
        self.instructions as f64 / 1e6 / self.wall.as_secs_f64().max(1e-9)
    }

    /// Returns the line that `--stats` prints.
    pub fn line(&self, format: StatsFormat, exit: &CliExit) -> String {
        let wall_ms = self.wall.as_secs_f64() * 1e3;
        match format {
            StatsFormat::Text => format!(
                "esplens: {}; {:.1} ms virtual, {wall_ms:.1} ms wall, {} instructions, {:.1} MIPS",
                self.why,
                self.virtual_ms(),
                self.instructions,
                self.mips()
            ),
            StatsFormat::Json => serde_json::json!({
                "state_hash": self.state.map(|hash| hex(&hash)),
                "virtual_ms": round(self.virtual_ms()),
                "wall_ms": round(wall_ms),
                "instructions": self.instructions,
                "mips": round(self.mips()),
                "exit": exit.to_string(),
                "code": exit.number(),
                "why": self.why,
                "matched": self.matched,
                "panic": self.panic,
            })
            .to_string(),
        }
    }
}

/// Rounds to three decimals.
fn round(x: f64) -> f64 {
    (x * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats() {
        let stats = Stats {
            ticks: TICKS_PER_SEC / 2,
            wall: Duration::from_millis(250),
            instructions: 5_000_000,
            state: Some([0xA5; 32]),
            why: "timeout after 0.500 s of virtual time".into(),
            ..Stats::default()
        };
        let text = stats.line(StatsFormat::Text, &CliExit::Timeout);
        assert_eq!(
            text,
            "esplens: timeout after 0.500 s of virtual time; 500.0 ms virtual, 250.0 ms wall, 5000000 instructions, 20.0 MIPS"
        );
        let json: serde_json::Value =
            serde_json::from_str(&stats.line(StatsFormat::Json, &CliExit::Quit)).unwrap();
        assert_eq!(
            (&json["virtual_ms"], &json["mips"], &json["exit"]),
            (&500.0.into(), &20.0.into(), &"quit".into())
        );
        assert_eq!(json["state_hash"], "a5".repeat(32));
        assert_eq!((&json["code"], &json["matched"], &json["panic"]), (&0.into(), &().into(), &().into()));
    }
}
