//! The responders of other machines, by their requests in `responders/` of the data directory: certified, and renewed
//! for as long as the request lies there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use authority::Authority;

use super::status::read_request;

/// How often the folder is looked through.
const EVERY: Duration = Duration::from_secs(2);
/// Requests that are looked at.
const MOST: usize = 100;

/// Certifies until dropped. What is wrong with a request is said once.
pub async fn watch(authority: Authority, folder: PathBuf) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut said = BTreeSet::new();
    loop {
        tick.tick().await;
        for path in requests(&folder) {
            match certify(&authority, &path).await {
                Ok(0) => {
                    said.remove(&path);
                }
                Ok(issued) => {
                    tracing::info!(request = %path.display(), issued, "responder certified");
                }
                Err(error) => {
                    if said.insert(path.clone()) {
                        tracing::error!(request = %path.display(), error = format!("{error:#}"), "a responder is not certified");
                    }
                }
            }
        }
    }
}

async fn certify(authority: &Authority, path: &Path) -> anyhow::Result<usize> {
    let request = read_request(path)?;
    Ok(authority.certify_responder(request.public_key()).await?)
}

/// The requests in the folder, which need not exist.
fn requests(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "csr"))
        .collect();
    paths.sort();
    paths.truncate(MOST);
    paths
}
