//! Signed checkpoints and the key line, by the text of C2SP signed-note and tlog-checkpoint.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ledger::Error;
use ledger::checkpoint::{
    Checkpoint, MAX_NOTE, NoteKey as _, VerifierKey, note_message, open_note, signed_note,
};
use proptest::prelude::*;
use sm_engine::sm2::{PrivateKey, SignerId};
use sm_engine::sm3::{self, Digest};

pub(crate) const ORIGIN: &str = "log.example.gov.cn/pki";

pub(crate) fn log_key() -> (PrivateKey, VerifierKey) {
    let private = PrivateKey::from_bytes(&[0x42; 32]).unwrap();
    let key = VerifierKey::new(ORIGIN, private.public_key().clone()).unwrap();
    (private, key)
}

pub(crate) fn sign(checkpoint: &Checkpoint) -> String {
    let (private, key) = log_key();
    let message = note_message(checkpoint);
    let signature = private.sign(SignerId::Default, &message).unwrap();
    signed_note(checkpoint, &key, &signature)
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: ORIGIN.into(),
        size: 8,
        root: sm3::digest(b"root"),
        previous: None,
    }
}

/// A note over any text, signed by the log.
fn note_over(text: &str) -> String {
    let (private, key) = log_key();
    let signature = private.sign(SignerId::Default, text.as_bytes()).unwrap();
    let blob = [key.key_id().to_vec(), signature.to_der()].concat();
    format!("{text}\n\u{2014} {ORIGIN} {}\n", BASE64.encode(blob))
}

fn note_error(note: &str) -> &'static str {
    match open_note(note, &log_key().1) {
        Err(Error::Note { what }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_note_has_the_form_of_the_standard() {
    let note = sign(&checkpoint());
    let root = BASE64.encode(sm3::digest(b"root").as_bytes());
    let text = format!("{ORIGIN}\n8\n{root}\n");
    assert_eq!(note_message(&checkpoint()), text.as_bytes());
    let line = note.strip_prefix(&format!("{text}\n")).unwrap();
    let blob = line.strip_prefix(&format!("\u{2014} {ORIGIN} ")).unwrap();
    let blob = BASE64.decode(blob.strip_suffix('\n').unwrap()).unwrap();
    // Key ID: SM3(name || 0A || ff || "sm2-sm3" || point), first 4 bytes.
    let point = log_key().0.public_key().to_sec1();
    let hashed = [ORIGIN.as_bytes(), b"\n\xffsm2-sm3", &point].concat();
    assert_eq!(blob[..4], sm3::digest(&hashed).as_bytes()[..4]);
    assert_eq!(blob[4], 0x30);
    assert_eq!(open_note(&note, &log_key().1).unwrap(), checkpoint());
    assert_eq!(
        Checkpoint::from_note_unverified(&note).unwrap(),
        checkpoint()
    );
}

#[test]
fn the_key_line_has_the_form_of_the_standard() {
    let (private, key) = log_key();
    let line = key.to_string();
    let mut parts = line.splitn(3, '+');
    assert_eq!(parts.next(), Some(ORIGIN));
    assert_eq!(parts.next(), Some(hex::encode(key.key_id()).as_str()));
    let bytes = BASE64.decode(parts.next().unwrap()).unwrap();
    let expected = [b"\xffsm2-sm3".as_slice(), &private.public_key().to_sec1()].concat();
    assert_eq!(bytes, expected);
    assert_eq!(line.parse::<VerifierKey>().unwrap(), key);
}

#[test]
fn a_key_line_must_be_whole() {
    let line = log_key().1.to_string();
    let id = hex::encode(log_key().1.key_id());
    let ed25519 = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let no_point = BASE64.encode(b"\xffsm2-sm3\x04nothing");
    for wrong in [
        String::new(),
        ORIGIN.to_owned(),
        format!("{ORIGIN}+{id}"),
        ed25519.to_owned(),
        format!("{ORIGIN}+{id}+{no_point}"),
        line.replace(&id, "00000000"),
        line.replace(&id, &id.to_uppercase()),
        line.replace("log.", "gol."),
        format!("{line}\n"),
        format!(" {line}"),
        line.replace(ORIGIN, ""),
        "a".repeat(10_000),
    ] {
        assert!(
            matches!(wrong.parse::<VerifierKey>(), Err(Error::VerifierKey { .. })),
            "{wrong}"
        );
    }
    let point = log_key().0.public_key().clone();
    for name in [
        "",
        "two words",
        "a+b",
        "line\nbreak",
        "no\u{a0}break",
        "\u{0}",
        &"n".repeat(256),
    ] {
        assert!(VerifierKey::new(name, point.clone()).is_err(), "{name:?}");
    }
}

#[test]
fn lines_of_other_keys_are_ignored_but_must_be_lines() {
    let note = sign(&checkpoint());
    let witness = format!("\u{2014} witness.example/1 {}\n", BASE64.encode([7; 68]));
    let same_name = format!("\u{2014} {ORIGIN} {}\n", BASE64.encode([7; 68]));
    let (_, key) = log_key();
    for extra in [&witness, &same_name] {
        let after = format!("{note}{extra}");
        assert_eq!(open_note(&after, &key).unwrap(), checkpoint());
        let before = note.replacen("\n\n", &format!("\n\n{extra}"), 1);
        assert_eq!(open_note(&before, &key).unwrap(), checkpoint());
    }
    for broken in [
        "- witness.example/1 BwcHBwcHBwc=\n",
        "\u{2014} witness.example/1\n",
        "\u{2014} witness.example/1 !!!!\n",
        "\u{2014} witness.example/1 BwcHBw\n",
        "\u{2014} wit+ness BwcHBwcHBwc=\n",
        "\u{2014} witness.example/1 BwcHBw==\n",
        "\u{2014}  BwcHBwcHBwc=\n",
    ] {
        assert_eq!(note_error(&format!("{note}{broken}")), "signature line");
    }
    let crowd = witness.repeat(100);
    assert_eq!(
        note_error(&format!("{note}{crowd}")),
        "too many signature lines"
    );
}

#[test]
fn a_false_line_of_our_key_spoils_the_note() {
    let note = sign(&checkpoint());
    let mut other = checkpoint();
    other.size = 9;
    let stolen = sign(&other);
    let line = stolen.lines().last().unwrap();
    assert_eq!(
        open_note(&format!("{note}{line}\n"), &log_key().1),
        Err(Error::FalseSignature {
            name: ORIGIN.into()
        })
    );
}

#[test]
fn another_key_does_not_open_it() {
    let private = PrivateKey::from_bytes(&[0x43; 32]).unwrap();
    let other = VerifierKey::new(ORIGIN, private.public_key().clone()).unwrap();
    let not_signed = Err(Error::NotSigned {
        name: ORIGIN.into(),
    });
    assert_eq!(open_note(&sign(&checkpoint()), &other), not_signed);
}

#[test]
fn a_log_speaks_only_for_itself() {
    let mut foreign = checkpoint();
    foreign.origin = "other.example/log".into();
    assert_eq!(
        open_note(&note_over(&foreign.body()), &log_key().1),
        Err(Error::OtherLog {
            name: ORIGIN.into()
        })
    );
}

#[test]
fn a_signature_with_the_tls_identifier_is_false() {
    let (private, key) = log_key();
    let message = note_message(&checkpoint());
    let signature = private.sign(SignerId::Tls13, &message).unwrap();
    assert_eq!(
        open_note(&signed_note(&checkpoint(), &key, &signature), &key),
        Err(Error::FalseSignature {
            name: ORIGIN.into()
        })
    );
}

#[test]
fn extension_lines_are_allowed_and_other_texts_are_not() {
    let body = checkpoint().body();
    let (_, key) = log_key();
    let extended = note_over(&format!("{body}an extension\nanother\n"));
    assert_eq!(open_note(&extended, &key).unwrap(), checkpoint());
    let root = BASE64.encode(sm3::digest(b"root").as_bytes());
    for (text, what) in [
        (format!("{ORIGIN}\n8\n"), "no root line"),
        (format!("{ORIGIN}\n"), "no size line"),
        (format!("\n8\n{root}\n"), "origin line"),
        (format!("{ORIGIN}\n08\n{root}\n"), "size line"),
        (format!("{ORIGIN}\n+8\n{root}\n"), "size line"),
        (format!("{ORIGIN}\n\n{root}\n"), "size line"),
        (
            format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
            "size line",
        ),
        (format!("{ORIGIN}\n8\n{}\n", &root[..40]), "root line"),
        (format!("{ORIGIN}\n8\n{root}=\n"), "root line"),
        (format!("{body}\nmore\n"), "empty line"),
        (format!("{body}bell\u{7}\n"), "control character"),
        (body.replace('\n', "\r\n"), "control character"),
    ] {
        assert_eq!(note_error(&note_over(&text)), what, "{text:?}");
    }
}

#[test]
fn a_note_has_text_an_empty_line_and_signatures() {
    let note = sign(&checkpoint());
    assert_eq!(note_error(""), "no empty line");
    assert_eq!(note_error(&checkpoint().body()), "no empty line");
    assert_eq!(note_error(&note.replace("\n\n", "\n")), "no empty line");
    assert_eq!(
        note_error(&format!("{}\n", checkpoint().body())),
        "no signature lines"
    );
    assert_eq!(note_error(note.trim_end()), "no signature lines");
    assert_eq!(note_error(&format!("{note}\n")), "no signature lines");
    let long = note_over(&format!(
        "{}{}\n",
        checkpoint().body(),
        "x".repeat(MAX_NOTE)
    ));
    assert!(matches!(
        open_note(&long, &log_key().1),
        Err(Error::TooLong { .. })
    ));
}

#[test]
fn every_flipped_bit_of_a_note_is_noticed() {
    let note = sign(&checkpoint()).into_bytes();
    let (_, key) = log_key();
    for bit in 0..note.len() * 8 {
        let mut wrong = note.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        // What is no text any more cannot even be asked about.
        if let Ok(wrong) = String::from_utf8(wrong) {
            assert!(open_note(&wrong, &key).is_err(), "bit {bit}: {wrong:?}");
        }
    }
}

proptest! {
    #[test]
    fn every_checkpoint_reads_back(size in any::<u64>(), root in any::<[u8; 32]>()) {
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: Digest(root), previous: None };
        prop_assert_eq!(open_note(&sign(&checkpoint), &log_key().1).unwrap(), checkpoint);
    }

    #[test]
    fn no_text_panics_as_a_note(text in "([a-z0-9\u{2014} +/=]{0,12}\n{0,2}){0,12}") {
        prop_assert!(open_note(&text, &log_key().1).is_err());
    }

    #[test]
    fn no_text_panics_as_a_key(text in "\\PC{0,40}", id in "[0-9a-f]{0,8}", tail in "[A-Za-z0-9+/=]{0,140}") {
        prop_assert!(text.parse::<VerifierKey>().is_err());
        let line = format!("{text}+{id}+{tail}");
        prop_assert!(line.parse::<VerifierKey>().is_err());
    }
}
