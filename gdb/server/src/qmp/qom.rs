//! The part of QEMU's object tree that clients use: machine, SoC, cores, the straps at the GPIO block.

use super::QmpServer;
use super::args::{Args, QmpError, QmpResult};
use crate::monitor;
use serde_json::{Value, json};

/// An object: its path, type, and children with their types.
struct Object {
    path: &'static str,
    kind: &'static str,
    children: &'static [(&'static str, &'static str)],
    /// Properties besides `type`, with their types.
    properties: &'static [(&'static str, &'static str)],
}

const GPIO: &str = "/machine/soc/gpio";
const TIMERS: [&str; 2] = ["/machine/soc/timg0", "/machine/soc/timg1"];

const OBJECTS: &[Object] = &[
    Object { path: "/", kind: "container", children: &[("machine", "esp32-machine")], properties: &[] },
    Object { path: "/machine", kind: "esp32-machine", children: &[("soc", "xtensa.esp32")], properties: &[] },
    Object {
        path: "/machine/soc",
        kind: "xtensa.esp32",
        children: &[
            ("cpu[0]", "esp32-xtensa-cpu"),
            ("cpu[1]", "esp32-xtensa-cpu"),
            ("gpio", "esp32.gpio"),
            ("timg0", "timer.esp32.timg"),
            ("timg1", "timer.esp32.timg"),
        ],
        properties: &[],
    },
    Object { path: "/machine/soc/cpu[0]", kind: "esp32-xtensa-cpu", children: &[], properties: &[] },
    Object { path: "/machine/soc/cpu[1]", kind: "esp32-xtensa-cpu", children: &[], properties: &[] },
    Object { path: GPIO, kind: "esp32.gpio", children: &[], properties: &[("strap_mode", "uint32")] },
    Object {
        path: TIMERS[0],
        kind: "timer.esp32.timg",
        children: &[],
        properties: &[("wdt_disable", "bool")],
    },
    Object {
        path: TIMERS[1],
        kind: "timer.esp32.timg",
        children: &[],
        properties: &[("wdt_disable", "bool")],
    },
];

/// Returns the object at a path: an absolute path, or an unambiguous suffix of one.
fn find(path: &str) -> std::result::Result<&'static Object, QmpError> {
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    let same = |o: &&Object| {
        o.path == path || !path.starts_with('/') && !path.is_empty() && o.path.ends_with(&format!("/{path}"))
    };
    let found = OBJECTS.iter().find(same);
    found.ok_or_else(|| QmpError::new(format!("Device '{path}' not found")))
}

/// Lists the properties and children of an object.
pub fn list(_server: &QmpServer, mut args: Args) -> QmpResult {
    let object = find(&args.text("path")?)?;
    args.end()?;
    let mut out = vec![json!({"name": "type", "type": "string"})];
    out.extend(object.properties.iter().map(|(name, kind)| json!({"name": name, "type": kind})));
    let child = |(name, kind): &(&str, &str)| json!({"name": name, "type": format!("child<{kind}>")});
    out.extend(object.children.iter().map(child));
    Ok(out.into())
}

/// Returns a property, or the path of a child.
pub fn get(server: &QmpServer, mut args: Args) -> QmpResult {
    let (path, name) = (args.text("path")?, args.text("property")?);
    args.end()?;
    let object = find(&path)?;
    match (object.path, name.as_str()) {
        (_, "type") => Ok(object.kind.into()),
        (GPIO, "strap_mode") => Ok(server.handle.call(|s| s.machine().soc().sys.strap)?.into()),
        // Watchdogs count virtual time, so they need not be disabled.
        (at, "wdt_disable") if TIMERS.contains(&at) => Ok(false.into()),
        (at, name) if object.children.iter().any(|(child, _)| *child == name) => {
            Ok(format!("{}/{name}", at.trim_end_matches('/')).into())
        }
        _ => Err(missing(&path, &name)),
    }
}

fn missing(path: &str, name: &str) -> QmpError {
    QmpError::new(format!("Property '{path}.{name}' not found"))
}

/// Sets the straps.
pub fn set(server: &QmpServer, mut args: Args) -> QmpResult {
    let (path, name, value) = (args.text("path")?, args.text("property")?, args.value("value")?);
    args.end()?;
    let object = find(&path)?;
    match (object.path, name.as_str()) {
        (GPIO, "strap_mode") => {
            let strap = number(&value)
                .ok_or_else(|| QmpError::new("Invalid parameter type for 'strap_mode', expected: uint32"))?;
            let said = monitor::run(&server.handle, &format!("strap {strap:#x}"));
            let now = server.handle.call(|s| s.machine().soc().sys.strap_pins)?;
            if now == strap { Ok(json!({})) } else { Err(QmpError::new(said.trim_end())) }
        }
        (at, "wdt_disable") if TIMERS.contains(&at) => Ok(json!({})),
        _ => Err(missing(&path, &name)),
    }
}

/// Parses a number, or a string with a number.
fn number(value: &Value) -> Option<u32> {
    let plain = value.as_u64().and_then(|n| u32::try_from(n).ok());
    plain.or_else(|| esplens_debuginfo::number::written(value.as_str()?))
}
