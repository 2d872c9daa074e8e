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

/// Room for the header around the whole list: tag, and a length of at most eight bytes behind its own.
const FRAME: usize = 10;
/// Room for a header, and for algorithm and signature.
const HEADER: usize = 10;
const SIGNED: usize = 560;

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
    /// As [`Self::unsigned`]; also for a serial twice, for times outside 1950 to 9999, and for removeFromCRL on a list
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
        let list = self.unsigned(length, encoded.iter().map(EncodedEntry::der))?;
        Ok(list.tbs().to_vec())
    }

    /// The list up to its signature, in one buffer which takes that too: of entries that are encoded already, in the
    /// order in which they are written, `length` bytes in all. The caller sees to it that no serial stands twice and
    /// that removeFromCRL stands in a delta only.
    ///
    /// # Errors
    /// [`Error::Value`] for an empty issuer, a key identifier that is empty or longer than 64 bytes, a
    /// nextUpdate not after thisUpdate, times outside 1950 to 9999, a base that is not below the number, or entries of
    /// another length.
    pub fn unsigned<'a>(
        &self,
        length: usize,
        entries: impl Iterator<Item = &'a [u8]>,
    ) -> Result<UnsignedCrl, Error> {
        self.check()?;
        let head = Writer::elements(|head| {
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
        let header = match length {
            0 => Vec::new(),
            _ => Writer::header(SEQUENCE, length),
        };
        let content = head.len() + header.len() + length + tail.len();
        let mut buffer = Vec::with_capacity(content.saturating_add(FRAME + SIGNED + HEADER));
        buffer.resize(FRAME, 0);
        buffer.extend_from_slice(&Writer::header(SEQUENCE, content));
        buffer.extend_from_slice(&head);
        buffer.extend_from_slice(&header);
        let start = buffer.len();
        entries.for_each(|entry| buffer.extend_from_slice(entry));
        if buffer.len() - start != length {
            return Err(Error::Value {
                what: "CRL entries",
                reason: "are not as long as announced",
            });
        }
        buffer.extend_from_slice(&tail);
        Ok(UnsignedCrl(buffer))
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

/// A list that waits for its signature: a large one is written once and never moved to another buffer.
pub struct UnsignedCrl(Vec<u8>);

impl UnsignedCrl {
    /// The DER to be signed.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.0.get(FRAME..).unwrap_or_default()
    }

    /// The list with its signature. Verifies nothing.
    #[must_use]
    pub fn assemble(self, signature: &Signature) -> Vec<u8> {
        let Self(mut buffer) = self;
        buffer.extend_from_slice(&signed::trailer(signature));
        let header = Writer::header(SEQUENCE, buffer.len() - FRAME);
        // A header has at most FRAME bytes.
        let start = FRAME - header.len();
        buffer[start..FRAME].copy_from_slice(&header);
        buffer.drain(..start);
        buffer
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
