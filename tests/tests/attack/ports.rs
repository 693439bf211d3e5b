//! Clients that are not debuggers: web pages, the guest, and debuggers that violate the protocol.

use esplens_tests::binary::esplens;
use esplens_tests::demo::Demo;
use esplens_tests::host::{Running, free_port};
use esplens_tests::react::{TIMEOUT, port_said, until};
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

/// The demo, stopped, in its own folder, with all its ports: GDB, monitor, dashboard.
struct Target {
    _running: Running,
    ports: [u16; 3],
    dir: tempfile::TempDir,
}

fn target(more: &[&str]) -> Target {
    let dir = tempfile::tempdir().unwrap();
    let mut command = esplens();
    command.args(["demo", "--headless", "--nic", "none", "-S", "--wall-timeout", "300s"]);
    command.args(["--gdb", "tcp::0", "--monitor", "tcp::0", "--dash", "tcp::0"]).args(more);
    let mut child =
        command.current_dir(dir.path()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    // In the order in which the ports are opened.
    let dash = port_said(&mut said, "dashboard: listening on").unwrap();
    let gdb = port_said(&mut said, "gdb: listening on").unwrap();
    let monitor = port_said(&mut said, "monitor: listening on").unwrap();
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    Target { _running: Running(child), ports: [gdb, monitor, dash], dir }
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// Sends bytes and reads until the peer closes. Returns the data read.
fn closed_after(port: u16, bytes: &[u8]) -> String {
    let mut stream = connect(port);
    // The peer may close before everything is sent.
    let _ = stream.write_all(bytes);
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(e) => panic!("not closed: {e}: {:?}", String::from_utf8_lossy(&said)),
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn packet(body: &str) -> Vec<u8> {
    let sum = body.bytes().fold(0u8, |a, b| a.wrapping_add(b));
    format!("${body}#{sum:02x}").into_bytes()
}

fn hex(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02x}")).collect()
}

/// Returns the monitor's answer to a line.
fn ask(port: u16, line: &str) -> String {
    let mut monitor = connect(port);
    until(&mut monitor, "(esplens) ").unwrap();
    monitor.write_all(format!("{line}\n").as_bytes()).unwrap();
    until(&mut monitor, "(esplens) ").unwrap()
}

#[test]
fn requests_of_browsers_are_carried_out_on_no_port() {
    let target = target(&[]);
    let [gdb, monitor, dash] = target.ports;
    let command = "dump-core written\n";
    let rsp = String::from_utf8(packet(&format!("qRcmd,{}", hex("dump-core written")))).unwrap();
    let ask = "{\"Act\":[null,\"Quit\"]}\n";
    for (port, body) in [(gdb, rsp.as_str()), (monitor, command), (dash, ask)] {
        for head in [
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n",
            "GET /x HTTP/1.1\r\nHost: x\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\n\r\n",
            "GET /\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\x16\x03\x01\x02\0\x01\0\x01\n",
            "GIOP\x01\0\0\0\n",
        ] {
            let said = closed_after(port, format!("{head}{body}").as_bytes());
            assert!(!said.contains("threads"), "{head:?}: {said}");
        }
    }
    assert_eq!(std::fs::read_dir(target.dir.path()).unwrap().count(), 0, "a file was written");
    // Legitimate clients still work.
    assert!(self::ask(monitor, "info status").contains("paused"));
    let mut client = connect(gdb);
    client.write_all(&packet("?")).unwrap();
    until(&mut client, "T").unwrap();
}

#[test]
fn clients_write_new_files_where_the_user_allowed_it() {
    let allowed = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let target = target(&["--allow-write", allowed.path().to_str().unwrap()]);
    let monitor = target.ports[1];
    let dump = |at: &Path, more: &str| ask(monitor, &format!("dump-core {} {more}", at.display()));
    let (here, there, outside) = (Path::new("core"), allowed.path().join("core"), other.path().join("core"));
    for at in [here, &there] {
        assert!(dump(at, "").contains("threads"), "{}", at.display());
        assert!(dump(at, "").contains("there already"), "{}", at.display());
        assert!(dump(at, "--force").contains("threads"), "{}", at.display());
    }
    assert!(target.dir.path().join("core").metadata().unwrap().len() > 1000);
    std::os::unix::fs::symlink(&outside, allowed.path().join("link")).unwrap();
    let up = Path::new("..").join(outside.strip_prefix("/").unwrap());
    for at in [outside.clone(), up, allowed.path().join("link"), "/dev/null".into()] {
        for force in ["", "--force"] {
            let said = dump(&at, force);
            assert!(!said.contains("threads,"), "{}: {said}", at.display());
        }
    }
    assert!(!outside.exists());
}

#[test]
fn special_files_are_refused_to_clients() {
    let target = target(&[]);
    for command in ["symbol-file /dev/zero", "add-symbol-file /dev/zero"] {
        let said = ask(target.ports[1], command);
        assert!(said.contains("a device, expected a regular file"), "{command}: {said}");
    }
}

#[test]
fn writes_without_their_data_and_packets_that_do_not_fit_are_answered() {
    let target = target(&[]);
    let mut client = connect(target.ports[0]);
    let mut answer = |bytes: &[u8]| {
        client.write_all(bytes).unwrap();
        let mut got = until(&mut client, "#").unwrap();
        let end = got.rfind('#').unwrap();
        // Part of the checksum's two digits may have arrived already.
        let missing = 2 - (got.len() - end - 1);
        client.read_exact(&mut [0; 2][..missing]).unwrap();
        got.truncate(end);
        client.write_all(b"+").unwrap();
        got.rsplit('$').next().unwrap().to_string()
    };
    assert_eq!(answer(&packet("M3ffb0000,4:01020304")), "OK");
    for bad in ["X3ffb0000,ffffffff:", "X3ffb0000,10:ab", "M3ffb0000,4:ff", "M3ffb0000,1:ffff", "X3ffb0000,1"]
    {
        assert!(answer(&packet(bad)).starts_with('E'), "{bad}");
    }
    assert_eq!(answer(&packet("m3ffb0000,4")), "01020304", "nothing of them was written");
    assert_eq!(answer(&packet("X3ffb0000,2:ab")), "OK");
    assert_eq!(answer(&packet(&"x".repeat(0x1_0001))), "E07");
    assert_eq!(answer(&packet("m3ffb0000,2")), "6162");
}

#[test]
fn listeners_that_a_client_asks_for_are_counted() {
    let target = target(&[]);
    let refused = (0..100).find(|_| !ask(target.ports[1], "gdb tcp::0").contains("waiting for gdb"));
    assert!(refused.is_some_and(|n| n > 3), "{refused:?}");
}

#[test]
fn the_guest_reaches_the_host_but_not_the_debuggers_ports() {
    let ports = [
        ("--gdb", "tcp:"),
        ("--monitor", "tcp:"),
        ("--dash", "tcp:"),
        ("--qmp", "tcp:"),
        ("--serial", "1=tcp:"),
        ("--serial", "2=rfc2217:"),
    ]
    .map(|(option, kind)| (option, kind, free_port()));
    let args = ports.map(|(option, kind, port)| [option.to_string(), format!("{kind}:{port}")]);
    let args: Vec<&str> = args.iter().flatten().map(String::as_str).collect();
    let mut demo = Demo::on_the_net(&args);
    for (_, _, port) in ports {
        demo.type_in(&format!("get 10.0.2.2:{port}/x"));
        assert!(demo.expect("get: ").contains("refused"), "{port}");
    }
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut client, _) = server.accept().unwrap();
        let _ = client.read(&mut [0; 1000]);
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").unwrap();
    });
    demo.type_in(&format!("get 10.0.2.2:{port}/x"));
    assert!(demo.expect("get: ").contains("done, 5 bytes"));
}
