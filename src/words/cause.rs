use serde::{Deserialize, Serialize};

/// Everything that can stand between a patient and a number: one catalogue for screen, console,
/// log and `doctor`. Each has, in every language, a sentence for the patient (`cause.CODE.patient`),
/// the next step (`cause.CODE.next`), and for staff what happened (`cause.CODE.staff`) and the cure
/// (`cause.CODE.cure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The card on the reader is not a citizen card (a bank card, an old card).
    NotACitizenCard,
    /// A passport or another document that is no citizen card.
    OtherDocument,
    /// The card was moved or taken away while it was read.
    CardMoved,
    /// The chip does not answer, or not sensibly.
    CardUnreadable,
    /// The six digits do not open this card.
    WrongCan,
    /// A proof of the card failed.
    CardRejected,
    /// The QR and the chip are of two persons.
    TwoPersons,
    /// Papers of somebody else were shown beside a check-in; nothing of them went into it.
    AnotherPerson,
    /// The code shown is of something else.
    QrOther,
    /// An app's code that cannot be verified here.
    QrOpaque,
    /// The patient has no papers.
    NoPapers,
    /// The patient refused that the chip is read.
    ConsentRefused,
    /// Two ways failed, or half a minute of trying.
    TriedEnough,
    /// Only the chip is accepted here, and it could not be read.
    ChipRequired,
    /// The hospital's system knows several patients with this number, or another person.
    PatientUnclear,
    /// A new patient whose identity is too weak to be registered by the kiosk.
    RegisterAtDesk,
    /// The person holds a number that was taken with stronger or weaker evidence.
    NumberHeld,
    /// No service is open.
    NoService,
    /// The store is cut off.
    StoreDown,
    /// The clock of the kiosk's computer is wrong.
    ClockWrong,
    /// The patient called staff.
    CalledByPatient,
    /// Somebody says that it is an emergency.
    Emergency,
    /// Staff ask the patient to come to the desk.
    CalledToDesk,
    /// The printer is out of paper. From here to [`Self::PrinterOther`] a printer's causes, which
    /// are called what IPP calls them: the keywords of `printer-state-reasons` (RFC 8011 §5.4.12,
    /// PWG 5100.9 §8.1).
    #[serde(rename = "media-empty")]
    MediaEmpty,
    /// The printer's paper ends soon; it prints.
    #[serde(rename = "media-low")]
    MediaLow,
    /// Paper is stuck in the printer.
    #[serde(rename = "media-jam")]
    MediaJam,
    /// The printer's cover is open.
    #[serde(rename = "cover-open")]
    CoverOpen,
    /// The printer's cutter is stuck.
    #[serde(rename = "separation-cutter-jam")]
    CutterJam,
    /// The printer has no toner or ink.
    #[serde(rename = "marker-supply-empty")]
    MarkerSupplyEmpty,
    /// The printer is off, unplugged or not reachable.
    #[serde(rename = "shutdown")]
    PrinterShutdown,
    /// Another program holds the printer.
    #[serde(rename = "connecting-to-device")]
    PrinterBusy,
    /// The printer does not answer in time.
    #[serde(rename = "timed-out")]
    PrinterTimedOut,
    /// Somebody stopped the printer or its queue.
    #[serde(rename = "paused")]
    PrinterPaused,
    /// The printer reports an error of another kind.
    #[serde(rename = "other")]
    PrinterOther,
    /// No card reader.
    ReaderMissing,
    /// No camera.
    CameraMissing,
    /// The hospital's system does not answer.
    EhrDown,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 37] = [
        Self::NotACitizenCard,
        Self::OtherDocument,
        Self::CardMoved,
        Self::CardUnreadable,
        Self::WrongCan,
        Self::CardRejected,
        Self::TwoPersons,
        Self::AnotherPerson,
        Self::QrOther,
        Self::QrOpaque,
        Self::NoPapers,
        Self::ConsentRefused,
        Self::TriedEnough,
        Self::ChipRequired,
        Self::PatientUnclear,
        Self::RegisterAtDesk,
        Self::NumberHeld,
        Self::NoService,
        Self::StoreDown,
        Self::ClockWrong,
        Self::CalledByPatient,
        Self::Emergency,
        Self::CalledToDesk,
        Self::MediaEmpty,
        Self::MediaLow,
        Self::MediaJam,
        Self::CoverOpen,
        Self::CutterJam,
        Self::MarkerSupplyEmpty,
        Self::PrinterShutdown,
        Self::PrinterBusy,
        Self::PrinterTimedOut,
        Self::PrinterPaused,
        Self::PrinterOther,
        Self::ReaderMissing,
        Self::CameraMissing,
        Self::EhrDown,
    ];

    /// The cause with this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }

    /// The code, as it stands in JSON, the log and the catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotACitizenCard => "not_a_citizen_card",
            Self::OtherDocument => "other_document",
            Self::CardMoved => "card_moved",
            Self::CardUnreadable => "card_unreadable",
            Self::WrongCan => "wrong_can",
            Self::CardRejected => "card_rejected",
            Self::TwoPersons => "two_persons",
            Self::AnotherPerson => "another_person",
            Self::QrOther => "qr_other",
            Self::QrOpaque => "qr_opaque",
            Self::NoPapers => "no_papers",
            Self::ConsentRefused => "consent_refused",
            Self::TriedEnough => "tried_enough",
            Self::ChipRequired => "chip_required",
            Self::PatientUnclear => "patient_unclear",
            Self::RegisterAtDesk => "register_at_desk",
            Self::NumberHeld => "number_held",
            Self::NoService => "no_service",
            Self::StoreDown => "store_down",
            Self::ClockWrong => "clock_wrong",
            Self::CalledByPatient => "called_by_patient",
            Self::Emergency => "emergency",
            Self::CalledToDesk => "called_to_desk",
            Self::MediaEmpty => "media-empty",
            Self::MediaLow => "media-low",
            Self::MediaJam => "media-jam",
            Self::CoverOpen => "cover-open",
            Self::CutterJam => "separation-cutter-jam",
            Self::MarkerSupplyEmpty => "marker-supply-empty",
            Self::PrinterShutdown => "shutdown",
            Self::PrinterBusy => "connecting-to-device",
            Self::PrinterTimedOut => "timed-out",
            Self::PrinterPaused => "paused",
            Self::PrinterOther => "other",
            Self::ReaderMissing => "reader_missing",
            Self::CameraMissing => "camera_missing",
            Self::EhrDown => "ehr_down",
        }
    }
}
