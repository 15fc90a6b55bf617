use std::time::Duration;

use crate::config::Waits;

/// Every bound of the driver in one place. Tests make some of them smaller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Reading a chip takes a second or two; a job that takes this long hangs.
    pub chip: Duration,
    /// A lookup that takes this long hangs: nobody has waited for it for a while.
    pub lookup: Duration,
    /// A store that takes this long hangs: longer than the machine waits for it.
    pub store: Duration,
    /// A printer that takes this long hangs: longer than the machine waits for it.
    pub printer: Duration,
    /// When the kiosk stops, this long for a number and its paper that are on their way, and then
    /// for the threads; what hangs is left behind.
    pub stop: Duration,
}

impl Limits {
    /// The bounds that go with the machine's.
    pub(super) fn of(waits: &Waits) -> Self {
        const GRACE: Duration = Duration::from_secs(5);
        Self {
            chip: Duration::from_secs(10),
            lookup: waits.lookup + GRACE,
            store: waits.store + GRACE,
            printer: waits.printer + GRACE,
            stop: Duration::from_secs(2),
        }
    }
}
