//! What anybody may know: status, authorities, figures. No personal data.

use sm_engine::foreign::sha256;
use store::Compare;
use store::status::Status;
use store::views::{CaseRow, CertificateRow, certificate_subject};
use x509::certificate::{Certificate, Serial};
use x509::crl::RevocationReason;

use super::{certificate, history};
use crate::crl;
use crate::error::{Error, Refusal};
use crate::service::Authority;
use crate::view::{AuthorityView, Figures, PublicStatus};

impl Authority {
    /// Status of a serial; `unknown` where no authority issued it.
    ///
    /// # Errors
    /// A fault where the database fails.
    pub async fn public_status(
        &self,
        authority: Option<&str>,
        serial: &str,
    ) -> Result<Vec<PublicStatus>, Error> {
        let mut list = Vec::new();
        for row in certificate::rows_of(&self.core, authority, serial).await? {
            list.push(self.status_of(&row).await?);
        }
        if list.is_empty() {
            list.push(unknown(authority.unwrap_or_default(), serial));
        }
        Ok(list)
    }

    /// Status of a certificate. A certificate that carries an issued serial but is not the one on the ledger is
    /// `unknown`.
    ///
    /// # Errors
    /// A refusal where the bytes are not a certificate.
    pub async fn public_status_of(&self, certificate: &[u8]) -> Result<PublicStatus, Error> {
        let certificate = Certificate::from_pem_or_der(certificate)
            .map_err(|e| Refusal::new("A400", "无法识别为 SM2 证书", e.to_string()))?;
        let serial = certificate.serial().to_string();
        let Some(member) = self.core.hierarchy.issuer_of(&certificate) else {
            return Ok(unknown("", &serial));
        };
        let key = [member.authority.as_str().into(), serial.as_str().into()];
        match self.core.store.get::<CertificateRow>(&key).await? {
            Some(row) if row.certificate == Some(certificate.fingerprint()) => {
                self.status_of(&row).await
            }
            _ => Ok(unknown(&member.authority, &serial)),
        }
    }

    async fn status_of(&self, row: &CertificateRow) -> Result<PublicStatus, Error> {
        let Ok(serial) = row.serial.parse::<Serial>() else {
            return Ok(unknown(&row.authority, &row.serial));
        };
        // The index decides, as it does for OCSP; the row adds the dates.
        let (state, reason, since) = match self.core.index.status(&row.authority, &serial) {
            Status::Good => ("good", None, row.issued_at),
            Status::Held { at } => ("held", Some(RevocationReason::CertificateHold), Some(at.0)),
            Status::Revoked { at, reason } => ("revoked", Some(reason), Some(at.0)),
            Status::Unknown | Status::Intended => return Ok(unknown(&row.authority, &row.serial)),
        };
        let expired = row
            .not_after
            .is_some_and(|end| end < self.core.clock.now().0);
        let (state, since) = if state == "good" && expired {
            ("expired", row.not_after)
        } else {
            (state, since)
        };
        let subject = certificate_subject(&row.authority, &row.serial);
        Ok(PublicStatus {
            authority: row.authority.clone(),
            serial: row.serial.clone(),
            state: state.into(),
            reason: reason.map(|reason| reason.to_string()),
            since,
            not_after: row.not_after,
            history: history::of(&self.core, &subject, false).await?,
        })
    }

    /// The authorities, root first.
    ///
    /// # Errors
    /// A fault where the database fails.
    pub async fn authorities(&self) -> Result<Vec<AuthorityView>, Error> {
        let mut list = Vec::new();
        for member in self.core.hierarchy.all() {
            let latest = crl::latest_row(&self.core.store, &member.authority).await?;
            let crl = match latest {
                Some(row) => {
                    let entries = u64::try_from(row.entries).unwrap_or(0);
                    Some((
                        crl::crl_number(&row)?,
                        row.this_update,
                        row.next_update,
                        entries,
                    ))
                }
                None => None,
            };
            list.push(AuthorityView {
                authority: member.authority.clone(),
                name: member.title(),
                parent: member.parent.clone(),
                algorithm: member.algorithm().name().to_owned(),
                pem: member.certificate.to_pem(),
                fingerprint: member.certificate.fingerprint().to_string(),
                fingerprint_sha256: hex::encode(sha256(&[member.certificate.der()])),
                not_before: member.certificate.not_before().0,
                not_after: member.certificate.not_after().0,
                crl,
            });
        }
        list.sort_by_key(|view| (view.parent != view.authority, view.authority.clone()));
        Ok(list)
    }

    /// Live figures.
    ///
    /// # Errors
    /// A fault where the database fails.
    pub async fn figures(&self) -> Result<Figures, Error> {
        let core = &self.core;
        let mut figures = Figures {
            good: 0,
            held: 0,
            revoked: 0,
            waiting_review: core
                .store
                .count::<CaseRow>(&[("state", Compare::Eq("submitted".into()))])
                .await?,
            waiting_production: core
                .store
                .count::<CaseRow>(&[("state", Compare::Eq("approved".into()))])
                .await?,
            entries: core.index.applied(),
            checkpoint: None,
            never_issued: core.index.never_issued().0,
            demonstration: core.demonstration,
        };
        for member in core.hierarchy.all() {
            let counts = core.index.counts(&member.authority);
            figures.good += counts.good;
            figures.held += counts.held;
            figures.revoked += counts.revoked;
        }
        if let Some(head) = self.ledger_head().await? {
            let time = match core.store.entry(head.size.saturating_sub(1)).await? {
                Some(body) => ledger::event::Entry::decode(&body)?.time,
                None => 0,
            };
            figures.checkpoint = Some((head.size, time));
        }
        Ok(figures)
    }

    /// The latest full CRL of an authority, DER.
    ///
    /// # Errors
    /// A fault where the database fails.
    pub async fn latest_crl(&self, authority: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(row) = crl::latest_row(&self.core.store, authority).await? else {
            return Ok(None);
        };
        Ok(row.load(&self.core.store).await?)
    }

    /// The certificate of an authority.
    #[must_use]
    pub fn ca_certificate(&self, authority: &str) -> Option<Certificate> {
        self.core
            .hierarchy
            .find(authority)
            .map(|member| member.certificate.clone())
    }
}

fn unknown(authority: &str, serial: &str) -> PublicStatus {
    PublicStatus {
        authority: authority.to_owned(),
        serial: serial
            .parse::<Serial>()
            .map_or_else(|_| String::new(), |serial| serial.to_string()),
        state: "unknown".into(),
        reason: None,
        since: None,
        not_after: None,
        history: Vec::new(),
    }
}
