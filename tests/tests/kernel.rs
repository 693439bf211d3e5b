//! `--kernel`: bare programs with SIMCALL semihosting, through the real binary.

use esplens_core::isa::Op;
use esplens_soc::boot::{LoadOptions, input, kernel};
use esplens_soc::machine::{Input, Machine, MachineConfig, RunExit};
use esplens_tests::binary;
use esplens_tests::kernel::{ProgramBuilder, elf};
use std::path::Path;

const READ: u32 = 3;
const WRITE: u32 = 4;
const OPEN: u32 = 5;
const CLOSE: u32 = 6;

/// Runs a program. Returns exit code, standard output and standard error.
fn run(program: &ProgramBuilder, more: &[&str]) -> (Option<i32>, String, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), program.elf()).unwrap();
    let mut args = vec!["run", "--wall-timeout", "20s", "--kernel", file.path().to_str().unwrap()];
    args.extend(more);
    binary::run(&args)
}

#[test]
fn a_program_prints_and_its_exit_code_is_ours() {
    let mut p = ProgramBuilder::default();
    p.print("hello from a bare program\n");
    p.exit(7);
    let (code, out, err) = run(&p, &[]);
    assert_eq!((code, out.as_str()), (Some(7), "hello from a bare program\n"), "{err}");
    assert_eq!(err, "");
}

#[test]
fn no_watchdog_bites_a_bare_program() {
    let mut p = ProgramBuilder::default();
    p.op(Op::J, 0, 0, 0, -4);
    let (code, _, err) = run(&p, &["--timeout", "12s", "--reset-policy", "exit"]);
    assert_eq!(code, Some(3), "{err}");
}

/// Creates a program that opens `name` with `flags`. Its exit code is the descriptor, or 255 on failure.
fn open(name: &str, flags: u32) -> ProgramBuilder {
    let mut p = ProgramBuilder::default();
    let at = p.bytes(format!("{name}\0").as_bytes());
    p.simcall(OPEN, [at, flags, 0o644]);
    p.exit_with(2);
    p
}

#[test]
fn files_are_confined_to_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let inside = dir.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(dir.path().join("secret"), "secret").unwrap();
    std::fs::write(inside.join("a.txt"), "text").unwrap();
    std::os::unix::fs::symlink(dir.path().join("secret"), inside.join("link")).unwrap();
    let semihosting = ["--semihosting", inside.to_str().unwrap()];
    let outside = dir.path().join("secret").display().to_string();
    for (name, flags, code) in [
        ("a.txt", 0, 3),
        ("/a.txt", 0, 3),
        ("./a.txt", 0, 3),
        ("missing", 0, 255),
        ("../secret", 0, 255),
        ("x/../../secret", 0, 255),
        (outside.as_str(), 0, 255),
        ("link", 0, 255),
        ("../new", 0x201, 255),
    ] {
        let (got, _, err) = run(&open(name, flags), &semihosting);
        assert_eq!(got, Some(code), "{name}: {err}");
    }
    let (got, _, _) = run(&open("a.txt", 0), &[]);
    assert_eq!(got, Some(255), "no folder, no files");
    assert!(!dir.path().join("new").exists());
}

#[test]
fn a_file_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut p = ProgramBuilder::default();
    let name = p.bytes(b"out.txt\0");
    let text = p.bytes(b"written");
    p.simcall(OPEN, [name, 0x601, 0o644]);
    p.simcall(WRITE, [3, text, 7]);
    p.simcall(CLOSE, [3, 0, 0]);
    p.exit(0);
    let (code, _, err) = run(&p, &["--semihosting", dir.path().to_str().unwrap()]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(std::fs::read(dir.path().join("out.txt")).unwrap(), b"written");
}

#[test]
fn a_link_that_leads_nowhere_makes_no_file_outside() {
    let dir = tempfile::tempdir().unwrap();
    let inside = dir.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let target = dir.path().join("not-there-yet");
    std::os::unix::fs::symlink(&target, inside.join("link")).unwrap();
    let (code, _, err) = run(&open("link", 0x601), &["--semihosting", inside.to_str().unwrap()]);
    assert_eq!(code, Some(255), "{err}");
    assert!(!target.exists());
}

#[test]
fn segments_outside_memory_are_named_and_do_no_harm() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), elf(0x2000_0000, 0x2000_0000, &[0; 64])).unwrap();
    let path: &Path = file.path();
    let args = ["run", "--timeout", "10ms", "--kernel", path.to_str().unwrap()];
    let (code, _, err) = binary::run(&args);
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("no memory at 0x20000000"), "{err}");
}

#[test]
fn what_the_files_said_is_replayed_without_them() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("in.txt"), "before").unwrap();
    let mut p = ProgramBuilder::default();
    let (name, out, buffer) = (p.bytes(b"in.txt\0"), p.bytes(b"out.txt\0"), p.bytes(&[0; 16]));
    p.simcall(OPEN, [name, 0, 0]);
    p.simcall(READ, [3, buffer, 16]);
    p.simcall(OPEN, [out, 0x601, 0o644]);
    p.simcall(WRITE, [4, buffer, 6]);
    p.exit(0);
    let run = |log: Option<&[(u64, Input)]>| {
        let any = LoadOptions { accept_any: true, ..LoadOptions::default() };
        let input = input::from_bytes(Path::new("none"), &[0xFF], &any).unwrap();
        let mut machine = Machine::new(MachineConfig {
            kernel: Some(kernel::parse(&p.elf()).unwrap()),
            semihosting: Some(dir.path().into()),
            ..MachineConfig::new(input.flash)
        });
        machine.replay(log.unwrap_or_default().iter().cloned());
        assert_eq!(machine.run(480_000_000), RunExit::Exit(0));
        let mut said = [0; 6];
        assert_eq!(machine.peek(0, buffer, &mut said), 6);
        (said, machine.state_hash(), machine.log().to_vec())
    };
    let (said, hash, log) = run(None);
    assert_eq!((&said, log.len()), (b"before", 4));
    let written = dir.path().join("out.txt");
    assert_eq!(std::fs::read(&written).unwrap(), b"before");
    std::fs::write(dir.path().join("in.txt"), "after!").unwrap();
    std::fs::remove_file(&written).unwrap();
    assert!(run(Some(&log)) == (*b"before", hash, log), "the same run");
    assert!(!written.exists(), "a replay writes nothing");
}
