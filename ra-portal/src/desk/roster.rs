//! Units' rosters: imported as a whole from a file, shown beside the certificates that exist, and compared with what is
//! entered. A roster decides nothing; it tells those who enter and review what the unit itself says.
//!
//! Names and posts lie sealed in `store::desk`; people are found there by keyed digests, and no identity number is kept.

mod columns;
pub(super) mod compare;
pub(super) mod import;
pub(super) mod list;

use policy::Scope;
use serde::{Deserialize, Serialize};
use store::desk::{Roster, RosterPerson};

/// What a roster says about somebody.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Post {
    /// Name.
    name: String,
    /// Division of the unit.
    division: String,
    /// Post.
    post: String,
    /// Personnel number.
    employee_number: String,
}

impl Post {
    /// What was kept; nothing where it cannot be read any more.
    fn of(person: &RosterPerson) -> Self {
        serde_json::from_slice(&person.content).unwrap_or_default()
    }
}

/// Whether a roster lies in a scope.
fn covers(scope: &Scope, roster: &Roster) -> bool {
    scope.covers(&policy::Place {
        city: Some(roster.city.clone()),
        unit: Some(roster.unit),
    })
}
