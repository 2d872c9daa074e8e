//! The officers of a service that a bench runs: they change what it answers, by its API like anybody else.

use std::time::Instant;

use anyhow::Context as _;
use serde_json::{Value, json};
use x509::certificate::Serial;

use super::populace::AUTHORITY;
use crate::cli::Acting;
use crate::client::Session;
use crate::data::DataDirectory;
use crate::output::Failure;

/// Signed in: one who holds, another who releases and revokes.
pub struct Officers {
    entry: Session,
    review: Session,
}

impl Officers {
    /// Signs both in at the service over `data`.
    pub async fn sign_in(data: &DataDirectory) -> Result<Self, Failure> {
        let session = async |name: &str| {
            let acting = Acting {
                officer: Some(name.to_owned()),
                key: None,
                cert: None,
                passphrase_file: None,
                server: None,
                yes: true,
            };
            let session = Session::sign_in(data, &acting).await?;
            Ok::<_, Failure>(session.quietly())
        };
        Ok(Self {
            entry: session("entry").await?,
            review: session("review").await?,
        })
    }

    /// Freezes; when it was asked for, and when it was answered.
    pub async fn hold(&mut self, serial: &Serial) -> Result<(Instant, Instant), Failure> {
        change(&mut self.entry, serial, "hold", None).await
    }

    /// Releases from hold.
    pub async fn release(&mut self, serial: &Serial) -> Result<(Instant, Instant), Failure> {
        change(&mut self.review, serial, "release", None).await
    }

    /// Revokes.
    pub async fn revoke(&mut self, serial: &Serial) -> Result<(Instant, Instant), Failure> {
        change(&mut self.review, serial, "revoke", Some("superseded")).await
    }
}

#[allow(clippy::disallowed_methods)] // a bench measures time
async fn change(
    session: &mut Session,
    serial: &Serial,
    change: &str,
    reason: Option<&str>,
) -> Result<(Instant, Instant), Failure> {
    let mut act = json!({
        "act": "change-status", "authority": AUTHORITY, "serial": serial.to_string(), "change": change,
        "note": "依据单位来函",
    });
    if let Some(reason) = reason {
        let act = act.as_object_mut().context("an act is an object")?;
        act.insert("reason".into(), Value::from(reason));
    }
    let sent = Instant::now();
    session.act(act).await?;
    Ok((sent, Instant::now()))
}
