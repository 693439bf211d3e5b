//! Run control, the monitor, screen dumps.

use super::args::{Args, Error, Result};
use super::{Picture, Server};
use crate::monitor;
use serde_json::json;
use std::io::Write;

/// Stops the machine.
pub fn stop(server: &Server, args: Args) -> Result {
    args.end()?;
    let by = server.handle.client().clone();
    server.handle.call(move |s| s.stop(&by))?;
    Ok(json!({}))
}

/// Resumes the machine.
pub fn cont(server: &Server, args: Args) -> Result {
    args.end()?;
    let by = server.handle.client().clone();
    server.handle.call(move |s| s.resume(&Default::default(), &by))?;
    Ok(json!({}))
}

/// Resets the chip; the run state is kept.
pub fn reset(server: &Server, args: Args) -> Result {
    args.end()?;
    let by = server.handle.client().clone();
    server.handle.call(move |s| s.reset(&by))?;
    Ok(json!({}))
}

/// Ends esplens.
pub fn quit(server: &Server, args: Args) -> Result {
    args.end()?;
    let by = server.handle.client().clone();
    server.handle.call(move |s| s.quit(&by))?;
    Ok(json!({}))
}

/// Runs a monitor command; returns its output with CR LF line ends, like QEMU.
pub fn human(server: &Server, mut args: Args) -> Result {
    let line = args.text("command-line")?;
    args.ignore(&["cpu-index"]);
    args.end()?;
    Ok(monitor::run(&server.handle, &line).replace('\n', "\r\n").into())
}

/// Plugs in or unplugs the Ethernet cable.
pub fn set_link(server: &Server, mut args: Args) -> Result {
    let (name, up) = (args.text("name")?, args.flag("up")?);
    args.end()?;
    let said = monitor::run(&server.handle, &format!("set_link {name} {}", if up { "on" } else { "off" }));
    if said.is_empty() { Ok(json!({})) } else { Err(Error::new(said.trim_end())) }
}

/// Draws the dashboard into a picture file.
pub fn screendump(server: &Server, mut args: Args) -> Result {
    let file = args.text("filename")?;
    let format = match args.maybe_text("format")?.as_deref() {
        None | Some("ppm") => Picture::Ppm,
        Some("png") => Picture::Png,
        Some(other) => {
            return Err(Error::new(format!("Parameter 'format' does not accept value '{other}'")));
        }
    };
    args.ignore(&["device", "head"]);
    args.end()?;
    let draw =
        server.draw.as_ref().ok_or_else(|| Error::new("There is no console to take a screendump from"))?;
    let failed = |why: String| Error::new(format!("{file}: {why}"));
    let picture = draw(format).map_err(failed)?;
    server.create(&file)?.write_all(&picture).map_err(|e| failed(e.to_string()))?;
    Ok(json!({}))
}
