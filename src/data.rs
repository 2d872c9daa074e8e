//! The data directory: what lies where.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use keys::Provider;
use keys::software::SoftwareProvider;
use serde::{Deserialize, Serialize};
use store::seal::SealKey;
use store::status::{SnapshotFile, SnapshotKey};
use zeroize::Zeroizing;

use crate::config::Config;

/// A data directory.
#[derive(Clone, Debug)]
pub struct DataDirectory {
    root: PathBuf,
}

/// What a running service tells the command line: where it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Running {
    /// Process.
    pub pid: u32,
    /// Base of the site and the officers' API, where the role has them.
    #[serde(default)]
    pub portal: Option<String>,
    /// Base of OCSP, CRLs, CA certificates and ledger, where the role has them.
    #[serde(default)]
    pub machines: Option<String>,
    /// The origin that officers sign when they sign in.
    #[serde(default)]
    pub origin: Option<String>,
    /// Always true: the file is written when the service is ready.
    pub ready: bool,
}

impl DataDirectory {
    /// Names a directory; it need not exist.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// How many invented holders a demonstration is to have, and has.
    pub fn demonstration_file(&self) -> PathBuf {
        self.root.join("demonstration.json")
    }

    /// Whether a hierarchy was founded here.
    pub fn is_founded(&self) -> bool {
        self.key_directory().join("keystore.json").exists()
    }

    /// Where a hierarchy is founded before it is moved into place in one step.
    pub fn nursery(&self) -> anyhow::Result<Self> {
        let name = self
            .root
            .file_name()
            .context("the data directory needs a name")?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".founding");
        Ok(Self {
            root: self.root.with_file_name(hidden),
        })
    }

    /// Makes the directory, readable by its owner only.
    pub fn create(&self) -> anyhow::Result<()> {
        let what = || format!("{} cannot be made", self.root.display());
        std::fs::create_dir_all(&self.root).with_context(what)?;
        restrict(&self.root, 0o700).with_context(what)
    }

    fn key_directory(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// Files of an officer: key, certificate, passphrase (demonstration only).
    pub fn officer(&self, name: &str) -> [PathBuf; 3] {
        let base = self.root.join("officers");
        [
            base.join(format!("{name}.key")),
            base.join(format!("{name}.pem")),
            base.join(format!("{name}.pass")),
        ]
    }

    /// The verifier key of the log, for auditors.
    pub fn log_key_file(&self) -> PathBuf {
        self.root.join("log-key.txt")
    }

    /// The verifier key of the log's SHA-256 mirror.
    pub fn mirror_key_file(&self) -> PathBuf {
        self.root.join("log-key-sha256.txt")
    }

    /// The latest checkpoint, kept outside the database.
    pub fn checkpoint_file(&self) -> PathBuf {
        self.root.join("checkpoint")
    }

    /// Requests of responders on other machines.
    pub fn responders(&self) -> PathBuf {
        self.root.join("responders")
    }

    /// The status index between two starts.
    pub fn snapshot(&self, provider: &dyn Provider) -> anyhow::Result<SnapshotFile> {
        let secret = provider.derive("status-snapshot")?;
        Ok(SnapshotFile {
            path: self.root.join("status.snapshot"),
            key: Arc::new(SnapshotKey::new(&secret)),
        })
    }

    /// Where a running service says that it is ready.
    pub fn running_file(&self) -> PathBuf {
        self.root.join("serve.json")
    }

    /// What a running service has said.
    pub fn running(&self) -> Option<Running> {
        serde_json::from_slice(&std::fs::read(self.running_file()).ok()?).ok()
    }

    /// Where the desk's database is.
    pub fn desk_url(&self, config: &Config) -> String {
        config
            .store
            .desk_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.root.join("desk.db").display()))
    }

    /// Database URL.
    pub fn store_url(&self, config: &Config) -> String {
        config
            .store
            .url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.root.join("ledger.db").display()))
    }

    /// Makes the key store. Without a configured passphrase file a random passphrase is kept beside it.
    pub fn create_keys(&self, config: &Config) -> anyhow::Result<Arc<dyn Provider>> {
        let directory = self.key_directory();
        std::fs::create_dir_all(&directory)?;
        restrict(&directory, 0o700)?;
        if config.keys.passphrase_file.is_none() {
            let passphrase = Zeroizing::new(hex::encode(sm_engine::random::array::<24>()));
            write_private(&directory.join("passphrase"), passphrase.as_bytes())?;
        }
        let passphrase = self.passphrase(config)?;
        Ok(Arc::new(SoftwareProvider::create(
            &directory,
            passphrase.as_bytes(),
        )?))
    }

    /// Opens the key store.
    pub fn open_keys(&self, config: &Config) -> anyhow::Result<Arc<dyn Provider>> {
        let passphrase = self.passphrase(config)?;
        Ok(Arc::new(SoftwareProvider::open(
            self.key_directory(),
            passphrase.as_bytes(),
        )?))
    }

    fn passphrase(&self, config: &Config) -> anyhow::Result<Zeroizing<String>> {
        let default = self.key_directory().join("passphrase");
        read_passphrase(config.keys.passphrase_file.as_ref().unwrap_or(&default))
    }
}

/// The key that seals personal data at rest.
pub fn seal_key(provider: &dyn Provider) -> anyhow::Result<SealKey> {
    let master = provider.derive("data-at-rest")?;
    Ok(SealKey::new(&master))
}

/// The key of the desk's database, derived apart from the ledger's.
pub fn desk_key(provider: &dyn Provider) -> anyhow::Result<SealKey> {
    let master = provider.derive("desk-at-rest")?;
    Ok(SealKey::new(&master))
}

/// First line of a passphrase file.
pub fn read_passphrase(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = Zeroizing::new(
        std::fs::read_to_string(path)
            .with_context(|| format!("passphrase file {} cannot be read", path.display()))?,
    );
    let line = text.lines().next().unwrap_or_default();
    anyhow::ensure!(
        !line.is_empty(),
        "passphrase file {} is empty",
        path.display()
    );
    Ok(Zeroizing::new(line.to_owned()))
}

/// Writes a file that only its owner can read; refuses to overwrite.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} cannot be made", path.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}

fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}
