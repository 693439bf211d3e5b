//! The firmware sample: third-party images in a folder next to the repository.

pub use esplens_testkit::firmware::sample;

use esplens_soc::boot::{BootInput, LoadOptions, load};
use esplens_soc::dev::eth::EthModel;
use esplens_soc::machine::MachineConfig;
use esplens_soc::net::user::UserNetConfig;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Image of `cases.toml`.
#[derive(Clone, Debug, Deserialize)]
pub struct FirmwareCase {
    /// Name of its folder.
    pub name: String,
    /// The merged flash image's file name.
    pub flash: String,
    /// The matching ELF's file name.
    pub elf: Option<String>,
    /// Regular expressions that the output of UART0 must match, in order.
    pub expect: Vec<String>,
    /// Options of `esplens run` that it needs.
    #[serde(default)]
    pub args: Vec<String>,
    /// Lines to type at the prompt, which is the first expectation.
    #[serde(default, rename = "type")]
    pub typed: Vec<String>,
}

impl FirmwareCase {
    /// Applies [`FirmwareCase::args`] to a machine's configuration.
    ///
    /// # Errors
    /// The first option that is not supported here.
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
    case: Vec<FirmwareCase>,
}

/// Returns `$ESPLENS_SHARED/firmware`, or `../shared/firmware` next to the repository. If there is none,
/// prints a line about it and returns `None`.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    sample("firmware")
}

/// Returns the folder of the sample for single parts of the chip, next to the other one; `None` as with
/// [`folder`].
#[must_use]
pub fn chip_folder() -> Option<PathBuf> {
    sample("firmware-chip")
}

/// Returns the path of a file of the sample; `None` as with [`folder`].
#[must_use]
pub fn file(path: &str) -> Option<PathBuf> {
    Some(folder()?.join(path))
}

/// Returns the user network with `restrict=on`: it answers by itself and connects to nothing outside.
#[must_use]
pub fn restricted() -> UserNetConfig {
    UserNetConfig { restrict: true, ..UserNetConfig::default() }
}

/// Returns all cases.
///
/// # Panics
/// When the list cannot be read.
#[must_use]
pub fn cases(folder: &Path) -> Vec<FirmwareCase> {
    let text = std::fs::read_to_string(folder.join("cases.toml")).expect("cases.toml");
    toml::from_str::<Cases>(&text).expect("cases.toml").case
}

/// Loads an input as the command line does.
///
/// # Errors
/// The loader's message.
pub fn input(path: &Path) -> Result<BootInput, String> {
    load(path, &LoadOptions::default()).map_err(|e| e.to_string())
}
