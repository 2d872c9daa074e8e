//! Officers in memory: who may act, with which certificate, checked against the status of this instant.

mod appointment;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::event::{Entry, Event, OfficerChange, Terms};
use parking_lot::RwLock;
use policy::{Form, Role};
use store::status::{Status, StatusIndex};
use store::{SealKey, Store};
use x509::certificate::Certificate;
use x509::time::Time;

pub(crate) use appointment::{Appointed, Particulars};

use crate::error::{Error, Refusal};
use crate::hierarchy::Hierarchy;
use crate::view::Officer;

/// All appointments.
#[derive(Default)]
pub(crate) struct Officers {
    by_number: RwLock<BTreeMap<String, Arc<Appointed>>>,
    /// The highest number that was given, to an officer or in a proposal.
    highest: AtomicU64,
}

impl Officers {
    /// Those whom these entries appoint, change and end. The view of officers is for lists: who may act the ledger
    /// says.
    pub(crate) async fn load(store: &Store, entries: &[(u64, Entry)]) -> Result<Self, Error> {
        let officers = Self::default();
        let mut proposals = BTreeMap::new();
        for (index, entry) in entries {
            match &entry.event {
                Event::OfficerAppointed {
                    officer,
                    role,
                    authority,
                    serial,
                    certificate,
                    particulars,
                } => {
                    let terms = Terms {
                        role: role.clone(),
                        cities: Vec::new(),
                        units: Vec::new(),
                        from: entry.time,
                        until: None,
                        authority: authority.clone(),
                        serial: serial.clone(),
                        certificate: *certificate,
                        particulars: *particulars,
                    };
                    officers.put(read(store, officer, &terms).await?);
                }
                Event::OfficerProposed {
                    officer, change, ..
                } => {
                    officers.note_number(officer);
                    proposals.insert(*index, change);
                }
                Event::OfficerConfirmed {
                    proposal, officer, ..
                } => {
                    let missing = || Error::Inconsistent(format!("proposal {proposal} is missing"));
                    match proposals.remove(proposal).ok_or_else(missing)? {
                        OfficerChange::Appoint { terms } | OfficerChange::Change { terms } => {
                            officers.put(read(store, officer, terms).await?);
                        }
                        OfficerChange::End => officers.end(officer),
                    }
                }
                Event::OfficerRefused { officer, .. } => officers.note_number(officer),
                _ => {}
            }
        }
        Ok(officers)
    }

    /// An appointment that is new or replaces the officer's former one.
    pub(crate) fn put(&self, officer: impl Into<Arc<Appointed>>) {
        let officer = officer.into();
        self.note_number(&officer.number);
        let mut officers = self.by_number.write();
        officers.insert(officer.number.clone(), officer);
    }

    /// The officer's appointment ends.
    pub(crate) fn end(&self, number: &str) {
        let mut officers = self.by_number.write();
        if let Some(officer) = officers.get_mut(number) {
            *officer = Arc::new(officer.ended());
        }
    }

    /// A number that nobody has.
    pub(crate) fn next_number(&self) -> String {
        let number = self.highest.fetch_add(1, Ordering::Relaxed) + 1;
        format!("OP-{number:04}")
    }

    /// Whether the number was given by [`Self::next_number`], now or earlier: nobody chooses one.
    pub(crate) fn has_handed_out(&self, number: &str) -> bool {
        let highest = self.highest.load(Ordering::Relaxed);
        counted(number).is_some_and(|count| (1..=highest).contains(&count))
    }

    fn note_number(&self, number: &str) {
        if let Some(count) = counted(number) {
            self.highest.fetch_max(count, Ordering::Relaxed);
        }
    }

    pub(crate) fn find(&self, number: &str) -> Option<Arc<Appointed>> {
        self.by_number.read().get(number).cloned()
    }

    /// Everybody who was ever appointed, by number.
    pub(crate) fn all(&self) -> Vec<Arc<Appointed>> {
        self.by_number.read().values().cloned().collect()
    }

    /// Whose certificate it is; of several appointments with it the one that was not ended.
    pub(crate) fn by_certificate(&self, certificate: &Certificate) -> Option<Arc<Appointed>> {
        let officers = self.by_number.read();
        officers
            .values()
            .filter(|officer| officer.certificate.der() == certificate.der())
            .min_by_key(|officer| officer.is_ended())
            .cloned()
    }

    /// RA administrators who may act now.
    pub(crate) fn administrators(
        &self,
        hierarchy: &Hierarchy,
        index: &StatusIndex,
        now: Time,
    ) -> Vec<String> {
        let all = self.all();
        let may = |officer: &&Arc<Appointed>| {
            officer.role == Role::RaAdministrator
                && check_now(officer, hierarchy, index, now).is_ok()
        };
        all.iter()
            .filter(may)
            .map(|officer| officer.number.clone())
            .collect()
    }
}

/// Who somebody is, as a vetted form says.
pub(crate) fn particulars(
    key: &SealKey,
    form: &Form,
    salt: String,
    units: Vec<String>,
) -> Particulars {
    let number = form
        .unique_identity()
        .filter(|(kind, _)| *kind == "id-number");
    Particulars {
        department: form.department().to_owned(),
        name: form.display_name().to_owned(),
        person: number.map(|(_, value)| key.keyed_digest("identity", &policy::form::fold(value))),
        salt,
        units,
    }
}

/// The count in `OP-0007`; numbers grow beyond four digits.
fn counted(number: &str) -> Option<u64> {
    let digits = number.strip_prefix("OP-")?;
    let well_formed = (4..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let count = digits.parse().ok().filter(|_| well_formed)?;
    (format!("OP-{count:04}") == number).then_some(count)
}

/// An appointment with the certificate and the particulars that its terms commit to.
pub(crate) async fn read(store: &Store, number: &str, terms: &Terms) -> Result<Appointed, Error> {
    let missing =
        |what: &str| Error::Inconsistent(format!("officer {number}: {what} missing or damaged"));
    let der = store
        .unseal(&terms.certificate)
        .await?
        .ok_or_else(|| missing("the certificate is"))?;
    let particulars = store
        .unseal(&terms.particulars)
        .await?
        .ok_or_else(|| missing("the particulars are"))?;
    let particulars: Particulars =
        serde_json::from_slice(&particulars).map_err(|_| missing("the particulars are"))?;
    Appointed::new(
        number.to_owned(),
        terms,
        particulars,
        Certificate::from_der(&der)?,
    )
}

/// The officer, if the appointment is in force and the certificate good *now*: dates, status, and the status of every
/// authority above it.
pub(crate) fn check_now(
    officer: &Appointed,
    hierarchy: &Hierarchy,
    index: &StatusIndex,
    now: Time,
) -> Result<Officer, Error> {
    officer.check_term(now)?;
    check_certificate_now(officer, hierarchy, index, now)?;
    Ok(officer.view())
}

/// Refuses where the officer's certificate, or an authority above it, is not good now.
pub(crate) fn check_certificate_now(
    officer: &Appointed,
    hierarchy: &Hierarchy,
    index: &StatusIndex,
    now: Time,
) -> Result<(), Error> {
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
    check_authority_now(&officer.authority, hierarchy, index, now)
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
