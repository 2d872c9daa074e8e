//! Certificate revocation lists (RFC 5280 §5; GM/T 0015 table C.5): full, direct, signed with SM2.
//!
//! Delta, indirect and partitioned lists mark themselves with critical extensions and are refused when read.

mod builder;
mod reason;

use std::fmt;
use std::ops::Range;

use const_oid::db::rfc5280 as pkix;
use der::{Decode as _, DecodeValue, Sequence};
use sm_engine::sm2::{PublicKey, Signature};

use crate::certificate::Serial;
use crate::element::{Integer, Raw};
use crate::extension::{Extension, ExtensionDer, Understood};
use crate::name::Name;
use crate::signed::Signed;
use crate::time::{AnyTime, GeneralizedTime, Time};
use crate::{Error, signed};

pub use builder::{CrlBuilder, assemble_crl};
pub(crate) use reason::ReasonDer;
pub use reason::RevocationReason;

const WHAT: &str = "CRL";
/// Largest list that is read: bytes of DER, about 600,000 entries.
const SIZE_LIMIT: usize = 32 * 1024 * 1024;

/// One revoked or held certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlEntry {
    /// Which certificate of the list's issuer.
    pub serial: Serial,
    /// Since when.
    pub revoked_at: Time,
    /// Why; [`RevocationReason::Unspecified`] is not written (RFC 5280 §5.3.1).
    pub reason: RevocationReason,
}

/// A list, parsed. `Debug` prints issuer, number and size.
#[derive(Clone)]
pub struct Crl {
    der: Vec<u8>,
    tbs: Range<usize>,
    issuer: Name,
    this_update: Time,
    next_update: Time,
    entries: Vec<CrlEntry>,
    number: u64,
    authority_key_id: Vec<u8>,
    signature: Signature,
}

/// ```asn1
/// TBSCertList ::= SEQUENCE { version INTEGER { v2(1) }, signature AlgorithmIdentifier, issuer Name, thisUpdate Time, nextUpdate Time, revokedCertificates SEQUENCE OF SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions Extensions OPTIONAL } OPTIONAL, crlExtensions [0] EXPLICIT Extensions }
/// ```
#[derive(DecodeValue)]
struct TbsDer<'a> {
    version: u8,
    algorithm: Raw<'a>,
    issuer: Raw<'a>,
    this_update: AnyTime,
    next_update: AnyTime,
    entries: Option<Vec<EntryDer<'a>>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<ExtensionDer<'a>>>,
}

impl<'a> Sequence<'a> for TbsDer<'a> {}

/// One element of revokedCertificates.
#[derive(DecodeValue)]
struct EntryDer<'a> {
    serial: Integer<'a>,
    revoked_at: AnyTime,
    extensions: Option<Vec<ExtensionDer<'a>>>,
}

impl<'a> Sequence<'a> for EntryDer<'a> {}

impl Crl {
    /// Reads strict DER of at most 32 MiB: version 2, nextUpdate, cRLNumber and authorityKeyIdentifier present,
    /// no serial twice, no empty revokedCertificates, no critical extension.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Malformed`], [`Error::Unsupported`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Error::check_size(WHAT, der, SIZE_LIMIT)?;
        let frame = Signed::from_der(WHAT, der)?;
        let tbs = TbsDer::from_der(frame.tbs.0).map_err(Error::malformed("CRL (signed part)"))?;
        if tbs.version != 1 {
            return Err(Error::Unsupported {
                what: "CRL version: only v2 is accepted",
            });
        }
        if tbs.algorithm != frame.algorithm {
            return Err(Error::broken(
                "signature algorithm (inner and outer differ)",
            ));
        }
        let extensions = ExtensionDer::own("CRL extensions", &tbs.extensions.unwrap_or_default())?;
        let (number, authority_key_id) = read_extensions(&extensions)?;
        Ok(Self {
            tbs: frame.tbs_range(der),
            issuer: Name::from_der(tbs.issuer.0)?,
            this_update: tbs.this_update.0,
            next_update: tbs.next_update.0,
            entries: tbs
                .entries
                .map(read_entries)
                .transpose()?
                .unwrap_or_default(),
            number,
            authority_key_id,
            signature: frame.signature,
            der: der.to_vec(),
        })
    }

    /// Verifies the signature with the issuer's key, and nothing else.
    ///
    /// # Errors
    /// [`Error::Signature`].
    pub fn verify_signature(&self, issuer: &PublicKey) -> Result<(), Error> {
        signed::verify(WHAT, issuer, &self.der[self.tbs.clone()], &self.signature)
    }

    /// cRLNumber.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When the list was made.
    #[must_use]
    pub fn this_update(&self) -> Time {
        self.this_update
    }

    /// When the next one will be there at the latest.
    #[must_use]
    pub fn next_update(&self) -> Time {
        self.next_update
    }

    /// Whose certificates it speaks of.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Every entry, sorted by serial.
    #[must_use]
    pub fn entries(&self) -> &[CrlEntry] {
        &self.entries
    }

    /// keyIdentifier of authorityKeyIdentifier: the issuing authority's own subjectKeyIdentifier.
    #[must_use]
    pub fn authority_key_id(&self) -> &[u8] {
        &self.authority_key_id
    }

    /// The entry of a serial.
    #[must_use]
    pub fn find(&self, serial: &Serial) -> Option<&CrlEntry> {
        let index = self
            .entries
            .binary_search_by(|entry| entry.serial.cmp(serial))
            .ok()?;
        self.entries.get(index)
    }

    /// The DER, exactly as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Crl({}, number {}, {} entries)",
            self.issuer,
            self.number,
            self.entries.len()
        )
    }
}

/// cRLNumber and the authority's key identifier; both are required of a CA (RFC 5280 §5.2).
fn read_extensions(extensions: &[Extension]) -> Result<(u64, Vec<u8>), Error> {
    if extensions.iter().any(|extension| extension.critical) {
        return Err(Error::Unsupported {
            what: "critical CRL extension: only full, direct lists are accepted",
        });
    }
    let number = extensions
        .iter()
        .find(|extension| extension.oid == pkix::ID_CE_CRL_NUMBER);
    let number = number.ok_or_else(|| Error::broken("CRL extensions (cRLNumber is missing)"))?;
    let number = u64::from_der(&number.value).map_err(Error::malformed("cRLNumber"))?;
    let key_id = Understood::read(extensions)?.authority_key_id;
    Ok((
        number,
        key_id
            .ok_or_else(|| Error::broken("CRL extensions (authorityKeyIdentifier is missing)"))?,
    ))
}

fn read_entries(list: Vec<EntryDer<'_>>) -> Result<Vec<CrlEntry>, Error> {
    const WHAT: &str = "CRL entries";
    let mut entries = list
        .into_iter()
        .map(read_entry)
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort_by(|a, b| a.serial.cmp(&b.serial));
    let repeated = entries
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.serial == b.serial));
    if entries.is_empty() || repeated {
        Err(Error::broken(WHAT))
    } else {
        Ok(entries)
    }
}

fn read_entry(entry: EntryDer<'_>) -> Result<CrlEntry, Error> {
    let extensions = entry
        .extensions
        .map(|list| ExtensionDer::own("CRL entry extensions", &list))
        .transpose()?;
    let mut reason = RevocationReason::Unspecified;
    for Extension {
        oid,
        critical,
        value,
    } in extensions.unwrap_or_default()
    {
        match oid {
            pkix::ID_CE_CRL_REASONS => {
                reason = ReasonDer::from_der(&value)
                    .map_err(Error::malformed("reasonCode"))?
                    .0;
            }
            pkix::ID_CE_INVALIDITY_DATE => {
                GeneralizedTime::from_der(&value).map_err(Error::malformed("invalidityDate"))?;
            }
            _ if critical => {
                return Err(Error::Unsupported {
                    what: "critical CRL entry extension",
                });
            }
            _ => {}
        }
    }
    Ok(CrlEntry {
        serial: Serial::from_bytes(entry.serial.0)?,
        revoked_at: entry.revoked_at.0,
        reason,
    })
}
