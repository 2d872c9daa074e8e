//! The signature that a client may put under its request (RFC 6960 §4.1.1, §4.1.2).

use der::DecodeValue;
use der::Sequence;
use der::asn1::BitStringRef;

use crate::certificate::Certificate;
use crate::element::Raw;
use crate::{Error, algorithm, signed};

const WHAT: &str = "signature of the OCSP request";
/// Most certificates that come with a request.
const CERTIFICATE_LIMIT: usize = 8;

/// A client's signature. Read for its form only, so that a responder that answers everybody answers also those
/// who sign with what it does not know; [`RequestSignature::verify`] is strict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSignature {
    /// Whether the request names its requestor, as one that is signed must (RFC 6960 §4.1.2).
    pub names_requestor: bool,
    tbs: Vec<u8>,
    algorithm: Vec<u8>,
    value: Vec<u8>,
    certificates: Vec<Vec<u8>>,
}

/// ```asn1
/// Signature ::= SEQUENCE { signatureAlgorithm AlgorithmIdentifier, signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
/// ```
#[derive(DecodeValue)]
pub(super) struct SignatureDer<'a> {
    algorithm: Raw<'a>,
    signature: BitStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    certificates: Option<Vec<Raw<'a>>>,
}

impl<'a> Sequence<'a> for SignatureDer<'a> {}

impl RequestSignature {
    pub(super) fn read(
        tbs: Raw<'_>,
        names_requestor: bool,
        signature: &SignatureDer<'_>,
    ) -> Result<Self, Error> {
        let certificates = signature.certificates.as_deref().unwrap_or_default();
        if certificates.len() > CERTIFICATE_LIMIT {
            return Err(Error::TooLarge {
                what: "number of certificates in an OCSP request",
                limit: CERTIFICATE_LIMIT,
            });
        }
        let value = signature.signature.as_bytes();
        Ok(Self {
            names_requestor,
            tbs: tbs.0.to_vec(),
            algorithm: signature.algorithm.0.to_vec(),
            value: value.ok_or_else(|| Error::broken(WHAT))?.to_vec(),
            certificates: certificates.iter().map(|raw| raw.0.to_vec()).collect(),
        })
    }

    /// The certificate among those that came along whose key made the signature. Whether its holder may ask is not
    /// looked at.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for an algorithm that is not known here; [`Error::Malformed`]; [`Error::Signature`]
    /// where no certificate fits.
    pub fn verify(&self) -> Result<Certificate, Error> {
        let known = algorithm::read_signature_algorithm(Raw(&self.algorithm))?;
        let signature = algorithm::signature_from_bytes(known, &self.value)?;
        self.certificates
            .iter()
            .filter_map(|der| Certificate::from_der(der).ok())
            .find(|signer| signed::verify(WHAT, signer.public_key(), &self.tbs, &signature).is_ok())
            .ok_or(Error::Signature { what: WHAT })
    }
}
