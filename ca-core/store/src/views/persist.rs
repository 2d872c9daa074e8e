//! Loading the rows that entries touch, and writing back the rows that changed.

use std::collections::{BTreeMap, BTreeSet};

use sm_engine::sm3::Digest;

use super::production::InProduction;
use super::project::{Overlay, SealedForm, Touched};
use super::row::{CaseRow, CertificateRow, KeyRow, OfficerRow, ProposalRow, StatementRow, TermRow};
use super::tally::TallyRow;
use crate::seal::SealKey;
use crate::table::Record;
use crate::value::Value;
use crate::{Error, WriteTx};

impl Overlay {
    /// Loads every row that `touched` names, and those that follow from them: the case and the key of a
    /// certificate. Forms are the caller's: it has their plaintext, or unseals them.
    ///
    /// # Errors
    /// Where the database cannot be read or holds damaged rows.
    pub async fn load(tx: &mut WriteTx, touched: &Touched) -> Result<Self, Error> {
        Self::load_beside(tx, touched, &InProduction::default()).await
    }

    /// The same; the rows that are in `kept` are not read again.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn load_beside(
        tx: &mut WriteTx,
        touched: &Touched,
        kept: &InProduction,
    ) -> Result<Self, Error> {
        let mut overlay = Self::default();
        let mut cases: BTreeSet<String> = touched.cases.clone();
        let mut keys = touched.keys.clone();

        let mut wanted = Vec::new();
        for key in &touched.certificates {
            match kept.certificate(key) {
                Some(row) => overlay.add_certificate(row.clone(), &mut cases, &mut keys),
                None => wanted.push(vec![key.0.as_str().into(), key.1.as_str().into()]),
            }
        }
        for row in get::<CertificateRow>(tx, &wanted).await? {
            overlay.add_certificate(row, &mut cases, &mut keys);
        }
        let mut wanted = Vec::new();
        for case in cases {
            match kept.case(&case) {
                Some(row) => drop(overlay.cases.insert(case, row.clone())),
                None => wanted.push(vec![case.into()]),
            }
        }
        for row in get::<CaseRow>(tx, &wanted).await? {
            overlay.cases.insert(row.case_id.clone(), row);
        }
        let mut wanted = Vec::new();
        for key in keys {
            match kept.key(&key) {
                Some(row) => drop(overlay.keys.insert(key, row.clone())),
                None => wanted.push(vec![key.into()]),
            }
        }
        for row in get::<KeyRow>(tx, &wanted).await? {
            overlay.keys.insert(row.key, row);
        }
        let wanted: Vec<_> = touched
            .statements
            .iter()
            .map(|digest| vec![Value::from(*digest)])
            .collect();
        for row in get::<StatementRow>(tx, &wanted).await? {
            overlay.statements.insert(row.digest, row);
        }
        let wanted: Vec<_> = touched
            .officers
            .iter()
            .map(|officer| vec![officer.as_str().into()])
            .collect();
        for row in get::<OfficerRow>(tx, &wanted).await? {
            overlay.officers.insert(row.officer.clone(), row);
        }
        let wanted: Vec<_> = touched
            .proposals
            .iter()
            .filter_map(|entry| Some(vec![i64::try_from(*entry).ok()?.into()]))
            .collect();
        for row in get::<ProposalRow>(tx, &wanted).await? {
            if let Ok(entry) = u64::try_from(row.proposal) {
                overlay.proposals.insert(entry, row);
            }
        }
        Ok(overlay)
    }

    /// A certificate's row, and what follows from it.
    fn add_certificate(
        &mut self,
        row: CertificateRow,
        cases: &mut BTreeSet<String>,
        keys: &mut BTreeSet<Digest>,
    ) {
        cases.extend(row.case_id.clone());
        keys.insert(row.key);
        self.certificates
            .insert((row.authority.clone(), row.serial.clone()), row);
    }

    /// Reads what lies sealed under the forms that `touched` names.
    ///
    /// # Errors
    /// [`Error::Damaged`] where a form is missing or is not a sealed form.
    pub async fn unseal_forms(
        &mut self,
        store: &crate::Store,
        touched: &Touched,
    ) -> Result<(), Error> {
        for digest in &touched.forms {
            let damaged = |what: &str| Error::Damaged {
                table: "sealed",
                key: digest.to_string(),
                what: what.to_owned(),
            };
            let bytes = store
                .unseal(digest)
                .await?
                .ok_or_else(|| damaged("a case's form is missing"))?;
            let form: SealedForm =
                serde_json::from_slice(&bytes).map_err(|_| damaged("is not a form"))?;
            self.forms.insert(*digest, form);
        }
        Ok(())
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// Where the database cannot be written; the transaction must then be dropped.
    pub async fn write(&self, tx: &mut WriteTx, seal: &SealKey) -> Result<(), Error> {
        upsert(tx, self.policies.values()).await?;
        upsert(tx, &self.authorities).await?;
        upsert(tx, self.changed_officers()).await?;
        upsert(tx, self.changed_proposals()).await?;
        upsert(tx, self.new_statements()).await?;
        upsert(tx, self.changed_keys()).await?;
        upsert_changes(tx, self.changed_cases()).await?;
        upsert_changes(tx, self.changed_certificates()).await?;
        upsert(tx, self.successions.values()).await?;
        upsert(tx, &self.crls).await?;
        upsert(tx, &self.partitions).await?;
        tx.add_rows(TallyRow::TABLE, "count", self.tally_changes())
            .await?;
        tx.insert_missing(self.units.values()).await?;
        // A completed case repeats terms of its earlier submission: the latest entry counts, in one group or in two.
        let latest: BTreeMap<_, _> = self
            .terms
            .iter()
            .map(|(kind, value, (subject, idx))| ((seal.keyed_digest(kind, value), subject), *idx))
            .collect();
        let terms: Vec<_> = latest
            .into_iter()
            .map(|((term, subject), idx)| TermRow {
                term,
                subject: subject.clone(),
                idx,
            })
            .collect();
        upsert(tx, &terms).await?;
        let trail: Vec<_> = self
            .trail
            .iter()
            .map(|(subject, idx)| super::row::TrailRow {
                subject: subject.clone(),
                idx: *idx,
            })
            .collect();
        upsert(tx, &trail).await
    }
}

/// `get_many` without a round trip where nothing is wanted.
async fn get<R: Record>(tx: &mut WriteTx, keys: &[Vec<Value>]) -> Result<Vec<R>, Error> {
    if keys.is_empty() {
        Ok(Vec::new())
    } else {
        tx.get_many(keys).await
    }
}

/// Writes new rows whole, and of the others the columns that changed in any of them: most indexes then stay as they are.
async fn upsert_changes<'a, R: Record + 'a>(
    tx: &mut WriteTx,
    changes: impl IntoIterator<Item = (Option<&'a R>, &'a R)>,
) -> Result<(), Error> {
    let columns = R::TABLE.columns;
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    let mut differs = vec![false; columns.len()];
    for (before, after) in changes {
        let after = after.to_row();
        let Some(before) = before.map(Record::to_row) else {
            new.push(after);
            continue;
        };
        for (differs, (before, after)) in differs.iter_mut().zip(before.iter().zip(&after)) {
            *differs |= before != after;
        }
        changed.push(after);
    }
    if !new.is_empty() {
        tx.upsert_rows(R::TABLE, new).await?;
    }
    let differing = columns.iter().zip(differs).filter(|(_, differs)| *differs);
    let differing: Vec<_> = differing.map(|(column, _)| column.name).collect();
    if !differing.is_empty() {
        tx.upsert_columns(R::TABLE, &differing, changed).await?;
    }
    Ok(())
}

/// `upsert` without a round trip where nothing changed.
async fn upsert<'a, R: Record + 'a>(
    tx: &mut WriteTx,
    rows: impl IntoIterator<Item = &'a R>,
) -> Result<(), Error> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_some() {
        tx.upsert(rows).await?;
    }
    Ok(())
}
