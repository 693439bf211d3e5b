//! Registers of the RTC I2C controller, which is driven only by the ULP (IDF `soc/rtc_i2c_reg.h`; TRM 29, "ULP").

crate::registers! {
    "RTC_I2C", "TRM 29.6; soc/rtc_i2c_reg.h";
    /// Periods that SCL is low.
    SCL_LOW_PERIOD = 0x000, reset 0, Modelled;
    /// Bit order, start, role and pad drive.
    CTRL = 0x004, reset 0, Stored;
    /// State of the bus engine.
    DEBUG_STATUS = 0x008, reset 0, Stored;
    /// Periods until a time-out.
    TIMEOUT = 0x00C, reset 0, Stored;
    /// Own address as a slave.
    SLAVE_ADDR = 0x010, reset 0, Stored;
    /// Data last moved.
    DATA = 0x01C, reset 0, Stored;
    /// Interrupts before the mask.
    INT_RAW = 0x020, reset 0, Stored;
    /// Clears interrupts.
    INT_CLR = 0x024, reset 0, Stored;
    /// Interrupt mask.
    INT_EN = 0x028, reset 0, Stored;
    /// Interrupts behind the mask.
    INT_ST = 0x02C, reset 0, Stored;
    /// Periods from SCL falling to SDA changing.
    SDA_DUTY = 0x030, reset 0, Stored;
    /// Periods that SCL is high.
    SCL_HIGH_PERIOD = 0x038, reset 0, Modelled;
    /// Periods before a start condition.
    SCL_START_PERIOD = 0x040, reset 0, Modelled;
    /// Periods before a stop condition.
    SCL_STOP_PERIOD = 0x044, reset 0, Modelled;
    /// Commands the engine plays.
    CMD[16; 4] = 0x048, reset 0, Stored;
}
