//! The MAC16 option.

macro_rules! ops_mac16 {
    ($cb:ident $($acc:tt)*) => {
        $crate::isa::table::ops_float! { $cb $($acc)*
            MulAaLl "mul.aa.ll" Rrr 0xfff00f 0x740004 [As At] Plain "ACC = low half of AR(s) * low half of AR(t).";
            MulAaHl "mul.aa.hl" Rrr 0xfff00f 0x750004 [As At] Plain "ACC = high half of AR(s) * low half of AR(t).";
            MulAaLh "mul.aa.lh" Rrr 0xfff00f 0x760004 [As At] Plain "ACC = low half of AR(s) * high half of AR(t).";
            MulAaHh "mul.aa.hh" Rrr 0xfff00f 0x770004 [As At] Plain "ACC = high half of AR(s) * high half of AR(t).";
            UmulAaLl "umul.aa.ll" Rrr 0xfff00f 0x700004 [As At] Plain "ACC = unsigned low half of AR(s) * low half of AR(t).";
            UmulAaHl "umul.aa.hl" Rrr 0xfff00f 0x710004 [As At] Plain "ACC = unsigned high half of AR(s) * low half of AR(t).";
            UmulAaLh "umul.aa.lh" Rrr 0xfff00f 0x720004 [As At] Plain "ACC = unsigned low half of AR(s) * high half of AR(t).";
            UmulAaHh "umul.aa.hh" Rrr 0xfff00f 0x730004 [As At] Plain "ACC = unsigned high half of AR(s) * high half of AR(t).";
            MulAdLl "mul.ad.ll" Rrr 0xfff0bf 0x340004 [As My] Plain "ACC = low half of AR(s) * low half of MR(y).";
            MulAdHl "mul.ad.hl" Rrr 0xfff0bf 0x350004 [As My] Plain "ACC = high half of AR(s) * low half of MR(y).";
            MulAdLh "mul.ad.lh" Rrr 0xfff0bf 0x360004 [As My] Plain "ACC = low half of AR(s) * high half of MR(y).";
            MulAdHh "mul.ad.hh" Rrr 0xfff0bf 0x370004 [As My] Plain "ACC = high half of AR(s) * high half of MR(y).";
            MulDaLl "mul.da.ll" Rrr 0xffbf0f 0x640004 [Mx At] Plain "ACC = low half of MR(x) * low half of AR(t).";
            MulDaHl "mul.da.hl" Rrr 0xffbf0f 0x650004 [Mx At] Plain "ACC = high half of MR(x) * low half of AR(t).";
            MulDaLh "mul.da.lh" Rrr 0xffbf0f 0x660004 [Mx At] Plain "ACC = low half of MR(x) * high half of AR(t).";
            MulDaHh "mul.da.hh" Rrr 0xffbf0f 0x670004 [Mx At] Plain "ACC = high half of MR(x) * high half of AR(t).";
            MulDdLl "mul.dd.ll" Rrr 0xffbfbf 0x240004 [Mx My] Plain "ACC = low half of MR(x) * low half of MR(y).";
            MulDdHl "mul.dd.hl" Rrr 0xffbfbf 0x250004 [Mx My] Plain "ACC = high half of MR(x) * low half of MR(y).";
            MulDdLh "mul.dd.lh" Rrr 0xffbfbf 0x260004 [Mx My] Plain "ACC = low half of MR(x) * high half of MR(y).";
            MulDdHh "mul.dd.hh" Rrr 0xffbfbf 0x270004 [Mx My] Plain "ACC = high half of MR(x) * high half of MR(y).";
            MulaAaLl "mula.aa.ll" Rrr 0xfff00f 0x780004 [As At] Plain "ACC += low half of AR(s) * low half of AR(t).";
            MulaAaHl "mula.aa.hl" Rrr 0xfff00f 0x790004 [As At] Plain "ACC += high half of AR(s) * low half of AR(t).";
            MulaAaLh "mula.aa.lh" Rrr 0xfff00f 0x7a0004 [As At] Plain "ACC += low half of AR(s) * high half of AR(t).";
            MulaAaHh "mula.aa.hh" Rrr 0xfff00f 0x7b0004 [As At] Plain "ACC += high half of AR(s) * high half of AR(t).";
            MulsAaLl "muls.aa.ll" Rrr 0xfff00f 0x7c0004 [As At] Plain "ACC -= low half of AR(s) * low half of AR(t).";
            MulsAaHl "muls.aa.hl" Rrr 0xfff00f 0x7d0004 [As At] Plain "ACC -= high half of AR(s) * low half of AR(t).";
            MulsAaLh "muls.aa.lh" Rrr 0xfff00f 0x7e0004 [As At] Plain "ACC -= low half of AR(s) * high half of AR(t).";
            MulsAaHh "muls.aa.hh" Rrr 0xfff00f 0x7f0004 [As At] Plain "ACC -= high half of AR(s) * high half of AR(t).";
            MulaAdLl "mula.ad.ll" Rrr 0xfff0bf 0x380004 [As My] Plain "ACC += low half of AR(s) * low half of MR(y).";
            MulaAdHl "mula.ad.hl" Rrr 0xfff0bf 0x390004 [As My] Plain "ACC += high half of AR(s) * low half of MR(y).";
            MulaAdLh "mula.ad.lh" Rrr 0xfff0bf 0x3a0004 [As My] Plain "ACC += low half of AR(s) * high half of MR(y).";
            MulaAdHh "mula.ad.hh" Rrr 0xfff0bf 0x3b0004 [As My] Plain "ACC += high half of AR(s) * high half of MR(y).";
            MulsAdLl "muls.ad.ll" Rrr 0xfff0bf 0x3c0004 [As My] Plain "ACC -= low half of AR(s) * low half of MR(y).";
            MulsAdHl "muls.ad.hl" Rrr 0xfff0bf 0x3d0004 [As My] Plain "ACC -= high half of AR(s) * low half of MR(y).";
            MulsAdLh "muls.ad.lh" Rrr 0xfff0bf 0x3e0004 [As My] Plain "ACC -= low half of AR(s) * high half of MR(y).";
            MulsAdHh "muls.ad.hh" Rrr 0xfff0bf 0x3f0004 [As My] Plain "ACC -= high half of AR(s) * high half of MR(y).";
            MulaDaLl "mula.da.ll" Rrr 0xffbf0f 0x680004 [Mx At] Plain "ACC += low half of MR(x) * low half of AR(t).";
            MulaDaHl "mula.da.hl" Rrr 0xffbf0f 0x690004 [Mx At] Plain "ACC += high half of MR(x) * low half of AR(t).";
            MulaDaLh "mula.da.lh" Rrr 0xffbf0f 0x6a0004 [Mx At] Plain "ACC += low half of MR(x) * high half of AR(t).";
            MulaDaHh "mula.da.hh" Rrr 0xffbf0f 0x6b0004 [Mx At] Plain "ACC += high half of MR(x) * high half of AR(t).";
            MulsDaLl "muls.da.ll" Rrr 0xffbf0f 0x6c0004 [Mx At] Plain "ACC -= low half of MR(x) * low half of AR(t).";
            MulsDaHl "muls.da.hl" Rrr 0xffbf0f 0x6d0004 [Mx At] Plain "ACC -= high half of MR(x) * low half of AR(t).";
            MulsDaLh "muls.da.lh" Rrr 0xffbf0f 0x6e0004 [Mx At] Plain "ACC -= low half of MR(x) * high half of AR(t).";
            MulsDaHh "muls.da.hh" Rrr 0xffbf0f 0x6f0004 [Mx At] Plain "ACC -= high half of MR(x) * high half of AR(t).";
            MulaDdLl "mula.dd.ll" Rrr 0xffbfbf 0x280004 [Mx My] Plain "ACC += low half of MR(x) * low half of MR(y).";
            MulaDdHl "mula.dd.hl" Rrr 0xffbfbf 0x290004 [Mx My] Plain "ACC += high half of MR(x) * low half of MR(y).";
            MulaDdLh "mula.dd.lh" Rrr 0xffbfbf 0x2a0004 [Mx My] Plain "ACC += low half of MR(x) * high half of MR(y).";
            MulaDdHh "mula.dd.hh" Rrr 0xffbfbf 0x2b0004 [Mx My] Plain "ACC += high half of MR(x) * high half of MR(y).";
            MulsDdLl "muls.dd.ll" Rrr 0xffbfbf 0x2c0004 [Mx My] Plain "ACC -= low half of MR(x) * low half of MR(y).";
            MulsDdHl "muls.dd.hl" Rrr 0xffbfbf 0x2d0004 [Mx My] Plain "ACC -= high half of MR(x) * low half of MR(y).";
            MulsDdLh "muls.dd.lh" Rrr 0xffbfbf 0x2e0004 [Mx My] Plain "ACC -= low half of MR(x) * high half of MR(y).";
            MulsDdHh "muls.dd.hh" Rrr 0xffbfbf 0x2f0004 [Mx My] Plain "ACC -= high half of MR(x) * high half of MR(y).";
            MulaDaLlLddec "mula.da.ll.lddec" Rrr 0xff800f 0x580004 [Mw As Mx At] Plain "ACC += low half of MR(x) * low half of AR(t), then AR(s) -= 4 and load MR(w) from it.";
            MulaDaLlLdinc "mula.da.ll.ldinc" Rrr 0xff800f 0x480004 [Mw As Mx At] Plain "ACC += low half of MR(x) * low half of AR(t), then AR(s) += 4 and load MR(w) from it.";
            MulaDaHlLddec "mula.da.hl.lddec" Rrr 0xff800f 0x590004 [Mw As Mx At] Plain "ACC += high half of MR(x) * low half of AR(t), then AR(s) -= 4 and load MR(w) from it.";
            MulaDaHlLdinc "mula.da.hl.ldinc" Rrr 0xff800f 0x490004 [Mw As Mx At] Plain "ACC += high half of MR(x) * low half of AR(t), then AR(s) += 4 and load MR(w) from it.";
            MulaDaLhLddec "mula.da.lh.lddec" Rrr 0xff800f 0x5a0004 [Mw As Mx At] Plain "ACC += low half of MR(x) * high half of AR(t), then AR(s) -= 4 and load MR(w) from it.";
            MulaDaLhLdinc "mula.da.lh.ldinc" Rrr 0xff800f 0x4a0004 [Mw As Mx At] Plain "ACC += low half of MR(x) * high half of AR(t), then AR(s) += 4 and load MR(w) from it.";
            MulaDaHhLddec "mula.da.hh.lddec" Rrr 0xff800f 0x5b0004 [Mw As Mx At] Plain "ACC += high half of MR(x) * high half of AR(t), then AR(s) -= 4 and load MR(w) from it.";
            MulaDaHhLdinc "mula.da.hh.ldinc" Rrr 0xff800f 0x4b0004 [Mw As Mx At] Plain "ACC += high half of MR(x) * high half of AR(t), then AR(s) += 4 and load MR(w) from it.";
            MulaDdLlLddec "mula.dd.ll.lddec" Rrr 0xff80bf 0x180004 [Mw As Mx My] Plain "ACC += low half of MR(x) * low half of MR(y), then AR(s) -= 4 and load MR(w) from it.";
            MulaDdLlLdinc "mula.dd.ll.ldinc" Rrr 0xff80bf 0x080004 [Mw As Mx My] Plain "ACC += low half of MR(x) * low half of MR(y), then AR(s) += 4 and load MR(w) from it.";
            MulaDdHlLddec "mula.dd.hl.lddec" Rrr 0xff80bf 0x190004 [Mw As Mx My] Plain "ACC += high half of MR(x) * low half of MR(y), then AR(s) -= 4 and load MR(w) from it.";
            MulaDdHlLdinc "mula.dd.hl.ldinc" Rrr 0xff80bf 0x090004 [Mw As Mx My] Plain "ACC += high half of MR(x) * low half of MR(y), then AR(s) += 4 and load MR(w) from it.";
            MulaDdLhLddec "mula.dd.lh.lddec" Rrr 0xff80bf 0x1a0004 [Mw As Mx My] Plain "ACC += low half of MR(x) * high half of MR(y), then AR(s) -= 4 and load MR(w) from it.";
            MulaDdLhLdinc "mula.dd.lh.ldinc" Rrr 0xff80bf 0x0a0004 [Mw As Mx My] Plain "ACC += low half of MR(x) * high half of MR(y), then AR(s) += 4 and load MR(w) from it.";
            MulaDdHhLddec "mula.dd.hh.lddec" Rrr 0xff80bf 0x1b0004 [Mw As Mx My] Plain "ACC += high half of MR(x) * high half of MR(y), then AR(s) -= 4 and load MR(w) from it.";
            MulaDdHhLdinc "mula.dd.hh.ldinc" Rrr 0xff80bf 0x0b0004 [Mw As Mx My] Plain "ACC += high half of MR(x) * high half of MR(y), then AR(s) += 4 and load MR(w) from it.";
            Lddec "lddec" Rrr 0xffc0ff 0x900004 [Mw As] Plain "AR(s) -= 4, then MR(w) = word at AR(s).";
            Ldinc "ldinc" Rrr 0xffc0ff 0x800004 [Mw As] Plain "AR(s) += 4, then MR(w) = word at AR(s).";
        }
    };
}
pub(crate) use ops_mac16;
