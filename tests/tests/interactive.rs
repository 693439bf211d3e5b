//! Dialogues with real firmware over UART0.

use esplens_soc::system::ResetCause;
use esplens_tests::{UartSession, firmware};

type Outcome = Result<(), String>;

/// Returns an image of the sample at power-on; `None` without the sample.
fn boot(image: &str) -> Result<Option<UartSession>, String> {
    firmware::file(&format!("{image}/flash.bin")).map(|path| UartSession::boot(&path, |_| {})).transpose()
}

#[test]
fn micropython_computes() -> Outcome {
    let Some(mut s) = boot("micropython-1.20")? else { return Ok(()) };
    s.expect("Performing initial setup", 5_000)?;
    s.expect(">>> ", 5_000)?;
    s.send("print(6*7)\r")?;
    s.expect(r"print\(6\*7\)\r\n42\r\n>>> ", 2_000)?;
    s.send("import esp32, machine; print(machine.freq(), 1.5 * 3)\r")?;
    s.expect(r"\n160000000 4\.5\r\n>>> ", 2_000)?;
    Ok(())
}

#[test]
fn micropython_keeps_files_and_resets() -> Outcome {
    let Some(mut s) = boot("micropython-1.20")? else { return Ok(()) };
    s.expect(">>> ", 5_000)?;
    s.send("f = open('a.txt', 'w'); f.write('kept'); f.close()\r")?;
    s.expect(r"\n4\r\n>>> ", 5_000)?;
    s.send("import machine; machine.reset()\r")?;
    s.expect(r"rst:0xc \(SW_CPU_RESET\)", 2_000)?;
    s.expect(">>> ", 5_000)?;
    s.send("print(open('a.txt').read())\r")?;
    s.expect(r"\nkept\r\n>>> ", 2_000)?;
    Ok(())
}

#[test]
fn nuttx_shell_answers() -> Outcome {
    let Some(mut s) = boot("nuttx-10.4")? else { return Ok(()) };
    s.expect("nsh> ", 2_000)?;
    s.send("help\r")?;
    s.expect("help usage:", 2_000)?;
    s.expect("nsh> ", 2_000)?;
    s.send("uname -a\r")?;
    s.expect(r"NuttX .*xtensa", 2_000)?;
    s.expect("nsh> ", 2_000)?;
    Ok(())
}

#[test]
fn nuttx_looks_at_the_chip_revision() -> Outcome {
    let Some(folder) = firmware::folder() else { return Ok(()) };
    let image = folder.join("nuttx-10.4/flash.bin");
    let mut old = UartSession::boot(&image, |c| {
        c.revision = 0;
        c.rom = esplens_soc::boot::RomSet::builtin(0);
    })?;
    old.expect("(?i)revision", 2_000)?;
    assert!(old.expect("nsh> ", 2_000).is_err(), "{}", old.tail());
    let file = std::fs::read(folder.join("nuttx-10.4/qemu_efuse.bin")).map_err(|e| e.to_string())?;
    let fuses = esplens_soc::boot::persist::parse_efuse(&file).map_err(|n| format!("{n} bytes"))?;
    let mut new = UartSession::boot(&image, |c| c.efuse = Some(fuses))?;
    new.expect("nsh> ", 2_000)?;
    Ok(())
}

#[test]
fn unity_lists_and_runs_tests() -> Outcome {
    let Some(mut s) = boot("idf-6.1-unity")? else { return Ok(()) };
    s.expect("Press ENTER to see the list of tests", 2_000)?;
    s.send("\r\n")?;
    s.expect(r"Here's the test menu, pick your combo:", 2_000)?;
    s.expect(r#"\(1\)\s+""#, 2_000)?;
    s.expect("Enter test for running", 2_000)?;
    s.send("1\r\n")?;
    s.expect("Running ", 5_000)?;
    s.expect(r"1 Tests \d Failures \d Ignored", 20_000)?;
    Ok(())
}

/// The image's REPL starts on UART0 and then moves to UART1.
#[test]
fn the_console_asks_the_terminal_and_takes_lines() -> Outcome {
    let Some(mut s) = boot("idf-5.2-uart")? else { return Ok(()) };
    // linenoise requests a device status report; the terminal answers "ready" in time.
    s.expect("\u{1b}\\[5n", 5_000)?;
    s.send("\u{1b}[0n")?;
    s.expect("Returned from app_main", 200)?;
    s.uart = 1;
    s.expect("Type 'help' to get the list of commands", 2_000)?;
    s.expect("repl > ", 2_000)?;
    s.send("help\r")?;
    s.expect(r"help\r\nhelp +\[<string>\]", 2_000)?;
    s.send("no-such-thing\r")?;
    s.expect("Unrecognized command", 2_000)?;
    Ok(())
}

#[test]
fn hello_restarts_itself() -> Outcome {
    for image in ["idf-3.2-hello", "idf-4.2-hello", "idf-5.0-hello"] {
        let Some(mut s) = boot(image)? else { return Ok(()) };
        s.expect("Restarting now", 15_000)?;
        s.expect(r"rst:0xc \(SW_CPU_RESET\)", 1_000)?;
        s.expect("Hello world!", 5_000)?;
        assert!(s.resets.contains(&ResetCause::SoftwareCpu), "{image}: {:?}", s.resets);
    }
    Ok(())
}

#[test]
fn the_core_dump_ends_and_the_chip_reboots() -> Outcome {
    let Some(mut s) = boot("idf-6.1-coredump")? else { return Ok(()) };
    s.expect("CORE DUMP START", 5_000)?;
    s.expect("CORE DUMP END", 20_000)?;
    s.expect("Rebooting...", 5_000)?;
    s.expect(r"rst:0xc \(SW_CPU_RESET\)", 2_000)?;
    s.expect("Hello world!", 5_000)?;
    Ok(())
}
