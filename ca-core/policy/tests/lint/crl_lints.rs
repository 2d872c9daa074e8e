//! One test for each lint about CRLs, of the same name: a good list, one change, the finding.

use policy::lint::crl::PublishedCrl;
use policy::lint::{Finding, crl};
use x509::certificate::{Certificate, Serial};
use x509::crl::{Crl, CrlBuilder, CrlEntry, CrlScope, RevocationReason, assemble_crl};
use x509::extension::{Extension, freshest_crl};

use crate::draft::{algorithm, extensions, oid, sequence, time, tlv};
use crate::golden::hierarchy;

const AUTHORITY_KEY_ID: &str = "2.5.29.35";
const CRL_NUMBER: &str = "2.5.29.20";
const REASON: &str = "2.5.29.21";
const DELTA: &str = "2.5.29.27";
const POINT: &str = "2.5.29.28";
/// The serials of the draft, of which the last four octets decide, belong to shard 1 of 2 or to shard 0.
const SHARD: &str = "http://crl.example.cn/crl/jinan/1of2.crl";

/// One entry in pieces.
struct Entry {
    serial: Vec<u8>,
    revoked_at: Vec<u8>,
    extensions: Vec<Extension>,
}

/// A good list in pieces; each piece is DER.
struct Draft {
    issuer_certificate: Certificate,
    published: Option<PublishedCrl>,
    version: Vec<u8>,
    inner_algorithm: Vec<u8>,
    outer_algorithm: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Vec<u8>,
    next_update: Vec<u8>,
    entries: Option<Vec<Entry>>,
    extensions: Vec<Extension>,
}

fn reason(code: u8) -> Extension {
    Extension {
        oid: oid(REASON),
        critical: false,
        value: tlv(0x0A, &[code]),
    }
}

/// What the draft replaces.
fn published(number: u64, urls: &[&str]) -> Option<PublishedCrl> {
    Some(PublishedCrl {
        number,
        distribution_point: urls.iter().map(|url| (*url).to_owned()).collect(),
    })
}

/// deltaCRLIndicator of base 6.
fn delta() -> Extension {
    Extension {
        oid: oid(DELTA),
        critical: true,
        value: tlv(0x02, &[6]),
    }
}

/// issuingDistributionPoint with these names.
fn point(urls: &[&str]) -> Extension {
    let names: Vec<_> = urls.iter().map(|url| tlv(0x86, url.as_bytes())).collect();
    Extension {
        oid: oid(POINT),
        critical: true,
        value: sequence(&[tlv(0xA0, &tlv(0xA0, &names.concat()))]),
    }
}

/// freshestCRL with these names.
fn freshest(urls: &[&str]) -> Extension {
    freshest_crl(&urls.iter().map(|url| (*url).to_owned()).collect::<Vec<_>>())
}

fn draft() -> Draft {
    let issuer = &hierarchy().issuing;
    let sm2_with_sm3 = algorithm("1.2.156.10197.1.501", &[]);
    let key_id = tlv(0x80, issuer.subject_key_id().unwrap());
    let entry = |serial: u8, extensions| Entry {
        serial: vec![serial; 16],
        revoked_at: time("2026-11-23T00:00:00Z"),
        extensions,
    };
    Draft {
        issuer_certificate: issuer.clone(),
        published: published(6, &[]),
        version: tlv(0x02, &[1]),
        inner_algorithm: sm2_with_sm3.clone(),
        outer_algorithm: sm2_with_sm3,
        issuer: issuer.subject().der().to_vec(),
        this_update: time("2026-11-23T08:00:00Z"),
        next_update: time("2026-11-24T08:00:00Z"),
        entries: Some(vec![
            entry(0x11, vec![reason(1)]),
            entry(0x12, vec![reason(6)]),
            entry(0x13, Vec::new()),
        ]),
        extensions: vec![
            Extension {
                oid: oid(AUTHORITY_KEY_ID),
                critical: false,
                value: sequence(&[key_id]),
            },
            Extension {
                oid: oid(CRL_NUMBER),
                critical: false,
                value: tlv(0x02, &[7]),
            },
        ],
    }
}

impl Draft {
    fn tbs(&self) -> Vec<u8> {
        let entry = |entry: &Entry| {
            let list = if entry.extensions.is_empty() {
                Vec::new()
            } else {
                extensions(&entry.extensions)
            };
            sequence(&[tlv(0x02, &entry.serial), entry.revoked_at.clone(), list])
        };
        let entries = |list: &Vec<Entry>| sequence(&list.iter().map(entry).collect::<Vec<_>>());
        sequence(&[
            self.version.clone(),
            self.inner_algorithm.clone(),
            self.issuer.clone(),
            self.this_update.clone(),
            self.next_update.clone(),
            self.entries.as_ref().map(entries).unwrap_or_default(),
            tlv(0xA0, &extensions(&self.extensions)),
        ])
    }

    fn findings(&self) -> Vec<Finding> {
        let der = sequence(&[self.tbs(), self.outer_algorithm.clone(), tlv(0x03, &[0; 9])]);
        crl::run_crl_der(&der, &self.issuer_certificate, self.published.as_ref())
    }

    fn extension(&mut self, text: &str) -> &mut Extension {
        self.extensions
            .iter_mut()
            .find(|extension| extension.oid == oid(text))
            .unwrap()
    }

    fn entry(&mut self) -> &mut Entry {
        &mut self.entries.as_mut().unwrap()[0]
    }

    fn remove(&mut self, text: &str) {
        self.extensions
            .retain(|extension| extension.oid != oid(text));
    }
}

fn fires(name: &str, change: impl FnOnce(&mut Draft)) {
    let mut draft = draft();
    change(&mut draft);
    let findings = draft.findings();
    let found = findings.iter().any(|finding| finding.lint == name);
    assert!(found, "{name} is silent: {findings:?}");
}

macro_rules! lint_tests {
    ($($name:ident { $($change:expr;)+ })+) => {
        $(#[test]
        fn $name() {
            $(fires(stringify!($name), $change);)+
        })+

        #[test]
        fn every_lint_has_its_test() {
            let tested = [$(stringify!($name)),+];
            let known: Vec<_> = crl::all().iter().map(|lint| lint.name).collect();
            assert_eq!(tested.as_slice(), known);
        }
    };
}

lint_tests! {
    crl_version_2 {
        |draft| draft.version = Vec::new();
        |draft| draft.version = tlv(0x02, &[0]);
    }
    crl_signature_algorithm_fits_issuer {
        |draft| draft.inner_algorithm = algorithm("1.2.156.10197.1.501", &[0x05, 0x00]);
        |draft| draft.outer_algorithm = algorithm("1.2.840.10045.4.3.2", &[]);
        |draft| draft.issuer_certificate = hierarchy().compat.clone();
    }
    crl_issuer_is_issuers_subject {
        |draft| draft.issuer = hierarchy().root.subject().der().to_vec();
    }
    crl_issuer_may_sign_crls {
        |draft| draft.issuer_certificate = hierarchy().certificate("ocsp-responder");
    }
    crl_times {
        |draft| draft.next_update = Vec::new();
        |draft| draft.next_update.clone_from(&draft.this_update);
        |draft| std::mem::swap(&mut draft.this_update, &mut draft.next_update);
        |draft| draft.this_update = tlv(0x18, b"20261123080000Z");
        |draft| draft.this_update = time("2025-12-31T23:59:59Z");
        |draft| draft.this_update = tlv(0x17, b"2611230800Z");
    }
    crl_authority_key_id_is_issuers {
        |draft| draft.remove(AUTHORITY_KEY_ID);
        |draft| {
            // The identifier of the issuer's issuer: what a list of an intermediate authority must not carry.
            let roots = tlv(0x80, hierarchy().root.subject_key_id().unwrap());
            draft.extension(AUTHORITY_KEY_ID).value = sequence(&[roots]);
        };
    }
    crl_number_present {
        |draft| draft.remove(CRL_NUMBER);
        |draft| draft.extension(CRL_NUMBER).value = tlv(0x02, &[0xFF]);
        |draft| draft.extension(CRL_NUMBER).value = tlv(0x02, &[1; 9]);
    }
    crl_number_increases {
        |draft| draft.published = published(7, &[]);
        |draft| draft.published = published(u64::MAX, &[]);
    }
    crl_delta_indicator {
        |draft| draft.extensions.push(Extension { value: tlv(0x02, &[7]), ..delta() });
        |draft| draft.extensions.push(Extension { value: tlv(0x02, &[0xFF]), ..delta() });
        |draft| draft.extensions.push(Extension { value: tlv(0x04, &[6]), ..delta() });
        |draft| draft.extensions.extend([delta(), freshest(&["http://crl.example.cn/d.crl"])]);
    }
    crl_distribution_point {
        |draft| draft.extensions.push(point(&[]));
        |draft| draft.extensions.push(point(&["https://crl.example.cn/1of2.crl"]));
        |draft| draft.extensions.push(point(&["http://crl.example.cn/jinan.crl"]));
        |draft| draft.extensions.push(point(&["http://crl.example.cn/2of2.crl"]));
        |draft| draft.extensions.push(point(&["http://a.example.cn/1of2.crl", "http://b.example.cn/0of2.crl"]));
        // onlyContainsUserCerts beside the name.
        |draft| draft.extensions.push(Extension {
            value: sequence(&[tlv(0xA0, &tlv(0xA0, &tlv(0x86, SHARD.as_bytes()))), tlv(0x81, &[0xFF])]),
            ..point(&[])
        });
    }
    crl_distribution_point_stays {
        |draft| draft.published = published(6, &[SHARD]);
        |draft| draft.extensions.push(point(&[SHARD]));
        |draft| {
            draft.published = published(6, &[SHARD]);
            draft.extensions.push(point(&["http://other.example.cn/1of2.crl"]));
        };
    }
    crl_freshest_by_http {
        |draft| draft.extensions.push(freshest(&["ldap://crl.example.cn/"]));
        |draft| draft.extensions.push(freshest(&[]));
    }
    crl_extensions {
        |draft| draft.extension(CRL_NUMBER).critical = true;
        |draft| draft.extensions.push(Extension { oid: oid("2.5.29.60"), critical: false, value: tlv(0x02, &[1]) });
        |draft| draft.extensions.push(Extension { critical: false, ..delta() });
        |draft| draft.extensions.push(Extension { critical: false, ..point(&[SHARD]) });
        |draft| draft.extensions.push(Extension { critical: true, ..freshest(&["http://crl.example.cn/d.crl"]) });
        |draft| { let twice = draft.extension(CRL_NUMBER).clone(); draft.extensions.push(twice); };
    }
    crl_empty_list_absent {
        |draft| draft.entries = Some(Vec::new());
    }
    crl_serials_distinct {
        |draft| draft.entry().serial = vec![0x12; 16];
        // Ascending until the last.
        |draft| draft.entries.as_mut().unwrap()[2].serial = vec![0x11; 16];
    }
    crl_entries {
        |draft| draft.entry().serial = vec![0x80; 16];
        |draft| draft.entry().serial = vec![0x11; 21];
        |draft| draft.entry().revoked_at = time("2026-11-23T08:00:01Z");
        |draft| draft.entry().revoked_at = tlv(0x18, b"20261123000000Z");
        |draft| draft.entry().extensions[0].critical = true;
        |draft| draft.entry().extensions[0].oid = oid("2.5.29.24");
    }
    crl_reasons {
        |draft| draft.entry().extensions = vec![reason(0)];
        |draft| draft.entry().extensions = vec![reason(7)];
        |draft| draft.entry().extensions = vec![reason(8)];
        |draft| draft.entry().extensions = vec![reason(11)];
        |draft| draft.entry().extensions[0].value = vec![0x02, 0x01, 0x01];
    }
    crl_entries_of_shard {
        |draft| draft.extensions.push(point(&[SHARD]));
        |draft| draft.extensions.push(point(&["http://crl.example.cn/crl/jinan/0of2.crl"]));
    }
}

#[test]
fn a_good_list_has_no_findings() {
    assert_eq!(draft().findings(), []);
    let mut first = draft();
    first.published = None;
    first.entries = None;
    assert_eq!(first.findings(), []);
    let mut full = draft();
    full.extensions
        .push(freshest(&["http://crl.example.cn/d.crl"]));
    assert_eq!(full.findings(), []);
}

#[test]
fn a_good_delta_releases() {
    let mut list = draft();
    list.extensions.push(delta());
    list.entry().extensions = vec![reason(8)];
    assert_eq!(list.findings(), []);
}

#[test]
fn a_good_shard_keeps_its_names_and_may_get_more() {
    let mut shard = draft();
    shard.entries.as_mut().unwrap().remove(1);
    shard
        .extensions
        .push(point(&[SHARD, "http://new.example.cn/1of2.crl"]));
    shard.published = published(6, &[SHARD]);
    assert_eq!(shard.findings(), []);
}

#[test]
fn lists_of_the_builder_have_no_findings() {
    let issuer = &hierarchy().issuing;
    let entry = |byte: u8, reason| CrlEntry {
        serial: Serial::from_bytes(&[byte; 16]).unwrap(),
        revoked_at: "2026-11-23T00:00:00Z".parse().unwrap(),
        reason,
    };
    let some = vec![
        entry(0x13, RevocationReason::KeyCompromise),
        entry(0x11, RevocationReason::Unspecified),
    ];
    let urls = |url: &str| vec![url.to_owned()];
    for (scope, entries) in [
        (CrlScope::default(), Vec::new()),
        (
            CrlScope {
                freshest: urls("http://crl.example.cn/delta.crl"),
                ..CrlScope::default()
            },
            some.clone(),
        ),
        (
            CrlScope {
                distribution_point: urls(SHARD),
                ..CrlScope::default()
            },
            some.clone(),
        ),
        (
            CrlScope {
                delta_base: Some(3),
                ..CrlScope::default()
            },
            vec![entry(0x12, RevocationReason::RemoveFromCrl)],
        ),
    ] {
        clean(issuer, &scope, &entries);
        clean(&hierarchy().compat, &scope, &entries);
    }
}

/// A list of `issuer` has no findings; under another issuer it has.
fn clean(issuer: &Certificate, scope: &CrlScope, entries: &[CrlEntry]) {
    let builder = CrlBuilder {
        signature_algorithm: issuer.public_key().algorithm(),
        issuer: issuer.subject().clone(),
        authority_key_id: issuer.subject_key_id().unwrap().to_vec(),
        number: 1 << 40,
        this_update: "2026-11-23T08:00:00Z".parse().unwrap(),
        next_update: "2026-11-24T08:00:00Z".parse().unwrap(),
        scope: scope.clone(),
    };
    // Somebody's signature of the same algorithm: lints do not verify it.
    let tbs = builder.to_tbs_der(entries).unwrap();
    let crl = Crl::from_der(&assemble_crl(&tbs, issuer.signature())).unwrap();
    let before = PublishedCrl {
        number: (1 << 40) - 1,
        distribution_point: scope.distribution_point.clone(),
    };
    assert_eq!(policy::lint::run_crl(&crl, issuer, Some(&before)), []);
    assert_ne!(policy::lint::run_crl(&crl, &hierarchy().root, None), []);
}

#[test]
fn bytes_that_are_no_list() {
    let findings = crl::run_crl_der(b"\x30\x00", &hierarchy().issuing, None);
    assert_eq!(findings[0].lint, "readable");
}
