//! The certificate request: a file of the holder's, pasted text, or in a demonstration one that is made here.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Path, State};
use axum::response::Response;
use sm_engine::sm2::{PrivateKey, SignerId};
use x509::name::NameBuilder;
use x509::request::Request;

use super::Work;
use crate::desk::form::{see_other, with_file};
use crate::failure::Failure;
use crate::page::{Page, Section, Visitor};
use crate::portal::Portal;
use crate::session::SignedIn;

/// Longest request, PEM or DER.
const LONGEST: usize = 16 * 1024;

/// How a holder makes a request.
const COMMANDS: &str = "openssl genpkey -algorithm SM2 -out key.pem\n\
    openssl req -new -sm3 -key key.pem -sigopt distid:1234567812345678 -subj /CN=x -out request.pem";

#[derive(Template)]
#[template(path = "desk/request.html")]
struct RequestPage {
    page: Page,
    draft: String,
    request: String,
    demonstration: bool,
    commands: &'static str,
    error: Option<String>,
}

/// `GET /draft/{draft}/request`.
pub(in crate::desk) async fn show(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(draft): Path<String>,
) -> Result<Response, Failure> {
    let work = Work::open(&portal, &signed_in, &draft).await?;
    page(&portal, &visitor, &signed_in, &work, None)
}

/// `POST /draft/{draft}/request`.
pub(in crate::desk) async fn save(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Extension(signed_in): Extension<SignedIn>,
    Path(draft): Path<String>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let mut work = Work::open(&portal, &signed_in, &draft).await?;
    let (fields, file) = with_file(multipart).await?;
    let bytes = match file {
        Some(file) => file.content,
        None => fields.text("request").as_bytes().to_vec(),
    };
    let read = match bytes.len() {
        0 => Err("request.empty"),
        1..=LONGEST => read(&bytes),
        _ => Err("request.too_large"),
    };
    match read {
        Ok(request) => {
            work.content.request = request.to_pem();
            work.content.demonstration_key = false;
            work.keep(&portal).await?;
            Ok(see_other(&format!("{}/evidence", work.address())))
        }
        Err(key) => {
            let error = crate::wording::phrase(visitor.language, key).to_owned();
            page(&portal, &visitor, &signed_in, &work, Some(error))
        }
    }
}

/// `POST /draft/{draft}/request/demonstration`: in a demonstration, under a fresh key that nobody keeps.
pub(in crate::desk) async fn demonstration(
    State(portal): State<Arc<Portal>>,
    Extension(signed_in): Extension<SignedIn>,
    Path(draft): Path<String>,
) -> Result<Response, Failure> {
    if !portal.authority.is_demonstration() {
        return Err(Failure::not_found());
    }
    let mut work = Work::open(&portal, &signed_in, &draft).await?;
    work.content.request = fresh_request()?;
    work.content.demonstration_key = true;
    work.keep(&portal).await?;
    Ok(see_other(&format!("{}/evidence", work.address())))
}

fn fresh_request() -> Result<String, Failure> {
    let key = PrivateKey::generate();
    let subject = NameBuilder {
        common_name: Some("demonstration".into()),
        ..NameBuilder::default()
    };
    let subject = subject.build().map_err(|fault| Failure::fault(&fault))?;
    let sign = |tbs: &[u8]| key.sign(SignerId::Default, tbs);
    let der = Request::build(sign, key.public_key(), &subject);
    let der = der.map_err(|fault| Failure::fault(&fault))?;
    let request = Request::from_pem_or_der(&der).map_err(|fault| Failure::fault(&fault))?;
    Ok(request.to_pem())
}

/// A request whose maker has the private key; or the key of the phrase that says what is wrong.
fn read(bytes: &[u8]) -> Result<Request, &'static str> {
    let request = Request::from_pem_or_der(bytes).map_err(|error| match error {
        x509::Error::Unsupported { .. } => "request.wrong_key",
        _ => "request.unreadable",
    })?;
    match request.verify() {
        Ok(()) => Ok(request),
        Err(x509::Error::EmptyIdentifier) => Err("request.empty_identifier"),
        Err(x509::Error::Unsupported { .. }) => Err("request.wrong_key"),
        Err(_) => Err("request.not_proven"),
    }
}

fn page(
    portal: &Portal,
    visitor: &Visitor,
    signed_in: &SignedIn,
    work: &Work,
    error: Option<String>,
) -> Result<Response, Failure> {
    let mut page = visitor.desk_page(&signed_in.officer, Section::Enter, "draft.request");
    page.is_error = error.is_some();
    visitor.show(&RequestPage {
        page,
        draft: work.draft.draft.clone(),
        request: work.content.request.clone(),
        demonstration: portal.authority.is_demonstration(),
        commands: COMMANDS,
        error,
    })
}
