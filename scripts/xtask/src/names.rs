//! `cargo xtask names`: public types that share their name with another one. A type's name is unique in the workspace,
//! so that a search for it finds one thing.

use anyhow::{Context, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Source folders of the library and binary crates.
const CRATES: [&str; 6] = ["core/src", "core/jit/src", "soc/src", "gdb/src", "tui/src", "tests/src"];
/// Keywords that declare a type.
const KEYWORDS: [&str; 5] = ["struct", "enum", "trait", "type", "union"];

/// Places of each public type's declarations, as `file:line`.
type Places = BTreeMap<String, Vec<String>>;

/// Lists the names that several public types of the workspace under `root` have.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let mut places = Places::new();
    for folder in CRATES {
        let mut files = BTreeSet::new();
        for top in ["lib.rs", "main.rs"] {
            let file = PathBuf::from(folder).join(top);
            if root.join(&file).exists() {
                read(root, &file, &mut files, &mut places)?;
            }
        }
    }
    let shared: Vec<_> = places.iter().filter(|(_, places)| places.len() > 1).collect();
    for (name, places) in &shared {
        println!("{name}: {}", places.join(", "));
    }
    if !shared.is_empty() {
        bail!(
            "{} names are shared by public types; prefix them with the thing that they are about",
            shared.len()
        );
    }
    Ok(())
}

/// Adds the types of `file` and of the modules below it. Modules for tests are left out, and files in `seen`.
fn read(root: &Path, file: &Path, seen: &mut BTreeSet<PathBuf>, places: &mut Places) -> anyhow::Result<()> {
    if !seen.insert(file.into()) {
        return Ok(());
    }
    let text = std::fs::read_to_string(root.join(file)).with_context(|| file.display().to_string())?;
    let (types, modules) = scan(&text);
    for (line, name) in types {
        places.entry(name).or_default().push(format!("{}:{line}", file.display()));
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let stem = file.file_stem().unwrap_or_default();
    let below =
        if ["lib", "main", "mod"].iter().any(|s| stem == *s) { folder.into() } else { folder.join(stem) };
    for module in modules {
        let files = [below.join(format!("{module}.rs")), below.join(&module).join("mod.rs")];
        if let Some(file) = files.iter().find(|f| root.join(f).exists()) {
            read(root, file, seen, places)?;
        }
    }
    Ok(())
}

/// Returns the public types of a file, with their lines, and its modules in other files. The layout is rustfmt's.
fn scan(text: &str) -> (Vec<(usize, String)>, Vec<String>) {
    let (mut types, mut modules) = (Vec::new(), Vec::new());
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
        let public = code.strip_prefix("pub ");
        let item =
            public.or(code.strip_prefix("pub(crate) ")).or(code.strip_prefix("pub(super) ")).unwrap_or(code);
        if let Some(module) = item.strip_prefix("mod ") {
            match module.split_once([';', ' ']) {
                Some((name, "")) if !test => modules.push(name.into()),
                Some((_, "{")) if test => end = Some(format!("{}}}", &line[..line.len() - code.len()])),
                _ => {}
            }
        }
        let declared = public.and_then(declared).filter(|_| !test);
        types.extend(declared.map(|name| (n + 1, name.into())));
    }
    (types, modules)
}

/// Returns the name of the type that a line declares after `pub `.
fn declared(item: &str) -> Option<&str> {
    let (keyword, rest) = item.strip_prefix("unsafe ").unwrap_or(item).split_once(' ')?;
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    (KEYWORDS.contains(&keyword) && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_types_are_found_but_not_those_of_tests_or_of_one_crate() {
        let text = "mod a;\npub mod b;\n#[cfg(test)]\nmod testing;\n#[derive(Debug)]\npub struct One(u8);\n\
                    pub(crate) struct Two;\nstruct Three;\nmacro_rules! m {\n    () => {\n        pub enum Four {}\n    };\n}\n\
                    pub mod inner {\n    pub unsafe trait Five<T> {}\n}\npub fn six() {}\npub type Seven = u8;\n\
                    #[cfg(test)]\nmod tests {\n    pub struct Eight {\n    }\n}\npub union Nine {}\n\
                    pub struct $name;\n#[cfg(test)]\npub struct Ten;\n";
        let (types, modules) = scan(text);
        let names: Vec<_> = types.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["One", "Four", "Five", "Seven", "Nine"]);
        assert_eq!(types[0].0, 6);
        assert_eq!(modules, ["a", "b"]);
    }

    #[test]
    fn a_name_in_two_crates_is_an_error() {
        let root = std::env::temp_dir().join(format!("esplens-xtask-names-{}", std::process::id()));
        let write = |file: &str, text: &str| {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("core/src/lib.rs", "mod part;\n");
        write("core/src/part.rs", "mod deep;\npub struct Part;\n");
        write("core/src/part/deep.rs", "pub struct Deep;\n");
        write("core/src/unused.rs", "pub struct Part;\n");
        write("gdb/src/main.rs", "mod part;\n");
        write("gdb/src/part/mod.rs", "pub struct Other;\n");
        run(&root).unwrap();
        write("gdb/src/part/mod.rs", "pub enum Deep {}\n");
        assert!(run(&root).unwrap_err().to_string().starts_with("1 names"));
        std::fs::remove_dir_all(root).unwrap();
    }
}
