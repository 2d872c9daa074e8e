//! Numbers over everything that an officer may see, and the list behind each: certificates by city, by unit, by month,
//! by the week in which they end; cases against their promise.
//!
//! The numbers are sums of tallies (`store::views::Tally`), which the writer keeps and the audit recomputes; the lists
//! are read from the certificates themselves. A test holds the two against each other.

use policy::{Scope, Verb, scope::unit_code};
use sm_engine::sm3::Digest;
use store::value::Value;
use store::views::{
    CaseRow, PolicyRow, SealedForm, StatementRow, Tally, TallyRow, UnitRow, day_begins, day_of,
};
use store::{Compare, Direction};

use super::search::{Conditions, newest};
use super::subject::{department_token, name_token, named};
use super::{PAGE, certificate, of_subject, summaries, within};
use crate::error::Error;
use crate::service::{Authority, Core};
use crate::view::{CaseSummary, CityCount, CountedView, Dashboard, MonthCount, Officer, UnitCount};

/// Most units of one answer.
const UNITS: usize = 200;
/// Most names of policy documents: a choice has no more.
const MAX_PROFILES: u32 = 1_024;
/// The states of a case in hand: the promise runs.
const IN_HAND: [&str; 3] = ["submitted", "approved", "producing"];

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Good or frozen certificates by their end of validity.
    Ending,
    /// Good certificates by their end of validity.
    Good,
    /// Frozen certificates by their end of validity.
    Held,
    /// Certificates produced within the promise of their cases, by the time of production.
    InTime,
    /// Certificates by the time of production, whatever became of them.
    Issued,
    /// Certificates produced after the promise of their cases, by the time of production.
    Late,
    /// Revoked certificates by the time of revocation.
    Revoked,
}

/// A number, and the list behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What is counted.
    pub counting: Counting,
    /// Division code of a city; empty for what belongs to no known one.
    pub city: Option<String>,
    /// Token of a department.
    pub unit: Option<String>,
    /// First moment, UTC seconds: the begin of a day in UTC+8. Ends of validity count from today where it is absent.
    pub from: Option<i64>,
    /// First moment after the last one, likewise.
    pub until: Option<i64>,
    /// Ledger index: only older certificates are listed.
    pub before: Option<u64>,
    /// Most rows; 200 at most.
    pub limit: u32,
}

impl Counting {
    /// The tallies that add up to it.
    fn tallies(self) -> &'static [Tally] {
        match self {
            Self::Ending => &[Tally::Good, Tally::Held],
            Self::Good => &[Tally::Good],
            Self::Held => &[Tally::Held],
            Self::InTime => &[Tally::InTime],
            Self::Issued => &[Tally::Issued],
            Self::Late => &[Tally::Late],
            Self::Revoked => &[Tally::Revoked],
        }
    }

    /// The states of its certificates.
    fn states(self) -> &'static [&'static str] {
        match self {
            Self::Ending => &["good", "held"],
            Self::Good => &["good"],
            Self::Held => &["held"],
            Self::InTime | Self::Issued | Self::Late => &["good", "held", "revoked"],
            Self::Revoked => &["revoked"],
        }
    }

    fn is_by_end(self) -> bool {
        matches!(self, Self::Ending | Self::Good | Self::Held)
    }
}

impl Authority {
    /// Everything at once: within one city where one is given, between the neighbouring edges of `months` and of
    /// `weeks` (begins of days in UTC+8, UTC seconds), and of the units, most certificates first, those from position
    /// `units.0` on, `units.1` of them and 200 at most.
    ///
    /// # Errors
    /// A refusal where the role may not search certificates and list cases; a fault where the database fails.
    pub async fn dashboard(
        &self,
        officer: &Officer,
        city: Option<&str>,
        months: &[i64],
        weeks: &[i64],
        units: (usize, usize),
    ) -> Result<Dashboard, Error> {
        self.reader(officer, Verb::CaseList).await?;
        let officer = self.reader(officer, Verb::CertificateSearch).await?;
        let (core, scope) = (&self.core, &officer.scope);
        let now = core.clock.now().0;
        let today = ("day", Compare::Ge(day_of(now).into()));

        let mut dashboard = Dashboard::default();
        let mut filter = tallied(scope, &[Tally::Good, Tally::Held], None, None);
        filter.push(today.clone());
        for (values, count) in sums(core, &["city", "kind"], &filter).await? {
            if let [Value::Text(city), Value::Text(kind)] = values.as_slice() {
                let counts = dashboard.cities.entry(city.clone()).or_default();
                add(kind, counts, count);
            }
        }
        let mut filter = tallied(scope, &[Tally::Good], city, None);
        filter.retain(|(column, _)| *column != "unit");
        filter.push(each_unit(scope));
        filter.push(today);
        let mut by_unit = sums(core, &["unit"], &filter).await?;
        by_unit.retain(|(_, count)| *count > 0);
        by_unit.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        let certificates = by_unit.iter().map(|(_, count)| count).sum();
        dashboard.all_units = (by_unit.len() as u64, certificates);
        let (skip, take) = units;
        by_unit = by_unit
            .into_iter()
            .skip(skip)
            .take(take.min(UNITS))
            .collect();
        dashboard.units = named_units(core, by_unit).await?;

        let kinds = [Tally::Issued, Tally::Revoked, Tally::InTime, Tally::Late];
        let by_day = by_day(core, tallied(scope, &kinds, city, None), months).await?;
        dashboard.months = between(months, |from, until| {
            let mut month = MonthCount::default();
            for (kind, day, count) in &by_day {
                if (from..until).contains(day) {
                    *match kind.as_str() {
                        "issued" => &mut month.issued,
                        "revoked" => &mut month.revoked,
                        "in-time" => &mut month.in_time,
                        _ => &mut month.late,
                    } += count;
                }
            }
            month
        });
        let kinds = Counting::Ending.tallies();
        let by_day = self::by_day(core, tallied(scope, kinds, city, None), weeks).await?;
        dashboard.weeks = between(weeks, |from, until| {
            let within = by_day
                .iter()
                .filter(|(_, day, _)| (from..until).contains(day));
            within.map(|(_, _, count)| count).sum()
        });

        let overdue = overdue(scope, city, now);
        dashboard.overdue = core.store.count::<CaseRow>(&overdue).await?;
        Ok(dashboard)
    }

    /// The number that is asked for, and a page of the certificates that it counts, newest first.
    ///
    /// # Errors
    /// A refusal where the role may not search certificates or the token names no department (A404).
    pub async fn counted(&self, officer: &Officer, asked: &Counted) -> Result<CountedView, Error> {
        let officer = self.reader(officer, Verb::CertificateSearch).await?;
        let (core, scope) = (&self.core, &officer.scope);
        let unit = match &asked.unit {
            Some(token) => Some(named(core, scope, token, department_token).await?.1),
            None => None,
        };
        let code = unit.as_ref().map(|form| unit_code(form.department()));
        let today = day_begins(day_of(core.clock.now().0));
        let from = asked.from.or(asked.counting.is_by_end().then_some(today));

        let mut filter = tallied(scope, asked.counting.tallies(), asked.city.as_deref(), code);
        for (moment, compare) in [
            (from, Compare::Ge as fn(Value) -> Compare),
            (asked.until, Compare::Lt),
        ] {
            filter.extend(moment.map(|moment| ("day", compare(day_of(moment).into()))));
        }
        let count = sums(core, &[], &filter).await?;

        let mut filter = within(scope);
        filter.push(("case_id", Compare::NotNull));
        filter.extend(asked.city.as_deref().map(in_city));
        let subject = of_subject(asked.unit.as_deref())?;
        let whose = subject.is_some();
        filter.extend(subject);
        filter.extend(match asked.counting {
            Counting::InTime => Some(("late", Compare::Eq(0.into()))),
            Counting::Late => Some(("late", Compare::Eq(1.into()))),
            _ => None,
        });
        filter.extend(span(core, asked.counting, from, asked.until).await?);
        if let Some(before) = asked.before {
            let before = i64::try_from(before).unwrap_or(i64::MAX);
            filter.push(("intended_idx", Compare::Lt(before.into())));
        }
        let states = asked.counting.states().iter();
        // What ends soon was issued long ago: it is found by its end, which is indexed behind the profile.
        let by_end = asked.counting == Counting::Ending && asked.until.is_some() && !whose;
        if by_end {
            filter.push(("profile", Compare::In(profiles(core).await?)));
        }
        let meanings: Vec<Conditions> = if whose || by_end {
            let states = states.map(|state| (*state).into()).collect();
            vec![vec![("state", Compare::In(states))]]
        } else {
            let state = |state: &&str| vec![("state", Compare::Eq((*state).into()))];
            states.map(state).collect()
        };
        let rows = newest(core, &filter, meanings, asked.limit.min(PAGE)).await?;
        Ok(CountedView {
            unit: unit.map(|form| form.department().to_owned()),
            count: count.first().map_or(0, |(_, count)| *count),
            certificates: certificate::summaries(core, &rows).await?,
        })
    }

    /// How many cases [`Self::overdue_cases`] has in all.
    ///
    /// # Errors
    /// As [`Self::cases`].
    pub async fn overdue_count(&self, officer: &Officer, city: Option<&str>) -> Result<u64, Error> {
        let officer = self.reader(officer, Verb::CaseList).await?;
        let core = &self.core;
        let filter = overdue(&officer.scope, city, core.clock.now().0);
        Ok(core.store.count::<CaseRow>(&filter).await?)
    }

    /// Cases in hand whose promise is over, oldest first, after the case `after`; at most 200.
    ///
    /// # Errors
    /// As [`Self::cases`].
    pub async fn overdue_cases(
        &self,
        officer: &Officer,
        city: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<CaseSummary>, Error> {
        let officer = self.reader(officer, Verb::CaseList).await?;
        let core = &self.core;
        let mut filter = overdue(&officer.scope, city, core.clock.now().0);
        filter.extend(after.map(|after| ("case_id", Compare::Gt(after.into()))));
        let order = [("case_id", Direction::Ascending)];
        let rows = core
            .store
            .scan::<CaseRow>(&filter, &order, None, limit.min(PAGE))
            .await?;
        summaries(core, &rows).await
    }
}

/// What must hold of tallies of these kinds within a scope, a city and a unit.
fn tallied(scope: &Scope, kinds: &[Tally], city: Option<&str>, unit: Option<Digest>) -> Conditions {
    let kinds = kinds.iter().map(|kind| kind.as_str().into()).collect();
    let mut filter = vec![("kind", Compare::In(kinds))];
    filter.extend(
        within(scope)
            .into_iter()
            .filter(|(column, _)| *column == "city"),
    );
    filter.extend(city.map(|city| ("city", Compare::Eq(city.into()))));
    filter.push(match unit {
        Some(unit) if scope.units.is_empty() || scope.units.contains(&unit) => {
            ("unit", Compare::Eq(unit.into()))
        }
        Some(_) => ("unit", Compare::In(Vec::new())),
        None if scope.units.is_empty() => ("unit", Compare::Eq(Value::Blob(Vec::new()))),
        None => each_unit(scope),
    });
    filter
}

/// The tallies of units one by one: all, or those of the scope.
fn each_unit(scope: &Scope) -> (&'static str, Compare) {
    if scope.units.is_empty() {
        return ("unit", Compare::Gt(Value::Blob(Vec::new())));
    }
    let units = scope.units.iter().map(|unit| (*unit).into());
    ("unit", Compare::In(units.collect()))
}

async fn sums(
    core: &Core,
    columns: &[&'static str],
    filter: &Conditions,
) -> Result<Vec<(Vec<Value>, u64)>, Error> {
    let sums = core.store.group_sum::<TallyRow>(columns, "count", filter);
    Ok(sums.await?)
}

fn add(kind: &str, counts: &mut CityCount, count: u64) {
    if kind == Tally::Good.as_str() {
        counts.good += count;
    } else {
        counts.held += count;
    }
}

/// Kind, day and number between the first and the last edge.
async fn by_day(
    core: &Core,
    mut filter: Conditions,
    edges: &[i64],
) -> Result<Vec<(String, i64, u64)>, Error> {
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else {
        return Ok(Vec::new());
    };
    filter.push(("day", Compare::Ge(day_of(*first).into())));
    filter.push(("day", Compare::Lt(day_of(*last).into())));
    let sums = sums(core, &["kind", "day"], &filter).await?;
    let row = |(values, count): (Vec<Value>, u64)| match <[Value; 2]>::try_from(values).ok()? {
        [Value::Text(kind), Value::Integer(day)] => Some((kind, day, count)),
        _ => None,
    };
    Ok(sums.into_iter().filter_map(row).collect())
}

/// Something for each two neighbouring edges, as days.
fn between<T>(edges: &[i64], of: impl Fn(i64, i64) -> T) -> Vec<T> {
    let pairs = edges.windows(2);
    let days = pairs.filter_map(|pair| match pair {
        [from, until] => Some((day_of(*from), day_of(*until))),
        _ => None,
    });
    days.map(|(from, until)| of(from, until)).collect()
}

/// The names of units, from the forms that named them first.
async fn named_units(
    core: &Core,
    counted: Vec<(Vec<Value>, u64)>,
) -> Result<Vec<UnitCount>, Error> {
    let keys: Vec<Vec<Value>> = counted.iter().map(|(key, _)| key.clone()).collect();
    let rows = core.store.get_many::<UnitRow>(&keys).await?;
    let forms: Vec<Digest> = rows.iter().map(|row| row.form).collect();
    let texts = core.store.unseal_many(&forms).await?;
    let name = |key: &[Value]| {
        let row = rows.iter().find(|row| key == [Value::from(row.unit)])?;
        let (_, text) = texts.iter().find(|(digest, _)| *digest == row.form)?;
        let form: SealedForm = serde_json::from_slice(text).ok()?;
        form.fields.get("department").cloned()
    };
    let unit = |(key, good): (Vec<Value>, u64)| {
        let name = name(&key);
        let token = name.as_deref().and_then(|name| name_token(core, name));
        UnitCount {
            token: token.map(|token| token.to_string()),
            name,
            good,
        }
    };
    Ok(counted.into_iter().map(unit).collect())
}

/// Where a number's moments stand in certificates.
async fn span(
    core: &Core,
    counting: Counting,
    from: Option<i64>,
    until: Option<i64>,
) -> Result<Conditions, Error> {
    let column = match counting {
        Counting::Ending | Counting::Good | Counting::Held => "not_after",
        Counting::Revoked => "changed_at",
        Counting::InTime | Counting::Issued | Counting::Late => "intended_idx",
    };
    let mut conditions = Vec::new();
    for (moment, compare) in [
        (from, Compare::Ge as fn(Value) -> Compare),
        (until, Compare::Lt),
    ] {
        let Some(moment) = moment else { continue };
        let edge = match column {
            "intended_idx" => first_entry(core, moment).await?,
            _ => moment,
        };
        conditions.push((column, compare(edge.into())));
    }
    Ok(conditions)
}

/// Every name that a profile has had.
async fn profiles(core: &Core) -> Result<Vec<Value>, Error> {
    let documents = core
        .store
        .scan::<PolicyRow>(&[], &[], None, MAX_PROFILES)
        .await?;
    Ok(documents.into_iter().map(|row| row.name.into()).collect())
}

/// The first entry of that moment or later that rests on a statement, as every production of a case does; the ledger's
/// time never decreases.
async fn first_entry(core: &Core, moment: i64) -> Result<i64, Error> {
    let filter = [("time", Compare::Ge(moment.into()))];
    let order = [
        ("time", Direction::Ascending),
        ("idx", Direction::Ascending),
    ];
    let first = core
        .store
        .scan::<StatementRow>(&filter, &order, None, 1)
        .await?;
    Ok(first.first().map_or(i64::MAX, |row| row.idx))
}

fn in_city(city: &str) -> (&'static str, Compare) {
    let city = match city {
        "" => Value::Null,
        city => city.into(),
    };
    ("city", Compare::Eq(city))
}

/// What must hold of a case in hand whose promise is over.
fn overdue(scope: &Scope, city: Option<&str>, now: i64) -> Conditions {
    let states = IN_HAND.iter().map(|state| (*state).into()).collect();
    let mut filter = within(scope);
    filter.push(("state", Compare::In(states)));
    filter.push(("due_at", Compare::Lt(now.into())));
    filter.extend(city.map(in_city));
    filter
}
