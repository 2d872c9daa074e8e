//! Requests (RFC 6960 §4.1): the first thing that a stranger's bytes meet, so bounded and strict.

use const_oid::db::rfc6960::ID_PKIX_OCSP_NONCE;
use der::asn1::OctetStringRef;
use der::{Decode as _, DecodeValue, Sequence};

use super::cert_id::CertId;
use crate::Error;
use crate::element::Raw;
use crate::extension::{Extension, ExtensionDer};
use crate::writer::{OCTET_STRING, SEQUENCE, Writer, constructed};

const WHAT: &str = "OCSP request";
/// Largest request: bytes.
const SIZE_LIMIT: usize = 64 * 1024;
/// Longest nonce: octets (RFC 9654 §2.1).
const NONCE_LIMIT: usize = 128;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspRequest {
    /// The certificates, in the client's order; at least one.
    pub cert_ids: Vec<CertId>,
    /// Content of the nonce extension's extnValue, exactly as sent: normally an OCTET STRING within. Echo it.
    pub nonce: Option<Vec<u8>>,
    /// Octets of the nonce itself, 1 to 128.
    pub nonce_len: Option<usize>,
    /// Whether the request carries a signature, which is not looked at.
    pub signed: bool,
}

/// ```asn1
/// OCSPRequest ::= SEQUENCE { tbsRequest TBSRequest, optionalSignature [0] EXPLICIT Signature OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct RequestDer<'a> {
    tbs: TbsDer<'a>,
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
#[allow(dead_code)] // the requestor's name is read for its form only
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

/// ```asn1
/// Signature ::= SEQUENCE { signatureAlgorithm AlgorithmIdentifier, signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
/// ```
#[derive(DecodeValue)]
#[allow(dead_code)] // read for its form only
struct SignatureDer<'a> {
    algorithm: Raw<'a>,
    signature: der::asn1::BitStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    certificates: Option<Vec<Raw<'a>>>,
}

impl<'a> Sequence<'a> for SignatureDer<'a> {}

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
        if tbs.list.is_empty() {
            return Err(Error::broken("OCSP request (no certificate is asked for)"));
        }
        if tbs.list.len() > max_cert_ids {
            return Err(Error::TooLarge {
                what: "number of certificates in an OCSP request",
                limit: max_cert_ids,
            });
        }
        let nonce = tbs
            .extensions
            .map(|list| nonce(&list))
            .transpose()?
            .flatten();
        let mut cert_ids = Vec::with_capacity(tbs.list.len());
        for single in tbs.list {
            if let Some(list) = single.extensions {
                refuse_critical(&ExtensionDer::own("OCSP request extensions", &list)?)?;
            }
            cert_ids.push(CertId::read(single.cert_id)?);
        }
        Ok(Self {
            cert_ids,
            nonce_len: nonce.as_deref().map(nonce_len),
            nonce,
            signed: signature.is_some(),
        })
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
                    tbs.nested(constructed(2), |explicit| write_nonce(explicit, &value));
                }
            });
        })
    }
}

/// Appends `Extensions` that hold the nonce alone; `value` is the content of its extnValue.
///
/// ```asn1
/// Nonce ::= OCTET STRING (SIZE (1..128))
/// ```
pub(super) fn write_nonce(explicit: &mut Writer, value: &[u8]) {
    explicit.nested(SEQUENCE, |list| {
        list.nested(SEQUENCE, |extension| {
            extension.oid(&ID_PKIX_OCSP_NONCE);
            extension.octet_string(value);
        });
    });
}

/// Finds the nonce among the extensions of a message; refuses one of a wrong length and what is critical.
pub(super) fn nonce(list: &[ExtensionDer<'_>]) -> Result<Option<Vec<u8>>, Error> {
    let mut extensions = ExtensionDer::own("OCSP extensions", list)?;
    let position = extensions
        .iter()
        .position(|extension| extension.oid == ID_PKIX_OCSP_NONCE);
    let nonce = position.map(|index| extensions.swap_remove(index).value);
    refuse_critical(&extensions)?;
    if let Some(value) = &nonce
        && !(1..=NONCE_LIMIT).contains(&nonce_len(value))
    {
        return Err(Error::broken("OCSP nonce (not 1 to 128 octets)"));
    }
    Ok(nonce)
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
