//! A fence around code that may panic: decoders and drivers' wrappers, fed with what a lens or a
//! stranger's file gives them. A panic inside is a failure like any other, and silent: its
//! message could quote what was being read.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static FENCED: Cell<bool> = const { Cell::new(false) };
}
static HOOK: Once = Once::new();

/// Runs `work`; a panic in it gives `None`. `work` must own what it changes, so that nothing half
/// done outlives the panic.
pub(crate) fn fenced<T>(work: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !FENCED.get() {
                usual(panic);
            }
        }));
    });
    let outer = FENCED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    FENCED.set(outer);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::fenced;

    #[test]
    fn a_panic_stops_at_the_fence() {
        assert_eq!(fenced(|| 7), Some(7));
        let empty: Vec<u8> = Vec::new();
        assert_eq!(fenced(|| empty[3]), None);
        assert_eq!(fenced(|| fenced(|| empty[3]).is_none()), Some(true));
    }
}
