//! Checkpoints: what the log says about itself, signed (C2SP tlog-checkpoint on C2SP signed-note).
//!
//! The log is over SM3 and its signature is SM2, so this is the form of C2SP but not its algorithms: signature
//! type `ff`, identifier `sm2-sm3`, key ID over SM3. Its mirror over SHA-256 is signed with Ed25519, exactly as C2SP
//! has it, so that the tools of others read it.

mod mirror_key;
mod note;
mod verifier_key;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sm_engine::sm3::Digest;

use crate::Error;

pub use mirror_key::MirrorKey;
pub use note::{MAX_NOTE, note_message, open_note, signed_note};
pub use verifier_key::VerifierKey;

/// The extension line that names the checkpoint before.
const PREVIOUS: &str = "previous ";

/// A key that signs checkpoints.
pub trait NoteKey {
    /// Its signatures.
    type Signature;

    /// Its name: the origin of the checkpoints.
    fn name(&self) -> &str;

    /// Which key a signature line claims: a hint for finding it, no security.
    fn key_id(&self) -> [u8; 4];

    /// A signature as it stands in a signature line, behind the key ID.
    fn encode(&self, signature: &Self::Signature) -> Vec<u8>;

    /// Whether these bytes of a signature line are this key's signature over `text`.
    fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool;
}

/// Size and root of a log at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: equal to the name of its key.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root hash of the tree of that size.
    pub root: Digest,
    /// Size of the checkpoint before this one: a missing checkpoint shows. Absent in the first.
    pub previous: Option<u64>,
}

impl Checkpoint {
    /// The signed text: origin, decimal size and root in base64, a line each; then the extension line
    /// `previous SIZE` where there is a checkpoint before.
    ///
    /// The origin must be a name that [`VerifierKey::new`] accepts; the text of any other does not parse.
    #[must_use]
    pub fn body(&self) -> String {
        let root = BASE64.encode(self.root.as_bytes());
        let previous = self
            .previous
            .map_or_else(String::new, |size| format!("{PREVIOUS}{size}\n"));
        format!("{}\n{}\n{root}\n{previous}", self.origin, self.size)
    }

    /// What a note says, without looking at who signed it: only for notes from our own store.
    ///
    /// # Errors
    /// [`Error::TooLong`], [`Error::Note`].
    pub fn from_note_unverified(note: &str) -> Result<Self, Error> {
        let (text, _) = note::split(note)?;
        Self::parse(text)
    }

    /// Reads the signed text. Of the extension lines after the third only our own is interpreted.
    fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |what| Error::Note { what };
        let text = text.strip_suffix('\n').ok_or(wrong("no last newline"))?;
        let mut lines = text.split('\n');
        let origin = lines.next().unwrap_or_default();
        let size = lines.next().ok_or(wrong("no size line"))?;
        let root = lines.next().ok_or(wrong("no root line"))?;
        if !verifier_key::is_key_name(origin) {
            return Err(wrong("origin line"));
        }
        let size = decimal(size).ok_or(wrong("size line"))?;
        let root = BASE64.decode(root).map_err(|_| wrong("root line"))?;
        let root: [u8; 32] = root.try_into().map_err(|_| wrong("root line"))?;
        let mut previous = None;
        for line in lines {
            if line.is_empty() {
                return Err(wrong("empty line"));
            }
            let Some(text) = line.strip_prefix(PREVIOUS) else {
                continue;
            };
            let stated = decimal(text).filter(|stated| *stated < size && previous.is_none());
            previous = Some(stated.ok_or(wrong("previous line"))?);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root: Digest(root),
            previous,
        })
    }
}

/// A decimal number without leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (text.starts_with('0') && text != "0") {
        return None;
    }
    text.parse().ok()
}
