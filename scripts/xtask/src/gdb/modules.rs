//! BFD's instruction tables (`bfd/xtensa-modules.c`) from the rows of `core::isa::table`.

use esplens_core::isa::format::Field;
use esplens_core::isa::operand::Operand;
use esplens_core::isa::table::{ROWS, Row};
use esplens_core::isa::{Flow, special};
use std::fmt::Write;

/// Operand of BFD: a single value. A pair is two of these.
#[derive(Clone, Copy, PartialEq)]
struct Part {
    operand: Operand,
    second: bool,
}

impl Part {
    fn field(self) -> Field {
        match (self.operand, self.second) {
            (Operand::ImmBreak, false) => esplens_core::isa::format::S,
            (Operand::ImmBreak, true) => esplens_core::isa::format::T,
            (operand, true) => operand.second().unwrap_or(operand.field()),
            (operand, false) => operand.field(),
        }
    }

    /// Returns the value that `raw` in the field encodes.
    fn value(self, raw: u32) -> i64 {
        let value = self.operand.extract(self.field().put(raw));
        let value = match self.operand {
            Operand::ImmBreak => raw as i32,
            pair if pair.is_pair() && self.second => value >> 8,
            pair if pair.is_pair() => value & 255,
            _ => value,
        };
        i64::from(value) + i64::from(self.pc_offset())
    }

    /// Returns the offset of the displacement's base from the base that the relocation adds.
    fn pc_offset(self) -> i32 {
        if self.operand.is_label() && self.operand != Operand::Literal { 4 } else { 0 }
    }

    /// Returns the register file, or -1.
    fn regfile(self) -> i32 {
        use Operand::*;
        match self.operand {
            Ar | As | At => 0,
            Mw | Mx | My => 1,
            Br | Bs | Bt | Bs4 | Bs8 => 2,
            Fr | Fs | Ft => 3,
            _ => -1,
        }
    }

    /// Returns the PC-relative base as a C expression, if there is one.
    fn base(self) -> Option<&'static str> {
        match self.operand {
            Operand::Literal => Some("((pc + 3) & ~3u)"),
            Operand::DispCall => Some("(pc & ~3u)"),
            label if label.is_label() => Some("pc"),
            _ => None,
        }
    }
}

/// BFD opcode: a table row, or RSR, WSR, XSR, RUR or WUR of one register.
struct Opcode {
    name: String,
    mask: u32,
    bits: u32,
    bytes: u8,
    flow: Flow,
    parts: Vec<Part>,
}

fn parts(operands: &[Operand]) -> Vec<Part> {
    let two = |o: &Operand| o.is_pair() || *o == Operand::ImmBreak;
    operands
        .iter()
        .flat_map(|o| {
            [Some(Part { operand: *o, second: false }), two(o).then_some(Part { operand: *o, second: true })]
        })
        .flatten()
        .collect()
}

fn expand(row: &Row) -> Vec<Opcode> {
    let is_number = |o: &Operand| matches!(o, Operand::ImmSr | Operand::ImmUrR | Operand::ImmUrW);
    let (format, flow) = (row.format.bytes(), row.flow);
    let Some(number) = row.operands.iter().copied().find(is_number) else {
        let parts = parts(row.operands);
        let name = row.mnemonic.to_string();
        return vec![Opcode { name, mask: row.mask, bits: row.bits, bytes: format, flow, parts }];
    };
    let rest: Vec<Operand> = row.operands.iter().copied().filter(|o| !is_number(o)).collect();
    (0..=255u8)
        .filter_map(|n| {
            let register = special::name(row.op, n)?;
            Some(Opcode {
                name: format!("{}.{register}", row.mnemonic),
                mask: row.mask | number.mask(),
                bits: row.bits | number.insert(n.into()),
                bytes: format,
                flow,
                parts: parts(&rest),
            })
        })
        .collect()
}

/// All fields and operands in use, by number.
#[derive(Default)]
struct Tables {
    fields: Vec<Field>,
    parts: Vec<Part>,
}

impl Tables {
    fn part(&mut self, part: Part) -> usize {
        let field = part.field();
        if !self.fields.contains(&field) {
            self.fields.push(field);
        }
        match self.parts.iter().position(|p| *p == part) {
            Some(n) => n,
            None => {
                self.parts.push(part);
                self.parts.len() - 1
            }
        }
    }
}

/// Returns `bfd/xtensa-modules.c`.
pub fn generate() -> String {
    let opcodes: Vec<Opcode> = ROWS.iter().flat_map(expand).collect();
    let mut tables = Tables::default();
    let args: Vec<Vec<usize>> =
        opcodes.iter().map(|o| o.parts.iter().map(|p| tables.part(*p)).collect()).collect();
    let mut out = String::from(HEAD);
    sysregs(&mut out);
    tables.fields.iter().enumerate().for_each(|(n, f)| field(&mut out, n, *f));
    field_lists(&mut out, tables.fields.len());
    for (n, part) in tables.parts.iter().enumerate() {
        operand_functions(&mut out, n, *part);
    }
    operand_table(&mut out, &tables);
    for (n, args) in args.iter().enumerate() {
        let list: Vec<String> = args
            .iter()
            .enumerate()
            .map(|(i, a)| format!("{{ {{ {a} }}, '{}' }}", if i == 0 { 'm' } else { 'i' }))
            .collect();
        let list = if list.is_empty() { "{ { 0 }, 'i' }".into() } else { list.join(", ") };
        let _ = writeln!(out, "static xtensa_arg_internal args{n}[] = {{ {list} }};");
    }
    iclasses(&mut out, &args);
    opcode_table(&mut out, &opcodes);
    decoders(&mut out, &opcodes);
    out.push_str(TAIL);
    let _ = writeln!(
        out,
        "xtensa_isa_internal xtensa_modules = {{\n  0, 3, 0,\n  3, formats, format_decoder, length_decoder,\n  3, slots,\n  {},\n  \
         {}, operands,\n  {}, iclasses,\n  {}, opcodes, 0,\n  4, regfiles,\n  1, states, 0,\n  NUM_SYSREGS, sysregs, 0,\n  \
         {{ 255, 255 }}, {{ 0, 0 }},\n  0, interfaces, 0,\n  0, funcUnits, 0\n}};",
        tables.fields.len(),
        tables.parts.len(),
        opcodes.len(),
        opcodes.len()
    );
    out
}

const HEAD: &str = "/* Generated by cargo xtask gdb from esplens' instruction table. */
#include \"ansidecl.h\"
#include <xtensa-isa.h>
#include \"xtensa-isa-internal.h\"

static xtensa_regfile_internal regfiles[] = {
  { \"AR\", \"a\", 0, 32, 64 }, { \"MR\", \"m\", 1, 32, 4 }, { \"BR\", \"b\", 2, 1, 16 }, { \"FR\", \"f\", 3, 32, 16 }
};
static xtensa_state_internal states[] = { { \"PC\", 32, 0 } };
static xtensa_interface_internal interfaces[] = { { \"none\", 0, 0, 0, 'i' } };
static xtensa_funcUnit_internal funcUnits[] = { { \"none\", 1 } };
";

fn sysregs(out: &mut String) {
    use esplens_core::isa::Op;
    let mut rows = Vec::new();
    for n in 0..=255u8 {
        let name = [Op::Rsr, Op::Wsr].into_iter().find_map(|op| special::name(op, n));
        rows.extend(name.map(|name| format!("  {{ \"{}\", {n}, 0 }}", name.to_uppercase())));
        rows.extend(
            special::name(Op::Rur, n).map(|name| format!("  {{ \"{}\", {n}, 1 }}", name.to_uppercase())),
        );
    }
    let _ = writeln!(out, "static xtensa_sysreg_internal sysregs[] = {{\n{}\n}};", rows.join(",\n"));
    let _ = writeln!(out, "#define NUM_SYSREGS {}", rows.len());
}

/// Returns the runs of a field: (bit in the word, bit in the value, bits).
fn runs(field: Field) -> Vec<(u32, u32, u32)> {
    let mut runs: Vec<(u32, u32, u32)> = Vec::new();
    for bit in 0..field.width() {
        let at = field.put(1 << bit).trailing_zeros();
        match runs.last_mut() {
            Some((word, value, bits)) if *word + *bits == at && *value + *bits == bit => *bits += 1,
            _ => runs.push((at, bit, 1)),
        }
    }
    runs
}

fn field(out: &mut String, n: usize, field: Field) {
    let get: Vec<String> = runs(field)
        .iter()
        .map(|(w, v, b)| format!("((buf[0] >> {w}) & {:#x}u) << {v}", (1u64 << b) - 1))
        .collect();
    let set: Vec<String> = runs(field)
        .iter()
        .map(|(w, v, b)| format!("((val >> {v}) & {:#x}u) << {w}", (1u64 << b) - 1))
        .collect();
    let _ = writeln!(
        out,
        "static unsigned field{n}_get (const xtensa_insnbuf buf) {{ return {}; }}",
        get.join(" | ")
    );
    let _ = writeln!(
        out,
        "static void field{n}_set (xtensa_insnbuf buf, uint32 val) {{ buf[0] = (buf[0] & ~{:#x}u) | {}; }}",
        field.mask(),
        set.join(" | ")
    );
}

fn field_lists(out: &mut String, count: usize) {
    for (what, kind) in [("get", "xtensa_get_field_fn"), ("set", "xtensa_set_field_fn")] {
        let list: Vec<String> = (0..count).map(|n| format!("field{n}_{what}")).collect();
        let _ = writeln!(out, "static const {kind} {what}_fields[] = {{ {} }};", list.join(", "));
    }
}

/// Relation between a field's bits and its values.
enum Law {
    /// `scale * raw + offset`, with `raw` sign-extended from the field's width if `signed`.
    Linear { signed: bool, scale: i64, offset: i64 },
    /// No linear relation: a table of all values.
    Table(Vec<i64>),
}

fn law(part: Part) -> Law {
    let width = part.field().width();
    let values: Vec<i64> = (0..1u32 << width).map(|raw| part.value(raw)).collect();
    let half = 1 << (width - 1);
    for signed in [false, true] {
        let raw = |n: usize| if signed && n >= half { n as i64 - (1 << width) } else { n as i64 };
        let offset = values[0];
        let scale = values[1.min(values.len() - 1)] - offset;
        let scale = if width == 1 && signed { -scale } else { scale };
        if scale != 0 && values.iter().enumerate().all(|(n, v)| raw(n) * scale + offset == *v) {
            return Law::Linear { signed, scale, offset };
        }
    }
    Law::Table(values)
}

fn operand_functions(out: &mut String, n: usize, part: Part) {
    let width = part.field().width();
    let top = (1u64 << width) - 1;
    match law(part) {
        Law::Linear { signed, scale, offset } => {
            let raw = if signed {
                format!("((int) (*v << {0}) >> {0})", 32 - width)
            } else {
                format!("(int) (*v & {top:#x}u)")
            };
            let _ = writeln!(
                out,
                "static int op{n}_decode (uint32 *v) {{ *v = (uint32) ({raw} * {scale} + ({offset})); return 0; }}"
            );
            let _ = writeln!(
                out,
                "static int op{n}_encode (uint32 *v) {{ uint32 want = *v, raw = ((uint32) ((int) (*v - (uint32) ({offset})) / ({scale}))) & {top:#x}u; *v = raw; op{n}_decode (v); if (*v != want) return 1; *v = raw; return 0; }}"
            );
        }
        Law::Table(values) => {
            let list: Vec<String> = values.iter().map(|v| format!("{}u", *v as u32)).collect();
            let len = list.len();
            let _ = writeln!(out, "static const uint32 op{n}_values[] = {{ {} }};", list.join(", "));
            let _ = writeln!(
                out,
                "static int op{n}_decode (uint32 *v) {{ *v = op{n}_values[*v & {top:#x}u]; return 0; }}"
            );
            let _ = writeln!(
                out,
                "static int op{n}_encode (uint32 *v) {{ int i; for (i = 0; i < {len}; i++) if (op{n}_values[i] == *v) {{ *v = i; return 0; }} return 1; }}"
            );
        }
    }
    if let Some(base) = part.base() {
        let _ = writeln!(out, "static int op{n}_reloc (uint32 *v, uint32 pc) {{ *v -= {base}; return 0; }}");
        let _ =
            writeln!(out, "static int op{n}_unreloc (uint32 *v, uint32 pc) {{ *v += {base}; return 0; }}");
    }
}

fn operand_table(out: &mut String, tables: &Tables) {
    out.push_str("static xtensa_operand_internal operands[] = {\n");
    for (n, part) in tables.parts.iter().enumerate() {
        let field = tables.fields.iter().position(|f| *f == part.field()).unwrap_or(0);
        let regfile = part.regfile();
        let flags = u32::from(regfile >= 0) | if part.base().is_some() { 2 } else { 0 };
        let relocs = match part.base() {
            Some(_) => format!("op{n}_reloc, op{n}_unreloc"),
            None => "0, 0".into(),
        };
        let name = format!("{:?}{}", part.operand, if part.second { "2" } else { "" });
        let _ = writeln!(
            out,
            "  {{ \"{name}\", {field}, {regfile}, 1, {flags}, op{n}_encode, op{n}_decode, {relocs} }},"
        );
    }
    out.push_str("};\n");
}

fn iclasses(out: &mut String, args: &[Vec<usize>]) {
    out.push_str("static xtensa_iclass_internal iclasses[] = {\n");
    for (n, args) in args.iter().enumerate() {
        let _ = writeln!(out, "  {{ {}, args{n}, 0, 0, 0, 0 }},", args.len());
    }
    out.push_str("};\n");
}

/// Returns the slot of an opcode. 0: 24 bits; 1 and 2: 16 bits, by the major opcode.
fn slot(opcode: &Opcode) -> usize {
    match (opcode.bytes, opcode.bits & 15) {
        (3, _) => 0,
        (_, 8..=11) => 1,
        _ => 2,
    }
}

fn opcode_table(out: &mut String, opcodes: &[Opcode]) {
    for (n, o) in opcodes.iter().enumerate() {
        let _ = writeln!(out, "static void opcode{n} (xtensa_insnbuf buf) {{ buf[0] = {:#x}; }}", o.bits);
        let fns: Vec<String> =
            (0..3).map(|s| if s == slot(o) { format!("opcode{n}") } else { "0".into() }).collect();
        let _ = writeln!(out, "static const xtensa_opcode_encode_fn encode{n}[] = {{ {} }};", fns.join(", "));
    }
    out.push_str("static xtensa_opcode_internal opcodes[] = {\n");
    for (n, o) in opcodes.iter().enumerate() {
        let flags = match o.flow {
            Flow::Branch => 1,
            Flow::Jump | Flow::Return => 2,
            Flow::Loop => 4,
            Flow::Call => 8,
            Flow::Plain | Flow::Barrier => 0,
        };
        let _ = writeln!(out, "  {{ \"{}\", {n}, {flags}, encode{n}, 0, 0 }},", o.name);
    }
    out.push_str("};\n");
}

fn decoders(out: &mut String, opcodes: &[Opcode]) {
    out.push_str("struct pattern { unsigned mask, bits; int opcode; };\n");
    for s in 0..3 {
        let mut list: Vec<(usize, &Opcode)> =
            opcodes.iter().enumerate().filter(|(_, o)| slot(o) == s).collect();
        // Opcodes with more fixed bits go first.
        list.sort_by_key(|(_, o)| std::cmp::Reverse(o.mask.count_ones()));
        let _ = writeln!(out, "static const struct pattern patterns{s}[] = {{");
        for (n, o) in &list {
            let _ = writeln!(out, "  {{ {:#x}, {:#x}, {n} }},", o.mask, o.bits);
        }
        let len = list.len();
        let _ = writeln!(
            out,
            "}};\nstatic int slot{s}_decode (const xtensa_insnbuf buf) {{ int i; for (i = 0; i < {len}; i++) if ((buf[0] & patterns{s}[i].mask) == patterns{s}[i].bits) return patterns{s}[i].opcode; return XTENSA_UNDEFINED; }}"
        );
    }
}

const TAIL: &str = "
static void get24 (const xtensa_insnbuf insn, xtensa_insnbuf slot) { slot[0] = insn[0] & 0xffffff; }
static void set24 (xtensa_insnbuf insn, const xtensa_insnbuf slot) { insn[0] = (insn[0] & ~0xffffffu) | (slot[0] & 0xffffff); }
static void get16 (const xtensa_insnbuf insn, xtensa_insnbuf slot) { slot[0] = insn[0] & 0xffff; }
static void set16 (xtensa_insnbuf insn, const xtensa_insnbuf slot) { insn[0] = (insn[0] & ~0xffffu) | (slot[0] & 0xffff); }
static xtensa_slot_internal slots[] = {
  { \"Inst\", \"x24\", 0, get24, set24, get_fields, set_fields, slot0_decode, \"nop\" },
  { \"Inst16a\", \"x16a\", 0, get16, set16, get_fields, set_fields, slot1_decode, \"\" },
  { \"Inst16b\", \"x16b\", 0, get16, set16, get_fields, set_fields, slot2_decode, \"nop.n\" }
};
static void encode_x24 (xtensa_insnbuf insn) { insn[0] = 0; }
static void encode_x16a (xtensa_insnbuf insn) { insn[0] = 0x8; }
static void encode_x16b (xtensa_insnbuf insn) { insn[0] = 0xc; }
static const int slots_x24[] = { 0 };
static const int slots_x16a[] = { 1 };
static const int slots_x16b[] = { 2 };
static xtensa_format_internal formats[] = {
  { \"x24\", 3, encode_x24, 1, slots_x24 },
  { \"x16a\", 2, encode_x16a, 1, slots_x16a },
  { \"x16b\", 2, encode_x16b, 1, slots_x16b }
};
static int format_decoder (const xtensa_insnbuf insn)
{
  unsigned op0 = insn[0] & 0xf;
  return op0 < 8 ? 0 : op0 < 12 ? 1 : op0 < 14 ? 2 : -1;
}
static int length_decoder (const unsigned char *insn)
{
  unsigned op0 = insn[0] & 0xf;
  return op0 < 8 ? 3 : op0 < 14 ? 2 : XTENSA_UNDEFINED;
}
";
