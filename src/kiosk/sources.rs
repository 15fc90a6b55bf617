use crate::card::{CardEvent, Watch};
use crate::checkin::{Event, Rules};
use crate::config::Config;
use crate::scan::{self, Mode, Preview, ScanEvent, SourceHandle};

use super::Inlet;

/// Whatever speaks without being asked: reader, scanner, camera. The default has none of them.
#[derive(Default)]
pub(super) struct Sources {
    _reader: Option<Watch>,
    /// A scanner costs nothing while nobody scans: it is always heard.
    _scanner: Option<SourceHandle>,
    camera: Option<SourceHandle>,
}

impl Sources {
    pub(super) fn start(config: &Config, inlet: &Inlet) -> std::io::Result<Self> {
        let chip_offered = Rules::from(config).chip_offered();
        let reader =
            chip_offered.then(|| Watch::start(config.reader.clone(), hear_reader(inlet.clone())));
        let scanner = config.scanner.clone().map(|settings| {
            let handle = scan::start_scanner(settings, hear_codes("scanner", inlet.clone()));
            handle.watch(Mode::Searching);
            handle
        });
        Ok(Self {
            _reader: reader.transpose()?,
            _scanner: scanner,
            camera: camera(config, inlet),
        })
    }

    /// How much is wanted of the camera.
    pub(super) fn watch(&self, mode: Mode) {
        if let Some(camera) = &self.camera {
            camera.watch(mode);
        }
    }

    /// What the camera sees; without one, a place where nothing ever comes.
    pub(super) fn preview(&self) -> Preview {
        let camera = self.camera.as_ref();
        camera.map(SourceHandle::preview).unwrap_or_default()
    }
}

#[cfg(feature = "camera")]
fn camera(config: &Config, inlet: &Inlet) -> Option<SourceHandle> {
    let settings = config.camera.clone()?;
    Some(scan::start_camera(
        settings,
        hear_codes("camera", inlet.clone()),
    ))
}

#[cfg(not(feature = "camera"))]
fn camera(config: &Config, inlet: &Inlet) -> Option<SourceHandle> {
    if config.camera.is_some() {
        inlet.health(
            "camera",
            Err("this build has no camera support: install the full package".into()),
        );
    }
    None
}

fn hear_reader(inlet: Inlet) -> impl FnMut(CardEvent) + Send + 'static {
    move |event| match event {
        CardEvent::Present { .. } => inlet.event(Event::CardPlaced),
        CardEvent::Gone => inlet.event(Event::CardTaken),
        CardEvent::ReaderMissing => inlet.health(
            "reader",
            Err("no card reader: check its cable and pcscd".into()),
        ),
        CardEvent::ReaderThere => inlet.health("reader", Ok(())),
    }
}

fn hear_codes(device: &'static str, inlet: Inlet) -> impl Fn(ScanEvent) + Send + 'static {
    move |event| match event {
        ScanEvent::Code(payload) => inlet.event(Event::Code(Box::new(payload))),
        ScanEvent::Health(health) => inlet.health(device, health),
    }
}
