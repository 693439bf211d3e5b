//! `esplens demo`: the firmware under fixtures/demo, which is included in the binary.

use super::args::RunArgs;
use super::exit::{BadInput, CliExit};
use super::run;

/// Flash image of the demo.
pub static IMAGE: &[u8] = include_bytes!("../../../fixtures/demo/flash.bin");

/// Runs the demo with the options of `run`, except an image. GDB may connect by default. On a terminal the dashboard
/// shows it.
pub fn run(mut args: RunArgs) -> anyhow::Result<CliExit> {
    if args.image.is_some() || args.kernel.is_some() {
        anyhow::bail!(BadInput("demo takes no image: esplens run IMAGE".into()));
    }
    args.debug.default_gdb |= args.debug.gdb.is_empty();
    run::run(&args, super::dashboard::possible(&args))
}

#[cfg(test)]
mod tests {
    use super::IMAGE;
    use esplens_soc::boot::{LoadOptions, info::ImageInfo, input};
    use std::path::Path;

    #[test]
    fn the_built_in_demo_is_a_sound_flash_image() {
        let input = input::from_bytes(Path::new("x"), IMAGE, &LoadOptions::default()).unwrap();
        assert!(input.notes.is_empty(), "{:?}", input.notes);
        let info = ImageInfo::of(&input).to_string();
        assert!(info.contains("project    esplens-demo 1"), "{info}");
    }
}
