//! Files that are not regular files, and files of other users.

use super::file;
use esplens_tests::binary::{self, esplens, peak_kib};
use esplens_tests::demo;
use esplens_tests::host::Running;
use esplens_tests::kernel::ProgramBuilder;
use esplens_tests::react::{TIMEOUT, port_said};
use std::io::BufReader;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn fifo(dir: &Path) -> PathBuf {
    let path = dir.join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Runs it to its end, at most [`TIMEOUT`]. Returns exit code, standard error and peak resident memory in
/// KiB.
fn run(args: &[&str], stdin: Stdio) -> (Option<i32>, String, u64) {
    let mut child = esplens();
    let child = child.args(args).stdin(stdin).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut child = Running(child);
    let (started, mut peak) = (Instant::now(), 0);
    while child.0.try_wait().unwrap().is_none() {
        peak = peak.max(peak_kib(child.0.id()).unwrap_or(0));
        assert!(started.elapsed() < TIMEOUT, "still there: {args:?}, {peak} KiB");
        std::thread::sleep(Duration::from_millis(2));
    }
    let said = std::io::read_to_string(child.0.stderr.take().unwrap()).unwrap();
    (child.0.wait().unwrap().code(), said, peak)
}

#[test]
fn special_files_are_refused_by_their_kind() {
    let dir = tempfile::tempdir().unwrap();
    let (pipe, zero) = (fifo(dir.path()).display().to_string(), "/dev/zero".to_string());
    let image = demo::image().display().to_string();
    for (special, kind) in [(&pipe, "a pipe"), (&zero, "a device")] {
        let serial = format!("0=file:{special}");
        for args in [
            &["info", special][..],
            &["info", &image, "--elf", special],
            &["run", special],
            &["run", &image, "--elf", special],
            &["run", "--kernel", special],
            &["run", &image, "--rom", special],
            &["run", &image, "--efuse", special],
            &["run", &image, "--serial", &serial],
            &["run", &image, "--trace-file", special],
            &["run", &image, "--pcap", special],
            &["explain", special, "--elf", &image],
            &["dump", &image, "--after", "1ms", "--out", special],
        ] {
            let (code, said, _) = run(args, Stdio::null());
            assert_eq!(code, Some(2), "{args:?}: {said}");
            assert!(said.contains(&format!("{kind}, expected a regular file")), "{args:?}: {said}");
        }
    }
}

#[test]
fn a_stream_without_end_is_cut_off() {
    let zero = std::fs::File::open("/dev/zero").unwrap();
    let image = demo::image().display().to_string();
    let (code, said, peak) = run(&["explain", "-", "--elf", &image], zero.into());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("too large"), "{said}");
    assert!(peak < 300 << 10, "{peak} KiB");
}

#[test]
fn the_null_device_takes_output() {
    let image = demo::image().display().to_string();
    let args =
        ["run", &image, "--timeout", "1ms", "--serial", "0=file:/dev/null", "--trace-file", "/dev/null"];
    assert_eq!(run(&args, Stdio::null()).0, Some(3));
}

#[test]
fn a_guest_that_opens_a_pipe_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fifo(dir.path());
    for flags in [0, 1, 2, 0x601] {
        let mut p = ProgramBuilder::default();
        let name = p.bytes(b"fifo\0");
        p.simcall(5, [name, flags, 0o644]);
        p.exit_with(2);
        let elf = file(&p.elf());
        let (elf, folder) = (elf.path().display().to_string(), dir.path().display().to_string());
        let (code, said, _) = run(&["run", "--kernel", &elf, "--semihosting", &folder], Stdio::null());
        assert_eq!(code, Some(255), "flags {flags:#x}: {said}");
    }
}

/// Starts the demo without waiting, with this option. Reads its standard error up to `mark`.
fn started(option: &str, value: &str) -> Running {
    let mut command = esplens();
    command.args(["demo", "--headless", "--nic", "none", "-S", "--wall-timeout", "100s", option, value]);
    Running(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
}

fn wait_for(what: &str, mut fits: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !fits() {
        assert!(begun.elapsed() < TIMEOUT, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_local_socket_is_the_users_alone_and_replaces_nothing_but_its_like() {
    let dir = tempfile::tempdir().unwrap();
    for option in ["--gdb", "--monitor", "--dash"] {
        let name = |what: &str| dir.path().join(format!("{}-{what}", &option[2..]));
        let (data, socket) = (name("data"), name("socket"));
        std::fs::write(&data, "data").unwrap();
        let at = format!("unix:{}", data.display());
        let args = ["demo", "--headless", "--nic", "none", "--wall-timeout", "5s", option, &at];
        let (code, said, _) = run(&args, Stdio::null());
        assert_eq!(code, Some(2), "{option}: {said}");
        assert!(said.contains("not a socket"), "{option}: {said}");
        assert_eq!(std::fs::read(&data).unwrap(), b"data", "{option}");
        // A stale one is replaced. Another test's child process may hold its listener until it calls exec.
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        let listens = || std::os::unix::net::UnixStream::connect(&socket).is_ok();
        wait_for(option, || !listens());
        let mut running = started(option, &format!("unix:{}", socket.display()));
        wait_for(option, listens);
        assert!(socket.metadata().unwrap().file_type().is_socket());
        assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{option}");
        Command::new("kill").arg(running.0.id().to_string()).status().unwrap();
        assert_eq!(running.0.wait().unwrap().code(), Some(0), "{option}");
        assert!(!socket.exists(), "{option}: the socket stays behind");
    }
}

/// Starts the demo's image in its own folder with `--persist`; `-S` keeps it unchanged.
fn persisting(image: &Path) -> Running {
    let mut command = esplens();
    command.arg("run").arg(image).args(["--persist", "--nic", "none", "-S", "--monitor", "tcp::0"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    port_said(&mut said, "monitor: listening on").unwrap();
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    Running(child)
}

fn terminate(mut running: Running) -> Option<i32> {
    Command::new("kill").arg(running.0.id().to_string()).status().unwrap();
    running.0.wait().unwrap().code()
}

#[test]
fn an_image_that_was_rebuilt_meanwhile_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("flash.bin");
    std::fs::copy(demo::image(), &image).unwrap();
    let running = persisting(&image);
    let pid = running.0.id();
    let new = dir.path().join("new.bin");
    std::fs::write(&new, "a new build").unwrap();
    std::fs::rename(&new, &image).unwrap();
    assert_eq!(terminate(running), Some(0));
    assert_eq!(std::fs::read(&image).unwrap(), b"a new build");
    let beside = dir.path().join(format!("flash.bin.esplens-{pid}"));
    // Whole sectors are written.
    let len = std::fs::metadata(demo::image()).unwrap().len().next_multiple_of(4096);
    assert_eq!(std::fs::metadata(beside).unwrap().len(), len);
}

#[test]
fn a_file_is_persisted_by_one_instance_and_not_where_it_may_not_be() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("flash.bin");
    std::fs::copy(demo::image(), &image).unwrap();
    let left_over = dir.path().join(".flash.bin.1.tmp");
    std::fs::write(&left_over, "half").unwrap();
    let first = persisting(&image);
    assert!(!left_over.exists(), "a killed process's temporary file stays");
    let path = image.display().to_string();
    let args = ["run", &path, "--persist", "--timeout", "1ms"];
    let (code, said, _) = run(&args, Stdio::null());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("another esplens"), "{said}");
    assert_eq!(terminate(first), Some(0));
    assert_eq!(run(&args, Stdio::null()).0, Some(3), "free again");
    std::fs::set_permissions(&image, std::fs::Permissions::from_mode(0o444)).unwrap();
    let (code, said, _) = run(&args, Stdio::null());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("write-protected"), "{said}");
}

/// Runs `esplens top` with its folder below `temp`.
fn top(temp: &Path) -> (Option<i32>, String, String) {
    let mut command = Command::new(binary::path());
    command.arg("top").env_remove("XDG_RUNTIME_DIR").env("USER", "user").env("TMPDIR", temp);
    let out = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

#[test]
fn top_trusts_its_own_folder_only_and_deletes_its_own_entries_only() {
    let dir = tempfile::tempdir().unwrap();
    let (victim, folder) = (dir.path().join("victim"), dir.path().join("esplens-user"));
    std::fs::create_dir(&victim).unwrap();
    std::fs::write(victim.join("package.json"), "{}").unwrap();
    let own =
        |pid: u32| format!("{{\"pid\":{pid},\"image\":\"\\u001b]0;title\\u0007x.bin\",\"listens\":[]}}");
    std::fs::write(victim.join("4000000.json"), own(4_000_000)).unwrap();
    symlink(&victim, &folder).unwrap();
    let (code, _, said) = top(dir.path());
    assert_eq!(code, Some(2), "{said}");
    assert_eq!(std::fs::read_dir(&victim).unwrap().count(), 2, "a link was followed");
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&victim, &folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(top(dir.path()).0, Some(2), "a folder that everybody may write to");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    // One that answers, with a terminal escape sequence in its name.
    std::fs::write(folder.join("4000001.json"), own(4_000_001)).unwrap();
    let _answers = std::os::unix::net::UnixListener::bind(folder.join("4000001.sock")).unwrap();
    std::thread::spawn(move || {
        for client in _answers.incoming() {
            drop(client)
        }
    });
    let (code, out, said) = top(dir.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("4000001") && out.contains("?]0;title?x.bin"), "{out:?}");
    assert!(!out.contains('\x1b') && !out.contains('\x07'), "{out:?}");
    assert!(folder.join("package.json").exists(), "a file that is none of ours is gone");
    assert!(!folder.join("4000000.json").exists(), "an entry of a dead process stays");
}
