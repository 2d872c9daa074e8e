//! One authority and its delegated responder certificate, checked before it may answer for anything
//! (RFC 6960 §4.2.2.2), and the table that finds it by a CertID.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use const_oid::ObjectIdentifier;
use keys::Signer;
use store::status::{Status, StatusIndex};
use x509::certificate::{Certificate, Serial};
use x509::extension::{KeyUsage, key_identifier};
use x509::ocsp::{CertId, HashAlgorithm};
use x509::time::Time;

use crate::desk::Desk;
use crate::error::Refusal;

/// id-kp-OCSPSigning (RFC 6960 §4.2.2.2).
const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");
/// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
const OCSP_NOCHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
/// Longest digest of a CertID: SHA-384.
const LONGEST_HASH: usize = 48;

/// An authority together with the certificate and key that answer for it.
pub struct Issuer {
    /// Short name as in the ledger: `jinan`.
    pub authority: String,
    /// The authority's own certificate.
    pub certificate: Certificate,
    /// The delegated responder's certificate, issued directly by the authority.
    pub responder: Certificate,
    /// Holds the responder's private key.
    pub signer: Arc<dyn Signer>,
}

impl Issuer {
    /// Every rule of delegation at `now`. `index` must know the responder's certificate as good: what is
    /// not on the ledger does not sign.
    pub(crate) fn check(&self, index: &StatusIndex, now: Time) -> Result<(), Refusal> {
        if !is_authority_name(&self.authority) {
            return Err(Refusal::Name);
        }
        let (authority, responder) = (&self.certificate, &self.responder);
        let may_certify = authority.basic_constraints().is_some_and(|b| b.ca)
            && authority
                .key_usage()
                .is_none_or(|u| u.contains(KeyUsage::KEY_CERT_SIGN));
        if !may_certify {
            return Err(Refusal::NotAnAuthority);
        }
        if responder.issuer().der() != authority.subject().der()
            || key_ids_differ(responder, authority)
            || responder.verify_signature(authority.public_key()).is_err()
        {
            return Err(Refusal::NotIssuedByAuthority);
        }
        if responder.basic_constraints().is_some_and(|b| b.ca) {
            return Err(Refusal::CertificateAuthority);
        }
        if !responder.extended_key_usage().contains(&OCSP_SIGNING) {
            return Err(Refusal::ExtendedKeyUsage);
        }
        if !responder
            .key_usage()
            .is_some_and(|u| u.contains(KeyUsage::DIGITAL_SIGNATURE))
        {
            return Err(Refusal::KeyUsage);
        }
        if responder.extension(&OCSP_NOCHECK).is_none() {
            return Err(Refusal::NoCheck);
        }
        for (which, certificate) in [("authority's", authority), ("responder's", responder)] {
            let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
            if now < not_before || now > not_after {
                return Err(Refusal::Validity {
                    which,
                    not_before,
                    not_after,
                    now,
                });
            }
        }
        if self.signer.public_key() != responder.public_key() {
            return Err(Refusal::Key);
        }
        if index.status(&self.authority, responder.serial()) != Status::Good {
            return Err(Refusal::NotOnRecord);
        }
        Ok(())
    }
}

/// Both carry key identifiers and they disagree.
fn key_ids_differ(responder: &Certificate, authority: &Certificate) -> bool {
    match (responder.authority_key_id(), authority.subject_key_id()) {
        (Some(named), Some(own)) => named != own,
        _ => false,
    }
}

/// `[a-z0-9-]{1,64}`: safe in a path, a log line and a metric's label.
pub(crate) fn is_authority_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// An issuer that passed every check.
pub(crate) struct Installed {
    pub(crate) issuer: Issuer,
    /// Where its key signs.
    pub(crate) desk: Arc<Desk>,
    /// How answers name the responder (byKey, RFC 6960 §4.2.1).
    pub(crate) key_hash: [u8; 20],
    keys: Vec<IssuerKey>,
    /// Another took its place: what it signed before is not given out any more.
    retired: AtomicBool,
}

impl Installed {
    /// Precomputes the CertID hashes of a checked issuer.
    pub(crate) fn new(issuer: Issuer) -> Self {
        let serial: &Serial = issuer.certificate.serial();
        let keys = HashAlgorithm::ALL
            .iter()
            .filter_map(|hash| IssuerKey::of(&CertId::new(*hash, &issuer.certificate, serial)))
            .collect();
        Self {
            desk: Arc::new(Desk::new(Arc::clone(&issuer.signer))),
            key_hash: key_identifier(issuer.responder.public_key()),
            issuer,
            keys,
            retired: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }
}

/// The part of a CertID that names the issuer: hash algorithm, name hash, key hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct IssuerKey {
    algorithm: HashAlgorithm,
    name: [u8; LONGEST_HASH],
    key: [u8; LONGEST_HASH],
}

impl IssuerKey {
    /// `None` where a hash has not the length of its algorithm.
    fn of(id: &CertId) -> Option<Self> {
        let length = match id.hash {
            HashAlgorithm::Sha1 => 20,
            HashAlgorithm::Sha256 | HashAlgorithm::Sm3 => 32,
            HashAlgorithm::Sha384 => LONGEST_HASH,
        };
        let padded = |hash: &[u8]| {
            let mut array = [0; LONGEST_HASH];
            array
                .get_mut(..length)?
                .copy_from_slice(Some(hash).filter(|h| h.len() == length)?);
            Some(array)
        };
        Some(Self {
            algorithm: id.hash,
            name: padded(&id.issuer_name_hash)?,
            key: padded(&id.issuer_key_hash)?,
        })
    }
}

/// Every installed issuer, found by CertID. Replaced as a whole, never changed in place.
#[derive(Clone, Default)]
pub(crate) struct IssuerTable {
    by_key: HashMap<IssuerKey, Arc<Installed>>,
}

impl IssuerTable {
    /// The issuer that a CertID speaks of.
    pub(crate) fn find(&self, id: &CertId) -> Option<&Arc<Installed>> {
        self.by_key.get(&IssuerKey::of(id)?)
    }

    /// Marks the issuer of this authority as replaced: to be called when a table without it is in use.
    pub(crate) fn retire(&self, authority: &str) {
        let former = self.by_key.values();
        for former in former.filter(|former| former.issuer.authority == authority) {
            former.retired.store(true, Ordering::Release);
        }
    }

    /// This table with `new` in the place of its authority's former issuer.
    pub(crate) fn with(&self, new: &Arc<Installed>) -> Result<Self, Refusal> {
        let mut by_key: HashMap<_, _> = self
            .by_key
            .iter()
            .filter(|(_, old)| old.issuer.authority != new.issuer.authority)
            .map(|(key, old)| (*key, Arc::clone(old)))
            .collect();
        for key in &new.keys {
            if let Some(other) = by_key.insert(*key, Arc::clone(new)) {
                return Err(Refusal::Ambiguous {
                    other: other.issuer.authority.clone(),
                });
            }
        }
        Ok(Self { by_key })
    }

    /// Each installed issuer once, by name.
    pub(crate) fn installed(&self) -> Vec<Arc<Installed>> {
        let mut all: Vec<_> = self.by_key.values().cloned().collect();
        all.sort_by(|a, b| a.issuer.authority.cmp(&b.issuer.authority));
        all.dedup_by(|a, b| a.issuer.authority == b.issuer.authority);
        all
    }
}
