//! `cargo xtask layers`: the workspace's crates depend on each other in one direction, and so do the modules directly
//! below the root of a crate. docs/decisions/layers.md explains the order.

use crate::sources::{self, SourceFile};
use anyhow::{Context, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The crates and those that each may depend on. Dependencies for tests are free.
const CRATES: [(&str, &[&str]); 10] = [
    ("esplens-core", &[]),
    ("esplens-jit", &["esplens-core"]),
    ("esplens-soc", &["esplens-core", "esplens-jit"]),
    ("esplens-debuginfo", &["esplens-core", "esplens-soc"]),
    ("esplens-supervisor", &["esplens-core", "esplens-soc", "esplens-debuginfo"]),
    ("esplens-server", &["esplens-core", "esplens-soc", "esplens-debuginfo", "esplens-supervisor"]),
    (
        "esplens",
        &["esplens-core", "esplens-soc", "esplens-debuginfo", "esplens-supervisor", "esplens-server"],
    ),
    (
        "esplens-testkit",
        &["esplens-core", "esplens-soc", "esplens-debuginfo", "esplens-supervisor", "esplens-server"],
    ),
    ("esplens-tests", &["esplens-core", "esplens-soc", "esplens-testkit"]),
    ("xtask", &["esplens-core", "esplens-soc", "esplens-supervisor", "esplens-tests"]),
];

/// Modules of a crate that use each other, and the reason why that is accepted.
type Exception = (&'static [&'static str], &'static str);

/// Source folders whose modules are checked, and accepted circles between them.
const FOLDERS: [(&str, &[Exception]); 7] = [
    (
        "core/src",
        &[(&["cpu", "engine"], "instructions run in the engine's context, and the engine runs instructions")],
    ),
    (
        "core/jit/src",
        &[(&["emit", "lower"], "the entry code calls the lowering, which uses the emitter's context")],
    ),
    (
        "soc/src",
        &[(
            &["bus", "cache", "card", "dev", "system"],
            "the devices share `System`, which contains the flash chips, SD cards, radio and caches that belong to \
             them; the ULP coprocessor reaches registers by the bus",
        )],
    ),
    ("gdb/debuginfo/src", &[]),
    ("gdb/supervisor/src", &[]),
    ("gdb/server/src", &[]),
    ("tui/src", &[]),
];

/// Words that the code in a folder must not contain, except as the beginning of a longer text, and why.
const FORBIDDEN: [(&str, &str, &str, &str); 5] = [
    ("soc/src", "tokio", "", "the chip knows no host I/O"),
    ("gdb/debuginfo/src", "tokio", "", "debug information needs no async code"),
    ("gdb/debuginfo/src", "Machine", "", "memory and registers come from the caller, not from a machine"),
    ("gdb/supervisor/src", "tokio", "tokio::sync", "the supervisor needs tokio's channels only"),
    ("gdb/supervisor/src", "std::net", "", "sockets belong to the server"),
];

/// Prints every violation.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let mut wrong = crates(&metadata(root)?)?;
    for (folder, accepted) in FOLDERS {
        let files = sources::of_crate(root, Path::new(folder))?;
        let found = circles(&files);
        for (circle, ties) in &found {
            if !accepted.iter().any(|(modules, _)| circle == modules) {
                wrong.push(format!("{folder}: the modules {} use each other: {ties}", circle.join(", ")));
            }
        }
        for (modules, _) in accepted {
            if !found.iter().any(|(circle, _)| circle == modules) {
                wrong.push(format!(
                    "{folder}: {} no longer use each other: remove the exception",
                    modules.join(", ")
                ));
            }
        }
        for (of, word, allowed, why) in FORBIDDEN.iter().filter(|f| f.0 == folder) {
            wrong.extend(
                places(&files, word, allowed).iter().map(|at| format!("{at}: {word} in {of}: {why}")),
            );
        }
    }
    wrong.iter().for_each(|line| println!("{line}"));
    if !wrong.is_empty() {
        bail!("{} dependencies point the wrong way (docs/decisions/layers.md)", wrong.len());
    }
    Ok(())
}

fn metadata(root: &Path) -> anyhow::Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let args = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(cargo).args(args).current_dir(root).output()?;
    anyhow::ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Returns the dependencies between the workspace's crates that [`CRATES`] does not allow.
fn crates(metadata: &Value) -> anyhow::Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let name = |p: &Value| p["name"].as_str().unwrap_or_default().to_string();
    let all: BTreeSet<String> = packages.iter().map(name).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let own = name(package);
        let Some((_, allowed)) = CRATES.iter().find(|c| c.0 == own) else {
            wrong.push(format!("{own}: a new crate: add it to scripts/xtask/src/layers.rs"));
            continue;
        };
        let needed = package["dependencies"].as_array().into_iter().flatten().filter(|d| d["kind"] != "dev");
        for other in needed.map(name).filter(|d| all.contains(d) && !allowed.contains(&d.as_str())) {
            wrong.push(format!("{own} depends on {other}"));
        }
    }
    Ok(wrong)
}

/// Modules below the root, and for each one the modules it uses, with the first place of the use.
type Uses = BTreeMap<String, BTreeMap<String, String>>;

/// Returns the circles between the modules below the crate's root, with the uses that make each of them.
fn circles(files: &[SourceFile]) -> Vec<(Vec<String>, String)> {
    let uses = uses(files);
    let reach: BTreeMap<&String, BTreeSet<&String>> = uses.keys().map(|m| (m, reachable(&uses, m))).collect();
    let mut out: Vec<(Vec<String>, String)> = Vec::new();
    for module in uses.keys().filter(|m| reach[m].contains(m)) {
        let both = |other: &&&String| reach.get(**other).is_some_and(|r| r.contains(module));
        let circle: Vec<String> = reach[module].iter().filter(both).map(|m| (*m).clone()).collect();
        if out.iter().any(|(known, _)| *known == circle) {
            continue;
        }
        let inside = uses.iter().filter(|(m, _)| circle.contains(m));
        let ties = inside.flat_map(|(m, used)| used.iter().map(move |(other, at)| (m, other, at)));
        let ties = ties.filter(|(_, other, _)| circle.contains(other));
        let ties: Vec<_> = ties.map(|(m, other, at)| format!("{m} -> {other} ({at})")).collect();
        out.push((circle, ties.join(", ")));
    }
    out
}

fn reachable<'a>(uses: &'a Uses, from: &'a String) -> BTreeSet<&'a String> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        open.extend(uses.get(module).into_iter().flat_map(|u| u.keys()).filter(|m| seen.insert(*m)));
    }
    seen
}

fn uses(files: &[SourceFile]) -> Uses {
    let modules: BTreeSet<&String> = files.iter().filter_map(|f| f.module.first()).collect();
    let exported = exported(files);
    let mut out = Uses::new();
    for file in files {
        let Some(own) = file.module.first() else { continue };
        for (line, at) in statements(file) {
            for path in paths(&line, &file.module) {
                let Some(first) = path.first() else { continue };
                let target = if modules.contains(first) { Some(first) } else { exported.get(first) };
                if let Some(target) = target.filter(|t| *t != own) {
                    let place = || format!("{}:{at}", file.path.display());
                    out.entry(own.clone()).or_default().entry(target.clone()).or_insert_with(place);
                }
            }
        }
    }
    out
}

/// Returns the names that the crate's root exports from its modules, and the module of each.
fn exported(files: &[SourceFile]) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for file in files.iter().filter(|f| f.module.is_empty()) {
        for (line, _) in statements(file) {
            let Some(path) = sources::without_visibility(&line).strip_prefix("use ") else { continue };
            for path in expand(path.trim_end_matches(';').trim_start_matches("self::")) {
                if let [module, .., name] = path.as_slice() {
                    out.insert(name.clone(), module.clone());
                }
            }
        }
    }
    out
}

/// Returns a file's lines of code, with `use` statements of several lines as one.
fn statements(file: &SourceFile) -> Vec<(String, usize)> {
    let mut out: Vec<(String, usize)> = Vec::new();
    let mut open = false;
    for (n, line) in &file.lines {
        let code = line.trim();
        if code.starts_with("//") {
            continue;
        }
        match out.last_mut().filter(|_| open) {
            Some((statement, _)) => statement.push_str(code),
            None => out.push((code.into(), *n)),
        }
        let begins = open || sources::without_visibility(code).starts_with("use ");
        open = begins && !code.ends_with(';');
    }
    out
}

/// Returns the paths from the crate's root that a line in `module` contains: those that begin with `crate` or `super`.
fn paths(line: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    for (at, _) in line.match_indices("crate::").chain(line.match_indices("super::")) {
        let before = line[..at].chars().next_back();
        // A later `super` of `super::super` is handled with the first one; `$crate` and `xcrate` are no paths of ours.
        if before.is_some_and(|c| word(c) || c == ':' || c == '$') {
            continue;
        }
        let mut rest = &line[at..];
        let mut base = module;
        while let Some(up) = rest.strip_prefix("super::") {
            (rest, base) = (up, &base[..base.len().saturating_sub(1)]);
        }
        if let Some(root) = rest.strip_prefix("crate::") {
            (rest, base) = (root, &[]);
        }
        let found = expand(rest).into_iter();
        out.extend(found.map(|path| base.iter().cloned().chain(path).collect()));
    }
    out
}

/// Expands `a::{b, c::d}` into `a::b` and `a::c::d`. What follows the path is ignored.
fn expand(path: &str) -> Vec<Vec<String>> {
    let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(path.len());
    let head: Vec<String> = path[..end].split("::").filter(|s| !s.is_empty()).map(Into::into).collect();
    let Some(list) = path[end..].strip_prefix('{') else { return vec![head] };
    let (mut out, mut depth, mut part) = (Vec::new(), 0, String::new());
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => out.push(std::mem::take(&mut part)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                part.push(c);
            }
        }
    }
    out.push(part);
    let parts = out.iter().map(|p| p.trim()).filter(|p| !p.is_empty());
    parts.flat_map(expand).map(|tail| head.iter().cloned().chain(tail).collect()).collect()
}

/// Returns the places of `word` in code, except where the text `allowed` stands there.
fn places(files: &[SourceFile], word: &str, allowed: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = Vec::new();
    for (file, (n, line)) in files.iter().flat_map(|f| f.lines.iter().map(move |l| (f, l))) {
        let code = line.split("//").next().unwrap_or_default();
        let wrong = |at: usize| {
            let (before, after) = (code[..at].chars().next_back(), code[at + word.len()..].chars().next());
            !before.is_some_and(is_word)
                && !after.is_some_and(is_word)
                && (allowed.is_empty() || !code[at..].starts_with(allowed))
        };
        if code.match_indices(word).any(|(at, _)| wrong(at)) {
            out.push(format!("{}:{n}", file.path.display()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(module: &str, text: &str) -> SourceFile {
        let module: Vec<String> = module.split("::").filter(|s| !s.is_empty()).map(Into::into).collect();
        let (lines, _) = sources::scan(text);
        let lines = lines.into_iter().map(|(n, line)| (n, line.into())).collect();
        SourceFile { path: format!("{}.rs", module.join("/")).into(), module, lines }
    }

    #[test]
    fn circles_are_found_through_lists_supers_and_exports() {
        let ways = [
            "use crate::b::Two;",
            "use crate::{\n    b::{self, Two},\n    c,\n};",
            "use super::b::Two;",
            "fn f() -> crate::b::Two {}",
            "use crate::Two;",
            "use super::Two;",
        ];
        for way in ways {
            let files = [
                file("", "mod a;\nmod b;\nmod c;\npub use b::{One, Two};"),
                file("a", way),
                file("b", "use crate::a;"),
            ];
            let found = circles(&files);
            assert_eq!(found.len(), 1, "{way}");
            assert_eq!(found[0].0, ["a", "b"], "{way}");
            assert!(found[0].1.starts_with("a -> b (a.rs:1), b -> a (b.rs:1)"), "{}", found[0].1);
        }
        for innocent in
            ["// use crate::b;", "use super::c;\nuse other::b;", "#[cfg(test)]\nuse crate::b;", "let b = 1;"]
        {
            let files = [file("", "mod a;\nmod b;"), file("a", innocent), file("b", "use crate::a;")];
            assert!(circles(&files).is_empty(), "{innocent}");
        }
        let deep = [
            file("", ""),
            file("a::x::y", "use super::super::super::b;\nuse super::b;"),
            file("b", "use crate::a;"),
        ];
        assert_eq!(circles(&deep).len(), 1);
        let inside =
            [file("", ""), file("a::x", "use super::b;"), file("b", "use crate::a;"), file("a::b", "")];
        assert!(circles(&inside).is_empty(), "a::b is not b");
    }

    #[test]
    fn a_dependency_on_a_higher_crate_is_wrong_unless_tests_need_it() {
        let with = |name: &str, kind: Value| {
            let needs =
                serde_json::json!([{ "name": "serde", "kind": null }, { "name": name, "kind": kind }]);
            let packages = serde_json::json!([
                { "name": "esplens-core", "dependencies": [] },
                { "name": "esplens-soc", "dependencies": [{ "name": "esplens-core", "kind": null }] },
                { "name": "esplens-jit", "dependencies": needs },
            ]);
            crates(&serde_json::json!({ "packages": packages })).unwrap()
        };
        assert_eq!(with("esplens-core", Value::Null), [""; 0]);
        assert_eq!(with("esplens-soc", "dev".into()), [""; 0]);
        assert_eq!(with("esplens-soc", Value::Null), ["esplens-jit depends on esplens-soc"]);
    }

    #[test]
    fn words_are_found_in_code_only() {
        let files = [file("a", "use tokio::sync::Notify; // tokio::net\nlet x = my_tokio;\nuse tokio::net;")];
        assert_eq!(places(&files, "tokio", "tokio::sync"), ["a.rs:3"]);
        assert_eq!(places(&files, "tokio", "").len(), 2);
    }

    #[test]
    fn this_workspace_is_in_order() {
        run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    }
}
