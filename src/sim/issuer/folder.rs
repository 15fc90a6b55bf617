//! An issuer kept in a folder, so that several processes share it, and its trust folder.

use std::fs::{DirBuilder, File, OpenOptions, create_dir_all, read, remove_dir_all, rename};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::authority::{ABROAD, Authority, Country, HOME};
use super::key::Key;
use super::signing::Signing;
use super::{Issuer, TrustFile};

/// The keys, in a folder of their own inside the one that the caller names.
const KEYS: &str = "issuer";
/// Each authority with the name of its files.
const HOME_NAME: &str = "home";
const SUCCESSOR_NAME: &str = "successor";
const ABROAD_NAME: &str = "abroad";
const LINK: &str = "link.der";

impl Issuer {
    /// The issuer that is kept in `folder`; if there is none, a usual one is made and kept, for
    /// this user alone.
    ///
    /// # Errors
    /// The folder cannot be written, or what is in it is no issuer.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        Self::in_folder_as(folder, Self::usual())
    }

    /// The issuer that is kept in `folder`; if there is none, one is made whose CSCA signs so.
    ///
    /// # Errors
    /// As [`Issuer::in_folder`].
    pub fn in_folder_as(folder: &Path, signing: Signing) -> io::Result<Self> {
        let keys = folder.join(KEYS);
        if !keys.exists() {
            create_dir_all(folder)?;
            // Whole or not at all: of two processes the later one takes what the earlier one made.
            let new = folder.join(format!("{KEYS}.{}", std::process::id()));
            DirBuilder::new().mode(0o700).create(&new)?;
            let kept = Self::made(signing)
                .map_err(io::Error::other)
                .and_then(|issuer| issuer.keep(&new))
                .and_then(|()| rename(&new, &keys));
            if let Err(error) = kept {
                remove_dir_all(&new)?;
                if !keys.exists() {
                    return Err(error);
                }
            }
        }
        let link = read(keys.join(LINK))?;
        Self::of(
            load(&keys, HOME_NAME, HOME)?,
            load(&keys, SUCCESSOR_NAME, HOME)?,
            link,
            load(&keys, ABROAD_NAME, ABROAD)?,
        )
        .map_err(io::Error::other)
    }

    fn keep(&self, folder: &Path) -> io::Result<()> {
        let authorities = [
            (HOME_NAME, &self.home),
            (SUCCESSOR_NAME, &self.successor),
            (ABROAD_NAME, &self.abroad),
        ];
        for (name, authority) in authorities {
            let key = authority.key().to_keep().map_err(io::Error::other)?;
            let signing = authority.signing().to_string();
            write_private(&folder.join(format!("{name}.pem")), &key)?;
            write_private(&folder.join(format!("{name}.signing")), signing.as_bytes())?;
            write_private(&folder.join(format!("{name}.der")), authority.certificate())?;
        }
        write_private(&folder.join(LINK), &self.link)
    }

    /// Writes what a reader is to trust into `folder`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write_trust(&self, folder: &Path) -> io::Result<()> {
        write_all(folder, self.trust())
    }

    /// Writes the same as a signed master list into `folder`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write_master_list(&self, folder: &Path) -> io::Result<()> {
        write_all(folder, vec![self.master_list()])
    }
}

fn load(folder: &Path, name: &str, country: Country) -> io::Result<Authority> {
    let signing = String::from_utf8(read(folder.join(format!("{name}.signing")))?);
    let signing = signing.map_err(io::Error::other)?;
    let signing: Signing = signing.parse().map_err(io::Error::other)?;
    let pem = read(folder.join(format!("{name}.pem")))?;
    let key = Key::kept(signing.key, &pem).map_err(io::Error::other)?;
    let certificate = read(folder.join(format!("{name}.der")))?;
    Authority::kept(country, signing, key, certificate).map_err(io::Error::other)
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)?.write_all(bytes)
}

fn write_all(folder: &Path, files: Vec<TrustFile>) -> io::Result<()> {
    create_dir_all(folder)?;
    for file in files {
        File::create(folder.join(file.name))?.write_all(&file.bytes)?;
    }
    Ok(())
}
