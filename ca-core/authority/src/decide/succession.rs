//! Rules on certificates that follow on others: renewal, new keys, replacement of a medium, changed particulars.

use ledger::event::Succession;
use ledger::life::State;
use store::views::{CaseRow, CertificateRow};

use super::zh_state;
use crate::act::Succeeds;
use crate::error::{Error, Refusal};
use crate::examine::Predecessor;

/// A case may be opened for the successor of this certificate at `now`, UTC seconds. `others` are the cases that name
/// the same predecessor.
pub(crate) fn open(
    predecessor: &Predecessor,
    row: Option<&CertificateRow>,
    case: &str,
    others: &[CaseRow],
    now: i64,
) -> Result<(), Refusal> {
    let Succeeds { succession, serial } = &predecessor.succeeds;
    let row = row.ok_or_else(|| super::no_such(serial))?;
    if row.case_id.is_none() || row.profile != predecessor.profile {
        return Err(Refusal::new(
            "A430",
            format!("证书 {serial} 不是经案件签发的同类证书，不能接续。请按新申请录入"),
            format!(
                "{serial} is no certificate of this class that was issued on a case; enter a new application"
            ),
        ));
    }
    if !succession.opens(state(row)?) {
        return Err(wrong_state(*succession, serial, &row.state));
    }
    let ends = row.not_after.unwrap_or(0);
    if ends <= now {
        return Err(Refusal::new(
            "A432",
            format!("证书 {serial} 已过期，不能接续。请按新申请录入"),
            format!("{serial} has expired and nothing follows on it; enter a new application"),
        ));
    }
    if *succession == Succession::Renewal && now < predecessor.renewable_from {
        let days = (predecessor.renewable_from - now + 86_399) / 86_400;
        return Err(Refusal::new(
            "A433",
            format!(
                "证书 {serial} 距可更新之日还有 {days} 天。如需换钥、补办或变更，请选择相应事项"
            ),
            format!(
                "{serial} may be renewed in {days} days; for a new key, a replacement or a change choose that act"
            ),
        ));
    }
    let other = others.iter().find(|other| {
        other.case_id != case && !matches!(other.state.as_str(), "refused" | "withdrawn")
    });
    match other {
        None => Ok(()),
        Some(other) => Err(Refusal::new(
            "A434",
            format!("证书 {serial} 已有接续案件：{}", other.case_id),
            format!("{} follows on {serial} already", other.case_id),
        )),
    }
}

/// The successor of this certificate may be produced.
pub(crate) fn produce(case: &CaseRow, row: Option<&CertificateRow>) -> Result<(), Error> {
    let Some(succeeds) = Succeeds::of(case)? else {
        return Ok(());
    };
    let serial = &succeeds.serial;
    let row = row.ok_or_else(|| super::no_such(serial))?;
    if succeeds.succession.produces(state(row)?) {
        Ok(())
    } else {
        Err(wrong_state(succeeds.succession, serial, &row.state).into())
    }
}

/// A held or revoked certificate is refused everywhere, also for its own renewal.
fn wrong_state(succession: Succession, serial: &str, found: &str) -> Refusal {
    let (zh, en) = match succession {
        Succession::Lost if found == "good" => (
            "报失的证书须先冻结，再办理补办",
            "hold the certificate of a lost medium first, then replace it",
        ),
        Succession::Damaged | Succession::Lost => (
            "已终止的证书不能补办。请按新申请录入",
            "a certificate that has ended is not replaced; enter a new application",
        ),
        Succession::Change | Succession::ReKey | Succession::Renewal => (
            "只有有效的证书可以更新、换钥或变更。冻结的请先解冻；吊销的请按新申请录入",
            "only a good certificate is renewed, given a new key or changed; release it first, or enter a new application",
        ),
    };
    Refusal::new(
        "A431",
        format!("证书 {serial} 当前状态为“{}”：{zh}", zh_state(found)),
        format!("{serial} is {found}: {en}"),
    )
}

fn state(row: &CertificateRow) -> Result<State, Refusal> {
    match row.state.as_str() {
        "good" => Ok(State::Good),
        "held" => Ok(State::Held),
        "revoked" => Ok(State::Revoked),
        // Without a certificate there is nothing to follow on.
        _ => Err(super::no_such(&row.serial)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use policy::{PolicySet, Role};
    use sm_engine::sm3::Digest;
    use store::views::KeyRow;

    use super::*;
    use crate::decide::submit;
    use crate::view::Officer;

    const DAY: i64 = 86_400;
    /// notAfter of the certificate of these tests.
    const END: i64 = 365 * DAY;

    fn row(state: &str, profile: &str) -> CertificateRow {
        CertificateRow {
            authority: "jinan".into(),
            serial: "0a".into(),
            state: state.into(),
            reason: None,
            profile: profile.into(),
            profile_document: Digest([1; 32]),
            tbs: Digest([2; 32]),
            certificate: Some(Digest([3; 32])),
            key: Digest([4; 32]),
            case_id: Some("C-2026-0000001".into()),
            not_after: Some(END),
            issued_at: Some(0),
            changed_at: 0,
            changed_by: None,
            city: None,
            unit: None,
            late: None,
            produced_by: None,
            intended_idx: 1,
            idx: 2,
        }
    }

    fn asked(succession: Succession, row: Option<&CertificateRow>, now: i64) -> String {
        let policy = PolicySet::embedded().unwrap();
        let succeeds = Succeeds {
            succession,
            serial: "0a".into(),
        };
        let profile = policy.profile("device").unwrap();
        let predecessor = Predecessor::new(succeeds, "jinan", profile, row);
        let answer = open(&predecessor, row, "", &[], now);
        answer.map_or_else(|refusal| refusal.code, |()| "possible".into())
    }

    #[test]
    fn when_a_case_may_be_opened() {
        use Succession::{Change, Lost, ReKey, Renewal};
        let window = END - 60 * DAY;
        for (succession, state, now, answer) in [
            (Renewal, "good", window - 1, "A433"),
            (Renewal, "good", window, "possible"),
            (Renewal, "good", END - 1, "possible"),
            (Renewal, "good", END, "A432"),
            (Renewal, "held", window, "A431"),
            (ReKey, "good", 1, "possible"),
            (ReKey, "good", END, "A432"),
            (ReKey, "revoked", 1, "A431"),
            (Change, "held", 1, "A431"),
            (Lost, "good", 1, "A431"),
            (Lost, "held", 1, "possible"),
            (Lost, "held", END, "A432"),
            (Lost, "intended", 1, "A404"),
            (Lost, "abandoned", 1, "A404"),
        ] {
            let row = row(state, "device");
            let told = asked(succession, Some(&row), now);
            assert_eq!(told, answer, "{succession} {state} {now}");
        }
        assert_eq!(asked(ReKey, None, 1), "A404");
        assert_eq!(asked(ReKey, Some(&row("good", "officer")), 1), "A430");
        let without_case = CertificateRow {
            case_id: None,
            ..row("good", "device")
        };
        assert_eq!(asked(ReKey, Some(&without_case), 1), "A430");
    }

    #[test]
    fn which_key_may_come_back() {
        let policy = PolicySet::embedded().unwrap();
        let officer = Officer {
            number: "OP-0001".into(),
            role: Role::Entry,
            name: String::new(),
            certificate: String::new(),
            scope: policy::Scope::default(),
        };
        let seen = |key: u8, compromised| KeyRow {
            key: Digest([key; 32]),
            subject: "case:C-2026-0000001".into(),
            compromised,
            idx: 1,
        };
        let submitted = |succession, profile: &str, key: &KeyRow| {
            let succeeds = Succeeds {
                succession,
                serial: "0a".into(),
            };
            let row = row("good", profile);
            let profile = policy.profile(profile).unwrap();
            let predecessor = Predecessor::new(succeeds, "jinan", profile, Some(&row));
            let case = "C-2026-0000002";
            match submit(case, 1, None, Some(key), Some(&predecessor), &officer) {
                Ok(()) => "possible".into(),
                Err(Error::Refused(refusal)) => refusal.code,
                Err(fault) => panic!("{fault}"),
            }
        };
        for (succession, profile, key, answer) in [
            (Succession::Renewal, "device", seen(4, 0), "possible"),
            (Succession::Renewal, "device", seen(4, 1), "A421"),
            (Succession::Renewal, "device", seen(5, 0), "A420"),
            (Succession::Renewal, "staff-signing", seen(4, 0), "A420"),
            (Succession::ReKey, "device", seen(4, 0), "A420"),
            (Succession::Damaged, "device", seen(4, 0), "A420"),
            (Succession::Lost, "device", seen(4, 0), "A420"),
            (Succession::Change, "device", seen(4, 0), "A420"),
        ] {
            let told = submitted(succession, profile, &key);
            assert_eq!(told, answer, "{succession} {profile} {key:?}");
        }
    }
}
