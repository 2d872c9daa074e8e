//! What every act goes through once it is examined: its number, its order, the policy it was frozen under.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ledger::event::Event;
use policy::Profile;
use sm_engine::sm3::Digest;
use x509::time::Time;

use super::Core;
use crate::act::{Act, Outcome, ProposedChange};
use crate::error::Error;
use crate::examine::{Examined, Facts};
use crate::writer::{Order, Signed};
use crate::{issue, list};

impl Core {
    /// Gives a new case its number, the next one in the year of the officers' calendar (UTC+8), and a new officer his.
    pub(super) fn number(&self, act: Act) -> Act {
        if let Act::ProposeOfficer {
            officer: None,
            change: change @ ProposedChange::Appoint { .. },
            note,
        } = act
        {
            return Act::ProposeOfficer {
                officer: Some(self.officers.next_number()),
                change,
                note,
            };
        }
        let Act::SubmitCase {
            case: None,
            profile,
            authority,
            form,
            request,
            evidence,
            succeeds,
            notes,
        } = act
        else {
            return act;
        };
        let number = self.next_case.fetch_add(1, Ordering::Relaxed) + 1;
        let year = local_year(self.clock.now());
        Act::SubmitCase {
            case: Some(format!("C-{year:04}-{number:07}")),
            profile,
            authority,
            form,
            request,
            evidence,
            succeeds,
            notes,
        }
    }

    /// Whether this year and number can have come from `number`: nobody chooses a number.
    pub(crate) fn has_handed_out(&self, (year, number): (u16, u64)) -> bool {
        let now = self.clock.now();
        // A statement may be prepared just before the year turns.
        let years = [
            local_year(now),
            local_year(now.plus_seconds(-crate::STATEMENT_LIFETIME)),
        ];
        let given = (1..=self.next_case.load(Ordering::Relaxed)).contains(&number);
        given && years.iter().any(|known| i16::try_from(year) == Ok(*known))
    }

    pub(super) async fn carry_out(
        self: &Arc<Self>,
        signed: Signed,
        examined: Examined,
    ) -> Result<Outcome, Error> {
        match examined.facts {
            Facts::Submit(submission) => {
                let outcome = Outcome::CaseSubmitted {
                    case: submission.case.clone(),
                    revision: submission.revision,
                };
                self.writer
                    .commit(Order::Submit { signed, submission })
                    .await?;
                Ok(outcome)
            }
            Facts::Review {
                case,
                revision,
                template,
                decision,
            } => {
                let outcome = Outcome::CaseReviewed {
                    case: case.clone(),
                    decision,
                };
                self.writer
                    .commit(Order::Review {
                        signed,
                        case,
                        revision,
                        template,
                        decision,
                    })
                    .await?;
                Ok(outcome)
            }
            Facts::Withdraw { case } => {
                self.writer
                    .commit(Order::Withdraw {
                        signed,
                        case: case.clone(),
                    })
                    .await?;
                Ok(Outcome::CaseWithdrawn { case })
            }
            Facts::Propose(proposal) => {
                let officer = proposal.officer.clone();
                let committed = self
                    .writer
                    .commit(Order::Propose { signed, proposal })
                    .await?;
                Ok(Outcome::OfficerProposed {
                    officer,
                    proposal: committed.first,
                })
            }
            Facts::Confirm(confirmation) => {
                let (officer, proposal) = (confirmation.officer.clone(), confirmation.proposal);
                let committed = self
                    .writer
                    .commit(Order::Confirm {
                        signed,
                        confirmation,
                    })
                    .await?;
                Ok(Outcome::OfficerConfirmed {
                    officer,
                    proposal,
                    entry: committed.first,
                })
            }
            Facts::Refuse { officer, proposal } => {
                let order = Order::Refuse {
                    signed,
                    officer: officer.clone(),
                    proposal,
                };
                self.writer.commit(order).await?;
                Ok(Outcome::OfficerRefused { officer, proposal })
            }
            Facts::Issue { items, dossiers } => issue::issue(self, signed, items, &dossiers).await,
            Facts::StatusList(facts) => list::carry_out(self, signed, *facts).await,
            Facts::Status {
                authority,
                serial,
                change,
                reason,
                since,
            } => {
                let state = match change {
                    crate::StatusChange::Hold => "held",
                    crate::StatusChange::Release => "good",
                    crate::StatusChange::Revoke => "revoked",
                };
                let order = Order::Status {
                    signed,
                    authority: authority.clone(),
                    serial: serial.clone(),
                    change,
                    reason,
                    since,
                };
                let committed = self.writer.commit(order).await?;
                Ok(Outcome::StatusChanged {
                    authority,
                    serial,
                    state: state.into(),
                    entry: committed.first,
                })
            }
        }
    }

    /// The profile whose document has this digest: in force, or frozen in an older case.
    pub(crate) async fn profile_of(
        &self,
        name: &str,
        document: &Digest,
    ) -> Result<Arc<Profile>, Error> {
        if let Some(profile) = self.policy.profile_by_document(document) {
            return Ok(Arc::clone(profile));
        }
        if let Some(profile) = self.profiles.read().get(document) {
            return Ok(Arc::clone(profile));
        }
        let bytes = self.store.unseal(document).await?.ok_or_else(|| {
            Error::Inconsistent(format!("the frozen profile {name} {document} is missing"))
        })?;
        let profile = Arc::new(Profile::parse(name, &bytes)?);
        self.profiles
            .write()
            .insert(*document, Arc::clone(&profile));
        Ok(profile)
    }

    /// Puts policy documents that are new or changed on the ledger.
    pub(crate) async fn adopt_policies(&self) -> Result<(), Error> {
        let mut events = Vec::new();
        let mut sealed = Vec::new();
        for (name, document) in self.policy.documents() {
            let row = self
                .store
                .get::<store::views::PolicyRow>(&[name.as_str().into()])
                .await?;
            if row.is_some_and(|row| row.document == document.digest) {
                continue;
            }
            events.push(Event::PolicyAdopted {
                name: name.clone(),
                document: document.digest,
            });
            sealed.push(document.bytes.to_vec());
        }
        if !events.is_empty() {
            self.writer.commit(Order::Record { events, sealed }).await?;
        }
        Ok(())
    }
}

/// Year in the officers' time zone, UTC+8 without summer time.
fn local_year(now: Time) -> i16 {
    jiff::Timestamp::from_second(now.0)
        .map(|at| jiff::tz::Offset::constant(8).to_datetime(at).year())
        .unwrap_or(1970)
}
