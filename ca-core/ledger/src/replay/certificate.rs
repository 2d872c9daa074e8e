//! Certificates: the intent and what it rests on, issue or abandonment, changes of status.

use super::{Case, CaseState, Replay, Rule, State};
use crate::event::{Basis, Event};
use crate::life::{Breach, Life, breach};

/// Longest serial, in hex digits (RFC 5280 §4.1.2.2).
const MAX_SERIAL: usize = 40;
/// The only profile whose certificates renew themselves.
const RESPONDER_PROFILE: &str = "ocsp-responder";

impl Replay {
    pub(super) fn intend_certificate(
        &mut self,
        index: u64,
        time: i64,
        event: &Event,
    ) -> Result<(), Breach> {
        let Event::CertificateIntended {
            authority,
            serial,
            profile_document,
            basis,
            ..
        } = event
        else {
            return Ok(());
        };
        check_serial(serial)?;
        if self.certificate(authority, serial).is_some() {
            return breach(Rule::SerialUsed, "the serial was intended before");
        }
        self.adopted(profile_document)?;
        self.check_basis(event, time)?;
        let Some(life) = Life::begin(index, time, event) else {
            return Ok(());
        };
        if let Basis::Case { case, statement } = basis {
            self.use_production(statement, case);
            self.change_case(case, index, time, |case| {
                case.state = CaseState::Producing;
                case.serial = Some(serial.clone());
            });
        }
        let name = (authority.clone(), serial.clone());
        self.open_intents.insert(index, name);
        let of_authority = self.certificates.entry(authority.clone()).or_default();
        of_authority.insert(serial.clone(), life);
        Ok(())
    }

    /// Issue or abandonment.
    pub(super) fn close_intent(
        &mut self,
        index: u64,
        time: i64,
        event: &Event,
    ) -> Result<(), Breach> {
        let Some(life) = self.certificate_mut(event) else {
            return breach(Rule::NoSuchIntent, "nothing was intended with that serial");
        };
        life.advance(index, time, event)?;
        let (intent, state, case) = (life.intent, life.state, life.case.clone());
        self.open_intents.remove(&intent);
        if let Some(case) = case {
            self.change_case(&case, index, time, |case| {
                if state == State::Good {
                    case.state = CaseState::Issued;
                } else {
                    // The approval stands: the case may be produced under another serial.
                    case.state = CaseState::Approved;
                    case.serial = None;
                }
            });
        }
        Ok(())
    }

    pub(super) fn change_status(
        &mut self,
        index: u64,
        time: i64,
        event: &Event,
    ) -> Result<(), Breach> {
        self.check_status_statement(event, time)?;
        let Some(life) = self.certificate_mut(event) else {
            return breach(Rule::NotIssued, "no certificate has that serial");
        };
        life.advance(index, time, event)?;
        self.use_status_statement(event);
        Ok(())
    }

    fn check_basis(&self, event: &Event, time: i64) -> Result<(), Breach> {
        let Event::CertificateIntended {
            authority,
            profile,
            basis,
            ..
        } = event
        else {
            return Ok(());
        };
        match basis {
            Basis::Case { case, statement } => {
                let case = self.known_case(case)?;
                if case.state != CaseState::Approved {
                    return breach(Rule::NotApproved, format!("the case is {}", case.state));
                }
                check_as_approved(case, event)?;
                self.check_predecessor(case)?;
                self.check_production(statement, &case.case, time)
            }
            // A root signs itself before it can be founded, so its own intent names an unknown authority.
            Basis::Founding => self.still_founding(),
            Basis::ResponderRenewal if profile == RESPONDER_PROFILE => {
                self.known_authority(authority)
            }
            Basis::ResponderRenewal => breach(
                Rule::Renewal,
                "only responder certificates renew themselves",
            ),
        }
    }

    fn certificate_mut(&mut self, event: &Event) -> Option<&mut Life> {
        let (authority, serial) = event.certificate()?;
        self.certificates.get_mut(authority)?.get_mut(serial)
    }
}

fn check_as_approved(case: &Case, event: &Event) -> Result<(), Breach> {
    let Event::CertificateIntended {
        authority,
        profile,
        profile_document,
        key,
        ..
    } = event
    else {
        return Ok(());
    };
    for (same, what) in [
        (case.authority == *authority, "authority"),
        (case.profile == *profile, "profile"),
        (
            case.profile_document == *profile_document,
            "profile document",
        ),
        (case.key == *key, "key"),
    ] {
        if !same {
            return breach(
                Rule::NotAsApproved,
                format!("another {what} than the case was approved for"),
            );
        }
    }
    Ok(())
}

/// One spelling for each serial, so that "used before" cannot be evaded: minimal, lower case, positive.
fn check_serial(serial: &str) -> Result<(), Breach> {
    let digits = serial
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let length = (2..=MAX_SERIAL).contains(&serial.len()) && serial.len().is_multiple_of(2);
    if !digits || !length || serial.starts_with("00") {
        return breach(Rule::Serial, "not a serial in lower-case hex");
    }
    Ok(())
}
