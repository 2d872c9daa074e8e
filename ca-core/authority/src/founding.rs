//! First start: log, policies, authorities, responders, officers. Afterwards `Authority::open` takes over.

use std::collections::BTreeMap;
use std::sync::Arc;

use const_oid::ObjectIdentifier;
use ledger::event::{Basis, Entry, Event, Terms};
use policy::Role;
use sm_engine::key::Algorithm;
use sm_engine::sm2::PublicKey;
use sm_engine::sm3;
use x509::certificate::{Certificate, Serial, TbsCertificate, assemble_certificate};
use x509::name::NameBuilder;
use zeroize::Zeroizing;

use crate::crl;
use crate::error::{Error, Refusal};
use crate::examine::{Material, check_form};
use crate::hierarchy::{Member, key_label};
use crate::issue::{Issued, issue_intents, prepare_intent};
use crate::officer::{self, Appointed};
use crate::responder;
use crate::service::{Authority, Core, Setup, log_label};
use crate::writer::{IssuedItem, Order};

/// What is founded.
pub struct Founding {
    /// Origin line of the ledger's checkpoints: a name without spaces or plus signs.
    pub origin: String,
    /// True for a demonstration: shown everywhere, for ever.
    pub demonstration: bool,
    /// Organisation of the authorities' names.
    pub organization: String,
    /// Certificate policy of the issuing authorities (RFC 5280 §4.2.1.4).
    pub certificate_policy: ObjectIdentifier,
    /// Authorities, each after its parent; who has none is a root.
    pub authorities: Vec<AuthorityPlan>,
    /// Officers, who already have their keys.
    pub officers: Vec<OfficerPlan>,
}

/// An authority to be founded.
pub struct AuthorityPlan {
    /// Short name: `root`, `jinan`.
    pub authority: String,
    /// Its parent; absent for a root.
    pub parent: Option<String>,
    /// Common name.
    pub common_name: String,
    /// City, where it has one.
    pub locality: Option<String>,
    /// Its key.
    pub key: KeyPlan,
}

/// Where an authority's key comes from.
pub enum KeyPlan {
    /// It is made.
    Generated(Algorithm),
    /// It was made elsewhere: P-256 or RSA in unencrypted PKCS#8.
    Imported(Zeroizing<Vec<u8>>),
}

/// An officer to be appointed.
pub struct OfficerPlan {
    /// Role.
    pub role: Role,
    /// Fields of the profile `officer`.
    pub form: BTreeMap<String, String>,
    /// The officer's own key.
    pub key: PublicKey,
    /// Authority that certifies it.
    pub authority: String,
}

impl Authority {
    /// Founds the hierarchy in an empty database. `progress` hears of every step: done, of how many, what.
    ///
    /// Returns the officers' certificates in the order of the plan.
    ///
    /// # Errors
    /// A refusal where the database is not empty; a fault where something broke, after which the database and
    /// the keys must be thrown away and founding begins anew.
    pub async fn found(
        setup: Setup,
        plan: Founding,
        progress: &(dyn Fn(usize, usize, &str) + Send + Sync),
    ) -> Result<Vec<Certificate>, Error> {
        if setup.store.size().await? > 0 {
            return Err(Refusal::new(
                "A409",
                "数据库中已有台账，不能再次初始化",
                "the database already holds a ledger and is not founded again",
            )
            .into());
        }
        if let Some(keeper) = &setup.keeper
            && crate::checkpoint::read_kept(&**keeper)?.is_some()
        {
            let place = keeper.place();
            return Err(Refusal::new(
                "A409",
                format!("{place} 中保存着另一台账的检查点，不能在此初始化"),
                format!("{place} keeps the checkpoint of another ledger; nothing is founded here"),
            )
            .into());
        }
        let steps = 2 + 2 * plan.authorities.len() + plan.officers.len() + 1;
        let mut done = 0;
        let mut step = |what: &str| {
            done += 1;
            progress(done, steps, what);
        };

        found_ledger(&setup, &plan).await?;
        step("ledger");
        let authority = Self::start(setup).await?;
        let core = &authority.core;
        core.adopt_policies().await?;
        step("policies");
        for planned in &plan.authorities {
            found_authority(core, &plan, planned).await?;
            step(&planned.authority);
        }
        for member in core.hierarchy.all() {
            responder::certify(core, &member, Basis::Founding).await?;
            step(&format!("OCSP {}", member.authority));
        }
        let mut certificates = Vec::with_capacity(plan.officers.len());
        for officer in plan.officers {
            certificates.push(appoint(core, officer).await?);
            step("officer");
        }
        crl::make_due(core).await?;
        step("CRL");
        authority.shut_down().await;
        Ok(certificates)
    }
}

/// Entry 0. It is written before there is a writer, which needs to know the log.
async fn found_ledger(setup: &Setup, plan: &Founding) -> Result<(), Error> {
    let signer = setup.provider.generate(&log_label()?)?;
    let event = Event::LedgerFounded {
        origin: plan.origin.clone(),
        key: hex::encode(signer.public_key().to_bytes()),
        demonstration: plan.demonstration,
    };
    let lock = setup.store.acquire_writer().await?;
    let mut tx = setup.store.begin(&lock).await?;
    tx.append_entries(0, &[Entry::new(setup.clock.now().0, event).encode()?])
        .await?;
    tx.commit().await?;
    Ok(())
}

async fn found_authority(
    core: &Arc<Core>,
    plan: &Founding,
    planned: &AuthorityPlan,
) -> Result<(), Error> {
    let label = key_label(&planned.authority)?;
    let signer = match &planned.key {
        KeyPlan::Generated(algorithm) => core.provider.generate_for(&label, *algorithm)?,
        KeyPlan::Imported(key) => core.provider.import(&label, key)?,
    };
    let parent = planned
        .parent
        .as_deref()
        .map(|parent| core.hierarchy.get(parent))
        .transpose()?;
    let name = if parent.is_some() {
        "issuing-ca"
    } else {
        "root"
    };
    let profile = core
        .policy
        .profile(name)
        .ok_or_else(|| Error::Inconsistent(format!("there is no profile {name}")))?;
    let subject = NameBuilder {
        country: Some("CN".into()),
        state: Some("山东省".into()),
        locality: planned.locality.clone(),
        organization: Some(plan.organization.clone()),
        organizational_unit: None,
        common_name: Some(planned.common_name.clone()),
        serial_number: None,
    }
    .build()?;
    let now = core.clock.now();
    let own_key_id = x509::extension::key_identifier(signer.public_key());
    let (issuer_name, issuer_id, issuer_key_id) = match &parent {
        Some(parent) => (
            parent.name().clone(),
            parent.authority.clone(),
            parent.key_id().to_vec(),
        ),
        None => (
            subject.clone(),
            planned.authority.clone(),
            own_key_id.to_vec(),
        ),
    };
    let issuer = policy::Issuer {
        policy_oids: vec![plan.certificate_policy],
        ..core.urls.issuer(&issuer_id, &issuer_key_id, None)
    };
    let tbs = TbsCertificate {
        serial: Serial::random(),
        signature_algorithm: parent
            .as_ref()
            .map_or(signer.public_key().algorithm(), |parent| parent.algorithm()),
        issuer: issuer_name,
        not_before: now,
        not_after: now.plus_seconds(profile.validity_seconds()),
        subject,
        public_key: signer.public_key().clone(),
        extensions: profile.extensions(None, &issuer, signer.public_key())?,
    };
    let issued = match &parent {
        Some(parent) => {
            let intent = prepare_intent(
                &parent.authority,
                profile,
                &tbs,
                Some(&parent.certificate),
                None,
            )?;
            single(issue_intents(core, None, Some(Basis::Founding), vec![intent]).await?)?
        }
        None => issue_root(core, planned, profile, &tbs, &*signer).await?,
    };
    let certificate = issued.certificate;
    let event = Event::AuthorityFounded {
        authority: planned.authority.clone(),
        parent: issuer_id.clone(),
        serial: issued.serial,
        certificate: certificate.fingerprint(),
        key_id: hex::encode(own_key_id),
    };
    core.writer
        .commit(Order::Record {
            events: vec![event],
            sealed: Vec::new(),
        })
        .await?;
    core.hierarchy.add(Member {
        authority: planned.authority.clone(),
        parent: issuer_id,
        certificate,
        signer,
    });
    // A root certifies authorities only: its CRL never grows.
    if core.crl.shards > 1 && parent.is_some() {
        crl::partition(core, &planned.authority, core.crl.shards).await?;
    }
    Ok(())
}

/// The root signs itself, and is no authority before it has.
async fn issue_root(
    core: &Arc<Core>,
    planned: &AuthorityPlan,
    profile: &policy::Profile,
    tbs: &TbsCertificate,
    signer: &dyn keys::Signer,
) -> Result<Issued, Error> {
    let intent = prepare_intent(&planned.authority, profile, tbs, None, None)?;
    let (authority, serial, der) = (
        intent.authority.clone(),
        intent.serial.clone(),
        intent.tbs.clone(),
    );
    let order = Order::Intend {
        signed: None,
        own: Some(Basis::Founding),
        items: vec![intent],
    };
    let intended = core.writer.commit(order).await?.first;
    let certificate = Certificate::from_der(&assemble_certificate(&der, &signer.sign(&der)?)?)?;
    let item = IssuedItem {
        authority: authority.clone(),
        serial: serial.clone(),
        intent: intended,
        certificate: certificate.der().to_vec(),
        digest: certificate.fingerprint(),
        not_after: certificate.not_after().0,
        predecessor: None,
    };
    let entry = core.writer.commit(Order::Issued(vec![item])).await?.first;
    Ok(Issued {
        authority,
        serial,
        certificate,
        entry,
    })
}

/// Certifies an officer's key and appoints its holder.
async fn appoint(core: &Arc<Core>, plan: OfficerPlan) -> Result<Certificate, Error> {
    let profile = core
        .policy
        .profile("officer")
        .cloned()
        .ok_or_else(|| Error::Inconsistent("there is no profile officer".into()))?;
    let member = core.hierarchy.get(&plan.authority)?;
    let now = core.clock.now();
    let form = check_form(&profile, &plan.form, now)?;
    let salt = hex::encode(sm_engine::random::array::<16>());
    let particulars = officer::particulars(core.store.seal_key(), &form, salt, Vec::new());
    let material = Material {
        member: Arc::clone(&member),
        profile: Arc::clone(&profile),
        form,
        key: plan.key.into(),
    };
    let serial = core.partitions.serial(&member.authority, &material.key);
    let tbs = material.tbs(core, serial, now)?;
    let intent = prepare_intent(
        &member.authority,
        &profile,
        &tbs,
        Some(&member.certificate),
        None,
    )?;
    let issued = single(issue_intents(core, None, Some(Basis::Founding), vec![intent]).await?)?;
    let number = core.officers.next_number();
    let sealed = ledger::canonical::to_canonical(&particulars)?;
    let certificate = issued.certificate;
    let terms = Terms {
        role: plan.role.to_string(),
        cities: Vec::new(),
        units: Vec::new(),
        from: now.0,
        until: None,
        authority: member.authority.clone(),
        serial: issued.serial,
        certificate: certificate.fingerprint(),
        particulars: sm3::digest(&sealed),
    };
    let appointed = Appointed::new(number.clone(), &terms, particulars, certificate.clone())?;
    let event = Event::OfficerAppointed {
        officer: number,
        role: terms.role,
        authority: terms.authority,
        serial: terms.serial,
        certificate: terms.certificate,
        particulars: terms.particulars,
    };
    core.writer
        .commit(Order::Record {
            events: vec![event],
            sealed: vec![sealed],
        })
        .await?;
    core.officers.put(appointed);
    Ok(certificate)
}

fn single(issued: Vec<Issued>) -> Result<Issued, Error> {
    issued
        .into_iter()
        .next()
        .ok_or_else(|| Error::Inconsistent("one intent gives one certificate".into()))
}
