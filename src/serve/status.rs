//! `--role status`: OCSP, CRLs, CA certificates and ledger on a machine of their own, with no keys but the responder's
//! and nothing but the right to read the database.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use keys::{KeyLabel, Provider, Signer};
use ledger::checkpoint::VerifierKey;
use ledger::event::{Entry, Event};
use ocsp_responder::{Issuer, Responder, StatusPort};
use sm_engine::key::Algorithm;
use sm_engine::sm3::{self, Digest};
use store::clock::{Clock as _, SystemClock};
use store::status::Tail;
use store::views::{AuthorityRow, CertificateRow};
use store::{Compare, Direction, SealKey, Store};
use tokio::sync::watch;
use x509::certificate::Certificate;
use x509::name::NameBuilder;
use x509::request::Request;

use super::{Bases, Signals, ocsp_limits, ocsp_policy, write_running};
use crate::config::Config;
use crate::data::{DataDirectory, Running};
use crate::listen;

/// The responder's keys: label, algorithm, file of the request. The one answers for SM2 authorities, the other for
/// those of a hierarchy for clients without SM2.
const KEYS: [(&str, Algorithm, &str); 2] = [
    ("responder", Algorithm::Sm2Sm3, "responder.csr"),
    (
        "responder-p256",
        Algorithm::EcdsaP256Sha256,
        "responder-p256.csr",
    ),
];
/// How often the record is asked for a new responder certificate.
const RENEWAL: Duration = Duration::from_secs(1);
/// Authorities of a hierarchy.
const AUTHORITIES: u32 = 1000;

/// Serves until it is told to stop.
pub async fn run(config: &Config, data: &DataDirectory) -> anyhow::Result<()> {
    let listener = listen::bind("the status port", config.listen.machines).await?;
    let machines = format!("http://{}", listener.local_addr()?);
    let log = log_key(data)?;
    data.create()?;
    let provider = if data.is_founded() {
        data.open_keys(config)?
    } else {
        data.create_keys(config)?
    };
    let mut signers = Vec::with_capacity(KEYS.len());
    for (label, algorithm, file) in KEYS {
        let signer = own_key(&*provider, label, algorithm)?;
        write_request(&data.path().join(file), &*signer)?;
        signers.push(signer);
    }
    let requests = KEYS.map(|(_, _, file)| data.path().join(file).display().to_string());
    let requests = requests.join(" ");
    // Sealed blobs stay closed here: what is public lies in the clear.
    let store = Store::open_read_only(&data.store_url(config), SealKey::new(&[0; 32])).await?;
    let clock = Arc::new(SystemClock);
    let snapshot = Some(data.snapshot(&*provider)?);
    let max_lag = i64::from(config.status.max_lag_seconds);
    let mut tail = Tail::open(store.clone(), log, max_lag, snapshot, clock.now()).await?;
    tail.catch_up(clock.now()).await?;
    let index = Arc::clone(tail.index());
    let public = Bases {
        portal: config.urls.portal.clone().unwrap_or_default(),
        machines: config
            .urls
            .machines
            .clone()
            .unwrap_or_else(|| machines.clone()),
    };
    let responder = Responder::new(index, clock.clone(), ocsp_limits(config))
        .with_policy(ocsp_policy(config, &public)?);
    let responder = Arc::new(responder);
    let mut identity = Identity {
        store: store.clone(),
        signers,
        responder: Arc::clone(&responder),
        installed: BTreeMap::new(),
        refused: BTreeMap::new(),
    };
    if identity.renew().await? == 0 {
        tracing::warn!(%requests, "no responder certificate yet: have the authority's operator run `gmpki responder enrol` with these requests");
    }
    let (stop, stopping) = watch::channel(false);
    let following = tokio::spawn(tail.run(clock));
    let renewing = tokio::spawn(identity.watch());
    let port = StatusPort::new(responder, store).spooling_in(data.path().to_owned());
    let serving = tokio::spawn(listen::serve(
        listener,
        port,
        listen::Limits::default(),
        stopping,
    ));
    // Whoever reads that the service is ready may stop it in the same moment.
    let signals = Signals::catch()?;
    write_running(
        data,
        &Running {
            pid: std::process::id(),
            portal: None,
            machines: Some(machines.clone()),
            origin: None,
            ready: true,
        },
    )?;
    eprint!(
        "\n  OCSP · CRL · CA 证书 · 台账 machines       {machines}\n  数据目录 data                              {}\n  响应证书申请 responder's requests          {}\n\n停止：Ctrl-C / stop with Ctrl-C\n",
        data.path().display(),
        requests,
    );
    tracing::info!(%machines, "ready");
    signals.wait().await;
    eprintln!("正在停止 / stopping …");
    let _ = std::fs::remove_file(data.running_file());
    stop.send_replace(true);
    let _ = serving.await;
    renewing.abort();
    following.abort();
    Ok(())
}

/// The log's public key, which the operator brings here: what the database says about itself proves nothing.
fn log_key(data: &DataDirectory) -> anyhow::Result<VerifierKey> {
    let path = data.log_key_file();
    let line = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "{}: bring the log's public key here from the authority's data directory",
            path.display()
        )
    })?;
    line.trim()
        .parse()
        .with_context(|| path.display().to_string())
}

fn own_key(
    provider: &dyn Provider,
    label: &str,
    algorithm: Algorithm,
) -> anyhow::Result<Arc<dyn Signer>> {
    let label = KeyLabel::new(label)?;
    match provider.signer(&label) {
        Err(keys::Error::NotFound(_)) => Ok(provider.generate_for(&label, algorithm)?),
        signer => Ok(signer?),
    }
}

/// Proof that this machine has the key, for the authority's operator.
fn write_request(path: &Path, signer: &dyn Signer) -> anyhow::Result<()> {
    let subject = NameBuilder {
        country: None,
        state: None,
        locality: None,
        organization: None,
        organizational_unit: None,
        common_name: Some("OCSP".into()),
        serial_number: None,
    };
    let der = Request::build(
        |message| signer.sign(message),
        signer.public_key().clone(),
        &subject.build()?,
    )?;
    let pem = Request::from_pem_or_der(&der)?.to_pem();
    std::fs::write(path, pem).with_context(|| path.display().to_string())
}

/// The responder's certificates: taken from the record as the authorities renew them.
struct Identity {
    store: Store,
    signers: Vec<Arc<dyn Signer>>,
    responder: Arc<Responder>,
    /// Digest of the certificate at work for each authority.
    installed: BTreeMap<String, Digest>,
    /// And of the one whose refusal was said last.
    refused: BTreeMap<String, Digest>,
}

impl Identity {
    async fn watch(mut self) {
        let mut tick = tokio::time::interval(RENEWAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            // Where the database is gone the follower says so; the certificates at work stay.
            if let Err(error) = self.renew().await {
                tracing::debug!(%error, "responder certificates were not looked for");
            }
        }
    }

    /// Puts new certificates to work. How many authorities can be answered for.
    async fn renew(&mut self) -> anyhow::Result<usize> {
        let rows = self
            .store
            .scan::<AuthorityRow>(&[], &[], None, AUTHORITIES)
            .await?;
        for row in rows {
            let Some((digest, signer)) = self.latest(&row.authority).await? else {
                continue;
            };
            if self.installed.get(&row.authority) == Some(&digest) {
                continue;
            }
            let issuer = Issuer {
                authority: row.authority.clone(),
                certificate: self.authority_certificate(&row).await?,
                responder: self.public(&digest).await?,
                signer,
            };
            match self.responder.install(issuer) {
                Ok(()) => {
                    tracing::info!(authority = row.authority, "responder certificate at work");
                    self.installed.insert(row.authority, digest);
                }
                // Tried again: the follower may be about to hear that the certificate was issued.
                Err(error) => {
                    if self.refused.insert(row.authority, digest) != Some(digest) {
                        tracing::error!(%error, "a responder certificate was not accepted");
                    }
                }
            }
        }
        Ok(self.installed.len())
    }

    /// The newest certificate of a key of the responder's under `authority`, which certifies one of them only.
    async fn latest(&self, authority: &str) -> anyhow::Result<Option<(Digest, Arc<dyn Signer>)>> {
        for signer in &self.signers {
            if let Some(digest) = self.latest_of(&**signer, authority).await? {
                return Ok(Some((digest, Arc::clone(signer))));
            }
        }
        Ok(None)
    }

    async fn latest_of(
        &self,
        signer: &dyn Signer,
        authority: &str,
    ) -> anyhow::Result<Option<Digest>> {
        let key = sm3::digest(&x509::key_info(signer.public_key()));
        let filter = [
            ("profile", Compare::Eq("ocsp-responder".into())),
            ("state", Compare::Eq("good".into())),
            ("authority", Compare::Eq(authority.into())),
            ("key", Compare::Eq(key.into())),
        ];
        let order = [("intended_idx", Direction::Descending)];
        let rows = self
            .store
            .scan::<CertificateRow>(&filter, &order, None, 1)
            .await?;
        Ok(rows.first().and_then(|row| row.certificate))
    }

    /// The authority's certificate, if the ledger says what the row says.
    async fn authority_certificate(&self, row: &AuthorityRow) -> anyhow::Result<Certificate> {
        let body = self.store.entry(u64::try_from(row.idx)?).await?;
        let event = body.map(|body| Entry::decode(&body)).transpose()?;
        match event.map(|entry| entry.event) {
            Some(Event::AuthorityFounded {
                authority,
                certificate,
                ..
            }) if authority == row.authority && certificate == row.certificate => {
                self.public(&certificate).await
            }
            _ => anyhow::bail!("the row of {} is not what the ledger says", row.authority),
        }
    }

    async fn public(&self, digest: &Digest) -> anyhow::Result<Certificate> {
        let der = self.store.unseal(digest).await?;
        let der = der.with_context(|| format!("certificate {digest} is missing"))?;
        Ok(Certificate::from_der(&der)?)
    }
}

/// Whether `path` is a request that its sender has the key of.
pub fn read_request(path: &Path) -> anyhow::Result<Request> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let request = Request::from_pem_or_der(&bytes)
        .with_context(|| format!("{} is not a request", path.display()))?;
    request
        .verify()
        .with_context(|| format!("{}: proof of possession", path.display()))?;
    Ok(request)
}
