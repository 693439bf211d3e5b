//! Command lines of QEMU users.

use super::*;
use crate::cli::args::{ResetPolicy, RunArgs};

fn run(line: &str) -> std::result::Result<RunArgs, String> {
    let args: Vec<OsString> =
        format!("qemu-system-xtensa {line}").split_whitespace().map(Into::into).collect();
    match cli(&args).unwrap() {
        QemuLine::Run(cli) => match cli.command {
            CliCommand::Run(args) => Ok(*args),
            _ => unreachable!("run was made"),
        },
        QemuLine::Say(text) | QemuLine::Wrong(text) => Err(text),
    }
}

const PAPER: &str = "-nographic -machine esp32 -nic user,model=open_eth,id=lo0,hostfwd=tcp::8000-:80 \
                     -drive file=merged_qemu.bin,if=mtdev,format=raw";

#[test]
fn the_papers_lines() {
    for line in [PAPER.to_string(), PAPER.replace("mtdev", "mtd"), format!("{PAPER} --trace open_eth*")] {
        let args = run(&line).unwrap();
        assert_eq!(args.image, Some("merged_qemu.bin".into()));
        assert!(args.persist);
        assert_eq!((args.nic.listen, args.nic.user.forwards[0].port), (Ipv4Addr::UNSPECIFIED, 8000));
        assert_eq!(args.trace.len(), usize::from(line.contains("trace")));
    }
    let args = run(&format!("{PAPER} -s -S")).unwrap();
    assert!(args.debug.stopped && args.debug.default_gdb);
}

#[test]
fn idf_pys_line() {
    let args = run(
        "-M esp32 -m 4M -drive file=f.bin,if=mtd,format=raw -drive file=e.bin,if=none,format=raw,id=efuse \
         -global driver=nvram.esp32.efuse,property=drive,value=efuse \
         -global driver=timer.esp32.timg,property=wdt_disable,value=true -nic user,model=open_eth -nographic \
         -serial tcp::5555,server,nowait -global driver=esp32.gpio,property=strap_mode,value=0x0f",
    )
    .unwrap();
    assert_eq!((args.psram, args.strap), (Some(4 << 20), 0x0F));
    assert_eq!(args.efuse, Some("e.bin".into()));
    assert_eq!(args.serial.len(), 1);
}

#[test]
fn the_chips_own_mac_is_a_nic_model() {
    use crate::cli::nic::NicModel;
    let nic = run("-nic user,model=emac,phy=ip101,phyaddr=1").unwrap().nic;
    assert_eq!((nic.model, nic.phy.addr), (NicModel::Emac, Some(1)));
    assert_eq!(nic.phy.chip.unwrap().to_string(), "ip101");
}

#[test]
fn the_monitor_is_where_qemu_has_it() {
    let monitors = |line: &str| run(line).unwrap().debug.monitor;
    for line in ["-nographic", "-serial mon:stdio", "-nographic -serial mon:stdio", "-monitor stdio"] {
        assert_eq!(monitors(line), ["stdio"], "{line}");
    }
    assert_eq!(monitors("-nographic -serial tcp::5555,server,nowait"), ["stdio"]);
    assert_eq!(monitors("-nographic -monitor telnet::4444,server,nowait"), ["tcp::4444"]);
    assert_eq!(monitors("-monitor unix:/tmp/m,server=on"), ["unix:/tmp/m"]);
    for line in ["", "-serial stdio", "-nographic -monitor none"] {
        assert!(monitors(line).is_empty(), "{line}");
    }
    let serial = run("-serial mon:stdio").unwrap().serial;
    assert_eq!(serial, ["0=stdio".parse().unwrap()]);
}

#[test]
fn what_is_not_known_gets_one_clear_error() {
    for (line, word) in [
        ("-cpu lx6", "-cpu lx6"),
        ("-machine esp32s3", "esp32s3"),
        ("flash.bin", "flash.bin"),
        ("-global driver=x,property=y,value=z", "driver=x"),
        ("-nic user,colour=red", "colour"),
        ("-serial mon:tcp::5555,server", "only mon:stdio"),
        ("-monitor pty", "-monitor pty"),
    ] {
        let why = run(line).unwrap_err();
        assert!(why.starts_with("esplens qemu: ") && why.contains(word), "{line}: {why}");
    }
    assert!(cli(&["esplens".into(), "run".into()]).is_none());
}

/// Returns the text for standard output.
fn said(line: &str) -> String {
    let args: Vec<OsString> =
        format!("qemu-system-xtensa {line}").split_whitespace().map(Into::into).collect();
    match cli(&args) {
        Some(QemuLine::Say(text)) => text,
        _ => panic!("{line} says nothing"),
    }
}

/// Returns the messages about options without effect.
fn notes(line: &str) -> Vec<String> {
    let args: Vec<String> = line.split_whitespace().map(Into::into).collect();
    translate(&args).unwrap().1
}

#[test]
fn what_tools_ask_for_is_said() {
    for line in ["-version", "--version"] {
        assert!(said(line).starts_with("QEMU emulator version 9.2.2 ("), "{line}");
    }
    for line in ["-machine help", "-M help", "-M ?"] {
        assert!(said(line).starts_with("Supported machines are:\nesp32 "), "{line}");
    }
    assert!(said("-h").contains("-drive file=") && said("-help").contains("-qmp"));
    assert!(said("-d help").contains("guest_errors"));
}

#[test]
fn pytest_embeddeds_line() {
    let line = "-nographic -machine esp32 -qmp tcp:127.0.0.1:4488,server,wait=off \
                -global driver=esp32.gpio,property=strap_mode,value=0x0F -drive file=e.bin,if=none,format=raw,id=efuse \
                -global driver=nvram.esp32.efuse,property=drive,value=efuse -drive file=flash.bin,if=mtd,format=raw";
    let args = run(line).unwrap();
    assert_eq!(args.debug.qmp, ["tcp:127.0.0.1:4488".parse().unwrap()]);
    assert_eq!((args.strap, args.efuse, args.persist), (0x0F, Some("e.bin".into()), true));
    assert!(notes(line).is_empty(), "{:?}", notes(line));
}

#[test]
fn chardevs_are_named() {
    let args = run("-chardev socket,id=s0,host=localhost,port=5555,server=on,wait=off -serial chardev:s0 \
         -chardev socket,id=m,path=/tmp/m,server=on -mon chardev=m \
         -chardev socket,id=q,port=4444,server=on,wait=off -mon chardev=q,mode=control,pretty=on \
         -chardev file,id=f,path=out.txt -serial chardev:f -chardev null,id=n -gdb chardev:n")
    .unwrap();
    assert_eq!(args.serial, ["0=tcp:localhost:5555".parse().unwrap(), "1=file:out.txt".parse().unwrap()]);
    assert_eq!(args.debug.monitor, ["unix:/tmp/m"]);
    assert_eq!(args.debug.qmp_pretty, ["tcp::4444".parse().unwrap()]);
    assert!(args.debug.gdb.is_empty());
    assert!(run("-serial chardev:none").unwrap_err().contains("id=none"));
    assert!(run("-chardev spicevmc,id=x").unwrap_err().contains("spicevmc"));
}

#[test]
fn what_has_a_meaning_does_it() {
    let args =
        run("-drive file=f.bin,if=mtd,format=raw -snapshot -pidfile p -daemonize -no-shutdown -no-reboot \
         -object filter-dump,id=f,netdev=n,file=x.pcap -d int,trace:open_eth* -D log.txt \
         -semihosting-config enable=on,target=native,arg=one,arg=two")
        .unwrap();
    assert_eq!((args.persist, args.image), (false, Some("f.bin".into())));
    assert_eq!((args.pidfile, args.daemonize), (Some("p".into()), true));
    assert!(args.debug.pause_on_exit && args.reset_policy == ResetPolicy::Exit);
    assert_eq!((args.pcap, args.trace_file), (Some("x.pcap".into()), Some("log.txt".into())));
    assert_eq!(args.trace, ["irq_take", "exception", "open_eth*"]);
    assert_eq!(
        (args.semihosting, args.semihosting_arg),
        (Some(".".into()), vec!["one".to_string(), "two".into()])
    );
    assert_eq!(run("-global esp32.gpio.strap_mode=0x0f").unwrap().strap, 0x0F);
    assert!(run("-action shutdown=pause,reboot=reset").unwrap().debug.pause_on_exit);
    let dir = tempfile::tempdir().unwrap();
    let events = dir.path().join("events");
    std::fs::write(&events, "# some\nopen_eth*\n\nreset\n").unwrap();
    let args = run(&format!("-trace events={},file=t.txt", events.display())).unwrap();
    assert_eq!(
        (args.trace, args.trace_file),
        (vec!["open_eth*".to_string(), "reset".into()], Some("t.txt".into()))
    );
    assert!(run("-trace events=no-such-file").unwrap_err().contains("no-such-file"));
}

#[test]
fn what_is_given_twice_counts_once_and_the_last_wins() {
    let args = run("-semihosting -semihosting-config enable=on,target=native,arg=a -no-reboot -action reboot=shutdown \
                    -no-shutdown -action shutdown=pause -d int -D a -trace file=b -m 4M -m size=2M -S -s -s -S \
                    -daemonize -daemonize -pidfile p -pidfile q -seed 1 -seed 2 -kernel k -kernel l \
                    -global esp32.gpio.strap_mode=0x0f -global esp32.gpio.strap_mode=0x12 \
                    -object filter-dump,file=x -object filter-dump,file=y")
    .unwrap();
    assert_eq!((args.semihosting, args.semihosting_arg), (Some(".".into()), vec!["a".to_string()]));
    assert!(args.debug.pause_on_exit && args.debug.stopped && args.debug.default_gdb && args.daemonize);
    assert_eq!((args.reset_policy, args.trace_file), (ResetPolicy::Exit, Some("b".into())));
    assert_eq!((args.psram, args.pidfile, args.seed), (Some(2 << 20), Some("q".into()), 2));
    assert_eq!((args.kernel, args.strap, args.pcap), (Some("l".into()), 0x12, Some("y".into())));
    let args =
        run("-semihosting-config arg=a -semihosting-config enable=off -no-reboot -action reboot=reset \
                    -no-shutdown -action shutdown=poweroff")
        .unwrap();
    assert!(args.semihosting.is_none() && args.semihosting_arg.is_empty() && !args.debug.pause_on_exit);
    assert!(args.reset_policy != ResetPolicy::Exit);
}

#[test]
fn a_chardev_may_come_after_what_names_it() {
    let args = run("-serial chardev:c0 -chardev stdio,id=c0,mux=on -mon chardev=c0 -gdb chardev:g \
                    -chardev socket,id=g,path=/tmp/g,server=on")
    .unwrap();
    assert_eq!(args.serial, ["0=stdio".parse().unwrap()]);
    assert_eq!(args.debug.monitor, ["stdio"]);
    assert_eq!(args.debug.gdb, ["unix:/tmp/g".parse().unwrap()]);
}

#[test]
fn serial_lines_go_to_local_sockets() {
    let args = run(
        "-serial unix:/tmp/a,server=on,wait=off -chardev socket,id=s,path=/tmp/b,server=on -serial chardev:s",
    )
    .unwrap();
    assert_eq!(args.serial, ["0=unix:/tmp/a".parse().unwrap(), "1=unix:/tmp/b".parse().unwrap()]);
}

#[test]
fn two_commas_are_one() {
    let args = run("-drive file=a,,b.bin,if=mtd,format=raw -chardev file,id=f,path=o,,p -serial chardev:f \
                    -semihosting-config arg=x,,y,arg=z -trace file=t,,u")
    .unwrap();
    assert_eq!((args.image, args.trace_file), (Some("a,b.bin".into()), Some("t,u".into())));
    assert_eq!(args.serial, ["0=file:o,p".parse().unwrap()]);
    assert_eq!(args.semihosting_arg, ["x,y", "z"]);
    assert_eq!(parts(",,,a,"), [",", "a", ""]);
}

#[test]
#[cfg(unix)]
fn files_of_events_are_read_up_to_a_bound() {
    let dir = tempfile::tempdir().unwrap();
    let large = dir.path().join("large");
    std::fs::File::create(&large).unwrap().set_len(1 << 30).unwrap();
    for (file, word) in [("/dev/zero", "a device"), (large.to_str().unwrap(), "too large")] {
        let why = run(&format!("-trace events={file}")).unwrap_err();
        assert!(why.contains(word) && why.contains(file), "{why}");
    }
}

#[test]
fn sd_cards_are_in_the_slots() {
    let flash = "-drive file=f.bin,if=mtd,format=raw";
    let args = run(&format!("{flash} -drive file=sd.img,if=sd,format=raw")).unwrap();
    assert_eq!(args.sd, ["sd.img".parse().unwrap()]);
    assert!(args.persist);
    let args = run("-drive file=a,if=sd,snapshot=on -drive file=b,if=sd,readonly=on").unwrap();
    assert_eq!(args.sd, ["a,slot=1".parse().unwrap(), "b,slot=0,readonly=on".parse().unwrap()]);
    assert!(!args.persist);
    let cards = "-drive file=a,if=sd ".repeat(3);
    assert!(run(&cards).unwrap_err().contains("two slots"));
}

#[test]
fn what_has_no_meaning_is_taken_with_a_line() {
    for (line, word) in [
        ("-icount shift=auto", "-icount shift=auto"),
        ("-rtc base=utc", "-rtc"),
        ("-echr 2", "-echr"),
        ("-watchdog-action none", "-watchdog-action"),
        ("-action panic=none", "panic=none"),
        ("-display none", "-display"),
        ("-parallel none", "-parallel"),
        ("-d in_asm", "in_asm"),
        ("-d unimp", "always"),
        ("-qmp tcp:localhost:4444", "listens"),
    ] {
        let notes = notes(line);
        assert!(notes.len() == 1 && notes[0].contains(word), "{line}: {notes:?}");
    }
}
