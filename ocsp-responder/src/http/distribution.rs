//! CRLs and CA certificates: the targets of cRLDistributionPoints and caIssuers (RFC 5280 §4.2.1.13, §4.2.2.1;
//! media types of RFC 2585 §4).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use x509::certificate::Certificate;

use super::conditional::Validators;
use super::refusal::{Refusal, fault};
use super::{PathPart, Port};
use crate::issuer::is_authority_name;
use crate::publication::{self, Kind, Publication};

/// A CRL may be replaced at any moment; a cache asks each time and gets 304 while it is current.
const CRL_CACHE: &str = "no-cache, no-transform";
/// An authority's certificate changes with its key, once in years.
const CERTIFICATE_CACHE: &str = "public, max-age=3600, no-transform";

/// `/crl/{authority}.crl`: the latest CRL in DER.
pub(super) async fn crl(
    State(port): State<Port>,
    PathPart(file): PathPart,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let authority = authority(&file, ".crl")?;
    let crl = publication::latest_crl(&port.store, authority)
        .await
        .map_err(fault)?;
    let crl = crl.ok_or(Refusal::NotFound)?;
    let mut validators = Validators::of(&crl.digest, CRL_CACHE);
    validators.modified = crl.window.map(|(this_update, _)| this_update);
    if let Some(response) = validators.not_modified(&headers) {
        return Ok(response);
    }
    Ok(validators.respond(
        "application/pkix-crl",
        content(&port, Kind::Crl, authority, &crl).await?,
    ))
}

/// `/ca/{authority}.cer` in DER, `/ca/{authority}.pem` in PEM.
pub(super) async fn certificate(
    State(port): State<Port>,
    PathPart(file): PathPart,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let pem = file.ends_with(".pem");
    let authority = authority(&file, if pem { ".pem" } else { ".cer" })?;
    let certificate = publication::ca_certificate(&port.store, authority)
        .await
        .map_err(fault)?;
    let certificate = certificate.ok_or(Refusal::NotFound)?;
    let validators = Validators::of(&certificate.digest, CERTIFICATE_CACHE);
    if let Some(response) = validators.not_modified(&headers) {
        return Ok(response);
    }
    let der = content(&port, Kind::Certificate, authority, &certificate).await?;
    if !pem {
        return Ok(validators.respond("application/pkix-cert", der));
    }
    let text = Certificate::from_der(&der).map_err(fault)?.to_pem();
    Ok(validators.respond("application/x-pem-file", text.into_bytes()))
}

/// `/ca`: the files there are, one path a line.
pub(super) async fn list(State(port): State<Port>) -> Result<Response, Refusal> {
    let names = publication::authorities(&port.store).await.map_err(fault)?;
    let lines = names
        .iter()
        .map(|name| format!("/ca/{name}.cer\n/ca/{name}.pem\n/crl/{name}.crl\n"));
    Ok((
        [(header::CACHE_CONTROL, "no-cache")],
        lines.collect::<String>(),
    )
        .into_response())
}

/// The authority that a file name speaks of.
fn authority<'a>(file: &'a str, suffix: &str) -> Result<&'a str, Refusal> {
    file.strip_suffix(suffix)
        .filter(|name| is_authority_name(name))
        .ok_or(Refusal::NotFound)
}

async fn content(
    port: &Port,
    kind: Kind,
    authority: &str,
    publication: &Publication,
) -> Result<Bytes, Refusal> {
    let der = port
        .shelf
        .load(&port.store, kind, authority, publication)
        .await
        .map_err(fault)?;
    der.ok_or_else(|| fault(format!("blob {} is missing", publication.digest)))
}
