//! Configuration: one TOML file, every key known, defaults that serve.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use authority::CrlSchedule;
use serde::Deserialize;

/// The whole file. Unknown keys are errors with line and column.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen.
    pub listen: Listen,
    /// Where the database is.
    pub store: Database,
    /// What is written into certificates and shown on pages.
    pub urls: PublicUrls,
    /// Key store.
    pub keys: Keys,
    /// CRLs.
    pub crl: Crl,
    /// OCSP.
    pub ocsp: Ocsp,
    /// Following another machine's record.
    pub status: Status,
    /// Certificate policy.
    pub policy: Policy,
    /// The hierarchy for clients without SM2.
    pub compat: Compat,
    /// The system clock.
    pub clock: Clock,
}

/// The system clock.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clock {
    /// Hours that the clock may jump ahead, or be after the last ledger entry at a start, 1 to 8760.
    pub longest_gap_hours: u16,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            longest_gap_hours: 168,
        }
    }
}

/// Certificate policy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Object identifier that the issuing authorities' certificates name, dotted; used when they are founded.
    pub oid: Option<String>,
}

/// A second hierarchy with P-256 or RSA keys, for clients without SM2; read when the hierarchies are founded.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Compat {
    /// Whether there is one. Default: in a demonstration only.
    pub enabled: Option<bool>,
    /// Unencrypted PKCS#8 of the root's P-256 or RSA key; without it a P-256 key is made.
    pub root_key: Option<PathBuf>,
    /// The same for the issuing authority.
    pub issuing_key: Option<PathBuf>,
}

/// Addresses; port 0 takes a free one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Site and officers' API.
    pub portal: SocketAddr,
    /// OCSP, CRLs, CA certificates, ledger.
    pub machines: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            portal: ([127, 0, 0, 1], 8080).into(),
            machines: ([127, 0, 0, 1], 8081).into(),
        }
    }
}

/// Database.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`. Default: `ledger.db` in the data directory.
    pub url: Option<String>,
    /// The desk's database, for drafts and other unfinished work: another one. Default: `desk.db` in the data directory.
    pub desk_url: Option<String>,
}

/// Public addresses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicUrls {
    /// Base of the site; default: where the portal listens.
    pub portal: Option<String>,
    /// Base of OCSP, CRLs and CA certificates, written into every certificate; default: where machines are served.
    pub machines: Option<String>,
    /// Base of the signing agent on officers' own machines; default: `http://127.0.0.1:8765`.
    pub agent: Option<String>,
}

/// Key store.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// File whose first line opens the key store. Default: `keys/passphrase` in the data directory, which is
    /// made for a demonstration only.
    pub passphrase_file: Option<PathBuf>,
}

/// CRLs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Crl {
    /// Hours between thisUpdate and nextUpdate of full and shard CRLs, 1 to 720.
    pub lifetime_hours: u16,
    /// Minutes between thisUpdate and nextUpdate of delta CRLs, 2 to 1440.
    pub delta_minutes: u16,
    /// Minutes after which a large full CRL is made anew where something changed, 1 to 1440.
    pub full_minutes: u16,
    /// Shards of each issuing authority, fixed when it is founded: 0 for none, else 2 to 4096. Default: 128, for a
    /// demonstration 4.
    pub shards: Option<u32>,
}

impl Crl {
    /// How CRLs are made; `demonstration` where one is founded.
    pub fn schedule(&self, demonstration: bool) -> CrlSchedule {
        CrlSchedule {
            lifetime: i64::from(self.lifetime_hours) * 3600,
            delta_lifetime: i64::from(self.delta_minutes) * 60,
            full_every: i64::from(self.full_minutes) * 60,
            shards: self.shards.unwrap_or(if demonstration { 4 } else { 128 }),
        }
    }
}

impl Default for Crl {
    fn default() -> Self {
        Self {
            lifetime_hours: 24,
            delta_minutes: 60,
            full_minutes: 60,
            shards: None,
        }
    }
}

/// OCSP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ocsp {
    /// Minutes between thisUpdate and nextUpdate, 1 to 1440.
    pub window_minutes: u16,
    /// How long HTTP caches may give out an answer without asking, seconds, below half of the window; a revocation
    /// is hidden behind them for as long.
    pub max_age_seconds: u32,
    /// Memory for signed answers that still hold, 0 to 65536.
    pub cache_megabytes: usize,
    /// What a serial that was never issued is called.
    pub never_issued: NeverIssued,
    /// Whether answers carry archiveCutoff.
    pub archive_cutoff: bool,
    /// Whether answers about revoked certificates name the CRL.
    pub crl_references: bool,
    /// What becomes of signatures under requests.
    pub signed_requests: SignedRequests,
    /// Certificates (PEM) of the authorities whose holders may sign requests.
    pub requestors: Vec<PathBuf>,
}

/// The status of a serial that was never issued.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NeverIssued {
    /// With the extended revoked definition of RFC 6960.
    Revoked,
    /// Plainly.
    #[default]
    Unknown,
}

/// Signatures under requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignedRequests {
    /// Not looked at.
    #[default]
    Ignore,
    /// Every request must have a valid one.
    Require,
    /// Valid where there is one.
    Verify,
}

impl Default for Ocsp {
    fn default() -> Self {
        Self {
            window_minutes: 60,
            max_age_seconds: 0,
            cache_megabytes: 256,
            never_issued: NeverIssued::default(),
            archive_cutoff: false,
            crl_references: false,
            signed_requests: SignedRequests::default(),
            requestors: Vec::new(),
        }
    }
}

/// Following another machine's record, in the role `status`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Status {
    /// Seconds since the record was last seen as a whole after which nothing is answered any more, 1 to 86400.
    pub max_lag_seconds: u32,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            max_lag_seconds: 300,
        }
    }
}

impl Config {
    /// Reads the file; without one the defaults.
    ///
    /// # Errors
    /// Names file, line, column and key.
    pub fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let config: Self =
            toml::from_str(&text).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?;
        config.check().with_context(|| path.display().to_string())?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        let lifetime = self.crl.lifetime_hours;
        anyhow::ensure!(
            (1..=720).contains(&lifetime),
            "crl.lifetime_hours = {lifetime}: must be 1 to 720"
        );
        let Crl {
            delta_minutes,
            full_minutes,
            shards,
            ..
        } = self.crl;
        anyhow::ensure!(
            (2..=1440).contains(&delta_minutes),
            "crl.delta_minutes = {delta_minutes}: must be 2 to 1440"
        );
        anyhow::ensure!(
            (1..=1440).contains(&full_minutes),
            "crl.full_minutes = {full_minutes}: must be 1 to 1440"
        );
        anyhow::ensure!(
            shards.is_none_or(|shards| shards == 0 || (2..=4096).contains(&shards)),
            "crl.shards = {}: must be 0 or 2 to 4096",
            shards.unwrap_or(0)
        );
        let window = self.ocsp.window_minutes;
        anyhow::ensure!(
            (1..=1440).contains(&window),
            "ocsp.window_minutes = {window}: must be 1 to 1440"
        );
        let (age, half) = (self.ocsp.max_age_seconds, u32::from(window) * 30);
        anyhow::ensure!(
            age < half,
            "ocsp.max_age_seconds = {age}: must be below half of the window, {half}"
        );
        let signed = self.ocsp.signed_requests != SignedRequests::Ignore;
        anyhow::ensure!(
            signed != self.ocsp.requestors.is_empty(),
            "ocsp.requestors: needed with ocsp.signed_requests = \"verify\" or \"require\", and only then"
        );
        let memory = self.ocsp.cache_megabytes;
        anyhow::ensure!(
            memory <= 65_536,
            "ocsp.cache_megabytes = {memory}: must be 0 to 65536"
        );
        let gap = self.clock.longest_gap_hours;
        anyhow::ensure!(
            (1..=8760).contains(&gap),
            "clock.longest_gap_hours = {gap}: must be 1 to 8760"
        );
        let compat = &self.compat;
        anyhow::ensure!(
            compat.enabled == Some(true)
                || (compat.root_key.is_none() && compat.issuing_key.is_none()),
            "compat.root_key, compat.issuing_key: only with compat.enabled = true"
        );
        let lag = self.status.max_lag_seconds;
        anyhow::ensure!(
            (1..=86_400).contains(&lag),
            "status.max_lag_seconds = {lag}: must be 1 to 86400"
        );
        for (key, url) in [
            ("urls.portal", &self.urls.portal),
            ("urls.machines", &self.urls.machines),
        ] {
            let fine = url.as_ref().is_none_or(|url| {
                (url.starts_with("http://") || url.starts_with("https://"))
                    && !url.ends_with('/')
                    && url.is_ascii()
            });
            anyhow::ensure!(
                fine,
                "{key}: must begin with http:// or https:// and not end with a slash"
            );
        }
        if let Some(url) = &self.store.url {
            let known = ["sqlite:", "postgres:", "postgresql:"]
                .iter()
                .any(|scheme| url.starts_with(scheme));
            anyhow::ensure!(known, "store.url: must begin with sqlite: or postgres:");
        }
        Ok(())
    }
}
