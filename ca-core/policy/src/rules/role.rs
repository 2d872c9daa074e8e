//! The roles that officers hold.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What an officer was appointed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 录入员: enters cases.
    Entry,
    /// 审核员: reviews them.
    Review,
    /// 制证员: produces certificates.
    Production,
    /// RA管理员: runs the registration authority.
    RaAdministrator,
    /// 审计员: reads everything, changes nothing.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Entry,
        Self::Review,
        Self::Production,
        Self::RaAdministrator,
        Self::Auditor,
    ];

    /// `ra-administrator`: the name in documents, entries and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Review => "review",
            Self::Production => "production",
            Self::RaAdministrator => "ra-administrator",
            Self::Auditor => "auditor",
        }
    }

    /// What officers call it.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Entry => "录入员",
            Self::Review => "审核员",
            Self::Production => "制证员",
            Self::RaAdministrator => "RA管理员",
            Self::Auditor => "审计员",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("P422 not a role; expected entry, review, production, ra-administrator or auditor")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}
