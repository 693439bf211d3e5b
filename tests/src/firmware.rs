//! The firmware sample: images nobody here wrote, beside the repository.

use esplens_soc::boot::{BootInput, LoadOptions, load};
use esplens_soc::dev::eth::EthModel;
use esplens_soc::machine::MachineConfig;
use esplens_soc::net::user::Config;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// One image of `cases.toml`.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Its folder.
    pub name: String,
    /// The merged flash image's file name.
    pub flash: String,
    /// The matching ELF's file name.
    pub elf: Option<String>,
    /// What UART0 shows, in order: regular expressions.
    pub expect: Vec<String>,
    /// Options of `esplens run` that it needs.
    #[serde(default)]
    pub args: Vec<String>,
    /// Lines to type at the prompt, which is the first expectation.
    #[serde(default, rename = "type")]
    pub typed: Vec<String>,
}

impl Case {
    /// Changes a machine as [`Case::args`] say.
    ///
    /// # Errors
    /// The option that is not known here.
    pub fn configure(&self, config: &mut MachineConfig) -> Result<(), String> {
        for pair in self.args.chunks(2) {
            match pair {
                [option, size] if option == "--psram" => {
                    let size = size.trim_end_matches('M').parse::<usize>().map_err(|e| e.to_string())?;
                    config.psram_bytes = size << 20;
                }
                [option, nic] if option == "--nic" && nic == "user,model=emac" => config.eth = EthModel::Emac,
                [option, nic] if option == "--nic" && nic == "user,restrict=on" => {
                    config.network = Some(restricted());
                }
                other => return Err(format!("{}: options {other:?}", self.name)),
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

/// `$ESPLENS_SHARED/firmware`, or `../shared/firmware` beside the repository. `None`, and a line that says so, when
/// there is none.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    sample("firmware")
}

/// The sample that is mostly about one part of the chip, beside the other one; `None` as with [`folder`].
#[must_use]
pub fn chip_folder() -> Option<PathBuf> {
    sample("firmware-chip")
}

/// A sample's folder beside the others, such as `firmware-wifi`; `None` as with [`folder`].
#[must_use]
pub fn sample(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let shared = std::env::var_os("ESPLENS_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let folder = shared.join(name);
    if folder.join("cases.toml").is_file() {
        return Some(folder);
    }
    eprintln!("skipped: no firmware sample at {} (set ESPLENS_SHARED)", folder.display());
    None
}

/// A file of the sample; `None` as with [`folder`].
#[must_use]
pub fn file(path: &str) -> Option<PathBuf> {
    Some(folder()?.join(path))
}

/// The user network with `restrict=on`: it answers by itself and reaches nobody else.
#[must_use]
pub fn restricted() -> Config {
    Config { restrict: true, ..Config::default() }
}

/// All cases.
///
/// # Panics
/// When the list cannot be read.
#[must_use]
pub fn cases(folder: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(folder.join("cases.toml")).expect("cases.toml");
    toml::from_str::<Cases>(&text).expect("cases.toml").case
}

/// An input as the command line loads it.
///
/// # Errors
/// The loader's message.
pub fn input(path: &Path) -> Result<BootInput, String> {
    load(path, &LoadOptions::default()).map_err(|e| e.to_string())
}
