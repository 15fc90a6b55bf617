use std::path::PathBuf;

use crate::words::Language;

/// What stands on a ticket, and on what paper.
#[derive(Debug, Clone, Default)]
pub struct Ticket {
    /// The hospital's own template; absent: the built-in one.
    pub template: Option<PathBuf>,
    /// How the patient's name stands on it.
    pub name: TicketName,
    /// The language beside Vietnamese.
    pub second: SecondLanguage,
    /// The page of an office printer; absent: the roll of a ticket printer.
    pub page: Option<PageSize>,
}

/// How much of a name a ticket shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TicketName {
    /// Family name, initials, given name: "NGUYỄN T. H. PHƯỢNG".
    #[default]
    Short,
    /// Initials and given name: "N. T. H. PHƯỢNG".
    Initials,
    /// None.
    Absent,
}

/// When a ticket speaks a second language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecondLanguage {
    /// Where the patient chose another language than Vietnamese: that one.
    #[default]
    Patient,
    /// Always this one.
    Always(Language),
    /// Never.
    Never,
}

/// A page of an office printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageSize {
    /// 105 × 148 mm.
    A6,
    /// 148 × 210 mm.
    A5,
}

impl SecondLanguage {
    /// The language to print beside Vietnamese for a patient who chose `patient`.
    pub fn beside(self, patient: Language) -> Language {
        match self {
            Self::Patient => patient,
            Self::Always(language) => language,
            Self::Never => Language::Vi,
        }
    }
}
