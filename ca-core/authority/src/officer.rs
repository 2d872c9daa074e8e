//! Officers in memory: who may act, with which certificate, checked against the status of this instant.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use ledger::event::Event;
use parking_lot::RwLock;
use policy::Role;
use serde::{Deserialize, Serialize};
use sm_engine::sm2::{PreparedKey, Signature, SignerId};
use store::Store;
use store::status::{Status, StatusIndex};
use x509::certificate::Certificate;
use x509::time::Time;

use crate::error::{Error, Refusal};
use crate::hierarchy::Hierarchy;
use crate::view::Officer;

/// What lies sealed under an officer's `particulars`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Particulars {
    pub(crate) department: String,
    pub(crate) name: String,
    /// 32 random hex digits.
    pub(crate) salt: String,
}

/// Verifications after which an officer's table has paid for itself.
const PREPARE_AFTER: usize = 32;

/// An appointed officer.
pub(crate) struct Appointed {
    pub(crate) number: String,
    pub(crate) role: Role,
    pub(crate) name: String,
    pub(crate) authority: String,
    pub(crate) certificate: Certificate,
    /// SM3 of the certificate, hex.
    fingerprint: String,
    /// Statements verified so far, and the key's table once there have been enough of them.
    verified: AtomicUsize,
    prepared: OnceLock<PreparedKey>,
}

impl Appointed {
    pub(crate) fn new(
        number: String,
        role: Role,
        name: String,
        authority: String,
        certificate: Certificate,
    ) -> Self {
        Self {
            number,
            role,
            name,
            authority,
            fingerprint: certificate.fingerprint().to_string(),
            certificate,
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

    fn view(&self) -> Officer {
        Officer {
            number: self.number.clone(),
            role: self.role,
            name: self.name.clone(),
            certificate: self.fingerprint.clone(),
        }
    }
}

/// All appointments.
#[derive(Default)]
pub(crate) struct Officers(RwLock<BTreeMap<String, Arc<Appointed>>>);

impl Officers {
    /// Those whom these entries appoint. The view of officers is for lists: who may act the ledger says.
    pub(crate) async fn load(store: &Store, appointments: &[Event]) -> Result<Self, Error> {
        let officers = Self::default();
        for appointment in appointments {
            if let Some(officer) = Self::read(store, appointment).await? {
                officers.add(officer);
            }
        }
        Ok(officers)
    }

    async fn read(store: &Store, appointment: &Event) -> Result<Option<Appointed>, Error> {
        let Event::OfficerAppointed {
            officer,
            role,
            authority,
            certificate,
            particulars,
            ..
        } = appointment
        else {
            return Ok(None);
        };
        let missing = |what: &str| {
            Error::Inconsistent(format!("officer {officer}: {what} is missing or damaged"))
        };
        let der = store
            .unseal(certificate)
            .await?
            .ok_or_else(|| missing("the certificate"))?;
        let particulars = store
            .unseal(particulars)
            .await?
            .ok_or_else(|| missing("the particulars"))?;
        let particulars: Particulars =
            serde_json::from_slice(&particulars).map_err(|_| missing("the particulars"))?;
        Ok(Some(Appointed::new(
            officer.clone(),
            role.parse().map_err(|_| missing("the role"))?,
            particulars.name,
            authority.clone(),
            Certificate::from_der(&der)?,
        )))
    }

    pub(crate) fn add(&self, officer: Appointed) {
        self.0
            .write()
            .insert(officer.number.clone(), Arc::new(officer));
    }

    pub(crate) fn find(&self, number: &str) -> Option<Arc<Appointed>> {
        self.0.read().get(number).cloned()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.read().len()
    }

    pub(crate) fn by_certificate(&self, certificate: &Certificate) -> Option<Arc<Appointed>> {
        self.0
            .read()
            .values()
            .find(|officer| officer.certificate.der() == certificate.der())
            .cloned()
    }
}

/// The officer, if the certificate is good *now*: dates, status, and the status of every authority above it.
pub(crate) fn check_now(
    officer: &Appointed,
    hierarchy: &Hierarchy,
    index: &StatusIndex,
    now: Time,
) -> Result<Officer, Error> {
    let no = |zh: &str, en: &str| Error::from(Refusal::new("A401", zh, en));
    let certificate = &officer.certificate;
    if now < certificate.not_before() || now > certificate.not_after() {
        return Err(no(
            "操作员证书不在有效期内",
            "the officer's certificate is not valid at this time",
        ));
    }
    match index.status(&officer.authority, certificate.serial()) {
        Status::Good => {}
        Status::Held { .. } => {
            return Err(no(
                "操作员证书已冻结",
                "the officer's certificate is on hold",
            ));
        }
        Status::Revoked { .. } => {
            return Err(no(
                "操作员证书已吊销",
                "the officer's certificate is revoked",
            ));
        }
        Status::Unknown | Status::Intended => {
            return Err(no(
                "操作员证书不在台账中",
                "the ledger does not know the officer's certificate",
            ));
        }
    }
    check_authority_now(&officer.authority, hierarchy, index, now)?;
    Ok(officer.view())
}

/// Refuses where an authority, or one above it, is not good now.
pub(crate) fn check_authority_now(
    authority: &str,
    hierarchy: &Hierarchy,
    index: &StatusIndex,
    now: Time,
) -> Result<(), Error> {
    let mut member = hierarchy.get(authority)?;
    loop {
        let certificate = &member.certificate;
        let in_time = certificate.not_before() <= now && now <= certificate.not_after();
        if !in_time || index.status(&member.parent, certificate.serial()) != Status::Good {
            return Err(Refusal::new(
                "A410",
                format!("签发机构 {} 的证书已失效", member.title()),
                format!(
                    "the certificate of authority {} is not good",
                    member.authority
                ),
            )
            .into());
        }
        match hierarchy.parent_of(&member) {
            Some(parent) => member = parent,
            None => return Ok(()),
        }
    }
}
