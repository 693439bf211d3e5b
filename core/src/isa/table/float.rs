//! Single-precision floating point and the double-precision accelerator.

macro_rules! ops_float {
    ($cb:ident $($acc:tt)*) => {
        $cb! { $($acc)*
            Lsi "lsi" Rri8 0x00f00f 0x000003 [Ft As Imm8X4] Plain "FR(t) = word at AR(s) + imm.";
            Lsip "lsip" Rri8 0x00f00f 0x008003 [Ft As Imm8X4] Plain "FR(t) = word at AR(s), then AR(s) += imm.";
            Lsx "lsx" Rrr 0xff000f 0x080000 [Fr As At] Plain "FR(r) = word at AR(s) + AR(t).";
            Lsxp "lsxp" Rrr 0xff000f 0x180000 [Fr As At] Plain "FR(r) = word at AR(s), then AR(s) += AR(t).";
            Ssi "ssi" Rri8 0x00f00f 0x004003 [Ft As Imm8X4] Plain "Store FR(t) at AR(s) + imm.";
            Ssip "ssip" Rri8 0x00f00f 0x00c003 [Ft As Imm8X4] Plain "Store FR(t) at AR(s), then AR(s) += imm.";
            Ssx "ssx" Rrr 0xff000f 0x480000 [Fr As At] Plain "Store FR(r) at AR(s) + AR(t).";
            Ssxp "ssxp" Rrr 0xff000f 0x580000 [Fr As At] Plain "Store FR(r) at AR(s), then AR(s) += AR(t).";
            AbsS "abs.s" Rrr 0xff00ff 0xfa0010 [Fr Fs] Plain "FR(r) = absolute value of FR(s).";
            NegS "neg.s" Rrr 0xff00ff 0xfa0060 [Fr Fs] Plain "FR(r) = -FR(s).";
            MovS "mov.s" Rrr 0xff00ff 0xfa0000 [Fr Fs] Plain "FR(r) = FR(s).";
            MoveqzS "moveqz.s" Rrr 0xff000f 0x8b0000 [Fr Fs At] Plain "FR(r) = FR(s) if AR(t) is zero.";
            MovnezS "movnez.s" Rrr 0xff000f 0x9b0000 [Fr Fs At] Plain "FR(r) = FR(s) if AR(t) is not zero.";
            MovltzS "movltz.s" Rrr 0xff000f 0xab0000 [Fr Fs At] Plain "FR(r) = FR(s) if AR(t) is negative.";
            MovgezS "movgez.s" Rrr 0xff000f 0xbb0000 [Fr Fs At] Plain "FR(r) = FR(s) if AR(t) is not negative.";
            MovfS "movf.s" Rrr 0xff000f 0xcb0000 [Fr Fs Bt] Plain "FR(r) = FR(s) if BR(t) is clear.";
            MovtS "movt.s" Rrr 0xff000f 0xdb0000 [Fr Fs Bt] Plain "FR(r) = FR(s) if BR(t) is set.";
            Wfr "wfr" Rrr 0xff00ff 0xfa0050 [Fr As] Plain "FR(r) = the bits of AR(s).";
            Rfr "rfr" Rrr 0xff00ff 0xfa0040 [Ar Fs] Plain "AR(r) = the bits of FR(s).";
            RoundS "round.s" Rrr 0xff000f 0x8a0000 [Ar Fs ImmT] Plain "AR(r) = FR(s) * 2^imm to integer, to nearest even.";
            CeilS "ceil.s" Rrr 0xff000f 0xba0000 [Ar Fs ImmT] Plain "AR(r) = FR(s) * 2^imm to integer, upward.";
            FloorS "floor.s" Rrr 0xff000f 0xaa0000 [Ar Fs ImmT] Plain "AR(r) = FR(s) * 2^imm to integer, downward.";
            TruncS "trunc.s" Rrr 0xff000f 0x9a0000 [Ar Fs ImmT] Plain "AR(r) = FR(s) * 2^imm to integer, toward zero.";
            UtruncS "utrunc.s" Rrr 0xff000f 0xea0000 [Ar Fs ImmT] Plain "AR(r) = FR(s) * 2^imm to unsigned integer, toward zero.";
            FloatS "float.s" Rrr 0xff000f 0xca0000 [Fr As ImmT] Plain "FR(r) = signed AR(s) * 2^-imm.";
            UfloatS "ufloat.s" Rrr 0xff000f 0xda0000 [Fr As ImmT] Plain "FR(r) = unsigned AR(s) * 2^-imm.";
            UnS "un.s" Rrr 0xff000f 0x1b0000 [Br Fs Ft] Plain "BR(r) = FR(s) and FR(t) are unordered.";
            UltS "ult.s" Rrr 0xff000f 0x5b0000 [Br Fs Ft] Plain "BR(r) = FR(s) < FR(t) or unordered.";
            UleS "ule.s" Rrr 0xff000f 0x7b0000 [Br Fs Ft] Plain "BR(r) = FR(s) <= FR(t) or unordered.";
            UeqS "ueq.s" Rrr 0xff000f 0x3b0000 [Br Fs Ft] Plain "BR(r) = FR(s) equals FR(t) or unordered.";
            OltS "olt.s" Rrr 0xff000f 0x4b0000 [Br Fs Ft] Plain "BR(r) = FR(s) < FR(t), ordered.";
            OleS "ole.s" Rrr 0xff000f 0x6b0000 [Br Fs Ft] Plain "BR(r) = FR(s) <= FR(t), ordered.";
            OeqS "oeq.s" Rrr 0xff000f 0x2b0000 [Br Fs Ft] Plain "BR(r) = FR(s) equals FR(t), ordered.";
            AddS "add.s" Rrr 0xff000f 0x0a0000 [Fr Fs Ft] Plain "FR(r) = FR(s) + FR(t).";
            SubS "sub.s" Rrr 0xff000f 0x1a0000 [Fr Fs Ft] Plain "FR(r) = FR(s) - FR(t).";
            MulS "mul.s" Rrr 0xff000f 0x2a0000 [Fr Fs Ft] Plain "FR(r) = FR(s) * FR(t).";
            MaddS "madd.s" Rrr 0xff000f 0x4a0000 [Fr Fs Ft] Plain "FR(r) += FR(s) * FR(t), fused.";
            MsubS "msub.s" Rrr 0xff000f 0x5a0000 [Fr Fs Ft] Plain "FR(r) -= FR(s) * FR(t), fused.";
            MaddnS "maddn.s" Rrr 0xff000f 0x6a0000 [Fr Fs Ft] Plain "MADD.S that rounds to nearest for any FCR.";
            DivnS "divn.s" Rrr 0xff000f 0x7a0000 [Fr Fs Ft] Plain "Last step of division: MADD.S with the exponent adjustment of ADDEXP.S.";
            Sqrt0S "sqrt0.s" Rrr 0xff00ff 0xfa0090 [Fr Fs] Plain "FR(r) = seed of the square root of FR(s).";
            Div0S "div0.s" Rrr 0xff00ff 0xfa0070 [Fr Fs] Plain "FR(r) = seed of the reciprocal of FR(s) for division.";
            Recip0S "recip0.s" Rrr 0xff00ff 0xfa0080 [Fr Fs] Plain "FR(r) = seed of the reciprocal of FR(s).";
            Rsqrt0S "rsqrt0.s" Rrr 0xff00ff 0xfa00a0 [Fr Fs] Plain "FR(r) = seed of the reciprocal square root of FR(s).";
            ConstS "const.s" Rrr 0xff00ff 0xfa0030 [Fr ImmS] Plain "FR(r) = constant number imm.";
            Nexp01S "nexp01.s" Rrr 0xff00ff 0xfa00b0 [Fr Fs] Plain "FR(r) = -FR(s) with its exponent narrowed to 0 or 1.";
            AddexpS "addexp.s" Rrr 0xff00ff 0xfa00e0 [Fr Fs] Plain "Add the exponent of FR(s) to that of FR(r).";
            AddexpmS "addexpm.s" Rrr 0xff00ff 0xfa00f0 [Fr Fs] Plain "Add the exponent encoded in the mantissa of FR(s) to that of FR(r).";
            MkdadjS "mkdadj.s" Rrr 0xff00ff 0xfa00d0 [Fr Fs] Plain "FR(r) = exponent adjustment for a division, from FR(s) and FR(r).";
            MksadjS "mksadj.s" Rrr 0xff00ff 0xfa00c0 [Fr Fs] Plain "FR(r) = exponent adjustment for the square root of FR(s).";
            F64iter "f64iter" Rrr 0x8f000f 0x8e0000 [Ar As At ImmIter] Plain "Accelerator: one step of a double-precision division or square root; imm selects it.";
            F64rnd "f64rnd" Rrr 0xcf000f 0x4e0000 [Ar As At ImmRnd] Plain "Accelerator: round a double-precision result; imm selects the step.";
            F64addc "f64addc" Rrr 0xff800f 0xfb0000 [At As ImmAddc] Plain "Accelerator: one step of a double-precision addition; imm selects it.";
            F64subc "f64subc" Rrr 0xff800f 0xfb8000 [At As ImmAddc] Plain "Accelerator: one step of a double-precision subtraction; imm selects it.";
            F64sig "f64sig" Rrr 0xfff00f 0x0ed000 [At As] Plain "Accelerator: AR(t) = the significand part of AR(s).";
            F64cmpl "f64cmpl" Rrr 0xff000f 0xeb0000 [Ar As At] Plain "Accelerator: compare the low words of two doubles.";
            F64cmph "f64cmph" Rrr 0x0f000f 0x0f0000 [Ar As At ImmOp2] Plain "Accelerator: compare the high words of two doubles; imm selects the relation.";
            F64norm "f64norm" Rrr 0xef000f 0x2e0000 [Ar As At ImmNorm] Plain "Accelerator: normalise a double; imm selects the step.";
            F64sexp "f64sexp" Rrr 0xff000f 0x1e0000 [Ar As At] Plain "Accelerator: set the exponent of a double.";
            Rf64r "rf64r" Rrr 0xfffe0f 0x0bce00 [At ImmS0] Plain "Accelerator: AR(t) = a word of F64R; imm selects it.";
            Wf64r "wf64r" Rrr 0xffe00f 0x0be000 [As At ImmR0] Plain "Accelerator: F64R from AR(s) and AR(t); imm selects how.";
        }
    };
}
pub(crate) use ops_float;
