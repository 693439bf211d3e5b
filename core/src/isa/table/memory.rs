//! Loads and stores of the AR file.

macro_rules! ops_memory {
    ($cb:ident $($acc:tt)*) => {
        $crate::isa::table::ops_branch! { $cb $($acc)*
            L8ui "l8ui" Rri8 0x00f00f 0x000002 [At As Imm8] Plain "AR(t) = zero-extended byte at AR(s) + imm.";
            L16ui "l16ui" Rri8 0x00f00f 0x001002 [At As Imm8X2] Plain "AR(t) = zero-extended halfword at AR(s) + imm.";
            L16si "l16si" Rri8 0x00f00f 0x009002 [At As Imm8X2] Plain "AR(t) = sign-extended halfword at AR(s) + imm.";
            L32i "l32i" Rri8 0x00f00f 0x002002 [At As Imm8X4] Plain "AR(t) = word at AR(s) + imm.";
            L32iN "l32i.n" Rrrn 0x00000f 0x000008 [At As ImmR4] Plain "AR(t) = word at AR(s) + imm, imm 0..=60.";
            L32r "l32r" Ri16 0x00000f 0x000001 [At Literal] Plain "AR(t) = literal word at ((PC + 3) & !3) + imm, imm negative.";
            L32ai "l32ai" Rri8 0x00f00f 0x00b002 [At As Imm8X4] Plain "AR(t) = word at AR(s) + imm, acquiring: performed before later accesses.";
            L32e "l32e" Rri4 0xff000f 0x090000 [At As ImmWin] Plain "AR(t) = word at AR(s) + imm with ring PS.RING, for window underflow; imm -64..=-4.";
            S8i "s8i" Rri8 0x00f00f 0x004002 [At As Imm8] Plain "Store the low byte of AR(t) at AR(s) + imm.";
            S16i "s16i" Rri8 0x00f00f 0x005002 [At As Imm8X2] Plain "Store the low halfword of AR(t) at AR(s) + imm.";
            S32i "s32i" Rri8 0x00f00f 0x006002 [At As Imm8X4] Plain "Store AR(t) at AR(s) + imm.";
            S32iN "s32i.n" Rrrn 0x00000f 0x000009 [At As ImmR4] Plain "Store AR(t) at AR(s) + imm, imm 0..=60.";
            S32ri "s32ri" Rri8 0x00f00f 0x00f002 [At As Imm8X4] Plain "Store AR(t) at AR(s) + imm, releasing: performed after earlier accesses.";
            S32e "s32e" Rri4 0xff000f 0x490000 [At As ImmWin] Plain "Store AR(t) at AR(s) + imm with ring PS.RING, for window overflow; imm -64..=-4.";
            S32c1i "s32c1i" Rri8 0x00f00f 0x00e002 [At As Imm8X4] Plain "Store AR(t) at AR(s) + imm if the word there equals SCOMPARE1; AR(t) = the old word.";
            S32nb "s32nb" Rri4 0xff000f 0x590000 [At As ImmR4] Plain "Store AR(t) at AR(s) + imm, not buffered; imm 0..=60.";
        }
    };
}
pub(crate) use ops_memory;
