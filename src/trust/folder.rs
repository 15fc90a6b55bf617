use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::contents::{self, Contents, Mark};
use crate::emrtd::TrustStore;

/// The trust anchors of a running kiosk. Cheap to ask at every card: as long as nothing in the
/// folder changed, only its names and times are looked at.
pub struct Folder {
    path: PathBuf,
    kept: Mutex<Kept>,
}

struct Kept {
    store: Arc<TrustStore>,
    /// What the folder looked like when it was read; `None`: read it again at the next look.
    seen: Option<Vec<Mark>>,
    /// What is wrong with the folder as it is.
    fault: Option<String>,
}

impl Folder {
    /// Reads the folder. What is right in it is trusted; a folder that is not there is an empty one.
    pub fn open(path: &Path) -> Self {
        let mut kept = Kept {
            store: Arc::default(),
            seen: None,
            fault: None,
        };
        if let Ok(seen) = contents::look(path) {
            kept.load(path, seen, true);
        }
        Self {
            path: path.to_owned(),
            kept: Mutex::new(kept),
        }
    }

    /// Whom to trust now, and what is wrong with the folder. After a change the whole folder is read
    /// beside what is trusted, which it replaces if it has no fault.
    pub fn look(&self) -> (Arc<TrustStore>, Result<(), String>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.look(&self.path);
        let fault = kept.fault.clone().map_or(Ok(()), Err);
        (Arc::clone(&kept.store), fault)
    }
}

impl Kept {
    fn look(&mut self, path: &Path) {
        let seen = match contents::look(path) {
            Ok(seen) => seen,
            Err(error) => {
                // It was never there: then there is nothing to lose.
                if self.seen.take().is_some() {
                    self.fault = Some(kept(&unreadable(path, &error)));
                }
                return;
            }
        };
        if self.seen.as_ref() == Some(&seen) {
            return;
        }
        self.load(path, seen, false);
    }

    /// At the first time there is nothing to lose: what is right serves at once.
    fn load(&mut self, path: &Path, seen: Vec<Mark>, first: bool) {
        let (found, told) = match Contents::read(path) {
            Ok(found) => {
                let told = found.told();
                (Some(found), told)
            }
            Err(error) => (None, Some(unreadable(path, &error))),
        };
        if let Some(found) = found.filter(|_| first || told.is_none()) {
            self.store = Arc::new(found.store);
        }
        self.fault = told.map(|told| if first { told } else { kept(&told) });
        // What changed while it was read is read again.
        let same = contents::look(path).is_ok_and(|now| now == seen);
        self.seen = same.then_some(seen);
    }
}

fn kept(told: &str) -> String {
    format!("{told}; what was trusted before still is")
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be read: {error}", path.display())
}
