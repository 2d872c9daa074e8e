//! Why a certificate follows on another one, and what that means for the other one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::life::State;

/// Why a new certificate is needed for the holder of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Succession {
    /// What the certificate says of its holder has changed.
    Change,
    /// The medium of its key is broken.
    Damaged,
    /// The medium of its key is lost.
    Lost,
    /// The key is replaced while it is still good.
    ReKey,
    /// The certificate is about to expire.
    Renewal,
}

impl Succession {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Change,
        Self::Damaged,
        Self::Lost,
        Self::ReKey,
        Self::Renewal,
    ];

    /// Its name in the encoding.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Damaged => "damaged",
            Self::Lost => "lost",
            Self::ReKey => "re-key",
            Self::Renewal => "renewal",
        }
    }

    /// The RFC 5280 reason for which the predecessor is revoked.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Change => "affiliationChanged",
            Self::Lost => "keyCompromise",
            Self::Damaged | Self::ReKey | Self::Renewal => "superseded",
        }
    }

    /// Whether the predecessor may stay good for a while beside its successor.
    #[must_use]
    pub fn overlaps(self) -> bool {
        matches!(self, Self::ReKey | Self::Renewal)
    }

    /// Whether a case may be opened while the predecessor stands so. A held certificate is refused for its own
    /// renewal. Whoever lost a medium has it held first; that one is never relied upon, so its holder is vetted anew.
    #[must_use]
    pub fn opens(self, predecessor: State) -> bool {
        match self {
            Self::Change | Self::ReKey | Self::Renewal => predecessor == State::Good,
            Self::Damaged => matches!(predecessor, State::Good | State::Held),
            Self::Lost => predecessor == State::Held,
        }
    }

    /// Whether the successor may be produced while the predecessor stands so. What is replaced without being relied
    /// upon may have been revoked meanwhile.
    #[must_use]
    pub fn produces(self, predecessor: State) -> bool {
        let replaced = matches!(self, Self::Damaged | Self::Lost);
        self.opens(predecessor) || (replaced && predecessor == State::Revoked)
    }
}

impl fmt::Display for Succession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is not the name of a succession.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("L422 not change, damaged, lost, re-key or renewal")]
pub struct UnknownSuccession;

impl FromStr for Succession {
    type Err = UnknownSuccession;

    fn from_str(text: &str) -> Result<Self, UnknownSuccession> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.as_str() == text)
            .ok_or(UnknownSuccession)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_state_of_the_predecessor_allows_what() {
        use State::{Abandoned, Good, Held, Intended, Revoked};
        for (succession, opens, produces) in [
            (Succession::Change, &[Good][..], &[Good][..]),
            (Succession::Damaged, &[Good, Held], &[Good, Held, Revoked]),
            (Succession::Lost, &[Held], &[Held, Revoked]),
            (Succession::ReKey, &[Good], &[Good]),
            (Succession::Renewal, &[Good], &[Good]),
        ] {
            for state in [Abandoned, Good, Held, Intended, Revoked] {
                assert_eq!(succession.opens(state), opens.contains(&state));
                assert_eq!(succession.produces(state), produces.contains(&state));
            }
        }
    }

    #[test]
    fn names_are_read_back_and_reasons_revoke() {
        for succession in Succession::ALL {
            assert_eq!(succession.as_str().parse(), Ok(succession));
            assert!(crate::event::Status::Revoked.allows_reason(succession.reason()));
        }
        assert_eq!("renew".parse::<Succession>(), Err(UnknownSuccession));
    }
}
