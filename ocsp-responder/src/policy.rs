//! What a site decides about its answers, beyond what the standards fix.

use std::sync::Arc;

use store::status::{Status, StatusIndex};
use x509::certificate::Certificate;
use x509::extension::KeyUsage;
use x509::ocsp::{OcspRequest, RequestSignature, ResponseStatus};
use x509::time::Time;

use crate::issuer::{Installed, IssuerTable};

/// The choices. The default tells the plain truth to everybody.
#[derive(Clone, Default)]
pub struct Policy {
    /// What a serial that was never issued is called.
    pub never_issued: NeverIssued,
    /// Whether answers say since when revocations are kept beyond a certificate's end (RFC 6960 §4.4.4): here since
    /// the authority exists.
    pub archive_cutoff: bool,
    /// Where CRLs are, as `http://status.example`: revoked certificates are then answered with a reference to
    /// `/crl/{authority}.crl` below it (RFC 6960 §4.4.2).
    pub crl_base: Option<String>,
    /// What becomes of signatures under requests.
    pub signatures: Signatures,
    /// Whose certificates may sign requests.
    pub requestors: Arc<[Certificate]>,
}

/// The status of a serial that was never issued. The alarm is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NeverIssued {
    /// `revoked`, certificateHold, since 1970, with the extended revoked definition (RFC 6960 §2.2, §4.4.8): for
    /// clients that take `unknown` for a reason to look elsewhere.
    Revoked,
    /// `unknown`.
    #[default]
    Unknown,
}

/// Signatures under requests (RFC 6960 §4.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signatures {
    /// Not looked at: everybody is answered.
    #[default]
    Ignore,
    /// A request without one is `sigRequired`.
    Require,
    /// One that is there must be valid.
    Verify,
}

impl Policy {
    /// Whether the request may be answered as far as its signature goes.
    pub(crate) fn admit(
        &self,
        request: &OcspRequest,
        issuers: &IssuerTable,
        index: &StatusIndex,
        now: Time,
    ) -> Result<(), ResponseStatus> {
        match (self.signatures, &request.signature) {
            (Signatures::Ignore, _) | (Signatures::Verify, None) => Ok(()),
            (Signatures::Require, None) => Err(ResponseStatus::SigRequired),
            (_, Some(signature)) => self.verified(signature, issuers, index, now),
        }
    }

    /// Signed by the holder of a certificate that one of the requestors' issuers issued, that is valid, and that is
    /// good where it is one of ours.
    fn verified(
        &self,
        signature: &RequestSignature,
        issuers: &IssuerTable,
        index: &StatusIndex,
        now: Time,
    ) -> Result<(), ResponseStatus> {
        if !signature.names_requestor {
            return Err(ResponseStatus::MalformedRequest);
        }
        let signer = signature
            .verify()
            .map_err(|_| ResponseStatus::Unauthorized)?;
        let issued_by = |issuer: &&Certificate| {
            signer.issuer().der() == issuer.subject().der()
                && signer.verify_signature(issuer.public_key()).is_ok()
        };
        let issuer = self.requestors.iter().find(issued_by);
        let issuer = issuer.ok_or(ResponseStatus::Unauthorized)?;
        let may_sign = signer
            .key_usage()
            .is_none_or(|usage| usage.contains(KeyUsage::DIGITAL_SIGNATURE));
        let valid = signer.not_before() <= now && now <= signer.not_after();
        let is_ours = |installed: &Arc<Installed>| {
            installed.issuer.certificate.spki_der() == issuer.spki_der()
        };
        let good = match issuers.installed().into_iter().find(is_ours) {
            Some(ours) => index.status(&ours.issuer.authority, signer.serial()) == Status::Good,
            None => true,
        };
        if may_sign && valid && good {
            Ok(())
        } else {
            Err(ResponseStatus::Unauthorized)
        }
    }
}
