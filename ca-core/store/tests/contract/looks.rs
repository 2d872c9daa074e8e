//! Looks at personal papers, as auditors list them.

use store::Span;
use store::desk::{Desk, Look};

use super::bed::{Bed, key};

pub async fn who_looked_at_whose_papers(bed: Bed) {
    let desk = Desk::open(&bed.url, key()).await.unwrap();
    let ever = Span {
        from: 0,
        until: i64::MAX,
    };
    let empty = desk.looks_in(ever, None, None, 10).await.unwrap();
    assert_eq!((empty.rows.len(), empty.count), (0, 0));
    for (at, officer) in [
        (100, "OP-0001"),
        (100, "OP-0002"),
        (200, "OP-0001"),
        (300, "OP-0002"),
    ] {
        let look = Look {
            at,
            officer: officer.into(),
            subject: "case:C-2026-0000001".into(),
            object: "evidence:00".into(),
        };
        desk.record_look(&look).await.unwrap();
    }
    let (mut before, mut times) = (None, Vec::new());
    loop {
        let page = desk.looks_in(ever, None, before.as_ref(), 1).await.unwrap();
        assert_eq!(page.count, 4);
        let Some(last) = page.rows.last() else { break };
        times.push(last.look.at);
        before = Some(last.place.clone());
    }
    assert_eq!(times, [300, 200, 100, 100]);
    let span = Span {
        from: 100,
        until: 300,
    };
    let one = desk
        .looks_in(span, Some("OP-0001"), None, 10)
        .await
        .unwrap();
    assert_eq!((one.rows.len(), one.count), (2, 2));
    assert!(one.rows.iter().all(|seen| seen.look.officer == "OP-0001"));
    let nobody = desk
        .looks_in(span, Some("OP-0009"), None, 10)
        .await
        .unwrap();
    assert_eq!((nobody.rows.len(), nobody.count), (0, 0));
}
