use super::*;
use crate::dev::dport::{Dport, spec as dport};
use crate::dev::mmu::Mmu;
use crate::dev::testing::Bench;
use crate::dev::{Cx, DevId, Device};
use esplens_core::memory::{PAGE_SIZE, flag};

/// 1 MiB of flash and 4 MiB of PSRAM. Each page begins with its own number.
fn bench() -> Bench<Dport> {
    let mut b = Bench::new(DevId::Dport, Dport::default());
    let flash = b.mem.add(1 << 20, 0xFF);
    let psram = b.mem.add(4 << 20, 0);
    for (region, mark) in [(flash, 0xF000_0000u32), (psram, 0x5000_0000)] {
        for page in 0..region.pages {
            b.mem.write_region(region, page as usize * PAGE_SIZE, &(mark + page).to_le_bytes());
        }
    }
    (b.sys.flash, b.sys.psram) = (Some(flash), Some(psram));
    b.reset();
    for core in 0..2 {
        for i in 0..TABLE_LEN {
            entry(&mut b, core, i, 0x100);
        }
    }
    b
}

/// Writes an MMU table entry as the guest does.
fn entry(b: &mut Bench<Dport>, core: usize, index: usize, value: u32) {
    let dev = [DevId::MmuPro, DevId::MmuApp][core];
    let mut cx = Cx { now: 0, dev, core: 0, pc: 0, sys: &mut b.sys, mem: &mut b.mem };
    Mmu::new(core as u8).write(index as u32 * 4, value, &mut cx);
}

/// Enables a cache as IDF's bootloader does: table, page mode, bus masks, enable.
fn enable(b: &mut Bench<Dport>, core: usize) {
    let (c, c1) = registers(core);
    b.write(c1, 1 << 11 | 1 << 5); // all buses open but OPSDRAM; 64 KiB and 32 KiB pages
    let old = b.read(c);
    b.write(c, old | ctrl::ENABLE);
}

fn registers(core: usize) -> (u32, u32) {
    [(dport::PRO_CACHE_CTRL, dport::PRO_CACHE_CTRL1), (dport::APP_CACHE_CTRL, dport::APP_CACHE_CTRL1)][core]
}

fn word(b: &Bench<Dport>, core: usize, addr: u32) -> Option<u32> {
    let mut out = [0; 4];
    (b.mem.peek(core, addr, &mut out) == 4).then(|| u32::from_le_bytes(out))
}

/// Counts the mapped pages in all cached windows of a core.
fn mapped(b: &Bench<Dport>, core: usize) -> usize {
    let pages = (0x3F40_0000u32..0x40C0_0000).step_by(PAGE_SIZE).filter(|&a| Window::at(a).is_some());
    pages.filter(|&a| b.mem.map(core).entry(a).phys != NO_PAGE).count()
}

#[test]
fn entries_show_their_flash_page_in_their_window_only() {
    let mut b = bench();
    enable(&mut b, 0);
    entry(&mut b, 0, 2, 3); // DROM0
    entry(&mut b, 0, 77, 1); // IRAM0 0x400D_0000
    entry(&mut b, 0, 130, 4); // IRAM1
    entry(&mut b, 0, 255, 5); // IROM0
    assert_eq!(word(&b, 0, 0x3F42_0000), Some(0xF000_0030));
    assert_eq!(word(&b, 0, 0x3F42_F000), Some(0xF000_003F));
    assert_eq!(word(&b, 0, 0x400D_5000), Some(0xF000_0015));
    assert_eq!(word(&b, 0, 0x4042_0000), Some(0xF000_0040));
    assert_eq!(word(&b, 0, 0x40BF_0000), Some(0xF000_0050));
    assert_eq!((mapped(&b, 0), mapped(&b, 1)), (64, 0));
    entry(&mut b, 0, 2, 0x100);
    assert_eq!(word(&b, 0, 0x3F42_0000), None);
    assert_eq!(mapped(&b, 0), 48);
}

#[test]
fn permissions_are_those_of_the_bus() {
    let mut b = bench();
    enable(&mut b, 1);
    for (index, addr, perms) in [
        (0, 0x3F40_0000, flag::READ),
        (77, 0x400D_0000, flag::READ | flag::EXEC | flag::WORD_ONLY),
        (1152, 0x3F80_0000, flag::READ | flag::WRITE),
    ] {
        entry(&mut b, 1, index, 0);
        let flags = b.mem.map(1).entry(addr).flags;
        let all = flag::READ | flag::WRITE | flag::EXEC | flag::WORD_ONLY;
        assert_eq!(flags & all, perms, "entry {index}");
    }
}

#[test]
fn internal_memory_below_the_instruction_window_stays() {
    let mut b = bench();
    b.mem.map_region(0, 0x400C_0000, b.sys.banks.sram2.expect("the bench has it"), flag::READ);
    let before = b.mem.map(0).entry(0x400C_1000).phys;
    enable(&mut b, 0);
    entry(&mut b, 0, 76, 1);
    assert_eq!(b.mem.map(0).entry(0x400C_1000).phys, before);
    assert_eq!(word(&b, 0, 0x400C_2000), Some(0xF000_0012));
    entry(&mut b, 0, 64, 1); // 0x4000_0000: the ROM's
    assert_eq!(b.mem.map(0).entry(0x4000_0000).phys, NO_PAGE);
}

#[test]
fn disabling_unmaps_and_enabling_maps_again() {
    let mut b = bench();
    enable(&mut b, 0);
    entry(&mut b, 0, 0, 0);
    entry(&mut b, 0, 1152, 0);
    let on = b.read(dport::PRO_CACHE_CTRL);
    assert_eq!(mapped(&b, 0), 24);
    // Wait loop of IDF's cache_ll_l1_disable_cache.
    assert_eq!(b.read(dport::PRO_DCACHE_DBUG0) >> 7 & 0xFFF, 1);
    b.write(dport::PRO_CACHE_CTRL, on & !ctrl::ENABLE);
    assert_eq!(mapped(&b, 0), 0);
    b.write(dport::PRO_CACHE_CTRL, on);
    assert_eq!(mapped(&b, 0), 24);
}

#[test]
fn nothing_mapped_means_nothing_done() {
    let mut b = bench();
    enable(&mut b, 0);
    let on = b.read(dport::PRO_CACHE_CTRL);
    let generation = b.mem.map_generation;
    b.write(dport::PRO_CACHE_CTRL, on & !ctrl::ENABLE);
    b.write(dport::PRO_CACHE_CTRL, on);
    assert_eq!(b.mem.map_generation, generation);
    assert!(b.sys.cache.core[0].valid.is_empty());
}

#[test]
fn each_mask_bit_closes_one_bus() {
    let mut b = bench();
    enable(&mut b, 0);
    let open = b.read(dport::PRO_CACHE_CTRL1);
    let buses = [
        (0, 77, 0x400D_0000),
        (1, 128, 0x4040_0000),
        (2, 192, 0x4080_0000),
        (3, 1152, 0x3F80_0000),
        (4, 0, 0x3F40_0000),
    ];
    for (_, index, _) in buses {
        entry(&mut b, 0, index, 0);
    }
    for (bit, ..) in buses {
        b.write(dport::PRO_CACHE_CTRL1, open | 1 << bit);
        for (other, _, addr) in buses {
            assert_eq!(word(&b, 0, addr).is_some(), other != bit, "mask {bit}, bus {other}");
        }
    }
}

#[test]
fn pages_beyond_the_chip_are_not_mapped() {
    let mut b = bench();
    enable(&mut b, 0);
    entry(&mut b, 0, 0, 15);
    entry(&mut b, 0, 1, 16); // the chip has 1 MiB
    assert_eq!(word(&b, 0, 0x3F40_F000), Some(0xF000_00FF));
    assert_eq!(word(&b, 0, 0x3F41_0000), None);
    assert_eq!(illegal_access(&mut b.sys, 0, 0x3F41_0000, false), Some(u32::MAX));
    assert_eq!(b.warnings().len(), 1);
    b.sys.psram = None;
    entry(&mut b, 0, 1152, 0);
    assert_eq!(word(&b, 0, 0x3F80_0000), None);
}

#[test]
fn a_smaller_page_mode_moves_every_entry() {
    let mut b = bench();
    enable(&mut b, 0);
    entry(&mut b, 0, 1, 3);
    let c1 = b.read(dport::PRO_CACHE_CTRL1);
    b.write(dport::PRO_CACHE_CTRL1, c1 | 1 << 9); // 32 KiB
    assert_eq!(word(&b, 0, 0x3F41_0000), None);
    assert_eq!(word(&b, 0, 0x3F40_8000), Some(0xF000_0018));
    assert_eq!(mapped(&b, 0), 8);
    entry(&mut b, 0, 1153, 6);
    b.write(dport::PRO_CACHE_CTRL1, c1 | 3 << 6); // PSRAM 4 KiB
    assert_eq!(word(&b, 0, 0x3F80_1000), Some(0x5000_0006));
    b.write(dport::PRO_CACHE_CTRL1, c1 | 4 << 6); // 2 KiB pages cannot be mapped
    assert_eq!(mapped(&b, 0), 16);
}

/// Maps 4 MiB for both CPUs as IDF's `cache_sram_mmu_set` does.
fn psram(b: &mut Bench<Dport>) {
    for core in 0..2 {
        for page in 0..128 {
            entry(b, core, 1152 + page, page as u32);
        }
    }
}

#[test]
fn psram_is_seen_by_both_cpus_and_written_through() {
    let mut b = bench();
    psram(&mut b);
    enable(&mut b, 0);
    enable(&mut b, 1);
    b.mem.poke(0, 0x3FBF_F004, &[1, 2, 3, 4]);
    assert_eq!(word(&b, 1, 0x3FBF_F004), Some(0x0403_0201));
    assert_eq!((mapped(&b, 0), mapped(&b, 1)), (1024, 1024));
}

#[test]
fn low_high_mode_needs_the_cache_of_the_half() {
    let mut b = bench();
    psram(&mut b);
    let (pro, app) = (b.read(dport::PRO_CACHE_CTRL), b.read(dport::APP_CACHE_CTRL));
    b.write(dport::PRO_CACHE_CTRL, pro | ctrl::PRO_DRAM_HL);
    b.write(dport::APP_CACHE_CTRL, app | ctrl::APP_DRAM_HL);
    enable(&mut b, 0);
    b.write(dport::APP_CACHE_CTRL1, 0);
    for core in 0..2 {
        assert!(word(&b, core, 0x3F80_0000).is_some(), "low half by the PRO CPU's cache");
        assert_eq!(word(&b, core, 0x3FA0_0000), None);
    }
    illegal_access(&mut b.sys, 0, 0x3FA0_0000, false);
    assert_eq!(b.read(dport::PRO_DCACHE_DBUG3), 1 << 9, "OPPOSITE");
    enable(&mut b, 1);
    assert_eq!(word(&b, 0, 0x3FA0_0000), Some(0x5000_0200));
}

#[test]
fn even_odd_mode_needs_both_caches() {
    let mut b = bench();
    psram(&mut b);
    for register in [dport::PRO_CACHE_CTRL, dport::APP_CACHE_CTRL] {
        let old = b.read(register);
        b.write(register, old | ctrl::DRAM_SPLIT);
    }
    enable(&mut b, 0);
    assert_eq!(word(&b, 0, 0x3F80_0000), None);
    enable(&mut b, 1);
    assert_eq!(word(&b, 0, 0x3F80_0000), Some(0x5000_0000));
}

#[test]
fn an_access_with_the_cache_off_is_what_idf_panics_for() {
    let mut b = bench();
    b.write(dport::CACHE_IA_INT_EN, 0x3F << 14); // esp_cache_err_int_init on the PRO CPU
    assert_eq!(illegal_access(&mut b.sys, 1, 0x400D_0000, true), Some(ILLEGAL_DATA));
    assert!(!b.irq(IrqSource::CacheIa), "the APP CPU's bits are off");
    assert_eq!(illegal_access(&mut b.sys, 0, 0x3F40_0010, false), Some(ILLEGAL_DATA));
    assert!(b.irq(IrqSource::CacheIa));
    assert_eq!(b.read(dport::PRO_DCACHE_DBUG3), 1 << 14, "PRO_CPU_DISABLED_CACHE_IA_DROM0");
    assert_eq!(b.read(dport::PRO_DCACHE_DBUG5), 4, "word address in the window");
    assert_eq!(b.read(dport::APP_DCACHE_DBUG3), 1 << 13, "APP_CPU_DISABLED_CACHE_IA_IRAM0");
    let c1 = b.read(dport::PRO_CACHE_CTRL1);
    b.write(dport::PRO_CACHE_CTRL1, c1 | ctrl1::MMU_IA_CLR);
    assert!(!b.irq(IrqSource::CacheIa));
    assert_eq!(b.read(dport::PRO_DCACHE_DBUG3), 0);
}

#[test]
fn an_access_made_before_the_enable_does_not_interrupt_after_it() {
    let mut b = bench();
    illegal_access(&mut b.sys, 0, 0x3F40_0000, false);
    b.write(dport::CACHE_IA_INT_EN, 0x3F << 14);
    assert!(!b.irq(IrqSource::CacheIa));
    illegal_access(&mut b.sys, 0, 0x3F80_0000, false);
    assert!(b.irq(IrqSource::CacheIa));
    b.reset();
    assert!(!b.irq(IrqSource::CacheIa));
}

#[test]
fn an_invalid_entry_is_recorded_apart() {
    let mut b = bench();
    enable(&mut b, 0);
    b.write(dport::CACHE_IA_INT_EN, 0x3F << 14);
    assert_eq!(illegal_access(&mut b.sys, 0, 0x3F40_0000, false), Some(ILLEGAL_DATA));
    assert_eq!(b.read(dport::PRO_DCACHE_DBUG0), 1 << 7 | 1 << 6 | 1);
    assert_eq!(b.read(dport::PRO_DCACHE_DBUG3), 0);
    assert!(!b.irq(IrqSource::CacheIa));
}

#[test]
fn addresses_of_other_memories_are_not_the_caches() {
    let mut b = bench();
    for addr in [0, 0x3F00_0000, 0x3FC0_0000, 0x3FFB_0000, 0x4000_0000, 0x400C_1FFC, 0x40C0_0000, u32::MAX] {
        assert_eq!(illegal_access(&mut b.sys, 0, addr, false), None, "{addr:#x}");
    }
    assert_eq!(illegal_access(&mut b.sys, 0, 0x3F40_0000, true), None, "nothing is fetched from DROM0");
}

#[test]
fn refresh_restores_the_maps_from_the_state() {
    let mut b = bench();
    enable(&mut b, 0);
    entry(&mut b, 0, 0, 3);
    let saved = b.sys.cache.clone();
    entry(&mut b, 0, 0, 0x100);
    entry(&mut b, 0, 5, 1);
    b.sys.cache = saved;
    refresh(&mut b.sys, &mut b.mem);
    assert_eq!(word(&b, 0, 0x3F40_0000), Some(0xF000_0030));
    assert_eq!(mapped(&b, 0), 16);
}

#[test]
fn a_reset_closes_the_caches_and_keeps_the_tables() {
    let mut b = bench();
    enable(&mut b, 0);
    entry(&mut b, 0, 0, 3);
    b.reset();
    assert_eq!(mapped(&b, 0), 0);
    assert_eq!(b.sys.cache.entry(0, 0), 3);
    assert_eq!(b.read(dport::PRO_CACHE_CTRL1), ctrl1::RESET);
}

proptest::proptest! {
    /// Whatever registers the guest writes in any order, the page tables equal those that a refresh derives.
    #[test]
    fn any_writes_leave_the_maps_as_a_refresh_would(
        writes in proptest::collection::vec((0usize..8, 0usize..1300, proptest::num::u32::ANY), 1..60)
    ) {
        let mut b = bench();
        for (kind, index, value) in writes {
            match kind {
                0..4 => entry(&mut b, kind % 2, index, value & 0x13F),
                4..6 => b.write(registers(kind - 4).0, value),
                _ => b.write(registers(kind - 6).1, value),
            }
        }
        let shown = |b: &Bench<Dport>| -> Vec<(u32, u32)> {
            (0..2).flat_map(|core| (0x3F40_0000u32..0x40C0_0000).step_by(PAGE_SIZE).map(move |a| (core, a)))
                .map(|(core, a)| b.mem.map(core).entry(a))
                .map(|e| (e.phys, e.flags)).collect()
        };
        let before = shown(&b);
        refresh(&mut b.sys, &mut b.mem);
        proptest::prop_assert!(before == shown(&b));
    }
}

#[test]
fn the_state_goes_through_a_save() {
    let mut b = bench();
    enable(&mut b, 0);
    entry(&mut b, 0, 77, 2);
    illegal_access(&mut b.sys, 1, 0x3F40_0000, false);
    let bytes = postcard::to_allocvec(&b.sys.cache).expect("plain data");
    let back: Caches = postcard::from_bytes(&bytes).expect("as written");
    assert_eq!(back, b.sys.cache);
}
