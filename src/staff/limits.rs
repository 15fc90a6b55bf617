use std::time::Duration;

/// Every bound of the console in one place. Tests make some of them smaller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections at a time; more wait in the system's backlog. A ward has a few desks.
    pub connections: usize,
    /// Pages that are refreshed live at a time.
    pub feeds: usize,
    /// Time to send the head of a request, also between two requests of one connection.
    pub head: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// Bytes of a form; ours have some 300.
    pub body_bytes: usize,
    /// Whole time for one request, from its head to our answer.
    pub request: Duration,
    /// Life of a connection; a page that is open longer comes back by itself.
    pub connection: Duration,
    /// One call to the store, the wait for its turn included.
    pub store: Duration,
    /// The store is read this often while a page is open.
    pub poll: Duration,
    /// A comment goes down a quiet feed this often, so that a dead page is noticed.
    pub keep_alive: Duration,
    /// A page that does not take an update in this time has gone.
    pub feed_send: Duration,
    /// Pause before a wrong token is answered.
    pub wrong_pause: Duration,
    /// At the end: time for open answers, and then for a store call on its way.
    pub goodbye: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            connections: 64,
            feeds: 24,
            head: s(10),
            head_bytes: 16 * 1024,
            body_bytes: 4 * 1024,
            request: s(10),
            connection: s(600),
            store: s(5),
            poll: s(1),
            keep_alive: s(15),
            feed_send: s(10),
            wrong_pause: s(1),
            goodbye: s(1),
        }
    }
}
