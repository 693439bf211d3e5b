//! Clients of QEMU's users, from PyPI, with esplens under QEMU's name: pytest-embedded-qemu, the client
//! library of QMP, pygdbmi, esp-coredump; and the command lines of `idf.py qemu` and of Zephyr's probe.

use esplens_tests::host::{Running, free_port};
use esplens_tests::{binary, firmware, pypi};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Timeout; generous for slow hosts.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Name of the list of clients.
const CLIENTS: &str = "qemu";

fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(file)
}

/// Creates a folder with the program under QEMU's name, and a flash image.
fn folder(image: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(binary::path(), folder.path().join("qemu-system-xtensa")).unwrap();
    std::fs::copy(fixture(image), folder.path().join("qemu_flash.bin")).unwrap();
    folder
}

/// Returns the PATH with the folder first.
fn path(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default())
}

/// Returns a shell command that runs a line in the folder.
fn typed(line: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("exec {line}")]).current_dir(folder).env("PATH", path(folder));
    command.stdin(Stdio::null());
    command
}

/// Runs a Python program in the folder. Returns its output.
#[track_caller]
fn python(python: &Path, folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(python);
    // Clients call others by name.
    let path = format!("{}:{}", python.parent().unwrap().display(), path(folder));
    command.args(args).current_dir(folder).env("PATH", path).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}:\n{text}\n{error}");
    text
}

/// Returns the GDB to test with.
fn gdb() -> Option<PathBuf> {
    let installed = ".cache/esplens/gdb/install/bin/xtensa-esp32-elf-gdb";
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(installed));
    let found = std::env::var_os("ESPLENS_GDB_BIN").map(PathBuf::from).or_else(home).filter(|p| p.exists());
    if found.is_none() {
        eprintln!("skipped: no xtensa-esp32-elf-gdb; cargo xtask gdb builds one");
    }
    found
}

#[test]
fn what_tools_ask_first_is_answered_on_standard_output() {
    let folder = folder("hello/flash.bin");
    for (line, text) in [
        ("qemu-system-xtensa --version", "QEMU emulator version 9.2.2"),
        ("qemu-system-xtensa -version", "QEMU emulator version 9.2.2"),
        ("qemu-system-xtensa -machine help", "Supported machines are:\nesp32 "),
        ("qemu-system-xtensa -h", "usage: qemu-system-xtensa"),
    ] {
        let output = typed(line, folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert!(String::from_utf8_lossy(&output.stdout).contains(text), "{line}: {output:?}");
        assert!(output.stderr.is_empty(), "{line}: {output:?}");
    }
}

/// Reads from a TCP port until `text` has arrived. Returns everything read.
fn read_until(port: u16, text: &str) -> String {
    let begun = Instant::now();
    let mut stream = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(error) => assert!(begun.elapsed() < TIMEOUT, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let (mut all, mut chunk) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&all).contains(text) {
        let n = stream.read(&mut chunk).unwrap();
        assert!(n > 0, "no {text:?} in {}", String::from_utf8_lossy(&all));
        all.extend(&chunk[..n]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn idf_pys_lines_run_as_they_stand() {
    let folder = folder("hello/flash.bin");
    std::fs::write(folder.path().join("qemu_efuse.bin"), [0; 124]).unwrap();
    for strap in ["", "-global driver=esp32.gpio,property=strap_mode,value=0x0f "] {
        let port = free_port();
        let line = format!(
            "qemu-system-xtensa -M esp32 -m 4M -drive file=qemu_flash.bin,if=mtd,format=raw \
             -drive file=qemu_efuse.bin,if=none,format=raw,id=efuse \
             -global driver=nvram.esp32.efuse,property=drive,value=efuse \
             -global driver=timer.esp32.timg,property=wdt_disable,value=true \
             -nic user,model=open_eth -nographic {strap}-serial tcp::{port},server"
        );
        let mut command = typed(&line, folder.path());
        let _running = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let text = if strap.is_empty() { "SPI_FAST_FLASH_BOOT" } else { "UART_BOOT(UART0)" };
        read_until(port, text);
    }
}

/// Writes a pytest project with this test.
fn project(folder: &Path, test: &str) {
    std::fs::write(folder.join("test_app.py"), test).unwrap();
    std::fs::write(folder.join("pytest.ini"), "[pytest]\naddopts = -p no:cacheprovider\n").unwrap();
}

#[test]
fn pytest_embedded_expects_resets_and_takes_pictures() {
    let Some(py) = pypi::python(CLIENTS) else { return };
    let folder = folder("demo/flash.bin");
    project(
        folder.path(),
        "def test_app(dut):\n    \
             dut.expect('FreeRTOS V11.2.0 on both cores', timeout=200)\n    \
             dut.expect('demo> ', timeout=200)\n    \
             dut.write('help')\n    \
             dut.expect('tasks', timeout=200)\n    \
             dut.qemu.take_screenshot('screen.ppm')\n    \
             dut.hard_reset()\n    \
             dut.expect('FreeRTOS V11.2.0 on both cores', timeout=200)\n    \
             status = dut.qemu.qmp_execute_cmd('query-status')\n    \
             assert status['running'], status\n",
    );
    let args = ["-m", "pytest", "-q", "--embedded-services", "qemu", "--qemu-image-path", "qemu_flash.bin"];
    let said = python(&py, folder.path(), &args);
    assert!(said.contains("1 passed"), "{said}");
    let picture = std::fs::read(folder.path().join("screen.ppm")).unwrap();
    assert!(picture.starts_with(b"P6\n1280 800\n255\n"), "a picture of 160 x 50 cells");
}

#[test]
fn pytest_embeddeds_idf_service_runs_a_build_folder() {
    let (Some(py), Some(sample)) = (pypi::python(CLIENTS), firmware::file("idf-5.0-hello")) else { return };
    let folder = folder("hello/flash.bin");
    build_folder(&sample, &folder.path().join("app/build"));
    project(
        folder.path(),
        "def test_app(dut):\n    dut.expect('Hello world!', timeout=200)\n    dut.hard_reset()\n    \
         dut.expect('Hello world!', timeout=200)\n",
    );
    let args = ["-m", "pytest", "-q", "--embedded-services", "idf,qemu", "--app-path", "app"];
    let said = python(&py, folder.path(), &args);
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn pytest_embeddeds_espefuse_burns_into_the_file() {
    let (Some(py), Some(sample)) = (pypi::python(CLIENTS), firmware::file("idf-5.0-hello")) else { return };
    let folder = folder("hello/flash.bin");
    build_folder(&sample, &folder.path().join("app/build"));
    project(
        folder.path(),
        "def test_app(dut):\n    dut.expect_exact('UART_BOOT(UART0)', timeout=200)\n    \
         dut.qemu.execute_efuse_command('burn-custom-mac 24:0a:c4:11:22:33')\n",
    );
    let efuse = folder.path().join("e.bin");
    let args = [
        "-m",
        "pytest",
        "-q",
        "--embedded-services",
        "idf,qemu",
        "--app-path",
        "app",
        "--qemu-efuse-path",
        efuse.to_str().unwrap(),
    ];
    let said = python(&py, folder.path(), &args);
    assert!(said.contains("1 passed"), "{said}");
    let begun = Instant::now();
    let mac = [0x24, 0x0A, 0xC4, 0x11, 0x22, 0x33];
    // The program writes the file when it ends, and nothing waits for that.
    while !std::fs::read(&efuse).unwrap().windows(6).any(|w| w == mac) {
        assert!(begun.elapsed() < TIMEOUT, "the address in block 3");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Copies the sample's files to the places in a build folder that its flasher_args.json names.
fn build_folder(sample: &Path, build: &Path) {
    std::fs::create_dir_all(build).unwrap();
    let copy = |from: &Path, to: &Path| std::fs::write(to, std::fs::read(from).unwrap()).unwrap();
    let args = std::fs::read_to_string(sample.join("flasher_args.json")).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&args).unwrap();
    for file in parsed["flash_files"].as_object().unwrap().values() {
        let to = build.join(file.as_str().unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        copy(&sample.join(to.file_name().unwrap()), &to);
    }
    copy(&sample.join("app.elf"), &build.join("hello_world.elf"));
    std::fs::write(build.join("flasher_args.json"), args).unwrap();
}

/// Starts esplens under QEMU's name with QMP. Returns it and its port.
fn with_qmp(folder: &Path, more: &str) -> (Running, u16) {
    let port = free_port();
    let line = format!(
        "qemu-system-xtensa -nographic -machine esp32 -drive file=qemu_flash.bin,if=mtd,format=raw -serial null \
         -monitor none -qmp tcp:127.0.0.1:{port},server,wait=off {more}"
    );
    let mut child = typed(&line, folder).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("qmp: listening") {
        assert!(said.read_line(&mut text).unwrap() > 0, "{text}");
    }
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    (Running(child), port)
}

#[test]
fn qemus_own_qmp_library_speaks_with_it() {
    let Some(py) = pypi::python(CLIENTS) else { return };
    let folder = folder("demo/flash.bin");
    let (_running, port) = with_qmp(folder.path(), "-S");
    let program = r#"
import asyncio, sys
from qemu.qmp import EventListener, ExecuteError, QMPClient

async def main(port):
    one, two = QMPClient("one"), QMPClient("two")
    await one.connect(("127.0.0.1", port))
    await two.connect(("127.0.0.1", port))
    assert (await one.execute("query-status"))["status"] == "prelaunch"
    names = {c["name"] for c in await one.execute("query-commands")}
    assert {"stop", "cont", "screendump", "qom-set", "dump-guest-memory"} <= names, names
    with two.listener(("STOP", "RESUME", "RESET")) as events:
        for command, event in (("cont", "RESUME"), ("system_reset", "RESET"), ("stop", "STOP")):
            await one.execute(command)
            told = await asyncio.wait_for(events.get(), 200)
            assert told["event"] == event, told
            assert told["data"]["virtual-ns"] >= 0, told
    print(await one.execute("human-monitor-command", {"command-line": "info status"}))
    blocks = await one.execute("query-named-block-nodes")
    assert blocks[0]["file"] == "qemu_flash.bin", blocks
    assert (await one.execute("query-chardev"))[0]["label"] == "serial0"
    await one.execute("pmemsave", {"val": 0x3FFB0000, "size": 4096, "filename": "ram.bin"})
    await one.execute("screendump", {"filename": "screen.png", "format": "png"})
    await one.execute("snapshot-save", {"job-id": "j", "tag": "t", "vmstate": "mtd0", "devices": []})
    assert (await one.execute("query-jobs"))[0]["status"] == "concluded"
    try:
        await one.execute("nonsense")
    except ExecuteError as error:
        assert error.error_class == "CommandNotFound"
    await one.execute("quit")
    try:
        await two.disconnect()
    except EOFError:
        pass  # the server has hung up already

asyncio.run(main(int(sys.argv[1])))
"#;
    let said = python(&py, folder.path(), &["-c", program, &port.to_string()]);
    assert!(said.contains("VM status: paused"), "{said}");
    assert_eq!(std::fs::read(folder.path().join("ram.bin")).unwrap().len(), 4096);
    assert!(std::fs::read(folder.path().join("screen.png")).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn the_background_the_number_and_the_way_back() {
    let folder = folder("demo/flash.bin");
    let (port, qmp) = (free_port(), |line: &str| format!("{{\"execute\":\"{line}\"}}"));
    let line = format!(
        "qemu-system-xtensa -machine esp32 -drive file=qemu_flash.bin,if=mtd,format=raw -snapshot -serial null \
         -qmp tcp:127.0.0.1:{port},server,wait=off -daemonize -pidfile pid"
    );
    let output = typed(&line, folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    assert!(pid.trim().parse::<u32>().is_ok(), "{pid:?}");
    // It listens already: the command returned only after that.
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all((qmp("qmp_capabilities") + &qmp("quit")).as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.contains("SHUTDOWN"), "{said}");
    let begun = Instant::now();
    while folder.path().join("pid").exists() {
        assert!(begun.elapsed() < TIMEOUT, "the number's file goes with the process");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn pygdbmi_goes_through_a_reset_and_a_detach() {
    let (Some(py), Some(gdb)) = (pypi::python(CLIENTS), gdb()) else { return };
    let folder = folder("demo/flash.bin");
    let port = free_port();
    let (_running, _) = with_qmp(folder.path(), &format!("-S -gdb tcp::{port}"));
    let program = r#"
import sys
from pygdbmi.gdbcontroller import GdbController

gdb = GdbController([sys.argv[1], "--nx", "--quiet", "--interpreter=mi3"])
gdb.write("-file-exec-and-symbols " + sys.argv[3], timeout_sec=200)

def stopped(command):
    """Writes a command and waits for the next stop."""
    answers = gdb.write(command, timeout_sec=200, raise_error_on_timeout=False)
    for _ in range(200):
        for answer in answers:
            if answer["type"] == "notify" and answer["message"] == "stopped":
                return answer["payload"]
        answers = gdb.get_gdb_response(timeout_sec=200, raise_error_on_timeout=False)
    raise AssertionError(command)

def done(command):
    answers = gdb.write(command, timeout_sec=200)
    results = [a for a in answers if a["type"] == "result"]
    assert results and results[-1]["message"] in ("done", "connected", "running"), (command, answers)
    return results[-1]["payload"]

done("-target-select extended-remote localhost:" + sys.argv[2])
done("-break-insert -t consumer_task")
assert stopped("-exec-continue")["frame"]["func"] == "consumer_task"
done('-interpreter-exec console "monitor reset halt"')
threads = done("-thread-info")
assert threads["current-thread-id"], threads
done("-break-insert -t app_main")
assert stopped("-exec-continue")["frame"]["func"] == "app_main"
done("-target-detach")
done('-interpreter-exec console "attach 1"')
done("-thread-info")
gdb.exit()
print("went through")
"#;
    let elf = fixture("demo/demo.elf").canonicalize().unwrap();
    let args = ["-c", program, gdb.to_str().unwrap(), &port.to_string(), elf.to_str().unwrap()];
    assert!(python(&py, folder.path(), &args).contains("went through"));
}

#[test]
fn esp_coredump_reads_the_core_file() {
    let (Some(py), Some(gdb)) = (pypi::python(CLIENTS), gdb()) else { return };
    let Some(flash) = firmware::file("idf-5.3-blink/flash.bin") else { return };
    let folder = folder("hello/flash.bin");
    let core = folder.path().join("core.elf");
    let args = ["dump", flash.to_str().unwrap(), "-o", core.to_str().unwrap(), "--after", "2s"];
    let (code, _, err) = binary::run(&args);
    assert_eq!(code, Some(0), "{err}");
    let elf = flash.with_file_name("app.elf");
    let args = [
        "-m",
        "esp_coredump",
        "--chip",
        "esp32",
        "info_corefile",
        "--gdb",
        gdb.to_str().unwrap(),
        "--core",
        core.to_str().unwrap(),
        "--core-format",
        "elf",
        elf.to_str().unwrap(),
    ];
    let said = python(&py, folder.path(), &args);
    for text in ["ESP32 CORE DUMP START", "CURRENT THREAD STACK", "esp_cpu_wait_for_intr", "vTaskDelay"] {
        assert!(said.contains(text), "{text}: {said}");
    }
}
