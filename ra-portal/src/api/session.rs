//! Challenges and sessions, in memory and bounded. A restart ends them all.
//!
//! A token is known only by its SM3 digest. A session is worth no more than the officer's certificate at this very
//! second: every request asks the authority again.

use std::collections::HashMap;

use authority::Officer;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use sm_engine::sm3::{self, Digest};

use super::throttle::Throttle;
use crate::failure::Failure;
use crate::portal::Portal;

/// How long a challenge can be answered: seconds.
pub(super) const CHALLENGE_LIFETIME: i64 = 120;
/// How long a session lives without a request: seconds.
pub(super) const IDLE: i64 = 15 * 60;
/// How long a session lives at all: seconds.
pub(super) const LIFETIME: i64 = 8 * 3_600;
/// Open challenges, all together and for one officer.
const CHALLENGES: usize = 1_000;
const CHALLENGES_PER_OFFICER: usize = 64;
/// Open sessions.
const SESSIONS: usize = 10_000;

/// A question that waits for a signature.
pub(super) struct Challenge {
    /// Officer who asked for it.
    pub(super) officer: String,
    /// SM3 of that officer's certificate, hex.
    pub(super) certificate: String,
    /// What is to be signed.
    pub(super) text: String,
    /// When it was asked, UTC seconds.
    pub(super) asked_at: i64,
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
    challenges: HashMap<String, Challenge>,
    sessions: HashMap<Digest, Session>,
    throttle: Throttle,
}

/// All that wait and all that are open.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Tables>);

/// Who a request belongs to.
#[derive(Clone)]
pub(super) struct SignedIn {
    /// The officer, checked for this request.
    pub(super) officer: Officer,
    key: Digest,
}

impl Sessions {
    /// Counts an attempt to sign in with a certificate.
    pub(super) fn admit(&self, certificate: Digest, now: i64) -> bool {
        self.0.lock().throttle.admit(certificate, now)
    }

    /// Keeps a challenge and gives its number; `None` where too many are open. One officer's newest challenges push
    /// out the oldest of the same officer, so that nobody who merely has a certificate can fill the table.
    pub(super) fn ask(&self, challenge: Challenge) -> Option<String> {
        let now = challenge.asked_at;
        let mut tables = self.0.lock();
        tables
            .challenges
            .retain(|_, open| (open.asked_at..open.asked_at + CHALLENGE_LIFETIME).contains(&now));
        let own = || {
            tables
                .challenges
                .iter()
                .filter(|(_, open)| open.officer == challenge.officer)
        };
        if own().count() >= CHALLENGES_PER_OFFICER {
            let oldest = own()
                .min_by_key(|(_, open)| open.asked_at)
                .map(|(id, _)| id.clone());
            oldest.and_then(|id| tables.challenges.remove(&id));
        }
        if tables.challenges.len() >= CHALLENGES {
            return None;
        }
        let id = hex::encode(sm_engine::random::array::<16>());
        tables.challenges.insert(id.clone(), challenge);
        Some(id)
    }

    /// Takes a challenge out, whatever becomes of it: it is answered once or never.
    pub(super) fn take(&self, id: &str, now: i64) -> Option<Challenge> {
        let challenge = self.0.lock().challenges.remove(id)?;
        (challenge.asked_at..challenge.asked_at + CHALLENGE_LIFETIME)
            .contains(&now)
            .then_some(challenge)
    }

    /// Opens a session and gives its token, 256 random bits; `None` where too many are open.
    pub(super) fn open(&self, officer: &Officer, now: i64) -> Option<String> {
        let mut tables = self.0.lock();
        tables.sessions.retain(|_, session| session.is_open(now));
        if tables.sessions.len() >= SESSIONS {
            return None;
        }
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
        Some(token)
    }

    /// Ends a session.
    pub(super) fn close(&self, signed_in: &SignedIn) {
        self.end(&signed_in.key);
    }

    fn end(&self, key: &Digest) {
        self.0.lock().sessions.remove(key);
    }

    /// Officer number and certificate of an open session, which thereby is in use.
    fn touch(&self, key: &Digest, now: i64) -> Option<(String, String)> {
        let mut tables = self.0.lock();
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
pub(super) async fn officer_of(portal: &Portal, headers: &HeaderMap) -> Result<SignedIn, Failure> {
    let token = bearer(headers).ok_or_else(Failure::not_signed_in)?;
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
        }
    }

    fn challenge(officer: &str, asked_at: i64) -> Challenge {
        Challenge {
            officer: officer.into(),
            certificate: String::new(),
            text: String::new(),
            asked_at,
        }
    }

    fn is_open(sessions: &Sessions, token: &str, now: i64) -> bool {
        sessions
            .touch(&sm3::digest(token.as_bytes()), now)
            .is_some()
    }

    #[test]
    fn a_challenge_is_answered_once_and_within_two_minutes() {
        let sessions = Sessions::default();
        let id = sessions.ask(challenge("OP-0001", 1_000)).unwrap();
        assert!(sessions.take(&id, 1_000).is_some());
        assert!(sessions.take(&id, 1_000).is_none());
        let late = sessions.ask(challenge("OP-0001", 1_000)).unwrap();
        assert!(sessions.take(&late, 1_000 + CHALLENGE_LIFETIME).is_none());
    }

    #[test]
    fn open_challenges_are_bounded_and_expire() {
        let sessions = Sessions::default();
        for other in 0..CHALLENGES {
            assert!(sessions.ask(challenge(&format!("X-{other}"), 0)).is_some());
        }
        assert!(sessions.ask(challenge("OP-0002", 0)).is_none());
        assert!(
            sessions
                .ask(challenge("OP-0002", CHALLENGE_LIFETIME))
                .is_some()
        );
    }

    #[test]
    fn one_officer_pushes_out_only_the_oldest_of_the_same_officer() {
        let sessions = Sessions::default();
        let other = sessions.ask(challenge("OP-0002", 0)).unwrap();
        let first = sessions.ask(challenge("OP-0001", 1)).unwrap();
        for _ in 0..CHALLENGES_PER_OFFICER {
            assert!(sessions.ask(challenge("OP-0001", 2)).is_some());
        }
        assert!(sessions.take(&first, 2).is_none());
        assert!(sessions.take(&other, 2).is_some());
        assert_eq!(sessions.0.lock().challenges.len(), CHALLENGES_PER_OFFICER);
    }

    #[test]
    fn a_session_ends_idle_old_or_before_its_time() {
        let sessions = Sessions::default();
        let token = sessions.open(&officer(), 1_000).unwrap();
        assert!(is_open(&sessions, &token, 1_000 + IDLE - 1));
        assert!(!is_open(&sessions, &token, 1_000 + IDLE - 1 + IDLE));

        let token = sessions.open(&officer(), 0).unwrap();
        let mut now = 0;
        while now + IDLE - 1 < LIFETIME {
            now += IDLE - 1;
            assert!(is_open(&sessions, &token, now));
        }
        assert!(!is_open(&sessions, &token, LIFETIME));

        let token = sessions.open(&officer(), 1_000).unwrap();
        assert!(!is_open(&sessions, &token, 999));
    }

    #[test]
    fn sessions_are_bounded() {
        let sessions = Sessions::default();
        for _ in 0..SESSIONS {
            sessions.0.lock().sessions.insert(
                sm3::digest(&sm_engine::random::array::<16>()),
                Session {
                    officer: String::new(),
                    certificate: String::new(),
                    opened_at: 0,
                    used_at: 0,
                },
            );
        }
        assert!(sessions.open(&officer(), 0).is_none());
        assert!(sessions.open(&officer(), IDLE).is_some());
    }
}
