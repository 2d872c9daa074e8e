//! The whole policy: every document of `policies/`, read, checked and kept with its digest.
//!
//! The documents that ship with the program are embedded; others come in as names and bytes. A set loads whole or
//! not at all, and a certificate records the digest of the document that it was made from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sm_engine::sm3::{self, Digest};

use crate::profile::Profile;
use crate::rules::Rules;
use crate::{Class, Error};

pub(crate) mod source;

use source::Source;

/// Documents in one set.
const DOCUMENT_COUNT_LIMIT: usize = 64;
/// Bytes of one document.
const DOCUMENT_LIMIT: usize = 64 * 1024;
/// The one document that is not a profile.
const SEPARATION: &str = "separation.toml";

/// The documents that ship with the program.
const EMBEDDED: [(&str, &str); 11] = [
    (
        "department-encryption.toml",
        include_str!("../../../policies/department-encryption.toml"),
    ),
    (
        "department-signing.toml",
        include_str!("../../../policies/department-signing.toml"),
    ),
    (
        "device-compat.toml",
        include_str!("../../../policies/device-compat.toml"),
    ),
    ("device.toml", include_str!("../../../policies/device.toml")),
    (
        "issuing-ca.toml",
        include_str!("../../../policies/issuing-ca.toml"),
    ),
    (
        "ocsp-responder.toml",
        include_str!("../../../policies/ocsp-responder.toml"),
    ),
    (
        "officer.toml",
        include_str!("../../../policies/officer.toml"),
    ),
    ("root.toml", include_str!("../../../policies/root.toml")),
    (
        "separation.toml",
        include_str!("../../../policies/separation.toml"),
    ),
    (
        "staff-encryption.toml",
        include_str!("../../../policies/staff-encryption.toml"),
    ),
    (
        "staff-signing.toml",
        include_str!("../../../policies/staff-signing.toml"),
    ),
];

/// One policy document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// File name, `staff-signing.toml`.
    pub name: String,
    /// Its bytes, exactly.
    pub bytes: Vec<u8>,
    /// SM3 of the bytes.
    pub digest: Digest,
}

/// All profiles and rules in force. Immutable.
#[derive(Debug)]
pub struct PolicySet {
    documents: BTreeMap<String, Document>,
    profiles: BTreeMap<String, Arc<Profile>>,
    rules: Rules,
}

impl PolicySet {
    /// The documents that ship with the program.
    ///
    /// # Errors
    /// [`Error::Document`]: only in a build whose `policies/` were broken.
    pub fn embedded() -> Result<Self, Error> {
        Self::from_files(
            EMBEDDED
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
        )
    }

    /// Documents by file name (`staff-signing.toml`) and bytes; `separation.toml` holds the rules, every other file
    /// one profile whose name is the file's stem.
    ///
    /// # Errors
    /// [`Error::Name`], [`Error::TooLarge`], [`Error::Missing`] (no `separation.toml`), [`Error::Document`].
    pub fn from_files(files: Vec<(String, Vec<u8>)>) -> Result<Self, Error> {
        if files.len() > DOCUMENT_COUNT_LIMIT {
            return Err(Error::TooLarge {
                what: "the policy set".to_owned(),
                limit: DOCUMENT_COUNT_LIMIT,
            });
        }
        let mut documents = BTreeMap::new();
        let mut profiles = BTreeMap::new();
        let mut rules = None;
        let mut names = BTreeSet::new();
        for (name, bytes) in files {
            let stem = stem(&name)?.to_owned();
            if bytes.len() > DOCUMENT_LIMIT {
                return Err(Error::TooLarge {
                    what: name,
                    limit: DOCUMENT_LIMIT,
                });
            }
            if !names.insert(name.clone()) {
                return Err(Error::Name {
                    name,
                    reason: "given twice",
                });
            }
            let digest = sm3::digest(&bytes);
            let source = Source::new(&name, &bytes)?;
            if name == SEPARATION {
                rules = Some(Rules::read(&source)?);
            } else {
                profiles.insert(
                    stem.clone(),
                    Arc::new(Profile::read(&stem, &source, digest)?),
                );
            }
            documents.insert(
                stem,
                Document {
                    name,
                    bytes,
                    digest,
                },
            );
        }
        let rules = rules.ok_or(Error::Missing { file: SEPARATION })?;
        Ok(Self {
            documents,
            profiles,
            rules,
        })
    }

    /// Every document by the stem of its file name.
    #[must_use]
    pub fn documents(&self) -> &BTreeMap<String, Document> {
        &self.documents
    }

    /// The profile of that name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Arc<Profile>> {
        self.profiles.get(name)
    }

    /// The profile whose document has that digest.
    #[must_use]
    pub fn profile_by_document(&self, document: &Digest) -> Option<&Arc<Profile>> {
        self.profiles
            .values()
            .find(|profile| profile.document() == *document)
    }

    /// Every profile, by name.
    pub fn profiles(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.profiles.values()
    }

    /// Every profile of a class, by name.
    pub fn profiles_of(&self, class: Class) -> impl Iterator<Item = &Arc<Profile>> {
        self.profiles
            .values()
            .filter(move |profile| profile.class == class)
    }

    /// Who may do what, and who may not do both.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}

fn stem(name: &str) -> Result<&str, Error> {
    let usable = |stem: &&str| {
        !stem.is_empty()
            && stem.len() <= 60
            && stem
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.strip_suffix(".toml")
        .filter(usable)
        .ok_or_else(|| Error::Name {
            name: name.chars().take(64).collect(),
            reason: "expected lower-case letters, digits and hyphens, then .toml",
        })
}
