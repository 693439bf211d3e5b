//! Registers of the LED PWM controller (TRM chapter 14; IDF `soc/ledc_reg.h`).

crate::registers! {
    "LEDC", "TRM 14; soc/ledc_reg.h";
    /// High-speed channel: timer, output enable, idle level.
    HSCH_CONF0[8; 0x14] = 0x000, reset 0, Modelled;
    /// High-speed channel: counter value at which the output rises.
    HSCH_HPOINT[8; 0x14] = 0x004, reset 0, Modelled;
    /// High-speed channel: duty to start from, in sixteenths.
    HSCH_DUTY[8; 0x14] = 0x008, reset 0, Modelled;
    /// High-speed channel: start and fade.
    HSCH_CONF1[8; 0x14] = 0x00C, reset 0x4000_0000, Modelled;
    /// High-speed channel: duty now, in sixteenths.
    HSCH_DUTY_R[8; 0x14] = 0x010, reset 0, Modelled;
    /// Low-speed channel: timer, output enable, idle level, update.
    LSCH_CONF0[8; 0x14] = 0x0A0, reset 0, Modelled;
    /// Low-speed channel: counter value at which the output rises.
    LSCH_HPOINT[8; 0x14] = 0x0A4, reset 0, Modelled;
    /// Low-speed channel: duty to start from, in sixteenths.
    LSCH_DUTY[8; 0x14] = 0x0A8, reset 0, Modelled;
    /// Low-speed channel: start and fade.
    LSCH_CONF1[8; 0x14] = 0x0AC, reset 0x4000_0000, Modelled;
    /// Low-speed channel: duty now, in sixteenths.
    LSCH_DUTY_R[8; 0x14] = 0x0B0, reset 0, Modelled;
    /// High-speed timer: clock, divider, resolution, reset, pause.
    HSTIMER_CONF[4; 8] = 0x140, reset 0x0100_0000, Modelled;
    /// High-speed timer: counter.
    HSTIMER_VALUE[4; 8] = 0x144, reset 0, Modelled;
    /// Low-speed timer: clock, divider, resolution, reset, pause, update.
    LSTIMER_CONF[4; 8] = 0x160, reset 0x0100_0000, Modelled;
    /// Low-speed timer: counter.
    LSTIMER_VALUE[4; 8] = 0x164, reset 0, Modelled;
    /// Interrupts before the mask.
    INT_RAW = 0x180, reset 0, Modelled;
    /// Interrupts behind the mask.
    INT_ST = 0x184, reset 0, Modelled;
    /// Interrupt mask.
    INT_ENA = 0x188, reset 0, Modelled;
    /// Clears interrupts.
    INT_CLR = 0x18C, reset 0, Modelled;
    /// Clock of the low-speed timers.
    CONF = 0x190, reset 0, Modelled;
    /// Version.
    DATE = 0x1FC, reset 0x1603_1700, Stored;
}

/// `LEDC_xSCHn_CONF0_REG`.
pub mod conf0 {
    /// Timer of the channel.
    pub const TIMER_SEL: u32 = 3;
    /// Output enable.
    pub const SIG_OUT_EN: u32 = 1 << 2;
    /// Level when the output is off.
    pub const IDLE_LV: u32 = 1 << 3;
    /// Low-speed channels: apply the written values; clears itself.
    pub const PARA_UP: u32 = 1 << 4;
}

/// `LEDC_xSCHn_CONF1_REG`.
pub mod conf1 {
    /// First bit of the duty change per step (10 bits).
    pub const SCALE_S: u32 = 0;
    /// First bit of the number of timer periods per step (10 bits).
    pub const CYCLE_S: u32 = 10;
    /// First bit of the number of steps (10 bits).
    pub const NUM_S: u32 = 20;
    /// The steps increase the duty.
    pub const INC: u32 = 1 << 30;
    /// Start; clears itself when the last step is done.
    pub const START: u32 = 1 << 31;
}

/// `LEDC_xSTIMERn_CONF_REG`.
pub mod timer {
    /// Counter width in bits.
    pub const LIM: u32 = 0x1F;
    /// First bit of the divider (18 bits, the lower 8 of them a fraction).
    pub const DIV_S: u32 = 5;
    /// Stops the counter.
    pub const PAUSE: u32 = 1 << 23;
    /// Holds the counter at 0.
    pub const RST: u32 = 1 << 24;
    /// High speed: APB instead of REF_TICK; low speed: the slow clock instead of REF_TICK.
    pub const TICK_SEL: u32 = 1 << 25;
    /// Low-speed timers: apply the written values; clears itself.
    pub const PARA_UP: u32 = 1 << 26;
}
