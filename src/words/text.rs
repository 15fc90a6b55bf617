use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::Cause;

/// A language of the screens.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// All languages that a screen can speak.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }
}

/// A text that is not about a failure: one key each.
macro_rules! texts {
    ($($name:ident => $key:literal,)*) => {
        /// The key of a text. Its words stand in `assets/words/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the words themselves say what each is")]
        pub enum Text { $($name,)* }

        impl Text {
            /// All keys.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The key in the catalogue: `table.key`.
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }
        }
    };
}

texts! {
    // Everywhere.
    Trial => "common.trial",
    CallStaff => "common.call_staff",
    Emergency => "common.emergency",
    NoPapers => "common.no_papers",
    Cancel => "common.cancel",

    // The window, in the order a patient meets it.
    Language => "screen.language",
    TrialNote => "screen.trial_note",
    WelcomeTitle => "screen.welcome_title",
    WelcomeText => "screen.welcome_text",
    WayChip => "screen.way_chip",
    WayCode => "screen.way_code",
    WayTyped => "screen.way_typed",
    WelcomeDesk => "screen.welcome_desk",
    Start => "screen.start",
    TypeNumber => "screen.type_number",
    Notice => "screen.notice",
    ConsentTitle => "screen.consent_title",
    ConsentText => "screen.consent_text",
    ConsentElse => "screen.consent_else",
    ConsentYes => "screen.consent_yes",
    ConsentNo => "screen.consent_no",
    ShowPapers => "screen.show_papers",
    HoldCode => "screen.hold_code",
    CodeRead => "screen.code_read",
    HintNearer => "screen.hint_nearer",
    HintFarther => "screen.hint_farther",
    HintTiltLess => "screen.hint_tilt_less",
    HintGlare => "screen.hint_glare",
    HintHoldStill => "screen.hint_hold_still",
    HintTooDark => "screen.hint_too_dark",
    HintBrighter => "screen.hint_brighter",
    PlaceCard => "screen.place_card",
    PlaceCardText => "screen.place_card_text",
    NoCard => "screen.no_card",
    CanTitle => "screen.can_title",
    CanText => "screen.can_text",
    OrCode => "screen.or_code",
    NumberTitle => "screen.number_title",
    NumberText => "screen.number_text",
    TypeHospitalNumber => "screen.type_hospital_number",
    HospitalTitle => "screen.hospital_title",
    HospitalText => "screen.hospital_text",
    YearTitle => "screen.year_title",
    YearText => "screen.year_text",
    Typed => "screen.typed",
    Erase => "screen.erase",
    Clear => "screen.clear",
    HoldTitle => "screen.hold_title",
    HoldText => "screen.hold_text",
    Reading => "screen.reading",
    WaitTitle => "screen.wait_title",
    WaitText => "screen.wait_text",
    ConfirmTitle => "screen.confirm_title",
    ConfirmYes => "screen.confirm_yes",
    ConfirmNo => "screen.confirm_no",
    BirthYear => "screen.birth_year",
    NumberEnds => "screen.number_ends",
    ChooseTitle => "screen.choose_title",
    ChooseFull => "screen.choose_full",
    MoreServices => "screen.more_services",
    IssuingTitle => "screen.issuing_title",
    PrintingTitle => "screen.printing_title",
    PrintingText => "screen.printing_text",
    YourNumber => "screen.your_number",
    GoTo => "screen.go_to",
    DoneTitle => "screen.done_title",
    DoneText => "screen.done_text",
    RememberTitle => "screen.remember_title",
    DeskTitle => "screen.desk_title",
    DeskText => "screen.desk_text",
    TakeCard => "screen.take_card",
    Finish => "screen.finish",
    AskPriority => "screen.ask_priority",
    PriorityAsked => "screen.priority_asked",
    GradeProven => "screen.grade_proven",
    GradeSigned => "screen.grade_signed",
    GradeRead => "screen.grade_read",
    GradeClaimed => "screen.grade_claimed",
    HelpTitle => "screen.help_title",
    HelpWait => "screen.help_wait",
    Back => "screen.back",
    StaffCalled => "screen.staff_called",
    StillThere => "screen.still_there",
    StillThereText => "screen.still_there_text",
    MoreTime => "screen.more_time",

    // The ticket.
    TicketFacility => "ticket.facility",
    TicketPriorityChild => "ticket.priority_child",
    TicketPriorityElderly => "ticket.priority_elderly",
    TicketPriorityPregnant => "ticket.priority_pregnant",
    TicketPriorityDisabled => "ticket.priority_disabled",
    TicketPriorityMerit => "ticket.priority_merit",
    TicketGradeProven => "ticket.grade_proven",
    TicketGradeSigned => "ticket.grade_signed",
    TicketGradeRead => "ticket.grade_read",
    TicketGradeClaimed => "ticket.grade_claimed",
    TicketTitle => "ticket.title",
    TicketDeskTitle => "ticket.desk_title",
    TicketPriority => "ticket.priority",
    TicketStops => "ticket.stops",
    TicketAhead => "ticket.ahead",
    TicketWait => "ticket.wait",
    TicketName => "ticket.name",
    TicketTime => "ticket.time",
    TicketCode => "ticket.code",
    TicketMissed => "ticket.missed",
    TicketDeskHelp => "ticket.desk_help",
    TicketKeep => "ticket.keep",
    TicketReprint => "ticket.reprint",
    TicketTrial => "ticket.trial",
    TicketNotValid => "ticket.not_valid",

    // The staff console.
    StaffTitle => "staff.title",
    StaffThisLanguage => "staff.this_language",
    StaffSignIn => "staff.sign_in",
    StaffSignOut => "staff.sign_out",
    StaffToken => "staff.token",
    StaffTokenWhere => "staff.token_where",
    StaffTokenWrong => "staff.token_wrong",
    StaffTokenLocked => "staff.token_locked",
    StaffForbidden => "staff.forbidden",
    StaffNotFound => "staff.not_found",
    StaffNoSuchKiosk => "staff.no_such_kiosk",
    StaffCallNotWritten => "staff.call_not_written",
    StaffBack => "staff.back",
    StaffConnectionLost => "staff.connection_lost",
    StaffStoreFault => "staff.store_fault",
    StaffNobodyCalls => "staff.nobody_calls",
    StaffKiosksCall => "staff.kiosks_call",
    StaffKiosks => "staff.kiosks",
    StaffNoKiosks => "staff.no_kiosks",
    StaffSilent => "staff.silent",
    StaffPatientCalls => "staff.called",
    StaffCardPresent => "staff.card_present",
    StaffWelcome => "staff.welcome",
    StaffConsent => "staff.consent",
    StaffWantCardOrCode => "staff.want_card_or_code",
    StaffWantCodeOrCan => "staff.want_code_or_can",
    StaffWantCard => "staff.want_card",
    StaffReadingChip => "staff.reading_chip",
    StaffWantNumber => "staff.want_number",
    StaffGathering => "staff.gathering",
    StaffConfirm => "staff.confirm",
    StaffChoose => "staff.choose",
    StaffIssuing => "staff.issuing",
    StaffPrinting => "staff.printing",
    StaffDone => "staff.done",
    StaffDoneDesk => "staff.done_desk",
    StaffHelp => "staff.help",
    StaffNoState => "staff.no_state",
    StaffReader => "staff.reader",
    StaffScanner => "staff.scanner",
    StaffCamera => "staff.camera",
    StaffPrinter => "staff.printer",
    StaffEhr => "staff.ehr",
    StaffStore => "staff.store",
    StaffTrust => "staff.trust",
    StaffClock => "staff.clock",
    StaffCall => "staff.call",
    StaffWhy => "staff.why",
    StaffCallSent => "staff.call_sent",
    StaffCallDone => "staff.call_done",
    StaffCallRefused => "staff.call_refused",
    StaffWaiting => "staff.waiting",
    StaffNobodyWaits => "staff.nobody_waits",
    StaffHandover => "staff.handover",
    StaffNumber => "staff.number",
    StaffName => "staff.name",
    StaffReason => "staff.reason",
    StaffWaits => "staff.waits",
    StaffService => "staff.service",
    StaffKiosk => "staff.kiosk",
    StaffWaitsDesk => "staff.waits_desk",
    StaffWaitsUnclaimed => "staff.waits_unclaimed",
    StaffWaitsPaper => "staff.waits_paper",
    StaffWaitsHandover => "staff.waits_handover",
    StaffWaitsParked => "staff.waits_parked",
    StaffWaitsTwoNumbers => "staff.waits_two_numbers",
    StaffWaitsPriority => "staff.waits_priority",
    StaffHintSex => "staff.hint_sex",
    StaffHintBirthYear => "staff.hint_birth_year",
    StaffHintProvince => "staff.hint_province",
    StaffHintExpired => "staff.hint_expired",
    StaffNumbersToday => "staff.numbers_today",
    StaffIssued => "staff.issued",
    StaffLast => "staff.last",
    StaffOutbox => "staff.outbox",
    StaffQueued => "staff.queued",
    StaffParked => "staff.parked",
    StaffOldest => "staff.oldest",
    StaffSecond => "staff.second",
    StaffMinute => "staff.minute",
    StaffHour => "staff.hour",

    // The voice guide.
    VoicePlaceCard => "voice.place_card",
    VoiceHoldStill => "voice.hold_still",
    VoiceConfirm => "voice.confirm",
    VoiceChoose => "voice.choose",
    VoiceTakeTicket => "voice.take_ticket",
    VoiceRemember => "voice.remember",
    VoiceGoToDesk => "voice.go_to_desk",
    VoiceStaffComing => "voice.staff_coming",

    // The terminal.
    TerminalConsent => "terminal.consent",
    TerminalCardOrCode => "terminal.card_or_code",
    TerminalCodeOrCan => "terminal.code_or_can",
    TerminalCard => "terminal.card",
    TerminalReading => "terminal.reading",
    TerminalTyping => "terminal.typing",
    TerminalLookingUp => "terminal.looking_up",
    TerminalConfirm => "terminal.confirm",
    TerminalChoose => "terminal.choose",
    TerminalIssuing => "terminal.issuing",
    TerminalPrinting => "terminal.printing",
    TerminalPrinted => "terminal.printed",
    TerminalNumber => "terminal.number",
    TerminalGrade => "terminal.grade",
    TerminalEhr => "terminal.ehr",
    TerminalTicket => "terminal.ticket",
    TerminalTook => "terminal.took",
    TerminalTimeout => "terminal.timeout",
    TerminalCancelled => "terminal.cancelled",
}

type Catalogue = BTreeMap<String, String>;

/// The words of `key` in `language`.
pub fn text(language: Language, key: Text) -> &'static str {
    look_up(language, key.key())
}

impl Cause {
    /// The sentence for the patient.
    pub fn patient(self, language: Language) -> &'static str {
        look_up(language, &format!("cause.{}.patient", self.code()))
    }

    /// The patient's next step.
    pub fn next(self, language: Language) -> &'static str {
        look_up(language, &format!("cause.{}.next", self.code()))
    }

    /// What happened, for staff.
    pub fn staff(self, language: Language) -> &'static str {
        look_up(language, &format!("cause.{}.staff", self.code()))
    }

    /// What staff or IT can do about it.
    pub fn cure(self, language: Language) -> &'static str {
        look_up(language, &format!("cause.{}.cure", self.code()))
    }
}

fn look_up(language: Language, key: &str) -> &'static str {
    catalogue(language).get(key).map_or("", String::as_str)
}

fn catalogue(language: Language) -> &'static Catalogue {
    static VI: OnceLock<Catalogue> = OnceLock::new();
    static EN: OnceLock<Catalogue> = OnceLock::new();
    match language {
        Language::Vi => VI.get_or_init(|| flatten(include_str!("../../assets/words/vi.toml"))),
        Language::En => EN.get_or_init(|| flatten(include_str!("../../assets/words/en.toml"))),
    }
}

fn flatten(source: &str) -> Catalogue {
    let table: toml::Table = source
        .parse()
        .expect("the embedded catalogue is TOML, a test reads it");
    let mut flat = Catalogue::new();
    walk("", &toml::Value::Table(table), &mut flat);
    flat
}

fn walk(path: &str, value: &toml::Value, flat: &mut Catalogue) {
    match value {
        toml::Value::Table(table) => {
            for (key, inner) in table {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                walk(&path, inner, flat);
            }
        }
        toml::Value::String(words) => {
            flat.insert(path.to_owned(), words.clone());
        }
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Cause, Language, Text, catalogue};

    fn known_keys() -> BTreeSet<String> {
        let texts = Text::ALL.iter().map(|text| text.key().to_owned());
        let causes = Cause::ALL.iter().flat_map(|cause| {
            ["patient", "next", "staff", "cure"]
                .map(|part| format!("cause.{}.{part}", cause.code()))
        });
        texts.chain(causes).collect()
    }

    #[test]
    fn every_key_has_words_in_every_language_and_no_words_are_left_over() {
        for language in Language::ALL {
            let words: BTreeSet<String> = catalogue(language).keys().cloned().collect();
            let known = known_keys();
            let missing: Vec<_> = known.difference(&words).collect();
            let left_over: Vec<_> = words.difference(&known).collect();
            assert!(
                missing.is_empty() && left_over.is_empty(),
                "{language:?}: missing {missing:?}, unknown {left_over:?}"
            );
            assert!(catalogue(language).values().all(|w| !w.trim().is_empty()));
        }
    }
}
