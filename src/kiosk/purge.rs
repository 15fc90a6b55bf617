//! Forgets what need not be kept any longer, once a day.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::Config;
use crate::store::Store;

/// What is kept, and when it was last looked at.
pub(super) struct Purge {
    zone: jiff::tz::TimeZone,
    keep_days: u32,
    done: Option<Date>,
}

impl Purge {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            zone: config.site.time_zone.clone(),
            keep_days: config.keep_days,
            done: None,
        }
    }

    /// At the first turn, and at the first one of each further day.
    pub(super) fn turn(&mut self, store: &dyn Store, now: Timestamp) {
        let today = self.zone.to_datetime(now).date();
        if self.done.replace(today) == Some(today) {
            return;
        }
        match store.purge(today, self.keep_days) {
            Ok(visits) => tracing::info!(visits, "old visits are forgotten"),
            // Tried again when it is another day.
            Err(error) => tracing::error!(%error, "old visits are not forgotten"),
        }
    }
}
