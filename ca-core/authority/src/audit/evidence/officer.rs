//! Officers as the entries make them: whose statements count, and where each may act.

use std::sync::Arc;

use ledger::event::{Basis, Entry, Event, OfficerChange, Terms};
use policy::{Place, Scope};
use sm_engine::sm3::Digest;
use store::views::SealedForm;
use x509::certificate::Certificate;

use super::Walk;
use crate::error::Error;

/// An officer as appointed or changed last.
pub(super) struct Serving {
    pub(super) role: String,
    pub(super) certificate: Certificate,
    scope: Arc<Scope>,
}

impl Serving {
    /// Founding officers act in the whole province.
    pub(super) fn founding(role: &str, certificate: Certificate) -> Self {
        Self {
            role: role.to_owned(),
            certificate,
            scope: Arc::default(),
        }
    }

    fn under(terms: &Terms, certificate: Certificate) -> Self {
        let scope = Scope {
            cities: terms.cities.iter().cloned().collect(),
            units: terms.units.iter().copied().collect(),
        };
        Self {
            role: terms.role.clone(),
            certificate,
            scope: Arc::new(scope),
        }
    }
}

/// A proposal as its entry states it.
pub(super) struct Proposed {
    change: OfficerChange,
    pub(super) statement: Digest,
}

impl Walk<'_> {
    /// Proposals and what was decided on them. That two administrators made them, the replay has checked.
    pub(super) async fn officer(&mut self, index: u64, entry: &Entry) -> Result<(), Error> {
        match &entry.event {
            Event::OfficerProposed {
                change, statement, ..
            } => {
                self.statement(index, entry, statement).await?;
                if let Some(terms) = change.terms() {
                    self.known_certificate(
                        index,
                        &terms.authority,
                        &terms.serial,
                        &terms.certificate,
                    );
                    self.blob(index, "officer's particulars", &terms.particulars)
                        .await?;
                }
                let proposed = Proposed {
                    change: change.clone(),
                    statement: statement.digest,
                };
                self.proposals.insert(index, proposed);
            }
            Event::OfficerConfirmed {
                proposal,
                officer,
                statement,
            } => {
                self.statement(index, entry, statement).await?;
                let Some(proposed) = self.proposals.remove(proposal) else {
                    return Ok(());
                };
                let Some(terms) = proposed.change.terms() else {
                    self.officers.remove(officer);
                    return Ok(());
                };
                if let Some(certificate) = self.certificate(index, &terms.certificate).await? {
                    let serving = Serving::under(terms, certificate);
                    self.officers.insert(officer.clone(), serving);
                }
            }
            Event::OfficerRefused { statement, .. } => {
                self.statement(index, entry, statement).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether what the event is about lies where the officer may act.
    pub(super) async fn is_within_scope(
        &self,
        event: &Event,
        officer: &str,
    ) -> Result<bool, Error> {
        let serving = self.officers.get(officer);
        let Some(scope) = serving.map(|serving| Arc::clone(&serving.scope)) else {
            return Ok(true);
        };
        if scope.is_whole() {
            return Ok(true);
        }
        let case = match event {
            Event::CaseSubmitted { case, .. }
            | Event::CaseReviewed { case, .. }
            | Event::CaseWithdrawn { case, .. }
            | Event::CertificateIntended {
                basis: Basis::Case { case, .. },
                ..
            } => Some(case),
            Event::CertificateStatus {
                authority, serial, ..
            } => {
                let intent = self.intents.get(&(authority.clone(), serial.clone()));
                intent.and_then(|intent| intent.case.as_ref())
            }
            // Officers' own scopes are compared, not places.
            _ => return Ok(true),
        };
        let submitted = case.and_then(|case| self.cases.get(case));
        let place = match submitted {
            Some(submitted) => self.place(&submitted.form).await?,
            None => Place::default(),
        };
        Ok(scope.covers(&place))
    }

    /// Where a form says that its case belongs; nowhere where it is missing or damaged, which is a finding already.
    async fn place(&self, form: &Digest) -> Result<Place, Error> {
        let bytes = match self.store.unseal(form).await {
            Ok(bytes) => bytes,
            Err(store::Error::Damaged { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let form: Option<SealedForm> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(form.map_or_else(Place::default, |form| Place {
            city: form.city,
            unit: form.unit,
        }))
    }
}
