//! `cargo xtask bench react`: the longest time from an order to its effect, over all guests of the attack
//! suite.

use super::{Row, cargo, target};
use anyhow::{Context, bail};
use esplens_tests::react::{ORDERS, ReactionCase, ReactionOrder, time};
use esplens_tests::worst_case;
use std::path::Path;
use std::time::Duration;

/// Promised reaction time (docs/security.md).
const PROMISED: Duration = Duration::from_millis(200);

/// Returns a row per kind of order: the worst of `runs` tries with every storm, with output read and unread.
pub fn rows(root: &Path, runs: u32) -> anyhow::Result<Vec<Row>> {
    cargo(root, &["build", "--release", "-p", "esplens"])?;
    let binary = target(root).join("release/esplens");
    let dir = std::env::temp_dir().join(format!("esplens-react-{}", std::process::id()));
    std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    let measured = measure(&binary, &dir, runs);
    let _ = std::fs::remove_dir_all(&dir);
    measured
}

fn measure(binary: &Path, dir: &Path, runs: u32) -> anyhow::Result<Vec<Row>> {
    let mut worst = ORDERS.map(|_| (Duration::ZERO, ""));
    for storm in worst_case::all() {
        let elf = dir.join("storm.elf");
        std::fs::write(&elf, storm.program.elf())?;
        for (order, worst) in ORDERS.into_iter().zip(&mut worst) {
            for unread in [false, true].into_iter().cycle().take(2 * runs as usize) {
                let case = ReactionCase { binary, elf: &elf, more: &[], unread };
                match time(&case, order) {
                    Ok(took) => *worst = (*worst).max((took, storm.name)),
                    Err(why) => bail!("{}: {why}", storm.name),
                }
            }
        }
        eprintln!("{}: done", storm.name);
    }
    Ok(ORDERS.into_iter().zip(worst).map(|(order, (took, storm))| row(order, took, storm)).collect())
}

fn row(order: ReactionOrder, took: Duration, storm: &str) -> Row {
    let what = match order {
        ReactionOrder::WallTimeout => "after `--wall-timeout`",
        ReactionOrder::Terminate => "after SIGTERM",
        ReactionOrder::Halt => "after `stop` at the monitor",
    };
    let late = if took > PROMISED { ", LATE" } else { "" };
    let figure = format!("{:.0} ms ({storm}){late}", took.as_secs_f64() * 1e3);
    Row { what: format!("worst reaction {what}"), figure }
}
