//! Registers of the SDIO slave's DMA side.

crate::registers! {
    "SLC", "TRM chapter 8 (SDIO slave); soc/sdio_slc_reg.h";
    /// Configuration 0.
    CONF0 = 0x00, reset 0xFF3C_FF30, Stored;
    /// Channel 0 interrupt raw.
    SLC0INT_RAW = 0x04, reset 0, Stored;
    /// Channel 0 interrupt status.
    SLC0INT_ST = 0x08, reset 0, Stored;
    /// Channel 0 interrupt enable.
    SLC0INT_ENA = 0x0C, reset 0, Stored;
    /// Channel 0 interrupt clear.
    SLC0INT_CLR = 0x10, reset 0, Stored;
    /// Channel 1 interrupt raw.
    SLC1INT_RAW = 0x14, reset 0, Stored;
    /// Channel 1 interrupt status.
    SLC1INT_ST = 0x18, reset 0, Stored;
    /// Channel 1 interrupt enable.
    SLC1INT_ENA = 0x1C, reset 0, Stored;
    /// Channel 1 interrupt clear.
    SLC1INT_CLR = 0x20, reset 0, Stored;
    /// Receive status.
    RX_STATUS = 0x24, reset 0x0002_0002, Stored;
    /// Channel 0 receive FIFO push.
    SLC0RXFIFO_PUSH = 0x28, reset 0, Stored;
    /// Channel 1 receive FIFO push.
    SLC1RXFIFO_PUSH = 0x2C, reset 0, Stored;
    /// Transmit status.
    TX_STATUS = 0x30, reset 0x0002_0002, Stored;
    /// Channel 0 transmit FIFO pop.
    SLC0TXFIFO_POP = 0x34, reset 0, Stored;
    /// Channel 1 transmit FIFO pop.
    SLC1TXFIFO_POP = 0x38, reset 0, Stored;
    /// Channel 0 receive link.
    SLC0RX_LINK = 0x3C, reset 0, Stored;
    /// Channel 0 transmit link.
    SLC0TX_LINK = 0x40, reset 0, Stored;
    /// Channel 1 receive link.
    SLC1RX_LINK = 0x44, reset 0x0010_0000, Stored;
    /// Channel 1 transmit link.
    SLC1TX_LINK = 0x48, reset 0, Stored;
    /// Interrupt vector to the host.
    INTVEC_TOHOST = 0x4C, reset 0, Stored;
    /// Channel 0 token 0.
    SLC0TOKEN0 = 0x50, reset 0, Stored;
    /// Channel 0 token 1.
    SLC0TOKEN1 = 0x54, reset 0, Stored;
    /// Channel 1 token 0.
    SLC1TOKEN0 = 0x58, reset 0, Stored;
    /// Channel 1 token 1.
    SLC1TOKEN1 = 0x5C, reset 0, Stored;
    /// Configuration 1.
    CONF1 = 0x60, reset 0x0030_0078, Stored;
    /// Channel 0 state0.
    SLC0_STATE0 = 0x64, reset 0, Stored;
    /// Channel 0 state1.
    SLC0_STATE1 = 0x68, reset 0, Stored;
    /// Channel 1 state0.
    SLC1_STATE0 = 0x6C, reset 0, Stored;
    /// Channel 1 state1.
    SLC1_STATE1 = 0x70, reset 0, Stored;
    /// Bridge configuration.
    BRIDGE_CONF = 0x74, reset 0x000A_7720, Stored;
    /// Channel 0 timeout end-of-frame descriptor address.
    SLC0_TO_EOF_DES_ADDR = 0x78, reset 0, Stored;
    /// Channel 0 transmit end-of-frame descriptor address.
    SLC0_TX_EOF_DES_ADDR = 0x7C, reset 0, Stored;
    /// Channel 0 timeout end-of-frame previous descriptor address.
    SLC0_TO_EOF_BFR_DES_ADDR = 0x80, reset 0, Stored;
    /// Channel 1 timeout end-of-frame descriptor address.
    SLC1_TO_EOF_DES_ADDR = 0x84, reset 0, Stored;
    /// Channel 1 transmit end-of-frame descriptor address.
    SLC1_TX_EOF_DES_ADDR = 0x88, reset 0, Stored;
    /// Channel 1 timeout end-of-frame previous descriptor address.
    SLC1_TO_EOF_BFR_DES_ADDR = 0x8C, reset 0, Stored;
    /// AHB test.
    AHB_TEST = 0x90, reset 0, Stored;
    /// SDIO status.
    SDIO_ST = 0x94, reset 0, Stored;
    /// Receive descriptor configuration.
    RX_DSCR_CONF = 0x98, reset 0x101B_101A, Stored;
    /// Channel 0 transmit link descriptor.
    SLC0_TXLINK_DSCR = 0x9C, reset 0, Stored;
    /// Channel 0 transmit link descriptor before.
    SLC0_TXLINK_DSCR_BF0 = 0xA0, reset 0, Stored;
    /// Channel 0 transmit link descriptor two before.
    SLC0_TXLINK_DSCR_BF1 = 0xA4, reset 0, Stored;
    /// Channel 0 receive link descriptor.
    SLC0_RXLINK_DSCR = 0xA8, reset 0, Stored;
    /// Channel 0 receive link descriptor before.
    SLC0_RXLINK_DSCR_BF0 = 0xAC, reset 0, Stored;
    /// Channel 0 receive link descriptor two before.
    SLC0_RXLINK_DSCR_BF1 = 0xB0, reset 0, Stored;
    /// Channel 1 transmit link descriptor.
    SLC1_TXLINK_DSCR = 0xB4, reset 0, Stored;
    /// Channel 1 transmit link descriptor before.
    SLC1_TXLINK_DSCR_BF0 = 0xB8, reset 0, Stored;
    /// Channel 1 transmit link descriptor two before.
    SLC1_TXLINK_DSCR_BF1 = 0xBC, reset 0, Stored;
    /// Channel 1 receive link descriptor.
    SLC1_RXLINK_DSCR = 0xC0, reset 0, Stored;
    /// Channel 1 receive link descriptor before.
    SLC1_RXLINK_DSCR_BF0 = 0xC4, reset 0, Stored;
    /// Channel 1 receive link descriptor two before.
    SLC1_RXLINK_DSCR_BF1 = 0xC8, reset 0, Stored;
    /// Channel 0 transmit error end-of-frame descriptor address.
    SLC0_TX_ERREOF_DES_ADDR = 0xCC, reset 0, Stored;
    /// Channel 1 transmit error end-of-frame descriptor address.
    SLC1_TX_ERREOF_DES_ADDR = 0xD0, reset 0, Stored;
    /// Token latch.
    TOKEN_LAT = 0xD4, reset 0, Stored;
    /// Transmit descriptor configuration.
    TX_DSCR_CONF = 0xD8, reset 0x80, Stored;
    /// Command information 0.
    CMD_INFOR0 = 0xDC, reset 0, Stored;
    /// Command information 1.
    CMD_INFOR1 = 0xE0, reset 0, Stored;
    /// Channel 0 length configuration.
    SLC0_LEN_CONF = 0xE4, reset 0, Stored;
    /// Channel 0 length.
    SLC0_LENGTH = 0xE8, reset 0, Stored;
    /// Channel 0 transmit packet head descriptor.
    SLC0_TXPKT_H_DSCR = 0xEC, reset 0, Stored;
    /// Channel 0 transmit packet end descriptor.
    SLC0_TXPKT_E_DSCR = 0xF0, reset 0, Stored;
    /// Channel 0 receive packet head descriptor.
    SLC0_RXPKT_H_DSCR = 0xF4, reset 0, Stored;
    /// Channel 0 receive packet end descriptor.
    SLC0_RXPKT_E_DSCR = 0xF8, reset 0, Stored;
    /// Channel 0 transmit packet (updated) head descriptor.
    SLC0_TXPKTU_H_DSCR = 0xFC, reset 0, Stored;
    /// Channel 0 transmit packet (updated) end descriptor.
    SLC0_TXPKTU_E_DSCR = 0x100, reset 0, Stored;
    /// Channel 0 receive packet (updated) head descriptor.
    SLC0_RXPKTU_H_DSCR = 0x104, reset 0, Stored;
    /// Channel 0 receive packet (updated) end descriptor.
    SLC0_RXPKTU_E_DSCR = 0x108, reset 0, Stored;
    /// Sequence position.
    SEQ_POSITION = 0x114, reset 0x509, Stored;
    /// Channel 0 descriptor record configuration.
    SLC0_DSCR_REC_CONF = 0x118, reset 0x3FF, Stored;
    /// SDIO CRC status 0.
    SDIO_CRC_ST0 = 0x11C, reset 0, Stored;
    /// SDIO CRC status 1.
    SDIO_CRC_ST1 = 0x120, reset 0, Stored;
    /// Channel 0 end-of-frame start descriptor.
    SLC0_EOF_START_DES = 0x124, reset 0, Stored;
    /// Channel 0 push descriptor address.
    SLC0_PUSH_DSCR_ADDR = 0x128, reset 0, Stored;
    /// Channel 0 done descriptor address.
    SLC0_DONE_DSCR_ADDR = 0x12C, reset 0, Stored;
    /// Channel 0 SUB start descriptor.
    SLC0_SUB_START_DES = 0x130, reset 0, Stored;
    /// Channel 0 descriptor count.
    SLC0_DSCR_CNT = 0x134, reset 0, Stored;
    /// Channel 0 length limit configuration.
    SLC0_LEN_LIM_CONF = 0x138, reset 0x5400, Stored;
    /// Channel 0 interrupt status 1.
    SLC0INT_ST1 = 0x13C, reset 0, Stored;
    /// Channel 0 interrupt enable 1.
    SLC0INT_ENA1 = 0x140, reset 0, Stored;
    /// Channel 1 interrupt status 1.
    SLC1INT_ST1 = 0x144, reset 0, Stored;
    /// Channel 1 interrupt enable 1.
    SLC1INT_ENA1 = 0x148, reset 0, Stored;
    /// Version date.
    DATE = 0x1F8, reset 0x1602_2500, Stored;
    /// Version.
    ID = 0x1FC, reset 0x100, Stored;
}
