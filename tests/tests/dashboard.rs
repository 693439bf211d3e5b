//! The real binary's dashboard in a real terminal, drawn and typed at through tmux.

use esplens_tests::binary;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Maximum wait for anything; the host may be busy.
const TIMEOUT: Duration = Duration::from_secs(90);

/// Separate tmux server with one window.
struct Tmux {
    name: String,
    /// Configuration, runtime folder and socket of this test.
    dir: tempfile::TempDir,
}

impl Tmux {
    /// Starts the command in tmux. Without tmux prints a line about it and returns `None`.
    fn start(name: &str, command: &str) -> Option<Self> {
        if Command::new("tmux").arg("-V").stdout(Stdio::null()).status().is_err() {
            eprintln!("skipped: no tmux");
            return None;
        }
        let name = format!("esplens-{name}-{}", std::process::id());
        let tmux = Self { name, dir: tempfile::tempdir().unwrap() };
        let dir = tmux.dir.path().display().to_string();
        let command =
            format!("env XDG_CONFIG_HOME={dir} XDG_RUNTIME_DIR={dir} {command}; echo EXIT=$?; sleep 600");
        let out = tmux.run(&["-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50", &command]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Some(tmux)
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new("tmux").args(["-L", &self.name]).args(args).output().expect("tmux")
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).into_owned()
    }

    fn wait(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + TIMEOUT;
        loop {
            let screen = self.screen();
            if fits(&screen) {
                return screen;
            }
            assert!(Instant::now() < end, "no {what} on\n{screen}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    fn keys(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    fn line(&self, text: &str) {
        self.run(&["send-keys", "-l", text]);
        self.keys(&["Enter"]);
    }

    /// Returns the terminal's modes: alternate screen, mouse reports, hidden cursor.
    fn modes(&self) -> String {
        let format = "#{alternate_on} #{mouse_any_flag} #{cursor_flag}";
        String::from_utf8_lossy(&self.run(&["display-message", "-p", format]).stdout).trim().into()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Sends a request as curl does and returns the answer.
fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the forwarded port");
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    // In one segment: the dashboard names a request by its first segment.
    let request = format!("GET {path} HTTP/1.0\r\nHost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("an answer");
    page
}

/// Returns the number of the descriptor that the controller fills next, from the ring's heading.
fn next_descriptor(screen: &str) -> Option<u32> {
    let line = screen.lines().find(|l| l.contains("receive ring"))?;
    let rest = &line[line.find("next ")? + 5..];
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

#[test]
fn a_tour_of_the_demo() {
    let port = free_port();
    let command = format!("{} demo --nic user,hostfwd=tcp:127.0.0.1:{port}-:80", binary::path().display());
    let Some(t) = Tmux::start("tour", &command) else { return };
    t.wait_for("by DHCP");
    // The network layout, with its descriptors changing.
    t.keys(&["4"]);
    let before = next_descriptor(&t.wait("the rings", |s| next_descriptor(s).is_some()));
    let page = get(port, "/hello");
    assert!(page.starts_with("HTTP/1.") && page.contains("200"), "{page}");
    t.wait("moving descriptors", |s| next_descriptor(s) != before);
    t.wait_for("GET /hello");
    // Stopped: the stack of a task.
    t.keys(&["Space"]);
    t.wait_for("stopped by dashboard");
    t.keys(&["3"]);
    t.wait_for("semaphore");
    t.keys(&["Down", "Down", "Down", "Down", "Down", "Enter"]);
    let screen = t.wait_for("task net");
    assert!(screen.contains("#0") && screen.contains("#2"), "no stack in\n{screen}");
    // A stop at an Ethernet frame.
    t.keys(&[":"]);
    t.wait_for("stop typing");
    t.line("break frame 'tcp port 80'");
    t.wait_for("1: break frame");
    t.keys(&["Escape"]);
    t.wait_for("waits for");
    t.keys(&["Space"]);
    t.wait_for("running");
    let asked = std::thread::spawn(move || get(port, "/"));
    let screen = t.wait("the stop at the frame", |s| {
        s.lines().next().is_some_and(|bar| bar.contains("stopped") && bar.contains("frame"))
    });
    assert!(!asked.is_finished(), "{screen}");
    // A step from there. A core that waits for an interrupt runs until one is taken, so another frame may
    // pass first.
    let bar = |screen: &str| screen.lines().next().unwrap_or_default().to_string();
    let mut now = bar(&screen);
    for _ in 0..20 {
        t.keys(&["i"]);
        let before = now;
        now = bar(&t.wait("another stop", |s| bar(s) != before && bar(s).contains("stopped")));
        if now.contains("step, core") {
            break;
        }
    }
    assert!(now.contains("step, core"), "{now}");
    // Continue.
    t.keys(&[":"]);
    t.wait_for("stop typing");
    t.line("delete 1");
    t.keys(&["Escape"]);
    t.wait_for("waits for");
    t.keys(&["Space"]);
    assert!(asked.join().unwrap().contains("200"));
    // Quit, and restore the terminal.
    t.keys(&["q"]);
    t.wait_for("end esplens");
    t.keys(&["y"]);
    t.wait_for("EXIT=0");
    assert_eq!(t.modes(), "0 0 1");
}

/// Returns the number of the line in the demo's main.c that contains a text.
fn line_of_demo(text: &str) -> usize {
    let lines = include_str!("../../fixtures/demo/main.c").lines();
    lines.take_while(|l| !l.contains(text)).count() + 1
}

#[test]
fn the_crash_is_taken_to_the_line_that_wrote_null() {
    let Some(t) = Tmux::start("crash", &format!("{} demo", binary::path().display())) else { return };
    let bar = |screen: &str| screen.lines().next().unwrap_or_default().to_string();
    t.wait_for("by DHCP");
    t.keys(&["Enter"]);
    t.wait_for("TYPING into UART");
    t.line("crash");
    t.wait("the panic", |s| bar(s).contains("PANIC LoadProhibited at read_sensor"));
    let escapes = String::from_utf8_lossy(&t.run(&["capture-pane", "-e", "-p"]).stdout).into_owned();
    assert!(bar(&escapes).contains("48;5;203"), "the row is red: {:?}", bar(&escapes));
    t.keys(&["Escape"]);
    t.wait("commands", |s| !s.contains("TYPING"));
    // The frame of the function that passed the broken structure.
    t.keys(&["v"]);
    t.wait_for("show ");
    t.line("backtrace");
    // Other panes may have a # in the same row.
    let number = |row: &str| {
        let before = &row[..row.find("demo_crash main.c:")?];
        before.rsplit('#').next()?.split_whitespace().next()?.parse::<usize>().ok()
    };
    let frame = |s: &str| s.lines().find_map(number);
    let at = frame(&t.wait("its frame", |s| frame(s).is_some())).unwrap();
    for _ in 0..at {
        t.keys(&["Down"]);
    }
    t.wait_for("broken: volatile sensor_t");
    t.keys(&["a"]);
    t.wait_for("Watch: an expression");
    t.line("broken");
    t.wait_for("broken = {id = 42");
    t.keys(&["Enter"]);
    t.wait_for("readings = 0x0  uint32_t *");
    t.keys(&["Down", "Down", "w"]);
    t.wait_for("watch w broken: readings at 0x3ff");
    // Back to the store.
    t.keys(&["R"]);
    t.wait("the store", |s| bar(s).contains("watchpoint: store to 0x3ff"));
    t.keys(&["2"]);
    let place = format!("main.c:{} ", line_of_demo("{ 42, NULL }"));
    t.wait("the line", |s| s.lines().any(|l| l.contains("demo_crash") && l.contains(place.trim_end())));
    t.keys(&["q"]);
    t.wait_for("end esplens");
    t.keys(&["y"]);
    t.wait_for("EXIT=0");
}

#[test]
fn top_attaches_a_dashboard_to_the_selected_instance() {
    let Some(t) = Tmux::start("top", &format!("{} top", binary::path().display())) else { return };
    t.wait_for("no instance");
    let (mut child, _) = headless(t.dir.path());
    t.wait("the instance", |s| s.contains(&child.id().to_string()) && s.contains("running"));
    t.keys(&["?"]);
    t.wait_for("attach a dashboard to it");
    t.keys(&["?", "Enter"]);
    t.wait_for("Ctrl-p");
    t.keys(&["q"]);
    t.wait_for("leave; the machine goes on");
    t.keys(&["y"]);
    t.wait("the list again", |s| s.contains("Enter attaches") && s.contains("running"));
    t.keys(&["Escape"]);
    t.wait_for("EXIT=0");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Returns the process that a tmux window's shell started.
fn child_of(t: &Tmux) -> u32 {
    let shell = t.run(&["display-message", "-p", "#{pane_pid}"]);
    let shell = String::from_utf8_lossy(&shell.stdout).trim().to_string();
    let children = Command::new("pgrep").args(["-P", &shell]).output().expect("pgrep");
    let pid = String::from_utf8_lossy(&children.stdout).lines().next().expect("a child").to_string();
    pid.parse().expect("a number")
}

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn signals_give_the_terminal_back() {
    for name in ["-TERM", "-INT", "-HUP"] {
        let Some(t) = Tmux::start("signals", &format!("{} demo", binary::path().display())) else { return };
        t.wait_for("running");
        assert_eq!(t.modes(), "1 1 0");
        signal(child_of(&t), name);
        t.wait_for("EXIT=0");
        assert_eq!(t.modes(), "0 0 1", "{name}");
    }
}

/// Only builds with debug assertions can panic on demand.
#[test]
#[cfg(debug_assertions)]
fn a_panic_in_any_thread_gives_the_terminal_back() {
    for place in ["draw", "machine", "client"] {
        let dir = tempfile::tempdir().unwrap();
        let now = dir.path().join("now");
        let command = format!(
            "env RUST_BACKTRACE=0 ESPLENS_TEST_PANIC={place}:{} {} demo",
            now.display(),
            binary::path().display()
        );
        let Some(t) = Tmux::start(place, &command) else { return };
        t.wait_for("running");
        assert_eq!(t.modes(), "1 1 0");
        std::fs::write(&now, "").unwrap();
        let screen = t.wait_for("EXIT=");
        assert!(!screen.contains("EXIT=0") && screen.contains(&format!("asked for in {place}")), "{screen}");
        assert_eq!(t.modes(), "0 0 1", "{place}");
        // Lines end correctly: the terminal is not raw.
        let line = screen.lines().find(|l| l.contains("EXIT=")).unwrap();
        assert!(line.starts_with("EXIT="), "{screen}");
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_fg() {
    let Some(t) = Tmux::start("jobs", "bash --norc --noprofile") else { return };
    t.line(&format!("PS1='shell> '; clear; {} demo", binary::path().display()));
    t.wait_for("running");
    t.keys(&["C-z"]);
    t.wait_for("Stopped");
    assert_eq!(t.modes(), "0 0 1");
    t.line("echo still $((40 + 2))");
    t.wait_for("still 42");
    t.line("fg");
    t.wait_for("running");
    assert_eq!(t.modes(), "1 1 0");
    // It also reacts.
    t.keys(&["Space"]);
    t.wait_for("stopped by dashboard");
    t.keys(&["q"]);
    t.wait_for("end esplens");
    t.keys(&["y"]);
    t.wait("the shell", |s| !s.contains("stopped by dashboard") && s.contains("shell>"));
    assert_eq!(t.modes(), "0 0 1");
}

#[test]
fn colours_clipboard_and_what_is_kept() {
    let command = format!("env NO_COLOR=1 {} demo", binary::path().display());
    let Some(t) = Tmux::start("kept", &command) else { return };
    t.run(&["set-option", "-s", "set-clipboard", "on"]);
    t.wait_for("running");
    let escapes = String::from_utf8_lossy(&t.run(&["capture-pane", "-e", "-p"]).stdout).into_owned();
    let coloured = |n: u32| escapes.contains(&format!("\x1b[{n}")) || escapes.contains(&format!(";{n}"));
    assert!(escapes.contains("\x1b["), "bold and reversed are left");
    assert!(!(30..38).chain(40..48).any(coloured), "{escapes:?}");
    // A row of the code goes to the clipboard, by OSC 52.
    t.keys(&["Space", "2", "Tab", "y"]);
    t.wait_for("copied");
    let copied = String::from_utf8_lossy(&t.run(&["show-buffer"]).stdout).into_owned();
    assert!(copied.starts_with("0x4"), "{copied:?}");
    let border = |screen: &str| screen.lines().nth(1).and_then(|line| line.find(" Code "));
    let before = border(&t.screen());
    t.keys(&["T", ">", "W"]);
    t.wait_for("saved");
    let kept = std::fs::read_to_string(t.dir.path().join("esplens/dashboard.toml")).unwrap();
    assert!(kept.contains("theme = \"dark\"") && kept.contains("[layout.cpu]"), "{kept}");
    let resized = border(&t.screen());
    assert!(before.is_some() && resized.is_some() && before != resized, "{before:?} {resized:?}");
    // It is loaded again at the next start.
    t.run(&["respawn-window", "-k"]);
    t.wait("another machine", |s| s.contains("running") && !s.contains("saved"));
    t.keys(&["2"]);
    t.wait("the resized layout", |s| s.contains("2 cpu") && border(s) == resized);
}

/// Returns how often each thread of a process has slept so far, by its number.
fn sleeps(pid: u32) -> std::collections::BTreeMap<String, u64> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let count = |path: std::path::PathBuf| {
        let status = std::fs::read_to_string(path.join("status")).ok()?;
        let line = status.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"))?;
        let name = std::fs::read_to_string(path.join("comm")).ok()?;
        let id = path.file_name()?.to_string_lossy().into_owned();
        Some((format!("{id} {}", name.trim()), line.trim().parse().ok()?))
    };
    tasks.filter_map(|t| count(t.path())).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn a_stopped_machine_costs_no_cpu() {
    let Some(t) = Tmux::start("rest", &format!("{} demo", binary::path().display())) else { return };
    t.wait_for("running");
    let pid = child_of(&t);
    t.keys(&["Space"]);
    t.wait_for("stopped by dashboard");
    // After the stop's aftermath, no thread wakes up for longer than any of our periods.
    let mut before = sleeps(pid);
    assert!(before.keys().any(|k| k.ends_with("machine")) && before.len() > 5, "{before:?}");
    let end = Instant::now() + TIMEOUT;
    loop {
        std::thread::sleep(Duration::from_secs(5));
        let after = sleeps(pid);
        if after == before {
            break;
        }
        assert!(Instant::now() < end, "threads keep waking up: {before:?} {after:?}");
        before = after;
    }
    t.keys(&["Space"]);
    t.wait_for("running");
}

/// Starts the demo without a terminal. Returns its address for dashboards.
fn headless(dir: &Path) -> (std::process::Child, String) {
    let mut command = binary::esplens();
    command.args(["demo", "--headless", "--dash", "tcp:127.0.0.1:0"]);
    command.env("XDG_RUNTIME_DIR", dir).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("esplens starts");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|l| l.contains("dashboard: listening on")).expect("a line with the address");
    let address = line.rsplit("tcp:").next().unwrap().trim().to_string();
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

#[test]
fn a_dashboard_comes_from_elsewhere_and_vanishes() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, address) = headless(dir.path());
    let pid = child.id().to_string();
    let top = || {
        let mut command = binary::esplens();
        let out = command.arg("top").env("XDG_RUNTIME_DIR", dir.path()).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    // UART output from before the dashboard connected is there as well.
    let end = Instant::now() + TIMEOUT;
    let seconds = |row: &str| row.split_whitespace().nth(2).and_then(|s| s.parse::<f64>().ok());
    while !top().lines().any(|row| row.contains(&pid) && seconds(row) > Some(2.0)) {
        assert!(Instant::now() < end, "{}", top());
    }
    let attach = format!("{} attach {address}", binary::path().display());
    if let Some(t) = Tmux::start("attach", &attach) {
        t.wait_for("running");
        t.wait_for("attached");
        t.wait_for("asking for an address");
        t.keys(&["3"]);
        t.wait_for("IDLE0");
        // Its terminal disappears in the middle of it.
        drop(t);
    }
    // A client that sends requests and never reads.
    let mut rude = TcpStream::connect(&address).unwrap();
    for _ in 0..100 {
        rude.write_all(b"{\"Sample\":{\"cpu\":true}}\n").unwrap();
    }
    rude.write_all(b"nonsense\n").unwrap();
    let row = top().lines().find(|l| l.trim_start().starts_with(&pid)).map(String::from);
    let row = row.unwrap_or_else(|| panic!("{pid} is not in\n{}", top()));
    assert!(row.contains("running") && row.contains("demo") && row.contains('%'), "{row}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!top().contains(&pid), "what was killed is taken out");
}
