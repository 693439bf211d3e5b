//! The monitor: commands for users, available through GDB's `monitor`, a socket and the dashboard's prompt.
//!
//! Each command has its own file; clap parses the arguments and generates the help. docs/howto/add-a-monitor-command.md
//! describes an example.

mod breakpoints;
mod bt;
mod complete;
mod core;
mod dump;
mod flash;
mod frame;
mod freertos;
mod gpio;
mod info;
mod list;
mod listen;
mod memory;
mod network;
mod openocd;
mod outside;
mod registers;
mod reset;
mod reverse;
mod rom_elf;
mod run_control;
mod sd;
mod settings;
mod snapshots;
mod stack;
mod strap;
mod symbol_file;
mod task;
mod threads;
mod trace;
mod ulp;
mod usage;
mod vendor;
mod vocabulary;
mod watch;
mod whatis;
mod wifi;

pub use complete::complete;
pub use listen::{HELLO, PROMPT, listen};
pub use outside::{QEMU, version};
pub use wifi::without_passphrase;

use clap::{CommandFactory, Parser};
use esplens_core::memory::WatchKind;
use esplens_debuginfo::printable::printable;
use esplens_supervisor::steps::StepKind;
use esplens_supervisor::{Gone, Handle};

/// The commands. `help COMMAND` shows details.
#[derive(Debug, Parser)]
#[command(name = "monitor", multicall = true, disable_version_flag = true, arg_required_else_help = false)]
#[command(subcommand_required = true, disable_colored_help = true)]
enum Command {
    /// Reset the chip as its reset button does; breakpoints are kept.
    #[command(name = "system_reset")]
    SystemReset(reset::SystemReset),
    /// Reset the chip and run, or stop before its first instruction.
    Reset(reset::Reset),
    /// Show the boot strap pins, or set them for the next reset.
    Strap(strap::Strap),
    /// Stop the machine.
    #[command(visible_alias = "stop")]
    Halt(run_control::Halt),
    /// Resume the machine.
    #[command(visible_aliases = ["cont", "c"])]
    Resume(run_control::Resume),
    /// Run single instructions.
    #[command(visible_aliases = ["stepi", "si"])]
    Step(run_control::StepCommand),
    /// Run to the next source line, over calls.
    #[command(visible_alias = "n")]
    Next(run_control::LineStep),
    /// Run until the function returns.
    #[command(visible_alias = "fin")]
    Finish(run_control::LineStep),
    /// Run backwards to the last breakpoint or watchpoint that was hit.
    #[command(name = "reverse-continue", visible_alias = "rc")]
    ReverseContinue(reverse::Continue),
    /// Undo a core's last instruction.
    #[command(name = "reverse-stepi", visible_alias = "rsi")]
    ReverseStep(reverse::ReverseStepCommand),
    /// Run backwards to the beginning of the source line, or of the previous one, stepping into calls.
    #[command(name = "reverse-step", visible_alias = "rs")]
    ReverseLine(run_control::LineStep),
    /// Run backwards to the beginning of the source line, stepping over calls.
    #[command(name = "reverse-next", visible_alias = "rn")]
    ReverseNext(run_control::LineStep),
    /// Run backwards to the call of the function.
    #[command(name = "reverse-finish")]
    ReverseFinish(run_control::LineStep),
    /// Switch checkpoints for reverse execution on or off, or show the state.
    Record(reverse::RecordCommand),
    /// Let single steps enter interrupt handlers, or not.
    #[command(name = "step-irq")]
    StepIrq(settings::StepIrq),
    /// Stop when the firmware panics, or do not.
    #[command(name = "panic-stop")]
    PanicStop(settings::PanicStop),
    /// Show information about the machine.
    Info(info::InfoCommand),
    /// Show or set registers.
    Reg(registers::RegCommand),
    /// Backtrace of a core or task, without GDB.
    #[command(visible_aliases = ["backtrace", "where"])]
    Bt(bt::Bt),
    /// Show the selected stack frame, or select another one.
    #[command(visible_alias = "f")]
    Frame(frame::FrameCommand),
    /// Select the frame that called this one.
    Up(frame::Up),
    /// Select the frame called by this one.
    Down(frame::Down),
    /// FreeRTOS: tasks, queues, timers, heap.
    #[command(name = "freertos", visible_alias = "rtos")]
    FreeRtos(freertos::FreeRtos),
    /// Select what GDB shows as threads: cores or tasks.
    Threads(threads::Threads),
    /// Write an ELF core file with all tasks.
    #[command(name = "dump-core")]
    DumpCore(dump::DumpCore),
    /// Write the mask ROM's ELF file, for GDB's add-symbol-file.
    #[command(name = "rom-elf")]
    RomElf(rom_elf::RomElf),
    /// Show memory, with QEMU's syntax.
    X(memory::X),
    /// Same as x; addresses are virtual here as well.
    Xp(memory::X),
    /// Show words of memory, with OpenOCD's syntax.
    Mdw(memory::Mdw),
    /// Show halfwords.
    Mdh(memory::Mdw),
    /// Show bytes.
    Mdb(memory::Mdw),
    /// Store a word, with all side effects of the store.
    Mww(memory::Mww),
    /// Store a halfword.
    Mwh(memory::Mww),
    /// Store a byte.
    Mwb(memory::Mww),
    /// Set or list breakpoints: at an address, on a packet, an interrupt, a register.
    #[command(visible_alias = "b")]
    Break(breakpoints::Break),
    /// Set a watchpoint: the machine stops before the store.
    Watch(watch::WatchCommand),
    /// Set a watchpoint for loads.
    Rwatch(watch::WatchCommand),
    /// Set a watchpoint for loads and stores.
    Awatch(watch::WatchCommand),
    /// Delete breakpoints or watchpoints.
    #[command(visible_alias = "d")]
    Delete(breakpoints::DeleteCommand),
    /// Enable breakpoints or watchpoints.
    Enable(breakpoints::Enable),
    /// Disable breakpoints or watchpoints.
    Disable(breakpoints::Enable),
    /// Save the machine's state under a name.
    Savevm(snapshots::Save),
    /// Restore a snapshot.
    Loadvm(snapshots::LoadCommand),
    /// Delete a snapshot.
    Delvm(snapshots::DeleteSnapshotCommand),
    /// Enable or disable trace events while the machine runs, or list them.
    #[command(visible_alias = "trace-event")]
    Trace(trace::TraceEvents),
    /// Show or set the speed of virtual time: real, max, or a factor.
    Speed(settings::SpeedCommand),
    /// Plug the Ethernet cable in, or pull it out.
    #[command(name = "set_link")]
    SetLink(network::SetLink),
    /// Forward a port of the host to the guest.
    #[command(name = "hostfwd_add")]
    HostfwdAdd(network::HostfwdAdd),
    /// Remove a port forwarding.
    #[command(name = "hostfwd_remove")]
    HostfwdRemove(network::HostfwdRemove),
    /// Change the air: add, remove and move access points, drop frames, deauthenticate.
    Wifi(wifi::WifiCommand),
    /// Show a pad; drive, pull or pulse it from outside the chip.
    Gpio(gpio::GpioCommand),
    /// Apply a voltage to a pad for the ADCs.
    Adc(gpio::AdcCommand),
    /// Set the count of a touch pad.
    Touch(gpio::TouchCommand),
    /// Show the ULP coprocessor, step it, set its breakpoints, disassemble.
    Ulp(ulp::UlpCommand),
    /// Insert an SD card, remove it, or show the sockets.
    Sd(sd::SdCommand),
    /// Open another GDB server.
    Gdb(settings::Gdb),
    /// Describe an address, or show the value of a name or expression.
    #[command(visible_aliases = ["print", "p"])]
    Whatis(whatis::Whatis),
    /// Show source text around an address, function or FILE:LINE.
    List(list::List),
    /// Replace the application's symbols, or list the files.
    #[command(name = "symbol-file", visible_alias = "file")]
    SymbolFile(symbol_file::SymbolFile),
    /// Add a file's symbols.
    #[command(name = "add-symbol-file")]
    AddSymbolFile(symbol_file::AddSymbolFile),
    /// Map the compiler's source paths to this host's.
    #[command(name = "substitute-path")]
    SubstitutePath(symbol_file::SubstitutePath),
    /// Add a folder to search for source files.
    Directory(symbol_file::Directory),
    /// OpenOCD's commands for the chip; those without effect here report it.
    Esp32(vendor::Vendor),
    /// Same as esp32.
    Esp(vendor::Vendor),
    /// Flash commands of OpenOCD.
    Flash(flash::Flash),
    /// OpenOCD's breakpoints: ADDR [LENGTH [hw]], or the list.
    Bp(openocd::Add),
    /// Remove OpenOCD's breakpoints: ADDR or all.
    Rbp(openocd::Remove),
    /// OpenOCD's watchpoints: ADDR [LENGTH [r|w|a]], or the list.
    Wp(openocd::Add),
    /// Remove OpenOCD's watchpoints: ADDR or all.
    Rwp(openocd::Remove),
    /// List the cores in OpenOCD's format.
    Targets(openocd::Targets),
    /// OpenOCD's start-up commands, without effect here.
    #[command(visible_aliases = ["adapter", "poll", "reset_config", "wait_halt", "semihosting", "arm", "xtensa", "gdb_breakpoint_override"])]
    Init(openocd::Nothing),
    /// OpenOCD's commands for files: report what to use instead.
    #[command(name = "program_esp", visible_aliases = ["program_esp_bins", "program", "load_image", "dump_image",
        "verify_image", "test_image"])]
    ProgramEsp(openocd::OpenocdFilesCommand),
    /// End esplens.
    #[command(visible_aliases = ["q", "shutdown", "exit"])]
    Quit(run_control::QuitCommand),
}

/// Reason why a command failed.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the machine is gone")]
    Gone(#[from] Gone),
    #[error("{0}")]
    User(String),
}

/// Output of a command; lines end with a newline.
type Result = std::result::Result<String, Error>;

impl Command {
    fn run(&self, handle: &Handle, name: &str) -> Result {
        match self {
            Self::SystemReset(c) => c.run(handle),
            Self::Reset(c) => c.run(handle),
            Self::Strap(c) => c.run(handle),
            Self::Halt(c) => c.run(handle),
            Self::Resume(c) => c.run(handle),
            Self::Step(c) => c.run(handle),
            Self::Next(c) => c.run(handle, StepKind::Next),
            Self::Finish(c) => c.run(handle, StepKind::Finish),
            Self::ReverseLine(c) => c.run(handle, StepKind::BackLine),
            Self::ReverseNext(c) => c.run(handle, StepKind::BackNext),
            Self::ReverseFinish(c) => c.run(handle, StepKind::BackFinish),
            Self::PanicStop(c) => c.run(handle),
            Self::Frame(c) => c.run(handle),
            Self::Up(c) => c.run(handle),
            Self::Down(c) => c.run(handle),
            Self::ReverseContinue(c) => c.run(handle),
            Self::ReverseStep(c) => c.run(handle),
            Self::Record(c) => c.run(handle),
            Self::StepIrq(c) => c.run(handle),
            Self::Info(c) => c.run(handle),
            Self::Reg(c) => c.run(handle),
            Self::Bt(c) => c.run(handle),
            Self::FreeRtos(c) => c.run(handle),
            Self::Threads(c) => c.run(),
            Self::DumpCore(c) => c.run(handle),
            Self::RomElf(c) => c.run(handle),
            Self::X(c) | Self::Xp(c) => c.run(handle),
            Self::Mdw(c) | Self::Mdh(c) | Self::Mdb(c) => c.run(handle, memory::size_of(name)),
            Self::Mww(c) | Self::Mwh(c) | Self::Mwb(c) => c.run(handle, memory::size_of(name)),
            Self::Break(c) => c.run(handle),
            Self::Watch(c) => c.run(handle, WatchKind::Write),
            Self::Rwatch(c) => c.run(handle, WatchKind::Read),
            Self::Awatch(c) => c.run(handle, WatchKind::Access),
            Self::Enable(c) => c.run(handle, true),
            Self::Disable(c) => c.run(handle, false),
            Self::Delete(c) => c.run(handle),
            Self::Savevm(c) => c.run(handle),
            Self::Loadvm(c) => c.run(handle),
            Self::Delvm(c) => c.run(handle),
            Self::Trace(c) => c.run(handle),
            Self::Speed(c) => c.run(handle),
            Self::SetLink(c) => c.run(handle),
            Self::HostfwdAdd(c) => c.run(handle),
            Self::HostfwdRemove(c) => c.run(handle),
            Self::Wifi(c) => c.run(handle),
            Self::Gpio(c) => c.run(handle),
            Self::Adc(c) => c.run(handle),
            Self::Touch(c) => c.run(handle),
            Self::Ulp(c) => c.run(handle),
            Self::Sd(c) => c.run(handle),
            Self::Gdb(c) => c.run(handle),
            Self::Whatis(c) => c.run(handle),
            Self::List(c) => c.run(handle),
            Self::SymbolFile(c) => c.run(handle),
            Self::AddSymbolFile(c) => c.run(handle),
            Self::SubstitutePath(c) => c.run(handle),
            Self::Directory(c) => c.run(handle),
            Self::Esp32(c) | Self::Esp(c) => c.run(handle),
            Self::Flash(c) => c.run(handle),
            Self::Bp(c) | Self::Wp(c) => c.run(handle, name == "wp"),
            Self::Rbp(c) | Self::Rwp(c) => c.run(handle, name == "rwp"),
            Self::Targets(c) => c.run(handle),
            Self::Init(c) => c.run(name),
            Self::ProgramEsp(c) => c.run(name),
            Self::Quit(c) => c.run(handle),
        }
    }
}

/// Executes a line and returns its output or an error message.
pub fn run(handle: &Handle, line: &str) -> String {
    let words = words(line);
    let Some(name) = words.first().cloned() else { return String::new() };
    let said = match Command::try_parse_from(&words) {
        Ok(command) => command.run(handle, &name).unwrap_or_else(|error| format!("{error}\n")),
        // clap's messages contain the invalid word, which may be a passphrase or a part of one.
        Err(_) if line.contains("psk=") => {
            format!("no command: {}; see 'help wifi'\n", wifi::without_passphrase(line.trim()))
        }
        Err(error) => usage::explain(&error, &words),
    };
    // The output may contain task names and strings from the guest.
    printable(&said).into_owned()
}

/// Splits a line into words. A format after `/`, as in `x/4xw`, becomes a separate word.
fn words(line: &str) -> Vec<String> {
    if line.split_whitespace().next() == Some("wifi") {
        return wifi::words(line);
    }
    let mut words: Vec<String> = line.split_whitespace().map(Into::into).collect();
    let Some((name, format)) = words.first().and_then(|w| w.split_once('/')) else { return words };
    let (name, format) = (name.to_string(), format!("/{format}"));
    words.splice(0..1, [name, format]);
    words
}

/// Returns all command names with their one-line help, for completion.
#[must_use]
pub fn commands() -> Vec<(String, String)> {
    Command::command()
        .get_subcommands()
        .map(|c| (c.get_name().to_string(), c.get_about().map(ToString::to_string).unwrap_or_default()))
        .collect()
}

/// Parses a number typed by a user.
fn number(text: &str) -> std::result::Result<u32, String> {
    esplens_debuginfo::number::written(text).ok_or_else(|| format!("{text:?} is no 32-bit number"))
}

#[cfg(test)]
mod tests;
