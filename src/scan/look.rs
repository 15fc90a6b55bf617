//! What is done with the frames of a live camera: how many are looked at, and what is told of them.

use std::time::{Duration, Instant};

use super::Luma;
use super::decode::{Eye, Sight};
use super::hint::Hinter;
use super::motion::Motion;
use super::preview::{Glance, Preview};
use super::small::means;
use super::source::{Mode, Outlet};

/// Frames come faster than they need be searched: 15 a second find a code as soon as a hand
/// holds still, at half of one slow processor.
const SEARCH_EVERY: Duration = Duration::from_millis(66);
/// While nobody is there, whoever comes is noticed within this.
const WATCH_EVERY: Duration = Duration::from_millis(200);
/// A camera that nobody wants has to show only that it can see again.
const PROVE_EVERY: Duration = Duration::from_secs(1);
/// Share of one processor that watching may take: the looks, which go on in any case, since a fault
/// of the camera is noticed by them, and the searching, which gets what they leave.
const WATCH_SHARE: f64 = 0.045;
/// Share that is left for searching, however long the looks take on a slow processor.
const SEARCH_SHARE_MIN: f64 = 0.01;
/// Work that may be saved up for when something has changed: some five seconds of searching.
const WATCH_SAVED: Duration = Duration::from_millis(200);
/// The preview's size in pixels.
const PREVIEW: (usize, usize) = (320, 180);

/// Looks at frame after frame of an open camera.
pub(super) struct Looking {
    eye: Eye,
    motion: Motion,
    hinter: Hinter,
    preview: Preview,
    mode: Mode,
    next: Instant,
    allowance: Allowance,
}

impl Looking {
    pub(super) fn new(outlet: &Outlet) -> Self {
        let now = Instant::now();
        Self {
            eye: Eye::default(),
            motion: Motion::new(now),
            hinter: Hinter::new(now),
            preview: outlet.preview.clone(),
            mode: Mode::Closed,
            next: now,
            allowance: Allowance::new(now),
        }
    }

    /// From when on a frame is worth the work of making grey of it.
    fn due(&self) -> Instant {
        self.next
    }

    /// Waits until the next frame is due, or another mode is wanted.
    pub(super) fn rest(&self, outlet: &Outlet) {
        outlet.wait_in(self.mode, self.due());
    }

    /// Looks at a frame that came at `now`, and tells what is in it: nothing where it was broken.
    pub(super) fn look(&mut self, picture: Option<Luma<'_>>, now: Instant, outlet: &mut Outlet) {
        let mode = outlet.mode();
        if mode != self.mode {
            self.begin(mode, now, outlet);
        }
        self.next = now + pace(mode);
        match (picture, mode) {
            (None, _) | (_, Mode::Closed) => {}
            (Some(picture), Mode::Watching) => self.watch(picture, now, outlet),
            (Some(picture), Mode::Searching) => self.search(picture, now, outlet),
        }
    }

    fn begin(&mut self, mode: Mode, now: Instant, outlet: &mut Outlet) {
        self.mode = mode;
        outlet.begin(mode, now);
        self.hinter = Hinter::new(now);
        if mode == Mode::Watching {
            // Somebody else comes next.
            self.eye = Eye::default();
            self.motion = Motion::new(now);
        }
    }

    fn watch(&mut self, picture: Luma<'_>, now: Instant, outlet: &mut Outlet) {
        let allowed = self.allowance.earn(now);
        let changed = self.motion.changed(picture, now);
        // Since the frame came: also what made it grey.
        self.allowance.spend_on_look(now.elapsed());
        if !changed {
            outlet.unchanged(now);
        } else if allowed {
            let began = Instant::now();
            tell(&self.eye.look(picture), outlet);
            self.allowance.spend(began.elapsed());
        }
    }

    fn search(&mut self, picture: Luma<'_>, now: Instant, outlet: &mut Outlet) {
        let sight = self.eye.look(picture);
        let hint = self.hinter.follow(picture, &sight, now);
        let (width, height, pixels) = means(picture, PREVIEW.0, PREVIEW.1);
        self.preview.put(Some(Glance {
            frame: 0,
            width,
            height,
            pixels,
            code: shares(&sight, picture),
            hint,
            read: sight.code.is_some(),
        }));
        tell(&sight, outlet);
    }
}

/// The camera has gone, and its last picture with it.
impl Drop for Looking {
    fn drop(&mut self) {
        self.preview.put(None);
    }
}

/// Time from one look to the next.
fn pace(mode: Mode) -> Duration {
    match mode {
        Mode::Closed => PROVE_EVERY,
        Mode::Watching => WATCH_EVERY,
        Mode::Searching => SEARCH_EVERY,
    }
}

fn tell(sight: &Sight, outlet: &mut Outlet) {
    if let Some(code) = &sight.code {
        outlet.code(code.text.expose().as_bytes());
    }
}

/// Where the code is, as shares of the picture's sides.
fn shares(sight: &Sight, picture: Luma<'_>) -> Option<[(f32, f32); 4]> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let place = sight.place?;
    Some(place.corners.map(|(x, y)| (x / width, y / height)))
}

/// Work that may be done, saved up as time passes.
struct Allowance {
    /// Seconds; below zero, more was done than had been saved.
    saved: f64,
    at: Instant,
    /// Seconds from the look before to this one.
    passed: f64,
}

impl Allowance {
    fn new(now: Instant) -> Self {
        Self {
            saved: WATCH_SAVED.as_secs_f64(),
            at: now,
            passed: 0.0,
        }
    }

    /// Whether work may be done at `now`.
    fn earn(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.passed = passed;
        self.saved = (self.saved + passed * WATCH_SHARE).min(WATCH_SAVED.as_secs_f64());
        self.saved > 0.0
    }

    /// A look was taken, which nothing forbids: something is left all the same.
    fn spend_on_look(&mut self, work: Duration) {
        let most = self.passed * (WATCH_SHARE - SEARCH_SHARE_MIN);
        self.saved -= work.as_secs_f64().min(most);
    }

    fn spend(&mut self, work: Duration) {
        self.saved -= work.as_secs_f64();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use qrcodegen::{QrCode, QrCodeEcc};

    use super::{Allowance, Looking, SEARCH_SHARE_MIN, WATCH_EVERY, WATCH_SAVED, WATCH_SHARE};
    use crate::scan::source::{Mode, ScanEvent, source};
    use crate::scan::{Luma, Preview};

    const WIDTH: usize = 640;
    const HEIGHT: usize = 360;

    /// A grey hall, and before it a code that says `text`.
    fn hall(text: Option<&str>) -> Vec<u8> {
        let mut pixels: Vec<u8> = (0..WIDTH * HEIGHT)
            .map(|at| 90 + (at % WIDTH / 8) as u8)
            .collect();
        let Some(text) = text else { return pixels };
        let code = QrCode::encode_text(text, QrCodeEcc::Low).expect("it fits");
        for y in 0..200 {
            for x in 0..200 {
                let (column, row) = (x / 6 - 3, y / 6 - 3);
                let grey = if code.get_module(column, row) {
                    20
                } else {
                    235
                };
                pixels[(80 + y as usize) * WIDTH + 150 + x as usize] = grey;
            }
        }
        pixels
    }

    fn picture(pixels: &[u8]) -> Luma<'_> {
        Luma::new(WIDTH as u32, HEIGHT as u32, pixels).expect("a picture")
    }

    fn frame(preview: &Preview) -> Option<u64> {
        preview.latest().map(|glance| glance.frame)
    }

    #[test]
    fn a_code_held_up_while_nobody_was_there_is_told_and_nothing_is_shown() {
        let (handle, mut outlet, events) = source();
        let preview = handle.preview();
        handle.watch(Mode::Watching);
        let mut looking = Looking::new(&outlet);
        let (empty, code) = (hall(None), hall(Some("099012345671")));
        // Ahead of the clock: how long this machine takes for a look has no say.
        let start = Instant::now() + Duration::from_secs(3600);
        for look in 0..40 {
            let now = start + WATCH_EVERY * look;
            assert!(looking.due() <= now || look == 0);
            looking.look(Some(picture(&empty)), now, &mut outlet);
        }
        assert_eq!(events.try_iter().count(), 0);
        let now = start + WATCH_EVERY * 41;
        looking.look(Some(picture(&code)), now, &mut outlet);
        assert!(matches!(events.try_recv(), Ok(ScanEvent::Code(_))));
        assert_eq!(frame(&preview), None);
        let next = now + WATCH_EVERY;
        assert!(looking.due() >= next, "five times a second is enough");
        // The check-in begins, and nothing that was said is said again.
        handle.watch(Mode::Searching);
        looking.look(Some(picture(&code)), now, &mut outlet);
        assert_eq!(events.try_iter().count(), 0);
        assert!(preview.latest().is_some_and(|glance| glance.read));
    }

    #[test]
    fn what_the_camera_sees_is_shown_while_a_code_is_searched_for_and_no_longer() {
        let (handle, mut outlet, _events) = source();
        let preview = handle.preview();
        handle.watch(Mode::Searching);
        let (empty, start) = (hall(None), Instant::now());
        let mut looking = Looking::new(&outlet);
        looking.look(Some(picture(&empty)), start, &mut outlet);
        let glance = preview.latest().expect("shown");
        assert_eq!((glance.width, glance.height), (320, 180));
        assert_eq!(glance.pixels.len(), 320 * 180);
        assert!(!glance.read && glance.hint.is_none() && glance.code.is_none());
        looking.look(Some(picture(&empty)), start, &mut outlet);
        assert_ne!(frame(&preview), Some(glance.frame));
        handle.watch(Mode::Closed);
        looking.look(Some(picture(&empty)), start, &mut outlet);
        assert_eq!(frame(&preview), None);

        handle.watch(Mode::Searching);
        looking.look(Some(picture(&empty)), start, &mut outlet);
        assert!(frame(&preview).is_some());
        drop(looking);
        assert_eq!(frame(&preview), None, "the camera was pulled out");
    }

    proptest! {
        /// However long each search takes: over time, watching takes no more than its share.
        #[test]
        fn watching_keeps_to_its_share_of_a_processor(
            works in prop::collection::vec(0u64..400, 200..400), look in 0u64..8,
        ) {
            let look = Duration::from_millis(look).min(WATCH_EVERY.mul_f64(WATCH_SHARE - SEARCH_SHARE_MIN));
            let start = Instant::now();
            let mut now = start;
            let mut allowance = Allowance::new(start);
            let mut worked = Duration::ZERO;
            let mut longest = Duration::ZERO;
            for work in works {
                now += WATCH_EVERY;
                let allowed = allowance.earn(now);
                allowance.spend_on_look(look);
                worked += look;
                if allowed {
                    let work = Duration::from_millis(work);
                    allowance.spend(work);
                    worked += work;
                    longest = longest.max(work);
                }
            }
            let allowed = (now - start).mul_f64(WATCH_SHARE) + WATCH_SAVED + longest + look;
            prop_assert!(worked <= allowed, "{worked:?} of {allowed:?}");
        }
    }

    #[test]
    fn however_long_looks_take_something_is_left_for_searching() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        let (mut now, mut searched) = (start, Duration::ZERO);
        for _ in 0..3000 {
            now += WATCH_EVERY;
            let allowed = allowance.earn(now);
            allowance.spend_on_look(Duration::from_millis(150));
            if allowed {
                allowance.spend(Duration::from_millis(30));
                searched += Duration::from_millis(30);
            }
        }
        let share = searched.as_secs_f64() / (now - start).as_secs_f64();
        assert!(
            share > SEARCH_SHARE_MIN && share < 2.0 * SEARCH_SHARE_MIN,
            "{share}"
        );
    }

    #[test]
    fn light_work_is_never_held_up_and_saved_up_work_is_bounded() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        let mut now = start;
        for _ in 0..1000 {
            now += WATCH_EVERY;
            assert!(allowance.earn(now));
            allowance.spend(Duration::from_millis(5));
        }
        now += Duration::from_secs(24 * 3600);
        assert!(allowance.earn(now));
        allowance.spend(WATCH_SAVED + Duration::from_millis(90));
        assert!(!allowance.earn(now + Duration::from_millis(1900)));
        assert!(allowance.earn(now + Duration::from_millis(2100)));
    }
}
