//! Reader, trust anchors, camera, scanner, printer, panel, voice.

use std::path::{Path, PathBuf};

use jiff::civil::time;

use super::Root;
use crate::config::hours::Hours;
use crate::config::section::Section;
use crate::config::settings::{
    Camera, Fields, Flow, Link, Printer, Reader, Roll, Scanner, ScannerMode, Screen, Trust, Voice,
};

/// Where trust anchors are, unless the file says otherwise.
const TRUST_FOLDER: &str = "/etc/tiepdon/trust";
/// When the welcome screen is watched, unless the file says otherwise: hours at which hospitals
/// receive patients.
const WELCOME: Hours = Hours::Between(time(5, 0, 0, 0), time(19, 0, 0, 0));

impl Root<'_> {
    pub(super) fn reader(&self) -> Reader {
        let reader = self.root.section("reader");
        let read = Reader {
            name_contains: reader.text("name_contains").unwrap_or_default(),
            allow_virtual: false,
        };
        reader.finish();
        read
    }

    pub(super) fn trust(&self) -> Trust {
        let trust = self.root.section("trust");
        let folder = trust.text("folder");
        trust.finish();
        Trust {
            folder: self.path(folder.as_deref().unwrap_or(TRUST_FOLDER)),
        }
    }

    pub(super) fn fields(&self) -> Fields {
        const KEY: &str = "handover";
        let fields = self.root.section("fields");
        let mut read = Fields::default();
        for (text, _) in fields.texts(KEY).unwrap_or_default() {
            if text == "ethnicity" {
                read.ethnicity = true;
            } else {
                fields.fault(
                    KEY,
                    &format!("\"{text}\" is not ethnicity, the one field to list"),
                );
            }
        }
        fields.finish();
        read
    }

    pub(super) fn camera(&self) -> Option<Camera> {
        let camera = self.root.section("camera");
        let read = camera.present().then(|| Camera {
            welcome: camera
                .parsed(
                    "welcome",
                    "always, never, or hours such as 06:00-18:00",
                    Hours::parse,
                )
                .unwrap_or(WELCOME),
            mirror: camera.flag("mirror", true),
            exposure: camera.setting("exposure"),
            focus: camera.setting("focus"),
            format: camera.parsed(
                "format",
                "four letters or digits, such as YUYV or MJPG",
                Camera::format_named,
            ),
            ..Camera::named(&camera.needed("device", "/dev/tiepdon/camera"))
        });
        camera.finish();
        read
    }

    pub(super) fn scanner(&self) -> Option<Scanner> {
        let scanner = self.root.section("scanner");
        let read = scanner.present().then(|| {
            let device = scanner.needed("device", "/dev/tiepdon/scanner");
            let keyboard = scanner.one_of("mode", &[("serial", false), ("keyboard", true)], false);
            let baud = scanner.number("baud", 300..=4_000_000, 115_200);
            if keyboard && scanner.has("baud") {
                scanner.fault("baud", "is of serial lines; a keyboard has none");
            }
            // A keyboard's name is no path.
            let named = keyboard && !device.contains('/');
            Scanner {
                device: if named {
                    device.into()
                } else {
                    self.path(&device)
                },
                mode: if keyboard {
                    ScannerMode::Keyboard
                } else {
                    ScannerMode::Serial { baud }
                },
            }
        });
        scanner.finish();
        read
    }

    /// `kiosk`: whose jobs they are at a shared printer. What is counted is kept beside `store`.
    pub(super) fn printer(&self, kiosk: &str, store: &Path) -> Printer {
        let printer = self.root.section("printer");
        let tcp = printer
            .parsed("tcp", "an address such as 192.0.2.7:9100", |text| {
                text.parse().ok()
            })
            .map(Link::Tcp);
        let device = printer
            .text("device")
            .map(|text| Link::Device(self.path(&text)));
        let ipp = printer.parsed(
            "ipp",
            "an address such as ipp://192.0.2.7/ipp/print",
            |text| {
                let known = ["ipp://", "ipps://"]
                    .iter()
                    .any(|start| text.starts_with(start));
                known.then(|| Link::Ipp {
                    uri: text.to_owned(),
                    user: format!("tiepdon-{kiosk}"),
                })
            },
        );
        let folder = printer
            .text("folder")
            .map(|text| Link::Folder(self.path(&text)));
        let mut links: Vec<Link> = [tcp, device, ipp, folder].into_iter().flatten().collect();
        if links.len() != 1 {
            self.root
                .fault("printer", "needs exactly one of device, tcp, ipp, folder");
        }
        let width_dots = printer.number("width_dots", 384..=576, 576);
        if ![384, 576].contains(&width_dots) {
            printer.fault("width_dots", "is 576 (paper of 80 mm) or 384 (58 mm)");
        }
        let flows = [
            ("none", Flow::None),
            ("hardware", Flow::Hardware),
            ("software", Flow::Software),
        ];
        let default = Printer::at(links.pop().unwrap_or(Link::Folder(PathBuf::new())));
        let read = Printer {
            width_dots,
            band_rows: printer.number("band_rows", 8..=255, default.band_rows),
            port_status: printer.flag("port_status", default.port_status),
            // Slower is no use: at 9600 a ticket would take more than a minute.
            baud: printer.number("baud", 38_400..=4_000_000, default.baud),
            flow: printer.one_of("flow", &flows, default.flow),
            roll: roll(&printer, store),
            ..default
        };
        if printer.has("template") {
            printer.fault(
                "template",
                "is now template in [ticket]; move the line there",
            );
        }
        printer.finish();
        read
    }

    pub(super) fn screen(&self) -> Screen {
        let screen = self.root.section("screen");
        let millimetres = screen.number("width_mm", 100..=2000, 476);
        screen.finish();
        // At most 2000: exact in an f32.
        #[expect(clippy::cast_precision_loss, reason = "bounded above by 2000")]
        let width_mm = millimetres as f32;
        Screen { width_mm }
    }

    pub(super) fn voice(&self) -> Option<Voice> {
        let voice = self.root.section("voice");
        let command = voice.texts("command");
        voice.finish();
        command.filter(|c| !c.is_empty()).map(|c| Voice {
            command: c.into_iter().map(|(text, _)| text).collect(),
        })
    }
}

fn roll(printer: &Section<'_>, store: &Path) -> Option<Roll> {
    let low_mm = printer.number("roll_low_mm", 100..=100_000, 5_000);
    printer.has("roll_mm").then(|| Roll {
        length_mm: printer.number("roll_mm", 1_000..=1_000_000, 80_000),
        low_mm,
        file: store.with_file_name("roll.json"),
    })
}
