//! Run control, the monitor, screen dumps.

use super::args::{Args, QmpError, QmpResult};
use super::{PictureFormat, QmpServer};
use crate::monitor;
use serde_json::json;
use std::io::Write;

/// Stops the machine.
pub fn stop(server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    let by = server.handle.client().clone();
    server.handle.call(move |s| s.stop(&by))?;
    Ok(json!({}))
}

/// Resumes the machine.
pub fn cont(server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    let by = server.handle.client().clone();
    server.handle.call(move |s| s.resume(&Default::default(), &by))?;
    Ok(json!({}))
}

/// Resets the chip; the run state is kept.
pub fn reset(server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    let by = server.handle.client().clone();
    server.handle.call(move |s| s.reset(&by))?;
    Ok(json!({}))
}

/// Ends esplens.
pub fn quit(server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    let by = server.handle.client().clone();
    server.handle.call(move |s| s.quit(&by))?;
    Ok(json!({}))
}

/// Runs a monitor command; returns its output with CR LF line ends, like QEMU.
pub fn human(server: &QmpServer, mut args: Args) -> QmpResult {
    let line = args.text("command-line")?;
    args.ignore(&["cpu-index"]);
    args.end()?;
    Ok(monitor::run(&server.handle, &line).replace('\n', "\r\n").into())
}

/// Plugs in or unplugs the Ethernet cable.
pub fn set_link(server: &QmpServer, mut args: Args) -> QmpResult {
    let (name, up) = (args.text("name")?, args.flag("up")?);
    args.end()?;
    let said = monitor::run(&server.handle, &format!("set_link {name} {}", if up { "on" } else { "off" }));
    if said.is_empty() { Ok(json!({})) } else { Err(QmpError::new(said.trim_end())) }
}

/// Draws the dashboard into a picture file.
pub fn screendump(server: &QmpServer, mut args: Args) -> QmpResult {
    let file = args.text("filename")?;
    let format = match args.maybe_text("format")?.as_deref() {
        None | Some("ppm") => PictureFormat::Ppm,
        Some("png") => PictureFormat::Png,
        Some(other) => {
            return Err(QmpError::new(format!("Parameter 'format' does not accept value '{other}'")));
        }
    };
    args.ignore(&["device", "head"]);
    args.end()?;
    let draw =
        server.draw.as_ref().ok_or_else(|| QmpError::new("There is no console to take a screendump from"))?;
    let failed = |why: String| QmpError::new(format!("{file}: {why}"));
    let picture = draw(format).map_err(failed)?;
    server.create(&file)?.write_all(&picture).map_err(|e| failed(e.to_string()))?;
    Ok(json!({}))
}
