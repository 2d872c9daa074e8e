//! Responses as they are made (RFC 6960 §4.2): the bytes to be signed, then the whole.

use const_oid::db::rfc6960::ID_PKIX_OCSP_BASIC;
use sm_engine::key::Signature;

use super::cert_id::CertId;
use crate::algorithm;
use crate::crl::RevocationReason;
use crate::extension::Extension;
use crate::time::Time;
use crate::writer::{ENUMERATED, OCTET_STRING, SEQUENCE, Writer, constructed, primitive};

/// What a certificate is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertStatus {
    /// Issued, and neither held nor revoked.
    Good,
    /// Revoked, or held where the reason is certificateHold.
    Revoked {
        /// Since when.
        at: Time,
        /// Why; [`RevocationReason::Unspecified`] is not written.
        reason: RevocationReason,
    },
    /// Not known to have been issued.
    Unknown,
}

/// The answer for one certificate.
#[derive(Clone, Debug)]
pub struct SingleResponse<'a> {
    /// The client's CertID, echoed byte for byte.
    pub cert_id: &'a CertId,
    /// Its status.
    pub status: CertStatus,
    /// From when the answer holds.
    pub this_update: Time,
    /// Until when; `None`: newer information is always available.
    pub next_update: Option<Time>,
    /// singleExtensions (RFC 6960 §4.4), in this order.
    pub extensions: Vec<Extension>,
}

/// Why there is no answer (RFC 6960 §4.2.1, OCSPResponseStatus without `successful`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ResponseStatus {
    /// The request does not conform to the syntax.
    MalformedRequest = 1,
    /// Something broke.
    InternalError = 2,
    /// Not now.
    TryLater = 3,
    /// The request must be signed.
    SigRequired = 5,
    /// This responder does not answer for that issuer.
    Unauthorized = 6,
}

impl ResponseStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::MalformedRequest,
        Self::InternalError,
        Self::TryLater,
        Self::SigRequired,
        Self::Unauthorized,
    ];

    /// The number of the standard.
    #[must_use]
    #[allow(clippy::as_conversions)] // the discriminant of a `repr(u8)`
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// DER of the ResponseData to be signed. `responder_key_hash` names the responder (byKey): SHA-1 of its key.
///
/// ```asn1
/// ResponseData ::= SEQUENCE { version [0] EXPLICIT Version DEFAULT v1, responderID CHOICE { byName [1] EXPLICIT Name, byKey [2] EXPLICIT OCTET STRING }, producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse, responseExtensions [1] EXPLICIT Extensions OPTIONAL }
/// ```
#[must_use]
pub fn response_tbs(
    responder_key_hash: &[u8],
    produced_at: Time,
    singles: &[SingleResponse<'_>],
    extensions: &[Extension],
) -> Vec<u8> {
    let capacity = singles.len().saturating_mul(192).saturating_add(128);
    Writer::element(SEQUENCE, capacity, |data| {
        data.nested(constructed(2), |by_key| {
            by_key.octet_string(responder_key_hash)
        });
        produced_at.write_generalized(data);
        data.nested(SEQUENCE, |list| {
            singles.iter().for_each(|single| write_single(list, single))
        });
        write_extensions(data, extensions);
    })
}

/// ```asn1
/// SingleResponse ::= SEQUENCE { certID CertID, certStatus CertStatus, thisUpdate GeneralizedTime, nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL, singleExtensions [1] EXPLICIT Extensions OPTIONAL }
/// CertStatus ::= CHOICE { good [0] IMPLICIT NULL, revoked [1] IMPLICIT SEQUENCE { revocationTime GeneralizedTime, revocationReason [0] EXPLICIT CRLReason OPTIONAL }, unknown [2] IMPLICIT NULL }
/// ```
fn write_single(list: &mut Writer, single: &SingleResponse<'_>) {
    list.nested(SEQUENCE, |response| {
        response.raw(&single.cert_id.der);
        match single.status {
            CertStatus::Good => response.put(primitive(0), &[]),
            CertStatus::Unknown => response.put(primitive(2), &[]),
            CertStatus::Revoked { at, reason } => response.nested(constructed(1), |revoked| {
                at.write_generalized(revoked);
                if reason != RevocationReason::Unspecified {
                    revoked.nested(constructed(0), |explicit| {
                        explicit.put(ENUMERATED, &[reason.code()])
                    });
                }
            }),
        }
        single.this_update.write_generalized(response);
        if let Some(next_update) = single.next_update {
            response.nested(constructed(0), |explicit| {
                next_update.write_generalized(explicit)
            });
        }
        write_extensions(response, &single.extensions);
    });
}

/// `[1] EXPLICIT Extensions`, which is left out where there are none.
fn write_extensions(parent: &mut Writer, extensions: &[Extension]) {
    if !extensions.is_empty() {
        parent.nested(constructed(1), |explicit| {
            explicit.nested(SEQUENCE, |list| {
                extensions
                    .iter()
                    .for_each(|extension| extension.write(list));
            });
        });
    }
}

/// The successful OCSPResponse: these exact bytes, their signature, the responder's certificate.
///
/// ```asn1
/// OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT SEQUENCE { responseType OBJECT IDENTIFIER, response OCTET STRING } OPTIONAL }
/// BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
/// ```
#[must_use]
pub fn assemble_response(
    tbs: &[u8],
    signature: &Signature,
    responder_certificate_der: &[u8],
) -> Vec<u8> {
    let bits = signature.to_bytes();
    let capacity = tbs
        .len()
        .saturating_add(responder_certificate_der.len())
        .saturating_add(bits.len() + 128);
    Writer::element(SEQUENCE, capacity, |response| {
        response.put(ENUMERATED, &[0]);
        response.nested(constructed(0), |explicit| {
            explicit.nested(SEQUENCE, |bytes| {
                bytes.oid(&ID_PKIX_OCSP_BASIC);
                bytes.nested(OCTET_STRING, |octets| {
                    octets.nested(SEQUENCE, |basic| {
                        basic.raw(tbs);
                        basic.raw(algorithm::signature_algorithm(signature.algorithm()));
                        basic.bit_string(&bits);
                        basic.nested(constructed(0), |explicit| {
                            explicit.put(SEQUENCE, responder_certificate_der);
                        });
                    });
                });
            });
        });
    })
}

/// What names exactly these bytes of an OCSPResponse to HTTP: SHA-256 in hex (RFC 9919 §7.2).
#[must_use]
pub fn entity_tag(response: &[u8]) -> String {
    hex::encode(sm_engine::foreign::sha256(&[response]))
}

/// An OCSPResponse that says why there is no answer; unsigned, as the standard has it.
#[must_use]
pub fn error_response(status: ResponseStatus) -> Vec<u8> {
    Writer::element(SEQUENCE, 5, |response| {
        response.put(ENUMERATED, &[status.code()])
    })
}
