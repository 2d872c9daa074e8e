//! Issuing: intent, signature, certificate. Two commits around a signature; a list is one act and one commit.
//!
//! 1. the approvals are checked to the last signature and the exact TBS is put on the ledger;
//! 2. the key signs and the signature is verified;
//! 3. the certificates are committed. Until then nothing leaves.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::event::{Basis, Decision};
use policy::lint::{self, LintContext};
use policy::{Profile, Role};
use sm_engine::key::{self, Algorithm};
use sm_engine::sm2::Signature;
use sm_engine::sm3;
use store::views::CaseRow;
use x509::certificate::{Certificate, TbsCertificate, assemble_certificate};

use crate::act::{IssuedCertificate, Outcome, Succeeds};
use crate::crash::{CrashPoint, reach};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::examine::{Dossiers, IssueFacts};
use crate::officer::check_now;
use crate::service::Core;
use crate::statement::{Statement, Subject};
use crate::writer::{Intent, IssuedItem, Order, Signed};

/// An intent on the ledger, waiting for its signature.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) authority: String,
    pub(crate) serial: String,
    pub(crate) tbs: Vec<u8>,
    pub(crate) intent: u64,
    /// Authority and serial of the certificate that it follows on.
    pub(crate) predecessor: Option<(String, String)>,
}

/// A certificate that was issued: its bytes and its entry.
pub(crate) struct Issued {
    pub(crate) authority: String,
    pub(crate) serial: String,
    pub(crate) certificate: Certificate,
    pub(crate) entry: u64,
}

/// Produces the certificates of approved cases.
pub(crate) async fn issue(
    core: &Arc<Core>,
    signed: Signed,
    items: Vec<IssueFacts>,
    dossiers: &Dossiers,
) -> Result<Outcome, Error> {
    let now = core.clock.now();
    let mut intents = Vec::with_capacity(items.len());
    check_approvals(core, dossiers, items.iter().map(|item| &item.row))?;
    for IssueFacts { row, material } in &items {
        let serial = core
            .partitions
            .serial(&material.member.authority, &material.key);
        let tbs = material.tbs(core, serial, now)?;
        if tbs.template_digest() != row.template {
            // The authority's addresses or certificate changed since the review: what was approved cannot be made.
            return Err(Refusal::new(
                "A417",
                format!(
                    "{} 审核之后，签发参数（服务地址或签发机构证书）已变化，请由录入员撤回后重新申请",
                    row.case_id
                ),
                format!(
                    "{}: addresses or certificate of the authority changed after the review; withdraw the case and enter it again",
                    row.case_id
                ),
            )
            .into());
        }
        let revision = u32::try_from(row.revision).unwrap_or(u32::MAX);
        let case = Some((row.case_id.clone(), revision, row.template));
        let intent = prepare_intent(
            &material.member.authority,
            &material.profile,
            &tbs,
            Some(&material.member.certificate),
            case,
        )?;
        intents.push(Intent {
            predecessor: predecessor(row),
            ..intent
        });
    }
    let cases: Vec<String> = items.iter().map(|item| item.row.case_id.clone()).collect();
    let issued = issue_intents(core, Some(signed), None, intents).await?;
    let certificates = cases
        .into_iter()
        .zip(issued)
        .map(|(case, issued)| IssuedCertificate {
            case,
            authority: issued.authority,
            serial: issued.serial,
            pem: issued.certificate.to_pem(),
            entry: issued.entry,
        })
        .collect();
    Ok(Outcome::CertificatesIssued { certificates })
}

/// The intent for a TBS, once it has passed every lint.
pub(crate) fn prepare_intent(
    authority: &str,
    profile: &Profile,
    tbs: &TbsCertificate,
    issuer: Option<&Certificate>,
    case: Option<(String, u32, sm3::Digest)>,
) -> Result<Intent, Error> {
    let der = tbs.to_der()?;
    lint_tbs(&der, tbs.signature_algorithm, profile, issuer)?;
    Ok(Intent {
        authority: authority.to_owned(),
        serial: tbs.serial.to_string(),
        tbs_digest: sm3::digest(&der),
        tbs: der,
        profile: profile.name.clone(),
        profile_document: profile.document(),
        key: sm3::digest(&x509::key_info(&tbs.public_key)),
        case,
        predecessor: None,
    })
}

/// Authority and serial of the certificate that a case's own follows on.
pub(crate) fn predecessor(row: &CaseRow) -> Option<(String, String)> {
    let serial = row.predecessor.clone()?;
    Some((row.authority.clone(), serial))
}

/// Refuses a TBS that breaks a lint. The signature in place is the smallest well-formed one and verifies nowhere.
fn lint_tbs(
    der: &[u8],
    algorithm: Algorithm,
    profile: &Profile,
    issuer: Option<&Certificate>,
) -> Result<(), Error> {
    const INTEGERS: [u8; 8] = [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01];
    let bits: &[u8] = match algorithm {
        Algorithm::EcdsaP256Sha256 | Algorithm::Sm2Sm3 => &INTEGERS,
        Algorithm::RsaSha256 => &[1; 256],
    };
    let placeholder = key::Signature::from_bytes(algorithm, bits)
        .ok_or_else(|| Error::Inconsistent("the placeholder signature is well formed".into()))?;
    let certificate = Certificate::from_der(&assemble_certificate(der, &placeholder)?)?;
    let findings = lint::run(&certificate, &LintContext { profile, issuer });
    if findings.is_empty() {
        return Ok(());
    }
    let list: Vec<_> = findings
        .iter()
        .map(|f| format!("{}（{}）：{}", f.lint, f.source, f.what))
        .collect();
    Err(Refusal::new(
        "A426",
        format!("证书内容不符合规范，未签发：{}", list.join("；")),
        format!(
            "the certificate breaks these rules and was not signed: {}",
            list.join("; ")
        ),
    )
    .into())
}

/// Commits intents, signs and commits the certificates.
pub(crate) async fn issue_intents(
    core: &Arc<Core>,
    signed: Option<Signed>,
    own: Option<Basis>,
    intents: Vec<Intent>,
) -> Result<Vec<Issued>, Error> {
    let mut pending: Vec<Pending> = intents
        .iter()
        .map(|intent| Pending {
            authority: intent.authority.clone(),
            serial: intent.serial.clone(),
            tbs: intent.tbs.clone(),
            intent: 0,
            predecessor: intent.predecessor.clone(),
        })
        .collect();
    let committed = core
        .writer
        .commit(Order::Intend {
            signed,
            own,
            items: intents,
        })
        .await?;
    for (entry, item) in (committed.first..).zip(&mut pending) {
        item.intent = entry;
    }
    match complete(core, &pending).await {
        Ok(issued) => Ok(issued),
        Err(error) => {
            // Nothing left: the serials are burnt, the cases can be produced again.
            for item in &pending {
                abandon(core, item, "signing-failed").await;
            }
            Err(error)
        }
    }
}

/// Signs pending intents and commits the certificates, all or none.
pub(crate) async fn complete(core: &Core, pending: &[Pending]) -> Result<Vec<Issued>, Error> {
    let mut certificates = Vec::with_capacity(pending.len());
    let mut items = Vec::with_capacity(pending.len());
    for item in pending {
        let member = core.hierarchy.get(&item.authority)?;
        let signature = member.signer.sign(&item.tbs)?;
        let der = assemble_certificate(&item.tbs, &signature)?;
        let certificate = Certificate::from_der(&der)?;
        items.push(IssuedItem {
            authority: item.authority.clone(),
            serial: item.serial.clone(),
            intent: item.intent,
            digest: certificate.fingerprint(),
            not_after: certificate.not_after().0,
            certificate: der,
            predecessor: item.predecessor.clone(),
        });
        certificates.push(certificate);
    }
    reach(core.crash, CrashPoint::Signed);
    let committed = core.writer.commit(Order::Issued(items)).await?;
    Ok((committed.first..)
        .zip(pending.iter().zip(certificates))
        .map(|(entry, (item, certificate))| Issued {
            authority: item.authority.clone(),
            serial: item.serial.clone(),
            certificate,
            entry,
        })
        .collect())
}

/// Closes an intent; where that fails too, the sweep at the next start does it.
pub(crate) async fn abandon(core: &Core, item: &Pending, reason: &str) {
    let order = Order::Abandon {
        authority: item.authority.clone(),
        serial: item.serial.clone(),
        intent: item.intent,
        reason: reason.into(),
    };
    if let Err(error) = core.writer.commit(order).await {
        tracing::error!(%error, serial = %item.serial, "an intent stays open until the next sweep");
    }
}

/// Entry and review statements of every case are there, signed by two officers whose certificates are good now,
/// and say what the case says.
pub(crate) fn check_approvals<'a>(
    core: &Core,
    dossiers: &Dossiers,
    mut cases: impl Iterator<Item = &'a CaseRow>,
) -> Result<(), Error> {
    let approvals = Approvals { core, dossiers };
    cases.try_for_each(|row| approvals.check_case(row))
}

/// Statements as they are on record.
struct Approvals<'a> {
    core: &'a Core,
    dossiers: &'a Dossiers,
}

impl Approvals<'_> {
    fn check_case(&self, row: &CaseRow) -> Result<(), Error> {
        let review = row
            .review_statement
            .ok_or_else(|| decide::no_such(&row.case_id))?;
        let entry = self.verified(&row.entry_statement, Role::Entry)?;
        let succession = Succeeds::of(row)?;
        let fits = matches!(&entry.subject, Subject::CaseSubmit { case, revision, form, request, template, profile, evidence, succeeds }
            if *case == row.case_id && i64::from(*revision) == row.revision && *form == row.form
                && *request == row.request && *template == row.template && *profile == row.profile_document
                && hex_list(evidence) == row.evidence && *succeeds == succession);
        if !fits || entry.officer != row.entered_by {
            return Err(Error::Inconsistent(format!(
                "{}: the entry statement is about something else",
                row.case_id
            )));
        }
        let review = self.verified(&review, Role::Review)?;
        let fits = matches!(&review.subject, Subject::CaseReview { case, revision, decision, form, template, evidence, .. }
            if *case == row.case_id && i64::from(*revision) == row.revision && *decision == Decision::Approved
                && *form == row.form && *template == row.template && hex_list(evidence) == row.evidence);
        if !fits
            || row.reviewed_by.as_ref() != Some(&review.officer)
            || review.officer == entry.officer
        {
            return Err(Error::Inconsistent(format!(
                "{}: the review statement is about something else",
                row.case_id
            )));
        }
        Ok(())
    }

    /// A statement with its signature verified and its officer good now in that role.
    fn verified(&self, digest: &sm3::Digest, role: Role) -> Result<Statement, Error> {
        let Self { core, dossiers } = *self;
        let broken = |what: &str| Error::Inconsistent(format!("statement {digest}: {what}"));
        let row = dossiers
            .statement(digest)
            .ok_or_else(|| broken("is not on record"))?;
        let text = dossiers
            .open(&core.store, digest)?
            .ok_or_else(|| broken("its text is missing"))?;
        let signature = STANDARD
            .decode(&row.signature)
            .ok()
            .and_then(|der| Signature::from_der(&der).ok())
            .ok_or_else(|| broken("its signature is malformed"))?;
        let officer = core
            .officers
            .find(&row.officer)
            .ok_or_else(|| broken("its officer is unknown"))?;
        match check_now(&officer, &core.hierarchy, &core.index, core.clock.now()) {
            // It is not who produces that may not act.
            Err(Error::Refused(_)) => return Err(lapsed(&row.officer).into()),
            standing => standing?,
        };
        let text = std::str::from_utf8(&text).map_err(|_| broken("is not text"))?;
        let statement = Statement::parse(text)?;
        if officer.role != role || statement.certificate != officer.fingerprint {
            return Err(lapsed(&row.officer).into());
        }
        if !officer.has_signed(text.as_bytes(), &signature) {
            return Err(broken("its signature does not verify"));
        }
        if statement.officer != row.officer || statement.role != role {
            return Err(broken("was not made in the role that it needs"));
        }
        Ok(statement)
    }
}

/// Who entered or approved may not act now, or has another role or another certificate since.
fn lapsed(officer: &str) -> Refusal {
    Refusal::new(
        "A417",
        format!(
            "{officer} 在录入或审核之后已换岗位、换证书，或其任命、证书现已失效，其批准不再有效。请待其恢复，或由录入员撤回后重新申请"
        ),
        format!(
            "{officer} has another role or certificate since the approval, or may not act now: it no longer counts. Wait until that is settled, or withdraw the case and enter it again"
        ),
    )
}

fn hex_list(digests: &[sm3::Digest]) -> String {
    digests
        .iter()
        .map(sm3::Digest::to_string)
        .collect::<Vec<_>>()
        .join(",")
}
