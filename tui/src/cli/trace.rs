//! `--trace` and `--pcap`: where traced events and frames go.

use super::args::{RunArgs, TraceFormat};
use super::exit::BadInput;
use anyhow::Context;
use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US, Ticks};
use esplens_soc::trace::{Event, Line, Trace};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// The chosen events.
pub fn chosen(patterns: &[String]) -> Result<Trace, BadInput> {
    let mut trace = Trace::default();
    for pattern in patterns.iter().flat_map(|p| p.split(',')) {
        if !trace.apply(pattern) {
            return Err(BadInput(format!(
                "--trace: no event is called {pattern:?} (--trace list lists them)"
            )));
        }
    }
    Ok(trace)
}

/// The list of all events.
pub fn list() -> String {
    Event::ALL.iter().map(|e| format!("{:26} {}\n", e.name(), e.doc())).collect()
}

/// Where events and frames are written.
#[derive(Default)]
pub struct Sinks {
    format: TraceFormat,
    file: Option<BufWriter<File>>,
    pcap: Option<BufWriter<File>>,
}

impl Sinks {
    /// Opens the files that the arguments name.
    pub fn open(args: &RunArgs) -> anyhow::Result<Self> {
        let create = |path: &Path, what: &str| {
            let file = File::create(path).with_context(|| path.display().to_string());
            file.map(BufWriter::new).with_context(|| BadInput(what.into()))
        };
        let mut pcap = args.pcap.as_deref().map(|p| create(p, "--pcap")).transpose()?;
        if let Some(out) = &mut pcap {
            out.write_all(&pcap_head())?;
        }
        let file = args.trace_file.as_deref().map(|p| create(p, "--trace-file")).transpose()?;
        Ok(Self { format: args.trace_format, file, pcap })
    }

    /// Writes an event.
    pub fn line(&mut self, line: &Line) {
        let text = match self.format {
            TraceFormat::Text => format!("{} {}\n", line.event.name(), line.text),
            TraceFormat::Long => long(line),
            TraceFormat::Json => json(line),
        };
        match &mut self.file {
            Some(file) => drop(file.write_all(text.as_bytes())),
            // The dashboard has a pane of its own for them.
            None if super::terminal::handed_over() => {}
            None => drop(std::io::stderr().write_all(text.as_bytes())),
        }
    }

    /// Writes a frame.
    pub fn frame(&mut self, at: Ticks, to_guest: bool, core: u8, pc: u32, frame: &[u8]) {
        if let Some(out) = &mut self.pcap {
            let _ = out.write_all(&pcap_block(at, to_guest, core, pc, frame));
        }
    }

    /// Writes what is buffered.
    pub fn flush(&mut self) {
        let _ = self.file.as_mut().map(Write::flush);
        let _ = self.pcap.as_mut().map(Write::flush);
    }
}

fn long(line: &Line) -> String {
    let mut who = match line.pc {
        0 => "outside".to_string(),
        pc => format!("core {} {pc:#010x}", line.core),
    };
    for name in [&line.task, &line.symbol].into_iter().flatten() {
        who.push(' ');
        who.push_str(name);
    }
    let seconds = line.at as f64 / TICKS_PER_SEC as f64;
    format!("{seconds:12.6} {who}: {} {}\n", line.event.name(), line.text)
}

fn json(line: &Line) -> String {
    let mut value = serde_json::json!({
        "event": line.event.name(),
        "us": line.at as f64 / TICKS_PER_US as f64,
        "core": line.core,
        "pc": format!("{:#010x}", line.pc),
        "text": line.text,
    });
    let names = [("task", &line.task), ("symbol", &line.symbol)];
    for (key, name) in names.into_iter().filter_map(|(k, n)| Some((k, n.as_deref()?))) {
        value[key] = name.into();
    }
    format!("{value}\n")
}

/// A pcapng block: type, body, both lengths (draft-ietf-opsawg-pcapng, 3.1).
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = (body.len().next_multiple_of(4) + 12) as u32;
    let mut out = [kind.to_le_bytes(), len.to_le_bytes()].concat();
    out.extend(body);
    out.resize(len as usize - 4, 0);
    out.extend(len.to_le_bytes());
    out
}

/// Section header, and one Ethernet interface with times in nanoseconds (`if_tsresol` 9).
fn pcap_head() -> Vec<u8> {
    let mut section = 0x1A2B_3C4D_u32.to_le_bytes().to_vec();
    section.extend([1, 0, 0, 0]);
    section.extend([0xFF; 8]);
    let interface = [1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    [block(0x0A0D_0D0A, &section), block(1, &interface)].concat()
}

/// An enhanced packet block with direction and a comment.
fn pcap_block(at: Ticks, to_guest: bool, core: u8, pc: u32, frame: &[u8]) -> Vec<u8> {
    let ns = (u128::from(at) * 1000 / u128::from(TICKS_PER_US)) as u64;
    let len = (frame.len() as u32).to_le_bytes();
    let mut body = 0_u32.to_le_bytes().to_vec();
    body.extend(((ns >> 32) as u32).to_le_bytes());
    body.extend((ns as u32).to_le_bytes());
    body.extend(len);
    body.extend(len);
    body.extend(frame);
    body.resize(body.len().next_multiple_of(4), 0);
    let mut comment = format!("{}.{:03} us virtual", ns / 1000, ns % 1000);
    if !to_guest {
        comment.push_str(&format!(", core {core}, pc {pc:#010x}"));
    }
    // epb_flags: 1 inbound, 2 outbound, as the guest sees it.
    body.extend([2, 0, 4, 0, if to_guest { 1 } else { 2 }, 0, 0, 0]);
    body.extend([1, 0]);
    body.extend((comment.len() as u16).to_le_bytes());
    body.extend(comment.as_bytes());
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend([0; 4]);
    block(6, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_checked() {
        let trace = chosen(&["open_eth*".into(), "-open_eth_reg*,-open_eth_desc*".into()]).unwrap();
        assert!(trace.on(Event::OpenEthReceive) && !trace.on(Event::OpenEthDescRead));
        assert!(chosen(&["openeth*".into()]).unwrap_err().to_string().contains("openeth*"));
        assert!(list().lines().any(|l| l.starts_with("open_eth_start_xmit ")));
    }

    #[test]
    fn lines_tell_task_and_symbol_only_where_they_are_known() {
        let mut line = Line::new(Event::UartTx, 480_000_000 / 4, (1, 0x400D_0001), "UART0: 0x41 'A'".into());
        assert_eq!(long(&line), "    0.250000 core 1 0x400d0001: uart_tx UART0: 0x41 'A'\n");
        assert!(!json(&line).contains("task"));
        (line.task, line.symbol) = (Some("main".into()), Some("app_main+0x1c".into()));
        assert_eq!(
            long(&line),
            "    0.250000 core 1 0x400d0001 main app_main+0x1c: uart_tx UART0: 0x41 'A'\n"
        );
        let value: serde_json::Value = serde_json::from_str(&json(&line)).unwrap();
        assert_eq!((value["task"].as_str(), value["us"].as_f64()), (Some("main"), Some(250_000.0)));
    }

    #[test]
    fn pcapng_blocks_end_with_their_length() {
        for bytes in [pcap_head(), pcap_block(480_000_000, false, 1, 0x400D_0001, &[7; 61])] {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let len = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
                assert_eq!(rest[len - 4..len], rest[4..8]);
                rest = &rest[len..];
            }
        }
    }
}
