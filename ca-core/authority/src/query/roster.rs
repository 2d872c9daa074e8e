//! What rosters need of the record: who may handle which, the keyed digests by which people are found, and who of a
//! roster has a certificate. The rosters themselves lie at the desk.

use policy::{Place, Verb, form::fold};
use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;
use store::views::{CaseRow, CertificateRow};
use store::{Compare, Direction};

use super::search::in_state;
use super::subject::UNDER_WAY;
use super::within;
use crate::error::Error;
use crate::service::Authority;
use crate::view::Officer;

/// Most people whose standing is told at once.
const MOST: usize = 100;
/// Certificates of one person that are looked at, the newest.
const HELD: u32 = 25;

/// By which keyed digests a person is found. They say nothing without the key of this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonKeys {
    /// Of the identity number: the token of the holder.
    pub identity: Digest,
    /// Of the name.
    pub name: Digest,
}

/// What a person has, as far as the officer's scope reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonStanding {
    /// State of the best certificate: `good`, `held`, `expired`, `revoked`; where there is none, of the latest case
    /// under way.
    pub state: String,
    /// Authority and serial of that certificate.
    pub certificate: Option<(String, String)>,
    /// The case that the certificate rests on, or the case under way.
    pub case: Option<String>,
}

impl Authority {
    /// Whether the officer may do `verb` with the roster of the unit in that city, both by name.
    ///
    /// # Errors
    /// A refusal where the role or the scope says no (P403, P411).
    pub async fn may_handle_roster(
        &self,
        officer: &Officer,
        verb: Verb,
        city: &str,
        unit: &str,
    ) -> Result<(), Error> {
        let officer = self.reader(officer, verb).await?;
        let rules = self.core.policy.rules();
        let place = Place::named(Some(city), unit);
        Ok(rules.within(verb, &officer.scope, &place)?)
    }

    /// The keyed digests of people, given as identity number and name, in their order.
    ///
    /// # Errors
    /// A refusal where the role may neither see nor import rosters.
    pub async fn person_keys(
        &self,
        officer: &Officer,
        people: &[(&str, &str)],
    ) -> Result<Vec<PersonKeys>, Error> {
        self.reader(officer, Verb::RosterView).await?;
        let key = self.core.store.seal_key();
        let keys = people.iter().map(|(number, name)| PersonKeys {
            identity: key.keyed_digest("identity", &fold(number)),
            name: key.keyed_digest("name", &fold(name)),
        });
        Ok(keys.collect())
    }

    /// What each of these people has within the officer's scope, in their order; at most 100 people, nothing for
    /// whoever has neither a certificate nor a case under way.
    ///
    /// # Errors
    /// A refusal where the role may not see rosters or not search certificates; a fault where the database fails.
    pub async fn standings(
        &self,
        officer: &Officer,
        identities: &[Digest],
    ) -> Result<Vec<Option<PersonStanding>>, Error> {
        self.reader(officer, Verb::RosterView).await?;
        let officer = self.reader(officer, Verb::CertificateSearch).await?;
        let (store, now) = (&self.core.store, self.core.clock.now().0);
        let mut standings = Vec::new();
        for identity in identities.iter().take(MOST) {
            let mut own = within(&officer.scope);
            own.push(("case_id", Compare::CurrentTerm(*identity)));
            let mut filter = in_state("issued", now);
            filter.extend(own.clone());
            let order = [("intended_idx", Direction::Descending)];
            let held = store.scan::<CertificateRow>(&filter, &order, None, HELD);
            let best = held.await?.into_iter().min_by_key(|row| rank(row, now));
            if let Some(row) = best {
                standings.push(Some(PersonStanding {
                    state: STATES[rank(&row, now)].to_owned(),
                    certificate: Some((row.authority, row.serial)),
                    case: row.case_id,
                }));
                continue;
            }
            let states = UNDER_WAY.iter().map(|state| (*state).into()).collect();
            own.push(("state", Compare::In(states)));
            let order = [("case_id", Direction::Descending)];
            let cases = store.scan::<CaseRow>(&own, &order, None, 1).await?;
            standings.push(cases.into_iter().next().map(|row| PersonStanding {
                state: row.state,
                certificate: None,
                case: Some(row.case_id),
            }));
        }
        Ok(standings)
    }
}

/// States of certificates, the best first.
const STATES: [&str; 4] = ["good", "held", "expired", "revoked"];

/// The place of a certificate's state among [`STATES`].
fn rank(row: &CertificateRow, now: i64) -> usize {
    let lives = row.not_after.is_some_and(|end| end > now);
    match row.state.as_str() {
        "good" if lives => 0,
        "held" if lives => 1,
        "good" | "held" => 2,
        _ => 3,
    }
}
