//! Panics on demand, for tests of panic handling. Not in release builds.

/// Panics if `ESPLENS_TEST_PANIC` is `PLACE:FILE` with this place and the file exists.
#[cfg(debug_assertions)]
pub fn point(place: &str) {
    use std::sync::OnceLock;
    static WANTED: OnceLock<Option<(String, std::path::PathBuf)>> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("ESPLENS_TEST_PANIC").ok()?;
        let (place, file) = text.split_once(':')?;
        Some((place.into(), file.into()))
    });
    if let Some((_, file)) = wanted.as_ref().filter(|(p, _)| p == place) {
        assert!(!file.exists(), "asked for in {place}");
    }
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub fn point(_place: &str) {}
