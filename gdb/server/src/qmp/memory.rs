//! Commands that write memory to files.

use super::QmpServer;
use super::args::{Args, QmpError, QmpResult};
use esplens_core::memory::CORES;
use esplens_debuginfo::coredump;
use esplens_supervisor::RunState;
use serde_json::json;
use std::io::Write;

/// Bytes read at a time.
const CHUNK: u64 = 1 << 20;

/// Saves memory with a core's address map.
pub fn save(server: &QmpServer, mut args: Args) -> QmpResult {
    let core = args.maybe_number("cpu-index")?.unwrap_or(0);
    if core >= CORES as u64 {
        return Err(QmpError::new("Parameter 'cpu-index' expects a CPU number"));
    }
    write(server, args, core as usize)
}

/// Saves physical memory: here, memory with PRO_CPU's address map.
pub fn save_physical(server: &QmpServer, args: Args) -> QmpResult {
    write(server, args, 0)
}

fn write(server: &QmpServer, mut args: Args, core: usize) -> QmpResult {
    let (addr, size, name) = (args.number("val")?, args.number("size")?, args.text("filename")?);
    args.end()?;
    let wrong = || QmpError::new(format!("Invalid addr 0x{addr:016x}/size {size} specified"));
    let end = addr.checked_add(size).filter(|end| *end <= 1 << 32).ok_or_else(wrong)?;
    let failed = |e: std::io::Error| QmpError::new(format!("Could not write '{name}': {e}"));
    // The first chunk is read before the file is created.
    let mut file = None;
    let mut at = addr;
    loop {
        let len = CHUNK.min(end - at) as usize;
        let bytes = server.handle.call(move |s| {
            let mut bytes = vec![0; len];
            let n = s.machine().peek(core, at as u32, &mut bytes);
            bytes.truncate(n);
            bytes
        })?;
        if bytes.len() < len {
            return Err(wrong());
        }
        let file = match &mut file {
            Some(file) => file,
            None => file.insert(server.create(&name)?),
        };
        file.write_all(&bytes).map_err(failed)?;
        at += len as u64;
        if at == end {
            return Ok(json!({}));
        }
    }
}

/// Writes an ELF core file with all tasks, like the monitor's `dump-core`.
pub fn dump(server: &QmpServer, mut args: Args) -> QmpResult {
    let (_paging, protocol) = (args.flag("paging")?, args.text("protocol")?);
    if args.maybe_text("format")?.is_some_and(|f| f != "elf") {
        return Err(QmpError::new("only the format elf is supported"));
    }
    args.ignore(&["detach"]);
    args.end()?;
    let Some(name) = protocol.strip_prefix("file:") else {
        return Err(QmpError::new("parameter 'protocol' must start with 'file:'"));
    };
    let rtos = server.handle.rtos();
    let core = server.handle.call(move |s| {
        let core = if let RunState::Stopped(stopped) = s.status().state { stopped.core } else { 0 };
        esplens_supervisor::core_file::capture(s.machine(), rtos.as_deref(), core)
    })?;
    let mut file = server.create(name)?;
    file.write_all(&coredump::write(&core)).map_err(|e| QmpError::new(format!("{name}: {e}")))?;
    Ok(json!({}))
}
