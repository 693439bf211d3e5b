//! Project chores, `cargo xtask help` lists them.

mod docs;

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
    /// Write docs/peripherals.md from the devices' register tables.
    Docs(docs::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::Docs(args) => docs::run(&args, &root()),
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
