//! Sessions, in memory and bounded: only whoever signs as an officer takes up room. A restart ends them all.
//!
//! A token is known only by its SM3 digest. A session is worth no more than the officer's certificate at this very
//! second: every request asks the authority again.

pub(crate) mod challenge;
pub(crate) mod in_flight;
pub(crate) mod sign_in;
pub(crate) mod throttle;

use std::collections::HashMap;

use authority::Officer;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use sm_engine::sm3::{self, Digest};

use self::challenge::{Challenge, ChallengeKey};
use self::throttle::{SIGN_INS, Throttle};
use crate::failure::Failure;
use crate::portal::Portal;

/// How long a session lives without a request: seconds.
pub(crate) const IDLE: i64 = 15 * 60;
/// How long a session lives at all: seconds.
pub(crate) const LIFETIME: i64 = 8 * 3_600;
/// Open sessions, all together and of one officer.
const SESSIONS: usize = 10_000;
const SESSIONS_PER_OFFICER: usize = 256;

/// Why no session was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// No room for another one now.
    Full,
    /// The officer has signed in too often in this minute.
    TooMany,
    /// The challenge has opened a session before.
    Used,
}

struct Session {
    officer: String,
    certificate: String,
    opened_at: i64,
    used_at: i64,
}

impl Session {
    /// A clock that went back ends a session rather than stretching it.
    fn is_open(&self, now: i64) -> bool {
        (self.opened_at..self.opened_at + LIFETIME).contains(&now)
            && (self.used_at..self.used_at + IDLE).contains(&now)
    }
}

#[derive(Default)]
struct Tables {
    sessions: HashMap<Digest, Session>,
    throttle: Throttle,
    /// Nonces of challenges that opened a session, and when those were asked: until they could not be answered anyway.
    used: HashMap<String, i64>,
}

/// All that are open.
#[derive(Default)]
pub(crate) struct Sessions {
    pub(crate) challenges: ChallengeKey,
    tables: Mutex<Tables>,
}

/// Who a request belongs to.
#[derive(Clone)]
pub(crate) struct SignedIn {
    /// The officer, checked for this request.
    pub(crate) officer: Officer,
    key: Digest,
}

impl SignedIn {
    /// Refuses unfinished work of another officer: it is told only that it may not be seen, and the log keeps who asked.
    pub(crate) fn must_own(&self, owner: &str) -> Result<(), Failure> {
        let officer = &self.officer.number;
        if officer == owner {
            return Ok(());
        }
        tracing::warn!(%officer, "an officer asked for unfinished work of another officer");
        Err(Failure::not_yours())
    }
}

impl Sessions {
    /// Opens a session for the officer who answered `challenge` and gives its token, 256 random bits. An officer's
    /// newest session pushes out the one that the same officer has not used for longest.
    pub(crate) fn open(
        &self,
        officer: &Officer,
        challenge: &Challenge,
        now: i64,
    ) -> Result<String, NotOpened> {
        let mut tables = self.tables.lock();
        let answerable =
            |asked_at: &i64| (*asked_at..*asked_at + challenge::LIFETIME).contains(&now);
        tables.used.retain(|_, asked_at| answerable(asked_at));
        if tables.used.contains_key(&challenge.nonce) {
            return Err(NotOpened::Used);
        }
        if !tables.throttle.admit(&officer.number, SIGN_INS, now) {
            return Err(NotOpened::TooMany);
        }
        tables.sessions.retain(|_, session| session.is_open(now));
        let own = || {
            let all = tables.sessions.iter();
            all.filter(|(_, session)| session.officer == officer.number)
        };
        if own().count() >= SESSIONS_PER_OFFICER {
            let oldest = own().min_by_key(|(_, session)| session.used_at);
            let oldest = oldest.map(|(key, _)| *key);
            oldest.and_then(|key| tables.sessions.remove(&key));
        }
        if tables.sessions.len() >= SESSIONS {
            return Err(NotOpened::Full);
        }
        let nonce = challenge.nonce.clone();
        tables.used.insert(nonce, challenge.asked_at);
        let token = BASE64_URL_SAFE_NO_PAD.encode(sm_engine::random::array::<32>());
        let session = Session {
            officer: officer.number.clone(),
            certificate: officer.certificate.clone(),
            opened_at: now,
            used_at: now,
        };
        tables
            .sessions
            .insert(sm3::digest(token.as_bytes()), session);
        Ok(token)
    }

    /// Ends a session.
    pub(crate) fn close(&self, signed_in: &SignedIn) {
        self.end(&signed_in.key);
    }

    fn end(&self, key: &Digest) {
        self.tables.lock().sessions.remove(key);
    }

    /// Officer number and certificate of an open session, which thereby is in use.
    fn touch(&self, key: &Digest, now: i64) -> Option<(String, String)> {
        let mut tables = self.tables.lock();
        let session = tables.sessions.get_mut(key)?;
        if !session.is_open(now) {
            tables.sessions.remove(key);
            return None;
        }
        session.used_at = now;
        Some((session.officer.clone(), session.certificate.clone()))
    }
}

/// The officer behind `Authorization: Bearer`, if the session is open and the certificate is good now.
pub(crate) async fn officer_of(portal: &Portal, headers: &HeaderMap) -> Result<SignedIn, Failure> {
    let token = bearer(headers).ok_or_else(Failure::not_signed_in)?;
    officer_of_token(portal, token).await
}

/// The officer behind a token, if the session is open and the certificate is good now.
pub(crate) async fn officer_of_token(portal: &Portal, token: &str) -> Result<SignedIn, Failure> {
    let key = sm3::digest(token.as_bytes());
    let (number, certificate) = portal
        .sessions
        .touch(&key, portal.now())
        .ok_or_else(Failure::not_signed_in)?;
    match portal.authority.officer(&number).await {
        Ok(officer) if officer.certificate == certificate => Ok(SignedIn { officer, key }),
        Ok(_) => {
            portal.sessions.end(&key);
            Err(Failure::not_signed_in())
        }
        Err(authority::Error::Refused(refusal)) => {
            portal.sessions.end(&key);
            Err(Failure::refused(
                refusal,
                Some(axum::http::StatusCode::UNAUTHORIZED),
            ))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && token.len() <= 64).then_some(token)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn officer() -> Officer {
        Officer {
            number: "OP-0001".into(),
            role: policy::Role::Entry,
            name: "王晓岚".into(),
            certificate: "00".repeat(32),
            scope: policy::Scope::default(),
        }
    }

    /// A fresh challenge of the officer's, answered at once.
    fn open(sessions: &Sessions, officer: &Officer, now: i64) -> Result<String, NotOpened> {
        let (number, _) = sessions.challenges.ask("http://portal.test", officer, now);
        sessions.open(officer, &Challenge::read(&number, now).unwrap(), now)
    }

    fn is_open(sessions: &Sessions, token: &str, now: i64) -> bool {
        sessions
            .touch(&sm3::digest(token.as_bytes()), now)
            .is_some()
    }

    #[test]
    fn a_challenge_opens_one_session() {
        let sessions = Sessions::default();
        let (number, _) = sessions
            .challenges
            .ask("http://portal.test", &officer(), 1_000);
        let challenge = Challenge::read(&number, 1_000).unwrap();
        assert!(sessions.open(&officer(), &challenge, 1_000).is_ok());
        let again = sessions.open(&officer(), &challenge, 1_000 + challenge::LIFETIME - 1);
        assert_eq!(again, Err(NotOpened::Used));
        // What cannot be answered any more need not be remembered either.
        assert!(open(&sessions, &officer(), 1_000 + challenge::LIFETIME).is_ok());
        assert_eq!(sessions.tables.lock().used.len(), 1);
    }

    #[test]
    fn one_officer_pushes_out_only_the_oldest_of_the_same_officer() {
        let sessions = Sessions::default();
        let other = Officer {
            number: "OP-0002".into(),
            ..officer()
        };
        let other = open(&sessions, &other, 0).unwrap();
        let first = open(&sessions, &officer(), 0).unwrap();
        let mut now = 0;
        for _ in 0..SESSIONS_PER_OFFICER {
            now += 1;
            assert!(open(&sessions, &officer(), now).is_ok());
        }
        assert!(!is_open(&sessions, &first, now));
        assert!(is_open(&sessions, &other, now));
        assert_eq!(
            sessions.tables.lock().sessions.len(),
            SESSIONS_PER_OFFICER + 1
        );
    }

    #[test]
    fn a_session_ends_idle_old_or_before_its_time() {
        let sessions = Sessions::default();
        let token = open(&sessions, &officer(), 1_000).unwrap();
        assert!(is_open(&sessions, &token, 1_000 + IDLE - 1));
        assert!(!is_open(&sessions, &token, 1_000 + IDLE - 1 + IDLE));

        let token = open(&sessions, &officer(), 0).unwrap();
        let mut now = 0;
        while now + IDLE - 1 < LIFETIME {
            now += IDLE - 1;
            assert!(is_open(&sessions, &token, now));
        }
        assert!(!is_open(&sessions, &token, LIFETIME));

        let token = open(&sessions, &officer(), 1_000).unwrap();
        assert!(!is_open(&sessions, &token, 999));
    }

    #[test]
    fn sessions_are_bounded() {
        let sessions = Sessions::default();
        for _ in 0..SESSIONS {
            sessions.tables.lock().sessions.insert(
                sm3::digest(&sm_engine::random::array::<16>()),
                Session {
                    officer: String::new(),
                    certificate: String::new(),
                    opened_at: 0,
                    used_at: 0,
                },
            );
        }
        assert_eq!(open(&sessions, &officer(), 0), Err(NotOpened::Full));
        assert!(open(&sessions, &officer(), IDLE).is_ok());
    }
}
