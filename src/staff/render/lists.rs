//! The visits that wait, today's numbers, the outbox.

use super::super::html::{Element, tag};
use super::{Reader, age, clock, known_cause, section};
use crate::identity::Hint;
use crate::store::{Backlog, Tally, VisitLine};
use crate::ticket::grade_mark;
use crate::words::{Language, Text, text};

/// Rows of one list; what is more is counted.
const ROWS_MAX: usize = 100;

pub(super) fn visits(
    lines: &[VisitLine],
    title: Text,
    empty: Text,
    reader: &Reader<'_>,
) -> Element {
    let language = reader.language;
    let section = section(language, title);
    if lines.is_empty() {
        return section.child(tag("p").class("empty").text(text(language, empty)));
    }
    let columns = [
        Text::StaffNumber,
        Text::StaffName,
        Text::StaffReason,
        Text::StaffWaits,
        Text::StaffService,
        Text::StaffKiosk,
    ]
    .map(|column| text(language, column));
    let rows = lines.iter().take(ROWS_MAX).map(|line| {
        tag("tr")
            .child(cell(columns[0]).child(tag("strong").text(line.number.as_str())))
            .child(who(cell(columns[1]), line, language))
            .child(reasons(cell(columns[2]), line, language))
            .child(
                cell(columns[3])
                    .child(age(line.at, language))
                    .text(&format!(" · {}", clock(line.at, reader))),
            )
            .child(cell(columns[4]).text(&line.service.0))
            .child(cell(columns[5]).text(&line.kiosk))
    });
    let more = lines.len().saturating_sub(ROWS_MAX);
    let more = (more > 0).then(|| tag("p").text(&format!("+ {more}")));
    section.child(table(&columns, rows)).children(more)
}

fn reasons(cell: Element, line: &VisitLine, language: Language) -> Element {
    let chips = line.waits_for.iter().map(|why| {
        let words = match why.as_str() {
            "desk" => text(language, Text::StaffWaitsDesk),
            "unclaimed" => text(language, Text::StaffWaitsUnclaimed),
            "paper_failed" => text(language, Text::StaffWaitsPaper),
            "handover" => text(language, Text::StaffWaitsHandover),
            "parked" => text(language, Text::StaffWaitsParked),
            "priority" => text(language, Text::StaffWaitsPriority),
            "two_numbers" => text(language, Text::StaffWaitsTwoNumbers),
            other => other,
        };
        tag("span").class("badge").text(words)
    });
    let reason = line.reason.as_deref().map(|code| {
        let words = known_cause(code).map_or(code, |cause| cause.staff(language));
        tag("small").text(words)
    });
    let failed = line.failed.as_deref().map(|why| tag("small").text(why));
    let hints = line.hints.iter().map(|hint| {
        let words = match hint {
            Hint::SexDiffers => Text::StaffHintSex,
            Hint::BirthYearDiffers => Text::StaffHintBirthYear,
            Hint::ProvinceUnknown => Text::StaffHintProvince,
            Hint::CardExpired => Text::StaffHintExpired,
        };
        tag("small").text(text(language, words))
    });
    cell.children(chips)
        .children(reason)
        .children(failed)
        .children(hints)
}

fn who(cell: Element, line: &VisitLine, language: Language) -> Element {
    let mark = |grade| tag("small").text(text(language, grade_mark(grade)));
    cell.text(line.shown_name.as_deref().unwrap_or("–"))
        .children(line.grade.map(mark))
}

pub(super) fn numbers(tally: &[Tally], language: Language) -> Element {
    let columns =
        [Text::StaffService, Text::StaffIssued, Text::StaffLast].map(|c| text(language, c));
    let rows = tally.iter().map(|line| {
        let last = line.last.as_ref().map_or("–", |number| number.as_str());
        tag("tr")
            .child(cell(columns[0]).text(&line.service.0))
            .child(cell(columns[1]).text(&line.issued.to_string()))
            .child(cell(columns[2]).child(tag("strong").text(last)))
    });
    section(language, Text::StaffNumbersToday).child(table(&columns, rows))
}

pub(super) fn outbox(backlog: &Backlog, language: Language) -> Element {
    let parked = if backlog.parked > 0 { "fault" } else { "" };
    let entry = |name, value: Element| [tag("dt").text(text(language, name)), value];
    let oldest = match backlog.oldest {
        Some(since) => tag("dd").child(age(since, language)),
        None => tag("dd").text("–"),
    };
    section(language, Text::StaffOutbox).child(
        tag("dl")
            .children(entry(
                Text::StaffQueued,
                tag("dd").text(&backlog.queued.to_string()),
            ))
            .children(entry(
                Text::StaffParked,
                tag("dd").class(parked).text(&backlog.parked.to_string()),
            ))
            .children(entry(Text::StaffOldest, oldest)),
    )
}

fn table(columns: &[&str], rows: impl Iterator<Item = Element>) -> Element {
    let heads = columns
        .iter()
        .map(|column| tag("th").attr("scope", "col").text(column));
    tag("table")
        .child(tag("thead").child(tag("tr").children(heads)))
        .child(tag("tbody").children(rows))
}

/// A cell that knows its column: on a narrow page the table becomes a list.
fn cell(column: &str) -> Element {
    tag("td").attr("data-column", column)
}
