//! The source files of a crate without its tests, for the checks that read them. The layout is rustfmt's.

use anyhow::Context;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A source file of a library or a program.
pub struct SourceFile {
    /// The path below the root.
    pub path: PathBuf,
    /// Names of the modules from the crate's root to this file.
    pub module: Vec<String>,
    /// Its lines of code, with their numbers. Modules and items for tests are left out.
    pub lines: Vec<(usize, String)>,
}

/// Returns the files that belong to the crate in `folder` below `root`, from `lib.rs` and `main.rs` on.
pub fn of_crate(root: &Path, folder: &Path) -> anyhow::Result<Vec<SourceFile>> {
    let (mut seen, mut out) = (BTreeSet::new(), Vec::new());
    for top in ["lib.rs", "main.rs"] {
        let file = folder.join(top);
        if root.join(&file).exists() {
            read(root, &file, Vec::new(), &mut seen, &mut out)?;
        }
    }
    Ok(out)
}

/// Adds `file` and the files of the modules below it, except those in `seen`.
fn read(
    root: &Path,
    file: &Path,
    module: Vec<String>,
    seen: &mut BTreeSet<PathBuf>,
    out: &mut Vec<SourceFile>,
) -> anyhow::Result<()> {
    if !seen.insert(file.into()) {
        return Ok(());
    }
    let text = std::fs::read_to_string(root.join(file)).with_context(|| file.display().to_string())?;
    let (lines, modules) = scan(&text);
    let folder = file.parent().unwrap_or(Path::new(""));
    let stem = file.file_stem().unwrap_or_default();
    let below =
        if ["lib", "main", "mod"].iter().any(|s| stem == *s) { folder.into() } else { folder.join(stem) };
    for name in modules {
        let files = [below.join(format!("{name}.rs")), below.join(&name).join("mod.rs")];
        if let Some(file) = files.iter().find(|f| root.join(f).exists()) {
            let module = module.iter().cloned().chain([name]).collect();
            read(root, file, module, seen, out)?;
        }
    }
    let lines = lines.into_iter().map(|(n, line)| (n, line.into())).collect();
    out.push(SourceFile { path: file.into(), module, lines });
    Ok(())
}

/// Returns the lines of a file that are not for tests, without attributes, and the names of its modules in other files.
pub fn scan(text: &str) -> (Vec<(usize, &str)>, Vec<String>) {
    let (mut lines, mut modules) = (Vec::new(), Vec::new());
    let mut for_tests = false;
    // The last line of a module for tests that is being left out.
    let mut end: Option<String> = None;
    for (n, line) in text.lines().enumerate() {
        if let Some(last) = &end {
            if line == last {
                end = None;
            }
            continue;
        }
        let code = line.trim_start();
        if code.starts_with("#[") {
            for_tests |= code.starts_with("#[cfg(test)]");
            continue;
        }
        let test = std::mem::take(&mut for_tests);
        if let Some(module) = without_visibility(code).strip_prefix("mod ") {
            match module.split_once([';', ' ']) {
                Some((name, "")) if !test => modules.push(name.into()),
                Some((_, "{")) if test => end = Some(format!("{}}}", &line[..line.len() - code.len()])),
                _ => {}
            }
        }
        if !test {
            lines.push((n + 1, line));
        }
    }
    (lines, modules)
}

/// Removes `pub `, `pub(crate) ` or `pub(super) ` from an item's beginning.
pub fn without_visibility(item: &str) -> &str {
    let visibilities = ["pub ", "pub(crate) ", "pub(super) "];
    visibilities.iter().find_map(|v| item.strip_prefix(v)).unwrap_or(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_left_out() {
        let text = "mod a;\n#[cfg(test)]\nmod testing;\npub(crate) mod b;\nfn one() {}\n#[cfg(test)]\n#[path = \"x\"]\n\
                    mod tests {\n    fn two() {\n    }\n}\nfn three() {}\n";
        let (lines, modules) = scan(text);
        let lines: Vec<_> = lines.into_iter().map(|(n, line)| format!("{n} {line}")).collect();
        assert_eq!(lines, ["1 mod a;", "4 pub(crate) mod b;", "5 fn one() {}", "12 fn three() {}"]);
        assert_eq!(modules, ["a", "b"]);
    }
}
