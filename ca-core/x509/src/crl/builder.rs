//! Making a full CRL.

use const_oid::db::rfc5280 as pkix;
use sm_engine::sm2::Signature;

use super::{CrlEntry, RevocationReason};
use crate::algorithm::SM2_WITH_SM3;
use crate::extension;
use crate::name::Name;
use crate::time::Time;
use crate::writer::{ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, Writer, constructed};
use crate::{Error, signed};

/// What a full CRL says, before its signature.
#[derive(Clone, Debug)]
pub struct CrlBuilder {
    /// The issuing authority's subject, whose bytes are copied.
    pub issuer: Name,
    /// The issuing authority's own subjectKeyIdentifier, never its authorityKeyIdentifier: those differ for
    /// every authority but the root, and clients then find no list for its certificates.
    pub authority_key_id: Vec<u8>,
    /// cRLNumber: higher than on every earlier list of this authority.
    pub number: u64,
    /// When the list is made.
    pub this_update: Time,
    /// When the next one will be there at the latest.
    pub next_update: Time,
    /// Entries in any order; written in the order of their serials.
    pub entries: Vec<CrlEntry>,
}

impl CrlBuilder {
    /// The DER to be signed. revokedCertificates is absent where there are no entries (RFC 5280 §5.1.2.6).
    ///
    /// # Errors
    /// [`Error::Value`] for an empty issuer, a key identifier that is empty or longer than 64 bytes, a
    /// nextUpdate not after thisUpdate, times outside 1950 to 9999, a serial twice, or removeFromCRL.
    pub fn to_tbs_der(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        let mut entries: Vec<&CrlEntry> = self.entries.iter().collect();
        entries.sort_by(|a, b| a.serial.cmp(&b.serial));
        if entries
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.serial == b.serial))
        {
            return Err(Error::Value {
                what: "CRL entries",
                reason: "hold a serial twice",
            });
        }
        let capacity = entries.len().saturating_mul(56).saturating_add(512);
        Ok(Writer::element(SEQUENCE, capacity, |tbs| {
            tbs.integer(1);
            tbs.raw(&SM2_WITH_SM3);
            tbs.raw(self.issuer.der());
            self.this_update.write(tbs);
            self.next_update.write(tbs);
            if !entries.is_empty() {
                tbs.nested(SEQUENCE, |list| {
                    entries.iter().for_each(|entry| write_entry(list, entry))
                });
            }
            tbs.nested(constructed(0), |explicit| {
                explicit.nested(SEQUENCE, |list| {
                    extension::authority_key_id(&self.authority_key_id).write(list);
                    write_number(list, self.number);
                });
            });
        }))
    }

    fn check(&self) -> Result<(), Error> {
        if self.issuer.is_empty() {
            return Err(Error::Value {
                what: "CRL issuer",
                reason: "is empty",
            });
        }
        if !(1..=64).contains(&self.authority_key_id.len()) {
            return Err(Error::Value {
                what: "CRL authorityKeyIdentifier",
                reason: "is not 1 to 64 bytes long",
            });
        }
        if self.next_update <= self.this_update {
            return Err(Error::Value {
                what: "CRL nextUpdate",
                reason: "is not after thisUpdate",
            });
        }
        let revocations = self.entries.iter().map(|entry| entry.revoked_at);
        if ![self.this_update, self.next_update]
            .into_iter()
            .chain(revocations)
            .all(Time::is_encodable)
        {
            return Err(Error::Value {
                what: "CRL times",
                reason: "are outside the years 1950 to 9999",
            });
        }
        if self
            .entries
            .iter()
            .any(|entry| entry.reason == RevocationReason::RemoveFromCrl)
        {
            return Err(Error::Value {
                what: "CRL entries",
                reason: "removeFromCRL belongs into delta lists only",
            });
        }
        Ok(())
    }
}

fn write_entry(list: &mut Writer, entry: &CrlEntry) {
    list.nested(SEQUENCE, |element| {
        element.put(INTEGER, entry.serial.as_bytes());
        entry.revoked_at.write(element);
        if entry.reason != RevocationReason::Unspecified {
            element.nested(SEQUENCE, |extensions| {
                extensions.nested(SEQUENCE, |extension| {
                    extension.oid(&pkix::ID_CE_CRL_REASONS);
                    extension.nested(OCTET_STRING, |value| {
                        value.put(ENUMERATED, &[entry.reason.code()])
                    });
                });
            });
        }
    });
}

/// ```asn1
/// CRLNumber ::= INTEGER (0..MAX)
/// ```
fn write_number(list: &mut Writer, number: u64) {
    list.nested(SEQUENCE, |extension| {
        extension.oid(&pkix::ID_CE_CRL_NUMBER);
        extension.nested(OCTET_STRING, |value| value.integer(number));
    });
}

/// The list: these exact bytes, the algorithm, the signature. Verifies nothing.
///
/// ```asn1
/// CertificateList ::= SEQUENCE { tbsCertList TBSCertList, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
/// ```
#[must_use]
pub fn assemble_crl(tbs_der: &[u8], signature: &Signature) -> Vec<u8> {
    signed::assemble(tbs_der, signature)
}
