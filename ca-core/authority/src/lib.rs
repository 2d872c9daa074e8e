//! The authority: the commands that change trust, checked by policy and written by one writer.
//!
//! Entry points: [`Authority::open`], [`Authority::prepare`] and [`Authority::commit`] for officers' acts,
//! the read functions in `query`, and [`audit`] for those who trust nobody. Not here: HTTP, files, the command line.

mod act;
pub mod audit;
mod checkpoint;
mod crash;
mod crl;
mod decide;
mod error;
mod examine;
mod founding;
mod hierarchy;
mod issue;
mod list;
mod mirror;
mod officer;
mod pace;
mod query;
mod rebuild;
mod recovery;
mod responder;
mod service;
mod snapshot;
mod statement;
mod supersede;
mod view;
mod writer;

pub use act::{
    Act, EntryNotes, Evidence, IssuedCertificate, ListedCertificate, Outcome, Prepared,
    ProposedChange, ProposedTerms, RefusedCertificate, StatusChange, Succeeds,
};
pub use checkpoint::CheckpointKeeper;
pub use crash::CrashPoint;
pub use crl::Schedule as CrlSchedule;
pub use error::{Error, FieldRefusal, Refusal};
pub use examine::{EVIDENCE_COUNT, EVIDENCE_LIMIT, evidence_media};
pub use founding::{AuthorityPlan, Founding, KeyPlan, OfficerPlan};
pub use hierarchy::{Member, Urls};
pub use query::{
    Candidate, CaseQuery, Concentrated, Counted, Counting, Duplicate, DuplicateKind, Likeness,
    ListPlan, PersonKeys, PersonStanding, ProposalQuery, SearchQuery,
};
pub use rebuild::rebuild_views;
pub use responder::ResponderIdentity;
pub use service::{Authority, Setup};
pub use statement::{STATEMENT_LIFETIME, Statement, Subject};
pub use store::views::ListLine;
pub use view::{
    AuthorityView, CaseSummary, CaseView, CertificateSummary, CertificateView, CityCount,
    ClassCount, CountedView, CrlView, Dashboard, DepartmentView, Figures, HistoryLine, HolderView,
    LedgerHead, MonthCount, Officer, OfficerView, ProposalView, ProvenEntryView, PublicStatus,
    SuccessionView, Successor, UnitCount,
};
