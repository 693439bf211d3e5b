//! Registers of a motor control PWM unit (TRM chapter 16; IDF `soc/mcpwm_reg.h`).

crate::registers! {
    "MCPWM", "TRM 16; soc/mcpwm_reg.h";
    /// Divider of the 160 MHz clock.
    CLK_CFG = 0x000, reset 0, Modelled;
    /// Timer: prescaler, period, when a new period takes effect.
    TIMER_CFG0[3; 0x10] = 0x004, reset 0xFF00, Modelled;
    /// Timer: start and stop, direction.
    TIMER_CFG1[3; 0x10] = 0x008, reset 0, Modelled;
    /// Timer: synchronisation input, output and phase.
    TIMER_SYNC[3; 0x10] = 0x00C, reset 0, Modelled;
    /// Timer: counter and direction.
    TIMER_STATUS[3; 0x10] = 0x010, reset 0, Modelled;
    /// Selects the synchronisation inputs of the timers.
    TIMER_SYNCI_CFG = 0x034, reset 0, Modelled;
    /// Selects the timer of each operator.
    OPERATOR_TIMERSEL = 0x038, reset 0, Modelled;
    /// Operator: when new time stamps take effect (at once, here).
    GEN_STMP_CFG[3; 0x38] = 0x03C, reset 0, Stored;
    /// Operator: time stamp A.
    GEN_TSTMP_A[3; 0x38] = 0x040, reset 0, Modelled;
    /// Operator: time stamp B.
    GEN_TSTMP_B[3; 0x38] = 0x044, reset 0, Modelled;
    /// Operator: when new actions take effect, trigger events.
    GEN_CFG0[3; 0x38] = 0x048, reset 0, Stored;
    /// Operator: forced outputs.
    GEN_FORCE[3; 0x38] = 0x04C, reset 0x20, Modelled;
    /// Operator: what output A does at each event.
    GEN_A[3; 0x38] = 0x050, reset 0, Modelled;
    /// Operator: what output B does at each event.
    GEN_B[3; 0x38] = 0x054, reset 0, Modelled;
    /// Operator: dead time.
    DT_CFG[3; 0x38] = 0x058, reset 0x1_8000, Stored;
    /// Operator: falling edge delay.
    DT_FED_CFG[3; 0x38] = 0x05C, reset 0, Stored;
    /// Operator: rising edge delay.
    DT_RED_CFG[3; 0x38] = 0x060, reset 0, Stored;
    /// Operator: carrier.
    CARRIER_CFG[3; 0x38] = 0x064, reset 0, Stored;
    /// Operator: what a fault does to the outputs.
    FH_CFG0[3; 0x38] = 0x068, reset 0, Modelled;
    /// Operator: fault forced or cleared by software.
    FH_CFG1[3; 0x38] = 0x06C, reset 0, Modelled;
    /// Operator: fault action going on.
    FH_STATUS[3; 0x38] = 0x070, reset 0, Modelled;
    /// Fault inputs: enable, polarity, state.
    FAULT_DETECT = 0x0E4, reset 0, Modelled;
    /// Capture timer: enable, synchronisation.
    CAP_TIMER_CFG = 0x0E8, reset 0, Modelled;
    /// Capture timer: value loaded by a synchronisation.
    CAP_TIMER_PHASE = 0x0EC, reset 0, Modelled;
    /// Capture channel: enable, edges, prescaler, inversion, software capture.
    CAP_CH_CFG[3; 4] = 0x0F0, reset 0, Modelled;
    /// Capture channel: value captured last.
    CAP_CH[3; 4] = 0x0FC, reset 0, Modelled;
    /// Edge of each channel's last capture.
    CAP_STATUS = 0x108, reset 0, Modelled;
    /// When shadow registers take effect.
    UPDATE_CFG = 0x10C, reset 0x55, Stored;
    /// Interrupt mask.
    INT_ENA = 0x110, reset 0, Modelled;
    /// Interrupts before the mask.
    INT_RAW = 0x114, reset 0, Modelled;
    /// Interrupts behind the mask.
    INT_ST = 0x118, reset 0, Modelled;
    /// Clears interrupts.
    INT_CLR = 0x11C, reset 0, Modelled;
    /// Clock gate.
    CLK = 0x120, reset 0, Stored;
    /// Version.
    VERSION = 0x124, reset 0x0210_7230, Stored;
}

/// First bits of the groups of three bits in the interrupt registers.
pub mod int {
    /// A timer stopped.
    pub const STOP_S: u32 = 0;
    /// A timer is at zero.
    pub const TEZ_S: u32 = 3;
    /// A timer is at its period.
    pub const TEP_S: u32 = 6;
    /// A fault began.
    pub const FAULT_S: u32 = 9;
    /// A fault ended.
    pub const FAULT_CLR_S: u32 = 12;
    /// An operator's timer equals time stamp A.
    pub const TEA_S: u32 = 15;
    /// An operator's timer equals time stamp B.
    pub const TEB_S: u32 = 18;
    /// A cycle-by-cycle fault action.
    pub const CBC_S: u32 = 21;
    /// A one-shot fault action.
    pub const OST_S: u32 = 24;
    /// A capture.
    pub const CAP_S: u32 = 27;
}
