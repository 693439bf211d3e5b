//! Host-side registers of the SDIO slave.

crate::registers! {
    "SLCHOST", "TRM chapter 8 (SDIO slave); soc/sdio_slc_host_reg.h";
    /// Function 2 0.
    FUNC2_0 = 0x10, reset 0, Stored;
    /// Function 2 1.
    FUNC2_1 = 0x14, reset 0, Stored;
    /// Function 2 2.
    FUNC2_2 = 0x20, reset 0x1, Stored;
    /// GPIO status 0.
    GPIO_STATUS0 = 0x34, reset 0, Stored;
    /// GPIO status 1.
    GPIO_STATUS1 = 0x38, reset 0, Stored;
    /// GPIO IN0.
    GPIO_IN0 = 0x3C, reset 0, Stored;
    /// GPIO IN1.
    GPIO_IN1 = 0x40, reset 0, Stored;
    /// Channel 0 host token read data.
    SLC0HOST_TOKEN_RDATA = 0x44, reset 0, Stored;
    /// Channel 0 host PF.
    SLC0_HOST_PF = 0x48, reset 0, Stored;
    /// Channel 1 host PF.
    SLC1_HOST_PF = 0x4C, reset 0, Stored;
    /// Channel 0 host interrupt raw.
    SLC0HOST_INT_RAW = 0x50, reset 0, Stored;
    /// Channel 1 host interrupt raw.
    SLC1HOST_INT_RAW = 0x54, reset 0, Stored;
    /// Channel 0 host interrupt status.
    SLC0HOST_INT_ST = 0x58, reset 0, Stored;
    /// Channel 1 host interrupt status.
    SLC1HOST_INT_ST = 0x5C, reset 0, Stored;
    /// Packet length.
    PKT_LEN = 0x60, reset 0, Stored;
    /// State W0.
    STATE_W0 = 0x64, reset 0, Stored;
    /// State W1.
    STATE_W1 = 0x68, reset 0, Stored;
    /// Configuration W0.
    CONF_W0 = 0x6C, reset 0, Stored;
    /// Configuration W1.
    CONF_W1 = 0x70, reset 0, Stored;
    /// Configuration W2.
    CONF_W2 = 0x74, reset 0, Stored;
    /// Configuration W3.
    CONF_W3 = 0x78, reset 0xC0, Stored;
    /// Configuration W4.
    CONF_W4 = 0x7C, reset 0x1FF, Stored;
    /// Configuration W5.
    CONF_W5 = 0x80, reset 0, Stored;
    /// WIN command.
    WIN_CMD = 0x84, reset 0, Stored;
    /// Configuration W6.
    CONF_W6 = 0x88, reset 0, Stored;
    /// Configuration W7.
    CONF_W7 = 0x8C, reset 0, Stored;
    /// Packet length 0.
    PKT_LEN0 = 0x90, reset 0, Stored;
    /// Packet length 1.
    PKT_LEN1 = 0x94, reset 0, Stored;
    /// Packet length 2.
    PKT_LEN2 = 0x98, reset 0, Stored;
    /// Configuration W8.
    CONF_W8 = 0x9C, reset 0, Stored;
    /// Configuration W9.
    CONF_W9 = 0xA0, reset 0, Stored;
    /// Configuration W10.
    CONF_W10 = 0xA4, reset 0, Stored;
    /// Configuration W11.
    CONF_W11 = 0xA8, reset 0, Stored;
    /// Configuration W12.
    CONF_W12 = 0xAC, reset 0, Stored;
    /// Configuration W13.
    CONF_W13 = 0xB0, reset 0, Stored;
    /// Configuration W14.
    CONF_W14 = 0xB4, reset 0, Stored;
    /// Configuration W15.
    CONF_W15 = 0xB8, reset 0, Stored;
    /// Check sum 0.
    CHECK_SUM0 = 0xBC, reset 0, Stored;
    /// Check sum 1.
    CHECK_SUM1 = 0xC0, reset 0, Stored;
    /// Channel 1 host token read data.
    SLC1HOST_TOKEN_RDATA = 0xC4, reset 0, Stored;
    /// Channel 0 host token write data.
    SLC0HOST_TOKEN_WDATA = 0xC8, reset 0, Stored;
    /// Channel 1 host token write data.
    SLC1HOST_TOKEN_WDATA = 0xCC, reset 0, Stored;
    /// Token control.
    TOKEN_CON = 0xD0, reset 0, Stored;
    /// Channel 0 host interrupt clear.
    SLC0HOST_INT_CLR = 0xD4, reset 0, Stored;
    /// Channel 1 host interrupt clear.
    SLC1HOST_INT_CLR = 0xD8, reset 0, Stored;
    /// Channel 0 host function 1 interrupt enable.
    SLC0HOST_FUNC1_INT_ENA = 0xDC, reset 0, Stored;
    /// Channel 1 host function 1 interrupt enable.
    SLC1HOST_FUNC1_INT_ENA = 0xE0, reset 0, Stored;
    /// Channel 0 host function 2 interrupt enable.
    SLC0HOST_FUNC2_INT_ENA = 0xE4, reset 0, Stored;
    /// Channel 1 host function 2 interrupt enable.
    SLC1HOST_FUNC2_INT_ENA = 0xE8, reset 0, Stored;
    /// Channel 0 host interrupt enable.
    SLC0HOST_INT_ENA = 0xEC, reset 0, Stored;
    /// Channel 1 host interrupt enable.
    SLC1HOST_INT_ENA = 0xF0, reset 0, Stored;
    /// Channel 0 host receive information.
    SLC0HOST_RX_INFOR = 0xF4, reset 0, Stored;
    /// Channel 1 host receive information.
    SLC1HOST_RX_INFOR = 0xF8, reset 0, Stored;
    /// Channel 0 host length write data.
    SLC0HOST_LEN_WD = 0xFC, reset 0, Stored;
    /// SLC APB window write data.
    SLC_APBWIN_WDATA = 0x100, reset 0, Stored;
    /// SLC APB window configuration.
    SLC_APBWIN_CONF = 0x104, reset 0, Stored;
    /// SLC APB window read data.
    SLC_APBWIN_RDATA = 0x108, reset 0, Stored;
    /// Rdclr0.
    RDCLR0 = 0x10C, reset 0x0003_C044, Stored;
    /// Rdclr1.
    RDCLR1 = 0x110, reset 0x0003_C1E0, Stored;
    /// Channel 0 host interrupt enable 1.
    SLC0HOST_INT_ENA1 = 0x114, reset 0, Stored;
    /// Channel 1 host interrupt enable 1.
    SLC1HOST_INT_ENA1 = 0x118, reset 0, Stored;
    /// SLCHOSTDATE.
    SLCHOSTDATE = 0x178, reset 0x1602_2500, Stored;
    /// SLCHOSTID.
    SLCHOSTID = 0x17C, reset 0x600, Stored;
    /// Configuration.
    CONF = 0x1F0, reset 0, Stored;
    /// Interface status.
    INF_ST = 0x1F4, reset 0, Stored;
}
