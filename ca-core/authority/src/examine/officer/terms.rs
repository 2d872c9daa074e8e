//! The terms of an appointment: scope, term, certificate, and whose it is.

use std::collections::BTreeSet;

use ledger::event::Terms;
use policy::scope::{City, unit_code};
use policy::{Role, Verb};
use sm_engine::sm3::{self, Digest};
use store::Compare;
use store::views::{CaseRow, CertificateRow};
use x509::certificate::Certificate;
use x509::time::Time;

use crate::act::ProposedTerms;
use crate::decide;
use crate::error::{Error, Refusal};
use crate::examine::Material;
use crate::officer::{self, Appointed, Particulars};
use crate::recovery::stored_certificate;
use crate::service::Core;
use crate::statement::Stamp;
use crate::view::Officer;

/// Most units of one scope.
const UNITS: usize = 20;
/// Longest name of a unit, characters.
const UNIT_NAME: usize = 100;
/// How far ahead an appointment may begin: seconds.
const AHEAD: i64 = 366 * 86_400;
/// How long a time-boxed appointment may last: seconds.
const LONGEST: i64 = 10 * 366 * 86_400;

/// Checks proposed terms and completes them. `former` is the appointment that they replace.
pub(super) async fn examine(
    core: &Core,
    actor: &Officer,
    number: &str,
    former: Option<&Appointed>,
    proposed: &ProposedTerms,
    stamp: &Stamp,
) -> Result<(Terms, Particulars), Error> {
    let cities = cities(&proposed.cities)?;
    let units = unit_names(&proposed.units)?;
    let from = proposed.from.unwrap_or(stamp.time);
    check_term(stamp.time, from, proposed.until)?;
    let (row, certificate) = match (&proposed.certificate, former) {
        (Some(fingerprint), _) => find_certificate(core, fingerprint).await?,
        (None, Some(former)) => find_certificate(core, &former.fingerprint.to_string()).await?,
        (None, None) => {
            return Err(Refusal::new(
                "A422",
                "任命须指明操作员证书的 SM3 指纹",
                "an appointment names the SM3 fingerprint of the officer's certificate",
            )
            .into());
        }
    };
    let salt = core
        .store
        .seal_key()
        .keyed_digest("officer-salt", &stamp.nonce)
        .to_string();
    let holder = holder(core, &row, salt.chars().take(32).collect(), units).await?;
    if former.is_some_and(|former| !former.particulars.is_same_person(&holder)) {
        return Err(Refusal::new(
            "A423",
            "该证书属于另一人。换人须终止原任命并重新任命",
            "the certificate is another person's; end the appointment and appoint that person",
        )
        .into());
    }
    let units: BTreeSet<Digest> = holder.units.iter().map(|name| unit_code(name)).collect();
    let terms = Terms {
        role: proposed.role.to_string(),
        cities: cities.into_iter().collect(),
        units: units.into_iter().collect(),
        from,
        until: proposed.until,
        authority: row.authority,
        serial: row.serial,
        certificate: certificate.fingerprint(),
        particulars: sm3::digest(&ledger::canonical::to_canonical(&holder)?),
    };
    let appointed = Appointed::new(number.to_owned(), &terms, holder, certificate)?;
    let rules = core.policy.rules();
    rules.within_scope(Verb::OfficerPropose, &actor.scope, &appointed.scope)?;
    let now = Time(stamp.time);
    check_appointable(core, actor, Verb::OfficerPropose, &appointed, now)?;
    Ok((terms, appointed.particulars))
}

/// Whether the person may be what the terms say, as things stand now: a good certificate that no other officer acts
/// with, a term that is not over, not the administrator himself, no role beside one that is held alone.
pub(crate) fn check_appointable(
    core: &Core,
    actor: &Officer,
    verb: Verb,
    appointed: &Appointed,
    now: Time,
) -> Result<(), Error> {
    if appointed.is_over(now) {
        return Err(Refusal::new(
            "A422",
            "任期已经结束，请重新提议",
            "the term is over already; propose another one",
        )
        .into());
    }
    officer::check_certificate_now(appointed, &core.hierarchy, &core.index, now)
        .map_err(of_the_terms)?;
    let mut held: Vec<Role> = Vec::new();
    for other in core.officers.all() {
        if other.number == appointed.number || other.is_over(now) {
            continue;
        }
        if other.fingerprint == appointed.fingerprint {
            return Err(Refusal::new(
                "A420",
                format!("该证书已由操作员 {} 使用", other.number),
                format!("officer {} acts with this certificate", other.number),
            )
            .into());
        }
        if other.particulars.is_same_person(&appointed.particulars) {
            let rules = core.policy.rules();
            rules.about_another(verb, &actor.number, &other.number)?;
            held.push(other.role);
        }
    }
    Ok(core.policy.rules().combine(appointed.role, &held)?)
}

/// The certificate of the terms is not good: that says nothing about the administrator's own.
fn of_the_terms(error: Error) -> Error {
    match error {
        Error::Refused(refusal) => Error::Refused(Refusal {
            code: "A423".into(),
            ..refusal
        }),
        fault => fault,
    }
}

fn cities(codes: &[String]) -> Result<BTreeSet<String>, Refusal> {
    let known = |code: &String| City::of_code(code).is_some();
    let distinct: BTreeSet<String> = codes.iter().cloned().collect();
    if distinct.len() == codes.len() && codes.iter().all(known) {
        return Ok(distinct);
    }
    Err(Refusal::new(
        "A422",
        "管辖城市须是本省城市的行政区划代码（如 370100），不能重复",
        "cities are division codes of this province's cities, such as 370100, each once",
    ))
}

fn unit_names(names: &[String]) -> Result<Vec<String>, Refusal> {
    let clean: BTreeSet<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    let usable = |name: &String| {
        (1..=UNIT_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control)
    };
    if clean.len() == names.len() && clean.len() <= UNITS && clean.iter().all(usable) {
        return Ok(clean.into_iter().collect());
    }
    Err(Refusal::new(
        "A422",
        format!("管辖单位最多 {UNITS} 个，须填单位全称（1–{UNIT_NAME} 字），不能重复"),
        format!(
            "at most {UNITS} units by their full names of 1 to {UNIT_NAME} characters, each once"
        ),
    ))
}

fn check_term(now: i64, from: i64, until: Option<i64>) -> Result<(), Refusal> {
    let begins = (now..=now.saturating_add(AHEAD)).contains(&from);
    let ends = until.is_none_or(|until| from < until && until - from <= LONGEST);
    if begins && ends {
        return Ok(());
    }
    Err(Refusal::new(
        "A422",
        "任期须从现在起一年内开始，到期时间须晚于开始时间，且不超过十年",
        "the term begins within a year from now, ends after its beginning and lasts ten years at most",
    ))
}

/// The officer certificate of that fingerprint.
async fn find_certificate(
    core: &Core,
    fingerprint: &str,
) -> Result<(CertificateRow, Certificate), Error> {
    let no_such = || decide::no_such("操作员证书 / officer certificate");
    let digest: Digest = fingerprint.trim().parse().map_err(|_| no_such())?;
    let filter = [("certificate", Compare::Eq(digest.into()))];
    let rows = core
        .store
        .scan::<CertificateRow>(&filter, &[], None, 1)
        .await?;
    let row = rows.into_iter().next().ok_or_else(no_such)?;
    if row.profile != "officer" {
        return Err(Refusal::new(
            "A423",
            "该证书不是操作员证书，请先为其申请操作员证书",
            "it is no officer certificate; have one issued first",
        )
        .into());
    }
    let certificate = stored_certificate(core, &row).await?.ok_or_else(no_such)?;
    Ok((row, certificate))
}

/// Whose certificate it is: as its case was vetted, or as the founding had it.
async fn holder(
    core: &Core,
    row: &CertificateRow,
    salt: String,
    units: Vec<String>,
) -> Result<Particulars, Error> {
    if let Some(case) = &row.case_id {
        let case = core.store.get::<CaseRow>(&[case.as_str().into()]).await?;
        let case = case.ok_or_else(|| decide::no_such(&row.serial))?;
        let material = Material::of_case(core, &case).await?;
        let key = core.store.seal_key();
        return Ok(officer::particulars(key, &material.form, salt, units));
    }
    let all = core.officers.all();
    let founding = all
        .iter()
        .find(|officer| Some(officer.fingerprint) == row.certificate);
    let founding = founding.ok_or_else(|| decide::no_such(&row.serial))?;
    Ok(Particulars {
        salt,
        units,
        ..founding.particulars.clone()
    })
}
