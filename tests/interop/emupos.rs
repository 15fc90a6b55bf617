//! A receipt printer that we did not write: `emupos`, a simulator of point-of-sale hardware, with its
//! own reading of Epson's manuals. It is on PyPI for Python 3.13 or later; `.ci/setup` puts it into the
//! user's cache where there is such a Python.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tiepdon::config::{self, Link};
use tiepdon::queue::Paper;
use tiepdon::scan::read_picture;
use tiepdon::ticket::{Face, Printer, Raster, Template, open};
use tiepdon::words::Cause;

const LONG: Duration = Duration::from_secs(14);
/// Python starts slowly on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const CODE: &str = "TD1-9F3K-27QX-M4TB";

/// A running printer. It ends with the test.
pub struct Emupos {
    child: Child,
    folder: tempfile::TempDir,
    program: PathBuf,
    port: u16,
    api: u16,
}

impl Drop for Emupos {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("port");
    listener.local_addr().expect("address").port()
}

impl Emupos {
    /// Starts one; or why there is none.
    pub fn start() -> Result<Self, String> {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || std::env::home_dir().map(|home| home.join(".cache"));
        let cache = cache.or_else(home).ok_or("no cache folder")?;
        let program = cache.join("tiepdon/emupos/bin/emupos");
        if !program.exists() {
            return Err(format!("no {}: it needs Python 3.13", program.display()));
        }
        let folder = tempfile::tempdir().expect("folder");
        let (port, api) = (free_port(), free_port());
        let receipts = folder.path().join("receipts");
        let settings = format!(
            "schema: 1\napi: {{ port: {api} }}\ndevices:\n  - id: front\n    type: printer\n    \
             profile: epson-tm-t20iii\n    receipts_dir: {}\n    connections:\n      - tcp: {{ port: {port} }}\n",
            receipts.display()
        );
        let file = folder.path().join("emupos.yaml");
        fs::write(&file, settings).expect("written");
        let child = Command::new(&program)
            .args(["run", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let emupos = Self {
            child,
            folder,
            program,
            port,
            api,
        };
        let until = Instant::now() + PATIENCE;
        // Its first answer takes seconds, which no printer needs: it is waited for here.
        while !emupos.answers() {
            if Instant::now() > until {
                return Err("emupos does not start".into());
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        Ok(emupos)
    }

    /// It answers `DLE EOT 1`.
    fn answers(&self) -> bool {
        let asked = TcpStream::connect(self.address()).and_then(|mut line| {
            line.set_read_timeout(Some(PATIENCE))?;
            line.write_all(&[0x10, 0x04, 0x01])?;
            line.read_exact(&mut [0])
        });
        asked.is_ok()
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Does what a person does with the hardware: `fault set front paper-out`.
    fn does(&self, words: &[&str]) -> String {
        let done = Command::new(&self.program)
            .args(["--api", &format!("http://127.0.0.1:{}", self.api)])
            .args(words)
            .output()
            .expect("emupos");
        assert!(
            done.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// The pictures of all receipts, the oldest first.
    fn receipts(&self) -> Vec<PathBuf> {
        let mut all = Vec::new();
        let mut folders = vec![self.folder.path().join("receipts")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "png") {
                    all.push(path);
                }
            }
        }
        all.sort_by_key(|path| path.metadata().and_then(|data| data.modified()).ok());
        all
    }
}

fn raster(width: u32) -> Raster {
    let face = Face {
        hospital: "Bệnh viện Đa khoa Thử Nghiệm".into(),
        number: "A012".into(),
        service: "Khám Nội tổng hợp".into(),
        place: "Phòng 101, tầng 1, nhà A".into(),
        time: "07:45:12 · 23/11/2026".into(),
        code: Some(CODE.into()),
        ..Face::default()
    };
    Template::builtin().render(&face, width).expect("raster")
}

/// Waits until it answers again: it draws what it got before it goes on.
fn ready(ours: &mut dyn Printer) {
    let until = Instant::now() + PATIENCE;
    while let Err(fault) = ours.status(LONG) {
        assert!(Instant::now() < until, "{fault}");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

/// Black dots of a picture that somebody else has drawn.
fn black(path: &PathBuf) -> usize {
    let picture = image::open(path).expect("a picture").to_luma8();
    picture.pixels().filter(|dot| dot.0[0] < 128).count()
}

/// What it prints is our picture, and what it says is understood.
pub fn check(printer: &mut Emupos) {
    let mut ours = open(&config::Printer::at(Link::Tcp(printer.address())));
    ready(ours.as_mut());
    assert!(ours.about().contains("TM-T20III"), "{}", ours.about());
    for width in [576, 384] {
        let raster = raster(width);
        ready(ours.as_mut());
        // It knows no `GS ( H`; it says how it is.
        assert_eq!(ours.print(&raster, *b"A012", LONG), Ok(Paper::OkAfter));
        let drawn = printer.receipts().pop().expect("a receipt");
        let code = read_picture(&drawn).expect("a picture").expect("a code");
        assert_eq!(code.text.expose(), CODE);
        let own: u32 = raster.bits.iter().map(|byte| byte.count_ones()).sum();
        assert_eq!(black(&drawn), own as usize, "{width}: dots differ");
    }
    for (fault, cause) in [
        ("paper-out", Cause::MediaEmpty),
        ("cover-open", Cause::CoverOpen),
        ("offline", Cause::PrinterShutdown),
    ] {
        printer.does(&["fault", "set", "front", fault]);
        let failed = ours.print(&raster(576), *b"A012", LONG);
        assert_eq!(failed.map_err(|fault| fault.cause), Err(cause));
        printer.does(&["fault", "clear", "front", fault]);
        ready(ours.as_mut());
    }
    printer.does(&["fault", "set", "front", "paper-near-end"]);
    assert_eq!(ours.print(&raster(576), *b"A012", LONG), Ok(Paper::OkAfter));
    assert_eq!(
        ours.warning().map(|warning| warning.cause),
        Some(Cause::MediaLow)
    );
}
