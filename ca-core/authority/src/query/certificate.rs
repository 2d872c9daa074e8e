//! Certificates as officers see them: the lines of a list, and one with its history.

use std::collections::BTreeMap;

use policy::Verb;
use sm_engine::sm3::Digest;
use store::Compare;
use store::value::Value;
use store::views::{CertificateRow, certificate_subject};
use x509::certificate::{Certificate, Serial};

use super::{history, succession};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::examine::place_of_certificate;
use crate::hierarchy::ORGANIZATION;
use crate::recovery::stored_certificate;
use crate::service::{Authority, Core};
use crate::view::{CertificateSummary, CertificateView, Officer};

impl Authority {
    /// A certificate with its whole history.
    ///
    /// # Errors
    /// A refusal where the role may not, there is none, or several authorities have one of that serial.
    pub async fn certificate(
        &self,
        officer: &Officer,
        authority: Option<&str>,
        serial: &str,
    ) -> Result<CertificateView, Error> {
        let officer = self.reader(officer, Verb::CertificateView).await?;
        let core = &self.core;
        let row = find(core, authority, serial).await?;
        let rules = core.policy.rules();
        let place = place_of_certificate(&row);
        rules.within(Verb::CertificateView, &officer.scope, &place)?;
        let certificate = stored_certificate(core, &row).await?;
        let mut fields = Vec::new();
        if let Some(certificate) = &certificate {
            fields.push(("主体".to_owned(), certificate.subject().to_string()));
            fields.push(("签发者".to_owned(), certificate.issuer().to_string()));
            fields.push(("序列号".to_owned(), certificate.serial().to_string()));
            fields.push(("生效".to_owned(), certificate.not_before().to_string()));
            fields.push(("到期".to_owned(), certificate.not_after().to_string()));
            for extension in certificate.extensions() {
                let name = x509::extension::extension_name(&extension.oid)
                    .map_or_else(|| extension.oid.to_string(), str::to_owned);
                fields.push((name, x509::extension::describe(extension)));
            }
        }
        let subject = certificate_subject(&row.authority, &row.serial);
        Ok(CertificateView {
            summary: summary(&row, certificate.as_ref()),
            pem: certificate
                .as_ref()
                .map(Certificate::to_pem)
                .unwrap_or_default(),
            fields,
            succeeds: succession::before(core, &row).await?,
            successors: succession::after(core, &row).await?,
            history: history::of(core, &subject, true).await?,
        })
    }
}

/// The one certificate of that serial.
pub(super) async fn find(
    core: &Core,
    authority: Option<&str>,
    serial: &str,
) -> Result<CertificateRow, Error> {
    let mut rows = rows_of(core, authority, serial).await?;
    match rows.len() {
        0 => Err(decide::no_such(serial).into()),
        1 => Ok(rows.remove(0)),
        _ => Err(Refusal::new(
            "A400",
            "多个签发机构有此序列号，请指明签发机构",
            "several authorities have issued this serial; name the authority",
        )
        .into()),
    }
}

/// All certificates of that serial.
pub(super) async fn rows_of(
    core: &Core,
    authority: Option<&str>,
    serial: &str,
) -> Result<Vec<CertificateRow>, Error> {
    let Ok(serial) = serial.parse::<Serial>() else {
        return Ok(Vec::new());
    };
    let mut filter = vec![("serial", Compare::Eq(Value::from(serial.to_string())))];
    if let Some(authority) = authority {
        filter.push(("authority", Compare::Eq(authority.into())));
    }
    Ok(core
        .store
        .scan::<CertificateRow>(&filter, &[], None, 10)
        .await?)
}

/// The lines of a list: one reading for all certificates.
pub(super) async fn summaries(
    core: &Core,
    rows: &[CertificateRow],
) -> Result<Vec<CertificateSummary>, Error> {
    let digests: Vec<Digest> = rows.iter().filter_map(|row| row.certificate).collect();
    let stored: BTreeMap<Digest, _> = core
        .store
        .unseal_many(&digests)
        .await?
        .into_iter()
        .collect();
    let line = |row: &CertificateRow| {
        let Some(digest) = row.certificate else {
            return Ok(summary(row, None));
        };
        let missing = || Error::Inconsistent(format!("certificate {} is missing", row.serial));
        let der = stored.get(&digest).ok_or_else(missing)?;
        Ok(summary(row, Some(&Certificate::from_der(der)?)))
    };
    rows.iter().map(line).collect()
}

fn summary(row: &CertificateRow, certificate: Option<&Certificate>) -> CertificateSummary {
    let name = certificate.map(Certificate::subject);
    CertificateSummary {
        authority: row.authority.clone(),
        serial: row.serial.clone(),
        state: row.state.clone(),
        reason: row.reason.clone(),
        profile: row.profile.clone(),
        name: name
            .and_then(|name| name.common_name())
            .unwrap_or_default()
            .to_owned(),
        department: name
            .and_then(|name| name.get(&ORGANIZATION))
            .unwrap_or_default()
            .to_owned(),
        not_before: certificate.map_or(0, |c| c.not_before().0),
        not_after: row.not_after.unwrap_or(0),
        fingerprint: row
            .certificate
            .map(|digest| digest.to_string())
            .unwrap_or_default(),
        case: row.case_id.clone(),
        intent: u64::try_from(row.intended_idx).unwrap_or(0),
    }
}
