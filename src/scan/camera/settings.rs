//! Exposure and focus, by the numbers that Video4Linux gives its controls (`v4l2-controls.h`).

use v4l::Device;
use v4l::control::{Control, Value};

use crate::config::{Camera, Setting};

const POWER_LINE_FREQUENCY: u32 = 0x0098_0918;
/// Mains in Viet Nam: lamps flicker at twice 50 Hz, and a camera set to 60 shows it as bars.
const POWER_LINE_50_HZ: i64 = 1;
const EXPOSURE_AUTO: u32 = 0x009a_0901;
const EXPOSURE_MANUAL: i64 = 1;
/// The time is found by the camera, the aperture is as it is: what webcams call automatic. Others
/// know 0 only, both found by the camera.
const EXPOSURE_AUTOMATIC: [i64; 2] = [3, 0];
const EXPOSURE_ABSOLUTE: u32 = 0x009a_0902;
const FOCUS_ABSOLUTE: u32 = 0x009a_090a;
const FOCUS_AUTO: u32 = 0x009a_090c;

/// Where controls are set: a camera, or a test's.
pub(super) trait Controls {
    /// Whether the control is there and took the value.
    fn set(&self, id: u32, value: Value) -> bool;
}

impl Controls for Device {
    fn set(&self, id: u32, value: Value) -> bool {
        self.set_control(Control { id, value }).is_ok()
    }
}

/// Sets what the configuration asks for. Says in plain words what the camera does not have; what
/// is left to the camera needs no word.
pub(super) fn apply(settings: &Camera, camera: &impl Controls) -> Vec<String> {
    let number = |id, value: i64| camera.set(id, Value::Integer(value));
    number(POWER_LINE_FREQUENCY, POWER_LINE_50_HZ);
    let mut notes = Vec::new();
    match settings.exposure {
        Setting::Auto => {
            EXPOSURE_AUTOMATIC
                .iter()
                .any(|auto| number(EXPOSURE_AUTO, *auto));
        }
        Setting::Fixed(time) => {
            // Some have the time only, and no switch.
            number(EXPOSURE_AUTO, EXPOSURE_MANUAL);
            if !number(EXPOSURE_ABSOLUTE, time.into()) {
                notes.push("its exposure cannot be set: write exposure = \"auto\"".to_owned());
            }
        }
    }
    let automatic = |on| camera.set(FOCUS_AUTO, Value::Boolean(on));
    match settings.focus {
        Setting::Auto => {
            automatic(true);
        }
        Setting::Fixed(distance) => {
            automatic(false);
            if !number(FOCUS_ABSOLUTE, distance.into()) {
                notes.push("its focus cannot be set: write focus = \"auto\"".to_owned());
            }
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use v4l::control::Value;

    use super::{Controls, apply};
    use crate::config::{Camera, Setting};

    /// A camera with some controls and their largest values, and what was set.
    struct Fake {
        has: &'static [(u32, i64)],
        set: RefCell<Vec<(u32, i64)>>,
    }

    impl Controls for Fake {
        fn set(&self, id: u32, value: Value) -> bool {
            let value = if let Value::Boolean(on) = value {
                on.into()
            } else if let Value::Integer(number) = value {
                number
            } else {
                panic!("{value:?}")
            };
            let known = self
                .has
                .iter()
                .any(|(has, most)| *has == id && value <= *most);
            if known {
                self.set.borrow_mut().push((id, value));
            }
            known
        }
    }

    fn check(
        has: &'static [(u32, i64)],
        exposure: Setting,
        focus: Setting,
    ) -> (Vec<(u32, i64)>, usize) {
        let set = RefCell::default();
        let camera = Fake { has, set };
        let settings = Camera {
            exposure,
            focus,
            ..Camera::named("")
        };
        let notes = apply(&settings, &camera);
        (camera.set.into_inner(), notes.len())
    }

    #[test]
    fn what_a_camera_has_is_set_and_what_it_lacks_is_said() {
        use Setting::{Auto, Fixed};
        const ALL: &[(u32, i64)] = &[
            (0x0098_0918, 2),
            (0x009a_0901, 3),
            (0x009a_0902, 5000),
            (0x009a_090a, 250),
            (0x009a_090c, 1),
        ];
        let mains = (0x0098_0918, 1);
        for (has, exposure, focus, set, notes) in [
            (
                ALL,
                Auto,
                Auto,
                vec![mains, (0x009a_0901, 3), (0x009a_090c, 1)],
                0,
            ),
            (
                ALL,
                Fixed(200),
                Fixed(30),
                vec![
                    mains,
                    (0x009a_0901, 1),
                    (0x009a_0902, 200),
                    (0x009a_090c, 0),
                    (0x009a_090a, 30),
                ],
                0,
            ),
            // A lens that is fixed, and a switch that knows automatic as 0.
            (&[(0x009a_0901, 1)], Auto, Auto, vec![(0x009a_0901, 0)], 0),
            (
                &[(0x009a_0902, 5000)],
                Fixed(200),
                Fixed(1),
                vec![(0x009a_0902, 200)],
                1,
            ),
            (&[], Fixed(200), Fixed(1), vec![], 2),
            (&[], Auto, Auto, vec![], 0),
        ] {
            assert_eq!(check(has, exposure, focus), (set, notes));
        }
    }
}
