//! Cost of tracing that is switched off: the same boot with and without the hooks, in one run.

use super::{Row, cargo, target};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Boots of each kind; the fastest counts. The kinds alternate, so that other load affects both alike.
const RUNS: usize = 15;
/// Virtual time of a boot, in milliseconds.
const MS: &str = "600";

/// Builds both variants and compares them.
pub fn rows(root: &Path, image: &Path) -> anyhow::Result<Vec<Row>> {
    let build = ["build", "--release", "-p", "esplens-soc", "--example", "boot"];
    // The one without hooks first: both are built under the same name.
    cargo(root, &[&build[..], &["--features", "untraced"]].concat())?;
    let built = target(root).join("release/examples/boot");
    let without = keep(&built, "boot-untraced")?;
    cargo(root, &build)?;
    let with = keep(&built, "boot-traced")?;
    let mut best = [u64::MAX; 2];
    for _ in 0..RUNS {
        for (best, binary) in best.iter_mut().zip([&with, &without]) {
            *best = boot(binary, image)?.min(*best);
        }
    }
    let ratio = best[0] as f64 / best[1] as f64;
    let figure =
        format!("{ratio:.3} ({:.1} ms, {:.1} ms without)", best[0] as f64 / 1e6, best[1] as f64 / 1e6);
    Ok(vec![Row { what: "boot with all events off, against a build without trace".into(), figure }])
}

fn keep(built: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let kept = built.with_file_name(name);
    std::fs::copy(built, &kept).with_context(|| built.display().to_string())?;
    Ok(kept)
}

/// Returns the nanoseconds that a boot took.
fn boot(binary: &Path, image: &Path) -> anyhow::Result<u64> {
    let output = Command::new(binary).arg(image).arg(MS).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{}: {}", binary.display(), String::from_utf8_lossy(&output.stderr));
    }
    let ns = text.split(", ").nth(1).and_then(|ns| ns.strip_suffix(" ns")?.parse().ok());
    ns.with_context(|| format!("no time in {text:?}"))
}
