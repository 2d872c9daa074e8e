//! The load generator: closed loop over HTTP/1.1 keep-alive connections, counted by answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What each request is: whole bytes, or a template whose last bytes are a nonce that changes.
#[derive(Clone)]
pub struct Requests {
    /// Request line and headers, and the body.
    pub bytes: Vec<u8>,
    /// How many last bytes are replaced by a counter.
    pub varying: usize,
    /// Whether the server answers one request a connection.
    pub reconnect: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Answers with status 200.
    pub answers: u64,
    /// Anything else.
    pub errors: u64,
    /// Seconds.
    pub seconds: f64,
    /// Latencies in microseconds, sorted.
    pub latencies: Vec<u32>,
    /// Every thousandth answer's body with the request's body.
    pub sample: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Load {
    /// Answers per second.
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    /// The latency that the given share of answers stayed under, milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let at = ((self.latencies.len() as f64 - 1.0).max(0.0) * share) as usize;
        self.latencies
            .get(at)
            .map_or(0.0, |us| f64::from(*us) / 1000.0)
    }
}

/// Loads `host` for `seconds` over `connections` connections.
#[allow(clippy::disallowed_methods)] // a bench measures time
pub async fn run(
    host: &str,
    requests: Requests,
    connections: usize,
    seconds: u64,
) -> anyhow::Result<Load> {
    let requests = Arc::new(requests);
    let started = Instant::now();
    let end = started + Duration::from_secs(seconds.clamp(1, 600));
    let mut tasks = JoinSet::new();
    for number in 0..connections.clamp(1, 4096) {
        let (host, requests) = (host.to_owned(), Arc::clone(&requests));
        tasks.spawn(async move { one(&host, &requests, number as u64, end).await });
    }
    let mut all = Load::default();
    while let Some(done) = tasks.join_next().await {
        let part = done??;
        all.answers += part.answers;
        all.errors += part.errors;
        all.latencies.extend(part.latencies);
        all.sample.extend(part.sample);
    }
    all.seconds = started.elapsed().as_secs_f64();
    all.latencies.sort_unstable();
    Ok(all)
}

#[allow(clippy::disallowed_methods)]
async fn one(host: &str, requests: &Requests, number: u64, end: Instant) -> anyhow::Result<Load> {
    let mut load = Load::default();
    let mut stream = connect(host).await?;
    let mut request = requests.bytes.clone();
    let head = request
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map_or(request.len(), |at| at + 4);
    let mut buffer = Vec::with_capacity(16 * 1024);
    let mut count = number << 40;
    while Instant::now() < end {
        count += 1;
        let varying = requests.varying.min(8);
        let at = request.len() - varying;
        request[at..].copy_from_slice(&count.to_be_bytes()[8 - varying..]);
        let sent = Instant::now();
        stream.write_all(&request).await?;
        let (ok, body) = read_answer(&mut stream, &mut buffer).await?;
        load.latencies
            .push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        if ok {
            load.answers += 1;
        } else {
            load.errors += 1;
        }
        if load.answers % 1000 == 1 && ok {
            load.sample.push((request[head..].to_vec(), body));
        }
        if requests.reconnect {
            stream = connect(host).await?;
        }
    }
    Ok(load)
}

async fn connect(host: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(host)
        .await
        .with_context(|| host.to_owned())?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads one answer; true for status 200. Bodies have a length or end with the connection.
async fn read_answer(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> anyhow::Result<(bool, Vec<u8>)> {
    const LIMIT: usize = 1 << 20;
    buffer.clear();
    loop {
        if let Some(head) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let ok = text.starts_with("http/1.1 200") || text.starts_with("http/1.0 200");
            let length = text.lines().find_map(|line| {
                line.strip_prefix("content-length:")?
                    .trim()
                    .parse::<usize>()
                    .ok()
            });
            let body = head + 4;
            let Some(length) = length else {
                stream.read_to_end(buffer).await?;
                return Ok((ok, buffer[body..].to_vec()));
            };
            anyhow::ensure!(length < LIMIT, "an answer of {length} bytes");
            while buffer.len() < body + length {
                anyhow::ensure!(stream.read_buf(buffer).await? > 0, "an answer broke off");
            }
            return Ok((ok, buffer[body..body + length].to_vec()));
        }
        anyhow::ensure!(buffer.len() < LIMIT, "an endless header");
        anyhow::ensure!(
            stream.read_buf(buffer).await? > 0,
            "the connection was closed"
        );
    }
}

/// A POST request in bytes.
pub fn post(host: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// A GET request in bytes.
pub fn get(host: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
}
