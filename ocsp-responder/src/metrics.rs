//! Counters of the port and their Prometheus text form. Nothing here decides anything.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use store::status::Counts;
use x509::ocsp::{CertStatus, ResponseStatus};
use x509::time::Time;

use crate::responder::Responder;

/// Upper bounds of the signing histogram, microseconds.
const BUCKETS: [u64; 8] = [100, 250, 500, 1_000, 2_500, 10_000, 50_000, 250_000];
/// Counting an index walks all of it, so that it is done at most this often, seconds.
const COUNT_EVERY: i64 = 10;
/// OCSP statuses by name, in the order of `answers`.
const ANSWERS: [&str; 6] = [
    "successful",
    "malformedRequest",
    "internalError",
    "tryLater",
    "sigRequired",
    "unauthorized",
];
/// Certificate statuses by name, in the order of `statuses`.
const STATUSES: [&str; 3] = ["good", "revoked", "unknown"];

/// Counts of each authority and the second in which they were made.
type CountsAt = (Time, Vec<(String, Counts)>);

/// What happened since start.
#[derive(Default)]
pub(crate) struct Metrics {
    answers: [AtomicU64; ANSWERS.len()],
    statuses: [AtomicU64; STATUSES.len()],
    confirmed: AtomicU64,
    http_refusals: AtomicU64,
    http_failures: AtomicU64,
    buckets: [AtomicU64; BUCKETS.len()],
    signatures: AtomicU64,
    signing_micros: AtomicU64,
    counts: Mutex<Option<CountsAt>>,
}

impl Metrics {
    /// One OCSP answer left.
    pub(crate) fn count_answer(&self, error: Option<ResponseStatus>) {
        let slot = match error {
            None => 0,
            Some(ResponseStatus::MalformedRequest) => 1,
            Some(ResponseStatus::InternalError) => 2,
            Some(ResponseStatus::TryLater) => 3,
            Some(ResponseStatus::SigRequired) => 4,
            Some(ResponseStatus::Unauthorized) => 5,
        };
        increment(self.answers.get(slot));
    }

    /// One certificate's status was told.
    pub(crate) fn count_status(&self, status: &CertStatus) {
        let slot = match status {
            CertStatus::Good => 0,
            CertStatus::Revoked { .. } => 1,
            CertStatus::Unknown => 2,
        };
        increment(self.statuses.get(slot));
    }

    /// A cache's copy of an OCSP answer was confirmed without signing again.
    pub(crate) fn count_confirmed(&self) {
        increment(Some(&self.confirmed));
    }

    /// An HTTP answer with an error status left.
    pub(crate) fn count_http_error(&self, server_side: bool) {
        increment(Some(if server_side {
            &self.http_failures
        } else {
            &self.http_refusals
        }));
    }

    /// Runs `sign` and files how long it took.
    #[allow(clippy::disallowed_methods)] // a duration to be displayed; no validity hangs on it
    pub(crate) fn time_signature<T>(&self, sign: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = sign();
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let first = BUCKETS.partition_point(|bound| *bound < micros);
        increment(self.buckets.get(first));
        increment(Some(&self.signatures));
        self.signing_micros.fetch_add(micros, Ordering::Relaxed);
        result
    }

    /// Certificates of each authority by state, at most ten seconds old.
    fn counts(&self, responder: &Responder) -> Vec<(String, Counts)> {
        let now = responder.clock.now();
        let mut kept = self.counts.lock();
        if let Some((at, counts)) = kept.as_ref()
            && (0..COUNT_EVERY).contains(&now.0.saturating_sub(at.0))
        {
            return counts.clone();
        }
        let installed = responder.issuers().installed();
        let names = installed
            .into_iter()
            .map(|issuer| issuer.issuer.authority.clone());
        let counts: Vec<_> = names
            .map(|name| (name.clone(), responder.index.counts(&name)))
            .collect();
        *kept = Some((now, counts.clone()));
        counts
    }
}

fn increment(counter: Option<&AtomicU64>) {
    if let Some(counter) = counter {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Prometheus text exposition format 0.0.4.
pub(crate) fn render(responder: &Responder) -> String {
    let metrics = &responder.metrics;
    let mut page = Page(String::with_capacity(4096));
    page.family(
        "gmpki_ocsp_answers_total",
        "counter",
        "OCSP answers by response status.",
    );
    for (name, counter) in ANSWERS.iter().zip(&metrics.answers) {
        page.sample(
            "gmpki_ocsp_answers_total",
            &format!("{{status=\"{name}\"}}"),
            read(counter),
        );
    }
    page.family(
        "gmpki_ocsp_statuses_total",
        "counter",
        "Certificate statuses told.",
    );
    for (name, counter) in STATUSES.iter().zip(&metrics.statuses) {
        page.sample(
            "gmpki_ocsp_statuses_total",
            &format!("{{status=\"{name}\"}}"),
            read(counter),
        );
    }
    page.family(
        "gmpki_ocsp_confirmed_total",
        "counter",
        "Cached answers confirmed with HTTP 304.",
    );
    page.sample("gmpki_ocsp_confirmed_total", "", read(&metrics.confirmed));
    page.family(
        "gmpki_ocsp_never_issued_total",
        "counter",
        "Questions for serials that were never issued.",
    );
    page.sample(
        "gmpki_ocsp_never_issued_total",
        "",
        responder.index.never_issued().0,
    );
    page.family(
        "gmpki_http_errors_total",
        "counter",
        "HTTP answers with an error status.",
    );
    page.sample(
        "gmpki_http_errors_total",
        "{side=\"client\"}",
        read(&metrics.http_refusals),
    );
    page.sample(
        "gmpki_http_errors_total",
        "{side=\"server\"}",
        read(&metrics.http_failures),
    );
    signing(&mut page, metrics);
    page.family(
        "gmpki_index_entries",
        "gauge",
        "Ledger entries that the status index stands for.",
    );
    page.sample("gmpki_index_entries", "", responder.index.applied());
    page.family(
        "gmpki_index_certificates",
        "gauge",
        "Certificates in the status index.",
    );
    for (authority, counts) in metrics.counts(responder) {
        for (state, n) in [
            ("good", counts.good),
            ("held", counts.held),
            ("revoked", counts.revoked),
        ] {
            let labels = format!("{{authority=\"{authority}\",state=\"{state}\"}}");
            page.sample("gmpki_index_certificates", &labels, n);
        }
    }
    page.0
}

/// The histogram of signing times: cumulative buckets, in seconds.
fn signing(page: &mut Page, metrics: &Metrics) {
    page.family(
        "gmpki_ocsp_sign_seconds",
        "histogram",
        "Time to sign one OCSP answer.",
    );
    let mut below = 0;
    for (bound, counter) in BUCKETS.iter().zip(&metrics.buckets) {
        below += read(counter);
        let labels = format!("{{le=\"{}\"}}", seconds(*bound));
        page.sample("gmpki_ocsp_sign_seconds_bucket", &labels, below);
    }
    // Counters are read one by one while others write them; the total is never below the last bucket.
    let total = read(&metrics.signatures).max(below);
    page.sample("gmpki_ocsp_sign_seconds_bucket", "{le=\"+Inf\"}", total);
    page.sample(
        "gmpki_ocsp_sign_seconds_sum",
        "",
        seconds(read(&metrics.signing_micros)),
    );
    page.sample("gmpki_ocsp_sign_seconds_count", "", total);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// Microseconds as decimal seconds, exactly.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The text being written. Writing to a `String` cannot fail.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}
