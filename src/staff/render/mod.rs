//! Turns the board into a page. Everything is readable without script; the script only keeps it
//! fresh.

mod kiosk;
mod lists;
mod shell;

use std::sync::Arc;

use jiff::Timestamp;

use super::SiteInfo;
use super::auth::Session;
use super::board::Board;
use super::html::{Element, tag};
use crate::words::{Cause, Language, Text, text};

pub(super) use shell::{door, notice};

/// Who reads the page.
pub(super) struct Reader<'a> {
    pub language: Language,
    pub site: &'a SiteInfo,
    pub session: &'a Session,
}

/// The whole page.
pub(super) fn home(board: &Result<Arc<Board>, String>, reader: &Reader<'_>) -> String {
    let language = reader.language;
    let sign_out = form(reader, "/sign-out").child(
        tag("button")
            .attr("type", "submit")
            .class("quiet")
            .text(text(language, Text::StaffSignOut)),
    );
    let header = shell::header(language, reader.site, Some(sign_out));
    let main = tag("main")
        .attr("id", "live")
        .attr("data-events", &format!("/events?lang={}", language.code()))
        .child(
            tag("p")
                .attr("id", "lost")
                .attr("role", "alert")
                .attr("hidden", "hidden")
                .class("alert")
                .text(text(language, Text::StaffConnectionLost)),
        )
        .child(
            tag("p")
                .attr("id", "spoken")
                .attr("role", "status")
                .class("unseen"),
        )
        .child(
            tag("div")
                .attr("id", "board")
                .child(board_element(board, reader)),
        );
    let refresh = tag("noscript").child(
        tag("meta")
            .attr("http-equiv", "refresh")
            .attr("content", "10"),
    );
    shell::page(language, reader.site, Some(refresh), [header, main])
}

/// What is inside `#board`, as the feed sends it.
pub(super) fn board(board: &Result<Arc<Board>, String>, reader: &Reader<'_>) -> String {
    board_element(board, reader).markup()
}

fn board_element(board: &Result<Arc<Board>, String>, reader: &Reader<'_>) -> Element {
    let language = reader.language;
    let board = match board {
        Ok(board) => board,
        Err(fault) => {
            let alert = format!("{} {fault}", text(language, Text::StaffStoreFault));
            return tag("div").child(tag("p").class("alert").text(&alert));
        }
    };
    let calling = board.calling();
    let spoken = match calling {
        0 => text(language, Text::StaffNobodyCalls).to_owned(),
        n => format!("{n} {}", text(language, Text::StaffKiosksCall)),
    };
    tag("div")
        .attr("data-calling", &calling.to_string())
        .attr("data-spoken", &spoken)
        .attr("data-second", text(language, Text::StaffSecond))
        .attr("data-minute", text(language, Text::StaffMinute))
        .attr("data-hour", text(language, Text::StaffHour))
        .child(kiosks(board, reader))
        .child(lists::visits(
            &board.help,
            Text::StaffWaiting,
            Text::StaffNobodyWaits,
            reader,
        ))
        .children((!board.handover.is_empty()).then(|| {
            lists::visits(
                &board.handover,
                Text::StaffHandover,
                Text::StaffNobodyWaits,
                reader,
            )
        }))
        .child(
            tag("div")
                .class("pair")
                .child(lists::numbers(&board.tally, language))
                .child(lists::outbox(&board.backlog, language)),
        )
}

fn kiosks(board: &Board, reader: &Reader<'_>) -> Element {
    let language = reader.language;
    let section = section(language, Text::StaffKiosks);
    if board.kiosks.is_empty() {
        return section.child(
            tag("p")
                .class("empty")
                .text(text(language, Text::StaffNoKiosks)),
        );
    }
    let cards = board.kiosks.iter().map(|one| kiosk::card(one, reader));
    section.child(tag("ul").class("kiosks").children(cards))
}

fn section(language: Language, title: Text) -> Element {
    let title = text(language, title);
    tag("section")
        .attr("aria-label", title)
        .child(tag("h2").text(title))
}

fn form(reader: &Reader<'_>, action: &str) -> Element {
    let action = format!("{action}?lang={}", reader.language.code());
    tag("form")
        .attr("method", "post")
        .attr("action", &action)
        .child(hidden("form_secret", &reader.session.form_secret))
}

fn hidden(name: &'static str, value: &str) -> Element {
    tag("input")
        .attr("type", "hidden")
        .attr("name", name)
        .attr("value", value)
}

fn known_cause(code: &str) -> Option<Cause> {
    Cause::of_code(code)
}

fn clock(at: Timestamp, reader: &Reader<'_>) -> String {
    reader
        .site
        .time_zone
        .to_datetime(at)
        .strftime("%H:%M")
        .to_string()
}

/// How long ago, in the largest unit that fits; the script counts on from `data-age`.
fn age(since: Timestamp, language: Language) -> Element {
    let seconds = Timestamp::now().duration_since(since).as_secs().max(0);
    let (count, unit) = match seconds {
        0..60 => (seconds, Text::StaffSecond),
        60..3600 => (seconds / 60, Text::StaffMinute),
        _ => (seconds / 3600, Text::StaffHour),
    };
    tag("time")
        .attr("datetime", &since.to_string())
        .attr("data-age", &seconds.to_string())
        .text(&format!("{count} {}", text(language, unit)))
}
