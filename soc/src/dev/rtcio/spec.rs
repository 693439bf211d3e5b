//! Registers of the RTC pads (TRM 4.13; IDF `soc/rtc_io_reg.h`).

crate::registers! {
    "RTCIO", "TRM 4.13; soc/rtc_io_reg.h";
    /// Output levels; RTC GPIO n is bit 14 + n.
    RTC_GPIO_OUT = 0x000, reset 0, Modelled;
    /// Sets output levels.
    RTC_GPIO_OUT_W1TS = 0x004, reset 0, Modelled;
    /// Clears output levels.
    RTC_GPIO_OUT_W1TC = 0x008, reset 0, Modelled;
    /// Output enables.
    RTC_GPIO_ENABLE = 0x00C, reset 0, Modelled;
    /// Sets output enables.
    RTC_GPIO_ENABLE_W1TS = 0x010, reset 0, Modelled;
    /// Clears output enables.
    RTC_GPIO_ENABLE_W1TC = 0x014, reset 0, Modelled;
    /// Interrupt status (stored only; the RTC GPIO interrupt is not connected on this chip).
    RTC_GPIO_STATUS = 0x018, reset 0, Stored;
    /// Sets interrupt status.
    RTC_GPIO_STATUS_W1TS = 0x01C, reset 0, Modelled;
    /// Clears interrupt status.
    RTC_GPIO_STATUS_W1TC = 0x020, reset 0, Modelled;
    /// Input levels.
    RTC_GPIO_IN = 0x024, reset 0, Modelled;
    /// RTC GPIO n: open drain; interrupt type and wake-up enable are kept.
    RTC_GPIO_PIN[18; 4] = 0x028, reset 0, Modelled;
    /// Debug signals.
    RTC_DEBUG_SEL = 0x070, reset 0, Stored;
    /// Holds the digital pads.
    DIG_PAD_HOLD = 0x074, reset 0, Modelled;
    /// Hall sensor.
    HALL_SENS = 0x078, reset 0, Stored;
    /// Pads SENSOR_VP, CAPP, CAPN, VN (GPIO36..39).
    SENSOR_PADS = 0x07C, reset 0, Modelled;
    /// Pads VDET_1 and VDET_2 (GPIO34, 35).
    ADC_PAD = 0x080, reset 0, Modelled;
    /// Pad of DAC 1 (GPIO25).
    PAD_DAC1 = 0x084, reset 0x8000_0000, Modelled;
    /// Pad of DAC 2 (GPIO26).
    PAD_DAC2 = 0x088, reset 0x8000_0000, Modelled;
    /// Pads of the 32 kHz crystal (GPIO32, 33).
    XTAL_32K_PAD = 0x08C, reset 0x8410_0010, Modelled;
    /// Voltages of the touch sensor.
    TOUCH_CFG = 0x090, reset 0x6600_0000, Stored;
    /// Touch pad 0 (GPIO4).
    TOUCH_PAD0 = 0x094, reset 0x5200_0000, Modelled;
    /// Touch pad 1 (GPIO0).
    TOUCH_PAD1 = 0x098, reset 0x4A00_0000, Modelled;
    /// Touch pad 2 (GPIO2).
    TOUCH_PAD2 = 0x09C, reset 0x5200_0000, Modelled;
    /// Touch pad 3 (GPIO15).
    TOUCH_PAD3 = 0x0A0, reset 0x4A00_0000, Modelled;
    /// Touch pad 4 (GPIO13).
    TOUCH_PAD4 = 0x0A4, reset 0x5200_0000, Modelled;
    /// Touch pad 5 (GPIO12).
    TOUCH_PAD5 = 0x0A8, reset 0x5200_0000, Modelled;
    /// Touch pad 6 (GPIO14).
    TOUCH_PAD6 = 0x0AC, reset 0x4A00_0000, Modelled;
    /// Touch pad 7 (GPIO27).
    TOUCH_PAD7 = 0x0B0, reset 0x4200_0000, Modelled;
    /// Touch pad 8 (GPIO33): touch part only.
    TOUCH_PAD8 = 0x0B4, reset 0x0200_0000, Stored;
    /// Touch pad 9 (GPIO32): touch part only.
    TOUCH_PAD9 = 0x0B8, reset 0x0200_0000, Stored;
    /// Pad of wake-up source EXT0.
    EXT_WAKEUP0 = 0x0BC, reset 0, Modelled;
    /// Pad that powers the crystal.
    XTL_EXT_CTR = 0x0C0, reset 0, Stored;
    /// Pads of the RTC I2C.
    SAR_I2C_IO = 0x0C4, reset 0, Stored;
    /// Version.
    DATE = 0x0C8, reset 0x0160_3160, Stored;
}
