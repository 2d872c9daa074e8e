//! The crate graph is the picture of ARCHITECTURE.md: an upper floor uses lower ones, never the reverse, and
//! neighbours on a floor do not know each other. Dependencies of tests and benches count too.

use std::collections::BTreeMap;

use super::metadata::{Package, packages, root};

/// Package, folder, floor.
const FLOORS: &[(&str, &str, u8)] = &[
    ("gmpki", "", 6),
    ("ra-portal", "ra-portal", 5),
    ("ocsp-responder", "ocsp-responder", 5),
    ("access", "ra-portal/access", 4),
    ("authority", "ca-core/authority", 4),
    ("kmc", "ca-core/kmc", 4),
    ("store", "ca-core/store", 3),
    ("policy", "ca-core/policy", 3),
    ("x509", "ca-core/x509", 2),
    ("ledger", "ca-core/ledger", 2),
    ("keys", "hsm-shim/keys", 2),
    ("tls", "hsm-shim/tls", 2),
    ("sm-engine", "hsm-shim/sm-engine", 1),
];

/// Edges between neighbours that the picture names.
const NEIGHBOURS: &[(&str, &str)] = &[("keys", "x509")];

/// Implementations of algorithms, and the only crates of ours that may name them.
const ALGORITHMS: &[(&str, &[&str])] = &[
    ("aes", &[]),
    ("aes-gcm", &["sm-engine"]),
    ("argon2", &["keys"]),
    ("cbc", &["sm-engine"]),
    ("ccm", &["sm-engine"]),
    ("ed25519-dalek", &["sm-engine"]),
    ("elliptic-curve", &["sm-engine"]),
    ("gm-sm2", &[]),
    ("hmac", &["sm-engine"]),
    ("libsm", &[]),
    ("libsmx", &["sm-engine"]),
    ("md-5", &[]),
    ("p256", &[]),
    ("pbkdf2", &["sm-engine"]),
    ("primeorder", &["sm-engine"]),
    ("ring", &["sm-engine"]),
    ("rsa", &[]),
    ("sha1", &["sm-engine"]),
    ("sha2", &["sm-engine"]),
    ("sm-crypto", &["sm-engine"]),
    ("sm2", &["sm-engine"]),
    ("sm3", &["sm-engine"]),
    ("sm4", &["sm-engine"]),
];

/// Every edge that the picture does not have.
fn wrong_edges(packages: &[Package]) -> Vec<String> {
    let floors: BTreeMap<&str, u8> = FLOORS
        .iter()
        .map(|(name, _, floor)| (*name, *floor))
        .collect();
    let mut wrong = Vec::new();
    for package in packages {
        let Some(floor) = floors.get(package.name.as_str()) else {
            wrong.push(format!("{} is not in the picture", package.name));
            continue;
        };
        for used in &package.uses {
            let below = floors.get(used.as_str()).is_none_or(|other| other < floor);
            if !below && !NEIGHBOURS.contains(&(package.name.as_str(), used.as_str())) {
                wrong.push(format!("{} (floor {floor}) uses {used}", package.name));
            }
        }
    }
    wrong
}

/// Every use of an algorithm implementation by a crate that may not name it.
fn wrong_algorithms(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages {
        for (algorithm, users) in ALGORITHMS {
            let uses = package.uses.iter().any(|used| used == algorithm);
            if uses && !users.contains(&package.name.as_str()) {
                wrong.push(format!("{} names {algorithm}", package.name));
            }
        }
    }
    wrong
}

#[test]
fn crates_use_only_lower_floors() {
    assert_eq!(wrong_edges(&packages()), Vec::<String>::new());
}

#[test]
fn crates_lie_where_the_picture_has_them() {
    let packages = packages();
    assert!(
        packages.iter().any(|package| package.name == "gmpki"),
        "cargo listed no packages"
    );
    for package in packages {
        let place = FLOORS
            .iter()
            .find(|(name, ..)| *name == package.name)
            .map(|(_, folder, _)| *folder);
        assert_eq!(place, Some(package.folder.as_str()), "{}", package.name);
    }
}

#[test]
fn algorithm_implementations_are_named_in_one_place() {
    assert_eq!(wrong_algorithms(&packages()), Vec::<String>::new());
}

#[test]
fn crates_take_the_lints_of_the_workspace() {
    for package in packages() {
        let manifest =
            std::fs::read_to_string(root().join(package.folder).join("Cargo.toml")).unwrap();
        // The engine repeats them but for unsafe code, which single files of it may have.
        let own = package.name == "sm-engine" && manifest.contains("unsafe_code = \"deny\"");
        assert!(
            own || manifest.contains("[lints]\nworkspace = true"),
            "{}",
            package.name
        );
    }
}

#[test]
fn an_edge_outside_the_picture_is_found() {
    let package = |name: &str, uses: &[&str]| Package {
        name: name.into(),
        folder: String::new(),
        uses: uses.iter().map(|used| (*used).into()).collect(),
    };
    let good = [
        package("keys", &["x509", "sm-engine"]),
        package("store", &["ledger", "sqlx"]),
    ];
    assert_eq!(wrong_edges(&good), Vec::<String>::new());
    for (from, to) in [
        ("x509", "keys"),
        ("ra-portal", "ocsp-responder"),
        ("ledger", "store"),
        ("helpers", "x509"),
    ] {
        assert_eq!(
            wrong_edges(&[package(from, &[to])]).len(),
            1,
            "{from} uses {to}"
        );
    }
    assert_eq!(
        wrong_algorithms(&[
            package("authority", &["sm2"]),
            package("sm-engine", &["sm2"])
        ])
        .len(),
        1
    );
}
