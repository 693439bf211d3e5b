//! Arithmetic, logic, shifts, moves, booleans.

macro_rules! ops_alu {
    ($cb:ident $($acc:tt)*) => {
        $crate::isa::table::ops_memory! { $cb $($acc)*
            Abs "abs" Rrr 0xff0f0f 0x600100 [Ar At] Plain "AR(r) = absolute value of AR(t).";
            Add "add" Rrr 0xff000f 0x800000 [Ar As At] Plain "AR(r) = AR(s) + AR(t).";
            AddN "add.n" Rrrn 0x00000f 0x00000a [Ar As At] Plain "Density form of ADD.";
            Addi "addi" Rri8 0x00f00f 0x00c002 [At As Imm8S] Plain "AR(t) = AR(s) + imm, imm -128..=127.";
            AddiN "addi.n" Rrrn 0x00000f 0x00000b [Ar As ImmAddiN] Plain "AR(r) = AR(s) + imm, imm -1 or 1..=15.";
            Addmi "addmi" Rri8 0x00f00f 0x00d002 [At As Imm8S256] Plain "AR(t) = AR(s) + imm, imm a multiple of 256.";
            Addx2 "addx2" Rrr 0xff000f 0x900000 [Ar As At] Plain "AR(r) = AR(s) * 2 + AR(t).";
            Addx4 "addx4" Rrr 0xff000f 0xa00000 [Ar As At] Plain "AR(r) = AR(s) * 4 + AR(t).";
            Addx8 "addx8" Rrr 0xff000f 0xb00000 [Ar As At] Plain "AR(r) = AR(s) * 8 + AR(t).";
            Sub "sub" Rrr 0xff000f 0xc00000 [Ar As At] Plain "AR(r) = AR(s) - AR(t).";
            Subx2 "subx2" Rrr 0xff000f 0xd00000 [Ar As At] Plain "AR(r) = AR(s) * 2 - AR(t).";
            Subx4 "subx4" Rrr 0xff000f 0xe00000 [Ar As At] Plain "AR(r) = AR(s) * 4 - AR(t).";
            Subx8 "subx8" Rrr 0xff000f 0xf00000 [Ar As At] Plain "AR(r) = AR(s) * 8 - AR(t).";
            Neg "neg" Rrr 0xff0f0f 0x600000 [Ar At] Plain "AR(r) = -AR(t).";
            And "and" Rrr 0xff000f 0x100000 [Ar As At] Plain "AR(r) = AR(s) & AR(t).";
            Or "or" Rrr 0xff000f 0x200000 [Ar As At] Plain "AR(r) = AR(s) | AR(t).";
            Xor "xor" Rrr 0xff000f 0x300000 [Ar As At] Plain "AR(r) = AR(s) ^ AR(t).";
            MovN "mov.n" Rrrn 0x00f00f 0x00000d [At As] Plain "AR(t) = AR(s).";
            Movi "movi" Rri8 0x00f00f 0x00a002 [At ImmMovi] Plain "AR(t) = imm, imm -2048..=2047.";
            MoviN "movi.n" Ri7 0x00008f 0x00000c [As ImmMoviN] Plain "AR(s) = imm, imm -32..=95.";
            Moveqz "moveqz" Rrr 0xff000f 0x830000 [Ar As At] Plain "AR(r) = AR(s) if AR(t) is zero.";
            Movnez "movnez" Rrr 0xff000f 0x930000 [Ar As At] Plain "AR(r) = AR(s) if AR(t) is not zero.";
            Movltz "movltz" Rrr 0xff000f 0xa30000 [Ar As At] Plain "AR(r) = AR(s) if AR(t) is negative.";
            Movgez "movgez" Rrr 0xff000f 0xb30000 [Ar As At] Plain "AR(r) = AR(s) if AR(t) is not negative.";
            Movf "movf" Rrr 0xff000f 0xc30000 [Ar As Bt] Plain "AR(r) = AR(s) if BR(t) is clear.";
            Movt "movt" Rrr 0xff000f 0xd30000 [Ar As Bt] Plain "AR(r) = AR(s) if BR(t) is set.";
            Nop "nop" Rrr 0xffffff 0x0020f0 [] Plain "No operation.";
            NopN "nop.n" Rrrn 0x00ffff 0x00f03d [] Plain "Density form of NOP.";
            Min "min" Rrr 0xff000f 0x430000 [Ar As At] Plain "AR(r) = signed minimum of AR(s) and AR(t).";
            Max "max" Rrr 0xff000f 0x530000 [Ar As At] Plain "AR(r) = signed maximum of AR(s) and AR(t).";
            Minu "minu" Rrr 0xff000f 0x630000 [Ar As At] Plain "AR(r) = unsigned minimum of AR(s) and AR(t).";
            Maxu "maxu" Rrr 0xff000f 0x730000 [Ar As At] Plain "AR(r) = unsigned maximum of AR(s) and AR(t).";
            Nsa "nsa" Rrr 0xfff00f 0x40e000 [At As] Plain "AR(t) = left shifts that normalise AR(s) as a signed number.";
            Nsau "nsau" Rrr 0xfff00f 0x40f000 [At As] Plain "AR(t) = count of leading zeros of AR(s).";
            Sext "sext" Rrr 0xff000f 0x230000 [Ar As ImmTp7] Plain "AR(r) = AR(s) sign-extended from bit imm.";
            Clamps "clamps" Rrr 0xff000f 0x330000 [Ar As ImmTp7] Plain "AR(r) = AR(s) saturated to a signed number of imm + 1 bits.";
            Ssr "ssr" Rrr 0xfff0ff 0x400000 [As] Plain "SAR = AR(s) & 31, for a right shift.";
            Ssl "ssl" Rrr 0xfff0ff 0x401000 [As] Plain "SAR = 32 - (AR(s) & 31), for a left shift.";
            Ssa8l "ssa8l" Rrr 0xfff0ff 0x402000 [As] Plain "SAR = (AR(s) & 3) * 8, little-endian byte align.";
            Ssa8b "ssa8b" Rrr 0xfff0ff 0x403000 [As] Plain "SAR = 32 - (AR(s) & 3) * 8, big-endian byte align.";
            Ssai "ssai" Rrr 0xfff0ef 0x404000 [ImmSas] Plain "SAR = imm, 0..=31.";
            Sll "sll" Rrr 0xff00ff 0xa10000 [Ar As] Plain "AR(r) = AR(s) << (32 - SAR).";
            Src "src" Rrr 0xff000f 0x810000 [Ar As At] Plain "AR(r) = low word of the pair AR(s):AR(t) >> SAR.";
            Srl "srl" Rrr 0xff0f0f 0x910000 [Ar At] Plain "AR(r) = AR(t) >> SAR, logical.";
            Sra "sra" Rrr 0xff0f0f 0xb10000 [Ar At] Plain "AR(r) = AR(t) >> SAR, arithmetic.";
            Slli "slli" Rrr 0xef000f 0x010000 [Ar As ImmSll] Plain "AR(r) = AR(s) << imm.";
            Srai "srai" Rrr 0xef000f 0x210000 [Ar At ImmSra] Plain "AR(r) = AR(t) >> imm, arithmetic.";
            Srli "srli" Rrr 0xff000f 0x410000 [Ar At ImmS] Plain "AR(r) = AR(t) >> imm, logical, imm 0..=15.";
            Extui "extui" Rrr 0x0e000f 0x040000 [Ar At ImmExtui] Plain "AR(r) = the (imm >> 8) bits of AR(t) from bit (imm & 255) up.";
            Mul16u "mul16u" Rrr 0xff000f 0xc10000 [Ar As At] Plain "AR(r) = unsigned product of the low halves of AR(s) and AR(t).";
            Mul16s "mul16s" Rrr 0xff000f 0xd10000 [Ar As At] Plain "AR(r) = signed product of the low halves of AR(s) and AR(t).";
            Mull "mull" Rrr 0xff000f 0x820000 [Ar As At] Plain "AR(r) = low word of AR(s) * AR(t).";
            Muluh "muluh" Rrr 0xff000f 0xa20000 [Ar As At] Plain "AR(r) = high word of the unsigned AR(s) * AR(t).";
            Mulsh "mulsh" Rrr 0xff000f 0xb20000 [Ar As At] Plain "AR(r) = high word of the signed AR(s) * AR(t).";
            Quou "quou" Rrr 0xff000f 0xc20000 [Ar As At] Plain "AR(r) = unsigned AR(s) / AR(t); zero divisor raises.";
            Quos "quos" Rrr 0xff000f 0xd20000 [Ar As At] Plain "AR(r) = signed AR(s) / AR(t); zero divisor raises.";
            Remu "remu" Rrr 0xff000f 0xe20000 [Ar As At] Plain "AR(r) = unsigned AR(s) % AR(t); zero divisor raises.";
            Rems "rems" Rrr 0xff000f 0xf20000 [Ar As At] Plain "AR(r) = signed AR(s) % AR(t); zero divisor raises.";
            Andb "andb" Rrr 0xff000f 0x020000 [Br Bs Bt] Plain "BR(r) = BR(s) and BR(t).";
            Andbc "andbc" Rrr 0xff000f 0x120000 [Br Bs Bt] Plain "BR(r) = BR(s) and not BR(t).";
            Orb "orb" Rrr 0xff000f 0x220000 [Br Bs Bt] Plain "BR(r) = BR(s) or BR(t).";
            Orbc "orbc" Rrr 0xff000f 0x320000 [Br Bs Bt] Plain "BR(r) = BR(s) or not BR(t).";
            Xorb "xorb" Rrr 0xff000f 0x420000 [Br Bs Bt] Plain "BR(r) = BR(s) xor BR(t).";
            Any4 "any4" Rrr 0xfff00f 0x008000 [Bt Bs4] Plain "BR(t) = or of the four booleans from s & 12.";
            All4 "all4" Rrr 0xfff00f 0x009000 [Bt Bs4] Plain "BR(t) = and of the four booleans from s & 12.";
            Any8 "any8" Rrr 0xfff00f 0x00a000 [Bt Bs8] Plain "BR(t) = or of the eight booleans from s & 8.";
            All8 "all8" Rrr 0xfff00f 0x00b000 [Bt Bs8] Plain "BR(t) = and of the eight booleans from s & 8.";
        }
    };
}
pub(crate) use ops_alu;
