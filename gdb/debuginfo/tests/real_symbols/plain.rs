//! Accepted differences between GDB's text and ours: docs/symbols.md.

/// Returns true if both texts mean the same.
pub fn same(ours: &str, gdb: &str) -> bool {
    let (o, g) = (plain(ours), plain(gdb));
    o == g || o == untagged(&g) || without_paths(&o) == without_paths(&g)
}

/// Removes accepted differences: GDB shortens GCC's names of C's integers, and has no names for functions of the mask
/// ROM, which the linker only knows as numbers.
fn plain(text: &str) -> String {
    let mut out = text.to_string();
    for (gcc, gdb) in INTEGERS {
        out = out.replace(gcc, gdb);
    }
    let mut parts = out.split(" <");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let addr = out.rsplit("0x").next().and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let rom = addr.is_some_and(|a| (0x4000_0000..0x4007_0000).contains(&a));
        match part.split_once('>') {
            Some((_, rest)) if rom => out.push_str(rest),
            // Omits a C++ function's parameters, and the number of a function's own static.
            Some((name, rest)) if addr.is_some() => {
                let end = name.rfind('+').unwrap_or(name.len());
                let stem = name[..end].split(['(', '$']).next().unwrap_or_default();
                out.extend([" <", stem, &name[end..], ">", rest]);
            }
            _ => out.extend([" <", part]),
        }
    }
    out
}

/// Removes tags: GDB writes C++'s types as C's while the selected stack frame is C's.
fn untagged(text: &str) -> String {
    ["struct ", "class ", "union ", "enum "].iter().fold(text.to_string(), |t, tag| t.replace(tag, ""))
}

/// Removes the paths of types from Rust's values, which we do not print, and spaces.
fn without_paths(text: &str) -> String {
    let mut out = String::new();
    let parts: Vec<&str> = text.split("::").collect();
    for (n, part) in parts.iter().enumerate() {
        out.extend(part.chars().filter(|c| *c != ' '));
        if n + 1 < parts.len() {
            out.truncate(before_path(&out));
        }
    }
    out
}

/// Returns the start of the last component of a path: `a::Option<b::C>` before `::`.
fn before_path(text: &str) -> usize {
    let mut depth = 0;
    for (n, c) in text.char_indices().rev() {
        match c {
            '>' => depth += 1,
            '<' if depth > 0 => depth -= 1,
            c if depth == 0 && !c.is_alphanumeric() && c != '_' => return n + c.len_utf8(),
            _ => {}
        }
    }
    0
}

const INTEGERS: [(&str, &str); 6] = [
    ("long long unsigned int", "unsigned long long"),
    ("long unsigned int", "unsigned long"),
    ("short unsigned int", "unsigned short"),
    ("long long int", "long long"),
    ("long int", "long"),
    ("short int", "short"),
];
