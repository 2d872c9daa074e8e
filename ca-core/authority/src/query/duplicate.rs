//! Whom an application resembles: asked before it is submitted and shown again to whoever reviews it.
//!
//! Everything goes by keyed digests, a bounded number of them. Of cases beyond the officer's scope it is said that
//! there is one, and of weak likenesses not even that: never a number, a name or a place. It decides nothing: what is
//! exact or forbidden is refused by the rules of a submission, wherever it comes from.

use std::collections::{BTreeMap, BTreeSet};

use policy::scope::unit_code;
use policy::{Form, Profile, Scope, Verb, form::fold};
use serde::{Deserialize, Serialize};
use sm_engine::sm3::{self, Digest};
use store::views::{CaseRow, CertificateRow, KeyRow};
use store::{Compare, Direction};

use super::opened_form;
use crate::act::Succeeds;
use crate::error::Error;
use crate::examine::{place_of_case, read_request};
use crate::service::{Authority, Core};
use crate::view::Officer;

/// Cases that one likeness is looked for in, the newest.
const LOOKED_AT: u32 = 50;
/// Cases that are named of one likeness.
const NAMED: usize = 5;
/// Evidence files that are looked for.
const FILES: usize = 10;

/// How much a likeness means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// It can never be submitted like this.
    Forbidden,
    /// The same: it is refused while the other one stands.
    Exact,
    /// Probably the same: the entry officer explains it.
    Strong,
    /// Worth a look.
    Weak,
}

/// In what it resembles others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DuplicateKind {
    /// The private half of this public key is known to be lost or stolen.
    KeyCompromised,
    /// This public key belongs to another case or certificate.
    KeyUsed,
    /// The same subject has a certificate of this class, or a case under way for one.
    SameSubject,
    /// Somebody of the same name, born on the same day, under another number.
    NameAndBirth,
    /// Somebody else with the same mobile number.
    Mobile,
    /// The same subject has something else: another class, or one that ended.
    KnownSubject,
    /// Another case of somebody else has the same evidence file.
    Evidence,
    /// Somebody in the same unit whose name sounds the same.
    NameInUnit,
}

/// One likeness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicate {
    /// How much it means.
    pub likeness: Likeness,
    /// In what.
    pub kind: DuplicateKind,
    /// Cases within the officer's scope, the newest first; at most five.
    pub cases: Vec<String>,
    /// How many more there are within the scope, of the newest fifty.
    pub more: u64,
    /// Whether there is one beyond the scope; never told of weak likenesses.
    pub beyond: bool,
}

/// An application that is not submitted yet.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Profile name.
    pub profile: &'a str,
    /// Authority that is to issue.
    pub authority: &'a str,
    /// Fields as typed.
    pub form: &'a BTreeMap<String, String>,
    /// PKCS#10 in PEM, or DER in base64; empty where there is none yet.
    pub request: &'a str,
    /// Evidence files.
    pub evidence: &'a [Digest],
    /// The returned case that it completes.
    pub case: Option<&'a str>,
    /// The certificate that its own is to follow on.
    pub succeeds: Option<&'a Succeeds>,
}

/// What is looked for.
struct Sought<'a> {
    form: &'a Form,
    profile: &'a Profile,
    key: Option<Digest>,
    evidence: &'a [Digest],
    /// Its own case, and the case of the certificate that it follows on.
    own: Option<&'a str>,
    before: Option<String>,
}

impl Authority {
    /// Whom an application resembles, the gravest first. Of a form that its profile does not take, only the key is
    /// looked at.
    ///
    /// # Errors
    /// A refusal where the role may not enter cases; a fault where the database fails.
    pub async fn duplicates(
        &self,
        officer: &Officer,
        candidate: &Candidate<'_>,
    ) -> Result<Vec<Duplicate>, Error> {
        let officer = self.reader(officer, Verb::CaseSubmit).await?;
        let core = &self.core;
        let request = read_request(candidate.request).ok();
        let key = request.map(|request| sm3::digest(request.spki_der()));
        let Some(profile) = core.policy.profile(candidate.profile) else {
            return Ok(Vec::new());
        };
        let typed = candidate.form.iter();
        let typed = typed.filter(|(_, value)| !value.trim().is_empty());
        let typed = typed.map(|(name, value)| (name.clone(), value.clone()));
        let form = profile.check_form(&typed.collect(), core.clock.now());
        let Ok(form) = form else {
            return of_key(core, &officer.scope, key, candidate.case).await;
        };
        let before = match candidate.succeeds {
            Some(succeeds) => {
                let key = [candidate.authority.into(), succeeds.serial.as_str().into()];
                let row = core.store.get::<CertificateRow>(&key).await?;
                row.and_then(|row| row.case_id)
            }
            None => None,
        };
        let sought = Sought {
            form: &form,
            profile,
            key,
            evidence: candidate.evidence,
            own: candidate.case,
            before,
        };
        find(core, &officer.scope, &sought).await
    }

    /// The same for a case.
    ///
    /// # Errors
    /// A refusal where the role or the scope says no, or there is no such case.
    pub async fn duplicates_of_case(
        &self,
        officer: &Officer,
        case: &str,
    ) -> Result<Vec<Duplicate>, Error> {
        let officer = self.reader(officer, Verb::CaseView).await?;
        let core = &self.core;
        let row = self.case_row(&officer, Verb::CaseView, case).await?;
        let form = opened_form(core, &row).await?;
        let profile = core.profile_of(&row.profile, &row.profile_document).await?;
        let before = match &row.predecessor {
            Some(serial) => {
                let key = [row.authority.as_str().into(), serial.as_str().into()];
                let row = core.store.get::<CertificateRow>(&key).await?;
                row.and_then(|row| row.case_id)
            }
            None => None,
        };
        let evidence = row.evidence.split(',').filter_map(|text| text.parse().ok());
        let sought = Sought {
            form: &form,
            profile: &profile,
            key: Some(row.key),
            evidence: &evidence.collect::<Vec<Digest>>(),
            own: Some(case),
            before,
        };
        find(core, &officer.scope, &sought).await
    }
}

async fn find(core: &Core, scope: &Scope, sought: &Sought<'_>) -> Result<Vec<Duplicate>, Error> {
    let (seal, form) = (core.store.seal_key(), sought.form);
    let mut found = of_key(core, scope, sought.key, sought.own).await?;
    let mut other = |likeness, kind, rows: Vec<CaseRow>| {
        found.extend(told(scope, likeness, kind, rows));
    };
    // The same subject: what stands in the way, and what else it has.
    let mut same = Vec::new();
    if let Some((kind, value)) = form.unique_identity() {
        let kind = if kind == "host" { "host" } else { "identity" };
        let term = seal.keyed_digest(kind, &fold(value));
        same = cases(core, term, None, sought).await?;
    }
    let own: BTreeSet<String> = same.iter().map(|row| row.case_id.clone()).collect();
    let ended = in_the_way(core, sought, &same).await?;
    let (standing, ended) = same
        .into_iter()
        .filter(|row| sought.before.as_ref() != Some(&row.case_id))
        .partition(|row| ended.contains(&row.case_id));
    other(Likeness::Exact, DuplicateKind::SameSubject, standing);
    other(Likeness::Weak, DuplicateKind::KnownSubject, ended);
    // Others who look like it.
    let terms = form.search_terms();
    let value = |wanted: &str| {
        let mut terms = terms.iter();
        let term = terms.find(|(kind, _)| *kind == wanted);
        term.map(|(kind, value)| seal.keyed_digest(kind, value))
    };
    for (kind, term) in [
        (DuplicateKind::NameAndBirth, value("born")),
        (DuplicateKind::Mobile, value("mobile")),
    ] {
        let Some(term) = term else { continue };
        let mut rows = cases(core, term, None, sought).await?;
        rows.retain(|row| !own.contains(&row.case_id));
        other(Likeness::Strong, kind, rows);
    }
    let mut shared: BTreeMap<String, CaseRow> = BTreeMap::new();
    for file in sought.evidence.iter().take(FILES) {
        let term = seal.keyed_digest("evidence", &file.to_string());
        let rows = cases(core, term, None, sought).await?.into_iter();
        let rows = rows.filter(|row| !own.contains(&row.case_id));
        shared.extend(rows.map(|row| (row.case_id.clone(), row)));
    }
    let newest = shared.into_values().rev().collect();
    other(Likeness::Weak, DuplicateKind::Evidence, newest);
    let unit = unit_code(form.department());
    let mut sounding: BTreeMap<String, CaseRow> = BTreeMap::new();
    for (kind, spelled) in terms
        .iter()
        .filter(|(kind, _)| *kind == "pinyin")
        .take(FILES)
    {
        let term = seal.keyed_digest(kind, spelled);
        let rows = cases(core, term, Some(unit), sought).await?.into_iter();
        let rows = rows.filter(|row| !own.contains(&row.case_id));
        sounding.extend(rows.map(|row| (row.case_id.clone(), row)));
    }
    let newest = sounding.into_values().rev().collect();
    other(Likeness::Weak, DuplicateKind::NameInUnit, newest);
    found.sort_by_key(|one| (one.likeness, one.kind));
    Ok(found)
}

/// What is known of the public key.
async fn of_key(
    core: &Core,
    scope: &Scope,
    key: Option<Digest>,
    own: Option<&str>,
) -> Result<Vec<Duplicate>, Error> {
    let Some(key) = key else {
        return Ok(Vec::new());
    };
    let Some(row) = core.store.get::<KeyRow>(&[key.into()]).await? else {
        return Ok(Vec::new());
    };
    if row.compromised != 0 {
        return Ok(vec![Duplicate {
            likeness: Likeness::Forbidden,
            kind: DuplicateKind::KeyCompromised,
            cases: Vec::new(),
            more: 0,
            beyond: false,
        }]);
    }
    let case = row.subject.strip_prefix("case:");
    if case.is_some() && case == own {
        return Ok(Vec::new());
    }
    let rows = match case {
        Some(case) => core.store.get_many(&[vec![case.into()]]).await?,
        None => Vec::new(),
    };
    let kind = DuplicateKind::KeyUsed;
    Ok(told(scope, Likeness::Exact, kind, rows)
        .into_iter()
        .chain(case.is_none().then(|| Duplicate {
            likeness: Likeness::Exact,
            kind,
            cases: Vec::new(),
            more: 0,
            beyond: false,
        }))
        .collect())
}

/// The newest cases to which a term leads, of one unit where it is given, but for the application's own.
async fn cases(
    core: &Core,
    term: Digest,
    unit: Option<Digest>,
    sought: &Sought<'_>,
) -> Result<Vec<CaseRow>, Error> {
    let mut filter = vec![("case_id", Compare::CurrentTerm(term))];
    filter.extend(unit.map(|unit| ("unit", Compare::Eq(unit.into()))));
    let order = [("case_id", Direction::Descending)];
    let rows = core
        .store
        .scan::<CaseRow>(&filter, &order, None, LOOKED_AT + 1);
    let mut rows = rows.await?;
    rows.retain(|row| Some(row.case_id.as_str()) != sought.own && row.state != "withdrawn");
    Ok(rows)
}

/// Those of the same subject's cases for which the rules would refuse another one: under way in this class, or with a
/// certificate of it that lasts beyond the time of renewal.
async fn in_the_way(
    core: &Core,
    sought: &Sought<'_>,
    rows: &[CaseRow],
) -> Result<BTreeSet<String>, Error> {
    let now = core.clock.now().0;
    let renewable = i64::from(sought.profile.renew_before_days) * 86_400;
    let mut standing = BTreeSet::new();
    for row in rows.iter().filter(|row| row.profile == sought.profile.name) {
        let stands = match (row.state.as_str(), &row.serial) {
            ("submitted" | "returned" | "approved" | "producing", _) => true,
            ("issued", Some(serial)) => {
                let key = [row.authority.as_str().into(), serial.as_str().into()];
                let row = core.store.get::<CertificateRow>(&key).await?;
                row.is_some_and(|row| {
                    matches!(row.state.as_str(), "good" | "held")
                        && row.not_after.unwrap_or(0) - renewable > now
                })
            }
            _ => false,
        };
        if stands {
            standing.insert(row.case_id.clone());
        }
    }
    Ok(standing)
}

/// What an officer of that scope is told; nothing where there is nothing to tell.
fn told(
    scope: &Scope,
    likeness: Likeness,
    kind: DuplicateKind,
    rows: Vec<CaseRow>,
) -> Option<Duplicate> {
    let all = rows.len();
    let within: Vec<String> = rows
        .into_iter()
        .filter(|row| scope.covers(&place_of_case(row)))
        .map(|row| row.case_id)
        .collect();
    let beyond = within.len() < all && likeness != Likeness::Weak;
    if within.is_empty() && !beyond {
        return None;
    }
    let more = within.len().saturating_sub(NAMED);
    Some(Duplicate {
        likeness,
        kind,
        cases: within.into_iter().take(NAMED).collect(),
        more: u64::try_from(more).unwrap_or(u64::MAX),
        beyond,
    })
}
