//! HTTP by curl.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::process::run;

/// An HTTP answer.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: String,
}

impl Page {
    /// The body as JSON; null where it is something else.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body of a successful answer.
    #[track_caller]
    pub(crate) fn success(self) -> Vec<u8> {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.body
    }
}

/// Any request: `more` goes to curl as it is.
#[track_caller]
pub(crate) fn request(url: &str, more: &[&str]) -> Page {
    let told = "%{stderr}%{http_code} %{content_type}";
    let finished = run(
        "curl",
        [
            &["-sS", "--max-time", "30", "--path-as-is", "-w", told],
            more,
            &[url],
        ]
        .concat(),
    );
    assert_eq!(finished.code, Some(0), "{url}: {}", finished.stderr);
    let (status, content_type) = finished.stderr.split_once(' ').unwrap();
    Page {
        status: status.parse().unwrap(),
        body: finished.stdout,
        content_type: content_type.to_owned(),
    }
}

/// GET.
#[track_caller]
pub(crate) fn get(url: &str) -> Page {
    request(url, &[])
}

/// POST of a file.
#[track_caller]
pub(crate) fn post(url: &str, content_type: &str, body: &Path) -> Page {
    let header = format!("Content-Type: {content_type}");
    let data = format!("@{}", body.display());
    request(
        url,
        &["-H", &header, "-H", "Expect:", "--data-binary", &data],
    )
}

/// POST of JSON, with a session's token where there is one.
#[track_caller]
pub(crate) fn post_json(url: &str, token: Option<&str>, body: &Value, scratch: &Path) -> Page {
    fs::write(scratch, serde_json::to_vec(body).unwrap()).unwrap();
    let data = format!("@{}", scratch.display());
    let authorization = format!("Authorization: Bearer {}", token.unwrap_or_default());
    let mut more = vec![
        "-H",
        "Content-Type: application/json",
        "--data-binary",
        &data,
    ];
    if token.is_some() {
        more.extend(["-H", &authorization]);
    }
    request(url, &more)
}
