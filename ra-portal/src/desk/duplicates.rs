//! Whom an application resembles, in officers' words: for whoever enters it and whoever reviews it.

use authority::{Duplicate, DuplicateKind, Likeness};

/// A likeness as it is shown.
pub(super) struct Line {
    /// Key of the word of how much it means.
    pub(super) likeness: &'static str,
    /// Class of the stylesheet.
    pub(super) class: &'static str,
    /// Key of the sentence.
    pub(super) sentence: &'static str,
    pub(super) cases: Vec<String>,
    pub(super) more: u64,
    pub(super) beyond: bool,
}

impl From<Duplicate> for Line {
    fn from(found: Duplicate) -> Self {
        let (likeness, class) = match found.likeness {
            Likeness::Forbidden => ("duplicates.forbidden", "revoked"),
            Likeness::Exact => ("duplicates.exact", "revoked"),
            Likeness::Strong => ("duplicates.strong", "held"),
            Likeness::Weak => ("duplicates.weak", "unknown"),
        };
        Self {
            likeness,
            class,
            sentence: match found.kind {
                DuplicateKind::KeyCompromised => "duplicates.key_compromised",
                DuplicateKind::KeyUsed => "duplicates.key_used",
                DuplicateKind::SameSubject => "duplicates.same_subject",
                DuplicateKind::NameAndBirth => "duplicates.name_and_birth",
                DuplicateKind::Mobile => "duplicates.mobile",
                DuplicateKind::KnownSubject => "duplicates.known_subject",
                DuplicateKind::Evidence => "duplicates.evidence",
                DuplicateKind::NameInUnit => "duplicates.name_in_unit",
            },
            cases: found.cases,
            more: found.more,
            beyond: found.beyond,
        }
    }
}

/// Whether the entry officer has to explain one of them.
pub(super) fn ask_for_words(found: &[Duplicate]) -> bool {
    found.iter().any(|one| one.likeness == Likeness::Strong)
}

/// Whether it cannot be submitted as it is.
pub(super) fn stop(found: &[Duplicate]) -> bool {
    let stops = |one: &Duplicate| one.likeness <= Likeness::Exact;
    found.iter().any(stops)
}
