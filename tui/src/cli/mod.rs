//! The command line: arguments, serial lines, pacing, the run loop, exit codes.

mod args;
mod attach;
mod capture;
mod crash;
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
mod linebuf;
mod log;
mod nic;
mod outside;
mod patterns;
mod pidfile;
mod plain;
mod qemu;
mod run;
mod screenshot;
mod sd;
mod serial;
mod stats;
mod symbols;
mod target;
mod terminal;
mod top;
mod trace;
mod units;
mod wifi;

use crate::outlet;
use args::{Cli, CliCommand};
use clap::Parser;
use exit::{BadInput, CliExit};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Parses and executes the command line. Returns the exit code.
pub fn main() -> ExitCode {
    match read(std::env::args_os().collect()) {
        Ok(cli) => carry_out(cli),
        Err(code) => code,
    }
}

/// Parses a command line, esplens's or QEMU's. Returns an exit code if nothing is left to do.
fn read(args: Vec<OsString>) -> Result<Cli, ExitCode> {
    match qemu::cli(&args) {
        Some(qemu::QemuLine::Run(cli)) => Ok(*cli),
        Some(qemu::QemuLine::Say(text)) => Err(asked_for(terminal::print(&format!("{text}\n")))),
        Some(qemu::QemuLine::Wrong(why)) => {
            terminal::error(&why);
            Err(CliExit::BadInput.code())
        }
        None => match Cli::try_parse_from(dashboard::spelled_out(args)) {
            // `esplens -v qemu ...`: words before `qemu` have no effect.
            Ok(Cli { command: CliCommand::Qemu(args), .. }) => {
                read(["esplens", "qemu"].into_iter().map(OsString::from).chain(args.line).collect())
            }
            Ok(cli) => Ok(cli),
            Err(error) if error.use_stderr() => error.exit(),
            // Help and version.
            Err(text) => {
                Err(asked_for(terminal::said(text.print().and_then(|()| std::io::stdout().flush()))))
            }
        },
    }
}

fn carry_out(cli: Cli) -> ExitCode {
    #[cfg(unix)]
    if cli.daemonizes() {
        match daemon::start() {
            Ok(None) => {}
            Ok(Some(code)) => {
                outlet::finish(CliExit::Quit.patience());
                return code;
            }
            Err(error) => {
                terminal::error(&format!("esplens: {error:#}"));
                return CliExit::of_error(&error).code();
            }
        }
    }
    start_log(cli.verbose);
    let result = match cli.command {
        CliCommand::Run(args) => run::run(&args, false),
        CliCommand::Dash(args) => run::run(&args, dashboard::possible(&args)),
        CliCommand::Demo(args) => demo::run(*args),
        CliCommand::Attach(args) => attach::attach(&args),
        CliCommand::Top => top::top(),
        CliCommand::Info(args) => info::info(&args),
        CliCommand::Explain(args) => explain::explain(&args),
        CliCommand::Dump(args) => dump::dump(&args),
        // QEMU's command line has been parsed in its place.
        CliCommand::Qemu(_) => Ok(CliExit::Quit),
    };
    let exit = result.unwrap_or_else(|error| {
        terminal::message(&format!("{error:#}"));
        CliExit::of_error(&error)
    });
    #[cfg(unix)]
    esplens_server::listen::remove_sockets();
    outlet::finish(exit.patience());
    exit.code()
}

/// Returns the exit code of a command line that only prints a text.
fn asked_for(said: Result<(), BadInput>) -> ExitCode {
    if let Err(error) = &said {
        terminal::error(&format!("esplens: {error}"));
    }
    said.map_or(CliExit::BadInput, |()| CliExit::Quit).code()
}

/// Starts logging to stderr: warnings, and more with `-v`.
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
        // A failure to write a log line cannot be reported either.
        .log_internal_errors(false)
        .with_ansi(false)
        .event_format(log::LogFormat)
        .init();
}
