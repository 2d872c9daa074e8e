//! The stylesheet and the seal: embedded, named by their content, immutable for every cache.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;

/// A file of the site.
pub(super) struct Asset {
    /// Name with the first digits of the SM3 of its content.
    name: String,
    /// Where pages find it.
    pub(super) path: String,
    media: &'static str,
    content: &'static str,
}

/// The one stylesheet.
pub(super) static STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("site", "css", "text/css; charset=utf-8", include_str!("../../assets/site.css")));

/// The mark of the service, in the header and in the browser's tab.
pub(super) static SEAL: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("seal", "svg", "image/svg+xml", include_str!("../../assets/seal.svg")));

impl Asset {
    fn new(stem: &str, extension: &str, media: &'static str, content: &'static str) -> Self {
        let digest = sm_engine::sm3::digest(content.as_bytes()).to_string();
        let name = format!("{stem}-{}.{extension}", digest.get(..16).unwrap_or_default());
        Self { path: format!("/assets/{name}"), name, media, content }
    }
}

/// `/assets/{file}`.
pub(super) async fn serve(file: Option<Path<String>>) -> Result<Response, Failure> {
    let Path(file) = file.ok_or_else(Failure::not_found)?;
    let known: [&Asset; 2] = [&STYLESHEET, &SEAL];
    let asset = known.into_iter().find(|asset| asset.name == file).ok_or_else(Failure::not_found)?;
    let headers =
        [(header::CONTENT_TYPE, asset.media), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.content).into_response())
}
