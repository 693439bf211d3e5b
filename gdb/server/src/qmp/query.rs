//! Query commands.

use super::QmpServer;
use super::args::{Args, QmpResult};
use crate::monitor::QEMU;
use esplens_core::memory::CORES;
use esplens_supervisor::{DriveFile, RunState, Why};
use serde_json::{Value, json};

/// Returns the version object, also part of the greeting.
pub fn version_object() -> Value {
    let [major, minor, micro] = QEMU;
    json!({
        "qemu": {"major": major, "minor": minor, "micro": micro},
        "package": concat!("esplens ", env!("CARGO_PKG_VERSION")),
    })
}

pub fn version(_server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    Ok(version_object())
}

pub fn status(server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    let status = server.handle.call(|s| s.status())?;
    let word = match &status.state {
        RunState::Running => "running",
        RunState::Stopped(stopped) => match stopped.why {
            Why::Start => "prelaunch",
            Why::Exited(_) => "shutdown",
            Why::Panic(_) => "guest-panicked",
            Why::Asked(_) => "paused",
            _ => "debug",
        },
    };
    Ok(json!({"status": word, "running": status.state == RunState::Running}))
}

pub fn cpus(_server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    let pid = std::process::id();
    let cpu = |n: usize| {
        json!({
            "cpu-index": n, "qom-path": format!("/machine/soc/cpu[{n}]"), "thread-id": pid, "target": "xtensa",
            "props": {"core-id": n},
        })
    };
    Ok((0..CORES).map(cpu).collect::<Vec<_>>().into())
}

fn drives(server: &QmpServer, show: impl Fn(&DriveFile) -> Value) -> QmpResult {
    let outside = server.handle.call(|s| s.outside().clone())?;
    Ok(outside.drives.iter().map(show).collect::<Vec<_>>().into())
}

fn node(drive: &DriveFile) -> Value {
    let file = drive.file.to_string_lossy();
    let size = std::fs::metadata(&drive.file).map_or(0, |m| m.len());
    json!({
        "node-name": drive.name, "drv": "raw", "file": file, "ro": !drive.kept, "encrypted": false,
        "detect_zeroes": "off", "iops": 0, "iops_rd": 0, "iops_wr": 0, "bps": 0, "bps_rd": 0, "bps_wr": 0,
        "write_threshold": 0, "active": true,
        "cache": {"writeback": true, "direct": false, "no-flush": false},
        "image": {"filename": file, "format": "raw", "virtual-size": size, "actual-size": size,
                  "dirty-flag": false},
    })
}

pub fn block_nodes(server: &QmpServer, mut args: Args) -> QmpResult {
    args.ignore(&["flat"]);
    args.end()?;
    drives(server, node)
}

pub fn block(server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    drives(server, |d| {
        json!({
            "device": d.name, "type": "unknown", "removable": false, "locked": false, "inserted": node(d),
            "io-status": "ok", "qdev": format!("/machine/{}", d.name),
        })
    })
}

pub fn chardev(server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    let outside = server.handle.call(|s| s.outside().clone())?;
    let line =
        |l: &esplens_supervisor::HostLine| json!({"label": l.label, "filename": l.to, "frontend-open": true});
    Ok(outside.lines.iter().map(line).collect::<Vec<_>>().into())
}

pub fn kvm(_server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    Ok(json!({"enabled": false, "present": false}))
}

pub fn name(_server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    Ok(json!({}))
}

pub fn uuid(_server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    Ok(json!({"UUID": "00000000-0000-0000-0000-000000000000"}))
}

pub fn target(_server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    Ok(json!({"arch": "xtensa"}))
}

pub fn machines(_server: &QmpServer, mut args: Args) -> QmpResult {
    args.ignore(&["compat-props"]);
    args.end()?;
    Ok(json!([{
        "name": "esp32", "cpu-max": CORES, "hotpluggable-cpus": false, "numa-mem-supported": false,
        "deprecated": false, "acpi": false, "is-default": true,
    }]))
}

pub fn dump_formats(_server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    Ok(json!({"formats": ["elf"]}))
}
