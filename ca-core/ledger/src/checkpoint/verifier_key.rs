//! The log's public key as one line, `name+hex(key ID)+base64(ff || "sm2-sm3" || point)`: all an auditor needs.
//!
//! Key ID = first 4 bytes of SM3(name || 0A || ff || "sm2-sm3" || point). This is ours: C2SP defines no SM2 type
//! and hashes with SHA-256; `ff` with a long identifier is its rule for such cases.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sm_engine::sm2::{PublicKey, Signature, SignerId};
use sm_engine::sm3::Sm3;

use super::NoteKey;
use crate::Error;

/// Signature type and identifier.
const ALGORITHM: &[u8] = b"\xffsm2-sm3";
/// Longest key name in bytes.
const MAX_NAME: usize = 255;
/// Longest key line: name, 8 hex digits, 98 base64 characters and two plus signs fit easily.
pub(super) const MAX_LINE: usize = 512;

/// A log's name and public key. A name that [`VerifierKey::new`] refuses opens no note and has no readable line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    /// Name of the key; origin of the log's checkpoints.
    pub name: String,
    /// The SM2 public key.
    pub point: PublicKey,
}

impl VerifierKey {
    /// A key with its name.
    ///
    /// # Errors
    /// [`Error::VerifierKey`] where the name is empty, too long (255 bytes), or has spaces, plus signs or
    /// control characters.
    pub fn new(name: impl Into<String>, point: PublicKey) -> Result<Self, Error> {
        let name = name.into();
        if !is_key_name(&name) {
            return Err(Error::VerifierKey { what: "its name" });
        }
        Ok(Self { name, point })
    }
}

impl NoteKey for VerifierKey {
    type Signature = Signature;

    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> [u8; 4] {
        let mut state = Sm3::new();
        state.update(self.name.as_bytes());
        state.update(b"\n");
        state.update(ALGORITHM);
        state.update(&self.point.to_sec1());
        let [a, b, c, d, ..] = *state.finish().as_bytes();
        [a, b, c, d]
    }

    fn encode(&self, signature: &Signature) -> Vec<u8> {
        signature.to_der()
    }

    fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        Signature::from_der(signature)
            .and_then(|signature| self.point.verify(SignerId::Default, text, &signature))
            .is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [ALGORITHM, &self.point.to_sec1()].concat();
        let (id, key) = (hex::encode(self.key_id()), BASE64.encode(key));
        write!(f, "{}+{id}+{key}", self.name)
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    /// Reads the line, without newline; the key ID must be the one that belongs to name and key.
    fn from_str(line: &str) -> Result<Self, Error> {
        let wrong = |what| Error::VerifierKey { what };
        if line.len() > MAX_LINE {
            return Err(wrong("too long"));
        }
        let (name, id, key) = split_line(line)?;
        let point = key
            .strip_prefix(ALGORITHM)
            .ok_or(wrong("not of type sm2-sm3"))?;
        let point = PublicKey::from_sec1(point).map_err(|_| wrong("not a point of the curve"))?;
        let parsed = Self::new(name, point)?;
        if hex::encode(parsed.key_id()) != id {
            return Err(wrong("its key ID is of another key"));
        }
        Ok(parsed)
    }
}

/// Name, key ID in hex, and the decoded rest of a key line.
pub(super) fn split_line(line: &str) -> Result<(&str, &str, Vec<u8>), Error> {
    let wrong = |what| Error::VerifierKey { what };
    // Base64 may contain plus signs, the name and the key ID may not.
    let mut parts = line.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong("not name+id+key"));
    };
    let key = BASE64.decode(key).map_err(|_| wrong("its base64"))?;
    Ok((name, id, key))
}

/// Rules for key names (C2SP signed-note): not empty, no spaces, no plus; and no control characters.
pub(super) fn is_key_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(forbidden)
}
