//! Windows, exceptions, debug, synchronisation, special registers, TLBs.

macro_rules! ops_system {
    ($cb:ident $($acc:tt)*) => {
        $crate::isa::table::ops_mac16! { $cb $($acc)*
            Entry "entry" Bri12 0x0000ff 0x000036 [As ImmEntry] Barrier "Rotate the window by PS.CALLINC; the new AR(s) = the old minus imm bytes.";
            Movsp "movsp" Rrr 0xfff00f 0x001000 [At As] Plain "AR(t) = AR(s) for the stack pointer; raises if the caller's frame is not in registers.";
            Rotw "rotw" Rrr 0xffff0f 0x408000 [ImmRotw] Barrier "WindowBase += imm, imm -8..=7.";
            Rfe "rfe" Rrr 0xffffff 0x003000 [] Return "Return from a level-1 exception: PC = EPC1.";
            Rfde "rfde" Rrr 0xffffff 0x003200 [] Return "Return from a double exception: PC = DEPC.";
            Rfwo "rfwo" Rrr 0xffffff 0x003400 [] Return "Return from window overflow.";
            Rfwu "rfwu" Rrr 0xffffff 0x003500 [] Return "Return from window underflow.";
            Rfi "rfi" Rrr 0xfff0ff 0x003010 [ImmS] Return "Return from the interrupt of level imm.";
            Rfdo "rfdo" Rrr 0xfff0ff 0xf1e000 [ImmS] Return "Return from the debugger (OCD).";
            Rfdd "rfdd" Rrr 0xfff0ff 0xf1e010 [] Return "Return from the debugger (OCD), double.";
            Rsil "rsil" Rrr 0xfff00f 0x006000 [At ImmS] Barrier "AR(t) = PS, PS.INTLEVEL = imm.";
            Waiti "waiti" Rrr 0xfff0ff 0x007000 [ImmS] Barrier "PS.INTLEVEL = imm, then wait for an interrupt.";
            Syscall "syscall" Rrr 0xffffff 0x005000 [] Barrier "Raise the system call exception.";
            Simcall "simcall" Rrr 0xffffff 0x005100 [] Barrier "Call the simulator's host.";
            Ill "ill" Callx 0xffffff 0x000000 [] Barrier "Raise the illegal instruction exception.";
            IllN "ill.n" Rrrn 0x00ffff 0x00f06d [] Barrier "Density form of ILL.";
            Break "break" Rrr 0xfff00f 0x004000 [ImmBreak] Barrier "Breakpoint; imm carries s << 4 and t.";
            BreakN "break.n" Rrrn 0x00f0ff 0x00f02d [ImmS] Barrier "Density breakpoint; imm is s.";
            Isync "isync" Rrr 0xffffff 0x002000 [] Barrier "Wait for instruction fetch effects.";
            Rsync "rsync" Rrr 0xffffff 0x002010 [] Plain "Wait for special register writes before reads.";
            Esync "esync" Rrr 0xffffff 0x002020 [] Plain "Wait for special register writes before execution.";
            Dsync "dsync" Rrr 0xffffff 0x002030 [] Plain "Wait for special register writes before loads and stores.";
            Excw "excw" Rrr 0xffffff 0x002080 [] Plain "Wait for the exceptions of earlier instructions.";
            Memw "memw" Rrr 0xffffff 0x0020c0 [] Plain "Order memory accesses.";
            Extw "extw" Rrr 0xffffff 0x0020d0 [] Plain "Order memory accesses and external signals.";
            Rsr "rsr" Rsr 0xff000f 0x030000 [At ImmSr] Plain "AR(t) = special register imm.";
            Wsr "wsr" Rsr 0xff000f 0x130000 [At ImmSr] Barrier "Special register imm = AR(t).";
            Xsr "xsr" Rsr 0xff000f 0x610000 [At ImmSr] Barrier "Exchange AR(t) and special register imm.";
            Rur "rur" Rrr 0xff000f 0xe30000 [Ar ImmUrR] Plain "AR(r) = user register imm.";
            Wur "wur" Rsr 0xff000f 0xf30000 [At ImmUrW] Plain "User register imm = AR(t).";
            Rer "rer" Rrr 0xfff00f 0x406000 [At As] Plain "AR(t) = external register AR(s).";
            Wer "wer" Rrr 0xfff00f 0x407000 [At As] Barrier "External register AR(s) = AR(t).";
            Witlb "witlb" Rrr 0xfff00f 0x506000 [At As] Barrier "Write AR(t) to the instruction TLB entry AR(s).";
            Wdtlb "wdtlb" Rrr 0xfff00f 0x50e000 [At As] Barrier "Write AR(t) to the data TLB entry AR(s).";
            Ritlb0 "ritlb0" Rrr 0xfff00f 0x503000 [At As] Plain "AR(t) = virtual part of the instruction TLB entry AR(s).";
            Ritlb1 "ritlb1" Rrr 0xfff00f 0x507000 [At As] Plain "AR(t) = physical part of the instruction TLB entry AR(s).";
            Rdtlb0 "rdtlb0" Rrr 0xfff00f 0x50b000 [At As] Plain "AR(t) = virtual part of the data TLB entry AR(s).";
            Rdtlb1 "rdtlb1" Rrr 0xfff00f 0x50f000 [At As] Plain "AR(t) = physical part of the data TLB entry AR(s).";
            Pitlb "pitlb" Rrr 0xfff00f 0x505000 [At As] Plain "AR(t) = the instruction TLB entry that maps AR(s).";
            Pdtlb "pdtlb" Rrr 0xfff00f 0x50d000 [At As] Plain "AR(t) = the data TLB entry that maps AR(s).";
            Iitlb "iitlb" Rrr 0xfff0ff 0x504000 [As] Barrier "Invalidate the instruction TLB entry AR(s).";
            Idtlb "idtlb" Rrr 0xfff0ff 0x50c000 [As] Barrier "Invalidate the data TLB entry AR(s).";
            Lddr32P "lddr32.p" Rrr 0xfff0ff 0x0070e0 [As] Plain "DDR = word at AR(s), AR(s) += 4; debug mode only.";
            Sddr32P "sddr32.p" Rrr 0xfff0ff 0x0070f0 [As] Plain "Store DDR at AR(s), AR(s) += 4; debug mode only.";
            ReadImpwire "read_impwire" Rrr 0xffff0f 0x0e0000 [At] Plain "AR(t) = the input wires (IMPWIRE).";
            SetbExpstate "setb_expstate" Rrr 0xfffe0f 0x0e1000 [ImmBitIndex] Plain "Set bit imm of the output wires (EXPSTATE).";
            ClrbExpstate "clrb_expstate" Rrr 0xfffe0f 0x0e1200 [ImmBitIndex] Plain "Clear bit imm of the output wires (EXPSTATE).";
            WrmskExpstate "wrmsk_expstate" Rrr 0xfff00f 0x0e2000 [At As] Plain "Write the EXPSTATE bits a mask selects; AR(t) and AR(s) hold value and mask.";
        }
    };
}
pub(crate) use ops_system;
