//! Rows of certificates in production, kept by the one writer between the intent and the certificate.
//!
//! What is here is what the writer itself committed last; since nobody else writes (`fence`), it is what the
//! database holds. A row is here only as long as its intent is open.

use std::collections::BTreeMap;

use sm_engine::sm3::Digest;

use super::project::Overlay;
use super::row::{CaseRow, CertificateRow, KeyRow};

/// Certificates in state `intended`, their cases in state `producing`, and their keys.
#[derive(Clone, Debug, Default)]
pub struct InProduction {
    certificates: BTreeMap<(String, String), CertificateRow>,
    cases: BTreeMap<String, CaseRow>,
    keys: BTreeMap<Digest, KeyRow>,
}

impl InProduction {
    /// Takes in what a group changed, once it is committed.
    pub fn follow(&mut self, committed: &Overlay) {
        for (_, row) in committed.changed_certificates() {
            let key = (row.authority.clone(), row.serial.clone());
            let open = row.state == "intended";
            keep(&mut self.certificates, key, Some(row).filter(|_| open));
            let key = committed.keys.get(&row.key).filter(|_| open);
            keep(&mut self.keys, row.key, key);
        }
        for (_, row) in committed.changed_cases() {
            let producing = row.state == "producing";
            let case = Some(row).filter(|_| producing);
            keep(&mut self.cases, row.case_id.clone(), case);
        }
        for row in committed.changed_keys() {
            if let Some(kept) = self.keys.get_mut(&row.key) {
                kept.clone_from(row);
            }
        }
    }

    pub(super) fn certificate(&self, key: &(String, String)) -> Option<&CertificateRow> {
        self.certificates.get(key)
    }

    pub(super) fn case(&self, case: &str) -> Option<&CaseRow> {
        self.cases.get(case)
    }

    pub(super) fn key(&self, key: &Digest) -> Option<&KeyRow> {
        self.keys.get(key)
    }
}

fn keep<K: Ord, R: Clone>(rows: &mut BTreeMap<K, R>, key: K, row: Option<&R>) {
    match row {
        Some(row) => rows.insert(key, row.clone()),
        None => rows.remove(&key),
    };
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::SealedForm;
    use super::*;
    use ledger::event::{Basis, Entry, Event, StatementRef};

    fn statement(n: u8) -> StatementRef {
        StatementRef {
            digest: Digest([n; 32]),
            officer: format!("OP-{n}"),
            signature: String::new(),
        }
    }

    fn events() -> [Event; 3] {
        let submitted = Event::CaseSubmitted {
            case: "C-1".into(),
            revision: 1,
            profile: "device".into(),
            profile_document: Digest([1; 32]),
            authority: "jinan".into(),
            form: Digest([2; 32]),
            request: Digest([3; 32]),
            key: Digest([4; 32]),
            template: Digest([5; 32]),
            evidence: Vec::new(),
            statement: statement(1),
        };
        let intended = Event::CertificateIntended {
            authority: "jinan".into(),
            serial: "0a".into(),
            tbs: Digest([6; 32]),
            profile: "device".into(),
            profile_document: Digest([1; 32]),
            key: Digest([4; 32]),
            basis: Basis::Case {
                case: "C-1".into(),
                statement: statement(3),
            },
        };
        let issued = Event::CertificateIssued {
            authority: "jinan".into(),
            serial: "0a".into(),
            certificate: Digest([7; 32]),
            intent: 1,
            not_after: 2,
        };
        [submitted, intended, issued]
    }

    #[test]
    fn a_row_is_kept_while_its_intent_is_open() {
        let mut overlay = Overlay::default();
        overlay.forms.insert(Digest([2; 32]), SealedForm::default());
        let mut kept = InProduction::default();
        let key = ("jinan".to_owned(), "0a".to_owned());
        for ((idx, event), open) in (0..).zip(events()).zip([false, true, false]) {
            overlay.project(idx, &Entry::new(1, event)).unwrap();
            kept.follow(&overlay);
            let row = kept.certificate(&key);
            assert_eq!(row, overlay.certificates.get(&key).filter(|_| open));
            assert_eq!(kept.case("C-1"), overlay.cases.get("C-1").filter(|_| open));
        }
    }
}
