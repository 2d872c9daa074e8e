//! What entries commit to, checked against the bytes beside the ledger.

mod certificate;
mod crl;
mod officer;
mod statement;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger::event::{Basis, Entry, Event};
use policy::Profile;
use sm_engine::sm3::Digest;
use store::Store;
use store::schema::SEALED;
use store::value::Value;
use x509::certificate::Certificate;
use zeroize::Zeroizing;

use super::{Progress, Report};
use crate::act::{ListedCertificate, Succeeds};
use crate::error::Error;

/// Sealed blobs read at a time.
const PAGE: u32 = 4096;

/// A submission as its entry states it.
#[derive(Clone)]
struct Submitted {
    revision: u32,
    form: Digest,
    template: Digest,
    key: Digest,
    evidence: Vec<Digest>,
}

/// An intent as its entry states it.
#[derive(Clone)]
struct Intended {
    tbs: Digest,
    key: Digest,
    profile: String,
    profile_document: Digest,
    case: Option<String>,
}

/// What is known while walking along the entries.
struct Walk<'a> {
    store: &'a Store,
    report: &'a mut Report,
    officers: BTreeMap<String, officer::Serving>,
    /// Proposals about officers, by entry.
    proposals: BTreeMap<u64, officer::Proposed>,
    authorities: BTreeMap<String, Certificate>,
    cases: BTreeMap<String, Submitted>,
    /// The certificates that cases' own follow on.
    successions: BTreeMap<String, Succeeds>,
    intents: BTreeMap<(String, String), Intended>,
    certificates: BTreeMap<(String, String), Digest>,
    /// The list of certificates that was read last, and its digest.
    list: Option<(Digest, Vec<ListedCertificate>)>,
    /// Frozen profiles that were read; nothing for those that cannot be.
    profiles: BTreeMap<(String, Digest), Option<Arc<Profile>>>,
    revocations: crl::Revocations,
    /// Every digest that entries refer to.
    referred: BTreeSet<Digest>,
}

pub(super) async fn verify(
    store: &Store,
    entries: &[(u64, Entry)],
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let mut walk = Walk {
        store,
        report,
        officers: BTreeMap::new(),
        proposals: BTreeMap::new(),
        authorities: BTreeMap::new(),
        cases: BTreeMap::new(),
        successions: entries.iter().filter_map(succession).collect(),
        intents: BTreeMap::new(),
        certificates: BTreeMap::new(),
        list: None,
        profiles: BTreeMap::new(),
        revocations: crl::Revocations::default(),
        referred: BTreeSet::new(),
    };
    for (done, (index, entry)) in (1..).zip(entries) {
        walk.entry(*index, entry).await?;
        if done % 500 == 0 {
            progress(done, entries.len() as u64, "evidence");
        }
    }
    walk.unreferred().await
}

/// The case of a succession, and what it says.
fn succession((_, entry): &(u64, Entry)) -> Option<(String, Succeeds)> {
    let Event::CaseSuccession {
        case,
        succession,
        serial,
        ..
    } = &entry.event
    else {
        return None;
    };
    let succeeds = Succeeds {
        succession: *succession,
        serial: serial.clone(),
    };
    Some((case.clone(), succeeds))
}

impl Walk<'_> {
    async fn entry(&mut self, index: u64, entry: &Entry) -> Result<(), Error> {
        self.revocations.note(index, entry);
        match &entry.event {
            Event::LedgerFounded { .. } | Event::LedgerMirrored { .. } => {}
            Event::PolicyAdopted { document, .. } => {
                self.blob(index, "policy document", document).await?;
            }
            Event::AuthorityFounded {
                authority,
                parent,
                serial,
                certificate,
                ..
            } => {
                self.known_certificate(index, parent, serial, certificate);
                if let Some(certificate) = self.certificate(index, certificate).await? {
                    self.authorities.insert(authority.clone(), certificate);
                }
            }
            Event::OfficerAppointed {
                officer,
                role,
                authority,
                serial,
                certificate,
                particulars,
            } => {
                self.known_certificate(index, authority, serial, certificate);
                self.blob(index, "officer's particulars", particulars)
                    .await?;
                if let Some(certificate) = self.certificate(index, certificate).await? {
                    self.officers.insert(
                        officer.clone(),
                        officer::Serving::founding(role, certificate),
                    );
                }
            }
            Event::OfficerProposed { .. }
            | Event::OfficerConfirmed { .. }
            | Event::OfficerRefused { .. } => self.officer(index, entry).await?,
            Event::CaseSubmitted {
                case,
                revision,
                profile_document,
                form,
                request,
                key,
                template,
                evidence,
                statement,
                ..
            } => {
                self.blob(index, "form", form).await?;
                self.blob(index, "request", request).await?;
                for file in evidence {
                    self.blob(index, "evidence", file).await?;
                }
                self.referred.insert(*profile_document);
                let submitted = Submitted {
                    revision: *revision,
                    form: *form,
                    template: *template,
                    key: *key,
                    evidence: evidence.clone(),
                };
                self.cases.insert(case.clone(), submitted);
                self.statement(index, entry, statement).await?;
            }
            Event::CaseReviewed { statement, .. }
            | Event::CaseWithdrawn { statement, .. }
            | Event::CertificateStatus { statement, .. } => {
                self.statement(index, entry, statement).await?
            }
            Event::CertificateIntended {
                authority,
                serial,
                tbs,
                key,
                profile,
                profile_document,
                basis,
            } => {
                self.blob(index, "TBS", tbs).await?;
                let case = if let Basis::Case { case, statement } = basis {
                    self.statement(index, entry, statement).await?;
                    Some(case.clone())
                } else {
                    None
                };
                let intended = Intended {
                    tbs: *tbs,
                    key: *key,
                    profile: profile.clone(),
                    profile_document: *profile_document,
                    case,
                };
                self.intents
                    .insert((authority.clone(), serial.clone()), intended);
            }
            Event::CertificateIssued {
                authority,
                serial,
                certificate,
                not_after,
                ..
            } => {
                self.issued(index, authority, serial, certificate, *not_after)
                    .await?;
            }
            Event::CaseSuccession { .. }
            | Event::CertificateAbandoned { .. }
            | Event::CertificateSuperseded { .. } => {}
            Event::CrlPartitioned { .. } => {}
            Event::CrlIssued { .. } | Event::CrlPublished { .. } => self.crl(index, entry).await?,
        }
        Ok(())
    }

    /// The sealed bytes of a digest; a finding where they are missing or damaged.
    async fn blob(
        &mut self,
        index: u64,
        what: &str,
        digest: &Digest,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        self.referred.insert(*digest);
        match self.store.unseal(digest).await {
            Ok(Some(bytes)) => Ok(Some(bytes)),
            Ok(None) => {
                self.report.find(
                    "V201",
                    format!("entry {index}"),
                    format!("sealed {digest}: the {what} is missing"),
                );
                Ok(None)
            }
            Err(store::Error::Damaged { .. }) => {
                self.report.find(
                    "V202",
                    format!("entry {index}"),
                    format!("sealed {digest}: the {what} was changed"),
                );
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn certificate(
        &mut self,
        index: u64,
        digest: &Digest,
    ) -> Result<Option<Certificate>, Error> {
        let Some(der) = self.blob(index, "certificate", digest).await? else {
            return Ok(None);
        };
        match Certificate::from_der(&der) {
            Ok(certificate) => Ok(Some(certificate)),
            Err(error) => {
                self.report
                    .find("V203", format!("entry {index}"), error.to_string());
                Ok(None)
            }
        }
    }

    /// The certificate that an appointment or a founding names is the one that was issued.
    fn known_certificate(
        &mut self,
        index: u64,
        authority: &str,
        serial: &str,
        certificate: &Digest,
    ) {
        let key = (authority.to_owned(), serial.to_owned());
        if self.certificates.get(&key) != Some(certificate) {
            self.report.find(
                "V204",
                format!("entry {index}"),
                format!("{authority}/{serial} is not the certificate that was issued"),
            );
        }
    }

    /// Sealed blobs that no entry refers to: somebody put them there.
    async fn unreferred(self) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self.store.dump(&SEALED, after.take(), PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.first().map(|key| vec![key.clone()]);
            for row in &page {
                let digest = match row.first() {
                    Some(Value::Blob(bytes)) => {
                        <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Digest)
                    }
                    _ => None,
                };
                if digest.is_none_or(|digest| !self.referred.contains(&digest)) {
                    let place = digest
                        .map_or_else(|| "sealed".to_owned(), |digest| format!("sealed {digest}"));
                    self.report.find("V205", place, "no entry refers to it");
                }
            }
        }
    }
}
