//! Tracepoint packets, one by one, on the demo: a tracepoint in its tick handler.

use esplens_testkit::{Rsp, Served, demo, demo_elf, serve, symbol, unhex};
use proptest::strategy::{Strategy, ValueTree};
use std::time::{Duration, Instant};

/// Returns the demo with a client, and the addresses of its tick handler and its tick counter.
fn ticking() -> (Served, u16, Rsp, u32, u32) {
    let (handle, port) = serve(demo());
    let g = Rsp::ready(port);
    (handle, port, g, symbol(&demo_elf(), "xTaskIncrementTick"), symbol(&demo_elf(), "xTickCount"))
}

fn ok(g: &mut Rsp, packet: &str) {
    assert_eq!(g.call(packet), "OK", "{packet}");
}

/// Runs to the demo's next heartbeat, a second of virtual time: a hundred ticks.
fn run_to_heartbeat(g: &mut Rsp) {
    let at = symbol(&demo_elf(), "heartbeat_fired");
    ok(g, &format!("Z0,{at:x},3"));
    assert!(g.call("vCont;c").starts_with('T'));
    ok(g, &format!("z0,{at:x},3"));
}

/// Returns the value of `key` in a status.
fn field(status: &str, key: &str) -> u64 {
    let found = status.split(';').find_map(|f| f.strip_prefix(key)?.strip_prefix(':'));
    u64::from_str_radix(found.unwrap_or_else(|| panic!("no {key} in {status}")), 16).unwrap()
}

fn frame_word(g: &mut Rsp, frame: u64, addr: u32) -> u32 {
    assert!(g.call(&format!("QTFrame:{frame:x}")).starts_with('F'));
    g.word(addr)
}

/// Waits until this many trace frames have been collected.
fn wait_for(handle: &Served, frames: u64) {
    let end = Instant::now() + Duration::from_secs(600);
    while handle.call(|s| s.traces().buffer.created()).unwrap() < frames {
        assert!(Instant::now() < end, "no frames");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_is_announced() {
    let (_handle, port) = serve(demo());
    let features = Rsp::connect(port).call("qSupported:multiprocess+;swbreak+;hwbreak+");
    for feature in [
        "QTBuffer:size+",
        "TracepointSource+",
        "ConditionalTracepoints+",
        "DisconnectedTracing+",
        "EnableDisableTracepoints+",
        "InstallInTrace+",
        "tracenz+",
        "qXfer:traceframe-info:read+",
    ] {
        assert!(features.contains(feature), "{feature} in {features}");
    }
}

#[test]
fn an_experiment_from_definition_to_frames() {
    let (_handle, _, mut g, at, ticks) = ticking();
    assert!(g.call("qTStatus").starts_with("T0;tnotrun:0"));
    ok(&mut g, "QTinit");
    ok(&mut g, &format!("QTDP:1:{at:016x}:E:0:0-"));
    ok(&mut g, &format!("QTDP:-1:{at:016x}:R80-"));
    ok(&mut g, &format!("QTDP:-1:{at:016x}:M-1,{ticks:X},4-"));
    // const32 xTickCount, ref32, and its value stored in $ticks; that is collected, too.
    ok(&mut g, &format!("QTDP:-1:{at:016x}:Xd,24{ticks:08x}19{}2e000227", "2d0002"));
    ok(&mut g, "QTDV:2:0000000000000007:0:7469636b73");
    ok(&mut g, &format!("QTDPsrc:1:{at:x}:at:0:2:6174"));
    ok(&mut g, "QTro:400d0000,400e0000");
    ok(&mut g, "QTDisconnected:0");
    ok(&mut g, "QTBuffer:circular:0");
    ok(&mut g, "QTBuffer:size:200000");
    ok(&mut g, "QTNotes:user:6d65;notes:7768;");
    assert_eq!(g.call("qTV:2"), "V7");
    ok(&mut g, "QTStart");
    assert!(g.call("qTStatus").starts_with("T1;"));
    run_to_heartbeat(&mut g);
    ok(&mut g, "QTNotes:tstop:627965;");
    ok(&mut g, "QTStop");
    let status = g.call("qTStatus");
    assert!(status.starts_with("T0;tstop:627965:0;") && status.contains(";username:6d65"), "{status}");
    let count = field(&status, "tframes");
    assert!(count > 90 && field(&status, "tcreated") == count, "{status}");
    assert!(field(&status, "tfree") < field(&status, "tsize") && field(&status, "tsize") == 0x20_0000);
    let hits = g.call(&format!("qTP:1:{at:x}"));
    assert_eq!(hits.split(':').next(), Some(&*format!("V{count:02x}")), "{hits}");

    let live = g.word(ticks);
    assert_eq!(g.call("QTFrame:0"), "F00T01");
    assert_eq!(g.pc(), at);
    let first = g.word(ticks);
    assert_eq!(g.call("qTV:2"), format!("V{first:x}"));
    assert_eq!(u32::from_le_bytes(unhex(&g.call("g")[..8]).try_into().unwrap()), at);
    assert_eq!(g.register(157 + 1), {
        let base = g.register(69) as usize;
        g.register(1 + (base * 4 + 1) % 64)
    });
    let info = g.call("qXfer:traceframe-info:read::0,fff");
    assert!(info.contains(&format!("<memory start=\"{ticks:#x}\" length=\"0x4\"/>")), "{info}");
    assert!(info.contains("<tvar id=\"2\"/>"), "{info}");
    assert_eq!(g.call(&format!("m{:x},4", ticks + 4)), "E0e", "not collected");
    assert_eq!(g.call(&format!("m{at:x},4")).len(), 8, "flash does not change");
    assert_eq!(g.call(&format!("M{ticks:x},4:00000000")), "E1e", "the past cannot be written");
    assert_eq!(g.call("P1=00000000"), "E1e");
    for n in 1..10 {
        assert_eq!(frame_word(&mut g, n, ticks), first + n as u32);
    }
    assert_eq!(g.call(&format!("QTFrame:pc:{at:x}")), "F0aT01", "the one behind the selected one");
    assert_eq!(g.call("QTFrame:tdp:1"), "F0bT01");
    assert_eq!(g.call("QTFrame:tdp:2"), "F-1");
    assert_eq!(g.call(&format!("QTFrame:outside:{at:x}:{at:x}")), "F-1");
    assert_eq!(g.call(&format!("QTFrame:range:{:x}:{:x}", at - 1, at + 1)), "F0cT01");
    assert_eq!(g.call("QTFrame:ffffffff"), "F-1");
    assert_eq!(g.word(ticks), live);
    let mut file = Vec::new();
    loop {
        match g.call(&format!("qTBuffer:{:x},7d0", file.len())).as_str() {
            "l" => break,
            hex => file.extend(unhex(hex)),
        }
    }
    assert_eq!(
        file.len() as u64,
        count * (6 + 421 + 27 + 15 + 13),
        "registers, save area, M and V blocks behind a head"
    );
    assert_eq!(file[..2], [1, 0]);
}

#[test]
fn conditions_pass_counts_and_switching_off() {
    let (_handle, _, mut g, at, ticks) = ticking();
    let every_tenth = format!("24{ticks:08x}19220a082200{}27", "13");
    let start = |g: &mut Rsp, pass: u32| {
        ok(g, "QTinit");
        let (len, code) = (every_tenth.len() / 2, &every_tenth);
        ok(g, &format!("QTDP:4:{at:x}:E:0:{pass:x}:X{len:x},{code}-"));
        ok(g, &format!("QTDP:-4:{at:x}:M-1,{ticks:x},4"));
        ok(g, "QTStart");
    };
    start(&mut g, 5);
    run_to_heartbeat(&mut g);
    let status = g.call("qTStatus");
    assert!(status.starts_with("T0;tpasscount:04;"), "{status}");
    assert_eq!(field(&status, "tframes"), 5);
    let first = frame_word(&mut g, 0, ticks);
    assert_eq!((first % 10, frame_word(&mut g, 4, ticks)), (0, first + 40));

    start(&mut g, 0);
    assert_eq!(g.call("QTFrame:0"), "F-1", "an empty buffer");
    ok(&mut g, &format!("QTDisable:4:{at:x}"));
    assert_eq!(g.call(&format!("QTEnable:5:{at:x}")), "E01", "no such tracepoint");
    run_to_heartbeat(&mut g);
    assert_eq!(field(&g.call("qTStatus"), "tcreated"), 0);
    ok(&mut g, &format!("QTEnable:4:{at:x}"));
    // A tracepoint that is defined while tracing runs takes effect at once.
    ok(&mut g, &format!("QTDP:7:{at:x}:E:0:3"));
    run_to_heartbeat(&mut g);
    assert!(g.call("qTStatus").starts_with("T0;tpasscount:07;"));
}

#[test]
fn it_goes_on_without_its_client_and_the_next_one_learns_of_it() {
    let (handle, port, mut g, at, ticks) = ticking();
    ok(&mut g, "QTinit");
    let condition = "X3,220127";
    ok(&mut g, &format!("QTDP:9:{at:x}:E:0:0:{condition}-"));
    ok(&mut g, &format!("QTDP:-9:{at:x}:R80X3,220027-"));
    ok(&mut g, &format!("QTDP:-9:{at:x}:M-1,{ticks:x},4"));
    ok(&mut g, &format!("QTDPsrc:9:{at:x}:at:0:4:7469636b"));
    ok(&mut g, &format!("QTDPsrc:9:{at:x}:cond:0:1:31"));
    ok(&mut g, &format!("QTDP:a:{:x}:D:0:2", at + 3));
    ok(&mut g, "QTDisconnected:1");
    ok(&mut g, "QTBuffer:circular:1");
    ok(&mut g, "QTStart");
    g.send("vCont;c");
    wait_for(&handle, 1);
    drop(g);
    let seen = handle.call(|s| s.traces().buffer.created()).unwrap();
    wait_for(&handle, seen + 100);

    let mut g = Rsp::ready(port);
    let status = g.call("qTStatus");
    assert!(status.starts_with("T1;") && status.contains(";disconn:1"), "{status}");
    let mut listed = vec![g.call("qTfP")];
    while listed.last().is_some_and(|l| !l.is_empty()) {
        listed.push(g.call("qTsP"));
    }
    let head = format!("{at:08x}");
    assert!(listed[0].starts_with("T09:") && listed[0].contains(&head), "{listed:?}");
    let kinds: String = listed.iter().filter_map(|l| l.chars().next()).collect();
    assert_eq!(kinds, "TAAAZZT", "{listed:?}");
    assert!(listed[6].starts_with("T0a:") && listed[6].contains(":D:"), "{listed:?}");
    assert_eq!(g.call("qTfV"), "1:0:1:74726163655f74696d657374616d70");
    assert_eq!(g.call("qTsV"), "l");
    ok(&mut g, "QTDisconnected:0");
    assert_eq!(g.call("QTFrame:0"), "F00T09");
}

#[test]
fn what_is_not_supported_says_so() {
    let (_handle, _, mut g, at, _) = ticking();
    ok(&mut g, "QTinit");
    assert_eq!(g.call(&format!("QTDP:1:{at:x}:E:3:0-")), "E.while-stepping is not supported");
    ok(&mut g, &format!("QTDP:1:{at:x}:E:0:0-"));
    assert_eq!(g.call(&format!("QTDP:-1:{at:x}:SR80")), "E.while-stepping is not supported");
    assert_eq!(g.call(&format!("QTDP:1:{at:x}:E:0:0:F3-")), "E.fast tracepoints are not supported");
    assert_eq!(g.call(&format!("QTDP:1:{at:x}:E:0:0:S")), "E.static tracepoints are not supported");
    assert!(g.call("QTSave:2f746d702f78").starts_with("E.files on the emulator's host are not written"));
    assert_eq!(g.call("QTBuffer:size:7fffffff"), "E0c", "64 MiB at most");
    assert_eq!(g.call(&format!("QTDP:-1:{at:x}:M-1,0")), "E16");
    assert_eq!(g.call(&format!("QTDP:2:{at:x}:E:0:0:X9,2200")), "E16");
    assert_eq!(g.call("qTV:99"), "U");
    assert_eq!(g.call("qXfer:traceframe-info:read::0,fff"), "E01");
}

#[test]
fn a_flood_of_tracepoint_packets_leaves_the_session_working() {
    let (_handle, _, mut g, at, _) = ticking();
    let names = "QTinit|QTDP:|QTDP:-|QTDPsrc:|QTDV:|QTEnable:|QTro|QTro:|QTNotes:|QTFrame:|QTBuffer:|qTBuffer:|qTV:|qTP:|\
        QTStart|QTStop|qTfP|qTsP|qTfV|qTsV|QTDisconnected:|qXfer:traceframe-info:read::";
    let pattern = format!("({names})([0-9a-fA-F]{{1,16}}|{at:x}|[EDXMRS,;:-]){{0,12}}");
    let packets = proptest::string::string_regex(&pattern).unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..2000 {
        let packet = packets.new_tree(&mut runner).unwrap().current();
        g.call(&packet);
    }
    ok(&mut g, "QTinit");
    assert_eq!(g.call("QTFrame:ffffffff"), "F-1");
    assert_ne!(g.pc(), 0);
}

#[test]
fn a_breakpoint_with_commands_talks_and_does_not_stop() {
    let (_handle, _, mut g, at, ticks) = ticking();
    let format: String = "tick %u\\n\0".bytes().map(|b| format!("{b:02x}")).collect();
    // The counter, channel and function, printf of one argument.
    let code = format!("24{ticks:08x}1922002200{}{:04x}{format}27", "3401", format.len() / 2);
    ok(&mut g, &format!("Z0,{at:x},3;cmds:0,X{:x},{code}", code.len() / 2));
    run_to_heartbeat(&mut g);
    let said: Vec<u32> = g
        .console
        .lines()
        .map(|l| l.strip_prefix("tick ").unwrap_or_else(|| panic!("{l}")).parse().unwrap())
        .collect();
    assert!(said.len() > 90, "{} ticks", said.len());
    assert!(said.windows(2).all(|w| w[1] == w[0] + 1), "{said:?}");
    // Without its commands it is a breakpoint again.
    ok(&mut g, &format!("Z0,{at:x},3"));
    assert!(g.call("vCont;c").starts_with('T'));
    assert_eq!(g.pc(), at);
}
