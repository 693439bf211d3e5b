//! `savevm`, `loadvm`, `delvm`.

use super::{Error, Result};
use clap::Args;
use esplens_supervisor::Handle;

/// Saves the machine's state under a name.
#[derive(Debug, Args)]
pub struct Save {
    /// Name.
    name: String,
}

impl Save {
    pub fn run(&self, handle: &Handle) -> Result {
        let name = self.name.clone();
        handle.call(move |s| s.save_snapshot(&name))?.map_err(Error::User)?;
        Ok(String::new())
    }
}

fn missing(name: &str) -> Error {
    Error::User(format!("there is no snapshot {name:?}"))
}

/// Restores a snapshot.
#[derive(Debug, Args)]
pub struct LoadCommand {
    /// Name.
    name: String,
}

impl LoadCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let name = self.name.clone();
        let found = handle.call(move |s| s.load_snapshot(&name))?;
        if found { Ok(String::new()) } else { Err(missing(&self.name)) }
    }
}

/// Deletes a snapshot.
#[derive(Debug, Args)]
pub struct DeleteSnapshotCommand {
    /// Name.
    name: String,
}

impl DeleteSnapshotCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let name = self.name.clone();
        let found = handle.call(move |s| s.delete_snapshot(&name))?;
        if found { Ok(String::new()) } else { Err(missing(&self.name)) }
    }
}
