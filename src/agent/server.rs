//! The agent on loopback: one form from the portal, one from the officer.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::{Agent, page};

/// Questions that wait for the officer; the oldest gives way.
const WAITING: usize = 16;
/// Longest form.
const FORM: usize = 256 * 1024;

/// A question that waits.
struct Waiting {
    number: String,
    text: String,
    back: String,
}

struct Desk {
    agent: Agent,
    /// Origin of the portal that may ask.
    portal: String,
    /// Origin of the agent itself.
    own: String,
    waiting: Mutex<VecDeque<Waiting>>,
}

#[derive(Deserialize)]
struct Asked {
    text: String,
    #[serde(rename = "return")]
    back: String,
}

#[derive(Deserialize)]
struct Agreed {
    number: String,
}

/// Serves one portal until Ctrl-C.
pub async fn serve(agent: Agent, portal: &str, listen: SocketAddr) -> anyhow::Result<()> {
    anyhow::ensure!(
        listen.ip().is_loopback(),
        "{listen}: the agent listens on loopback only"
    );
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("{listen} cannot be listened on"))?;
    let own = format!("http://{}", listener.local_addr()?);
    eprintln!(
        "签名助手 / signing agent: {own}，门户 / portal: {portal}\n停止：Ctrl-C / stop with Ctrl-C"
    );
    let router = router(agent, portal, &own);
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    Ok(())
}

fn router(agent: Agent, portal: &str, own: &str) -> Router {
    let desk = Desk {
        agent,
        portal: portal.trim_end_matches('/').to_owned(),
        own: own.to_owned(),
        waiting: Mutex::default(),
    };
    Router::new()
        .route("/", get(idle))
        .route("/sign", post(ask))
        .route("/confirm", post(confirm))
        .layer(DefaultBodyLimit::max(FORM))
        .with_state(Arc::new(desk))
}

impl Desk {
    /// A page under the strictest rules; its form may lead here and, with the signature, to the portal.
    fn show(&self, status: StatusCode, html: String) -> Response {
        let policy = format!(
            "default-src 'none'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
            self.portal
        );
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::try_from(policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        let same_origin = HeaderValue::from_static("same-origin");
        headers.insert(header::REFERRER_POLICY, same_origin);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        response
    }

    fn refuse(&self, why: &str) -> Response {
        self.show(StatusCode::FORBIDDEN, page::refused(why))
    }

    /// Whether a browser says that the form came from there, and asked for this very address: a name that somebody
    /// points to loopback is not it.
    fn came_from(&self, headers: &HeaderMap, origin: &str) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = self.own.trim_start_matches("http://");
        text(header::ORIGIN) == Some(origin) && text(header::HOST) == Some(host)
    }
}

async fn idle(State(desk): State<Arc<Desk>>) -> Response {
    desk.show(StatusCode::OK, page::idle(&desk.portal))
}

/// `POST /sign`: a page of the portal asks. Nothing is signed yet.
async fn ask(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response {
    if !desk.came_from(&headers, &desk.portal) {
        return desk.refuse("请求不是来自您的门户。The request did not come from your portal.");
    }
    let home = format!("{}/", desk.portal);
    if !asked.back.starts_with(&home) || asked.back.contains(['\r', '\n', '#']) {
        return desk.refuse("返回地址不在您的门户上。The way back does not lead to your portal.");
    }
    // Browsers send the ends of lines in forms as CR LF; a sign-in has none, and a statement is one line.
    let text = asked.text.replace("\r\n", "\n");
    let question = match desk.agent.question(&text, Some(&desk.portal)) {
        Ok(question) => question,
        Err(error) => return desk.refuse(&format!("内容不能签名。{error:#}")),
    };
    let number = hex::encode(sm_engine::random::array::<16>());
    let html = page::ask(&question.sentence, &text, &number, &desk.portal);
    let mut waiting = desk.waiting.lock();
    if waiting.len() >= WAITING {
        waiting.pop_front();
    }
    waiting.push_back(Waiting {
        number,
        text,
        back: asked.back,
    });
    drop(waiting);
    desk.show(StatusCode::OK, html)
}

/// `POST /confirm`: the officer agreed on the agent's own page. Each question is answered once.
async fn confirm(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Form(agreed): Form<Agreed>,
) -> Response {
    if !desk.came_from(&headers, &desk.own) {
        return desk.refuse("请在签名助手的页面上确认。Agree on the agent's own page.");
    }
    let found = {
        let mut waiting = desk.waiting.lock();
        let at = waiting.iter().position(|one| one.number == agreed.number);
        at.and_then(|at| waiting.remove(at))
    };
    let Some(found) = found else {
        return desk
            .refuse("没有这个问题，可能已经签过。There is no such question; it may be answered.");
    };
    let signature = match desk.agent.sign(&found.text) {
        Ok(signature) => signature.replace('+', "-").replace('/', "_"),
        Err(error) => return desk.refuse(&error.to_string()),
    };
    let joint = if found.back.contains('?') { '&' } else { '?' };
    let to = format!("{}{joint}signature={signature}", found.back);
    let mut response = desk.show(StatusCode::SEE_OTHER, String::new());
    match HeaderValue::try_from(to) {
        Ok(to) => {
            response.headers_mut().insert(header::LOCATION, to);
            response
        }
        Err(_) => desk.refuse("返回地址不正确。The way back is not an address."),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use keys::Signer as _;
    use keys::officer_file::OfficerKey;
    use sm_engine::sm2::Signature;
    use tower::ServiceExt as _;

    const PORTAL: &str = "http://portal.test:8080";
    const OWN: &str = "http://127.0.0.1:8765";

    fn form(fields: &[(&str, &str)]) -> String {
        let encode =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        pairs.join("&")
    }

    async fn send(
        router: &Router,
        path: &str,
        origin: &str,
        host: &str,
        fields: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, String) {
        let request = Request::post(path)
            .header(header::ORIGIN, origin)
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form(fields)))
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, FORM).await.unwrap();
        (
            parts.status,
            parts.headers,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    }

    #[tokio::test]
    async fn it_signs_for_its_portal_what_the_officer_agreed_to_once() {
        let folder = tempfile::tempdir().unwrap();
        let key = OfficerKey::create(folder.path().join("key"), b"passphrase").unwrap();
        let public = key.public_key().clone();
        let fingerprint = "0".repeat(64);
        let agent = Agent { key, fingerprint };
        let router = router(agent, PORTAL, OWN);
        let text = format!(
            "gmpki.session/1\n我登录。\norigin: {PORTAL}\ncertificate: {}\n",
            "0".repeat(64)
        );
        let back = format!("{PORTAL}/desk/sign-in/answer?id=1");
        let own_host = "127.0.0.1:8765";
        // As a browser sends it.
        let sent = text.replace('\n', "\r\n");
        let asked = [("text", sent.as_str()), ("return", back.as_str())];
        for (origin, host, fields) in [
            ("http://elsewhere.test", own_host, asked),
            ("null", own_host, asked),
            (PORTAL, "agent.elsewhere.test", asked),
            (
                PORTAL,
                own_host,
                [
                    ("text", text.as_str()),
                    ("return", "http://elsewhere.test/"),
                ],
            ),
            (
                PORTAL,
                own_host,
                [
                    ("text", text.as_str()),
                    ("return", "http://portal.test:8080.evil/"),
                ],
            ),
            (
                PORTAL,
                own_host,
                [("text", "anything"), ("return", back.as_str())],
            ),
        ] {
            let (status, _, body) = send(&router, "/sign", origin, host, &fields).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{origin} {host}: {body}");
        }
        let (status, headers, body) = send(&router, "/sign", PORTAL, own_host, &asked).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(body.contains("我登录。"));
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'"), "{policy}");
        let number = body.split("name=\"number\" value=\"").nth(1).unwrap();
        let number = number.split('"').next().unwrap();
        let agreed = [("number", number)];
        let (status, ..) = send(&router, "/confirm", PORTAL, own_host, &agreed).await;
        assert_eq!(
            status,
            StatusCode::FORBIDDEN,
            "the portal cannot agree for the officer"
        );
        let (status, headers, body) = send(&router, "/confirm", OWN, own_host, &agreed).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
        let to = headers[header::LOCATION].to_str().unwrap();
        let signature = to.strip_prefix(&format!("{back}&signature=")).unwrap();
        let signature = signature.replace('-', "+").replace('_', "/");
        use base64::Engine as _;
        let der = base64::engine::general_purpose::STANDARD
            .decode(signature)
            .unwrap();
        let signature = Signature::from_der(&der).unwrap();
        public.verify(text.as_bytes(), &signature.into()).unwrap();
        let (status, ..) = send(&router, "/confirm", OWN, own_host, &agreed).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "answered once");
    }
}
