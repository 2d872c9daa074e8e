//! What an event is about: kind, certificate, case, statement.

use super::{Basis, Event, StatementRef, Status};

impl Event {
    /// Its `kind` in the encoding.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LedgerFounded { .. } => "ledger.founded",
            Self::LedgerMirrored { .. } => "ledger.mirrored",
            Self::PolicyAdopted { .. } => "policy.adopted",
            Self::AuthorityFounded { .. } => "authority.founded",
            Self::OfficerAppointed { .. } => "officer.appointed",
            Self::OfficerProposed { .. } => "officer.proposed",
            Self::OfficerConfirmed { .. } => "officer.confirmed",
            Self::OfficerRefused { .. } => "officer.refused",
            Self::CaseSubmitted { .. } => "case.submitted",
            Self::CaseReviewed { .. } => "case.reviewed",
            Self::CaseSuccession { .. } => "case.succession",
            Self::CaseWithdrawn { .. } => "case.withdrawn",
            Self::CertificateIntended { .. } => "certificate.intended",
            Self::CertificateIssued { .. } => "certificate.issued",
            Self::CertificateAbandoned { .. } => "certificate.abandoned",
            Self::CertificateStatus { .. } => "certificate.status",
            Self::CertificateSuperseded { .. } => "certificate.superseded",
            Self::CrlIssued { .. } => "crl.issued",
            Self::CrlPartitioned { .. } => "crl.partitioned",
            Self::CrlPublished { .. } => "crl.published",
        }
    }

    /// The certificate it is about: issuing authority and serial. For a founded authority that is the
    /// certificate which its parent issued.
    #[must_use]
    pub fn certificate(&self) -> Option<(&str, &str)> {
        match self {
            Self::AuthorityFounded {
                parent: authority,
                serial,
                ..
            }
            | Self::OfficerAppointed {
                authority, serial, ..
            }
            | Self::CertificateIntended {
                authority, serial, ..
            }
            | Self::CertificateIssued {
                authority, serial, ..
            }
            | Self::CertificateAbandoned {
                authority, serial, ..
            }
            | Self::CertificateStatus {
                authority, serial, ..
            }
            | Self::CertificateSuperseded {
                authority, serial, ..
            } => Some((authority, serial)),
            Self::LedgerFounded { .. }
            | Self::LedgerMirrored { .. }
            | Self::PolicyAdopted { .. }
            | Self::OfficerProposed { .. }
            | Self::OfficerConfirmed { .. }
            | Self::OfficerRefused { .. }
            | Self::CaseSubmitted { .. }
            | Self::CaseReviewed { .. }
            | Self::CaseSuccession { .. }
            | Self::CaseWithdrawn { .. }
            | Self::CrlIssued { .. }
            | Self::CrlPartitioned { .. }
            | Self::CrlPublished { .. } => None,
        }
    }

    /// Serial of that certificate, hex.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        self.certificate().map(|(_, serial)| serial)
    }

    /// The authority that acts or is asked to act; for a founded authority, itself.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        match self {
            Self::AuthorityFounded { authority, .. }
            | Self::CaseSubmitted { authority, .. }
            | Self::CrlIssued { authority, .. }
            | Self::CrlPartitioned { authority, .. }
            | Self::CrlPublished { authority, .. } => Some(authority),
            _ => self.certificate().map(|(authority, _)| authority),
        }
    }

    /// The case it belongs to.
    #[must_use]
    pub fn case(&self) -> Option<&str> {
        match self {
            Self::CaseSubmitted { case, .. }
            | Self::CaseReviewed { case, .. }
            | Self::CaseSuccession { case, .. }
            | Self::CaseWithdrawn { case, .. }
            | Self::CertificateSuperseded { case, .. }
            | Self::CertificateIntended {
                basis: Basis::Case { case, .. },
                ..
            } => Some(case),
            _ => None,
        }
    }

    /// The officer's statement it rests on.
    #[must_use]
    pub fn statement(&self) -> Option<&StatementRef> {
        match self {
            Self::OfficerProposed { statement, .. }
            | Self::OfficerConfirmed { statement, .. }
            | Self::OfficerRefused { statement, .. }
            | Self::CaseSubmitted { statement, .. }
            | Self::CaseReviewed { statement, .. }
            | Self::CaseWithdrawn { statement, .. }
            | Self::CertificateStatus { statement, .. }
            | Self::CertificateIntended {
                basis: Basis::Case { statement, .. },
                ..
            } => Some(statement),
            _ => None,
        }
    }
}

impl Status {
    /// Whether `reason` is an RFC 5280 §5.3.1 name that may stand beside this state.
    #[must_use]
    pub fn allows_reason(self, reason: &str) -> bool {
        const FOR_EVER: [&str; 8] = [
            "unspecified",
            "keyCompromise",
            "cACompromise",
            "affiliationChanged",
            "superseded",
            "cessationOfOperation",
            "privilegeWithdrawn",
            "aACompromise",
        ];
        match self {
            Self::Good => reason == "removeFromCRL",
            Self::Held => reason == "certificateHold",
            Self::Revoked => FOR_EVER.contains(&reason),
        }
    }
}
