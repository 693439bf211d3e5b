//! The paper's command lines, typed verbatim except for free ports.

use esplens_tests::host::{Running, free_port};
use esplens_tests::{binary, firmware};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The paper's first command line; the others extend it.
const LINE: &str = "qemu-system-xtensa -nographic -machine esp32 \
    -nic user,model=open_eth,id=lo0,hostfwd=tcp::8000-:80 -drive file=merged_qemu.bin,if=mtd,format=raw";
/// Timeout for any operation on a busy host.
const TIMEOUT: Duration = Duration::from_secs(120);

fn demo(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/demo").join(file)
}

/// Creates a folder with the image and the program under QEMU's name.
fn folder(image: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("merged_qemu.bin"), std::fs::read(image).unwrap()).unwrap();
    std::os::unix::fs::symlink(binary::path(), folder.path().join("qemu-system-xtensa")).unwrap();
    std::os::unix::fs::symlink(binary::path(), folder.path().join("esplens")).unwrap();
    folder
}

/// Runs a line in a shell in that folder. Returns the process and its lines on stderr.
fn typed(line: &str, folder: &Path) -> (Running, Receiver<String>) {
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", &format!("exec {line}")]).current_dir(folder).env("PATH", path);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut running = Running(child.unwrap());
    let said = BufReader::new(running.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    let (tell, lines) = channel();
    std::thread::spawn(move || said.for_each(|line| drop(tell.send(line))));
    (running, lines)
}

/// Returns the text after `text` on the first line that contains it.
fn after(lines: &Receiver<String>, text: &str) -> String {
    let mut seen = Vec::new();
    while let Ok(line) = lines.recv_timeout(TIMEOUT) {
        if let Some((_, rest)) = line.split_once(text) {
            return rest.trim().to_string();
        }
        seen.push(line);
    }
    panic!("no {text:?} in {seen:#?}");
}

/// Repeats `curl localhost:PORT/hello` until the server answers.
fn curl(port: u16) -> String {
    let get = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("localhost", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text)
    };
    let started = Instant::now();
    loop {
        match get() {
            Ok(page) if !page.is_empty() => return page,
            other => assert!(started.elapsed() < TIMEOUT, "{other:?}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Returns `-s`, or a GDB option with a free port if QEMU's port is taken. Only one test at a time holds it.
fn gdb_option() -> (String, MutexGuard<'static, ()>) {
    static PORT: Mutex<()> = Mutex::new(());
    let only = PORT.lock().unwrap_or_else(PoisonError::into_inner);
    let free = TcpListener::bind("127.0.0.1:1234").is_ok();
    (if free { "-s".into() } else { format!("-gdb tcp::{}", free_port()) }, only)
}

/// Returns the line for both commands: QEMU's program name, and our own.
fn doors(line: &str) -> [String; 2] {
    [line.to_string(), line.replace("qemu-system-xtensa", "esplens qemu")]
}

#[test]
fn the_papers_lines_serve_as_they_are() {
    let (gdb, _only) = gdb_option();
    let lines = [
        LINE.to_string(),
        // A typing error of the paper that readers copy.
        LINE.replace("if=mtd,", "if=mtdev,"),
        format!("{LINE} {gdb}"),
        format!("{LINE} --trace \"open_eth*\""),
    ];
    for line in lines.iter().flat_map(|l| doors(l)) {
        let (folder, port) = (folder(&demo("flash.bin")), free_port());
        let line = line.replace("tcp::8000-", &format!("tcp::{port}-"));
        let (_running, said) = typed(&line, folder.path());
        let page = curl(port);
        assert!(page.starts_with("HTTP/1.1 200 OK") && page.ends_with("Hello World!"), "{line}: {page}");
        if line.ends_with(&gdb) {
            let at = after(&said, "gdb: listening on ");
            let at = at.split(' ').next().unwrap().trim_start_matches("tcp:");
            let mut stream = TcpStream::connect(at).unwrap();
            stream.set_read_timeout(Some(TIMEOUT)).unwrap();
            stream.write_all(b"$?#3f").unwrap();
            let mut reply = [0; 3];
            stream.read_exact(&mut reply).unwrap();
            assert_eq!(&reply, b"+$T", "{line}: why it stopped");
        }
        if line.contains("trace") {
            // Listing 1 of the paper.
            for text in
                ["open_eth_reg_write MAC[0x", "open_eth_desc_write DESC[0x", "open_eth_start_xmit TX: 0x"]
            {
                let rest = after(&said, text);
                assert!(rest.contains("0x") || rest.contains("len: "), "{text}{rest}");
            }
        }
    }
}

#[test]
fn the_papers_gdb_line_stops_in_app_main() {
    let installed = ".cache/esplens/gdb/install/bin/xtensa-esp32-elf-gdb";
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(installed));
    let gdb = std::env::var_os("ESPLENS_GDB_BIN").map(PathBuf::from).or_else(home).filter(|p| p.exists());
    let Some(gdb) = gdb else {
        eprintln!("skipped: no xtensa-esp32-elf-gdb; cargo xtask gdb builds one");
        return;
    };
    let (folder, port) = (folder(&demo("flash.bin")), free_port());
    let (option, _only) = gdb_option();
    let line = format!("{LINE} {option}").replace("tcp::8000-", &format!("tcp::{port}-"));
    let (_running, said) = typed(&line, folder.path());
    let at = after(&said, "gdb: listening on ");
    let at = at.split(' ').next().unwrap();
    let commands = ["monitor system_reset", "tb app_main", "c"];
    let mut command = Command::new(gdb);
    command.args(["-batch", "-nx"]).arg(demo("demo.elf"));
    command.args(["-ex", &format!("target remote {at}")]);
    commands.iter().for_each(|c| _ = command.args(["-ex", c]));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("Temporary breakpoint 1, ") && text.contains("app_main"), "{text}");
}

#[test]
fn what_the_firmware_writes_is_in_the_file_afterwards() {
    let Some(flash) = firmware::file("micropython-1.20/flash.bin") else { return };
    for line in
        doors("qemu-system-xtensa -nographic -machine esp32 -drive file=merged_qemu.bin,if=mtd,format=raw")
    {
        let folder = folder(&flash);
        let (mut running, said) = typed(&format!("{line} -trace flash_program"), folder.path());
        // On first start it creates a file system in the rest of the flash; the last page is written last.
        after(&said, "flash_program 0x2ef");
        kill(Pid::from_raw(running.0.id() as i32), Signal::SIGTERM).unwrap();
        running.0.wait().unwrap();
        let now = std::fs::read(folder.path().join("merged_qemu.bin")).unwrap();
        let superblock = now.get(0x20_0000..0x20_0040).expect("the file has grown");
        assert!(superblock.windows(8).any(|w| w == b"littlefs"), "{line}: {superblock:x?}");
    }
}
