//! Foreign input of the desk: forms, uploads and path segments, each refused with a clear failure.

use std::collections::BTreeMap;

use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;

/// Most fields of a form.
const FIELDS: usize = 1_000;

/// The fields of a form without files. Of a name that comes several times, all values.
#[derive(Default)]
pub(super) struct Fields(BTreeMap<String, Vec<String>>);

/// A file of a form.
pub(super) struct Upload {
    /// Bytes.
    pub(super) content: Vec<u8>,
}

impl Fields {
    /// The first value of that name, without white space around it; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        let values = self.0.get(name).map(Vec::as_slice).unwrap_or_default();
        values.first().map(|value| value.trim()).unwrap_or_default()
    }

    /// Every value of that name.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, name: String, value: String) -> Result<(), Failure> {
        // No text of ours holds NUL, and no database takes it.
        if value.contains('\0') || self.0.len() >= FIELDS {
            return Err(Failure::bad_request(""));
        }
        self.0.entry(name).or_default().push(value);
        Ok(())
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let form = axum::extract::Form::<Vec<(String, String)>>::from_request(request, state);
        let axum::extract::Form(pairs) =
            form.await
                .map_err(|rejection| match rejection.into_response().status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Failure::too_large(),
                    _ => Failure::bad_request(""),
                })?;
        let mut fields = Self::default();
        for (name, value) in pairs {
            fields.add(name, value)?;
        }
        Ok(fields)
    }
}

/// A form with files: its fields, and the one file called `file`, if one was chosen. What the browser calls it and
/// says of its type is not looked at.
pub(super) async fn with_file(
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<(Fields, Option<Upload>), Failure> {
    let failed = |status| match status {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::too_large(),
        _ => Failure::bad_request(""),
    };
    let mut multipart =
        multipart.map_err(|rejection| failed(rejection.into_response().status()))?;
    let (mut fields, mut file) = (Fields::default(), None);
    while let Some(field) = multipart
        .next_field()
        .await
        .map_err(|error| failed(error.status()))?
    {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field
            .bytes()
            .await
            .map_err(|error| failed(error.status()))?;
        if name == "file" {
            let content = bytes.to_vec();
            file = (!content.is_empty()).then_some(Upload { content });
        } else {
            let value = String::from_utf8(bytes.to_vec()).map_err(|_| Failure::bad_request(""))?;
            fields.add(name, value)?;
        }
    }
    Ok((fields, file))
}

/// Sends the browser to another page of this site, to be read.
pub(super) fn see_other(path: &str) -> Response {
    let path = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/desk"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}

/// A path of this site that a link gave, or the workbench.
pub(super) fn local(path: &str) -> &str {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b));
    if plain { path } else { "/desk" }
}
