//! One appointment: who acts in which role, where and how long, with which certificate.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledger::event::Terms;
use policy::{Role, Scope};
use serde::{Deserialize, Serialize};
use sm_engine::sm2::{PreparedKey, Signature, SignerId};
use sm_engine::sm3::Digest;
use store::views::OfficerRow;
use x509::certificate::Certificate;
use x509::time::Time;

use crate::error::{Error, Refusal};
use crate::view::Officer;

/// What lies sealed under an officer's `particulars`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Particulars {
    pub(crate) department: String,
    pub(crate) name: String,
    /// Keyed digest of the identity number, where it was vetted: tells whether two officers are one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<Digest>,
    /// 32 hex digits: makes the digest a commitment.
    pub(crate) salt: String,
    /// Full names of the units of the scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) units: Vec<String>,
}

impl Particulars {
    /// Whether both are about one person: the same identity number, or, where one of them has none, the same name in
    /// the same department.
    pub(crate) fn is_same_person(&self, other: &Self) -> bool {
        match (&self.person, &other.person) {
            (Some(one), Some(other)) => one == other,
            _ => self.name == other.name && self.department == other.department,
        }
    }
}

/// Verifications after which an officer's table has paid for itself.
const PREPARE_AFTER: usize = 32;

/// An officer as appointed, changed or ended last.
pub(crate) struct Appointed {
    pub(crate) number: String,
    pub(crate) role: Role,
    pub(crate) scope: Scope,
    pub(crate) particulars: Particulars,
    pub(crate) authority: String,
    pub(crate) certificate: Certificate,
    from: i64,
    until: Option<i64>,
    ended: bool,
    /// SM3 of the certificate.
    pub(crate) fingerprint: Digest,
    /// Statements verified so far, and the key's table once there have been enough of them.
    verified: AtomicUsize,
    prepared: OnceLock<PreparedKey>,
}

impl Appointed {
    /// Under these terms, whose certificate and particulars were read.
    pub(crate) fn new(
        number: String,
        terms: &Terms,
        particulars: Particulars,
        certificate: Certificate,
    ) -> Result<Self, Error> {
        let role = terms
            .role
            .parse()
            .map_err(|_| Error::Inconsistent(format!("officer {number}: an unknown role")))?;
        Ok(Self {
            number,
            role,
            scope: Scope {
                cities: terms.cities.iter().cloned().collect(),
                units: terms.units.iter().copied().collect(),
            },
            particulars,
            authority: terms.authority.clone(),
            fingerprint: certificate.fingerprint(),
            certificate,
            from: terms.from,
            until: terms.until,
            ended: false,
            verified: AtomicUsize::new(0),
            prepared: OnceLock::new(),
        })
    }

    /// The same, ended.
    pub(crate) fn ended(&self) -> Self {
        Self {
            number: self.number.clone(),
            role: self.role,
            scope: self.scope.clone(),
            particulars: self.particulars.clone(),
            authority: self.authority.clone(),
            certificate: self.certificate.clone(),
            from: self.from,
            until: self.until,
            ended: true,
            fingerprint: self.fingerprint,
            verified: AtomicUsize::new(0),
            prepared: OnceLock::new(),
        }
    }

    /// Whether the officer signed `message`. A key that is met often gets a table of its multiples (148 KiB).
    pub(crate) fn has_signed(&self, message: &[u8], signature: &Signature) -> bool {
        let Some(key) = self.certificate.public_key().sm2() else {
            return false;
        };
        let result = if self.verified.fetch_add(1, Ordering::Relaxed) < PREPARE_AFTER {
            key.verify(SignerId::Default, message, signature)
        } else {
            let prepared = self.prepared.get_or_init(|| key.prepare());
            prepared.verify(SignerId::Default, message, signature)
        };
        result.is_ok()
    }

    /// Authority and serial of the certificate.
    pub(crate) fn certified(&self) -> (String, String) {
        let serial = self.certificate.serial().to_string();
        (self.authority.clone(), serial)
    }

    /// Beginning, and first second after the end: UTC seconds.
    pub(crate) fn term(&self) -> (i64, Option<i64>) {
        (self.from, self.until)
    }

    /// Whether the appointment was ended, for ever.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Whether it has run out or was ended: its certificate is free for another one.
    pub(crate) fn is_over(&self, now: Time) -> bool {
        self.ended || self.until.is_some_and(|until| until <= now.0)
    }

    /// Refuses while the appointment is not in force.
    pub(super) fn check_term(&self, now: Time) -> Result<(), Refusal> {
        if self.ended {
            return Err(Refusal::new(
                "A401",
                "操作员的任命已终止",
                "the officer's appointment was ended",
            ));
        }
        if now.0 < self.from {
            return Err(Refusal::new(
                "A401",
                "操作员的任命尚未生效",
                "the officer's appointment has not begun",
            ));
        }
        if self.until.is_some_and(|until| until <= now.0) {
            return Err(Refusal::new(
                "A401",
                "操作员的任命已到期",
                "the officer's appointment has run out",
            ));
        }
        Ok(())
    }

    /// Whether it is what that row says, which may be of a transaction under way.
    pub(crate) fn agrees_with(&self, row: &OfficerRow) -> bool {
        let cities: Vec<_> = self.scope.cities.iter().cloned().collect();
        let units: Vec<_> = self.scope.units.iter().map(Digest::to_string).collect();
        row.role == self.role.as_str()
            && row.certificate == self.fingerprint
            && (row.begins, row.until) == (self.from, self.until)
            && row.ended_at.is_some() == self.ended
            && row.cities == cities.join(",")
            && row.units == units.join(",")
    }

    /// Who acts.
    pub(crate) fn view(&self) -> Officer {
        Officer {
            number: self.number.clone(),
            role: self.role,
            name: self.particulars.name.clone(),
            certificate: self.fingerprint.to_string(),
            scope: self.scope.clone(),
        }
    }
}
