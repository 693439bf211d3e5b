//! Registers of the pulse counter (TRM chapter 17; IDF `soc/pcnt_reg.h`).

crate::registers! {
    "PCNT", "TRM 17; soc/pcnt_reg.h";
    /// Filter, events and what edges and control levels do.
    U_CONF0[8; 12] = 0x000, reset 0x3C10, Modelled;
    /// Both thresholds.
    U_CONF1[8; 12] = 0x004, reset 0, Modelled;
    /// High and low limit.
    U_CONF2[8; 12] = 0x008, reset 0, Modelled;
    /// Counter.
    U_CNT[8; 4] = 0x060, reset 0, Modelled;
    /// Interrupts before the mask, a bit a unit.
    INT_RAW = 0x080, reset 0, Modelled;
    /// Interrupts behind the mask.
    INT_ST = 0x084, reset 0, Modelled;
    /// Interrupt mask.
    INT_ENA = 0x088, reset 0, Modelled;
    /// Clears interrupts.
    INT_CLR = 0x08C, reset 0, Modelled;
    /// Which event came last.
    U_STATUS[8; 4] = 0x090, reset 0, Modelled;
    /// Reset and pause of each unit.
    CTRL = 0x0B0, reset 0x5555, Modelled;
    /// Version.
    DATE = 0x0FC, reset 0x1412_2600, Stored;
}

/// `PCNT_Un_CONF0_REG`.
pub mod conf0 {
    /// Event when the counter reaches 0.
    pub const ZERO_EN: u32 = 1 << 11;
    /// Event at the high limit.
    pub const H_LIM_EN: u32 = 1 << 12;
    /// Event at the low limit.
    pub const L_LIM_EN: u32 = 1 << 13;
    /// Event at threshold 0.
    pub const THRES0_EN: u32 = 1 << 14;
    /// Event at threshold 1.
    pub const THRES1_EN: u32 = 1 << 15;
    /// First bit of channel 0's modes (falling, rising, control high, control low; 2 bits each); channel 1's follow
    /// 8 bits higher.
    pub const MODES_S: u32 = 16;
}

/// `PCNT_Un_STATUS_REG`.
pub mod status {
    /// Last zero crossing: 0 falling to zero, 1 rising to zero, 2 rising across zero, 3 falling across zero (IDF
    /// `pcnt_unit_zero_cross_mode_t`).
    pub const MODE: u32 = 3;
    /// Threshold 1 reached.
    pub const THRES1: u32 = 1 << 2;
    /// Threshold 0 reached.
    pub const THRES0: u32 = 1 << 3;
    /// Low limit reached.
    pub const L_LIM: u32 = 1 << 4;
    /// High limit reached.
    pub const H_LIM: u32 = 1 << 5;
    /// Zero reached.
    pub const ZERO: u32 = 1 << 6;
}
