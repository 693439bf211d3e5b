//! Project chores, `cargo xtask help` lists them.

mod bench;
mod ci;
mod docs;
mod fixtures;
mod gdb;
mod screenshots;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

#[derive(Parser)]
#[command(name = "xtask", about = "Project chores.")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

/// One variant a chore; each lives in a file of its own.
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
    /// Draw the dashboard's layouts into docs/screenshots/.
    Screenshots,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::Bench(args) => bench::run(&args, &root()),
        Chore::Ci => ci::run(&root()),
        Chore::Docs(args) => docs::run(&args, &root()),
        Chore::Fixtures(args) => fixtures::run(&args, &root()),
        Chore::Gdb(args) => gdb::run(&args),
        Chore::Screenshots => screenshots::run(&root()),
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap_or(root)
}
