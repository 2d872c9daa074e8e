//! The file of `gmpki audit prove`: a certificate's entries, each with its path to one signed checkpoint.
//! [`check`] needs nothing but the file and the log's public key.

use std::fmt;

use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;

use crate::Error;
use crate::checkpoint::{VerifierKey, open_note};
use crate::event::Entry;
use crate::life::{Breach, Life, State};
use crate::tree::{leaf_hash, verify_inclusion};

/// Value of [`Proof::format`].
pub const FORMAT: &str = "gmpki-proof/1";
/// Largest proof file in bytes.
pub const MAX_PROOF: usize = 16 * 1024 * 1024;

/// What is on record about one certificate, with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// [`FORMAT`].
    pub format: String,
    /// `authority/serial`.
    pub subject: String,
    /// The signed note that everything is proven against.
    pub checkpoint: String,
    /// Entries about the certificate, in the order of the ledger.
    pub entries: Vec<ProvenEntry>,
    /// The verifier key line, for people; the check uses the key it is given.
    pub key: String,
}

/// One entry with its inclusion proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenEntry {
    /// Position in the ledger, from 0.
    pub index: u64,
    /// Its canonical JSON, as text.
    pub entry: String,
    /// Hashes from the leaf's sibling to the root.
    pub path: Vec<Digest>,
}

impl Proof {
    /// A proof file's content for one certificate.
    #[must_use]
    pub fn new(
        authority: &str,
        serial: &str,
        checkpoint: String,
        entries: Vec<ProvenEntry>,
        key: &VerifierKey,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            subject: format!("{authority}/{serial}"),
            checkpoint,
            entries,
            key: key.to_string(),
        }
    }

    /// The file: JSON, indented, with a last newline.
    ///
    /// # Errors
    /// [`Error::TooLong`] beyond [`MAX_PROOF`].
    pub fn to_json(&self) -> Result<String, Error> {
        let mut json = serde_json::to_string_pretty(self).map_err(|_| Error::Unencodable {
            what: "not a JSON value",
        })?;
        json.push('\n');
        if json.len() > MAX_PROOF {
            return Err(too_long());
        }
        Ok(json)
    }
}

/// What a proof shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Issuing authority.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// Where the certificate stood after the last proven entry.
    pub state: State,
    /// Why it is held, revoked or abandoned.
    pub reason: Option<String>,
    /// SM3 of the certificate, if one was issued: compare it with the certificate in your hands.
    pub certificate: Option<Digest>,
    /// What happened, in order.
    pub events: Vec<ProvenEvent>,
    /// The log that the checkpoint belongs to.
    pub origin: String,
    /// Size of the log at the checkpoint.
    pub size: u64,
    /// Its root hash.
    pub root: Digest,
}

/// One line of a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProvenEvent {
    /// Entry, from 0.
    pub index: u64,
    /// UTC seconds.
    pub time: i64,
    /// Kind of event, as `certificate.issued`.
    pub kind: String,
}

impl fmt::Display for ProvenEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}", self.index, self.kind)
    }
}

/// Checks a proof file offline: the checkpoint's signature, the place of every entry in the tree, that all
/// entries are about the one certificate, in order, and a legal life: intent, issue or abandonment, changes.
///
/// A proof shows that the listed entries are on record up to its checkpoint. It cannot show that no later or
/// unlisted entry exists, such as a revocation left out: that takes reading the whole ledger
/// ([`Replay`](crate::replay::Replay), `gmpki audit verify`).
///
/// # Errors
/// [`Error::TooLong`] beyond [`MAX_PROOF`], [`Error::Proof`] for another format, the errors of [`open_note`],
/// [`verify_inclusion`] and [`Entry::decode`], and [`Error::Life`].
pub fn check(proof_json: &[u8], key: &VerifierKey) -> Result<Verdict, Error> {
    let wrong = |what| Error::Proof { what };
    if proof_json.len() > MAX_PROOF {
        return Err(too_long());
    }
    let proof: Proof = serde_json::from_slice(proof_json).map_err(|_| wrong("not a proof file"))?;
    if proof.format != FORMAT {
        return Err(wrong("not of format gmpki-proof/1"));
    }
    let subject = proof.subject.split_once('/');
    let subject = subject.ok_or(wrong("its subject is not authority/serial"))?;
    let checkpoint = open_note(&proof.checkpoint, key)?;

    let mut life: Option<Life> = None;
    let mut events: Vec<ProvenEvent> = Vec::new();
    for proven in &proof.entries {
        let bytes = proven.entry.as_bytes();
        verify_inclusion(
            &leaf_hash(bytes),
            proven.index,
            checkpoint.size,
            &proven.path,
            &checkpoint.root,
        )?;
        let entry = Entry::decode(bytes)?;
        if entry.event.certificate() != Some(subject) {
            return Err(wrong("an entry is about something else"));
        }
        if let Some(before) = events.last()
            && (before.index >= proven.index || before.time > entry.time)
        {
            return Err(wrong("its entries are out of order"));
        }
        step(&mut life, proven.index, &entry)?;
        events.push(ProvenEvent {
            index: proven.index,
            time: entry.time,
            kind: entry.event.kind().to_owned(),
        });
    }
    let life = life.ok_or(wrong("it has no entries"))?;
    Ok(Verdict {
        authority: life.authority,
        serial: life.serial,
        state: life.state,
        reason: life.reason,
        certificate: life.certificate,
        events,
        origin: checkpoint.origin,
        size: checkpoint.size,
        root: checkpoint.root,
    })
}

fn step(life: &mut Option<Life>, index: u64, entry: &Entry) -> Result<(), Error> {
    if let Some(life) = life {
        let broken = |Breach { rule, what }| Error::Life { index, rule, what };
        return life
            .advance(index, entry.time, &entry.event)
            .map_err(broken);
    }
    *life = Life::begin(index, entry.time, &entry.event);
    if life.is_none() {
        return Err(Error::Proof {
            what: "its first entry is not the intent",
        });
    }
    Ok(())
}

fn too_long() -> Error {
    Error::TooLong {
        what: "proof file",
        limit: MAX_PROOF,
    }
}
