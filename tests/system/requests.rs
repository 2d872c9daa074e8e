//! Requests that must not become cases, each with a stable code, and nothing on the ledger.

use std::fs;
use std::path::{Path, PathBuf};

use super::openssl::{DISTID, key, openssl, public_key, request, request_with};
use super::people::{staff, with};
use super::world::World;

/// A file in the world's folder and the folder itself.
fn folder(world: &World) -> PathBuf {
    world.path("")
}

#[test]
fn bad_requests_are_refused() {
    let world = World::found();
    let folder = folder(&world);
    let good = request(&folder, "good");
    let pem = fs::read_to_string(&good).unwrap();
    let der = folder.join("good.der");
    openssl(&[
        "req",
        "-in",
        good.to_str().unwrap(),
        "-outform",
        "DER",
        "-out",
        der.to_str().unwrap(),
    ])
    .success();
    let der = fs::read(der).unwrap();
    let flipped = |place: usize| {
        let mut bytes = der.clone();
        let at = bytes.len() - place;
        bytes[at] ^= 1;
        bytes
    };
    let rsa = folder.join("rsa.key");
    openssl(&["genrsa", "-out", rsa.to_str().unwrap(), "2048"]).success();
    let p256 = key(&folder, "p256", "P-256");
    let sm2 = key(&folder, "sm2", "SM2");
    let half = pem.len() / 2;
    let bad: Vec<(&str, PathBuf)> = vec![
        ("an empty file", world.write("empty", "")),
        ("text", world.write("text", "-----BEGIN NOTHING-----\n")),
        ("a truncated PEM", world.write("half", &pem[..half])),
        (
            "a truncated DER",
            world.write("short", &der[..der.len() - 7]),
        ),
        (
            "bytes after the end",
            world.write("long", [&der[..], b"\0\0"].concat()),
        ),
        ("a megabyte", world.write("large", vec![b'A'; 1 << 20])),
        ("a request of a megabyte", padded(&folder, &sm2)),
        ("P-256", request_with(&folder, "p256", &p256, &["-sha256"])),
        ("RSA", request_with(&folder, "rsa", &rsa, &["-sha256"])),
        (
            "a signature that does not verify",
            world.write("signature", flipped(1)),
        ),
        ("an altered subject", world.write("subject", altered(&der))),
        (
            "a signature with the empty identifier",
            request_with(&folder, "empty_id", &sm2, &["-sm3"]),
        ),
        ("a certificate", authority_certificate(&world)),
    ];
    let before = world.size();
    for (what, file) in &bad {
        let answer = world.try_submit("staff-signing", file, &staff(0));
        assert_eq!(
            answer.finished.code,
            Some(1),
            "{what}: {} {}",
            answer.finished.text(),
            answer.finished.stderr
        );
        answer.refused();
    }
    assert_eq!(
        world.size(),
        before,
        "a refused request left a trace on the ledger"
    );
    world.submit("staff-signing", &good, &staff(0));
    let by_der = world.write("other.der", {
        let other = request(&folder, "other");
        let out = folder.join("other.out");
        openssl(&[
            "req",
            "-in",
            other.to_str().unwrap(),
            "-outform",
            "DER",
            "-out",
            out.to_str().unwrap(),
        ])
        .success();
        fs::read(out).unwrap()
    });
    world.submit("staff-signing", &by_der, &staff(1));
}

/// A well-formed, well-signed request with a subject of about two megabytes.
fn padded(folder: &Path, key: &Path) -> PathBuf {
    let names: String = (0..32_000)
        .map(|at| format!("{at}.OU = {}\n", "n".repeat(60)))
        .collect();
    let configuration = folder.join("large.cnf");
    fs::write(
        &configuration,
        format!("[req]\ndistinguished_name=name\nprompt=no\n[name]\n{names}"),
    )
    .unwrap();
    let path = folder.join("large.csr");
    let files = [
        "-key",
        key.to_str().unwrap(),
        "-out",
        path.to_str().unwrap(),
    ];
    let how = [
        "-config",
        configuration.to_str().unwrap(),
        "-sm3",
        "-sigopt",
        DISTID,
    ];
    openssl(&[&["req", "-new"], &files[..], &how[..]].concat()).success();
    assert!(fs::metadata(&path).unwrap().len() > 1 << 20);
    path
}

/// The request with one letter of its subject changed: the signature is over something else.
fn altered(der: &[u8]) -> Vec<u8> {
    let name = b"somebody else";
    let at = der
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    let mut bytes = der.to_vec();
    bytes[at] = b'S';
    bytes
}

fn authority_certificate(world: &World) -> PathBuf {
    world.write(
        "jinan.cer",
        super::curl::get(&format!("{}/ca/jinan.cer", world.machines)).success(),
    )
}

#[test]
fn a_key_is_used_once() {
    let world = World::found();
    let folder = folder(&world);
    let first = request(&folder, "first");
    let again = request_with(
        &folder,
        "again",
        &folder.join("first.key"),
        &["-sm3", "-sigopt", DISTID],
    );
    let issued = world.issue("staff-signing", &first, &staff(0));
    assert_eq!(public_key("x509", &issued.file), public_key("req", &again));
    world
        .try_submit("staff-signing", &first, &staff(1))
        .refused();
    world
        .try_submit("staff-signing", &again, &staff(1))
        .refused();
    // A compromised key does not come back either.
    world
        .act(
            "review",
            &[
                "cert",
                "revoke",
                &issued.serial,
                "--reason",
                "keyCompromise",
            ],
        )
        .ok();
    world
        .try_submit("staff-signing", &again, &staff(1))
        .refused();
}

#[test]
fn a_person_has_one_certificate_of_a_kind() {
    let world = World::found();
    let folder = folder(&world);
    world.issue("staff-signing", &request(&folder, "first"), &staff(0));
    world
        .try_submit("staff-signing", &request(&folder, "second"), &staff(0))
        .refused();
}

#[test]
fn hostile_fields_are_refused() {
    let world = World::found();
    let folder = folder(&world);
    let csr = request(&folder, "holder");
    let before = world.size();
    let long = "长".repeat(1_000);
    let mut hostile: Vec<(&str, &str)> = vec![
        ("id_number", "379902199003070010"),
        ("id_number", "37990219900307"),
        ("id_number", "379902199013070018"),
        ("id_number", "3.79902E+17"),
        ("basis", ""),
        ("city", "\u{200b}"),
    ];
    for name in [
        "<script>alert(1)</script>",
        "陈\u{202e}齐",
        "陈\n思齐",
        "陈\u{7}齐",
        "\"; DROP TABLE",
        "",
        "37",
        &long,
    ] {
        hostile.push(("name", name));
    }
    hostile.push(("department", "财政厅\u{2066}"));
    for (field, value) in hostile {
        let answer = world.try_submit("staff-signing", &csr, &with(staff(0), field, value));
        let fields = answer.json["refused"]["fields"].clone();
        answer.refused();
        let named = fields
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["field"] == field));
        assert!(named, "{field}={value:?}: {fields}");
    }
    let unknown = [staff(0), vec![("is_admin", "true".into())]].concat();
    world.try_submit("staff-signing", &csr, &unknown).refused();
    let missing: Vec<_> = staff(0)
        .into_iter()
        .filter(|(name, _)| *name != "id_number")
        .collect();
    world.try_submit("staff-signing", &csr, &missing).refused();
    for profile in [
        "root",
        "issuing-ca",
        "ocsp-responder",
        "no-such-profile",
        "../root",
    ] {
        world.try_submit(profile, &csr, &staff(0)).refused();
    }
    assert_eq!(world.size(), before);
}
