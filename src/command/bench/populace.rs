//! Hierarchies for benches: some certificates that went the whole way, and as many invented ones as a province has,
//! on the ledger and nowhere else.
//!
//! The audit finds an invented certificate at once: nothing of this is ever served to anybody but a bench.

use std::sync::Arc;

use authority::{Act, Authority, Outcome, Setup};
use keys::officer_file::OfficerKey;
use ledger::event::{Entry, Event, StatementRef, Status as Change};
use ledger::tile::Appender;
use ledger::tree::{Sha256Tree, TreeHash as _, leaf_hash};
use sm_engine::sm3::Digest;
use store::clock::{Clock as _, SystemClock};
use store::{Store, WriteTx, WriterLock};
use x509::certificate::Serial;
use x509::crl::random_serial;

use super::issue::{BENCH_POLICY, approved_cases, officer_key};
use crate::cli::Founding;
use crate::config::Config;
use crate::data::DataDirectory;
use crate::found;
use crate::output::Failure;
use crate::progress::Progress;
use crate::serve::{Bases, setup};

/// The authority that issues.
pub const AUTHORITY: &str = "jinan";
/// Entries written in one transaction, about.
const GROUP: usize = 1 << 17;
/// Cases produced by one act.
const ACT: usize = 50;

/// A hierarchy on disk that nobody serves at the moment.
pub struct Populace {
    /// Where it lives.
    pub data: DataDirectory,
    /// What it was founded with.
    pub config: Config,
    public: Bases,
    /// Serials of certificates that were really issued.
    pub issued: Vec<Serial>,
}

/// Certificates that are invented.
pub struct Invented {
    /// How many.
    pub certificates: usize,
    /// Every so many of them is revoked.
    pub revoked_every: usize,
    /// The shard that all belong to, and of how many.
    pub shard: Option<(u32, u32)>,
    /// How many of their serials are wanted back.
    pub sample: usize,
}

impl Populace {
    /// Founds a hierarchy in `data` and issues so many certificates.
    pub async fn found(data: DataDirectory, shards: u32, real: usize) -> Result<Self, Failure> {
        let mut config = Config::default();
        config.policy.oid = Some(BENCH_POLICY.into());
        config.crl.shards = Some(shards);
        let public = Bases {
            portal: "http://127.0.0.1:8080".into(),
            machines: "http://127.0.0.1:8081".into(),
        };
        found::if_needed(&config, &data, &Founding::without_demo(), &public, true).await?;
        let mut populace = Self {
            data,
            config,
            public,
            issued: Vec::new(),
        };
        let authority = populace.open().await?;
        let keys = ["entry", "review", "production"].map(|name| populace.key(name));
        let keys = keys.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        let cases = approved_cases(&authority, &keys, 16, real).await?;
        for cases in cases.chunks(ACT) {
            let act = Act::IssueCertificates {
                cases: cases.to_vec(),
            };
            let outcome = act_as(&authority, "OP-0003", &keys[2], act).await?;
            if let Outcome::CertificatesIssued { certificates } = outcome {
                let serials = certificates.iter().map(|row| row.serial.parse());
                let serials = serials.collect::<Result<Vec<_>, _>>();
                populace
                    .issued
                    .extend(serials.map_err(anyhow::Error::from)?);
            }
        }
        authority.shut_down().await;
        Ok(populace)
    }

    /// Opens the authority in this process.
    pub async fn open(&self) -> anyhow::Result<Authority> {
        Ok(Authority::open(self.setup().await?).await?)
    }

    /// An officer's key.
    pub fn key(&self, name: &str) -> anyhow::Result<Arc<OfficerKey>> {
        officer_key(&self.data, name)
    }

    async fn setup(&self) -> anyhow::Result<Setup> {
        let provider = self.data.open_keys(&self.config)?;
        setup(&self.config, &self.data, &provider, &self.public, false).await
    }

    /// Writes invented certificates behind the ledger's last entry; some of their serials.
    pub async fn invent(&self, invented: &Invented) -> anyhow::Result<Vec<Serial>> {
        let progress = Progress::new("写入虚构证书 / inventing certificates");
        let store = self.setup().await?.store;
        let lock = store.acquire_writer().await?;
        let mut log = Log::open(&store, &lock).await?;
        let mut sample = Vec::with_capacity(invented.sample);
        let sample_every = invented
            .certificates
            .div_ceil(invented.sample.max(1))
            .max(1);
        let now = SystemClock.now().0;
        let mut made = 0;
        while made < invented.certificates {
            let mut tx = store.begin(&lock).await?;
            let mut bodies = Vec::with_capacity(GROUP);
            while made < invented.certificates && bodies.len() < GROUP {
                let serial = match invented.shard {
                    Some((shard, shards)) => random_serial(shard, shards),
                    None => Serial::random(),
                };
                bodies.push(Entry::new(now, issued(&serial)).encode()?);
                if made % invented.revoked_every == 0 {
                    bodies.push(Entry::new(now, revoked(&serial)).encode()?);
                }
                if made % sample_every == 0 {
                    sample.push(serial);
                }
                made += 1;
            }
            log.append(&mut tx, &bodies).await?;
            tx.commit().await?;
            progress.tell(made as u64, invented.certificates as u64, "");
        }
        lock.release().await;
        store.close().await;
        Ok(sample)
    }
}

/// Both trees at their right edge.
struct Log {
    tree: Appender,
    mirror: Appender<Sha256Tree>,
}

impl Log {
    async fn open(store: &Store, lock: &WriterLock) -> anyhow::Result<Self> {
        let size = store.begin(lock).await?.size();
        let mut log = Self {
            tree: Appender::new(),
            mirror: Appender::default(),
        };
        while log.tree.size() < size {
            for (_, body) in store.entries(log.tree.size(), 4096).await? {
                log.grow(&body);
            }
        }
        drop(log.tree.take_full_tiles());
        drop(log.mirror.take_full_tiles());
        Ok(log)
    }

    fn grow(&mut self, body: &[u8]) {
        self.tree.append(leaf_hash(body));
        self.mirror.append(Sha256Tree::leaf(body));
    }

    async fn append(&mut self, tx: &mut WriteTx, bodies: &[Vec<u8>]) -> anyhow::Result<()> {
        tx.append_entries(self.tree.size(), bodies).await?;
        bodies.iter().for_each(|body| self.grow(body));
        tx.put_tiles(&self.tree.take_full_tiles()).await?;
        tx.put_mirror_tiles(&self.mirror.take_full_tiles()).await?;
        Ok(())
    }
}

/// Prepares, signs and commits an act.
pub async fn act_as(
    authority: &Authority,
    officer: &str,
    key: &OfficerKey,
    act: Act,
) -> anyhow::Result<Outcome> {
    use keys::Signer as _;
    let officer = authority.officer(officer).await?;
    let prepared = authority.prepare(&officer, act).await?;
    let signature = key.sign(prepared.statement.as_bytes())?.to_bytes();
    let outcome = authority.commit(&officer, prepared.act, &prepared.statement, &signature);
    Ok(outcome.await?)
}

/// An entry that says that a certificate was issued.
pub fn issued(serial: &Serial) -> Event {
    Event::CertificateIssued {
        authority: AUTHORITY.into(),
        serial: serial.to_string(),
        certificate: Digest([0; 32]),
        intent: 0,
        not_after: 2_000_000_000,
    }
}

/// An entry that says that it was revoked.
pub fn revoked(serial: &Serial) -> Event {
    Event::CertificateStatus {
        authority: AUTHORITY.into(),
        serial: serial.to_string(),
        status: Change::Revoked,
        reason: "keyCompromise".into(),
        list: None,
        statement: StatementRef {
            digest: Digest([0; 32]),
            officer: "OP-0001".into(),
            signature: String::new(),
        },
    }
}
