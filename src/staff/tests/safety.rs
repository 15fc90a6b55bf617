//! Who is kept out, and what cannot be done to the console.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::json;

use super::browser::read_answer;
use super::{House, SITE, TOKEN, by_class, field, new_store, parse, start, status, welcome, words};
use crate::staff::StaffError;
use crate::staff::limits::Limits;
use crate::store::Fleet;
use crate::store::faulty::Fault;

#[test]
fn without_a_session_nothing_is_shown_or_done() {
    let house = House::new();
    house.publish("K-SECRET", &welcome());
    let mut stranger = house.stranger();
    for forged in [
        None,
        Some("tiepdon_staff="),
        Some("tiepdon_staff=0123456789abcdef"),
    ] {
        stranger.cookie = forged.map(str::to_owned);
        for answer in [
            stranger.get("/"),
            stranger.get("/events"),
            stranger.post("/call", &[("kiosk", "K-SECRET"), ("id", TOKEN)]),
            stranger.post("/sign-out", &[]),
        ] {
            assert_eq!(answer.status, 401, "{}", answer.body);
            assert!(!answer.body.contains("K-SECRET"));
        }
    }
    let page = stranger.get("/").body;
    assert_eq!(by_class(&parse(&page), "door").len(), 1);
    assert!(house.store.commands(10).unwrap().is_empty());
}

#[test]
fn a_wrong_token_is_refused_and_many_lock_the_door_even_for_the_right_one() {
    let house = House::new();
    let mut stranger = house.stranger();
    for wrong in ["", "x", &TOKEN[1..], &format!("{TOKEN}x"), "test"] {
        let answer = stranger.post("/sign-in?lang=en", &[("token", wrong)]);
        assert_eq!(answer.status, 401);
        assert!(answer.body.contains("not the token"), "{}", answer.body);
        assert_eq!(answer.header("set-cookie"), None);
    }
    let answer = stranger.post("/sign-in?lang=en", &[("token", TOKEN)]);
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert_eq!(answer.header("set-cookie"), None);
    assert!(house.store.audited().is_empty());
}

#[test]
fn the_token_opens_a_session_that_signing_out_ends() {
    let house = House::new();
    let mut clerk = house.stranger();
    let answer = clerk.get("/?lang=en&token=test%20token%2C%20long%20enough");
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        Some("/?lang=en"),
        "the token leaves the address"
    );
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let page = clerk.get("/").body;
    assert!(!page.contains(TOKEN));
    let kept = clerk.cookie.clone();
    let secret = field(&page, "/sign-out", "form_secret");
    assert_eq!(
        clerk.post("/sign-out", &[("form_secret", &secret)]).status,
        303
    );
    assert_eq!(clerk.get("/").status, 401);
    clerk.cookie = kept;
    assert_eq!(clerk.get("/").status, 401, "the old cookie opens nothing");
}

#[test]
fn signing_out_ends_the_open_pages_of_that_session() {
    let house = House::new();
    let mut clerk = house.clerk();
    let mut events = clerk.events();
    assert!(events.next().is_some());
    let secret = field(&clerk.get("/").body, "/sign-out", "form_secret");
    clerk.post("/sign-out", &[("form_secret", &secret)]);
    assert_eq!(events.next(), None);
}

#[test]
fn a_form_without_this_sessions_secret_or_from_another_site_changes_nothing() {
    let house = House::new();
    house.publish("K1", &welcome());
    let (mut clerk, mut other) = (house.clerk(), house.clerk());
    let page = clerk.get("/").body;
    let id = field(&page, "/call", "id");
    let others = field(&other.get("/").body, "/call", "form_secret");
    let base = [("id", id.as_str()), ("kiosk", "K1")];
    for secret in ["", "x", &others] {
        let form = [&base[..], &[("form_secret", secret)]].concat();
        assert_eq!(clerk.post("/call", &form).status, 403);
        assert_eq!(clerk.post("/sign-out", &form).status, 403);
    }
    assert_eq!(clerk.post("/call", &base).status, 403);

    let secret = field(&page, "/call", "form_secret");
    let body = format!("form_secret={secret}&id={id}&kiosk=K1");
    let headers = |site| {
        [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Sec-Fetch-Site", site),
        ]
    };
    for (site, status) in [
        ("cross-site", 403),
        ("same-site", 403),
        ("same-origin", 303),
    ] {
        let answer = clerk.ask("POST", "/call", &headers(site), &body);
        assert_eq!(answer.status, status, "{site}");
    }
    assert_eq!(house.store.commands(10).unwrap().len(), 1);
}

#[test]
fn text_from_outside_stays_text() {
    let nasty = r#""><script src=//x>alert(1)</script><img onerror='x'>&lt;"#;
    let house = House::new();
    let screen = json!({
        "name": nasty, "want": nasty, "cause": nasty, "number": nasty, "who": { "name": nasty },
    });
    let mut odd = status(&screen);
    odd["health"] = json!({ "reader": nasty, nasty: "ok" });
    odd["version"] = json!(nasty);
    house.publish(nasty, &odd);
    let mut clerk = house.clerk();
    let page = clerk.get("/").body;
    let tree = parse(&page);
    let names = |wanted: &str| {
        tree.descendants()
            .filter(|n| n.has_tag_name(wanted))
            .count()
    };
    assert_eq!(
        (names("script"), names("img")),
        (1, 0),
        "our own script, and no other"
    );
    assert!(words(&by_class(&tree, "kiosk")[0]).contains(nasty));
    assert_eq!(field(&page, "/call", "kiosk"), nasty);
    assert!(
        words(&tree.root_element()).contains(SITE),
        "the site's name too"
    );
    let event = clerk.events().next().unwrap();
    assert!(!event.contains("<script") && !event.contains("<img"));
}

#[test]
fn an_address_that_is_not_ours_is_a_plain_404() {
    let house = House::new();
    let mut clerk = house.clerk();
    for path in [
        "/..",
        "/../etc/passwd",
        "/staff.css/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2fetc%2fpasswd",
        "//staff.css",
        "/staff.css/",
        "/staff.css%00",
        "/assets/staff/staff.css",
        "/favicon.ico",
        "/call/../",
    ] {
        let answer = clerk.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("passwd"), "{path}");
    }
    for (method, path) in [("GET", "/call"), ("DELETE", "/"), ("POST", "/")] {
        assert_eq!(
            clerk.ask(method, path, &[], "").status,
            405,
            "{method} {path}"
        );
    }
}

#[test]
fn every_answer_carries_the_same_armour() {
    let house = House::new();
    let (mut stranger, mut clerk) = (house.stranger(), house.clerk());
    for answer in [
        stranger.get("/"),
        stranger.get("/nowhere"),
        stranger.get("/staff.css"),
        stranger.get("/staff.js"),
        stranger.post("/sign-in", &[("token", "x")]),
        clerk.get("/"),
        clerk.post("/call", &[]),
    ] {
        let header = |name| answer.header(name).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'self'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
    }
    let events = clerk.events();
    assert!(
        events
            .head
            .to_lowercase()
            .contains("cache-control: no-store")
    );
}

#[test]
fn a_page_holds_nothing_inline() {
    let house = House::new();
    house.publish("K1", &welcome());
    for page in [house.stranger().get("/").body, house.clerk().get("/").body] {
        let tree = parse(&page);
        for node in tree.descendants().filter(|n| n.is_element()) {
            assert!(!node.has_tag_name("style"));
            assert!(!node.has_tag_name("script") || node.text().is_none());
            for attribute in node.attributes() {
                let name = attribute.name();
                assert!(name != "style" && !name.starts_with("on"), "{name}");
            }
        }
    }
}

#[test]
fn a_form_that_is_too_long_is_refused() {
    let house = House::new();
    let mut clerk = house.clerk();
    let long = "x".repeat(Limits::default().body_bytes + 1);
    assert_eq!(clerk.post("/sign-in", &[("token", &long)]).status, 413);
    assert_eq!(clerk.post("/call", &[("why", &long)]).status, 413);
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let house = House::new();
    let long = "x".repeat(Limits::default().head_bytes);
    let answer = house.stranger().ask("GET", "/", &[("X-Long", &long)], "");
    assert_eq!(answer.status, 431);
}

#[test]
fn who_sends_slowly_is_cut_off_and_others_are_served_meanwhile() {
    let house = House::with(Limits {
        head: Duration::from_secs(1),
        request: Duration::from_secs(1),
        ..Limits::default()
    });
    let browser = house.stranger();
    let mut heads: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = browser.connect();
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                .unwrap();
            stream
        })
        .collect();
    let mut body = browser.connect();
    let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\ntoken=";
    body.write_all(head.as_bytes()).unwrap();
    assert_eq!(house.stranger().get("/").status, 401);
    for stream in &mut heads {
        let mut rest = Vec::new();
        // Ends (cleanly or by a reset); were it held open, the read would run into its time-out.
        if let Err(error) = stream.read_to_end(&mut rest) {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        assert!(!rest.starts_with(b"HTTP/1.1 2"));
    }
    assert_eq!(read_answer(&mut body).status, 408);
}

#[test]
fn connections_and_live_pages_are_bounded_and_come_free_again() {
    let house = House::with(Limits {
        connections: 3,
        feeds: 1,
        head: Duration::from_secs(1),
        poll: Duration::from_millis(20),
        ..Limits::default()
    });
    let mut clerk = house.clerk();
    let mut feed = clerk.events();
    assert!(feed.next().is_some());
    assert_eq!(clerk.get("/events").status, 503);
    // Fills every place; the next one is served when a silent one has been cut off.
    let silent: Vec<_> = (0..4).map(|_| clerk.connect()).collect();
    assert_eq!(clerk.get("/").status, 200);
    drop(silent);
    drop(feed);
    // The server has seen that the page went away by the time it has read as many requests.
    let mut free = (0..1000).map(|_| clerk.events());
    let next = free.find(|events| !events.head.contains(" 503 "));
    assert!(next.unwrap().next().is_some());
}

#[test]
fn a_store_that_hangs_is_said_and_holds_nothing_up() {
    let house = House::with(Limits {
        store: Duration::from_millis(100),
        goodbye: Duration::from_millis(50),
        ..Limits::default()
    });
    let mut clerk = house.clerk();
    house.store.strike("kiosks", Fault::Hangs);
    for _ in 0..3 {
        let answer = clerk.get("/?lang=en");
        assert_eq!(answer.status, 503);
        assert!(answer.body.contains("does not answer"), "{}", answer.body);
    }
    assert_eq!(clerk.get("/staff.css").status, 200);
    house.store.heal("kiosks");
    let recovered = (0..50).any(|_| clerk.get("/").status == 200);
    assert!(recovered, "it goes on when the store does");
    house.store.strike("kiosks", Fault::Hangs);
    assert_eq!(clerk.get("/").status, 503);
    let store = house.store.clone();
    drop(house);
    store.heal("kiosks");
}

#[test]
fn dropping_it_ends_the_server_and_its_open_pages() {
    let house = House::new();
    let clerk = house.clerk();
    let mut events = clerk.events();
    assert!(events.next().is_some());
    let addr = house.running.addr();
    drop(house);
    assert_eq!(events.next(), None);
    assert!(std::net::TcpStream::connect(addr).is_err());
}

#[test]
fn it_does_not_start_with_a_weak_token_or_on_a_taken_address() {
    let store = new_store();
    let weak = start(store.clone(), "short", Limits::default());
    assert!(matches!(weak, Err(StaffError::WeakToken { .. })));
    let first = start(store.clone(), TOKEN, Limits::default()).unwrap();
    let settings = crate::config::Staff {
        listen: first.addr(),
        token: TOKEN.into(),
    };
    let site = crate::staff::SiteInfo {
        name: String::new(),
        time_zone: jiff::tz::TimeZone::UTC,
        trial: false,
    };
    let second = crate::staff::start(&settings, store, site);
    assert!(matches!(second, Err(StaffError::Listen { .. })));
}
