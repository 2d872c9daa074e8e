//! Certificates as officers see them: search and page.

use std::collections::BTreeSet;

use policy::Verb;
use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;
use store::value::Value;
use store::views::{CertificateRow, TermRow, certificate_subject};
use store::{Compare, Direction};
use x509::certificate::{Certificate, Serial};

use super::{PAGE, history, succession, within};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::examine::place_of_certificate;
use crate::hierarchy::ORGANIZATION;
use crate::recovery::stored_certificate;
use crate::service::{Authority, Core};
use crate::view::{CertificateSummary, CertificateView, Officer};

/// What an officer looks for. All given conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchQuery {
    /// Name, department, host, serial, SM3 fingerprint or case number.
    pub text: Option<String>,
    /// State.
    pub state: Option<String>,
    /// Profile name.
    pub profile: Option<String>,
    /// Issuing authority.
    pub authority: Option<String>,
    /// Last ledger index of the page before: only older certificates.
    pub before: Option<u64>,
    /// Most rows; 200 at most.
    pub limit: Option<u32>,
}

impl Authority {
    /// Certificates, newest first.
    ///
    /// # Errors
    /// A refusal where the role may not; a fault where the database fails.
    pub async fn search(
        &self,
        officer: &Officer,
        query: &SearchQuery,
    ) -> Result<Vec<CertificateSummary>, Error> {
        let officer = self.reader(officer, Verb::CertificateSearch).await?;
        let core = &self.core;
        let mut filter = within(&officer.scope);
        for (column, value) in [
            ("state", &query.state),
            ("profile", &query.profile),
            ("authority", &query.authority),
        ] {
            if let Some(value) = value {
                filter.push((column, Compare::Eq(value.as_str().into())));
            }
        }
        if let Some(before) = query.before {
            let before = i64::try_from(before).unwrap_or(i64::MAX);
            filter.push(("intended_idx", Compare::Lt(before.into())));
        }
        let text = query
            .text
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let mut alternatives = match text {
            Some(text) => meanings(core, text).await?,
            None => vec![None],
        };
        let order = [("intended_idx", Direction::Descending)];
        let limit = query.limit.unwrap_or(50).min(PAGE);
        let mut rows = Vec::new();
        for alternative in alternatives.drain(..) {
            let mut filter = filter.clone();
            filter.extend(alternative);
            rows.extend(
                core.store
                    .scan::<CertificateRow>(&filter, &order, None, limit)
                    .await?,
            );
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.intended_idx));
        rows.dedup_by_key(|row| row.intended_idx);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let mut list = Vec::with_capacity(rows.len());
        for row in rows {
            list.push(summary(
                &row,
                stored_certificate(core, &row).await?.as_ref(),
            ));
        }
        Ok(list)
    }

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

type Condition = Option<(&'static str, Compare)>;

/// What a search text can mean; each meaning is one condition on certificates.
async fn meanings(core: &Core, text: &str) -> Result<Vec<Condition>, Error> {
    let mut meanings: Vec<Condition> = Vec::new();
    if let Ok(digest) = text.replace(':', "").to_ascii_lowercase().parse::<Digest>() {
        meanings.push(Some(("certificate", Compare::Eq(digest.into()))));
    } else if let Ok(serial) = text.parse::<Serial>() {
        meanings.push(Some(("serial", Compare::Eq(serial.to_string().into()))));
    }
    let mut cases: BTreeSet<String> = BTreeSet::new();
    if text.starts_with("C-") {
        cases.insert(text.to_owned());
    }
    let folded = policy::form::fold(text);
    for kind in ["name", "department", "host", "identity"] {
        let term = core.store.seal_key().keyed_digest(kind, &folded);
        let filter = [("term", Compare::Eq(term.into()))];
        let found = core
            .store
            .scan::<TermRow>(&filter, &[("idx", Direction::Descending)], None, PAGE)
            .await?;
        cases.extend(
            found
                .into_iter()
                .filter_map(|row| Some(row.subject.strip_prefix("case:")?.to_owned())),
        );
    }
    cases.extend(departments_containing(core, &folded).await?);
    // One condition for all of them; a choice has at most 1,024 values.
    if !cases.is_empty() {
        let cases = cases
            .into_iter()
            .rev()
            .take(1000)
            .map(Value::from)
            .collect();
        meanings.push(Some(("case_id", Compare::In(cases))));
    }
    Ok(meanings)
}

/// Cases of departments whose name has every pair of neighbouring characters of `text`.
async fn departments_containing(core: &Core, text: &str) -> Result<BTreeSet<String>, Error> {
    /// Pairs looked at: enough to tell departments apart, few enough for one search.
    const PAIRS: usize = 8;
    let mut cases: Option<BTreeSet<String>> = None;
    for pair in policy::form::pairs(text).take(PAIRS) {
        let term = core.store.seal_key().keyed_digest("department", &pair);
        let filter = [("term", Compare::Eq(term.into()))];
        let order = [("idx", Direction::Descending)];
        let found = core
            .store
            .scan::<TermRow>(&filter, &order, None, store::MAX_ROWS)
            .await?;
        let found = found
            .into_iter()
            .filter_map(|row| Some(row.subject.strip_prefix("case:")?.to_owned()));
        cases = Some(match cases {
            None => found.collect(),
            Some(before) => found.filter(|case| before.contains(case)).collect(),
        });
    }
    // As many as one page shows: the newest case numbers.
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    Ok(cases
        .unwrap_or_default()
        .into_iter()
        .rev()
        .take(page)
        .collect())
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
