//! Whose certificates: one holder's, or one department's, with the cases behind them.
//!
//! Both are named by a token: the keyed digest by which their cases are found anyway. It says nothing to whoever reads an
//! address, and is worth nothing without a session.

use std::collections::BTreeMap;

use policy::{Form, Scope, Verb, form::fold};
use sm_engine::sm3::Digest;
use store::value::Value;
use store::views::{CaseRow, CertificateRow};
use store::{Compare, Direction};

use super::search::{SearchQuery, in_state, nobody, read_token, rows};
use super::{certificate, opened_form, summaries, within};
use crate::error::Error;
use crate::service::{Authority, Core};
use crate::view::{ClassCount, DepartmentView, HolderView, Officer};

/// Most cases and most certificates of a holder's page.
const MOST: u32 = 25;
/// Cases looked at to tell whom a token names: the latest may have been corrected and name somebody else now.
const CANDIDATES: u32 = 10;
/// The states of a case under way.
pub(super) const UNDER_WAY: [&str; 4] = ["submitted", "returned", "approved", "producing"];

/// Whom a form is about.
pub(super) type Token = fn(&Core, &Form) -> Option<Digest>;

/// The token of the holder; none where only a host name tells them apart.
fn holder_token(core: &Core, form: &Form) -> Option<Digest> {
    let (kind, value) = form.unique_identity()?;
    let number = kind != "host";
    number.then(|| core.store.seal_key().keyed_digest("identity", &fold(value)))
}

/// The token of the department of a form.
pub(super) fn department_token(core: &Core, form: &Form) -> Option<Digest> {
    name_token(core, form.department())
}

/// The token of a department; none for a name of one or two characters, which is also a part of longer names.
pub(super) fn name_token(core: &Core, name: &str) -> Option<Digest> {
    let name = fold(name);
    let whole = name.chars().count() > 2;
    whole.then(|| core.store.seal_key().keyed_digest("department", &name))
}

/// The term that a token is, and the latest form within the scope that it names.
pub(super) async fn named(
    core: &Core,
    scope: &Scope,
    token: &str,
    of: Token,
) -> Result<(Digest, Form), Error> {
    let term = read_token(token)?;
    let mut filter = within(scope);
    filter.push(("case_id", Compare::CurrentTerm(term)));
    let order = [("case_id", Direction::Descending)];
    let cases = core
        .store
        .scan::<CaseRow>(&filter, &order, None, CANDIDATES);
    for case in cases.await? {
        let form = opened_form(core, &case).await?;
        if of(core, &form) == Some(term) {
            return Ok((term, form));
        }
    }
    Err(nobody().into())
}

impl Authority {
    /// The tokens of the holder and of the department of a case; each is absent where nothing tells them apart.
    ///
    /// # Errors
    /// A refusal where the role may not or there is no such case.
    pub async fn tokens_of_case(
        &self,
        officer: &Officer,
        case: &str,
    ) -> Result<(Option<String>, Option<String>), Error> {
        let officer = self.reader(officer, Verb::CaseView).await?;
        let row = self.case_row(&officer, Verb::CaseView, case).await?;
        let form = opened_form(&self.core, &row).await?;
        let text = |token: Option<Digest>| token.map(|token| token.to_string());
        Ok((
            text(holder_token(&self.core, &form)),
            text(department_token(&self.core, &form)),
        ))
    }

    /// A holder with their cases and certificates, newest first; at most 25 of each.
    ///
    /// # Errors
    /// A refusal where the role may not see cases and certificates, or the token names nobody (A404).
    pub async fn holder(&self, officer: &Officer, token: &str) -> Result<HolderView, Error> {
        self.reader(officer, Verb::CaseView).await?;
        let officer = self.reader(officer, Verb::CertificateView).await?;
        let core = &self.core;
        let (term, form) = named(core, &officer.scope, token, holder_token).await?;
        let mut its_own = within(&officer.scope);
        its_own.push(("case_id", Compare::CurrentTerm(term)));
        let newest = |column| [(column, Direction::Descending)];
        let mut cases = core
            .store
            .scan::<CaseRow>(&its_own, &newest("case_id"), None, MOST + 1)
            .await?;
        let mut filter = in_state("issued", core.clock.now().0);
        filter.extend(its_own);
        let mut certificates = core
            .store
            .scan::<CertificateRow>(&filter, &newest("intended_idx"), None, MOST + 1)
            .await?;
        let most = usize::try_from(MOST).unwrap_or(usize::MAX);
        let more = cases.len() > most || certificates.len() > most;
        cases.truncate(most);
        certificates.truncate(most);
        Ok(HolderView {
            name: form.display_name().to_owned(),
            department: form.department().to_owned(),
            department_token: department_token(core, &form).map(|token| token.to_string()),
            cases: summaries(core, &cases).await?,
            certificates: certificate::summaries(core, &certificates).await?,
            more,
        })
    }

    /// A department: what was issued for it by class and state, when it ends (numbers between neighbouring `months`,
    /// UTC seconds, 2 to 64 of them), its cases under way, and those of its certificates that `list` asks for, newest
    /// first, with how many there are; the text of `list` is not looked at.
    ///
    /// # Errors
    /// A refusal where the role may not search certificates and list cases, or the token names no department (A404).
    pub async fn department(
        &self,
        officer: &Officer,
        token: &str,
        months: &[i64],
        list: &SearchQuery,
    ) -> Result<DepartmentView, Error> {
        self.reader(officer, Verb::CaseList).await?;
        let officer = self.reader(officer, Verb::CertificateSearch).await?;
        let (core, scope) = (&self.core, &officer.scope);
        let (term, form) = named(core, scope, token, department_token).await?;
        let mut its_own = within(scope);
        its_own.push(("case_id", Compare::CurrentTerm(term)));
        let now = core.clock.now().0;

        let mut classes: BTreeMap<String, ClassCount> = BTreeMap::new();
        for state in ["good", "held", "expired", "revoked"] {
            let mut filter = in_state(state, now);
            filter.extend(its_own.clone());
            let groups = core
                .store
                .group_count::<CertificateRow>(&["profile"], &filter)
                .await?;
            for (values, count) in groups {
                let [Value::Text(profile)] = values.as_slice() else {
                    continue;
                };
                let class = classes.entry(profile.clone()).or_default();
                *match state {
                    "good" => &mut class.good,
                    "held" => &mut class.held,
                    "expired" => &mut class.expired,
                    _ => &mut class.revoked,
                } = count;
            }
        }
        let mut unrevoked = in_state("unrevoked", now);
        unrevoked.extend(its_own.clone());
        let ends = core
            .store
            .count_between::<CertificateRow>("not_after", months, &unrevoked)
            .await?;
        let states = UNDER_WAY.iter().map(|state| (*state).into()).collect();
        let mut under_way = its_own;
        under_way.push(("state", Compare::In(states)));
        let groups = core
            .store
            .group_count::<CaseRow>(&["state"], &under_way)
            .await?;
        let list = SearchQuery {
            text: None,
            subject: Some(token.to_owned()),
            ..list.clone()
        };
        let mut asked = within(scope);
        asked.extend(list.conditions(now)?);
        let listed = core.store.count::<CertificateRow>(&asked).await?;
        let rows = rows(core, scope, &list).await?;
        Ok(DepartmentView {
            name: form.department().to_owned(),
            classes,
            ends,
            cases: super::by_state(groups),
            listed,
            certificates: certificate::summaries(core, &rows).await?,
        })
    }
}
