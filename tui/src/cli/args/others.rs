//! Arguments of the commands that run no firmware, or not in this process.

use crate::cli::units;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Arguments of `esplens explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// UART log (- for standard input), core file, flash image or its coredump partition.
    #[arg(value_name = "PANIC.txt")]
    pub input: PathBuf,
    /// Application ELF with the symbols; may be repeated (bootloader), the application last.
    #[arg(long, value_name = "FILE", required = true)]
    pub elf: Vec<PathBuf>,
    /// Write the core dump found in the log to this file, for GDB.
    #[arg(long, value_name = "FILE")]
    pub core: Option<PathBuf>,
}

/// Arguments of `esplens dump`.
#[derive(Debug, Args)]
pub struct DumpArgs {
    /// Flash image, application .bin, application ELF or build folder; it is run from power-on.
    pub image: Option<PathBuf>,
    /// Core file to write.
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Application ELF with the symbols [default: the one next to the image that matches its hash].
    #[arg(long, value_name = "FILE")]
    pub elf: Option<PathBuf>,
    /// Virtual time after which the file is written.
    #[arg(long, value_name = "TIME", value_parser = units::duration, default_value = "5s")]
    pub after: Duration,
    /// Monitor of a running esplens that writes the file instead: HOST:PORT.
    #[arg(long, value_name = "WHERE", conflicts_with = "image")]
    pub monitor: Option<String>,
}

/// Arguments of `esplens attach`.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// HOST:PORT of its `--dash`, or its process ID from `esplens top`.
    pub to: String,
}

/// Arguments of `esplens info`.
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// Flash image, application .bin, application ELF or build folder.
    pub image: PathBuf,
    /// Application ELF with the symbols.
    #[arg(long, value_name = "FILE")]
    pub elf: Option<PathBuf>,
    /// Print JSON on stdout.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `esplens qemu`, parsed by [`crate::cli::qemu`].
#[derive(Debug, Args)]
pub struct QemuArgs {
    /// QEMU's options.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    pub line: Vec<OsString>,
}
