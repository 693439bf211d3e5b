//! `esplens dump`: writes an ELF core file of a firmware after some run time or of a running esplens.

use super::args::DumpArgs;
use super::exit::{BadInput, CliExit};
use super::terminal;
use anyhow::Context;
use esplens_core::time::TICKS_PER_US;
use esplens_debuginfo::coredump;
use esplens_debuginfo::rtos::Rtos;
use esplens_debuginfo::symbols::{Elf, Symbols};
use esplens_soc::boot::{LoadOptions, load};
use esplens_soc::machine::{Machine, MachineConfig, RunExit};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Writes a core file.
pub fn dump(args: &DumpArgs) -> anyhow::Result<CliExit> {
    match (&args.image, &args.monitor) {
        (Some(image), _) => of_image(args, image),
        (None, Some(at)) => of_running(at, &args.out),
        (None, None) => {
            anyhow::bail!(BadInput("dump: name an image, or --monitor HOST:PORT of a running esplens".into()))
        }
    }
}

fn of_image(args: &DumpArgs, image: &Path) -> anyhow::Result<CliExit> {
    let input = load(image, &LoadOptions { elf: args.elf.clone(), ..LoadOptions::default() })?;
    let rtos = match &input.elf {
        Some(path) => {
            let elf = Elf::open(path).map_err(|e| BadInput(format!("{}: {e}", path.display())))?;
            Rtos::find(Arc::new(Symbols::new(vec![Arc::new(elf)])))
        }
        None => None,
    };
    if rtos.is_none() {
        terminal::warning("no symbols of FreeRTOS: the core file's threads are the cores");
    }
    let mut machine = Machine::new(MachineConfig::new(input.flash));
    let until = u64::try_from(args.after.as_micros()).unwrap_or(u64::MAX).saturating_mul(TICKS_PER_US);
    let exit = loop {
        match machine.run(until) {
            // A firmware's own resets do not end the run.
            RunExit::Reset(..) => {}
            exit => break exit,
        }
    };
    if exit != RunExit::Until {
        terminal::warning(&format!("stopped early: {exit:?}"));
    }
    let core = esplens_supervisor::core_file::capture(&machine, rtos.as_ref(), 0);
    let file =
        esplens_soc::hostfile::create(&args.out).and_then(|mut f| f.write_all(&coredump::write(&core)));
    file.with_context(|| BadInput(args.out.display().to_string()))?;
    terminal::message(&format!("{}: {} threads", args.out.display(), core.threads.len()));
    Ok(CliExit::Quit)
}

/// Requests the dump through a running esplens's monitor; that process writes the file itself.
fn of_running(at: &str, out: &Path) -> anyhow::Result<CliExit> {
    let at = at.strip_prefix("tcp:").unwrap_or(at);
    let at = if at.starts_with(':') { format!("127.0.0.1{at}") } else { at.to_string() };
    let out = std::path::absolute(out)?;
    let mut stream = TcpStream::connect(&at).map_err(|e| BadInput(format!("--monitor {at}: {e}")))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(format!("dump-core {} --force\n", out.display()).as_bytes())?;
    let mut said = Vec::new();
    let mut chunk = [0; 4096];
    while !said.ends_with(b" bytes\n") && said.len() < 65_536 {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(n) => said.extend(&chunk[..n]),
        }
    }
    let said = String::from_utf8_lossy(&said);
    anyhow::ensure!(said.contains("threads"), "the monitor reported: {}", said.trim());
    terminal::message(said.trim());
    Ok(CliExit::Quit)
}
