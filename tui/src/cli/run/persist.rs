//! `--persist`: writes a run's changes back into the input files.

use crate::cli::args::RunArgs;
use crate::cli::exit::BadInput;
use crate::cli::target::Target;
use crate::cli::terminal;
use esplens_soc::boot::persist::{Claim, Share, Stamp, Written, trim_flash};
use esplens_soc::boot::{BootError, BootInput, InputKind};
use esplens_soc::card::{self, CardImage, SdConfig};
use std::path::Path;
use std::sync::Arc;

/// Files that will be written.
pub struct Persist {
    /// Flash image and its length.
    flash: Option<(Claim, usize)>,
    efuse: Option<Claim>,
    /// Card images.
    cards: Vec<(Claim, Arc<CardImage>)>,
}

/// Refuses `--persist` if there is nothing to write back to.
pub fn check_persist(args: &RunArgs, input: &BootInput) -> anyhow::Result<()> {
    if args.persist && input.source != InputKind::FlashImage && args.efuse.is_none() && args.sd.is_empty() {
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
    pub fn claim(
        args: &RunArgs,
        input: &BootInput,
        stamps: [Option<Stamp>; 2],
        cards: &[SdConfig],
    ) -> Result<Self, BootError> {
        if !args.persist {
            return Ok(Self { flash: None, efuse: None, cards: Vec::new() });
        }
        let [image, efuse] = stamps;
        let share = if args.share_files { Share::Others } else { Share::Nobody };
        let flash = match input.source {
            InputKind::FlashImage => Some((Claim::take(&input.path, image, share)?, input.used)),
            _ => None,
        };
        let take = |path: &Path| Claim::take(path, efuse, share);
        let card = |image: &Arc<CardImage>| {
            let claim = Claim::take_large(image.path(), image.stamp(), share)?;
            Ok((claim, image.clone()))
        };
        // A write-protected card cannot change.
        let cards = cards.iter().filter(|c| !c.write_protected).filter_map(|c| c.image.as_ref());
        Ok(Self {
            flash,
            efuse: args.efuse.as_deref().map(take).transpose()?,
            cards: cards.map(card).collect::<Result<_, BootError>>()?,
        })
    }

    /// Writes flash, eFuses and SD cards.
    pub fn write_back(&self, target: &dyn Target) -> Result<(), BootError> {
        if let Some((claim, used)) = &self.flash {
            let flash = target.flash_bytes();
            tell(claim.write(trim_flash(&flash, *used))?);
        }
        if let Some(claim) = &self.efuse {
            tell(claim.write(&target.efuse_bytes())?);
        }
        let written = target.machine().into_iter().flat_map(|m| m.soc().sys.sd.written());
        for (image, store) in written {
            let claim = self.cards.iter().find(|(_, claimed)| Arc::ptr_eq(claimed, image));
            if let Some((claim, _)) = claim
                && let Some(written) = card::write_back(claim, image, store)?
            {
                tell(written);
            }
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
