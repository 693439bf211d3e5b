//! The special and user registers of the ESP32, by number.

use super::op::Op;

macro_rules! specials {
    ($($konst:ident $number:literal $name:literal [$($op:ident)*];)*) => {
        /// The numbers of the special registers, for RSR, WSR and XSR.
        pub mod sr {
            $(#[doc = concat!("`", $name, "`.")] pub const $konst: u8 = $number;)*
        }

        /// Returns the name of special register `number` if `op` can access it.
        fn special(op: Op, number: u8) -> Option<&'static str> {
            match (op, number) {
                $(($(Op::$op)|*, $number) => Some($name),)*
                _ => None,
            }
        }
    };
}

macro_rules! users {
    ($($konst:ident $number:literal $name:literal;)*) => {
        /// The numbers of the user registers, for RUR and WUR.
        pub mod ur {
            $(#[doc = concat!("`", $name, "`.")] pub const $konst: u8 = $number;)*
        }

        /// Returns the name of user register `number`.
        fn user(number: u8) -> Option<&'static str> {
            match number {
                $($number => Some($name),)*
                _ => None,
            }
        }
    };
}

specials! {
    LBEG 0 "lbeg" [Rsr Wsr Xsr];
    LEND 1 "lend" [Rsr Wsr Xsr];
    LCOUNT 2 "lcount" [Rsr Wsr Xsr];
    SAR 3 "sar" [Rsr Wsr Xsr];
    BR 4 "br" [Rsr Wsr Xsr];
    LITBASE 5 "litbase" [Rsr Wsr Xsr];
    SCOMPARE1 12 "scompare1" [Rsr Wsr Xsr];
    ACCLO 16 "acclo" [Rsr Wsr Xsr];
    ACCHI 17 "acchi" [Rsr Wsr Xsr];
    M0 32 "m0" [Rsr Wsr Xsr];
    M1 33 "m1" [Rsr Wsr Xsr];
    M2 34 "m2" [Rsr Wsr Xsr];
    M3 35 "m3" [Rsr Wsr Xsr];
    WINDOWBASE 72 "windowbase" [Rsr Wsr Xsr];
    WINDOWSTART 73 "windowstart" [Rsr Wsr Xsr];
    MMID 89 "mmid" [Wsr];
    IBREAKENABLE 96 "ibreakenable" [Rsr Wsr Xsr];
    MEMCTL 97 "memctl" [Rsr Wsr Xsr];
    ATOMCTL 99 "atomctl" [Rsr Wsr Xsr];
    DDR 104 "ddr" [Rsr Wsr Xsr];
    IBREAKA0 128 "ibreaka0" [Rsr Wsr Xsr];
    IBREAKA1 129 "ibreaka1" [Rsr Wsr Xsr];
    DBREAKA0 144 "dbreaka0" [Rsr Wsr Xsr];
    DBREAKA1 145 "dbreaka1" [Rsr Wsr Xsr];
    DBREAKC0 160 "dbreakc0" [Rsr Wsr Xsr];
    DBREAKC1 161 "dbreakc1" [Rsr Wsr Xsr];
    CONFIGID0 176 "configid0" [Rsr Wsr];
    EPC1 177 "epc1" [Rsr Wsr Xsr];
    EPC2 178 "epc2" [Rsr Wsr Xsr];
    EPC3 179 "epc3" [Rsr Wsr Xsr];
    EPC4 180 "epc4" [Rsr Wsr Xsr];
    EPC5 181 "epc5" [Rsr Wsr Xsr];
    EPC6 182 "epc6" [Rsr Wsr Xsr];
    EPC7 183 "epc7" [Rsr Wsr Xsr];
    DEPC 192 "depc" [Rsr Wsr Xsr];
    EPS2 194 "eps2" [Rsr Wsr Xsr];
    EPS3 195 "eps3" [Rsr Wsr Xsr];
    EPS4 196 "eps4" [Rsr Wsr Xsr];
    EPS5 197 "eps5" [Rsr Wsr Xsr];
    EPS6 198 "eps6" [Rsr Wsr Xsr];
    EPS7 199 "eps7" [Rsr Wsr Xsr];
    CONFIGID1 208 "configid1" [Rsr];
    EXCSAVE1 209 "excsave1" [Rsr Wsr Xsr];
    EXCSAVE2 210 "excsave2" [Rsr Wsr Xsr];
    EXCSAVE3 211 "excsave3" [Rsr Wsr Xsr];
    EXCSAVE4 212 "excsave4" [Rsr Wsr Xsr];
    EXCSAVE5 213 "excsave5" [Rsr Wsr Xsr];
    EXCSAVE6 214 "excsave6" [Rsr Wsr Xsr];
    EXCSAVE7 215 "excsave7" [Rsr Wsr Xsr];
    CPENABLE 224 "cpenable" [Rsr Wsr Xsr];
    INTERRUPT 226 "interrupt" [Rsr];
    INTSET 226 "intset" [Wsr];
    INTCLEAR 227 "intclear" [Wsr];
    INTENABLE 228 "intenable" [Rsr Wsr Xsr];
    PS 230 "ps" [Rsr Wsr Xsr];
    VECBASE 231 "vecbase" [Rsr Wsr Xsr];
    EXCCAUSE 232 "exccause" [Rsr Wsr Xsr];
    DEBUGCAUSE 233 "debugcause" [Rsr Wsr Xsr];
    CCOUNT 234 "ccount" [Rsr Wsr Xsr];
    PRID 235 "prid" [Rsr];
    ICOUNT 236 "icount" [Rsr Wsr Xsr];
    ICOUNTLEVEL 237 "icountlevel" [Rsr Wsr Xsr];
    EXCVADDR 238 "excvaddr" [Rsr Wsr Xsr];
    CCOMPARE0 240 "ccompare0" [Rsr Wsr Xsr];
    CCOMPARE1 241 "ccompare1" [Rsr Wsr Xsr];
    CCOMPARE2 242 "ccompare2" [Rsr Wsr Xsr];
    MISC0 244 "misc0" [Rsr Wsr Xsr];
    MISC1 245 "misc1" [Rsr Wsr Xsr];
    MISC2 246 "misc2" [Rsr Wsr Xsr];
    MISC3 247 "misc3" [Rsr Wsr Xsr];
}

users! {
    EXPSTATE 230 "expstate";
    THREADPTR 231 "threadptr";
    FCR 232 "fcr";
    FSR 233 "fsr";
    F64R_LO 234 "f64r_lo";
    F64R_HI 235 "f64r_hi";
    F64S 236 "f64s";
}

/// Returns the name of the register `number` that `op`, one of RSR, WSR, XSR, RUR and WUR, accesses.
///
/// Returns `None` if there is no such register or `op` cannot access it: INTSET is only for WSR.
#[inline]
pub fn name(op: Op, number: u8) -> Option<&'static str> {
    match op {
        Op::Rur | Op::Wur => user(number),
        _ => special(op, number),
    }
}
