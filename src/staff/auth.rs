//! Who may come in: one token until there are accounts, and sessions that end by themselves.
//!
//! Pure: the clock is handed in. Invariant: a secret is compared by its hash and in constant time;
//! tries and sessions are bounded in number and in time.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::identity::Private;

/// A shift and a bit: who signs in when it begins need not do so again.
pub(super) const SESSION_LIFE: Duration = Duration::from_secs(12 * 3600);
/// More sessions than that end the oldest one.
const SESSIONS_MAX: usize = 64;
/// Wrong tokens from one address before it must wait.
const WRONG_MAX: u32 = 5;
/// An address that was wrong too often waits this long after its last try.
pub(super) const LOCK: Duration = Duration::from_secs(60);
/// Addresses whose tries are remembered; more of them forget the oldest one.
const ADDRESSES_MAX: usize = 256;
/// Shortest token: with it, the tries that [`WRONG_MAX`] and [`LOCK`] leave come to nothing.
pub(super) const TOKEN_MIN: usize = 16;

type Hash = [u8; 32];

/// The door: knows the token and who came in.
pub(super) struct Gate {
    token: Hash,
    sessions: Vec<Session>,
    tries: Vec<Tries>,
}

/// Somebody who came in.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Session {
    key: Hash,
    /// Goes into every form; a form without it is not ours.
    pub form_secret: String,
    ends: Instant,
}

impl Session {
    /// Whether `presented`, from a form, is this session's secret.
    pub fn knows(&self, presented: &str) -> bool {
        same(&hash(presented), &hash(&self.form_secret))
    }
}

/// Wrong tokens from one address.
struct Tries {
    from: IpAddr,
    wrong: u32,
    last: Instant,
}

/// Why somebody did not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Not the token.
    Wrong,
    /// Too many wrong ones: the token is not even looked at.
    Locked,
}

impl Gate {
    /// A door that opens to `token`; none when the token can be guessed.
    pub fn new(token: &Private<String>) -> Option<Self> {
        let token = token.expose().trim();
        (token.chars().count() >= TOKEN_MIN).then(|| Self {
            token: hash(token),
            sessions: Vec::new(),
            tries: Vec::new(),
        })
    }

    /// Somebody at `from` shows a token. Gives the secret of a new session, for the cookie.
    pub fn enter(&mut self, token: &str, from: IpAddr, now: Instant) -> Result<String, Refused> {
        self.tries.retain(|tries| now < tries.last + LOCK);
        let known = self.tries.iter().position(|tries| tries.from == from);
        if known.is_some_and(|at| self.tries[at].wrong >= WRONG_MAX) {
            return Err(Refused::Locked);
        }
        if !same(&hash(token.trim()), &self.token) {
            self.remember_wrong(known, from, now);
            return Err(Refused::Wrong);
        }
        if let Some(at) = known {
            self.tries.remove(at);
        }
        let secret = random();
        self.sessions.retain(|session| now < session.ends);
        if self.sessions.len() >= SESSIONS_MAX {
            self.sessions.remove(0);
        }
        self.sessions.push(Session {
            key: hash(&secret),
            form_secret: random(),
            ends: now + SESSION_LIFE,
        });
        Ok(secret)
    }

    /// The session that `secret` (a cookie) opens, while it lasts.
    pub fn session(&self, secret: &str, now: Instant) -> Option<&Session> {
        let key = hash(secret);
        self.sessions
            .iter()
            .find(|session| same(&session.key, &key) && now < session.ends)
    }

    /// Whether the session lasts still.
    pub fn lasts(&self, session: &Session, now: Instant) -> bool {
        now < session.ends && self.sessions.contains(session)
    }

    /// Ends the session.
    pub fn leave(&mut self, session: &Session) {
        self.sessions.retain(|one| one != session);
    }

    fn remember_wrong(&mut self, known: Option<usize>, from: IpAddr, now: Instant) {
        let wrong = known.map_or(0, |at| self.tries.remove(at).wrong) + 1;
        if self.tries.len() >= ADDRESSES_MAX {
            self.tries.remove(0);
        }
        self.tries.push(Tries {
            from,
            wrong,
            last: now,
        });
    }
}

fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

fn same(a: &Hash, b: &Hash) -> bool {
    a.ct_eq(b).into()
}

/// 256 random bits in hexadecimal.
fn random() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes once the system has started");
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::{Duration, Instant};

    use super::{ADDRESSES_MAX, Gate, LOCK, Refused, SESSION_LIFE, SESSIONS_MAX, WRONG_MAX};

    const TOKEN: &str = "a token of length";
    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn gate() -> Gate {
        Gate::new(&TOKEN.into()).unwrap()
    }

    fn address(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n))
    }

    #[test]
    fn a_token_that_can_be_guessed_opens_no_door() {
        assert!(Gate::new(&"".into()).is_none());
        assert!(Gate::new(&"fifteen letters".into()).is_none());
        assert!(Gate::new(&"                    ".into()).is_none());
    }

    #[test]
    fn a_session_lasts_its_life_and_no_longer() {
        let (mut gate, now) = (gate(), Instant::now());
        let secret = gate.enter(TOKEN, HERE, now).unwrap();
        let last = now + SESSION_LIFE - Duration::from_nanos(1);
        assert!(gate.session(&secret, last).is_some());
        assert!(gate.session(&secret, now + SESSION_LIFE).is_none());
        assert!(gate.session("", now).is_none());
    }

    #[test]
    fn who_leaves_is_out() {
        let (mut gate, now) = (gate(), Instant::now());
        let secret = gate.enter(TOKEN, HERE, now).unwrap();
        let session = gate.session(&secret, now).unwrap().clone();
        assert!(gate.lasts(&session, now));
        gate.leave(&session);
        assert!(!gate.lasts(&session, now));
        assert!(gate.session(&secret, now).is_none());
    }

    #[test]
    fn too_many_wrong_tokens_lock_out_the_right_one_for_a_while_and_only_there() {
        let (mut gate, now) = (gate(), Instant::now());
        for _ in 0..WRONG_MAX {
            assert_eq!(gate.enter("wrong", HERE, now), Err(Refused::Wrong));
        }
        assert_eq!(gate.enter(TOKEN, HERE, now), Err(Refused::Locked));
        assert!(gate.enter(TOKEN, address(1), now).is_ok());
        assert!(gate.enter(TOKEN, HERE, now + LOCK).is_ok());
    }

    #[test]
    fn the_right_token_forgets_the_wrong_ones() {
        let (mut gate, now) = (gate(), Instant::now());
        for _ in 0..3 * WRONG_MAX {
            assert_eq!(gate.enter("wrong", HERE, now), Err(Refused::Wrong));
            assert!(gate.enter(TOKEN, HERE, now).is_ok());
        }
    }

    #[test]
    fn sessions_and_tries_are_bounded() {
        let (mut gate, now) = (gate(), Instant::now());
        let first = gate.enter(TOKEN, HERE, now).unwrap();
        for _ in 0..SESSIONS_MAX {
            gate.enter(TOKEN, HERE, now).unwrap();
        }
        assert!(gate.session(&first, now).is_none());
        assert_eq!(gate.sessions.len(), SESSIONS_MAX);
        for n in 0..2000 {
            assert_eq!(gate.enter("wrong", address(n), now), Err(Refused::Wrong));
        }
        assert_eq!(gate.tries.len(), ADDRESSES_MAX);
    }
}
