//! `cargo xtask screenshots`: pictures of the dashboard's layouts and the README's cast, written to
//! docs/screenshots/, and docs/user/dashboard.md.

use anyhow::bail;
use std::path::Path;
use std::process::Command;

/// Runs the example that draws them.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let args =
        ["run", "--quiet", "--package", "esplens", "--example", "screenshots", "--", "docs/screenshots"];
    let status = Command::new(cargo).args(args).current_dir(root).status()?;
    if !status.success() {
        bail!("screenshots: {status}");
    }
    Ok(())
}
