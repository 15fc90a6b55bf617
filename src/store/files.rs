//! Files that are born whole: made under another name, then linked to their own.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::StoreError;

/// What SQLite names the files beside a database.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Where a store goes that a backup takes the place of, beside `path`.
pub(super) fn set_aside_as(path: &Path) -> PathBuf {
    with_end(path, ".before-restore")
}

/// A file that cannot be used, and why.
pub(super) fn unusable(path: &Path, cause: &str) -> StoreError {
    StoreError::Unusable {
        path: path.display().to_string(),
        cause: cause.to_owned(),
    }
}

/// A file under a name that nobody else uses. What is not published is removed.
pub(super) struct NewFile(PathBuf);

impl NewFile {
    /// Names it, in the folder where `path` will be.
    pub(super) fn beside(path: &Path) -> Self {
        Self(with_end(path, &format!(".{}", Uuid::new_v4())))
    }

    /// Its name.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes it, empty, for its owner alone.
    pub(super) fn make(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&self.0)
    }

    /// Gives it its own name, durably; a file that has this name already stays as it is.
    pub(super) fn publish(self, path: &Path) -> io::Result<()> {
        match fs::hard_link(&self.0, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            Ok(()) | Err(_) => File::open(folder_of(path).unwrap_or(Path::new(".")))?.sync_all(),
        }
    }
}

/// A file that stays behind under such a name holds nothing and harms nobody, so a failure is not reported.
impl Drop for NewFile {
    fn drop(&mut self) {
        for file in with_companions(&self.0) {
            let _ = fs::remove_file(file);
        }
    }
}

/// Makes the folder a file will be in, for its owner alone. A folder that exists is left as it is.
pub(super) fn make_folder_of(path: &Path) -> io::Result<()> {
    match folder_of(path) {
        Some(folder) => DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

/// Takes a database and the files beside it from the eyes of others.
pub(super) fn close_to_others(path: &Path) -> io::Result<()> {
    for file in with_companions(path) {
        match fs::metadata(&file) {
            Ok(meta) if meta.permissions().mode() & 0o077 == 0 => {}
            Ok(_) => fs::set_permissions(&file, Permissions::from_mode(0o600))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn with_companions(path: &Path) -> impl Iterator<Item = PathBuf> {
    let companions = COMPANIONS.map(|end| with_end(path, end));
    std::iter::once(path.to_owned()).chain(companions)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> Option<&Path> {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
}
