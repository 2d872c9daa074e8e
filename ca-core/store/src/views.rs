//! The views: every table that can be thrown away and rebuilt from ledger entries and sealed blobs.
//!
//! `row` declares the tables, `project` is the one function that turns an entry into row changes. The live
//! writer, a restore and the audit all go through it, so a row that it would not have written is a finding.

mod crl;
mod persist;
mod production;
mod project;
pub(crate) mod row;
mod tally;

pub use crl::{DELTA, FULL, load as load_crl, shard_scope};
pub use production::InProduction;
pub use project::{ListLine, Overlay, ProjectionError, SealedForm, Touched, certificate_subject};
pub use row::{
    AuthorityRow, CaseRow, CertificateRow, CrlRow, KeyRow, OfficerRow, PartitionRow, PolicyRow,
    ProposalRow, StatementRow, SuccessionRow, TermRow, TrailRow,
};
pub use tally::{Tally, TallyRow, UnitRow, day_begins, day_of};

use crate::table::{Record, Table};

/// Every view, in the order in which they are rebuilt and compared.
pub const VIEWS: &[&Table] = &[
    PolicyRow::TABLE,
    AuthorityRow::TABLE,
    OfficerRow::TABLE,
    ProposalRow::TABLE,
    StatementRow::TABLE,
    KeyRow::TABLE,
    CaseRow::TABLE,
    CertificateRow::TABLE,
    SuccessionRow::TABLE,
    CrlRow::TABLE,
    PartitionRow::TABLE,
    TermRow::TABLE,
    TrailRow::TABLE,
    TallyRow::TABLE,
    UnitRow::TABLE,
];
