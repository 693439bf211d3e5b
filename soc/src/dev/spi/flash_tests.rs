//! Tests of the flash chip, command by command.

use super::*;

struct Bench {
    mem: Memory,
    region: Region,
    chip: FlashChip,
    now: Ticks,
}

impl Bench {
    fn new(bytes: usize) -> Self {
        let mut mem = Memory::default();
        let region = mem.add(bytes, 0xFF);
        Self { mem, region, chip: FlashChip::default(), now: 0 }
    }

    fn reply(&mut self, out: &[u8], miso: usize, dummy: u32) -> FlashReply {
        let mut t = Transfer::plain(out, miso, self.now);
        t.dummy = dummy;
        let mut s = Storage { mem: &mut self.mem, region: self.region };
        self.chip.exchange(Some(&mut s), &t, self.now)
    }

    fn get(&mut self, out: &[u8], miso: usize) -> Vec<u8> {
        let reply = self.reply(out, miso, 0);
        assert_eq!(reply.warning, None);
        reply.data
    }

    /// Sends write enable and a command, waits for its end and returns the µs it took.
    fn change(&mut self, out: &[u8]) -> u64 {
        self.get(&[0x06], 0);
        self.get(out, 0);
        self.wait()
    }

    fn wait(&mut self) -> u64 {
        let from = self.now;
        for _ in 0..100_000 {
            if self.get(&[0x05], 1)[0] & sr::WIP == 0 {
                return (self.now - from) / TICKS_PER_US;
            }
            self.now += 100 * TICKS_PER_US;
        }
        panic!("still busy");
    }
}

#[test]
fn it_identifies_itself_by_size() {
    let mut b = Bench::new(4 << 20);
    assert_eq!(b.get(&[0x9F], 4), [0xC8, 0x40, 0x16, 0xC8]);
    assert_eq!(b.get(&[0x90, 0, 0, 0], 2), [0xC8, 0x15]);
    assert_eq!(b.get(&[0x90, 0, 0, 1], 2), [0x15, 0xC8]);
    assert_eq!(b.get(&[0xAB, 0, 0, 0], 1), [0x15]);
    assert_eq!(b.reply(&[0x4B], 16, 32).data, sfdp::UNIQUE_ID);
    assert_eq!(b.reply(&[0x5A, 0, 0, 0], 4, 8).data, b"SFDP");
    assert_eq!(Bench::new(16 << 20).get(&[0x9F], 3)[2], 0x18);
}

#[test]
fn programming_clears_bits_within_its_page() {
    let mut b = Bench::new(1 << 20);
    assert_eq!(b.change(&[0x02, 0x01, 0x00, 0xFE, 0xF0, 0x0F, 0x33]), 100, "looked at every 100 us");
    assert_eq!(b.get(&[0x03, 0x01, 0x00, 0xFE], 3), [0xF0, 0x0F, 0xFF], "the third byte wrapped");
    assert_eq!(b.get(&[0x03, 0x01, 0x00, 0x00], 1), [0x33]);
    b.change(&[0x02, 0x01, 0x00, 0xFE, 0xFF, 0xF8]);
    assert_eq!(b.get(&[0x03, 0x01, 0x00, 0xFE], 2), [0xF0, 0x08]);
    assert_eq!(b.chip.take_dirty().into_iter().collect::<Vec<_>>(), [0x10]);
    assert!(b.chip.dirty.is_empty());
}

#[test]
fn without_write_enable_nothing_changes() {
    let mut b = Bench::new(1 << 20);
    assert!(b.reply(&[0x02, 0, 0, 0, 0x00], 0, 0).warning.is_some());
    assert!(b.reply(&[0x01, 0x00, 0x02], 0, 0).warning.is_some());
    b.get(&[0x06], 0);
    assert_eq!(b.get(&[0x05], 1), [sr::WEL]);
    b.get(&[0x04], 0);
    assert_eq!(b.get(&[0x05], 1), [0]);
    assert!(b.reply(&[0x20, 0, 0, 0], 0, 0).warning.is_some());
    assert_eq!(b.get(&[0x03, 0, 0, 0], 1), [0xFF]);
    assert_eq!(b.get(&[0x35], 1), [0]);
}

#[test]
fn erases_take_their_size_and_their_time() {
    for (out, from, to, us) in [
        (&[0x20, 0x01, 0x12, 0x34][..], 0x1_1000, 0x1_2000, 45_000),
        (&[0x52, 0x01, 0x92, 0x34], 0x1_8000, 0x2_0000, 150_000),
        (&[0xD8, 0x01, 0x12, 0x34], 0x1_0000, 0x2_0000, 200_000),
        (&[0xC7], 0, 1 << 20, 250_000),
        (&[0x60], 0, 1 << 20, 250_000),
    ] {
        let mut b = Bench::new(1 << 20);
        b.mem.write_region(b.region, 0, &vec![0; 1 << 20]);
        assert_eq!(b.change(out), us, "{out:x?}");
        let mut all = vec![0; 1 << 20];
        b.mem.read_region(b.region, 0, &mut all);
        assert!(all.iter().enumerate().all(|(i, v)| (*v == 0xFF) == (from..to).contains(&i)), "{out:x?}");
        assert_eq!(b.chip.dirty.len(), (to - from) / 4096);
        assert!(!b.chip.wel);
    }
}

#[test]
fn while_busy_it_only_tells_its_status() {
    let mut b = Bench::new(1 << 20);
    b.get(&[0x06], 0);
    b.get(&[0x20, 0, 0, 0], 0);
    assert_eq!(b.get(&[0x05], 1), [sr::WIP | sr::WEL]);
    assert!(b.chip.busy(b.now));
    let reply = b.reply(&[0x9F], 3, 0);
    assert_eq!(reply.data, [0xFF; 3]);
    assert!(reply.warning.is_some());
    b.wait();
    assert_eq!(b.get(&[0x9F], 1), [0xC8]);
}

#[test]
fn every_read_command_brings_the_data() {
    let mut b = Bench::new(1 << 20);
    b.change(&[0x31, sr::QE]);
    b.mem.write_region(b.region, 0x1234, &[1, 2, 3]);
    for (op, lanes, dummy) in
        [(0x03, 1, 0), (0x0B, 1, 8), (0x3B, 1, 8), (0x6B, 1, 8), (0xBB, 2, 4), (0xEB, 4, 6)]
    {
        let mut t = Transfer::plain(&[op, 0x00, 0x12, 0x34], 3, 0);
        (t.addr_lanes, t.dummy) = (lanes, dummy);
        let mut s = Storage { mem: &mut b.mem, region: b.region };
        let reply = b.chip.exchange(Some(&mut s), &t, b.now);
        assert_eq!(reply, FlashReply { data: vec![1, 2, 3], warning: None }, "{op:#x}");
    }
    b.change(&[0x31, 0]);
    assert!(b.reply(&[0x6B, 0, 0x12, 0x34], 1, 8).warning.is_some(), "quad without QE");
}

#[test]
fn reads_wrap_at_the_chips_end() {
    let mut b = Bench::new(1 << 20);
    b.mem.write_region(b.region, (1 << 20) - 1, &[7]);
    b.mem.write_region(b.region, 0, &[8]);
    assert_eq!(b.get(&[0x03, 0x0F, 0xFF, 0xFF], 2), [7, 8]);
    assert_eq!(b.get(&[0x03, 0xFF, 0xFF, 0xFF], 2), [7, 8]);
}

#[test]
fn quad_enable_is_set_by_either_familys_command() {
    let mut b = Bench::new(4 << 20);
    assert_eq!(b.change(&[0x01, 0x00, sr::QE]), 5_000);
    assert_eq!(b.get(&[0x35], 1), [sr::QE]);
    b.change(&[0x01, 0x00]);
    assert_eq!(b.get(&[0x35], 1), [sr::QE], "a one-byte write leaves the second register");
    b.change(&[0x31, 0]);
    assert_eq!(b.get(&[0x35], 1), [0]);
    b.change(&[0x11, 0x60]);
    assert_eq!(b.get(&[0x15], 1), [0x60]);
}

#[test]
fn a_volatile_status_write_ends_with_a_reset() {
    let mut b = Bench::new(4 << 20);
    b.get(&[0x50], 0);
    b.get(&[0x31, sr::QE], 0);
    assert_eq!(b.get(&[0x35], 1), [sr::QE]);
    b.get(&[0x99], 0);
    assert_eq!(b.get(&[0x35], 1), [sr::QE], "99h needs 66h right before");
    b.get(&[0x66], 0);
    b.get(&[0x99], 0);
    b.wait();
    assert_eq!(b.get(&[0x35], 1), [0]);
}

#[test]
fn protected_blocks_stay() {
    let mut b = Bench::new(4 << 20);
    b.change(&[0x01, sr::BP]);
    b.get(&[0x06], 0);
    assert!(b.reply(&[0x02, 0, 0, 0, 0], 0, 0).warning.is_some());
    b.change(&[0x01, 1 << 2]); // the upper 1/64
    b.change(&[0x02, 0, 0, 0, 0]);
    b.get(&[0x06], 0);
    assert!(b.reply(&[0xD8, 0x3F, 0, 0], 0, 0).warning.is_some());
    b.get(&[0x06], 0);
    assert!(b.reply(&[0xC7], 0, 0).warning.is_some());
    assert_eq!(b.get(&[0x03, 0, 0, 0], 1), [0]);
}

#[test]
fn an_erase_can_be_suspended_and_resumed() {
    let mut b = Bench::new(4 << 20);
    b.mem.write_region(b.region, 0x8000, &[5]);
    b.get(&[0x06], 0);
    b.get(&[0x20, 0, 0, 0], 0);
    b.now += 15_000 * TICKS_PER_US;
    b.get(&[0x75], 0);
    assert_eq!(b.get(&[0x05], 1), [0]);
    assert_eq!(b.get(&[0x35], 1), [sr::SUS1]);
    assert_eq!(b.get(&[0x03, 0, 0x80, 0], 1), [5]);
    b.now += 1_000_000 * TICKS_PER_US;
    b.get(&[0x7A], 0);
    assert_eq!(b.get(&[0x35], 1), [0]);
    assert_eq!(b.wait(), 30_000, "what was left");
}

#[test]
fn power_down_silences_it_until_released() {
    let mut b = Bench::new(4 << 20);
    b.get(&[0xB9], 0);
    assert_eq!(b.get(&[0x9F], 1), [0xFF]);
    b.get(&[0xAB], 0);
    assert_eq!(b.get(&[0x9F], 1), [0xC8]);
}

#[test]
fn security_registers_program_erase_and_lock() {
    let mut b = Bench::new(4 << 20);
    b.change(&[0x42, 0, 0x20, 0x05, 0xA5, 0x5A]);
    assert_eq!(b.reply(&[0x48, 0, 0x20, 0x05], 3, 8).data, [0xA5, 0x5A, 0xFF]);
    assert_eq!(b.reply(&[0x48, 0, 0x10, 0x05], 1, 8).data, [0xFF]);
    b.change(&[0x31, 1 << 4]);
    b.change(&[0x44, 0, 0x20, 0]);
    assert_eq!(b.reply(&[0x48, 0, 0x20, 0x05], 1, 8).data, [0xA5], "locked");
    b.change(&[0x31, 0]);
    assert_eq!(b.get(&[0x35], 1), [1 << 4], "the lock is for ever");
}

#[test]
fn a_missing_chip_reads_ones() {
    let t = Transfer::plain(&[0x9F], 3, 0);
    assert_eq!(FlashChip::default().exchange(None, &t, 0).data, [0xFF; 3]);
}

#[test]
fn programming_takes_its_bytes_and_a_tenth_in_download_mode() {
    let mut b = Bench::new(1 << 20);
    let page = |n: usize| [&[0x02, 0, 0x10, 0][..], &vec![0x55; n]].concat();
    assert_eq!(b.change(&page(32)), 200, "as the mask ROM programs");
    assert_eq!(b.change(&page(256)), 500);
    b.chip.quick = true;
    assert_eq!(b.change(&page(256)), 100);
    assert_eq!(b.change(&[0x20, 0, 0x10, 0]), 4_500);
}
