use super::*;
use crate::cli::args::{Cli, CliCommand};
use clap::Parser;

fn patterns(line: &[&str]) -> Patterns {
    let words = ["esplens", "run"].iter().chain(line);
    let CliCommand::Run(args) = Cli::try_parse_from(words).unwrap().command else { unreachable!("run") };
    Patterns::new(&args.script)
}

/// Returns the findings in a short form.
fn feed(p: &mut Patterns, text: &str) -> Vec<String> {
    let tell = |found: Found| match found {
        Found::Exit(h) => format!("exit {} {}", h.option, h.text),
        Found::Fail(h) => format!("fail {} {}", h.option, h.text),
        Found::Send(bytes) => format!("send {:?}", String::from_utf8_lossy(&bytes)),
        Found::Ready(h) => format!("ready {} {}", h.line, h.text),
    };
    let mut found = p.feed(text.as_bytes(), 0);
    found.extend(p.feed(b"", PAUSE));
    found.into_iter().map(tell).collect()
}

#[test]
fn matches_across_chunks_and_prompts() {
    let mut p = patterns(&["--exit-on", "^>>> $", "--fail-on", "panic"]);
    assert!(feed(&mut p, "boot\r\n>").is_empty());
    assert_eq!(feed(&mut p, ">> "), ["exit --exit-on >>> "]);
}

#[test]
fn the_first_line_decides_and_failure_wins_on_it() {
    let new = || patterns(&["--exit-on", "ok", "--fail-on", "bad"]);
    assert_eq!(feed(&mut new(), "ok\nbad\n"), ["exit --exit-on ok"]);
    assert_eq!(feed(&mut new(), "ok bad\n"), ["fail --fail-on bad"]);
}

#[test]
fn the_end_of_a_line_is_no_place_where_output_was_cut() {
    let mut p = patterns(&["--exit-on", "^1$"]);
    assert!(p.feed(b"1", 0).is_empty() && p.feed(b"", PAUSE - 1).is_empty());
    assert!(p.feed(b"0\n", PAUSE - 1).is_empty());
    assert_eq!(feed(&mut p, "1\n"), ["exit --exit-on 1"]);
}

#[test]
fn several_ends_are_alternatives() {
    let new =
        || patterns(&["--exit-on", "one", "--exit-on", "two", "--fail-on", "bad", "--fail-on", "worse"]);
    assert_eq!(feed(&mut new(), "two\n"), ["exit --exit-on two"]);
    assert_eq!(feed(&mut new(), "worse\n"), ["fail --fail-on worse"]);
    assert_eq!(new().unmet(), ["none of --exit-on 'one', 'two' matched"]);
}

#[test]
fn expectations_come_one_after_the_other() {
    let mut p = patterns(&["--expect", "a", "--expect", "b", "--expect", "a"]);
    assert!(feed(&mut p, "b\na").is_empty());
    assert_eq!(p.unmet(), ["--expect 'b' (2 of 3) never matched"]);
    assert!(feed(&mut p, "ab").is_empty(), "one match counts once");
    assert_eq!(feed(&mut p, " a\n"), ["exit --expect a"]);
    assert!(p.unmet().is_empty());
}

#[test]
fn an_end_before_the_last_expectation_is_a_failure() {
    let line = ["--expect", "a", "--expect", "b", "--exit-on", "end"];
    let mut p = patterns(&line);
    assert_eq!(feed(&mut p, "a\nend\n"), ["fail --exit-on end"]);
    assert_eq!(feed(&mut patterns(&line), "a\nb\nmore\nend\n"), ["exit --exit-on end"]);
}

#[test]
fn a_dialogue_goes_on_line_by_line() {
    let mut p = patterns(&["--after", "> $", "--send", r"help\r", "--send", r"\x03\\", "--after", "> $"]);
    assert_eq!(feed(&mut p, "boot\n> "), ["send \"help\\r\""]);
    assert!(feed(&mut p, "help\nno\n").is_empty());
    assert_eq!(feed(&mut p, "> "), ["send \"\\u{3}\\\\\""]);
    assert!(feed(&mut p, "\n> ").is_empty());
}

#[test]
fn readiness_is_told_once_with_its_line() {
    let mut p = patterns(&["--ready-on", "http"]);
    assert_eq!(feed(&mut p, "boot\n\nhttp: up\n"), ["ready 3 http"]);
    assert!(feed(&mut p, "http\n").is_empty());
}

#[test]
fn colours_are_no_part_of_a_line() {
    let mut p = patterns(&["--exit-on", r"^I \(12\) x$"]);
    assert_eq!(feed(&mut p, "\x1b[0;32mI (12) x\x1b[0m\r\n"), ["exit --exit-on I (12) x"]);
    assert_eq!(p.last_line(), "I (12) x");
}

#[test]
fn a_line_without_end_stays_bounded() {
    let mut p = patterns(&["--exit-on", "needle"]);
    for _ in 0..100 {
        assert!(feed(&mut p, &"x".repeat(1000)).is_empty());
    }
    assert!(p.line.len() <= MAX_LINE);
    assert_eq!(feed(&mut p, "needle"), ["exit --exit-on needle"]);
}
