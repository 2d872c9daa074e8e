//! CRLs and CA certificates: the targets of cRLDistributionPoints, freshestCRL and caIssuers (RFC 5280 §4.2.1.13,
//! §4.2.1.15, §4.2.2.1; media types of RFC 2585 §4).

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use store::views::{CrlRow, DELTA, FULL, shard_scope};
use x509::certificate::Certificate;
use x509::time::Time;

use super::conditional::Validators;
use super::refusal::{Refusal, fault};
use super::representation::{self, Form};
use super::{PathPart, Port};
use crate::issuer::is_authority_name;
use crate::publication;

/// A CRL may be replaced at any moment: a cache keeps it no longer than that, and not beyond its nextUpdate.
const CRL_SECONDS: i64 = 60;
/// An authority's certificate changes with its key, once in years.
const CERTIFICATE_CACHE: &str = "public, max-age=3600, no-transform";

/// Longest certificate that is shown in PEM, bytes.
const CERTIFICATE_LIMIT: usize = 1 << 20;

/// `/crl/{authority}.crl`: the latest full CRL in DER. `/crl/{authority}.delta.crl`: the delta to it.
/// `/crl/{authority}`: what CRLs there are.
pub(super) async fn crl(
    State(port): State<Port>,
    PathPart(file): PathPart,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if is_authority_name(&file) {
        return list_crls(&port, &file).await;
    }
    let (scope, suffix) = if file.ends_with(".delta.crl") {
        (DELTA, ".delta.crl")
    } else {
        (FULL, ".crl")
    };
    let authority = authority(&file, suffix)?;
    let row = publication::latest_crl(&port.store, authority, scope)
        .await
        .map_err(fault)?;
    serve(&port, &row.ok_or(Refusal::NotFound)?, &headers).await
}

/// `/crl/{authority}/{shard}of{shards}.crl`: the latest CRL of a shard in DER.
pub(super) async fn shard(
    State(port): State<Port>,
    path: Result<Path<(String, String)>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Path((name, file)) = path.map_err(|_| Refusal::NotFound)?;
    if !is_authority_name(&name) {
        return Err(Refusal::NotFound);
    }
    let (shard, shards) = shard_of(&file).ok_or(Refusal::NotFound)?;
    let known = publication::shards(&port.store, &name)
        .await
        .map_err(fault)?;
    if shards != known || shard >= shards {
        return Err(Refusal::NotFound);
    }
    let row = publication::latest_crl(&port.store, &name, &shard_scope(shard))
        .await
        .map_err(fault)?;
    serve(&port, &row.ok_or(Refusal::NotFound)?, &headers).await
}

/// `7of128.crl`, spelled in the one way that certificates use.
fn shard_of(file: &str) -> Option<(u32, u32)> {
    let (shard, shards) = file.strip_suffix(".crl")?.split_once("of")?;
    let number = |digits: &str| {
        let number: u32 = digits.parse().ok()?;
        (number.to_string() == digits).then_some(number)
    };
    Some((number(shard)?, number(shards)?))
}

async fn serve(port: &Port, row: &CrlRow, request: &HeaderMap) -> Result<Response, Refusal> {
    const TYPE: &str = "application/pkix-crl";
    let now = port.responder.clock.now();
    let fresh = CRL_SECONDS
        .min(row.next_update.saturating_sub(now.0))
        .max(0);
    let cache = format!("public, max-age={fresh}, must-revalidate, no-transform");
    let mut plain = Validators::of(&row.crl, &cache);
    plain.modified = Some(Time(row.this_update));
    plain.expires = Some(now.plus_seconds(fresh));
    let mut packed = Validators::of(&row.crl, &cache);
    packed.tag = representation::gzip_tag(&plain.tag);
    (packed.modified, packed.expires) = (plain.modified, plain.expires);
    let form = representation::form(request);
    // A copy of either form is current.
    let (chosen, other) = match form {
        Form::Gzip => (&packed, &plain),
        Form::Identity => (&plain, &packed),
    };
    let unchanged = chosen
        .not_modified(request)
        .or_else(|| other.not_modified(request));
    if let Some(mut response) = unchanged {
        representation::varies(&mut response);
        return Ok(response);
    }
    let kept = port.shelf.crl(&port.store, row).await.map_err(fault)?;
    let kept = kept.ok_or_else(|| fault(format!("blob {} is missing", row.crl)))?;
    if form == Form::Gzip
        && let Some(body) = kept.gzip().await
    {
        return Ok(representation::compressed(&packed, TYPE, &body));
    }
    Ok(representation::plain(&plain, TYPE, &kept.der, request))
}

/// `/ca/{authority}.cer` in DER, `/ca/{authority}.pem` in PEM.
pub(super) async fn certificate(
    State(port): State<Port>,
    PathPart(file): PathPart,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let pem = file.ends_with(".pem");
    let name = authority(&file, if pem { ".pem" } else { ".cer" })?;
    let row = publication::authority(&port.store, name)
        .await
        .map_err(fault)?;
    let row = row.ok_or(Refusal::NotFound)?;
    let validators = Validators::of(&row.certificate, CERTIFICATE_CACHE);
    if let Some(response) = validators.not_modified(&headers) {
        return Ok(response);
    }
    let kept = port
        .shelf
        .certificate(&port.store, &row)
        .await
        .map_err(fault)?;
    let kept = kept.ok_or_else(|| fault(format!("blob {} is missing", row.certificate)))?;
    if !pem {
        return Ok(validators.respond("application/pkix-cert", kept.der.whole()));
    }
    let der = axum::body::to_bytes(kept.der.whole(), CERTIFICATE_LIMIT).await;
    let der = der.map_err(fault)?;
    let text = Certificate::from_der(&der).map_err(fault)?.to_pem();
    Ok(validators.respond("application/x-pem-file", text.into_bytes()))
}

/// `/ca`: the files there are, one path a line.
pub(super) async fn list(State(port): State<Port>) -> Result<Response, Refusal> {
    let names = publication::authorities(&port.store).await.map_err(fault)?;
    let lines = names
        .iter()
        .map(|name| format!("/ca/{name}.cer\n/ca/{name}.pem\n/crl/{name}.crl\n"));
    Ok(text(lines.collect::<String>()))
}

/// `/crl/{authority}`: every CRL of an authority, one a line: path, number, thisUpdate, nextUpdate, entries.
async fn list_crls(port: &Port, authority: &str) -> Result<Response, Refusal> {
    let shards = publication::shards(&port.store, authority)
        .await
        .map_err(fault)?;
    let rows = publication::crls(&port.store, authority)
        .await
        .map_err(fault)?;
    if rows.is_empty() {
        return Err(Refusal::NotFound);
    }
    let line = |row: &CrlRow| {
        let path = match (row.scope.as_str(), row.shard()) {
            (_, Some(shard)) => format!("/crl/{authority}/{shard}of{shards}.crl"),
            (DELTA, None) => format!("/crl/{authority}.delta.crl"),
            (_, None) => format!("/crl/{authority}.crl"),
        };
        format!(
            "{path} {} {} {} {}\n",
            row.number,
            Time(row.this_update),
            Time(row.next_update),
            row.entries
        )
    };
    Ok(text(rows.iter().map(line).collect::<String>()))
}

fn text(lines: String) -> Response {
    ([(header::CACHE_CONTROL, "no-cache")], lines).into_response()
}

/// The authority that a file name speaks of.
fn authority<'a>(file: &'a str, suffix: &str) -> Result<&'a str, Refusal> {
    file.strip_suffix(suffix)
        .filter(|name| is_authority_name(name))
        .ok_or(Refusal::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_has_one_spelling() {
        assert_eq!(shard_of("7of128.crl"), Some((7, 128)));
        for other in [
            "07of128.crl",
            "7of128",
            "of128.crl",
            "+7of128.crl",
            "7-128.crl",
            "7of.crl",
        ] {
            assert_eq!(shard_of(other), None, "{other}");
        }
    }
}
