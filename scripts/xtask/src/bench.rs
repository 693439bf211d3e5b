//! `cargo xtask bench`: the figures of docs/benchmarks.md, measured on this machine.

#[cfg(unix)]
mod dash;
mod gdb;
mod net;
mod react;
mod trace;
mod wifi;

use anyhow::{Context, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Image whose boot is measured, in the firmware folder.
const IMAGE: &str = "idf-5.3-blink/flash.bin";
/// Line that it prints when its application starts.
const STARTED: &str = "Calling app_main";

/// Image with a server that keeps connections, in the firmware folder.
const SERVER: &str = "rust-openeth-http/flash.bin";

/// Benches that can be run separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Cost of a dashboard for the guest.
    #[cfg(unix)]
    Dash,
    /// Packet rate of a debugger at a stop.
    Gdb,
    /// Requests through the user network.
    Net,
    /// Reaction time to a limit, a signal and a stop while a guest loads the host.
    React,
    /// Cost of a trace that is switched off.
    Trace,
    /// Requests over Wi-Fi, and the cost of an idle station.
    Wifi,
}

/// Flags of `bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Bench to run [default: the interpreter and the boot].
    #[arg(value_enum)]
    what: Option<What>,
    /// Folder with the sample firmware [default: $ESPLENS_SHARED/firmware, else ../shared/firmware].
    #[arg(long, value_name = "DIR")]
    firmware: Option<PathBuf>,
    /// Only the boot, not the interpreter's and the debugger's benches.
    #[arg(long)]
    boot_only: bool,
    /// Number of boots to measure; the fastest and the median are printed.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
}

/// Row of the table.
struct Row {
    what: String,
    figure: String,
}

/// Measurements of one boot.
#[derive(Clone, Copy)]
struct Boot {
    /// Time from the start of the process to its end.
    wall: Duration,
    /// Virtual milliseconds.
    virtual_ms: f64,
    /// Instructions of both cores.
    instructions: u64,
    /// Peak resident memory.
    peak_kib: u64,
}

/// Runs the selected benches and prints one table.
pub fn run(args: &Args, root: &Path) -> anyhow::Result<()> {
    let rows = match args.what {
        #[cfg(unix)]
        Some(What::Dash) => dash::rows(root, args.runs)?,
        Some(What::Gdb) => gdb::rows(root)?,
        Some(What::Net) => net::rows(root, &firmware(args, root).join(SERVER))?,
        Some(What::React) => react::rows(root, args.runs)?,
        Some(What::Wifi) => wifi::rows(root, &shared(root))?,
        Some(What::Trace) => trace::rows(root, &firmware(args, root).join(IMAGE))?,
        None => usual(args, root)?,
    };
    println!("\n| what | measured |\n|---|--:|");
    rows.iter().for_each(|row| println!("| {} | {} |", row.what, row.figure));
    Ok(())
}

/// Runs the interpreter's benches and the boot of a real image.
fn usual(args: &Args, root: &Path) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    if !args.boot_only {
        let started = SystemTime::now();
        cargo(root, &["bench", "-p", "esplens-core"])?;
        rows.extend(interpreter(&target(root).join("criterion"), started)?);
        rows.extend(debugging(root)?);
        rows.extend(gdb::rows(root)?);
    }
    let image = firmware(args, root).join(IMAGE);
    if image.is_file() {
        cargo(root, &["build", "--release", "-p", "esplens"])?;
        rows.extend(boot_rows(args.runs, &target(root).join("release/esplens"), &image)?);
    } else {
        eprintln!("no {}: the boot is not measured (set its folder with --firmware DIR)", image.display());
    }
    Ok(rows)
}

fn firmware(args: &Args, root: &Path) -> PathBuf {
    args.firmware.clone().unwrap_or_else(|| shared(root).join("firmware"))
}

/// Returns the folder of all firmware samples.
fn shared(root: &Path) -> PathBuf {
    std::env::var_os("ESPLENS_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from)
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn cargo(root: &Path, args: &[&str]) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(args).current_dir(root).status()?;
    if !status.success() {
        bail!("cargo {}: {status}", args.join(" "));
    }
    Ok(())
}

/// Returns the cost of debugging as the bench `rates` prints it.
fn debugging(root: &Path) -> anyhow::Result<Vec<Row>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["bench", "-p", "esplens-server", "--bench", "rates"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("cargo bench -p esplens-server: {}: {text}", output.status);
    }
    Ok(text.lines().filter_map(rate_row).collect())
}

/// Parses a line `rate TAB what TAB figure`.
fn rate_row(line: &str) -> Option<Row> {
    let (what, figure) = line.strip_prefix("rate\t")?.split_once('\t')?;
    Some(Row { what: what.into(), figure: figure.into() })
}

/// Returns criterion's results since `started`: the instructions per second of each bench.
fn interpreter(folder: &Path, started: SystemTime) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        let (about, figures) = (at.join("new/benchmark.json"), at.join("new/estimates.json"));
        if about.is_file() && figures.is_file() {
            // Removed benches leave their files behind.
            if figures.metadata()?.modified()? >= started {
                rows.extend(bench_row(&json(&about)?, &json(&figures)?));
            }
            continue;
        }
        for entry in at.read_dir().with_context(|| format!("reading {}", at.display()))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    rows.sort_by(|a, b| a.what.cmp(&b.what));
    Ok(rows)
}

fn json(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// Returns the row of a bench; `None` if it does not state its throughput.
fn bench_row(about: &Value, figures: &Value) -> Option<Row> {
    let elements = about["throughput"]["Elements"].as_f64()?;
    let estimate = if figures["slope"].is_object() { &figures["slope"] } else { &figures["mean"] };
    let nanoseconds = estimate["point_estimate"].as_f64()?;
    let name = about["full_id"].as_str()?;
    let figure = format!("{:.0} million instructions/s", elements / nanoseconds * 1e3);
    Some(Row { what: name.into(), figure })
}

fn boot_rows(runs: u32, binary: &Path, image: &Path) -> anyhow::Result<Vec<Row>> {
    let mut boots = (0..runs).map(|_| boot(binary, image)).collect::<anyhow::Result<Vec<_>>>()?;
    boots.sort_by_key(|b| b.wall);
    let (best, median) = (boots[0], boots[boots.len() / 2]);
    let mips = best.instructions as f64 / best.wall.as_secs_f64() / 1e6;
    let peak = boots.iter().map(|b| b.peak_kib).max().unwrap_or(0);
    let row =
        |what: &str, figure: String| Row { what: format!("boot of {IMAGE} to app_main: {what}"), figure };
    Ok(vec![
        row("fastest", format!("{:.3} s wall", best.wall.as_secs_f64())),
        row("median", format!("{:.3} s wall", median.wall.as_secs_f64())),
        row("virtual time", format!("{:.1} ms", best.virtual_ms)),
        row("instructions", format!("{} ({mips:.0} million/s)", best.instructions)),
        row("peak memory of the process", format!("{:.1} MiB", peak as f64 / 1024.0)),
    ])
}

fn boot(binary: &Path, image: &Path) -> anyhow::Result<Boot> {
    let start = Instant::now();
    let mut child = Command::new(binary)
        .arg("run")
        .arg(image)
        .args(["--headless", "--speed", "max", "--timeout", "30s", "--stats=json", "--exit-on", STARTED])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", binary.display()))?;
    let peak_kib = watch(&mut child)?;
    let wall = start.elapsed();
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{} did not reach {STARTED:?}: {text}", image.display());
    }
    let line = text.lines().rev().find(|l| l.starts_with('{')).context("no statistics on stderr")?;
    let stats: Value = serde_json::from_str(line)?;
    Ok(Boot {
        wall,
        virtual_ms: stats["virtual_ms"].as_f64().unwrap_or_default(),
        instructions: stats["instructions"].as_u64().unwrap_or_default(),
        peak_kib,
    })
}

/// Waits for the child's end. Returns its peak resident memory in KiB (0 if there is no /proc).
fn watch(child: &mut Child) -> anyhow::Result<u64> {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        peak = std::fs::read_to_string(&status).ok().and_then(|text| vm_hwm(&text)).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(peak)
}

/// Parses the line `VmHWM:   1234 kB`.
fn vm_hwm(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bench_becomes_instructions_a_second() {
        let about = json!({"full_id": "interp/mix", "throughput": {"Elements": 2_000_000}});
        let figures = json!({"mean": {"point_estimate": 1e7}, "slope": null});
        let row = bench_row(&about, &figures).unwrap();
        assert_eq!(row.what, "interp/mix");
        assert_eq!(row.figure, "200 million instructions/s");
        assert!(bench_row(&json!({"full_id": "x", "throughput": null}), &figures).is_none());
    }

    #[test]
    fn a_rate_is_a_row() {
        let row = rate_row("rate\tsteps\t20000/s").unwrap();
        assert_eq!((row.what.as_str(), row.figure.as_str()), ("steps", "20000/s"));
        assert!(rate_row("running 0 tests").is_none());
    }

    #[test]
    fn the_peak_is_read_from_proc() {
        assert_eq!(vm_hwm("Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t   20480 kB\n"), Some(20480));
        assert_eq!(vm_hwm("Name:\tx\n"), None);
    }
}
