//! `--trace` and `--pcap`: output of traced events and captured frames.

use super::args::{RunArgs, TraceFormat};
use super::exit::BadInput;
use super::{capture, terminal};
use crate::outlet::{self, To};
use anyhow::Context;
use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US};
use esplens_debuginfo::printable::printable;
use esplens_soc::system::NetFrame;
use esplens_soc::trace::{TraceEvent, TraceLine, TraceSet};
use esplens_supervisor::Supervisor;
use serde::{Serialize, Serializer};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// Returns the selected events.
pub fn chosen(patterns: &[String]) -> Result<TraceSet, BadInput> {
    let mut trace = TraceSet::default();
    for pattern in patterns.iter().flat_map(|p| p.split(',')) {
        if !trace.apply(pattern) {
            return Err(BadInput(format!(
                "--trace: no event is called {pattern:?} (--trace list lists them)"
            )));
        }
    }
    Ok(trace)
}

/// Returns the list of all events.
pub fn list() -> String {
    TraceEvent::ALL.iter().map(|e| format!("{:26} {}\n", e.name(), e.doc())).collect()
}

/// Timeout for loading the symbols that name lines; only a failing disk exceeds it.
const SYMBOLS: Duration = Duration::from_secs(20);
/// Bytes of text buffered before a write.
const BUFFER: usize = 1 << 16;

/// Loads symbols before the first instruction if the trace needs them, so that its first line has names too.
pub fn prepare(args: &RunArgs, chosen: TraceSet, supervisor: &mut Supervisor) {
    let named = args.trace_format != TraceFormat::Text;
    supervisor.session().name_trace(named);
    let switches = chosen.on(TraceEvent::TaskSwitch);
    if chosen.is_empty() || !(named || switches) {
        return;
    }
    let handle = supervisor.handle();
    if !handle.symbols().wait(SYMBOLS) {
        terminal::warning("--trace: symbols are still being loaded; the first lines have no names");
    } else if handle.rtos().is_none() {
        let lacks = if switches { "no task switch is seen" } else { "lines name no task" };
        terminal::warning(&format!("--trace: no symbols of a FreeRTOS: {lacks} (--elf FILE gives them)"));
    }
}

/// Destinations of events and frames.
#[derive(Default)]
pub struct Sinks {
    format: TraceFormat,
    /// Lines that have not been written yet.
    text: Vec<u8>,
    file: Option<File>,
    pcap: Option<BufWriter<File>>,
    /// Error after which no more is written.
    failed: Option<String>,
}

impl Sinks {
    /// Opens the files that the arguments name.
    pub fn open(args: &RunArgs) -> anyhow::Result<Self> {
        let create = |path: &Path, what: &str| {
            let file = esplens_soc::hostfile::create(path).with_context(|| path.display().to_string());
            file.with_context(|| BadInput(what.into()))
        };
        let pcap = args.pcap.as_deref().map(|p| create(p, "--pcap")).transpose()?;
        let mut pcap = pcap.map(BufWriter::new);
        if let Some(out) = &mut pcap {
            out.write_all(&capture::head())?;
        }
        let file = args.trace_file.as_deref().map(|p| create(p, "--trace-file")).transpose()?;
        Ok(Self { format: args.trace_format, file, pcap, ..Self::default() })
    }

    /// Writes an event.
    pub fn line(&mut self, line: &TraceLine) {
        let out = &mut self.text;
        // Writing to memory does not fail.
        let _ = match self.format {
            TraceFormat::Text => writeln!(out, "{} {}", line.event.name(), line.text),
            TraceFormat::Long => long(line, out),
            TraceFormat::Json => json(line, out),
        };
        if self.text.len() >= BUFFER {
            self.write_text();
        }
    }

    fn write_text(&mut self) {
        let result = match &mut self.file {
            _ if self.text.is_empty() => Ok(()),
            Some(file) => file.write_all(&self.text),
            // The dashboard shows them in a pane.
            None if terminal::handed_over() => Ok(()),
            None => {
                outlet::write(To::Err, &self.text);
                Ok(())
            }
        };
        self.text.clear();
        self.note("--trace-file", result);
    }

    /// Reports once that a file cannot be written.
    fn note(&mut self, what: &str, result: std::io::Result<()>) {
        if let (Err(e), None) = (result, &self.failed) {
            let why = format!("{what}: {e}: the rest is lost");
            terminal::warning(&why);
            self.failed = Some(why);
        }
    }

    /// Writes a captured frame.
    pub fn frame(&mut self, frame: &NetFrame) {
        let result = match &mut self.pcap {
            Some(out) => out.write_all(&capture::packet(frame)),
            None => return,
        };
        self.note("--pcap", result);
    }

    /// Writes buffered data.
    pub fn flush(&mut self) {
        self.write_text();
        let result = self.pcap.as_mut().map_or(Ok(()), Write::flush);
        self.note("--pcap", result);
    }
}

fn long(line: &TraceLine, out: &mut Vec<u8>) -> std::io::Result<()> {
    write!(out, "{:12.6} ", line.at as f64 / TICKS_PER_SEC as f64)?;
    match line.pc {
        0 => write!(out, "outside")?,
        pc => write!(out, "core {} {pc:#010x}", line.core)?,
    }
    for name in [&line.task, &line.symbol].into_iter().flatten() {
        write!(out, " {}", printable(name))?;
    }
    writeln!(out, ": {} {}", line.event.name(), line.text)
}

/// A number in the notation of QEMU and GDB for addresses.
struct Hex(u32);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:#010x}", self.0))
    }
}

/// A line as a JSON object.
#[derive(Serialize)]
struct Json<'a> {
    us: f64,
    core: u8,
    pc: Hex,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<&'a str>,
    event: &'a str,
    text: &'a str,
}

fn json(line: &TraceLine, out: &mut Vec<u8>) -> std::io::Result<()> {
    let value = Json {
        us: line.at as f64 / TICKS_PER_US as f64,
        core: line.core,
        pc: Hex(line.pc),
        task: line.task.as_deref(),
        symbol: line.symbol.as_deref(),
        event: line.event.name(),
        text: &line.text,
    };
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_checked() {
        let trace = chosen(&["open_eth*".into(), "-open_eth_reg*,-open_eth_desc*".into()]).unwrap();
        assert!(trace.on(TraceEvent::OpenEthReceive) && !trace.on(TraceEvent::OpenEthDescRead));
        assert!(chosen(&["openeth*".into()]).unwrap_err().to_string().contains("openeth*"));
        assert!(list().lines().any(|l| l.starts_with("open_eth_start_xmit ")));
    }

    #[test]
    fn lines_tell_task_and_symbol_only_where_they_are_known() {
        let written = |f: fn(&TraceLine, &mut Vec<u8>) -> std::io::Result<()>, line: &TraceLine| {
            let mut out = Vec::new();
            f(line, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let mut line =
            TraceLine::new(TraceEvent::UartTx, 480_000_000 / 4, (1, 0x400D_0001), "UART0: 0x41 'A'".into());
        assert_eq!(written(long, &line), "    0.250000 core 1 0x400d0001: uart_tx UART0: 0x41 'A'\n");
        assert!(!written(json, &line).contains("task"));
        (line.task, line.symbol) = (Some("main".into()), Some("app_main+28".into()));
        assert_eq!(
            written(long, &line),
            "    0.250000 core 1 0x400d0001 main app_main+28: uart_tx UART0: 0x41 'A'\n"
        );
        let value: serde_json::Value = serde_json::from_str(&written(json, &line)).unwrap();
        assert_eq!((value["task"].as_str(), value["us"].as_f64()), (Some("main"), Some(250_000.0)));
    }
}
