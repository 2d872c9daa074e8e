//! What the writer can be asked to do.

use std::sync::Arc;

use bytes::Bytes;
use ledger::event::{Basis, CrlScope, Decision, Event, StatementRef};
use sm_engine::sm3::Digest;
use store::views::{Overlay, Touched};
use x509::crl::RevocationReason;

use crate::act::{ListedCertificate, StatusChange};
use crate::examine::{Confirmation, Predecessor, Proposal, Submission};
use crate::officer::Officers;
use crate::view::Officer;

/// Profiles whose certificates everybody fetches.
const PUBLIC_PROFILES: [&str; 3] = ["root", "issuing-ca", "ocsp-responder"];

/// An officer's signed word, already verified.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) officer: Officer,
    pub(crate) statement: StatementRef,
    pub(crate) text: String,
    /// When it was prepared, UTC seconds.
    pub(crate) time: i64,
}

/// A certificate that is about to be signed.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) authority: String,
    pub(crate) serial: String,
    pub(crate) tbs: Vec<u8>,
    pub(crate) tbs_digest: Digest,
    pub(crate) profile: String,
    pub(crate) profile_document: Digest,
    pub(crate) key: Digest,
    /// Case, submission and approved template; absent for the authority's own certificates.
    pub(crate) case: Option<(String, u32, Digest)>,
    /// Authority and serial of the certificate that it follows on.
    pub(crate) predecessor: Option<(String, String)>,
}

/// A certificate that was signed.
#[derive(Clone, Debug)]
pub(crate) struct IssuedItem {
    pub(crate) authority: String,
    pub(crate) serial: String,
    pub(crate) intent: u64,
    pub(crate) certificate: Vec<u8>,
    pub(crate) digest: Digest,
    pub(crate) not_after: i64,
    /// Authority and serial of the certificate that it follows on.
    pub(crate) predecessor: Option<(String, String)>,
}

impl IssuedItem {
    /// Authorities' and responders' certificates; all others name people or offices.
    fn is_public(&self, rows: &Overlay) -> bool {
        let key = (self.authority.clone(), self.serial.clone());
        let row = rows.certificates.get(&key);
        row.is_some_and(|row| PUBLIC_PROFILES.contains(&row.profile.as_str()))
    }
}

/// A CRL that was signed.
#[derive(Clone, Debug)]
pub(crate) struct CrlOrder {
    pub(crate) authority: String,
    pub(crate) scope: CrlScope,
    /// The scope's name in rows.
    pub(crate) name: String,
    pub(crate) number: u64,
    pub(crate) digest: Digest,
    /// SM3 of each part, where there are several: those are stored already.
    pub(crate) parts: Vec<Digest>,
    /// The whole, where there are none.
    pub(crate) der: Bytes,
    pub(crate) this_update: i64,
    pub(crate) next_update: i64,
    pub(crate) entries: u64,
    pub(crate) covers: u64,
    pub(crate) expired_before: i64,
}

impl CrlOrder {
    /// The blob that holds it, where it is not stored already.
    fn blob(&self) -> Option<(Digest, Bytes)> {
        self.parts
            .is_empty()
            .then(|| (self.digest, self.der.clone()))
    }

    /// The numbering sequence that it belongs to.
    pub(crate) fn sequence(&self) -> String {
        crl_sequence(&self.authority, self.scope)
    }
}

/// Full and delta CRLs share one numbering sequence, each shard has its own (RFC 5280 §5.2.3).
pub(crate) fn crl_sequence(authority: &str, scope: CrlScope) -> String {
    match scope {
        CrlScope::Delta { .. } | CrlScope::Full => authority.to_owned(),
        CrlScope::Shard { shard } => format!("{authority}/{shard}"),
    }
}

/// An order.
pub(crate) enum Order {
    /// An officer enters a case.
    Submit {
        signed: Signed,
        submission: Box<Submission>,
    },
    /// An officer decides.
    Review {
        signed: Signed,
        case: String,
        revision: u32,
        template: Digest,
        decision: Decision,
    },
    /// An officer takes a case back.
    Withdraw { signed: Signed, case: String },
    /// An RA administrator proposes a change of an officer.
    Propose {
        signed: Signed,
        proposal: Box<Proposal>,
    },
    /// Another one confirms it.
    Confirm {
        signed: Signed,
        confirmation: Box<Confirmation>,
    },
    /// It is turned down or taken back.
    Refuse {
        signed: Signed,
        officer: String,
        proposal: u64,
    },
    /// An officer freezes, releases or revokes.
    Status {
        signed: Signed,
        authority: String,
        serial: String,
        change: StatusChange,
        reason: Option<RevocationReason>,
        /// Entry of the state that the officer saw.
        since: i64,
    },
    /// Part of a list of certificates that one act changes.
    StatusList {
        signed: Signed,
        /// SM3 of the whole list.
        list: Digest,
        change: StatusChange,
        reason: Option<RevocationReason>,
        /// This part.
        items: Vec<ListedCertificate>,
        /// The whole list, where it is not in the store yet.
        text: Option<Vec<u8>>,
    },
    /// Certificates are about to be signed; without `signed` on the authority's own account.
    Intend {
        signed: Option<Signed>,
        own: Option<Basis>,
        items: Vec<Intent>,
    },
    /// They were signed.
    Issued(Vec<IssuedItem>),
    /// An intent is closed.
    Abandon {
        authority: String,
        serial: String,
        intent: u64,
        reason: String,
    },
    /// A certificate has stood beside its successor, which rests on this case, for as long as it may.
    Supersede {
        authority: String,
        serial: String,
        case: String,
    },
    /// CRLs of one authority that were made together.
    Crl(Vec<CrlOrder>),
    /// Blobs in the clear that a later order's entries will name.
    Public(Vec<(Digest, Bytes)>),
    /// Founding, appointments, policies: events whose preconditions the authority itself has made.
    Record {
        events: Vec<Event>,
        sealed: Vec<Vec<u8>>,
    },
    /// A checkpoint over everything committed so far, this group included.
    Checkpoint,
    /// No more orders.
    Stop,
}

/// Where an order's entries begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committed {
    pub(crate) first: u64,
}

impl Order {
    /// The rows that deciding and projecting will read.
    pub(crate) fn touch(&self, touched: &mut Touched) {
        if let Some(signed) = self.signed() {
            touched.statements.insert(signed.statement.digest);
        }
        match self {
            Self::Submit { submission, .. } => {
                touched.cases.insert(submission.case.clone());
                touched.keys.insert(submission.key);
                let predecessor = submission.predecessor.as_ref();
                touched
                    .certificates
                    .extend(predecessor.map(Predecessor::key));
            }
            Self::Review { case, .. } | Self::Withdraw { case, .. } => {
                touched.cases.insert(case.clone());
            }
            Self::Propose { proposal, .. } => {
                touched.officers.insert(proposal.officer.clone());
                let terms = proposal.change.terms();
                touched
                    .certificates
                    .extend(terms.map(|terms| (terms.authority.clone(), terms.serial.clone())));
            }
            Self::Confirm { confirmation, .. } => {
                touched.proposals.insert(confirmation.proposal);
                touched.officers.insert(confirmation.officer.clone());
                let follows = confirmation.follows.as_deref();
                touched
                    .certificates
                    .extend(follows.map(|officer| officer.certified()));
            }
            Self::Refuse { proposal, .. } => {
                touched.proposals.insert(*proposal);
            }
            Self::Status {
                authority, serial, ..
            }
            | Self::Abandon {
                authority, serial, ..
            } => {
                touched
                    .certificates
                    .insert((authority.clone(), serial.clone()));
            }
            Self::StatusList { items, .. } => {
                let keys = items
                    .iter()
                    .map(|item| (item.authority.clone(), item.serial.clone()));
                touched.certificates.extend(keys);
            }
            Self::Supersede {
                authority,
                serial,
                case,
            } => {
                touched.cases.insert(case.clone());
                touched
                    .certificates
                    .insert((authority.clone(), serial.clone()));
            }
            Self::Intend { items, .. } => {
                for item in items {
                    touched.certificates.extend(item.predecessor.clone());
                    touched
                        .certificates
                        .insert((item.authority.clone(), item.serial.clone()));
                    touched.keys.insert(item.key);
                    touched
                        .cases
                        .extend(item.case.iter().map(|(case, ..)| case.clone()));
                }
            }
            Self::Issued(items) => {
                let keys = items
                    .iter()
                    .map(|item| (item.authority.clone(), item.serial.clone()));
                touched.certificates.extend(keys);
                let before = items.iter().filter_map(|item| item.predecessor.clone());
                touched.certificates.extend(before);
            }
            Self::Crl(_)
            | Self::Public(_)
            | Self::Record { .. }
            | Self::Checkpoint
            | Self::Stop => {}
        }
    }

    /// Whether it is part of an act on a list of certificates.
    pub(crate) fn is_of_list(&self) -> bool {
        matches!(self, Self::StatusList { .. })
    }

    /// The officer's word, where one is needed.
    pub(crate) fn signed(&self) -> Option<&Signed> {
        match self {
            Self::Submit { signed, .. }
            | Self::Review { signed, .. }
            | Self::Withdraw { signed, .. }
            | Self::Propose { signed, .. }
            | Self::Confirm { signed, .. }
            | Self::Refuse { signed, .. }
            | Self::Status { signed, .. }
            | Self::StatusList { signed, .. } => Some(signed),
            Self::Intend { signed, .. } => signed.as_ref(),
            _ => None,
        }
    }

    /// The plaintexts that the order's entries commit to.
    pub(crate) fn plaintexts(&self) -> impl Iterator<Item = &[u8]> {
        let mut texts: Vec<&[u8]> = self
            .signed()
            .map(|s| s.text.as_bytes())
            .into_iter()
            .collect();
        match self {
            Self::Submit { submission, .. } => {
                texts.extend([&*submission.form_bytes, &*submission.request]);
                texts.extend(
                    submission
                        .evidence
                        .iter()
                        .map(|(_, bytes)| bytes.as_slice()),
                );
            }
            Self::StatusList { text, .. } => texts.extend(text.as_deref()),
            Self::Propose { proposal, .. } => texts.extend(proposal.particulars.as_deref()),
            Self::Intend { items, .. } => texts.extend(items.iter().map(|item| &*item.tbs)),
            Self::Issued(items) => texts.extend(items.iter().map(|item| &*item.certificate)),
            Self::Record { sealed, .. } => texts.extend(sealed.iter().map(Vec::as_slice)),
            _ => {}
        }
        texts.into_iter()
    }

    /// What the order's entries commit to and everybody may read: responders on other machines have no key that opens
    /// sealed blobs.
    pub(crate) fn public(&self, rows: &Overlay) -> Vec<(Digest, Bytes)> {
        match self {
            Self::Issued(items) => {
                let public = items.iter().filter(|item| item.is_public(rows));
                public
                    .map(|item| (item.digest, item.certificate.clone().into()))
                    .collect()
            }
            Self::Crl(crls) => crls.iter().filter_map(CrlOrder::blob).collect(),
            Self::Public(blobs) => blobs.clone(),
            _ => Vec::new(),
        }
    }

    /// What the order, now committed, means for who may act.
    pub(crate) fn tell(&self, officers: &Officers) {
        if let Self::Confirm { confirmation, .. } = self {
            match &confirmation.follows {
                Some(officer) => officers.put(Arc::clone(officer)),
                None => officers.end(&confirmation.officer),
            }
        }
    }

    /// Gives the projection the forms that the order brings.
    pub(crate) fn supply_forms(&self, overlay: &mut Overlay) {
        if let Self::Submit { submission, .. } = self {
            overlay
                .forms
                .insert(submission.form_digest, submission.form.clone());
        }
    }
}
