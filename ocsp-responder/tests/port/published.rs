//! CRLs and CA certificates over HTTP: names, revalidation, ranges, compression.

use ocsp_responder::StatusPort;
use store::views::{DELTA, shard_scope};
use x509::certificate::Certificate;

use crate::hierarchy::World;
use crate::record::{Record, get, get_if};

#[tokio::test]
async fn the_latest_crl_is_served_and_revalidated() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    assert_eq!(get(&port, "/crl/jinan.crl").await.status, 404);
    record.publish_crl(9, b"ninth").await;
    record.publish_crl(10, b"tenth").await;
    let reply = get(&port, "/crl/jinan.crl").await;
    assert_eq!((reply.status.as_u16(), reply.text()), (200, "tenth"));
    assert_eq!(reply.header("content-type"), "application/pkix-crl");
    let tag = reply.header("etag").to_owned();
    let modified = reply.header("last-modified").to_owned();
    assert_eq!(
        get_if(&port, "/crl/jinan.crl", "if-none-match", &tag)
            .await
            .status,
        304
    );
    assert_eq!(
        get_if(&port, "/crl/jinan.crl", "if-modified-since", &modified)
            .await
            .status,
        304
    );
    record.publish_crl(11, b"eleventh").await;
    assert_eq!(
        get_if(&port, "/crl/jinan.crl", "if-none-match", &tag)
            .await
            .text(),
        "eleventh"
    );
    assert_eq!(
        get_if(&port, "/crl/jinan.crl", "if-modified-since", &modified)
            .await
            .text(),
        "eleventh"
    );
    for path in [
        "/crl/qingdao",
        "/crl/.crl",
        "/crl/jinan.delta.crl",
        "/crl/jinan/0of2.crl",
        "/crl/qingdao.crl",
        "/crl/..%2Fjinan.crl",
        "/crl/JINAN.crl",
        "/crl/%FF.crl",
    ] {
        let reply = get(&port, path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.text().starts_with("O404 "), "{path}");
    }
}

#[tokio::test]
async fn deltas_and_shards_are_served_each_under_its_own_name() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    record.partition(2).await;
    record.publish_crl(9, b"full").await;
    record.publish(DELTA, 10, b"delta").await;
    record.publish(&shard_scope(0), 3, b"shard 0").await;
    record.publish(&shard_scope(1), 4, b"shard 1").await;
    for (path, body) in [
        ("/crl/jinan.crl", "full"),
        ("/crl/jinan.delta.crl", "delta"),
        ("/crl/jinan/0of2.crl", "shard 0"),
        ("/crl/jinan/1of2.crl", "shard 1"),
    ] {
        assert_eq!(get(&port, path).await.text(), body, "{path}");
    }
    for path in [
        "/crl/jinan/2of2.crl",
        "/crl/jinan/0of3.crl",
        "/crl/jinan/00of2.crl",
        "/crl/jinan/1of2",
        "/crl/qingdao/1of2.crl",
        "/crl/JINAN/1of2.crl",
        "/crl/%FF/1of2.crl",
    ] {
        assert_eq!(get(&port, path).await.status, 404, "{path}");
    }
    let list = get(&port, "/crl/jinan").await;
    let paths: Vec<_> = list
        .text()
        .lines()
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            "/crl/jinan.delta.crl",
            "/crl/jinan.crl",
            "/crl/jinan/0of2.crl",
            "/crl/jinan/1of2.crl"
        ]
    );
}

#[tokio::test]
async fn a_crl_comes_compressed_or_in_parts() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    let body = b"revoked, ".repeat(1000);
    record.publish_crl(9, &body).await;
    comes_compressed_or_in_parts(&port, &body).await;
    // From disk as from memory.
    let spool = tempfile::tempdir().unwrap();
    let port = StatusPort::new(world.responder.clone(), record.store.clone())
        .spooling_in(spool.path().to_owned());
    comes_compressed_or_in_parts(&port, &body).await;
    let parts: Vec<_> = body.chunks(1111).collect();
    record.publish_parts(9, &body, &parts).await;
    let port = StatusPort::new(world.responder.clone(), record.store.clone())
        .spooling_in(spool.path().to_owned());
    comes_compressed_or_in_parts(&port, &body).await;
    assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0);
    // Parts that are not the CRL, and a place that is gone.
    record.publish_parts(10, b"another", &parts).await;
    let refused = get(&port, "/crl/jinan.crl").await;
    assert_eq!(refused.status, 500);
    record.publish_parts(11, &body, &parts[1..]).await;
    assert_eq!(get(&port, "/crl/jinan.crl").await.status, 500);
    record.publish_parts(12, &body, &parts).await;
    assert_eq!(get(&port, "/crl/jinan.crl").await.body, body);
    drop(spool);
    record
        .publish_parts(13, &body[..8000], &[&body[..8000]])
        .await;
    assert_eq!(get(&port, "/crl/jinan.crl").await.status, 500);
}

async fn comes_compressed_or_in_parts(port: &StatusPort, body: &[u8]) {
    let path = "/crl/jinan.crl";
    let plain = get(port, path).await;
    assert_eq!(
        (plain.body.as_slice(), plain.header("accept-ranges")),
        (body, "bytes")
    );
    assert_eq!(plain.header("vary"), "accept-encoding");
    assert_eq!(
        plain.header("cache-control"),
        "public, max-age=60, must-revalidate, no-transform"
    );
    let packed = get_if(port, path, "accept-encoding", "gzip").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_ne!(packed.header("etag"), plain.header("etag"));
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(
        &mut flate2::read::GzDecoder::new(packed.body.as_slice()),
        &mut unpacked,
    )
    .unwrap();
    assert_eq!(unpacked, body);
    for tag in [plain.header("etag"), packed.header("etag")] {
        assert_eq!(get_if(port, path, "if-none-match", tag).await.status, 304);
    }
    let part = get_if(port, path, "range", "bytes=9-16").await;
    assert_eq!((part.status.as_u16(), part.text()), (206, "revoked,"));
    assert_eq!(part.header("content-range"), "bytes 9-16/9000");
    assert_eq!(part.header("etag"), plain.header("etag"));
    let beyond = get_if(port, path, "range", "bytes=9000-").await;
    assert_eq!((beyond.status.as_u16(), beyond.body.len()), (416, 0));
    assert_eq!(beyond.header("content-range"), "bytes */9000");
}

#[tokio::test]
async fn ca_certificates_are_served_in_der_and_pem() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    record.publish_authority(&world).await;
    let der = get(&port, "/ca/jinan.cer").await;
    assert_eq!(der.body, world.jinan.certificate.der());
    assert_eq!(der.header("content-type"), "application/pkix-cert");
    let pem = get(&port, "/ca/jinan.pem").await;
    assert_eq!(
        Certificate::from_pem(pem.text()).unwrap().der(),
        world.jinan.certificate.der()
    );
    assert_eq!(
        get_if(&port, "/ca/jinan.cer", "if-none-match", der.header("etag"))
            .await
            .status,
        304
    );
    assert_eq!(
        get(&port, "/ca").await.text(),
        "/ca/jinan.cer\n/ca/jinan.pem\n/crl/jinan.crl\n"
    );
    for path in [
        "/ca/jinan",
        "/ca/jinan.crt",
        "/ca/qingdao.cer",
        "/ca/jinan.pem.cer",
    ] {
        assert_eq!(get(&port, path).await.status, 404, "{path}");
    }
}
