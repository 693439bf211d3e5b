//! Compares the answers of GDB and of this library for one machine.

use crate::plain;
use esplens_core::time::TICKS_PER_US;
use esplens_debuginfo::coredump::{self, CoreFile};
use esplens_debuginfo::rtos::Rtos;
use esplens_debuginfo::symbols::{
    Elf, FrameContext, SymbolError, Symbols, Type, TypeId, Value, ValueFormat, ValueMemory, Variable,
};
use esplens_debuginfo::unwind::ReadMemory as _;
use esplens_soc::machine::Machine;
use object::{Object, ObjectSection};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Most variables that are compared.
const VARIABLES: usize = 300;

/// Returns true if this GDB runs Python.
pub fn has_python(gdb: &Path) -> bool {
    let out = Command::new(gdb).args(["-nx", "-batch", "-ex", "python print(6*7)"]).output().unwrap();
    String::from_utf8_lossy(&out.stdout).contains("42")
}

/// A firmware on a machine.
pub struct Bench {
    machine: Machine,
    elf: PathBuf,
    symbols: Arc<Symbols>,
    sections: Vec<(u32, Vec<u8>)>,
}

/// Result of a comparison.
#[derive(Default)]
pub struct Sum {
    frames: usize,
    locals: usize,
    values: usize,
    variables: usize,
    unknown: usize,
    types: usize,
    pub bad: Vec<String>,
}

impl Sum {
    pub fn has_frames(&self) -> bool {
        self.frames > 0
    }

    pub fn counts(&self) -> String {
        format!(
            "{} frames, {} locals ({} with values), {} variables ({} that GDB does not find), {} types; {} differ",
            self.frames,
            self.locals,
            self.values,
            self.variables,
            self.unknown,
            self.types,
            self.bad.len()
        )
    }

    fn expect(&mut self, what: &str, ours: &str, gdb: &str) {
        if !plain::same(ours, gdb) {
            self.bad.push(format!("{what}\n  gdb  {gdb}\n  ours {ours}"));
        }
    }
}

/// Memory that GDB reads: the core file, then the ELF file.
struct Dump<'a> {
    core: &'a CoreFile,
    sections: &'a [(u32, Vec<u8>)],
}

impl ValueMemory for Dump<'_> {
    fn read(&self, addr: u32, buf: &mut [u8]) -> usize {
        let n = self.core.peek(addr, buf);
        if n > 0 {
            return n;
        }
        let inside = |s: &&(u32, Vec<u8>)| addr >= s.0 && ((addr - s.0) as usize) < s.1.len();
        self.sections.iter().find(inside).map_or(0, |(start, bytes)| {
            let from = &bytes[(addr - start) as usize..];
            let n = from.len().min(buf.len());
            buf[..n].copy_from_slice(&from[..n]);
            n
        })
    }
}

/// A stack frame as GDB describes it.
struct Theirs<'a> {
    pc: u32,
    registers: Vec<Option<u32>>,
    cfa: u32,
    memory: &'a Dump<'a>,
}

impl FrameContext for Theirs<'_> {
    fn pc(&self) -> u32 {
        self.pc
    }
    fn register(&self, number: u16) -> Option<u32> {
        self.registers.get(usize::from(number)).copied().flatten()
    }
    fn cfa(&self) -> Option<u32> {
        Some(self.cfa)
    }
    fn memory(&self) -> &dyn ValueMemory {
        self.memory
    }
}

fn number(json: &Json) -> Option<u32> {
    json.as_u64().and_then(|n| u32::try_from(n).ok())
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

impl Bench {
    pub fn new(name: &str) -> Option<Self> {
        let (machine, elf) = match name {
            "demo" => (esplens_testkit::demo(), esplens_testkit::demo_elf()),
            _ => {
                let dir = esplens_testkit::firmware(name)?;
                let flash = std::fs::read(dir.join("flash.bin")).unwrap();
                (esplens_testkit::boot(&flash, name), dir.join("app.elf"))
            }
        };
        let bytes = std::fs::read(&elf).unwrap();
        let file = object::File::parse(&*bytes).unwrap();
        let kept = file.sections().filter(|s| s.address() != 0);
        let sections = kept.map(|s| (s.address() as u32, s.data().unwrap_or_default().to_vec())).collect();
        let symbols = Arc::new(Symbols::new(vec![Arc::new(Elf::open(&elf).unwrap())]));
        Some(Self { machine, elf, symbols, sections })
    }

    /// Runs up to an instant, writes a core file and compares.
    pub fn at(&mut self, ms: u64, gdb: &Path) -> Sum {
        self.machine.run(ms * 1000 * TICKS_PER_US);
        let rtos = Rtos::find(self.symbols.clone());
        let core = esplens_supervisor::core_file::capture(&self.machine, rtos.as_ref(), 0);
        let names = self.names(ms);
        let answer = self.ask(gdb, &core, &names);
        let dump = Dump { core: &core, sections: &self.sections };
        let mut sum = Sum::default();
        let mut types = Types::default();
        for name in &names {
            self.variable(name, &answer["variables"][name], &dump, &mut sum, &mut types);
        }
        for stack in answer["threads"].as_array().unwrap() {
            self.stack(stack.as_array().unwrap(), &dump, &mut sum, &mut types);
        }
        self.types(&answer["types"], types, &mut sum);
        sum
    }

    /// Returns names of variables that are unambiguous, other ones for each `seed`.
    fn names(&self, seed: u64) -> Vec<String> {
        let all = self.symbols.variables();
        let mut count = BTreeMap::<&str, usize>::new();
        all.iter().for_each(|v| *count.entry(&v.name).or_default() += 1);
        // GDB accepts no Rust path with `<T as U>`.
        let asked = |v: &&Variable| !v.local && count[&*v.name] == 1 && !v.name.starts_with('<');
        let one: Vec<&str> = all.iter().filter(asked).map(|v| &*v.name).collect();
        let step = one.len().div_ceil(VARIABLES).max(1);
        one.into_iter().skip(seed as usize % step).step_by(step).map(String::from).collect()
    }

    fn ask(&self, gdb: &Path, core: &CoreFile, names: &[String]) -> Json {
        let dir = tempfile::tempdir().unwrap();
        let [file, asked, answer] = ["core.elf", "names", "answer"].map(|n| dir.path().join(n));
        std::fs::write(&file, coredump::write(core)).unwrap();
        std::fs::write(&asked, names.join("\n")).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_symbols/ask.py");
        let out = Command::new("timeout")
            .arg("600")
            .arg(gdb)
            .args(["-nx", "-batch", "-ex", "set confirm off", "-ex", "set style enabled off"])
            .arg("-ex")
            .arg(format!("source {}", script.display()))
            .args([&self.elf, &file])
            // One byte is one character.
            .env("LC_ALL", "C")
            .env("ESPLENS_IN", &asked)
            .env("ESPLENS_OUT", &answer)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        let text = std::fs::read_to_string(&answer).unwrap_or_else(|e| panic!("{e}: {said}"));
        serde_json::from_str(&text).unwrap()
    }

    fn variable(&self, name: &str, theirs: &Json, dump: &Dump<'_>, sum: &mut Sum, types: &mut Types) {
        let Some(of) = theirs.get("type") else {
            // Namespaces of the C++ library, and read-only data of IDF 6.1, which GDB takes for thread-local.
            let known = ["No symbol", "Cannot find thread-local"].iter().any(|k| text(theirs).contains(k));
            sum.unknown += 1;
            (!known).then(|| sum.bad.push(format!("{name}: GDB says {theirs}")));
            return;
        };
        let ours = self.symbols.variable(name).unwrap();
        sum.variables += 1;
        if text(&of[0]).ends_with("[]") || name == "port_xSchedulerRunning" {
            // GDB used another unit's declaration.
            sum.expect(&format!("address of {name}"), &ours.addr.to_string(), &theirs["address"].to_string());
            return;
        }
        sum.expect(&format!("type of {name}"), &self.symbols.type_name(ours.ty), text(&of[0]));
        sum.expect(&format!("address of {name}"), &ours.addr.to_string(), &theirs["address"].to_string());
        let value = self.symbols.format(&Value::at(ours.ty, ours.addr), dump, &ValueFormat::default());
        sum.expect(name, &value, text(&theirs["value"]));
        types.add(&self.symbols, ours.ty);
    }

    fn stack(&self, frames: &[Json], dump: &Dump<'_>, sum: &mut Sum, types: &mut Types) {
        let (mut level, mut newest) = (0, true);
        for json in frames {
            let Some(pc) = number(&json["pc"]) else { continue };
            let registers = json["registers"].as_array().unwrap().iter().map(number).collect();
            let cfa = number(&json["cfa"]).unwrap();
            let frame = Theirs { pc: if newest { pc } else { pc - 1 }, registers, cfa, memory: dump };
            sum.frames += 1;
            if let Some(locals) = json["locals"].as_array() {
                let what = format!("{pc:#x} {} ({level})", text(&json["function"]));
                self.locals(&what, &frame, level, locals, sum, types);
            }
            match json["inline"].as_bool() {
                Some(true) => level += 1,
                _ => (level, newest) = (0, false),
            }
        }
    }

    fn locals(
        &self,
        what: &str,
        frame: &Theirs<'_>,
        level: usize,
        theirs: &[Json],
        sum: &mut Sum,
        types: &mut Types,
    ) {
        let ours = self.symbols.locals_at(frame.pc, level);
        let set = |names: &mut dyn Iterator<Item = String>| names.collect::<BTreeSet<_>>();
        let gdbs = set(&mut theirs.iter().map(|l| text(&l["name"]).to_string()));
        let own = set(&mut ours.iter().map(|l| l.name.clone()));
        sum.expect(&format!("names in {what}"), &format!("{own:?}"), &format!("{gdbs:?}"));
        for local in &ours {
            let Some(json) = theirs.iter().find(|j| j["name"] == local.name.as_str()) else { continue };
            let what = format!("{what}: {}", local.name);
            sum.locals += 1;
            // GDB does not report a parameter of a function's part (`f.part.0`) as a parameter.
            if json["parameter"] == true {
                sum.expect(&format!("kind of {what}"), &local.parameter.to_string(), "true");
            }
            sum.expect(&format!("type of {what}"), &self.symbols.type_name(local.ty), text(&json["type"][0]));
            types.add(&self.symbols, local.ty);
            let value = self.symbols.local_value(local, frame);
            let shown = match &value {
                Ok(value) => self.symbols.format(value, frame.memory, &ValueFormat::default()),
                Err(SymbolError::OptimizedOut) => "<optimized out>".into(),
                Err(e) => format!("<error: {e}>"),
            };
            sum.values += usize::from(value.is_ok());
            let place = text(&json["where"]).lines().take(4).collect::<Vec<_>>().join(" ");
            sum.expect(&format!("{what} ({place})"), &shown, text(&json["value"]));
        }
    }

    fn types(&self, theirs: &Json, types: Types, sum: &mut Sum) {
        for (key, ty) in types.seen {
            let Some(rows) = theirs[&key].as_array() else { continue };
            sum.types += 1;
            let ours = self.rows(ty);
            let gdbs: Vec<String> = rows.iter().map(ToString::to_string).collect();
            sum.expect(&format!("type {key}"), &ours.join("\n       "), &gdbs.join("\n       "));
        }
    }

    /// Returns the members or enumerators of a type, in the format of `ask.py`.
    fn rows(&self, ty: TypeId) -> Vec<String> {
        match &*self.symbols.resolve(ty).unwrap() {
            Type::Enum { variants, .. } => variants
                .iter()
                .map(|(name, n)| Json::from(vec![Json::from(name.clone()), (*n).into()]).to_string())
                .collect(),
            Type::Record(record) => {
                let row = |m: &esplens_debuginfo::symbols::Member| {
                    let (first, bits) = m.bits.unwrap_or((0, 0));
                    let name = m.name.clone().unwrap_or_default();
                    let size = self.symbols.size_of(m.ty).unwrap();
                    Json::from(vec![
                        Json::from(name),
                        (m.offset * 8 + first).into(),
                        bits.into(),
                        m.base.into(),
                        self.symbols.type_name(m.ty).into(),
                        size.into(),
                    ])
                    .to_string()
                };
                record.members.iter().map(row).collect()
            }
            other => vec![format!("{other:?}")],
        }
    }
}

/// Types of the compared values, by GDB's name and size.
#[derive(Default)]
struct Types {
    seen: BTreeMap<String, TypeId>,
    visited: BTreeSet<TypeId>,
}

impl Types {
    fn add(&mut self, symbols: &Symbols, ty: TypeId) {
        let Ok(plain) = symbols.strip(ty) else { return };
        let named = unqualified(symbols, ty);
        if !self.visited.insert(plain) {
            return;
        }
        match &*symbols.resolve(plain).unwrap() {
            Type::Pointer { target, .. } => self.add(symbols, *target),
            Type::Array { element, .. } => self.add(symbols, *element),
            Type::Record(r) if !r.declaration => {
                self.name(symbols, plain, named);
                r.members.iter().for_each(|m| self.add(symbols, m.ty));
            }
            Type::Enum { .. } => self.name(symbols, plain, named),
            _ => {}
        }
    }

    /// Records a type by its tag, or by the name that a typedef gives it.
    fn name(&mut self, symbols: &Symbols, ty: TypeId, named: TypeId) {
        let names = [ty, named].map(|t| symbols.type_name(t));
        if let Some(name) = names.iter().find(|n| !n.contains("{...}")) {
            let key = format!("{name}/{}", symbols.size_of(ty).unwrap_or(0));
            self.seen.entry(key).or_insert(ty);
        }
    }
}

fn unqualified(symbols: &Symbols, ty: TypeId) -> TypeId {
    let mut at = ty;
    while let Ok(Type::Qualified { target, .. }) = symbols.resolve(at).as_deref() {
        at = *target;
    }
    at
}
