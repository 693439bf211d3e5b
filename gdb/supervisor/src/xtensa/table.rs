//! The register file of `xtensa-esp32-elf-gdb`: register numbers, names, widths and target numbers.
//!
//! GDB reads no target description for Xtensa, so these numbers must match every GDB built for the ESP32.

/// A raw register: 4 bytes in every packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawReg {
    /// GDB's name.
    pub name: &'static str,
    /// Number of valid bits.
    pub bits: u8,
    /// The Xtensa tools' number, as in [`esplens_soc::machine::reg`].
    pub target: u16,
}

/// A view that GDB computes from raw registers, if it needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegView {
    /// GDB's name.
    pub name: &'static str,
    /// Length in a packet, in bytes.
    pub bytes: u8,
    /// The Xtensa tools' number.
    pub target: u16,
    /// The parts from the lowest bit up: (raw register, first bit, number of bits).
    pub parts: &'static [(u8, u8, u8)],
}

/// Number of registers in a `g` packet: the only one that every build of GDB accepts.
pub const IN_G: usize = 105;
/// The program counter.
pub const PC: usize = 0;
/// Number of a0; a15 is 15 higher.
pub const A0: usize = 157;
/// Number of the first view.
pub const VIEW0: usize = 173;
/// One past the highest number.
pub const COUNT: usize = VIEW0 + VIEWS.len();

const fn raw(name: &'static str, bits: u8, target: u16) -> RawReg {
    RawReg { name, bits, target }
}

/// Registers 0 to 156, by number.
pub const RAW: [RawReg; 157] = [
    raw("pc", 32, 0x0020),
    raw("ar0", 32, 0x0100),
    raw("ar1", 32, 0x0101),
    raw("ar2", 32, 0x0102),
    raw("ar3", 32, 0x0103),
    raw("ar4", 32, 0x0104),
    raw("ar5", 32, 0x0105),
    raw("ar6", 32, 0x0106),
    raw("ar7", 32, 0x0107),
    raw("ar8", 32, 0x0108),
    raw("ar9", 32, 0x0109),
    raw("ar10", 32, 0x010a),
    raw("ar11", 32, 0x010b),
    raw("ar12", 32, 0x010c),
    raw("ar13", 32, 0x010d),
    raw("ar14", 32, 0x010e),
    raw("ar15", 32, 0x010f),
    raw("ar16", 32, 0x0110),
    raw("ar17", 32, 0x0111),
    raw("ar18", 32, 0x0112),
    raw("ar19", 32, 0x0113),
    raw("ar20", 32, 0x0114),
    raw("ar21", 32, 0x0115),
    raw("ar22", 32, 0x0116),
    raw("ar23", 32, 0x0117),
    raw("ar24", 32, 0x0118),
    raw("ar25", 32, 0x0119),
    raw("ar26", 32, 0x011a),
    raw("ar27", 32, 0x011b),
    raw("ar28", 32, 0x011c),
    raw("ar29", 32, 0x011d),
    raw("ar30", 32, 0x011e),
    raw("ar31", 32, 0x011f),
    raw("ar32", 32, 0x0120),
    raw("ar33", 32, 0x0121),
    raw("ar34", 32, 0x0122),
    raw("ar35", 32, 0x0123),
    raw("ar36", 32, 0x0124),
    raw("ar37", 32, 0x0125),
    raw("ar38", 32, 0x0126),
    raw("ar39", 32, 0x0127),
    raw("ar40", 32, 0x0128),
    raw("ar41", 32, 0x0129),
    raw("ar42", 32, 0x012a),
    raw("ar43", 32, 0x012b),
    raw("ar44", 32, 0x012c),
    raw("ar45", 32, 0x012d),
    raw("ar46", 32, 0x012e),
    raw("ar47", 32, 0x012f),
    raw("ar48", 32, 0x0130),
    raw("ar49", 32, 0x0131),
    raw("ar50", 32, 0x0132),
    raw("ar51", 32, 0x0133),
    raw("ar52", 32, 0x0134),
    raw("ar53", 32, 0x0135),
    raw("ar54", 32, 0x0136),
    raw("ar55", 32, 0x0137),
    raw("ar56", 32, 0x0138),
    raw("ar57", 32, 0x0139),
    raw("ar58", 32, 0x013a),
    raw("ar59", 32, 0x013b),
    raw("ar60", 32, 0x013c),
    raw("ar61", 32, 0x013d),
    raw("ar62", 32, 0x013e),
    raw("ar63", 32, 0x013f),
    raw("lbeg", 32, 0x0200),
    raw("lend", 32, 0x0201),
    raw("lcount", 32, 0x0202),
    raw("sar", 6, 0x0203),
    raw("windowbase", 4, 0x0248),
    raw("windowstart", 16, 0x0249),
    raw("configid0", 32, 0x02b0),
    raw("configid1", 32, 0x02d0),
    raw("ps", 19, 0x02e6),
    raw("threadptr", 32, 0x03e7),
    raw("br", 16, 0x0204),
    raw("scompare1", 32, 0x020c),
    raw("acclo", 32, 0x0210),
    raw("acchi", 8, 0x0211),
    raw("m0", 32, 0x0220),
    raw("m1", 32, 0x0221),
    raw("m2", 32, 0x0222),
    raw("m3", 32, 0x0223),
    raw("expstate", 32, 0x03e6),
    raw("f64r_lo", 32, 0x03ea),
    raw("f64r_hi", 32, 0x03eb),
    raw("f64s", 32, 0x03ec),
    raw("f0", 32, 0x0030),
    raw("f1", 32, 0x0031),
    raw("f2", 32, 0x0032),
    raw("f3", 32, 0x0033),
    raw("f4", 32, 0x0034),
    raw("f5", 32, 0x0035),
    raw("f6", 32, 0x0036),
    raw("f7", 32, 0x0037),
    raw("f8", 32, 0x0038),
    raw("f9", 32, 0x0039),
    raw("f10", 32, 0x003a),
    raw("f11", 32, 0x003b),
    raw("f12", 32, 0x003c),
    raw("f13", 32, 0x003d),
    raw("f14", 32, 0x003e),
    raw("f15", 32, 0x003f),
    raw("fcr", 32, 0x03e8),
    raw("fsr", 32, 0x03e9),
    raw("mmid", 32, 0x0259),
    raw("ibreakenable", 2, 0x0260),
    raw("memctl", 1, 0x0261),
    raw("atomctl", 6, 0x0263),
    raw("ddr", 32, 0x0268),
    raw("ibreaka0", 32, 0x0280),
    raw("ibreaka1", 32, 0x0281),
    raw("dbreaka0", 32, 0x0290),
    raw("dbreaka1", 32, 0x0291),
    raw("dbreakc0", 32, 0x02a0),
    raw("dbreakc1", 32, 0x02a1),
    raw("epc1", 32, 0x02b1),
    raw("epc2", 32, 0x02b2),
    raw("epc3", 32, 0x02b3),
    raw("epc4", 32, 0x02b4),
    raw("epc5", 32, 0x02b5),
    raw("epc6", 32, 0x02b6),
    raw("epc7", 32, 0x02b7),
    raw("depc", 32, 0x02c0),
    raw("eps2", 19, 0x02c2),
    raw("eps3", 19, 0x02c3),
    raw("eps4", 19, 0x02c4),
    raw("eps5", 19, 0x02c5),
    raw("eps6", 19, 0x02c6),
    raw("eps7", 19, 0x02c7),
    raw("excsave1", 32, 0x02d1),
    raw("excsave2", 32, 0x02d2),
    raw("excsave3", 32, 0x02d3),
    raw("excsave4", 32, 0x02d4),
    raw("excsave5", 32, 0x02d5),
    raw("excsave6", 32, 0x02d6),
    raw("excsave7", 32, 0x02d7),
    raw("cpenable", 8, 0x02e0),
    raw("interrupt", 32, 0x02e2),
    raw("intset", 32, 0x02e2),
    raw("intclear", 32, 0x02e3),
    raw("intenable", 32, 0x02e4),
    raw("vecbase", 32, 0x02e7),
    raw("exccause", 6, 0x02e8),
    raw("debugcause", 12, 0x02e9),
    raw("ccount", 32, 0x02ea),
    raw("prid", 32, 0x02eb),
    raw("icount", 32, 0x02ec),
    raw("icountlevel", 4, 0x02ed),
    raw("excvaddr", 32, 0x02ee),
    raw("ccompare0", 32, 0x02f0),
    raw("ccompare1", 32, 0x02f1),
    raw("ccompare2", 32, 0x02f2),
    raw("misc0", 32, 0x02f4),
    raw("misc1", 32, 0x02f5),
    raw("misc2", 32, 0x02f6),
    raw("misc3", 32, 0x02f7),
];

/// Names of registers 157 to 172.
pub const WINDOW: [&str; 16] =
    ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14", "a15"];

const fn view(name: &'static str, bytes: u8, target: u16, parts: &'static [(u8, u8, u8)]) -> RegView {
    RegView { name, bytes, target, parts }
}

/// Registers 173 to 211, by number.
pub const VIEWS: [RegView; 39] = [
    view("b0", 1, 0x0010, &[(75, 0, 1)]),
    view("b1", 1, 0x0011, &[(75, 1, 1)]),
    view("b2", 1, 0x0012, &[(75, 2, 1)]),
    view("b3", 1, 0x0013, &[(75, 3, 1)]),
    view("b4", 1, 0x0014, &[(75, 4, 1)]),
    view("b5", 1, 0x0015, &[(75, 5, 1)]),
    view("b6", 1, 0x0016, &[(75, 6, 1)]),
    view("b7", 1, 0x0017, &[(75, 7, 1)]),
    view("b8", 1, 0x0018, &[(75, 8, 1)]),
    view("b9", 1, 0x0019, &[(75, 9, 1)]),
    view("b10", 1, 0x001a, &[(75, 10, 1)]),
    view("b11", 1, 0x001b, &[(75, 11, 1)]),
    view("b12", 1, 0x001c, &[(75, 12, 1)]),
    view("b13", 1, 0x001d, &[(75, 13, 1)]),
    view("b14", 1, 0x001e, &[(75, 14, 1)]),
    view("b15", 1, 0x001f, &[(75, 15, 1)]),
    view("psintlevel", 4, 0x2008, &[(73, 0, 4)]),
    view("psum", 4, 0x2009, &[(73, 5, 1)]),
    view("pswoe", 4, 0x200a, &[(73, 18, 1)]),
    view("psexcm", 4, 0x200b, &[(73, 4, 1)]),
    view("pscallinc", 4, 0x200c, &[(73, 16, 2)]),
    view("psowb", 4, 0x200d, &[(73, 8, 4)]),
    view("acc", 8, 0x200e, &[(77, 0, 32), (78, 0, 8)]),
    view("dbnum", 4, 0x2013, &[(144, 8, 4)]),
    view("f64r", 8, 0x2015, &[(84, 0, 32), (85, 0, 32)]),
    view("roundmode", 4, 0x2016, &[(103, 0, 2)]),
    view("invalidenable", 4, 0x2017, &[(103, 6, 1)]),
    view("divzeroenable", 4, 0x2018, &[(103, 5, 1)]),
    view("overflowenable", 4, 0x2019, &[(103, 4, 1)]),
    view("underflowenable", 4, 0x201a, &[(103, 3, 1)]),
    view("inexactenable", 4, 0x201b, &[(103, 2, 1)]),
    view("invalidflag", 4, 0x201c, &[(104, 11, 1)]),
    view("divzeroflag", 4, 0x201d, &[(104, 10, 1)]),
    view("overflowflag", 4, 0x201e, &[(104, 9, 1)]),
    view("underflowflag", 4, 0x201f, &[(104, 8, 1)]),
    view("inexactflag", 4, 0x2020, &[(104, 7, 1)]),
    view("fpreserved20", 4, 0x2021, &[(103, 12, 20)]),
    view("fpreserved20a", 4, 0x2022, &[(104, 12, 20)]),
    view("fpreserved5", 4, 0x2023, &[(103, 7, 5)]),
];
