//! Certificates that follow on others, from the command line, judged by programs that are not ours:
//! 1. a person's new key: the successor chains, both are good at OCSP, both are linked in the record, the next
//!    application is refused;
//! 2. a lost medium: refused before the hold; with the issue of the new one OCSP says revoked, and so does the CRL;
//! 3. a change of a P-256 certificate: openssl alone verifies the chain and both answers;
//! 4. keys, subjects and states that do not fit are refused by their codes; the audit finds nothing.

use std::path::Path;

use super::compat::Compat;
use super::judge::{self, arg};
use super::openssl::{key, ocsp, public_key, request, request_with};
use super::world::{Answer, World, text};
use super::{curl, people};

/// Opens a case for the successor of a certificate of the same person.
fn follow(world: &World, because: &str, serial: &str, csr: &Path) -> Answer {
    let more = ["--succeeds", serial, "--because", because];
    world.try_submit_with("staff-signing", csr, &people::staff(0), &more)
}

#[test]
fn a_new_key_and_a_lost_medium() {
    let world = World::found();
    let folder = world.path("");
    let [root, jinan] = ["root", "jinan"].map(|name| {
        let page = curl::get(&format!("{}/ca/{name}.cer", world.machines));
        world.write(&format!("{name}.cer"), page.success())
    });
    let answered = |file: &Path, word: &str| {
        let said = ocsp(&format!("{}/ocsp", world.machines), &jinan, file, &[]);
        assert!(
            said.contains(&format!("{}: {word}", file.display())),
            "{said}"
        );
        said
    };
    let first_csr = request(&folder, "first");
    let first = world.issue("staff-signing", &first_csr, &people::staff(0));

    // What is possible, as the command line tells it.
    let told = world
        .act("entry", &["case", "successions", &first.serial])
        .ok();
    let possible: Vec<_> = told["successions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["possible"] == true)
        .map(|one| text(&one["succession"]))
        .collect();
    assert_eq!(possible, ["change", "damaged", "re-key"]);
    assert_eq!(told["form"]["department"], "山东省财政厅");
    assert!(told["form"].get("id_number").is_none(), "{told}");

    // Refused, each by its code.
    let fresh = request(&folder, "fresh");
    let refused = |because: &str, csr: &Path| follow(&world, because, &first.serial, csr).refused();
    assert_eq!(refused("renewal", &fresh), "A433");
    assert_eq!(refused("lost", &fresh), "A431");
    assert_eq!(refused("re-key", &first_csr), "A420");
    assert_eq!(refused("change", &fresh), "A436");
    let somebody = ["--succeeds", &first.serial, "--because", "re-key"];
    let other = world.try_submit_with("staff-signing", &fresh, &people::staff(1), &somebody);
    assert_eq!(other.refused(), "A435");
    let by_reviewer = ["case", "successions", &first.serial];
    assert_eq!(world.act("review", &by_reviewer).refused(), "P403");

    // A new key.
    let case = text(&follow(&world, "re-key", &first.serial, &fresh).ok()["case"]);
    world.act("review", &["case", "approve", &case]).ok();
    let second = world.produce(&case);
    judge::certificate(&root, &jinan, &second.file);
    assert_eq!(public_key("x509", &second.file), public_key("req", &fresh));
    assert_ne!(
        public_key("x509", &second.file),
        public_key("x509", &first.file)
    );
    answered(&first.file, "good");
    answered(&second.file, "good");
    assert_eq!(refused("re-key", &request(&folder, "again")), "A434");

    // The record links both: the case's own entry names the predecessor, and nobody's name.
    let view = world.act("entry", &["cert", "show", &first.serial]).ok();
    assert_eq!(view["successors"][0]["serial"], second.serial.as_str());
    assert!(view["successors"][0]["due_at"].is_i64(), "{view}");
    let view = world.act("entry", &["cert", "show", &second.serial]).ok();
    assert_eq!(view["succeeds"]["serial"], first.serial.as_str());
    let shown = world.act("entry", &["case", "show", &case]).ok();
    assert_eq!(
        shown["summary"]["succeeds"]["serial"],
        first.serial.as_str()
    );
    let entry = shown["history"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["kind"] == "case.succession")
        .unwrap();
    let body = curl::get(&format!("{}/log/entry/{}", world.machines, entry["entry"])).success();
    let body = String::from_utf8(body).unwrap();
    assert!(
        body.contains(&first.serial) && !body.contains("陈思齐"),
        "{body}"
    );

    // The medium of the second one is lost.
    let third_csr = request(&folder, "third");
    let lost = || follow(&world, "lost", &second.serial, &third_csr);
    assert_eq!(lost().refused(), "A431");
    let hold = ["cert", "hold", &second.serial, "--note", "介质遗失"];
    world.act("entry", &hold).ok();
    assert!(answered(&second.file, "revoked").contains("certificateHold"));
    let case = text(&lost().ok()["case"]);
    world.act("review", &["case", "approve", &case]).ok();
    let third = world.produce(&case);
    judge::certificate(&root, &jinan, &third.file);
    assert!(answered(&second.file, "revoked").contains("keyCompromise"));
    answered(&third.file, "good");
    let page = curl::get(&format!("{}/crl/jinan.crl", world.machines));
    assert_eq!(page.content_type, "application/pkix-crl");
    // The proof of the second one's life ends with its successor, offline.
    let proof = world.path("proof.json");
    let prove = ["audit", "prove", &second.serial, "--out", arg(&proof)];
    world.gmpki(&prove).ok();
    let check = ["audit", "check", arg(&proof), "--key", &world.log_key()];
    let verdict = world.gmpki(&check).ok();
    assert_eq!(verdict["state"], "revoked", "{verdict}");
    assert_eq!(verdict["reason"], "keyCompromise", "{verdict}");
    world.audited();
}

#[test]
fn a_change_judged_by_openssl_alone() {
    let world = World::found();
    let folder = world.path("");
    let compat = Compat::fetch(&world);
    let csr = |name: &str| {
        let key = key(&folder, name, "P-256");
        request_with(&folder, name, &key, &["-sha256"])
    };
    let first_csr = csr("holder");
    let first = compat.issue(&first_csr);
    compat.agreed(&first.file, "good", "");
    let second_csr = csr("moved");
    let submit = |city: &str| {
        let more = ["--succeeds", &first.serial, "--because", "change"];
        let (host, city) = ("holder.jnsp.example.cn", format!("city={city}"));
        let host = format!("host={host}");
        let mut words = ["case", "submit", "--profile", "device-compat"].to_vec();
        words.extend(["--authority", "compat", "--csr", arg(&second_csr)]);
        for field in [
            &host,
            &city,
            "department=济南市行政审批服务局",
            "contact_name=何骏",
            "contact_mobile=10012345670",
            "basis=济审批〔2026〕32号",
        ] {
            words.extend(["--field", field]);
        }
        words.extend(more);
        world.act("entry", &words)
    };
    assert_eq!(submit("济南市").refused(), "A436");
    let case = text(&submit("青岛市").ok()["case"]);
    world.act("review", &["case", "approve", &case]).ok();
    let second = world.produce(&case);
    for file in [&first.file, &second.file] {
        compat
            .verify(file, &["-purpose", "sslserver", "-x509_strict"])
            .success();
    }
    compat.agreed(&first.file, "revoked", "affiliationChanged");
    compat.agreed(&second.file, "good", "");
    world.audited();
}
