//! A spreadsheet of people becomes drafts: it is read within limits, every cell is judged by the rules of its field,
//! what is wrong is put right in the page or in a workbook that comes back, and the good lines go on alone.
//!
//! The lines lie sealed in `store::desk` like drafts, with the digest of the file, and only their officer sees them.

pub(super) mod arrive;
pub(super) mod columns;
mod csv;
pub(super) mod fix;
pub(super) mod go_on;
mod judge;
pub(super) mod returned;
pub(super) mod show;
pub(super) mod table;
mod workbook;
mod xlsx;

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::{FieldKind, Profile};
use serde::{Deserialize, Serialize};
use store::desk::{Batch, Draft};
use x509::time::Time;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// How often a change is tried again that met another one.
const TRIES: usize = 5;

/// What a batch holds.
#[derive(Default, Serialize, Deserialize)]
struct Content {
    /// In the order of the file.
    lines: Vec<Line>,
    /// Headings of columns that no field of the profile takes.
    #[serde(default)]
    ignored: Vec<String>,
    /// SM3 of the returned workbooks that were merged.
    #[serde(default)]
    returned: Vec<String>,
}

/// A person of the list.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Line {
    /// Row of the file, from 1, as spreadsheets show it.
    number: u32,
    /// Cells by field: what is right as it will be used, what is wrong as it came.
    form: BTreeMap<String, String>,
    /// The case that this person has already.
    #[serde(default)]
    known: Option<String>,
    /// The draft that was made from it.
    #[serde(default)]
    draft: Option<String>,
}

impl Line {
    /// The cell of a field; empty where there is none.
    fn cell(&self, field: &str) -> &str {
        self.form.get(field).map(String::as_str).unwrap_or_default()
    }

    /// Puts a value into a cell: as the field will use it, or as it came where the field does not take it.
    fn put(&mut self, field: &policy::Field, value: &str, now: i64) {
        let accepted = field.accept(value, Time(now));
        let kept = accepted.unwrap_or_else(|_| value.chars().take(table::CELL).collect());
        self.form.insert(field.name.clone(), kept);
    }
}

/// A batch that is being worked on, with its profile.
struct Work {
    batch: Batch,
    profile: Arc<Profile>,
    content: Content,
}

impl Work {
    /// Opens a batch of this officer's. Of another's, it is told only that it may not be seen, and the log keeps it.
    async fn open(portal: &Portal, signed_in: &SignedIn, batch: &str) -> Result<Self, Failure> {
        let found = portal.desk.batch(batch).await?;
        let batch = found.ok_or_else(Failure::not_found)?;
        signed_in.must_own(&batch.officer)?;
        let profile = portal.authority.policy().profile(&batch.profile);
        let profile = Arc::clone(profile.ok_or_else(Failure::not_found)?);
        let content =
            serde_json::from_slice(&batch.content).map_err(|fault| Failure::fault(&fault))?;
        Ok(Self {
            batch,
            profile,
            content,
        })
    }

    /// Keeps it with the drafts that were made from it; whether nobody had changed it meanwhile.
    async fn keep(&mut self, portal: &Portal, drafts: &[Draft]) -> Result<bool, Failure> {
        let bytes = serde_json::to_vec(&self.content).map_err(|fault| Failure::fault(&fault))?;
        self.batch.content = Zeroizing::new(bytes);
        Ok(portal.desk.put_batch(&self.batch, drafts).await?)
    }

    /// Asks again which people of the lines that have not gone on are known already.
    async fn look_up(&mut self, portal: &Portal, signed_in: &SignedIn) -> Result<(), Failure> {
        let Some(identity) = identity(&self.profile) else {
            return Ok(());
        };
        let now = Time(portal.now());
        let mut lines: Vec<&mut Line> = Vec::new();
        for line in self
            .content
            .lines
            .iter_mut()
            .filter(|line| line.draft.is_none())
        {
            line.known = None;
            if identity
                .accept(line.cell(&identity.name), now)
                .is_ok_and(|number| !number.is_empty())
            {
                lines.push(line);
            }
        }
        let numbers: Vec<&str> = lines.iter().map(|line| line.cell(&identity.name)).collect();
        let authority = &portal.authority;
        let known = authority
            .known_people(&signed_in.officer, &self.profile.name, &numbers)
            .await?;
        for line in lines {
            line.known = known.get(line.cell(&identity.name)).cloned();
        }
        Ok(())
    }

    /// Where it is.
    fn address(&self) -> String {
        format!("/batch/{}", self.batch.batch)
    }
}

/// The field by which one person is told from another.
fn identity(profile: &Profile) -> Option<&policy::Field> {
    let mut fields = profile.fields().iter();
    fields.find(|field| field.kind == FieldKind::IdNumber)
}

/// The beginning of a batch's number, which its returned workbook carries.
fn mark(batch: &str) -> &str {
    batch.get(..8).unwrap_or(batch)
}
