//! Whether people of a list are known already: asked before anything is entered, by keyed digests alone.

use std::collections::BTreeMap;

use policy::Verb;
use sm_engine::sm3::Digest;
use store::value::Value;
use store::views::{CaseRow, CertificateRow, TermRow};
use store::{Compare, MAX_ROWS};

use crate::error::Error;
use crate::service::Authority;
use crate::view::Officer;

/// Identities of one question to the database; a choice has at most 1,024 values.
const GROUP: usize = 500;

impl Authority {
    /// Of these identity numbers, those with a case under way or a good certificate of that profile, each with the
    /// number of the case. It is a hint for whoever enters them: the rule itself is asked when a case is submitted.
    ///
    /// # Errors
    /// A refusal where the role may not enter cases; a fault where the database fails.
    pub async fn known_people(
        &self,
        officer: &Officer,
        profile: &str,
        numbers: &[&str],
    ) -> Result<BTreeMap<String, String>, Error> {
        self.reader(officer, Verb::CaseSubmit).await?;
        let key = self.core.store.seal_key();
        let mut known = BTreeMap::new();
        for group in numbers.chunks(GROUP) {
            let terms: BTreeMap<Digest, &str> = group
                .iter()
                .map(|number| {
                    let folded = policy::form::fold(number);
                    (key.keyed_digest("identity", &folded), *number)
                })
                .collect();
            let choice = terms.keys().map(|term| Value::from(*term)).collect();
            let filter = [("term", Compare::In(choice))];
            let found = self
                .core
                .store
                .scan::<TermRow>(&filter, &[], None, MAX_ROWS)
                .await?;
            for row in found {
                let number = terms.get(&row.term).copied();
                let case = row.subject.strip_prefix("case:");
                let (Some(number), Some(case)) = (number, case) else {
                    continue;
                };
                if self.stands_in_the_way(profile, case).await? {
                    known.insert(number.to_owned(), case.to_owned());
                }
            }
        }
        Ok(known)
    }

    /// Whether a case is under way, or its certificate is good or held, for that profile.
    async fn stands_in_the_way(&self, profile: &str, case: &str) -> Result<bool, Error> {
        let store = &self.core.store;
        let Some(case) = store.get::<CaseRow>(&[case.into()]).await? else {
            return Ok(false);
        };
        if case.profile != profile {
            return Ok(false);
        }
        match (case.state.as_str(), &case.serial) {
            ("submitted" | "returned" | "approved" | "producing", _) => Ok(true),
            ("issued", Some(serial)) => {
                let key = [case.authority.as_str().into(), serial.as_str().into()];
                let certificate = store.get::<CertificateRow>(&key).await?;
                let now = self.clock().now().0;
                Ok(certificate.is_some_and(|row| {
                    matches!(row.state.as_str(), "good" | "held") && row.not_after > Some(now)
                }))
            }
            _ => Ok(false),
        }
    }
}
