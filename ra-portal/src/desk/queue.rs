//! Cases as lines of a list: what each is, how long it may still take, and who has taken it.

use std::collections::BTreeMap;

use authority::{CaseSummary, Officer};

use crate::failure::Failure;
use crate::moment;
use crate::page::Page;
use crate::portal::Portal;

/// A claim keeps others away for this long: seconds.
pub(super) const CLAIM: i64 = 2 * 3_600;
/// Share of the promise after which a case is urgent: 75 %.
const URGENT: (i64, i64) = (3, 4);

/// How a case stands against its promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    Overdue,
    Urgent,
    InTime,
    /// Waiting for somebody else: the promise stands still.
    Stopped,
}

impl Urgency {
    /// Class in the stylesheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Overdue => "revoked",
            Self::Urgent => "held",
            Self::InTime => "good",
            Self::Stopped => "unknown",
        }
    }

    /// Key of the word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Overdue => "promise.overdue",
            Self::Urgent => "promise.urgent",
            Self::InTime => "promise.in_time",
            Self::Stopped => "promise.stopped",
        }
    }
}

/// A case in a list.
pub(super) struct Line {
    pub(super) summary: CaseSummary,
    /// Until when it is promised, UTC seconds.
    pub(super) due: i64,
    pub(super) urgency: Urgency,
    /// Officer who has taken it.
    pub(super) claimed_by: Option<String>,
}

impl Line {
    /// Key of the word for its state.
    pub(super) fn state(&self) -> &'static str {
        state_word(&self.summary.state)
    }

    /// What the promise says in words: how long is left, or how long ago it ended.
    pub(super) fn left(&self, page: &Page, now: &i64) -> String {
        let (key, seconds) = match self.urgency {
            Urgency::Stopped => return String::new(),
            Urgency::Overdue => ("promise.since", now - self.due),
            _ => ("promise.left", self.due - now),
        };
        let (number, unit) = moment::age(seconds);
        let unit = match unit {
            "age.seconds" => "span.seconds",
            "age.minutes" => "span.minutes",
            "age.hours" => "span.hours",
            _ => "span.days",
        };
        page.t1(key, "span", page.t1(unit, "n", number))
    }
}

/// The lines of these cases, most urgent first.
pub(super) async fn lines(
    portal: &Portal,
    officer: &Officer,
    cases: Vec<CaseSummary>,
) -> Result<Vec<Line>, Failure> {
    let now = portal.now();
    let numbers: Vec<String> = cases.iter().map(|case| case.case.clone()).collect();
    let times = portal.authority.case_times(officer, &numbers).await?;
    let claims = portal.desk.claims_of(&numbers).await?;
    let mut claimed: BTreeMap<String, String> = claims
        .into_iter()
        .filter(|claim| claim.claimed_at > now - CLAIM)
        .map(|claim| (claim.case, claim.officer))
        .collect();
    let mut lines: Vec<Line> = cases
        .into_iter()
        .map(|summary| {
            let times = times.get(&summary.case).map(Vec::as_slice);
            let (due, urgency) = promise(portal, &summary.state, times.unwrap_or_default(), now);
            Line {
                claimed_by: claimed.remove(&summary.case),
                summary,
                due,
                urgency,
            }
        })
        .collect();
    lines.sort_by(|a, b| {
        (a.urgency == Urgency::Stopped, a.due, &a.summary.case).cmp(&(
            b.urgency == Urgency::Stopped,
            b.due,
            &b.summary.case,
        ))
    });
    Ok(lines)
}

/// The promise of a case that was submitted and returned at these times: it stands still while the case is returned.
fn promise(portal: &Portal, state: &str, times: &[(String, i64)], now: i64) -> (i64, Urgency) {
    let calendar = &portal.calendar;
    let (mut since, mut spent) = (None, 0);
    for (kind, time) in times {
        match (kind.as_str(), since) {
            ("case.submitted", None) => since = Some(*time),
            ("case.reviewed", Some(from)) if state == "returned" => {
                spent += calendar.worked_seconds(from, *time);
                since = None;
            }
            ("case.submitted", Some(from)) => {
                // It was returned in between, or it would not have been submitted again.
                let returned = times
                    .iter()
                    .rfind(|(kind, at)| kind == "case.reviewed" && at <= time && *at >= from);
                if let Some((_, at)) = returned {
                    spent += calendar.worked_seconds(from, *at);
                }
                since = Some(*time);
            }
            _ => {}
        }
    }
    let due = calendar.due(since.unwrap_or(now), spent);
    let urgency = match (state, since) {
        ("submitted" | "approved" | "producing", Some(since)) => {
            let all = i64::from(calendar.promise_days()) * 86_400;
            let gone = spent + calendar.worked_seconds(since, now);
            if now > due {
                Urgency::Overdue
            } else if gone * URGENT.1 >= all * URGENT.0 {
                Urgency::Urgent
            } else {
                Urgency::InTime
            }
        }
        _ => Urgency::Stopped,
    };
    (due, urgency)
}

/// Key of the word for a state of a case.
pub(super) fn state_word(state: &str) -> &'static str {
    match state {
        "submitted" => "cases.submitted",
        "returned" => "cases.returned",
        "approved" => "cases.approved",
        "refused" => "cases.refused",
        "withdrawn" => "cases.withdrawn",
        "producing" => "cases.producing",
        "issued" => "cases.issued",
        _ => "cases.unknown",
    }
}
