//! What auditors ask: each question with an answer and without one, in pages, and with a count that equals the list.

use ledger::event::{Basis, Decision, Entry, Event, StatementRef, Status};
use store::views::{Overlay, SealedForm};
use store::{Error, Issued, MAX_ROWS, Page, Span, Store, WorkingHours};

use super::bed::{Bed, digest, key};

/// Monday, 23 November 2026, 00:00 in Beijing.
const MONDAY: i64 = 1_795_363_200;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
const EVER: Span = Span {
    from: 0,
    until: i64::MAX,
};
const ALL: Page = Page {
    before: None,
    limit: 100,
};

/// A record that grows.
struct Record {
    store: Store,
    entries: Vec<Entry>,
    overlay: Overlay,
    counter: u64,
}

impl Record {
    async fn new(bed: &Bed) -> Self {
        Self {
            store: Store::open(&bed.url, key()).await.unwrap(),
            entries: Vec::new(),
            overlay: Overlay::default(),
            counter: 0,
        }
    }

    fn statement(&mut self, officer: &str) -> StatementRef {
        self.counter += 1;
        StatementRef {
            digest: digest(1_000 + self.counter),
            officer: officer.into(),
            signature: String::new(),
        }
    }

    fn push(&mut self, time: i64, event: Event) -> u64 {
        let idx = self.entries.len() as u64;
        let entry = Entry::new(time, event);
        self.overlay.project(idx, &entry).unwrap();
        self.entries.push(entry);
        idx
    }

    /// A case that those three officers enter, review and produce, one second after another; the certificate's serial.
    fn issue(&mut self, time: i64, [enters, reviews, produces]: [&str; 3]) -> String {
        let number = self.entries.len() as u64;
        let (case, serial) = (format!("C-2026-{number:07}"), format!("0a{number:02x}"));
        self.overlay.forms.insert(digest(1), SealedForm::default());
        let statement = self.statement(enters);
        self.push(
            time,
            Event::CaseSubmitted {
                case: case.clone(),
                revision: 1,
                profile: "device".into(),
                profile_document: digest(2),
                authority: "jinan".into(),
                form: digest(1),
                request: digest(3),
                key: digest(10_000 + number),
                template: digest(4),
                evidence: Vec::new(),
                statement,
            },
        );
        let statement = self.statement(reviews);
        self.push(
            time + 1,
            Event::CaseReviewed {
                case: case.clone(),
                revision: 1,
                decision: Decision::Approved,
                statement,
            },
        );
        let statement = self.statement(produces);
        let intent = self.push(
            time + 2,
            Event::CertificateIntended {
                authority: "jinan".into(),
                serial: serial.clone(),
                tbs: digest(5),
                profile: "device".into(),
                profile_document: digest(2),
                key: digest(10_000 + number),
                basis: Basis::Case { case, statement },
            },
        );
        self.push(
            time + 2,
            Event::CertificateIssued {
                authority: "jinan".into(),
                serial: serial.clone(),
                certificate: digest(20_000 + number),
                intent,
                not_after: time + 365 * DAY,
            },
        );
        serial
    }

    fn change(&mut self, time: i64, serial: &str, status: Status, officer: &str) {
        let statement = self.statement(officer);
        let reason = match status {
            Status::Good => "removeFromCRL",
            Status::Held => "certificateHold",
            Status::Revoked => "superseded",
        };
        self.push(
            time,
            Event::CertificateStatus {
                authority: "jinan".into(),
                serial: serial.into(),
                status,
                reason: reason.into(),
                list: None,
                statement,
            },
        );
    }

    /// Writes what there is, and gives the store to ask.
    async fn write(self) -> Store {
        let Self { store, overlay, .. } = self;
        let lock = store.acquire_writer().await.unwrap();
        let mut tx = store.begin(&lock).await.unwrap();
        overlay.write(&mut tx, store.seal_key()).await.unwrap();
        tx.commit().await.unwrap();
        store
    }
}

const USUAL: [&str; 3] = ["OP-0001", "OP-0002", "OP-0003"];

/// 8:30 to 17:30 in Beijing.
fn hours() -> WorkingHours {
    WorkingHours {
        offset: 8 * HOUR,
        begin: 8 * HOUR + 1_800,
        end: 17 * HOUR + 1_800,
        free: Vec::new(),
        worked: Vec::new(),
    }
}

pub async fn who_issued_what(bed: Bed) {
    let mut record = Record::new(&bed).await;
    let serials: Vec<_> = (0..5)
        .map(|n| record.issue(MONDAY + n * DAY, USUAL))
        .collect();
    record.change(MONDAY + 5 * DAY, &serials[0], Status::Held, "OP-0002");
    let store = record.write().await;
    let answer = store.issued(EVER, Issued::All, ALL).await.unwrap();
    assert_eq!((answer.rows.len(), answer.count), (5, 5));
    let newest = &answer.rows[0];
    assert_eq!(newest.serial, serials[4]);
    assert_eq!(newest.issued_at, MONDAY + 4 * DAY + 2);
    let officers = (
        newest.entered_by.as_str(),
        newest.reviewed_by.as_deref(),
        newest.produced_by.as_deref(),
    );
    assert_eq!(officers, ("OP-0001", Some("OP-0002"), Some("OP-0003")));
    // Whoever freezes it later did not produce it.
    assert_eq!(answer.rows[4].produced_by.as_deref(), Some("OP-0003"));
    // Page by page the same rows, and the same count.
    let mut page = Page {
        before: None,
        limit: 2,
    };
    let mut paged = Vec::new();
    loop {
        let part = store.issued(EVER, Issued::All, page).await.unwrap();
        assert_eq!(part.count, 5);
        let Some(last) = part.rows.last() else { break };
        page.before = Some(last.idx);
        paged.extend(part.rows);
    }
    assert_eq!(paged, answer.rows);
    // A span by the second: the second and the third.
    let span = Span {
        from: MONDAY + DAY + 2,
        until: MONDAY + 2 * DAY + 3,
    };
    let answer = store.issued(span, Issued::All, ALL).await.unwrap();
    let found: Vec<_> = answer.rows.iter().map(|row| &row.serial).collect();
    assert_eq!(found, [&serials[2], &serials[1]]);
    for empty in [
        Span {
            from: 0,
            until: MONDAY,
        },
        Span {
            from: MONDAY + 10 * DAY,
            until: i64::MAX,
        },
    ] {
        let answer = store.issued(empty, Issued::All, ALL).await.unwrap();
        assert_eq!((answer.rows.len(), answer.count), (0, 0));
    }
}

pub async fn who_comes_close_to_doing_it_alone(bed: Bed) {
    let mut record = Record::new(&bed).await;
    record.issue(MONDAY, USUAL);
    let close = record.issue(MONDAY + DAY, ["OP-0001", "OP-0002", "OP-0001"]);
    let alone = record.issue(MONDAY + 2 * DAY, ["OP-0004", "OP-0004", "OP-0003"]);
    let store = record.write().await;
    let asked = async |which, span| store.issued(span, which, ALL).await.unwrap();
    let answer = asked(Issued::EnteredAndProducedByOne, EVER).await;
    assert_eq!((answer.rows[0].serial.clone(), answer.count), (close, 1));
    let answer = asked(Issued::WithoutSecondPerson, EVER).await;
    assert_eq!((answer.rows[0].serial.clone(), answer.count), (alone, 1));
    let first_day = Span {
        from: MONDAY,
        until: MONDAY + DAY,
    };
    for which in [Issued::EnteredAndProducedByOne, Issued::WithoutSecondPerson] {
        let answer = asked(which, first_day).await;
        assert_eq!((answer.rows.len(), answer.count), (0, 0));
    }
}

pub async fn who_works_with_whom(bed: Bed) {
    let mut record = Record::new(&bed).await;
    for day in 0..3 {
        record.issue(MONDAY + day * DAY, USUAL);
    }
    record.issue(MONDAY + 3 * DAY, ["OP-0004", "OP-0002", "OP-0003"]);
    let store = record.write().await;
    let pairs = store.issued_pairs(EVER).await.unwrap();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|pair| {
            (
                pair.entered_by.as_str(),
                pair.reviewed_by.as_str(),
                pair.count,
            )
        })
        .collect();
    let expected = [("OP-0001", "OP-0002", 3), ("OP-0004", "OP-0002", 1)];
    assert_eq!(pairs, expected);
    let before = Span {
        from: 0,
        until: MONDAY,
    };
    assert!(store.issued_pairs(before).await.unwrap().is_empty());
}

pub async fn what_was_revoked_soon_after_it_was_issued(bed: Bed) {
    let mut record = Record::new(&bed).await;
    let soon = record.issue(MONDAY, USUAL);
    let late = record.issue(MONDAY + 10, USUAL);
    let held = record.issue(MONDAY + 20, USUAL);
    record.change(MONDAY + 2 + 7 * DAY, &soon, Status::Revoked, "OP-0002");
    record.change(MONDAY + 12 + 7 * DAY + 1, &late, Status::Revoked, "OP-0002");
    record.change(MONDAY + 8 * DAY, &held, Status::Held, "OP-0002");
    let store = record.write().await;
    let answer = store.revoked_soon(EVER, 7 * DAY, ALL).await.unwrap();
    assert_eq!((answer.rows.len(), answer.count), (1, 1));
    let row = &answer.rows[0];
    assert_eq!(row.serial, soon);
    assert_eq!(
        (row.issued_at, row.revoked_at),
        (MONDAY + 2, MONDAY + 2 + 7 * DAY)
    );
    assert_eq!(row.revoked_by.as_deref(), Some("OP-0002"));
    assert_eq!(row.reason.as_deref(), Some("superseded"));
    let answer = store.revoked_soon(EVER, 7 * DAY - 1, ALL).await.unwrap();
    assert_eq!((answer.rows.len(), answer.count), (0, 0));
    let before = Span {
        from: 0,
        until: MONDAY + DAY,
    };
    let answer = store.revoked_soon(before, 30 * DAY, ALL).await.unwrap();
    assert_eq!(answer.count, 0);
}

pub async fn what_was_done_outside_of_working_hours(bed: Bed) {
    let mut record = Record::new(&bed).await;
    let begin = 8 * HOUR + 1_800;
    let end = 17 * HOUR + 1_800;
    // A held and released certificate: one act at each of these moments.
    let serial = record.issue(MONDAY + begin, USUAL);
    let mut hold = true;
    let moments = [
        ("before work", MONDAY + DAY + begin - 1),
        ("at its beginning", MONDAY + DAY + begin),
        ("in its last second", MONDAY + DAY + end - 1),
        ("at its end", MONDAY + DAY + end),
        ("Saturday", MONDAY + 5 * DAY + 10 * HOUR),
        ("Sunday", MONDAY + 6 * DAY + 10 * HOUR),
        ("next Monday", MONDAY + 7 * DAY + 10 * HOUR),
    ];
    for (_, time) in moments {
        let status = if hold { Status::Held } else { Status::Good };
        record.change(time, &serial, status, "OP-0004");
        hold = !hold;
    }
    let store = record.write().await;
    let asked = async |hours: &WorkingHours| {
        let answer = store.acts(EVER, None, Some(hours), ALL).await.unwrap();
        assert_eq!(answer.count, answer.rows.len() as u64);
        let name = |time| moments.iter().find(|(_, at)| *at == time).unwrap().0;
        answer
            .rows
            .iter()
            .map(|row| name(row.time))
            .collect::<Vec<_>>()
    };
    let usual = ["Sunday", "Saturday", "at its end", "before work"];
    assert_eq!(asked(&hours()).await, usual);
    let saturday = (MONDAY + 5 * DAY + 8 * HOUR) / DAY;
    let worked = WorkingHours {
        worked: vec![saturday],
        free: vec![saturday + 2],
        ..hours()
    };
    let changed = ["next Monday", "Sunday", "at its end", "before work"];
    assert_eq!(asked(&worked).await, changed);
    let always = WorkingHours {
        begin: 0,
        end: DAY,
        worked: vec![saturday, saturday + 1],
        ..hours()
    };
    assert!(asked(&always).await.is_empty());
    let many = WorkingHours {
        free: (0..2_000).collect(),
        ..hours()
    };
    let refused = store.acts(EVER, None, Some(&many), ALL).await;
    assert!(matches!(refused, Err(Error::Query { .. })));
}

pub async fn what_one_officer_did(bed: Bed) {
    let mut record = Record::new(&bed).await;
    record.issue(MONDAY, USUAL);
    let store = record.write().await;
    let all = store.acts(EVER, None, None, ALL).await.unwrap();
    let kinds: Vec<_> = all.rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["certificate.intended", "case.reviewed", "case.submitted"]
    );
    assert!(
        all.rows
            .iter()
            .all(|row| row.subject == "case:C-2026-0000000")
    );
    let one = store.acts(EVER, Some("OP-0002"), None, ALL).await.unwrap();
    assert_eq!((one.rows.len(), one.count), (1, 1));
    assert_eq!(one.rows[0], all.rows[1]);
    let nobody = store.acts(EVER, Some("OP-0009"), None, ALL).await.unwrap();
    assert_eq!((nobody.rows.len(), nobody.count), (0, 0));
}

pub async fn pages_are_bounded(bed: Bed) {
    let store = Record::new(&bed).await.write().await;
    let large = Page {
        before: None,
        limit: MAX_ROWS + 1,
    };
    for refused in [
        store.acts(EVER, None, None, large).await.map(drop),
        store.issued(EVER, Issued::All, large).await.map(drop),
        store.revoked_soon(EVER, 1, large).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Query { .. })), "{refused:?}");
    }
}
