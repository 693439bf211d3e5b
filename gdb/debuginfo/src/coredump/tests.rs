use super::*;
use crate::unwind::{Context, Words};

fn sample() -> CoreFile {
    let mut context = Context::of_window(0x400D_1234, 0x6_0020, &std::array::from_fn(|n| n as u32));
    (context.windowbase, context.windowstart) = (3, 0x9);
    let thread = Thread { id: 0x3FFB_1000, name: Some("main".into()), context };
    CoreFile { threads: vec![thread], memory: vec![(0x3FFB_0000, (0..=255).collect())] }
}

#[test]
fn a_core_file_reads_back_as_written() {
    let core = CoreFile::parse(&write(&sample())).unwrap();
    assert_eq!(core.memory, sample().memory);
    let (read, wrote) = (&core.threads[0], &sample().threads[0]);
    assert_eq!((read.id, &read.name), (wrote.id, &wrote.name));
    assert_eq!(read.context.ar, wrote.context.ar);
    assert_eq!((read.context.windowbase, read.context.windowstart, read.context.pc), (3, 9, 0x400D_1234));
    assert_eq!(core.u32(0x3FFB_0004), Some(0x0706_0504));
    assert_eq!(core.u32(0x3FFB_00FE), None, "cut by the end of memory");
}

#[test]
fn broken_files_are_errors() {
    let good = write(&sample());
    for cut in 0..good.len().min(800) {
        // Missing memory only shortens the memory; missing threads are an error.
        let _ = CoreFile::parse(&good[..cut]);
    }
    assert!(CoreFile::parse(&good[..100]).is_err());
    assert!(CoreFile::parse(b"\x7fELF").is_err());
    for at in 0..200 {
        let mut bad = good.clone();
        bad[at] ^= 0xFF;
        let _ = CoreFile::parse(&bad);
    }
}

#[test]
fn dumps_are_found_in_uart_text_and_in_flash() {
    let text =
        "x\n====== CORE DUMP START ======\nf0VMRg==\nI (12) other: line\nAQE=\n===== CORE DUMP END =====\n";
    assert_eq!(decode_uart(text).unwrap(), b"\x7fELF\x01\x01");
    assert_eq!(decode_uart("nothing here"), None);
    let mut flash = vec![0xFF; 0x2_0000];
    flash[0x8000..0x800C].copy_from_slice(&[0xAA, 0x50, 1, 3, 0, 0, 1, 0, 0, 0, 1, 0]);
    assert_eq!(in_flash(&flash), None, "an empty partition");
    flash[0x1_0000..0x1_0004].copy_from_slice(&200u32.to_le_bytes());
    flash[0x1_000C..0x1_0010].copy_from_slice(b"\x7fELF");
    assert_eq!(in_flash(&flash).map(|e| e.len()), Some(188));
    assert_eq!(alone(&flash[0x1_0000..]), in_flash(&flash), "the partition alone");
    assert_eq!(alone(b"f0VMRg==\nAQE=\n").unwrap(), b"\x7fELF\x01\x01");
    assert_eq!(alone(b"Guru Meditation Error"), None);
}
