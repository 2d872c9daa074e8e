//! A service in a process of its own for a bench, and what a process costs.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::process::{Child, Command};

use super::issue::{BENCH_POLICY, Temporary};
use crate::data::{DataDirectory, Running};

/// Ticks of `/proc/PID/stat` in a second: the kernel's user interface has 100 on every machine that we build for.
const TICKS: f64 = 100.0;

/// How long a start may take: a province's record is read as a whole.
const PATIENCE: Duration = Duration::from_secs(900);

/// A service on free ports and a temporary directory.
pub struct Service {
    /// Its addresses.
    pub running: Running,
    /// Where its data is.
    pub data: DataDirectory,
    child: Child,
    temporary: Option<Temporary>,
}

impl Service {
    /// Founds a hierarchy and serves it; returns when it answers.
    pub async fn start() -> anyhow::Result<Self> {
        Self::over(Temporary::new()).await
    }

    /// Where the data of a service over `temporary` is.
    pub fn data(temporary: &Temporary) -> DataDirectory {
        DataDirectory::new(&temporary.0.join("data"))
    }

    /// The same over what was founded in [`Self::data`] already.
    pub async fn over(temporary: Temporary) -> anyhow::Result<Self> {
        let service = Self::at(&temporary.0).await?;
        Ok(Self {
            temporary: Some(temporary),
            ..service
        })
    }

    /// The same in a folder that stays.
    #[allow(clippy::disallowed_methods)] // a bench measures time
    pub async fn at(folder: &Path) -> anyhow::Result<Self> {
        DataDirectory::new(folder).create()?;
        let config = folder.join("bench.toml");
        std::fs::write(
            &config,
            format!(
                "[listen]\nportal = \"127.0.0.1:0\"\nmachines = \"127.0.0.1:0\"\n[policy]\noid = \"{BENCH_POLICY}\"\n"
            ),
        )?;
        let data = DataDirectory::new(&folder.join("data"));
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(data.path())
            .args(["serve", "--no-demo"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(running) = data.running() {
                return Ok(Self {
                    child,
                    running,
                    data,
                    temporary: None,
                });
            }
            anyhow::ensure!(child.try_wait()?.is_none(), "the service did not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("the service did not start within {PATIENCE:?}")
    }

    /// Base URL of the status port.
    pub fn machines(&self) -> &str {
        self.running.machines.as_deref().unwrap_or_default()
    }

    /// Stops it in order; its data stays as long as what is returned.
    pub async fn stop(mut self) -> anyhow::Result<Temporary> {
        self.ended().await?;
        self.temporary
            .take()
            .context("the folder of the service is not ours")
    }

    /// Stops it in order.
    pub async fn end(mut self) -> anyhow::Result<()> {
        self.ended().await
    }

    async fn ended(&mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.child.id() {
            Command::new("kill").arg(pid.to_string()).status().await?;
        }
        tokio::time::timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }
}

/// Processor time of a process and its children so far, user and system, seconds; `None` where it cannot be seen.
pub fn processor_seconds(pid: u32) -> Option<f64> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let children = children
        .split_ascii_whitespace()
        .filter_map(|child| child.parse().ok());
    let own = own_seconds(pid)?;
    Some(own + children.filter_map(own_seconds).sum::<f64>())
}

fn own_seconds(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; utime and stime are the 12th and 13th value after it.
    let mut values = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || values.next()?.parse::<u32>().ok();
    Some((f64::from(ticks()?) + f64::from(ticks()?)) / TICKS)
}
