//! A small HTTP/1.1 client for our own services: one connection, one request at a time, bounded answers.

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Largest answer: CRLs and evidence come in megabytes.
const LIMIT: usize = 64 * 1024 * 1024;

/// A connection to one server.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Body.
    pub body: Bytes,
}

/// Host and port, and the path that the URL begins with.
pub fn parse_url(url: &str) -> anyhow::Result<(String, String)> {
    let rest = url
        .strip_prefix("http://")
        .with_context(|| format!("{url}: only http:// on loopback is supported"))?;
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, String::new()), |(host, path)| {
            (host, format!("/{path}"))
        });
    let host = if host.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    Ok((host, path.trim_end_matches('/').to_owned()))
}

impl Connection {
    /// Connects to the host of `url`.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let (host, _) = parse_url(url)?;
        let stream = TcpStream::connect(&host).await.with_context(|| {
            format!("{url} does not answer. Is the service running? Start it with: gmpki serve")
        })?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // Its end shows in the next request.
            let _ = connection.await;
        });
        Ok(Self { sender, host })
    }

    /// Sends one request and reads the whole answer.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        content_type: &str,
        bearer: Option<&str>,
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host);
        if !content_type.is_empty() {
            request = request.header(CONTENT_TYPE, content_type);
        }
        if let Some(token) = bearer {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LIMIT)
            .collect()
            .await
            .map_err(|e| anyhow::anyhow!("the answer broke off: {e}"))?
            .to_bytes();
        Ok(Answer { status, body })
    }

    /// The body at `path`; anything but success is an error that names the path and what answered.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Bytes> {
        let answer = self.send(Method::GET, path, "", None, Bytes::new()).await?;
        anyhow::ensure!(
            answer.status.is_success(),
            "{path} answered {}",
            answer.status
        );
        Ok(answer.body)
    }
}
