//! What an act on all results of a search would do: which certificates it would change and which it would leave out,
//! each by the rules that decide when it is carried out.

use policy::Verb;
use serde::{Deserialize, Serialize};
use store::views::CertificateRow;
use x509::crl::RevocationReason;

use super::certificate::summaries;
use super::search::rows_up_to;
use super::{PAGE, SearchQuery};
use crate::act::{ListedCertificate, RefusedCertificate, StatusChange};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::examine::{LIST_LIMIT, place_of_certificate};
use crate::service::Authority;
use crate::view::{CertificateSummary, Officer};

/// What an act would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPlan {
    /// What it would change, in the order of a list.
    pub certificates: Vec<ListedCertificate>,
    /// What it would leave as it is, each with the rule that says so.
    pub left_out: Vec<RefusedCertificate>,
}

impl Authority {
    /// What changing everything that a search finds would do.
    ///
    /// # Errors
    /// A refusal where the role may not search or not change, the reason does not fit (A422), or more is found than one
    /// act takes (A413).
    pub async fn plan_list(
        &self,
        officer: &Officer,
        query: &SearchQuery,
        change: StatusChange,
        reason: Option<RevocationReason>,
    ) -> Result<ListPlan, Error> {
        self.reader(officer, Verb::CertificateSearch).await?;
        let officer = self.reader(officer, change.verb()).await?;
        decide::reason_fits(change, reason)?;
        let core = &self.core;
        let rules = core.policy.rules();
        let most = u32::try_from(LIST_LIMIT).unwrap_or(u32::MAX);
        let rows = rows_up_to(core, &officer.scope, query, most + 1).await?;
        if rows.len() > LIST_LIMIT {
            return Err(Refusal::new(
                "A413",
                format!("找到的证书超过 {LIST_LIMIT} 张，请缩小范围后分次办理"),
                format!("more than {LIST_LIMIT} certificates were found; narrow the selection"),
            )
            .into());
        }
        let mut plan = ListPlan::default();
        for row in rows {
            let verb = change.verb();
            let decided =
                decide::change_status(&row.serial, change, reason, Some(&row), &officer, rules)
                    .and_then(|()| {
                        let place = place_of_certificate(&row);
                        Ok(rules.within(verb, &officer.scope, &place)?)
                    });
            match (decided, row.certificate) {
                (Ok(()), Some(certificate)) => plan.certificates.push(ListedCertificate {
                    authority: row.authority,
                    serial: row.serial,
                    certificate,
                    since: row.idx,
                }),
                (Ok(()), None) => {}
                (Err(Error::Refused(refusal)), _) => plan.left_out.push(RefusedCertificate {
                    authority: row.authority,
                    serial: row.serial,
                    code: refusal.code,
                    zh: refusal.zh,
                    en: refusal.en,
                }),
                (Err(fault), _) => return Err(fault),
            }
        }
        plan.certificates.sort();
        plan.left_out
            .sort_by(|a, b| (&a.authority, &a.serial).cmp(&(&b.authority, &b.serial)));
        Ok(plan)
    }

    /// Certificates by authority and serial, as far as the officer's scope reaches; at most 200.
    ///
    /// # Errors
    /// A refusal where the role may not search certificates; a fault where the database fails.
    pub async fn certificates_at(
        &self,
        officer: &Officer,
        keys: &[(&str, &str)],
    ) -> Result<Vec<CertificateSummary>, Error> {
        let officer = self.reader(officer, Verb::CertificateSearch).await?;
        let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let keys: Vec<_> = keys
            .iter()
            .take(most)
            .map(|(authority, serial)| vec![(*authority).into(), (*serial).into()])
            .collect();
        let mut rows = self.core.store.get_many::<CertificateRow>(&keys).await?;
        rows.retain(|row| officer.scope.covers(&place_of_certificate(row)));
        summaries(&self.core, &rows).await
    }
}
