//! One test for each lint about CRLs, of the same name: a good list, one change, the finding.

use policy::lint::{Finding, crl};
use x509::certificate::{Certificate, Serial};
use x509::crl::{Crl, CrlBuilder, CrlEntry, RevocationReason, assemble_crl};
use x509::extension::Extension;

use crate::draft::{algorithm, extensions, oid, sequence, time, tlv};
use crate::golden::hierarchy;

const AUTHORITY_KEY_ID: &str = "2.5.29.35";
const CRL_NUMBER: &str = "2.5.29.20";
const REASON: &str = "2.5.29.21";

/// One entry in pieces.
struct Entry {
    serial: Vec<u8>,
    revoked_at: Vec<u8>,
    extensions: Vec<Extension>,
}

/// A good list in pieces; each piece is DER.
struct Draft {
    issuer_certificate: Certificate,
    previous_number: Option<u64>,
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
        previous_number: Some(6),
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
        crl::run_crl_der(&der, &self.issuer_certificate, self.previous_number)
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
    crl_signature_algorithm_sm2_with_sm3 {
        |draft| draft.inner_algorithm = algorithm("1.2.156.10197.1.501", &[0x05, 0x00]);
        |draft| draft.outer_algorithm = algorithm("1.2.840.10045.4.3.2", &[]);
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
        |draft| draft.previous_number = Some(7);
        |draft| draft.previous_number = Some(u64::MAX);
    }
    crl_extensions {
        |draft| draft.extension(CRL_NUMBER).critical = true;
        |draft| draft.extensions.push(Extension { oid: oid("2.5.29.27"), critical: true, value: tlv(0x02, &[1]) });
        |draft| { let twice = draft.extension(CRL_NUMBER).clone(); draft.extensions.push(twice); };
    }
    crl_empty_list_absent {
        |draft| draft.entries = Some(Vec::new());
    }
    crl_serials_distinct {
        |draft| draft.entry().serial = vec![0x12; 16];
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
}

#[test]
fn a_good_list_has_no_findings() {
    assert_eq!(draft().findings(), []);
    let mut first = draft();
    first.previous_number = None;
    first.entries = None;
    assert_eq!(first.findings(), []);
}

#[test]
fn lists_of_the_builder_have_no_findings() {
    let issuer = &hierarchy().issuing;
    let entry = |byte: u8, reason| CrlEntry {
        serial: Serial::from_bytes(&[byte; 16]).unwrap(),
        revoked_at: "2026-11-23T00:00:00Z".parse().unwrap(),
        reason,
    };
    for entries in [
        Vec::new(),
        vec![
            entry(0x12, RevocationReason::KeyCompromise),
            entry(0x11, RevocationReason::Unspecified),
        ],
    ] {
        let builder = CrlBuilder {
            issuer: issuer.subject().clone(),
            authority_key_id: issuer.subject_key_id().unwrap().to_vec(),
            number: 1 << 40,
            this_update: "2026-11-23T08:00:00Z".parse().unwrap(),
            next_update: "2026-11-24T08:00:00Z".parse().unwrap(),
            entries,
        };
        let signature = hierarchy().root.signature();
        let crl = Crl::from_der(&assemble_crl(&builder.to_tbs_der().unwrap(), signature)).unwrap();
        assert_eq!(policy::lint::run_crl(&crl, issuer, Some((1 << 40) - 1)), []);
        assert_ne!(policy::lint::run_crl(&crl, &hierarchy().root, None), []);
    }
}

#[test]
fn bytes_that_are_no_list() {
    let findings = crl::run_crl_der(b"\x30\x00", &hierarchy().issuing, None);
    assert_eq!(findings[0].lint, "readable");
}
