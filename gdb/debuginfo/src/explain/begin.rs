//! First lines of panics: ESP-IDF's of all versions, the C++ runtime's, Rust's, the demo's.

use super::panic::PanicFacts;

/// Returns the text between two marks, or up to the end of the line if `after` is empty.
pub fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &line[line.find(before)? + before.len()..];
    if after.is_empty() { Some(rest) } else { rest.find(after).map(|end| &rest[..end]) }
}

/// Parses the number behind a mark, hexadecimal (0x...) or decimal.
pub fn number_after(line: &str, mark: &str) -> Option<u32> {
    let rest = line[line.find(mark)? + mark.len()..].trim_start();
    match rest.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex.split(|c: char| !c.is_ascii_hexdigit()).next()?, 16).ok(),
        None => rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok(),
    }
}

impl PanicFacts {
    /// Begins a panic if this is the first line of one.
    pub fn begin(line: &str) -> Option<Self> {
        Self::exception(line).or_else(|| Self::overflow(line)).or_else(|| Self::rust(line)).or_else(|| {
            let sentence = sentence(line)?;
            let core = line.contains("abort() was called").then(|| number_after(line, "on core")).flatten();
            Some(Self { core: core.map(|n| n as usize & 1), sentence: Some(sentence), ..Self::default() })
        })
    }

    /// Parses an exception of the processor, or an error that ESP-IDF's panic handler reports in the same form.
    fn exception(line: &str) -> Option<Self> {
        let mut out = Self::default();
        if line.contains("Guru Meditation Error: Core") {
            // Core  0 panic'ed (StoreProhibited). Exception was unhandled.
            out.core = number_after(line, "Error: Core").map(|n| n as usize & 1);
            let named = between(line, "panic'ed (", "").and_then(|n| Some(&n[..n.rfind(')')?]));
            out.name = named.map(|n| n.trim().into());
        } else if let Some(reason) = line.strip_prefix("Debug exception reason: ") {
            out.name = Some(reason.trim().into());
        } else if line.contains("Guru Meditation: core") {
            // The demo: core 0, StoreProhibited (cause 29) at PC 0x400d1234, address 0x00000000
            out.core = number_after(line, "Meditation: core").map(|n| n as usize & 1);
            out.name = between(line, ", ", " at PC").map(|n| n.split(" (cause").next().unwrap_or(n).into());
            for (mark, reg) in [("(cause", "EXCCAUSE"), ("at PC", "PC"), ("address", "EXCVADDR")] {
                out.regs.extend(number_after(line, mark).map(|v| (reg.to_string(), v)));
            }
        } else if let Some(what) = between(line, "Exception occur", "") {
            // esp-hal: Exception occurred on ProCpu 'LoadProhibited'
            out.core = Some(usize::from(what.contains("AppCpu")));
            out.name = Some(between(what, "'", "'")?.into());
        } else {
            return None;
        }
        let canary = out.name.as_deref().filter(|n| n.starts_with("Stack canary watchpoint triggered ("));
        out.task = canary.and_then(|n| between(n, "(", ")")).map(|t| t.trim().into());
        Some(out)
    }

    /// Parses the kernel's report of a stack overflow.
    fn overflow(line: &str) -> Option<Self> {
        let task = between(line, "stack overflow in task ", "")?;
        let task = task.split(" has been detected").next().unwrap_or(task).trim();
        let sentence = Some(format!("task {task} overflowed its stack: give it a larger one"));
        Some(Self { sentence, task: Some(task.into()), ..Self::default() })
    }

    /// Parses Rust's panics: `panicked at src/main.rs:12:5:` with the message on the next line. Before 1.73 the message
    /// follows `at`, in quotes.
    fn rust(line: &str) -> Option<Self> {
        let at = between(line, "panicked at ", "").or_else(|| between(line, "panic in Rust: ", ""))?.trim();
        let (place, goes_on) = at.strip_suffix(':').map_or((at, false), |place| (place, true));
        Some(Self { sentence: Some(format!("a Rust panic at {place}")), goes_on, ..Self::default() })
    }
}

/// Returns a sentence for a crash that is not an exception.
fn sentence(line: &str) -> Option<String> {
    let plain = [
        ("abort() was called at PC", "the firmware called abort() itself"),
        ("Stack smashing protect failure", "a function wrote over the end of an array on its stack"),
        ("CORRUPT HEAP", "the heap is damaged: something wrote outside its block, or freed it twice"),
        (
            "Task watchdog got triggered",
            "the task watchdog bit: tasks did not get to reset it, the running ones kept the cores",
        ),
        (
            "Brownout detector was triggered",
            "the supply voltage fell below the brown-out detector's threshold",
        ),
        ("terminate called without an active exception", "std::terminate was called without an exception"),
    ];
    if let Some((_, sentence)) = plain.into_iter().find(|(mark, _)| line.contains(mark)) {
        return Some(sentence.into());
    }
    if let Some(what) = between(line, "terminate called after throwing an instance of '", "'") {
        return Some(format!("nobody catches a C++ exception, {what}"));
    }
    if let Some(error) = between(line, "ESP_ERROR_CHECK failed: esp_err_t ", "") {
        return Some(format!("a call that must succeed returned {}", error.split(" at 0x").next()?));
    }
    let asserted = ["assert failed:", "assertion failed:"].into_iter().find_map(|m| between(line, m, ""));
    let asserted = asserted.or_else(|| line.strip_prefix("assertion ").filter(|l| l.contains(" failed: ")));
    asserted.map(|what| format!("an assertion does not hold: {}", what.trim()))
}
