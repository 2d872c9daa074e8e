//! Delegated OCSP responders (RFC 6960 §4.2.2.2): certified by each authority, renewed with overlap.
//!
//! A responder has its own key; there is no fallback to any other.

mod enrolled;

use std::sync::Arc;
use std::time::Duration;

use keys::{KeyLabel, Signer};
use ledger::event::Basis;
use sm_engine::key::{Algorithm, PublicKey};
use store::status::Status;
use store::views::CertificateRow;
use store::{Compare, Direction};
use x509::certificate::{Certificate, Serial, TbsCertificate};
use x509::name::NameBuilder;

use crate::error::Error;
use crate::hierarchy::{LOCALITY, Member, ORGANIZATION};
use crate::issue::{issue_intents, prepare_intent};
use crate::recovery::stored_certificate;
use crate::service::Core;

/// Profile of responder certificates.
const PROFILE: &str = "ocsp-responder";
/// Valid responder certificates of one authority that are looked through.
const LATEST: u32 = 1000;

/// A responder that may answer for one authority.
#[derive(Clone)]
pub struct ResponderIdentity {
    /// Short name of the authority that it answers for.
    pub authority: String,
    /// Certificate of that authority.
    pub issuer: Certificate,
    /// The responder's certificate.
    pub certificate: Certificate,
    /// The responder's key.
    pub signer: Arc<dyn Signer>,
}

/// Responder keys are named after the serial that they are made for: a start that is cut short between key and
/// certificate leaves a key that nothing names, and the next one makes another.
fn label(authority: &str, serial: &str) -> Result<KeyLabel, Error> {
    let start = serial.get(..16).unwrap_or(serial);
    Ok(KeyLabel::new(&format!("ocsp-{authority}-{start}"))?)
}

/// Takes up the latest responder certificate of every authority.
pub(crate) async fn load(core: &Core) -> Result<(), Error> {
    let own = core.provider.labels()?;
    let mut identities = Vec::new();
    for member in core.hierarchy.all() {
        let filter = [
            ("profile", Compare::Eq(PROFILE.into())),
            ("state", Compare::Eq("good".into())),
            ("authority", Compare::Eq(member.authority.as_str().into())),
            ("not_after", Compare::Gt(core.clock.now().0.into())),
        ];
        let order = [("intended_idx", Direction::Descending)];
        let rows = core
            .store
            .scan::<CertificateRow>(&filter, &order, None, LATEST)
            .await?;
        // Responders on other machines have their keys there.
        let Some((row, label)) = rows.into_iter().find_map(|row| {
            let label = label(&member.authority, &row.serial).ok()?;
            own.contains(&label).then_some((row, label))
        }) else {
            continue;
        };
        let Some(certificate) = stored_certificate(core, &row).await? else {
            continue;
        };
        let signer = core.provider.signer(&label)?;
        if signer.public_key() != certificate.public_key() {
            return Err(Error::Inconsistent(format!(
                "the responder key of {} is another one",
                member.authority
            )));
        }
        identities.push(identity(&member, certificate, signer));
    }
    core.responders.send_replace(identities);
    Ok(())
}

fn identity(
    member: &Member,
    certificate: Certificate,
    signer: Arc<dyn Signer>,
) -> ResponderIdentity {
    ResponderIdentity {
        authority: member.authority.clone(),
        issuer: member.certificate.clone(),
        certificate,
        signer,
    }
}

/// Renews responders that are missing, no longer good, or have less than a third of their time left.
pub(crate) async fn renew_due(core: &Arc<Core>) -> Result<(), Error> {
    for member in core.hierarchy.all() {
        let current = core
            .responders
            .borrow()
            .iter()
            .find(|r| r.authority == member.authority)
            .cloned();
        let due = current.is_none_or(|current| {
            let (start, end) = (
                current.certificate.not_before().0,
                current.certificate.not_after().0,
            );
            let status = core
                .index
                .status(&member.authority, current.certificate.serial());
            status != Status::Good || core.clock.now().0 > end - (end - start) / 3
        });
        if due {
            certify(core, &member, Basis::ResponderRenewal).await?;
        }
    }
    Ok(())
}

/// Makes a responder key and certificate for `member` and swaps it in.
pub(crate) async fn certify(
    core: &Arc<Core>,
    member: &Arc<Member>,
    basis: Basis,
) -> Result<(), Error> {
    // The key is named after the serial, so the serial comes first and decides the shard.
    let place = core.partitions.any(&member.authority);
    let signer = core.provider.generate_for(
        &label(&member.authority, &place.0.to_string())?,
        algorithm(member),
    )?;
    let certificate = certify_key(core, member, basis, place, signer.public_key()).await?;
    let new = identity(member, certificate, signer);
    core.responders.send_modify(|all| {
        all.retain(|old| old.authority != new.authority);
        all.push(new);
    });
    Ok(())
}

/// Algorithm of the keys that answer for `member`. RSA keys are not made here: P-256 ones, which every client that
/// verifies RSA with SHA-256 knows, answer for an RSA authority.
fn algorithm(member: &Member) -> Algorithm {
    match member.algorithm() {
        Algorithm::EcdsaP256Sha256 | Algorithm::RsaSha256 => Algorithm::EcdsaP256Sha256,
        Algorithm::Sm2Sm3 => Algorithm::Sm2Sm3,
    }
}

/// Issues a responder certificate of `member` for a key, under a serial and with the distribution point of its shard.
async fn certify_key(
    core: &Arc<Core>,
    member: &Arc<Member>,
    basis: Basis,
    (serial, crl_url): (Serial, Option<String>),
    key: &PublicKey,
) -> Result<Certificate, Error> {
    let now = core.clock.now();
    let profile = core
        .policy
        .profile(PROFILE)
        .ok_or_else(|| Error::Inconsistent("there is no profile ocsp-responder".into()))?;
    let issuer_name = member.name();
    let subject = NameBuilder {
        country: Some(profile.country_and_state().0.to_owned()),
        state: Some(profile.country_and_state().1.to_owned()),
        locality: issuer_name.get(&LOCALITY).map(str::to_owned),
        organization: issuer_name.get(&ORGANIZATION).map(str::to_owned),
        organizational_unit: None,
        common_name: Some(format!("{} OCSP 响应", member.title())),
        serial_number: None,
    };
    let not_after = now
        .plus_seconds(profile.validity_seconds())
        .min(member.certificate.not_after());
    let tbs = TbsCertificate {
        serial,
        signature_algorithm: member.algorithm(),
        issuer: issuer_name.clone(),
        not_before: now,
        not_after,
        subject: subject.build()?,
        public_key: key.clone(),
        extensions: profile.extensions(
            None,
            &core
                .urls
                .issuer(&member.authority, member.key_id(), crl_url),
            key,
        )?,
    };
    let intent = prepare_intent(
        &member.authority,
        profile,
        &tbs,
        Some(&member.certificate),
        None,
    )?;
    let issued = issue_intents(core, None, Some(basis), vec![intent]).await?;
    issued
        .into_iter()
        .next()
        .map(|issued| issued.certificate)
        .ok_or_else(|| Error::Inconsistent("one intent gives one certificate".into()))
}

/// Renews as time passes.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = renew_due(&core).await {
            tracing::error!(%error, "an OCSP responder certificate could not be renewed");
        }
    }
}
