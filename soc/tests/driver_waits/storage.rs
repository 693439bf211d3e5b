//! Flash, eFuse, SD, cryptography.

use super::Chip;
use esplens_soc::dev::{DevId, aes, efuse, rsa, sdmmc, sha, spi};

fn flash(c: &mut Chip, command: u32) {
    c.write(DevId::Spi1, spi::spec::CMD, command);
    c.wait_clear("spi_flash_ll_cmd_is_done", 1000, DevId::Spi1, spi::spec::CMD, u32::MAX);
}

/// `esp_flash_init` and `esp_flash_erase_region`: identify, write enable, erase, `spi_flash_chip_generic_wait_idle`.
#[test]
fn esp_flash_init_and_erase() {
    use spi::spec::*;
    let mut c = Chip::powered();
    flash(&mut c, cmd::FLASH_RDID);
    assert_eq!(c.read(DevId::Spi1, W) >> 16 & 0xFF, 0x16, "4 MiB");
    flash(&mut c, cmd::FLASH_WREN);
    c.write(DevId::Spi1, ADDR, 0x1000);
    flash(&mut c, cmd::FLASH_SE);
    let us = c.wait("spi_flash_chip_generic_wait_idle", 500_000, |c| {
        flash(c, cmd::FLASH_RDSR);
        c.read(DevId::Spi1, RD_STATUS) & 1 == 0
    });
    assert!(us > 100, "an erase takes time");
}

/// `esp_efuse_burn_new_values` (`efuse_ll_set_pgm_cmd`): the command bits clear themselves.
#[test]
fn esp_efuse_burn_new_values() {
    use efuse::spec::*;
    let mut c = Chip::powered();
    c.write(DevId::Efuse, BLK3_WDATA4, 0x5A);
    for (code, command) in [(conf::WRITE_OP_CODE, cmd::PGM), (conf::READ_OP_CODE, cmd::READ)] {
        c.write(DevId::Efuse, CONF, code);
        c.write(DevId::Efuse, CMD, command);
        c.wait_clear("efuse_hal_program", 100_000, DevId::Efuse, CMD, cmd::PGM | cmd::READ);
    }
    assert_eq!(c.read(DevId::Efuse, BLK3_RDATA4), 0x5A);
}

/// `sdmmc_host_init` (resets, clock update) and `sdmmc_card_init` without a card: CMD0, then CMD8's time-out.
#[test]
fn sdmmc_card_init_without_a_card() {
    use sdmmc::spec::*;
    let mut c = Chip::powered();
    let id = DevId::Sdmmc;
    c.write(id, CTRL, 7);
    c.wait_clear("sdmmc_host_reset", 1000, id, CTRL, 7);
    c.write(id, CLOCK, 3 << 13 | 3 << 9 | 1 << 5);
    c.write(id, CLKDIV, 50);
    let start = sdmmc::cmd::START_COMMAND;
    c.write(id, CMD, start | sdmmc::cmd::UPDATE_CLK_REG);
    c.wait_clear("sdmmc_host_clock_update_command", 1000, id, CMD, start);
    c.write(id, TMOUT, u32::MAX);
    c.write(id, CMD, start | sdmmc::cmd::SEND_INIT);
    c.wait_set("CMD0", 2000, id, RINTSTS, sdmmc::int::CMD_DONE);
    c.write(id, RINTSTS, u32::MAX);
    c.write(id, CMD, start | sdmmc::cmd::RESPONSE_EXPECT | 8);
    c.wait_set("CMD8", 2000, id, RINTSTS, sdmmc::int::RTO);
    c.wait_clear("sdmmc_host_card_busy", 10, id, STATUS, 1 << 9);
}

/// `aes_hal_transform_block`, `sha_hal_wait_idle`, `mpi_hal_enable_hardware_hw_op` and `esp_mpi_enable_...`'s waits.
#[test]
fn cryptography_becomes_idle() {
    let mut c = Chip::powered();
    c.write(DevId::Aes, aes::spec::START, 1);
    c.wait_set("aes_hal_transform_block", 10, DevId::Aes, aes::spec::IDLE, 1);
    c.write(DevId::Sha, sha::spec::SHA_512_START, 1);
    c.wait_clear("sha_hal_wait_idle", 10, DevId::Sha, sha::spec::SHA_512_BUSY, 1);
    c.wait_set("mpi_hal_enable_hardware_hw_op", 10, DevId::Rsa, rsa::spec::CLEAN, 1);
    c.write(DevId::Rsa, rsa::spec::MODEXP_MODE, 7);
    c.write(DevId::Rsa, rsa::spec::MODEXP_START, 1);
    c.wait_set("mpi_hal_wait_op_complete", 1_000_000, DevId::Rsa, rsa::spec::INTERRUPT, 1);
}
