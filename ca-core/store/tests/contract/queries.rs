//! Filters, orders, pages and counts.

use sm_engine::sm3::Digest;
use store::table::Record;
use store::value::Value;
use store::views::{TermRow, TrailRow};
use store::{Compare, Direction, Error, MAX_ROWS, Store, cursor};

use super::bed::Bed;
use super::sample::{Pair, Sample};

async fn filled(bed: &Bed) -> (Store, Vec<Pair>) {
    let (store, lock) = bed.open_as_writer().await;
    let pairs: Vec<Pair> = (0..60)
        .map(|n| Pair::new(["a", "b", "ä"][n as usize % 3], n, n % 5))
        .collect();
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&pairs).await.unwrap();
    tx.commit().await.unwrap();
    (store, pairs)
}

pub async fn pages_in_any_order(bed: Bed) {
    use Direction::{Ascending, Descending};
    let (store, pairs) = filled(&bed).await;
    let orders: [&[(&'static str, Direction)]; 6] = [
        &[],
        &[("weight", Ascending)],
        &[("weight", Descending)],
        &[
            ("weight", Descending),
            ("kind", Ascending),
            ("n", Descending),
        ],
        &[("kind", Descending), ("n", Ascending)],
        &[("n", Descending)],
    ];
    let filters: [&[(&'static str, Compare)]; 5] = [
        &[],
        &[
            ("weight", Compare::Ge(1.into())),
            ("weight", Compare::Lt(4.into())),
        ],
        &[
            (
                "kind",
                Compare::In(vec!["b".into(), "ä".into(), "nobody".into()]),
            ),
            ("n", Compare::Gt(7.into())),
        ],
        &[
            ("kind", Compare::Eq("a".into())),
            ("n", Compare::Le(30.into())),
        ],
        &[("kind", Compare::In(vec![]))],
    ];
    for order in orders {
        for filter in filters {
            let mut expected: Vec<Pair> = pairs
                .iter()
                .filter(|pair| holds(pair, filter))
                .cloned()
                .collect();
            expected.sort_by(|a, b| compare(a, b, order));
            let mut found: Vec<Pair> = Vec::new();
            loop {
                let after = found.last().map(|last| cursor(last, order).unwrap());
                let page: Vec<Pair> = store
                    .scan(filter, order, after.as_deref(), 7)
                    .await
                    .unwrap();
                found.extend(page.iter().cloned());
                if page.len() < 7 {
                    break;
                }
            }
            assert_eq!(found, expected, "{order:?} {filter:?}");
            assert_eq!(
                store.count::<Pair>(filter).await.unwrap(),
                expected.len() as u64
            );
        }
    }
}

fn value(pair: &Pair, name: &str) -> Value {
    let (at, _) = Pair::TABLE
        .columns
        .iter()
        .enumerate()
        .find(|(_, column)| column.name == name)
        .unwrap();
    pair.to_row().remove(at)
}

fn holds(pair: &Pair, filter: &[(&'static str, Compare)]) -> bool {
    filter.iter().all(|(name, compare)| {
        let value = value(pair, name);
        match compare {
            Compare::Eq(other) => value == *other,
            Compare::Ge(other) => value >= *other,
            Compare::Gt(other) => value > *other,
            Compare::In(others) => others.contains(&value),
            Compare::Le(other) => value <= *other,
            Compare::Lt(other) => value < *other,
            Compare::NotNull => true,
            Compare::AnyTerm(_) | Compare::CurrentTerm(_) => unreachable!("a pair is no case"),
        }
    })
}

/// By the order, then by the rest of the key in the direction of the last.
fn compare(a: &Pair, b: &Pair, order: &[(&'static str, Direction)]) -> std::cmp::Ordering {
    let last = order
        .last()
        .map_or(Direction::Ascending, |(_, direction)| *direction);
    let names = order.iter().copied().chain([("kind", last), ("n", last)]);
    names.fold(std::cmp::Ordering::Equal, |before, (name, direction)| {
        let this = value(a, name).cmp(&value(b, name));
        before.then(if direction == Direction::Ascending {
            this
        } else {
            this.reverse()
        })
    })
}

pub async fn text_sorts_by_bytes(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut names = [
        "b",
        "B",
        "a",
        "Ä",
        "ä",
        "z",
        "济南",
        "青岛",
        "a-b",
        "ab",
        "a b",
        "",
        "\u{1F512}",
        "\u{FFFD}",
    ];
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&names.map(|name| Pair::new(name, 0, 0)))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    names.sort_unstable();
    let found: Vec<Pair> = store.scan(&[], &[], None, 100).await.unwrap();
    assert_eq!(
        found
            .iter()
            .map(|pair| pair.kind.as_str())
            .collect::<Vec<_>>(),
        names
    );
    let above: Vec<Pair> = store
        .scan(&[("kind", Compare::Gt("b".into()))], &[], None, 100)
        .await
        .unwrap();
    assert_eq!(
        above.len(),
        names.iter().filter(|name| **name > "b").count()
    );
}

pub async fn counts_by_group(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let mut tx = store.begin(&lock).await.unwrap();
    let numbered = |id, number| Sample {
        number,
        ..Sample::new(id, if id < 4 { "x" } else { "y" })
    };
    tx.insert(&[
        numbered(1, None),
        numbered(2, Some(5)),
        numbered(3, Some(5)),
        numbered(4, Some(-1)),
    ])
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let groups = store
        .group_count::<Sample>(&["text", "number"], &[])
        .await
        .unwrap();
    let expected = [
        (vec!["x".into(), Value::Null], 1),
        (vec!["x".into(), 5.into()], 2),
        (vec!["y".into(), (-1).into()], 1),
    ];
    assert_eq!(groups, expected);
    let absent = [("number", Compare::Eq(Value::Null))];
    assert_eq!(store.count::<Sample>(&absent).await.unwrap(), 1);
    let present = [
        ("number", Compare::NotNull),
        ("text", Compare::Eq("x".into())),
    ];
    assert_eq!(store.count::<Sample>(&present).await.unwrap(), 2);
    assert_eq!(
        store
            .group_count::<Sample>(&["text"], &absent)
            .await
            .unwrap(),
        [(vec!["x".into()], 1)]
    );
}

pub async fn sums_by_group(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let large = i64::MAX / 4;
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&[
        Pair::new("a", 1, 2),
        Pair::new("a", 2, 40),
        Pair::new("b", 1, large),
        Pair::new("b", 2, large),
        Pair::new("c", 1, -1),
    ])
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let sums = async |columns: &[&'static str], filter: &[(&'static str, Compare)]| {
        store.group_sum::<Pair>(columns, "weight", filter).await
    };
    let good = [("weight", Compare::Ge(0.into()))];
    let twice = u64::try_from(2 * large).unwrap();
    assert_eq!(
        sums(&["kind"], &good).await.unwrap(),
        [(vec!["a".into()], 42), (vec!["b".into()], twice)]
    );
    let a = [("kind", Compare::Eq("a".into()))];
    assert_eq!(sums(&[], &a).await.unwrap(), [(vec![], 42)]);
    // Nothing is found: no group, and a sum of nothing.
    let nothing = [("kind", Compare::Eq("z".into()))];
    assert_eq!(sums(&["kind"], &nothing).await.unwrap(), []);
    assert_eq!(sums(&[], &nothing).await.unwrap(), [(vec![], 0)]);
    let below = sums(&["kind"], &[]).await;
    assert!(matches!(below, Err(Error::Damaged { .. })), "{below:?}");
    for refused in [
        store.group_sum::<Pair>(&["kind"], "kind", &[]).await,
        store.group_sum::<Pair>(&["nothing"], "weight", &[]).await,
        store.group_sum::<Pair>(&[], "nothing", &[]).await,
    ] {
        assert!(matches!(refused, Err(Error::Query { .. })), "{refused:?}");
    }
}

pub async fn cases_by_their_terms(bed: Bed) {
    let (store, lock) = bed.open_ledger_as_writer().await;
    let key = store.seal_key();
    let term = |kind: &str, value: &str| key.keyed_digest(kind, value);
    let cases = ["C-2026-0000001", "C-2026-0000002", "C-2026-10000003"];
    let row = |term, subject: &str, idx| TermRow {
        term,
        subject: subject.into(),
        idx,
    };
    let subject = |at: usize| format!("case:{}", cases[at]);
    let rows = [
        row(term("initials", "lxm"), &subject(0), 1),
        row(term("initials", "lxm"), &subject(2), 3),
        row(term("pinyin", "lxm"), &subject(1), 2),
        row(term("department", "财政"), &subject(0), 1),
        // A subject that is no case leads nowhere.
        row(term("initials", "lxm"), "cert:jinan/0a", 4),
    ];
    // A record whose text column holds the number of a case.
    let certificates = cases.map(|case| TrailRow {
        subject: case.into(),
        idx: 7,
    });
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&rows).await.unwrap();
    tx.insert(&certificates).await.unwrap();
    tx.commit().await.unwrap();

    let found = async |terms: &[&[Digest]]| -> Vec<String> {
        let filter: Vec<_> = terms
            .iter()
            .map(|terms| ("subject", Compare::AnyTerm(terms.to_vec())))
            .collect();
        let rows: Vec<TrailRow> = store.scan(&filter, &[], None, 10).await.unwrap();
        assert_eq!(
            store.count::<TrailRow>(&filter).await.unwrap(),
            rows.len() as u64
        );
        rows.into_iter().map(|row| row.subject).collect()
    };
    let lxm = [term("initials", "lxm")];
    let either = [term("pinyin", "lxm"), term("initials", "lxm")];
    let finance = [term("department", "财政")];
    assert_eq!(found(&[&lxm]).await, [cases[0], cases[2]]);
    assert_eq!(found(&[&either]).await, cases);
    assert_eq!(found(&[&lxm, &finance]).await, [cases[0]]);
    assert_eq!(found(&[&[term("initials", "zz")]]).await, [""; 0]);
    assert_eq!(found(&[&[]]).await, [""; 0]);
    // The third case was corrected: what it said before no longer counts.
    let current = async |term| -> Vec<String> {
        let filter = [("subject", Compare::CurrentTerm(term))];
        let rows: Vec<TrailRow> = store.scan(&filter, &[], None, 10).await.unwrap();
        rows.into_iter().map(|row| row.subject).collect()
    };
    assert_eq!(current(lxm[0]).await, [cases[0], cases[2]]);
    let mut tx = store.begin(&lock).await.unwrap();
    let corrected = row(term("initials", "lxn"), &subject(2), 9);
    tx.insert(&[corrected]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(current(lxm[0]).await, [cases[0]]);
    assert_eq!(current(term("initials", "lxn")).await, [cases[2]]);
    for (column, terms) in [("idx", 1), ("nothing", 1), ("subject", 1_025)] {
        let filter = [(column, Compare::AnyTerm(vec![lxm[0]; terms]))];
        let refused = store.scan::<TrailRow>(&filter, &[], None, 1).await;
        assert!(matches!(refused, Err(Error::Query { .. })), "{column}");
    }
}

pub async fn counts_between_edges(bed: Bed) {
    let (store, lock) = bed.open_as_writer().await;
    let numbered = |(at, number)| Sample {
        number,
        ..Sample::new(at as i64, if at < 3 { "x" } else { "y" })
    };
    let numbers = [Some(9), Some(10), Some(19), Some(20), None, Some(i64::MAX)];
    let rows: Vec<Sample> = numbers.into_iter().enumerate().map(numbered).collect();
    let mut tx = store.begin(&lock).await.unwrap();
    tx.insert(&rows).await.unwrap();
    tx.commit().await.unwrap();
    let count = async |edges: &[i64], filter: &[(&'static str, Compare)]| {
        store
            .count_between::<Sample>("number", edges, filter)
            .await
            .ok()
    };
    assert_eq!(count(&[10, 20], &[]).await, Some(vec![2]));
    assert_eq!(
        count(&[i64::MIN, 10, 20, i64::MAX], &[]).await,
        Some(vec![1, 2, 1])
    );
    assert_eq!(count(&[20, 10, 20], &[]).await, Some(vec![0, 2]));
    let x = [("text", Compare::Eq("x".into()))];
    assert_eq!(count(&[0, 10, 100], &x).await, Some(vec![1, 2]));
    assert_eq!(count(&[10], &[]).await, None);
    assert_eq!(count(&[10; 65], &[]).await, None);
    let by_text = store.count_between::<Sample>("text", &[1, 2], &[]).await;
    assert!(matches!(by_text, Err(Error::Query { .. })));
}

pub async fn what_the_table_does_not_have_is_refused(bed: Bed) {
    let (store, _) = filled(&bed).await;
    let refused = |result: Result<Vec<Pair>, Error>| {
        assert!(matches!(result, Err(Error::Query { .. })), "{result:?}")
    };
    let unknown = "weight\" OR 1=1 --";
    refused(
        store
            .scan(&[(unknown, Compare::NotNull)], &[], None, 1)
            .await,
    );
    refused(
        store
            .scan(&[], &[(unknown, Direction::Ascending)], None, 1)
            .await,
    );
    refused(
        store
            .scan(&[("weight", Compare::Eq("1".into()))], &[], None, 1)
            .await,
    );
    refused(
        store
            .scan(&[("weight", Compare::Lt(Value::Null))], &[], None, 1)
            .await,
    );
    refused(
        store
            .scan(&[("weight", Compare::In(vec![Value::Null]))], &[], None, 1)
            .await,
    );
    refused(
        store
            .scan(
                &[("weight", Compare::In(vec![1.into(); 1_025]))],
                &[],
                None,
                1,
            )
            .await,
    );
    refused(store.scan(&[], &[], Some(&["a".into()]), 1).await);
    refused(store.scan(&[], &[], Some(&[1.into(), 1.into()]), 1).await);
    refused(store.scan(&[], &[], None, MAX_ROWS + 1).await);
    assert!(
        store
            .scan::<Pair>(&[], &[], None, 0)
            .await
            .unwrap()
            .is_empty()
    );
    let by_note = store
        .scan::<Sample>(&[], &[("note", Direction::Ascending)], None, 1)
        .await;
    assert!(matches!(
        by_note,
        Err(Error::Query {
            table: "samples",
            ..
        })
    ));
    assert!(matches!(
        store.group_count::<Pair>(&["nothing"], &[]).await,
        Err(Error::Query { .. })
    ));
    assert!(matches!(
        store.count::<Pair>(&[("nothing", Compare::NotNull)]).await,
        Err(Error::Query { .. })
    ));
}
