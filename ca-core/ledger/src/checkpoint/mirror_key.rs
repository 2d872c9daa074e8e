//! The public key of the log's SHA-256 mirror as C2SP signed-note has it: `name+hex(key ID)+base64(01 || key)`, where
//! key ID = first 4 bytes of SHA-256(name || 0A || 01 || key).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sm_engine::foreign::{ed25519, sha256};

use super::NoteKey;
use super::verifier_key::{MAX_LINE, is_key_name, split_line};
use crate::Error;

/// Signature type Ed25519.
const TYPE: u8 = 1;

/// The mirror's name and public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorKey {
    name: String,
    key: ed25519::PublicKey,
}

impl MirrorKey {
    /// A key with its name.
    ///
    /// # Errors
    /// [`Error::VerifierKey`] where the name is none that a signed note may have.
    pub fn new(name: impl Into<String>, key: ed25519::PublicKey) -> Result<Self, Error> {
        let name = name.into();
        if !is_key_name(&name) {
            return Err(Error::VerifierKey { what: "its name" });
        }
        Ok(Self { name, key })
    }

    /// The name of the mirror of the log of that name: `…/sm3` becomes `…/sha256`.
    #[must_use]
    pub fn name_for(log: &str) -> String {
        format!("{}/sha256", log.strip_suffix("/sm3").unwrap_or(log))
    }

    /// The key as the ledger states it.
    #[must_use]
    pub fn key(&self) -> &ed25519::PublicKey {
        &self.key
    }

    fn typed(&self) -> Vec<u8> {
        [&[TYPE][..], &self.key.to_bytes()].concat()
    }
}

impl NoteKey for MirrorKey {
    type Signature = ed25519::Signature;

    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = sha256(&[self.name.as_bytes(), b"\n", &self.typed()]);
        [a, b, c, d]
    }

    fn encode(&self, signature: &ed25519::Signature) -> Vec<u8> {
        signature.to_vec()
    }

    fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        signature
            .try_into()
            .is_ok_and(|signature| self.key.verify(text, signature).is_ok())
    }
}

impl fmt::Display for MirrorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, key) = (hex::encode(self.key_id()), BASE64.encode(self.typed()));
        write!(f, "{}+{id}+{key}", self.name)
    }
}

impl FromStr for MirrorKey {
    type Err = Error;

    /// Reads the line, without newline; the key ID must be the one that belongs to name and key.
    fn from_str(line: &str) -> Result<Self, Error> {
        let wrong = |what| Error::VerifierKey { what };
        if line.len() > MAX_LINE {
            return Err(wrong("too long"));
        }
        let (name, id, key) = split_line(line)?;
        let key = key
            .strip_prefix(&[TYPE])
            .and_then(|key| <[u8; 32]>::try_from(key).ok())
            .ok_or(wrong("not of type Ed25519"))?;
        let key = ed25519::PublicKey::from_bytes(&key).map_err(|_| wrong("not a key"))?;
        let parsed = Self::new(name, key)?;
        if hex::encode(parsed.key_id()) != id {
            return Err(wrong("its key ID is of another key"));
        }
        Ok(parsed)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Checkpoint, note_message, open_note, signed_note};
    use super::*;
    use sm_engine::sm3::Digest;

    /// The key and the note of the Go documentation of `golang.org/x/mod/sumdb/note`.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn a_key_line_that_others_made() {
        let key: MirrorKey = PETER.parse().unwrap();
        assert_eq!(key.to_string(), PETER);
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
        let line = BASE64
            .decode("x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=")
            .unwrap();
        assert_eq!(line[..4], key.key_id());
        assert!(key.has_signed(text.as_bytes(), &line[4..]));
        assert!(!key.has_signed(b"another text", &line[4..]));
        assert!(!key.has_signed(text.as_bytes(), &line[5..]));
    }

    #[test]
    fn lines_that_are_none() {
        for line in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10",
            "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            assert!(line.parse::<MirrorKey>().is_err(), "{line}");
        }
    }

    #[test]
    fn a_note_opens_under_its_key_only() {
        let private = ed25519::PrivateKey::from_seed(&[7; 32]);
        let name = MirrorKey::name_for("gmpki.test/log/sm3");
        assert_eq!(name, "gmpki.test/log/sha256");
        let key = MirrorKey::new(name.clone(), private.public_key()).unwrap();
        let checkpoint = Checkpoint {
            origin: name.clone(),
            size: 3,
            root: Digest([5; 32]),
            previous: None,
        };
        let signature = private.sign(&note_message(&checkpoint));
        let note = signed_note(&checkpoint, &key, &signature);
        assert_eq!(open_note(&note, &key).unwrap(), checkpoint);
        let other = ed25519::PrivateKey::from_seed(&[8; 32]).public_key();
        let other = MirrorKey::new(name, other).unwrap();
        assert!(matches!(
            open_note(&note, &other),
            Err(Error::NotSigned { .. })
        ));
        let changed = note.replacen("\n3\n", "\n4\n", 1);
        assert!(matches!(
            open_note(&changed, &key),
            Err(Error::FalseSignature { .. })
        ));
    }
}
