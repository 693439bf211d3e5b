//! Features for scripts and CI: patterns, typed answers, panics as failures, and one sentence with the reason
//! of a run's end.

use esplens_tests::{binary, firmware};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

/// Arguments that type `crash` at the demo's prompt.
const CRASH: [&str; 4] = ["--after", "demo> ", "--send", r"crash\r"];

/// Runs `esplens run` with these arguments. Returns exit code, standard output and standard error.
fn run(args: &[&str]) -> (Option<i32>, String, String) {
    binary::run(&[&["run"], args].concat())
}

/// Returns the path of an image of the sample as an argument.
fn image(path: &str) -> Option<String> {
    Some(firmware::file(path)?.to_str().unwrap().to_string())
}

/// Parses the JSON object that `--stats=json` prints on standard error.
fn json(err: &str) -> Value {
    let line = err.lines().last().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {err}"))
}

#[test]
fn a_panic_is_a_failure_under_reset_policy_exit() {
    let demo = [&CRASH[..], &["--reset-policy", "exit", "--timeout", "20s"]].concat();
    let (code, out, err) = run(&demo);
    assert_eq!(code, Some(1), "{err}\n{out}");
    assert!(err.contains("esplens: panic: LoadProhibited at read_sensor"), "{err}");
    assert!(err.contains("main.c:290 (task console); reset (Software"), "{err}");
    let Some(image) = image("idf-6.1-coredump/flash.bin") else { return };
    let (code, _, err) = run(&[&image, "--reset-policy", "exit", "--timeout", "30s"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("panic: StoreProhibited at app_main"), "{err}");
}

#[test]
fn a_restart_is_none() {
    let Some(image) = image("idf-3.2-hello/flash.bin") else { return };
    let (code, _, err) = run(&[&image, "--reset-policy", "exit", "--timeout", "30s"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.starts_with("esplens: reset (Software"), "{err}");
}

#[test]
fn fail_on_lets_a_panic_speak_to_its_end() {
    let demo = [&CRASH[..], &["--fail-on", "Guru Meditation", "--timeout", "20s"]].concat();
    let (code, out, err) = run(&demo);
    assert_eq!(code, Some(1), "{err}");
    for part in ["Backtrace: 0x", ": average at ", "--- LoadProhibited: a load", "Rebooting..."] {
        assert!(out.contains(part), "no {part:?} in {out}");
    }
    assert!(err.contains("--fail-on 'Guru Meditation' matched at ") && err.contains(" s, line "), "{err}");
    let Some(image) = image("idf-6.1-coredump/flash.bin") else { return };
    let (code, out, err) = run(&[&image, "--fail-on", "Guru Meditation", "--timeout", "20s", "--stats=json"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("a8, the pointer, is NULL") && out.contains("ELF file SHA256"), "{out}");
    let stats = json(&err);
    assert_eq!(stats["matched"]["pattern"], "Guru Meditation");
    assert_eq!((&stats["code"], &stats["panic"]["cause"]), (&1.into(), &"StoreProhibited".into()));
    assert_eq!((&stats["panic"]["function"], &stats["panic"]["task"]), (&"app_main".into(), &"main".into()));
    assert_eq!(stats["panic"]["pc"], "0x400d5260");
    assert!(stats["panic"]["backtrace"][1].as_str().unwrap().contains("main_task"), "{stats}");
}

#[test]
fn every_end_says_why() {
    for (args, code, why) in [
        (&["--exit-on", "esplens demo", "--timeout", "5s"][..], 0, "--exit-on 'esplens demo' matched at 0."),
        (
            &["--exit-on", "no such line", "--timeout", "2s"],
            3,
            "timeout after 2.000 s of virtual time; --exit-on",
        ),
        (&["--exit-on", "no such line", "--timeout", "2s"], 3, "'no such line' never matched; last line: "),
        (&["--exit-on", "x{99}", "--wall-timeout", "1s"], 3, "s of the host's time, "),
        (&["--timeout", "1s"], 3, "esplens: timeout after 1.000 s of virtual time\n"),
        (
            &["--stats", "--timeout", "1s"],
            3,
            "esplens: timeout after 1.000 s of virtual time; 1000.0 ms virtual",
        ),
    ] {
        let (got, _, err) = run(args);
        assert_eq!(got, Some(code), "{args:?}: {err}");
        assert!(err.contains(why), "{args:?}: no {why:?} in {err}");
        assert_eq!(err.lines().count(), 1, "{args:?}: {err}");
    }
}

#[test]
fn expectations_and_answers_replace_a_script() {
    let talk = ["--expect", "FreeRTOS V11", "--after", "demo> ", "--send", r"help\r", "--expect", "crash"];
    let args = [&talk[..], &["--timeout", "20s", "--stats=json"]].concat();
    let (code, out, err) = run(&args);
    assert_eq!(code, Some(0), "{err}\n{out}");
    let first = json(&err);
    assert_eq!((&first["matched"]["option"], &first["panic"]), (&"--expect".into(), &Value::Null));
    assert_eq!(json(&run(&args).2)["state_hash"], first["state_hash"], "typed at the same time in every run");
    let (code, _, err) = run(&["--expect", "demo", "--expect", "no such", "--timeout", "2s"]);
    assert_eq!(code, Some(3));
    assert!(err.contains("--expect 'no such' (2 of 2) never matched"), "{err}");
    let (code, _, err) = run(&["--expect", "no such", "--exit-on", "on both cores", "--timeout", "9s"]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("line 25, but --expect 'no such' never matched") || err.contains(", but --expect"),
        "{err}"
    );
    let (code, _, err) = run(&["--exit-on", "no such", "--exit-on", "on both cores", "--timeout", "9s"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(run(&["--send", "x"]).0, Some(2), "without --after");
}

#[test]
fn readiness_is_told_and_port_0_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ready");
    std::fs::write(&file, "left over").unwrap();
    let mut command = binary::esplens();
    command.args([
        "run",
        "--nic",
        "user,hostfwd=tcp::0-:80",
        "--ready-on",
        "by DHCP",
        "--wall-timeout",
        "120s",
    ]);
    command.arg("--ready-file").arg(&file).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    let port = line
        .strip_prefix("esplens: TCP 127.0.0.1:")
        .and_then(|l| l.split_once(" leads to the guest's port 80"));
    let port: u16 = port.unwrap_or_else(|| panic!("{line}")).0.parse().unwrap();
    line.clear();
    err.read_line(&mut line).unwrap();
    assert!(line.starts_with("esplens: ready: 'by DHCP' matched at "), "{line}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /hello HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answer.ends_with("Hello World!"), "{answer}");
}

#[test]
fn a_pipe_gets_no_colours() {
    let Some(image) = image("idf-5.3-blink/flash.bin") else { return };
    let end = ["--exit-on", "Calling app_main", "--timeout", "10s"];
    let with = |plain: &[&str]| run(&[&[&*image], &end[..], plain].concat()).1.contains('\x1b');
    assert_eq!([with(&[]), with(&["--plain"]), with(&["--plain=off"])], [false, false, true]);
}
