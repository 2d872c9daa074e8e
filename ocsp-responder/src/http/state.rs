//! Whether the port is alive, whether it should get traffic, and its figures.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::checkpoint::Checkpoint;
use store::views::FULL;

use super::Port;
use super::refusal::{Refusal, fault};
use crate::{metrics, publication};

/// Alive: the process takes requests.
pub(super) async fn health() -> Response {
    uncached(StatusCode::OK, "ok\n".to_owned())
}

/// Ready: the index keeps up with the ledger, and every installed issuer may sign.
pub(super) async fn ready(State(port): State<Port>) -> Result<Response, Refusal> {
    let responder = &port.responder;
    // The size first: in the other order a commit in between would look like a lag.
    let size = port.store.size().await.map_err(fault)?;
    let applied = responder.index.applied();
    let behind = size.saturating_sub(applied);
    let unusable = responder.unusable();
    if behind > responder.limits.lag {
        let text = format!(
            "O503 the status index is {behind} entries behind the ledger ({applied} of {size})\n"
        );
        return Ok(uncached(StatusCode::SERVICE_UNAVAILABLE, text));
    }
    if responder.issuers().installed().is_empty() {
        let text = "O503 no responder certificate is installed\n".to_owned();
        return Ok(uncached(StatusCode::SERVICE_UNAVAILABLE, text));
    }
    if !unusable.is_empty() {
        let text = format!(
            "O503 no usable responder certificate for {}\n",
            unusable.join(", ")
        );
        return Ok(uncached(StatusCode::SERVICE_UNAVAILABLE, text));
    }
    Ok(uncached(
        StatusCode::OK,
        format!("ready {applied} of {size}\n"),
    ))
}

/// Prometheus text.
pub(super) async fn metrics(State(port): State<Port>) -> Response {
    let content_type = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    let record = record(&port).await;
    (content_type, metrics::render(&port.responder, &record)).into_response()
}

/// A record that cannot be read leaves its figures out; the page is most needed then.
async fn record(port: &Port) -> metrics::Record {
    let size = port.store.size().await.ok();
    let applied = port.responder.index.applied();
    let note = port.store.latest_checkpoint().await.ok().flatten();
    let covered = note.and_then(|note| Checkpoint::from_note_unverified(&note).ok());
    let now = port.responder.clock.now();
    let mut crl_ages = Vec::new();
    for installed in port.responder.issuers().installed() {
        let authority = &installed.issuer.authority;
        if let Ok(Some(crl)) = publication::latest_crl(&port.store, authority, FULL).await {
            crl_ages.push((authority.clone(), now.0.saturating_sub(crl.this_update)));
        }
    }
    metrics::Record {
        lag: size.map(|size| size.saturating_sub(applied)),
        beyond_checkpoint: size
            .zip(covered)
            .map(|(size, covered)| size.saturating_sub(covered.size)),
        crl_ages,
    }
}

fn uncached(status: StatusCode, text: String) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}
