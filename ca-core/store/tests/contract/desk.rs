//! The desk's tables: drafts and their files, claims, looks, batches, rosters, acts on many certificates.

use std::collections::BTreeSet;

use store::Error;
use store::Span;
use store::desk::{Batch, Claim, Desk, Draft, Look, MassAct, NewFile, Roster, RosterPerson};
use zeroize::Zeroizing;

use super::bed::{Bed, digest, key};

const OFFICER: &str = "OP-0001";
const NAME: &str = "姓名：张三";

async fn desk(bed: &Bed) -> Desk {
    Desk::open(&bed.url, key()).await.unwrap()
}

fn draft(name: &str, changed_at: i64) -> Draft {
    Draft {
        draft: name.into(),
        officer: OFFICER.into(),
        profile: "staff-signing".into(),
        authority: "jinan".into(),
        case: None,
        changed_at,
        content: Zeroizing::new(format!("{NAME}，{name}").into_bytes()),
    }
}

fn file(title: &str, content: &[u8], arrived_at: i64) -> NewFile {
    NewFile {
        title: title.into(),
        media: "application/pdf".into(),
        arrived_at,
        content: Zeroizing::new(content.to_vec()),
    }
}

fn batch(name: &str, arrived_at: i64) -> Batch {
    Batch {
        batch: name.into(),
        officer: OFFICER.into(),
        profile: "staff-signing".into(),
        authority: "jinan".into(),
        file: digest(7),
        arrived_at,
        revision: 0,
        content: Zeroizing::new(NAME.as_bytes().to_vec()),
    }
}

/// How many rows of a table hold `text` in the clear in a column.
async fn in_the_clear(bed: &Bed, table: &str, column: &str, text: &str) -> String {
    let bytes: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let holds = if bed.is_sqlite() {
        format!("instr({column}, x'{bytes}') > 0")
    } else {
        format!("position('\\x{bytes}'::bytea in {column}) > 0")
    };
    bed.sql(&format!(
        "SELECT CAST(COUNT(*) AS TEXT) FROM {table} WHERE {holds}"
    ))
    .await
}

pub async fn drafts_are_sealed_and_belong_to_an_officer(bed: Bed) {
    let desk = desk(&bed).await;
    for (name, changed_at) in [("a", 3), ("b", 9), ("c", 6)] {
        desk.put_draft(&draft(name, changed_at)).await.unwrap();
    }
    let mut others = draft("d", 10);
    others.officer = "OP-0002".into();
    desk.put_draft(&others).await.unwrap();
    let mut completed = draft("a", 12);
    completed.case = Some("C-2026-0000001".into());
    desk.put_draft(&completed).await.unwrap();

    let own = desk.drafts_of(OFFICER).await.unwrap();
    let names: Vec<_> = own.iter().map(|draft| draft.draft.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"], "the latest first");
    assert_eq!(own[0].case, completed.case);
    let read = desk.draft("b").await.unwrap().unwrap();
    assert_eq!(*read.content, *draft("b", 9).content);
    assert_eq!(in_the_clear(&bed, "drafts", "content", NAME).await, "0");

    bed.sql("UPDATE drafts SET content = digest WHERE draft = 'b'")
        .await;
    let damaged = desk.draft("b").await.err();
    assert!(matches!(damaged, Some(Error::Damaged { table: "drafts", key, .. }) if key == "b"));
    assert!(desk.draft("c").await.unwrap().is_some());
    assert!(desk.draft("z").await.unwrap().is_none());
}

pub async fn files_are_listed_without_their_contents(bed: Bed) {
    let desk = desk(&bed).await;
    desk.put_draft(&draft("a", 1)).await.unwrap();
    let (scan, letter) = (b"%PDF-scan".as_slice(), b"%PDF-letter".as_slice());
    desk.put_file("a", &file("介绍信", letter, 2))
        .await
        .unwrap();
    desk.put_file("a", &file("扫描件", scan, 1)).await.unwrap();
    desk.put_file("b", &file("别人的", scan, 1)).await.unwrap();
    // The same content again replaces what it was called.
    desk.put_file("a", &file("身份证扫描件", scan, 3))
        .await
        .unwrap();

    let files = desk.files_of("a").await.unwrap();
    let told: Vec<_> = files
        .iter()
        .map(|file| (file.title.as_str(), file.size, file.media.as_str()))
        .collect();
    let pdf = "application/pdf";
    assert_eq!(told, [("介绍信", 11, pdf), ("身份证扫描件", 9, pdf)]);
    assert_eq!(files[1].digest, sm_engine::sm3::digest(scan));
    let content = desk.file_content("a", &files[1].digest).await.unwrap();
    assert_eq!(content.unwrap().as_slice(), scan);
    for (column, text) in [("title", "介绍信"), ("content", "%PDF-letter")] {
        assert_eq!(in_the_clear(&bed, "draft_files", column, text).await, "0");
    }

    // A list does not touch the contents: it stands where they are damaged.
    bed.sql("UPDATE draft_files SET content = title").await;
    assert_eq!(desk.files_of("a").await.unwrap(), files);
    let damaged = desk.file_content("a", &files[0].digest).await;
    assert!(matches!(
        damaged,
        Err(Error::Damaged {
            table: "draft_files",
            ..
        })
    ));
    bed.sql("UPDATE draft_files SET title = content, title_digest = digest")
        .await;
    assert!(matches!(
        desk.files_of("a").await,
        Err(Error::Damaged { .. })
    ));

    desk.remove_file("a", &files[0].digest).await.unwrap();
    let gone = desk.file_content("a", &files[0].digest).await.unwrap();
    assert!(gone.is_none());
}

pub async fn a_draft_takes_its_files_with_it(bed: Bed) {
    let desk = desk(&bed).await;
    for name in ["a", "b"] {
        desk.put_draft(&draft(name, 1)).await.unwrap();
        desk.put_file(name, &file("x", b"%PDF-x", 1)).await.unwrap();
    }
    desk.remove_draft("a").await.unwrap();
    desk.remove_draft("a").await.unwrap();
    assert!(desk.draft("a").await.unwrap().is_none());
    assert!(desk.files_of("a").await.unwrap().is_empty());
    assert!(desk.draft("b").await.unwrap().is_some());
    assert_eq!(desk.files_of("b").await.unwrap().len(), 1);
}

pub async fn a_claim_keeps_others_away_while_it_is_fresh(bed: Bed) {
    let desk = desk(&bed).await;
    let claim = |officer: &str, claimed_at| Claim {
        case: "C-2026-0000001".into(),
        officer: officer.into(),
        claimed_at,
    };
    let first = claim(OFFICER, 100);
    assert_eq!(desk.claim(first.clone(), 0).await.unwrap(), first);
    let refused = desk.claim(claim("OP-0002", 150), 99).await.unwrap();
    assert_eq!(refused, first);
    let again = desk.claim(claim(OFFICER, 160), 99).await.unwrap();
    assert_eq!(again.claimed_at, 160, "one's own is renewed");
    let taken = desk.claim(claim("OP-0002", 300), 160).await.unwrap();
    assert_eq!(taken.officer, "OP-0002", "an old one is taken over");

    desk.give_back(&first.case, OFFICER).await.unwrap();
    let cases = [first.case.clone(), "C-2026-0000002".into()];
    assert_eq!(desk.claims_of(&cases).await.unwrap(), [taken]);
    desk.give_back(&first.case, "OP-0002").await.unwrap();
    assert!(desk.claims_of(&cases).await.unwrap().is_empty());
}

pub async fn looks_are_all_kept_latest_first(bed: Bed) {
    let desk = desk(&bed).await;
    let look = |at, case: &str| Look {
        at,
        officer: OFFICER.into(),
        subject: format!("case:{case}"),
        object: format!("evidence:{}", digest(1)),
    };
    let looks = [look(5, "x"), look(5, "x"), look(7, "y"), look(6, "x")];
    for look in &looks {
        desk.record_look(look).await.unwrap();
    }
    let ever = Span {
        from: 0,
        until: i64::MAX,
    };
    let seen = desk.looks_in(ever, None, None, 10).await.unwrap();
    let seen: Vec<_> = seen.rows.into_iter().map(|seen| seen.look).collect();
    let expected = [look(7, "y"), look(6, "x"), look(5, "x"), look(5, "x")];
    assert_eq!(seen, expected);
}

pub async fn a_batch_is_not_written_over_a_newer_one(bed: Bed) {
    let desk = desk(&bed).await;
    let came = batch("a", 1);
    assert!(desk.put_batch(&came, &[]).await.unwrap());
    let read = desk.batch("a").await.unwrap().unwrap();
    assert_eq!((read.revision, read.file), (1, digest(7)));
    assert_eq!(*read.content, *came.content);
    assert!(desk.put_batch(&read, &[draft("x", 1)]).await.unwrap());
    // Neither it nor what was made from it is kept where somebody was quicker.
    assert!(!desk.put_batch(&read, &[draft("y", 1)]).await.unwrap());
    assert!(!desk.put_batch(&came, &[draft("y", 1)]).await.unwrap());
    assert!(desk.draft("x").await.unwrap().is_some());
    assert!(desk.draft("y").await.unwrap().is_none());
    assert_eq!(in_the_clear(&bed, "batches", "content", NAME).await, "0");

    assert!(desk.put_batch(&batch("b", 5), &[]).await.unwrap());
    let own = desk.batches_of(OFFICER).await.unwrap();
    let names: Vec<_> = own.iter().map(|batch| batch.batch.as_str()).collect();
    assert_eq!(names, ["b", "a"]);
    desk.remove_batch("a").await.unwrap();
    assert!(desk.batch("a").await.unwrap().is_none());
    assert!(desk.draft("x").await.unwrap().is_some(), "its drafts stay");
    bed.sql("UPDATE batches SET content = digest").await;
    let damaged = desk.batch("b").await.err();
    assert!(matches!(
        damaged,
        Some(Error::Damaged {
            table: "batches",
            ..
        })
    ));
}

pub async fn a_desk_has_one_process(bed: Bed) {
    let desk = desk(&bed).await;
    let second = Desk::open(&bed.url, key()).await.err();
    assert!(
        matches!(second, Some(Error::WriterBusy { .. })),
        "{second:?}"
    );
    desk.put_draft(&draft("a", 1)).await.unwrap();
}

pub async fn a_roster_is_replaced_whole_and_sealed(bed: Bed) {
    let desk = desk(&bed).await;
    let roster = |unit: u64, revision| Roster {
        unit: digest(unit),
        name: format!("{NAME}的单位{unit}"),
        city: "370100".into(),
        people: 0,
        file: digest(7),
        imported_by: OFFICER.into(),
        imported_at: i64::try_from(unit).unwrap(),
        revision,
    };
    let person = |identity: u64, place| RosterPerson {
        unit: digest(0),
        identity: digest(identity),
        name: digest(50),
        place,
        content: Zeroizing::new(NAME.as_bytes().to_vec()),
    };
    let first = [person(20, 1), person(21, 2), person(22, 3)];
    assert!(desk.put_roster(&roster(1, 0), &first).await.unwrap());
    assert!(desk.put_roster(&roster(2, 0), &first[..1]).await.unwrap());
    // One that was made beside another import changes nothing.
    assert!(!desk.put_roster(&roster(1, 0), &first[..1]).await.unwrap());
    let kept = desk.roster(&digest(1)).await.unwrap().unwrap();
    assert_eq!((kept.people, kept.revision), (3, 1));
    assert_eq!(kept.name, roster(1, 0).name);

    let places = async |unit, after| {
        let people = desk.roster_people(&digest(unit), after, 2).await.unwrap();
        people.iter().map(|one| one.place).collect::<Vec<_>>()
    };
    assert_eq!(places(1, 0).await, [1, 2]);
    assert_eq!(places(1, 2).await, [3]);
    let found = desk.on_rosters(&[digest(20), digest(99)]).await.unwrap();
    let mut units: Vec<_> = found.iter().map(|one| one.unit).collect();
    units.sort_unstable();
    assert_eq!(units, [digest(1), digest(2)]);
    let named = desk.named_on_roster(&digest(1), &digest(50)).await.unwrap();
    assert_eq!(named.len(), 3);

    // Nobody of the one before stays.
    assert!(desk.put_roster(&roster(1, 1), &first[1..2]).await.unwrap());
    assert_eq!(places(1, 0).await, [2]);
    assert_eq!(places(2, 0).await, [1]);
    let cities = BTreeSet::from(["370100".to_owned()]);
    let none = BTreeSet::new();
    let listed = desk.rosters(&cities, &none, None).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|roster| roster.unit).collect();
    assert_eq!(listed, [digest(2), digest(1)], "the latest first");
    let elsewhere = BTreeSet::from(["370200".to_owned()]);
    assert!(
        desk.rosters(&elsewhere, &none, None)
            .await
            .unwrap()
            .is_empty()
    );
    let units = BTreeSet::from([digest(1)]);
    let one = desk.rosters(&cities, &units, None).await.unwrap();
    assert_eq!((one.len(), one[0].people), (1, 1));

    for table in ["rosters", "roster_people"] {
        assert_eq!(in_the_clear(&bed, table, "content", NAME).await, "0");
    }
    bed.sql("UPDATE roster_people SET content = digest").await;
    let damaged = desk.roster_people(&digest(1), 0, 2).await.err();
    assert!(matches!(
        damaged,
        Some(Error::Damaged {
            table: "roster_people",
            ..
        })
    ));
}

pub async fn an_act_on_many_is_kept_while_it_is_open(bed: Bed) {
    let desk = desk(&bed).await;
    let act = |name: &str, state: &str, changed_at, revision| MassAct {
        act: name.into(),
        officer: OFFICER.into(),
        state: state.into(),
        changed_at,
        revision,
        content: Zeroizing::new(NAME.as_bytes().to_vec()),
    };
    assert!(desk.put_mass_act(&act("a", "planned", 1, 0)).await.unwrap());
    assert!(desk.put_mass_act(&act("b", "planned", 2, 0)).await.unwrap());
    assert!(desk.open_mass_acts().await.unwrap().is_empty());
    assert!(desk.put_mass_act(&act("a", "open", 3, 1)).await.unwrap());
    // It is begun once.
    assert!(!desk.put_mass_act(&act("a", "open", 4, 1)).await.unwrap());
    assert!(!desk.put_mass_act(&act("a", "open", 4, 0)).await.unwrap());
    let open = desk.open_mass_acts().await.unwrap();
    assert_eq!(
        (open.len(), open[0].act.as_str(), open[0].revision),
        (1, "a", 2)
    );
    assert_eq!(*open[0].content, *NAME.as_bytes());
    let own = desk.mass_acts_of(OFFICER).await.unwrap();
    let own: Vec<_> = own.iter().map(|act| act.act.as_str()).collect();
    assert_eq!(own, ["a", "b"], "the latest first");
    assert!(desk.mass_acts_of("OP-0002").await.unwrap().is_empty());
    assert_eq!(in_the_clear(&bed, "mass_acts", "content", NAME).await, "0");
    desk.remove_mass_act("b").await.unwrap();
    assert!(desk.mass_act("b").await.unwrap().is_none());
    bed.sql("UPDATE mass_acts SET content = digest").await;
    let damaged = desk.mass_act("a").await.err();
    assert!(matches!(
        damaged,
        Some(Error::Damaged {
            table: "mass_acts",
            ..
        })
    ));
}
