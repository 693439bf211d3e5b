//! Fuzzy search: letters in order, best match first.

/// Returns a score for how well `text` matches `query`, or `None` if the letters of the query do not occur in it in
/// order. Letters at word starts and runs of letters score higher; skipped text lowers the score.
#[must_use]
pub fn score(query: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let query: Vec<char> = query.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    // Tries all positions of the first letter and takes the best.
    let first = *query.first()?;
    let starts = text.iter().enumerate().filter(|(_, c)| **c == first).map(|(n, _)| n);
    starts.take(64).filter_map(|start| from(&query, &text, start)).max()
}

fn from(query: &[char], text: &[char], start: usize) -> Option<i32> {
    let (mut points, mut at, mut last) = (0, start, None);
    for c in query {
        let found = at + text[at..].iter().position(|t| t == c)?;
        let begins = found == 0 || !text[found - 1].is_alphanumeric();
        let follows = last.is_some_and(|l: usize| l + 1 == found);
        points += 1 + 8 * i32::from(begins) + 6 * i32::from(follows) - ((found - at).min(5) as i32);
        (at, last) = (found + 1, Some(found));
    }
    Some(points * 4 - (text.len() / 4) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(query: &str, of: &[&'a str]) -> Option<&'a str> {
        of.iter().filter_map(|t| Some((score(query, t)?, *t))).max().map(|(_, t)| t)
    }

    #[test]
    fn beginnings_of_words_and_runs_win() {
        let of = [
            "layout network",
            "load snapshot",
            "reset layout",
            "run to cursor",
            "finish",
            "next",
            "next pane",
        ];
        assert_eq!(best("net", &of), Some("layout network"));
        assert_eq!(best("ln", &of), Some("layout network"));
        assert_eq!(best("rtc", &of), Some("run to cursor"));
        assert_eq!(best("next", &of), Some("next"));
        assert_eq!(best("LAY N", &of), Some("layout network"));
        assert_eq!(score("xyz", "layout"), None);
        assert_eq!(score("", "layout"), None);
    }
}
