//! Appointments of officers after the founding: a proposal by one RA administrator states them in full, the
//! confirmation by another one puts them in force.

use serde::{Deserialize, Serialize};
use sm_engine::sm3::Digest;

/// Under which terms an officer acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Role name of `policies/separation.toml`.
    pub role: String,
    /// Cities whose matters the officer handles: division codes (GB/T 2260), ascending; empty for all of them.
    pub cities: Vec<String>,
    /// Units whose matters the officer handles: SM3 of each full name, ascending; empty for all of the cities' units.
    pub units: Vec<Digest>,
    /// When it begins, UTC seconds; not before the confirmation.
    pub from: i64,
    /// First second after its end, UTC; absent where it lasts until it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// Authority that issued the officer's certificate.
    pub authority: String,
    /// Its serial, hex.
    pub serial: String,
    /// SM3 of the certificate.
    pub certificate: Digest,
    /// Commitment to the officer's sealed particulars (name, unit, names of the units in `units`).
    pub particulars: Digest,
}

/// What is proposed for an officer number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OfficerChange {
    /// A person who is no officer yet becomes one.
    Appoint {
        /// Under these terms.
        terms: Terms,
    },
    /// Other terms for an officer; they replace the former ones whole.
    Change {
        /// The new terms.
        terms: Terms,
    },
    /// The appointment ends, for ever.
    End,
}

impl OfficerChange {
    /// The terms that it brings, unless it ends an appointment.
    #[must_use]
    pub fn terms(&self) -> Option<&Terms> {
        match self {
            Self::Appoint { terms } | Self::Change { terms } => Some(terms),
            Self::End => None,
        }
    }

    /// Its `kind` in the encoding.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Appoint { .. } => "appoint",
            Self::Change { .. } => "change",
            Self::End => "end",
        }
    }
}
