#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use sm_engine::sm3;

use super::*;
use crate::Error;

fn policy(name: &str) -> Entry {
    Entry::new(
        1_800_000_000,
        Event::PolicyAdopted {
            name: name.to_owned(),
            document: sm3::digest(b"document"),
        },
    )
}

/// The encoding is a format that outlives this program: its bytes are written down here.
#[test]
fn an_entry_has_these_bytes() {
    let bytes = policy("root").encode().unwrap();
    let document = sm3::digest(b"document");
    let expected = format!(
        r#"{{"event":{{"document":"{document}","kind":"policy.adopted","name":"root"}},"time":1800000000,"v":1}}"#
    );
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn a_basis_is_encoded_with_its_kind() {
    let entry = Entry::new(
        5,
        Event::CertificateIntended {
            authority: "jinan".into(),
            serial: "0a".into(),
            tbs: sm3::digest(b"tbs"),
            profile: "staff-signing".into(),
            profile_document: sm3::digest(b"document"),
            key: sm3::digest(b"key"),
            basis: Basis::Founding,
        },
    );
    let text = String::from_utf8(entry.encode().unwrap()).unwrap();
    assert!(
        text.starts_with(r#"{"event":{"authority":"jinan","basis":{"kind":"founding"},"key":"#)
    );
    assert_eq!(Entry::decode(text.as_bytes()).unwrap(), entry);
    let smuggled = text.replace(r#"{"kind":"founding"}"#, r#"{"kind":"founding","x":1}"#);
    assert!(Entry::decode(smuggled.as_bytes()).is_err());
}

#[test]
fn kind_is_the_one_in_the_encoding() {
    let text = String::from_utf8(policy("root").encode().unwrap()).unwrap();
    assert!(text.contains(&format!(r#""kind":"{}""#, policy("root").event.kind())));
}

#[test]
fn other_versions_unknown_fields_and_unknown_kinds_are_refused() {
    let text = String::from_utf8(policy("root").encode().unwrap()).unwrap();
    let version = text.replace(r#""v":1"#, r#""v":2"#);
    assert_eq!(
        Entry::decode(version.as_bytes()),
        Err(Error::Version { version: 2 })
    );
    for wrong in [
        text.replace(r#""v":1"#, r#""v":1,"w":1"#),
        text.replace(r#""name":"root""#, r#""name":"root","x":"y""#),
        text.replace("policy.adopted", "policy.forgotten"),
        text.replace(r#""time":1800000000"#, r#""time":1800000000.0"#),
        text.replace(r#","v":1"#, ""),
        format!("{text}\n"),
    ] {
        assert!(
            matches!(
                Entry::decode(wrong.as_bytes()),
                Err(Error::NotCanonical { .. })
            ),
            "{wrong}"
        );
    }
    let mut entry = policy("root");
    entry.v = 0;
    assert_eq!(entry.encode(), Err(Error::Version { version: 0 }));
}

#[test]
fn entries_fit_a_bundle() {
    let overhead = policy("").encode().unwrap().len();
    let longest = policy(&"a".repeat(Entry::MAX_BYTES - overhead));
    let bytes = longest.encode().unwrap();
    assert_eq!(bytes.len(), Entry::MAX_BYTES);
    assert_eq!(Entry::decode(&bytes).unwrap(), longest);
    let too_long = policy(&"a".repeat(Entry::MAX_BYTES - overhead + 1));
    assert!(matches!(too_long.encode(), Err(Error::TooLong { .. })));
    assert!(matches!(
        Entry::decode(&vec![b'{'; Entry::MAX_BYTES + 1]),
        Err(Error::TooLong { .. })
    ));
}

#[test]
fn a_number_beyond_2_53_is_not_encoded() {
    let crl = |number| {
        Entry::new(
            0,
            Event::CrlIssued {
                authority: "jinan".into(),
                number,
                crl: sm3::digest(b"crl"),
                this_update: 0,
                next_update: 1,
                entries: 0,
                covers: 0,
            },
        )
    };
    assert!(matches!(
        crl(1 << 53).encode(),
        Err(Error::Unencodable { .. })
    ));
    let largest = crl((1 << 53) - 1);
    assert_eq!(Entry::decode(&largest.encode().unwrap()).unwrap(), largest);
}

#[test]
fn reasons_belong_to_states() {
    for (status, reason, allowed) in [
        (Status::Held, "certificateHold", true),
        (Status::Held, "keyCompromise", false),
        (Status::Good, "removeFromCRL", true),
        (Status::Good, "unspecified", false),
        (Status::Revoked, "keyCompromise", true),
        (Status::Revoked, "certificateHold", false),
        (Status::Revoked, "removeFromCRL", false),
        (Status::Revoked, "KeyCompromise", false),
        (Status::Revoked, "", false),
    ] {
        assert_eq!(status.allows_reason(reason), allowed, "{status:?} {reason}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Entry::decode(&bytes).is_err());
    }

    #[test]
    fn a_changed_byte_is_another_entry_or_none(at in 0_usize..1000, byte in any::<u8>()) {
        let mut bytes = policy("root").encode().unwrap();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(entry) = Entry::decode(&bytes) {
            prop_assert_eq!(entry.encode().unwrap(), bytes);
            prop_assert_ne!(entry, policy("root"));
        }
    }
}
