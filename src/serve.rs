//! The service: everything in one process, on loopback by default; or the part that a role names.

mod enrolled;
mod marked;
mod status;

use std::sync::Arc;

use anyhow::Context as _;
use authority::{Authority, CrashPoint, Setup, Urls};
use hyper_util::service::TowerToHyperService;
use keys::Provider;
use ocsp_responder::{Issuer, Limits, NeverIssued, Policy, Responder, Signatures, StatusPort};
use policy::PolicySet;
use ra_portal::PortalConfig;
use store::Store;
use store::clock::SystemClock;
use store::desk::Desk;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use x509::certificate::Certificate;

use crate::cli::{Role, Serving};
use crate::config::{self, Config, SignedRequests};
use crate::data::{DataDirectory, Running, desk_key, seal_key};
use crate::kept::KeptCheckpoint;
use crate::{demo, found, listen};

pub use status::read_request;

/// Name of the service on pages and in challenges.
const SERVICE_NAME: &str = "山东省电子政务网络信任服务";

/// Where the signing agent listens on an officer's machine.
pub const AGENT: &str = "http://127.0.0.1:8765";

/// Base URLs of both ports.
#[derive(Clone, Debug)]
pub struct Bases {
    /// Site and officers' API.
    pub portal: String,
    /// Machines.
    pub machines: String,
}

/// Serves what the role says until it is told to stop.
pub async fn run(config: &Config, data: &DataDirectory, serving: &Serving) -> anyhow::Result<()> {
    match serving.role {
        Role::All | Role::Ca => authority(config, data, serving).await,
        Role::Status => status::run(config, data).await,
    }
}

/// Founds where nothing is founded yet, then serves; without the status port where other machines have it.
async fn authority(config: &Config, data: &DataDirectory, serving: &Serving) -> anyhow::Result<()> {
    let portal = listen::bind("the portal", config.listen.portal).await?;
    let (mut machines, mut address) = (None, None);
    if serving.role == Role::All {
        let listener = listen::bind("the status port", config.listen.machines).await?;
        address = Some(format!("http://{}", listener.local_addr()?));
        machines = Some(listener);
    }
    let local = format!("http://{}", portal.local_addr()?);
    let configured = config.urls.machines.clone().or_else(|| address.clone());
    let public = Bases {
        portal: config.urls.portal.clone().unwrap_or_else(|| local.clone()),
        machines: configured.context(
            "role ca has no status port: say under [urls] where machines find it, urls.machines",
        )?,
    };
    found::if_needed(config, data, &serving.founding, &public, false).await?;
    let provider = data.open_keys(config)?;
    let setup = Setup {
        accept_clock: serving.accept_clock,
        ..setup(config, data, &provider, &public, !serving.founding.no_demo).await?
    };
    let authority = Authority::open(setup).await?;
    std::fs::write(
        data.mirror_key_file(),
        format!("{}\n", authority.mirror_key()),
    )?;
    let (stop, stopping) = watch::channel(false);
    let desk = Desk::open(&data.desk_url(config), desk_key(&*provider)?).await?;
    let marked = marked::officers(&authority, data);
    let portal_config = PortalConfig {
        public_url: public.portal.clone(),
        machines_url: public.machines.clone(),
        agent_url: config.urls.agent.clone().unwrap_or_else(|| AGENT.into()),
        service_name: SERVICE_NAME.into(),
    };
    let people = ra_portal::router(authority.clone(), desk, marked, portal_config);
    let served = serve(
        &authority,
        config,
        data,
        &public,
        (portal, people),
        machines,
        &stopping,
    )?;
    // Whoever reads that the service is ready may stop it in the same moment.
    let signals = Signals::catch()?;
    let enrolled = tokio::spawn(enrolled::watch(authority.clone(), data.responders()));
    announce(
        &authority,
        data,
        (&local, address.as_deref()),
        &public,
        &*provider,
    )?;
    let filling = tokio::spawn(demo::fill::in_background(authority.clone(), data.clone()));
    signals.wait().await;
    filling.abort();
    eprintln!("正在停止 / stopping …");
    // First the file: whoever looks now must not find a service that no longer answers.
    let _ = std::fs::remove_file(data.running_file());
    enrolled.abort();
    stop.send_replace(true);
    for task in served {
        let _ = task.await;
    }
    authority.shut_down().await;
    Ok(())
}

/// What the authority stands on, with the system's clock.
pub async fn setup(
    config: &Config,
    data: &DataDirectory,
    provider: &Arc<dyn Provider>,
    public: &Bases,
    demonstration: bool,
) -> anyhow::Result<Setup> {
    let store = Store::open(&data.store_url(config), seal_key(&**provider)?).await?;
    Ok(Setup {
        store,
        provider: Arc::clone(provider),
        policy: Arc::new(PolicySet::embedded()?),
        clock: Arc::new(SystemClock),
        urls: Urls {
            machines: public.machines.clone(),
        },
        crl: config.crl.schedule(demonstration),
        longest_gap: i64::from(config.clock.longest_gap_hours) * 3600,
        accept_clock: false,
        keeper: Some(Arc::new(KeptCheckpoint::new(data.checkpoint_file()))),
        snapshot: Some(data.snapshot(&**provider)?),
        crash: crash_point()?,
    })
}

/// Builds without debug assertions have no crash points and do not look for one.
#[allow(clippy::disallowed_methods)] // the environment is read by the program, never by its libraries
fn crash_point() -> anyhow::Result<Option<CrashPoint>> {
    if !cfg!(debug_assertions) {
        return Ok(None);
    }
    match std::env::var("GMPKI_CRASH_AT") {
        Ok(point) => {
            Ok(Some(point.parse().map_err(|what| {
                anyhow::anyhow!("GMPKI_CRASH_AT={point}: {what}")
            })?))
        }
        Err(_) => Ok(None),
    }
}

/// Starts the portal and, where it has a listener, the responder.
fn serve(
    authority: &Authority,
    config: &Config,
    data: &DataDirectory,
    public: &Bases,
    (portal, people): (TcpListener, axum::Router),
    machines: Option<TcpListener>,
    stopping: &watch::Receiver<bool>,
) -> anyhow::Result<Vec<tokio::task::JoinHandle<()>>> {
    let mut served = vec![tokio::spawn(listen::serve(
        portal,
        TowerToHyperService::new(people),
        listen::Limits::default(),
        stopping.clone(),
    ))];
    if let Some(machines) = machines {
        served.extend(respond(
            authority, config, data, public, machines, stopping,
        )?);
    }
    Ok(served)
}

/// Starts the responder beside its authority.
fn respond(
    authority: &Authority,
    config: &Config,
    data: &DataDirectory,
    public: &Bases,
    machines: TcpListener,
    stopping: &watch::Receiver<bool>,
) -> anyhow::Result<[tokio::task::JoinHandle<()>; 2]> {
    let limits = ocsp_limits(config);
    let responder = Responder::new(
        Arc::clone(authority.index()),
        Arc::clone(authority.clock()),
        limits,
    );
    let responder = Arc::new(responder.with_policy(ocsp_policy(config, public)?));
    let mut identities = authority.responders();
    install(&responder, &identities.borrow_and_update())?;
    let renewing = {
        let responder = Arc::clone(&responder);
        let mut stopping = stopping.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    changed = identities.changed() => if changed.is_err() { return },
                    _ = stopping.wait_for(|stop| *stop) => return,
                }
                let current = identities.borrow_and_update().clone();
                if let Err(error) = install(&responder, &current) {
                    tracing::error!(%error, "a renewed responder certificate was not accepted");
                }
            }
        })
    };
    let status =
        StatusPort::new(responder, authority.store().clone()).spooling_in(data.path().to_owned());
    Ok([
        renewing,
        tokio::spawn(listen::serve(
            machines,
            status,
            listen::Limits::default(),
            stopping.clone(),
        )),
    ])
}

/// Limits of a responder, as configured.
fn ocsp_limits(config: &Config) -> Limits {
    Limits {
        window: i64::from(config.ocsp.window_minutes) * 60,
        max_age: config.ocsp.max_age_seconds,
        kept_bytes: config.ocsp.cache_megabytes.saturating_mul(1024 * 1024),
        ..Limits::default()
    }
}

/// What the configuration says about OCSP answers.
fn ocsp_policy(config: &Config, public: &Bases) -> anyhow::Result<Policy> {
    let requestor = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path)?;
        Ok(Certificate::from_pem(&text)?)
    };
    let requestors = config.ocsp.requestors.iter().map(|path| {
        let read: anyhow::Result<Certificate> = requestor(path);
        read.with_context(|| format!("ocsp.requestors: {}", path.display()))
    });
    Ok(Policy {
        never_issued: match config.ocsp.never_issued {
            config::NeverIssued::Revoked => NeverIssued::Revoked,
            config::NeverIssued::Unknown => NeverIssued::Unknown,
        },
        archive_cutoff: config.ocsp.archive_cutoff,
        crl_base: config.ocsp.crl_references.then(|| public.machines.clone()),
        signatures: match config.ocsp.signed_requests {
            SignedRequests::Ignore => Signatures::Ignore,
            SignedRequests::Require => Signatures::Require,
            SignedRequests::Verify => Signatures::Verify,
        },
        requestors: requestors.collect::<anyhow::Result<Vec<_>>>()?.into(),
    })
}

fn install(
    responder: &Responder,
    identities: &[authority::ResponderIdentity],
) -> anyhow::Result<()> {
    for identity in identities {
        responder
            .install(Issuer {
                authority: identity.authority.clone(),
                certificate: identity.issuer.clone(),
                responder: identity.certificate.clone(),
                signer: Arc::clone(&identity.signer),
            })
            .with_context(|| format!("OCSP responder of {}", identity.authority))?;
    }
    Ok(())
}

/// Says where to go and what to try, and writes the same for the command line.
fn announce(
    authority: &Authority,
    data: &DataDirectory,
    (portal, machines): (&str, Option<&str>),
    public: &Bases,
    provider: &dyn Provider,
) -> anyhow::Result<()> {
    let running = Running {
        pid: std::process::id(),
        portal: Some(portal.to_owned()),
        machines: machines.map(str::to_owned),
        origin: Some(public.portal.trim_end_matches('/').to_owned()),
        ready: true,
    };
    write_running(data, &running)?;
    let machines = machines.unwrap_or("—");
    let mut text = String::new();
    if authority.is_demonstration() {
        text.push_str("演示环境：根证书为测试证书，人员均为虚构。/ DEMONSTRATION: test root, invented people.\n");
    }
    text.push_str(&format!(
        "\n  网站与操作员接口 site and officers' API   {}\n  OCSP · CRL · CA 证书 · 台账 machines       {}\n  数据目录 data                              {}\n  密钥 keys                                  {}\n",
        portal,
        machines,
        data.path().display(),
        provider.describe(),
    ));
    text.push_str("\n可以试试 / try:\n  gmpki cert search --as entry              证书列表 list certificates\n  gmpki case list --as review               案件列表 list cases\n  gmpki audit verify                        核对全部记录 verify the whole record\n  gmpki --help                              全部命令 all commands\n\n停止：Ctrl-C / stop with Ctrl-C\n");
    eprint!("{text}");
    tracing::info!(portal, machines, "ready");
    Ok(())
}

/// Tells the command line where the service is.
fn write_running(data: &DataDirectory, running: &Running) -> anyhow::Result<()> {
    let path = data.running_file();
    let temporary = path.with_extension("new");
    std::fs::write(&temporary, serde_json::to_vec_pretty(running)?)?;
    Ok(std::fs::rename(&temporary, &path)?)
}

/// Ctrl-C and SIGTERM, caught from the moment they are asked for.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn catch() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
