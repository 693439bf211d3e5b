//! Every case of the firmware samples, in every form, against its expected UART0 output. `cargo test -p
//! esplens-tests --test firmware [NAME]`.

use esplens_soc::card::{CardImage, SdConfig, SdPlace};
use esplens_tests::firmware::{self, FirmwareCase};
use esplens_tests::{UartSession, binary, card};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Virtual time limit of an expectation.
const PATIENCE_MS: u64 = 40_000;
/// Virtual time limit of an expectation that is known to fail.
const KNOWN_PATIENCE_MS: u64 = 3_000;
/// Number of concurrent runs.
const WORKERS: usize = 2;
/// Memory limit of a process with one new instance.
const MAX_KIB: u64 = 40 * 1024;

/// Cases whose expectations are not all met yet: the output instead, and the reason. A case that passes fails
/// the test, so that this list stays accurate.
const KNOWN_FAILURES: [(&str, &str, &str); 0] = [];

/// Cases that need parts of the chip that are not modelled, and the part; they are not run.
const LATER: [(&str, &str); 1] = [("idf-5.1-secure-boot", "flash encryption")];

/// One form of a case.
struct Job {
    label: String,
    input: PathBuf,
    case: FirmwareCase,
}

/// Result of a job.
struct Row {
    label: String,
    measured: String,
    failure: Option<String>,
}

fn jobs(folder: &Path, filter: Option<&str>) -> Vec<Job> {
    let mut jobs = Vec::new();
    for case in firmware::cases(folder).into_iter().filter(|c| !LATER.iter().any(|l| l.0 == c.name)) {
        let dir = folder.join(&case.name);
        let mut add = |form: &str, input: PathBuf| {
            let label = format!("{}{form}", case.name);
            if filter.is_none_or(|f| label.contains(f)) {
                jobs.push(Job { label, input, case: case.clone() });
            }
        };
        add("", dir.join(&case.flash));
        if dir.join("flasher_args.json").is_file() {
            add(" (build folder)", dir.clone());
        }
        if let Some(elf) = &case.elf {
            add(" (ELF)", dir.join(elf));
        }
    }
    jobs
}

fn run(job: &Job) -> Row {
    let mut measured = String::new();
    let mut known = Ok(());
    let session = UartSession::boot(&job.input, |c| {
        c.network = Some(firmware::restricted());
        if job.case.name.ends_with("-sdmmc") {
            c.sd = vec![new_card()];
        }
        known = job.case.configure(c);
    });
    let failure = known.and(session).and_then(|mut session| {
        let result = check(&mut session, &job.case);
        let (count, wall) = (session.machine.instructions(), session.wall.as_secs_f64());
        let mips = count as f64 / 1e6 / wall;
        measured = format!("{:10.1} {:9.1} {count:12} {mips:7.1}", session.virtual_ms(), wall * 1e3);
        result
    });
    Row { label: job.label.clone(), measured, failure: failure.err() }
}

/// Returns a socket in ESP-IDF's default slot with a card as it is sold: with an empty file system.
fn new_card() -> SdConfig {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("card.img");
    card::format(&path, 16 << 20);
    // The open image stays readable after the folder is gone.
    let image = Some(Arc::new(CardImage::open(&path, None).expect("the image")));
    SdConfig { place: SdPlace::Slot(1), image, write_protected: false, detect: None, protect: None }
}

fn check(session: &mut UartSession, case: &FirmwareCase) -> Result<(), String> {
    let mut expect = &case.expect[..];
    if let (Some((prompt, rest)), false) = (expect.split_first(), case.typed.is_empty()) {
        session.expect(prompt, PATIENCE_MS)?;
        for (n, line) in case.typed.iter().enumerate() {
            let shown = session.text[session.uart].len();
            session.send(&format!("{line}\r"))?;
            if n + 1 < case.typed.len() {
                session.wait_for(prompt, shown, PATIENCE_MS)?;
            }
        }
        expect = rest;
    }
    let Some((_, instead, why)) = KNOWN_FAILURES.iter().find(|k| k.0 == case.name) else {
        return expect.iter().try_for_each(|e| session.expect(e, PATIENCE_MS).map(|_| ()));
    };
    // Checked before the remaining expectations, none of which the text so far may meet.
    session.expect(instead, PATIENCE_MS)?;
    match case.expect.iter().try_for_each(|e| session.expect(e, KNOWN_PATIENCE_MS).map(|_| ())) {
        Err(_) => Ok(()),
        Ok(()) => Err(format!("passes now: take it from KNOWN_FAILURES ({why})")),
    }
}

fn run_all(jobs: &[Job]) -> Vec<Row> {
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let row = run(job);
                    println!("{:32} {}", row.label, row.measured);
                    rows.lock().unwrap().push(row);
                }
            });
        }
    });
    rows.into_inner().unwrap()
}

/// Returns the peak resident size of a process that booted blink, in KiB.
fn memory(image: &Path) -> Result<u64, String> {
    let text = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
    let serial = format!("0=file:{}", text.path().display());
    let mut child = binary::esplens()
        .args(["run", "--serial", &serial, "--wall-timeout", "60s"])
        .arg(image)
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut peak = None;
    while child.try_wait().map_err(|e| e.to_string())?.is_none() {
        std::thread::sleep(std::time::Duration::from_millis(50));
        if std::fs::read_to_string(text.path()).is_ok_and(|t| t.contains("Turning the LED ON")) {
            peak = binary::peak_kib(child.id());
            let _ = child.kill();
            let _ = child.wait();
            break;
        }
    }
    peak.ok_or_else(|| "blink did not blink".into())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let filter = args.iter().find(|a| !a.starts_with('-')).map(String::as_str);
    if args.iter().any(|a| a == "--list") {
        return ExitCode::SUCCESS;
    }
    let Some(folder) = firmware::folder() else { return ExitCode::SUCCESS };
    println!("\n{:32} {:>10} {:>9} {:>12} {:>7}", "image", "virtual ms", "wall ms", "instructions", "MIPS");
    let chip = firmware::chip_folder();
    let folders = std::iter::once(&folder).chain(&chip);
    let rows = run_all(&folders.flat_map(|folder| jobs(folder, filter)).collect::<Vec<_>>());
    let mut failed: Vec<String> =
        rows.iter().filter_map(|r| Some(format!("{}: {}", r.label, r.failure.as_ref()?))).collect();
    for (name, _, why) in KNOWN_FAILURES {
        println!("known failure: {name}: {why}");
    }
    for (name, why) in LATER {
        println!("not run yet: {name}: {why}");
    }
    if filter.is_none() {
        match memory(&folder.join("idf-5.3-blink/flash.bin")) {
            Ok(kib) => {
                println!("memory of one instance after booting idf-5.3-blink: {:.1} MB", kib as f64 / 1024.0);
                if kib > MAX_KIB {
                    failed.push(format!("memory: {kib} KiB, more than {MAX_KIB}"));
                }
            }
            Err(why) => failed.push(format!("memory: {why}")),
        }
    }
    failed.iter().for_each(|f| println!("FAILED {f}"));
    println!("{} runs, {} failed\n", rows.len(), failed.len());
    ExitCode::from(u8::from(!failed.is_empty()))
}
