//! The part of a certificate that is approved, recorded and signed.

use sm_engine::key::{Algorithm, PublicKey, Signature};
use sm_engine::sm3;

use super::{SIZE_LIMIT, Serial, WHAT};
use crate::algorithm;
use crate::extension::{Extension, Understood};
use crate::name::Name;
use crate::time::Time;
use crate::writer::{INTEGER, SEQUENCE, Writer, constructed};
use crate::{Error, signed};

/// Everything that a certificate says, before its signature.
#[derive(Clone, Debug)]
pub struct TbsCertificate {
    /// serialNumber.
    pub serial: Serial,
    /// How the issuer signs.
    pub signature_algorithm: Algorithm,
    /// The issuer's subject, whose bytes are copied.
    pub issuer: Name,
    /// First second of validity.
    pub not_before: Time,
    /// Last second of validity.
    pub not_after: Time,
    /// Whom the certificate names.
    pub subject: Name,
    /// The subject's key.
    pub public_key: PublicKey,
    /// Extensions, written in this order.
    pub extensions: Vec<Extension>,
}

impl TbsCertificate {
    /// The DER to be signed: version 3.
    ///
    /// # Errors
    /// [`Error::Value`] for an empty issuer or subject, an end before the start, a time before 1950 or after
    /// 9999, no extension; [`Error::Malformed`] for an extension that this crate could not read back, or one
    /// that is there twice; [`Error::TooLarge`] where the certificate would exceed 16 KiB.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        for (what, name) in [("issuer", &self.issuer), ("subject", &self.subject)] {
            if name.is_empty() {
                return Err(Error::Value {
                    what,
                    reason: "is empty",
                });
            }
        }
        if !self.not_before.is_encodable() || !self.not_after.is_encodable() {
            return Err(Error::Value {
                what: "validity",
                reason: "is outside the years 1950 to 9999",
            });
        }
        if self.not_after < self.not_before {
            return Err(Error::Value {
                what: "validity",
                reason: "ends before it begins",
            });
        }
        if self.extensions.is_empty() {
            return Err(Error::Value {
                what: "extensions",
                reason: "are missing",
            });
        }
        Understood::read(&self.extensions)?;
        for (index, extension) in self.extensions.iter().enumerate() {
            if self.extensions[..index]
                .iter()
                .any(|earlier| earlier.oid == extension.oid)
            {
                return Err(Error::broken("certificate extensions"));
            }
        }
        let der = self.encode(self.serial.as_bytes(), self.not_before, self.not_after);
        // Room for the frame: algorithm, signature of at most 512 bytes, headers.
        Error::check_size(WHAT, &der, SIZE_LIMIT - 640)?;
        Ok(der)
    }

    /// What an officer approves: SM3 over the DER in which the serial is 0, notBefore is 1970-01-01T00:00:00Z
    /// and notAfter as many seconds later as the validity is long. Everything but serial and exact start is
    /// fixed by it. Two invalid templates may share a digest; [`TbsCertificate::to_der`] refuses both.
    #[must_use]
    pub fn template_digest(&self) -> sm3::Digest {
        let length = self.not_after.0.saturating_sub(self.not_before.0);
        sm3::digest(&self.encode(&[0], Time(0), Time(length)))
    }

    fn encode(&self, serial: &[u8], not_before: Time, not_after: Time) -> Vec<u8> {
        Writer::element(SEQUENCE, 768, |tbs| {
            tbs.nested(constructed(0), |version| version.integer(2));
            tbs.put(INTEGER, serial);
            tbs.raw(algorithm::signature_algorithm(self.signature_algorithm));
            tbs.raw(self.issuer.der());
            tbs.nested(SEQUENCE, |validity| {
                not_before.write(validity);
                not_after.write(validity);
            });
            tbs.raw(self.subject.der());
            tbs.raw(&algorithm::key_info(&self.public_key));
            tbs.nested(constructed(3), |explicit| {
                explicit.nested(SEQUENCE, |list| {
                    self.extensions
                        .iter()
                        .for_each(|extension| extension.write(list))
                });
            });
        })
    }
}

/// The certificate: these exact bytes, the algorithm, the signature. Verifies nothing.
///
/// ```asn1
/// Certificate ::= SEQUENCE { tbsCertificate TBSCertificate, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
/// ```
///
/// # Errors
/// What [`Certificate::from_der`](super::Certificate::from_der) refuses, so that nothing leaves which could not be read back.
pub fn assemble_certificate(tbs_der: &[u8], signature: &Signature) -> Result<Vec<u8>, Error> {
    let der = signed::assemble(tbs_der, signature);
    super::Certificate::from_der(&der).map(|_| der)
}
