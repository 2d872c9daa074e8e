//! PKCS#10 requests (RFC 2986). From a request the public key is taken and nothing else.

use std::fmt;
use std::ops::Range;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc2985::PKCS_9_AT_EXTENSION_REQUEST;
use der::{Decode as _, DecodeValue, Sequence};
use sm_engine::key::{PublicKey, Signature};

use crate::element::Raw;
use crate::name::Name;
use crate::signed::Signed;
use crate::writer::{SEQUENCE, SET, Writer, constructed};
use crate::{Error, algorithm, pem, signed};

const WHAT: &str = "request";
/// `NEW CERTIFICATE REQUEST` is what Java and Windows write.
const LABELS: [&str; 2] = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];
/// Largest request: bytes, PEM or DER.
const SIZE_LIMIT: usize = 16 * 1024;
/// Most attributes of a request.
const ATTRIBUTE_LIMIT: usize = 64;

/// A certification request, parsed; call [`Request::verify`] before believing that the sender has the key.
#[derive(Clone)]
pub struct Request {
    der: Vec<u8>,
    signed: Range<usize>,
    subject: Name,
    public_key: PublicKey,
    key_info: Vec<u8>,
    requests_extensions: bool,
    signature: Signature,
}

/// ```asn1
/// CertificationRequestInfo ::= SEQUENCE { version INTEGER { v1(0) }, subject Name, subjectPKInfo SubjectPublicKeyInfo, attributes [0] IMPLICIT SET OF Attribute }
/// ```
#[derive(DecodeValue)]
struct InfoDer<'a> {
    version: u8,
    subject: Raw<'a>,
    key: Raw<'a>,
    attributes: Raw<'a>,
}

impl<'a> Sequence<'a> for InfoDer<'a> {}

/// ```asn1
/// Attribute ::= SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY }
/// ```
#[derive(DecodeValue)]
struct AttributeDer<'a> {
    oid: ObjectIdentifier,
    values: Raw<'a>,
}

impl<'a> Sequence<'a> for AttributeDer<'a> {}

impl Request {
    /// Reads PEM (`CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`) or DER of at most 16 KiB, strictly.
    /// The signature is not verified here.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Malformed`]; [`Error::Unsupported`] for a key or a signature that is not SM2,
    /// P-256 or RSA as this crate knows them.
    pub fn from_pem_or_der(input: &[u8]) -> Result<Self, Error> {
        Error::check_size(WHAT, input, SIZE_LIMIT)?;
        let der = pem::decode_if_pem(WHAT, &LABELS, input)?;
        let frame = Signed::from_der(WHAT, &der)?;
        let info =
            InfoDer::from_der(frame.tbs.0).map_err(Error::malformed("request (signed part)"))?;
        if info.version != 0 {
            return Err(Error::Unsupported {
                what: "request version",
            });
        }
        let public_key = algorithm::read_key_info(info.key)?;
        let attributes: Vec<AttributeDer<'_>> = info
            .attributes
            .elements()
            .map_err(Error::malformed("request attributes"))?;
        let not_a_set = attributes
            .iter()
            .any(|attribute| attribute.values.tag() != SET);
        if info.attributes.tag() != constructed(0) || not_a_set {
            return Err(Error::broken("request attributes"));
        }
        if attributes.len() > ATTRIBUTE_LIMIT {
            return Err(Error::TooLarge {
                what: "number of request attributes",
                limit: ATTRIBUTE_LIMIT,
            });
        }
        Ok(Self {
            signed: frame.tbs_range(&der),
            subject: Name::from_der(info.subject.0)?,
            key_info: algorithm::key_info(&public_key),
            public_key,
            requests_extensions: attributes
                .iter()
                .any(|one| one.oid == PKCS_9_AT_EXTENSION_REQUEST),
            signature: frame.signature()?,
            der,
        })
    }

    /// Proof of possession: the request is signed with the key that it names.
    ///
    /// # Errors
    /// [`Error::EmptyIdentifier`] where the signature is good under the empty identifier, so that the sender can
    /// be told what to do; else [`Error::Signature`].
    pub fn verify(&self) -> Result<(), Error> {
        let signed = &self.der[self.signed.clone()];
        if self.public_key.verify(signed, &self.signature).is_ok() {
            return Ok(());
        }
        if let (PublicKey::Sm2(key), Signature::Sm2Sm3(signature)) =
            (&self.public_key, &self.signature)
            && key.verifies_with_empty_id(signed, signature)
        {
            return Err(Error::EmptyIdentifier);
        }
        Err(Error::Signature { what: WHAT })
    }

    /// The key that is to be certified.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// DER of the SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.key_info
    }

    /// The name that the sender wrote: information, never the name that is certified.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// Whether the sender asks for extensions, which are not looked at.
    #[must_use]
    pub fn requested_extensions_present(&self) -> bool {
        self.requests_extensions
    }

    /// The DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Makes a request without attributes; `signer` signs with the key, SM2 under the default identifier.
    ///
    /// ```asn1
    /// CertificationRequest ::= SEQUENCE { certificationRequestInfo CertificationRequestInfo, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
    /// ```
    ///
    /// # Errors
    /// What `signer` gives.
    pub fn build<S: Into<Signature>, E>(
        signer: impl Fn(&[u8]) -> Result<S, E>,
        public_key: impl Into<PublicKey>,
        subject: &Name,
    ) -> Result<Vec<u8>, E> {
        let info = Writer::element(SEQUENCE, 256, |info| {
            info.integer(0);
            info.raw(subject.der());
            info.raw(&algorithm::key_info(&public_key.into()));
            // Present even when empty: `A0 00`.
            info.put(constructed(0), &[]);
        });
        Ok(signed::assemble(&info, &signer(&info)?.into()))
    }

    /// One PEM block.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode(LABELS[0], &self.der)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({:?})", self.public_key)
    }
}
