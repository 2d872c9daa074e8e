//! The load generator: HTTP/1.1 over many connections, in a closed or an open loop, latencies in a histogram.
//!
//! In the open loop a request that could not be sent when it was due, because its connection still waited for an
//! answer, counts from when it was due: a slow server does not make its own load lighter (coordinated omission).

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;

use super::questions::Questions;

/// Largest answer.
const LIMIT: usize = 1 << 20;
/// Latencies beyond count as this much: microseconds.
const LONGEST: u64 = 60_000_000;
/// How long an answer may take before it counts as an error and its connection is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to load.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Connections at once.
    pub connections: usize,
    /// For how long.
    pub seconds: u64,
    /// Requests per second over all connections; `None`: closed loop.
    pub rate: Option<f64>,
    /// One request a connection.
    pub reconnect: bool,
    /// Every so many answers are kept to be verified; 0 for none.
    pub sample: u64,
}

/// What came of it.
pub struct Load {
    /// Answers with status 200.
    pub answers: u64,
    /// Other answers, broken and refused connections, answers that took too long.
    pub errors: u64,
    /// Seconds.
    pub seconds: f64,
    /// Latencies of the answers, microseconds.
    pub latencies: Histogram<u64>,
    /// Some answers' bodies with the number of the question and its nonce.
    pub sample: Vec<Sample>,
}

/// An answer to be verified.
pub struct Sample {
    /// Which question.
    pub question: usize,
    /// The nonce that it had.
    pub nonce: Option<[u8; 32]>,
    /// When the question was sent, and when the answer was there.
    pub between: (Instant, Instant),
    /// The answer.
    pub body: Vec<u8>,
}

impl Load {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            answers: 0,
            errors: 0,
            seconds: 0.0,
            latencies: Histogram::new_with_bounds(1, LONGEST, 3)?,
            sample: Vec::new(),
        })
    }

    /// Answers per second.
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    /// The latency that the given share of answers stayed under, milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        self.latencies.value_at_quantile(share) as f64 / 1000.0
    }
}

/// Loads `host`.
pub async fn run(host: &str, questions: Arc<Questions>, plan: Plan) -> anyhow::Result<Load> {
    run_watched(host, questions, plan, None).await
}

/// The same; samples are handed to whoever checks them meanwhile, and lost where that one does not keep up.
#[allow(clippy::disallowed_methods)] // a bench measures time
pub async fn run_watched(
    host: &str,
    questions: Arc<Questions>,
    plan: Plan,
    checker: Option<Sender<Sample>>,
) -> anyhow::Result<Load> {
    let connections = plan.connections.clamp(1, 65_536);
    let plan = Plan {
        connections,
        ..plan
    };
    // Connected before the clock starts: what is measured is answers.
    let mut tasks = JoinSet::new();
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        streams.push(connect(host).await?);
    }
    let started = Instant::now();
    for (number, stream) in streams.into_iter().enumerate() {
        let client = Client {
            host: host.to_owned(),
            questions: Arc::clone(&questions),
            plan,
            number,
            started,
            checker: checker.clone(),
            load: Load::new()?,
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        };
        tasks.spawn(client.run());
    }
    drop(checker);
    let mut all = Load::new()?;
    while let Some(done) = tasks.join_next().await {
        let part = done??;
        all.answers += part.answers;
        all.errors += part.errors;
        all.latencies.add(part.latencies)?;
        all.sample.extend(part.sample);
    }
    all.seconds = started.elapsed().as_secs_f64();
    Ok(all)
}

/// One connection.
struct Client {
    host: String,
    questions: Arc<Questions>,
    plan: Plan,
    number: usize,
    started: Instant,
    checker: Option<Sender<Sample>>,
    load: Load,
    stream: TcpStream,
    buffer: Vec<u8>,
}

#[allow(clippy::disallowed_methods)]
impl Client {
    async fn run(mut self) -> anyhow::Result<Load> {
        let end = self.started + Duration::from_secs(self.plan.seconds.clamp(1, 86_400));
        let mut request = Vec::with_capacity(1024);
        for count in 0_u64.. {
            let Some(since) = self.turn(count).await.filter(|since| *since < end) else {
                break;
            };
            if Instant::now() >= end {
                break;
            }
            let ticket = count * self.plan.connections as u64 + self.number as u64;
            let (question, nonce) = self.questions.write(ticket, &mut request);
            let sent = Instant::now();
            match tokio::time::timeout(PATIENCE, self.exchange(&request)).await {
                Ok(Ok(body)) => {
                    self.load.answers += 1;
                    let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(LONGEST);
                    self.load.latencies.record(micros.clamp(1, LONGEST))?;
                    if self.plan.sample > 0 && ticket.is_multiple_of(self.plan.sample) {
                        let sample = Sample {
                            question,
                            nonce,
                            between: (sent, Instant::now()),
                            body: self.buffer[body].to_vec(),
                        };
                        match &self.checker {
                            Some(checker) => drop(checker.try_send(sample)),
                            None => self.load.sample.push(sample),
                        }
                    }
                    if self.plan.reconnect {
                        self.stream = connect(&self.host).await?;
                    }
                }
                _ => {
                    self.load.errors += 1;
                    match connect(&self.host).await {
                        Ok(stream) => self.stream = stream,
                        Err(_) => break,
                    }
                }
            }
        }
        Ok(self.load)
    }

    /// Waits until request `count` of this connection is due; from when its latency counts.
    async fn turn(&self, count: u64) -> Option<Instant> {
        let Some(rate) = self.plan.rate else {
            return Some(Instant::now());
        };
        let place = count * self.plan.connections as u64 + self.number as u64;
        let due = self.started + Duration::try_from_secs_f64(place as f64 / rate).ok()?;
        if due <= Instant::now() {
            return Some(due);
        }
        tokio::time::sleep_until(due.into()).await;
        // Ready in time, and woken a little late: that is the generator's part, not the server's.
        Some(Instant::now())
    }

    /// Sends one request and reads one answer of status 200; where its body lies in the buffer.
    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<std::ops::Range<usize>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some(head) = find(&self.buffer, b"\r\n\r\n") {
                let (ok, length) = read_head(&self.buffer[..head]);
                let body = head + 4;
                match length {
                    Some(length) => {
                        anyhow::ensure!(length < LIMIT, "an answer of {length} bytes");
                        while self.buffer.len() < body + length {
                            let read = self.stream.read_buf(&mut self.buffer).await?;
                            anyhow::ensure!(read > 0, "an answer broke off");
                        }
                        anyhow::ensure!(self.buffer.len() == body + length, "too long an answer");
                    }
                    None => {
                        self.stream.read_to_end(&mut self.buffer).await?;
                    }
                }
                anyhow::ensure!(ok, "not HTTP 200");
                return Ok(body..self.buffer.len());
            }
            anyhow::ensure!(self.buffer.len() < LIMIT, "an endless header");
            let read = self.stream.read_buf(&mut self.buffer).await?;
            anyhow::ensure!(read > 0, "the connection was closed");
        }
    }
}

async fn connect(host: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(host)
        .await
        .with_context(|| host.to_owned())?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Where `needle`, which begins with CR, is found first.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == b'\r')?;
        if bytes[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Whether the status is 200, and the length of the body where it is announced; without, it ends with the connection.
fn read_head(head: &[u8]) -> (bool, Option<usize>) {
    const LENGTH: &[u8] = b"content-length:";
    let ok = head.starts_with(b"HTTP/1.1 200") || head.starts_with(b"HTTP/1.0 200");
    let length = head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(LENGTH.len())?;
        if !name.eq_ignore_ascii_case(LENGTH) {
            return None;
        }
        std::str::from_utf8(value).ok()?.trim().parse().ok()
    });
    (ok, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_in_any_case() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\nX: y\r\n\r\nbody";
        let end = find(head, b"\r\n\r\n").unwrap();
        assert_eq!(&head[end..], b"\r\n\r\nbody");
        assert_eq!(read_head(&head[..end]), (true, Some(17)));
        assert_eq!(
            read_head(b"HTTP/1.0 200 OK\r\nCONTENT-LENGTH:0"),
            (true, Some(0))
        );
        assert_eq!(read_head(b"HTTP/1.1 503 No\r\nA: b"), (false, None));
        assert_eq!(find(b"HTTP/1.1 200 OK\r\n\r", b"\r\n\r\n"), None);
    }
}
