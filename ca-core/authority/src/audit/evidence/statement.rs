//! Officers' statements: signature, officer, role, that the officer's certificate was valid when they were committed,
//! and that they say what their entry says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::event::{Basis, Entry, Event, StatementRef};
use sm_engine::sm2::Signature;
use sm_engine::sm3::Digest;

use super::Walk;
use crate::error::Error;
use crate::statement::{Statement, Subject};

impl Walk<'_> {
    pub(super) async fn statement(
        &mut self,
        index: u64,
        entry: &Entry,
        reference: &StatementRef,
    ) -> Result<(), Error> {
        let Some(text) = self.blob(index, "statement", &reference.digest).await? else {
            return Ok(());
        };
        self.read_list(index, &entry.event).await?;
        if let Err(what) = self.check(entry, reference, &text) {
            self.report.find(
                "V210",
                format!("entry {index}"),
                format!("statement {}: {what}", reference.digest),
            );
        }
        if !self
            .is_within_scope(&entry.event, &reference.officer)
            .await?
        {
            self.report.find(
                "V211",
                format!("entry {index}"),
                format!("it lies outside the scope of {}", reference.officer),
            );
        }
        self.report.statements += 1;
        Ok(())
    }

    /// Reads the list of certificates that an entry names.
    async fn read_list(&mut self, index: u64, event: &Event) -> Result<(), Error> {
        let Event::CertificateStatus {
            list: Some(digest), ..
        } = event
        else {
            return Ok(());
        };
        self.referred.insert(*digest);
        if self.list.as_ref().is_some_and(|(known, _)| known == digest) {
            return Ok(());
        }
        let text = self.blob(index, "list of certificates", digest).await?;
        let list = text.and_then(|text| serde_json::from_slice(&text).ok());
        self.list = Some((*digest, list.unwrap_or_default()));
        Ok(())
    }

    /// Whether the list that an entry names has this very certificate.
    fn is_listed(&self, digest: &Digest, authority: &str, serial: &str) -> bool {
        let known = self
            .certificates
            .get(&(authority.to_owned(), serial.to_owned()));
        let list = self.list.as_ref().filter(|(read, _)| read == digest);
        let items = list.map(|(_, items)| items.as_slice()).unwrap_or_default();
        // A list is in order: the act that made it was not taken otherwise.
        let at = items.binary_search_by(|item| {
            (item.authority.as_str(), item.serial.as_str()).cmp(&(authority, serial))
        });
        at.is_ok_and(|at| items.get(at).map(|item| &item.certificate) == known)
    }

    fn check(&self, entry: &Entry, reference: &StatementRef, text: &[u8]) -> Result<(), String> {
        let officer = self
            .officers
            .get(&reference.officer)
            .ok_or_else(|| format!("officer {} is unknown", reference.officer))?;
        let certificate = &officer.certificate;
        let signature = STANDARD
            .decode(&reference.signature)
            .ok()
            .and_then(|der| Signature::from_der(&der).ok())
            .ok_or("the signature is malformed")?;
        certificate
            .public_key()
            .verify(text, &signature.into())
            .map_err(|_| "the officer's signature does not verify")?;
        let (start, end) = (certificate.not_before().0, certificate.not_after().0);
        if !(start..=end).contains(&entry.time) {
            return Err(format!(
                "the officer's certificate is valid from {start} to {end}, the entry is of {}",
                entry.time
            ));
        }
        let statement = std::str::from_utf8(text)
            .ok()
            .and_then(|text| Statement::parse(text).ok());
        let statement = statement.ok_or("it is not a canonical statement")?;
        if statement.officer != reference.officer || statement.role.to_string() != officer.role {
            return Err("it was made by somebody else or in another role".into());
        }
        if statement.certificate != certificate.fingerprint() {
            return Err("it names another certificate of the officer".into());
        }
        let end = entry.time - statement.time;
        let lifetime = match &entry.event {
            Event::CertificateStatus { list: Some(_), .. } => crate::statement::LIST_LIFETIME,
            _ => crate::STATEMENT_LIFETIME,
        };
        if !(-60..=lifetime).contains(&end) {
            return Err(format!("it was made {end} seconds before its entry"));
        }
        if self.says(&statement.subject, &entry.event) {
            Ok(())
        } else {
            Err("it is about something else".into())
        }
    }

    /// Whether a statement says what its entry says.
    fn says(&self, subject: &Subject, event: &Event) -> bool {
        match (subject, event) {
            (
                Subject::CaseSubmit {
                    case,
                    revision,
                    form,
                    request,
                    template,
                    profile,
                    evidence,
                    succeeds,
                },
                Event::CaseSubmitted {
                    case: c,
                    revision: r,
                    form: f,
                    request: q,
                    template: t,
                    profile_document: p,
                    evidence: e,
                    ..
                },
            ) => {
                (case, revision, form, request, template, profile, evidence)
                    == (c, r, f, q, t, p, e)
                    && succeeds.as_ref() == self.successions.get(c)
            }
            (
                Subject::CaseReview {
                    case,
                    revision,
                    decision,
                    form,
                    template,
                    evidence,
                    ..
                },
                Event::CaseReviewed {
                    case: c,
                    revision: r,
                    decision: d,
                    ..
                },
            ) => {
                (case, revision, decision) == (c, r, d)
                    && self.cases.get(case).is_some_and(|submitted| {
                        submitted.form == *form
                            && submitted.template == *template
                            && submitted.evidence == *evidence
                    })
            }
            (
                Subject::OfficerPropose {
                    officer, change, ..
                },
                Event::OfficerProposed {
                    officer: o,
                    change: c,
                    ..
                },
            ) => (officer, change) == (o, c),
            (
                Subject::OfficerConfirm {
                    proposal,
                    officer,
                    proposed,
                },
                Event::OfficerConfirmed {
                    proposal: p,
                    officer: o,
                    ..
                },
            )
            | (
                Subject::OfficerRefuse {
                    proposal,
                    officer,
                    proposed,
                    ..
                },
                Event::OfficerRefused {
                    proposal: p,
                    officer: o,
                    ..
                },
            ) => {
                let known = self.proposals.get(p).map(|known| &known.statement);
                (proposal, officer) == (p, o) && known == Some(proposed)
            }
            (Subject::CaseWithdraw { case, .. }, Event::CaseWithdrawn { case: c, .. }) => case == c,
            (
                Subject::CertificateIssue { items },
                Event::CertificateIntended {
                    key,
                    basis: Basis::Case { case, .. },
                    ..
                },
            ) => items.iter().any(|item| {
                item.case == *case
                    && item.key == *key
                    && self.cases.get(case).is_some_and(|submitted| {
                        submitted.template == item.template
                            && submitted.revision == item.revision
                            && submitted.key == item.key
                    })
            }),
            (
                Subject::CertificateStatus {
                    authority,
                    serial,
                    certificate,
                    change,
                    reason,
                    ..
                },
                Event::CertificateStatus {
                    authority: a,
                    serial: s,
                    status,
                    reason: r,
                    list: None,
                    ..
                },
            ) => {
                let (after, _) = crate::decide::state_after(*change, None);
                authority == a
                    && serial == s
                    && reason == r
                    && after == *status
                    && self.certificates.get(&(a.clone(), s.clone())) == Some(certificate)
            }
            (
                Subject::CertificateStatusList {
                    list,
                    change,
                    reason,
                    ..
                },
                Event::CertificateStatus {
                    authority,
                    serial,
                    status,
                    reason: r,
                    list: Some(l),
                    ..
                },
            ) => {
                let (after, _) = crate::decide::state_after(*change, None);
                (list, reason) == (l, r)
                    && after == *status
                    && self.is_listed(list, authority, serial)
            }
            _ => false,
        }
    }
}
