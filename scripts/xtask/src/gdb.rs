//! `cargo xtask gdb`: a real `xtensa-esp32-elf-gdb` for the tests.
//!
//! It is Debian's gdb-source with an Xtensa configuration generated from this project's instruction table and
//! register list, built once for each kind of GDB in use (`config::Raw`). Everything is in
//! `~/.cache/esplens/gdb`; nothing of it is committed. The first build takes a quarter of an hour. Then
//! `install/` (30 MB, the only part that a CI cache must keep) contains the programs, their data and a stamp
//! of the tables they were built from. It is used until those tables change.

mod config;
mod modules;

use self::config::Raw;
use anyhow::{Context, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Path of the source in Debian's package.
const SOURCE: &str = "/usr/src/gdb.tar.xz";
/// Debian packages that a build needs.
const PACKAGES: &str =
    "gdb-source libgmp-dev libmpfr-dev texinfo bison flex libexpat1-dev libncurses-dev python3-dev";

/// Programs to build. The build folder keeps the last one.
const PROGRAMS: [(&str, Raw); 3] = [
    ("xtensa-esp32-elf-gdb-stock", Raw::Window),
    ("xtensa-esp32-elf-gdb-105", Raw::Unprivileged),
    (DEFAULT, Raw::Privileged),
];
/// Program for tests that do not need a particular one.
const DEFAULT: &str = "xtensa-esp32-elf-gdb";

/// Arguments of `cargo xtask gdb`.
#[derive(clap::Args)]
pub struct Args {
    /// Only write the generated files to this folder.
    #[arg(long, value_name = "DIR")]
    generate: Option<PathBuf>,
    /// Only print the Debian packages that a build needs.
    #[arg(long)]
    packages: bool,
    /// Only print the path of the installed GDB; fail if there is none, or it is out of date.
    #[arg(long)]
    find: bool,
    /// Parallel jobs of make.
    #[arg(short, long, default_value_t = 2)]
    jobs: u32,
}

/// Builds GDB, unless it is built already, and prints its path.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(dir) = &args.generate {
        std::fs::create_dir_all(dir)?;
        std::fs::write(dir.join("xtensa-modules.c"), modules::generate())?;
        std::fs::write(dir.join("xtensa-config.c"), config::generate(Raw::Privileged))?;
        return Ok(());
    }
    if args.packages {
        println!("{PACKAGES}");
        return Ok(());
    }
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    let root = PathBuf::from(home).join(".cache/esplens/gdb");
    let bin = root.join("install/bin");
    let built = PROGRAMS.iter().all(|(name, _)| bin.join(name).exists());
    if !(built && installed(&root).is_some_and(|s| s == stamp())) {
        ensure!(!args.find, "no GDB of this version in {}: cargo xtask gdb builds one", root.display());
        unpack(&root)?;
        for (name, raw) in PROGRAMS {
            let changed = configure_source(&root.join("src/gdb"), raw)?;
            build(&root, args.jobs, changed)?;
            install(&root, &bin.join(name))?;
        }
        std::fs::write(root.join("install/stamp"), stamp())?;
    }
    println!("{}", bin.join(DEFAULT).display());
    Ok(())
}

/// Returns a hash of the tables that the GDBs are built from (FNV-1a, 64 bits).
fn stamp() -> String {
    let maps = PROGRAMS.map(|(_, raw)| config::generate(raw));
    let text = modules::generate() + &maps.concat();
    let hash =
        text.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3));
    format!("{hash:016x}")
}

/// Returns the stamp of the installed GDB.
fn installed(root: &Path) -> Option<String> {
    std::fs::read_to_string(root.join("install/stamp")).ok()
}

/// Installs the program and its data. Source and build folders can be deleted after that.
fn install(root: &Path, program: &Path) -> anyhow::Result<()> {
    let (bin, data) = (root.join("install/bin"), root.join("install/share/gdb"));
    std::fs::create_dir_all(&bin)?;
    let part = bin.join("part");
    std::fs::copy(root.join("build/gdb/gdb"), &part).context("build/gdb/gdb")?;
    // Rename the file, so that a running GDB keeps its own.
    std::fs::rename(&part, program)?;
    if data.is_symlink() {
        std::fs::remove_file(&data)?;
    }
    copy_folder(&root.join("build/gdb/data-directory"), &data)
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Unpacks the pristine source, once.
fn unpack(root: &Path) -> anyhow::Result<()> {
    if root.join("src/gdb/gdb/configure").exists() {
        return Ok(());
    }
    ensure!(Path::new(SOURCE).exists(), "{SOURCE} is missing: apt-get install {PACKAGES}");
    std::fs::create_dir_all(root.join("src"))?;
    command("tar", &["xf", SOURCE, "-C", "src"], root)
}

/// Writes the generated files into the source. Returns true if one changed.
fn configure_source(source: &Path, raw: Raw) -> anyhow::Result<bool> {
    let header = source.join("include/xtensa-config.h");
    let text = std::fs::read_to_string(&header).context("include/xtensa-config.h")?;
    let files = [
        (source.join("bfd/xtensa-modules.c"), modules::generate()),
        (source.join("gdb/xtensa-config.c"), config::generate(raw)),
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
    command("nice", &["-n", "10", "make", &format!("-j{jobs}"), "all-gdb", "MAKEINFO=true"], &dir)
}

/// Runs a command in `dir`. Its output goes to a log file, which is printed if the command fails.
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
