//! Project tasks; `cargo xtask help` lists them.

mod bench;
mod ci;
mod docs;
mod fixtures;
mod gdb;
mod layers;
mod names;
mod screenshots;
mod sources;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Parser)]
#[command(name = "xtask", about = "Project chores.")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

/// Tasks, each in a file of its own.
#[derive(Subcommand)]
enum Chore {
    /// Measure the interpreter, the boot of a real image and the memory of a machine.
    Bench(bench::Args),
    /// Everything that CI checks: runs .ci/run.
    Ci,
    /// Write docs/peripherals.md from the devices' register tables.
    Docs(docs::Args),
    /// Build the firmware under fixtures/ from its sources, or check that the committed files come from them.
    Fixtures(fixtures::Args),
    /// Build xtensa-esp32-elf-gdb for the tests.
    Gdb(gdb::Args),
    /// Check that the crates, and the modules in each, depend on each other in one direction.
    Layers,
    /// Check that no two public types of the workspace have the same name.
    Names,
    /// Draw the dashboard's layouts into docs/screenshots/.
    Screenshots,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        // Benches need the release build. The other tasks are as quick in the dev build, which exists
        // already.
        Chore::Bench(_) if cfg!(debug_assertions) => in_release(&root()),
        Chore::Bench(args) => bench::run(&args, &root()),
        Chore::Ci => ci::run(&root()),
        Chore::Docs(args) => docs::run(&args, &root()),
        Chore::Fixtures(args) => fixtures::run(&args, &root()),
        Chore::Gdb(args) => gdb::run(&args),
        Chore::Layers => layers::run(&root()),
        Chore::Names => names::run(&root()),
        Chore::Screenshots => screenshots::run(&root()),
    }
}

/// Runs the same command in the release build.
fn in_release(root: &Path) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["run", "--quiet", "--release", "--package", "xtask", "--"])
        .args(std::env::args_os().skip(1));
    let status = command.current_dir(root).status()?;
    anyhow::ensure!(status.success(), "bench: {status}");
    Ok(())
}

/// Returns the workspace's folder.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap_or(root)
}
