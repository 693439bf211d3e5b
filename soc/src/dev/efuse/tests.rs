use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;

fn bench() -> Bench<Efuse> {
    Bench::new(DevId::Efuse, Efuse::default())
}

/// Runs a command as the ROM's `ets_efuse_read_op` and `ets_efuse_program_op` do: sets the operation code, starts, and
/// waits for the command bit to clear.
fn run(b: &mut Bench<Efuse>, code: u32, command: u32) {
    b.write(CONF, code);
    b.write(CMD, command);
    assert_eq!(b.read(CMD), command, "the ROM of revision 3 wants to see the bit");
    for _ in 0..10_000 {
        if b.read(CMD) == 0 {
            return;
        }
        b.advance(1);
    }
    panic!("the command never ends");
}

fn program(b: &mut Bench<Efuse>) {
    run(b, conf::WRITE_OP_CODE, cmd::PGM);
    run(b, conf::READ_OP_CODE, cmd::READ);
}

#[test]
fn the_default_chip_is_revision_3_with_a_valid_mac() {
    let mut b = bench();
    assert_ne!(b.read(BLK0_RDATA3) & blk0_rdata3::CHIP_VER_REV1, 0);
    assert_ne!(b.read(BLK0_RDATA5) & blk0_rdata5::CHIP_VER_REV2, 0);
    assert_eq!(b.read(BLK0_RDATA3) >> 9 & 7, 1);
    assert_ne!(b.read(BLK0_RDATA4) >> 8 & 0x1F, 0);
    assert_eq!(b.dev.mac(), [0x24, 0x0A, 0xC4, 0x00, 0x32, 0x01]);
}

#[test]
fn mac_and_checksum_stand_where_idf_reads_them() {
    let mut b = bench();
    let mac = [0x24, 0x0A, 0xC4, 0x04, 0x58, 0xFC];
    b.dev.set_mac(mac);
    assert_eq!(b.read(BLK0_RDATA1), 0xC404_58FC);
    assert_eq!(b.read(BLK0_RDATA2) & 0xFFFF, 0x240A);
    assert_eq!(b.dev.mac(), mac);
    // The CRC of data followed by its own CRC is 0.
    let crc = (b.read(BLK0_RDATA2) >> 16) as u8;
    let rest = mac.into_iter().chain([crc]).fold(0u8, |crc, byte| {
        (0..8).fold(crc ^ byte, |c, _| if c & 1 != 0 { c >> 1 ^ 0x8C } else { c >> 1 })
    });
    assert_eq!(rest, 0);
    assert_ne!(crc, 0);
}

#[test]
fn revisions_show_as_idf_decodes_them() {
    let mut b = bench();
    for (major, eco) in [(0, 0b00), (1, 0b01), (2, 0b11), (3, 0b11)] {
        b.dev.set_revision(major);
        let bits = b.read(BLK0_RDATA3) >> 15 & 1 | (b.read(BLK0_RDATA5) >> 20 & 1) << 1;
        assert_eq!(bits, eco, "revision {major}");
    }
}

#[test]
fn a_file_goes_in_and_out() {
    let mut bytes = [0; FILE_LEN];
    bytes[13] = 0x80; // as qemu_efuse.bin of revision 3: REV1 in word 3, REV2 in word 5
    bytes[22] = 0x10;
    bytes[28] = 0xAB; // first byte of block 1
    bytes[123] = 0xCD; // last byte of block 3
    let efuse = Efuse::from_bytes(&bytes).expect("the length is right");
    assert_eq!(efuse.to_bytes(), bytes);
    let mut b = Bench::new(DevId::Efuse, efuse);
    assert_eq!(b.read(BLK0_RDATA3), blk0_rdata3::CHIP_VER_REV1);
    assert_eq!(b.read(BLK0_RDATA5), blk0_rdata5::CHIP_VER_REV2);
    assert_eq!(b.read(BLK1_RDATA0), 0xAB);
    assert_eq!(b.read(BLK3_RDATA7), 0xCD00_0000);
    assert_eq!(Efuse::from_bytes(&bytes[1..]), Err(WrongLength(123)));
}

#[test]
fn programming_sets_bits_and_shows_after_a_read() {
    let mut b = bench();
    b.write(BLK3_WDATA4, 0x0F);
    run(&mut b, conf::WRITE_OP_CODE, cmd::PGM);
    assert_eq!(b.read(BLK3_RDATA4), 0, "not read again yet");
    run(&mut b, conf::READ_OP_CODE, cmd::READ);
    assert_eq!(b.read(BLK3_RDATA4), 0x0F);
    b.write(BLK3_WDATA4, 0xF0);
    program(&mut b);
    assert_eq!(b.read(BLK3_RDATA4), 0xFF, "no bit goes back");
    b.reset();
    assert_eq!(b.read(BLK3_RDATA4), 0xFF);
    assert_eq!(b.read(BLK3_WDATA4), 0);
}

#[test]
fn a_command_needs_its_code() {
    let mut b = bench();
    b.write(BLK3_WDATA0, 1);
    b.write(CONF, conf::READ_OP_CODE);
    b.write(CMD, cmd::PGM);
    assert_eq!(b.read(CMD), 0);
    b.advance(10_000);
    run(&mut b, conf::READ_OP_CODE, cmd::READ);
    assert_eq!(b.read(BLK3_RDATA0), 0);
}

#[test]
fn write_protection_keeps_a_block_and_read_protection_hides_it() {
    let mut b = bench();
    b.write(BLK1_WDATA0, 0x1234);
    b.write(BLK2_WDATA0, 0x5678);
    program(&mut b);
    b.write(BLK0_WDATA0, 1 << 7 | 1 << 17); // WR_DIS of block 1, RD_DIS of block 2
    program(&mut b);
    b.write(BLK1_WDATA0, 0xFFFF_FFFF);
    b.write(BLK0_WDATA0, 0);
    program(&mut b);
    assert_eq!(b.read(BLK1_RDATA0), 0x1234);
    assert_eq!(b.read(BLK2_RDATA0), 0);
    let file = b.dev.to_bytes();
    assert_eq!(file[60..62], [0x78, 0x56], "hidden from software, not gone");
}

#[test]
fn the_interrupt_follows_its_enable_and_clear() {
    let mut b = bench();
    run(&mut b, conf::READ_OP_CODE, cmd::READ);
    assert!(!b.irq(IrqSource::Efuse));
    b.write(INT_ENA, cmd::READ);
    assert!(b.irq(IrqSource::Efuse));
    assert_eq!(b.read(INT_ST), cmd::READ);
    b.write(INT_CLR, cmd::READ);
    assert!(!b.irq(IrqSource::Efuse));
    assert_eq!(b.read(INT_RAW), 0);
}
