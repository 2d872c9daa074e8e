//! Full, delta and shard CRLs, by everybody who is not us: Bouncy Castle validates a path with the shard that the
//! certificate names, and with an old full CRL and the delta to it; pkilint, Tongsuo and openssl read all three; changed
//! ones are refused; curl gets them compressed and in parts.

use std::fs;
use std::path::{Path, PathBuf};

use super::judge::{self, arg, castle};
use super::openssl::{certificate_text, openssl, request};
use super::process::Deadline;
use super::world::World;
use super::{curl, people};

/// A CRL in a file.
fn fetch(world: &World, path: &str, name: &str) -> PathBuf {
    let page = curl::get(&format!("{}{path}", world.machines));
    assert_eq!(page.content_type, "application/pkix-crl", "{path}");
    world.write(name, page.success())
}

/// The CRL as soon as it lists the serial, judged; every try is a request, so there is nothing to sleep for.
fn listing(world: &World, issuer: &Path, path: &str, name: &str, serial: &str) -> PathBuf {
    let deadline = Deadline::after(60);
    let octets: Vec<u8> = (0..serial.len())
        .step_by(2)
        .map(|place| u8::from_str_radix(&serial[place..place + 2], 16).unwrap())
        .collect();
    loop {
        let page = curl::get(&format!("{}{path}", world.machines)).success();
        if page.windows(octets.len()).any(|window| window == octets) {
            let file = world.write(name, page);
            judge::crl(issuer, &file);
            return file;
        }
        assert!(!deadline.passed(), "{path} does not list {serial}");
    }
}

#[test]
fn every_kind_of_crl_convinces_a_relying_party() {
    let world = World::found();
    let [root, jinan] = ["root", "jinan"].map(|name| {
        let page = curl::get(&format!("{}/ca/{name}.cer", world.machines));
        world.write(&format!("{name}.cer"), page.success())
    });
    let csr = request(world.path("").as_path(), "holder");
    let issued = world.issue("staff-signing", &csr, &people::staff(0));
    let text = certificate_text(&issued.file);
    let (_, rest) = text
        .split_once("URI:http://status.example.cn/crl/")
        .unwrap();
    let shard = format!("/crl/{}", rest.split_whitespace().next().unwrap());
    assert!(
        shard.starts_with("/crl/jinan/") && shard.ends_with("of4.crl"),
        "{shard}"
    );

    let of_root = fetch(&world, "/crl/root.crl", "of-root.crl");
    let before = fetch(&world, "/crl/jinan.crl", "before.crl");
    let empty = fetch(&world, &shard, "empty.crl");
    let verdict = |crls: &[&Path]| {
        let mut words = vec![
            "chain-crl",
            arg(&root),
            arg(&jinan),
            arg(&issued.file),
            "--",
        ];
        words.push(arg(&of_root));
        words.extend(crls.iter().map(|crl| arg(crl)));
        castle(&words)
    };
    verdict(&[&before]).success();
    verdict(&[&empty]).success();

    world
        .act(
            "production",
            &["cert", "hold", &issued.serial, "--note", "介质遗失"],
        )
        .ok();
    let delta = listing(
        &world,
        &jinan,
        "/crl/jinan.delta.crl",
        "delta.crl",
        &issued.serial,
    );
    let full = listing(&world, &jinan, "/crl/jinan.crl", "full.crl", &issued.serial);
    let shard_file = listing(&world, &jinan, &shard, "shard.crl", &issued.serial);
    for crls in [&[before.as_path(), &delta][..], &[&full], &[&shard_file]] {
        let said = verdict(crls);
        assert!(
            said.code == Some(1) && said.text().contains("certificateHold"),
            "{}",
            said.text()
        );
    }

    for (file, mark) in [
        (&delta, "X509v3 Delta CRL Indicator: critical"),
        (&shard_file, "X509v3 Issuing Distribution Point"),
        (&full, "X509v3 Freshest CRL"),
    ] {
        let words = ["crl", "-inform", "DER", "-in", arg(file), "-noout", "-text"];
        let said = openssl(&words).success();
        assert!(said.contains(mark), "{mark} is not in {said}");
        let mut bytes = fs::read(file).unwrap();
        let place = bytes.len() - 100;
        bytes[place] ^= 1;
        let changed = world.write("changed.crl", bytes);
        assert_eq!(castle(&["crl", arg(&jinan), arg(&changed)]).code, Some(1));
    }

    let url = format!("{}{shard}", world.machines);
    let whole = fs::read(&shard_file).unwrap();
    let part = world.path("part");
    let page = curl::request(&url, &["-r", "10-29", "-o", arg(&part)]);
    assert_eq!(
        (page.status, fs::read(&part).unwrap()),
        (206, whole[10..30].to_vec())
    );
    let packed = world.path("packed");
    let page = curl::request(&url, &["--compressed", "-o", arg(&packed)]);
    assert_eq!((page.status, fs::read(&packed).unwrap()), (200, whole));
    world.audited();
}
