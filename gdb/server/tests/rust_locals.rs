//! Parameters and variables in Rust frames of the demo, compared with the text typed on its console. GDB 13 stops with
//! an internal error on some of Rust's enums, so it cannot be the reference.

use esplens_debuginfo::symbols::FileRole;
use esplens_soc::machine::Input;
use esplens_testkit::{Rsp, demo, demo_elf, serve};

/// Types a line on the console and stops in a function; returns the values of these expressions there.
fn typed(line: &str, place: &str, expressions: &[&str]) -> Vec<String> {
    let (handle, port) = serve(demo());
    handle.symbols().load_now(FileRole::App, &demo_elf()).unwrap();
    let mut g = Rsp::ready(port);
    // The console waits for a line.
    g.stop_at("demo_read");
    let bytes = format!("{line}\n").into_bytes();
    handle.call(move |s| s.machine_mut().input(Input::Uart(0, bytes))).unwrap();
    g.stop_at(place);
    let value = |e: &&str| g.monitor(&format!("p {e}")).trim().split_once(" = ").map(|v| v.1.to_string());
    expressions.iter().map(value).map(|v| v.unwrap_or_default()).collect()
}

#[test]
fn enums_slices_and_options_in_rust_are_what_was_typed() {
    let job = |line: &str| typed(line, "demo::tools::submit", &["job", "path", "path.length"]);
    let ping = job("ping 10.0.2.9 7");
    assert_eq!(ping, ["Ping(Ipv4Addr {octets: [10, 0, 2, 9]}, 7)", "\"\"", "0"]);
    let get = job("get 10.0.2.2:8000/x");
    assert_eq!(get, ["Get(Ipv4Addr {octets: [10, 0, 2, 2]}, 8000, 2)", "\"/x\"", "2"]);
    let ip = &job("ip 10.0.0.5/16 10.0.0.1")[0];
    assert!(ip.starts_with("Ip(") && ip.contains("[10, 0, 0, 5]") && ip.contains("16"), "{ip}");
    assert!(ip.contains("Some(") && ip.contains("[10, 0, 0, 1]"), "{ip}");
    let ip = &job("ip 10.0.0.5")[0];
    assert!(ip.ends_with("None)"), "{ip}");
}

/// The breakpoint is in a call that is inlined at the beginning of the function: names of both are found.
#[test]
fn names_of_a_function_count_in_calls_inlined_there() {
    assert_eq!(typed("ping 10.0.2.9 7", "demo::tools::ping", &["rest"]), ["\"10.0.2.9 7\""]);
}
