//! Dependencies have the same features for every package: `cargo test -p X` after `-p Y` rebuilds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Returns the dependencies of a package, each with the feature sets that it is built with.
fn tree(package: &str, edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--prefix", "none", "--format", "{p}|{f}", "-p", package, "-e", edges]);
    let output = cargo.current_dir(root).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut out = BTreeMap::<String, BTreeSet<String>>::new();
    for (name, features) in String::from_utf8_lossy(&output.stdout).lines().filter_map(|l| l.split_once('|'))
    {
        let name = name.replace(" (proc-macro)", "");
        out.entry(name).or_default().insert(features.replace(" (*)", ""));
    }
    out
}

#[test]
fn every_package_is_built_with_the_same_dependencies() {
    let whole = tree("esplens", "normal,build");
    assert!(whole.len() > 100, "{}", whole.len());
    for package in [
        "esplens-core",
        "esplens-soc",
        "esplens-debuginfo",
        "esplens-supervisor",
        "esplens-server",
        "esplens-tests",
        "xtask",
    ] {
        // Dependencies that only its own tests need are not built for others.
        let needed = tree(package, "normal,build");
        for (name, features) in tree(package, "normal,build,dev") {
            if !needed.contains_key(&name) {
                continue;
            }
            let Some(wanted) = whole.get(&name) else { continue };
            let other: Vec<_> = features.difference(wanted).collect();
            assert!(
                other.is_empty(),
                "{package} builds {name} with {other:?}, the whole program with {wanted:?}: name it in the Cargo.toml \
                 of a package that needs it, as the workspace's says"
            );
        }
    }
}
