//! Path validation: the part of RFC 5280 §6.1 that this system needs, with one trust anchor.
//!
//! Checked for every certificate of a path: signature, validity, name chaining on DER bytes, agreement of key
//! identifiers, no critical extension that is not processed; for every issuer, the root included: cA,
//! keyCertSign, pathLenConstraint. Not here: revocation (ask OCSP or the ledger), name and policy constraints
//! (always critical in practice, so refused).

mod error;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as pkix;
use sm_engine::key::PublicKey;

use crate::certificate::Certificate;
use crate::extension::KeyUsage;
use crate::time::Time;

pub use error::{Fault, PathError};

/// Longest path: certificates between leaf and root.
const DEPTH_LIMIT: usize = 8;
/// Most signatures that one validation verifies, however many certificates of one name are offered.
const SIGNATURE_LIMIT: usize = 32;

/// Critical extensions that are processed here.
const PROCESSED: [ObjectIdentifier; 5] = [
    pkix::ID_CE_KEY_USAGE,
    pkix::ID_CE_BASIC_CONSTRAINTS,
    pkix::ID_CE_EXT_KEY_USAGE,
    // Names are for the application; without constraints above, every name is permitted.
    pkix::ID_CE_SUBJECT_ALT_NAME,
    // With no explicit-policy requirement, every policy set is acceptable (RFC 5280 §6.1.1 d and e).
    pkix::ID_CE_CERTIFICATE_POLICIES,
];

/// What the leaf is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Whatever it says itself.
    Any,
    /// Signing statements or logging in: keyUsage digitalSignature, and no extKeyUsage that reserves the key
    /// for OCSP or time stamps.
    DigitalSignature,
    /// Signing OCSP responses: extKeyUsage OCSPSigning (anyExtendedKeyUsage is not enough) and keyUsage
    /// digitalSignature. That its issuer is the one of the certificate in question is for the caller to check.
    OcspSigning,
}

/// Looks for a path from `leaf` over some of `intermediates`, in any order, to `root`, at one moment.
///
/// # Errors
/// [`PathError`]: the first fault on the way up. Where several issuers would fit, the fault of the first.
pub fn validate(
    leaf: &Certificate,
    intermediates: &[Certificate],
    root: &Certificate,
    at: Time,
    purpose: Purpose,
) -> Result<(), PathError> {
    check_purpose(leaf, purpose).map_err(|fault| PathError::new(leaf, fault))?;
    check_itself(leaf, at)?;
    let mut search = Search {
        intermediates,
        root,
        at,
        signatures: 0,
    };
    search.climb(leaf, 0, 0)
}

struct Search<'a> {
    intermediates: &'a [Certificate],
    root: &'a Certificate,
    at: Time,
    signatures: usize,
}

impl Search<'_> {
    /// Finds the way from `subject` to the root. `depth` counts certificates above the leaf, `counted` those
    /// that are not self-issued, which pathLenConstraint counts.
    fn climb(
        &mut self,
        subject: &Certificate,
        depth: usize,
        counted: usize,
    ) -> Result<(), PathError> {
        let mut first = None;
        let (root, intermediates) = (self.root, self.intermediates);
        let named = |issuer: &&Certificate| issuer.subject().der() == subject.issuer().der();
        for issuer in std::iter::once(root).chain(intermediates).filter(named) {
            let result = self.step(subject, issuer, depth, counted);
            if result.is_ok() {
                return result;
            }
            first = first.or(Some(result));
        }
        first.unwrap_or_else(|| Err(PathError::new(subject, Fault::NoIssuer)))
    }

    /// From `subject` to one `issuer` and on to the root.
    fn step(
        &mut self,
        subject: &Certificate,
        issuer: &Certificate,
        depth: usize,
        counted: usize,
    ) -> Result<(), PathError> {
        if key_ids_differ(subject, issuer) {
            return Err(PathError::new(subject, Fault::KeyIdentifier));
        }
        check_issuer(issuer, counted).map_err(|fault| PathError::new(issuer, fault))?;
        check_itself(issuer, self.at)?;
        self.verify(subject, issuer.public_key())?;
        if issuer == self.root {
            return Ok(());
        }
        if depth >= DEPTH_LIMIT {
            return Err(PathError::new(issuer, Fault::TooLong));
        }
        let self_issued = issuer.subject().der() == issuer.issuer().der();
        self.climb(issuer, depth + 1, counted + usize::from(!self_issued))
    }

    fn verify(&mut self, subject: &Certificate, issuer: &PublicKey) -> Result<(), PathError> {
        self.signatures += 1;
        if self.signatures > SIGNATURE_LIMIT {
            return Err(PathError::new(subject, Fault::TooLong));
        }
        subject
            .verify_signature(issuer)
            .map_err(|_| PathError::new(subject, Fault::Signature))
    }
}

/// What every certificate of a path must satisfy by itself.
fn check_itself(certificate: &Certificate, at: Time) -> Result<(), PathError> {
    let fault = if at < certificate.not_before() {
        Fault::NotYetValid {
            not_before: certificate.not_before(),
        }
    } else if at > certificate.not_after() {
        Fault::Expired {
            not_after: certificate.not_after(),
        }
    } else {
        let mut critical = certificate
            .extensions()
            .iter()
            .filter(|extension| extension.critical);
        match critical.find(|extension| !PROCESSED.contains(&extension.oid)) {
            Some(extension) => Fault::UnknownCriticalExtension { oid: extension.oid },
            None => return Ok(()),
        }
    };
    Err(PathError::new(certificate, fault))
}

/// What an issuer must be; `below` is how many intermediates it has below it.
fn check_issuer(issuer: &Certificate, below: usize) -> Result<(), Fault> {
    let constraints = issuer
        .basic_constraints()
        .filter(|constraints| constraints.ca)
        .ok_or(Fault::NotAnAuthority)?;
    if constraints
        .path_len
        .is_some_and(|limit| below > usize::from(limit))
    {
        return Err(Fault::PathLength);
    }
    // RFC 5280 §4.2.1.3 obliges authorities to carry keyUsage, so its absence is a fault too.
    if !issuer
        .key_usage()
        .is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN))
    {
        return Err(Fault::NoKeyCertSign);
    }
    Ok(())
}

fn check_purpose(leaf: &Certificate, purpose: Purpose) -> Result<(), Fault> {
    let signs = leaf
        .key_usage()
        .is_some_and(|usage| usage.contains(KeyUsage::DIGITAL_SIGNATURE));
    let purposes = leaf.extended_key_usage();
    let fits = match purpose {
        Purpose::Any => true,
        Purpose::DigitalSignature => {
            let reserved = [pkix::ID_KP_OCSP_SIGNING, pkix::ID_KP_TIME_STAMPING];
            signs && !purposes.iter().any(|one| reserved.contains(one))
        }
        Purpose::OcspSigning => signs && purposes.contains(&pkix::ID_KP_OCSP_SIGNING),
    };
    if fits {
        Ok(())
    } else {
        Err(Fault::Purpose { purpose })
    }
}

/// Both carry key identifiers and they disagree.
fn key_ids_differ(subject: &Certificate, issuer: &Certificate) -> bool {
    match (subject.authority_key_id(), issuer.subject_key_id()) {
        (Some(named), Some(own)) => named != own,
        _ => false,
    }
}
