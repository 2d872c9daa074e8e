//! Which certificate is asked for: hashes of its issuer, and its serial (RFC 6960 §4.1.1).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ID_SHA_1, ID_SHA_256, ID_SHA_384};
use der::asn1::OctetStringRef;
use der::{Decode as _, DecodeValue, Sequence};
use sm_engine::{foreign, sm3};

use crate::Error;
use crate::certificate::{Certificate, Serial};
use crate::element::{Integer, Raw};
use crate::writer::{INTEGER, NULL, SEQUENCE, Writer};

const WHAT: &str = "CertID";
/// SM3 (GM/T 0006).
const ID_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401");
/// Longest serial in a CertID: content octets. Longer than a certificate may have, so that it gets an answer.
const SERIAL_LIMIT: usize = 40;

/// Hash algorithms of a CertID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-1: what RFC 5019 clients send. It finds the issuer and protects nothing.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SM3: what Chinese clients send.
    Sm3,
}

impl HashAlgorithm {
    /// Every algorithm that is answered.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sm3];

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => ID_SHA_1,
            Self::Sha256 => ID_SHA_256,
            Self::Sha384 => ID_SHA_384,
            Self::Sm3 => ID_SM3,
        }
    }

    fn hash(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => foreign::sha1(data).to_vec(),
            Self::Sha256 => foreign::sha256(&[data]).to_vec(),
            Self::Sha384 => foreign::sha384(data).to_vec(),
            Self::Sm3 => sm3::digest(data).as_bytes().to_vec(),
        }
    }
}

/// One certificate as a client names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId {
    /// The exact DER, echoed in the answer: the algorithm's parameters may be NULL or absent.
    pub der: Vec<u8>,
    /// The hash of the two next fields.
    pub hash: HashAlgorithm,
    /// Hash of the DER of the issuer's name.
    pub issuer_name_hash: Vec<u8>,
    /// Hash of the content of the issuer's subjectPublicKey.
    pub issuer_key_hash: Vec<u8>,
    /// Content octets of the serial, 1 to 40; may be a number that no certificate has.
    pub serial: Vec<u8>,
}

/// ```asn1
/// CertID ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING, issuerKeyHash OCTET STRING, serialNumber CertificateSerialNumber }
/// ```
#[derive(DecodeValue)]
struct CertIdDer<'a> {
    algorithm: AlgorithmDer<'a>,
    issuer_name_hash: &'a OctetStringRef,
    issuer_key_hash: &'a OctetStringRef,
    serial: Integer<'a>,
}

impl<'a> Sequence<'a> for CertIdDer<'a> {}

/// ```asn1
/// AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
/// ```
#[derive(DecodeValue)]
pub(super) struct AlgorithmDer<'a> {
    pub(super) oid: ObjectIdentifier,
    parameters: Option<der::asn1::AnyRef<'a>>,
}

impl<'a> Sequence<'a> for AlgorithmDer<'a> {}

impl CertId {
    /// The CertID of the certificate that `issuer` issued under `serial`; parameters NULL, as OpenSSL and Java
    /// write them.
    #[must_use]
    pub fn new(hash: HashAlgorithm, issuer: &Certificate, serial: &Serial) -> Self {
        let issuer_name_hash = hash.hash(issuer.subject().der());
        let issuer_key_hash = hash.hash(&issuer.subject_public_key());
        let der = Writer::element(SEQUENCE, 128, |id| {
            id.nested(SEQUENCE, |algorithm| {
                algorithm.oid(&hash.oid());
                algorithm.put(NULL, &[]);
            });
            id.octet_string(&issuer_name_hash);
            id.octet_string(&issuer_key_hash);
            id.put(INTEGER, serial.as_bytes());
        });
        Self {
            der,
            hash,
            issuer_name_hash,
            issuer_key_hash,
            serial: serial.as_bytes().to_vec(),
        }
    }

    /// Reads one CertID.
    ///
    /// # Errors
    /// [`Error::Malformed`]; [`Error::Unsupported`] for
    /// another hash; [`Error::TooLarge`] for a serial above 40 octets.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Self::read(Raw(der))
    }

    pub(super) fn read(raw: Raw<'_>) -> Result<Self, Error> {
        let id = CertIdDer::from_der(raw.0).map_err(Error::malformed(WHAT))?;
        let hash = HashAlgorithm::ALL
            .into_iter()
            .find(|hash| hash.oid() == id.algorithm.oid);
        let hash = hash.ok_or(Error::Unsupported {
            what: "hash algorithm of the CertID",
        })?;
        if !id
            .algorithm
            .parameters
            .is_none_or(|parameters| parameters.is_null())
        {
            return Err(Error::broken("CertID (parameters of the hash algorithm)"));
        }
        Error::check_size("CertID (serial number)", id.serial.0, SERIAL_LIMIT)?;
        Ok(Self {
            der: raw.0.to_vec(),
            hash,
            issuer_name_hash: id.issuer_name_hash.as_bytes().to_vec(),
            issuer_key_hash: id.issuer_key_hash.as_bytes().to_vec(),
            serial: id.serial.0.to_vec(),
        })
    }
}
