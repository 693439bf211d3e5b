//! The command line: arguments, serial lines, pacing, the run loop, exit codes.

mod args;
mod attach;
mod capture;
#[cfg(unix)]
mod daemon;
mod dashboard;
mod debug;
mod demo;
mod dump;
mod engine;
mod exit;
mod explain;
mod hostnet;
mod info;
mod nic;
mod outside;
mod patterns;
mod pidfile;
mod qemu;
mod run;
mod screenshot;
mod serial;
mod stats;
mod symbols;
mod target;
mod terminal;
mod trace;
mod units;
mod wifi;

use crate::outlet;
use args::{Cli, Command};
use clap::Parser;
use exit::Exit;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Parses the command line, carries it out, answers with the exit code.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let cli = match qemu::cli(&args) {
        Some(qemu::Line::Run(cli)) => *cli,
        Some(qemu::Line::Say(text)) => {
            terminal::text(&format!("{text}\n"));
            outlet::finish(Exit::Quit.patience());
            return ExitCode::SUCCESS;
        }
        Some(qemu::Line::Wrong(why)) => {
            terminal::error(&why);
            return Exit::BadInput.code();
        }
        None => Cli::parse_from(dashboard::spelled_out(args)),
    };
    #[cfg(unix)]
    if cli.daemonizes() {
        match daemon::start() {
            Ok(None) => {}
            Ok(Some(code)) => {
                outlet::finish(Exit::Quit.patience());
                return code;
            }
            Err(error) => {
                terminal::error(&format!("esplens: {error:#}"));
                return Exit::of_error(&error).code();
            }
        }
    }
    start_log(cli.verbose);
    let result = match cli.command {
        Command::Run(args) => run::run(&args, false),
        Command::Dash(args) => run::run(&args, dashboard::possible(&args)),
        Command::Demo(args) => demo::run(*args),
        Command::Attach(args) => attach::attach(&args),
        Command::Top => attach::top(),
        Command::Info(args) => info::info(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Dump(args) => dump::dump(&args),
    };
    let exit = result.unwrap_or_else(|error| {
        terminal::message(&format!("{error:#}"));
        Exit::of_error(&error)
    });
    #[cfg(unix)]
    esplens_gdb::server::remove_sockets();
    outlet::finish(exit.patience());
    exit.code()
}

/// Gives the terminal back; harmless when it was not taken.
#[cfg(unix)]
pub(crate) fn restore_terminal() {
    terminal::restore();
}

/// Log lines on stderr: warnings, with `-v` more.
fn start_log(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        2 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| terminal::Log)
        .without_time()
        // What cannot be written cannot be complained about either.
        .log_internal_errors(false)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
