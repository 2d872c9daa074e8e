//! What auditors ask of the whole record. Each question is two statements, its page and its count, over the same
//! condition; pages go on by entry, latest first, and never hold more than [`crate::MAX_ROWS`] rows.

use crate::database::{Backend, Session};
use crate::error::Error;
use crate::query::{self, Compare, check_limit};
use crate::read::{fetch, number, single};
use crate::sql::Statement;
use crate::store::Store;
use crate::table::ColumnKind::{self, Integer, Text};
use crate::table::Record as _;
use crate::value::Value;
use crate::views::{Tally, TallyRow, day_begins, day_of};

/// From a moment until before another one, UTC seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First second.
    pub from: i64,
    /// First second after the end.
    pub until: i64,
}

/// Which part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Only what rests on older entries than this one.
    pub before: Option<i64>,
    /// Most rows.
    pub limit: u32,
}

/// A page of an answer, and how many rows the whole answer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The page.
    pub rows: Vec<T>,
    /// All rows.
    pub count: u64,
}

/// Which certificates are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// All that rest on a case.
    All,
    /// Those that one person entered and produced: lawful, and one step from doing it alone.
    EnteredAndProducedByOne,
    /// Those without a second person: there must be none.
    WithoutSecondPerson,
}

/// A certificate with everybody who had a hand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedRow {
    /// Entry of the intent.
    pub idx: i64,
    /// UTC seconds.
    pub issued_at: i64,
    /// Issuing authority.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// Case number.
    pub case: String,
    /// Entry officer.
    pub entered_by: String,
    /// Review officer.
    pub reviewed_by: Option<String>,
    /// Production officer.
    pub produced_by: Option<String>,
}

/// Two officers and how many certificates rest on both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairRow {
    /// Entry officer.
    pub entered_by: String,
    /// Review officer.
    pub reviewed_by: String,
    /// Certificates.
    pub count: u64,
}

/// A certificate that was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedRow {
    /// Entry of the revocation.
    pub idx: i64,
    /// UTC seconds of the revocation.
    pub revoked_at: i64,
    /// UTC seconds of the issue.
    pub issued_at: i64,
    /// Issuing authority.
    pub authority: String,
    /// Serial, hex.
    pub serial: String,
    /// RFC 5280 reason name.
    pub reason: Option<String>,
    /// Officer.
    pub revoked_by: Option<String>,
}

/// Something that an officer signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRow {
    /// Entry.
    pub idx: i64,
    /// UTC seconds.
    pub time: i64,
    /// Officer.
    pub officer: String,
    /// Kind of the entry.
    pub kind: String,
    /// `case:C-…`, `cert:jinan/0a1b…`, `officer:OP-…`.
    pub subject: String,
}

/// When work is done, in a time zone without summer time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingHours {
    /// Seconds ahead of UTC.
    pub offset: i64,
    /// Seconds after midnight at which a working day begins.
    pub begin: i64,
    /// Seconds after midnight at which it is over.
    pub end: i64,
    /// Days since 1970-01-01, local, that are free though they are weekdays. At most 1,000.
    pub free: Vec<i64>,
    /// The same for weekend days that are worked.
    pub worked: Vec<i64>,
}

/// The states of certificates that exist.
const STATES: [&str; 3] = ["good", "held", "revoked"];
/// Most free and worked days of [`WorkingHours`].
const DAYS: usize = 1_000;
const DAY: i64 = 86_400;

impl Store {
    /// Certificates whose production fell into `span`.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Query`] beyond [`crate::MAX_ROWS`].
    pub async fn issued(
        &self,
        span: Span,
        which: Issued,
        page: Page,
    ) -> Result<Answer<IssuedRow>, Error> {
        let mut session = self.reader().await?;
        let entries = entries_of(&mut session, span).await?;
        let columns = r#"c."intended_idx", c."issued_at", c."authority", c."serial", k."case_id", k."entered_by", k."reviewed_by", c."produced_by""#;
        let kinds = [Integer, Integer, Text, Text, Text, Text, Text, Text];
        let question = Question {
            columns,
            kinds: &kinds,
            order: r#"c."intended_idx""#,
            idx: r#"c."intended_idx""#,
        };
        let read = |row| {
            let [
                idx,
                issued_at,
                authority,
                serial,
                case,
                entered_by,
                reviewed_by,
                produced_by,
            ] = <[Value; 8]>::try_from(row).ok()?;
            Some(IssuedRow {
                idx: idx.as_integer()?,
                issued_at: issued_at.as_integer()?,
                authority: text(authority)?,
                serial: text(serial)?,
                case: text(case)?,
                entered_by: text(entered_by)?,
                reviewed_by: text(reviewed_by),
                produced_by: text(produced_by),
            })
        };
        // What was issued on whole days is counted already.
        let days = (day_of(span.from), day_of(span.until));
        let whole = (day_begins(days.0), day_begins(days.1)) == (span.from, span.until);
        let tallied = match which {
            Issued::All if whole => Some(issued_on(&mut session, days).await?),
            _ => None,
        };
        // One state after the other, each along its index: all of them together would be sorted before a page is cut.
        let mut answer = Answer {
            rows: Vec::new(),
            count: tallied.unwrap_or(0),
        };
        for state in STATES {
            let condition =
                |statement: &mut Statement| issued_in(statement, entries, which, &[state]);
            let rows = page_of(&mut session, &question, condition, page, read).await?;
            answer.rows.extend(rows);
            if tallied.is_none() {
                answer.count += count_of(&mut session, condition).await?;
            }
        }
        answer.rows.sort_by_key(|row| std::cmp::Reverse(row.idx));
        let most = usize::try_from(page.limit).unwrap_or(usize::MAX);
        answer.rows.truncate(most);
        Ok(answer)
    }

    /// How many certificates whose production fell into `span` rest on which two officers, most first.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub async fn issued_pairs(&self, span: Span) -> Result<Vec<PairRow>, Error> {
        let mut session = self.reader().await?;
        let entries = entries_of(&mut session, span).await?;
        let columns = r#"k."entered_by", k."reviewed_by""#;
        let mut statement = Statement::new(session.backend(), "SELECT ");
        statement.push(columns).push(", COUNT(*) FROM ");
        issued_in(&mut statement, entries, Issued::All, &STATES);
        statement
            .push(r#" AND k."reviewed_by" IS NOT NULL GROUP BY "#)
            .push(columns)
            .push(" ORDER BY 3 DESC, 1, 2 LIMIT ")
            .push(&crate::MAX_ROWS.to_string());
        let rows = fetch(&mut session, "cases", statement, &[Text, Text, Integer]).await?;
        rows.into_iter()
            .map(|row| {
                let [entered_by, reviewed_by, count] = <[Value; 3]>::try_from(row).ok()?;
                Some(PairRow {
                    entered_by: text(entered_by)?,
                    reviewed_by: text(reviewed_by)?,
                    count: count.as_integer()?.try_into().ok()?,
                })
            })
            .map(|row| row.ok_or_else(damaged))
            .collect()
    }

    /// Certificates that were revoked in `span`, at most `within` seconds after they were issued.
    ///
    /// # Errors
    /// As [`Self::issued`].
    pub async fn revoked_soon(
        &self,
        span: Span,
        within: i64,
        page: Page,
    ) -> Result<Answer<RevokedRow>, Error> {
        let mut session = self.reader().await?;
        let condition = |statement: &mut Statement| {
            statement
                .push(
                    r#""certificates" WHERE "state" = 'revoked' AND "issued_at" IS NOT NULL AND "changed_at" >= "#,
                )
                .bind(span.from.into(), Integer)
                .push(r#" AND "changed_at" < "#)
                .bind(span.until.into(), Integer)
                .push(r#" AND "changed_at" - "issued_at" <= "#)
                .bind(within.into(), Integer);
        };
        let question = Question {
            columns: r#""idx", "changed_at", "issued_at", "authority", "serial", "reason", "changed_by""#,
            kinds: &[Integer, Integer, Integer, Text, Text, Text, Text],
            order: r#""idx""#,
            idx: r#""idx""#,
        };
        ask(&mut session, &question, condition, page, |row| {
            let [
                idx,
                revoked_at,
                issued_at,
                authority,
                serial,
                reason,
                revoked_by,
            ] = <[Value; 7]>::try_from(row).ok()?;
            Some(RevokedRow {
                idx: idx.as_integer()?,
                revoked_at: revoked_at.as_integer()?,
                issued_at: issued_at.as_integer()?,
                authority: text(authority)?,
                serial: text(serial)?,
                reason: text(reason),
                revoked_by: text(revoked_by),
            })
        })
        .await
    }

    /// What officers signed in `span`; of one officer, and outside of some hours, where they are given.
    ///
    /// # Errors
    /// As [`Self::issued`]; [`Error::Query`] for more than a thousand days that differ from their weekday.
    pub async fn acts(
        &self,
        span: Span,
        officer: Option<&str>,
        outside: Option<&WorkingHours>,
        page: Page,
    ) -> Result<Answer<ActRow>, Error> {
        if outside.is_some_and(|hours| hours.free.len() + hours.worked.len() > DAYS) {
            return Err(Error::query("statements", "too many days".to_owned()));
        }
        let mut session = self.reader().await?;
        let condition = |statement: &mut Statement| {
            statement
                .push(r#""statements" WHERE "time" >= "#)
                .bind(span.from.into(), Integer)
                .push(r#" AND "time" < "#)
                .bind(span.until.into(), Integer);
            if let Some(officer) = officer {
                statement
                    .push(r#" AND "officer" = "#)
                    .bind(officer.into(), Text);
            }
            if let Some(hours) = outside {
                statement.push(" AND ").push(&outside_of(hours));
            }
        };
        let question = Question {
            columns: r#""idx", "time", "officer", "kind", "subject""#,
            kinds: &[Integer, Integer, Text, Text, Text],
            // As time goes, so do entries: this is the order of an index.
            order: r#""time" DESC, "idx""#,
            idx: r#""idx""#,
        };
        ask(&mut session, &question, condition, page, |row| {
            let [idx, time, officer, kind, subject] = <[Value; 5]>::try_from(row).ok()?;
            Some(ActRow {
                idx: idx.as_integer()?,
                time: time.as_integer()?,
                officer: text(officer)?,
                kind: text(kind)?,
                subject: text(subject)?,
            })
        })
        .await
    }
}

/// What a question selects, and by which entry its pages go on.
struct Question<'a> {
    columns: &'a str,
    kinds: &'a [ColumnKind],
    /// What it is sorted by, the last entry first.
    order: &'a str,
    idx: &'a str,
}

/// Asks for a page and for the count over the same condition, which begins after `FROM`.
async fn ask<T>(
    session: &mut Session,
    question: &Question<'_>,
    condition: impl Fn(&mut Statement),
    page: Page,
    read: impl Fn(Vec<Value>) -> Option<T>,
) -> Result<Answer<T>, Error> {
    let rows = page_of(session, question, &condition, page, read).await?;
    let count = count_of(session, &condition).await?;
    Ok(Answer { rows, count })
}

/// Where a question's answers are read: what errors name.
const TABLE: &str = "statements";

async fn page_of<T>(
    session: &mut Session,
    question: &Question<'_>,
    condition: impl Fn(&mut Statement),
    page: Page,
    read: impl Fn(Vec<Value>) -> Option<T>,
) -> Result<Vec<T>, Error> {
    check_limit(TABLE, page.limit)?;
    let backend: Backend = session.backend();
    let mut statement = Statement::new(backend, "SELECT ");
    statement.push(question.columns).push(" FROM ");
    condition(&mut statement);
    if let Some(before) = page.before {
        statement
            .push(" AND ")
            .push(question.idx)
            .push(" < ")
            .bind(before.into(), Integer);
    }
    statement
        .push(" ORDER BY ")
        .push(question.order)
        .push(" DESC LIMIT ")
        .push(&page.limit.to_string());
    let rows = fetch(session, TABLE, statement, question.kinds).await?;
    let rows = rows.into_iter().map(|row| read(row).ok_or_else(damaged));
    rows.collect()
}

async fn count_of(session: &mut Session, condition: impl Fn(&mut Statement)) -> Result<u64, Error> {
    let mut statement = Statement::new(session.backend(), "SELECT COUNT(*) FROM ");
    condition(&mut statement);
    single(TABLE, fetch(session, TABLE, statement, &[Integer]).await?)
}

/// Certificates produced from the first day on and before the second one.
async fn issued_on(session: &mut Session, (from, until): (i64, i64)) -> Result<u64, Error> {
    let filter = [
        ("kind", Compare::Eq(Tally::Issued.as_str().into())),
        ("unit", Compare::Eq(Value::Blob(Vec::new()))),
        ("day", Compare::Ge(from.into())),
        ("day", Compare::Lt(until.into())),
    ];
    let statement = query::sum(session.backend(), TallyRow::TABLE, &[], "count", &filter)?;
    let rows = fetch(session, TallyRow::TABLE.name, statement, &[Integer]).await?;
    let sum = rows.first().and_then(|row| row.first()?.as_integer());
    number(TallyRow::TABLE.name, sum.unwrap_or_default())
}

/// The entries that a span holds: first, and first after. The ledger's time never decreases, so the statements' times
/// bound its entries too.
async fn entries_of(session: &mut Session, span: Span) -> Result<(i64, i64), Error> {
    let mut statement = Statement::new(session.backend(), "");
    for (at, moment) in [span.from, span.until].into_iter().enumerate() {
        statement
            .push(if at == 0 { "SELECT " } else { ", " })
            .push(r#"(SELECT "idx" FROM "statements" WHERE "time" >= "#)
            .bind(moment.into(), Integer)
            .push(r#" ORDER BY "time", "idx" LIMIT 1)"#);
    }
    let rows = fetch(session, "statements", statement, &[Integer, Integer]).await?;
    let row = rows.into_iter().next().unwrap_or_default();
    let bound = |at: usize| row.get(at).and_then(Value::as_integer).unwrap_or(i64::MAX);
    Ok((bound(0), bound(1)))
}

fn issued_in(
    statement: &mut Statement,
    (first, after): (i64, i64),
    which: Issued,
    states: &[&'static str],
) {
    statement
        .push(
            r#""certificates" c JOIN "cases" k ON k."case_id" = c."case_id" WHERE c."state" IN ('"#,
        )
        .push(&states.join("', '"))
        .push(r#"') AND c."issued_at" IS NOT NULL AND c."intended_idx" >= "#)
        .bind(first.into(), Integer)
        .push(r#" AND c."intended_idx" < "#)
        .bind(after.into(), Integer)
        .push(match which {
            Issued::All => "",
            Issued::EnteredAndProducedByOne => r#" AND k."entered_by" = c."produced_by""#,
            Issued::WithoutSecondPerson => {
                r#" AND (k."reviewed_by" IS NULL OR k."reviewed_by" = k."entered_by")"#
            }
        });
}

/// The condition on `time` for what lies outside of working hours. Nothing but integers is written into it.
fn outside_of(hours: &WorkingHours) -> String {
    let local = format!(r#"("time" + {})"#, hours.offset);
    let day = format!("({local} / {DAY})");
    let second = format!("({local} % {DAY})");
    let within = |days: &[i64]| {
        let list: Vec<_> = days.iter().map(i64::to_string).collect();
        match list.is_empty() {
            true => "1 = 0".to_owned(),
            false => format!("{day} IN ({})", list.join(", ")),
        }
    };
    // 1970-01-01 was a Thursday: days 2 and 3 of the week that began then are Saturday and Sunday.
    let weekend = format!("{day} % 7 IN (2, 3)");
    format!(
        "({second} < {} OR {second} >= {} OR {} OR ({weekend} AND NOT {}))",
        hours.begin,
        hours.end,
        within(&hours.free),
        within(&hours.worked),
    )
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn damaged() -> Error {
    Error::Read {
        what: "a row of an answer is not as declared".into(),
    }
}
