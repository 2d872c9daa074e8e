//! Certificates and CRLs taken apart and put together again with an encoder of the tests' own, so that a test can
//! break exactly one thing.

use const_oid::ObjectIdentifier;
use policy::lint::{self, Finding, LintContext};
use sm_engine::key::Algorithm;
use x509::certificate::Certificate;
use x509::extension::Extension;

use crate::golden::hierarchy;

pub(crate) const PRINTABLE: u8 = 0x13;
pub(crate) const UTF8: u8 = 0x0C;

/// Tag, length, content.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match content.len() {
        length @ 0..=0x7F => der.push(u8::try_from(length).unwrap()),
        length => {
            let bytes: Vec<u8> = length
                .to_be_bytes()
                .into_iter()
                .skip_while(|byte| *byte == 0)
                .collect();
            der.push(0x80 | u8::try_from(bytes.len()).unwrap());
            der.extend(bytes);
        }
    }
    der.extend_from_slice(content);
    der
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub(crate) fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// `SEQUENCE { OBJECT IDENTIFIER, parameters }`
pub(crate) fn algorithm(text: &str, parameters: &[u8]) -> Vec<u8> {
    sequence(&[tlv(0x06, oid(text).as_bytes()), parameters.to_vec()])
}

pub(crate) fn extensions(list: &[Extension]) -> Vec<u8> {
    let encode = |extension: &Extension| {
        let critical = if extension.critical {
            tlv(0x01, &[0xFF])
        } else {
            Vec::new()
        };
        sequence(&[
            tlv(0x06, extension.oid.as_bytes()),
            critical,
            tlv(0x04, &extension.value),
        ])
    };
    sequence(&list.iter().map(encode).collect::<Vec<_>>())
}

/// One attribute of the subject; `joined` puts it into the RDN before it.
#[derive(Clone)]
pub(crate) struct Attribute {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) tag: u8,
    pub(crate) value: Vec<u8>,
    pub(crate) joined: bool,
}

/// A golden certificate in pieces; each piece is DER unless said otherwise.
pub(crate) struct Draft {
    profile: String,
    pub(crate) issuer_certificate: Option<Certificate>,
    pub(crate) version: Vec<u8>,
    /// Content of the INTEGER.
    pub(crate) serial: Vec<u8>,
    pub(crate) inner_algorithm: Vec<u8>,
    pub(crate) outer_algorithm: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) not_before: Vec<u8>,
    pub(crate) not_after: Vec<u8>,
    pub(crate) subject: Vec<Attribute>,
    pub(crate) key: Vec<u8>,
    pub(crate) unique_ids: Vec<u8>,
    pub(crate) extensions: Vec<Extension>,
}

impl Draft {
    pub(crate) fn of(profile: &str) -> Self {
        let hierarchy = hierarchy();
        let tbs = hierarchy.tbs(profile);
        let signature_algorithm = x509::signature_algorithm(tbs.signature_algorithm).to_vec();
        let subject = tbs.subject.attributes().iter().map(|(oid, text)| {
            let printable = ["2.5.4.6", "2.5.4.5"].contains(&oid.to_string().as_str());
            let tag = if printable { PRINTABLE } else { UTF8 };
            Attribute {
                oid: *oid,
                tag,
                value: text.as_bytes().to_vec(),
                joined: false,
            }
        });
        let curve = match tbs.public_key.algorithm() {
            Algorithm::Sm2Sm3 => "1.2.156.10197.1.301",
            _ => "1.2.840.10045.3.1.7",
        };
        let ec = [
            tlv(0x06, oid("1.2.840.10045.2.1").as_bytes()),
            tlv(0x06, oid(curve).as_bytes()),
        ];
        let point = [&[0][..], &tbs.public_key.to_bytes()].concat();
        Self {
            profile: profile.to_owned(),
            issuer_certificate: hierarchy.issuer_of(hierarchy.profile(profile)).cloned(),
            version: tlv(0xA0, &tlv(0x02, &[2])),
            serial: tbs.serial.as_bytes().to_vec(),
            inner_algorithm: signature_algorithm.clone(),
            outer_algorithm: signature_algorithm,
            issuer: tbs.issuer.der().to_vec(),
            not_before: time(&tbs.not_before.to_string()),
            not_after: time(&tbs.not_after.to_string()),
            subject: subject.collect(),
            key: sequence(&[sequence(&ec), tlv(0x03, &point)]),
            unique_ids: Vec::new(),
            extensions: tbs.extensions,
        }
    }

    pub(crate) fn tbs(&self) -> Vec<u8> {
        sequence(&[
            self.version.clone(),
            tlv(0x02, &self.serial),
            self.inner_algorithm.clone(),
            self.issuer.clone(),
            sequence(&[self.not_before.clone(), self.not_after.clone()]),
            self.subject_der(),
            self.key.clone(),
            self.unique_ids.clone(),
            tlv(0xA3, &extensions(&self.extensions)),
        ])
    }

    pub(crate) fn subject_der(&self) -> Vec<u8> {
        let mut sets: Vec<Vec<u8>> = Vec::new();
        for attribute in &self.subject {
            let pair = sequence(&[
                tlv(0x06, attribute.oid.as_bytes()),
                tlv(attribute.tag, &attribute.value),
            ]);
            match sets.last_mut() {
                Some(set) if attribute.joined => set.extend(pair),
                _ => sets.push(pair),
            }
        }
        sequence(&sets.iter().map(|set| tlv(0x31, set)).collect::<Vec<_>>())
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        let der = sequence(&[self.tbs(), self.outer_algorithm.clone(), tlv(0x03, &[0; 9])]);
        let profile = hierarchy().profile(&self.profile);
        lint::run_der(
            &der,
            &LintContext {
                profile,
                issuer: self.issuer_certificate.as_ref(),
            },
        )
    }

    /// The attribute of that type, to be changed.
    pub(crate) fn attribute(&mut self, text: &str) -> &mut Attribute {
        self.subject
            .iter_mut()
            .find(|attribute| attribute.oid == oid(text))
            .unwrap()
    }

    /// The extension of that type, to be changed.
    pub(crate) fn extension(&mut self, text: &str) -> &mut Extension {
        self.extensions
            .iter_mut()
            .find(|extension| extension.oid == oid(text))
            .unwrap()
    }

    pub(crate) fn remove(&mut self, text: &str) {
        let before = self.extensions.len();
        self.extensions
            .retain(|extension| extension.oid != oid(text));
        assert_eq!(self.extensions.len() + 1, before, "{text} was there");
    }

    pub(crate) fn add(&mut self, text: &str, critical: bool, value: Vec<u8>) {
        self.extensions.push(Extension {
            oid: oid(text),
            critical,
            value,
        });
    }
}

/// `2026-11-23T09:41:07Z` as UTCTime or GeneralizedTime.
pub(crate) fn time(rfc3339: &str) -> Vec<u8> {
    let digits: String = rfc3339
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == 'Z')
        .collect();
    if digits.as_str() < "2050" {
        tlv(0x17, &digits.as_bytes()[2..])
    } else {
        tlv(0x18, digits.as_bytes())
    }
}

#[test]
fn the_two_encoders_agree() {
    for profile in hierarchy().set.profiles() {
        let draft = Draft::of(&profile.name);
        assert_eq!(
            draft.tbs(),
            hierarchy().tbs(&profile.name).to_der().unwrap(),
            "{}",
            profile.name
        );
        assert_eq!(draft.findings(), [], "{}", profile.name);
    }
}
