//! `cargo xtask gdb`: a real `xtensa-esp32-elf-gdb` for the tests.
//!
//! Debian's gdb-source, with an Xtensa configuration generated from this project's own instruction table and register
//! list. Everything lies in `~/.cache/esplens/gdb`; nothing of it is committed. The first build takes a quarter of an
//! hour, later ones are found in the cache unless the tables changed.

mod config;
mod modules;

use anyhow::{Context, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's package puts the source.
const SOURCE: &str = "/usr/src/gdb.tar.xz";
/// What has to be installed, in Debian's names.
const PACKAGES: &str =
    "gdb-source libgmp-dev libmpfr-dev texinfo bison flex libexpat1-dev libncurses-dev python3-dev";

/// Arguments of `cargo xtask gdb`.
#[derive(clap::Args)]
pub struct Args {
    /// Only write the generated files to this folder.
    #[arg(long, value_name = "DIR")]
    generate: Option<PathBuf>,
    /// Parallel jobs of make.
    #[arg(short, long, default_value_t = 2)]
    jobs: u32,
}

/// Builds GDB, or finds it built; prints its path.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(dir) = &args.generate {
        std::fs::create_dir_all(dir)?;
        std::fs::write(dir.join("xtensa-modules.c"), modules::generate())?;
        std::fs::write(dir.join("xtensa-config.c"), config::generate())?;
        return Ok(());
    }
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    let root = PathBuf::from(home).join(".cache/esplens/gdb");
    unpack(&root)?;
    let changed = configure_source(&root.join("src/gdb"))?;
    build(&root, args.jobs, changed)?;
    println!("{}", root.join("build/gdb/gdb").display());
    Ok(())
}

/// The pristine source, once.
fn unpack(root: &Path) -> anyhow::Result<()> {
    if root.join("src/gdb/gdb/configure").exists() {
        return Ok(());
    }
    ensure!(Path::new(SOURCE).exists(), "{SOURCE} is missing: apt-get install {PACKAGES}");
    std::fs::create_dir_all(root.join("src"))?;
    command("tar", &["xf", SOURCE, "-C", "src"], root)
}

/// Puts the generated files in; true when one changed.
fn configure_source(source: &Path) -> anyhow::Result<bool> {
    let header = source.join("include/xtensa-config.h");
    let text = std::fs::read_to_string(&header).context("include/xtensa-config.h")?;
    let files = [
        (source.join("bfd/xtensa-modules.c"), modules::generate()),
        (source.join("gdb/xtensa-config.c"), config::generate()),
        (header, config::header(&text)),
    ];
    let mut changed = false;
    for (path, new) in files {
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&new) {
            std::fs::write(&path, new).with_context(|| path.display().to_string())?;
            changed = true;
        }
    }
    Ok(changed)
}

fn build(root: &Path, jobs: u32, changed: bool) -> anyhow::Result<()> {
    let dir = root.join("build");
    if !changed && dir.join("gdb/gdb").exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&dir)?;
    if !dir.join("Makefile").exists() {
        let prefix = format!("--prefix={}", root.join("install").display());
        let options = [
            "-n",
            "10",
            "../src/gdb/configure",
            "--target=xtensa-esp32-elf",
            &prefix,
            "--with-python=python3",
            "--with-expat",
            "--disable-nls",
            "--disable-sim",
            "--disable-gdbserver",
            "--disable-werror",
            "--disable-source-highlight",
            "--disable-tui",
            "--without-guile",
            "--without-babeltrace",
            "--without-intel-pt",
            "--without-debuginfod",
            "MAKEINFO=true",
            "CFLAGS=-O1",
            "CXXFLAGS=-O1",
        ];
        command("nice", &options, &dir)?;
    }
    command("nice", &["-n", "10", "make", &format!("-j{jobs}"), "all-gdb", "MAKEINFO=true"], &dir)?;
    data_directory(root)
}

/// GDB's scripts where the program looks for them: Python in GDB needs them, and nothing gets installed.
fn data_directory(root: &Path) -> anyhow::Result<()> {
    let link = root.join("install/share/gdb");
    if !link.exists() {
        std::fs::create_dir_all(root.join("install/share"))?;
        #[cfg(unix)]
        std::os::unix::fs::symlink("../../build/gdb/data-directory", &link)?;
    }
    Ok(())
}

/// Runs a command in `dir`; its output goes to a log beside, shown when it fails.
fn command(program: &str, args: &[&str], dir: &Path) -> anyhow::Result<()> {
    let output =
        Command::new(program).args(args).current_dir(dir).output().with_context(|| program.to_string())?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let tail: Vec<&str> = text.lines().rev().take(20).collect();
        bail!("{program} {}:\n{}", args.join(" "), tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}
