//! `cargo xtask ci`: runs the same checks as CI.

use anyhow::bail;
use std::path::Path;
use std::process::Command;

/// Runs `.ci/run` of the workspace at `root`.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let status = Command::new("bash").arg(".ci/run").current_dir(root).status()?;
    if !status.success() {
        bail!(".ci/run: {status}");
    }
    Ok(())
}
