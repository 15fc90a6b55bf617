//! The console over real TCP, as a browser meets it.

mod browser;
mod calls;
mod pages;
mod safety;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use resvg::usvg::roxmltree::{Document, Node};
use serde_json::{Value, json};

use super::limits::Limits;
use super::server::{self, Running};
use super::{SiteInfo, StaffError};
use crate::config;
use crate::store::Fleet;
use crate::store::faulty::{Faulty, queue};
use browser::Browser;

const TOKEN: &str = "test token, long enough";
const SITE: &str = "Trạm Y tế <Thử>";

/// A console with a store of its own.
struct House {
    store: Arc<Faulty>,
    running: Running,
}

impl House {
    fn new() -> Self {
        Self::with(Limits {
            wrong_pause: Duration::from_millis(1),
            poll: Duration::from_millis(20),
            ..Limits::default()
        })
    }

    fn with(limits: Limits) -> Self {
        let store = new_store();
        let running = start(store.clone(), TOKEN, limits).unwrap();
        Self { store, running }
    }

    /// A browser that nobody has signed in with.
    fn stranger(&self) -> Browser {
        Browser::new(self.running.addr())
    }

    fn clerk(&self) -> Browser {
        let mut browser = self.stranger();
        let answer = browser.post("/sign-in", &[("token", TOKEN)]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    fn publish(&self, kiosk: &str, status: &Value) {
        let now = Timestamp::now();
        self.store.publish(kiosk, status, now).unwrap();
    }
}

fn new_store() -> Arc<Faulty> {
    Arc::new(Faulty::new(&[queue("NOI", "N"), queue("QUAY", "Q")]))
}

fn start(store: Arc<Faulty>, token: &str, limits: Limits) -> Result<Running, StaffError> {
    let settings = config::Staff {
        listen: ([127, 0, 0, 1], 0).into(),
        token: token.into(),
    };
    let site = SiteInfo {
        name: SITE.to_owned(),
        time_zone: TimeZone::get("Asia/Ho_Chi_Minh").unwrap(),
        trial: true,
    };
    server::start(&settings, store, site, limits)
}

/// A kiosk's status with this screen.
fn status(screen: &Value) -> Value {
    json!({
        "view": {
            "language": "vi", "conversation": 7, "screen": screen,
            "staff_called": false, "leaving": false, "card_present": false,
        },
        "health": { "reader": "ok", "camera": null, "printer": "out of paper", "ehr": "ok" },
        "since": Timestamp::now().to_string(),
        "version": "0.1.0",
    })
}

fn welcome() -> Value {
    status(&json!({ "name": "welcome", "ways": { "chip": true }, "notice": false }))
}

/// The page as a tree; a page that is not well-formed fails the test.
fn parse(page: &str) -> Document<'_> {
    let options = resvg::usvg::roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    Document::parse_with_options(page, options).unwrap_or_else(|e| panic!("{e}: {page}"))
}

/// All elements with this class.
fn by_class<'a>(page: &'a Document<'_>, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        let classes = node.attribute("class").unwrap_or_default();
        classes.split(' ').any(|one| one == class)
    };
    page.descendants().filter(has).collect()
}

/// All text below a node.
fn words(node: &Node<'_, '_>) -> String {
    let texts: Vec<&str> = node.descendants().filter_map(|n| n.text()).collect();
    texts.join(" ")
}

/// The value of a form's field on the page.
fn field(page: &str, action: &str, name: &str) -> String {
    let tree = parse(page);
    let form = tree
        .descendants()
        .find(|n| n.attribute("action").is_some_and(|a| a.starts_with(action)))
        .unwrap_or_else(|| panic!("no form {action}: {page}"));
    let input = form
        .descendants()
        .find(|n| n.attribute("name") == Some(name));
    input.unwrap().attribute("value").unwrap().to_owned()
}
