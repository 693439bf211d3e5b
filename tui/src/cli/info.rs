//! `esplens info`.

use super::args::InfoArgs;
use super::exit::Exit;
use super::terminal;
use esplens_soc::boot::info::Info;
use esplens_soc::boot::{LoadOptions, load};

/// Prints the contents of an input.
pub fn info(args: &InfoArgs) -> anyhow::Result<Exit> {
    let opts = LoadOptions { elf: args.elf.clone(), ..LoadOptions::default() };
    let info = Info::of(&load(&args.image, &opts)?);
    if args.json {
        terminal::print(&format!("{}\n", serde_json::to_string_pretty(&info)?))?;
    } else {
        terminal::print(&info.to_string())?;
    }
    Ok(Exit::Quit)
}
