//! Explanations of EXCCAUSE and of ESP-IDF's pseudo-causes (ISA table 4-64; esp_system's panic_arch.c).

/// Name as ESP-IDF prints it, number, meaning.
const CAUSES: [(&str, u32, &str); 20] = [
    (
        "IllegalInstruction",
        0,
        "the PC points to something that is no instruction: a wrong function pointer, a smashed stack, or code that was overwritten",
    ),
    ("Syscall", 1, "a SYSCALL instruction without a handler"),
    ("InstructionFetchError", 2, "instructions cannot be fetched from this address"),
    (
        "LoadStoreError",
        3,
        "no memory or peripheral at this address, or the memory there does not support this access: instruction RAM takes aligned words only",
    ),
    ("Level1Interrupt", 4, "an interrupt without a handler"),
    ("Alloca", 5, "a MOVSP whose windows could not be reloaded"),
    ("IntegerDivideByZero", 6, "an integer was divided by zero"),
    ("PCValue", 7, "the next PC is not a possible one"),
    ("Privileged", 8, "a privileged instruction"),
    ("LoadStoreAlignment", 9, "a load or store at an address that is not aligned for its size"),
    ("InstrPDAddrError", 12, "an error while an instruction was fetched"),
    ("LoadStorePIFDataError", 13, "an error on the data bus"),
    ("InstTLBMiss", 16, "no translation for an instruction's address"),
    ("InstFetchPrivilege", 18, "instructions of another privilege level"),
    (
        "InstrFetchProhibited",
        20,
        "the PC points to where no code is: a call through a NULL or wrong function pointer, or a smashed return address",
    ),
    ("LoadStoreTLBMiss", 24, "no translation for a data address"),
    ("LoadStorePrivilege", 26, "data of another privilege level"),
    ("LoadProhibited", 28, "a load from an address where nothing can be read"),
    ("StoreProhibited", 29, "a store to an address where nothing can be written"),
    ("Coprocessor exception", 32, "floating point where it is not allowed, as in an interrupt handler"),
];

/// Names that ESP-IDF prints instead of a cause, and their meanings.
const PSEUDO: [(&str, &str); 9] = [
    (
        "Interrupt wdt timeout",
        "the interrupt watchdog bit: interrupts were off, or one handler ran, for too long on this core",
    ),
    (
        "Unhandled debug exception",
        "a BREAK instruction or a hardware watchpoint without a debugger; a watchpoint at a stack's end means an overflow",
    ),
    ("Double exception", "an exception in an exception handler: mostly caused by an invalid stack pointer"),
    ("double exception", "an exception in an exception handler: mostly caused by an invalid stack pointer"),
    ("Unhandled kernel exception", "an exception in kernel mode"),
    (
        "Cache disabled but cached memory region accessed",
        "code or data in flash was used while the flash was being written: it belongs into IRAM or DRAM",
    ),
    ("Cache error", "code or data in flash was used while the cache was off"),
    ("Stack canary watchpoint triggered", "a task wrote over the end of its stack: give it a larger one"),
    ("SoftwareWDT", "a watchdog timed out"),
];

/// Returns the meaning of a cause that ESP-IDF names.
pub fn meaning(name: &str) -> Option<&'static str> {
    let pseudo = PSEUDO.iter().find(|p| name.starts_with(p.0)).map(|p| p.1);
    // ESP-IDF calls cause 20 InstrFetchProhibited, the demo calls it InstFetchProhibited.
    let name = name.replace("InstFetch", "InstrFetch").replace("InstrFetchPrivilege", "InstFetchPrivilege");
    pseudo.or_else(|| CAUSES.iter().find(|c| c.0 == name).map(|c| c.2))
}

/// Returns name and meaning of an EXCCAUSE.
pub fn by_number(cause: u32) -> Option<(&'static str, &'static str)> {
    CAUSES.iter().find(|c| c.1 == cause).map(|c| (c.0, c.2))
}

/// Returns true if EXCVADDR is valid for this EXCCAUSE (ISA 4.4.1.6).
pub fn has_address(cause: u32) -> bool {
    matches!(cause, 2 | 3 | 9 | 12..=18 | 20 | 24..=29)
}
