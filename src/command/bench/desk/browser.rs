//! A browser without scripts on one connection: it knows its session, and when the first byte of an answer came.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Largest answer.
const LIMIT: usize = 1 << 20;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Path with its query.
    pub path: String,
    /// Fields of a form, encoded; a page without.
    pub form: Option<String>,
}

/// What came.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// From sending the question to the first byte.
    pub first_byte: Duration,
    /// Header lines.
    pub head: String,
    /// Body.
    pub body: String,
}

/// Somebody at the desk.
pub struct Browser {
    host: String,
    stream: TcpStream,
    cookie: String,
}

impl Question {
    /// A page.
    pub fn page(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            form: None,
        }
    }

    /// A form with one field.
    pub fn form(path: &str, name: &str, value: &str) -> Self {
        let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        Self {
            path: path.to_owned(),
            form: Some(format!("{name}={value}")),
        }
    }
}

impl Browser {
    /// Signs in as an invented officer of a demonstration.
    pub async fn sign_in(host: &str, officer: &str) -> anyhow::Result<Self> {
        let mut browser = Self::connect(host, "").await?;
        let question = Question::form("/desk/sign-in/demonstration", "number", officer);
        let answer = browser.ask(question).await?;
        let cookie = answer
            .header("set-cookie")
            .and_then(|line| line.split(';').next());
        let cookie =
            cookie.with_context(|| format!("{officer} cannot sign in: {}", answer.status))?;
        browser.cookie = format!("Cookie: {cookie}\r\n");
        Ok(browser)
    }

    /// Another connection in the same session.
    pub async fn beside(&self) -> anyhow::Result<Self> {
        Self::connect(&self.host, &self.cookie).await
    }

    async fn connect(host: &str, cookie: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host)
            .await
            .with_context(|| host.to_owned())?;
        stream.set_nodelay(true)?;
        Ok(Self {
            host: host.to_owned(),
            stream,
            cookie: cookie.to_owned(),
        })
    }

    /// Asks, and reads the answer to its end.
    pub async fn ask(&mut self, question: Question) -> anyhow::Result<Answer> {
        tokio::time::timeout(PATIENCE, self.exchange(question)).await?
    }

    #[allow(clippy::disallowed_methods)] // a bench measures time
    async fn exchange(&mut self, question: Question) -> anyhow::Result<Answer> {
        let (host, cookie) = (&self.host, &self.cookie);
        let method = if question.form.is_some() {
            "POST"
        } else {
            "GET"
        };
        let body = question.form.unwrap_or_default();
        let request = format!(
            "{method} {} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: same-origin\r\n{cookie}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            question.path,
            body.len()
        );
        let sent = Instant::now();
        self.stream.write_all(request.as_bytes()).await?;
        let mut buffer = Vec::with_capacity(64 * 1024);
        anyhow::ensure!(
            self.stream.read_buf(&mut buffer).await? > 0,
            "the connection was closed"
        );
        let first_byte = sent.elapsed();
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.more(&mut buffer).await?;
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let mut answer = Answer {
            status: status.context("an answer without a status")?,
            first_byte,
            head,
            body: String::new(),
        };
        let length: usize = answer
            .header("content-length")
            .map_or(Ok(0), str::parse)
            .context("content-length")?;
        while buffer.len() < end + 4 + length {
            self.more(&mut buffer).await?;
        }
        answer.body = String::from_utf8_lossy(&buffer[end + 4..]).into_owned();
        Ok(answer)
    }

    async fn more(&mut self, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
        anyhow::ensure!(buffer.len() < LIMIT, "an endless answer");
        let read = self.stream.read_buf(buffer).await?;
        anyhow::ensure!(read > 0, "an answer broke off");
        Ok(())
    }
}

impl Answer {
    /// The value of a header line.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The addresses on this site to which the page links and that begin so, each once.
    pub fn links(&self, begin: &str) -> Vec<String> {
        let parts = self.body.split("href=\"").skip(1);
        let links = parts.filter_map(|part| part.split('"').next());
        let mut links: Vec<String> = links
            .map(|link| link.replace("&#38;", "&"))
            .filter(|link| link.starts_with(begin))
            .collect();
        links.dedup();
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_a_browser_reads_them() {
        let answer = Answer {
            status: 200,
            first_byte: Duration::ZERO,
            head: "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 3".into(),
            body: "<a href=\"/case/C-1\">x</a><a href=\"/case/C-1\">x</a><a href=\"/dash?a=1&#38;b=2\">y</a>".into(),
        };
        assert_eq!(answer.header("content-length"), Some("3"));
        assert_eq!(answer.header("set-cookie"), Some("a=b; Path=/"));
        assert_eq!(answer.header("location"), None);
        assert_eq!(answer.links("/case/C-"), ["/case/C-1"]);
        assert_eq!(answer.links("/dash?a=1&b"), ["/dash?a=1&b=2"]);
    }

    #[test]
    fn what_is_typed_is_encoded() {
        let question = Question::form("/cert", "text", "王 a");
        assert_eq!(question.form.as_deref(), Some("text=%E7%8E%8B%20%61"));
    }
}
