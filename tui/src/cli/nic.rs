//! `--nic`: what the machine's Ethernet is connected to.

use esplens_soc::net::user::Config;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::str::FromStr;

/// What is at the other end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NicKind {
    /// The user-mode network.
    #[default]
    User,
    /// No cable.
    None,
}

/// Which Ethernet MAC the firmware finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NicModel {
    /// Whichever the firmware's driver talks to.
    #[default]
    Auto,
    /// The OpenCores MAC that Espressif's QEMU has.
    OpenEth,
    /// The chip's own.
    Emac,
}

/// A parsed `--nic`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nic {
    /// The other end.
    pub kind: NicKind,
    /// The MAC.
    pub model: NicModel,
    /// What the user network is like.
    pub user: Config,
    /// The host's name server, where not the system's.
    pub resolver: Option<SocketAddrV4>,
    /// Where forwards listen that name no address.
    pub listen: Ipv4Addr,
    /// `id=` or `netdev=` names, kept for messages.
    pub id: Option<String>,
    /// Keys that are known but not carried out yet, in order.
    pub later: Vec<(String, String)>,
}

impl Default for Nic {
    fn default() -> Self {
        Self {
            kind: NicKind::User,
            model: NicModel::Auto,
            user: Config::default(),
            resolver: None,
            listen: Ipv4Addr::LOCALHOST,
            id: None,
            later: Vec::new(),
        }
    }
}

/// Keys of QEMU's user network and of other kinds that have their meaning, but not here yet.
const LATER: [&str; 12] = [
    "guestfwd",
    "ipv4",
    "ipv6",
    "ifname",
    "script",
    "downscript",
    "tftp",
    "mac",
    "listen",
    "connect",
    "mcast",
    "smb",
];

impl Nic {
    /// One clear error for what cannot be done yet.
    pub fn check(&self) -> Result<(), String> {
        if let Some((key, value)) = self.later.first() {
            return Err(format!("--nic: {key}={value} is not supported yet"));
        }
        self.user.check().map_err(|why| format!("--nic: {why}"))
    }
}

impl FromStr for Nic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let mut nic = Self::default();
        nic.kind = match parts.next().unwrap_or("") {
            "user" => NicKind::User,
            "none" => NicKind::None,
            kind @ ("tap" | "socket" | "vmnet" | "bridge") => {
                nic.later.push(("type".into(), kind.into()));
                NicKind::None
            }
            other => return Err(format!("{other:?} is neither user nor none")),
        };
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, "on"));
            nic.set(key, value)?;
        }
        Ok(nic)
    }
}

impl Nic {
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        if let Some(result) = self.user.set(key, value) {
            return result;
        }
        match (key, value) {
            ("model", "auto") => self.model = NicModel::Auto,
            ("model", "open_eth") => self.model = NicModel::OpenEth,
            ("model", "emac") => self.model = NicModel::Emac,
            ("model", other) => return Err(format!("model {other:?} is none of auto, open_eth, emac")),
            ("resolver", at) => self.resolver = Some(resolver(at)?),
            ("id" | "netdev", name) => self.id = Some(name.into()),
            (key, value) if LATER.contains(&key) => self.later.push((key.into(), value.into())),
            (key, _) => return Err(format!("unknown key {key:?}")),
        }
        Ok(())
    }
}

/// `ADDRESS` or `ADDRESS:PORT`.
fn resolver(text: &str) -> Result<SocketAddrV4, String> {
    let alone = || text.parse::<Ipv4Addr>().map(|a| SocketAddrV4::new(a, 53));
    text.parse().or_else(|_| alone()).map_err(|_| format!("resolver={text}: expected ADDRESS[:PORT]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_people_use_parse() {
        let nic: Nic = "user,model=open_eth,id=lo0,restrict=on".parse().unwrap();
        assert_eq!((nic.kind, nic.model, nic.user.restrict), (NicKind::User, NicModel::OpenEth, true));
        assert_eq!(nic.check(), Ok(()));
        let nic: Nic = "user,hostfwd=tcp::8000-:80,hostfwd=tcp::8001-:81".parse().unwrap();
        assert_eq!(nic.user.forwards.len(), 2);
        assert_eq!(nic.check(), Ok(()));
        assert!("user,hostfwd=tcp:8000".parse::<Nic>().unwrap_err().contains("tcp:8000"));
        let nic: Nic = "user,guestfwd=tcp:10.0.2.100:1-cmd:cat".parse().unwrap();
        assert!(nic.check().unwrap_err().contains("guestfwd"));
        assert!("tap,ifname=tap0".parse::<Nic>().unwrap().check().unwrap_err().contains("type=tap"));
        assert!("user,host=1.2.3.4".parse::<Nic>().unwrap().check().unwrap_err().contains("host=1.2.3.4"));
        assert!("usr".parse::<Nic>().unwrap_err().contains("usr"));
        assert!("user,model=e1000".parse::<Nic>().is_err());
        assert!("user,colour=red".parse::<Nic>().unwrap_err().contains("colour"));
    }
}
