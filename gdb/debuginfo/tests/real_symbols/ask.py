# Writes GDB's view of a core file: every frame of every thread with its locals, and the variables that are asked for.
# Reads the names from the file $ESPLENS_IN, one a line, and writes one JSON object to the file $ESPLENS_OUT.
import json
import os

import gdb

TYPES = {}
MOST_FRAMES = 16
gdb.execute("set max-value-size unlimited")
gdb.execute("maintenance set internal-error corefile no")


def failing(action):
    try:
        return action()
    except (gdb.error, RuntimeError, ValueError) as e:
        return "<error: " + str(e).strip() + ">"


# Returns the type's name and size; its members or enumerators go to TYPES, once.
def tell(t, depth=6):
    plain = t.strip_typedefs().unqualified()
    name = str(t.unqualified())
    key = (str(plain) if "{...}" in name or "{...}" not in str(plain) else name) + "/" + str(plain.sizeof)
    code = plain.code
    if code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ARRAY):
        if depth > 0:
            tell(plain.target(), depth - 1)
    elif depth > 0 and key not in TYPES and "{...}" not in key and "::" not in str(plain):
        if code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            TYPES[key] = None
            TYPES[key] = [
                [f.name or "", f.bitpos, f.bitsize, f.is_base_class] + tell(f.type, depth - 1)
                for f in plain.fields()
                if hasattr(f, "bitpos")
            ]
        elif code == gdb.TYPE_CODE_ENUM:
            TYPES[key] = [[f.name, f.enumval] for f in plain.fields()]
    return [str(t), t.sizeof]


# GDB 13 stops with an internal error when it shows some of Rust's enums.
def is_rust(frame):
    symtab = frame.find_sal().symtab
    return symtab is not None and symtab.filename.endswith(".rs")


# True for variables and constants. GDB counts labels as variables and enumerators as constants; both are excluded here.
def counts(symbol):
    t = symbol.type.strip_typedefs().unqualified()
    if symbol.is_constant:
        return t.code != gdb.TYPE_CODE_ENUM or symbol.name not in [f.name for f in t.fields()]
    return (symbol.is_variable or symbol.is_argument) and str(t) != "__CORE_ADDR"


def local(symbol, frame):
    value = failing(lambda: symbol.value(frame))
    text = value if isinstance(value, str) else failing(value.format_string)
    address = None
    if not isinstance(value, str):
        address = failing(lambda: value.address and int(value.address))
    return {
        "name": symbol.name,
        "parameter": symbol.is_argument,
        "type": tell(symbol.type),
        "value": text,
        "address": address if isinstance(address, int) else None,
        "where": failing(lambda: gdb.execute("info address " + symbol.name, to_string=True).strip()),
    }


def locals_of(frame):
    found, names = [], set()
    block = frame.block()
    while block:
        for symbol in block:
            if counts(symbol) and symbol.name not in names:
                names.add(symbol.name)
                found.append(local(symbol, frame))
        if block.function:
            break
        block = block.superblock
    return found


def told(frame):
    frame.select()
    about = gdb.execute("info frame", to_string=True)
    return {
        "pc": frame.pc(),
        "inline": frame.type() == gdb.INLINE_FRAME,
        "function": frame.name(),
        "registers": [failing(lambda: int(frame.read_register("a%d" % n)) & 0xFFFFFFFF) for n in range(16)],
        "cfa": int(about.split("frame at ")[1].split(":")[0], 16),
        "locals": None if is_rust(frame) else failing(lambda: locals_of(frame)),
    }


def frames():
    out = []
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        # A GDB with another register map reads no frames from a core file.
        frame, stack = failing(gdb.newest_frame), []
        while isinstance(frame, gdb.Frame) and len(stack) < MOST_FRAMES:
            stack.append(failing(lambda: told(frame)))
            frame = failing(frame.older)
        out.append(stack)
    return out


def variable(name):
    gdb.execute("set language " + ("rust" if "::" in name else "auto"))
    value = gdb.parse_and_eval(name)
    if value.type.sizeof > 1 << 16:
        raise gdb.error("No symbol of this size is compared: we show its first 64 KB")
    return {"type": tell(value.type), "value": failing(value.format_string), "address": int(value.address)}


with open(os.environ["ESPLENS_IN"]) as asked:
    names = asked.read().split("\n")
answer = {"variables": {n: failing(lambda: variable(n)) for n in names if n}, "threads": frames(), "types": TYPES}
with open(os.environ["ESPLENS_OUT"], "w") as out:
    json.dump(answer, out)
