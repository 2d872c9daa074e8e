//! Entries of a list: read without a copy, written once and kept as bytes.
//!
//! A list of a million entries is walked in a fraction of a second: the form that nearly every authority writes is
//! read by position, any other by the general reader. Both accept the same lists.

use std::cmp::Ordering;

use const_oid::db::rfc5280 as pkix;
use der::{Decode as _, DecodeValue, Sequence};

use super::reason::{ReasonDer, RevocationReason};
use crate::Error;
use crate::certificate::Serial;
use crate::element::Integer;
use crate::extension::{Extension, ExtensionDer};
use crate::time::{AnyTime, GeneralizedTime, Time};
use crate::writer::{ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, Writer};

/// Longest encoding of an entry that we write: a serial of 20 octets, a GeneralizedTime and a reason.
const ENTRY_LIMIT: usize = 55;
/// reasonCode as it stands in an entry, up to its value.
const REASON: [u8; 13] = [
    0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01,
];

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

/// An entry as it stands in a list: 56 bytes, ordered by serial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedEntry {
    der: [u8; ENTRY_LIMIT],
    length: u8,
}

impl EncodedEntry {
    /// Encodes an entry.
    ///
    /// # Errors
    /// [`Error::Value`] for a time outside 1950 to 9999.
    pub fn new(entry: &CrlEntry) -> Result<Self, Error> {
        if !entry.revoked_at.is_encodable() {
            return Err(Error::Value {
                what: "CRL times",
                reason: "are outside the years 1950 to 9999",
            });
        }
        let written = Writer::element(SEQUENCE, ENTRY_LIMIT, |element| {
            element.put(INTEGER, entry.serial.as_bytes());
            entry.revoked_at.write(element);
            if entry.reason != RevocationReason::Unspecified {
                element.nested(SEQUENCE, |extensions| {
                    extensions.nested(SEQUENCE, |extension| {
                        extension.oid(&pkix::ID_CE_CRL_REASONS);
                        extension.nested(OCTET_STRING, |value| {
                            value.put(ENUMERATED, &[entry.reason.code()]);
                        });
                    });
                });
            }
        });
        let mut der = [0; ENTRY_LIMIT];
        let space = der.get_mut(..written.len());
        // A serial has at most 20 octets, so every entry fits.
        space.ok_or_else(too_long)?.copy_from_slice(&written);
        let length = u8::try_from(written.len()).map_err(|_| too_long())?;
        Ok(Self { der, length })
    }

    /// From the DER of one entry, in the form that is written here.
    ///
    /// # Errors
    /// [`Error::Malformed`] where it is none; [`Error::Value`] where it is longer than those that are written here.
    pub fn from_der(entry: &[u8]) -> Result<Self, Error> {
        let (_, rest) = EntryRef::read(entry)?;
        if !rest.is_empty() {
            return Err(Error::broken("CRL entries"));
        }
        let mut der = [0; ENTRY_LIMIT];
        let space = der.get_mut(..entry.len());
        space.ok_or_else(too_long)?.copy_from_slice(entry);
        let length = u8::try_from(entry.len()).map_err(|_| too_long())?;
        Ok(Self { der, length })
    }

    /// Content octets of the serial in the DER of an entry that was written here.
    #[must_use]
    pub fn serial_in(entry: &[u8]) -> &[u8] {
        let length = entry.get(3).copied().map_or(0, usize::from);
        entry.get(4..4 + length).unwrap_or_default()
    }

    /// Its DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.der.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Content octets of its serial.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        Self::serial_in(&self.der)
    }

    /// What it says.
    ///
    /// # Errors
    /// None of an entry that was written here.
    pub fn entry(&self) -> Result<CrlEntry, Error> {
        EntryRef::read(self.der())?.0.own()
    }

    /// Its reason.
    #[must_use]
    pub fn reason(&self) -> RevocationReason {
        EntryRef::read(self.der()).map_or(RevocationReason::Unspecified, |(entry, _)| entry.reason)
    }
}

fn too_long() -> Error {
    Error::Value {
        what: "CRL entries",
        reason: "are longer than any serial makes them",
    }
}

impl Ord for EncodedEntry {
    fn cmp(&self, other: &Self) -> Ordering {
        by_number(self.serial(), other.serial()).then_with(|| self.der().cmp(other.der()))
    }
}

impl PartialOrd for EncodedEntry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order of the numbers that these content octets stand for.
pub(super) fn by_number(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// An entry as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryRef<'a> {
    /// Content octets of its serial.
    pub serial: &'a [u8],
    /// Since when.
    pub revoked_at: Time,
    /// Why.
    pub reason: RevocationReason,
    /// Its DER.
    pub der: &'a [u8],
}

impl<'a> EntryRef<'a> {
    /// The entry at the start of `list`, and what follows it.
    pub(super) fn read(list: &'a [u8]) -> Result<(Self, &'a [u8]), Error> {
        if let Some(read) = Self::usual(list) {
            return Ok(read);
        }
        let malformed = Error::malformed("CRL entries");
        let mut reader = der::SliceReader::new(list).map_err(&malformed)?;
        let whole = der::Reader::tlv_bytes(&mut reader).map_err(&malformed)?;
        let rest = list.get(whole.len()..).unwrap_or_default();
        let entry = EntryDer::from_der(whole).map_err(&malformed)?;
        let reason = reason(entry.extensions)?;
        Serial::from_bytes(entry.serial.0)?;
        let read = Self {
            serial: entry.serial.0,
            revoked_at: entry.revoked_at.0,
            reason,
            der: whole,
        };
        Ok((read, rest))
    }

    /// The usual form by position: a short SEQUENCE of serial, UTCTime and at most a reasonCode that is not critical.
    fn usual(list: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let &[0x30, length @ ..0x80, 0x02, digits @ 1..=20, first, ..] = list else {
            return None;
        };
        let (der, rest) = list.split_at_checked(2 + usize::from(length))?;
        let (serial, after) = der.get(4..)?.split_at_checked(usize::from(digits))?;
        // Zero, negative or with a leading zero too many: the general reader says what is wrong.
        let minimal = match first {
            0 => serial.get(1).is_some_and(|second| *second >= 0x80),
            _ => first < 0x80,
        };
        let (time, extensions) = after.split_at_checked(15)?;
        let revoked_at = Time::from_utc_der(time).filter(|_| minimal)?;
        let reason = match extensions {
            [] => RevocationReason::Unspecified,
            _ => match extensions.strip_prefix(&REASON)? {
                [code] => RevocationReason::from_code(*code)?,
                _ => return None,
            },
        };
        let read = Self {
            serial,
            revoked_at,
            reason,
            der,
        };
        Some((read, rest))
    }

    /// The entry with a serial of its own.
    ///
    /// # Errors
    /// [`Error::Value`], which no entry of a list that was read gives.
    pub fn own(&self) -> Result<CrlEntry, Error> {
        Ok(CrlEntry {
            serial: Serial::from_bytes(self.serial)?,
            revoked_at: self.revoked_at,
            reason: self.reason,
        })
    }
}

/// One element of revokedCertificates.
///
/// ```asn1
/// SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }
/// ```
#[derive(DecodeValue)]
struct EntryDer<'a> {
    serial: Integer<'a>,
    revoked_at: AnyTime,
    extensions: Option<Vec<ExtensionDer<'a>>>,
}

impl<'a> Sequence<'a> for EntryDer<'a> {}

fn reason(extensions: Option<Vec<ExtensionDer<'_>>>) -> Result<RevocationReason, Error> {
    let extensions = extensions
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
    Ok(reason)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entry(serial: &str, time: &str, reason: RevocationReason) -> CrlEntry {
        CrlEntry {
            serial: serial.parse().unwrap(),
            revoked_at: time.parse().unwrap(),
            reason,
        }
    }

    #[test]
    fn what_is_encoded_is_read_back_whichever_form_it_has() {
        let long = "7f".repeat(20);
        for serial in ["01", "80", "ff00", long.as_str()] {
            for (time, usual) in [
                ("2026-11-23T08:00:00Z", true),
                ("2049-12-31T23:59:59Z", true),
                ("2050-01-01T00:00:00Z", false),
            ] {
                for code in [0, 1, 6, 8, 10] {
                    let entry = entry(serial, time, RevocationReason::from_code(code).unwrap());
                    let encoded = EncodedEntry::new(&entry).unwrap();
                    let list = [encoded.der(), b"rest"].concat();
                    assert_eq!(EntryRef::usual(&list).is_some(), usual);
                    let (read, rest) = EntryRef::read(&list).unwrap();
                    assert_eq!((read.own().unwrap(), rest), (entry.clone(), &b"rest"[..]));
                    assert_eq!(EncodedEntry::from_der(encoded.der()), Ok(encoded));
                    assert!(EncodedEntry::from_der(&list).is_err());
                    assert_eq!(
                        (encoded.serial(), encoded.reason()),
                        (entry.serial.as_bytes(), entry.reason)
                    );
                }
            }
        }
    }

    #[test]
    fn entries_are_ordered_by_the_number() {
        let of = |serial| {
            let time = "2026-11-23T08:00:00Z";
            EncodedEntry::new(&entry(serial, time, RevocationReason::Unspecified)).unwrap()
        };
        let mut entries = [of("0100"), of("80"), of("01"), of("7f")];
        entries.sort();
        assert_eq!(entries, [of("01"), of("7f"), of("80"), of("0100")]);
    }

    #[test]
    fn broken_entries_are_refused_by_both_readers() {
        let good = EncodedEntry::new(&entry(
            "0a01",
            "2026-11-23T08:00:00Z",
            RevocationReason::KeyCompromise,
        ))
        .unwrap();
        let good = good.der();
        assert!(EntryRef::read(good).is_ok());
        let last = good.len() - 1;
        for (position, byte) in [
            (0, 0x31),
            (1, 0x7F),
            (2, 0x03),
            (3, 21),
            (4, 0x80),
            (6, 0x16),
            (8, b'x'),
            (10, b'9'),
            (21, 0x31),
            (last, 7),
            (last, 11),
        ] {
            let mut bad = good.to_vec();
            bad[position] = byte;
            assert!(EntryRef::read(&bad).is_err(), "byte {position}");
        }
        for length in 0..good.len() {
            assert!(EntryRef::read(&good[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_time_that_has_no_encoding_is_refused() {
        let mut late = entry("01", "2026-11-23T08:00:00Z", RevocationReason::Unspecified);
        late.revoked_at = Time(i64::MAX);
        assert!(EncodedEntry::new(&late).is_err());
    }
}
