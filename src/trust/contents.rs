use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use thiserror::Error;

use crate::emrtd::{Added, TrustFault, TrustStore};

/// The German master list, the largest that is published, has 1 MB.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// All files together: what a kiosk's memory is ready for.
const FOLDER_BYTES_MAX: u64 = 64 << 20;
/// Files in a folder; every country has a handful of CSCAs.
const FILES_MAX: usize = 2_000;

/// What is wrong with one file. The others are used all the same.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileFault {
    /// The system does not give it.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// A device or a pipe.
    #[error("it is no file")]
    NoFile,
    /// Larger than any list of certificates.
    #[error("it is larger than 16 MiB, or the folder is larger than 64 MiB")]
    TooLarge,
    /// More files than there are countries.
    #[error("the folder holds more than 2000 files; this one and those after it are left out")]
    TooMany,
    /// Its content is not what it should be.
    #[error(transparent)]
    Content(#[from] TrustFault),
}

/// A file whose content was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its name.
    pub file: String,
    /// What it brought.
    pub added: Added,
}

/// What a folder holds.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Everything that is right, together.
    pub store: TrustStore,
    /// The files that are right.
    pub taken: Vec<Taken>,
    /// The files that are not, by name.
    pub faults: Vec<(String, FileFault)>,
}

/// A file as far as a look at the folder tells: whatever is done to it changes this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    name: String,
    identity: Option<(u64, u64, i64, i64)>,
}

impl Contents {
    /// Reads every file of a folder, by its content: sub-folders and hidden files are none of ours,
    /// links are followed.
    ///
    /// # Errors
    /// The folder itself cannot be read.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut contents = Self::default();
        let mut bytes_left = FOLDER_BYTES_MAX;
        for (index, name) in names(folder)?.into_iter().enumerate() {
            if index >= FILES_MAX {
                contents.faults.push((name, FileFault::TooMany));
                break;
            }
            let read = read_file(&folder.join(&name), bytes_left);
            let taken = read.and_then(|bytes| {
                bytes_left = bytes_left.saturating_sub(bytes.len() as u64);
                Ok(contents.store.add(&name, &bytes)?)
            });
            match taken {
                Ok(added) => contents.taken.push(Taken { file: name, added }),
                Err(fault) => contents.faults.push((name, fault)),
            }
        }
        Ok(contents)
    }

    /// The faults in one line.
    pub(super) fn told(&self) -> Option<String> {
        let told: Vec<String> = self
            .faults
            .iter()
            .map(|(file, fault)| format!("{file}: {fault}"))
            .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// What the folder looks like: names, and when each was last changed.
pub(super) fn look(folder: &Path) -> io::Result<Vec<Mark>> {
    let mark = |name: String| Mark {
        identity: fs::metadata(folder.join(&name))
            .ok()
            .map(|data| (data.ino(), data.size(), data.ctime(), data.ctime_nsec())),
        name,
    };
    Ok(names(folder)?.into_iter().map(mark).collect())
}

/// The names that count, in order. A name that is not UTF-8 is told as well as it can be, and then
/// found missing.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !folder.join(&name).is_dir() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn read_file(path: &Path, bytes_left: u64) -> Result<Vec<u8>, FileFault> {
    let unreadable = |error: io::Error| FileFault::Unreadable(error.to_string());
    // A pipe would let us wait for ever.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(FileFault::NoFile);
    }
    let most = FILE_BYTES_MAX.min(bytes_left);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    let read = file.take(most + 1).read_to_end(&mut bytes);
    if read.map_err(unreadable)? as u64 > most {
        return Err(FileFault::TooLarge);
    }
    Ok(bytes)
}
