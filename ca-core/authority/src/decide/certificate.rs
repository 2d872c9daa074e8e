//! Rules on certificates.

use policy::{Role, Rules, Verb};
use sm_engine::sm3::Digest;
use store::views::{CaseRow, CertificateRow};
use x509::crl::RevocationReason;

use super::wrong_state;
use crate::act::StatusChange;
use crate::error::{Error, Refusal};
use crate::view::Officer;
use ledger::event::Status;

/// A case may be produced: approved, unchanged since, and by somebody who did not review it.
pub(crate) fn issue(
    case: &str,
    revision: u32,
    template: &Digest,
    row: Option<&CaseRow>,
    officer: &Officer,
    rules: &Rules,
) -> Result<(), Error> {
    let row = row.ok_or_else(|| super::no_such(case))?;
    if row.state != "approved" {
        return Err(wrong_state(case, &row.state, "approved").into());
    }
    let reviewer = row.reviewed_by.as_deref().unwrap_or_default();
    rules.separate(
        Verb::CertificateIssue,
        &officer.number,
        &[
            (Verb::CaseSubmit, &row.entered_by),
            (Verb::CaseReview, reviewer),
        ],
    )?;
    if row.revision != i64::from(revision) || row.template != *template {
        return Err(Error::Inconsistent(format!(
            "the template of {case} is not the approved one"
        )));
    }
    Ok(())
}

/// A certificate's state may change so.
pub(crate) fn change_status(
    subject: &str,
    change: StatusChange,
    reason: Option<RevocationReason>,
    row: Option<&CertificateRow>,
    officer: &Officer,
    rules: &Rules,
) -> Result<(), Error> {
    let row = row.ok_or_else(|| super::no_such(subject))?;
    match row.profile.as_str() {
        "root" | "issuing-ca" => {
            return Err(Refusal::new(
                "A419",
                "签发机构证书不能通过此操作变更状态",
                "certificates of authorities do not change state through this act",
            )
            .into());
        }
        "ocsp-responder" if officer.role != Role::RaAdministrator => {
            return Err(Refusal::new(
                "A418",
                "OCSP 响应证书只能由 RA 管理员冻结、解冻或吊销",
                "a responder's certificate is held, released and revoked by an RA administrator",
            )
            .into());
        }
        "officer" => check_officer_target(row, officer)?,
        _ => {}
    }
    reason_fits(change, reason)?;
    let fits = match change {
        StatusChange::Hold => row.state == "good",
        StatusChange::Release => row.state == "held",
        StatusChange::Revoke => matches!(row.state.as_str(), "good" | "held"),
    };
    if !fits {
        let needed = if change == StatusChange::Release {
            "held"
        } else {
            "good"
        };
        return Err(wrong_state(subject, &row.state, needed).into());
    }
    if change == StatusChange::Release {
        let holder = row.changed_by.as_deref().unwrap_or_default();
        rules.separate(
            Verb::CertificateRelease,
            &officer.number,
            &[(Verb::CertificateHold, holder)],
        )?;
    }
    Ok(())
}

/// A revocation has a reason that officers may give, and nothing else has one.
pub(crate) fn reason_fits(
    change: StatusChange,
    reason: Option<RevocationReason>,
) -> Result<(), Refusal> {
    let fits = match change {
        StatusChange::Revoke => reason.is_some_and(|reason| {
            !matches!(
                reason,
                RevocationReason::CertificateHold
                    | RevocationReason::RemoveFromCrl
                    | RevocationReason::CaCompromise
                    | RevocationReason::AaCompromise
            )
        }),
        StatusChange::Hold | StatusChange::Release => reason.is_none(),
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::new(
        "A422",
        "吊销必须给出原因：unspecified、keyCompromise、affiliationChanged、superseded、cessationOfOperation、privilegeWithdrawn；冻结和解冻不带原因",
        "revocation needs a reason: unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation or privilegeWithdrawn; hold and release take none",
    ))
}

/// The state after a change, and the reason as the ledger writes it.
pub(crate) fn state_after(
    change: StatusChange,
    reason: Option<RevocationReason>,
) -> (Status, String) {
    match change {
        StatusChange::Hold => (Status::Held, RevocationReason::CertificateHold.to_string()),
        StatusChange::Release => (Status::Good, RevocationReason::RemoveFromCrl.to_string()),
        StatusChange::Revoke => (
            Status::Revoked,
            reason.unwrap_or(RevocationReason::Unspecified).to_string(),
        ),
    }
}

/// Officers' own certificates are the RA administrator's business: one officer must not be able to stop the others,
/// and an administrator must not be able to stop the last one who could undo it.
fn check_officer_target(row: &CertificateRow, officer: &Officer) -> Result<(), Error> {
    let own = row
        .certificate
        .is_some_and(|digest| digest.to_string() == officer.certificate);
    if officer.role == Role::RaAdministrator && !own {
        return Ok(());
    }
    Err(Refusal::new(
        "A418",
        "操作员证书只能由 RA 管理员冻结、解冻或吊销，且不能操作自己的证书",
        "an officer's certificate is held, released and revoked by an RA administrator, never by its holder",
    )
    .into())
}
