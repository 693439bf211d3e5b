//! Registers of UHCI0 and UHCI1, the UARTs' DMA (TRM 13.3.13).

crate::registers! {
    "UHCI", "TRM chapter 13; soc/uhci_reg.h";
    /// Which UART, framing options, resets.
    CONF0 = 0x00, reset 0x370100, Stored;
    /// Interrupts that have occurred.
    INT_RAW = 0x04, reset 0x0, Stored;
    /// Interrupts that have occurred and are enabled.
    INT_ST = 0x08, reset 0x0, Stored;
    /// Enables of the interrupts.
    INT_ENA = 0x0C, reset 0x0, Stored;
    /// Writing ones clears interrupts.
    INT_CLR = 0x10, reset 0x0, Stored;
    /// State of the transmit FIFO.
    DMA_OUT_STATUS = 0x14, reset 0x2, Absent;
    /// Pushes a byte into the transmit FIFO.
    DMA_OUT_PUSH = 0x18, reset 0x0, Absent;
    /// State of the receive FIFO.
    DMA_IN_STATUS = 0x1C, reset 0x2, Absent;
    /// Pops a byte from the receive FIFO.
    DMA_IN_POP = 0x20, reset 0x0, Absent;
    /// Starts and stops the transmit descriptors.
    DMA_OUT_LINK = 0x24, reset 0x0, Stored;
    /// Starts and stops the receive descriptors.
    DMA_IN_LINK = 0x28, reset 0x100000, Stored;
    /// Checksums, acknowledgements, escape checks.
    CONF1 = 0x2C, reset 0x33, Stored;
    /// Decoder state.
    STATE0 = 0x30, reset 0x0, Absent;
    /// Encoder state.
    STATE1 = 0x34, reset 0x0, Absent;
    /// Transmit descriptor that ended a frame.
    DMA_OUT_EOF_DES_ADDR = 0x38, reset 0x0, Stored;
    /// Receive descriptor that ended a frame.
    DMA_IN_SUC_EOF_DES_ADDR = 0x3C, reset 0x0, Stored;
    /// Receive descriptor at an error.
    DMA_IN_ERR_EOF_DES_ADDR = 0x40, reset 0x0, Stored;
    /// Transmit buffer that ended a frame.
    DMA_OUT_EOF_BFR_DES_ADDR = 0x44, reset 0x0, Stored;
    /// Test of the AHB port.
    AHB_TEST = 0x48, reset 0x0, Stored;
    /// First word of the receive descriptor.
    DMA_IN_DSCR = 0x4C, reset 0x0, Stored;
    /// Second word of the receive descriptor.
    DMA_IN_DSCR_BF0 = 0x50, reset 0x0, Stored;
    /// Third word of the receive descriptor.
    DMA_IN_DSCR_BF1 = 0x54, reset 0x0, Stored;
    /// First word of the transmit descriptor.
    DMA_OUT_DSCR = 0x58, reset 0x0, Stored;
    /// Second word of the transmit descriptor.
    DMA_OUT_DSCR_BF0 = 0x5C, reset 0x0, Stored;
    /// Third word of the transmit descriptor.
    DMA_OUT_DSCR_BF1 = 0x60, reset 0x0, Stored;
    /// Which characters are escaped.
    ESCAPE_CONF = 0x64, reset 0x33, Stored;
    /// Time-outs of DMA and FIFO.
    HUNG_CONF = 0x68, reset 0x810810, Stored;
    /// Acknowledge number.
    ACK_NUM = 0x6C, reset 0x0, Stored;
    /// Header of the last packet.
    RX_HEAD = 0x70, reset 0x0, Absent;
    /// Sends one of the short packets.
    QUICK_SENT = 0x74, reset 0x0, Absent;
    /// Short packet 0, first word.
    Q0_WORD0 = 0x78, reset 0x0, Stored;
    /// Short packet 0, second word.
    Q0_WORD1 = 0x7C, reset 0x0, Stored;
    /// Short packet 1, first word.
    Q1_WORD0 = 0x80, reset 0x0, Stored;
    /// Short packet 1, second word.
    Q1_WORD1 = 0x84, reset 0x0, Stored;
    /// Short packet 2, first word.
    Q2_WORD0 = 0x88, reset 0x0, Stored;
    /// Short packet 2, second word.
    Q2_WORD1 = 0x8C, reset 0x0, Stored;
    /// Short packet 3, first word.
    Q3_WORD0 = 0x90, reset 0x0, Stored;
    /// Short packet 3, second word.
    Q3_WORD1 = 0x94, reset 0x0, Stored;
    /// Short packet 4, first word.
    Q4_WORD0 = 0x98, reset 0x0, Stored;
    /// Short packet 4, second word.
    Q4_WORD1 = 0x9C, reset 0x0, Stored;
    /// Short packet 5, first word.
    Q5_WORD0 = 0xA0, reset 0x0, Stored;
    /// Short packet 5, second word.
    Q5_WORD1 = 0xA4, reset 0x0, Stored;
    /// Short packet 6, first word.
    Q6_WORD0 = 0xA8, reset 0x0, Stored;
    /// Short packet 6, second word.
    Q6_WORD1 = 0xAC, reset 0x0, Stored;
    /// Separator character and its escape.
    ESC_CONF0 = 0xB0, reset 0xDCDBC0, Stored;
    /// First escaped character.
    ESC_CONF1 = 0xB4, reset 0xDDDBDB, Stored;
    /// Second escaped character.
    ESC_CONF2 = 0xB8, reset 0xDEDB11, Stored;
    /// Third escaped character.
    ESC_CONF3 = 0xBC, reset 0xDFDB13, Stored;
    /// Largest packet.
    PKT_THRES = 0xC0, reset 0x80, Stored;
    /// Version.
    DATE = 0xFC, reset 0x16041001, Stored;
}
