//! The officers' API from the officer's side: sign in with one's own key, see what one signs, sign.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use authority::Statement;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::Method;
use keys::Signer;
use keys::officer_file::OfficerKey;
use policy::scope::unit_code;
use serde_json::{Value, json};
use x509::certificate::Certificate;

use crate::agent;
use crate::cli::Acting;
use crate::data::{DataDirectory, read_passphrase};
use crate::http::{Answer, Connection};
use crate::output::Failure;

/// The site and its public parts.
pub struct Client {
    connection: Connection,
    base: String,
    token: Option<String>,
}

/// Base URL of the portal: as asked, or where the service on the data directory says it is.
pub fn portal_url(data: &DataDirectory, server: Option<&str>) -> anyhow::Result<String> {
    if let Some(server) = server {
        return Ok(server.trim_end_matches('/').to_owned());
    }
    let running = data.running().with_context(|| {
        format!(
            "no service runs on {}. Start it with: gmpki serve --data {0}",
            data.path().display()
        )
    })?;
    running.portal.with_context(|| {
        format!(
            "the service on {} has no portal; give the portal's address with --server URL",
            data.path().display()
        )
    })
}

impl Client {
    /// Connects without signing in.
    pub async fn connect(data: &DataDirectory, server: Option<&str>) -> anyhow::Result<Self> {
        let url = portal_url(data, server)?;
        let (_, base) = crate::http::parse_url(&url)?;
        Ok(Self {
            connection: Connection::open(&url).await?,
            base,
            token: None,
        })
    }

    /// Sends a request; a problem document becomes a refusal or a fault.
    pub async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let answer = self.raw(method, path, body).await?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status.is_success() {
            return Ok(value);
        }
        if answer.status.is_client_error() && value.get("code").is_some() {
            return Err(Failure::Refused(value));
        }
        Err(anyhow::anyhow!("the service answered {}: {value}", answer.status).into())
    }

    /// Fetches a file of the public site.
    pub async fn download(&mut self, path: &str) -> Result<Bytes, Failure> {
        let answer = self.raw(Method::GET, path, None).await?;
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        if answer.status == hyper::StatusCode::NOT_FOUND {
            return Err(Failure::Refused(
                json!({"code": "A404", "zh": "没有找到", "en": "there is no such certificate"}),
            ));
        }
        Err(anyhow::anyhow!("the service answered {}", answer.status).into())
    }

    async fn raw(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let path = format!("{}{path}", self.base);
        let kind = if body.is_some() {
            "application/json"
        } else {
            ""
        };
        let bytes = body
            .map(|body| Bytes::from(body.to_string()))
            .unwrap_or_default();
        self.connection
            .send(method, &path, kind, self.token.as_deref(), bytes)
            .await
    }
}

/// Percent-encoding for a path segment or a query value.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// An officer who is signed in.
pub struct Session {
    client: Client,
    key: Box<dyn Signer>,
    ask: bool,
    quiet: bool,
}

impl Session {
    /// A list of the service, of one state where one is given.
    pub async fn list(&mut self, path: &str, state: Option<&str>) -> Result<Value, Failure> {
        let query = state.map(|state| format!("?state={}", encode(state)));
        let query = query.unwrap_or_default();
        self.get(&format!("{path}{query}")).await
    }

    /// Signs in: the service's challenge is signed with the officer's key.
    pub async fn sign_in(data: &DataDirectory, acting: &Acting) -> Result<Self, Failure> {
        let (key, certificate) = officer(data, acting)?;
        let mut client = Client::connect(data, acting.server.as_deref()).await?;
        let challenge = client
            .call(
                Method::POST,
                "/api/v1/session/challenge",
                Some(&json!({"certificate": certificate})),
            )
            .await?;
        let text = text_of(&challenge, "challenge")?;
        check_challenge(text, &certificate, acting.server.is_none(), data)?;
        let answer = json!({"id": challenge.get("id"), "signature": sign(&key, text)?});
        let session = client
            .call(Method::POST, "/api/v1/session", Some(&answer))
            .await?;
        client.token = Some(text_of(&session, "token")?.to_owned());
        let ask = !acting.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Ok(Self {
            client,
            key: Box::new(key),
            ask,
            quiet: false,
        })
    }

    /// Signs without a word: for a bench, whose officers are nobody.
    pub fn quietly(self) -> Self {
        Self {
            ask: false,
            quiet: true,
            ..self
        }
    }

    /// Reads something.
    pub async fn get(&mut self, path: &str) -> Result<Value, Failure> {
        self.client.call(Method::GET, path, None).await
    }

    /// Asks for something that is not an act.
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.client.call(Method::POST, path, Some(body)).await
    }

    /// Prepares an act, shows its sentence, signs the statement and commits it.
    pub async fn act(&mut self, act: Value) -> Result<Value, Failure> {
        let prepared = self
            .client
            .call(
                Method::POST,
                "/api/v1/acts/prepare",
                Some(&json!({"act": act})),
            )
            .await?;
        let statement = text_of(&prepared, "statement")?;
        // What is shown is read from the very bytes that are signed, never from beside them.
        let parsed = check_statement(&act, statement)?;
        self.confirm(&parsed.zh, prepared.get("preview"))?;
        let signature = sign(&*self.key, statement)?;
        let body =
            json!({"act": prepared.get("act"), "statement": statement, "signature": signature});
        self.client
            .call(Method::POST, "/api/v1/acts", Some(&body))
            .await
    }

    /// Shows what is signed; on a terminal asks.
    fn confirm(&self, sentence: &str, preview: Option<&Value>) -> Result<(), Failure> {
        if self.quiet {
            return Ok(());
        }
        let mut err = std::io::stderr().lock();
        writeln!(err, "您将签名 / you sign: {sentence}")?;
        if !self.ask {
            return Ok(());
        }
        for line in preview.and_then(Value::as_array).into_iter().flatten() {
            let cell = |at: usize| line.get(at).and_then(Value::as_str).unwrap_or_default();
            writeln!(err, "  {}: {}", cell(0), cell(1))?;
        }
        write!(err, "签名吗？[y/N] ")?;
        err.flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if matches!(answer.trim(), "y" | "Y" | "是") {
            return Ok(());
        }
        Err(Failure::Refused(
            json!({"code": "C001", "zh": "未签名，未提交", "en": "not signed, nothing was sent"}),
        ))
    }
}

/// A challenge is signed only where it is one: a sign-in of this certificate, at this service. Nothing else that a
/// service calls a challenge, a statement least of all, gets an officer's signature here.
fn check_challenge(
    text: &str,
    certificate: &str,
    local: bool,
    data: &DataDirectory,
) -> anyhow::Result<()> {
    let fingerprint = Certificate::from_pem(certificate)?
        .fingerprint()
        .to_string();
    let running = data.running().filter(|_| local);
    let origin = running.map(|running| running.origin.or(running.portal).unwrap_or_default());
    anyhow::ensure!(
        text.starts_with("gmpki.session/"),
        "the service asked for a signature over something that is not a sign-in"
    );
    agent::read(text, &fingerprint, origin.as_deref())?;
    Ok(())
}

/// A statement is signed only where it says what was asked for.
fn check_statement(asked: &Value, statement: &str) -> anyhow::Result<Statement> {
    let parsed = Statement::parse(statement).context("the service sent no statement")?;
    let said = serde_json::to_value(&parsed.subject)?;
    let same = |asked_name: &str, said_name: &str| {
        let asked = asked.get(asked_name);
        asked.is_none() || asked == said.get(said_name)
    };
    let kind = match asked.get("act").and_then(Value::as_str) {
        Some("submit-case") => "case-submit",
        Some("review-case") => "case-review",
        Some("withdraw-case") => "case-withdraw",
        Some("issue-certificates") => "certificate-issue",
        Some("propose-officer") => "officer-propose",
        Some("confirm-officer") => "officer-confirm",
        Some("refuse-officer") => "officer-refuse",
        _ => "certificate-status",
    };
    let mut fits = said.get("kind").and_then(Value::as_str) == Some(kind);
    // Only a returned case may follow on something that was not asked for: it keeps what it was opened with.
    let known = |name| asked.get(name).is_some();
    fits &= known("succeeds") || known("case") || said.get("succeeds").is_none();
    for name in [
        "case",
        "revision",
        "decision",
        "authority",
        "succeeds",
        "officer",
        "proposal",
    ] {
        fits &= name == "authority" && kind == "case-submit" || same(name, name);
    }
    fits &= match kind {
        "officer-propose" => same_terms(asked.get("change"), said.get("change")),
        _ => same("change", "change"),
    };
    if let Some(serial) = asked.get("serial").and_then(Value::as_str) {
        let said = said
            .get("serial")
            .and_then(Value::as_str)
            .unwrap_or_default();
        fits &= said.eq_ignore_ascii_case(&serial.replace(':', ""));
    }
    if let Some(cases) = asked.get("cases").and_then(Value::as_array) {
        let items = said.get("items").and_then(Value::as_array);
        let said: Vec<_> = items
            .into_iter()
            .flatten()
            .filter_map(|item| item.get("case"))
            .collect();
        fits &= said == cases.iter().collect::<Vec<_>>();
    }
    anyhow::ensure!(
        fits,
        "the service's statement is about something else than what was asked"
    );
    Ok(parsed)
}

/// Whether a proposal says what was asked for: what shall happen, in which role, where, until when, with which
/// certificate. When it begins, and the names behind codes, the service fills in.
fn same_terms(asked: Option<&Value>, said: Option<&Value>) -> bool {
    let (Some(asked), Some(said)) = (asked, said) else {
        return false;
    };
    if asked.get("kind") != said.get("kind") {
        return false;
    }
    let (asked, said) = match (asked.get("terms"), said.get("terms")) {
        (None, None) => return true,
        (Some(asked), Some(said)) => (asked, said),
        _ => return false,
    };
    let given = |name: &str| asked.get(name).filter(|value| !value.is_null());
    let texts = |value: Option<&Value>| -> BTreeSet<String> {
        let items = value.and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let units = texts(asked.get("units"));
    let units = units.iter().map(|name| unit_code(name).to_string());
    asked.get("role") == said.get("role")
        && given("until") == said.get("until")
        && texts(asked.get("cities")) == texts(said.get("cities"))
        && units.collect::<BTreeSet<_>>() == texts(said.get("units"))
        && ["from", "certificate"]
            .iter()
            .all(|name| given(name).is_none_or(|value| said.get(*name) == Some(value)))
}

/// The opened key and the certificate (PEM) of whoever acts.
pub fn officer(data: &DataDirectory, acting: &Acting) -> anyhow::Result<(OfficerKey, String)> {
    let [key_file, certificate_file, default_pass] = files(data, acting)?;
    let passphrase_file = acting.passphrase_file.as_ref().unwrap_or(&default_pass);
    let passphrase = read_passphrase(passphrase_file)?;
    let key = OfficerKey::open(&key_file, passphrase.as_bytes())
        .with_context(|| format!("officer's key {}", key_file.display()))?;
    let certificate = std::fs::read_to_string(&certificate_file)
        .with_context(|| format!("officer's certificate {}", certificate_file.display()))?;
    Ok((key, certificate))
}

/// Key, certificate and passphrase file of whoever acts.
fn files(data: &DataDirectory, acting: &Acting) -> anyhow::Result<[PathBuf; 3]> {
    match (&acting.officer, &acting.key, &acting.cert) {
        (Some(name), ..) => {
            let safe =
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            anyhow::ensure!(
                safe,
                "--as takes a name such as entry, review, production or auditor"
            );
            Ok(data.officer(name))
        }
        (None, Some(key), Some(cert)) => {
            Ok([key.clone(), cert.clone(), key.with_extension("pass")])
        }
        _ => anyhow::bail!(
            "say who acts: --as entry|review|production|auditor, or --key FILE --cert FILE"
        ),
    }
}

fn sign(key: &dyn Signer, text: &str) -> anyhow::Result<String> {
    Ok(STANDARD.encode(key.sign(text.as_bytes())?.to_bytes()))
}

/// A text member of a JSON object.
pub fn text_of<'a>(value: &'a Value, member: &str) -> anyhow::Result<&'a str> {
    value
        .get(member)
        .and_then(Value::as_str)
        .with_context(|| format!("the service's answer lacks {member}"))
}
