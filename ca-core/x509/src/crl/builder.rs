//! Making a list.

use const_oid::db::rfc5280 as pkix;
use sm_engine::key::{Algorithm, Signature};

use super::{CrlEntry, CrlScope, EncodedEntry, RevocationReason};
use crate::algorithm;
use crate::extension;
use crate::name::Name;
use crate::time::Time;
use crate::writer::{OCTET_STRING, SEQUENCE, Writer, constructed};
use crate::{Error, signed};

/// What a list says beside its entries, before its signature.
#[derive(Clone, Debug)]
pub struct CrlBuilder {
    /// How the issuing authority signs.
    pub signature_algorithm: Algorithm,
    /// The issuing authority's subject, whose bytes are copied.
    pub issuer: Name,
    /// The issuing authority's own subjectKeyIdentifier, never its authorityKeyIdentifier: those differ for
    /// every authority but the root, and clients then find no list for its certificates.
    pub authority_key_id: Vec<u8>,
    /// cRLNumber: higher than on every earlier list of this authority and scope.
    pub number: u64,
    /// When the list is made.
    pub this_update: Time,
    /// When the next one will be there at the latest.
    pub next_update: Time,
    /// Which certificates it is about.
    pub scope: CrlScope,
}

impl CrlBuilder {
    /// The DER to be signed, of entries in any order; written in the order of their serials. revokedCertificates is
    /// absent where there are no entries (RFC 5280 §5.1.2.6).
    ///
    /// # Errors
    /// As [`Self::frame`]; also for a serial twice, for times outside 1950 to 9999, and for removeFromCRL on a list
    /// that is no delta.
    pub fn to_tbs_der(&self, entries: &[CrlEntry]) -> Result<Vec<u8>, Error> {
        let mut encoded = entries
            .iter()
            .map(EncodedEntry::new)
            .collect::<Result<Vec<_>, _>>()?;
        encoded.sort_unstable();
        if encoded
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.serial() == b.serial()))
        {
            return Err(Error::Value {
                what: "CRL entries",
                reason: "hold a serial twice",
            });
        }
        let removed = encoded
            .iter()
            .any(|entry| entry.reason() == RevocationReason::RemoveFromCrl);
        if removed && self.scope.delta_base.is_none() {
            return Err(Error::Value {
                what: "CRL entries",
                reason: "removeFromCRL belongs into delta lists only",
            });
        }
        let length = encoded.iter().map(|entry| entry.der().len()).sum();
        let frame = self.frame(length)?;
        let entries = encoded.iter().map(EncodedEntry::der);
        let pieces = [frame.head()].into_iter().chain(entries);
        Ok(pieces.chain([frame.tail()]).collect::<Vec<_>>().concat())
    }

    /// What stands around entries that are encoded already, `length` bytes in all. The caller sees to it that they stand
    /// in the order of their serials, no serial twice, and that removeFromCRL stands in a delta only.
    ///
    /// # Errors
    /// [`Error::Value`] for an empty issuer, a key identifier that is empty or longer than 64 bytes, a
    /// nextUpdate not after thisUpdate, times outside 1950 to 9999, or a base that is not below the number.
    pub fn frame(&self, length: usize) -> Result<CrlFrame, Error> {
        self.check()?;
        let mut head = Writer::elements(|head| {
            head.integer(1);
            head.raw(algorithm::signature_algorithm(self.signature_algorithm));
            head.raw(self.issuer.der());
            self.this_update.write(head);
            self.next_update.write(head);
        });
        let tail = Writer::elements(|tail| {
            tail.nested(constructed(0), |explicit| {
                explicit.nested(SEQUENCE, |list| {
                    extension::authority_key_id(&self.authority_key_id).write(list);
                    write_number(list, self.number);
                    self.scope.write(list);
                });
            });
        });
        if length > 0 {
            head.extend(Writer::header(SEQUENCE, length));
        }
        let content = head.len() + length + tail.len();
        head.splice(0..0, Writer::header(SEQUENCE, content));
        Ok(CrlFrame { head, length, tail })
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
        if ![self.this_update, self.next_update]
            .into_iter()
            .all(Time::is_encodable)
        {
            return Err(Error::Value {
                what: "CRL times",
                reason: "are outside the years 1950 to 9999",
            });
        }
        if self
            .scope
            .delta_base
            .is_some_and(|base| base >= self.number)
        {
            return Err(Error::Value {
                what: "CRL base",
                reason: "is not below the number of the delta list",
            });
        }
        Ok(())
    }
}

/// A list but for its entries, which are many: they are written between [`Self::head`] and [`Self::tail`] by whoever
/// has them, to the hash that is signed and to the place where the list is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlFrame {
    head: Vec<u8>,
    length: usize,
    tail: Vec<u8>,
}

impl CrlFrame {
    /// What stands before the entries; of an unsigned list, before those of the DER to be signed.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// What stands behind them.
    #[must_use]
    pub fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// Bytes of the whole.
    #[must_use]
    pub fn len(&self) -> usize {
        self.head
            .len()
            .saturating_add(self.length)
            .saturating_add(self.tail.len())
    }

    /// Whether there is nothing, which is not so of any list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frame of the whole list: around the DER that was signed, its signature. Verifies nothing.
    #[must_use]
    pub fn signed(self, signature: &Signature) -> Self {
        let length = self.len();
        let Self {
            mut head, mut tail, ..
        } = self;
        let trailer = signed::trailer(signature);
        head.splice(0..0, Writer::header(SEQUENCE, length + trailer.len()));
        tail.extend(trailer);
        Self {
            head,
            length: self.length,
            tail,
        }
    }
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
