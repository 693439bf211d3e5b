//! Branches, loops, jumps, calls and returns.

macro_rules! ops_branch {
    ($cb:ident $($acc:tt)*) => {
        $crate::isa::table::ops_system! { $cb $($acc)*
            Beqz "beqz" Bri12 0x0000ff 0x000016 [As Disp12] Branch "Branch if AR(s) is zero.";
            Bnez "bnez" Bri12 0x0000ff 0x000056 [As Disp12] Branch "Branch if AR(s) is not zero.";
            Bgez "bgez" Bri12 0x0000ff 0x0000d6 [As Disp12] Branch "Branch if AR(s) is not negative.";
            Bltz "bltz" Bri12 0x0000ff 0x000096 [As Disp12] Branch "Branch if AR(s) is negative.";
            BeqzN "beqz.n" Ri6 0x0000cf 0x00008c [As Disp6] Branch "Branch forward if AR(s) is zero.";
            BnezN "bnez.n" Ri6 0x0000cf 0x0000cc [As Disp6] Branch "Branch forward if AR(s) is not zero.";
            Beqi "beqi" Bri8 0x0000ff 0x000026 [As ImmB4 DispExtra] Branch "Branch if AR(s) equals imm.";
            Bnei "bnei" Bri8 0x0000ff 0x000066 [As ImmB4 DispExtra] Branch "Branch if AR(s) differs from imm.";
            Bgei "bgei" Bri8 0x0000ff 0x0000e6 [As ImmB4 DispExtra] Branch "Branch if AR(s) >= imm, signed.";
            Blti "blti" Bri8 0x0000ff 0x0000a6 [As ImmB4 DispExtra] Branch "Branch if AR(s) < imm, signed.";
            Bgeui "bgeui" Bri8 0x0000ff 0x0000f6 [As ImmB4U DispExtra] Branch "Branch if AR(s) >= imm, unsigned.";
            Bltui "bltui" Bri8 0x0000ff 0x0000b6 [As ImmB4U DispExtra] Branch "Branch if AR(s) < imm, unsigned.";
            Bbci "bbci" Rri8 0x00e00f 0x006007 [As ImmBit DispExtra] Branch "Branch if bit imm of AR(s) is clear.";
            Bbsi "bbsi" Rri8 0x00e00f 0x00e007 [As ImmBit DispExtra] Branch "Branch if bit imm of AR(s) is set.";
            Beq "beq" Rri8 0x00f00f 0x001007 [As At Disp8] Branch "Branch if AR(s) equals AR(t).";
            Bne "bne" Rri8 0x00f00f 0x009007 [As At Disp8] Branch "Branch if AR(s) differs from AR(t).";
            Bge "bge" Rri8 0x00f00f 0x00a007 [As At Disp8] Branch "Branch if AR(s) >= AR(t), signed.";
            Blt "blt" Rri8 0x00f00f 0x002007 [As At Disp8] Branch "Branch if AR(s) < AR(t), signed.";
            Bgeu "bgeu" Rri8 0x00f00f 0x00b007 [As At Disp8] Branch "Branch if AR(s) >= AR(t), unsigned.";
            Bltu "bltu" Rri8 0x00f00f 0x003007 [As At Disp8] Branch "Branch if AR(s) < AR(t), unsigned.";
            Bany "bany" Rri8 0x00f00f 0x008007 [As At Disp8] Branch "Branch if AR(s) & AR(t) is not zero.";
            Bnone "bnone" Rri8 0x00f00f 0x000007 [As At Disp8] Branch "Branch if AR(s) & AR(t) is zero.";
            Ball "ball" Rri8 0x00f00f 0x004007 [As At Disp8] Branch "Branch if every bit set in AR(t) is set in AR(s).";
            Bnall "bnall" Rri8 0x00f00f 0x00c007 [As At Disp8] Branch "Branch if some bit set in AR(t) is clear in AR(s).";
            Bbc "bbc" Rri8 0x00f00f 0x005007 [As At Disp8] Branch "Branch if bit (AR(t) & 31) of AR(s) is clear.";
            Bbs "bbs" Rri8 0x00f00f 0x00d007 [As At Disp8] Branch "Branch if bit (AR(t) & 31) of AR(s) is set.";
            Bf "bf" Bri8 0x00f0ff 0x000076 [Bs Disp8] Branch "Branch if BR(s) is clear.";
            Bt "bt" Bri8 0x00f0ff 0x001076 [Bs Disp8] Branch "Branch if BR(s) is set.";
            Loop "loop" Bri8 0x00f0ff 0x008076 [As DispLoop] Loop "Repeat up to LEND AR(s) times (zero counts as 2^32).";
            Loopnez "loopnez" Bri8 0x00f0ff 0x009076 [As DispLoop] Loop "LOOP, but skip the body if AR(s) is zero.";
            Loopgtz "loopgtz" Bri8 0x00f0ff 0x00a076 [As DispLoop] Loop "LOOP, but skip the body if AR(s) <= 0.";
            J "j" Call 0x00003f 0x000006 [Disp18] Jump "Jump.";
            Jx "jx" Callx 0xfff0ff 0x0000a0 [As] Jump "Jump to AR(s).";
            Call0 "call0" Call 0x00003f 0x000005 [DispCall] Call "Call; AR(0) = return address, no window rotation.";
            Call4 "call4" Call 0x00003f 0x000015 [DispCall] Call "Call; AR(4) = return address, ENTRY rotates by 4.";
            Call8 "call8" Call 0x00003f 0x000025 [DispCall] Call "Call; AR(8) = return address, ENTRY rotates by 8.";
            Call12 "call12" Call 0x00003f 0x000035 [DispCall] Call "Call; AR(12) = return address, ENTRY rotates by 12.";
            Callx0 "callx0" Callx 0xfff0ff 0x0000c0 [As] Call "CALL0 to the address AR(s).";
            Callx4 "callx4" Callx 0xfff0ff 0x0000d0 [As] Call "CALL4 to the address AR(s).";
            Callx8 "callx8" Callx 0xfff0ff 0x0000e0 [As] Call "CALL8 to the address AR(s).";
            Callx12 "callx12" Callx 0xfff0ff 0x0000f0 [As] Call "CALL12 to the address AR(s).";
            Ret "ret" Callx 0xfff0ff 0x000080 [] Return "Return to AR(0).";
            RetN "ret.n" Rrrn 0x00f0ff 0x00f00d [] Return "Density form of RET.";
            Retw "retw" Callx 0xfff0ff 0x000090 [] Return "Windowed return through AR(0).";
            RetwN "retw.n" Rrrn 0x00f0ff 0x00f01d [] Return "Density form of RETW.";
        }
    };
}
pub(crate) use ops_branch;
