//! An auditor's replay: reads every entry in order, holds it to the [rules](Rule) and rebuilds the tree and
//! everything that follows from the entries. Public data only: no clock, no secret, no database.
//!
//! Not here: statements' texts and signatures, which lie sealed beside the ledger, and officers' validity dates,
//! which are in certificates.

mod case;
mod certificate;
mod crl;
mod officer;
mod people;
mod record;
mod rule;
mod statement;
mod succession;

use std::collections::{BTreeMap, BTreeSet};

use sm_engine::foreign::ed25519;
use sm_engine::sm2::PublicKey;
use sm_engine::sm3::Digest;

use crate::checkpoint::MirrorKey;
use crate::event::{Entry, Event};
use crate::life::{Breach, Life, State, breach};
use crate::tree::{Frontier, leaf_hash};

pub use record::{Authority, Case, CaseState, Crl, Founded, Officer, Predecessor, Proposal};
pub use rule::{Rule, Violation};

/// The state after the entries so far. An entry that breaks a rule changes nothing.
#[derive(Default)]
pub struct Replay {
    tree: Frontier,
    last: Option<Entry>,
    founded: Option<Founded>,
    mirror: Option<MirrorKey>,
    policies: BTreeMap<String, Digest>,
    /// Digests of every policy document ever adopted: cases may rest on one that was replaced since.
    documents: BTreeSet<Digest>,
    authorities: BTreeMap<String, Authority>,
    officers: BTreeMap<String, Officer>,
    /// By entry.
    proposals: BTreeMap<u64, Proposal>,
    statements: statement::Statements,
    cases: BTreeMap<String, Case>,
    /// By authority and serial of the predecessor: the latest case that succeeds it.
    successors: BTreeMap<(String, String), String>,
    /// By authority, then serial.
    certificates: BTreeMap<String, BTreeMap<String, Life>>,
    /// Entry of the intent, for each certificate that is neither issued nor abandoned.
    open_intents: BTreeMap<u64, (String, String)>,
    /// By authority, oldest first.
    crls: BTreeMap<String, Vec<Crl>>,
    /// By authority: what the next CRL must follow.
    crl_states: BTreeMap<String, crl::State>,
}

impl Replay {
    /// Before the first entry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next entry: its index, which must be [`size`](Self::size), and its bytes as stored.
    ///
    /// # Errors
    /// The rule that it breaks. The replay is then still where it was before the entry.
    pub fn push(&mut self, index: u64, bytes: &[u8]) -> Result<&Entry, Violation> {
        let violation = |Breach { rule, what }| Violation {
            index,
            code: rule.code(),
            what,
        };
        let entry = self.read(index, bytes).map_err(violation)?;
        self.apply(index, &entry).map_err(violation)?;
        self.tree.append(leaf_hash(bytes));
        Ok(self.last.insert(entry))
    }

    /// Compares a checkpoint of the present size.
    ///
    /// # Errors
    /// Where size or root is another.
    pub fn expect_checkpoint(&self, size: u64, root: &Digest) -> Result<(), Violation> {
        let what = if size != self.size() {
            format!("the checkpoint is of size {size}, not {}", self.size())
        } else if *root != self.root() {
            "the checkpoint has another root than the entries".to_owned()
        } else {
            return Ok(());
        };
        Err(Violation {
            index: size,
            code: Rule::Checkpoint.code(),
            what,
        })
    }

    /// Entries so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Root hash of the entries so far.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// Which log this is, once its first entry was read.
    #[must_use]
    pub fn founded(&self) -> Option<&Founded> {
        self.founded.as_ref()
    }

    /// The key of the SHA-256 mirror, once there is one.
    #[must_use]
    pub fn mirror(&self) -> Option<&MirrorKey> {
        self.mirror.as_ref()
    }

    /// Policy documents in force: file name and SM3 of the bytes.
    pub fn policies(&self) -> impl Iterator<Item = (&str, &Digest)> {
        self.policies
            .iter()
            .map(|(name, document)| (name.as_str(), document))
    }

    /// Authorities, by name.
    pub fn authorities(&self) -> impl Iterator<Item = &Authority> {
        self.authorities.values()
    }

    /// Officers, by number.
    pub fn officers(&self) -> impl Iterator<Item = &Officer> {
        self.officers.values()
    }

    /// Proposals about officers, oldest first.
    pub fn proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.proposals.values()
    }

    /// Cases, by number.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    /// Every serial that was ever intended, by authority and serial.
    pub fn certificates(&self) -> impl Iterator<Item = &Life> {
        self.certificates.values().flat_map(BTreeMap::values)
    }

    /// One serial of one authority.
    #[must_use]
    pub fn certificate(&self, authority: &str, serial: &str) -> Option<&Life> {
        self.certificates.get(authority)?.get(serial)
    }

    /// Intents that are neither issued nor abandoned, oldest first.
    pub fn open_intents(&self) -> impl Iterator<Item = &Life> {
        let intents = self.open_intents.values();
        intents.filter_map(|(authority, serial)| self.certificate(authority, serial))
    }

    /// CRLs, by authority, oldest first.
    pub fn crls(&self) -> impl Iterator<Item = &Crl> {
        self.crls.values().flatten()
    }

    /// The rules that hold for every entry.
    fn read(&self, index: u64, bytes: &[u8]) -> Result<Entry, Breach> {
        if index != self.size() {
            return breach(
                Rule::Sequence,
                format!("entry {} is expected here", self.size()),
            );
        }
        let entry =
            Entry::decode(bytes).or_else(|error| breach(Rule::Encoding, error.to_string()))?;
        let founds = matches!(entry.event, Event::LedgerFounded { .. });
        if founds != (index == 0) {
            return breach(
                Rule::Founding,
                "the first entry and no other is ledger.founded",
            );
        }
        if let Some(before) = &self.last
            && entry.time < before.time
        {
            return breach(
                Rule::Time,
                format!("its time {} lies before {}", entry.time, before.time),
            );
        }
        Ok(entry)
    }

    /// The rules of each kind of event: checks everything, then changes the state.
    fn apply(&mut self, index: u64, entry: &Entry) -> Result<(), Breach> {
        let time = entry.time;
        match &entry.event {
            Event::LedgerFounded {
                origin,
                key,
                demonstration,
            } => {
                check_log_key(key)?;
                self.founded = Some(Founded {
                    origin: origin.clone(),
                    key: key.clone(),
                    demonstration: *demonstration,
                    time,
                });
                Ok(())
            }
            Event::LedgerMirrored { origin, key } => {
                if self.mirror.is_some() {
                    return breach(Rule::Mirror, "the log has a mirror");
                }
                self.mirror = Some(mirror_key(origin, key)?);
                Ok(())
            }
            Event::PolicyAdopted { name, document } => {
                self.policies.insert(name.clone(), *document);
                self.documents.insert(*document);
                Ok(())
            }
            Event::AuthorityFounded { .. } => self.found_authority(index, &entry.event),
            Event::OfficerAppointed { .. } => self.appoint_officer(index, time, &entry.event),
            Event::OfficerProposed { .. } => self.propose_officer(index, time, &entry.event),
            Event::OfficerConfirmed { .. } => self.confirm_officer(index, time, &entry.event),
            Event::OfficerRefused { .. } => self.refuse_officer(time, &entry.event),
            Event::CaseSubmitted { .. } => self.submit_case(index, time, &entry.event),
            Event::CaseReviewed { .. } => self.review_case(index, time, &entry.event),
            Event::CaseSuccession { .. } => self.succeed(index, &entry.event),
            Event::CaseWithdrawn { .. } => self.withdraw_case(index, time, &entry.event),
            Event::CertificateIntended { .. } => self.intend_certificate(index, time, &entry.event),
            Event::CertificateIssued { .. } | Event::CertificateAbandoned { .. } => {
                self.close_intent(index, time, &entry.event)
            }
            Event::CertificateStatus { .. } => self.change_status(index, time, &entry.event),
            Event::CertificateSuperseded { .. } => self.supersede(index, time, &entry.event),
            Event::CrlIssued { .. } | Event::CrlPublished { .. } => {
                self.issue_crl(index, &entry.event)
            }
            Event::CrlPartitioned {
                authority,
                shards,
                base,
            } => self.partition_crl(authority, *shards, base),
        }
    }

    fn known_authority(&self, authority: &str) -> Result<(), Breach> {
        if self.authorities.contains_key(authority) {
            Ok(())
        } else {
            breach(Rule::UnknownAuthority, "the authority is not founded")
        }
    }

    fn adopted(&self, document: &Digest) -> Result<(), Breach> {
        if self.documents.contains(document) {
            Ok(())
        } else {
            breach(
                Rule::ProfileNotAdopted,
                "the profile's document was never adopted",
            )
        }
    }
}

fn check_log_key(key: &str) -> Result<(), Breach> {
    let lower = !key.bytes().any(|byte| byte.is_ascii_uppercase());
    let point = hex::decode(key).ok().filter(|_| lower);
    let point = point.and_then(|point| PublicKey::from_sec1(&point).ok());
    match point {
        Some(_) => Ok(()),
        None => breach(
            Rule::LogKey,
            "the log's key is not an SM2 public key in hex",
        ),
    }
}

fn mirror_key(origin: &str, key: &str) -> Result<MirrorKey, Breach> {
    let lower = !key.bytes().any(|byte| byte.is_ascii_uppercase());
    let bytes = hex::decode(key).ok().filter(|_| lower);
    let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = bytes.and_then(|bytes| ed25519::PublicKey::from_bytes(&bytes).ok());
    let named = key.and_then(|key| MirrorKey::new(origin, key).ok());
    match named {
        Some(key) => Ok(key),
        None => breach(
            Rule::Mirror,
            "the mirror's name or key is not one of a signed note",
        ),
    }
}
