//! The camera, tried for a moment.

use std::ops::ControlFlow;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::Finding;
use crate::config::Config;
use crate::scan::{Advice, CameraFault, Inspection, inspect};

const CHECK: &str = "camera";
/// A camera is tried no longer: it has adapted to the light by then.
const TRIED_FOR: Duration = Duration::from_millis(1900);

pub(super) fn check(config: &Config) -> Option<Finding> {
    let settings = config.camera.clone()?;
    let (_go_on, stop) = channel();
    let mut found = None;
    inspect(settings, &stop, |known| {
        found = Some(judged(known));
        let measured = known.rate.is_some();
        if known.fault.is_some() || measured || known.elapsed >= TRIED_FOR {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    found
}

fn judged(known: &Inspection) -> Finding {
    match &known.fault {
        // The kiosk itself has it while it runs.
        Some(fault @ CameraFault::Busy) => Finding::warning(CHECK, fault.to_string(), fault.cure()),
        Some(fault) => Finding::fault(CHECK, fault.to_string(), fault.cure()),
        None => {
            let cures = cures(known);
            if cures.is_empty() {
                Finding::ok(CHECK, described(known))
            } else {
                Finding::warning(CHECK, described(known), cures.join("; "))
            }
        }
    }
}

/// What could be better, without what concerns a code: nobody holds one up now.
fn cures(known: &Inspection) -> Vec<String> {
    let mut cures = Vec::new();
    if let Some(camera) = &known.camera {
        cures.extend(camera.notes.iter().cloned());
    }
    let advice = known.advice().into_iter();
    let of_camera = advice.filter(|advice| *advice != Advice::ShowCode);
    cures.extend(of_camera.map(|advice| advice.text().to_owned()));
    cures
}

fn described(known: &Inspection) -> String {
    let Some(camera) = &known.camera else {
        return "not opened".to_owned();
    };
    let (width, height) = camera.size();
    let mut text = format!(
        "{} ({}), {} {width}x{height}",
        camera.name, camera.path, camera.format
    );
    if let Some(rate) = known.rate {
        text += &format!(", {rate:.0} pictures a second");
    }
    if let Some(measure) = &known.measure {
        text += &format!(", brightness {:.0}", measure.brightness);
        if let Some(sharpness) = measure.sharpness() {
            text += &format!(", sharpness {sharpness:.2}");
        }
    }
    text
}
