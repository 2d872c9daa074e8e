//! Requests (RFC 6960 §4.1): the first thing that a stranger's bytes meet, so bounded and strict.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc6960::{ID_PKIX_OCSP_NONCE, ID_PKIX_OCSP_PREF_SIG_ALGS};
use der::asn1::OctetStringRef;
use der::{Decode as _, DecodeValue, Sequence};

use super::cert_id::{AlgorithmDer, CertId};
use super::request_signature::{RequestSignature, SignatureDer};
use crate::Error;
use crate::element::Raw;
use crate::extension::{Extension, ExtensionDer};
use crate::writer::{OCTET_STRING, SEQUENCE, Writer, constructed};

const WHAT: &str = "OCSP request";
/// Largest request: bytes.
const SIZE_LIMIT: usize = 64 * 1024;
/// Longest nonce: octets (RFC 9654 §2.1).
const NONCE_LIMIT: usize = 128;
/// Most preferred signature algorithms.
const PREFERRED_LIMIT: usize = 64;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspRequest {
    /// The certificates, in the client's order; at least one.
    pub cert_ids: Vec<CertId>,
    /// Content of the nonce extension's extnValue, exactly as sent: normally an OCTET STRING within. Echo it.
    pub nonce: Option<Vec<u8>>,
    /// Octets of the nonce itself, 1 to 128.
    pub nonce_len: Option<usize>,
    /// Signature algorithms that the client prefers, best first (RFC 6960 §4.4.7); empty where it named none.
    pub preferred: Vec<ObjectIdentifier>,
    /// The client's signature over the request, not yet verified.
    pub signature: Option<RequestSignature>,
}

/// ```asn1
/// OCSPRequest ::= SEQUENCE { tbsRequest TBSRequest, optionalSignature [0] EXPLICIT Signature OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct RequestDer<'a> {
    tbs: Raw<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    signature: Option<SignatureDer<'a>>,
}

impl<'a> Sequence<'a> for RequestDer<'a> {}

/// ```asn1
/// TBSRequest ::= SEQUENCE { version [0] EXPLICIT Version DEFAULT v1, requestorName [1] EXPLICIT GeneralName OPTIONAL, requestList SEQUENCE OF Request, requestExtensions [2] EXPLICIT Extensions OPTIONAL }
/// ```
///
/// `version` is not read: v1 is the only one and, being the default, is not written.
#[derive(DecodeValue)]
struct TbsDer<'a> {
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    requestor: Option<der::asn1::AnyRef<'a>>,
    list: Vec<SingleDer<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<ExtensionDer<'a>>>,
}

impl<'a> Sequence<'a> for TbsDer<'a> {}

/// ```asn1
/// Request ::= SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct SingleDer<'a> {
    cert_id: Raw<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<ExtensionDer<'a>>>,
}

impl<'a> Sequence<'a> for SingleDer<'a> {}

impl OcspRequest {
    /// Reads strict DER of at most 64 KiB that asks for 1 to `max_cert_ids` certificates. Extensions other than
    /// the nonce are skipped where they are not critical.
    ///
    /// # Errors
    /// [`Error::TooLarge`]; [`Error::Malformed`], also for a nonce of 0 or more than 128 octets (RFC 9654) and
    /// for a critical extension; [`Error::Unsupported`] for a CertID with a hash that is not answered.
    pub fn from_der(der: &[u8], max_cert_ids: usize) -> Result<Self, Error> {
        Error::check_size(WHAT, der, SIZE_LIMIT)?;
        let RequestDer { tbs, signature } =
            RequestDer::from_der(der).map_err(Error::malformed(WHAT))?;
        let signed = tbs;
        let tbs = TbsDer::from_der(tbs.0).map_err(Error::malformed(WHAT))?;
        if tbs.list.is_empty() {
            return Err(Error::broken("OCSP request (no certificate is asked for)"));
        }
        if tbs.list.len() > max_cert_ids {
            return Err(Error::TooLarge {
                what: "number of certificates in an OCSP request",
                limit: max_cert_ids,
            });
        }
        let extensions = tbs
            .extensions
            .map(|list| RequestExtensions::read(&list))
            .transpose()?
            .unwrap_or_default();
        let mut cert_ids = Vec::with_capacity(tbs.list.len());
        for single in tbs.list {
            if let Some(list) = single.extensions {
                refuse_critical(&ExtensionDer::own("OCSP request extensions", &list)?)?;
            }
            cert_ids.push(CertId::read(single.cert_id)?);
        }
        Ok(Self {
            cert_ids,
            nonce_len: extensions.nonce.as_deref().map(nonce_len),
            nonce: extensions.nonce,
            preferred: extensions.preferred,
            signature: signature
                .map(|signature| {
                    RequestSignature::read(signed, tbs.requestor.is_some(), &signature)
                })
                .transpose()?,
        })
    }

    /// The CertID of a request that asks for one certificate and says nothing else: its bytes, whatever they are,
    /// within their four headers. Most requests are of this kind, and their answer depends on nothing more.
    /// `None` for every other request and for what is none.
    #[must_use]
    pub fn sole_cert_id(der: &[u8]) -> Option<&[u8]> {
        let request = sole_element(der)?;
        let tbs = sole_element(request)?;
        let list = sole_element(tbs)?;
        let single = sole_element(list)?;
        sole_element(single).map(|_| single)
    }

    /// Makes an unsigned request; `nonce` is the nonce itself, which is wrapped as RFC 9654 §2.1 says.
    #[must_use]
    pub fn build(cert_ids: &[CertId], nonce: Option<&[u8]>) -> Vec<u8> {
        Writer::element(SEQUENCE, 256, |request| {
            request.nested(SEQUENCE, |tbs| {
                tbs.nested(SEQUENCE, |list| {
                    for id in cert_ids {
                        list.nested(SEQUENCE, |single| single.raw(&id.der));
                    }
                });
                if let Some(nonce) = nonce {
                    let value =
                        Writer::element(OCTET_STRING, nonce.len(), |value| value.raw(nonce));
                    tbs.nested(constructed(2), |explicit| {
                        explicit.nested(SEQUENCE, |list| nonce_extension(&value).write(list));
                    });
                }
            });
        })
    }
}

/// The nonce extension; `value` is the content of its extnValue, as [`OcspRequest::nonce`] has it.
///
/// ```asn1
/// Nonce ::= OCTET STRING (SIZE (1..128))
/// ```
#[must_use]
pub fn nonce_extension(value: &[u8]) -> Extension {
    Extension {
        oid: ID_PKIX_OCSP_NONCE,
        critical: false,
        value: value.to_vec(),
    }
}

/// What the extensions of a request say, as far as it is understood here.
#[derive(Default)]
struct RequestExtensions {
    nonce: Option<Vec<u8>>,
    preferred: Vec<ObjectIdentifier>,
}

impl RequestExtensions {
    fn read(list: &[ExtensionDer<'_>]) -> Result<Self, Error> {
        let mut read = Self::default();
        let extensions = ExtensionDer::own("OCSP extensions", list)?;
        for extension in extensions {
            if extension.oid == ID_PKIX_OCSP_NONCE {
                read.nonce = Some(checked_nonce(extension.value)?);
            } else if extension.oid == ID_PKIX_OCSP_PREF_SIG_ALGS {
                read.preferred = preferred(&extension.value)?;
            } else {
                refuse_critical(&[extension])?;
            }
        }
        Ok(read)
    }
}

/// ```asn1
/// PreferredSignatureAlgorithms ::= SEQUENCE OF PreferredSignatureAlgorithm
/// PreferredSignatureAlgorithm ::= SEQUENCE { sigIdentifier AlgorithmIdentifier, pubKeyAlgIdentifier SMIMECapability OPTIONAL }
/// ```
fn preferred(value: &[u8]) -> Result<Vec<ObjectIdentifier>, Error> {
    const WHAT: &str = "preferred signature algorithms";
    let list = Vec::<PreferredDer<'_>>::from_der(value).map_err(Error::malformed(WHAT))?;
    if list.len() > PREFERRED_LIMIT {
        return Err(Error::TooLarge {
            what: "number of preferred signature algorithms",
            limit: PREFERRED_LIMIT,
        });
    }
    Ok(list
        .into_iter()
        .map(|preferred| preferred.signature.oid)
        .collect())
}

#[derive(DecodeValue)]
#[allow(dead_code)] // the key's algorithm is read for its form only
struct PreferredDer<'a> {
    signature: AlgorithmDer<'a>,
    key: Option<der::asn1::AnyRef<'a>>,
}

impl<'a> Sequence<'a> for PreferredDer<'a> {}

/// The nonce among the extensions of a response; refuses one of a wrong length and what is critical.
pub(super) fn nonce(list: &[ExtensionDer<'_>]) -> Result<Option<Vec<u8>>, Error> {
    RequestExtensions::read(list).map(|extensions| extensions.nonce)
}

fn checked_nonce(value: Vec<u8>) -> Result<Vec<u8>, Error> {
    if !(1..=NONCE_LIMIT).contains(&nonce_len(&value)) {
        return Err(Error::broken("OCSP nonce (not 1 to 128 octets)"));
    }
    Ok(value)
}

/// The content of a SEQUENCE that is all of `der`, of at most 255 octets, its length minimal.
fn sole_element(der: &[u8]) -> Option<&[u8]> {
    match der {
        [SEQUENCE, length @ ..=0x7F, content @ ..]
        | [SEQUENCE, 0x81, length @ 0x80..=0xFF, content @ ..] => {
            (usize::from(*length) == content.len()).then_some(content)
        }
        _ => None,
    }
}

/// Octets of a nonce; old clients send it without the inner OCTET STRING.
fn nonce_len(value: &[u8]) -> usize {
    <&OctetStringRef>::from_der(value).map_or(value.len(), |inner| inner.as_bytes().len())
}

/// Nothing here understands a critical extension (RFC 6960 §4.4).
pub(super) fn refuse_critical(extensions: &[Extension]) -> Result<(), Error> {
    if extensions.iter().any(|extension| extension.critical) {
        return Err(Error::broken(
            "OCSP extensions (critical and not understood)",
        ));
    }
    Ok(())
}
