//! Signed notes (C2SP signed-note): text, an empty line, and signature lines
//! `— <key name> <base64(key ID || signature)>`. The signature is over the text, in the format of its key: SM2 in DER
//! with the default identifier for the log, 64 bytes of Ed25519 for its mirror.

use super::{Checkpoint, NoteKey};
use crate::Error;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Longest note in bytes.
pub const MAX_NOTE: usize = 64 * 1024;
/// Most signature lines.
const MAX_SIGNATURES: usize = 100;
/// A signature line begins with an em dash and a space.
const MARK: &str = "\u{2014} ";

/// The bytes that the log signs.
#[must_use]
pub fn note_message(checkpoint: &Checkpoint) -> Vec<u8> {
    checkpoint.body().into_bytes()
}

/// The note with one signature.
#[must_use]
pub fn signed_note<K: NoteKey>(
    checkpoint: &Checkpoint,
    key: &K,
    signature: &K::Signature,
) -> String {
    let mut blob = key.key_id().to_vec();
    blob.extend_from_slice(&key.encode(signature));
    let (body, name) = (checkpoint.body(), key.name());
    format!("{body}\n{MARK}{name} {}\n", BASE64.encode(blob))
}

/// What `key` signed: every signature line of that key must verify, and there must be one.
/// Lines of other keys are ignored, as long as they are signature lines.
///
/// # Errors
/// [`Error::TooLong`] beyond [`MAX_NOTE`], [`Error::Note`] for another format, [`Error::NotSigned`],
/// [`Error::FalseSignature`], [`Error::OtherLog`] where the origin is not the name of the key.
pub fn open_note<K: NoteKey>(note: &str, key: &K) -> Result<Checkpoint, Error> {
    let (text, signatures) = split(note)?;
    let name = || key.name().to_owned();
    let mut signed = false;
    for line in signatures {
        if line.name != key.name() || line.key_id != key.key_id() {
            continue;
        }
        if !key.has_signed(text.as_bytes(), &line.signature) {
            return Err(Error::FalseSignature { name: name() });
        }
        signed = true;
    }
    if !signed {
        return Err(Error::NotSigned { name: name() });
    }
    let checkpoint = Checkpoint::parse(text)?;
    if checkpoint.origin != key.name() {
        return Err(Error::OtherLog { name: name() });
    }
    Ok(checkpoint)
}

/// One signature line.
pub(super) struct SignatureLine<'a> {
    name: &'a str,
    key_id: [u8; 4],
    /// In the format of its key; nothing is known about it yet.
    signature: Vec<u8>,
}

/// The text with its last newline, and the signature lines.
pub(super) fn split(note: &str) -> Result<(&str, Vec<SignatureLine<'_>>), Error> {
    let wrong = |what| Error::Note { what };
    if note.len() > MAX_NOTE {
        return Err(Error::TooLong {
            what: "signed note",
            limit: MAX_NOTE,
        });
    }
    if note.chars().any(|c| c.is_control() && c != '\n') {
        return Err(wrong("control character"));
    }
    // The text may contain empty lines, signature lines may not: the last empty line divides them.
    let divide = note.rfind("\n\n").ok_or(wrong("no empty line"))?;
    let (text, signatures) = note.split_at(divide + 1);
    let lines = signatures
        .strip_prefix('\n')
        .and_then(|lines| lines.strip_suffix('\n'))
        .ok_or(wrong("no signature lines"))?;
    let mut parsed = Vec::new();
    for line in lines.split('\n') {
        if parsed.len() == MAX_SIGNATURES {
            return Err(wrong("too many signature lines"));
        }
        parsed.push(signature_line(line).ok_or(wrong("signature line"))?);
    }
    Ok((text, parsed))
}

fn signature_line(line: &str) -> Option<SignatureLine<'_>> {
    let (name, blob) = line.strip_prefix(MARK)?.split_once(' ')?;
    let blob = BASE64.decode(blob).ok()?;
    let (key_id, signature) = blob.split_first_chunk::<4>()?;
    let usable = super::verifier_key::is_key_name(name) && !signature.is_empty();
    usable.then(|| SignatureLine {
        name,
        key_id: *key_id,
        signature: signature.to_vec(),
    })
}
