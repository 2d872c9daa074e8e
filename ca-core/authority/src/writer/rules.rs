//! The decision inside the transaction: the one that counts.

mod list;
mod succession;

use std::collections::BTreeMap;

use ledger::event::{Basis, CrlScope, Event};
use sm_engine::sm3::Digest;
use store::WriteTx;
use store::views::{CaseRow, CertificateRow, Overlay, TermRow};
use store::{Compare, Direction};
use x509::time::Time;

use super::officer::{confirm, propose, refuse};
use super::order::{CrlOrder, Intent, Order, Signed};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::examine::Submission;
use crate::officer;
use crate::service::Core;

/// What a decision may look at beside the rows.
pub(super) struct Context<'a> {
    pub(super) core: &'a Core,
    pub(super) now: i64,
    pub(super) crl_numbers: &'a BTreeMap<String, u64>,
}

/// The events of an order, or why not.
pub(super) async fn decide(
    context: &Context<'_>,
    tx: &mut WriteTx,
    order: &Order,
    rows: &Overlay,
) -> Result<Vec<Event>, Error> {
    if let Some(signed) = order.signed() {
        check_signed(context, signed, rows, order.is_of_list())?;
    }
    let rules = context.core.policy.rules();
    match order {
        Order::Submit { signed, submission } => {
            let before = rows.cases.get(&submission.case);
            let key = rows.keys.get(&submission.key);
            decide::submit(
                &submission.case,
                submission.revision,
                before,
                key,
                submission.predecessor.as_ref(),
                &signed.officer,
            )?;
            let predecessor = submission.predecessor.as_ref();
            if let Some(predecessor) = predecessor {
                succession::check(context, tx, predecessor, &submission.case, rows).await?;
            }
            check_duplicate(context, tx, submission, rows).await?;
            let mut events = vec![submitted(signed, submission)];
            // A returned case keeps what it was opened with.
            let opened = predecessor.filter(|_| before.is_none());
            events.extend(opened.map(|one| succession::event(one, &submission.case)));
            Ok(events)
        }
        Order::Review {
            signed,
            case,
            revision,
            template,
            decision,
        } => {
            decide::review(
                case,
                *revision,
                Some(template),
                rows.cases.get(case),
                &signed.officer,
                rules,
            )?;
            Ok(vec![Event::CaseReviewed {
                case: case.clone(),
                revision: *revision,
                decision: *decision,
                statement: signed.statement.clone(),
            }])
        }
        Order::Withdraw { signed, case } => {
            decide::withdraw(case, rows.cases.get(case), &signed.officer)?;
            Ok(vec![Event::CaseWithdrawn {
                case: case.clone(),
                statement: signed.statement.clone(),
            }])
        }
        Order::Propose { signed, proposal } => propose(context, tx, signed, proposal, rows).await,
        Order::Confirm {
            signed,
            confirmation,
        } => confirm(context, signed, confirmation, rows),
        Order::Refuse {
            signed,
            officer,
            proposal,
        } => refuse(context, signed, officer, *proposal, rows),
        Order::Status {
            signed,
            authority,
            serial,
            change,
            reason,
            since,
        } => {
            let row = rows.certificates.get(&(authority.clone(), serial.clone()));
            decide::change_status(serial, *change, *reason, row, &signed.officer, rules)?;
            if row.is_some_and(|row| row.idx != *since) {
                return Err(Refusal::new(
                    "A412",
                    format!("证书 {serial} 的状态在此期间已变化，请重新查看后再操作"),
                    format!("the state of {serial} has changed meanwhile; look at it again"),
                )
                .into());
            }
            let (status, reason) = decide::state_after(*change, *reason);
            Ok(vec![Event::CertificateStatus {
                authority: authority.clone(),
                serial: serial.clone(),
                status,
                reason,
                list: None,
                statement: signed.statement.clone(),
            }])
        }
        Order::StatusList {
            signed,
            list,
            change,
            reason,
            items,
            ..
        } => list::decide(context, signed, list, *change, *reason, items, rows),
        Order::Intend { signed, own, items } => items
            .iter()
            .map(|item| intend(context, signed.as_ref(), own.as_ref(), item, rows))
            .collect(),
        Order::Issued(items) => {
            let mut events = Vec::with_capacity(items.len());
            for item in items {
                open_intent(rows, &item.authority, &item.serial, item.intent)?;
                events.push(Event::CertificateIssued {
                    authority: item.authority.clone(),
                    serial: item.serial.clone(),
                    certificate: item.digest,
                    intent: item.intent,
                    not_after: item.not_after,
                });
            }
            for item in items {
                events.extend(succession::ended_by(item, rows)?);
            }
            Ok(events)
        }
        Order::Abandon {
            authority,
            serial,
            intent,
            reason,
        } => {
            open_intent(rows, authority, serial, *intent)?;
            Ok(vec![Event::CertificateAbandoned {
                authority: authority.clone(),
                serial: serial.clone(),
                intent: *intent,
                reason: reason.clone(),
            }])
        }
        Order::Supersede {
            authority,
            serial,
            case,
        } => succession::overlap_ended(context, authority, serial, case, rows),
        Order::Crl(crls) => crl_events(context, crls),
        Order::Record { events, .. } => Ok(events.clone()),
        Order::Public(_) | Order::Checkpoint | Order::Stop => Ok(Vec::new()),
    }
}

/// Every number is the last of its sequence plus one; a delta that was made with a full CRL shares its number.
fn crl_events(context: &Context<'_>, crls: &[CrlOrder]) -> Result<Vec<Event>, Error> {
    let mut full = None;
    let mut events = Vec::with_capacity(crls.len());
    for crl in crls {
        let last = context
            .crl_numbers
            .get(&crl.sequence())
            .copied()
            .unwrap_or(0);
        let twice = crls.iter().filter(|other| other.name == crl.name).count() > 1;
        if crl.number != last + 1 || twice {
            return Err(Refusal::new(
                "A412",
                "另一份 CRL 已先行签发",
                format!(
                    "CRL {} ({}) of {} was overtaken by {last}",
                    crl.number, crl.name, crl.authority
                ),
            )
            .into());
        }
        if crl.scope == CrlScope::Full {
            full = Some(crl.covers);
        }
        if matches!(crl.scope, CrlScope::Delta { .. }) && full.is_some_and(|f| f != crl.covers) {
            return Err(Error::Inconsistent(
                "full and delta CRL of one number say different things".into(),
            ));
        }
        events.push(Event::CrlPublished {
            authority: crl.authority.clone(),
            scope: crl.scope,
            number: crl.number,
            crl: crl.digest,
            parts: crl.parts.clone(),
            this_update: crl.this_update,
            next_update: crl.next_update,
            entries: crl.entries,
            covers: crl.covers,
            expired_before: crl.expired_before,
        });
    }
    Ok(events)
}

/// The officer's appointment is in force and as it was when the act was examined, the certificate is good at this
/// instant, and the statement was never used.
fn check_signed(
    context: &Context<'_>,
    signed: &Signed,
    rows: &Overlay,
    of_list: bool,
) -> Result<(), Error> {
    let core = context.core;
    let appointed = core
        .officers
        .find(&signed.officer.number)
        .ok_or_else(|| decide::no_such(&signed.officer.number))?;
    let officer = officer::check_now(&appointed, &core.hierarchy, &core.index, Time(context.now))?;
    // A change of this very transaction is not in memory yet.
    let number = &signed.officer.number;
    let changing = rows.officers.get(number);
    if officer != signed.officer || changing.is_some_and(|row| !appointed.agrees_with(row)) {
        return Err(Refusal::new(
            "A412",
            "您的任命在此期间已变化，请重新操作",
            "your appointment has changed meanwhile; prepare the act again",
        )
        .into());
    }
    // A statement over a list that has begun to be carried out is carried on with.
    let begun = rows.statements.get(&signed.statement.digest);
    let begun = begun.filter(|row| of_list && row.signature == signed.statement.signature);
    let lifetime = match begun {
        Some(_) => crate::statement::LIST_LIFETIME,
        None => crate::STATEMENT_LIFETIME,
    };
    if signed.time + lifetime < context.now {
        return Err(Refusal::new(
            "A408",
            "签名声明已过期（10 分钟内有效），请重新操作",
            "the statement is no longer fresh (10 minutes); prepare the act again",
        )
        .into());
    }
    check_own_certificate(&appointed, rows)?;
    if begun.is_none() && rows.statements.contains_key(&signed.statement.digest) {
        return Err(Refusal::new(
            "A414",
            "该签名声明已使用过",
            "this statement was used before",
        )
        .into());
    }
    Ok(())
}

/// The officer's certificate was not frozen or revoked in this very transaction, which is not in the index yet.
pub(super) fn check_own_certificate(
    appointed: &officer::Appointed,
    rows: &Overlay,
) -> Result<(), Refusal> {
    let own = rows.certificates.get(&appointed.certified());
    if own.is_some_and(|row| row.state != "good") {
        return Err(Refusal::new(
            "A401",
            "操作员证书已冻结或吊销",
            "the officer's certificate is held or revoked",
        ));
    }
    Ok(())
}

fn submitted(signed: &Signed, submission: &Submission) -> Event {
    Event::CaseSubmitted {
        case: submission.case.clone(),
        revision: submission.revision,
        profile: submission.profile.clone(),
        profile_document: submission.profile_document,
        authority: submission.authority.clone(),
        form: submission.form_digest,
        request: Digest(*sm_engine::sm3::digest(&submission.request).as_bytes()),
        key: submission.key,
        template: submission.template,
        evidence: submission
            .evidence
            .iter()
            .map(|(digest, _)| *digest)
            .collect(),
        statement: signed.statement.clone(),
    }
}

fn intend(
    context: &Context<'_>,
    signed: Option<&Signed>,
    own: Option<&Basis>,
    item: &Intent,
    rows: &Overlay,
) -> Result<Event, Error> {
    let core = context.core;
    if rows
        .certificates
        .contains_key(&(item.authority.clone(), item.serial.clone()))
    {
        return Err(Error::Inconsistent(format!(
            "serial {} was drawn twice",
            item.serial
        )));
    }
    let basis = match (signed, own, &item.case) {
        (Some(signed), None, Some((case, revision, template))) => {
            let row = rows.cases.get(case);
            decide::issue(
                case,
                *revision,
                template,
                row,
                &signed.officer,
                core.policy.rules(),
            )?;
            let before = item.predecessor.as_ref();
            let before = before.and_then(|key| rows.certificates.get(key));
            if let Some(row) = row {
                decide::succession::produce(row, before)?;
            }
            officer::check_authority_now(
                &item.authority,
                &core.hierarchy,
                &core.index,
                Time(context.now),
            )?;
            if rows
                .keys
                .get(&item.key)
                .is_some_and(|key| key.compromised != 0)
            {
                return Err(Refusal::new(
                    "A421",
                    "该公钥对应的私钥已报告泄露，不能再使用",
                    "the private half of this key was reported compromised",
                )
                .into());
            }
            Basis::Case {
                case: case.clone(),
                statement: signed.statement.clone(),
            }
        }
        (None, Some(own), None) => own.clone(),
        _ => {
            return Err(Error::Inconsistent(
                "an intent rests on a case or on the authority itself".into(),
            ));
        }
    };
    Ok(Event::CertificateIntended {
        authority: item.authority.clone(),
        serial: item.serial.clone(),
        tbs: item.tbs_digest,
        profile: item.profile.clone(),
        profile_document: item.profile_document,
        key: item.key,
        basis,
    })
}

/// The intent is there and still open.
fn open_intent(rows: &Overlay, authority: &str, serial: &str, intent: u64) -> Result<(), Error> {
    let row = rows
        .certificates
        .get(&(authority.to_owned(), serial.to_owned()));
    match row {
        Some(row) if row.state == "intended" && u64::try_from(row.intended_idx) == Ok(intent) => {
            Ok(())
        }
        _ => Err(Refusal::new(
            "A412",
            "签发意向已关闭",
            format!("the intent for {serial} is not open"),
        )
        .into()),
    }
}

/// The same person, department or host has no other case under way and no certificate of this kind that still
/// has more time left than the renewal window.
async fn check_duplicate(
    context: &Context<'_>,
    tx: &mut WriteTx,
    submission: &Submission,
    rows: &Overlay,
) -> Result<(), Error> {
    let Some((kind, value)) = &submission.identity else {
        return Ok(());
    };
    let here = format!("case:{}", submission.case);
    let term = context.core.store.seal_key().keyed_digest(kind, value);
    let found = tx
        .scan::<TermRow>(
            &[("term", Compare::Eq(term.into()))],
            &[("idx", Direction::Descending)],
            None,
            1000,
        )
        .await?;
    let mut others: Vec<CaseRow> = Vec::new();
    for row in found.iter().filter(|row| row.subject != here) {
        let Some(case) = row.subject.strip_prefix("case:") else {
            continue;
        };
        match rows.cases.get(case) {
            Some(row) => others.push(row.clone()),
            None => others.extend(tx.get_many::<CaseRow>(&[vec![case.into()]]).await?),
        }
    }
    // Cases of this very group are not in the database yet.
    let same = |(k, v, (subject, _)): &&(String, String, (String, i64))| {
        k == kind && v == value && *subject != here
    };
    for (.., (subject, _)) in rows.terms.iter().filter(same) {
        let case = subject
            .strip_prefix("case:")
            .and_then(|case| rows.cases.get(case));
        others.extend(case.cloned());
    }
    // The one before is live while its successor is applied for.
    let predecessor = submission.predecessor.as_ref();
    let predecessor = predecessor.and_then(|predecessor| predecessor.case.as_ref());
    for other in others
        .iter()
        .filter(|other| other.profile == submission.profile && predecessor != Some(&other.case_id))
    {
        match other.state.as_str() {
            "submitted" | "returned" | "approved" | "producing" => {
                return Err(duplicate(&other.case_id).into());
            }
            "issued" => {
                let Some(serial) = &other.serial else {
                    continue;
                };
                // A certificate of this very group is newer in the overlay than in the database.
                let key = (other.authority.clone(), serial.clone());
                let certificate = match rows.certificates.get(&key) {
                    Some(row) => Some(row.clone()),
                    None => {
                        let key = vec![key.0.into(), key.1.into()];
                        tx.get_many::<CertificateRow>(&[key]).await?.pop()
                    }
                };
                if let Some(certificate) = certificate {
                    let ends = certificate.not_after.unwrap_or(0);
                    let live = matches!(certificate.state.as_str(), "good" | "held");
                    let stays = live && ends - submission.renew_before > context.now;
                    if stays && !succession::is_ending(tx, &certificate, rows).await? {
                        return Err(duplicate(&other.case_id).into());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn duplicate(case: &str) -> Refusal {
    Refusal::new(
        "A425",
        format!("同一主体已有同类证书或在办案件：{case}"),
        format!(
            "the same subject already has a certificate of this kind or a case under way: {case}"
        ),
    )
}
