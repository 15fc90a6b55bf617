//! The ticket.

use super::Root;
use crate::config::ticket::{PageSize, SecondLanguage, Ticket, TicketName};
use crate::words::Language;

impl Root<'_> {
    pub(super) fn ticket(&self) -> Ticket {
        let ticket = self.root.section("ticket");
        let names = [
            ("short", TicketName::Short),
            ("initials", TicketName::Initials),
            ("none", TicketName::Absent),
        ];
        let mut seconds = vec![
            ("patient", SecondLanguage::Patient),
            ("none", SecondLanguage::Never),
        ];
        let others = Language::ALL.into_iter().filter(|l| *l != Language::Vi);
        seconds.extend(others.map(|l| (l.code(), SecondLanguage::Always(l))));
        let pages = [
            ("none", None),
            ("A6", Some(PageSize::A6)),
            ("A5", Some(PageSize::A5)),
        ];
        let read = Ticket {
            template: ticket.text("template").map(|text| self.path(&text)),
            name: ticket.one_of("name", &names, TicketName::Short),
            second: ticket.one_of("second_language", &seconds, SecondLanguage::Patient),
            page: ticket.one_of("page", &pages, None),
        };
        ticket.finish();
        read
    }
}
