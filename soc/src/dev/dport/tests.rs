use super::*;
use crate::dev::DevMsg;
use crate::dev::spec::How;
use crate::dev::testing::Bench;

fn bench() -> Bench<Dport> {
    let mut b = Bench::new(DevId::Dport, Dport::default());
    b.reset();
    b.sys.irq.changed = false;
    b.sent.clear();
    b
}

#[test]
fn every_register_reads_its_reset_value_and_none_warns() {
    let mut b = bench();
    for reg in SPEC.regs {
        let idle = if reg.name.ends_with("DCACHE_DBUG0") { 1 << 7 } else { 0 };
        assert_eq!(b.read(reg.offset), reg.reset | idle, "{}", reg.name);
    }
    assert!(b.warnings().is_empty());
    assert_eq!(SPEC.regs.len(), 368);
}

#[test]
fn stored_registers_keep_what_is_written() {
    let mut b = bench();
    for reg in SPEC.regs.iter().filter(|r| r.how == How::Stored && !r.name.contains("PAGE_MODE")) {
        b.write(reg.offset, 0x5A);
        assert_eq!(b.read(reg.offset), 0x5A, "{}", reg.name);
    }
    b.write(PRO_CPU_RECORD_PID, 1);
    assert_eq!(b.warnings().len(), 1);
}

#[test]
fn the_matrix_leads_a_source_to_each_cpu() {
    let mut b = bench();
    b.write(PRO_CPU_INTR_FROM_CPU_1_MAP, 7);
    b.write(APP_CPU_INTR_FROM_CPU_1_MAP, 40); // five bits: 8
    assert_eq!(b.read(APP_CPU_INTR_FROM_CPU_1_MAP), 8);
    b.write(CPU_INTR_FROM_CPU_1, 1);
    assert_eq!(b.sys.irq.inputs(0), 1 << 7);
    assert_eq!(b.sys.irq.inputs(1), 1 << 8);
    assert_eq!(b.read(CPU_INTR_FROM_CPU_1), 1);
    assert_eq!(b.read(PRO_INTR_STATUS_0), 1 << 25);
    assert_eq!(b.read(APP_INTR_STATUS_0), 1 << 25);
    b.write(CPU_INTR_FROM_CPU_1, 0);
    assert_eq!(b.sys.irq.inputs(0), 0);
}

#[test]
fn high_sources_show_in_the_third_status_word() {
    let mut b = bench();
    b.sys.irq.set(IrqSource::CacheIa, true);
    b.sys.irq.set(IrqSource::Uart0, true);
    assert_eq!(b.read(PRO_INTR_STATUS_2), 1 << 4);
    assert_eq!(b.read(APP_INTR_STATUS_1), 1 << 2);
    b.write(PRO_CACHE_IA_INT_MAP, 25);
    assert_eq!(b.sys.irq.mapping(0, 68), 25);
}

#[test]
fn the_app_cpu_starts_as_idf_starts_it() {
    let mut b = bench();
    assert!(b.sys.cores[1].held() && b.sys.cores[1].in_reset && b.sys.cores[1].gated);
    b.write(APPCPU_CTRL_D, 0x4008_1234);
    b.write(APPCPU_CTRL_B, 1);
    b.write(APPCPU_CTRL_C, 0);
    b.write(APPCPU_CTRL_A, 1);
    assert!(b.sys.requests.is_empty());
    b.write(APPCPU_CTRL_A, 0);
    assert_eq!(b.sys.requests, [Request::Reset(ResetKind::Cpu(1), ResetCause::ExtCpu)]);
    assert!(!b.sys.cores[1].held());
    assert_eq!(b.sys.cores[1].boot_addr, 0x4008_1234);
    assert_eq!(b.read(APPCPU_CTRL_B), 1);
    b.write(APPCPU_CTRL_C, 1);
    assert!(b.sys.cores[1].held());
}

#[test]
fn the_cpu_period_changes_the_clock() {
    let mut b = bench();
    b.sys.clocks.soc_clk = crate::clocks::SocClk::Pll;
    b.write(CPU_PER_CONF, 2);
    assert_eq!(b.sys.clocks.cpu_hz(), 240_000_000);
    assert!(b.sent.contains(&(DevId::Timg0, DevMsg::ClockChanged)));
    b.sent.clear();
    b.write(CPU_PER_CONF, 2 | 1 << 2);
    assert!(b.sent.is_empty(), "nothing changed");
    assert_eq!(b.read(CPU_PER_CONF), 6);
}

#[test]
fn rising_reset_bits_reset_their_devices_once() {
    let mut b = bench();
    b.write(PERIP_RST_EN, 1 << 5 | 1 << 13);
    b.write(PERIP_RST_EN, 1 << 5 | 1 << 13);
    b.write(PERIP_RST_EN, 0);
    let device = Request::ResetDevice;
    assert_eq!(b.sys.requests, [device(DevId::Uart1), device(DevId::Timg0)]);
    b.sys.requests.clear();
    b.write(PERI_RST_EN, 1 << 3);
    b.write(CORE_RST_EN, 1 << 7);
    assert_eq!(b.sys.requests, [device(DevId::Sha), device(DevId::Aes), device(DevId::Eth)]);
}

#[test]
fn the_roms_cache_flush_ends() {
    let mut b = bench();
    for register in [PRO_CACHE_CTRL, APP_CACHE_CTRL] {
        let v = b.read(register) & !cache::ctrl::FLUSH_ENA;
        b.write(register, v);
        assert_eq!(b.read(register) & cache::ctrl::FLUSH_DONE, 0);
        b.write(register, v | cache::ctrl::FLUSH_ENA);
        assert_ne!(b.read(register) & cache::ctrl::FLUSH_DONE, 0);
    }
}

#[test]
fn switches_without_a_model_warn() {
    let mut b = bench();
    b.write(IMMU_PAGE_MODE, 1);
    b.write(SLAVE_SPI_CONFIG, 1 << 12);
    assert_eq!(b.warnings().len(), 2);
}
