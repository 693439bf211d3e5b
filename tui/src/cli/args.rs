//! Command-line arguments, parsed by clap.

mod others;
mod script;

use super::engine::EngineChoice;
use super::nic::Nic;
use super::sd::SdArg;
use super::serial::SerialArg;
use super::{exit, units};
use clap::{Args, Parser, Subcommand, ValueEnum};
use esplens_server::listen::Address;
use esplens_supervisor::Speed;
pub use others::{AttachArgs, DumpArgs, ExplainArgs, InfoArgs, QemuArgs};
pub use script::ScriptArgs;
use std::path::PathBuf;
use std::time::Duration;

/// The ESP32 emulator that is a debugger.
#[derive(Debug, Parser)]
#[command(name = "esplens", version, after_help = exit::HELP)]
pub struct Cli {
    /// Print more on stderr; -vv and -vvv print even more.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Command to execute.
    #[command(subcommand)]
    pub command: CliCommand,
}

#[cfg(unix)]
impl Cli {
    /// Returns true if the run is to continue in the background.
    pub fn daemonizes(&self) -> bool {
        matches!(&self.command, CliCommand::Run(args) if args.daemonize)
    }
}

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Run firmware with UART0 on this terminal (Ctrl-A x quits, Ctrl-A h helps).
    Run(Box<RunArgs>),
    /// Show firmware in the dashboard; `esplens IMAGE` is short for it. Same as `run` if there is no terminal.
    Dash(Box<RunArgs>),
    /// Show the built-in demo in the dashboard: FreeRTOS on both cores, network. Same as `run` if there is no terminal.
    /// GDB may connect as with -s.
    Demo(Box<RunArgs>),
    /// Open the dashboard of a machine in another process.
    Attach(AttachArgs),
    /// List all machines of this user on this computer.
    Top,
    /// Show the contents of a flash image, build folder or application ELF.
    Info(InfoArgs),
    /// Explain a panic: a UART log, an ELF core file, or a flash image with ESP-IDF's core dump.
    Explain(ExplainArgs),
    /// Write an ELF core file with all tasks as threads.
    Dump(DumpArgs),
    /// Accept QEMU's command line instead of this one (`esplens qemu -help`); also under the name qemu-system-xtensa.
    #[command(disable_help_flag = true)]
    Qemu(QemuArgs),
}

/// Effect of a chip reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ResetPolicy {
    /// Restarts the chip, as on silicon.
    #[default]
    Reboot,
    /// Ends the run: code 0 after a software reset or deep sleep, 1 after a watchdog or brown-out.
    Exit,
    /// Stops the machine at the reset.
    Halt,
}

/// Output format of `--stats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatsFormat {
    /// One readable line.
    Text,
    /// One JSON object: virtual_ms, wall_ms, instructions, mips, exit, state_hash.
    Json,
}

/// Output format of `--trace`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TraceFormat {
    /// As QEMU: event name and text.
    #[default]
    Text,
    /// The same, preceded by virtual time in seconds, core and PC, and by task and function if symbols are known.
    Long,
    /// One object per line: event, us, core, pc, text; task and symbol if symbols are known.
    Json,
}

/// Arguments of `esplens run`.
#[derive(Debug, Args)]
#[allow(rustdoc::broken_intra_doc_links, reason = "brackets in these texts are the help's, not links")]
#[command(after_help = exit::HELP)]
pub struct RunArgs {
    /// Flash image, application .bin, application ELF or build folder (ESP-IDF, PlatformIO, Arduino) [default: the
    /// built-in demo].
    pub image: Option<PathBuf>,
    /// ELF file with symbols; may be repeated [default: the one next to the image that matches its hash].
    #[arg(long, value_name = "FILE")]
    pub elf: Vec<PathBuf>,
    /// Show no dashboard, only the serial lines.
    #[arg(long)]
    pub headless: bool,
    /// Accept dashboards (attach) at this address: tcp:HOST:PORT (HOST may be empty) or unix:PATH; may be repeated.
    #[arg(long, value_name = "WHERE")]
    pub dash: Vec<Address>,
    /// Bare ELF: load its segments into memory and start at its entry, without ROM boot.
    #[arg(long, value_name = "ELF", conflicts_with = "image")]
    pub kernel: Option<PathBuf>,
    /// Mask ROM instead of the built-in one: an ELF file or 448 KiB from 0x40000000.
    #[arg(long, value_name = "FILE")]
    pub rom: Option<PathBuf>,
    /// Network, in QEMU's syntax: user|socket|tap|none, then keys.
    ///
    /// any: model=auto|open_eth|emac, id=NAME; for emac phy=auto|lan8720|ip101|rtl8201|dp83848|ksz8081, phyaddr=auto|N.
    /// user: hostfwd=tcp|udp:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT (several),
    /// guestfwd=tcp:SERVER:PORT-tcp:HOST:PORT|unix:PATH|cmd:COMMAND (several), restrict=on, net=A.B.C.D/N, host=A,
    /// dns=A, dhcpstart=A, hostname=NAME, domainname=NAME, dnssearch=DOMAIN (several), resolver=A[:PORT],
    /// ipv4=off, ipv6=off, ipv6-net=PREFIX/N, ipv6-host=A, ipv6-dns=A.
    /// socket: listen=[HOST]:PORT, connect=HOST:PORT or mcast=GROUP:PORT[,localaddr=A]; several machines on one segment
    /// need different --id. tap: ifname=NAME (Linux). Write a comma in a value as two commas.
    #[arg(long, value_name = "NIC", default_value = "user")]
    pub nic: Nic,
    /// Wi-Fi: an access point on the air, or none; may be repeated [default: the network that the firmware asks for].
    ///
    /// ssid=NAME[,psk=PASSPHRASE][,channel=N][,bssid=MAC][,rssi=DBM][,hidden=on][,loss=PERMILLE]: an access point, open
    /// or WPA2-PSK, connected to the network of --nic. none: nothing is on the air.
    /// station[,ssid=NAME][,psk=PASSPHRASE]: a virtual station joins the firmware's own access point at once; without
    /// it, one joins when a host connection needs it.
    #[arg(long, value_name = "WIFI")]
    pub wifi: Vec<String>,
    /// Machine number: selects the base MAC address (24:0a:c4:..). `host` derives it from this computer's name, so that
    /// every replica of a container has a different one: the number at the end of the name (esp-3), or a hash of the
    /// whole name.
    #[arg(long, value_name = "N|host", value_parser = units::machine_id, conflicts_with = "mac")]
    pub id: Option<u32>,
    /// Base MAC address.
    #[arg(long, value_parser = units::mac)]
    pub mac: Option<[u8; 6]>,
    /// Serial line: N=stdio|tcp:[HOST:]PORT|rfc2217:[HOST:]PORT|unix:PATH|file:PATH|pty|null; may be repeated
    /// [default: 0=stdio].
    #[arg(long, value_name = "N=WHERE")]
    pub serial: Vec<SerialArg>,
    /// Virtual time against host time: real, max (idle time is skipped), a factor such as 2 or 0.5, or auto: max until
    /// the firmware's server answers, then real [default: real; auto with hostfwd=; max with --exit-on or --timeout].
    #[arg(long)]
    pub speed: Option<Speed>,
    #[command(flatten)]
    pub script: ScriptArgs,
    /// End with code 3 after this much virtual time (500ms, 30s, 2m).
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub timeout: Option<Duration>,
    /// End with code 3 after this much host time.
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub wall_timeout: Option<Duration>,
    /// Effect of a chip reset. A firmware panic that ends in a reset gives code 1 under `exit`.
    #[arg(long, value_enum, default_value_t)]
    pub reset_policy: ResetPolicy,
    /// eFuse file of 124 bytes (blocks 0 to 3).
    #[arg(long, value_name = "FILE")]
    pub efuse: Option<PathBuf>,
    /// SD card: FILE[,slot=0|1|cs=GPIO][,size=16M][,readonly=on][,cd=GPIO][,wp=GPIO]; may be repeated.
    ///
    /// FILE is a raw image; a missing one is created, blank, with the given size. It is in a slot of the SDMMC host
    /// (default: slot 1, as in ESP-IDF), or with cs= on an SPI bus with that chip select. cd= and wp= connect the
    /// socket's switches. An empty FILE is an empty socket. Changes are lost at the end without --persist.
    #[arg(long, value_name = "FILE")]
    pub sd: Vec<SdArg>,
    /// Write changes of flash, eFuses and SD cards back to their files at the end of the run, or next to a file that
    /// has changed since it was read.
    #[arg(long)]
    pub persist: bool,
    /// Allow other machines to write the same files, as QEMU does; otherwise a second writer is refused.
    /// pytest-embedded burns eFuses with a second machine on the files of the first.
    #[arg(long, requires = "persist")]
    pub share_files: bool,
    /// PSRAM: 2M, 4M or 8M [default: none].
    #[arg(long, value_parser = units::psram)]
    pub psram: Option<usize>,
    /// Boot strap pins as in GPIO_STRAP: 0x12 boots from flash, 0x0f waits for a download.
    #[arg(long, value_parser = units::number, default_value = "0x12")]
    pub strap: u32,
    /// Engine for the guest's code; both give the same run, jit is faster.
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineChoice,
    /// Seed of the machine's random numbers: equal seeds give equal runs.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Flash chip size: 2M, 4M, 8M or 16M [default: from the image's header or size].
    #[arg(long, value_parser = units::flash_size)]
    pub flash_size: Option<usize>,
    /// Folder that the guest's SIMCALL and `break 1, 14` file operations may use.
    #[arg(long, value_name = "DIR")]
    pub semihosting: Option<PathBuf>,
    /// Word of the command line that the guest reads with `break 1, 14`; may be repeated.
    #[arg(long, value_name = "WORD", requires = "semihosting")]
    pub semihosting_arg: Vec<String>,
    /// Write the process ID to this file; it is removed at the end.
    #[arg(long, value_name = "FILE")]
    pub pidfile: Option<PathBuf>,
    /// Continue in the background as soon as all listeners are open.
    #[cfg(unix)]
    #[arg(long)]
    pub daemonize: bool,
    #[command(flatten)]
    pub debug: DebugArgs,
    /// Trace events matching a pattern on stderr, as QEMU does; -PATTERN excludes events again; `list` lists them. May
    /// be repeated.
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    pub trace: Vec<String>,
    /// Write the trace to this file instead.
    #[arg(long, value_name = "FILE")]
    pub trace_file: Option<PathBuf>,
    /// Format of traced events: QEMU's text, the same preceded by virtual time, core, PC and task, or JSON lines.
    #[arg(long, value_enum, default_value_t)]
    pub trace_format: TraceFormat,
    /// Write all Ethernet and 802.11 frames to this file (pcapng).
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// Print a summary line at the end: virtual and wall time, instructions, MIPS.
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub stats: Option<StatsFormat>,
}

/// Debugging options.
#[derive(Debug, Args)]
#[command(next_help_heading = "Debugging")]
pub struct DebugArgs {
    /// Wait for GDB on 127.0.0.1 port 1234, or the next free one.
    #[arg(short = 's')]
    pub default_gdb: bool,
    /// Wait for GDB at this address: tcp:HOST:PORT (HOST may be empty) or unix:PATH; may be repeated.
    #[arg(long, value_name = "WHERE")]
    pub gdb: Vec<Address>,
    /// Do not start until a debugger or the monitor resumes the machine.
    #[arg(short = 'S')]
    pub stopped: bool,
    /// Stop at the guest's panic handler, or after an unexpected reset; GDB waits as with -s.
    #[arg(long)]
    pub gdb_on_panic: bool,
    /// Stop when the firmware ends the program (SIMCALL exit); GDB waits as with -s.
    #[arg(long)]
    pub gdb_on_exit: bool,
    /// Print the firmware's output unchanged: no functions and lines for a panic's addresses, no reason.
    #[arg(long)]
    pub no_explain: bool,
    /// Allow clients to write files (dump-core) to this folder as well; the default is the working folder only. May be
    /// repeated.
    #[arg(long, value_name = "DIR")]
    pub allow_write: Vec<PathBuf>,
    /// Stop when the firmware ends the program, without waiting for GDB.
    #[arg(long)]
    pub pause_on_exit: bool,
    /// QMP, QEMU's machine protocol: tcp:HOST:PORT (HOST may be empty) or unix:PATH; may be repeated.
    #[arg(long, value_name = "WHERE")]
    pub qmp: Vec<Address>,
    /// The same with indented answers.
    #[arg(long, value_name = "WHERE")]
    pub qmp_pretty: Vec<Address>,
    /// Monitor: stdio, tcp:HOST:PORT (HOST may be empty) or unix:PATH; may be repeated. If a UART uses stdio too,
    /// Ctrl-A c switches between the two.
    #[arg(long, value_name = "WHERE")]
    pub monitor: Vec<String>,
}

impl DebugArgs {
    /// Returns true if a monitor is to be on standard input.
    pub fn monitor_on_stdio(&self) -> bool {
        self.monitor.iter().any(|to| on_stdio(to))
    }
}

/// Returns true for `stdio` and for QEMU's `mon:stdio`, which the UART shares.
pub fn on_stdio(monitor: &str) -> bool {
    matches!(monitor, "stdio" | "mon:stdio")
}

impl RunArgs {
    /// Returns the requested speed, or the default that fits the rest of the command line.
    pub fn speed(&self) -> Speed {
        let script = &self.script;
        let unattended = !script.exit_on.is_empty() || !script.expect.is_empty() || self.timeout.is_some();
        let serves = !self.nic.user.forwards.is_empty();
        self.speed.unwrap_or(match (unattended, serves) {
            (true, _) => Speed::Max,
            (false, true) => Speed::Auto,
            (false, false) => Speed::Real,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn run(line: &str) -> Result<RunArgs, clap::Error> {
        match Cli::try_parse_from(format!("esplens run {line}").split_whitespace())?.command {
            CliCommand::Run(args) => Ok(*args),
            _ => unreachable!("run was given"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn speed_is_real_unless_nobody_watches() {
        assert_eq!(run("x.bin").unwrap().speed(), Speed::Real);
        assert_eq!(run("x.bin --timeout 30s").unwrap().speed(), Speed::Max);
        assert_eq!(run("x.bin --wall-timeout 30s").unwrap().speed(), Speed::Real);
        let forward = "x.bin --nic user,hostfwd=tcp::8000-:80";
        assert_eq!(run(forward).unwrap().speed(), Speed::Auto);
        assert_eq!(run(&format!("{forward} --speed real")).unwrap().speed(), Speed::Real);
        assert_eq!(run("--exit-on ready --speed 2").unwrap().speed(), Speed::Times(2.0));
        assert_eq!(run("--expect ready").unwrap().speed(), Speed::Max);
        assert_eq!(run("--ready-on up").unwrap().speed(), Speed::Real);
    }

    #[test]
    fn stats_takes_a_format_only_after_an_equals_sign() {
        let args = run("--stats x.bin").unwrap();
        assert_eq!((args.stats, args.image), (Some(StatsFormat::Text), Some("x.bin".into())));
        assert_eq!(run("--stats=json").unwrap().stats, Some(StatsFormat::Json));
    }

    #[test]
    fn what_is_typed_has_a_moment_each() {
        let check = |line: &str| run(line).unwrap().script.check();
        assert_eq!(check("--send x --after y --after z --send w"), Ok(()));
        assert!(check("--send x").unwrap_err().contains("1 of --send and 0 of --after"));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "--speed 0",
            "--serial 9=null",
            "--exit-on (",
            r"--send \x0 --after x",
            "--ready-file x",
            "--psram 3M",
            "a.bin --kernel b.elf",
            "--id 1 --mac 24:0a:c4:00:00:10",
        ] {
            assert!(run(line).is_err(), "{line}");
        }
    }
}
