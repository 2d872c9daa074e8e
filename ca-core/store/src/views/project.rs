//! From an entry to row changes: pure, the same for live writes, restore and audit.

mod case;
mod certificate;
mod officer;

use std::collections::{BTreeMap, BTreeSet, btree_map};

use ledger::event::{Basis, Entry, Event};
use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;

use super::row::{
    AuthorityRow, CaseRow, CertificateRow, CrlRow, KeyRow, OfficerRow, PartitionRow, PolicyRow,
    ProposalRow, StatementRow, SuccessionRow,
};
use super::tally::{Tally, UnitRow};

/// What lies sealed under a case's `form` digest: canonical JSON of this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedForm {
    /// Division code of the city where the case belongs, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The vetted fields.
    pub fields: BTreeMap<String, String>,
    /// Until when the case was promised when it was submitted, UTC seconds: a later calendar changes no promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<i64>,
    /// What the entry officer explains to the reviewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// 32 random hex digits: makes the digest a commitment.
    pub salt: String,
    /// The list that it came with, if it was not typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ListLine>,
    /// Words by which the case can be found: kind and value.
    pub terms: BTreeSet<(String, String)>,
    /// Code of the unit where the case belongs, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Digest>,
}

/// A line of a list of people that came as one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListLine {
    /// SM3 of the file as it came.
    pub file: Digest,
    /// Row, from 1.
    pub line: u32,
}

/// An entry that does not fit the rows before it: the ledger or the database is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("S510 entry {idx}: {what}")]
pub struct ProjectionError {
    /// Index of the entry.
    pub idx: u64,
    /// What is missing or contradictory.
    pub what: String,
}

/// Keys of the rows that an entry reads before it changes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Case numbers.
    pub cases: BTreeSet<String>,
    /// Authority and serial.
    pub certificates: BTreeSet<(String, String)>,
    /// Key digests.
    pub keys: BTreeSet<Digest>,
    /// Sealed forms whose search terms are needed.
    pub forms: BTreeSet<Digest>,
    /// Statements that may have been used before.
    pub statements: BTreeSet<Digest>,
    /// Officers whose appointments change.
    pub officers: BTreeSet<String>,
    /// Entries of proposals about officers.
    pub proposals: BTreeSet<u64>,
}

impl Touched {
    /// Adds what `entry` reads.
    pub fn add(&mut self, entry: &Entry) {
        match &entry.event {
            Event::CaseSubmitted {
                case,
                form,
                key,
                statement,
                ..
            } => {
                self.statements.insert(statement.digest);
                self.cases.insert(case.clone());
                self.forms.insert(*form);
                self.keys.insert(*key);
            }
            Event::CaseReviewed {
                case, statement, ..
            }
            | Event::CaseWithdrawn { case, statement } => {
                self.statements.insert(statement.digest);
                self.cases.insert(case.clone());
            }
            Event::CaseSuccession { case, .. } => {
                self.cases.insert(case.clone());
            }
            Event::CertificateSuperseded {
                authority,
                serial,
                case,
                ..
            } => {
                self.cases.insert(case.clone());
                self.certificates
                    .insert((authority.clone(), serial.clone()));
            }
            Event::CertificateIntended {
                authority,
                serial,
                key,
                basis,
                ..
            } => {
                self.certificates
                    .insert((authority.clone(), serial.clone()));
                self.keys.insert(*key);
                if let Basis::Case { case, statement } = basis {
                    self.statements.insert(statement.digest);
                    self.cases.insert(case.clone());
                }
            }
            Event::CertificateStatus {
                authority,
                serial,
                statement,
                ..
            } => {
                self.statements.insert(statement.digest);
                self.certificates
                    .insert((authority.clone(), serial.clone()));
            }
            Event::CertificateIssued {
                authority, serial, ..
            }
            | Event::CertificateAbandoned {
                authority, serial, ..
            } => {
                self.certificates
                    .insert((authority.clone(), serial.clone()));
            }
            Event::OfficerProposed { statement, .. } => {
                self.statements.insert(statement.digest);
            }
            Event::OfficerConfirmed {
                proposal,
                officer,
                statement,
            } => {
                self.statements.insert(statement.digest);
                self.proposals.insert(*proposal);
                self.officers.insert(officer.clone());
            }
            Event::OfficerRefused {
                proposal,
                statement,
                ..
            } => {
                self.statements.insert(statement.digest);
                self.proposals.insert(*proposal);
            }
            Event::LedgerFounded { .. }
            | Event::LedgerMirrored { .. }
            | Event::PolicyAdopted { .. }
            | Event::AuthorityFounded { .. }
            | Event::OfficerAppointed { .. }
            | Event::CrlIssued { .. }
            | Event::CrlPartitioned { .. }
            | Event::CrlPublished { .. } => {}
        }
    }
}

/// Kind, unit (empty for all of them), city, day.
pub(super) type TallyKey = (Tally, Vec<u8>, String, i64);

/// The rows that a group of entries reads and changes. Load what `Touched` names, project, write what changed.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// Cases loaded or changed.
    pub cases: BTreeMap<String, CaseRow>,
    /// Certificates loaded or changed.
    pub certificates: BTreeMap<(String, String), CertificateRow>,
    /// Keys loaded or changed.
    pub keys: BTreeMap<Digest, KeyRow>,
    /// Statements loaded or new.
    pub statements: BTreeMap<Digest, StatementRow>,
    /// Forms loaded.
    pub forms: BTreeMap<Digest, SealedForm>,
    /// New rows, which no entry reads.
    pub policies: BTreeMap<String, PolicyRow>,
    /// New authorities.
    pub authorities: Vec<AuthorityRow>,
    /// Officers loaded, new or changed.
    pub officers: BTreeMap<String, OfficerRow>,
    /// Proposals about officers, by entry: loaded, new or decided.
    pub proposals: BTreeMap<u64, ProposalRow>,
    /// New or changed successions, which no entry reads: the case has all that they say.
    pub successions: BTreeMap<(String, String), SuccessionRow>,
    /// New CRLs.
    pub crls: Vec<CrlRow>,
    /// New addresses of shards.
    pub partitions: Vec<PartitionRow>,
    /// New search terms, not yet digested: kind, value, and where it leads with the entry that brought it.
    pub terms: Vec<(String, String, (String, i64))>,
    /// Changes of the numbers of certificates.
    pub(super) tallies: BTreeMap<TallyKey, i64>,
    /// Units of submitted cases.
    pub(super) units: BTreeMap<Digest, UnitRow>,
    /// New trail rows.
    pub trail: BTreeSet<(String, i64)>,
    /// What changed, with the row as it was before; nothing where there was none.
    changed_cases: BTreeMap<String, Option<CaseRow>>,
    changed_certificates: BTreeMap<(String, String), Option<CertificateRow>>,
    changed_keys: BTreeSet<Digest>,
    changed_officers: BTreeSet<String>,
    changed_proposals: BTreeSet<u64>,
    new_statements: BTreeSet<Digest>,
}

impl Overlay {
    /// Applies one entry.
    ///
    /// # Errors
    /// Where the entry contradicts the rows before it.
    pub fn project(&mut self, idx: u64, entry: &Entry) -> Result<(), ProjectionError> {
        let at = i64::try_from(idx).map_err(|_| contradiction(idx, "index beyond 2^63"))?;
        match &entry.event {
            Event::LedgerFounded { .. } | Event::LedgerMirrored { .. } => {}
            Event::PolicyAdopted { name, document } => {
                let row = PolicyRow {
                    name: name.clone(),
                    document: *document,
                    idx: at,
                };
                self.policies.insert(name.clone(), row);
            }
            Event::AuthorityFounded {
                authority,
                parent,
                serial,
                certificate,
                key_id,
            } => {
                self.authorities.push(AuthorityRow {
                    authority: authority.clone(),
                    parent: parent.clone(),
                    serial: serial.clone(),
                    certificate: *certificate,
                    key_id: key_id.clone(),
                    idx: at,
                });
                self.trail.insert((certificate_subject(parent, serial), at));
            }
            Event::OfficerAppointed { .. }
            | Event::OfficerProposed { .. }
            | Event::OfficerConfirmed { .. }
            | Event::OfficerRefused { .. } => self.project_officer(idx, at, entry)?,
            Event::CaseSubmitted { .. }
            | Event::CaseReviewed { .. }
            | Event::CaseSuccession { .. }
            | Event::CaseWithdrawn { .. } => {
                self.project_case(idx, at, entry)?;
            }
            Event::CertificateIntended { .. }
            | Event::CertificateIssued { .. }
            | Event::CertificateAbandoned { .. }
            | Event::CertificateStatus { .. }
            | Event::CertificateSuperseded { .. } => self.project_certificate(idx, at, entry)?,
            Event::CrlIssued { .. } | Event::CrlPartitioned { .. } | Event::CrlPublished { .. } => {
                self.project_crl(idx, at, entry)?
            }
        }
        Ok(())
    }

    fn set_case(
        &mut self,
        idx: u64,
        at: i64,
        time: i64,
        case: &str,
        state: &str,
        serial: Option<&String>,
    ) -> Result<(), ProjectionError> {
        let row = self.case(idx, case)?;
        row.state = state.into();
        row.serial = serial.cloned();
        row.changed_at = time;
        row.idx = at;
        self.trail.insert((format!("case:{case}"), at));
        Ok(())
    }

    /// What a case has to say about the certificate that its own follows on; nothing where it follows on none.
    fn set_succession(
        &mut self,
        idx: u64,
        at: i64,
        case: &str,
        due_at: Option<i64>,
    ) -> Result<(), ProjectionError> {
        let row = self.cases.get(case);
        let row = row.ok_or_else(|| contradiction(idx, "case is missing"))?;
        if let Some(serial) = &row.predecessor {
            let succession = SuccessionRow {
                authority: row.authority.clone(),
                serial: serial.clone(),
                case_id: case.to_owned(),
                due_at,
                idx: at,
            };
            let key = (row.authority.clone(), case.to_owned());
            self.successions.insert(key, succession);
        }
        Ok(())
    }

    fn see_key(&mut self, key: Digest, subject: String, at: i64) {
        self.keys.entry(key).or_insert_with(|| {
            self.changed_keys.insert(key);
            KeyRow {
                key,
                subject,
                compromised: 0,
                idx: at,
            }
        });
    }

    fn use_statement(&mut self, entry: &Entry, subject: String, at: i64) {
        let Some(statement) = entry.event.statement() else {
            return;
        };
        // One statement may cover a list of cases: the first entry that rests on it is recorded.
        if let btree_map::Entry::Vacant(vacant) = self.statements.entry(statement.digest) {
            vacant.insert(StatementRow {
                digest: statement.digest,
                officer: statement.officer.clone(),
                signature: statement.signature.clone(),
                kind: entry.event.kind().to_owned(),
                subject,
                time: entry.time,
                idx: at,
            });
            self.new_statements.insert(statement.digest);
        }
        self.trail
            .insert((format!("officer:{}", statement.officer), at));
    }

    /// A case's row, to be changed.
    fn case(&mut self, idx: u64, case: &str) -> Result<&mut CaseRow, ProjectionError> {
        let row = self.cases.get_mut(case);
        let row = row.ok_or_else(|| contradiction(idx, "case is missing"))?;
        if !self.changed_cases.contains_key(case) {
            self.changed_cases
                .insert(case.to_owned(), Some(row.clone()));
        }
        Ok(row)
    }

    /// A case's new row, in the place of an earlier one if there is one.
    fn set_case_row(&mut self, row: CaseRow) {
        let case = row.case_id.clone();
        let before = self.cases.insert(case.clone(), row);
        self.changed_cases.entry(case).or_insert(before);
    }

    /// A certificate's row, to be changed.
    fn certificate(
        &mut self,
        idx: u64,
        authority: &str,
        serial: &str,
    ) -> Result<&mut CertificateRow, ProjectionError> {
        let key = (authority.to_owned(), serial.to_owned());
        let row = self.certificates.get_mut(&key);
        let row = row.ok_or_else(|| contradiction(idx, "certificate is missing"))?;
        self.changed_certificates
            .entry(key)
            .or_insert_with(|| Some(row.clone()));
        Ok(row)
    }

    /// A certificate's new row.
    fn set_certificate_row(&mut self, row: CertificateRow) {
        let key = (row.authority.clone(), row.serial.clone());
        let before = self.certificates.insert(key.clone(), row);
        self.changed_certificates.entry(key).or_insert(before);
    }

    /// Cases that changed: as they were, and as they are.
    pub fn changed_cases(&self) -> impl Iterator<Item = (Option<&CaseRow>, &CaseRow)> {
        let changed = self.changed_cases.iter();
        changed.filter_map(|(key, before)| Some((before.as_ref(), self.cases.get(key)?)))
    }

    /// Certificates that changed: as they were, and as they are.
    pub fn changed_certificates(
        &self,
    ) -> impl Iterator<Item = (Option<&CertificateRow>, &CertificateRow)> {
        let changed = self.changed_certificates.iter();
        changed.filter_map(|(key, before)| Some((before.as_ref(), self.certificates.get(key)?)))
    }

    /// Statements used for the first time.
    pub fn new_statements(&self) -> impl Iterator<Item = &StatementRow> {
        self.new_statements
            .iter()
            .filter_map(|key| self.statements.get(key))
    }

    /// Officers who are new or changed.
    pub fn changed_officers(&self) -> impl Iterator<Item = &OfficerRow> {
        self.changed_officers
            .iter()
            .filter_map(|key| self.officers.get(key))
    }

    /// Proposals that are new or decided.
    pub fn changed_proposals(&self) -> impl Iterator<Item = &ProposalRow> {
        self.changed_proposals
            .iter()
            .filter_map(|key| self.proposals.get(key))
    }

    /// Keys that are new or changed.
    pub fn changed_keys(&self) -> impl Iterator<Item = &KeyRow> {
        self.changed_keys
            .iter()
            .filter_map(|key| self.keys.get(key))
    }
}

/// How a certificate is named in the trail.
#[must_use]
pub fn certificate_subject(authority: &str, serial: &str) -> String {
    format!("cert:{authority}/{serial}")
}

pub(super) fn contradiction(idx: u64, what: &str) -> ProjectionError {
    ProjectionError {
        idx,
        what: what.to_owned(),
    }
}
