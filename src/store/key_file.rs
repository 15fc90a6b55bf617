//! The key file: made once, then only read. It is never made anew beside a store that exists.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::StoreError;
use super::files::{NewFile, make_folder_of};
use super::seal::KEY_BYTES;

/// No key file is longer: 64 hexadecimal digits and a line's end.
const FILE_BYTES_MAX: u64 = 66;

/// The key itself.
pub(super) type StoreKey = Zeroizing<[u8; KEY_BYTES]>;

/// Reads the key of `store`, or makes it where neither the key nor the store exists yet.
pub(super) fn key_of(store: &Path, key_file: &Path) -> Result<StoreKey, StoreError> {
    if let Some(key) = read(key_file)? {
        return Ok(key);
    }
    // A store of no bytes is none: the key is on disk before the first byte of the store is.
    if fs::metadata(store).is_ok_and(|meta| meta.len() > 0) {
        // Another process may have made both since we looked.
        return read(key_file)?.ok_or_else(|| {
            fault(
                key_file,
                "it is missing, and the store exists: restore the key file from its safe copy, \
                 for no other key opens this store",
            )
        });
    }
    make(key_file).map_err(|error| fault(key_file, &format!("it cannot be made: {error}")))?;
    read(key_file)?.ok_or_else(|| fault(key_file, "it vanished just after it was made"))
}

/// Reads a key that must be there: the key of the store that kiosks share is made once, for all.
#[cfg(feature = "postgres")]
pub(super) fn existing(key_file: &Path) -> Result<StoreKey, StoreError> {
    read(key_file)?.ok_or_else(|| {
        fault(
            key_file,
            "it is missing: copy the key file of the shared store here, with mode 600",
        )
    })
}

fn read(path: &Path) -> Result<Option<StoreKey>, StoreError> {
    let unreadable = |error: io::Error| fault(path, &format!("it cannot be read: {error}"));
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(fault(path, "it is not a file"));
    }
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(fault(
            path,
            &format!("others may read it (mode {mode:03o}): chmod 600 it"),
        ));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(128));
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    parse(&bytes)
        .map(Some)
        .ok_or_else(|| fault(path, "it is neither 32 bytes nor 64 hexadecimal digits"))
}

fn parse(bytes: &[u8]) -> Option<StoreKey> {
    let mut key = StoreKey::default();
    if bytes.len() == KEY_BYTES {
        key.copy_from_slice(bytes);
    } else {
        hex::decode_to_slice(bytes.trim_ascii_end(), key.as_mut_slice()).ok()?;
    }
    Some(key)
}

/// A key file is never half a key, and of two processes that start at once one key wins.
fn make(path: &Path) -> io::Result<()> {
    make_folder_of(path)?;
    let mut key = StoreKey::default();
    getrandom::fill(key.as_mut_slice()).map_err(io::Error::other)?;
    let mut text = Zeroizing::new([0; 2 * KEY_BYTES + 1]);
    text[2 * KEY_BYTES] = b'\n';
    hex::encode_to_slice(key.as_slice(), &mut text[..2 * KEY_BYTES])
        .expect("two digits a byte fill the text");

    let new = NewFile::beside(path);
    let mut file = new.make()?;
    file.write_all(text.as_slice())?;
    file.sync_all()?;
    new.publish(path)
}

fn fault(path: &Path, cause: &str) -> StoreError {
    StoreError::Key {
        path: path.display().to_string(),
        cause: cause.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{StoreError, key_of, parse};

    #[test]
    fn a_key_is_32_bytes_or_64_digits() {
        let digits = b"00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\n";
        let bytes = parse(digits).expect("digits");
        assert_eq!(parse(bytes.as_slice()), Some(bytes));
        for wrong in [&b""[..], &digits[..62], b"short", &[b'g'; 64], &[b'0'; 70]] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn eight_starts_at_once_agree_on_one_key() {
        let folder = tempfile::tempdir().expect("folder");
        let (store, file) = (folder.path().join("s"), folder.path().join("deep/key"));
        let keys: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| key_of(&store, &file)))
                .collect();
            starts
                .into_iter()
                .map(|start| start.join().expect("no panic").expect("a key"))
                .collect()
        });
        assert!(keys.iter().all(|key| key == &keys[0] && **key != [0; 32]));
        let mode = |path| fs::metadata(path).expect("meta").permissions().mode() & 0o777;
        assert_eq!(mode(file.as_path()), 0o600);
        assert_eq!(mode(file.parent().expect("folder")), 0o700);
        let left: Vec<_> = fs::read_dir(file.parent().expect("folder"))
            .expect("list")
            .collect();
        assert_eq!(left.len(), 1, "drafts are removed");
    }

    #[test]
    fn no_key_is_made_beside_a_store_that_has_bytes() {
        let folder = tempfile::tempdir().expect("folder");
        let (store, file) = (folder.path().join("s"), folder.path().join("key"));
        fs::write(&store, b"x").expect("a store");
        let error = key_of(&store, &file).expect_err("refused");
        assert!(matches!(&error, StoreError::Key { cause, .. } if cause.contains("restore")));
        assert!(!file.exists());
    }
}
