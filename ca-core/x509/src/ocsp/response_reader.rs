//! Responses as a client reads them: for tools, benchmarks and tests.

use std::fmt;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc6960::ID_PKIX_OCSP_BASIC;
use der::asn1::{BitStringRef, OctetStringRef};
use der::{Decode as _, DecodeValue, FixedTag, Sequence, Tag, TagNumber};
use sm_engine::key::{PublicKey, Signature};

use super::cert_id::CertId;
use super::request::{nonce, refuse_critical};
use super::response::{CertStatus, ResponseStatus};
use crate::certificate::Certificate;
use crate::crl::{ReasonDer, RevocationReason};
use crate::element::Raw;
use crate::extension::ExtensionDer;
use crate::name::Name;
use crate::time::{GeneralizedTime, Time};
use crate::{Error, algorithm, signed};

const WHAT: &str = "OCSP response";
/// Largest response: bytes.
const SIZE_LIMIT: usize = 256 * 1024;
/// Most certificates in a response.
const CERTIFICATE_LIMIT: usize = 8;

/// A response, parsed. Nothing in it is to be believed before [`OcspResponse::verify_signature`].
#[derive(Clone)]
pub struct OcspResponse {
    status: Result<(), ResponseStatus>,
    tbs: Vec<u8>,
    signature: Option<Signature>,
    produced_at: Time,
    responder_key_hash: Option<Vec<u8>>,
    responses: Vec<SingleStatus>,
    nonce: Option<Vec<u8>>,
    certificates: Vec<Certificate>,
}

/// What a response says about one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleStatus {
    /// Which certificate.
    pub cert_id: CertId,
    /// Its status.
    pub status: CertStatus,
    /// From when the answer holds.
    pub this_update: Time,
    /// Until when.
    pub next_update: Option<Time>,
}

/// ```asn1
/// OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT ResponseBytes OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct ResponseDer<'a> {
    status: Raw<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    bytes: Option<BytesDer<'a>>,
}

impl<'a> Sequence<'a> for ResponseDer<'a> {}

/// ```asn1
/// ResponseBytes ::= SEQUENCE { responseType OBJECT IDENTIFIER, response OCTET STRING }
/// ```
#[derive(DecodeValue)]
struct BytesDer<'a> {
    kind: ObjectIdentifier,
    response: &'a OctetStringRef,
}

impl<'a> Sequence<'a> for BytesDer<'a> {}

/// ```asn1
/// BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct BasicDer<'a> {
    tbs: Raw<'a>,
    algorithm: Raw<'a>,
    signature: BitStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    certificates: Option<Vec<Raw<'a>>>,
}

impl<'a> Sequence<'a> for BasicDer<'a> {}

/// ```asn1
/// ResponseData ::= SEQUENCE { version [0] EXPLICIT Version DEFAULT v1, responderID ResponderID, producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse, responseExtensions [1] EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct DataDer<'a> {
    responder: Raw<'a>,
    produced_at: GeneralizedTime,
    responses: Vec<SingleDer<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<ExtensionDer<'a>>>,
}

impl<'a> Sequence<'a> for DataDer<'a> {}

/// ```asn1
/// SingleResponse ::= SEQUENCE { certID CertID, certStatus CertStatus, thisUpdate GeneralizedTime, nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL, singleExtensions [1] EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct SingleDer<'a> {
    cert_id: Raw<'a>,
    status: Raw<'a>,
    this_update: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    next_update: Option<GeneralizedTime>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<ExtensionDer<'a>>>,
}

impl<'a> Sequence<'a> for SingleDer<'a> {}

impl OcspResponse {
    /// Reads strict DER of at most 256 KiB, signed with a known algorithm where it is successful.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Malformed`], [`Error::Unsupported`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Error::check_size(WHAT, der, SIZE_LIMIT)?;
        let ResponseDer { status, bytes } =
            ResponseDer::from_der(der).map_err(Error::malformed(WHAT))?;
        match (status.0, bytes) {
            ([0x0A, 1, 0], Some(bytes)) if bytes.kind == ID_PKIX_OCSP_BASIC => {
                Self::basic(bytes.response.as_bytes())
            }
            ([0x0A, 1, 0], Some(_)) => Err(Error::Unsupported {
                what: "kind of OCSP response",
            }),
            ([0x0A, 1, code], None) => {
                let status = ResponseStatus::ALL
                    .into_iter()
                    .find(|status| status.code() == *code);
                status.map(Self::refusal).ok_or_else(|| Error::broken(WHAT))
            }
            _ => Err(Error::broken(WHAT)),
        }
    }

    fn refusal(status: ResponseStatus) -> Self {
        Self {
            status: Err(status),
            tbs: Vec::new(),
            signature: None,
            produced_at: Time(0),
            responder_key_hash: None,
            responses: Vec::new(),
            nonce: None,
            certificates: Vec::new(),
        }
    }

    fn basic(der: &[u8]) -> Result<Self, Error> {
        let basic = BasicDer::from_der(der).map_err(Error::malformed("BasicOCSPResponse"))?;
        let known = algorithm::read_signature_algorithm(basic.algorithm)?;
        let data = DataDer::from_der(basic.tbs.0).map_err(Error::malformed("ResponseData"))?;
        let certificates = basic.certificates.unwrap_or_default();
        if certificates.len() > CERTIFICATE_LIMIT {
            return Err(Error::TooLarge {
                what: "number of certificates in an OCSP response",
                limit: CERTIFICATE_LIMIT,
            });
        }
        if data.responses.is_empty() {
            return Err(Error::broken("ResponseData (no response)"));
        }
        Ok(Self {
            status: Ok(()),
            tbs: basic.tbs.0.to_vec(),
            signature: Some(algorithm::read_signature(known, basic.signature)?),
            produced_at: data.produced_at.0,
            responder_key_hash: responder_key_hash(data.responder)?,
            responses: data
                .responses
                .into_iter()
                .map(read_single)
                .collect::<Result<_, _>>()?,
            nonce: data
                .extensions
                .map(|list| nonce(&list))
                .transpose()?
                .flatten(),
            certificates: certificates
                .into_iter()
                .map(|raw| Certificate::from_der(raw.0))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether there is an answer, and if not, why.
    ///
    /// # Errors
    /// The status, where it is not `successful`; every other field is then empty.
    pub fn status(&self) -> Result<(), ResponseStatus> {
        self.status
    }

    /// When the response was signed.
    #[must_use]
    pub fn produced_at(&self) -> Time {
        self.produced_at
    }

    /// SHA-1 of the responder's key; `None` where the responder is named by its name.
    #[must_use]
    pub fn responder_key_hash(&self) -> Option<&[u8]> {
        self.responder_key_hash.as_deref()
    }

    /// One answer for each certificate that was asked for.
    #[must_use]
    pub fn responses(&self) -> &[SingleStatus] {
        &self.responses
    }

    /// Content of the nonce extension's extnValue, to be compared with the request's.
    #[must_use]
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// Certificates that came along; the responder's is among them.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Verifies the signature with the responder's key, and nothing else.
    ///
    /// # Errors
    /// [`Error::Signature`], also where there is none to verify.
    pub fn verify_signature(&self, responder: &PublicKey) -> Result<(), Error> {
        let signature = self
            .signature
            .as_ref()
            .ok_or(Error::Signature { what: WHAT })?;
        signed::verify(WHAT, responder, &self.tbs, signature)
    }
}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse({:?}, {:?})", self.status, self.responses)
    }
}

/// ```asn1
/// ResponderID ::= CHOICE { byName [1] EXPLICIT Name, byKey [2] EXPLICIT OCTET STRING }
/// ```
fn responder_key_hash(responder: Raw<'_>) -> Result<Option<Vec<u8>>, Error> {
    const WHAT: &str = "ResponderID";
    let content = responder.content().map_err(Error::malformed(WHAT))?;
    match responder.tag() {
        0xA1 => Name::from_der(content).map(|_| None),
        0xA2 => {
            let hash = <&OctetStringRef>::from_der(content).map_err(Error::malformed(WHAT))?;
            Ok(Some(hash.as_bytes().to_vec()))
        }
        _ => Err(Error::broken(WHAT)),
    }
}

fn read_single(single: SingleDer<'_>) -> Result<SingleStatus, Error> {
    if let Some(list) = single.extensions {
        refuse_critical(&ExtensionDer::own("OCSP response extensions", &list)?)?;
    }
    Ok(SingleStatus {
        cert_id: CertId::read(single.cert_id)?,
        status: read_status(single.status)?,
        this_update: single.this_update.0,
        next_update: single.next_update.map(|time| time.0),
    })
}

/// ```asn1
/// RevokedInfo ::= SEQUENCE { revocationTime GeneralizedTime, revocationReason [0] EXPLICIT CRLReason OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct RevokedDer {
    at: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    reason: Option<ReasonDer>,
}

impl FixedTag for RevokedDer {
    const TAG: Tag = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(1),
    };
}

/// CertStatus, as `write_single` has it.
fn read_status(status: Raw<'_>) -> Result<CertStatus, Error> {
    match status.0 {
        [0x80, 0] => Ok(CertStatus::Good),
        [0x82, 0] => Ok(CertStatus::Unknown),
        revoked => {
            let revoked = RevokedDer::from_der(revoked).map_err(Error::malformed("CertStatus"))?;
            let reason = revoked
                .reason
                .map_or(RevocationReason::Unspecified, |reason| reason.0);
            Ok(CertStatus::Revoked {
                at: revoked.at.0,
                reason,
            })
        }
    }
}
