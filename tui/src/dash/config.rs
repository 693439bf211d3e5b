//! Saved settings of the dashboard: layouts and theme, in `esplens/dashboard.toml` under `$XDG_CONFIG_HOME`.

use super::layout::{LayoutId, Node, Size};
use super::state::DashState;
use super::theme::Theme;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Maximum size of the file in bytes.
const MAX: u64 = 1 << 16;

/// Contents of the file.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DashConfig {
    /// Theme by name.
    pub theme: Option<String>,
    /// Layout trees by layout and size, as in `overview.small = "v(code:1 console:1)"`.
    pub layout: BTreeMap<String, BTreeMap<String, String>>,
}

/// Returns the path of the file.
#[must_use]
pub fn path() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("esplens/dashboard.toml"))
}

/// Reads the file. An error in it is returned as a message and is not fatal.
#[must_use]
pub fn load(path: &Path) -> (DashConfig, Option<String>) {
    if std::fs::metadata(path).map_or(0, |m| m.len()) == 0 {
        return (DashConfig::default(), None);
    }
    let text =
        esplens_soc::hostfile::read(path, MAX).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let parsed =
        text.map_err(|e| e.to_string()).and_then(|t| toml::from_str(&t).map_err(|e| e.message().to_string()));
    match parsed {
        Ok(config) => (config, None),
        Err(why) => (DashConfig::default(), Some(format!("{}: {why}", path.display()))),
    }
}

/// Applies a configuration. Returns the first error in it.
pub fn apply(state: &mut DashState, config: &DashConfig) -> Option<String> {
    let mut wrong = None;
    if let Some(name) = &config.theme {
        match Theme::named(name) {
            Some(theme) => state.shared.theme = theme,
            None => wrong = Some(format!("there is no theme named {name:?}")),
        }
    }
    for (layout, sizes) in &config.layout {
        for (size, tree) in sizes {
            let id = LayoutId::ALL.into_iter().find(|id| id.name() == layout);
            let kind = Size::ALL.into_iter().find(|s| s.name() == size);
            match (id, kind, tree.parse::<Node>()) {
                (Some(id), Some(kind), Ok(node)) => _ = state.layouts.changed.insert((id, kind), node),
                (_, _, Err(why)) => wrong = wrong.or(Some(format!("layout {layout}.{size}: {why}"))),
                _ => wrong = wrong.or(Some(format!("there is no layout {layout}.{size}"))),
            }
        }
    }
    wrong
}

/// Returns the settings of a state that are saved.
#[must_use]
pub fn of(state: &DashState) -> DashConfig {
    let mut layout: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for ((id, size), node) in &state.layouts.changed {
        layout.entry(id.name().into()).or_default().insert(size.name().into(), node.to_string());
    }
    DashConfig { theme: Some(state.shared.theme.name.into()), layout }
}

/// Writes the file.
///
/// # Errors
/// The host's error.
pub fn save(path: &Path, config: &DashConfig) -> Result<(), String> {
    let text = toml::to_string(config).map_err(|e| e.to_string())?;
    let write = || {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        let new = path.with_extension("toml.new");
        std::fs::write(&new, text)?;
        std::fs::rename(&new, path)
    };
    write().map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/dashboard.toml");
        let mut state = DashState::new(80, 24);
        state.layouts.resize(Size::Small, super::super::pane_id::PaneId::Code, false, 7);
        state.shared.theme = Theme::mono();
        save(&path, &of(&state)).unwrap();
        let (config, note) = load(&path);
        assert_eq!(note, None);
        let mut again = DashState::new(80, 24);
        assert_eq!(apply(&mut again, &config), None);
        assert_eq!((again.layouts, again.shared.theme), (state.layouts, state.shared.theme));
    }

    #[test]
    fn garbage_is_reported_and_survived() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.toml");
        for garbage in
            [&b"\xff\xfe\0"[..], b"theme = 5", b"[layout]\noverview = 3", b"= = =", &[b'['; 50_000]]
        {
            std::fs::write(&path, garbage).unwrap();
            let (config, note) = load(&path);
            assert!(note.is_some() && config == DashConfig::default(), "{garbage:?}");
        }
        std::fs::write(&path, b"theme = \"pink\"\n[layout.overview]\nsmall = \"v(\"\nhuge = \"cpu\"")
            .unwrap();
        let mut state = DashState::new(80, 24);
        assert!(apply(&mut state, &load(&path).0).is_some());
        assert!(state.layouts.changed.is_empty());
        assert_eq!(load(Path::new("/nonexistent/x")), (DashConfig::default(), None));
    }
}
