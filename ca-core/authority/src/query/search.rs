//! Searching certificates: by what an officer typed, by their state, by whose they are. Names and numbers of people are
//! found through keyed digests; they are compared nowhere.

use policy::scope::unit_code;
use policy::{Scope, Verb};
use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;
use store::views::CertificateRow;
use store::{Compare, Direction};
use x509::certificate::Serial;

use super::certificate::summaries;
use super::{PAGE, units, within};
use crate::error::{Error, Refusal};
use crate::service::{Authority, Core};
use crate::view::{CertificateSummary, Officer};

/// Longest text that is searched for: characters.
const TEXT_LIMIT: usize = 200;
/// Pairs of characters looked at: enough to tell departments apart, few enough for one search.
const PAIRS: usize = 8;

/// What an officer looks for. All given conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchQuery {
    /// Name, its pinyin or their initials, department, host, identity number or its last four characters, serial, SM3
    /// fingerprint or case number; at most 200 characters.
    pub text: Option<String>,
    /// `good` or `held` and not past its end, `expired` (good or held and past it), `revoked`; `unrevoked` for
    /// all but the last, `issued` for all of these; `intended` or `abandoned` for what never became a certificate.
    pub state: Option<String>,
    /// Profile name.
    pub profile: Option<String>,
    /// Issuing authority.
    pub authority: Option<String>,
    /// Token of the person or the department that they are for.
    pub subject: Option<String>,
    /// Earliest end of validity, UTC seconds.
    pub ends_from: Option<i64>,
    /// End of validity before this, UTC seconds.
    pub ends_before: Option<i64>,
    /// Full name of the unit that they are for.
    pub unit: Option<String>,
    /// Number of the officer who produced them.
    pub produced_by: Option<String>,
    /// Issued at this moment or later, UTC seconds.
    pub issued_from: Option<i64>,
    /// Issued before this, UTC seconds.
    pub issued_before: Option<i64>,
    /// Last ledger index of the page before: only older certificates.
    pub before: Option<u64>,
    /// Most rows; 200 at most.
    pub limit: Option<u32>,
}

/// Every state of a certificate's row.
pub(super) const STATES: [&str; 5] = ["good", "held", "revoked", "intended", "abandoned"];

/// Conditions on certificates that must all hold.
pub(super) type Conditions = Vec<(&'static str, Compare)>;

impl SearchQuery {
    /// What must hold of a certificate, apart from `text` and `before`.
    ///
    /// # Errors
    /// A refusal where `subject` is no token.
    pub(super) fn conditions(&self, now: i64) -> Result<Conditions, Refusal> {
        let mut conditions = match &self.state {
            Some(state) => in_state(state, now),
            None => Vec::new(),
        };
        for (column, value) in [
            ("profile", &self.profile),
            ("authority", &self.authority),
            ("produced_by", &self.produced_by),
        ] {
            if let Some(value) = value {
                conditions.push((column, Compare::Eq(value.as_str().into())));
            }
        }
        if let Some(token) = &self.subject {
            let term = read_token(token)?;
            conditions.push(("case_id", Compare::CurrentTerm(term)));
        }
        if let Some(from) = self.ends_from {
            conditions.push(("not_after", Compare::Ge(from.into())));
        }
        if let Some(before) = self.ends_before {
            conditions.push(("not_after", Compare::Lt(before.into())));
        }
        if let Some(unit) = &self.unit {
            conditions.push(("unit", Compare::Eq(unit_code(unit).into())));
        }
        if let Some(from) = self.issued_from {
            conditions.push(("issued_at", Compare::Ge(from.into())));
        }
        if let Some(before) = self.issued_before {
            conditions.push(("issued_at", Compare::Lt(before.into())));
        }
        Ok(conditions)
    }
}

/// What must hold of a certificate in this state.
pub(super) fn in_state(state: &str, now: i64) -> Conditions {
    let one_of = |states: &[&str]| {
        let states = states.iter().map(|state| (*state).into()).collect();
        ("state", Compare::In(states))
    };
    match state {
        "good" | "held" => vec![one_of(&[state]), ("not_after", Compare::Gt(now.into()))],
        "expired" => vec![
            one_of(&["good", "held"]),
            ("not_after", Compare::Le(now.into())),
        ],
        "unrevoked" => vec![one_of(&["good", "held"])],
        "issued" => vec![one_of(&["good", "held", "revoked"])],
        _ => vec![one_of(&[state])],
    }
}

/// The keyed digest that an address names a person or a department by.
pub(super) fn read_token(token: &str) -> Result<Digest, Refusal> {
    let exact = token.len() == 64 && !token.bytes().any(|byte| byte.is_ascii_uppercase());
    let term = token.parse().ok().filter(|_| exact);
    term.ok_or_else(nobody)
}

/// Nobody is found under a token.
pub(super) fn nobody() -> Refusal {
    Refusal::new(
        "A404",
        "没有这个持证人或单位。请从案件或证书页面重新打开",
        "there is no such holder or department; open the page again from a case or a certificate",
    )
}

impl Authority {
    /// Certificates, newest first.
    ///
    /// # Errors
    /// A refusal where the role may not or the text is too long (A413); a fault where the database fails.
    pub async fn search(
        &self,
        officer: &Officer,
        query: &SearchQuery,
    ) -> Result<Vec<CertificateSummary>, Error> {
        let officer = self.reader(officer, Verb::CertificateSearch).await?;
        let core = &self.core;
        let rows = rows(core, &officer.scope, query).await?;
        summaries(core, &rows).await
    }
}

/// The newest certificates of a search within a scope.
pub(super) async fn rows(
    core: &Core,
    scope: &Scope,
    query: &SearchQuery,
) -> Result<Vec<CertificateRow>, Error> {
    let limit = query.limit.unwrap_or(50).min(PAGE);
    rows_up_to(core, scope, query, limit).await
}

/// The same, at most `limit` of them.
pub(super) async fn rows_up_to(
    core: &Core,
    scope: &Scope,
    query: &SearchQuery,
    limit: u32,
) -> Result<Vec<CertificateRow>, Error> {
    let mut common = within(scope);
    common.extend(query.conditions(core.clock.now().0)?);
    if let Some(before) = query.before {
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        common.push(("intended_idx", Compare::Lt(before.into())));
    }
    let text = query.text.as_deref().map(str::trim).unwrap_or_default();
    if text.chars().count() > TEXT_LIMIT {
        return Err(Refusal::new(
            "A413",
            format!("查询内容超过 {TEXT_LIMIT} 个字符，请缩短后再查"),
            format!("the search text is longer than {TEXT_LIMIT} characters; shorten it"),
        )
        .into());
    }
    let meanings = if !text.is_empty() {
        meanings(core, text).await?
    } else if query.subject.is_some() {
        vec![Vec::new()]
    } else {
        // Along the index of each state, newest first: as much is read as is shown.
        let state = |state: &&str| vec![("state", Compare::Eq((*state).into()))];
        STATES.iter().map(state).collect()
    };
    newest(core, &common, meanings, limit).await
}

/// The newest certificates for which `common` and one of the `meanings` hold: one statement for each of these.
pub(super) async fn newest(
    core: &Core,
    common: &Conditions,
    meanings: Vec<Conditions>,
    limit: u32,
) -> Result<Vec<CertificateRow>, Error> {
    let order = [("intended_idx", Direction::Descending)];
    let mut rows = Vec::new();
    for meaning in meanings {
        let filter: Conditions = common.iter().cloned().chain(meaning).collect();
        let found = core
            .store
            .scan::<CertificateRow>(&filter, &order, None, limit);
        rows.extend(found.await?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.intended_idx));
    rows.dedup_by_key(|row| row.intended_idx);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(rows)
}

/// What a search text can mean.
async fn meanings(core: &Core, text: &str) -> Result<Vec<Conditions>, Error> {
    let key = core.store.seal_key();
    let mut meanings: Vec<Conditions> = Vec::new();
    if let Ok(digest) = text.replace(':', "").to_ascii_lowercase().parse::<Digest>() {
        meanings.push(vec![("certificate", Compare::Eq(digest.into()))]);
    } else if let Ok(serial) = text.parse::<Serial>() {
        meanings.push(vec![("serial", Compare::Eq(serial.to_string().into()))]);
    } else if text.starts_with("C-") {
        meanings.push(vec![("case_id", Compare::Eq(text.into()))]);
    }
    // As a whole.
    let folded = policy::form::fold(text);
    let mut terms: Vec<Digest> = ["name", "department", "host", "identity"]
        .iter()
        .map(|kind| key.keyed_digest(kind, &folded))
        .collect();
    if let Some(tail) = policy::form::identity_tail(text) {
        terms.push(key.keyed_digest("identity-tail", &tail));
    }
    if let Some(spelled) = policy::spelling::asked(text) {
        terms.extend(["pinyin", "initials"].map(|kind| key.keyed_digest(kind, &spelled)));
    }
    meanings.push(vec![("case_id", Compare::AnyTerm(terms))]);
    // As a part of a department's name.
    if folded.chars().count() < 2 {
        return Ok(meanings);
    }
    if let Some(of_units) = units::meanings(core, &folded).await? {
        meanings.extend(of_units);
        return Ok(meanings);
    }
    // It is in too many names: every pair of neighbouring characters leads to cases.
    let pairs: Conditions = policy::form::pairs(&folded)
        .take(PAIRS)
        .map(|pair| key.keyed_digest("department", &pair))
        .map(|term| ("case_id", Compare::AnyTerm(vec![term])))
        .collect();
    meanings.push(pairs);
    Ok(meanings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_digest_as_we_write_it_and_nothing_else() {
        let token = "0a".repeat(32);
        assert!(read_token(&token).is_ok());
        for wrong in [
            "",
            "0a",
            &token.to_uppercase(),
            &format!("{token} "),
            &format!("{token}0a"),
            &"zz".repeat(32),
            &"单".repeat(64),
        ] {
            assert_eq!(read_token(wrong).unwrap_err().code, "A404", "{wrong}");
        }
    }

    #[test]
    fn what_has_expired_is_neither_good_nor_held() {
        for state in ["good", "held"] {
            assert!(in_state(state, 7).contains(&("not_after", Compare::Gt(7.into()))));
        }
        assert!(in_state("expired", 7).contains(&("not_after", Compare::Le(7.into()))));
        assert_eq!(in_state("revoked", 7).len(), 1);
    }
}
