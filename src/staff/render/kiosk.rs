//! The card of one kiosk.

use super::super::board::{Call, Kiosk};
use super::super::html::{Element, tag};
use super::super::pages::WHY_MAX;
use super::{Reader, age, clock, form, hidden, known_cause};
use crate::words::{Language, Text, text};

pub(super) fn card(kiosk: &Kiosk, reader: &Reader<'_>) -> Element {
    let language = reader.language;
    let class = match (kiosk.needs_help(), kiosk.silent_since) {
        (true, _) => "kiosk calling",
        (false, Some(_)) => "kiosk silent",
        (false, None) => "kiosk",
    };
    let mut state = tag("p").class("state").text(&state(kiosk, language));
    if let Some(since) = kiosk.since.filter(|_| kiosk.silent_since.is_none()) {
        state = state.text(" ").child(age(since, language));
    }
    let silent = kiosk.silent_since.map(|at| {
        let line = tag("p")
            .class("fault")
            .text(text(language, Text::StaffSilent));
        line.text(" ").child(age(at, language))
    });
    let causes = [&kiosk.cause, &kiosk.alert].into_iter().flatten();
    let causes = causes.map(|code| cause(code, language));
    tag("li")
        .class(class)
        .child(
            tag("h3")
                .text(&kiosk.id)
                .children(kiosk.version.as_ref().map(|v| tag("small").text(v))),
        )
        .children(silent)
        .children(badges(kiosk, language))
        .child(state)
        .children(shown(kiosk))
        .children(causes)
        .children(devices(kiosk, language))
        .children(kiosk.last_call.as_ref().map(|call| last_call(call, reader)))
        .children(
            kiosk
                .next_call
                .map(|id| call_form(kiosk, &id.to_string(), reader)),
        )
}

fn badges(kiosk: &Kiosk, language: Language) -> Option<Element> {
    let badges: Vec<_> = [
        (kiosk.staff_called, Text::StaffPatientCalls),
        (kiosk.card_present, Text::StaffCardPresent),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, what)| tag("span").class("badge").text(text(language, what)))
    .collect();
    (!badges.is_empty()).then(|| tag("p").class("badges").children(badges))
}

fn state(kiosk: &Kiosk, language: Language) -> String {
    let words = match (kiosk.screen.as_str(), kiosk.want.as_deref()) {
        ("welcome", _) => Text::StaffWelcome,
        ("consent", _) => Text::StaffConsent,
        ("gathering", Some("card_or_code")) => Text::StaffWantCardOrCode,
        ("gathering", Some("code_or_can")) => Text::StaffWantCodeOrCan,
        ("gathering", Some("card")) => Text::StaffWantCard,
        ("gathering", Some("hold_still")) => Text::StaffReadingChip,
        ("gathering", Some("number" | "hospital_number" | "birth_year")) => Text::StaffWantNumber,
        ("gathering", _) => Text::StaffGathering,
        ("confirm", _) => Text::StaffConfirm,
        ("choose", _) => Text::StaffChoose,
        ("issuing", _) => Text::StaffIssuing,
        ("printing", _) => Text::StaffPrinting,
        ("done", _) if kiosk.desk => Text::StaffDoneDesk,
        ("done", _) => Text::StaffDone,
        ("help", _) => Text::StaffHelp,
        ("", _) => Text::StaffNoState,
        // A screen of a newer kiosk: its own name says more than nothing.
        (other, _) => return other.to_owned(),
    };
    text(language, words).to_owned()
}

fn shown(kiosk: &Kiosk) -> Option<Element> {
    let parts = [kiosk.number.as_deref(), kiosk.who.as_deref()];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| tag("p").class("who").text(&parts.join(" · ")))
}

fn cause(code: &str, language: Language) -> Element {
    let line = tag("p").class("cause");
    match known_cause(code) {
        Some(cause) => line
            .text(cause.staff(language))
            .child(tag("small").text(cause.cure(language))),
        None => line.text(code),
    }
}

fn devices(kiosk: &Kiosk, language: Language) -> Option<Element> {
    let items = kiosk.devices.iter().map(|(name, fault)| {
        let label = match name.as_str() {
            "reader" => text(language, Text::StaffReader),
            "scanner" => text(language, Text::StaffScanner),
            "camera" => text(language, Text::StaffCamera),
            "printer" => text(language, Text::StaffPrinter),
            "ehr" => text(language, Text::StaffEhr),
            "store" => text(language, Text::StaffStore),
            "trust" => text(language, Text::StaffTrust),
            "clock" => text(language, Text::StaffClock),
            other => other,
        };
        let Some(fault) = fault else {
            return tag("li").text(&format!("✓ {label}"));
        };
        let item = tag("li").class("fault");
        // A printer's fault begins with the keyword that IPP has for it.
        let keyword = fault
            .split_once(": ")
            .and_then(|(code, _)| known_cause(code));
        match keyword {
            Some(cause) => item
                .text(&format!("✗ {label}: {}", cause.staff(language)))
                .child(tag("small").text(cause.cure(language)))
                .child(tag("small").text(fault)),
            None => item.text(&format!("✗ {label}: {fault}")),
        }
    });
    (!kiosk.devices.is_empty()).then(|| tag("ul").class("devices").children(items))
}

fn last_call(call: &Call, reader: &Reader<'_>) -> Element {
    let language = reader.language;
    let at = clock(call.at, reader);
    let line = tag("p").class("call").attr("role", "note");
    match call.answer.as_deref() {
        None => line.text(&format!("{at} {}", text(language, Text::StaffCallSent))),
        Some("done") => line.text(&format!("{at} {}", text(language, Text::StaffCallDone))),
        Some(other) => line.text(&format!(
            "{at} {} {other}",
            text(language, Text::StaffCallRefused)
        )),
    }
}

fn call_form(kiosk: &Kiosk, id: &str, reader: &Reader<'_>) -> Element {
    let language = reader.language;
    let why = text(language, Text::StaffWhy);
    let button = format!("{} ({})", text(language, Text::StaffCall), kiosk.id);
    form(reader, "/call")
        .class("act")
        .child(hidden("id", id))
        .child(hidden("kiosk", &kiosk.id))
        .child(
            tag("input")
                .attr("name", "why")
                .attr("maxlength", &WHY_MAX.to_string())
                .attr("autocomplete", "off")
                .attr("placeholder", why)
                .attr("aria-label", why)
                .attr("data-keep", &format!("why {}", kiosk.id)),
        )
        .child(
            tag("button")
                .attr("type", "submit")
                .attr("aria-label", &button)
                .attr("data-keep", &format!("call {}", kiosk.id))
                .text(text(language, Text::StaffCall)),
        )
}
