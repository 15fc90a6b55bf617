//! Being asked to stop: SIGTERM by systemd, SIGINT by Ctrl-C.

use std::io;
use std::thread::JoinHandle;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// From now on calls `stop` when this process is asked to stop. Whoever asks again is tired of
/// waiting: the second signal ends the process as it would without us.
///
/// # Errors
/// The system gives no handler or no thread.
pub(super) fn when_asked(stop: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let watch = move || {
        let mut asked = signals.forever();
        if asked.next().is_some() {
            stop();
        }
        for signal in asked {
            // Of these signals the default is known, so it cannot be refused.
            let _ = emulate_default_handler(signal);
        }
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(watch)
}
