//! `cargo xtask fixtures`: builds the firmware under fixtures/ from its sources.

mod asm;
mod build;
mod tools;

use anyhow::{Context, bail};
use clap::Args as ClapArgs;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tools::Tools;

/// Arguments of `cargo xtask fixtures`.
#[derive(ClapArgs)]
pub struct Args {
    /// Change nothing: fail if a committed file differs from the build of its sources.
    #[arg(long)]
    check: bool,
    /// Only these fixtures [default: all].
    names: Vec<String>,
}

/// A fixture's `fixture.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// Assembly and C files, relative to the fixture's folder; `@freertos/` refers to the kernel's folder.
    pub sources: Vec<String>,
    /// Include folders for C, with paths of the same form.
    pub include: Vec<String>,
    /// Symbols of the Rust crate in the fixture's folder that the rest refers to; empty if there is no crate.
    pub rust: Vec<String>,
    /// Linker script, relative to the folder.
    pub link: String,
    /// Size in MB of the flash chip that `flash.bin` is for; `None` for a bare ELF.
    pub flash_mb: Option<usize>,
}

impl Recipe {
    /// Returns the components that the recipe needs, by their names in [`Tools`].
    fn needs(&self) -> Vec<&'static str> {
        let mut needs = vec!["llvm", "ld"];
        if self.sources.iter().any(|s| s.ends_with(".c")) {
            needs.push("clang");
        }
        if !self.rust.is_empty() {
            needs.push("rust-src");
        }
        needs
    }
}

/// Builds or checks the fixtures.
pub fn run(args: &Args, root: &Path) -> anyhow::Result<()> {
    let root = root.canonicalize()?;
    let tools = Tools::find(&root)?;
    let (mut done, mut skipped, mut wrong) = (0, 0, Vec::new());
    for (name, recipe) in recipes(&root, &args.names)? {
        let missing: Vec<_> = recipe.needs().iter().filter_map(|n| tools.missing.get(n)).collect();
        if !missing.is_empty() {
            skipped += 1;
            for why in missing {
                println!("{name}: skipped: {why}");
            }
            continue;
        }
        let made = build::build(&root, &name, &recipe, &tools).with_context(|| format!("fixture {name}"))?;
        done += 1;
        for (file, bytes) in made {
            wrong.extend(settle(&root.join("fixtures").join(&name).join(&file), &bytes, args.check)?);
        }
    }
    println!("{done} fixtures {}, {skipped} skipped", if args.check { "checked" } else { "built" });
    if !wrong.is_empty() {
        bail!("different from the build of the sources: {}", wrong.join(", "));
    }
    Ok(())
}

/// Compares or writes one file. Returns its name if it differs.
fn settle(path: &Path, bytes: &[u8], check: bool) -> anyhow::Result<Option<String>> {
    let same = fs::read(path).is_ok_and(|old| old == bytes);
    let state = if same { "unchanged" } else { "differs" };
    println!("{}: {} bytes, {state}", path.display(), bytes.len());
    if check {
        return Ok((!same).then(|| path.display().to_string()));
    }
    if !same {
        fs::write(path, bytes)?;
    }
    Ok(None)
}

/// Returns every `fixture.toml` below fixtures/, by name.
fn recipes(root: &Path, names: &[String]) -> anyhow::Result<BTreeMap<String, Recipe>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(root.join("fixtures"))? {
        let path: PathBuf = entry?.path().join("fixture.toml");
        if let Ok(text) = fs::read_to_string(&path) {
            let recipe = toml::from_str(&text).with_context(|| path.display().to_string())?;
            let name = path.parent().and_then(Path::file_name).unwrap_or_default();
            all.insert(name.to_string_lossy().into_owned(), recipe);
        }
    }
    if let Some(unknown) = names.iter().find(|n| !all.contains_key(*n)) {
        bail!("no fixture {unknown}; there are {}", all.keys().cloned().collect::<Vec<_>>().join(", "));
    }
    all.retain(|name, _| names.is_empty() || names.contains(name));
    Ok(all)
}
