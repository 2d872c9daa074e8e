//! The question of a sign-in. Nothing of it is kept here: its number carries what it was made from, under a MAC, so
//! that questions, however many are asked and by whomever, take no room and push nobody's out.

use authority::Officer;
use sm_engine::sm3::{self, Digest};
use zeroize::Zeroizing;

use crate::moment;

/// How long a challenge can be answered: seconds.
pub(crate) const LIFETIME: i64 = 120;
/// Longest number of a challenge: officer number, seconds, nonce and MAC fit easily.
const NUMBER: usize = 256;

/// The key of the MAC; it dies with the process, and every open challenge with it.
pub(crate) struct ChallengeKey(Zeroizing<[u8; 32]>);

/// What a challenge was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Officer who is to answer.
    pub(crate) officer: String,
    /// When it was asked, UTC seconds.
    pub(crate) asked_at: i64,
    /// 64 hex digits.
    pub(crate) nonce: String,
    mac: Digest,
}

impl Default for ChallengeKey {
    fn default() -> Self {
        Self(Zeroizing::new(sm_engine::random::array()))
    }
}

impl ChallengeKey {
    /// A new challenge: its number, and the text to sign.
    pub(crate) fn ask(&self, origin: &str, officer: &Officer, now: i64) -> (String, String) {
        let nonce = hex::encode(sm_engine::random::array::<32>());
        let text = text(origin, officer, now, &nonce);
        let mac = self.mac(&text);
        (format!("{}.{now}.{nonce}.{mac}", officer.number), text)
    }

    /// The text that was to be signed, if this challenge was asked here, of this officer with this certificate.
    pub(crate) fn asked(
        &self,
        origin: &str,
        officer: &Officer,
        challenge: &Challenge,
    ) -> Option<String> {
        let text = text(origin, officer, challenge.asked_at, &challenge.nonce);
        self.mac(&text)
            .matches(challenge.mac.as_bytes())
            .then_some(text)
    }

    fn mac(&self, text: &str) -> Digest {
        sm3::hmac(&*self.0, text.as_bytes())
    }
}

impl Challenge {
    /// Reads a number that is in time. Whether it was given here only [`ChallengeKey::asked`] tells.
    pub(crate) fn read(number: &str, now: i64) -> Option<Self> {
        if number.len() > NUMBER {
            return None;
        }
        let mut parts = number.split('.');
        let (officer, asked_at) = (parts.next()?, parts.next()?.parse().ok()?);
        let (nonce, mac) = (parts.next()?, parts.next()?.parse().ok()?);
        let in_time = (0..LIFETIME).contains(&now.checked_sub(asked_at)?);
        (in_time && parts.next().is_none()).then(|| Self {
            officer: officer.to_owned(),
            asked_at,
            nonce: nonce.to_owned(),
            mac,
        })
    }
}

/// Readable, and bound to this portal, this officer, this certificate and this moment. Its first line keeps it apart
/// from every statement, which is a JSON object.
fn text(origin: &str, officer: &Officer, now: i64, nonce: &str) -> String {
    let Officer {
        number,
        name,
        certificate,
        ..
    } = officer;
    let time = moment::utc(now);
    format!(
        "gmpki.session/1\n\
         我是操作员 {number}（{name}），现在登录 {origin}。\n\
         I am officer {number} and sign in to {origin} now.\n\
         origin: {origin}\n\
         officer: {number}\n\
         certificate: {certificate}\n\
         time: {time}\n\
         nonce: {nonce}\n"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HERE: &str = "http://portal.test:8080";

    fn officer(number: &str, certificate: &str) -> Officer {
        Officer {
            number: number.into(),
            role: policy::Role::Entry,
            name: "王晓岚".into(),
            certificate: certificate.repeat(64),
            scope: policy::Scope::default(),
        }
    }

    #[test]
    fn a_challenge_is_for_two_minutes() {
        let key = ChallengeKey::default();
        let (number, text) = key.ask(HERE, &officer("OP-0001", "0"), 1_000);
        for now in [1_000, 1_000 + LIFETIME - 1] {
            let challenge = Challenge::read(&number, now).unwrap();
            let asked = key.asked(HERE, &officer("OP-0001", "0"), &challenge);
            assert_eq!(asked.as_ref(), Some(&text));
        }
        for now in [999, 1_000 + LIFETIME, i64::MIN, i64::MAX] {
            assert_eq!(Challenge::read(&number, now), None);
        }
    }

    #[test]
    fn a_challenge_that_was_not_asked_here_has_no_text() {
        let key = ChallengeKey::default();
        let (number, _) = key.ask(HERE, &officer("OP-0001", "0"), 1_000);
        let asked = |key: &ChallengeKey, number: &str, officer: &Officer, origin: &str| {
            Challenge::read(number, 1_000)
                .and_then(|challenge| key.asked(origin, officer, &challenge))
        };
        let own = officer("OP-0001", "0");
        assert!(asked(&key, &number, &own, HERE).is_some());
        assert!(asked(&ChallengeKey::default(), &number, &own, HERE).is_none());
        assert!(asked(&key, &number, &officer("OP-0002", "0"), HERE).is_none());
        assert!(asked(&key, &number, &officer("OP-0001", "1"), HERE).is_none());
        assert!(asked(&key, &number, &own, "http://other.test").is_none());
        let later = number.replacen(".1000.", ".999.", 1);
        assert!(asked(&key, &later, &own, HERE).is_none());
        for garbage in [
            "",
            "....",
            "a.b.c.d",
            &format!("{number}.x"),
            &"1".repeat(999),
        ] {
            assert_eq!(Challenge::read(garbage, 1_000), None, "{garbage}");
        }
    }
}
