//! Files of `--pcap`, read by Wireshark's own reader.

use super::*;
use esplens_tests::binary;
use std::process::Command;

/// Returns tshark's output for a capture. Without tshark prints a line about it and returns `None`.
fn tshark(pcap: &std::path::Path, args: &[&str]) -> Option<String> {
    let out = Command::new("tshark").arg("-r").arg(pcap).args(args).output();
    match out {
        Ok(out) => Some(String::from_utf8_lossy(&out.stdout).into_owned()),
        Err(_) => {
            eprintln!("skipped: no tshark (Debian: apt-get install tshark)");
            None
        }
    }
}

#[test]
fn wireshark_reads_and_decrypts_the_air() {
    let Some(flash) = image("idf-5.1-wifi-sta") else { return };
    let pcap = tempfile::NamedTempFile::new().unwrap();
    let mut run = binary::esplens();
    run.args([
        "run",
        "--headless",
        "--serial",
        "0=null",
        "--timeout",
        "4s",
        "--wifi",
        "ssid=myssid,psk=mypassword",
    ]);
    run.arg("--pcap").arg(pcap.path()).arg(flash);
    let status = run.stdin(std::process::Stdio::null()).output().unwrap().status;
    assert_eq!(status.code(), Some(3), "the time is over");
    let keys = "uat:80211_keys:\"wpa-pwd\",\"mypassword:myssid\"";
    let decrypt = ["-o", "wlan.enable_decryption:TRUE", "-o", keys];
    let Some(all) = tshark(pcap.path(), &[&decrypt[..], &["-T", "fields", "-e", "_ws.malformed"]].concat())
    else {
        return;
    };
    assert!(all.lines().count() > 40, "{} frames", all.lines().count());
    assert!(all.lines().all(|l| l.is_empty()), "malformed: {all}");
    let filter = ["-Y", "wlan && dhcp", "-T", "fields", "-e", "dhcp.option.dhcp"];
    let dhcp = tshark(pcap.path(), &[&decrypt[..], &filter].concat()).unwrap();
    assert_eq!(dhcp.split_whitespace().collect::<Vec<_>>(), ["1", "2", "3", "5"], "DHCP inside CCMP");
    let sealed = tshark(pcap.path(), &["-Y", "wlan && dhcp"]).unwrap();
    assert_eq!(sealed, "", "without the passphrase nothing is seen");
}
