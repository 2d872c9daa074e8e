//! Whether people of a list are known already: asked before anything is entered, by keyed digests alone.

use std::collections::{BTreeMap, BTreeSet};

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
            let mut people: BTreeMap<String, &str> = BTreeMap::new();
            for row in found {
                let case = row.subject.strip_prefix("case:");
                if let (Some(number), Some(case)) = (terms.get(&row.term), case) {
                    people.insert(case.to_owned(), number);
                }
            }
            for case in self.standing_in_the_way(profile, people.keys()).await? {
                if let Some(number) = people.get(&case) {
                    known.insert((*number).to_owned(), case);
                }
            }
        }
        Ok(known)
    }

    /// Those of the cases that are under way for that profile, or whose certificate is good or held: three statements
    /// for a group, however many it finds.
    async fn standing_in_the_way(
        &self,
        profile: &str,
        cases: impl Iterator<Item = &String>,
    ) -> Result<Vec<String>, Error> {
        let keys: Vec<Vec<Value>> = cases.map(|case| vec![case.as_str().into()]).collect();
        let mut session = self.core.store.read_session().await?;
        let mut cases = session.get_many::<CaseRow>(&keys).await?;
        cases.retain(|case| case.profile == profile);
        let issued = |case: &&CaseRow| case.state == "issued";
        let keys: Vec<Vec<Value>> = cases
            .iter()
            .filter(issued)
            .filter_map(|case| {
                let serial = case.serial.as_deref()?;
                Some(vec![case.authority.as_str().into(), serial.into()])
            })
            .collect();
        let now = self.clock().now().0;
        let live: BTreeSet<(String, String)> = session
            .get_many::<CertificateRow>(&keys)
            .await?
            .into_iter()
            .filter(|row| {
                matches!(row.state.as_str(), "good" | "held") && row.not_after > Some(now)
            })
            .map(|row| (row.authority, row.serial))
            .collect();
        cases.retain(|case| match (case.state.as_str(), &case.serial) {
            ("submitted" | "returned" | "approved" | "producing", _) => true,
            ("issued", Some(serial)) => live.contains(&(case.authority.clone(), serial.clone())),
            _ => false,
        });
        Ok(cases.into_iter().map(|case| case.case_id).collect())
    }
}
