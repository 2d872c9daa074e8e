//! A service in a process of its own for a bench, and what a process costs.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::issue::{BENCH_POLICY, Temporary};
use crate::data::{DataDirectory, Running};

/// Ticks of `/proc/PID/stat` in a second: the kernel's user interface has 100 on every machine that we build for.
const TICKS: f64 = 100.0;

/// A service on free ports and a temporary directory.
pub struct Service {
    /// Its addresses.
    pub running: Running,
    _child: Child,
    _temporary: Temporary,
}

impl Service {
    /// Starts it and waits until it answers.
    pub async fn start() -> anyhow::Result<Self> {
        let temporary = Temporary::new();
        let base = DataDirectory::new(&temporary.0);
        base.create()?;
        let config = temporary.0.join("bench.toml");
        std::fs::write(
            &config,
            format!(
                "[listen]\nportal = \"127.0.0.1:0\"\nmachines = \"127.0.0.1:0\"\n[policy]\noid = \"{BENCH_POLICY}\"\n"
            ),
        )?;
        let data = DataDirectory::new(&temporary.0.join("data"));
        let child = Command::new(std::env::current_exe()?)
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(data.path())
            .args(["serve", "--no-demo"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        for _ in 0..600 {
            if let Some(running) = data.running() {
                return Ok(Self {
                    _child: child,
                    running,
                    _temporary: temporary,
                });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("the service did not start within 60 s")
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
