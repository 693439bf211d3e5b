//! `cargo xtask names`: public types that share their name with another one. A type's name is unique in the workspace,
//! so that a search for it finds one thing.

use crate::sources;
use anyhow::bail;
use std::collections::BTreeMap;
use std::path::Path;

/// Source folders of the library and binary crates.
const CRATES: [&str; 9] = [
    "core/src",
    "core/jit/src",
    "soc/src",
    "gdb/debuginfo/src",
    "gdb/supervisor/src",
    "gdb/server/src",
    "tui/src",
    "tests/src",
    "tests/testkit/src",
];
/// Keywords that declare a type.
const KEYWORDS: [&str; 5] = ["struct", "enum", "trait", "type", "union"];

/// Places of each public type's declarations, as `file:line`.
type Places = BTreeMap<String, Vec<String>>;

/// Lists the names that several public types of the workspace under `root` have.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let mut places = Places::new();
    for folder in CRATES {
        for file in sources::of_crate(root, Path::new(folder))? {
            for (line, name) in types(file.lines.iter().map(|(n, line)| (*n, line.as_str()))) {
                places.entry(name.into()).or_default().push(format!("{}:{line}", file.path.display()));
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

/// Returns the public types that lines declare, with the lines' numbers.
fn types<'a>(lines: impl IntoIterator<Item = (usize, &'a str)>) -> Vec<(usize, &'a str)> {
    let public = lines.into_iter().filter_map(|(n, line)| Some((n, line.trim_start().strip_prefix("pub ")?)));
    public.filter_map(|(n, item)| Some((n, declared(item)?))).collect()
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
        let (lines, modules) = sources::scan(text);
        let types = types(lines);
        let names: Vec<_> = types.iter().map(|(_, name)| *name).collect();
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
        write("gdb/server/src/main.rs", "mod part;\n");
        write("gdb/server/src/part/mod.rs", "pub struct Other;\n");
        run(&root).unwrap();
        write("gdb/server/src/part/mod.rs", "pub enum Deep {}\n");
        assert!(run(&root).unwrap_err().to_string().starts_with("1 names"));
        std::fs::remove_dir_all(root).unwrap();
    }
}
