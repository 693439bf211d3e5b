//! SD cards: real firmware at the SDMMC host and in SPI mode, and the image that it leaves behind.

use esplens_core::time::TICKS_PER_US;
use esplens_soc::card::crc::crc7;
use esplens_soc::card::{CardImage, SdConfig, SdEvent, SdPlace};
use esplens_soc::dev::{DevId, DevMsg};
use esplens_soc::machine::{Input, Machine, MachineConfig};
use esplens_tests::{UartSession, binary, card, firmware};
use std::sync::Arc;

/// Virtual time limit of an expectation.
const PATIENCE_MS: u64 = 20_000;

fn socket(place: SdPlace, image: Option<CardImage>) -> SdConfig {
    SdConfig { place, image: image.map(Arc::new), write_protected: false, detect: None, protect: None }
}

/// Unmodified firmware writes a file to a card, renames it and reads it back; the image has it afterwards.
#[test]
fn the_file_that_esp_idf_writes_is_in_the_image() {
    let Some(folder) = firmware::chip_folder() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (flash, card_image) = (dir.path().join("flash.bin"), dir.path().join("card.img"));
    std::fs::copy(folder.join("idf-4.2-sdmmc/flash.bin"), &flash).unwrap();
    std::fs::set_permissions(&flash, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    card::format(&card_image, 16 << 20);
    let blank = std::fs::read(&card_image).unwrap();
    let [flash, sd] = [&flash, &card_image].map(|path| path.display().to_string());
    let run = |persist: &[&str]| {
        let expect = ["--expect", "File written", "--exit-on", "Read .* from file", "--timeout", "30s"];
        let (code, out, err) = binary::run(&[&["run", &flash, "--sd", &sd][..], &expect, persist].concat());
        assert_eq!(code, Some(0), "{out}{err}");
    };
    run(&[]);
    assert!(std::fs::read(&card_image).unwrap() == blank, "changed without --persist");
    run(&["--persist"]);
    let text = card::text(&card_image, "foo.txt");
    assert!(text.starts_with("Hello "), "{text:?}");
    let left = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 2, "no temporary files");
}

/// A missing image is created, blank; the run can be compared by its hash, which the card is part of.
#[test]
fn a_missing_image_is_created_and_the_card_is_in_the_hash() {
    let Some(folder) = firmware::chip_folder() else { return };
    let flash = folder.join("idf-4.2-sdmmc/flash.bin").display().to_string();
    let dir = tempfile::tempdir().unwrap();
    let hash = |file: &str, size: &str| {
        let path = dir.path().join(file);
        let sd = format!("{}{size}", path.display());
        let (code, _, err) = binary::run(&["run", &flash, "--sd", &sd, "--timeout", "200ms", "--stats=json"]);
        assert_eq!(code, Some(3), "{err}");
        let stats: serde_json::Value =
            err.lines().find_map(|line| serde_json::from_str(line).ok()).expect("statistics");
        (path.metadata().unwrap().len(), stats["state_hash"].as_str().unwrap().to_string())
    };
    let (a, b, c) = (hash("a", ""), hash("b", ",size=16M"), hash("c", ",size=4G"));
    assert_eq!((a.0, c.0), (16 << 20, 4 << 30));
    assert_eq!(a, b);
    assert_ne!(a.1, c.1);
    let (code, _, err) = binary::run(&["run", &flash, "--sd", "/nonexistent/card.img"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("/nonexistent/card.img"), "{err}");
}

fn python(change: impl FnOnce(&mut MachineConfig)) -> Option<UartSession> {
    let image = firmware::chip_folder()?.join("micropython-1.19/flash.bin");
    let mut session = UartSession::boot(&image, change).unwrap();
    session.expect(">>> ", PATIENCE_MS).unwrap();
    Some(session)
}

/// Types a program in MicroPython's paste mode.
fn paste(session: &mut UartSession, program: &str) {
    session.send("\x05").unwrap();
    session.expect("=== ", PATIENCE_MS).unwrap();
    session.send(&program.replace('\n', "\r")).unwrap();
    session.send("\x04").unwrap();
}

const FILES: &str = "
os.VfsFat.mkfs(sd)
os.mount(sd, '/sd')
with open('/sd/a.txt', 'w') as f:
    n = f.write('esplens ' * 1000)
os.umount('/sd')
os.mount(sd, '/sd')
print('files', os.listdir('/sd'), len(open('/sd/a.txt').read()))
os.umount('/sd')
";

/// MicroPython's `machine.SDCard` is ESP-IDF's driver: `sdspi_host.c` on `spi_master.c` in slot 2, with the chip select
/// as a GPIO, and `sdmmc_host.c` in slot 1.
#[test]
fn micropython_uses_esp_idfs_drivers_in_both_modes() {
    for (place, arguments, bytes) in [
        (SdPlace::Spi(5), "slot=2, sck=18, miso=19, mosi=23, cs=5", 16 << 20),
        (SdPlace::Spi(15), "slot=3, sck=14, miso=12, mosi=13, cs=15", 4 << 30),
        (SdPlace::Slot(1), "slot=1, width=4", 4 << 30),
    ] {
        let sd = vec![socket(place, Some(CardImage::blank(bytes)))];
        let Some(mut session) = python(|c| c.sd = sd) else { return };
        let program = format!(
            "import machine, os\nsd = machine.SDCard({arguments})\nprint('size', sd.info()[0])\n{FILES}"
        );
        paste(&mut session, &program);
        session.expect(&format!("\nsize {bytes}"), PATIENCE_MS).unwrap();
        session.expect(r"\nfiles \['a.txt'\] 8000", PATIENCE_MS).unwrap();
        assert_eq!(session.warnings, Vec::<String>::new(), "{place}");
    }
}

/// A driver in Python over `machine.SPI`, as `sdcard.py` does it: one byte per transaction, chip select as a plain GPIO
/// that is high between the blocks.
const DRIVER: &str = "
import machine, os, time
class Card:
    def __init__(self, spi, cs):
        self.spi, self.cs = spi, cs
        cs.init(cs.OUT, value=1)
        spi.write(b'\\xff' * 16)
        print('idle', self.cmd(0, 0, 0x95))
        print('if', self.cmd(8, 0x1aa, 0x87, 4))
        for _ in range(100):
            self.cmd(55, 0, 0)
            if self.cmd(41, 0x40000000, 0)[0] == 0: break
            time.sleep_ms(10)
        csd = self.data(9, 0, 16)
        self.n = (int.from_bytes(csd[7:10], 'big') & 0x3fffff) * 1024 + 1024
        print('ocr', self.cmd(58, 0, 0, 4), 'blocks', self.n)
    def cmd(self, n, arg, crc, more=0, keep=False):
        self.cs(0)
        self.spi.write(bytes([0x40 | n, arg >> 24 & 255, arg >> 16 & 255, arg >> 8 & 255, arg & 255, crc]))
        for _ in range(100):
            r = self.spi.read(1, 0xff)
            if not r[0] & 0x80: break
        if more: r += self.spi.read(more, 0xff)
        if not keep: self.end()
        return r
    def end(self):
        self.cs(1)
        self.spi.write(b'\\xff')
    def token(self, ends):
        while not ends(self.spi.read(1, 0xff)[0]): pass
    def data(self, n, arg, size):
        self.cmd(n, arg, 0, 0, True)
        self.token(lambda b: b == 0xfe)
        d = self.spi.read(size, 0xff)
        self.spi.read(2, 0xff)
        self.end()
        return d
    def readblocks(self, n, buf):
        for i in range(len(buf) // 512):
            buf[i * 512:i * 512 + 512] = self.data(17, n + i, 512)
    def writeblocks(self, n, buf):
        self.cmd(25, n, 0)
        for i in range(len(buf) // 512):
            self.cs(0)
            self.spi.write(b'\\xff\\xfc')
            self.spi.write(buf[i * 512:i * 512 + 512])
            self.spi.write(b'\\xff\\xff')
            assert self.spi.read(1, 0xff)[0] & 0x1f == 5
            self.token(lambda b: b)
            self.end()
        self.cs(0)
        self.spi.write(b'\\xfd\\xff')
        self.token(lambda b: b)
        self.end()
    def ioctl(self, op, arg):
        if op == 4: return self.n
        if op == 5: return 512
        return 0
spi = machine.SPI(1, baudrate=10000000, sck=machine.Pin(14), mosi=machine.Pin(13), miso=machine.Pin(12))
sd = Card(spi, machine.Pin(26))
";

#[test]
fn a_driver_in_python_reads_and_writes_over_a_plain_spi_bus() {
    let sd = vec![socket(SdPlace::Spi(26), Some(CardImage::blank(4 << 30)))];
    let Some(mut session) = python(|c| c.sd = sd) else { return };
    paste(&mut session, &format!("{DRIVER}{FILES}"));
    session.expect(r"\nidle b'\\x01'", PATIENCE_MS).unwrap();
    session.expect(r"\nif b'\\x01\\x00\\x00\\x01\\xaa'", PATIENCE_MS).unwrap();
    session.expect(r"\nocr b'\\x00\\xc0\\xff\\x80\\x00' blocks 8388608", PATIENCE_MS).unwrap();
    session.expect(r"\nfiles \['a.txt'\] 8000", PATIENCE_MS).unwrap();
}

/// Removal and insertion are input: a replay repeats them, and a restored machine continues alike.
#[test]
fn a_card_that_is_pulled_out_and_put_in_again_is_replayed() {
    let place = SdPlace::Slot(1);
    let sd = vec![socket(place, Some(CardImage::blank(16 << 20)))];
    let Some(mut session) = python(|c| c.sd = sd) else { return };
    paste(&mut session, &format!("import machine, os\nsd = machine.SDCard()\n{FILES}"));
    session.expect(r"\nfiles \['a.txt'\]", PATIENCE_MS).unwrap();
    let saved = session.machine.save();
    let from = session.machine.log().len();
    session.machine.input(Input::Sd(SdEvent::Eject(place)));
    session.send("b = bytearray(512)\r").unwrap();
    session.send("print(sd.readblocks(0, b))\r").unwrap();
    session.expect("\n(False|-?[1-9][0-9]*)\r|Error", PATIENCE_MS).unwrap();
    session.machine.input(Input::Sd(SdEvent::Insert(place, 0)));
    session
        .send("sd.deinit(); sd = machine.SDCard(); os.mount(sd, '/sd'); print(os.listdir('/sd'))\r")
        .unwrap();
    session.expect(r"\n\['a.txt'\]", PATIENCE_MS).unwrap();
    let (end, hash, digest) = (session.machine.now(), session.machine.state_hash(), session.machine.digest());
    let log = session.machine.log()[from..].to_vec();
    session.machine.restore(&saved);
    session.machine.replay(log);
    session.run_to(end).unwrap();
    assert_eq!((session.machine.now(), session.machine.state_hash()), (end, hash));
    assert_eq!(session.machine.digest(), digest);
}

/// Saving copies no card content: many states of a machine with a written card take little time and memory.
#[test]
fn saving_a_machine_shares_the_card() {
    let sd = vec![socket(SdPlace::Slot(1), Some(CardImage::blank(32 << 30)))];
    let Some(mut session) = python(|c| c.sd = sd) else { return };
    paste(&mut session, &format!("import machine, os\nsd = machine.SDCard()\n{FILES}"));
    session.expect(r"\nfiles \['a.txt'\]", PATIENCE_MS).unwrap();
    let written = |session: &UartSession| session.machine.soc().sys.sd.written().next().unwrap().1.clone();
    let store = written(&session);
    let states: Vec<_> = (0..200).map(|_| session.machine.save()).collect();
    session.machine.restore(&states[199]);
    assert!(store.pages() > 10 && written(&session).shares(&store));
}

/// Random accesses of a guest at both controllers, with a card at each, as the fuzz target `sd` makes them.
#[test]
fn a_hostile_guest_cannot_hurt() {
    const RAM: u32 = 0x3FFB_0000;
    let mut random = 0x1234_5678_9ABC_DEF1_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as u32
    };
    for _ in 0..40 {
        let mut config = MachineConfig::new(Vec::new());
        let blank = |bytes| Some(CardImage::blank(bytes));
        config.sd = vec![socket(SdPlace::Slot(1), blank(16 << 20)), socket(SdPlace::Spi(15), blank(4 << 30))];
        let (mut soc, mut mem) = Machine::new(config).into_parts();
        let sram = soc.sys.banks.sram2.unwrap();
        let mut now = 0;
        for _ in 0..2_000 {
            let (offset, value) = (next() & 0xFFC, next());
            now += u64::from(next() % 256) * TICKS_PER_US;
            soc.run_events(&mut mem, now);
            let mut write =
                |id, offset, value| soc.call(&mut mem, (0, 0), now, id, |d, cx| d.write(offset, value, cx));
            match next() % 8 {
                0 | 1 => write(DevId::Sdmmc, offset, value),
                2 => write(DevId::Sdmmc, 0x2C, value & 0xFFC0_7FFF | 1 << 31 | 1 << 16),
                3 => write(DevId::Sdmmc, offset, RAM | value & 0x1FFC),
                4 => mem.write_region(sram, (RAM - 0x3FFA_E000 + offset) as usize, &value.to_le_bytes()),
                5 => write(DevId::Spi2, offset & 0x3FC, value),
                6 => {
                    let mut frame = vec![0x40 | value as u8 & 0x3F, 0, 0, (value >> 8) as u8, 0];
                    frame.push(crc7(&frame) << 1 | 1);
                    frame.resize(20, 0xFF);
                    soc.sys.sd.exchange((DevId::Spi2, 15), &frame, |n| now + n as u64);
                }
                _ if value & 0x1F == 0 => {
                    soc.sys.sd.apply(&SdEvent::Eject(SdPlace::Slot(1)));
                    soc.sys.sd.apply(&SdEvent::Insert(SdPlace::Slot(1), 0));
                }
                _ => {
                    soc.sys.messages.push_back((DevId::Gpio, DevMsg::Pad(15, Some(value & 1 != 0))));
                    soc.deliver(&mut mem, now);
                }
            }
            soc.sys.sd.take_notes();
            soc.sys.out.clear();
        }
        let pages: usize = soc.sys.sd.written().map(|(_, store)| store.pages()).sum();
        assert!(pages < 10_000, "{pages} pages of 4 KiB");
    }
}
