//! What the camera sees, for the patient: a small picture, the latest only, from the camera's
//! thread to the window. It is there only while a code is searched for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::hint::Hint;

/// One look at what the camera sees. It may show a card: it is wiped when it is let go.
#[derive(Clone)]
pub struct Glance {
    /// Counts the pictures of a preview, which numbers them: another number, another picture.
    pub frame: u64,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Grey, rows from the top.
    pub pixels: Zeroizing<Vec<u8>>,
    /// The corners of the code in it, as shares of width and height.
    pub code: Option<[(f32, f32); 4]>,
    /// What would help.
    pub hint: Option<Hint>,
    /// The code in it was read.
    pub read: bool,
}

/// Never what it shows.
impl std::fmt::Debug for Glance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Glance")
            .field("frame", &self.frame)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

/// Where the camera puts its latest glance and the window finds it. Clones are the same place.
#[derive(Clone, Default)]
pub struct Preview(Arc<Mutex<Slot>>);

#[derive(Default)]
struct Slot {
    open: bool,
    frames: u64,
    /// Somebody has looked since the last picture came.
    looked: bool,
    latest: Option<Arc<Glance>>,
    listener: Option<Arc<dyn Fn() + Send + Sync>>,
    adviser: Option<Box<dyn Fn(Option<Hint>) + Send>>,
}

impl Slot {
    fn hint(&self) -> Option<Hint> {
        self.latest.as_ref()?.hint
    }
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Preview").field(&self.lock().latest).finish()
    }
}

impl Preview {
    /// Calls `listener` when there is another picture, or none any longer, for whoever has looked
    /// at the last one. On the camera's thread: it must return at once.
    pub fn on_change(&self, listener: impl Fn() + Send + Sync + 'static) {
        self.lock().listener = Some(Arc::new(listener));
    }

    /// Calls `adviser` when something else would help, or nothing any longer. On the camera's
    /// thread, and no picture comes meanwhile: it must return at once, and not look at this.
    pub fn on_hint(&self, adviser: impl Fn(Option<Hint>) + Send + 'static) {
        self.lock().adviser = Some(Box::new(adviser));
    }

    /// What the camera sees; none while it shows nothing.
    pub fn latest(&self) -> Option<Arc<Glance>> {
        let mut slot = self.lock();
        slot.looked = true;
        slot.latest.clone()
    }

    /// Pictures are wanted, or not: then the last one is wiped, and none is taken.
    pub fn open(&self, open: bool) {
        self.lock().open = open;
        if !open {
            self.put(None);
        }
    }

    /// The newest glance takes the place of the last one; none: the camera sees nothing.
    pub fn put(&self, glance: Option<Glance>) {
        let mut slot = self.lock();
        let glance = glance.filter(|_| slot.open);
        let changed = glance.is_some() || slot.latest.is_some();
        slot.frames += 1;
        let (frame, hint) = (slot.frames, slot.hint());
        slot.latest = glance.map(|glance| Arc::new(Glance { frame, ..glance }));
        // Under the lock, for what helps now must not be overtaken by what helped before.
        if let Some(adviser) = slot.adviser.as_ref().filter(|_| slot.hint() != hint) {
            adviser(slot.hint());
        }
        let wakes = changed && std::mem::take(&mut slot.looked);
        let listener = slot.listener.clone().filter(|_| wakes);
        drop(slot);
        if let Some(listener) = listener {
            listener();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use zeroize::Zeroizing;

    use super::{Glance, Hint, Preview};

    fn glance(frame: u64) -> Glance {
        Glance {
            frame,
            width: 2,
            height: 1,
            pixels: Zeroizing::new(vec![1, 2]),
            code: None,
            hint: None,
            read: false,
        }
    }

    fn shown(preview: &Preview) -> Option<u64> {
        preview.latest().map(|glance| glance.frame)
    }

    #[test]
    fn only_the_latest_picture_is_kept_and_none_when_none_is_wanted() {
        let preview = Preview::default();
        preview.put(Some(glance(1)));
        assert_eq!(shown(&preview), None, "nobody wants pictures");
        preview.open(true);
        preview.put(Some(glance(2)));
        preview.put(Some(glance(3)));
        assert_eq!(shown(&preview), Some(3));
        let kept = Arc::downgrade(&preview.latest().expect("shown"));
        preview.open(false);
        assert!(kept.upgrade().is_none(), "the picture is let go at once");
        preview.put(Some(glance(4)));
        assert_eq!(shown(&preview), None, "the camera was a moment late");
    }

    #[test]
    fn whoever_looks_is_called_for_the_next_picture_and_nobody_else() {
        let preview = Preview::default();
        let calls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&calls);
        preview.on_change(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let called = || calls.swap(0, Ordering::SeqCst);
        preview.open(true);
        preview.put(Some(glance(1)));
        assert_eq!(called(), 0, "nobody has looked");
        assert_eq!(shown(&preview), Some(1));
        preview.put(Some(glance(2)));
        preview.put(Some(glance(3)));
        assert_eq!(called(), 1, "once until the next look");
        assert_eq!(shown(&preview), Some(3));
        preview.put(None);
        assert_eq!((called(), shown(&preview)), (1, None));
        preview.put(None);
        assert_eq!(called(), 0, "there was none before");
    }

    #[test]
    fn whoever_advises_hears_of_each_change_and_of_the_end() {
        let preview = Preview::default();
        let (said, heard) = std::sync::mpsc::channel();
        preview.on_hint(move |hint| said.send(hint).expect("the test listens"));
        let put = |hint| preview.put(Some(Glance { hint, ..glance(1) }));
        put(Some(Hint::Glare));
        assert_eq!(heard.try_iter().count(), 0, "nobody wants pictures");
        preview.open(true);
        for hint in [None, Some(Hint::Nearer), Some(Hint::Nearer), None, None] {
            put(hint);
        }
        put(Some(Hint::Glare));
        preview.open(false);
        put(Some(Hint::Nearer));
        let heard: Vec<_> = heard.try_iter().collect();
        let expected = [Some(Hint::Nearer), None, Some(Hint::Glare), None];
        assert_eq!(heard, expected);
    }

    #[test]
    fn what_is_printed_of_a_picture_shows_nothing_of_it() {
        let preview = Preview::default();
        preview.open(true);
        let mut card = glance(7);
        card.pixels = Zeroizing::new(vec![211; 2]);
        preview.put(Some(card));
        let printed = format!("{preview:?}");
        assert!(
            printed.contains("frame: 1,") && !printed.contains("211"),
            "{printed}"
        );
    }
}
