//! Certificates (RFC 5280 §4, GM/T 0015): a parsed view over the exact DER, and the bytes to be signed.
//!
//! Only what this system can stand behind is read: version 3; keys and signatures of SM2, P-256 or RSA. Reading
//! verifies no signature; that is [`Certificate::verify_signature`] or [`crate::path::validate`].

mod serial;
mod tbs;

use std::fmt;
use std::ops::Range;

use const_oid::ObjectIdentifier;
use der::{Decode as _, DecodeValue, Sequence};
use sm_engine::key::{Algorithm, PublicKey, Signature};
use sm_engine::sm3;

use crate::element::{Integer, Raw};
use crate::extension::{BasicConstraints, Extension, ExtensionDer, KeyUsage, Understood};
use crate::name::Name;
use crate::signed::Signed;
use crate::time::{AnyTime, Time};
use crate::{Error, algorithm, pem, signed};

pub use serial::Serial;
pub use tbs::{TbsCertificate, assemble_certificate};

const WHAT: &str = "certificate";
const LABEL: &str = "CERTIFICATE";
/// Largest certificate: bytes of DER.
const SIZE_LIMIT: usize = 16 * 1024;
/// Largest text that is searched for a PEM block: bytes.
const TEXT_LIMIT: usize = 64 * 1024;

/// A certificate, owned and parsed. `Debug` prints serial and subject only; `==` compares the DER.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Range<usize>,
    key_info: Vec<u8>,
    serial: Serial,
    issuer: Name,
    subject: Name,
    not_before: Time,
    not_after: Time,
    public_key: PublicKey,
    extensions: Vec<Extension>,
    understood: Understood,
    signature: Signature,
}

/// ```asn1
/// TBSCertificate ::= SEQUENCE { version [0] EXPLICIT INTEGER DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier, issuer Name, validity SEQUENCE { notBefore Time, notAfter Time }, subject Name, subjectPublicKeyInfo SubjectPublicKeyInfo, issuerUniqueID [1] …, subjectUniqueID [2] …, extensions [3] EXPLICIT SEQUENCE SIZE (1..MAX) OF Extension OPTIONAL }
/// ```
///
/// Unique identifiers are not read: GM/T 0015 and RFC 5280 §4.1.2.8 forbid to write them.
#[derive(DecodeValue)]
struct TbsDer<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    version: Option<u8>,
    serial: Integer<'a>,
    algorithm: Raw<'a>,
    issuer: Raw<'a>,
    validity: ValidityDer,
    subject: Raw<'a>,
    key: Raw<'a>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<ExtensionDer<'a>>>,
}

impl<'a> Sequence<'a> for TbsDer<'a> {}

/// ```asn1
/// Validity ::= SEQUENCE { notBefore Time, notAfter Time }
/// ```
#[derive(DecodeValue)]
struct ValidityDer {
    not_before: AnyTime,
    not_after: AnyTime,
}

impl Sequence<'_> for ValidityDer {}

impl Certificate {
    /// Reads strict DER of at most 16 KiB: version 3, a known key, one and the same known signature algorithm
    /// inside and outside, every extension at most once, and those that this crate knows well formed.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Malformed`], [`Error::Unsupported`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Error::check_size(WHAT, der, SIZE_LIMIT)?;
        let frame = Signed::from_der(WHAT, der)?;
        let tbs =
            TbsDer::from_der(frame.tbs.0).map_err(Error::malformed("certificate (signed part)"))?;
        if tbs.version != Some(2) {
            return Err(Error::Unsupported {
                what: "certificate version: only v3 is accepted",
            });
        }
        if tbs.algorithm != frame.algorithm {
            return Err(Error::broken(
                "signature algorithm (inner and outer differ)",
            ));
        }
        let public_key = algorithm::read_key_info(tbs.key)?;
        let (not_before, not_after) = (tbs.validity.not_before.0, tbs.validity.not_after.0);
        if not_after < not_before {
            return Err(Error::broken("validity"));
        }
        let extensions = tbs
            .extensions
            .map(|list| ExtensionDer::own("certificate extensions", &list))
            .transpose()?;
        let extensions = extensions.unwrap_or_default();
        Ok(Self {
            tbs: frame.tbs_range(der),
            key_info: algorithm::key_info(&public_key),
            serial: Serial::from_bytes(tbs.serial.0)?,
            issuer: Name::from_der(tbs.issuer.0)?,
            subject: Name::from_der(tbs.subject.0)?,
            not_before,
            not_after,
            public_key,
            understood: Understood::read(&extensions)?,
            extensions,
            signature: frame.signature()?,
            der: der.to_vec(),
        })
    }

    /// Reads the first `CERTIFICATE` block of a text of at most 64 KiB.
    ///
    /// # Errors
    /// As [`Certificate::from_der`]; [`Error::Malformed`] where there is no block.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        Error::check_size(WHAT, text.as_bytes(), TEXT_LIMIT)?;
        Self::from_der(&pem::decode(WHAT, &[LABEL], text)?)
    }

    /// Reads either, whichever it is.
    ///
    /// # Errors
    /// As [`Certificate::from_der`] and [`Certificate::from_pem`].
    pub fn from_pem_or_der(input: &[u8]) -> Result<Self, Error> {
        Error::check_size(WHAT, input, TEXT_LIMIT)?;
        Self::from_der(&pem::decode_if_pem(WHAT, &[LABEL], input)?)
    }

    /// The DER, exactly as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// One PEM block.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode(LABEL, &self.der)
    }

    /// The exact bytes that were signed.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        &self.der[self.tbs.clone()]
    }

    /// serialNumber.
    #[must_use]
    pub fn serial(&self) -> &Serial {
        &self.serial
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whom it names.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// First second of its validity.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.not_before
    }

    /// Last second of its validity.
    #[must_use]
    pub fn not_after(&self) -> Time {
        self.not_after
    }

    /// The subject's key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// DER of the SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.key_info
    }

    /// Content of subjectPublicKey, `04 || X || Y` or an `RSAPublicKey`: what CertIDs and key identifiers hash.
    #[must_use]
    pub fn subject_public_key(&self) -> Vec<u8> {
        self.public_key.to_bytes()
    }

    /// How the issuer signed it.
    #[must_use]
    pub fn signature_algorithm(&self) -> Algorithm {
        self.signature.algorithm()
    }

    /// All extensions, in the order of the DER.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The extension of this type.
    #[must_use]
    pub fn extension(&self, oid: &ObjectIdentifier) -> Option<&Extension> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == *oid)
    }

    /// keyUsage; `None` where absent.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.understood.key_usage
    }

    /// basicConstraints; `None` where absent.
    #[must_use]
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.understood.basic_constraints
    }

    /// extKeyUsage; empty where absent.
    #[must_use]
    pub fn extended_key_usage(&self) -> Vec<ObjectIdentifier> {
        self.understood.extended_key_usage.clone()
    }

    /// subjectKeyIdentifier.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.understood.subject_key_id.as_deref()
    }

    /// keyIdentifier of authorityKeyIdentifier.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.understood.authority_key_id.as_deref()
    }

    /// subjectAltName, each as [`GeneralName`](crate::extension::GeneralName) prints it: `DNS:…`, `IP:…`.
    #[must_use]
    pub fn subject_alt_names(&self) -> Vec<String> {
        self.understood.subject_alt_names.clone()
    }

    /// URLs of cRLDistributionPoints.
    #[must_use]
    pub fn crl_distribution_points(&self) -> Vec<String> {
        self.understood.crl_distribution_points.clone()
    }

    /// URLs of OCSP responders in authorityInfoAccess.
    #[must_use]
    pub fn ocsp_urls(&self) -> Vec<String> {
        self.understood.ocsp_urls.clone()
    }

    /// URLs of the issuer's certificate in authorityInfoAccess.
    #[must_use]
    pub fn ca_issuers(&self) -> Vec<String> {
        self.understood.ca_issuers.clone()
    }

    /// OrganizationCode of GM/T 0015: the unified social credit code.
    #[must_use]
    pub fn organization_code(&self) -> Option<&str> {
        self.understood.organization_code.as_deref()
    }

    /// SM3 of the DER.
    #[must_use]
    pub fn fingerprint(&self) -> sm3::Digest {
        sm3::digest(&self.der)
    }

    /// The signature over [`Certificate::tbs`].
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Verifies the signature with the issuer's key, and nothing else.
    ///
    /// # Errors
    /// [`Error::Signature`].
    pub fn verify_signature(&self, issuer: &PublicKey) -> Result<(), Error> {
        signed::verify(WHAT, issuer, self.tbs(), &self.signature)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.serial, self.subject)
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}
