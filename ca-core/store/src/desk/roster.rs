//! Units' rosters: who works where, in which post. A comparison for those who enter and review, not a rule.
//!
//! A person is found by keyed digests that the caller makes; no identity number is kept. Names and posts are sealed.

use std::collections::BTreeSet;

use sm_engine::sm3::Digest;
use zeroize::Zeroizing;

use super::{Desk, damaged};
use crate::error::Error;
use crate::query::{Compare, Direction, MAX_ROWS};
use crate::table::{Column, Record, Table};
use crate::value::Value;
use crate::views::row::{Field, view};

/// Most rosters of one list.
const PAGE: u32 = 200;
/// Most choices of one question.
const GROUP: usize = 500;
/// Most units that a list can be restricted to.
const UNITS: usize = 1_000;

/// The roster of a unit as it was imported last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Code of the unit (`policy::unit_code`).
    pub unit: Digest,
    /// Full name of the unit.
    pub name: String,
    /// Division code of its city.
    pub city: String,
    /// How many people it has.
    pub people: u64,
    /// SM3 of the file that it came from.
    pub file: Digest,
    /// Officer who imported it.
    pub imported_by: String,
    /// UTC seconds.
    pub imported_at: i64,
    /// How often the unit's roster was imported; 0 before the first time.
    pub revision: i64,
}

/// Somebody on a roster.
#[derive(Clone)]
pub struct RosterPerson {
    /// Code of the unit.
    pub unit: Digest,
    /// Keyed digest of the identity number.
    pub identity: Digest,
    /// Keyed digest of the name.
    pub name: Digest,
    /// Place in the file, from 1.
    pub place: i64,
    /// Name and post, in whatever form their owner writes. Personal data.
    pub content: Zeroizing<Vec<u8>>,
}

view! {
    /// A roster as it lies in the database.
    pub(super) RosterRow in "rosters", key ["unit"], indexes [["city"], ["imported_at"]] {
        /// Code of the unit.
        unit: Digest,
        /// Division code.
        city: String,
        /// How many people.
        people: i64,
        /// SM3 of the file.
        file: Digest,
        /// Officer.
        imported_by: String,
        /// UTC seconds.
        imported_at: i64,
        /// How often it was imported.
        revision: i64,
        /// SM3 of the unit's name.
        digest: Digest,
        /// The unit's name, sealed.
        content: Vec<u8>,
    }
}

view! {
    /// Somebody on a roster as it lies in the database.
    pub(super) PersonRow in "roster_people", key ["unit", "identity"], indexes [["identity"], ["unit", "place"], ["unit", "name"]] {
        /// Code of the unit.
        unit: Digest,
        /// Keyed digest of the identity number.
        identity: Digest,
        /// Keyed digest of the name.
        name: Digest,
        /// Place in the file.
        place: i64,
        /// SM3 of the content.
        digest: Digest,
        /// The content, sealed.
        content: Vec<u8>,
    }
}

impl Desk {
    /// Keeps a roster in place of the one before, whole or not at all, if nobody has imported one since that was read:
    /// whether that was so. At most [`MAX_ROWS`] people.
    ///
    /// # Errors
    /// [`Error::Query`] for more; [`Error::Read`], [`Error::Write`], [`Error::WriterLost`].
    pub async fn put_roster(
        &self,
        roster: &Roster,
        people: &[RosterPerson],
    ) -> Result<bool, Error> {
        let most = usize::try_from(MAX_ROWS).unwrap_or(usize::MAX);
        if people.len() > most {
            let what = format!("{} people, at most {most}", people.len());
            return Err(Error::query(PersonRow::TABLE.name, what));
        }
        let key = self.store.seal_key();
        let sealed = key.seal(roster.name.as_bytes());
        let row = RosterRow {
            unit: roster.unit,
            city: roster.city.clone(),
            people: i64::try_from(people.len()).unwrap_or(i64::MAX),
            file: roster.file,
            imported_by: roster.imported_by.clone(),
            imported_at: roster.imported_at,
            revision: roster.revision.saturating_add(1),
            digest: sealed.digest,
            content: sealed.ciphertext,
        };
        let rows: Vec<PersonRow> = people
            .iter()
            .map(|person| {
                let sealed = key.seal(&person.content);
                PersonRow {
                    unit: roster.unit,
                    identity: person.identity,
                    name: person.name,
                    place: person.place,
                    digest: sealed.digest,
                    content: sealed.ciphertext,
                }
            })
            .collect();
        let lock = self.lock.lock().await;
        let mut tx = self.store.begin(&lock).await?;
        let kept = tx
            .get_many::<RosterRow>(&[vec![roster.unit.into()]])
            .await?;
        if kept.first().map_or(0, |kept| kept.revision) != roster.revision {
            return Ok(false);
        }
        let filter = [("unit", Compare::Eq(roster.unit.into()))];
        let before = tx.scan::<PersonRow>(&filter, &[], None, MAX_ROWS).await?;
        let keys: Vec<Vec<Value>> = before
            .iter()
            .map(|row| vec![row.unit.into(), row.identity.into()])
            .collect();
        tx.delete::<PersonRow>(&keys).await?;
        tx.upsert(&[row]).await?;
        tx.upsert(&rows).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The roster of a unit, if it has one.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn roster(&self, unit: &Digest) -> Result<Option<Roster>, Error> {
        Ok(self.rosters_of(&[*unit]).await?.pop())
    }

    /// Those of the units' rosters that exist; at most 10,000 units.
    ///
    /// # Errors
    /// As [`Self::roster`].
    pub async fn rosters_of(&self, units: &[Digest]) -> Result<Vec<Roster>, Error> {
        let most = usize::try_from(MAX_ROWS).unwrap_or(usize::MAX);
        let keys: Vec<Vec<Value>> = units
            .iter()
            .take(most)
            .map(|unit| vec![(*unit).into()])
            .collect();
        let rows = self.store.get_many::<RosterRow>(&keys).await?;
        rows.into_iter().map(|row| self.open_roster(row)).collect()
    }

    /// Rosters of units in these cities (division codes) and of these units, where any are given; the latest import
    /// first, at most `limit` (at most 10,000).
    ///
    /// # Errors
    /// As [`Self::roster`].
    pub async fn rosters(
        &self,
        cities: &BTreeSet<String>,
        units: &BTreeSet<Digest>,
        limit: Option<u32>,
    ) -> Result<Vec<Roster>, Error> {
        let mut filter = Vec::new();
        if !cities.is_empty() {
            let cities = cities.iter().map(|code| code.as_str().into());
            filter.push(("city", Compare::In(cities.collect())));
        }
        if !units.is_empty() {
            let units = units.iter().take(UNITS).map(|unit| (*unit).into());
            filter.push(("unit", Compare::In(units.collect())));
        }
        let order = [("imported_at", Direction::Descending)];
        let limit = limit.unwrap_or(PAGE).min(MAX_ROWS);
        let rows = self.store.scan::<RosterRow>(&filter, &order, None, limit);
        let rows = rows.await?.into_iter();
        rows.map(|row| self.open_roster(row)).collect()
    }

    /// The people of a unit after a place, in the order of the file; at most `limit`.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`].
    pub async fn roster_people(
        &self,
        unit: &Digest,
        after: i64,
        limit: u32,
    ) -> Result<Vec<RosterPerson>, Error> {
        let filter = [
            ("unit", Compare::Eq((*unit).into())),
            ("place", Compare::Gt(after.into())),
        ];
        let order = [("place", Direction::Ascending)];
        let rows = self.store.scan(&filter, &order, None, limit).await?;
        self.open_people(rows)
    }

    /// Every line of any roster about these people, by keyed digests of their numbers; at most 10,000 lines for each
    /// 500 people.
    ///
    /// # Errors
    /// As [`Self::roster_people`].
    pub async fn on_rosters(&self, identities: &[Digest]) -> Result<Vec<RosterPerson>, Error> {
        let mut found = Vec::new();
        for group in identities.chunks(GROUP) {
            let choice = group.iter().map(|identity| (*identity).into()).collect();
            let filter = [("identity", Compare::In(choice))];
            let rows = self.store.scan(&filter, &[], None, MAX_ROWS).await?;
            found.extend(self.open_people(rows)?);
        }
        Ok(found)
    }

    /// People of a unit with this name, by its keyed digest; at most 20.
    ///
    /// # Errors
    /// As [`Self::roster_people`].
    pub async fn named_on_roster(
        &self,
        unit: &Digest,
        name: &Digest,
    ) -> Result<Vec<RosterPerson>, Error> {
        let filter = [
            ("unit", Compare::Eq((*unit).into())),
            ("name", Compare::Eq((*name).into())),
        ];
        let rows = self.store.scan(&filter, &[], None, 20).await?;
        self.open_people(rows)
    }

    fn open_roster(&self, row: RosterRow) -> Result<Roster, Error> {
        let table = RosterRow::TABLE;
        let key = row.unit.to_string();
        let name = self.open_column(table, &key, &row.digest, &row.content)?;
        let name = String::from_utf8(name.to_vec()).map_err(|_| damaged(table, &key))?;
        Ok(Roster {
            unit: row.unit,
            name,
            city: row.city,
            people: u64::try_from(row.people).map_err(|_| damaged(table, &key))?,
            file: row.file,
            imported_by: row.imported_by,
            imported_at: row.imported_at,
            revision: row.revision,
        })
    }

    fn open_people(&self, rows: Vec<PersonRow>) -> Result<Vec<RosterPerson>, Error> {
        let open = |row: PersonRow| {
            let key = row.unit.to_string();
            Ok(RosterPerson {
                content: self.open_column(PersonRow::TABLE, &key, &row.digest, &row.content)?,
                unit: row.unit,
                identity: row.identity,
                name: row.name,
                place: row.place,
            })
        };
        rows.into_iter().map(open).collect()
    }
}
