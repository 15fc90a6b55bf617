//! Whether what a camera shows is good for anything, from one picture to the next.

use std::time::{Duration, Instant};

use super::fault::CameraFault;
use crate::scan::{Luma, measure};

/// One bad picture is none; for so long they are a fault. With a look five times a second, and
/// what a camera takes to show something, it is told within two seconds.
const FAULT_AFTER: Duration = Duration::from_millis(1300);
/// Pictures are measured so often; more would cost for nothing.
const MEASURE_EVERY: Duration = Duration::from_millis(150);

/// Judges one stream.
#[derive(Default)]
pub(super) struct Judge {
    /// All pictures so far, and those of them that were broken.
    pub(super) pictures: u32,
    pub(super) broken: u32,
    /// The last picture that was whole, or the first one.
    whole: Option<Instant>,
    measured: Option<Instant>,
    /// Since when nothing is to be seen.
    blank_since: Option<Instant>,
}

impl Judge {
    /// What to think of the camera after this picture, absent if it was broken: good, faulty, or
    /// too early to say.
    pub(super) fn judge(
        &mut self,
        picture: Option<Luma<'_>>,
        now: Instant,
    ) -> Option<Result<(), CameraFault>> {
        let long = |since: Instant| now.saturating_duration_since(since) >= FAULT_AFTER;
        self.pictures = self.pictures.saturating_add(1);
        let Some(picture) = picture else {
            self.broken = self.broken.saturating_add(1);
            let whole = *self.whole.get_or_insert(now);
            return long(whole).then_some(Err(CameraFault::Broken));
        };
        self.whole = Some(now);
        let due = |at: Instant| now.saturating_duration_since(at) >= MEASURE_EVERY;
        // A blank camera heals at once.
        if self.measured.is_none_or(due) || self.blank_since.is_some() {
            self.measured = Some(now);
            let since = self.blank_since.unwrap_or(now);
            self.blank_since = measure(picture).is_blank().then_some(since);
        }
        match self.blank_since {
            None => Some(Ok(())),
            Some(since) => long(since).then_some(Err(CameraFault::Blank)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Judge;
    use crate::scan::Luma;

    const SIDE: u32 = 64;

    fn scene() -> Vec<u8> {
        (0..SIDE * SIDE).map(|at| (at % SIDE * 4) as u8).collect()
    }

    /// What is thought after each of the pictures: how many milliseconds after the start, and what
    /// it shows.
    fn thought(pictures: &[(u64, Option<&[u8]>)]) -> Vec<Option<&'static str>> {
        let start = Instant::now();
        let mut judge = Judge::default();
        let each = pictures.iter().map(|(millis, pixels)| {
            let picture = pixels.and_then(|pixels| Luma::new(SIDE, SIDE, pixels));
            let verdict = judge.judge(picture, start + Duration::from_millis(*millis));
            verdict.map(|verdict| verdict.map_or_else(|fault| fault.id(), |()| "good"))
        });
        each.collect()
    }

    #[test]
    fn a_covered_lens_is_a_fault_within_two_seconds_and_heals_at_once() {
        let (scene, dark) = (scene(), vec![16; (SIDE * SIDE) as usize]);
        let said = thought(&[
            (0, Some(&scene)),
            (200, Some(&dark)),
            (1000, Some(&dark)),
            (1400, Some(&dark)),
            (1500, Some(&dark)),
            (3000, Some(&dark)),
            (3010, Some(&scene)),
            (3020, Some(&dark)),
        ]);
        let good = Some("good");
        let blank = Some("blank");
        assert_eq!(said, [good, None, None, None, blank, blank, good, good]);
    }

    #[test]
    fn broken_pictures_are_a_fault_only_if_no_whole_one_comes_between() {
        let scene = scene();
        let said = thought(&[
            (0, None),
            (700, None),
            (1200, Some(&scene)),
            (2400, None),
            (2500, None),
            (3000, Some(&scene)),
            (4600, None),
        ]);
        let (good, broken) = (Some("good"), Some("broken"));
        assert_eq!(said, [None, None, good, None, broken, good, broken]);
    }
}
