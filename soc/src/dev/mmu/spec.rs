//! The flash and PSRAM MMU table of one CPU.

crate::registers! {
    "MMU", "TRM 1.3.3 (external memory); soc/dport_reg.h (DPORT_PRO/APP_FLASH_MMU_TABLE), hal/mmu_ll.h";
    /// Page of the chip (bits 7..0) and invalid mark (bit 8) of each virtual page.
    TABLE[2048; 4] = 0x0000, reset 0, Modelled;
}
