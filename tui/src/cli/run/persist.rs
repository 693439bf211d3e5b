//! `--persist`: writes a run's changes back into the input files.

use crate::cli::args::RunArgs;
use crate::cli::exit::BadInput;
use crate::cli::target::Target;
use crate::cli::terminal;
use esplens_soc::boot::persist::{Claim, Share, Stamp, Written, trim_flash};
use esplens_soc::boot::{BootError, BootInput, InputKind};
use std::path::Path;

/// Files that will be written.
pub struct Persist {
    /// Flash image and its length.
    flash: Option<(Claim, usize)>,
    efuse: Option<Claim>,
}

/// Refuses `--persist` if there is nothing to write back to.
pub fn check_persist(args: &RunArgs, input: &BootInput) -> anyhow::Result<()> {
    if args.persist && input.source != InputKind::FlashImage && args.efuse.is_none() {
        let name = input.path.display();
        anyhow::bail!(BadInput(format!(
            "--persist: {name} is not a flash image that can be written back ({})",
            input.source
        )));
    }
    Ok(())
}

impl Persist {
    /// Claims the files. `stamps` are those of the image and of the eFuse file before they were read.
    pub fn claim(args: &RunArgs, input: &BootInput, stamps: [Option<Stamp>; 2]) -> Result<Self, BootError> {
        if !args.persist {
            return Ok(Self { flash: None, efuse: None });
        }
        let [image, efuse] = stamps;
        let share = if args.share_files { Share::Others } else { Share::Nobody };
        let flash = match input.source {
            InputKind::FlashImage => Some((Claim::take(&input.path, image, share)?, input.used)),
            _ => None,
        };
        let take = |path: &Path| Claim::take(path, efuse, share);
        Ok(Self { flash, efuse: args.efuse.as_deref().map(take).transpose()? })
    }

    /// Writes flash and eFuses.
    pub fn write_back(&self, target: &dyn Target) -> Result<(), BootError> {
        if let Some((claim, used)) = &self.flash {
            let flash = target.flash_bytes();
            tell(claim.write(trim_flash(&flash, *used))?);
        }
        if let Some(claim) = &self.efuse {
            tell(claim.write(&target.efuse_bytes())?);
        }
        Ok(())
    }
}

fn tell(written: Written) {
    if let Written::Beside(path) = written {
        let path = path.display();
        terminal::warning(&format!(
            "--persist: the file has changed since it was read and is not overwritten; see {path}"
        ));
    }
}
