//! The saved questions, and what one can ask them about.

use crate::moment;

/// A day in seconds.
const DAY: i64 = 86_400;
/// Days of the usual span.
const USUAL_DAYS: i64 = 30;
/// Longest span, days.
const LONGEST: i64 = 3_660;

/// What a question answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Alone,
    Acts,
    Issued,
    Looks,
    NeverIssued,
    Night,
    OneHand,
    Pairs,
    Proposals,
    Revoked,
}

/// A saved question.
pub(super) struct Question {
    /// Segment of its address.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Key of its title.
    pub(super) title: &'static str,
    /// Key of the sentence that says what is counted.
    pub(super) meaning: &'static str,
    /// Keys of its columns.
    pub(super) heads: &'static [&'static str],
    /// Whether it is about a span of time.
    pub(super) spans: bool,
    /// Whether it can be about one officer.
    pub(super) by_officer: bool,
    /// Whether it takes a number of days.
    pub(super) days: bool,
}

const OF_CERTIFICATES: &[&str] = &[
    "history.entry",
    "history.time",
    "cert.serial",
    "cases.number",
    "audit.entered_by",
    "audit.reviewed_by",
    "audit.produced_by",
];
const OF_ACTS: &[&str] = &[
    "history.entry",
    "history.time",
    "history.officer",
    "audit.act",
    "audit.subject",
];

/// All of them, in the order of the list.
pub(super) static QUESTIONS: [Question; 10] = [
    Question {
        name: "issued",
        kind: Kind::Issued,
        title: "audit.issued",
        meaning: "audit.issued_meaning",
        heads: OF_CERTIFICATES,
        spans: true,
        by_officer: false,
        days: false,
    },
    Question {
        name: "without-second-person",
        kind: Kind::Alone,
        title: "audit.alone",
        meaning: "audit.alone_meaning",
        heads: OF_CERTIFICATES,
        spans: true,
        by_officer: false,
        days: false,
    },
    Question {
        name: "one-hand",
        kind: Kind::OneHand,
        title: "audit.one_hand",
        meaning: "audit.one_hand_meaning",
        heads: OF_CERTIFICATES,
        spans: true,
        by_officer: false,
        days: false,
    },
    Question {
        name: "pairs",
        kind: Kind::Pairs,
        title: "audit.pairs",
        meaning: "audit.pairs_meaning",
        heads: &[
            "audit.entered_by",
            "audit.reviewed_by",
            "audit.together",
            "audit.reviewed_in_all",
        ],
        spans: true,
        by_officer: false,
        days: false,
    },
    Question {
        name: "revoked-soon",
        kind: Kind::Revoked,
        title: "audit.revoked",
        meaning: "audit.revoked_meaning",
        heads: &[
            "history.entry",
            "history.time",
            "cert.serial",
            "audit.issued_at",
            "change.reason",
            "history.officer",
        ],
        spans: true,
        by_officer: false,
        days: true,
    },
    Question {
        name: "night",
        kind: Kind::Night,
        title: "audit.night",
        meaning: "audit.night_meaning",
        heads: OF_ACTS,
        spans: true,
        by_officer: true,
        days: false,
    },
    Question {
        name: "acts",
        kind: Kind::Acts,
        title: "audit.acts",
        meaning: "audit.acts_meaning",
        heads: OF_ACTS,
        spans: true,
        by_officer: true,
        days: false,
    },
    Question {
        name: "looks",
        kind: Kind::Looks,
        title: "audit.looks",
        meaning: "audit.looks_meaning",
        heads: &[
            "history.time",
            "history.officer",
            "cases.number",
            "audit.object",
        ],
        spans: true,
        by_officer: true,
        days: false,
    },
    Question {
        name: "proposals",
        kind: Kind::Proposals,
        title: "audit.proposals",
        meaning: "audit.proposals_meaning",
        heads: &[
            "history.entry",
            "history.time",
            "officers.title",
            "officers.what",
            "officers.proposed_by",
            "cases.state",
            "officers.decided_by",
        ],
        spans: true,
        by_officer: false,
        days: false,
    },
    Question {
        name: "never-issued",
        kind: Kind::NeverIssued,
        title: "audit.never_issued",
        meaning: "audit.never_issued_meaning",
        heads: &["history.time", "audit.authority", "cert.serial"],
        spans: false,
        by_officer: false,
        days: false,
    },
];

/// What a question is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// First day, `2026-11-01`.
    pub(super) from: String,
    /// Last day.
    pub(super) until: String,
    /// Days between issue and revocation.
    pub(super) days: i64,
    /// Officer number, or nothing.
    pub(super) officer: String,
    /// First second, UTC.
    pub(super) begin: i64,
    /// First second after the last day, UTC.
    pub(super) end: i64,
}

impl Asked {
    /// The last thirty days, everybody.
    pub(super) fn usual(now: i64) -> Self {
        let (from, until) = (
            moment::date(now - (USUAL_DAYS - 1) * DAY),
            moment::date(now),
        );
        Self {
            begin: moment::day(&from).unwrap_or(0),
            end: moment::day(&until).unwrap_or(0) + DAY,
            from,
            until,
            days: 7,
            officer: String::new(),
        }
    }

    /// The same with what was given; nothing where that makes no sense.
    pub(super) fn with(
        &self,
        from: Option<String>,
        until: Option<String>,
        days: Option<String>,
        officer: Option<String>,
    ) -> Option<Self> {
        let from = from.unwrap_or_else(|| self.from.clone());
        let until = until.unwrap_or_else(|| self.until.clone());
        let (begin, end) = (moment::day(&from)?, moment::day(&until)? + DAY);
        let days = match days {
            Some(text) => text.parse().ok().filter(|days| (1..=365).contains(days))?,
            None => self.days,
        };
        let officer = officer.unwrap_or_default();
        let well_formed = officer.len() <= 16
            && officer
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if begin >= end || end - begin > LONGEST * DAY || !well_formed {
            return None;
        }
        Some(Self {
            from,
            until,
            days,
            officer,
            begin,
            end,
        })
    }

    /// As the query of an address. Days, numbers and an officer's number: nothing that needs an escape.
    pub(super) fn query(&self) -> String {
        let Self {
            from,
            until,
            days,
            officer,
            ..
        } = self;
        format!("from={from}&until={until}&days={days}&officer={officer}")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_makes_sense_or_is_refused() {
        let usual = Asked::usual(1_795_426_867);
        assert_eq!(
            (usual.from.as_str(), usual.until.as_str()),
            ("2026-10-25", "2026-11-23")
        );
        assert_eq!(usual.end - usual.begin, 30 * DAY);
        let text = |text: &str| Some(text.to_owned());
        let one_day = usual.with(text("2026-11-23"), None, text("3"), text("OP-0001"));
        let one_day = one_day.unwrap();
        assert_eq!((one_day.end - one_day.begin, one_day.days), (DAY, 3));
        assert_eq!(
            one_day.query(),
            "from=2026-11-23&until=2026-11-23&days=3&officer=OP-0001"
        );
        for wrong in [
            usual.with(text("2026-11-24"), None, None, None),
            usual.with(text("1000-01-01"), None, None, None),
            usual.with(text("x"), None, None, None),
            usual.with(None, None, text("0"), None),
            usual.with(None, None, text("366"), None),
            usual.with(None, None, text("many"), None),
            usual.with(None, None, None, text("OP 1&x=2")),
        ] {
            assert_eq!(wrong, None);
        }
    }

    #[test]
    fn every_question_has_its_own_address() {
        let names: std::collections::BTreeSet<_> =
            QUESTIONS.iter().map(|question| question.name).collect();
        assert_eq!(names.len(), QUESTIONS.len());
    }
}
