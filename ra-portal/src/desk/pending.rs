//! Acts that are prepared and wait for the officer's signature. In memory, bounded, for ten minutes.
//!
//! An act is committed once: whoever sends the signature again gets the same outcome.

use std::collections::HashMap;
use std::sync::Arc;

use authority::{Outcome, Prepared, STATEMENT_LIFETIME};
use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use crate::session::in_flight::Room;

/// Acts of one officer that may wait at the same time; the oldest gives way.
const PER_OFFICER: usize = 32;
/// How long an outcome is shown after the statement could not be committed any more: seconds.
const SHOWN: i64 = 3_600;

/// An act that waits for its signature, or what came of it.
pub(super) struct Pending {
    /// Officer who is to sign.
    pub(super) officer: String,
    /// UTC seconds.
    pub(super) prepared_at: i64,
    /// What is signed.
    pub(super) prepared: Prepared,
    /// The draft that it was made from: thrown away with the commit.
    pub(super) draft: Option<String>,
    /// The act on many certificates whose list it signs.
    pub(super) mass: Option<String>,
    /// Where the officer came from.
    pub(super) back: String,
    /// What came of it. Locked while it is committed.
    pub(super) outcome: AsyncMutex<Option<Outcome>>,
    /// Room that its files take.
    room: Mutex<Option<Room>>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct PendingActs(Mutex<HashMap<String, Arc<Pending>>>);

impl Pending {
    /// A fresh one.
    pub(super) fn new(
        officer: &str,
        now: i64,
        prepared: Prepared,
        draft: Option<String>,
        back: &str,
        room: Option<Room>,
    ) -> Self {
        Self {
            officer: officer.to_owned(),
            prepared_at: now,
            prepared,
            draft,
            mass: None,
            back: back.to_owned(),
            outcome: AsyncMutex::default(),
            room: Mutex::new(room),
        }
    }

    /// The same for an act on many certificates.
    pub(super) fn for_mass(self, mass: &str) -> Self {
        Self {
            mass: Some(mass.to_owned()),
            ..self
        }
    }

    /// Gives the room of the files back: they are on record now.
    pub(super) fn settle(&self) {
        self.room.lock().take();
    }
}

impl PendingActs {
    /// Keeps an act and gives its number: 32 hex digits that nobody can guess.
    pub(super) fn keep(&self, pending: Pending) -> String {
        let now = pending.prepared_at;
        let mut acts = self.0.lock();
        acts.retain(|_, act| {
            (act.prepared_at..act.prepared_at + STATEMENT_LIFETIME + SHOWN).contains(&now)
        });
        let own = acts
            .iter()
            .filter(|(_, act)| act.officer == pending.officer);
        if own.clone().count() >= PER_OFFICER {
            let oldest = own.min_by_key(|(_, act)| act.prepared_at);
            let oldest = oldest.map(|(number, _)| number.clone());
            oldest.and_then(|number| acts.remove(&number));
        }
        let number = hex::encode(sm_engine::random::array::<16>());
        acts.insert(number.clone(), Arc::new(pending));
        number
    }

    /// The act of that number, if it is this officer's.
    pub(super) fn of(&self, number: &str, officer: &str) -> Option<Arc<Pending>> {
        let acts = self.0.lock();
        acts.get(number)
            .filter(|act| act.officer == officer)
            .cloned()
    }
}
