//! `esplens info`.

use super::args::InfoArgs;
use super::exit::CliExit;
use super::terminal;
use esplens_soc::boot::info::ImageInfo;
use esplens_soc::boot::{LoadOptions, load};

/// Prints the contents of an input.
pub fn info(args: &InfoArgs) -> anyhow::Result<CliExit> {
    let opts = LoadOptions { elf: args.elf.clone(), ..LoadOptions::default() };
    let info = ImageInfo::of(&load(&args.image, &opts)?);
    if args.json {
        terminal::print(&format!("{}\n", serde_json::to_string_pretty(&info)?))?;
    } else {
        terminal::print(&info.to_string())?;
    }
    Ok(CliExit::Quit)
}
