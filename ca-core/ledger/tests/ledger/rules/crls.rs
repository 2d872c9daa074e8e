//! CRLs.

use ledger::event::{CrlScope, Event};
use ledger::replay::Rule;

use super::{breaks, changed};
use crate::scene::{Scene, crl, partitioned, published};

#[test]
fn crl_number() {
    let mut scene = Scene::founded();
    scene.push(crl(7, 0, 1, 0));
    breaks(Rule::CrlNumber, &scene.refused(crl(7, 0, 1, 0)));
    breaks(Rule::CrlNumber, &scene.refused(crl(6, 0, 1, 0)));
    scene.push(crl(9, 0, 1, 0));
    // Each authority counts for itself.
    scene.push(changed(crl(1, 0, 1, 0), |event| {
        if let Event::CrlIssued { authority, .. } = event {
            *authority = "root".into();
        }
    }));
    assert_eq!(scene.replay.crls().count(), 3);
}

#[test]
fn crl_period() {
    let mut scene = Scene::founded();
    breaks(Rule::CrlPeriod, &scene.refused(crl(1, 5, 5, 0)));
    breaks(Rule::CrlPeriod, &scene.refused(crl(1, 5, 4, 0)));
}

#[test]
fn crl_cover() {
    let mut scene = Scene::founded();
    let size = scene.replay.size();
    breaks(Rule::CrlCover, &scene.refused(crl(1, 0, 1, size + 1)));
    scene.push(crl(1, 0, 1, size));
    breaks(Rule::CrlCover, &scene.refused(crl(2, 0, 1, size - 1)));
    scene.push(crl(2, 0, 1, size));
}

const FULL: CrlScope = CrlScope::Full;

fn delta(base: u64) -> CrlScope {
    CrlScope::Delta { base }
}

fn shard(shard: u32) -> CrlScope {
    CrlScope::Shard { shard }
}

/// The same, but it leaves out what ended before that.
fn expired_before(event: Event, time: i64) -> Event {
    changed(event, |event| {
        if let Event::CrlPublished { expired_before, .. } = event {
            *expired_before = time;
        }
    })
}

#[test]
fn full_and_delta_share_a_sequence_and_each_shard_has_its_own() {
    let mut scene = Scene::founded();
    scene.push(partitioned(2, "http://a/crl/jinan"));
    scene.push(published(FULL, 1, 10, 0));
    scene.push(published(delta(1), 2, 20, 0));
    breaks(Rule::CrlNumber, &scene.refused(published(FULL, 2, 30, 0)));
    breaks(
        Rule::CrlNumber,
        &scene.refused(published(delta(1), 2, 30, 0)),
    );
    scene.push(published(shard(0), 1, 10, 0));
    scene.push(published(shard(1), 1, 10, 0));
    breaks(
        Rule::CrlNumber,
        &scene.refused(published(shard(1), 1, 30, 0)),
    );
    scene.push(published(FULL, 3, 30, 0));
    // Made at the same time, a delta has the number of the full CRL and says the same; otherwise not.
    breaks(
        Rule::CrlNumber,
        &scene.refused(published(delta(1), 3, 31, 0)),
    );
    scene.push(published(delta(1), 3, 30, 0));
    breaks(
        Rule::CrlNumber,
        &scene.refused(published(delta(1), 3, 30, 0)),
    );
}

#[test]
fn crl_base() {
    let mut scene = Scene::founded();
    breaks(Rule::CrlBase, &scene.refused(published(delta(1), 2, 10, 0)));
    scene.push(published(FULL, 1, 10, 0));
    breaks(Rule::CrlBase, &scene.refused(published(delta(0), 2, 20, 0)));
    breaks(Rule::CrlBase, &scene.refused(published(delta(2), 3, 20, 0)));
    scene.push(published(FULL, 2, 20, 0));
    breaks(Rule::CrlBase, &scene.refused(published(delta(2), 2, 20, 0)));
    breaks(Rule::CrlBase, &scene.refused(published(delta(1), 3, 30, 0)));
    scene.push(published(delta(1), 2, 20, 0));
    scene.push(published(delta(2), 3, 30, 0));
}

#[test]
fn crl_shard() {
    let mut scene = Scene::founded();
    breaks(
        Rule::CrlShard,
        &scene.refused(published(shard(0), 1, 10, 0)),
    );
    scene.push(partitioned(2, "http://a/crl/jinan"));
    breaks(
        Rule::CrlShard,
        &scene.refused(published(shard(2), 1, 10, 0)),
    );
    scene.push(published(shard(1), 1, 10, 0));
}

#[test]
fn crl_partition() {
    let mut scene = Scene::founded();
    for shards in [0, 1, 4097] {
        let few = partitioned(shards, "http://a/crl/jinan");
        breaks(Rule::CrlPartition, &scene.refused(few));
    }
    for base in ["", "http://a/crl jinan", "http://a/济南", &"a".repeat(513)] {
        breaks(Rule::CrlPartition, &scene.refused(partitioned(2, base)));
    }
    scene.push(partitioned(2, "http://a/crl/jinan"));
    let again = partitioned(2, "http://a/crl/jinan");
    breaks(Rule::CrlPartition, &scene.refused(again));
    let more = partitioned(3, "http://b/crl/jinan");
    breaks(Rule::CrlPartition, &scene.refused(more));
    scene.push(partitioned(2, "http://b/crl/jinan"));
}

#[test]
fn crl_expired() {
    let mut scene = Scene::founded();
    let full =
        |number, this_update, time| expired_before(published(FULL, number, this_update, 0), time);
    // Nothing was listed before the first.
    breaks(Rule::CrlExpired, &scene.refused(full(1, 10, 5)));
    scene.push(full(1, 10, 0));
    breaks(Rule::CrlExpired, &scene.refused(full(2, 20, 11)));
    let early = expired_before(published(delta(1), 2, 20, 0), 10);
    breaks(Rule::CrlExpired, &scene.refused(early));
    scene.push(full(2, 20, 10));
    breaks(Rule::CrlExpired, &scene.refused(full(3, 30, 9)));
    scene.push(partitioned(2, "http://a/crl/jinan"));
    // The shards have not listed it yet.
    breaks(Rule::CrlExpired, &scene.refused(full(3, 30, 20)));
    let other = published(shard(0), 1, 15, 0);
    breaks(Rule::CrlExpired, &scene.refused(other.clone()));
    scene.push(expired_before(other, 10));
    scene.push(expired_before(published(shard(1), 1, 17, 0), 10));
    breaks(Rule::CrlExpired, &scene.refused(full(3, 30, 16)));
    scene.push(full(3, 30, 15));
}
