//! `esplens explain`, and the explainer for live firmware output.

use super::args::ExplainArgs;
use super::exit::{BadInput, CliExit};
use super::linebuf::LineBuffer;
use super::terminal;
use anyhow::Context;
use esplens_debuginfo::coredump::{self, CoreFile};
use esplens_debuginfo::explain::{self, Explainer, explain_core};
use esplens_debuginfo::symbols::{Elf, Symbols};
use esplens_soc::boot::rom::builtin_elf;
use esplens_soc::hostfile;
use esplens_soc::machine::Machine;
use esplens_supervisor::Handle;
use std::io::Write;
use std::sync::Arc;

/// Maximum size of a log, core file or flash image in bytes.
const MAX_INPUT: u64 = 1 << 26;

/// Explains a panic in a log, a core file, or a flash image with a core dump.
pub fn explain(args: &ExplainArgs) -> anyhow::Result<CliExit> {
    let read = match args.input.as_os_str() == "-" {
        true => hostfile::read_stream(std::io::stdin().lock(), MAX_INPUT),
        false => hostfile::read(&args.input, MAX_INPUT),
    };
    let bytes = read.map_err(|e| BadInput(format!("{}: {e}", args.input.display())))?;
    let mut elfs: Vec<_> = rom(&bytes).into_iter().collect();
    for path in &args.elf {
        let elf = Elf::open(path).map_err(|e| BadInput(format!("{}: {e}", path.display())))?;
        elfs.push(Arc::new(elf));
    }
    let symbols = Arc::new(Symbols::new(elfs));
    if bytes.starts_with(b"\x7fELF") {
        head(args, "core file")?;
        terminal::print(&explain_core(&core(&bytes)?, &symbols))?;
        return Ok(CliExit::Quit);
    }
    if let Some(dump) = coredump::in_flash(&bytes).or_else(|| coredump::alone(&bytes)) {
        head(args, "flash with a core dump")?;
        terminal::print(&explain_core(&core(&dump)?, &symbols))?;
        return Ok(CliExit::Quit);
    }
    let text = String::from_utf8_lossy(&bytes);
    head(args, "log of a UART")?;
    terminal::print(&log(&text, &symbols))?;
    if let Some(dump) = coredump::decode_uart(&text) {
        terminal::print(&explain_core(&core(&dump)?, &symbols))?;
        if let Some(path) = &args.core {
            let file = hostfile::create(path).and_then(|mut f| f.write_all(&dump));
            file.with_context(|| BadInput(path.display().to_string()))?;
        }
        if !text.contains("CORE DUMP END") {
            terminal::warning("the log ends within the core dump: memory or tasks are missing");
        }
    } else if text.contains("CORE DUMP START") {
        terminal::warning(
            "the core dump is not an ELF file (CONFIG_ESP_COREDUMP_DATA_FORMAT_BIN) and cannot be read",
        );
    }
    Ok(CliExit::Quit)
}

/// Returns the mask ROM's symbols for the chip revision in the bootloader's log, else for revision 3.
fn rom(bytes: &[u8]) -> Option<Arc<Elf>> {
    const SAID: &[u8] = b"chip revision: ";
    let at = bytes.windows(SAID.len()).position(|w| w == SAID).map(|at| at + SAID.len());
    let digit = at.and_then(|at| bytes[at..].iter().take(2).find(|b| b.is_ascii_digit()));
    let elf = Elf::parse("rom.elf", builtin_elf(digit.map_or(3, |d| d - b'0')));
    elf.ok().map(Arc::new)
}

/// Prints the input and the symbol files, in the form of `info`.
fn head(args: &ExplainArgs, what: &str) -> Result<(), BadInput> {
    let mut text = match args.input.as_os_str() == "-" {
        true => format!("standard input: {what}\n"),
        false => format!("{}: {what}\n", args.input.display()),
    };
    args.elf.iter().for_each(|elf| text.push_str(&format!("ELF          {}\n", elf.display())));
    terminal::print(&(text + "\n"))
}

fn core(bytes: &[u8]) -> anyhow::Result<CoreFile> {
    Ok(CoreFile::parse(bytes).map_err(|e| BadInput(e.to_string()))?)
}

/// Returns the log with explanations after its lines. Leaves out a core dump's base64.
fn log(text: &str, symbols: &Arc<Symbols>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut explainer = Explainer::new(symbols.clone());
    let mut dump = false;
    // Removes the output of a live explainer or idf_monitor: these lines are generated again with these symbols.
    let text: String = text.split_inclusive('\n').filter(|l| !l.starts_with("--- ")).collect();
    for line in &explain::unwrapped(&text) {
        dump = (dump || line.contains("CORE DUMP START")) && !line.contains("CORE DUMP END");
        if !dump {
            out.extend([&**line, "\n"]);
            explainer.line(line, &|_| Vec::new()).iter().for_each(|said| out.extend([said.as_str(), "\n"]));
        }
    }
    out
}

/// Explainer of UART0's output while the firmware runs.
pub struct LiveExplainer {
    handle: Handle,
    explainer: Option<Explainer>,
    line: LineBuffer,
    /// UART0 is on the terminal: explanations are inserted between its lines instead of going to stderr.
    inline: bool,
}

impl LiveExplainer {
    /// Creates an explainer that waits for symbols.
    pub fn new(handle: Handle, inline: bool) -> Self {
        Self { handle, explainer: None, line: LineBuffer::default(), inline }
    }

    /// Returns UART0's output with explanations inserted after its lines.
    pub fn feed(&mut self, bytes: &[u8], machine: Option<&Machine>) -> Vec<u8> {
        let symbols = self.handle.symbols().current();
        if !self.explainer.as_ref().is_some_and(|e| e.is_of(&symbols)) {
            self.explainer = (!symbols.is_empty()).then(|| Explainer::new(symbols));
        }
        let Some(explainer) = &mut self.explainer else { return bytes.to_vec() };
        let handle = &self.handle;
        // The kernel is located at a panic only, because that may need a search.
        let live = |core| {
            machine
                .map_or(Vec::new(), |m| esplens_supervisor::panics::live(m, handle.rtos().as_deref(), core))
        };
        let mut out = Vec::new();
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            out.extend(part);
            let Some(line) = self.line.take(part) else { continue };
            for said in explainer.line(&line, &live) {
                if self.inline {
                    out.extend(format!("{said}\r\n").bytes());
                } else {
                    terminal::message(&said);
                }
            }
        }
        out
    }
}
