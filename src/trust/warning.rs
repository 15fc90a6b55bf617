use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

use super::Contents;
use crate::emrtd::CertificateEntry;

/// A certificate that ends within this many months is worth a word: a successor has to be asked
/// for, and confirmed.
const SOON_MONTHS: i32 = 12;
/// The country of the cards that are read here.
const HOME: &str = "VN";

/// What is not wrong, and yet should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// No real card can be proved.
    NoIdCardCsca,
    /// A certificate whose validity is over, or will be soon.
    Ends {
        /// Its file.
        file: String,
        /// Whose it is.
        subject: String,
        /// Its last day.
        until: Date,
    },
    /// The same, of the many that lists bring.
    EndInLists(usize),
    /// A key of a kind that is not known here.
    UnknownKey {
        /// Its file.
        file: String,
        /// Whose it is.
        subject: String,
    },
    /// A list whose signer nobody here chose.
    UnknownSigner {
        /// Its file.
        file: String,
        /// Who signed it.
        signer: String,
    },
    /// Certificates of a list that were left out.
    LeftOut {
        /// Its file.
        file: String,
        /// How many.
        count: usize,
    },
    /// A revocation list that is out of date.
    StaleCrl {
        /// Its file.
        file: String,
        /// Whose it is.
        issuer: String,
    },
    /// A revocation list that no CSCA of the store signed.
    UnknownCrl {
        /// Its file.
        file: String,
        /// Whose it says it is.
        issuer: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIdCardCsca => f.write_str(
                "no CSCA of the Vietnamese ID card is here: every real card is graded `read`",
            ),
            Self::Ends {
                file,
                subject,
                until,
            } => {
                write!(
                    f,
                    "{file}: {subject} is valid until {until}; ask for its successor"
                )
            }
            Self::EndInLists(count) => write!(
                f,
                "{count} certificates of master lists end within {SOON_MONTHS} months, or have ended; get newer lists"
            ),
            Self::UnknownKey { file, subject } => write!(
                f,
                "{file}: {subject} has a key of a kind that is not known here"
            ),
            Self::UnknownSigner { file, signer } => write!(
                f,
                "{file}: no certificate in a file of its own vouches for the list's signer, {signer}"
            ),
            Self::LeftOut { file, count } => {
                write!(
                    f,
                    "{file}: {count} certificates could not be read and are left out"
                )
            }
            Self::StaleCrl { file, issuer } => {
                write!(
                    f,
                    "{file}: the revocation list of {issuer} is out of date; get the next one"
                )
            }
            Self::UnknownCrl { file, issuer } => write!(
                f,
                "{file}: no CSCA here signed the revocation list of {issuer}; it is not used"
            ),
        }
    }
}

/// All that should be looked at, the gravest first.
pub fn warnings(contents: &Contents, today: Date) -> Vec<Warning> {
    let store = &contents.store;
    let none = (!store.has_vietnamese_id_card_csca()).then_some(Warning::NoIdCardCsca);
    let mut warnings = Vec::from_iter(none);
    warnings.extend(certificates(&store.certificates(), today));
    for list in store.lists() {
        if list.pinned_by.is_none() {
            warnings.push(Warning::UnknownSigner {
                file: list.file,
                signer: list.signer,
            });
        }
    }
    for taken in contents
        .taken
        .iter()
        .filter(|taken| taken.added.unreadable > 0)
    {
        warnings.push(Warning::LeftOut {
            file: taken.file.clone(),
            count: taken.added.unreadable,
        });
    }
    for crl in store.crls() {
        let stale = crl.stale(today);
        let (file, issuer) = (crl.file, crl.issuer);
        if !crl.is_verified {
            warnings.push(Warning::UnknownCrl { file, issuer });
        } else if stale {
            warnings.push(Warning::StaleCrl { file, issuer });
        }
    }
    warnings
}

/// A certificate in a file of its own, or of this country, is named; those that only lists bring
/// are counted, for there are hundreds.
fn certificates(all: &[CertificateEntry], today: Date) -> Vec<Warning> {
    let soon = today.saturating_add(SOON_MONTHS.months());
    let named = |one: &CertificateEntry| one.is_pinned || one.country.as_deref() == Some(HOME);
    let ends = |one: &&CertificateEntry| one.not_after < soon;
    let mut warnings: Vec<Warning> = all
        .iter()
        .filter(ends)
        .filter(|one| named(one))
        .map(|one| Warning::Ends {
            file: one.file.clone(),
            subject: one.subject.clone(),
            until: one.not_after,
        })
        .collect();
    let in_lists = all.iter().filter(ends).filter(|one| !named(one)).count();
    warnings.extend((in_lists > 0).then_some(Warning::EndInLists(in_lists)));
    let unknown = all.iter().filter(|one| !one.is_usable && named(one));
    warnings.extend(unknown.map(|one| Warning::UnknownKey {
        file: one.file.clone(),
        subject: one.subject.clone(),
    }));
    warnings
}
