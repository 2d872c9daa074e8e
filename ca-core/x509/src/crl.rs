//! Certificate revocation lists (RFC 5280 §5; GM/T 0015 table C.5): direct; full, delta, and
//! partitioned by distribution point.
//!
//! Indirect lists and lists of some reasons or kinds of certificates mark themselves with critical extensions and are
//! refused when read.

mod builder;
mod entry;
mod outline;
mod partition;
mod reason;
mod scope;

use std::fmt;
use std::ops::Range;

use const_oid::db::rfc5280 as pkix;
use der::{Decode as _, DecodeValue, FixedTag, Header, Reader, Sequence, Tag};
use sm_engine::key::{PublicKey, Signature};

use crate::certificate::Serial;
use crate::element::Raw;
use crate::extension::{Extension, ExtensionDer, Understood};
use crate::name::Name;
use crate::signed::Signed;
use crate::time::{AnyTime, Time};
use crate::{Error, signed};

pub use builder::{CrlBuilder, CrlFrame, assemble_crl};
use entry::by_number;
pub use entry::{CrlEntry, EncodedEntry, EntryRef};
pub use outline::{announces, entries_within, without_entries};
pub use partition::{SHARD_LIMIT, random_serial, shard_of, shard_of_key, shard_of_octets};
pub(crate) use reason::ReasonDer;
pub use reason::RevocationReason;
pub use scope::CrlScope;

const WHAT: &str = "CRL";
/// Largest list that is read: bytes of DER, about 2,500,000 entries.
const SIZE_LIMIT: usize = 128 * 1024 * 1024;

/// A list, parsed. `Debug` prints issuer, number and size.
#[derive(Clone)]
pub struct Crl {
    der: Vec<u8>,
    tbs: Range<usize>,
    issuer: Name,
    this_update: Time,
    next_update: Time,
    /// Where the entries stand in `der`.
    list: Range<usize>,
    /// Where each entry starts in `der`, in the order of the serials.
    entries: Vec<u32>,
    number: u64,
    authority_key_id: Vec<u8>,
    scope: CrlScope,
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
    entries: Option<ListDer<'a>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<ExtensionDer<'a>>>,
}

impl<'a> Sequence<'a> for TbsDer<'a> {}

/// The content of revokedCertificates.
struct ListDer<'a>(&'a [u8]);

impl FixedTag for ListDer<'_> {
    const TAG: Tag = Tag::Sequence;
}

impl<'a> DecodeValue<'a> for ListDer<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_slice(header.length()).map(Self)
    }
}

impl Crl {
    /// Reads strict DER of at most 128 MiB: version 2, nextUpdate, cRLNumber and authorityKeyIdentifier present,
    /// no serial twice, no empty revokedCertificates, no critical extension but those of [`CrlScope`].
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Malformed`], [`Error::Unsupported`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Error::check_size(WHAT, der, SIZE_LIMIT)?;
        Self::from_vec(der.to_vec())
    }

    /// [`Self::from_der`] without a copy.
    ///
    /// # Errors
    /// As [`Self::from_der`].
    pub fn from_vec(der: Vec<u8>) -> Result<Self, Error> {
        Error::check_size(WHAT, &der, SIZE_LIMIT)?;
        let frame = Signed::from_der(WHAT, &der)?;
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
        let (list, entries) = match tbs.entries {
            Some(list) => read_entries(list.0, offset(&der, list.0))?,
            None => (0..0, Vec::new()),
        };
        Ok(Self {
            tbs: frame.tbs_range(&der),
            issuer: Name::from_der(tbs.issuer.0)?,
            this_update: tbs.this_update.0,
            next_update: tbs.next_update.0,
            list,
            entries,
            number,
            authority_key_id,
            scope: CrlScope::read(&extensions)?,
            signature: frame.signature()?,
            der,
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

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every entry, in the order of the serials.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = EntryRef<'_>> {
        self.entries.iter().map(|start| self.entry_at(*start))
    }

    /// The entries as they stand, one behind the other: content of revokedCertificates, empty where there are none.
    #[must_use]
    pub fn entries_der(&self) -> &[u8] {
        self.der.get(self.list.clone()).unwrap_or_default()
    }

    /// Which certificates it is about, and on what it builds.
    #[must_use]
    pub fn scope(&self) -> &CrlScope {
        &self.scope
    }

    /// keyIdentifier of authorityKeyIdentifier: the issuing authority's own subjectKeyIdentifier.
    #[must_use]
    pub fn authority_key_id(&self) -> &[u8] {
        &self.authority_key_id
    }

    /// The entry of a serial.
    #[must_use]
    pub fn find(&self, serial: &Serial) -> Option<EntryRef<'_>> {
        let wanted = serial.as_bytes();
        let index = self
            .entries
            .binary_search_by(|start| by_number(self.entry_at(*start).serial, wanted))
            .ok()?;
        self.entries.get(index).map(|start| self.entry_at(*start))
    }

    /// The entry that starts there, which was read before.
    fn entry_at(&self, start: u32) -> EntryRef<'_> {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = self.der.get(start..self.list.end).unwrap_or_default();
        EntryRef::read(rest).map_or(
            EntryRef {
                serial: &[],
                revoked_at: self.this_update,
                reason: RevocationReason::Unspecified,
                der: &[],
            },
            |(entry, _)| entry,
        )
    }

    /// The DER, exactly as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// [`Self::der`] without a copy.
    #[must_use]
    pub fn into_der(self) -> Vec<u8> {
        self.der
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

/// Where `part`, a piece of `der`, starts in it: everything before it is headers and elements of `der`.
fn offset(der: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr().saturating_sub(der.as_ptr().addr())
}

/// Where the list stands, and each of its entries in the order of the serials.
fn read_entries(list: &[u8], start: usize) -> Result<(Range<usize>, Vec<u32>), Error> {
    const ENTRIES: &str = "CRL entries";
    let broken = || Error::broken(ENTRIES);
    let mut found: Vec<u32> = Vec::with_capacity(list.len() / 48);
    let (mut rest, mut last, mut ascending) = (list, &[][..], true);
    while !rest.is_empty() {
        let position = start + (list.len() - rest.len());
        let (entry, after) = EntryRef::read(rest)?;
        ascending &= by_number(last, entry.serial).is_lt();
        found.push(u32::try_from(position).map_err(|_| broken())?);
        (rest, last) = (after, entry.serial);
    }
    if found.is_empty() {
        return Err(broken());
    }
    if !ascending {
        // Every entry was read above, so none is lost here.
        let serial = |position: &u32| {
            let position = usize::try_from(*position).unwrap_or(usize::MAX);
            let entry = list
                .get(position.saturating_sub(start)..)
                .map(EntryRef::read);
            entry
                .and_then(Result::ok)
                .map_or(&[][..], |(entry, _)| entry.serial)
        };
        found.sort_by(|a, b| by_number(serial(a), serial(b)));
        let repeated = |pair: &[u32]| matches!(pair, [a, b] if serial(a) == serial(b));
        if found.windows(2).any(repeated) {
            return Err(broken());
        }
    }
    Ok((start..start + list.len(), found))
}
