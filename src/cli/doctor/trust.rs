use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Finding;
use crate::checkin::Rules;
use crate::config::Config;
use crate::emrtd::TrustStore;
use crate::trust::{self, Contents, Warning, warnings};

const CHECK: &str = "trust";
/// Where the certificate comes from is the issuer's affair; that it is the right one is confirmed on
/// another way than the one that it came by.
const GET_CSCA: &str = "ask C06 of the Ministry of Public Security (or the RAR Center) for the certificate CSCA Vietnam of the ID card, confirm its SHA-256 fingerprint with them, and copy the file into the folder";

/// Whom this kiosk trusts.
pub(super) fn check(config: &Config) -> Option<Finding> {
    Rules::from(config)
        .chip_offered()
        .then(|| folder(&config.trust.folder))
}

fn folder(path: &Path) -> Finding {
    let contents = match Contents::read(path) {
        Ok(contents) => contents,
        Err(error) => {
            let found = format!("{}: {error}; every card is graded `read`", path.display());
            return Finding::warning(CHECK, found, format!("make it, then {GET_CSCA}"));
        }
    };
    let list = format!("tiepdon trust list {}", path.display());
    let found = format!("{}: {}", path.display(), holds(&contents.store));
    if let Some((file, fault)) = contents.faults.first() {
        let count = contents.faults.len();
        return Finding::fault(
            CHECK,
            format!("{found}; {count} file(s) are not used: {file}: {fault}"),
            format!(
                "replace or remove what `{list}` calls a fault; a running kiosk keeps what it trusted before"
            ),
        );
    }
    if let Some(open) = written_by_others(path) {
        return Finding::fault(
            CHECK,
            format!("{open} can be written by anybody: so can whom this kiosk trusts"),
            "chmod o-w it, and look whether every certificate belongs there",
        );
    }
    let all = warnings(&contents, trust::today());
    match all.first() {
        None => Finding::ok(CHECK, found),
        Some(first) => {
            let more = match all.len() - 1 {
                0 => String::new(),
                more => format!("; {more} more"),
            };
            let cure = match first {
                Warning::NoIdCardCsca => GET_CSCA.to_owned(),
                Warning::Ends { .. }
                | Warning::EndInLists(_)
                | Warning::UnknownKey { .. }
                | Warning::UnknownSigner { .. }
                | Warning::LeftOut { .. }
                | Warning::StaleCrl { .. }
                | Warning::UnknownCrl { .. } => format!("`{list}` shows all of it"),
            };
            Finding::warning(CHECK, format!("{found}; {first}{more}"), cure)
        }
    }
}

/// What there is, and of the issuer of the cards from when and until when.
fn holds(store: &TrustStore) -> String {
    let certificates = store.certificates();
    let mut holds = format!(
        "{} certificates, {} master lists, {} revocation lists",
        certificates.len(),
        store.lists().len(),
        store.crls().len()
    );
    for one in certificates {
        if one.country.as_deref() == Some("VN") && one.is_csca {
            holds.push_str(&format!(
                "; {} from {} until {}, SHA-256 {}",
                one.subject, one.not_before, one.not_after, one.sha256
            ));
        }
    }
    holds
}

/// The folder, or a file in it, that every user of this machine may write.
fn written_by_others(folder: &Path) -> Option<String> {
    let open = |path: &Path| {
        let mode = fs::metadata(path).ok()?.permissions().mode();
        (mode & 0o002 != 0).then(|| path.display().to_string())
    };
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    open(folder).or_else(|| files.map(|file| file.path()).find_map(|path| open(&path)))
}
