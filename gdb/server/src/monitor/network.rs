//! `set_link`, `hostfwd_add`, `hostfwd_remove`.

use super::settings::OnOff;
use super::{Error, Result};
use clap::Args;
use esplens_soc::net::user::{Forward, Protocol};
use esplens_supervisor::Handle;
use std::net::Ipv4Addr;

/// Plugs in or unplugs the Ethernet cable.
#[derive(Debug, Args)]
pub struct SetLink {
    /// The network, as listed by `info network`.
    name: String,
    /// on: plugged in; off: unplugged.
    #[arg(value_enum)]
    to: OnOff,
}

impl SetLink {
    pub fn run(&self, handle: &Handle) -> Result {
        let (name, up) = (self.name.clone(), self.to == OnOff::On);
        handle.call(move |s| s.machine_mut().set_link(&name, up))?.map_err(Error::User)?;
        Ok(String::new())
    }
}

/// Forwards a port of the host to the guest.
#[derive(Debug, Args)]
pub struct HostfwdAdd {
    /// [NAME] tcp|udp:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT
    #[arg(required = true, num_args = 1..=2)]
    rule: Vec<String>,
}

impl HostfwdAdd {
    pub fn run(&self, handle: &Handle) -> Result {
        let rule = named(handle, &self.rule)?;
        let forward: Forward = rule.parse().map_err(Error::User)?;
        let at = handle.call(move |s| s.machine_mut().hostfwd_add(&forward))?;
        let at =
            at.map_err(|why| Error::User(format!("could not set up host forwarding rule '{rule}': {why}")))?;
        // As silent as QEMU, except for a port chosen by the host.
        Ok(if forward.port == 0 { format!("listening on {at}\n") } else { String::new() })
    }
}

/// Removes the forwarding from this port; open connections are kept.
#[derive(Debug, Args)]
pub struct HostfwdRemove {
    /// [NAME] tcp|udp:[HOSTADDR]:HOSTPORT
    #[arg(required = true, num_args = 1..=2)]
    rule: Vec<String>,
}

impl HostfwdRemove {
    pub fn run(&self, handle: &Handle) -> Result {
        let rule = named(handle, &self.rule)?;
        let bad = || Error::User(format!("invalid format {rule:?}: expected tcp|udp:[hostaddr]:hostport"));
        let (protocol, address, port) = listener(&rule).ok_or_else(bad)?;
        let found = handle.call(move |s| s.machine_mut().hostfwd_remove(protocol, address, port))?;
        let what = if found { "removed" } else { "not found" };
        Ok(format!("host forwarding rule for {rule} {what}\n"))
    }
}

/// Returns the rule, without the optional name of the network.
fn named(handle: &Handle, words: &[String]) -> std::result::Result<String, Error> {
    let [name, rule] = words else { return Ok(words.concat()) };
    let wanted = name.clone();
    match handle.call(move |s| s.machine().nic_id() == wanted)? {
        true => Ok(rule.clone()),
        false => Err(Error::User(format!("unrecognized netdev id '{name}'"))),
    }
}

fn listener(rule: &str) -> Option<(Protocol, Option<Ipv4Addr>, u16)> {
    let (protocol, rest) = rule.split_once(':')?;
    let (address, port) = rest.rsplit_once(':').unwrap_or(("", rest));
    let protocol = match protocol {
        "tcp" | "" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        _ => return None,
    };
    let address = match address {
        "" => None,
        "localhost" => Some(Ipv4Addr::LOCALHOST),
        a => Some(a.parse().ok()?),
    };
    Some((protocol, address, port.parse().ok()?))
}
