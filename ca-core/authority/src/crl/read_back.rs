//! What was stored of a list, read back before the ledger names it: byte for byte what it should be, its signature
//! right, every lint silent.
//!
//! The lints read lists as a whole. Of a large one each run of entries is shown to them as a list of its own, between
//! the head and the tail of the large one; what such lists cannot show is held here: that serials ascend from run to
//! run, and that the head announces the lengths that there are.

use bytes::Bytes;
use policy::lint;
use policy::lint::crl::PublishedCrl;
use sm_engine::key::Signature;
use sm_engine::sm3::Digest;
use store::Store;
use x509::crl::{Crl, CrlBuilder, CrlFrame, announces};

use super::arena::by_number;
use super::aside;
use super::lists::Pieces;
use super::write::Written;
use crate::error::Error;
use crate::hierarchy::Member;

/// Bytes of entries that are shown to the lints together, about.
const RUN: usize = if cfg!(test) { 300 } else { 1 << 20 };

/// What a list must be.
pub(super) struct Expected<'a> {
    pub(super) member: &'a Member,
    pub(super) builder: &'a CrlBuilder,
    pub(super) signature: &'a Signature,
    /// Of the signed list.
    pub(super) frame: &'a CrlFrame,
    /// Bytes of all entries.
    pub(super) entries: usize,
    /// The scope's name.
    pub(super) name: &'a str,
    pub(super) published: Option<&'a PublishedCrl>,
}

/// Holds what was written to all of it; the number of entries.
pub(super) async fn read_back(
    store: &Store,
    written: &Written,
    expected: &Expected<'_>,
    entries: Box<Pieces<'_>>,
) -> Result<u64, Error> {
    let frame = expected.frame;
    let mut reading = Reading {
        expected,
        entries,
        place: Place::Head,
        left: frame.head(),
        run: Vec::new(),
        last: Vec::new(),
        count: 0,
    };
    let mut verifier = expected.member.certificate.public_key().verifier();
    // The header around the whole is not signed, nor are algorithm and signature.
    let unsigned = expected.builder.frame(expected.entries)?;
    let start = frame.head().len() - unsigned.head().len();
    let signed = start..start + unsigned.len();
    let mut at = 0;
    for number in 0..written.parts.len().max(1) {
        let part = match written.parts.get(number) {
            Some(digest) => stored(store, digest).await?,
            None => written.der.clone(),
        };
        let end = at + part.len();
        let within = signed.start.clamp(at, end) - at..signed.end.clamp(at, end) - at;
        aside(|| {
            std::thread::scope(|scope| {
                let signed = part.get(within).unwrap_or_default();
                let verifying = scope.spawn(|| verifier.update(signed));
                reading.take(&part)?;
                verifying
                    .join()
                    .map_err(|_| Error::Inconsistent("a digest could not be computed".into()))
            })
        })?;
        at = end;
    }
    let key = expected.member.certificate.public_key();
    let verified = verifier.verify(key, expected.signature);
    verified.map_err(|_| x509::Error::Signature { what: "CRL" })?;
    aside(|| reading.finish())
}

async fn stored(store: &Store, part: &Digest) -> Result<Bytes, Error> {
    let found = store.unseal(part).await?;
    let found =
        found.ok_or_else(|| Error::Inconsistent(format!("part {part} of a CRL is missing")))?;
    Ok(Bytes::copy_from_slice(&found))
}

/// Where in a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Head,
    Entries,
    Tail,
}

/// A list that is being read.
struct Reading<'s, 'e> {
    expected: &'s Expected<'s>,
    entries: Box<Pieces<'e>>,
    place: Place,
    /// What is left of the present piece of that place.
    left: &'s [u8],
    /// Entries that were read and not shown to the lints yet; whole when nothing is left of the piece.
    run: Vec<u8>,
    /// The last serial that was shown.
    last: Vec<u8>,
    count: u64,
}

impl<'s, 'e: 's> Reading<'s, 'e> {
    fn take(&mut self, mut part: &[u8]) -> Result<(), Error> {
        while !part.is_empty() {
            if self.left.is_empty() {
                self.go_on()?;
            }
            let (now, later) = part.split_at(self.left.len().min(part.len()));
            let left = self.left.strip_prefix(now);
            self.left = left.ok_or_else(|| self.wrong("an entry is missing or another one"))?;
            if self.place == Place::Entries {
                self.run.extend_from_slice(now);
            }
            part = later;
        }
        Ok(())
    }

    /// To the next piece.
    fn go_on(&mut self) -> Result<(), Error> {
        if self.run.len() >= RUN {
            self.show()?;
        }
        (self.place, self.left) = match (self.place, self.entries.next()) {
            (Place::Tail, _) => return Err(self.wrong("it lists more than it should")),
            (_, Some(piece)) => (Place::Entries, piece),
            (_, None) => (Place::Tail, self.expected.frame.tail()),
        };
        Ok(())
    }

    /// Shows the lints a list of the entries that have gathered.
    fn show(&mut self) -> Result<(), Error> {
        let Expected {
            member,
            builder,
            signature,
            published,
            ..
        } = *self.expected;
        let frame = builder.frame(self.run.len())?.signed(signature);
        let crl = Crl::from_vec([frame.head(), &self.run, frame.tail()].concat())?;
        let findings = lint::run_crl(&crl, &member.certificate, published);
        if let Some(finding) = findings.first() {
            return Err(self.wrong(&format!("{}: {}", finding.lint, finding.what)));
        }
        if *crl.scope() != builder.scope {
            return Err(self.wrong("it does not say what it is about"));
        }
        let (first, last) = (crl.entries().next(), crl.entries().last());
        if let (Some(first), Some(last)) = (first, last) {
            if by_number(&self.last, first.serial).is_ge() {
                return Err(self.wrong("a serial does not stand behind the one before"));
            }
            self.last = last.serial.to_vec();
        }
        self.count += u64::try_from(crl.len()).unwrap_or(u64::MAX);
        self.run.clear();
        Ok(())
    }

    /// That was all.
    fn finish(mut self) -> Result<u64, Error> {
        if self.place != Place::Tail || !self.left.is_empty() {
            return Err(self.wrong("an entry is missing or another one"));
        }
        // A list of nothing is linted, too.
        if !self.run.is_empty() || self.count == 0 {
            self.show()?;
        }
        let Expected { frame, entries, .. } = *self.expected;
        if !announces(frame.head(), entries, frame.tail()) {
            return Err(self.wrong("its headers announce another length"));
        }
        Ok(self.count)
    }

    fn wrong(&self, what: &str) -> Error {
        let Expected {
            member,
            builder,
            name,
            ..
        } = self.expected;
        let (number, authority) = (builder.number, &member.authority);
        Error::Inconsistent(format!("CRL {number} ({name}) of {authority}: {what}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use keys::software::SoftwareProvider;
    use keys::{KeyLabel, Provider as _, Signer};
    use sm_engine::sm3;
    use store::SealKey;
    use tempfile::TempDir;
    use x509::certificate::{Certificate, Serial, TbsCertificate, assemble_certificate};
    use x509::crl::{CrlEntry, CrlScope, EncodedEntry, RevocationReason};
    use x509::extension::{KeyUsage, basic_constraints_ca, key_usage, subject_key_id};
    use x509::name::NameBuilder;
    use x509::time::Time;

    const NOW: Time = Time(1_795_000_000);

    struct World {
        _folder: TempDir,
        store: Store,
        member: Member,
        other: Arc<dyn Signer>,
        builder: CrlBuilder,
        entries: Vec<EncodedEntry>,
    }

    impl World {
        async fn new(entries: u32) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
            let store = Store::open(&url, SealKey::new(&[7; 32])).await.unwrap();
            let keys = SoftwareProvider::create(folder.path().join("keys"), b"test").unwrap();
            let signer = keys.generate(&KeyLabel::new("ca").unwrap()).unwrap();
            let name = NameBuilder {
                country: Some("CN".into()),
                state: None,
                locality: None,
                organization: None,
                organizational_unit: None,
                common_name: Some("测试根".into()),
                serial_number: None,
            };
            let name = name.build().unwrap();
            let tbs = TbsCertificate {
                signature_algorithm: signer.public_key().algorithm(),
                serial: Serial::random(),
                issuer: name.clone(),
                not_before: NOW.plus_days(-1),
                not_after: NOW.plus_days(365),
                subject: name.clone(),
                public_key: signer.public_key().clone(),
                extensions: vec![
                    basic_constraints_ca(None),
                    key_usage(KeyUsage::CRL_SIGN),
                    subject_key_id(signer.public_key()),
                ],
            };
            let tbs = tbs.to_der().unwrap();
            let der = assemble_certificate(&tbs, &signer.sign(&tbs).unwrap()).unwrap();
            let certificate = Certificate::from_der(&der).unwrap();
            let builder = CrlBuilder {
                signature_algorithm: signer.public_key().algorithm(),
                issuer: name,
                authority_key_id: certificate.subject_key_id().unwrap().to_vec(),
                number: 7,
                this_update: NOW,
                next_update: NOW.plus_days(1),
                scope: CrlScope::default(),
            };
            let entry = |number: u32| {
                let entry = CrlEntry {
                    serial: format!("{:08x}", number | 1 << 30).parse().unwrap(),
                    revoked_at: NOW,
                    reason: RevocationReason::Superseded,
                };
                EncodedEntry::new(&entry).unwrap()
            };
            let other = keys.generate(&KeyLabel::new("other").unwrap()).unwrap();
            let member = Member {
                authority: "root".into(),
                parent: "root".into(),
                certificate,
                signer,
            };
            Self {
                _folder: folder,
                store,
                member,
                other,
                builder,
                entries: (0..entries).map(entry).collect(),
            }
        }

        fn length(&self) -> usize {
            self.entries.iter().map(|entry| entry.der().len()).sum()
        }

        fn signed(&self) -> (CrlFrame, Signature, Vec<u8>) {
            self.signed_by(&*self.member.signer)
        }

        fn signed_by(&self, signer: &dyn Signer) -> (CrlFrame, Signature, Vec<u8>) {
            let frame = self.builder.frame(self.length()).unwrap();
            let signature = signer.sign(&self.whole(&frame)).unwrap();
            let frame = frame.signed(&signature);
            let whole = self.whole(&frame);
            (frame, signature, whole)
        }

        fn whole(&self, frame: &CrlFrame) -> Vec<u8> {
            let entries = self.entries.iter().flat_map(EncodedEntry::der);
            let head = frame.head().iter().chain(entries);
            head.chain(frame.tail()).copied().collect()
        }

        /// What is said of a list that was stored like this, in parts of so many bytes.
        async fn read_of(
            &self,
            stored: &[u8],
            part: usize,
            frame: &CrlFrame,
            signature: &Signature,
        ) -> Result<u64, String> {
            let parts: Vec<_> = stored
                .chunks(part)
                .map(|part| (sm3::digest(part), part))
                .collect();
            let lock = self.store.acquire_writer().await.unwrap();
            let mut tx = self.store.begin(&lock).await.unwrap();
            tx.put_public(&parts).await.unwrap();
            tx.commit().await.unwrap();
            lock.release().await;
            let written = Written {
                digest: sm3::digest(stored),
                parts: parts.into_iter().map(|(digest, _)| digest).collect(),
                der: Bytes::new(),
            };
            let expected = Expected {
                member: &self.member,
                builder: &self.builder,
                signature,
                frame,
                entries: self.length(),
                name: "full",
                published: None,
            };
            let entries = Box::new(self.entries.iter().map(EncodedEntry::der));
            let read = read_back(&self.store, &written, &expected, entries).await;
            read.map_err(|error| error.to_string())
        }
    }

    #[tokio::test]
    async fn a_list_in_parts_of_any_size_is_read_whole() {
        for entries in [0, 1, 100] {
            let world = World::new(entries).await;
            let (frame, signature, whole) = world.signed();
            for part in [61, 1000, whole.len()] {
                let read = world.read_of(&whole, part, &frame, &signature).await;
                assert_eq!(read, Ok(u64::from(entries)), "parts of {part}");
            }
        }
    }

    #[tokio::test]
    async fn whatever_is_not_what_was_written_is_refused() {
        let world = World::new(60).await;
        let (frame, signature, whole) = world.signed();
        let (head, tail) = (frame.head().len(), whole.len() - frame.tail().len());
        let entry = world.entries[0].der().len();
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut wrong = whole.clone();
            change(&mut wrong);
            wrong
        };
        for (what, wrong) in [
            ("another head", with(&|der| der[head - 20] ^= 1)),
            ("another entry", with(&|der| der[head + 7] ^= 1)),
            (
                "another signature",
                with(&|der| *der.last_mut().unwrap() ^= 1),
            ),
            (
                "no entry at the end",
                with(&|der| drop(der.drain(tail - entry..tail))),
            ),
            (
                "an entry twice",
                with(&|der| {
                    let first = der[head..head + entry].to_vec();
                    drop(der.splice(head..head, first));
                }),
            ),
            ("no end", with(&|der| der.truncate(tail))),
            ("an end cut short", with(&|der| der.truncate(der.len() - 1))),
            ("more than the end", with(&|der| der.push(0))),
            ("nothing", Vec::new()),
        ] {
            let read = world.read_of(&wrong, 100, &frame, &signature).await;
            assert!(read.is_err(), "{what}");
        }
        // A part that is not there.
        let gone = Written {
            digest: sm3::digest(&whole),
            parts: vec![sm3::digest(b"never stored")],
            der: Bytes::new(),
        };
        let stored = stored(&world.store, &gone.parts[0]).await;
        assert!(stored.unwrap_err().to_string().contains("is missing"));
    }

    #[tokio::test]
    async fn what_was_signed_wrongly_or_breaks_a_rule_is_refused() {
        let mut world = World::new(60).await;
        let (frame, signature, whole) = world.signed_by(&*world.other);
        let said = world.read_of(&whole, 100, &frame, &signature).await;
        assert!(said.unwrap_err().contains("signature"));
        // Runs are linted one by one; that they ascend is seen across them.
        world.entries.swap(1, 58);
        let (frame, signature, whole) = world.signed();
        let said = world.read_of(&whole, 1000, &frame, &signature).await;
        let said = said.unwrap_err();
        assert!(
            said.contains("does not stand behind") || said.contains("crl_"),
            "{said}"
        );
        world.entries.swap(1, 58);
        let last = world.entries.len() - 1;
        world.entries[last] = world.entries[0];
        let (frame, signature, whole) = world.signed();
        let said = world.read_of(&whole, 1000, &frame, &signature).await;
        let said = said.unwrap_err();
        assert!(said.contains("does not stand behind"), "{said}");
        // A lint that looks at a single entry.
        let later = CrlEntry {
            serial: "7f000000".parse().unwrap(),
            revoked_at: NOW.plus_days(3),
            reason: RevocationReason::Superseded,
        };
        world.entries[last] = EncodedEntry::new(&later).unwrap();
        let (frame, signature, whole) = world.signed();
        let said = world.read_of(&whole, 1000, &frame, &signature).await;
        let said = said.unwrap_err();
        assert!(said.contains("crl_entries"), "{said}");
    }
}
