//! Search of the firmware's memory for passphrases: near the network's name in RAM, where the driver keeps its
//! configuration, and near it in flash (NVS, strings of the image).

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Limit for passphrases tried.
const MAX_CANDIDATES: usize = 200;
/// Passphrases tried in one step; each takes about a millisecond of host time.
const STEP: usize = 12;
/// Limit for occurrences of the name that are checked, per memory.
const MAX_OCCURRENCES: usize = 64;
/// Distance in bytes from the name within which strings in RAM are tried.
const NEAR_RAM: usize = 256;
/// The same for flash: a page of NVS, or the strings of one source file.
const NEAR_FLASH: usize = 4096;
/// Offset from the name to the passphrase in IDF's `wifi_sta_config_t` and `wifi_ap_config_t`.
const CONFIG_OFFSET: usize = 32;
/// Length of a passphrase (IEEE 802.11, J.4); 64 is a key in hexadecimal digits.
const LENGTHS: Range<usize> = 8..65;

/// A network whose passphrase is being searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchedNetwork {
    /// The access point.
    pub bssid: [u8; 6],
    /// The network's name.
    pub ssid: Vec<u8>,
    /// Number of passphrases already tried.
    pub tried: usize,
}

impl SearchedNetwork {
    /// Returns the passphrases of the next step; none if all have been tried.
    #[must_use]
    pub fn step<'a>(&self, candidates: &'a [Vec<u8>]) -> &'a [Vec<u8>] {
        let rest = candidates.get(self.tried..).unwrap_or_default();
        &rest[..rest.len().min(STEP)]
    }
}

/// Returns the passphrases to try, the likeliest first.
#[must_use]
pub fn candidates(ssid: &[u8], ram: &[Vec<u8>], flash: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    if ssid.is_empty() {
        return found;
    }
    for memory in ram {
        for at in occurrences(memory, ssid) {
            if let Some(text) = string_at(memory, at + CONFIG_OFFSET) {
                push(&mut found, text);
            }
        }
    }
    let memories = ram.iter().map(|m| (m.as_slice(), NEAR_RAM)).chain([(flash, NEAR_FLASH)]);
    for (memory, near) in memories {
        let mut strings = Vec::new();
        for at in occurrences(memory, ssid) {
            let begin = at.saturating_sub(near);
            let end = (at + ssid.len() + near).min(memory.len());
            strings.extend(strings_in(memory, begin..end).map(|s| (s.start.abs_diff(at), s)));
        }
        strings.sort_by_key(|(distance, s)| (*distance, s.start));
        for (_, range) in strings {
            push(&mut found, &memory[range]);
        }
    }
    found.truncate(MAX_CANDIDATES);
    found
}

fn push(found: &mut Vec<Vec<u8>>, text: &[u8]) {
    if found.len() < MAX_CANDIDATES && !found.iter().any(|f| f == text) {
        found.push(text.to_vec());
    }
}

fn occurrences<'a>(memory: &'a [u8], ssid: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let first = ssid[0];
    let hits = memory.iter().enumerate().filter(move |(_, b)| **b == first).map(|(at, _)| at);
    hits.filter(move |at| memory[*at..].starts_with(ssid)).take(MAX_OCCURRENCES)
}

fn is_text(byte: u8) -> bool {
    (0x20..0x7F).contains(&byte)
}

/// Returns the text at an offset if it could be a passphrase.
fn string_at(memory: &[u8], at: usize) -> Option<&[u8]> {
    let rest = memory.get(at..)?;
    let text = &rest[..rest.iter().take(LENGTHS.end).take_while(|b| is_text(**b)).count()];
    LENGTHS.contains(&text.len()).then_some(text)
}

/// Returns all texts in a range that could be passphrases.
fn strings_in(memory: &[u8], range: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let base = range.start;
    let runs = memory[range].chunk_by(|a, b| is_text(*a) == is_text(*b));
    let mut at = base;
    runs.filter_map(move |run| {
        let begin = at;
        at += run.len();
        (is_text(run[0]) && LENGTHS.contains(&run.len())).then_some(begin..begin + run.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(ssid: &[u8], passphrase: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 96];
        bytes[..ssid.len()].copy_from_slice(ssid);
        bytes[32..32 + passphrase.len()].copy_from_slice(passphrase);
        bytes
    }

    #[test]
    fn the_drivers_configuration_comes_first() {
        let mut ram = vec![7; 100];
        ram.extend(b"some other text\0");
        ram.extend(config(b"home", b"secret123"));
        let flash = b"home\0not this one\0".to_vec();
        let found = candidates(b"home", &[ram], &flash);
        assert_eq!(found[0], b"secret123");
        assert!(found.contains(&b"not this one".to_vec()) && found.contains(&b"some other text".to_vec()));
    }

    #[test]
    fn strings_of_flash_are_tried_by_distance() {
        let mut flash = b"a far away string\0".to_vec();
        flash.resize(500, 0);
        flash.extend(b"home\0password\0short\0");
        let found = candidates(b"home", &[], &flash);
        assert_eq!(found, [b"password".to_vec(), b"a far away string".to_vec()]);
    }

    #[test]
    fn what_is_tried_is_bounded() {
        let flash: Vec<u8> = (0..200_000_u32).flat_map(|n| format!("home{n:08}\0").into_bytes()).collect();
        assert!(candidates(b"home", &[], &flash).len() <= MAX_CANDIDATES);
        assert!(candidates(b"", &[], &flash).is_empty());
        assert!(candidates(b"home", &[vec![b'h'; 3]], b"hom").is_empty());
    }
}
