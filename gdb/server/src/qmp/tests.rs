//! Tests of QMP with a client.

use super::*;
use esplens_supervisor::{Speed, spawn};
use esplens_testkit::hello as machine;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

fn server() -> (Handle, QmpServer) {
    let handle = spawn(machine(), Speed::Max).unwrap().0.register("test");
    let server = QmpServer::new(&handle, None);
    (handle, server)
}

/// Returns the objects in a response, the greeting first.
fn objects(bytes: &[u8]) -> Vec<Value> {
    let lines = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    lines.map(|l| serde_json::from_slice(l).unwrap()).collect()
}

/// Returns the responses to messages sent after the negotiation.
fn says(server: &QmpServer, messages: &[Value]) -> Vec<Value> {
    let mut text = json!({"execute": "qmp_capabilities"}).to_string();
    messages.iter().for_each(|m| text.push_str(&m.to_string()));
    objects(&server.answer(text.as_bytes())).split_off(2)
}

fn run(server: &QmpServer, name: &str, arguments: Value) -> Value {
    says(server, &[json!({"execute": name, "arguments": arguments})]).remove(0)
}

/// A client on a socket.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(server: &QmpServer) -> Self {
        let at = server.listen(&"tcp::0".parse().unwrap(), false).unwrap().address;
        let Address::Tcp { port, .. } = at else { unreachable!("tcp was asked for") };
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let mut client = Self(BufReader::new(stream));
        assert!(client.next()["QMP"]["version"]["qemu"]["major"].is_u64());
        assert_eq!(client.call("qmp_capabilities").0, json!({}));
        client
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).unwrap() > 0, "closed");
        serde_json::from_str(&line).unwrap()
    }

    /// Returns the response to a command and the events before it.
    fn call(&mut self, name: &str) -> (Value, Vec<Value>) {
        self.0.get_mut().write_all(json!({"execute": name, "id": 7}).to_string().as_bytes()).unwrap();
        let mut events = Vec::new();
        loop {
            let value = self.next();
            if value["id"] == 7 {
                return (value["return"].clone(), events);
            }
            events.push(value);
        }
    }

    fn event(&mut self, name: &str) -> Value {
        loop {
            let value = self.next();
            if value["event"] == name {
                return value;
            }
        }
    }
}

#[test]
fn the_greeting_and_the_negotiation() {
    let (_h, server) = server();
    let all = objects(&server.answer(b"{\"execute\":\"query-status\",\"id\":[1]}"));
    assert_eq!(all[0]["QMP"]["capabilities"], json!([]));
    assert_eq!((&all[1]["error"]["class"], &all[1]["id"]), (&json!("CommandNotFound"), &json!([1])));
    let twice = says(&server, &[json!({"execute": "qmp_capabilities", "id": "x"})]);
    assert!(twice[0]["error"]["desc"].as_str().unwrap().contains("already complete"));
    assert_eq!(twice[0]["id"], "x");
}

#[test]
fn every_command_is_listed_and_answers() {
    let (_h, server) = server();
    let listed = run(&server, "query-commands", json!({}));
    let names: Vec<&str> =
        listed["return"].as_array().unwrap().iter().map(|n| n["name"].as_str().unwrap()).collect();
    for name in names.iter().filter(|n| n.starts_with("query-")) {
        let said = run(&server, name, json!({}));
        assert!(!said["return"].is_null(), "{name}: {said}");
        let wrong = run(&server, name, json!({"nonsense": 1}));
        assert_eq!(wrong["error"]["desc"], "Parameter 'nonsense' is unexpected", "{name}");
    }
    assert!(names.is_sorted(), "find is by name, people by order");
    assert_eq!(
        run(&server, "query-status", json!({}))["return"],
        json!({"status": "prelaunch", "running": false})
    );
    assert_eq!(run(&server, "query-cpus-fast", json!({}))["return"].as_array().unwrap().len(), 2);
    assert_eq!(run(&server, "nonsense", json!({}))["error"]["class"], "CommandNotFound");
}

#[test]
fn what_is_no_message_gets_an_error_and_harms_nothing() {
    let (_h, server) = server();
    let text = "{\"execute\":\"qmp_capabilities\"}{]}\nhello\n[1]\n{\"execute\":1}{\"execute\":\"stop\",\"arguments\":3}\
                {\"x\":1}{\"exec-oob\":\"stop\"}{\"execute\":\"stop\",\"more\":1}{\"execute\":\"query-status\"}";
    let all = objects(&server.answer(text.as_bytes()));
    let (last, errors) = all[2..].split_last().unwrap();
    assert!(errors.len() >= 7 && errors.iter().all(|e| e["error"]["class"] == "GenericError"), "{errors:?}");
    assert_eq!(last["return"]["running"], false);
}

#[test]
fn the_monitor_and_memory() {
    let (h, server) = server();
    let said = run(&server, "human-monitor-command", json!({"command-line": "info version"}));
    assert!(said["return"].as_str().unwrap().starts_with("9.2.2 (esplens"), "{said}");
    assert!(said["return"].as_str().unwrap().ends_with("\r\n"));
    let dir = tempfile::tempdir().unwrap();
    h.allow_write(dir.path().into());
    let file = dir.path().join("rom.bin");
    let args = json!({"val": 0x4000_0400u32, "size": 64, "filename": file});
    for name in ["memsave", "pmemsave"] {
        assert_eq!(run(&server, name, args.clone())["return"], json!({}), "{name}");
        assert_eq!(std::fs::read(&file).unwrap().len(), 64);
        std::fs::remove_file(&file).unwrap();
    }
    for (val, size) in [(0x1000u64, 4), (0xFFFF_FFFF, 2), (u64::MAX, 1), (0x4000_0400, u64::MAX)] {
        let wrong = run(&server, "memsave", json!({"val": val, "size": size, "filename": file}));
        assert!(wrong["error"]["desc"].as_str().unwrap().starts_with("Invalid addr"), "{wrong}");
    }
    assert!(!file.exists());
    let core = dir.path().join("core");
    let to = format!("file:{}", core.display());
    assert_eq!(
        run(&server, "dump-guest-memory", json!({"paging": false, "protocol": to}))["return"],
        json!({})
    );
    assert!(std::fs::read(&core).unwrap().starts_with(b"\x7fELF"));
}

#[test]
fn the_object_tree_has_the_straps() {
    let (_h, server) = server();
    let list = run(&server, "qom-list", json!({"path": "/machine/soc"}));
    assert!(
        list["return"].as_array().unwrap().contains(&json!({"name": "gpio", "type": "child<esp32.gpio>"}))
    );
    let get =
        |path: &str, property: &str| run(&server, "qom-get", json!({"path": path, "property": property}));
    assert_eq!(get("/machine/soc/gpio", "strap_mode")["return"], 0x12);
    assert_eq!(get("/machine", "type")["return"], "esp32-machine");
    assert_eq!(get("gpio", "type")["return"], "esp32.gpio");
    assert_eq!(get("/machine/soc", "gpio")["return"], "/machine/soc/gpio");
    assert!(get("/machine/soc/gpio", "nonsense")["error"]["desc"].as_str().unwrap().contains("not found"));
    assert!(get("/nonsense", "type")["error"]["desc"].as_str().unwrap().contains("not found"));
}

#[test]
fn snapshots_are_jobs() {
    let (h, server) = server();
    let mut client = Client::connect(&server);
    let args = json!({"job-id": "j1", "tag": "one", "vmstate": "mtd0", "devices": []});
    assert_eq!(run(&server, "snapshot-save", args.clone())["return"], json!({}));
    let concluded = client.event("JOB_STATUS_CHANGE");
    assert_eq!(concluded["data"]["id"], "j1");
    assert!(run(&server, "snapshot-save", args)["error"]["desc"].as_str().unwrap().contains("in use"));
    assert!(monitor_says(&h, "info snapshots").contains("one"));
    run(&server, "snapshot-load", json!({"job-id": "j2", "tag": "none", "vmstate": "x", "devices": []}));
    let jobs = run(&server, "query-jobs", json!({}));
    assert_eq!((&jobs["return"][0]["id"], jobs["return"][0].get("error")), (&json!("j1"), None));
    assert!(jobs["return"][1]["error"].as_str().unwrap().contains("does not exist"));
    for id in ["j1", "j2"] {
        assert_eq!(run(&server, "job-dismiss", json!({"id": id}))["return"], json!({}));
    }
    assert_eq!(run(&server, "query-jobs", json!({}))["return"], json!([]));
}

fn monitor_says(h: &Handle, line: &str) -> String {
    crate::monitor::run(h, line)
}

#[test]
fn clients_are_told_what_happens() {
    let (h, server) = server();
    let (mut one, mut two) = (Client::connect(&server), Client::connect(&server));
    one.call("cont");
    let resumed = two.event("RESUME");
    assert!(resumed["timestamp"]["seconds"].is_u64() && resumed["data"]["virtual-ns"].is_u64(), "{resumed}");
    one.call("system_reset");
    assert_eq!(two.event("RESET")["data"]["reason"], "host-qmp-system-reset");
    one.call("stop");
    two.event("STOP");
    assert_eq!(two.call("query-status").0["status"], "paused");
    monitor_says(&h, "system_reset");
    assert_eq!(two.event("RESET")["data"]["guest"], false);
    one.call("quit");
    for client in [&mut one, &mut two] {
        assert_eq!(client.event("SHUTDOWN")["data"]["reason"], "host-qmp-quit");
    }
}

#[test]
fn a_client_that_vanishes_in_a_message_harms_nobody() {
    let (_h, server) = server();
    for text in ["{\"execute\":\"query-st", "{\"execute\":\"cont\"}", ""] {
        let mut client = Client::connect(&server);
        client.0.get_mut().write_all(text.as_bytes()).unwrap();
    }
    assert_eq!(Client::connect(&server).call("query-kvm").0["present"], false);
}

/// A web page can make a browser send this.
#[test]
fn http_ends_a_connection_before_its_body_is_read() {
    let (h, server) = server();
    let body = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n";
    let request = format!("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n{body}");
    assert_eq!(objects(&server.answer(request.as_bytes())).len(), 2, "the greeting and an error");
    assert!(h.call(|s| s.quit_asked().is_none()).unwrap());
}

#[test]
fn the_straps_are_set_for_the_next_reset() {
    let (_h, server) = server();
    let set = |value: u32| {
        run(
            &server,
            "qom-set",
            json!({"path": "/machine/soc/gpio", "property": "strap_mode", "value": value}),
        )
    };
    assert_eq!(set(0xF)["return"], json!({}), "{}", set(0xF));
    assert!(set(0x1000)["error"].is_object());
}

#[test]
fn without_a_picture_none_is_taken() {
    let (h, server) = server();
    let shot = json!({"filename": "x.ppm"});
    assert!(run(&server, "screendump", shot)["error"]["desc"].as_str().unwrap().contains("no console"));
    let drawn: Draw = Arc::new(|format| match format {
        PictureFormat::Png => Ok(b"picture".into()),
        PictureFormat::Ppm => Err("no paper".into()),
    });
    let server = QmpServer::new(&h, Some(drawn));
    let folder = tempfile::tempdir().unwrap();
    h.allow_write(folder.path().into());
    let shot = json!({"filename": folder.path().join("x.png"), "format": "png"});
    // Files that the server wrote are replaced, no others.
    for _ in 0..2 {
        assert_eq!(run(&server, "screendump", shot.clone())["return"], json!({}));
    }
    std::fs::write(folder.path().join("other"), "mine").unwrap();
    for (name, why) in [(folder.path().join("other"), "there already"), ("/etc/x".into(), "outside")] {
        let to = format!("file:{}", name.display());
        for answer in [
            run(&server, "screendump", json!({"filename": name, "format": "png"})),
            run(&server, "memsave", json!({"val": 0x3FFB_0000, "size": 4, "filename": name})),
            run(&server, "dump-guest-memory", json!({"paging": false, "protocol": to})),
        ] {
            assert!(answer["error"]["desc"].as_str().unwrap().contains(why), "{answer}");
        }
    }
    assert_eq!(std::fs::read(folder.path().join("other")).unwrap(), b"mine");
    assert_eq!(run(&server, "screendump", json!({"filename": "x.ppm"}))["error"]["desc"], "x.ppm: no paper");
    assert!(run(&server, "screendump", json!({"filename": "x", "format": "gif"}))["error"].is_object());
}

/// Fragments of messages, valid and invalid.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let words = prop_oneof![
        Just("{\"execute\":\"query-status\"}".to_string()),
        Just("{\"execute\":\"qom-list\",\"arguments\":{\"path\":\"/machine\"}}".to_string()),
        Just("{\"execute\":".to_string()),
        "[{}\\[\\]\",:a-z0-9 \n-]{0,20}",
    ];
    let noise = proptest::collection::vec(any::<u8>(), 0..30);
    let piece = prop_oneof![words.prop_map(String::into_bytes), noise];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_comes_each_answer_is_an_object(bytes in pieces()) {
        thread_local!(static SERVER: (Handle, QmpServer) = server());
        let text = [b"{\"execute\":\"qmp_capabilities\"}", bytes.as_slice()].concat();
        let answers = SERVER.with(|(_, server)| server.answer(&text));
        prop_assert!(objects(&answers).iter().all(Value::is_object));
    }
}

#[test]
fn the_pretty_form_is_the_same_json() {
    let (_h, server) = server();
    let at = server.listen(&"tcp::0".parse().unwrap(), true).unwrap().address;
    let Address::Tcp { port, .. } = at else { unreachable!("tcp was asked for") };
    let mut reader = BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "{", "indented");
}
