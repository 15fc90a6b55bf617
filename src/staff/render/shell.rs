//! What is around the board: head, header, and the pages without a board.

use super::super::SiteInfo;
use super::super::html::{Element, tag};
use crate::words::{Language, Text, text};

/// The page with the question for the token.
pub(in crate::staff) fn door(language: Language, site: &SiteInfo, wrong: Option<Text>) -> String {
    let wrong = wrong.map(|what| {
        tag("p")
            .class("alert")
            .attr("role", "alert")
            .text(text(language, what))
    });
    let form = tag("form")
        .attr("method", "post")
        .attr("action", &format!("/sign-in?lang={}", language.code()))
        .class("door")
        .child(
            tag("label")
                .attr("for", "token")
                .text(text(language, Text::StaffToken)),
        )
        .child(
            tag("input")
                .attr("id", "token")
                .attr("name", "token")
                .attr("type", "password")
                .attr("autocomplete", "current-password")
                .attr("required", "required")
                .attr("autofocus", "autofocus"),
        )
        .child(
            tag("p")
                .class("hint")
                .text(text(language, Text::StaffTokenWhere)),
        )
        .child(
            tag("button")
                .attr("type", "submit")
                .text(text(language, Text::StaffSignIn)),
        );
    let main = tag("main").children(wrong).child(form);
    page(language, site, None, [header(language, site, None), main])
}

/// A page that says one thing.
pub(in crate::staff) fn notice(language: Language, site: &SiteInfo, what: Text) -> String {
    let home = format!("/?lang={}", language.code());
    let main = tag("main")
        .child(tag("p").class("alert").text(text(language, what)))
        .child(
            tag("p").child(
                tag("a")
                    .attr("href", &home)
                    .text(text(language, Text::StaffBack)),
            ),
        );
    page(language, site, None, [header(language, site, None), main])
}

pub(super) fn page(
    language: Language,
    site: &SiteInfo,
    head_more: Option<Element>,
    body: [Element; 2],
) -> String {
    let title = format!("{} · {}", text(language, Text::StaffTitle), site.name);
    let viewport = "width=device-width, initial-scale=1";
    let head = tag("head")
        .child(tag("meta").attr("charset", "utf-8"))
        .child(
            tag("meta")
                .attr("name", "viewport")
                .attr("content", viewport),
        )
        .child(
            tag("meta")
                .attr("name", "robots")
                .attr("content", "noindex"),
        )
        .child(tag("title").text(&title))
        .child(
            tag("link")
                .attr("rel", "stylesheet")
                .attr("href", "/staff.css"),
        )
        .child(
            tag("script")
                .attr("src", "/staff.js")
                .attr("defer", "defer"),
        )
        .children(head_more);
    tag("html")
        .attr("lang", language.code())
        .child(head)
        .child(tag("body").children(body))
        .document()
}

pub(super) fn header(language: Language, site: &SiteInfo, more: Option<Element>) -> Element {
    let trial = site.trial.then(|| {
        tag("strong")
            .class("trial")
            .text(text(language, Text::Trial))
    });
    let others = Language::ALL.into_iter().filter(|other| *other != language);
    let others = others.map(|other| {
        tag("a")
            .attr("href", &format!("/?lang={}", other.code()))
            .attr("lang", other.code())
            .text(text(other, Text::StaffThisLanguage))
    });
    tag("header")
        .child(
            tag("h1")
                .child(tag("span").text(&site.name))
                .child(tag("small").text(text(language, Text::StaffTitle))),
        )
        .children(trial)
        .child(tag("nav").children(others).children(more))
}
