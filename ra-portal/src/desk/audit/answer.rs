//! The answers: what the store found, as cells with links.

use authority::Officer;
use store::{Issued, IssuedRow, MAX_ROWS, Page, Span, WorkingHours};

use super::question::{Asked, Kind, Question};
use crate::failure::Failure;
use crate::language::Language;
use crate::moment;
use crate::portal::Portal;
use crate::wording::find;

/// A day in seconds.
const DAY: i64 = 86_400;

/// One cell of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) plain: String,
    /// Where it leads.
    pub(super) href: Option<String>,
}

/// A page of an answer.
#[derive(Default)]
pub(super) struct Answered {
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows of the whole answer.
    pub(super) count: u64,
    /// Where the next page goes on.
    pub(super) more: Option<String>,
}

/// Asks a question; the page after the place `before`, of at most `limit` rows.
pub(super) async fn of(
    portal: &Portal,
    officer: &Officer,
    question: &Question,
    asked: &Asked,
    before: Option<&str>,
    limit: u32,
    language: Language,
) -> Result<Answered, Failure> {
    let span = Span {
        from: asked.begin,
        until: asked.end,
    };
    let page = Page {
        before: before.and_then(|place| place.parse().ok()),
        limit: limit.min(MAX_ROWS),
    };
    let one = Some(asked.officer.as_str()).filter(|number| !number.is_empty());
    let authority = &portal.authority;
    let entry = |idx: i64| linked(idx.to_string(), format!("/log/entry/{idx}"));
    let time = |at: i64| plain(moment::words(at, language));
    let officer_cell = |number: Option<String>| match number {
        Some(number) => linked(number.clone(), format!("/officer/{number}")),
        None => plain(String::new()),
    };
    let certificate =
        |of: &str, serial: &str| linked(serial.to_owned(), format!("/cert/{of}/{serial}"));
    let (rows, count, last) = match question.kind {
        Kind::Alone | Kind::Issued | Kind::OneHand => {
            let which = match question.kind {
                Kind::Alone => Issued::WithoutSecondPerson,
                Kind::OneHand => Issued::EnteredAndProducedByOne,
                _ => Issued::All,
            };
            let found = authority.audit_issued(officer, span, which, page).await?;
            let last = found.rows.last().map(|row| row.idx.to_string());
            let line = |row: IssuedRow| {
                vec![
                    entry(row.idx),
                    time(row.issued_at),
                    certificate(&row.authority, &row.serial),
                    linked(row.case.clone(), format!("/case/{}", row.case)),
                    officer_cell(Some(row.entered_by)),
                    officer_cell(row.reviewed_by),
                    officer_cell(row.produced_by),
                ]
            };
            let rows: Vec<_> = found.rows.into_iter().map(line).collect();
            (rows, found.count, last)
        }
        Kind::Pairs => {
            let found = authority.audit_pairs(officer, span).await?;
            let rows: Vec<_> = found
                .into_iter()
                .map(|one| {
                    vec![
                        officer_cell(Some(one.pair.entered_by)),
                        officer_cell(Some(one.pair.reviewed_by)),
                        plain(one.pair.count.to_string()),
                        plain(one.reviewed.to_string()),
                    ]
                })
                .collect();
            let count = rows.len() as u64;
            (rows, count, None)
        }
        Kind::Revoked => {
            let within = asked.days * DAY;
            let found = authority
                .audit_revoked_soon(officer, span, within, page)
                .await?;
            let last = found.rows.last().map(|row| row.idx.to_string());
            let rows = found.rows.into_iter().map(|row| {
                let reason = row.reason.unwrap_or_default();
                vec![
                    entry(row.idx),
                    time(row.revoked_at),
                    certificate(&row.authority, &row.serial),
                    time(row.issued_at),
                    plain(reason_word(&reason, language)),
                    officer_cell(row.revoked_by),
                ]
            });
            (rows.collect(), found.count, last)
        }
        Kind::Acts | Kind::Night => {
            let hours = working_hours(portal);
            let outside = Some(&hours).filter(|_| question.kind == Kind::Night);
            let found = authority
                .audit_acts(officer, span, one, outside, page)
                .await?;
            let last = found.rows.last().map(|row| row.idx.to_string());
            let rows = found.rows.into_iter().map(|row| {
                vec![
                    entry(row.idx),
                    time(row.time),
                    officer_cell(Some(row.officer)),
                    plain(kind_word(&row.kind, language)),
                    subject(&row.subject),
                ]
            });
            (rows.collect(), found.count, last)
        }
        Kind::Looks => {
            let place = before.and_then(|text| {
                let (at, nonce) = text.split_once('-')?;
                Some((at.parse().ok()?, nonce.to_owned()))
            });
            let found = portal.desk.looks_in(span, one, place.as_ref(), page.limit);
            let found = found.await?;
            let last = found.rows.last();
            let last = last.map(|seen| format!("{}-{}", seen.place.0, seen.place.1));
            let rows = found.rows.into_iter().map(|seen| {
                vec![
                    time(seen.look.at),
                    officer_cell(Some(seen.look.officer)),
                    subject(&seen.look.subject),
                    plain(seen.look.object),
                ]
            });
            (rows.collect(), found.count, last)
        }
        Kind::Proposals => {
            let found = authority.audit_proposals(officer, span, page).await?;
            let last = found.rows.last().map(|row| row.proposal.to_string());
            let say = |key| crate::wording::phrase(language, key).to_owned();
            let rows = found.rows.into_iter().map(|row| {
                let at = format!("/officer/proposal/{}", row.proposal);
                vec![
                    linked(row.proposal.to_string(), at),
                    time(row.proposed_at),
                    officer_cell(Some(row.officer)),
                    plain(say(crate::desk::officers::change_word(&row.change))),
                    officer_cell(Some(row.proposed_by)),
                    plain(say(crate::desk::officers::proposal_word(&row.state))),
                    officer_cell(row.decided_by),
                ]
            });
            (rows.collect(), found.count, last)
        }
        Kind::NeverIssued => {
            let (_, found) = authority.audit_never_issued(officer).await?;
            let rows: Vec<_> = found
                .into_iter()
                .map(|alarm| {
                    vec![
                        time(alarm.at.0),
                        plain(alarm.authority),
                        plain(alarm.serial),
                    ]
                })
                .collect();
            let count = rows.len() as u64;
            (rows, count, None)
        }
    };
    let full = u32::try_from(rows.len()).is_ok_and(|rows| rows >= page.limit);
    Ok(Answered {
        rows,
        count,
        more: last.filter(|_| full),
    })
}

/// A kind of entry in words, or as the ledger calls it.
fn kind_word(kind: &str, language: Language) -> String {
    let word = find(language, &format!("event.{kind}"));
    word.unwrap_or(kind).to_owned()
}

/// A reason of revocation in words, or as the ledger calls it.
fn reason_word(reason: &str, language: Language) -> String {
    let word = find(language, &format!("value.reason.{reason}"));
    word.unwrap_or(reason).to_owned()
}

fn plain(text: String) -> Cell {
    Cell {
        plain: text,
        href: None,
    }
}

fn linked(text: String, href: String) -> Cell {
    Cell {
        plain: text,
        href: Some(href),
    }
}

/// What a row is about, `case:…`, `cert:…` or `officer:…`.
fn subject(subject: &str) -> Cell {
    let (kind, name) = subject.split_once(':').unwrap_or(("", subject));
    let href = match kind {
        "case" => format!("/case/{name}"),
        "cert" => format!("/cert/{name}"),
        "officer" => format!("/officer/{name}"),
        _ => return plain(subject.to_owned()),
    };
    linked(name.to_owned(), href)
}

fn working_hours(portal: &Portal) -> WorkingHours {
    let (begin, end) = portal.calendar.hours();
    WorkingHours {
        offset: policy::calendar::OFFSET,
        begin,
        end,
        free: portal.calendar.free_days().collect(),
        worked: portal.calendar.worked_days().collect(),
    }
}
